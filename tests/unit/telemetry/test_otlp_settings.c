/* SPDX-License-Identifier: Apache-2.0 */
/* Options and variables of the OTLP exporter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/env_otlp.h"

#define GRPC_PATH "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

static const char *const suffixes[] = {"ENDPOINT",           "PROTOCOL",   "HEADERS",
                                       "COMPRESSION",        "TIMEOUT",    "CERTIFICATE",
                                       "CLIENT_CERTIFICATE", "CLIENT_KEY", "INSECURE"};

static const char *const infixes[] = {"TRACES_", "METRICS_", ""};

static const char *variable(const char *infix, const char *suffix) {
  const char *name;
  cspan_otlp_env(infix, suffix, &name);
  return name;
}

static char logged[4096];

static void keep_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  strncat(logged, message, sizeof logged - strlen(logged) - 2);
  strcat(logged, "\n");
}

static int clean(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    for (size_t infix = 0; infix < 3; infix++)
      unsetenv(variable(infixes[infix], suffixes[i]));
  logged[0] = '\0';
  cspan_log_set(keep_log, NULL, CSPAN_LOG_WARN);
  return 0;
}

static cspan_otlp_settings resolve_for(cspan_otlp_signal signal,
                                       const cspan_otlp_options *options) {
  cspan_otlp_settings settings;
  cspan_error *error = NULL;
  cspan_otlp_settings_resolve(signal, options, &settings, &error);
  assert_string_equal(cspan_error_message(error), "");
  return settings;
}

static cspan_otlp_settings resolve(const cspan_otlp_options *options) {
  return resolve_for(CSPAN_OTLP_TRACES, options);
}

static void test_defaults(void **state) {
  (void)state;
  cspan_otlp_settings settings = resolve(NULL);
  assert_true(settings.grpc);
  assert_false(settings.gzip);
  assert_string_equal(settings.url, "http://localhost:4317" GRPC_PATH);
  assert_string_equal(settings.origin, "http://localhost:4317");
  assert_int_equal(settings.timeout_ms, 10000);
  assert_int_equal(settings.header_count, 0);
  assert_null(settings.certificate);
  cspan_otlp_settings_free(&settings);
  const cspan_otlp_options http = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF};
  settings = resolve(&http);
  assert_false(settings.grpc);
  assert_string_equal(settings.url, "http://localhost:4318/v1/traces");
  cspan_otlp_settings_free(&settings);
  assert_string_equal(logged, "");
}

/* A struct of an older header has fewer fields. */
static void test_size_of_options(void **state) {
  (void)state;
  const cspan_otlp_options options = {.size = offsetof(cspan_otlp_options, headers),
                                      .protocol = CSPAN_OTLP_HTTP_PROTOBUF,
                                      .endpoint = "http://h:1",
                                      .compression = "gzip"};
  cspan_otlp_settings settings = resolve(&options);
  assert_string_equal(settings.url, "http://h:1/v1/traces");
  assert_false(settings.gzip);
  cspan_otlp_settings_free(&settings);
}

typedef struct endpoint_case {
  bool grpc;
  cspan_endpoint_source source;
  const char *text;
  const char *url; /* NULL: refused */
} endpoint_case;

#define OPT    CSPAN_ENDPOINT_OPTION
#define FULL   CSPAN_ENDPOINT_OPTION_FULL
#define VAR    CSPAN_ENDPOINT_VARIABLE
#define TRACES CSPAN_ENDPOINT_SIGNAL_VARIABLE

