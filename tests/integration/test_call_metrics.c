/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of calls: every one with its attributes, unit and bounds, in agreement with the
 * spans, whichever provider is there and when. */
#include <cloudspan/cloudspan.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/metric_check.h"
#include "support/span_check.h"
#include "support/typed_models.h"

static const char fine[] = "200 |{}";
static const char refused[] =
    "400 |{\"__type\": \"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\", "
    "\"message\": \"no\"}";

typedef struct bench {
  typed_fixture typed;
  metric_memory metrics;
  cspan_span_exporter *memory;
  cspan_tracer_provider *tracers;
} bench;

static void open_tracers(bench *b, cspan_sampler *sampler) {
  b->memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(b->memory);
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "metrics",
                                          .detectors = "none",
                                          .sampler = sampler,
                                          .processors = &processor,
                                          .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &b->tracers, NULL), CSPAN_OK);
}

/* With providers of its own. */
static void open_bench(bench *b, const char *service, const char *const *answers, size_t count,
                       cspan_sampler *sampler) {
  memset(b, 0, sizeof *b);
  metric_memory_open(&b->metrics);
  open_tracers(b, sampler);
  const cspan_trace_options trace = {
      .size = sizeof trace, .provider = b->tracers, .meter_provider = b->metrics.provider};
  typed_open_traced(&b->typed, service, answers, count, &trace);
}

static void close_bench(bench *b) {
  typed_close(&b->typed);
  cspan_tracer_provider_free(b->tracers);
  metric_memory_close(&b->metrics);
}

static cspan_status do_call(bench *b, const char *operation, const cspan_value *input) {
  cspan_document *output = NULL;
  cspan_status status = cspan_call(NULL, b->typed.client, operation, input, &output, NULL);
  cspan_document_free(output);
  return status;
}

static cspan_status put_item(bench *b) {
  cspan_value id = CSPAN_MAP(cspan_field("S", cspan_string("1")));
  cspan_value item = CSPAN_MAP(cspan_field("id", id));
  cspan_value input =
      CSPAN_MAP(cspan_field("TableName", cspan_string("jars")), cspan_field("Item", item));
  return do_call(b, "PutItem", &input);
}

