/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation from the provider to the exported bytes fails once, and then
 * for good: nothing leaks, crashes, or is reported that did not happen. */
#include "unit/telemetry/gate_exporter.h"

#include "support/fail_alloc.h"
#include "support/quiet_log.h"
#include "telemetry/core.h"

static cspan_tracer_provider *make_provider(gate_exporter *gate, bool simple) {
  const cspan_batch_options batch = {.schedule_delay_ms = 60000};
  cspan_span_exporter *exporter = gate_create(gate);
  cspan_span_processor *processor =
      simple ? cspan_processor_simple(exporter) : cspan_processor_batch(exporter, &batch);
  if (processor == NULL) {
    return NULL;
  }
  const cspan_attr attr = cspan_attr_string("deployment", "test");
  cspan_provider_options options = {.service_name = "oom",
                                    .resource = &attr,
                                    .resource_count = 1,
                                    .sampler =
                                        cspan_sampler_parent_based(cspan_sampler_trace_id_ratio(1)),
                                    .processors = &processor,
                                    .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_tracer_provider_create(&options, &provider, &error);
  assert_int_equal(status == CSPAN_OK, provider != NULL);
  assert_int_equal(status == CSPAN_OK, error == NULL);
  cspan_error_free(error);
  return provider;
}

static size_t make_spans(cspan_tracer_provider *provider) {
  static char text[4000];
  memset(text, 't', sizeof text - 1);
  size_t made = 0;
  char key[8] = "k00";
  cspan_tracer *tracer = cspan_tracer_get(provider, "oom", "1", "u");
  cspan_span_context remote = {
      .trace_id = {1}, .span_id = {1}, .trace_flags = 1, .trace_state = "a=b"};
  cspan_span carrier = cspan_span_from_context(&remote);
  cspan_context context = cspan_context_with_span(NULL, carrier);
  for (int i = 0; i < 3; i++) {
    cspan_span span = cspan_span_start(tracer, &context, "span", NULL);
    made += span.slot != NULL;
    for (int a = 0; a < 40; a++) {
      key[1] = (char)('0' + a / 10);
      key[2] = (char)('0' + a % 10);
      cspan_span_set_int64(span, key, a);
    }
    cspan_span_set_string(span, "text", text);
    const cspan_attr attr = cspan_attr_string("text", text);
    cspan_span_add_event(span, "event", 0, &attr, 1);
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, text);
    cspan_span_end(span);
  }
  cspan_span_end(carrier);
  return made;
}

/* Returns whether a failure was met. */
static bool run(bool simple, size_t n, bool all) {
  gate_exporter gate;
  fail_alloc_arm(n, all);
  cspan_tracer_provider *provider = make_provider(&gate, simple);
  size_t made = 0;
  cspan_status status = CSPAN_OK;
  if (provider != NULL) {
    made = make_spans(provider);
    cspan_error *error = NULL;
    status = cspan_tracer_provider_force_flush(provider, 0, &error);
    assert_int_equal(status == CSPAN_OK, error == NULL);
    cspan_error_free(error);
    cspan_tracer_provider_free(provider);
  }
  bool met = fail_alloc_disarm();
  if (status == CSPAN_OK) {
    assert_int_equal(gate.items, made); /* OK means that all of it is through */
  }
  if (!met) {
    assert_int_equal(made, 3);
    assert_int_equal(gate.items, 3);
  }
  gate_destroy(&gate);
  return met;
}

static void replay(bool simple, bool all) {
  fail_alloc_install();
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  size_t n = 1;
  while (run(simple, n, all)) {
    n++;
    assert_true(n < 1000);
  }
  assert_true(n > 10);
  /* The pool of spans stays; nothing else does. */
  long kept = fail_alloc_outstanding();
  assert_false(run(simple, 1000, all));
  assert_int_equal(fail_alloc_outstanding(), kept);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void test_batch(void **state) {
  (void)state;
  replay(false, false);
  replay(false, true);
}

static void test_simple(void **state) {
  (void)state;
  replay(true, false);
  replay(true, true);
}

static void test_init(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  long before = fail_alloc_outstanding();
  size_t n = 0;
  bool met = true;
  while (met) {
    cspan_tracer_provider *provider = NULL;
    cspan_error *error = NULL;
    fail_alloc_arm(++n, false);
    cspan_status status = cspan_telemetry_init("svc", "1", &provider, &error);
    met = fail_alloc_disarm();
    assert_int_equal(status == CSPAN_OK, provider != NULL);
    assert_int_equal(status == CSPAN_OK, error == NULL);
    assert_ptr_equal(cspan_tracer_provider_global(), provider);
    assert_true(met || status == CSPAN_OK);
    cspan_error_free(error);
    cspan_tracer_provider_free(provider);
    cspan_propagator_set_global(NULL); /* that of the environment */
    assert_int_equal(fail_alloc_outstanding(), before);
  }
  assert_true(n > 10);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batch),
      cmocka_unit_test(test_simple),
      cmocka_unit_test(test_init),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
