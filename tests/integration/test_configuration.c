/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file and what is exported by it, over real sockets. */
#include "integration/receiver_fixture.h"

#include <sys/stat.h>

#include <cloudspan/ext/configuration.h>
#include <cloudspan/ext/exporter.h>

#include "support/script_server.h"

static void write_config(char path[32], const char *text) {
  strcpy(path, "config-it-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
}

static cspan_tracer_provider *init(const char *path) {
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  setenv("OTEL_CONFIG_FILE", path, 1);
  cspan_telemetry_init(NULL, NULL, &provider, &error);
  assert_string_equal(cspan_error_message(error), "");
  unsetenv("OTEL_CONFIG_FILE");
  return provider;
}

static void make_span(const char *name) {
  cspan_tracer *tracer = cspan_tracer_get(NULL, "it", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, name, NULL));
}

/* Both protocols at once, to a receiver that understands them. */
static void test_both_protocols(void **state) {
  (void)state;
  fixture f;
  char path[32];
  char text[2048];
  fixture_start(&f, 0);
  snprintf(
      text, sizeof text,
      "file_format: \"1.0\"\n"
      "tracer_provider:\n"
      "  processors:\n"
      "    - batch: {exporter: {otlp_http: {endpoint: \"http://127.0.0.1:%d/v1/traces\", "
      "compression: gzip}}}\n"
      "    - simple: {exporter: {otlp_http: {endpoint: \"http://127.0.0.1:%d/v1/traces\", "
      "encoding: json}}}\n"
      "    - batch: {exporter: {otlp_grpc: {endpoint: \"127.0.0.1:%d\", tls: {insecure: true}, "
      "compression: gzip}}}\n",
      cspan_receiver_http_port(f.receiver), cspan_receiver_http_port(f.receiver),
      cspan_receiver_grpc_port(f.receiver));
  write_config(path, text);
  cspan_tracer_provider *provider = init(path);
  make_span("configured");
  cspan_error *error = NULL;
  cspan_tracer_provider_shutdown(provider, 0, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(fixture_spans(&f), 3);
  assert_string_equal(fixture_last_name(&f), "configured");
  cspan_tracer_provider_free(provider);
  unlink(path);
  fixture_stop(&f);
}

static void assert_has(const char *received, const char *part) {
  if (strstr(received, part) == NULL) {
    fail_msg("\"%s\" is not in what was received:\n%.2000s", part, received);
  }
}

static const script_step accept_one[] = {
    {SCRIPT_READ_REQUEST, NULL, 0},
    {SCRIPT_SEND,
     "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
     "Content-Length: 0\r\nConnection: close\r\n\r\n",
     0},
    {SCRIPT_END, NULL, 0}};

/* Path, headers and encoding are those of the file; a key is never in a log. */
static void test_request(void **state) {
  (void)state;
  const script_connection script[] = {accept_one};
  script_server *server = script_server_start(script, 1);
  char path[32];
  char text[2048];
  setenv("CONFIG_IT_KEY", "k3y, with=signs", 1);
  snprintf(text, sizeof text,
           "file_format: \"1.0\"\n"
           "resource: {attributes: [{name: service.name, value: it-service}]}\n"
           "tracer_provider:\n"
           "  processors:\n"
           "    - simple:\n"
           "        exporter:\n"
           "          otlp_http:\n"
           "            endpoint: http://127.0.0.1:%d/custom/path\n"
           "            encoding: json\n"
           "            headers_list: x-list=one,x-both=list\n"
           "            headers:\n"
           "              - name: X-Key\n"
           "                value: ${CONFIG_IT_KEY}\n"
           "              - {name: x-both, value: headers}\n"
           "              - {name: x-none, value: }\n",
           script_server_port(server));
  write_config(path, text);
  setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-env=1", 1);
  cspan_tracer_provider *provider = init(path);
  make_span("requested");
  cspan_tracer_provider_free(provider);
  char *received = script_server_received(server);
  assert_has(received, "POST /custom/path HTTP/1.1\r\n");
  assert_has(received, "x-key: k3y, with=signs\r\n");
  assert_has(received, "x-list: one\r\n");
  assert_has(received, "x-both: headers\r\n");
  assert_null(strstr(received, "x-none"));
  assert_null(strstr(received, "x-env"));
  assert_has(received, "application/json");
  assert_has(received, "\"name\":\"requested\"");
  assert_has(received, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"it-service\"}}");
  free(received);
  script_server_stop(server);
  unsetenv("OTEL_EXPORTER_OTLP_HEADERS");
  unsetenv("CONFIG_IT_KEY");
  unlink(path);
}

/* The file's meter provider gets what the SDK says of itself, and is flushed with the spans. */
static void test_metrics(void **state) {
  (void)state;
  const script_connection script[] = {accept_one};
  script_server *server = script_server_start(script, 1);
  char path[32];
  char text[1024];
  snprintf(text, sizeof text,
           "file_format: \"1.0\"\n"
           "tracer_provider: {processors: [{batch: {exporter: {otlp_file/development: "
           "{output_stream: \"file:///dev/null\"}}}}]}\n"
           "meter_provider: {readers: [{periodic: {interval: 3600000, exporter: {otlp_http: "
           "{endpoint: \"http://127.0.0.1:%d/m\", encoding: json}}}}]}\n",
           script_server_port(server));
  write_config(path, text);
  cspan_tracer_provider *provider = init(path);
  make_span("measured");
  cspan_error *error = NULL;
  cspan_tracer_provider_shutdown(provider, 0, &error);
  assert_string_equal(cspan_error_message(error), "");
  char *received = script_server_received(server);
  assert_has(received, "POST /m HTTP/1.1\r\n");
  assert_has(received, "otel.sdk.span.started");
  free(received);
  cspan_tracer_provider_free(provider);
  script_server_stop(server);
  unlink(path);
}

/* The example that the guide shows: an error is kept, and sent through its spool. */
static void test_example(void **state) {
  (void)state;
  static const char here[] = "tests/integration/test_configuration.c";
  char path[1024];
  char url[64];
  char folder[] = "config-it-spool-XXXXXX";
  fixture f;
  fixture_start(&f, 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", cspan_receiver_http_port(f.receiver));
  snprintf(path, sizeof path, "%.*sexamples/otel.yaml", (int)(strstr(__FILE__, here) - __FILE__),
           __FILE__);
  assert_non_null(mkdtemp(folder));
  setenv("COLLECTOR", url, 1);
  setenv("SPOOL", folder, 1);
  unsetenv("API_KEY");
  cspan_tracer_provider *provider = init(path);
  cspan_tracer *tracer = cspan_tracer_get(NULL, "it", NULL, NULL);
  cspan_span span = cspan_span_start(tracer, NULL, "failing", NULL);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "broken");
  cspan_span_end(span);
  cspan_error *error = NULL;
  cspan_tracer_provider_force_flush(provider, 0, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(fixture_spans(&f), 1);
  assert_string_equal(fixture_last_name(&f), "failing");
  cspan_tracer_provider_free(provider);
  char command[256];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  assert_int_equal(system(command), 0);
  unsetenv("COLLECTOR");
  unsetenv("SPOOL");
  fixture_stop(&f);
}

static int finish(void **state) {
  (void)state;
  cspan_propagator_set_global(NULL);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_protocols),
      cmocka_unit_test(test_request),
      cmocka_unit_test(test_metrics),
      cmocka_unit_test(test_example),
  };
  return cmocka_run_group_tests(tests, NULL, finish);
}
