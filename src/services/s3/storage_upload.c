/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "services/s3/fields.h"
#include "services/s3/storage.h"

enum { MAX_BUFFERED_MIB = 64, READ_STEP = 64 * 1024 };

static cspan_status too_large(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_LIMIT,
                         "the source has no known size and more than %d MiB: give its size, or use "
                         "cspan_storage_multipart_upload",
                         (int)MAX_BUFFERED_MIB);
}

/* Reads a source without a known size into `buf`, which `source` then is. */
static cspan_status buffer_source(cspan_body *source, const cspan_context *context, cspan_buf *buf,
                                  cspan_error **error) {
  for (;;) {
    size_t got = 0;
    cspan_status status = cspan_buf_reserve(buf, READ_STEP);
    if (status != CSPAN_OK) {
      return status == CSPAN_ERR_LIMIT ? too_large(error)
                                       : cspan_error_move(error, cspan_error_nomem());
    }
    status =
        cspan_storage_source_read(source, context, buf->data + buf->len, READ_STEP, &got, error);
    if (status != CSPAN_OK) {
      return status;
    }
    buf->len += got;
    if (buf->len > (size_t)MAX_BUFFERED_MIB * CSPAN_MIB) {
      return too_large(error);
    }
    if (got < READ_STEP) {
      *source = (cspan_body){.data = buf->data, .size_bytes = (int64_t)buf->len};
      return CSPAN_OK;
    }
  }
}

static bool report(const cspan_upload_input *input, int64_t moved, int64_t total) {
  return !input->progress || input->progress(input->progress_user, moved, total);
}

static cspan_status put(cspan_storage *storage, const cspan_context *context,
                        const cspan_upload_input *input, const cspan_body *body,
                        cspan_upload_result *result, cspan_error **error) {
  cspan_s3_put_object_input call = {
      .size = sizeof call,
      .bucket = input->bucket,
      .key = input->key,
      .body = *body,
      .content_type = input->content_type,
      .metadata = input->metadata,
      .metadata_count = input->metadata_count,
      .checksum_algorithm = storage->checksum_algorithm,
  };
  cspan_s3_put_object_output *output = NULL;
  if (!report(input, 0, body->size_bytes)) {
    return cspan_error_set(error, CSPAN_ERR_CANCELLED,
                           "the progress callback cancelled the upload");
  }
  cspan_status status = cspan_s3_put_object(storage->client, context, &call, &output, error);
  if (status == CSPAN_OK) {
    cspan_s3_copy_text(output->etag, result->etag, sizeof result->etag);
    cspan_s3_output_free(output);
  }
  return status;
}

/* Everything inside the span. */
static cspan_status upload(cspan_storage *storage, const cspan_context *context, cspan_span span,
                           const cspan_upload_input *input, cspan_upload_result *result,
                           cspan_error **error) {
  cspan_body body = input->source;
  cspan_buf buffer;
  cspan_buf_init(&buffer, (size_t)MAX_BUFFERED_MIB * CSPAN_MIB + READ_STEP);
  cspan_status status = CSPAN_OK;
  if (result->size_bytes < 0) {
    status = buffer_source(&body, context, &buffer, error);
    result->size_bytes = (int64_t)buffer.len;
    cspan_span_set_int64(span, "s3.object.size_bytes", result->size_bytes);
  }
  int64_t start_ns = cspan_now_ns();
  if (status == CSPAN_OK) {
    status = put(storage, context, input, &body, result, error);
  }
  if (status == CSPAN_OK) {
    cspan_span_set_string(span, "s3.etag", result->etag);
    cspan_storage_span_set_speed(span, "s3.upload.duration_ms", "s3.upload.throughput_mbps",
                                 start_ns, result->size_bytes);
    (void)report(input, result->size_bytes, result->size_bytes); /* too late to cancel */
  }
  cspan_buf_free(&buffer);
  return status;
}

cspan_status cspan_storage_upload(cspan_storage *storage, const cspan_context *context,
                                  const cspan_upload_input *input, cspan_upload_result *result,
                                  cspan_error **error) {
  if (!storage || !input) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_upload needs a storage and an input");
  }
  cspan_upload_input in;
  cspan_upload_result out = {0};
  cspan_error *why = NULL;
  cspan_storage_copy_input(&in, sizeof in, input);
  cspan_status status = cspan_storage_source_size(&in.source, &out.size_bytes, &why);
  cspan_attr attrs[] = {
      cspan_storage_text("s3.bucket", in.bucket),
      cspan_storage_text("s3.key", in.key),
      cspan_attr_int64("s3.object.size_bytes", out.size_bytes),
  };
  cspan_storage_span what = {"s3.upload_object", CSPAN_SPAN_CLIENT, attrs,
                             out.size_bytes < 0 ? 2u : 3u, 0};
  cspan_span span = cspan_storage_span_start(storage, context, &what);
  cspan_context inside = cspan_storage_inside(context, span);
  if (status == CSPAN_OK) {
    status = upload(storage, &inside, span, &in, &out, &why);
  }
  cspan_storage_span_finish(span, "upload failed", why);
  if (result) {
    *result = status == CSPAN_OK ? out : (cspan_upload_result){0};
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, why);
}
