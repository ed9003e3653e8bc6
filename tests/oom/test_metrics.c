/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics with every allocation failing in turn: making a provider that reports on itself,
 * recording, observing, and exporting to a real receiver. */
#include "oom/oom_receiver.h"

#include <string.h>

#include <cloudspan/metrics.h>

#define MOST_ALLOCATIONS 20000

static void observe(void *user, cspan_observer *observer) {
  for (int64_t i = 0; i < 20; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_observe_int64(observer, user, i, &attr, 1);
  }
}

static void record_all(cspan_meter_provider *provider) {
  static const char *const words[] = {"a", "b"};
  const cspan_scope scope = {.name = "oom"};
  const cspan_instrument_options counter = {.name = "counter"};
  const cspan_instrument_options histogram = {.kind = CSPAN_HISTOGRAM, .name = "histogram"};
  const cspan_instrument_options observable = {.kind = CSPAN_OBSERVABLE_COUNTER,
                                               .name = "observable"};
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  cspan_instrument *adds = cspan_instrument_get(meter, &counter);
  cspan_instrument *records = cspan_instrument_get(meter, &histogram);
  for (int64_t i = 0; i < 20; i++) {
    const cspan_attr attrs[] = {cspan_attr_int64("i", i), cspan_attr_strings("words", words, 2)};
    cspan_record_int64(adds, NULL, 1, attrs, 2);
    cspan_record_int64(records, NULL, i, attrs, 2);
  }
  cspan_series *bound = cspan_instrument_bind(adds, NULL, 0);
  cspan_series_record_int64(bound, NULL, 1);
  cspan_series_release(bound);
  cspan_callback_remove(cspan_meter_observe(meter, observe, NULL));
  cspan_meter_observe(meter, observe, cspan_instrument_get(meter, &observable));
}

static cspan_status export_metrics(const cspan_otlp_options *otlp, cspan_error **error) {
  const cspan_metric_reader_options by_hand = {.interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_exporter *exporter = NULL;
  cspan_meter_provider *provider = NULL;
  cspan_status status = cspan_metric_exporter_otlp(otlp, &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_metric_reader *reader = cspan_metric_reader_periodic(exporter, &by_hand);
  const cspan_meter_provider_options options = {
      .service_name = "oom", .readers = &reader, .reader_count = 1, .reports_itself = true};
  status = cspan_meter_provider_create(&options, &provider, error);
  if (status != CSPAN_OK) {
    return status;
  }
  record_all(provider);
  status = cspan_meter_provider_force_flush(provider, 0, error);
  cspan_error *at_end = NULL;
  cspan_status ended = cspan_meter_provider_shutdown(provider, 0, &at_end);
  assert_int_equal(cspan_error_status(at_end), ended);
  cspan_error_free(at_end);
  cspan_meter_provider_free(provider);
  return status;
}

static void replay(const cspan_otlp_options *otlp) {
  cspan_error *error = NULL;
  assert_int_equal(export_metrics(otlp, &error), CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = export_metrics(otlp, &error);
    bool met = fail_alloc_disarm();
    assert_int_equal(cspan_error_status(error), status);
    assert_true(status == CSPAN_OK || strlen(cspan_error_message(error)) > 0);
    cspan_error_free(error);
    error = NULL;
    if (!met) {
      break;
    }
  }
  assert_true(fail_alloc_outstanding_here() <= before + 8);
}

static void test_grpc(void **state) {
  (void)state;
  replay(&(cspan_otlp_options){.protocol = CSPAN_OTLP_GRPC, .endpoint = grpc_endpoint});
}

static void test_json(void **state) {
  (void)state;
  replay(&(cspan_otlp_options){.protocol = CSPAN_OTLP_HTTP_JSON, .endpoint = http_endpoint});
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_grpc), cmocka_unit_test(test_json)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