static const endpoint_case endpoints[] = {
    {false, OPT, "http://collector:4318", "http://collector:4318/v1/traces"},
    {false, OPT, "https://collector", "https://collector/v1/traces"},
    {false, OPT, "HTTPS://collector/", "https://collector/v1/traces"},
    {false, OPT, "http://collector/a/b/", "http://collector/a/b/v1/traces"},
    {false, OPT, "collector:4318", "http://collector:4318/v1/traces"},
    {false, OPT, " http://collector ", "http://collector/v1/traces"},
    {false, OPT, "http://[::1]:4318", "http://[::1]:4318/v1/traces"},
    {false, OPT, "http://127.0.0.1:1/x", "http://127.0.0.1:1/x/v1/traces"},
    {false, FULL, "http://collector/in", "http://collector/in"},
    {false, FULL, "http://collector", "http://collector/"},
    {false, FULL, "http://collector/in?key=1", "http://collector/in?key=1"},
    {false, VAR, "http://collector:4318/base", "http://collector:4318/base/v1/traces"},
    {false, VAR, "collector:4318", "http://collector:4318/v1/traces"},
    {false, TRACES, "http://collector:4318/base", "http://collector:4318/base"},
    {false, TRACES, "http://collector:4318", "http://collector:4318/"},
    {false, TRACES, "http://collector/?k=v", "http://collector/?k=v"},
    {true, OPT, "http://collector:4317", "http://collector:4317" GRPC_PATH},
    {true, OPT, "https://collector:4317/", "https://collector:4317" GRPC_PATH},
    {true, OPT, "collector:4317", "http://collector:4317" GRPC_PATH},
    {true, OPT, "http://collector:4317/path", "http://collector:4317" GRPC_PATH},
    {true, VAR, "collector:4317", "https://collector:4317" GRPC_PATH},
    {true, TRACES, "collector:4317", "https://collector:4317" GRPC_PATH},
    {true, VAR, "http://collector:4317", "http://collector:4317" GRPC_PATH},
    {false, OPT, "http://collector?key=1", NULL},
    {false, FULL, "http://collector/#top", NULL},
    {false, OPT, "", NULL},
    {false, OPT, "http://", NULL},
    {false, OPT, "http:///v1", NULL},
    {false, OPT, "ftp://collector", NULL},
    {false, OPT, "unix:///tmp/s", NULL},
    {false, OPT, "http://user:pass@collector", NULL},
    {false, OPT, "http://collector:", NULL},
    {false, OPT, "http://collector:0", NULL},
    {false, OPT, "http://collector:65536", NULL},
    {false, OPT, "http://collector:123456", NULL},
    {false, OPT, "http://collector:4a", NULL},
    {false, OPT, "http://coll ector", NULL},
    {false, OPT, "http://collector\r\nX: 1", NULL},
    {false, OPT, "http://c\xc3\xa9", NULL},
    {false, OPT, "http://[::1", NULL},
    {false, OPT, "http://[]:1", NULL},
    {false, OPT, "http://[::1]x", NULL},
    {false, OPT, "http://[xy]", NULL},
};

static void test_endpoints(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
    const endpoint_case *c = &endpoints[i];
    cspan_otlp_settings settings = {.arena = cspan_arena_create(0), .grpc = c->grpc};
    const char *problem = cspan_otlp_endpoint(&settings, c->text, c->source);
    if (!problem != (c->url != NULL))
      fail_msg("%s: %s", c->text, problem ? problem : "accepted");
    if (c->url)
      assert_string_equal(settings.url, c->url);
    else
      assert_true(strlen(problem) > 0);
    cspan_otlp_settings_free(&settings);
  }
}

