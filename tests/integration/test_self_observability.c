/* SPDX-License-Identifier: Apache-2.0 */
/* What the OTLP exporters report on themselves, held against what happened to their requests: to
 * a receiver that takes them, one that answers with an error, and one that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/metrics.h>

#include "viewer/receiver.h"

#include "support/quiet_log.h"

typedef struct fixture {
  cspan_receiver *receiver;
  char grpc[64];
  char http[64];
  int grpc_port;
  int http_port;
} fixture;

static int start(void **state) {
  static fixture f;
  const cspan_receiver_options options = {0};
  if (cspan_receiver_start(&options, &f.receiver, NULL) != CSPAN_OK) {
    return 1;
  }
  f.grpc_port = cspan_receiver_grpc_port(f.receiver);
  f.http_port = cspan_receiver_http_port(f.receiver);
  snprintf(f.grpc, sizeof f.grpc, "http://127.0.0.1:%d", f.grpc_port);
  snprintf(f.http, sizeof f.http, "http://127.0.0.1:%d", f.http_port);
  *state = &f;
  return 0;
}

static int stop(void **state) {
  fixture *f = *state;
  cspan_receiver_stop(f->receiver);
  return 0;
}

/* ------------------------------------------------------------------ the scenario */

enum { BATCHES = 3, SPANS = 4 }; /* of each */

typedef struct scenario {
  cspan_otlp_options otlp;
  const char *type; /* otel.component.type */
  int port;
  const char *error_type; /* NULL: it goes well */
  const char *code_name;  /* of the receiver's answer; NULL: there is none */
  int64_t code;
} scenario;

static cspan_meter_provider *memory_provider(cspan_metric_exporter **memory) {
  const cspan_metric_reader_options by_hand = {.interval_ms = CSPAN_INTERVAL_NEVER};
  *memory = cspan_metric_exporter_memory();
  cspan_metric_reader *reader = cspan_metric_reader_periodic(*memory, &by_hand);
  const cspan_meter_provider_options options = {.readers = &reader, .reader_count = 1};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

/* Exports, and counts what became of it. */
static cspan_telemetry_stats export_spans(const scenario *s, cspan_meter_provider *meters) {
  const cspan_batch_options batch = {.size = sizeof batch,
                                     .max_queue_size = 2L * BATCHES * SPANS,
                                     .max_export_batch_size = SPANS,
                                     .schedule_delay_ms = 600000};
  cspan_span_exporter *exporter = NULL;
  cspan_tracer_provider *provider = NULL;
  cspan_telemetry_stats stats;
  assert_int_equal(cspan_exporter_otlp(&s->otlp, &exporter, NULL), CSPAN_OK);
  cspan_span_processor *processor = cspan_processor_batch(exporter, &batch);
  const cspan_provider_options options = {.size = sizeof options,
                                          .processors = &processor,
                                          .processor_count = 1,
                                          .meter_provider = meters};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "test", NULL, NULL);
  for (int b = 0; b < BATCHES; b++) {
    for (int i = 0; i < SPANS; i++) {
      cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
    }
    cspan_tracer_provider_force_flush(provider, 0, NULL);
  }
  cspan_tracer_provider_stats(provider, &stats);
  cspan_meter_provider_force_flush(meters, 0, NULL);
  cspan_tracer_provider_free(provider);
  return stats;
}

/* --------------------------------------------------------------- what is reported */

static const char *text_at(const cspan_point_view *point, const char *key) {
  const cspan_attr *attr = cspan_attrs_find(point->attributes, point->attribute_count, key);
  return attr != NULL ? attr->value.string : NULL;
}

static void check_component(const scenario *s, const cspan_point_view *point) {
  const cspan_attr *port =
      cspan_attrs_find(point->attributes, point->attribute_count, "server.port");
  assert_string_equal(text_at(point, "otel.component.type"), s->type);
  assert_memory_equal(text_at(point, "otel.component.name"), s->type, strlen(s->type));
  assert_string_equal(text_at(point, "server.address"), "127.0.0.1");
  assert_int_equal(port->value.int64, s->port);
}

static const cspan_point_view *only_point(const cspan_metric_list *list, const char *name) {
  const cspan_metric_view *metric = cspan_metric_list_find(list, name);
  assert_non_null(metric);
  assert_int_equal(metric->point_count, 1);
  return &metric->points[0];
}

static void check_error(const scenario *s, const cspan_point_view *point) {
  const char *error = text_at(point, "error.type");
  assert_int_equal(error != NULL, s->error_type != NULL);
  if (s->error_type != NULL) {
    assert_string_equal(error, s->error_type);
  }
}

static void check_duration(const scenario *s, const cspan_metric_list *list) {
  const cspan_point_view *point = only_point(list, "otel.sdk.exporter.operation.duration");
  check_component(s, point);
  check_error(s, point);
  assert_int_equal(point->count, BATCHES);
  assert_true(point->sum > 0 && point->min > 0);
  static const char *const codes[] = {"http.response.status_code", "rpc.grpc.status_code"};
  for (size_t i = 0; i < 2; i++) {
    const cspan_attr *code = cspan_attrs_find(point->attributes, point->attribute_count, codes[i]);
    bool expected = s->code_name != NULL && strcmp(codes[i], s->code_name) == 0;
    assert_int_equal(code != NULL, expected);
    assert_true(!expected || code->value.int64 == s->code);
  }
}

