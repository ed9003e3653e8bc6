/* SPDX-License-Identifier: Apache-2.0 */
/* The transport of OTLP over real sockets: several exports at once, a shutdown and a fork in the
 * middle of them, several exporters side by side, JSON, metrics, and what is too large. */
#include "integration/receiver_fixture.h"

#include <cloudspan/ext/metrics.h>

#include "integration/otlp_scripts.h"
#include "telemetry/exporter_otlp.h"
#include "telemetry/otlp_client.h"

enum { THREADS = 4, EXPORTS = 25, LONG_MS = 10000000 };

/* ------------------------------------------------------------------ helpers */

static cspan_otlp_client *client_of(cspan_otlp_signal signal, cspan_otlp_options options,
                                    const char *endpoint) {
  cspan_otlp_client *client = NULL;
  cspan_error *error = NULL;
  options.endpoint = endpoint;
  cspan_otlp_client_create(signal, &options, &quick, &client, &error);
  assert_string_equal(cspan_error_message(error), "");
  return client;
}

static cspan_otlp_client *spans_to(cspan_otlp_protocol protocol, const char *endpoint) {
  return client_of(CSPAN_OTLP_TRACES,
                   (cspan_otlp_options){.protocol = protocol, .timeout_ms = LONG_MS}, endpoint);
}

static cspan_status export_hello(cspan_otlp_client *client, size_t *rejected, cspan_error **error) {
  size_t ignored;
  return cspan_otlp_client_export(client, NULL, (const uint8_t *)request, REQUEST_LEN, 1,
                                  rejected ? rejected : &ignored, error);
}

static void export_ok(cspan_otlp_client *client) {
  cspan_error *error = NULL;
  cspan_status status = export_hello(client, NULL, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(status, CSPAN_OK);
}

typedef struct worker {
  pthread_t thread;
  cspan_otlp_client *client;
  size_t exports;
  size_t accepted;
  cspan_status last;
} worker;

static void *work(void *user) {
  worker *w = user;
  for (size_t i = 0; i < w->exports; i++) {
    w->last = export_hello(w->client, NULL, NULL);
    w->accepted += w->last == CSPAN_OK;
  }
  return NULL;
}

static void start_worker(worker *w, cspan_otlp_client *client, size_t exports) {
  *w = (worker){.client = client, .exports = exports};
  assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

/* ------------------------------------------------------------------ at once */

/* Each answer waits until all requests are there: one after the other they would never end. */
static void test_exports_at_once(void **state) {
  (void)state;
  static const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                      {SCRIPT_AWAIT, NULL, THREADS},
                                      {SCRIPT_SEND, OK_EMPTY, 0},
                                      {SCRIPT_WAIT_CLOSE, NULL, 0},
                                      {0}};
  static const cspan_otlp_protocol protocols[] = {CSPAN_OTLP_HTTP_PROTOBUF, CSPAN_OTLP_HTTP_JSON};
  for (size_t i = 0; i < 2; i++) {
    const script_connection scripts[] = {steps};
    script_server *server = script_server_start(scripts, 1);
    cspan_otlp_client *client = spans_to(protocols[i], script_server_url(server, ""));
    worker workers[THREADS];
    for (size_t k = 0; k < THREADS; k++)
      start_worker(&workers[k], client, 1);
    for (size_t k = 0; k < THREADS; k++) {
      pthread_join(workers[k].thread, NULL);
      assert_int_equal(workers[k].accepted, 1);
    }
    assert_int_equal(script_server_accepted(server), THREADS);
    cspan_otlp_client_free(client);
    script_server_stop(server);
  }
}

/* Many exports, more threads than lanes are kept idle, a receiver that reads every span. */
static void test_many_exports(void **state) {
  (void)state;
  static const cspan_otlp_options all[] = {
      {.protocol = CSPAN_OTLP_GRPC, .compression = "gzip"},
      {.protocol = CSPAN_OTLP_HTTP_PROTOBUF},
      {.protocol = CSPAN_OTLP_HTTP_JSON, .compression = "gzip"},
  };
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    fixture f;
    char url[64];
    worker workers[20];
    enum { COUNT = sizeof workers / sizeof workers[0] };
    fixture_start(&f, 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d",
             all[i].protocol == CSPAN_OTLP_GRPC ? cspan_receiver_grpc_port(f.receiver)
                                                : cspan_receiver_http_port(f.receiver));
    cspan_otlp_client *client = client_of(CSPAN_OTLP_TRACES, all[i], url);
    for (size_t k = 0; k < COUNT; k++)
      start_worker(&workers[k], client, EXPORTS);
    for (size_t k = 0; k < COUNT; k++) {
      pthread_join(workers[k].thread, NULL);
      assert_int_equal(workers[k].accepted, EXPORTS);
    }
    assert_int_equal(fixture_spans(&f), COUNT * EXPORTS);
    assert_string_equal(fixture_last_name(&f), "hello");
    cspan_otlp_client_free(client);
    fixture_stop(&f);
  }
}