static void test_insecure(void **state) {
  (void)state;
  static const struct {
    const char *general;
    const char *traces;
    bool tls;
  } cases[] = {
      {NULL, NULL, true},       {"true", NULL, false},    {"TRUE", NULL, false},
      {"false", NULL, true},    {"maybe", NULL, true},    {"true", "false", true},
      {"false", "true", false}, {"true", "maybe", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    clean(NULL);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", 1);
    if (cases[i].general)
      setenv("OTEL_EXPORTER_OTLP_INSECURE", cases[i].general, 1);
    if (cases[i].traces)
      setenv("OTEL_EXPORTER_OTLP_TRACES_INSECURE", cases[i].traces, 1);
    cspan_otlp_settings settings = resolve(NULL);
    assert_string_equal(settings.origin,
                        cases[i].tls ? "https://collector:4317" : "http://collector:4317");
    assert_int_equal(settings.tls_assumed, cases[i].tls);
    cspan_otlp_settings_free(&settings);
  }
}

static void test_variables(void **state) {
  (void)state;
  setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", 1);
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1/x", 1);
  setenv("OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=s%20ecret, b = 2 ,", 1);
  setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", 1);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "250", 1);
  setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem", 1);
  setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem", 1);
  setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/k.pem", 1);
  cspan_otlp_settings settings = resolve(NULL);
  assert_false(settings.grpc);
  assert_true(settings.gzip);
  assert_string_equal(settings.url, "http://a:1/x/v1/traces");
  assert_int_equal(settings.timeout_ms, 250);
  assert_int_equal(settings.header_count, 2);
  assert_string_equal(settings.headers[0].name, "api-key");
  assert_string_equal(settings.headers[0].value, "s ecret");
  assert_string_equal(settings.headers[1].name, "b");
  assert_string_equal(settings.headers[1].value, "2");
  assert_string_equal(settings.certificate, "/ca.pem");
  assert_string_equal(settings.client_certificate, "/c.pem");
  assert_string_equal(settings.client_key, "/k.pem");
  cspan_otlp_settings_free(&settings);
  assert_string_equal(logged, "");
}

static void test_more_specific_variables_win(void **state) {
  (void)state;
  static const char *const values[][3] = {
      {"PROTOCOL", "grpc", "http/protobuf"},
      {"ENDPOINT", "http://a:1", "http://b:2/y"},
      {"HEADERS", "a=1,b=2", "c=3"},
      {"COMPRESSION", "gzip", "none"},
      {"TIMEOUT", "1", "2"},
      {"CERTIFICATE", "/a", "/b"},
      {"CLIENT_CERTIFICATE", "/c", "/d"},
      {"CLIENT_KEY", "/e", "/f"},
  };
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    setenv(variable("", values[i][0]), values[i][1], 1);
    setenv(variable("TRACES_", values[i][0]), values[i][2], 1);
  }
  cspan_otlp_settings settings = resolve(NULL);
  assert_false(settings.grpc);
  assert_string_equal(settings.url, "http://b:2/y");
  assert_int_equal(settings.header_count, 1);
  assert_string_equal(settings.headers[0].name, "c");
  assert_false(settings.gzip);
  assert_int_equal(settings.timeout_ms, 2);
  assert_string_equal(settings.certificate, "/b");
  assert_string_equal(settings.client_certificate, "/d");
  assert_string_equal(settings.client_key, "/f");
  cspan_otlp_settings_free(&settings);
  /* Those of another signal say nothing about this one. */
  settings = resolve_for(CSPAN_OTLP_METRICS, NULL);
  assert_true(settings.grpc);
  assert_string_equal(settings.origin, "http://a:1");
  assert_int_equal(settings.header_count, 2);
  assert_true(settings.gzip);
  assert_int_equal(settings.timeout_ms, 1);
  assert_string_equal(settings.certificate, "/a");
  assert_string_equal(settings.client_certificate, "/c");
  assert_string_equal(settings.client_key, "/e");
  cspan_otlp_settings_free(&settings);
}

static void test_metrics(void **state) {
  (void)state;
  cspan_otlp_settings settings = resolve_for(CSPAN_OTLP_METRICS, NULL);
  assert_string_equal(settings.url,
                      "http://localhost:4317"
                      "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
  cspan_otlp_settings_free(&settings);
  const cspan_otlp_options http = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = "h:1/base"};
  settings = resolve_for(CSPAN_OTLP_METRICS, &http);
  assert_string_equal(settings.url, "http://h:1/base/v1/metrics");
  cspan_otlp_settings_free(&settings);
  setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:2/in", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "9", 1);
  settings = resolve_for(CSPAN_OTLP_METRICS, NULL);
  assert_true(settings.json);
  assert_string_equal(settings.url, "http://m:2/in");
  assert_int_equal(settings.timeout_ms, 9);
  cspan_otlp_settings_free(&settings);
  settings = resolve(NULL);
  assert_true(settings.grpc);
  assert_string_equal(settings.origin, "http://localhost:4317");
  cspan_otlp_settings_free(&settings);
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "plain:1", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_INSECURE", "true", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc", 1);
  unsetenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  settings = resolve_for(CSPAN_OTLP_METRICS, NULL);
  assert_string_equal(settings.origin, "http://plain:1");
  cspan_otlp_settings_free(&settings);
  settings = resolve(NULL);
  assert_string_equal(settings.origin, "https://plain:1");
  cspan_otlp_settings_free(&settings);
  assert_string_equal(logged, "");
}

