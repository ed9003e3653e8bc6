/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/gate_exporter.h"

#include "telemetry/core.h"
#include "unit/telemetry/forked.h"

static int warnings;

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)message;
  warnings += level == CSPAN_LOG_WARN;
}

static cspan_tracer_provider *open_simple(gate_exporter *gate) {
  cspan_span_processor *processor = cspan_processor_simple(gate_create(gate));
  cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

static void one_span(cspan_tracer_provider *provider) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "simple", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
}

static void test_each_span_is_exported_at_its_end(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_tracer_provider *provider = open_simple(&gate);
  for (size_t i = 1; i <= 3; i++) {
    one_span(provider);
    assert_int_equal(gate.items, i);
  }
  assert_int_equal(gate.largest, 1);
  assert_true(gate.deadline_ns != 0);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(gate.flushes, 1);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(gate.shutdowns, 1);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_ERR_SHUTDOWN);
  cspan_tracer_provider_free(provider);
  assert_true(gate.has_gone);
  gate_destroy(&gate);
}

static void test_failures(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = open_simple(&gate);
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  warnings = 0;
  gate.status = CSPAN_ERR_CONNECT;
  one_span(provider);
  one_span(provider);
  assert_int_equal(warnings, 1);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, &error), CSPAN_ERR_CONNECT);
  assert_non_null(strstr(cspan_error_message(error), "2 spans were not exported"));
  cspan_error_free(error);
  gate.status = CSPAN_OK;
  one_span(provider);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_ended, 3);
  assert_int_equal(stats.spans_exported, 1);
  assert_int_equal(stats.spans_dropped_export_failed, 2);
  cspan_tracer *tracer = cspan_tracer_get(provider, "simple", NULL, NULL);
  cspan_span late = cspan_span_start(tracer, NULL, "late", NULL);
  cspan_tracer_provider_shutdown(provider, 0, NULL);
  cspan_span_end(late);
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_dropped_export_failed, 3);
  assert_int_equal(gate.items, 1);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_tracer_provider_free(provider);
  gate_destroy(&gate);
}

static void *end_one(void *arg) {
  one_span(arg);
  return NULL;
}

typedef struct fork_job {
  gate_exporter *gate;
  cspan_tracer_provider *provider;
} fork_job;

static int export_in_child(void *arg) {
  fork_job *job = arg;
  pthread_mutex_init(&job->gate->lock, NULL);
  job->gate->is_shut = false;
  one_span(job->provider);
  return job->gate->items == 1 ? 0 : 1;
}

/* A fork while another thread is inside an export leaves the child able to work. */
static void test_fork_during_an_export(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_tracer_provider *provider = open_simple(&gate);
  gate_set(&gate, true);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, end_one, provider), 0);
  gate_await_inside(&gate);
  fork_job job = {&gate, provider};
  assert_int_equal(run_forked(export_in_child, &job), 0);
  gate_set(&gate, false);
  pthread_join(thread, NULL);
  assert_int_equal(gate.items, 1);
  cspan_tracer_provider_free(provider);
  gate_destroy(&gate);
}

/* The time that a flush or a shutdown may take holds also while another thread's
 * export is stuck. */
static void test_timeouts_hold_during_an_export(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_telemetry_stats stats;
  cspan_tracer_provider *provider = open_simple(&gate);
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  gate_set(&gate, true);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, end_one, provider), 0);
  gate_await_inside(&gate);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 20, NULL), CSPAN_ERR_TIMEOUT);
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_ended, 1);
  assert_int_equal(stats.spans_exported, 0);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 20, NULL), CSPAN_ERR_TIMEOUT);
  pthread_join(thread, NULL);
  assert_true(gate.was_cancelled);
  assert_int_equal(gate.shutdowns, 1);
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_dropped_export_failed, 1);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_tracer_provider_free(provider);
  gate_destroy(&gate);
}

static void test_free_shuts_down(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_processor_free(cspan_processor_simple(gate_create(&gate)));
  assert_int_equal(gate.flushes, 1);
  assert_int_equal(gate.shutdowns, 1);
  assert_true(gate.has_gone);
  gate_destroy(&gate);
}

/* Many threads, one export at a time. */
enum { PRODUCERS = 4, SPANS_EACH = 100 };

static void *end_many(void *arg) {
  for (int i = 0; i < SPANS_EACH; i++) {
    one_span(arg);
  }
  return NULL;
}

static void test_many_threads(void **state) {
  (void)state;
  gate_exporter gate;
  pthread_t threads[PRODUCERS];
  cspan_tracer_provider *provider = open_simple(&gate);
  for (int i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, end_many, provider), 0);
  }
  for (int i = 0; i < PRODUCERS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(gate.items, PRODUCERS * SPANS_EACH);
  assert_false(gate.was_entered_twice);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  gate_destroy(&gate);
}

/* An exporter that ends a span of the program does not wait for itself. */
static cspan_span of_the_program;

static cspan_status end_inside(void *self, const cspan_context *context,
                               const cspan_export_batch *batch, size_t *rejected,
                               cspan_error **error) {
  (void)context;
  (void)batch;
  (void)rejected;
  (void)error;
  ++*(int *)self;
  cspan_span_end(of_the_program);
  return CSPAN_OK;
}

static void test_span_ends_inside_an_export(void **state) {
  (void)state;
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = end_inside};
  int exports = 0;
  cspan_span_processor *processor =
      cspan_processor_simple(cspan_exporter_create(&vtable, &exports));
  cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider;
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  of_the_program = cspan_span_start(tracer, NULL, "program", NULL);
  one_span(provider);
  assert_int_equal(exports, 1);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_ERR_INVALID);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_exported, 1);
  assert_int_equal(stats.spans_dropped_export_failed, 1);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_tracer_provider_free(provider);
}

static void test_no_exporter(void **state) {
  (void)state;
  assert_null(cspan_processor_simple(NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_span_is_exported_at_its_end),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_fork_during_an_export),
      cmocka_unit_test(test_timeouts_hold_during_an_export),
      cmocka_unit_test(test_free_shuts_down),
      cmocka_unit_test(test_many_threads),
      cmocka_unit_test(test_span_ends_inside_an_export),
      cmocka_unit_test(test_no_exporter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