static void test_exporter_says_so(void **state) {
  (void)state;
  cspan_span_exporter *exporter = NULL;
  assert_int_equal(cspan_exporter_otlp(NULL, &exporter, NULL), CSPAN_OK);
  assert_true(exporter->vtable->is_concurrent);
  cspan_exporter_free(exporter);
}

/* ------------------------------------------------------------- in the middle */

static void await_accepted(script_server *server, size_t count) {
  while (script_server_accepted(server) < count)
    sched_yield();
}

static void test_shutdown_ends_exports_under_way(void **state) {
  (void)state;
  const script_connection scripts[] = {silent};
  script_server *server = script_server_start(scripts, 1);
  cspan_otlp_client *client = spans_to(CSPAN_OTLP_HTTP_PROTOBUF, script_server_url(server, ""));
  worker workers[2];
  for (size_t i = 0; i < 2; i++)
    start_worker(&workers[i], client, 1);
  await_accepted(server, 2);
  cspan_otlp_client_shutdown(client);
  for (size_t i = 0; i < 2; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].last, CSPAN_ERR_SHUTDOWN);
  }
  cspan_error *error = NULL;
  assert_int_equal(export_hello(client, NULL, &error), CSPAN_ERR_SHUTDOWN);
  assert_non_null(strstr(cspan_error_message(error), "the exporter is shut down"));
  cspan_error_free(error);
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

/* The child of a process whose threads are exporting exports on its own; the parent's exports
 * go on. */
static void test_fork_while_exporting(void **state) {
  (void)state;
  static const script_step held[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                     {SCRIPT_AWAIT, NULL, 4}, /* the last one is the child's */
                                     {SCRIPT_SEND, OK_EMPTY, 0},
                                     {SCRIPT_WAIT_CLOSE, NULL, 0},
                                     {0}};
  const script_connection scripts[] = {accept_once, held, held, accept_once};
  script_server *server = script_server_start(scripts, 4);
  cspan_otlp_client *client = spans_to(CSPAN_OTLP_HTTP_PROTOBUF, script_server_url(server, ""));
  worker workers[3];
  start_worker(&workers[0], client, 1); /* leaves an idle lane and an idle connection */
  pthread_join(workers[0].thread, NULL);
  cspan_otlp_client *others = spans_to(CSPAN_OTLP_HTTP_PROTOBUF, script_server_url(server, ""));
  for (size_t i = 1; i < 3; i++)
    start_worker(&workers[i], others, 1);
  await_accepted(server, 3);
  pid_t child = fork();
  if (child == 0) {
    cspan_status status = export_hello(others, NULL, NULL);
    cspan_otlp_client_free(others);
    cspan_otlp_client_free(client);
    _exit((int)status);
  }
  assert_child_well(child);
  for (size_t i = 1; i < 3; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].last, CSPAN_OK);
  }
  assert_int_equal(script_server_accepted(server), 4);
  cspan_otlp_client_free(others);
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

/* ------------------------------------------------------------- side by side */

