/* SPDX-License-Identifier: Apache-2.0 */
/* The batch processor where things go wrong around it. */
#include "unit/telemetry/batch_fixture.h"

#include <stdlib.h>

static int warnings;

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)message;
  warnings += level == CSPAN_LOG_WARN;
}

static int quiet(void **state) {
  (void)state;
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  return 0;
}

static int loud(void **state) {
  (void)state;
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  return 0;
}

/* ------------------------------------------------------- an end during shutdown */

typedef struct shutdown_job {
  batch_fixture *f;
  cspan_status status;
  cspan_error *error;
} shutdown_job;

static void *shut_down(void *arg) {
  shutdown_job *job = arg;
  job->status = cspan_tracer_provider_shutdown(job->f->provider, LONG_MS, &job->error);
  return NULL;
}

/* A span that ends while the shutdown waits comes too late. It is counted as lost,
 * but it is none of those that the shutdown answers for. */
static void test_end_during_shutdown(void **state) {
  (void)state;
  static const cspan_status exports[] = {CSPAN_OK, CSPAN_ERR_CONNECT};
  for (size_t i = 0; i < 2; i++) {
    batch_fixture f;
    open_batch(&f, &patient);
    cspan_span late = cspan_span_start(f.tracer, NULL, "late", NULL);
    make_spans(f.tracer, 2);
    gate_set(&f.gate, true);
    f.gate.status = exports[i];
    shutdown_job job = {.f = &f};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, shut_down, &job), 0);
    gate_await_inside(&f.gate);
    cspan_span_end(late);
    gate_set(&f.gate, false);
    pthread_join(thread, NULL);
    assert_int_equal(job.status, exports[i]);
    assert_int_equal(cspan_error_status(job.error), exports[i]);
    if (job.error != NULL) {
      assert_string_equal(cspan_error_message(job.error),
                          "2 spans were not exported: the gate said so");
    }
    cspan_error_free(job.error);
    cspan_telemetry_stats stats = stats_of(&f);
    assert_int_equal(stats.spans_ended, 3);
    assert_int_equal(stats.spans_exported, exports[i] == CSPAN_OK ? 2 : 0);
    assert_int_equal(stats.spans_dropped_export_failed, exports[i] == CSPAN_OK ? 1 : 3);
    close_batch(&f);
  }
}

/* ------------------------------------------------------------- no thread to be had */

#ifdef __linux__
static void set_thread_stack(size_t bytes) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  assert_int_equal(pthread_attr_setstacksize(&attr, bytes), 0);
  assert_int_equal(pthread_setattr_default_np(&attr), 0);
  pthread_attr_destroy(&attr);
}

static size_t thread_stack(void) {
  pthread_attr_t attr;
  size_t bytes;
  assert_int_equal(pthread_getattr_default_np(&attr), 0);
  pthread_attr_getstacksize(&attr, &bytes);
  pthread_attr_destroy(&attr);
  return bytes;
}

/* No thread gets a stack that is larger than the address space. */
#define HUGE_STACK ((size_t)1 << 50)

static void test_thread_is_tried_for_again(void **state) {
  (void)state;
  size_t stack = thread_stack();
  batch_fixture f;
  open_batch(&f, &patient);
  set_thread_stack(HUGE_STACK);
  make_spans(f.tracer, 16);
  assert_flush(&f, LONG_MS, CSPAN_ERR_NOMEM, "the export thread cannot be started");
  set_thread_stack(stack);
  make_spans(f.tracer, 1); /* the queue is full; nobody flushes */
  gate_await_items(&f.gate, 16);
  assert_int_equal(stats_of(&f).spans_dropped_queue_full, 1);
  close_batch(&f);
}

static void test_shutdown_without_a_thread_counts_the_lost(void **state) {
  (void)state;
  size_t stack = thread_stack();
  batch_fixture f;
  open_batch(&f, &patient);
  set_thread_stack(HUGE_STACK);
  make_spans(f.tracer, 3);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_ERR_NOMEM);
  set_thread_stack(stack);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 3);
  assert_int_equal(stats.spans_dropped_export_failed, 3);
  close_batch(&f);
}
#endif

/* ----------------------------------------------------------- an exporter that stalls */

/* Everything that an exporter is asked to do takes until it is let go. */
typedef struct stalling {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_open;
  size_t inside;
} stalling;

static void stall(stalling *s) {
  pthread_mutex_lock(&s->lock);
  s->inside++;
  pthread_cond_broadcast(&s->changed);
  while (!s->is_open) {
    pthread_cond_wait(&s->changed, &s->lock);
  }
  s->inside--;
  pthread_mutex_unlock(&s->lock);
}

static void await_stalled(stalling *s) {
  pthread_mutex_lock(&s->lock);
  while (s->inside == 0) {
    pthread_cond_wait(&s->changed, &s->lock);
  }
  pthread_mutex_unlock(&s->lock);
}

static void set_open(stalling *s, bool is_open) {
  pthread_mutex_lock(&s->lock);
  s->is_open = is_open;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

static cspan_status stall_export(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  (void)context;
  (void)batch;
  (void)rejected;
  (void)error;
  stall(self);
  return CSPAN_OK;
}

static cspan_status stall_flush(void *self, const cspan_context *context, cspan_error **error) {
  (void)context;
  (void)error;
  stall(self);
  return CSPAN_OK;
}

static void *flush_patiently(void *arg) {
  batch_fixture *f = arg;
  cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL);
  return NULL;
}