/* Each value of OTEL_EXPORTER_OTLP_PROTOCOL, and each of the option. */
static void test_protocols(void **state) {
  (void)state;
  static const struct {
    const char *text;
    cspan_otlp_protocol option;
    bool grpc;
    bool json;
    const char *url;
  } protocols[] = {
      {"grpc", CSPAN_OTLP_GRPC, true, false, "http://localhost:4317" GRPC_PATH},
      {"http/protobuf", CSPAN_OTLP_HTTP_PROTOBUF, false, false, "http://localhost:4318/v1/traces"},
      {"http/json", CSPAN_OTLP_HTTP_JSON, false, true, "http://localhost:4318/v1/traces"},
  };
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
    for (int by_option = 0; by_option < 2; by_option++) {
      const cspan_otlp_options options = {.protocol = protocols[i].option};
      if (!by_option)
        setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocols[i].text, 1);
      cspan_otlp_settings settings = resolve(by_option ? &options : NULL);
      unsetenv("OTEL_EXPORTER_OTLP_PROTOCOL");
      assert_int_equal(settings.grpc, protocols[i].grpc);
      assert_int_equal(settings.json, protocols[i].json);
      assert_string_equal(settings.url, protocols[i].url);
      cspan_otlp_settings_free(&settings);
    }
  assert_string_equal(logged, "");
}

static void test_host_and_port(void **state) {
  (void)state;
  static const struct {
    const char *endpoint;
    const char *host;
    uint16_t port;
  } cases[] = {
      {"http://collector:4318/base", "collector", 4318},
      {"http://collector", "collector", 80},
      {"https://collector", "collector", 443},
      {"http://[::1]:65535", "::1", 65535},
      {"https://[fe80::1]", "fe80::1", 443},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_otlp_options options = {.endpoint = cases[i].endpoint};
    cspan_otlp_settings settings = resolve(&options);
    assert_string_equal(settings.host, cases[i].host);
    assert_int_equal(settings.port, cases[i].port);
    cspan_otlp_settings_free(&settings);
  }
}

static void test_options_win(void **state) {
  (void)state;
  setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://env:1", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "env=1", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1", 1);
  setenv("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/env", 1);
  const cspan_otlp_options options = {.protocol = CSPAN_OTLP_GRPC,
                                      .endpoint = "option:2",
                                      .headers = "option=1",
                                      .compression = "none",
                                      .timeout_ms = 77,
                                      .client_key = "/option"};
  cspan_otlp_settings settings = resolve(&options);
  assert_string_equal(settings.url, "http://option:2" GRPC_PATH);
  assert_false(settings.tls_assumed);
  assert_string_equal(settings.headers[0].name, "option");
  assert_false(settings.gzip);
  assert_int_equal(settings.timeout_ms, 77);
  assert_string_equal(settings.client_key, "/option");
  cspan_otlp_settings_free(&settings);
}

static void test_bad_variables_are_warned_of(void **state) {
  (void)state;
  static const char *const values[][2] = {
      {"PROTOCOL", "http/xml"},     {"ENDPOINT", "http://user:hunter2@h"},
      {"HEADERS", "key=hun\nter2"}, {"COMPRESSION", "zstd"},
      {"TIMEOUT", "10s"},
  };
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    setenv(variable("", values[i][0]), values[i][1], 1);
  }
  cspan_otlp_settings settings = resolve(NULL);
  assert_string_equal(settings.url, "http://localhost:4317" GRPC_PATH);
  assert_int_equal(settings.timeout_ms, 10000);
  assert_int_equal(settings.header_count, 0);
  cspan_otlp_settings_free(&settings);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    const char *name = variable("", values[i][0]);
    if (!strstr(logged, name))
      fail_msg("no warning for %s in: %s", name, logged);
  }
  assert_null(strstr(logged, "ter2"));
}

