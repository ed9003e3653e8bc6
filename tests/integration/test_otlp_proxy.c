/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP where http_proxy is set: not to the loopback, through a tunnel for gRPC, else as usual. */
#include "integration/receiver_fixture.h"

#include "integration/otlp_scripts.h"
#include "telemetry/otlp_client.h"

enum { LONG_MS = 60000 };

/* Sends by way of that proxy, and returns how it went. */
static cspan_status export_by(const char *proxy, cspan_otlp_protocol protocol,
                              const char *endpoint) {
  const cspan_otlp_options options = {
      .protocol = protocol, .endpoint = endpoint, .timeout_ms = LONG_MS};
  cspan_otlp_client *client = NULL;
  cspan_error *error = NULL;
  size_t rejected = 0;
  setenv("http_proxy", proxy, 1);
  assert_int_equal(cspan_otlp_client_create(CSPAN_OTLP_TRACES, &options, &quick, &client, &error),
                   CSPAN_OK);
  cspan_status status = cspan_otlp_client_export(client, NULL, (const uint8_t *)request,
                                                 REQUEST_LEN, 1, &rejected, &error);
  cspan_error_free(error);
  cspan_otlp_client_free(client);
  unsetenv("http_proxy");
  return status;
}

static void test_loopback_is_not_behind_a_proxy(void **state) {
  (void)state;
  static const char *const hosts[] = {"localhost", "LocalHost", "127.0.0.1"};
  const script_connection scripts[] = {accept_once};
  char proxy[64];
  char endpoint[64];
  snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", script_refused_port());
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    script_server *server = script_server_start(scripts, 1);
    snprintf(endpoint, sizeof endpoint, "http://%s:%d", hosts[i], script_server_port(server));
    assert_int_equal(export_by(proxy, CSPAN_OTLP_HTTP_PROTOBUF, endpoint), CSPAN_OK);
    script_server_stop(server);
  }
}

static void test_http_goes_through_a_proxy(void **state) {
  (void)state;
  const script_connection scripts[] = {accept_once};
  script_server *server = script_server_start(scripts, 1);
  assert_int_equal(export_by(script_server_url(server, ""), CSPAN_OTLP_HTTP_PROTOBUF,
                             "http://collector.invalid:4318"),
                   CSPAN_OK);
  char *received = script_server_received(server);
  assert_ptr_equal(strstr(received, "POST http://collector.invalid:4318/v1/traces HTTP/1.1"),
                   received);
  free(received);
  script_server_stop(server);
}

/* An HTTP/2 frame's head: length, type, flags, stream. */
#define FRAME(length, type, flags, stream) "\0\0" length type flags "\0\0\0" stream

static void test_grpc_goes_through_a_tunnel(void **state) {
  (void)state;
  static const char answer[] =
      FRAME("\0", "\x4", "\0", "\0") FRAME("\0", "\x4", "\x1", "\0") /* SETTINGS, and the ack */
      FRAME("\x20", "\x1", "\x4", "\x1")                             /* HEADERS */
      "\x88\0\x0c"
      "content-type\x10"
      "application/grpc" FRAME("\x5", "\0", "\0",
                               "\x1") "\0\0\0\0\0" /* DATA: a message of no bytes */
      FRAME("\xf", "\x1", "\x5", "\x1")            /* HEADERS, the last ones */
      "\0\x0b"
      "grpc-status\x1"
      "0";
  static const script_step tunnel[] = {
      {SCRIPT_READ_HEAD, NULL, 0},  {SCRIPT_SEND, "HTTP/1.1 200 OK\r\n\r\n", 0},
      {SCRIPT_READ_H2, NULL, 0},    {SCRIPT_SEND, answer, sizeof answer - 1},
      {SCRIPT_WAIT_CLOSE, NULL, 0}, {0}};
  const script_connection scripts[] = {tunnel};
  script_server *server = script_server_start(scripts, 1);
  assert_int_equal(
      export_by(script_server_url(server, ""), CSPAN_OTLP_GRPC, "http://collector.invalid:4317"),
      CSPAN_OK);
  char *received = script_server_received(server);
  assert_ptr_equal(strstr(received, "CONNECT collector.invalid:4317 HTTP/1.1"), received);
  free(received);
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loopback_is_not_behind_a_proxy),
      cmocka_unit_test(test_http_goes_through_a_proxy),
      cmocka_unit_test(test_grpc_goes_through_a_tunnel),
  };
  unsetenv("no_proxy");
  unsetenv("NO_PROXY");
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