/* Spans start, change and end, and are counted and dropped, on this thread while the exporter
 * does not come back: no lock of theirs is its. A program that waits here hangs. */
static void test_stalled_exporter_holds_up_nobody(void **state) {
  (void)state;
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = stall_export,
                                               .force_flush = stall_flush,
                                               .is_concurrent = true};
  for (size_t at_once = 1; at_once <= 4; at_once += 3) {
    stalling s = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    cspan_batch_options options = patient;
    options.max_concurrent_exports = at_once;
    batch_fixture f;
    pthread_t flusher;
    open_batch_with(&f, cspan_exporter_create(&vtable, &s), &options);
    make_spans(f.tracer, 8);
    await_stalled(&s);
    make_spans(f.tracer, 100 + at_once * 8); /* more than the queue and all exports hold */
    cspan_telemetry_stats stats = stats_of(&f);
    assert_int_equal(stats.spans_ended, 108 + at_once * 8);
    assert_true(stats.spans_dropped_queue_full >= 100 - 16);
    assert_int_equal(pthread_create(&flusher, NULL, flush_patiently, &f), 0);
    assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "still wait");
    make_spans(f.tracer, 8);
    set_open(&s, true);
    pthread_join(flusher, NULL);
    set_open(&s, false);
    assert_int_equal(pthread_create(&flusher, NULL, flush_patiently, &f), 0);
    await_stalled(&s); /* in its flush, or in the export before it */
    make_spans(f.tracer, 8);
    stats_of(&f);
    set_open(&s, true);
    pthread_join(flusher, NULL);
    cspan_tracer_provider_free(f.provider);
  }
}

static cspan_status take_all(void *self, const cspan_context *context,
                             const cspan_export_batch *batch, size_t *rejected,
                             cspan_error **error) {
  (void)self;
  (void)context;
  (void)batch;
  (void)rejected;
  (void)error;
  return CSPAN_OK;
}

/* Out of time in the exporter's own flush, which is also called where no span ever ended. */
static void test_stalled_flush_says_so(void **state) {
  (void)state;
  static const cspan_exporter_vtable vtable = {
      .size = sizeof vtable, .export_spans = take_all, .force_flush = stall_flush};
  for (size_t spans = 0; spans <= 3; spans += 3) {
    stalling s = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    batch_fixture f;
    pthread_t flusher;
    open_batch_with(&f, cspan_exporter_create(&vtable, &s), &patient);
    make_spans(f.tracer, spans);
    assert_int_equal(pthread_create(&flusher, NULL, flush_patiently, &f), 0);
    await_stalled(&s);
    assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "the exporter is not done with its own flush");
    assert_int_equal(stats_of(&f).spans_exported, spans);
    set_open(&s, true);
    pthread_join(flusher, NULL);
    cspan_tracer_provider_free(f.provider);
  }
}

/* ------------------------------------------------------------------ large requests */

/* Receivers of gRPC take 4 MiB, the resource included. */
static void test_large_resource_counts(void **state) {
  (void)state;
  static char text[900001];
  memset(text, 't', sizeof text - 1);
  const cspan_attr resource = cspan_attr_string("large", text);
  batch_fixture f;
  cspan_span_processor *processor = cspan_processor_batch(gate_create(&f.gate), &patient);
  cspan_provider_options provider = {
      .resource = &resource, .resource_count = 1, .processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &f.provider, NULL), CSPAN_OK);
  f.tracer = cspan_tracer_get(f.provider, "batch", NULL, NULL);
  gate_set(&f.gate, true);
  for (int i = 0; i < 8; i++) {
    cspan_span span = cspan_span_start(f.tracer, NULL, "large", NULL);
    cspan_span_set_string(span, "text", text);
    cspan_span_end(span);
  }
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(f.gate.items, 8);
  assert_int_equal(f.gate.largest, 3);
  close_batch(&f);
}

/* --------------------------------------------------------- values of the environment */

/* The specification: a delay of 0 is a delay, a timeout of 0 is none. */
static void test_zero_times(void **state) {
  (void)state;
  setenv("OTEL_BSP_SCHEDULE_DELAY", "0", 1);
  setenv("OTEL_BSP_EXPORT_TIMEOUT", "0", 1);
  const cspan_batch_options options = {.max_queue_size = 16, .max_export_batch_size = 8};
  batch_fixture f;
  warnings = 0;
  open_batch(&f, &options);
  assert_int_equal(warnings, 0);
  for (size_t i = 1; i <= 3; i++) {
    make_spans(f.tracer, 1);
    gate_await_items(&f.gate, i);
  }
  close_batch(&f);
  unsetenv("OTEL_BSP_SCHEDULE_DELAY");
  unsetenv("OTEL_BSP_EXPORT_TIMEOUT");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_end_during_shutdown),
#ifdef __linux__
      cmocka_unit_test(test_thread_is_tried_for_again),
      cmocka_unit_test(test_shutdown_without_a_thread_counts_the_lost),
#endif
      cmocka_unit_test(test_stalled_exporter_holds_up_nobody),
      cmocka_unit_test(test_stalled_flush_says_so),
      cmocka_unit_test(test_large_resource_counts),
      cmocka_unit_test(test_zero_times),
  };
  return cmocka_run_group_tests(tests, quiet, loud);
}
