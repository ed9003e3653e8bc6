/* SPDX-License-Identifier: Apache-2.0 */
/* A multipart upload from beginning to end. */
#include "services/s3/storage_multipart.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/s3/fields.h"

void cspan_multipart_fail(cspan_multipart *upload, cspan_error *error, const char *fmt, ...) {
  if (upload->error) {
    cspan_error_free(error);
    return;
  }
  va_list args;
  va_start(args, fmt);
  vsnprintf(upload->failure, sizeof upload->failure, fmt, args);
  va_end(args);
  upload->error = error ? error : cspan_error_nomem();
}

static int64_t ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

/* An object has at least one part, and at most 10,000. */
static void plan_parts(cspan_multipart *upload) {
  upload->part_size = upload->storage->part_size_bytes;
  if (upload->total > upload->part_size * CSPAN_S3_MAX_PARTS) {
    upload->part_size = ceil_div(upload->total, CSPAN_S3_MAX_PARTS);
  }
}

static void start_span(cspan_multipart *upload) {
  cspan_attr attrs[5];
  size_t n = 0;
  attrs[n++] = cspan_storage_text("s3.bucket", upload->input->bucket);
  attrs[n++] = cspan_storage_text("s3.key", upload->input->key);
  if (upload->total >= 0) {
    int64_t parts = upload->total ? ceil_div(upload->total, upload->part_size) : 1;
    attrs[n++] = cspan_attr_int64("s3.object.size_bytes", upload->total);
    attrs[n++] = cspan_attr_int64("s3.multipart.total_parts", parts);
  }
  attrs[n++] = cspan_attr_int64("s3.multipart.part_size_bytes", upload->part_size);
  cspan_storage_span what = {"s3.multipart_upload", CSPAN_SPAN_INTERNAL, attrs, n, 0};
  upload->span = cspan_storage_span_start(upload->storage, upload->context, &what);
  upload->inside = cspan_storage_inside(upload->context, upload->span);
}

static cspan_status initiate(cspan_multipart *upload,
                             cspan_s3_create_multipart_upload_output **output) {
  const cspan_upload_input *input = upload->input;
  cspan_s3_create_multipart_upload_input call = {
      .size = sizeof call,
      .bucket = input->bucket,
      .key = input->key,
      .content_type = input->content_type,
      .metadata = input->metadata,
      .metadata_count = input->metadata_count,
      .checksum_algorithm = upload->storage->checksum_algorithm,
  };
  cspan_error *error = NULL;
  cspan_status status = cspan_s3_create_multipart_upload(upload->storage->client, &upload->inside,
                                                         &call, output, &error);
  if (status != CSPAN_OK) {
    cspan_multipart_fail(upload, error, "failed to initiate multipart upload");
    return status;
  }
  upload->upload_id = (*output)->upload_id;
  cspan_span_set(upload->span, cspan_storage_text("s3.upload_id", upload->upload_id));
  return CSPAN_OK;
}

/* The size is known only now that the source has ended. */
static void tell_size(cspan_multipart *upload) {
  upload->total = upload->offset;
  cspan_span_set_int64(upload->span, "s3.object.size_bytes", upload->total);
  cspan_span_set_int64(upload->span, "s3.multipart.total_parts", upload->next_number - 1);
}

static void forget_error(cspan_multipart *upload) {
  cspan_error_free(upload->error);
  upload->error = NULL;
}

/* After a failure: nothing may stay on the server, but what was completed although the answer
 * got lost is a success. */
static void clean_up(cspan_multipart *upload, bool ambiguous) {
  bool gone = false;
  cspan_multipart_abort(upload, &gone);
  if (ambiguous && gone && cspan_multipart_is_there(upload)) {
    forget_error(upload);
  }
}

static void run(cspan_multipart *upload) {
  cspan_s3_create_multipart_upload_output *created = NULL;
  bool ambiguous = false;
  if (initiate(upload, &created) != CSPAN_OK) {
    return;
  }
  bool unknown = upload->total < 0;
  cspan_multipart_send_parts(upload);
  if (unknown && !upload->error) {
    tell_size(upload);
  }
  cspan_span_set_int64(upload->span, "s3.multipart.completed_parts",
                       (int64_t)upload->completed_count);
  if (!upload->error) {
    cspan_multipart_complete(upload, &ambiguous);
  }
  if (upload->error) {
    clean_up(upload, ambiguous);
  }
  cspan_s3_output_free(created);
}

static void release(cspan_multipart *upload) {
  for (size_t i = 0; i < upload->completed_cap; i++) {
    cspan_free((char *)upload->completed[i].etag);
    cspan_free((char *)upload->completed[i].checksum);
  }
  cspan_free(upload->completed);
}

cspan_status cspan_storage_multipart_upload(cspan_storage *storage, const cspan_context *context,
                                            const cspan_upload_input *input,
                                            cspan_upload_result *result, cspan_error **error) {
  if (!storage || !input) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_multipart_upload needs a storage and an input");
  }
  cspan_upload_input in;
  cspan_multipart upload = {.storage = storage, .input = &in, .context = context, .next_number = 1};
  cspan_error *why = NULL;
  cspan_storage_copy_input(&in, sizeof in, input);
  cspan_status status = cspan_storage_source_size(&in.source, &upload.total, &why);
  plan_parts(&upload);
  start_span(&upload);
  if (status == CSPAN_OK) {
    run(&upload);
  } else {
    cspan_multipart_fail(&upload, why, "failed to initiate multipart upload");
  }
  cspan_storage_span_finish(upload.span, upload.failure, upload.error);
  if (result) {
    *result = (cspan_upload_result){0};
    if (!upload.error) {
      cspan_s3_copy_text(upload.etag, result->etag, sizeof result->etag);
      result->size_bytes = upload.total;
      result->part_count = (int)upload.completed_count;
    }
  }
  release(&upload);
  return cspan_error_move(error, upload.error);
}
