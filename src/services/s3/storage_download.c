/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "services/s3/fields.h"
#include "services/s3/storage.h"
#include "services/s3/storage_file.h"

enum { DEFAULT_MAX_MIB = 64 };

typedef struct download {
  const cspan_download_input *input;
  cspan_span span;
  cspan_atomic_file file; /* path form */
  cspan_buf memory;       /* memory form */
  int64_t moved;          /* of this attempt */
  int64_t total;          /* -1: not known */
  bool body_broke;        /* the last attempt had a good response, whose body failed */
  cspan_error *error;     /* of ours, in the sink: says more than the call's */
  cspan_error *final;     /* of an attempt that must not be made again */
} download;

static cspan_status fail(download *self, cspan_status status, const char *message) {
  cspan_error_free(self->error);
  self->error = NULL;
  return cspan_error_set(&self->error, status, "%s", message);
}

static cspan_status too_large(download *self) {
  cspan_error_free(self->error);
  self->error = NULL;
  return cspan_error_set(&self->error, CSPAN_ERR_LIMIT,
                         "the object is larger than max_bytes (%zu): raise it, or download to a "
                         "path or a write callback",
                         self->memory.max);
}

static cspan_status restart(download *self) {
  const cspan_download_input *input = self->input;
  if (input->path) {
    return cspan_atomic_file_start(&self->file, &self->error);
  }
  if (!input->write) {
    cspan_buf_clear(&self->memory);
    if (self->total > (int64_t)self->memory.max) {
      return too_large(self);
    }
    cspan_status status =
        self->total > 0 ? cspan_buf_reserve(&self->memory, (size_t)self->total) : CSPAN_OK;
    return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(&self->error, cspan_error_nomem());
  }
  if (self->moved == 0 || !input->restart) {
    return CSPAN_OK;
  }
  cspan_status status = input->restart(input->user);
  return status == CSPAN_OK ? CSPAN_OK : fail(self, status, "the restart callback failed");
}

static cspan_status sink_start(void *user, int64_t content_length) {
  download *self = user;
  cspan_error_free(self->error);
  self->error = NULL;
  self->total = content_length;
  cspan_status status = restart(self);
  self->moved = status == CSPAN_OK ? 0 : self->moved;
  return status;
}

static cspan_status store(download *self, const void *data, size_t size) {
  const cspan_download_input *input = self->input;
  if (input->path) {
    return cspan_atomic_file_write(&self->file, data, size, &self->error);
  }
  if (!input->write) {
    cspan_status status = cspan_buf_append(&self->memory, data, size);
    if (status == CSPAN_ERR_LIMIT) {
      return too_large(self);
    }
    return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(&self->error, cspan_error_nomem());
  }
  cspan_status status = input->write(input->user, data, size);
  return status == CSPAN_OK ? CSPAN_OK : fail(self, status, "the write callback failed");
}

static cspan_status sink_write(void *user, const void *data, size_t size) {
  download *self = user;
  const cspan_download_input *input = self->input;
  cspan_status status = store(self, data, size);
  if (status != CSPAN_OK) {
    return status;
  }
  self->moved += (int64_t)size;
  if (input->progress && !input->progress(input->progress_user, self->moved, self->total)) {
    return fail(self, CSPAN_ERR_CANCELLED, "the progress callback cancelled the download");
  }
  return CSPAN_OK;
}

static void set_text(cspan_span span, const struct cspan_call *call, const char *header,
                     const char *key) {
  const char *value = cspan_call_response_header(call, header);
  if (value) {
    cspan_span_set(span, cspan_storage_text(key, value));
  }
}

/* Bytes were given to a write callback that cannot start again: no other attempt. The caller
 * gets the error as it was; the call gets it in a form that is not retried. */
static void make_final(download *self, struct cspan_call *call, const cspan_error *error) {
  cspan_error_info info = {
      .status = CSPAN_ERR_PROTOCOL,
      .code = cspan_error_code(error),
      .http_status = cspan_error_http_status(error),
      .request_id = cspan_error_request_id(error),
      .extended_request_id = cspan_error_extended_request_id(error),
  };
  cspan_error *replacement = NULL;
  cspan_error_free(self->final);
  self->final = cspan_error_dup(error);
  cspan_error_set_info(&replacement, &info, cspan_error_message(error));
  cspan_call_set_error(call, replacement);
}

/* Success, but of what? An error document, or the page of some proxy, must not pass as the
 * object. */
static void refuse_answer(struct cspan_call *call) {
  cspan_error *error = NULL;
  cspan_error_set(&error, CSPAN_ERR_PROTOCOL,
                  "GetObject: the response has no ETag, so it is not an object");
  cspan_error_set_retryable(error, true);
  cspan_call_set_error(call, error);
}

