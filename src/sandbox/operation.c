/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/operation.h"

#include <string.h>

#include "sandbox/request.h"

typedef enum operation_id {
  UNKNOWN,
#define OPERATION_ID(id, name, handler) id,
  SBX_OPERATIONS(OPERATION_ID)
#undef OPERATION_ID
      OPERATION_COUNT
} operation_id;

static const sbx_operation operations[OPERATION_COUNT] = {[UNKNOWN] = {"Unknown", NULL},
#define OPERATION_ROW(id, name, handler) [id] = {name, handler},
                                                          SBX_OPERATIONS(OPERATION_ROW)
#undef OPERATION_ROW
};

typedef enum level { SERVICE, BUCKET, OBJECT } level;

/* The first rule that fits decides. `param`: the query parameter that must be
 * there, "" for any request that names no other resource. */
typedef struct rule {
  level level;
  const char *method;
  const char *param;
  bool copies; /* has x-amz-copy-source */
  operation_id operation;
} rule;

static const rule rules[] = {
    {SERVICE, "GET", "", false, LIST_BUCKETS},
    {BUCKET, "GET", "location", false, GET_BUCKET_LOCATION},
    {BUCKET, "GET", "uploads", false, LIST_UPLOADS},
    {BUCKET, "GET", "list-type", false, LIST_OBJECTS_V2},
    {BUCKET, "GET", "", false, LIST_OBJECTS},
    {BUCKET, "POST", "delete", false, DELETE_OBJECTS},
    {BUCKET, "PUT", "", false, CREATE_BUCKET},
    {BUCKET, "DELETE", "", false, DELETE_BUCKET},
    {BUCKET, "HEAD", "", false, HEAD_BUCKET},
    {OBJECT, "PUT", "partNumber", true, UPLOAD_PART_COPY},
    {OBJECT, "PUT", "partNumber", false, UPLOAD_PART},
    {OBJECT, "PUT", "", true, COPY_OBJECT},
    {OBJECT, "PUT", "", false, PUT_OBJECT},
    {OBJECT, "GET", "uploadId", false, LIST_PARTS},
    {OBJECT, "GET", "", false, GET_OBJECT},
    {OBJECT, "HEAD", "", false, HEAD_OBJECT},
    {OBJECT, "DELETE", "uploadId", false, ABORT_UPLOAD},
    {OBJECT, "DELETE", "", false, DELETE_OBJECT},
    {OBJECT, "POST", "uploads", false, CREATE_UPLOAD},
    {OBJECT, "POST", "uploadId", false, COMPLETE_UPLOAD},
};

/* Parameters that make a request one about something else than the bucket or
 * the object itself. */
static const char *const resources[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
};

static bool names_resource(const sbx_request *request) {
  for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
    if (cspan_sbx_param(request, resources[i])) {
      return true;
    }
  }
  return false;
}

static bool fits(const rule *r, const sbx_request *request, level at, bool copies) {
  if (r->level != at || r->copies != copies || strcmp(r->method, request->method) != 0) {
    return false;
  }
  return r->param[0] ? cspan_sbx_param(request, r->param) != NULL : !names_resource(request);
}

const sbx_operation *cspan_sbx_operation_of(const sbx_request *request) {
  if (!request) {
    return &operations[UNKNOWN];
  }
  level at = request->key_len ? OBJECT : request->bucket[0] ? BUCKET : SERVICE;
  bool copies = at == OBJECT && strcmp(request->method, "PUT") == 0 &&
                cspan_sbx_header(request, "x-amz-copy-source") != NULL;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (fits(&rules[i], request, at, copies)) {
      return &operations[rules[i].operation];
    }
  }
  return &operations[UNKNOWN];
}

const char *cspan_sbx_operation_name(size_t index) {
  return index + 1 < OPERATION_COUNT ? operations[index + 1].name : NULL;
}
