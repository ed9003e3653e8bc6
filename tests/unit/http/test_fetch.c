/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges that are waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/http.h"
#include "support/fail_alloc.h"
#include "support/script_server.h"

typedef struct outcome {
  int done;
  cspan_status status;
  int http_status;
} outcome;

static void on_done(void *user, const cspan_http_result *result) {
  outcome *out = user;
  out->done++;
  out->status = result->status;
  out->http_status = result->http_status;
}

static cspan_http_client *client_new(void) {
  const cspan_http_client_options options = {.max_idle_loops = 1};
  cspan_http_client *client = NULL;
  assert_int_equal(cspan_http_client_create(&options, &client, NULL), CSPAN_OK);
  return client;
}

/* The second one has the connection of the first. */
static void test_answers(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0},
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  static const int statuses[] = {200, 404};
  static const char *const texts[] = {"hello", "hellono"};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_http_client *client = client_new();
  cspan_buf answer;
  cspan_buf_init(&answer, 100);
  for (size_t i = 0; i < 2; i++) {
    outcome out = {0};
    const cspan_http_request request = {.method = "GET", .url = script_server_url(server, "/")};
    assert_int_equal(cspan_http_fetch(client, &request, &answer, on_done, &out, NULL), CSPAN_OK);
    assert_int_equal(out.done, 1);
    assert_int_equal(out.status, CSPAN_OK);
    assert_int_equal(out.http_status, statuses[i]);
    assert_string_equal(cspan_buf_text(&answer), texts[i]);
  }
  assert_int_equal(script_server_accepted(server), 1);
  cspan_buf_free(&answer);
  cspan_http_client_free(client);
  script_server_stop(server);
}

/* What goes wrong on the way is for `done`. */
static void test_failures(void **state) {
  (void)state;
  static const script_step large[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {large};
  script_server *server = script_server_start(scripts, 1);
  cspan_http_client *client = client_new();
  char refused[64];
  snprintf(refused, sizeof refused, "http://127.0.0.1:%d/", script_refused_port());
  const struct {
    const char *url;
    cspan_status status;
  } cases[] = {{script_server_url(server, "/"), CSPAN_ERR_LIMIT}, {refused, CSPAN_ERR_CONNECT}};
  for (size_t i = 0; i < 2; i++) {
    outcome out = {0};
    const cspan_http_request request = {.method = "GET", .url = cases[i].url};
    cspan_buf answer;
    cspan_buf_init(&answer, 4); /* bytes, one too few */
    assert_int_equal(cspan_http_fetch(client, &request, &answer, on_done, &out, NULL), CSPAN_OK);
    assert_int_equal(out.done, 1);
    assert_int_equal(out.status, cases[i].status);
    cspan_buf_free(&answer);
  }
  cspan_http_client_free(client);
  script_server_stop(server);
}

/* Each allocation of a whole fetch fails once: it is told once, by `done` or by the result. */
static void test_out_of_memory(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  const cspan_http_request request = {.method = "GET", .url = script_server_url(server, "/")};
  bool was_met = true;
  int not_started = 0;
  fail_alloc_install();
  for (size_t n = 1; was_met; n++) {
    cspan_http_client *client = client_new();
    cspan_error *error = NULL;
    outcome out = {0};
    cspan_buf answer;
    cspan_buf_init(&answer, 100);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_http_fetch(client, &request, &answer, on_done, &out, &error);
    was_met = fail_alloc_disarm();
    assert_int_equal(out.done, status == CSPAN_OK ? 1 : 0);
    if (status != CSPAN_OK) {
      assert_int_equal(status, CSPAN_ERR_NOMEM);
      not_started++;
    } else if (out.status == CSPAN_OK) {
      assert_string_equal(cspan_buf_text(&answer), "hi");
    }
    cspan_error_free(error);
    cspan_buf_free(&answer);
    cspan_http_client_free(client);
  }
  assert_true(not_started > 1);
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answers),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