/* After each attempt: what its response told, and whether a failure is one of the body. */
static void attempt_end(void *data, struct cspan_call *call, void *state) {
  download *self = data;
  int status = cspan_call_http_status(call);
  bool answered = status >= 200 && status < 300;
  int64_t length = 0;
  (void)state;
  if (answered && !cspan_call_error(call) && !cspan_call_response_header(call, "etag")) {
    refuse_answer(call);
  }
  const cspan_error *error = cspan_call_error(call);
  self->body_broke = error && answered;
  if (error && self->moved > 0 && self->input->write && !self->input->restart) {
    make_final(self, call, error);
  }
  if (!answered) {
    return;
  }
  const char *content_length = cspan_call_response_header(call, "content-length");
  set_text(self->span, call, "content-type", "s3.content_type");
  if (content_length && cspan_parse_i64(content_length, &length)) {
    cspan_span_set_int64(self->span, "s3.content_length", length);
  }
  set_text(self->span, call, "etag", "s3.etag");
}

static const cspan_middleware_vtable attempt_vtable = {
    .size = sizeof(cspan_middleware_vtable),
    .name = "StorageDownloadAttempt",
    .end = attempt_end,
};

static cspan_status get(cspan_storage *storage, const cspan_context *context, download *self,
                        cspan_s3_get_object_output **output, cspan_error **error) {
  const cspan_download_input *input = self->input;
  const cspan_middleware attempt = {&attempt_vtable, self, CSPAN_STEP_FINALIZE, CSPAN_AFTER,
                                    "Retry"};
  cspan_call_options options = {
      .size = sizeof options, .middlewares = &attempt, .middleware_count = 1};
  cspan_s3_get_object_input call = {
      .size = sizeof call,
      .bucket = input->bucket,
      .key = input->key,
      .range = input->range,
      .sink = {.start = sink_start, .write = sink_write, .user = self},
      .options = &options,
  };
  cspan_error *why = NULL;
  cspan_status status = cspan_s3_get_object(storage->client, context, &call, output, &why);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  if (self->error || self->final) {
    cspan_error_free(why);
    why = cspan_error_dup(self->error ? self->error : self->final);
  }
  return cspan_error_move(error, why);
}

/* The body is whole and verified: it is handed over. */
static cspan_status hand_over(download *self, cspan_download_result *result, cspan_error **error) {
  if (self->input->path) {
    cspan_status status =
        self->file.temporary ? CSPAN_OK : cspan_atomic_file_start(&self->file, error);
    return status == CSPAN_OK ? cspan_atomic_file_commit(&self->file, error) : status;
  }
  if (!self->input->write) {
    result->data = cspan_buf_take(&self->memory, NULL);
    if (!result->data) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  return CSPAN_OK;
}

static cspan_status check(const cspan_download_input *input, cspan_error **error) {
  if (input->path && input->write) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a download goes to a path or to a write callback, not to both");
  }
  return input->path ? cspan_atomic_file_check(input->path, error) : CSPAN_OK;
}

/* Everything inside the span. `*text` is its status on failure. */
static cspan_status run(cspan_storage *storage, const cspan_context *context, download *self,
                        cspan_download_result *result, const char **text, cspan_error **error) {
  cspan_s3_get_object_output *output = NULL;
  int64_t start_ns = cspan_now_ns();
  *text = "download failed";
  cspan_status status = check(self->input, error);
  if (status == CSPAN_OK) {
    status = get(storage, context, self, &output, error);
    if (status == CSPAN_OK || self->body_broke) {
      *text = "read failed";
      cspan_span_set_int64(self->span, "s3.bytes_read", self->moved);
    }
  }
  if (status == CSPAN_OK) {
    status = hand_over(self, result, error);
  }
  if (status == CSPAN_OK) {
    cspan_storage_span_set_speed(self->span, "s3.download.duration_ms",
                                 "s3.download.throughput_mbps", start_ns, self->moved);
    result->size_bytes = self->moved;
    cspan_s3_copy_text(output->etag, result->etag, sizeof result->etag);
    cspan_s3_copy_text(output->content_type, result->content_type, sizeof result->content_type);
  }
  cspan_s3_output_free(output);
  return status;
}

cspan_status cspan_storage_download(cspan_storage *storage, const cspan_context *context,
                                    const cspan_download_input *input,
                                    cspan_download_result *result, cspan_error **error) {
  if (!storage || !input || !result) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_download needs a storage, an input and a result");
  }
  cspan_download_input in;
  const char *text = NULL;
  cspan_error *why = NULL;
  cspan_storage_copy_input(&in, sizeof in, input);
  *result = (cspan_download_result){0};
  cspan_attr attrs[] = {
      cspan_storage_text("s3.bucket", in.bucket),
      cspan_storage_text("s3.key", in.key),
  };
  cspan_storage_span what = {"s3.download_object", CSPAN_SPAN_CLIENT, attrs, 2, 0};
  download self = {
      .input = &in,
      .span = cspan_storage_span_start(storage, context, &what),
      .file = {.path = in.path, .fd = -1},
      .total = -1,
  };
  cspan_buf_init(&self.memory, in.max_bytes ? in.max_bytes : (size_t)DEFAULT_MAX_MIB * CSPAN_MIB);
  cspan_context inside = cspan_storage_inside(context, self.span);
  cspan_status status = run(storage, &inside, &self, result, &text, &why);
  cspan_storage_span_finish(self.span, text, why);
  cspan_atomic_file_discard(&self.file);
  cspan_buf_free(&self.memory);
  cspan_error_free(self.error);
  cspan_error_free(self.final);
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, why);
}
