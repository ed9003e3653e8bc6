/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of an exchange fails in turn: a clear end, no leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/http.h"
#include "support/fail_alloc.h"
#include "support/script_server.h"

typedef struct outcome {
  cspan_status status;
  bool done;
  bool fired;
} outcome;

static void on_done(void *user, const cspan_http_result *result) {
  outcome *o = user;
  o->done = true;
  o->status = result->status;
}

static void on_timer(void *user) {
  outcome *o = user;
  o->fired = true;
}

static cspan_status exchange(cspan_http_client *client, cspan_loop *loop, const char *url,
                             cspan_error **error) {
  const cspan_http_header headers[] = {{.name = "x-amz-date", .value = "20150830T123600Z"},
                                       {.name = "range", .value = "bytes=0-1"},
                                       {.name = "user-agent", .value = "test/1"}};
  cspan_http_request request = {
      .method = "PUT",
      .url = url,
      .headers = headers,
      .header_count = 3,
      .body = "body",
      .body_length = 4,
  };
  outcome o = {.status = CSPAN_OK};
  cspan_status status = cspan_http_start(client, loop, &request, on_done, &o, NULL, error);
  if (status != CSPAN_OK) {
    assert_false(o.done);
    assert_int_equal(cspan_error_status(*error), status);
    return status;
  }
  while (!o.done) {
    cspan_loop_run_once(loop, 1000);
  }
  return o.status;
}

static cspan_status scenario(const char *url) {
  const cspan_http_client_options options = {.proxy = "", .ca_bundle = "/none"};
  cspan_http_client *client = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_http_client_create(&options, &client, &error);
  if (status != CSPAN_OK) {
    assert_null(client);
    assert_int_equal(cspan_error_status(error), status);
    cspan_error_free(error);
    return status;
  }
  cspan_loop *loop = cspan_http_client_acquire(client);
  outcome o = {.status = CSPAN_OK};
  if (!loop) {
    status = CSPAN_ERR_NOMEM;
  } else if (!cspan_loop_timer_start(loop, 0, on_timer, &o)) {
    status = CSPAN_ERR_NOMEM;
  } else {
    status = exchange(client, loop, url, &error);
    cspan_loop_run_once(loop, 0);
    assert_true(o.fired || status != CSPAN_OK);
  }
  cspan_http_client_release(client, loop);
  cspan_http_client_free(client);
  cspan_error_free(error);
  return status;
}

static void replay(bool all_that_follow, const char *url) {
  for (size_t n = 1;; n++) {
    fail_alloc_arm(n, all_that_follow);
    cspan_status status = scenario(url);
    bool met = fail_alloc_disarm();
    assert_int_equal(status, met ? CSPAN_ERR_NOMEM : CSPAN_OK);
    assert_int_equal(fail_alloc_outstanding(), 0);
    if (!met) {
      assert_true(n > 10);
      return;
    }
  }
}

static void test_replay(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  fail_alloc_install();
  replay(false, script_server_url(server, "/"));
  replay(true, script_server_url(server, "/"));
  fail_alloc_uninstall();
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_replay)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