static void check_scenario(const scenario *s) {
  cspan_metric_exporter *memory;
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  cspan_meter_provider *meters = memory_provider(&memory);
  cspan_telemetry_stats stats = export_spans(s, meters);
  cspan_metric_list *list = cspan_memory_metrics(memory);
  const cspan_point_view *exported = only_point(list, "otel.sdk.exporter.span.exported");
  const cspan_point_view *inflight = only_point(list, "otel.sdk.exporter.span.inflight");
  check_component(s, exported);
  check_error(s, exported);
  check_component(s, inflight);
  assert_int_equal(inflight->value.int64, 0);
  check_duration(s, list);
  if (s->error_type == NULL) {
    assert_int_equal(stats.spans_exported, BATCHES * SPANS);
    assert_int_equal(exported->value.int64, BATCHES * SPANS);
  } else {
    /* Each request but the first also tells of the spans that were lost before it. */
    assert_int_equal(stats.spans_dropped_export_failed, BATCHES * SPANS);
    assert_int_equal(exported->value.int64, BATCHES * SPANS + BATCHES - 1);
  }
  cspan_metric_list_free(list);
  cspan_meter_provider_free(meters);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void test_accepted(void **state) {
  const fixture *f = *state;
  const scenario cases[] = {{{.protocol = CSPAN_OTLP_GRPC, .endpoint = f->grpc},
                             "otlp_grpc_span_exporter",
                             f->grpc_port,
                             NULL,
                             "rpc.grpc.status_code",
                             0},
                            {{.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = f->http},
                             "otlp_http_span_exporter",
                             f->http_port,
                             NULL,
                             "http.response.status_code",
                             200},
                            {{.protocol = CSPAN_OTLP_HTTP_JSON, .endpoint = f->http},
                             "otlp_http_json_span_exporter",
                             f->http_port,
                             NULL,
                             "http.response.status_code",
                             200}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_scenario(&cases[i]);
  }
}

static void test_answered_with_errors(void **state) {
  const fixture *f = *state;
  char logs[96];
  snprintf(logs, sizeof logs, "%s/v1/logs", f->http);
  const scenario s = {
      {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = logs, .endpoint_is_full = true},
      "otlp_http_span_exporter",
      f->http_port,
      "http_404",
      "http.response.status_code",
      404};
  check_scenario(&s);
}

static void test_nobody_there(void **state) {
  fixture *f = *state;
  cspan_receiver_stop(f->receiver);
  f->receiver = NULL;
  const scenario cases[] = {
      {{.protocol = CSPAN_OTLP_GRPC, .endpoint = f->grpc, .timeout_ms = 50},
       "otlp_grpc_span_exporter",
       f->grpc_port,
       "connection_refused",
       NULL,
       0},
      {{.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = f->http, .timeout_ms = 50},
       "otlp_http_span_exporter",
       f->http_port,
       "connection_refused",
       NULL,
       0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_scenario(&cases[i]);
  }
}

/* ----------------------------------------------------------------- data points */

/* A provider that exports over a socket and into memory, and reports on itself. */
static void test_data_points(void **state) {
  const fixture *f = *state;
  const cspan_metric_reader_options by_hand = {.interval_ms = CSPAN_INTERVAL_NEVER};
  const cspan_otlp_options otlp = {.protocol = CSPAN_OTLP_GRPC, .endpoint = f->grpc};
  const scenario s = {otlp, "otlp_grpc_metric_exporter", f->grpc_port,
                      NULL, "rpc.grpc.status_code",      0};
  cspan_metric_exporter *exporter = NULL;
  cspan_metric_exporter *memory = cspan_metric_exporter_memory();
  assert_int_equal(cspan_metric_exporter_otlp(&otlp, &exporter, NULL), CSPAN_OK);
  cspan_metric_reader *readers[] = {cspan_metric_reader_periodic(exporter, &by_hand),
                                    cspan_metric_reader_periodic(memory, &by_hand)};
  const cspan_meter_provider_options options = {
      .readers = readers, .reader_count = 2, .reports_itself = true};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&options, &provider, NULL), CSPAN_OK);
  const cspan_scope scope = {.name = "test"};
  const cspan_instrument_options counter = {.name = "c"};
  cspan_instrument *instrument = cspan_instrument_get(cspan_meter_get(provider, &scope), &counter);
  for (int64_t i = 0; i < 5; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_record_int64(instrument, NULL, 1, &attr, 1);
  }
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_metric_list *list = cspan_memory_metrics(memory);
  const cspan_point_view *exported =
      only_point(list, "otel.sdk.exporter.metric_data_point.exported");
  const cspan_point_view *inflight =
      only_point(list, "otel.sdk.exporter.metric_data_point.inflight");
  check_component(&s, exported);
  check_error(&s, exported);
  assert_int_equal(exported->value.int64, 5);
  assert_int_equal(inflight->value.int64, 0);
  const cspan_point_view *duration = only_point(list, "otel.sdk.exporter.operation.duration");
  check_component(&s, duration);
  assert_int_equal(duration->count, 1);
  cspan_metric_list_free(list);
  cspan_meter_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_accepted, start, stop),
      cmocka_unit_test_setup_teardown(test_answered_with_errors, start, stop),
      cmocka_unit_test_setup_teardown(test_nobody_there, start, stop),
      cmocka_unit_test_setup_teardown(test_data_points, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
