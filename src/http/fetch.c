/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange, waited for. */
#include "base/error.h"
#include "http/http.h"

enum { TURN_MS = 100 };

typedef struct fetch {
  cspan_buf *answer;
  cspan_http_done_fn done;
  void *user;
  bool is_done;
} fetch;

static cspan_status on_body(void *user, const char *data, size_t len) {
  return cspan_buf_append(((fetch *)user)->answer, data, len);
}

static void on_done(void *user, const cspan_http_result *result) {
  fetch *f = user;
  f->is_done = true;
  f->done(f->user, result);
}

cspan_status cspan_http_fetch(cspan_http_client *client, const cspan_http_request *request,
                              cspan_buf *answer, cspan_http_done_fn done, void *user,
                              cspan_error **error) {
  fetch f = {.answer = answer, .done = done, .user = user};
  cspan_http_request own = *request;
  own.sink = (cspan_http_sink){.user = &f, .body = on_body};
  cspan_loop *loop = cspan_http_client_acquire(client);
  if (!loop) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status = cspan_http_start(client, loop, &own, on_done, &f, NULL, error);
  bool is_started = status == CSPAN_OK;
  while (status == CSPAN_OK && !f.is_done) {
    status = cspan_loop_run_once(loop, TURN_MS);
  }
  if (status == CSPAN_OK) {
    cspan_http_client_release(client, loop);
  } else {
    cspan_loop_free(loop); /* what is under way ends with it */
  }
  return is_started ? CSPAN_OK : status;
}
