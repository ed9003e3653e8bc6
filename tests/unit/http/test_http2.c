/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 with prior knowledge, as gRPC needs it, against frames written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "http/http.h"
#include "support/script_server.h"

typedef struct seen {
  int done;
  cspan_status status;
  char code[32];
  int http_status;
  const char *version; /* static */
  char events[512];
} seen;

static void note(seen *s, const char *fmt, ...) CSPAN_PRINTF(2, 3);

static void note(seen *s, const char *fmt, ...) {
  va_list args;
  size_t len = strlen(s->events);
  va_start(args, fmt);
  vsnprintf(s->events + len, sizeof s->events - len, fmt, args);
  va_end(args);
}

static cspan_status on_head(void *user, int http_status, int64_t content_length) {
  note(user, "[%d %d]", http_status, (int)content_length);
  return CSPAN_OK;
}

static cspan_status on_header(void *user, const char *name, const char *value, bool trailer) {
  note(user, "%s%s=%s;", trailer ? "T:" : "", name, value);
  return CSPAN_OK;
}

static cspan_status on_body(void *user, const char *data, size_t len) {
  note(user, "<%.*s>", (int)len, data);
  return CSPAN_OK;
}

static void on_done(void *user, const cspan_http_result *result) {
  seen *s = user;
  s->done++;
  s->status = result->status;
  s->http_status = result->http_status;
  s->version = result->version;
  snprintf(s->code, sizeof s->code, "%s", result->code);
}

/* Length, type, flags, stream 1 (or 0), and the payload after it. */
#define FRAME(len, type, flags, stream) "\0\0" len type flags "\0\0\0" stream
#define SETTINGS                        FRAME("\x00", "\x04", "\x00", "\x00")
/* :status 200 from the static table; content-type as a literal */
#define HEAD_FIELDS                                                                                \
  "\x88"                                                                                           \
  "\x00\x0c"                                                                                       \
  "content-type"                                                                                   \
  "\x10"                                                                                           \
  "application/grpc"
#define HEAD FRAME("\x20", "\x01", "\x04", "\x01") HEAD_FIELDS
#define DATA FRAME("\x03", "\x00", "\x00", "\x01") "abc"
#define TRAILERS                                                                                   \
  FRAME("\x0f", "\x01", "\x05", "\x01")                                                            \
  "\x00\x0b"                                                                                       \
  "grpc-status"                                                                                    \
  "\x01"                                                                                           \
  "0"
#define TRAILERS_ONLY                                                                              \
  FRAME("\x10", "\x01", "\x05", "\x01")                                                            \
  "\x88"                                                                                           \
  "\x00\x0b"                                                                                       \
  "grpc-status"                                                                                    \
  "\x01"                                                                                           \
  "8"
#define RST_STREAM FRAME("\x04", "\x03", "\x00", "\x01") "\x00\x00\x00\x02"

#define BYTES(text)                                                                                \
  { SCRIPT_SEND, text, sizeof(text) - 1 }

typedef struct h2_case {
  const char *name;
  script_step answer;
  cspan_status status;
  const char *code;
  const char *events;
} h2_case;

static const h2_case cases[] = {
    {"body and trailers", BYTES(SETTINGS HEAD DATA TRAILERS), CSPAN_OK, "",
     "content-type=application/grpc;[200 -1]<abc>T:grpc-status=0;"},
    {"trailers only", BYTES(SETTINGS TRAILERS_ONLY), CSPAN_OK, "", "grpc-status=8;[200 -1]"},
    {"stream reset", BYTES(SETTINGS RST_STREAM), CSPAN_ERR_CONNECT, "connection_reset", ""},
};

static void run_case(const h2_case *x) {
  const script_step steps[] = {
      {SCRIPT_READ_H2, NULL, 0}, x->answer, {SCRIPT_WAIT_CLOSE, NULL, 0}, {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  const cspan_http_client_options options = {.proxy = "", .version = CSPAN_HTTP_VERSION_2};
  const cspan_http_header headers[] = {{.name = "content-type", .value = "application/grpc"},
                                       {.name = "te", .value = "trailers"}};
  seen s = {0};
  cspan_http_client *client;
  assert_int_equal(cspan_http_client_create(&options, &client, NULL), CSPAN_OK);
  cspan_loop *loop = cspan_http_client_acquire(client);
  assert_non_null(loop);
  script_server *server = script_server_start(scripts, 1);
  cspan_http_request request = {
      .method = "POST",
      .url = script_server_url(server, "/service/Method"),
      .headers = headers,
      .header_count = 2,
      .body = "payload",
      .body_length = 7,
      .sink = {.user = &s, .head = on_head, .header = on_header, .body = on_body},
  };
  assert_int_equal(cspan_http_start(client, loop, &request, on_done, &s, NULL, NULL), CSPAN_OK);
  while (!s.done) {
    assert_int_equal(cspan_loop_run_once(loop, 1000), CSPAN_OK);
  }
  assert_string_equal(s.code, x->code);
  assert_int_equal(s.status, x->status);
  assert_int_equal(s.http_status, x->status == CSPAN_OK ? 200 : 0);
  assert_true(x->status != CSPAN_OK || strcmp(s.version, "2") == 0);
  assert_string_equal(s.events, x->events);
  cspan_http_client_release(client, loop);
  cspan_http_client_free(client);
  script_server_stop(server);
}

static void test_http2(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    print_message("case: %s\n", cases[i].name);
    run_case(&cases[i]);
  }
}

/* The peer allows 64 KiB and then says nothing: the loop waits, it does not turn round and round. */
static void test_flow_control(void **state) {
  (void)state;
  enum { BODY = 300000, PATIENCE_MS = 300, MANY_TURNS = 3000 };
  static const script_step steps[] = {
      BYTES(SETTINGS), {SCRIPT_WAIT_CLOSE, NULL, 0}, {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  const cspan_http_client_options options = {.proxy = "", .version = CSPAN_HTTP_VERSION_2};
  const cspan_context deadline = cspan_context_with_timeout(NULL, PATIENCE_MS);
  char *body = calloc(1, BODY);
  seen s = {0};
  cspan_http_client *client;
  assert_int_equal(cspan_http_client_create(&options, &client, NULL), CSPAN_OK);
  cspan_loop *loop = cspan_http_client_acquire(client);
  script_server *server = script_server_start(scripts, 1);
  const cspan_http_request request = {.method = "POST",
                                      .url = script_server_url(server, "/"),
                                      .body = body,
                                      .body_length = BODY,
                                      .deadline_ns = deadline.deadline_ns};
  assert_int_equal(cspan_http_start(client, loop, &request, on_done, &s, NULL, NULL), CSPAN_OK);
  size_t turns = 0;
  for (; !s.done; turns++) {
    assert_int_equal(cspan_loop_run_once(loop, 1000), CSPAN_OK);
  }
  assert_int_equal(s.status, CSPAN_ERR_TIMEOUT);
  assert_true(turns < MANY_TURNS);
  cspan_http_client_release(client, loop);
  cspan_http_client_free(client);
  script_server_stop(server);
  free(body);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_http2),
                                     cmocka_unit_test(test_flow_control)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
