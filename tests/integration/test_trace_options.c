/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration file says of the instrumentation shows in the spans and metrics of calls. */
#include <cloudspan/cloudspan.h>
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

#define SECTION "file_format: \"1.0\"\ninstrumentation/development:\n  c:\n    cloudspan:\n"

static const char refused[] =
    "400 |{\"__type\": \"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\", "
    "\"message\": \"no\"}";

/* What one call came to. */
typedef struct outcome {
  metric_memory metrics;
  const cspan_metric_list *measured;
  cspan_span_list *spans;
  char *received;
} outcome;

static cspan_tracer_provider *open_tracers(cspan_span_exporter *memory) {
  cspan_span_processor *processor = cspan_processor_simple(memory);
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "options",
                                          .detectors = "none",
                                          .processors = &processor,
                                          .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

static void put_item(const typed_fixture *typed, const cspan_context *context) {
  cspan_value id = CSPAN_MAP(cspan_field("S", cspan_string("1")));
  cspan_value item = CSPAN_MAP(cspan_field("id", id));
  cspan_value input =
      CSPAN_MAP(cspan_field("TableName", cspan_string("jars")), cspan_field("Item", item));
  assert_int_equal(cspan_call(context, typed->client, "PutItem", &input, NULL, NULL),
                   CSPAN_ERR_SERVICE);
}

/* A PutItem that is refused, with an instrumentation by this section. */
static void run(outcome *o, const char *section) {
  typed_fixture typed;
  char yaml[1024];
  cspan_configuration *configuration = NULL;
  const char *const answers[] = {refused};
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_tracer_provider *tracers = open_tracers(memory);
  metric_memory_open(&o->metrics);
  snprintf(yaml, sizeof yaml, "%s%s", SECTION, section);
  assert_int_equal(cspan_configuration_parse(yaml, strlen(yaml), "f", &configuration, NULL),
                   CSPAN_OK);
  const cspan_trace_options trace = {.size = sizeof trace,
                                     .provider = tracers,
                                     .meter_provider = o->metrics.provider,
                                     .configuration = configuration};
  typed_open_traced(&typed, "dynamodb", answers, 1, &trace);
  cspan_configuration_free(configuration); /* it is not needed any more */
  put_item(&typed, NULL);
  o->spans = cspan_memory_spans(memory);
  o->measured = metric_memory_look(&o->metrics);
  o->received = script_server_received(typed.server);
  typed_close(&typed);
  cspan_tracer_provider_free(tracers);
}

static void drop(outcome *o) {
  cspan_span_list_free(o->spans);
  metric_memory_close(&o->metrics);
  free(o->received);
}

static const cspan_attr *attribute(const outcome *o, const char *key) {
  const cspan_span_view *span = get_span(o->spans, "DynamoDB.PutItem", 0);
  return cspan_attrs_find(span->attributes, span->attribute_count, key);
}

static void nothing_said(void **state) {
  (void)state;
  outcome o;
  run(&o, "");
  assert_int_equal(cspan_span_list_count(o.spans), 1);
  check_status(get_span(o.spans, "DynamoDB.PutItem", 0), CSPAN_SPAN_UNSET, "");
  assert_non_null(attribute(&o, "rpc.system.name"));
  assert_non_null(attribute(&o, "aws.http.transfer_us"));
  assert_null(attribute(&o, "team"));
  assert_int_equal(metric_total(o.measured, "rpc.client.call.duration"), 1);
  assert_non_null(strstr(o.received, "X-Amzn-Trace-Id:"));
  assert_null(strstr(o.received, "traceparent:")); /* the file has no `propagator` */
  drop(&o);
}

static void everything_said(void **state) {
  (void)state;
  outcome o;
  run(&o, "      retries: spans\n"
          "      semconv: legacy\n"
          "      expected_outcomes: []\n"
          "      attributes:\n"
          "        add: [{service: DynamoDB, path: TableName, key: app.table}]\n"
          "        remove: [aws.http.*, aws.dynamodb.table_names]\n"
          "      metrics: false\n"
          "      propagators: tracecontext\n");
  const cspan_span_view *span = get_span(o.spans, "DynamoDB.PutItem", 0);
  assert_int_equal(cspan_span_list_count(o.spans), 2);
  check_parent(get_span(o.spans, "POST", 0), span);
  check_status(span, CSPAN_SPAN_ERROR, "no");
  assert_null(attribute(&o, "rpc.system.name"));
  assert_string_equal(attribute(&o, "rpc.service")->value.string, "DynamoDB");
  assert_string_equal(attribute(&o, "app.table")->value.string, "jars");
  assert_null(attribute(&o, "aws.http.transfer_us"));
  assert_null(attribute(&o, "aws.dynamodb.table_names"));
  assert_int_equal(cspan_metric_list_count(o.measured), 0);
  assert_null(strstr(o.received, "X-Amzn-Trace-Id:"));
  assert_non_null(strstr(o.received, "traceparent:"));
  drop(&o);
}

/* However many there are, each header has the ids of the call's span, and of baggage there is only
 * what the context has. */
static void check_headers(cspan_propagator **propagators, size_t count, const char *baggage) {
  typed_fixture typed;
  const char *const answers[] = {refused};
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_tracer_provider *tracers = open_tracers(memory);
  const cspan_trace_options trace = {.size = sizeof trace,
                                     .provider = tracers,
                                     .propagator = cspan_propagator_composite(propagators, count)};
  cspan_baggage *own = *baggage ? cspan_baggage_with(NULL, "k", baggage, NULL) : NULL;
  const cspan_context context = {.baggage = own};
  typed_open_traced(&typed, "dynamodb", answers, 1, &trace);
  put_item(&typed, &context);
  cspan_baggage_free(own);
  cspan_span_list *spans = cspan_memory_spans(memory);
  const cspan_span_view *span = get_span(spans, "DynamoDB.PutItem", 0);
  char trace_id[33];
  char span_id[17];
  char want[256];
  cspan_trace_id_hex(span->trace_id, trace_id);
  cspan_span_id_hex(span->span_id, span_id);
  char *received = script_server_received(typed.server);
  snprintf(want, sizeof want, "traceparent: 00-%s-%s-", trace_id, span_id);
  assert_non_null(strstr(received, want));
  snprintf(want, sizeof want, "X-Amzn-Trace-Id: Root=1-%.8s-%s;Parent=%s;Sampled=1\r\n", trace_id,
           trace_id + 8, span_id);
  assert_non_null(strstr(received, want));
  snprintf(want, sizeof want, "baggage: k=%s\r\n", baggage);
  assert_true((strstr(received, *baggage ? want : "baggage:") != NULL) == (*baggage != '\0'));
  free(received);
  cspan_span_list_free(spans);
  typed_close(&typed);
  cspan_tracer_provider_free(tracers);
}

static void headers_of_ids(void **state) {
  (void)state;
  cspan_propagator *usual[] = {cspan_propagator_xray(), cspan_propagator_tracecontext(),
                               cspan_propagator_baggage()};
  check_headers(usual, 3, "");
  cspan_propagator *many[] = {cspan_propagator_tracecontext(), cspan_propagator_xray(),
                              cspan_propagator_baggage(), cspan_propagator_tracecontext(),
                              cspan_propagator_xray()};
  check_headers(many, 5, "v");
}

/* The config is not traced when the file is wrong, and may be so later. */
static void a_wrong_file_fails(void **state) {
  (void)state;
  static const char yaml[] = SECTION "      retries: no\n";
  const cspan_aws_options aws = {.size = sizeof aws, .region = "eu-west-1"};
  cspan_aws_config *config = NULL;
  cspan_configuration *configuration = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_configuration_parse(yaml, strlen(yaml), "f", &configuration, NULL),
                   CSPAN_OK);
  const cspan_trace_options options = {
      .size = sizeof options, .propagator = cspan_propagator_b3(), .configuration = configuration};
  assert_int_equal(cspan_trace_append(config, &options, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "f:5:16: "));
  cspan_error_free(error);
  assert_int_equal(cspan_trace_append(config, NULL, NULL), CSPAN_OK);
  cspan_configuration_free(configuration);
  cspan_aws_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_said),
      cmocka_unit_test(everything_said),
      cmocka_unit_test(headers_of_ids),
      cmocka_unit_test(a_wrong_file_fails),
  };
  static const char *const variables[] = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "http_proxy",
                                          "all_proxy",   "OTEL_CONFIG_FILE",  "OTEL_PROPAGATORS"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
