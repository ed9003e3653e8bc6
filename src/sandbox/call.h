/* SPDX-License-Identifier: Apache-2.0 */
/* One request being served: what the handlers see and fill. */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include <event2/buffer.h>

#include "sandbox/auth.h"
#include "sandbox/body.h"
#include "sandbox/fault.h"
#include "sandbox/operation.h"
#include "sandbox/request.h"

/* Uploads that were completed lately: completing one again gives the same
 * answer, as with S3, so that a lost answer does no harm. */
enum { SBX_COMPLETED = 64 };

typedef struct sbx_completed {
  char id[SBX_ID_LEN + 1];
  char etag[48];
} sbx_completed;

/* What all calls share; the event loop's thread only, but for `faults`. */
typedef struct sbx_service {
  sbx_store *store;
  sbx_faults *faults;
  sbx_keys keys;
  int64_t clock_offset_s;
  int64_t max_body_bytes;
  sbx_completed completed[SBX_COMPLETED];
  size_t completed_next;
} sbx_service;

typedef struct sbx_call {
  sbx_service *service;
  sbx_request request;
  const sbx_operation *operation;
  sbx_auth auth;
  time_t now;
  struct evbuffer *input; /* the body as received; handlers drain it */

  /* The answer. */
  char request_id[17];
  char host_id[SBX_ID_LEN + 1];
  int status;              /* 0: 200 */
  char code[48];           /* of the error; "" when there is none */
  sbx_pairs reply;         /* headers */
  cspan_buf xml;           /* the body, when it is a document */
  struct evbuffer *output; /* else the body */
  int64_t content_length;  /* of a HEAD: what a GET would send; -1: as the body */
  bool item_struck;        /* a fault struck a key inside of the request */
  bool failed;             /* a reply header could not be added: out of memory */
  sbx_detail detail;
} sbx_call;

/* call.c */
/* Serves a parsed and admitted request: runs the handler and makes its error, if
 * any, the answer. */
void cspan_sbx_call_serve(sbx_call *call);
/* What comes before: operation and signature. On an error the answer is set. */
sbx_error cspan_sbx_call_admit(sbx_call *call, const char *method, const char *target);
void cspan_sbx_call_init(sbx_call *call, sbx_service *service);
void cspan_sbx_call_free(sbx_call *call);
/* Replaces the answer by an error document. */
void cspan_sbx_call_fail(sbx_call *call, int status, const char *code, const char *message);
/* Whether all of the answer could be made. */
bool cspan_sbx_call_ok(const sbx_call *call);
void cspan_sbx_reply(sbx_call *call, const char *name, const char *value);
void cspan_sbx_reply_etag(sbx_call *call, const char *etag);
void cspan_sbx_reply_checksum(sbx_call *call, const sbx_checksum *checksum);
sbx_error cspan_sbx_need_bucket(const sbx_call *call, sbx_bucket **out);
/* The same with a sentence: `return cspan_sbx_fail(call, SBX_X, "...")`. */
sbx_error cspan_sbx_fail(sbx_call *call, sbx_error error, const char *message);
/* A query parameter that is a number in [low, high]; `otherwise` when it is not
 * there, INVALID_ARGUMENT when it is something else. */
sbx_error cspan_sbx_int_param(sbx_call *call, const char *name, int low, int high, int otherwise,
                              int *out);
bool cspan_sbx_etag_matches(const char *list, const char *etag); /* "*", or quoted tags */
/* "\"...\"" or bare to the hex inside; false when it does not fit. */
bool cspan_sbx_unquote(const char *text, char out[48]);

/* conditions.c: If-Match and its kin; `copy` looks at x-amz-copy-source-if-*.
 * OK, NOT_MODIFIED or PRECONDITION_FAILED. */
sbx_error cspan_sbx_check_read(const sbx_call *call, const sbx_object *object, bool copy);
/* If-None-Match: * and If-Match of a write; `object` is NULL where none exists. */
sbx_error cspan_sbx_check_write(sbx_call *call, const sbx_object *object);

/* ingest.c: takes a request's body in and verifies all that was said about it. */
typedef struct sbx_ingested {
  int64_t len;
  uint8_t md5[CSPAN_MD5_LEN];
  sbx_checksum checksum; /* NONE when none was asked for */
} sbx_ingested;

/* Into the store. `fallback`: computed when the request names no checksum. */
sbx_error cspan_sbx_ingest_body(sbx_call *call, sbx_checksum_kind fallback, sbx_body *body,
                                sbx_ingested *out);
/* A small document; `out` was initialised with its cap. `checked`: x-amz-checksum-*
 * is about this document, and not about the object that it speaks of. */
sbx_error cspan_sbx_ingest_document(sbx_call *call, bool checked, cspan_buf *out);
/* The kind that a request's headers name (x-amz-checksum-*, x-amz-trailer,
 * x-amz-sdk-checksum-algorithm); INVALID_REQUEST when it is none of ours. */
sbx_error cspan_sbx_named_checksum(sbx_call *call, sbx_checksum_kind *out);

/* metadata.c */
sbx_error cspan_sbx_read_metadata(sbx_call *call, sbx_pairs *out);

/* digests.c: over stored bytes; md5 or checksum may be NULL. */
cspan_status cspan_sbx_digest_body(const sbx_body *body, sbx_checksum_kind kind,
                                   uint8_t md5[CSPAN_MD5_LEN], sbx_checksum *checksum);

/* op_copy.c: the object that x-amz-copy-source names, its conditions checked. */
sbx_error cspan_sbx_copy_source(sbx_call *call, const sbx_object **out);

#endif