static int port_of(bench *b) {
  return script_server_port(b->typed.server);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ------------------------------------------------------------------ success */

static void check_histogram(const cspan_metric_list *list, const char *name, size_t bounds,
                            double first, double last) {
  const cspan_metric_view *metric = get_metric(list, name);
  assert_int_equal(metric->type, CSPAN_METRIC_HISTOGRAM);
  assert_string_equal(metric->unit, "s");
  assert_true(strlen(metric->description) > 0);
  assert_string_equal(metric->scope_name, "cloudspan/aws");
  assert_string_equal(metric->scope_version, CSPAN_VERSION);
  const cspan_point_view *point = &metric->points[0];
  assert_int_equal(point->boundary_count, bounds);
  assert_true(point->boundaries[0] == first && point->boundaries[bounds - 1] == last);
}

static double duration_s(const cspan_span_view *span) {
  return (double)(span->end_time_unix_ns - span->start_time_unix_ns) / 1e9;
}

static void check_sum(const cspan_point_view *point, double sum) {
  double off = point->sum - sum;
  assert_true(off < 1e-9 && off > -1e-9);
}

/* The first call looks attributes up, the second one uses what was bound. */
static void success(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  assert_int_equal(put_item(&b), CSPAN_OK);
  assert_int_equal(put_item(&b), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  cspan_span_list *spans = cspan_memory_spans(b.memory);
  const cspan_span_view *second = get_span(spans, "DynamoDB.PutItem", 1);
  double sum = duration_s(get_span(spans, "DynamoDB.PutItem", 0)) + duration_s(second);

  check_histogram(list, "rpc.client.call.duration", 14, 0.005, 10);
  const cspan_attr rpc[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                            cspan_attr_string("rpc.method", "DynamoDB/PutItem"),
                            cspan_attr_string("server.address", "127.0.0.1"),
                            cspan_attr_int64("server.port", port_of(&b))};
  const cspan_point_view *point = get_point(list, "rpc.client.call.duration", rpc, COUNT(rpc));
  assert_int_equal(point->count, 2);
  check_sum(point, sum);
  assert_true(point->exemplar_count > 0);

  check_histogram(list, "http.client.request.duration", 14, 0.005, 10);
  const cspan_attr http[] = {cspan_attr_string("http.request.method", "POST"),
                             cspan_attr_string("server.address", "127.0.0.1"),
                             cspan_attr_int64("server.port", port_of(&b)),
                             cspan_attr_string("url.scheme", "http"),
                             cspan_attr_int64("http.response.status_code", 200),
                             cspan_attr_string("network.protocol.version", "1.1")};
  point = get_point(list, "http.client.request.duration", http, COUNT(http));
  assert_int_equal(point->count, 2);
  assert_true(point->sum <= sum);

  check_histogram(list, "db.client.operation.duration", 9, 0.001, 10);
  const cspan_attr db[] = {cspan_attr_string("db.system.name", "aws.dynamodb"),
                           cspan_attr_string("db.operation.name", "PutItem"),
                           cspan_attr_string("db.collection.name", "jars"),
                           cspan_attr_string("server.address", "127.0.0.1"),
                           cspan_attr_int64("server.port", port_of(&b))};
  point = get_point(list, "db.client.operation.duration", db, COUNT(db));
  assert_int_equal(point->count, 2);
  check_sum(point, sum);

  const cspan_attr attempt[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                                cspan_attr_string("rpc.method", "DynamoDB/PutItem")};
  point = get_point(list, "cloudspan.aws.client.attempts", attempt, COUNT(attempt));
  assert_int_equal(point->value.int64, 2);
  assert_string_equal(get_metric(list, "cloudspan.aws.client.attempts")->unit, "{attempt}");
  assert_null(cspan_metric_list_find(list, "cloudspan.aws.client.retries"));
  cspan_span_list_free(spans);
  close_bench(&b);
}

/* A single call's exemplars are of its span. */
static void exemplars(void **state) {
  (void)state;
  static const char *const names[] = {"rpc.client.call.duration", "http.client.request.duration",
                                      "db.client.operation.duration",
                                      "cloudspan.aws.client.attempts"};
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  assert_int_equal(put_item(&b), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  cspan_span_list *spans = cspan_memory_spans(b.memory);
  const cspan_span_view *span = get_span(spans, "DynamoDB.PutItem", 0);
  for (size_t i = 0; i < COUNT(names); i++) {
    check_exemplars(&get_metric(list, names[i])->points[0], span);
  }
  cspan_span_list_free(spans);
  close_bench(&b);
}

/* ----------------------------------------------------------------- failures */

static void failure(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {refused};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  assert_int_equal(put_item(&b), CSPAN_ERR_SERVICE);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  const cspan_attr type = cspan_attr_string("error.type", "ConditionalCheckFailedException");
  const cspan_attr address = cspan_attr_string("server.address", "127.0.0.1");
  const cspan_attr port = cspan_attr_int64("server.port", port_of(&b));
  const cspan_attr rpc[] = {cspan_attr_string("rpc.system.name", "aws-api"),
                            cspan_attr_string("rpc.method", "DynamoDB/PutItem"), address, port,
                            type};
  const cspan_attr http[] = {cspan_attr_string("http.request.method", "POST"),
                             address,
                             port,
                             cspan_attr_string("url.scheme", "http"),
                             cspan_attr_int64("http.response.status_code", 400),
                             cspan_attr_string("network.protocol.version", "1.1"),
                             type};
  const cspan_attr db[] = {
      cspan_attr_string("db.system.name", "aws.dynamodb"),
      cspan_attr_string("db.operation.name", "PutItem"),
      cspan_attr_string("db.collection.name", "jars"),
      address,
      port,
      type,
      cspan_attr_string("db.response.status_code", "ConditionalCheckFailedException")};
  const cspan_attr attempt[] = {rpc[0], rpc[1], type};
  assert_int_equal(get_point(list, "rpc.client.call.duration", rpc, COUNT(rpc))->count, 1);
  assert_int_equal(get_point(list, "http.client.request.duration", http, COUNT(http))->count, 1);
  assert_int_equal(get_point(list, "db.client.operation.duration", db, COUNT(db))->count, 1);
  assert_int_equal(get_point(list, "cloudspan.aws.client.attempts", attempt, 3)->value.int64, 1);
  close_bench(&b);
}

/* No answer: neither a status nor a version of HTTP. */
static void nobody_listens(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  int port = port_of(&b);
  script_server_stop(b.typed.server);
  assert_int_not_equal(put_item(&b), CSPAN_OK);
  b.typed.server = script_server_start(b.typed.connections, 1);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  const cspan_attr http[] = {cspan_attr_string("http.request.method", "POST"),
                             cspan_attr_string("server.address", "127.0.0.1"),
                             cspan_attr_int64("server.port", port),
                             cspan_attr_string("url.scheme", "http"),
                             cspan_attr_string("error.type", "connection_refused")};
  assert_int_equal(get_point(list, "http.client.request.duration", http, COUNT(http))->count, 1);
  assert_int_equal(metric_total(list, "rpc.client.call.duration"), 1);
  close_bench(&b);
}

/* Refused before there was a target: a call without an attempt. */
static void bad_input(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  cspan_value input = CSPAN_MAP(cspan_field("NoSuchMember", cspan_string("jars")));
  assert_int_not_equal(do_call(&b, "PutItem", &input), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  cspan_span_list *spans = cspan_memory_spans(b.memory);
  assert_int_equal(metric_total(list, "rpc.client.call.duration"), cspan_span_list_count(spans));
  assert_int_equal(metric_total(list, "cloudspan.aws.client.attempts"), 0);
  assert_int_equal(metric_total(list, "http.client.request.duration"), 0);
  cspan_span_list_free(spans);
  close_bench(&b);
}

/* ---------------------------------------------------------------- providers */

static void unsampled(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, cspan_sampler_always_off());
  assert_int_equal(put_item(&b), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  const cspan_metric_view *metric = get_metric(list, "db.client.operation.duration");
  assert_int_equal(metric->points[0].count, 1);
  assert_int_equal(metric->points[0].exemplar_count, 0);
  assert_int_equal(metric_total(list, "http.client.request.duration"), 1);
  close_bench(&b);
}

/* Neither a tracer provider nor, at first, one of meters; then two after the other, where the
 * second may well have the first one's address. */
static void providers_come_and_go(void **state) {
  (void)state;
  bench b = {.tracers = NULL};
  const char *const answers[] = {fine};
  const cspan_trace_options trace = {.size = sizeof trace};
  typed_open_traced(&b.typed, "dynamodb", answers, 1, &trace);
  assert_int_equal(put_item(&b), CSPAN_OK);
  for (uint64_t calls = 1; calls <= 3; calls++) {
    metric_memory_open(&b.metrics);
    cspan_meter_provider_set_global(b.metrics.provider);
    for (uint64_t i = 0; i < calls; i++) {
      assert_int_equal(put_item(&b), CSPAN_OK);
    }
    const cspan_metric_list *list = metric_memory_look(&b.metrics);
    assert_int_equal(metric_total(list, "rpc.client.call.duration"), calls);
    assert_int_equal(metric_total(list, "cloudspan.aws.client.attempts"), calls);
    const cspan_attr *table =
        cspan_attrs_find(get_metric(list, "db.client.operation.duration")->points[0].attributes, 5,
                         "db.collection.name");
    assert_non_null(table);
    metric_memory_close(&b.metrics);
    assert_int_equal(put_item(&b), CSPAN_OK); /* there is none again */
  }
  typed_close(&b.typed);
}

/* More providers in turn than are kept: what is recorded stays right. */
static void many_providers(void **state) {
  (void)state;
  bench b = {.tracers = NULL};
  const char *const answers[] = {fine};
  const cspan_trace_options trace = {.size = sizeof trace};
  typed_open_traced(&b.typed, "dynamodb", answers, 1, &trace);
  for (int i = 0; i < 70; i++) {
    metric_memory_open(&b.metrics);
    cspan_meter_provider_set_global(b.metrics.provider);
    assert_int_equal(put_item(&b), CSPAN_OK);
    assert_int_equal(put_item(&b), CSPAN_OK);
    assert_int_equal(metric_total(metric_memory_look(&b.metrics), "http.client.request.duration"),
                     2);
    metric_memory_close(&b.metrics);
  }
  typed_close(&b.typed);
}

static void off(void **state) {
  (void)state;
  bench b = {.tracers = NULL};
  const char *const answers[] = {fine};
  metric_memory_open(&b.metrics);
  open_tracers(&b, NULL);
  const cspan_trace_options trace = {.size = sizeof trace,
                                     .provider = b.tracers,
                                     .metrics = CSPAN_SWITCH_OFF,
                                     .meter_provider = b.metrics.provider};
  typed_open_traced(&b.typed, "dynamodb", answers, 1, &trace);
  assert_int_equal(put_item(&b), CSPAN_OK);
  assert_int_equal(cspan_metric_list_count(metric_memory_look(&b.metrics)), 0);
  close_bench(&b);
}

/* Attributes beyond what an operation keeps bound are looked up. */
static void many_tables(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  for (int i = 0; i < 20; i++) {
    char name[16];
    snprintf(name, sizeof name, "t%d", i % 10);
    cspan_value id = CSPAN_MAP(cspan_field("S", cspan_string("1")));
    cspan_value item = CSPAN_MAP(cspan_field("id", id));
    cspan_value input =
        CSPAN_MAP(cspan_field("TableName", cspan_string(name)), cspan_field("Item", item));
    assert_int_equal(do_call(&b, "PutItem", &input), CSPAN_OK);
  }
  const cspan_metric_view *metric =
      get_metric(metric_memory_look(&b.metrics), "db.client.operation.duration");
  assert_int_equal(metric->point_count, 10);
  for (size_t i = 0; i < 10; i++) {
    assert_int_equal(metric->points[i].count, 2);
  }
  close_bench(&b);
}

/* ---------------------------------------------------------------- messaging */

static void sends(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {
      "200 |{\"Successful\": [{\"Id\": \"0\"}], \"Failed\": [{\"Id\": \"1\", \"Code\": "
      "\"InternalError\", \"SenderFault\": false}]}"};
  open_bench(&b, "sqs", answers, 1, NULL);
  cspan_value entries[2];
  cspan_member members[2][2];
  for (size_t i = 0; i < 2; i++) {
    members[i][0] = cspan_field("Id", cspan_string(i == 0 ? "0" : "1"));
    members[i][1] = cspan_field("MessageBody", cspan_string("hello"));
    entries[i] = cspan_map(members[i], 2);
  }
  cspan_value input = CSPAN_MAP(cspan_field("QueueUrl", cspan_string("http://sqs/1/orders")),
                                cspan_field("Entries", cspan_list(entries, 2)));
  assert_int_equal(do_call(&b, "SendMessageBatch", &input), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  const cspan_attr attrs[] = {cspan_attr_string("messaging.system", "aws_sqs"),
                              cspan_attr_string("messaging.operation.name", "send"),
                              cspan_attr_string("messaging.destination.name", "orders"),
                              cspan_attr_string("server.address", "127.0.0.1"),
                              cspan_attr_int64("server.port", port_of(&b)),
                              cspan_attr_string("messaging.operation.type", "send")};
  const cspan_attr failed[] = {attrs[0], attrs[1],
                               attrs[2], attrs[3],
                               attrs[4], cspan_attr_string("error.type", "InternalError")};
  assert_int_equal(get_point(list, "messaging.client.operation.duration", attrs, 6)->count, 1);
  check_histogram(list, "messaging.client.operation.duration", 14, 0.005, 10);
  assert_int_equal(get_point(list, "messaging.client.sent.messages", attrs, 5)->value.int64, 1);
  assert_int_equal(get_point(list, "messaging.client.sent.messages", failed, 6)->value.int64, 1);
  assert_string_equal(get_metric(list, "messaging.client.sent.messages")->unit, "{message}");
  close_bench(&b);
}

static void receives(void **state) {
  (void)state;
  bench b;
  const char *const answers[] = {"200 |{\"Messages\": [{\"MessageId\": \"m1\", \"Body\": \"a\"}, "
                                 "{\"MessageId\": \"m2\", \"Body\": \"b\"}]}",
                                 "200 |{}"};
  open_bench(&b, "sqs", answers, 2, NULL);
  cspan_value input = CSPAN_MAP(cspan_field("QueueUrl", cspan_string("http://sqs/1/orders")));
  assert_int_equal(do_call(&b, "ReceiveMessage", &input), CSPAN_OK);
  assert_int_equal(do_call(&b, "ReceiveMessage", &input), CSPAN_OK);
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  const cspan_attr attrs[] = {cspan_attr_string("messaging.system", "aws_sqs"),
                              cspan_attr_string("messaging.operation.name", "receive"),
                              cspan_attr_string("messaging.destination.name", "orders"),
                              cspan_attr_string("server.address", "127.0.0.1"),
                              cspan_attr_int64("server.port", port_of(&b)),
                              cspan_attr_string("messaging.operation.type", "receive")};
  assert_int_equal(get_point(list, "messaging.client.operation.duration", attrs, 6)->count, 2);
  assert_int_equal(get_point(list, "messaging.client.consumed.messages", attrs, 5)->value.int64, 2);
  assert_null(cspan_metric_list_find(list, "messaging.client.sent.messages"));
  close_bench(&b);
}

static cspan_status handle(void *user, const cspan_context *context, const cspan_value *message) {
  (void)context;
  (void)message;
  return *(const cspan_status *)user;
}

/* Messages that are processed were counted when they were received. */
static void processes(void **state) {
  (void)state;
  metric_memory metrics;
  cspan_consumer *consumer = NULL;
  metric_memory_open(&metrics);
  const cspan_consumer_options options = {.size = sizeof options,
                                          .meter_provider = metrics.provider,
                                          .destination = "http://sqs/1/orders"};
  assert_int_equal(cspan_consumer_create(&options, &consumer, NULL), CSPAN_OK);
  cspan_value message = CSPAN_MAP(cspan_field("Body", cspan_string("hello")));
  cspan_status results[] = {CSPAN_OK, CSPAN_ERR_IO};
  for (size_t i = 0; i < COUNT(results); i++) {
    assert_int_equal(cspan_consumer_process(consumer, NULL, &message, handle, &results[i]),
                     results[i]);
  }
  const cspan_metric_list *list = metric_memory_look(&metrics);
  const cspan_attr attrs[] = {
      cspan_attr_string("messaging.system", "aws_sqs"),
      cspan_attr_string("messaging.operation.name", "process"),
      cspan_attr_string("messaging.destination.name", "orders"),
      cspan_attr_string("error.type", "io_error"),
  };
  check_histogram(list, "messaging.process.duration", 14, 0.005, 10);
  assert_int_equal(get_point(list, "messaging.process.duration", attrs, 3)->count, 1);
  assert_int_equal(get_point(list, "messaging.process.duration", attrs, 4)->count, 1);
  assert_null(cspan_metric_list_find(list, "messaging.client.consumed.messages"));
  cspan_consumer_free(consumer);
  metric_memory_close(&metrics);
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 4, CALLS = 25 };

static void *call_often(void *data) {
  for (int i = 0; i < CALLS; i++) {
    assert_int_equal(put_item(data), CSPAN_OK);
  }
  return NULL;
}

static void threads(void **state) {
  (void)state;
  static const char *const names[] = {"rpc.client.call.duration", "http.client.request.duration",
                                      "db.client.operation.duration",
                                      "cloudspan.aws.client.attempts"};
  bench b;
  pthread_t all[THREADS];
  const char *const answers[] = {fine};
  open_bench(&b, "dynamodb", answers, 1, NULL);
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&all[i], NULL, call_often, &b), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(all[i], NULL);
  }
  const cspan_metric_list *list = metric_memory_look(&b.metrics);
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_int_equal(metric_total(list, names[i]), THREADS * CALLS);
    assert_int_equal(get_metric(list, names[i])->point_count, 1);
  }
  close_bench(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(success),
      cmocka_unit_test(exemplars),
      cmocka_unit_test(failure),
      cmocka_unit_test(nobody_listens),
      cmocka_unit_test(bad_input),
      cmocka_unit_test(unsampled),
      cmocka_unit_test(off),
      cmocka_unit_test(providers_come_and_go),
      cmocka_unit_test(many_providers),
      cmocka_unit_test(many_tables),
      cmocka_unit_test(sends),
      cmocka_unit_test(receives),
      cmocka_unit_test(processes),
      cmocka_unit_test(threads),
  };
  static const char *const variables[] = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "http_proxy",
                                          "all_proxy", "OTEL_CONFIG_FILE"};
  for (size_t i = 0; i < COUNT(variables); i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
