/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of S3 that the sandbox knows, and which one a request is. */
#ifndef SANDBOX_OPERATION_H
#define SANDBOX_OPERATION_H

#include "sandbox/errors.h"

struct sbx_call;
struct sbx_request;

typedef sbx_error (*sbx_handler)(struct sbx_call *call);

typedef struct sbx_operation {
  const char *name;
  sbx_handler handler; /* NULL: unknown */
} sbx_operation;

/* Never NULL; the operation "Unknown", also that of NULL, has no handler. */
const sbx_operation *cspan_sbx_operation_of(const struct sbx_request *request);
/* The n-th name that there is, NULL past the end. */
const char *cspan_sbx_operation_name(size_t index);

/* The handlers. Each fills the reply of the call, or gives an error. */
#define SBX_OPERATIONS(X)                                                                          \
  X(LIST_BUCKETS, "ListBuckets", cspan_sbx_list_buckets)                                           \
  X(CREATE_BUCKET, "CreateBucket", cspan_sbx_create_bucket)                                        \
  X(DELETE_BUCKET, "DeleteBucket", cspan_sbx_delete_bucket)                                        \
  X(HEAD_BUCKET, "HeadBucket", cspan_sbx_head_bucket)                                              \
  X(GET_BUCKET_LOCATION, "GetBucketLocation", cspan_sbx_get_bucket_location)                       \
  X(PUT_OBJECT, "PutObject", cspan_sbx_put_object)                                                 \
  X(GET_OBJECT, "GetObject", cspan_sbx_get_object)                                                 \
  X(HEAD_OBJECT, "HeadObject", cspan_sbx_get_object)                                               \
  X(DELETE_OBJECT, "DeleteObject", cspan_sbx_delete_object)                                        \
  X(DELETE_OBJECTS, "DeleteObjects", cspan_sbx_delete_objects)                                     \
  X(COPY_OBJECT, "CopyObject", cspan_sbx_copy_object)                                              \
  X(LIST_OBJECTS, "ListObjects", cspan_sbx_list_objects)                                           \
  X(LIST_OBJECTS_V2, "ListObjectsV2", cspan_sbx_list_objects_v2)                                   \
  X(CREATE_UPLOAD, "CreateMultipartUpload", cspan_sbx_create_upload)                               \
  X(UPLOAD_PART, "UploadPart", cspan_sbx_upload_part)                                              \
  X(UPLOAD_PART_COPY, "UploadPartCopy", cspan_sbx_upload_part_copy)                                \
  X(COMPLETE_UPLOAD, "CompleteMultipartUpload", cspan_sbx_complete_upload)                         \
  X(ABORT_UPLOAD, "AbortMultipartUpload", cspan_sbx_abort_upload)                                  \
  X(LIST_PARTS, "ListParts", cspan_sbx_list_parts)                                                 \
  X(LIST_UPLOADS, "ListMultipartUploads", cspan_sbx_list_uploads)

#define SBX_OPERATION_HANDLER(id, name, handler) sbx_error handler(struct sbx_call *call);
SBX_OPERATIONS(SBX_OPERATION_HANDLER)
#undef SBX_OPERATION_HANDLER

#endif
