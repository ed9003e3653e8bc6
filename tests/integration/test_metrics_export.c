/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics over real sockets: by gRPC and HTTP to the receiver, and to one that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/metrics.h>

#include "viewer/receiver.h"

/* What the receiver was given, of the metrics "calls" and "seconds". */
typedef struct received {
  cspan_receiver *receiver;
  char grpc[64];
  char http[64];
  size_t requests;
  int64_t calls;
  uint64_t count;
  double sum;
  uint64_t buckets[3];
  bool has_exemplar;
  bool is_delta;
  char service[32];
  char scope[32];
} received;

static void on_metrics(void *user, const cspan_metric_list *list) {
  received *r = user;
  const cspan_metric_view *calls = cspan_metric_list_find(list, "calls");
  const cspan_metric_view *seconds = cspan_metric_list_find(list, "seconds");
  r->requests++;
  if (calls == NULL || seconds == NULL) {
    return;
  }
  const cspan_attr attr = cspan_attr_string("operation", "PutObject");
  const cspan_point_view *point = cspan_metric_find_point(calls, &attr, 1);
  const cspan_attr *service =
      cspan_attrs_find(calls->resource, calls->resource_count, "service.name");
  r->calls = point != NULL ? point->value.int64 : -1;
  r->has_exemplar = point != NULL && point->exemplar_count == 1;
  r->is_delta = calls->is_delta;
  r->count = seconds->points[0].count;
  r->sum = seconds->points[0].sum;
  memcpy(r->buckets, seconds->points[0].buckets, sizeof r->buckets);
  snprintf(r->service, sizeof r->service, "%s", service != NULL ? service->value.string : "");
  snprintf(r->scope, sizeof r->scope, "%s", calls->scope_name);
}

static int start(void **state) {
  static received r;
  memset(&r, 0, sizeof r);
  const cspan_receiver_options options = {.on_metrics = on_metrics, .user = &r};
  if (cspan_receiver_start(&options, &r.receiver, NULL) != CSPAN_OK) {
    return 1;
  }
  snprintf(r.grpc, sizeof r.grpc, "http://127.0.0.1:%d", cspan_receiver_grpc_port(r.receiver));
  snprintf(r.http, sizeof r.http, "http://127.0.0.1:%d", cspan_receiver_http_port(r.receiver));
  *state = &r;
  return 0;
}

static int stop(void **state) {
  received *r = *state;
  cspan_receiver_stop(r->receiver);
  return 0;
}

static cspan_meter_provider *provider_to(const cspan_otlp_options *otlp) {
  const cspan_metric_reader_options by_hand = {.interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_exporter *exporter = NULL;
  cspan_meter_provider *provider = NULL;
  cspan_error *error = NULL;
  if (cspan_metric_exporter_otlp(otlp, &exporter, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  cspan_metric_reader *reader = cspan_metric_reader_periodic(exporter, &by_hand);
  const cspan_meter_provider_options options = {.service_name = "shop",
                                                .readers = &reader,
                                                .reader_count = 1,
                                                .exemplar_filter = CSPAN_EXEMPLAR_ALWAYS_ON};
  assert_int_equal(cspan_meter_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

static void record(cspan_meter_provider *provider) {
  static const double bounds[] = {0.1, 1};
  const cspan_scope scope = {.name = "s3"};
  const cspan_attr attr = cspan_attr_string("operation", "PutObject");
  const cspan_instrument_options calls = {.name = "calls", .unit = "{call}"};
  const cspan_instrument_options seconds = {.kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "seconds",
                                            .unit = "s",
                                            .boundaries = bounds,
                                            .boundary_count = 2};
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  cspan_record_int64(cspan_instrument_get(meter, &calls), NULL, 3, &attr, 1);
  cspan_instrument *histogram = cspan_instrument_get(meter, &seconds);
  cspan_record_double(histogram, NULL, 0.5, &attr, 1);
  cspan_record_double(histogram, NULL, 2, &attr, 1);
}

/* The receiver counts a request before it answers. */
static void test_protobuf(void **state) {
  received *r = *state;
  const cspan_otlp_options cases[] = {
      {.protocol = CSPAN_OTLP_GRPC, .endpoint = r->grpc},
      {.protocol = CSPAN_OTLP_GRPC, .endpoint = r->grpc, .compression = "gzip"},
      {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = r->http},
      {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = r->http, .compression = "gzip"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    cspan_meter_provider *provider = provider_to(&cases[i]);
    r->requests = 0;
    record(provider);
    if (cspan_meter_provider_shutdown(provider, 0, &error) != CSPAN_OK) {
      fail_msg("%s", cspan_error_message(error));
    }
    cspan_meter_provider_free(provider);
    assert_int_equal(r->requests, 1);
    assert_int_equal(r->calls, 3);
    assert_false(r->is_delta);
    assert_true(r->has_exemplar);
    assert_int_equal(r->count, 2);
    assert_true(r->sum == 2.5);
    assert_int_equal(r->buckets[0], 0);
    assert_int_equal(r->buckets[1], 1);
    assert_int_equal(r->buckets[2], 1);
    assert_string_equal(r->service, "shop");
    assert_string_equal(r->scope, "s3");
  }
}

static void test_json(void **state) {
  received *r = *state;
  cspan_receiver_stats stats;
  const cspan_otlp_options otlp = {.protocol = CSPAN_OTLP_HTTP_JSON, .endpoint = r->http};
  cspan_meter_provider *provider = provider_to(&otlp);
  record(provider);
  assert_int_equal(cspan_meter_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_meter_provider_free(provider);
  cspan_receiver_stats_get(r->receiver, &stats);
  assert_int_equal(stats.requests, 1);
  assert_int_equal(stats.rejected, 0);
}

/* All of it by the environment, to the signal's own endpoint; the provider reports on itself. */
static void test_environment(void **state) {
  received *r = *state;
  char endpoint[128];
  snprintf(endpoint, sizeof endpoint, "%s/v1/metrics", r->http);
  setenv("OTEL_METRICS_EXPORTER", "otlp", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf", 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", endpoint, 1);
  setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta", 1);
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_from_env("shop", NULL, &provider, NULL), CSPAN_OK);
  unsetenv("OTEL_METRICS_EXPORTER");
  unsetenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL");
  unsetenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  unsetenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
  record(provider);
  assert_int_equal(cspan_meter_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_meter_provider_free(provider);
  assert_int_equal(r->requests, 1);
  assert_int_equal(r->calls, 3);
  assert_true(r->is_delta);
}

static void test_refused(void **state) {
  received *r = *state;
  cspan_error *error = NULL;
  cspan_receiver_stop(r->receiver);
  r->receiver = NULL;
  const cspan_otlp_options otlp = {
      .protocol = CSPAN_OTLP_GRPC, .endpoint = r->grpc, .timeout_ms = 200};
  cspan_meter_provider *provider = provider_to(&otlp);
  record(provider);
  assert_int_not_equal(cspan_meter_provider_force_flush(provider, 0, &error), CSPAN_OK);
  assert_non_null(strstr(cspan_error_message(error), "data points"));
  cspan_error_free(error);
  cspan_meter_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_protobuf, start, stop),
      cmocka_unit_test_setup_teardown(test_json, start, stop),
      cmocka_unit_test_setup_teardown(test_environment, start, stop),
      cmocka_unit_test_setup_teardown(test_refused, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
