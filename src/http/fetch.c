/* SPDX-License-Identifier: Apache-2.0 */
#include "http/fetch.h"

#include "base/error.h"

enum { TURN_MS = 100, HEADER_MAX_BYTES = 16384 };

typedef struct fetch {
  cspan_buf *answer;
  cspan_status status;
  int http_status;
  bool is_done;
  cspan_error *error;
} fetch;

static cspan_status on_body(void *user, const char *data, size_t len) {
  return cspan_buf_append(((fetch *)user)->answer, data, len);
}

static void on_done(void *user, const cspan_http_result *result) {
  fetch *f = user;
  f->is_done = true;
  f->status = result->status;
  f->http_status = result->http_status;
  if (result->status != CSPAN_OK) {
    cspan_error_set_code(&f->error, result->status, result->code, "%s", result->message);
  }
}

static cspan_status run(cspan_http_client *client, cspan_loop *loop,
                        const cspan_http_request *request, fetch *f) {
  cspan_status status = cspan_http_start(client, loop, request, on_done, f, NULL, &f->error);
  while (status == CSPAN_OK && !f->is_done) {
    status = cspan_loop_run_once(loop, TURN_MS);
  }
  if (status == CSPAN_OK) {
    cspan_http_client_release(client, loop);
    return f->status;
  }
  cspan_loop_free(loop); /* what is under way ends with it, and tells `f` */
  return status;
}

cspan_status cspan_http_fetch(cspan_http_client *client, const cspan_http_request *given,
                              const cspan_context *context, cspan_buf *answer, int *http_status,
                              cspan_error **error) {
  fetch f = {.answer = answer};
  cspan_http_request request = *given;
  cspan_status status = cspan_context_status(context);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request was %s before it began",
                           status == CSPAN_ERR_TIMEOUT ? "too late" : "cancelled");
  }
  request.deadline_ns = context ? context->deadline_ns : 0;
  request.cancel = context ? context->cancel : NULL;
  request.max_header_bytes = HEADER_MAX_BYTES;
  request.max_body_bytes = (int64_t)answer->max;
  request.sink = (cspan_http_sink){.user = &f, .body = on_body};
  cspan_buf_clear(answer);
  cspan_loop *loop = cspan_http_client_acquire(client);
  if (!loop) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not sent");
  }
  status = run(client, loop, &request, &f);
  *http_status = f.http_status;
  if (status == CSPAN_OK) {
    cspan_error_free(f.error);
    return CSPAN_OK;
  }
  if (!f.error) {
    cspan_error_set(&f.error, status, "the request failed (%s)", cspan_status_name(status));
  }
  cspan_error_move(error, f.error);
  return status;
}
