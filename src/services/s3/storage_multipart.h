/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one multipart upload; used by the thread that makes it only. */
#ifndef SERVICES_S3_STORAGE_MULTIPART_H
#define SERVICES_S3_STORAGE_MULTIPART_H

#include "services/s3/storage.h"

/* A part under way. */
typedef struct cspan_part {
  cspan_flight flight;
  int number;
  int64_t size;
  cspan_span span;
  cspan_context context;
  char *buffer; /* of a callback source: part_size bytes */
  cspan_s3_upload_part_input input;
  cspan_s3_upload_part_output *output;
} cspan_part;

typedef struct cspan_multipart {
  cspan_storage *storage;
  const cspan_upload_input *input;
  const cspan_context *context; /* the caller's */
  cspan_context inside;         /* the same, under the span */
  cspan_span span;
  const char *upload_id;
  int64_t total; /* -1: not known yet */
  int64_t part_size;
  int64_t offset; /* of the next part */
  int64_t moved;  /* in completed parts */
  int next_number;
  bool source_ended;

  cspan_s3_completed_part *completed; /* by number; texts owned */
  size_t completed_count;             /* parts done */
  size_t completed_cap;

  cspan_loop *loop;
  cspan_cancel *stop; /* ends the parts under way */
  cspan_part *parts;
  int part_slots;
  int in_flight;

  cspan_error *error; /* the first failure */
  char failure[64];   /* the status of the span for it */
  char etag[80];
} cspan_multipart;

/* Sets the failure, unless there is one; takes the error. */
void cspan_multipart_fail(cspan_multipart *upload, cspan_error *error, const char *fmt, ...)
    CSPAN_PRINTF(3, 4);

/* Uploads all parts; upload->error is set on failure. Nothing is under way afterwards. */
void cspan_multipart_send_parts(cspan_multipart *upload);

/* Completes it, with upload->etag; upload->error is set on failure, and *ambiguous tells whether
 * it may have been completed all the same. */
void cspan_multipart_complete(cspan_multipart *upload, bool *ambiguous);
/* Aborts it, with its own span. *gone: the server does not know the upload (any more). */
void cspan_multipart_abort(cspan_multipart *upload, bool *gone);
/* Whether the object is there with the ETag that the parts give; then upload->etag is set. */
bool cspan_multipart_is_there(cspan_multipart *upload);

#endif