/* Two destinations, each with settings, connections and an end of its own. */
static void test_side_by_side(void **state) {
  (void)state;
  static const script_step busy[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {busy};
  const script_connection other_scripts[] = {accept_twice};
  script_server *server = script_server_start(scripts, 1);
  script_server *other_server = script_server_start(other_scripts, 1);
  cspan_otlp_client *client =
      client_of(CSPAN_OTLP_TRACES,
                (cspan_otlp_options){.protocol = CSPAN_OTLP_HTTP_JSON, .headers = "to=one"},
                script_server_url(server, "/one"));
  cspan_otlp_client *other =
      client_of(CSPAN_OTLP_TRACES,
                (cspan_otlp_options){.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .headers = "to=two"},
                script_server_url(other_server, "/two"));
  assert_int_equal(export_hello(client, NULL, NULL), CSPAN_ERR_SERVICE);
  export_ok(other);
  cspan_otlp_client_shutdown(client);
  cspan_otlp_client_free(client);
  export_ok(other);
  cspan_otlp_client_free(other);
  char *received = script_server_received(server);
  char *other_received = script_server_received(other_server);
  assert_non_null(strstr(received, "POST /one/v1/traces "));
  assert_non_null(strstr(received, "to: one\r\n"));
  assert_null(strstr(received, "two"));
  assert_non_null(strstr(other_received, "POST /two/v1/traces "));
  assert_non_null(strstr(other_received, "to: two\r\n"));
  assert_null(strstr(other_received, "one\r\n"));
  free(received);
  free(other_received);
  script_server_stop(server);
  script_server_stop(other_server);
}

/* ------------------------------------------------------------------ JSON */

#define JSON_HELLO "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"hello\"}]}]}]}"

static void test_json(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND,
       "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Type: application/json\r\n"
       "Content-Length: 22\r\n\r\n{\"message\":\"patience\"}",
       0},
      {SCRIPT_END, NULL, 0}};
  static const script_step partial[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND,
       HTTP_OK("application/json",
               "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"stale\"}}", 63),
       0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {steps, partial};
  script_server *server = script_server_start(scripts, 2);
  cspan_otlp_client *client = spans_to(CSPAN_OTLP_HTTP_JSON, script_server_url(server, ""));
  size_t rejected = 0;
  assert_int_equal(export_hello(client, &rejected, NULL), CSPAN_OK);
  assert_int_equal(rejected, 1);
  assert_non_null(strstr(watched.text, "HTTP status 503: patience"));
  assert_non_null(strstr(watched.text, "rejected 1 span: stale"));
  char *received = script_server_received(server);
  assert_non_null(strstr(received, "POST /v1/traces HTTP/1.1\r\n"));
  assert_non_null(strstr(received, "content-type: application/json\r\n"));
  assert_non_null(strstr(received, "\r\n\r\n" JSON_HELLO));
  free(received);
  assert_string_equal(cspan_otlp_client_type(client), "otlp_http_json");
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

/* ---------------------------------------------------------------- metrics */

static void test_metrics(void **state) {
  (void)state;
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 7\r\n\r\n"
      "\x0a\x05\x08\x03\x12\x01x";
  static const script_step steps[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                      {SCRIPT_SEND, answer, sizeof answer - 1},
                                      {SCRIPT_WAIT_CLOSE, NULL, 0},
                                      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_otlp_client *client =
      client_of(CSPAN_OTLP_METRICS, (cspan_otlp_options){.protocol = CSPAN_OTLP_HTTP_PROTOBUF},
                script_server_url(server, ""));
  size_t rejected = 0;
  assert_int_equal(
      cspan_otlp_client_export(client, NULL, (const uint8_t *)"\x0a\0", 2, 5, &rejected, NULL),
      CSPAN_OK);
  assert_int_equal(rejected, 3);
  assert_non_null(strstr(watched.text, "rejected 3 data points: x"));
  char *received = script_server_received(server);
  assert_non_null(strstr(received, "POST /v1/metrics HTTP/1.1\r\n"));
  free(received);
  assert_string_equal(cspan_otlp_client_type(client), "otlp_http");
  const char *address;
  uint16_t port;
  cspan_otlp_client_server(client, &address, &port);
  assert_string_equal(address, "127.0.0.1");
  assert_int_equal(port, script_server_port(server));
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

/* ------------------------------------------------------- reporting on itself */

static const cspan_metric_view *metric_of(const cspan_metric_list *list, const char *name) {
  const cspan_metric_view *metric = cspan_metric_list_find(list, name);
  if (!metric)
    fail_msg("no metric %s", name);
  return metric;
}

static void export_five(cspan_span_exporter *exporter, cspan_status expected) {
  const cspan_export_batch batch = {
      .request = (const uint8_t *)request, .request_size_bytes = REQUEST_LEN, .span_count = 5};
  size_t rejected;
  assert_int_equal(exporter->vtable->export_spans(exporter->self, NULL, &batch, &rejected, NULL),
                   expected);
}

/* One export that is accepted in part, one that is refused. */
static void test_reports_on_itself(void **state) {
  (void)state;
  static const char partial[] =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 4\r\n\r\n"
      "\x0a\x02\x08\x02";
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, partial, sizeof partial - 1},
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_metric_exporter *memory = cspan_metric_exporter_memory();
  const cspan_metric_reader_options when = {.interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_reader *reader = cspan_metric_reader_periodic(memory, &when);
  const cspan_meter_provider_options options = {.readers = &reader, .reader_count = 1};
  cspan_meter_provider *meters = NULL;
  assert_int_equal(cspan_meter_provider_create(&options, &meters, NULL), CSPAN_OK);
  const cspan_otlp_options otlp = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF,
                                   .endpoint = script_server_url(server, "")};
  cspan_span_exporter *exporter = NULL;
  assert_int_equal(cspan_exporter_otlp(&otlp, &exporter, NULL), CSPAN_OK);
  exporter->vtable->set_meter_provider(exporter->self, meters);
  export_five(exporter, CSPAN_OK);
  export_five(exporter, CSPAN_ERR_SERVICE);
  assert_int_equal(cspan_meter_provider_force_flush(meters, 0, NULL), CSPAN_OK);
  cspan_metric_list *list = cspan_memory_metrics(memory);
  const cspan_metric_view *exported = metric_of(list, "otel.sdk.exporter.span.exported");
  assert_int_equal(exported->point_count, 3);
  for (size_t i = 0; i < exported->point_count; i++) {
    const cspan_point_view *point = &exported->points[i];
    const cspan_attr *error =
        cspan_attrs_find(point->attributes, point->attribute_count, "error.type");
    const cspan_attr *type =
        cspan_attrs_find(point->attributes, point->attribute_count, "otel.component.type");
    const cspan_attr *port =
        cspan_attrs_find(point->attributes, point->attribute_count, "server.port");
    assert_string_equal(type->value.string, "otlp_http_span_exporter");
    assert_int_equal(port->value.int64, script_server_port(server));
    assert_int_equal(point->value.int64, !error                                         ? 3
                                         : strcmp(error->value.string, "rejected") == 0 ? 2
                                                                                        : 5);
    if (error && strcmp(error->value.string, "rejected") != 0)
      assert_string_equal(error->value.string, "http_400");
  }
  const cspan_metric_view *inflight = metric_of(list, "otel.sdk.exporter.span.inflight");
  assert_int_equal(inflight->point_count, 1);
  assert_int_equal(inflight->points[0].value.int64, 0);
  assert_int_equal(metric_of(list, "otel.sdk.exporter.operation.duration")->point_count, 2);
  cspan_metric_list_free(list);
  cspan_exporter_free(exporter);
  cspan_meter_provider_free(meters);
  script_server_stop(server);
}

/* ----------------------------------------------------------------- limits */

static const cspan_otlp_options each_way[] = {
    {.protocol = CSPAN_OTLP_GRPC},
    {.protocol = CSPAN_OTLP_GRPC, .compression = "gzip"},
    {.protocol = CSPAN_OTLP_HTTP_PROTOBUF},
    {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .compression = "gzip"},
    {.protocol = CSPAN_OTLP_HTTP_JSON},
    {.protocol = CSPAN_OTLP_HTTP_JSON, .compression = "gzip"},
};

static void refuses(const cspan_otlp_options *options, const uint8_t *data, size_t size) {
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  cspan_otlp_client *client = client_of(CSPAN_OTLP_TRACES, *options, url);
  cspan_error *error = NULL;
  size_t rejected;
  assert_int_equal(cspan_otlp_client_export(client, NULL, data, size, 1, &rejected, &error),
                   CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "at most 64 MiB"));
  cspan_error_free(error);
  cspan_otlp_client_free(client);
}

/* Also where it would be small after compression. */
static void test_request_too_large(void **state) {
  (void)state;
  uint8_t *zeros = calloc(1, CSPAN_OTLP_MAX_REQUEST + 1);
  assert_non_null(zeros);
  for (size_t i = 0; i < sizeof each_way / sizeof each_way[0]; i++)
    refuses(&each_way[i], zeros, CSPAN_OTLP_MAX_REQUEST + 1);
  free(zeros);
}

/* Bytes are a third longer in JSON. */
static void test_json_too_large(void **state) {
  (void)state;
  enum { BYTES = 49 << 20, LEVELS = 5 };
  static const uint32_t fields[LEVELS] = {7, 2, 1, 1, 1}; /* AnyValue ... resource_spans */
  uint8_t *bytes = calloc(1, BYTES);
  assert_non_null(bytes);
  cspan_buf inner = {.data = NULL};
  for (size_t i = 0; i < LEVELS; i++) {
    cspan_buf outer;
    cspan_buf_init(&outer, (size_t)BYTES + 100);
    pb_bytes(&outer, fields[i], i == 0 ? (const char *)bytes : inner.data,
             i == 0 ? BYTES : inner.len);
    cspan_buf_free(&inner);
    inner = outer;
  }
  assert_int_equal(cspan_buf_status(&inner), CSPAN_OK);
  for (size_t i = 4; i < 6; i++)
    refuses(&each_way[i], (const uint8_t *)inner.data, inner.len);
  cspan_buf_free(&inner);
  free(bytes);
}

static void response_too_large(cspan_otlp_protocol protocol, const script_step *steps) {
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_otlp_client *client = spans_to(protocol, script_server_url(server, ""));
  cspan_error *error = NULL;
  assert_int_equal(export_hello(client, NULL, &error), CSPAN_ERR_LIMIT);
  assert_false(cspan_error_is_retryable(error));
  cspan_error_free(error);
  assert_int_equal(script_server_accepted(server), 1); /* it does not try again */
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

static void test_response_too_large(void **state) {
  (void)state;
  /* Without a length: it is noticed when the bytes are there. */
  static const script_step http[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", 0},
      {SCRIPT_SEND_ZEROS, NULL, CSPAN_OTLP_MAX_RESPONSE + 1},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  response_too_large(CSPAN_OTLP_HTTP_JSON, http);
  response_too_large(CSPAN_OTLP_HTTP_PROTOBUF, http);
  enum { FRAME = 16384 };
  static const char zeros[FRAME];
  cspan_buf answer;
  cspan_buf_init(&answer, 2 * CSPAN_OTLP_MAX_RESPONSE);
  put_settings(&answer);
  put_frame(&answer, H2_HEADERS, H2_END_HEADERS, 1, "\x88", 1); /* 200 */
  for (size_t sent = 0; sent <= CSPAN_OTLP_MAX_RESPONSE; sent += FRAME)
    put_frame(&answer, H2_DATA, 0, 1, zeros, FRAME);
  const script_step grpc[] = {{SCRIPT_READ_H2, NULL, 0},
                              {SCRIPT_SEND, answer.data, answer.len},
                              {SCRIPT_WAIT_CLOSE, NULL, 0},
                              {0}};
  response_too_large(CSPAN_OTLP_GRPC, grpc);
  cspan_buf_free(&answer);
}

/* A compressed answer was not asked for: it is not unpacked, whatever it would become. */
static void test_compressed_response(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND,
       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
       "Content-Length: 4\r\n\r\n\x1f\x8b\x08\x01",
       0},
      {SCRIPT_WAIT_CLOSE, NULL, 0},
      {0}};
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  cspan_otlp_client *client = spans_to(CSPAN_OTLP_HTTP_JSON, script_server_url(server, ""));
  export_ok(client);
  assert_non_null(strstr(watched.text, "the receiver's answer is malformed"));
  char *received = script_server_received(server);
  assert_null(strcasestr(received, "accept-encoding"));
  free(received);
  cspan_otlp_client_free(client);
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_exports_at_once, fresh_log),
      cmocka_unit_test_setup(test_many_exports, fresh_log),
      cmocka_unit_test_setup(test_exporter_says_so, fresh_log),
      cmocka_unit_test_setup(test_shutdown_ends_exports_under_way, fresh_log),
      cmocka_unit_test_setup(test_fork_while_exporting, fresh_log),
      cmocka_unit_test_setup(test_side_by_side, fresh_log),
      cmocka_unit_test_setup(test_json, fresh_log),
      cmocka_unit_test_setup(test_metrics, fresh_log),
      cmocka_unit_test_setup(test_reports_on_itself, fresh_log),
      cmocka_unit_test_setup(test_request_too_large, fresh_log),
      cmocka_unit_test_setup(test_json_too_large, fresh_log),
      cmocka_unit_test_setup(test_response_too_large, fresh_log),
      cmocka_unit_test_setup(test_compressed_response, fresh_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