/* A wrong specific variable falls back to the general one. */
static void test_fall_back_to_the_general_variable(void **state) {
  (void)state;
  setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1", 1);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5", 1);
  cspan_otlp_settings settings = resolve(NULL);
  assert_int_equal(settings.timeout_ms, 5);
  assert_non_null(strstr(logged, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"));
  cspan_otlp_settings_free(&settings);
}

/* The specification: a timeout of 0 is none. */
static void test_no_timeout(void **state) {
  (void)state;
  setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0", 1);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5", 1);
  cspan_otlp_settings settings = resolve(NULL);
  assert_int_equal(settings.timeout_ms, 0);
  assert_string_equal(logged, "");
  cspan_otlp_settings_free(&settings);
}

static void test_bad_options(void **state) {
  (void)state;
  static const struct {
    cspan_otlp_options options;
    const char *says;
  } cases[] = {
      {{.endpoint = "ftp://secret"}, "endpoint has a scheme"},
      {{.endpoint = "http://h?k=secret", .protocol = CSPAN_OTLP_HTTP_PROTOBUF},
       "endpoint has a query"},
      {{.headers = "secret"}, "headers are not pairs"},
      {{.headers = "=secret"}, "headers are not pairs"},
      {{.headers = "a b=secret"}, "not an HTTP token"},
      {{.headers = "a=secret%0d%0aX: 1"}, "printable ASCII"},
      {{.headers = "a=secret%00"}, "printable ASCII"},
      {{.compression = "secret"}, "compression is neither"},
      {{.timeout_ms = -1}, "timeout is negative"},
      {{.protocol = (cspan_otlp_protocol)9}, "protocol is not known"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_otlp_settings settings;
    cspan_error *error = NULL;
    assert_int_equal(
        cspan_otlp_settings_resolve(CSPAN_OTLP_TRACES, &cases[i].options, &settings, &error),
        CSPAN_ERR_CONFIG);
    if (!strstr(cspan_error_message(error), cases[i].says))
      fail_msg("%s: %s", cases[i].says, cspan_error_message(error));
    assert_null(strstr(cspan_error_message(error), "secret"));
    cspan_error_free(error);
  }
}

static void test_headers(void **state) {
  (void)state;
  cspan_otlp_settings settings = {.arena = cspan_arena_create(0)};
  assert_null(cspan_otlp_headers(&settings, "a=1,A=2,b==x%3d,empty=,Content-Type=evil,grpc-x=1"));
  assert_int_equal(settings.header_count, 3);
  assert_string_equal(settings.headers[0].name, "a");
  assert_string_equal(settings.headers[0].value, "2");
  assert_string_equal(settings.headers[1].value, "=x=");
  assert_string_equal(settings.headers[2].name, "empty");
  assert_string_equal(settings.headers[2].value, "");
  assert_non_null(strstr(logged, "content-type"));
  assert_non_null(strstr(logged, "grpc-x"));
  assert_null(strstr(logged, "evil"));
  char many[1024] = "";
  for (int i = 0; i < 65; i++) {
    char pair[16] = {'h', (char)('a' + i / 26), (char)('a' + i % 26), '=', '1', ',', '\0'};
    strcat(many, pair);
  }
  assert_non_null(strstr(cspan_otlp_headers(&settings, many), "more than 64"));
  cspan_otlp_settings_free(&settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_defaults, clean),
      cmocka_unit_test_setup(test_size_of_options, clean),
      cmocka_unit_test_setup(test_endpoints, clean),
      cmocka_unit_test_setup(test_insecure, clean),
      cmocka_unit_test_setup(test_variables, clean),
      cmocka_unit_test_setup(test_more_specific_variables_win, clean),
      cmocka_unit_test_setup(test_metrics, clean),
      cmocka_unit_test_setup(test_protocols, clean),
      cmocka_unit_test_setup(test_host_and_port, clean),
      cmocka_unit_test_setup(test_options_win, clean),
      cmocka_unit_test_setup(test_bad_variables_are_warned_of, clean),
      cmocka_unit_test_setup(test_fall_back_to_the_general_variable, clean),
      cmocka_unit_test_setup(test_no_timeout, clean),
      cmocka_unit_test_setup(test_bad_options, clean),
      cmocka_unit_test_setup(test_headers, clean),
  };
  return cmocka_run_group_tests(tests, NULL, clean);
}
