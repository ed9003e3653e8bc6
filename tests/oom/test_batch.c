/* SPDX-License-Identifier: Apache-2.0 */
/* A batch processor with several exports at once, from its making to its end, with every
 * allocation of this thread failing in turn. */
#include "oom/oom_receiver.h"

#include <string.h>

#include <cloudspan/telemetry.h>

enum { MOST_ALLOCATIONS = 5000, SPANS = 40 };

static cspan_status make_provider(cspan_tracer_provider **out, cspan_error **error) {
  const cspan_otlp_options otlp = {.protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = http_endpoint};
  const cspan_batch_options batch = {.max_export_batch_size = 8, .max_concurrent_exports = 4};
  cspan_span_exporter *exporter = NULL;
  cspan_status status = cspan_exporter_otlp(&otlp, &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_span_processor *processor = cspan_processor_batch(exporter, &batch);
  const cspan_provider_options options = {.service_name = "oom",
                                          .processors = &processor,
                                          .processor_count = 1,
                                          .schema_url = "https://example.com/\xff"};
  status = cspan_tracer_provider_create(&options, out, error);
  return status != CSPAN_OK ? status : cspan_tracer_provider_shutdown_at_exit(*out, 0, error);
}

/* Spans that there was no memory for were never started. */
static cspan_status run(cspan_error **error, uint64_t *started, cspan_telemetry_stats *stats) {
  cspan_tracer_provider *provider = NULL;
  memset(stats, 0, sizeof *stats);
  *started = 0;
  cspan_status status = make_provider(&provider, error);
  if (status == CSPAN_OK) {
    cspan_tracer *tracer = cspan_tracer_get(provider, "oom", "1", NULL);
    for (int i = 0; i < SPANS; i++) {
      cspan_span span = cspan_span_start(tracer, NULL, "work", NULL);
      *started += span.slot != NULL;
      cspan_span_end(span);
    }
    status = cspan_tracer_provider_shutdown(provider, 0, error);
    cspan_tracer_provider_stats(provider, stats);
  }
  cspan_tracer_provider_free(provider);
  return status;
}

static void replay(bool all_that_follow) {
  cspan_error *error = NULL;
  uint64_t started;
  cspan_telemetry_stats stats;
  assert_int_equal(run(&error, &started, &stats), CSPAN_OK);
  assert_int_equal(stats.spans_exported, SPANS);
  long before = fail_alloc_outstanding_here();
  bool met = true;
  for (size_t n = 1; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, all_that_follow);
    cspan_status status = run(&error, &started, &stats);
    met = fail_alloc_disarm();
    assert_int_equal(status == CSPAN_OK, error == NULL);
    assert_int_equal(stats.spans_ended, started);
    assert_int_equal(stats.spans_ended, stats.spans_exported + stats.spans_dropped_queue_full +
                                            stats.spans_dropped_export_failed);
    if (status == CSPAN_OK) {
      assert_int_equal(stats.spans_exported, started);
    }
    cspan_error_free(error);
    error = NULL;
  }
  assert_int_equal(started, SPANS);
  assert_true(fail_alloc_outstanding_here() <= before + 16);
}

static void test_one_failure(void **state) {
  (void)state;
  replay(false);
}

static void test_no_memory_from_then_on(void **state) {
  (void)state;
  replay(true);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_failure),
                                     cmocka_unit_test(test_no_memory_from_then_on)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
