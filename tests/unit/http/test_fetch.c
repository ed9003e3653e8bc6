/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges that are waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/fetch.h"
#include "support/fail_alloc.h"
#include "support/script_server.h"

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
  static const char *const texts[] = {"hello", "no"};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_http_client *client = client_new();
  cspan_buf answer;
  cspan_buf_init(&answer, 100);
  for (size_t i = 0; i < 2; i++) {
    int http_status = 0;
    const cspan_http_request request = {.method = "GET", .url = script_server_url(server, "/")};
    assert_int_equal(cspan_http_fetch(client, &request, NULL, &answer, &http_status, NULL),
                     CSPAN_OK);
    assert_int_equal(http_status, statuses[i]);
    assert_string_equal(cspan_buf_text(&answer), texts[i]);
  }
  assert_int_equal(script_server_accepted(server), 1);
  cspan_buf_free(&answer);
  cspan_http_client_free(client);
  script_server_stop(server);
}

static void test_failures(void **state) {
  (void)state;
  const cspan_context late = {.deadline_ns = 1};
  static const script_step large[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {large};
  script_server *server = script_server_start(scripts, 1);
  cspan_http_client *client = client_new();
  char refused[64];
  snprintf(refused, sizeof refused, "http://127.0.0.1:%d/path", script_refused_port());
  const struct {
    const char *url;
    const cspan_context *context;
    cspan_status status;
  } cases[] = {{script_server_url(server, "/path"), NULL, CSPAN_ERR_LIMIT},
               {refused, NULL, CSPAN_ERR_CONNECT},
               {refused, &late, CSPAN_ERR_TIMEOUT}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int http_status = 0;
    cspan_error *error = NULL;
    const cspan_http_request request = {.method = "GET", .url = cases[i].url};
    cspan_buf answer;
    cspan_buf_init(&answer, 4); /* bytes, one too few */
    assert_int_equal(
        cspan_http_fetch(client, &request, cases[i].context, &answer, &http_status, &error),
        cases[i].status);
    assert_int_equal(cspan_error_status(error), cases[i].status);
    assert_null(strstr(cspan_error_message(error), "path"));
    cspan_error_free(error);
    cspan_buf_free(&answer);
  }
  cspan_http_client_free(client);
  script_server_stop(server);
}

/* Each allocation of a whole fetch fails once. */
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
  size_t failures = 0;
  fail_alloc_install();
  for (size_t n = 1; was_met; n++) {
    cspan_http_client *client = client_new();
    cspan_error *error = NULL;
    int http_status = 0;
    cspan_buf answer;
    cspan_buf_init(&answer, 100);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_http_fetch(client, &request, NULL, &answer, &http_status, &error);
    was_met = fail_alloc_disarm();
    if (status == CSPAN_OK) {
      assert_int_equal(http_status, 200);
      assert_string_equal(cspan_buf_text(&answer), "hi");
    } else {
      assert_true(was_met);
      assert_int_equal(cspan_error_status(error), status);
      failures++;
    }
    cspan_error_free(error);
    cspan_buf_free(&answer);
    cspan_http_client_free(client);
  }
  assert_true(failures > 1);
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
