/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/batch_fixture.h"

#include "unit/telemetry/forked.h"
#include <stdlib.h>

static void test_flush_exports_all(void **state) {
  (void)state;
  static const size_t counts[] = {0, 1, 7, 8, 9, 16};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    batch_fixture f;
    open_batch(&f, &patient);
    make_spans(f.tracer, counts[i]);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
    assert_int_equal(f.gate.items, counts[i]);
    assert_true(f.gate.largest <= 8);
    assert_int_equal(f.gate.flushes, 1); /* it may hold spans of an earlier process */
    if (counts[i] > 0) {
      assert_true(f.gate.deadline_ns != 0);
    }
    cspan_telemetry_stats stats = stats_of(&f);
    assert_int_equal(stats.spans_ended, counts[i]);
    assert_int_equal(stats.spans_exported, counts[i]);
    close_batch(&f);
  }
}

static void test_spans_are_grouped_by_scope(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  cspan_tracer *tracers[] = {cspan_tracer_get(f.provider, "a", "1", "https://schema/1"),
                             cspan_tracer_get(f.provider, "b", NULL, NULL),
                             cspan_tracer_get(f.provider, "a", "2", NULL)};
  for (size_t i = 0; i < 7; i++) {
    cspan_span span = cspan_span_start(tracers[i % 3], NULL, "s", NULL);
    cspan_span_set_int64(span, "i", (int64_t)i);
    cspan_span_end(span);
  }
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(f.gate.batches, 1);
  cspan_span_list *list = gate_spans(&f.gate);
  static const struct {
    int64_t i;
    const char *scope;
    const char *version;
    const char *schema_url;
  } rows[] = {{0, "a", "1", "https://schema/1"},
              {3, "a", "1", "https://schema/1"},
              {6, "a", "1", "https://schema/1"},
              {1, "b", "", ""},
              {4, "b", "", ""},
              {2, "a", "2", ""},
              {5, "a", "2", ""}};
  assert_int_equal(cspan_span_list_count(list), 7);
  for (size_t i = 0; i < 7; i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    assert_true(view->attributes[0].value.int64 == rows[i].i);
    assert_string_equal(view->scope_name, rows[i].scope);
    assert_string_equal(view->scope_version != NULL ? view->scope_version : "", rows[i].version);
    /* Where the scope has none it is the resource's. */
    assert_int_equal(strcmp(view->schema_url, "https://schema/1") == 0,
                     rows[i].schema_url[0] != '\0');
    assert_non_null(cspan_attrs_find(view->resource, view->resource_count, "service.name"));
  }
  cspan_span_list_free(list);
  close_batch(&f);
}

static void test_full_batch_goes_at_once(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  make_spans(f.tracer, 8);
  gate_await_items(&f.gate, 8);
  make_spans(f.tracer, 8);
  gate_await_items(&f.gate, 16);
  assert_int_equal(f.gate.largest, 8);
  close_batch(&f);
}

static void test_delay_sends_a_part_of_a_batch(void **state) {
  (void)state;
  cspan_batch_options options = patient;
  options.schedule_delay_ms = 1;
  batch_fixture f;
  open_batch(&f, &options);
  for (size_t i = 1; i <= 3; i++) {
    make_spans(f.tracer, 1);
    gate_await_items(&f.gate, i);
  }
  close_batch(&f);
}

static void *make_three(void *arg) {
  batch_fixture *f = arg;
  make_spans(f->tracer, 3);
  return NULL;
}

/* Three spans each of threads that come one after the other. */
static void make_by_threads(batch_fixture *f, size_t threads) {
  for (size_t i = 0; i < threads; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, make_three, f), 0);
    pthread_join(thread, NULL);
  }
}

/* Whichever threads the spans come from: a full batch goes at once, and the queue holds as many
 * as it says. */
static void test_limits_hold_for_all_threads(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  make_by_threads(&f, 3);
  gate_await_items(&f.gate, 8);
  assert_int_equal(f.gate.largest, 8);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  gate_set(&f.gate, true);
  make_by_threads(&f, 3);
  gate_await_inside(&f.gate);
  make_by_threads(&f, 7); /* one is queued already */
  assert_int_equal(stats_of(&f).spans_dropped_queue_full, 1 + 21 - 16);
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_ERR_LIMIT, "6 spans were dropped");
  assert_int_equal(stats_of(&f).spans_exported, 9 + 8 + 16);
  assert_int_equal(f.gate.largest, 8 + 1); /* with the report */
  close_batch(&f);
}

/* --------------------------------------------------------- a stalled receiver */

static int warnings;

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  warnings += level == CSPAN_LOG_WARN && strstr(message, "dropped") != NULL;
}

static void test_full_queue_drops_and_tells(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  warnings = 0;
  gate_set(&f.gate, true);
  make_spans(f.tracer, 8); /* on their way, stuck */
  gate_await_inside(&f.gate);
  make_spans(f.tracer, 16 + 5);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 29);
  assert_int_equal(stats.spans_dropped_queue_full, 5);
  assert_int_equal(warnings, 1); /* not one a span */
  assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "still wait");
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_ERR_LIMIT, "5 spans were dropped");
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL); /* told once */
  stats = stats_of(&f);
  assert_int_equal(stats.spans_exported, 24);
  assert_int_equal(f.gate.items, 24 + 1); /* and the report of the dropped ones */
  close_batch(&f);
  assert_int_equal(warnings, 2); /* the remaining four, at the end */
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void test_shutdown_ends_a_stalled_export(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  gate_set(&f.gate, true);
  make_spans(f.tracer, 8);
  gate_await_inside(&f.gate);
  make_spans(f.tracer, 3);
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, 20, &error), CSPAN_ERR_TIMEOUT);
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_TIMEOUT);
  cspan_error_free(error);
  assert_true(f.gate.was_cancelled);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_exported, 0);
  assert_int_equal(stats.spans_dropped_export_failed, 11);
  close_batch(&f);
}

static void test_shutdown_flushes(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  make_spans(f.tracer, 11);
  cspan_span open = cspan_span_start(f.tracer, NULL, "open", NULL);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_OK);
  assert_int_equal(f.gate.items, 11);
  assert_int_equal(f.gate.flushes, 1);
  assert_int_equal(f.gate.shutdowns, 1);
  assert_null(cspan_span_start(f.tracer, NULL, "later", NULL).slot);
  cspan_span_end(open); /* too late, and counted */
  assert_int_equal(stats_of(&f).spans_dropped_export_failed, 1);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_ERR_SHUTDOWN);
  assert_flush(&f, LONG_MS, CSPAN_ERR_SHUTDOWN, "shut down");
  close_batch(&f);
}

/* ------------------------------------------------------------ a failing export */

static void test_failures_are_told(void **state) {
  (void)state;
  static const struct {
    cspan_status status;
    cspan_status flush_status;
    size_t rejects;
    cspan_status expected;
    const char *message;
    size_t exported;
    size_t failed;
  } rows[] = {
      {CSPAN_ERR_CONNECT, CSPAN_OK, 0, CSPAN_ERR_CONNECT, "5 spans were not exported", 0, 5},
      {CSPAN_ERR_CONNECT, CSPAN_OK, 0, CSPAN_ERR_CONNECT, "the gate said so", 0, 5},
      {CSPAN_OK, CSPAN_OK, 2, CSPAN_ERR_PARTIAL, "refused 2 spans", 3, 2},
      {CSPAN_OK, CSPAN_OK, 99, CSPAN_ERR_PARTIAL, "refused 5 spans", 0, 5},
      {CSPAN_OK, CSPAN_ERR_IO, 0, CSPAN_ERR_IO, "the exporter failed: io", 5, 0},
  };
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    batch_fixture f;
    open_batch(&f, &patient);
    f.gate.status = rows[i].status;
    f.gate.flush_status = rows[i].flush_status;
    f.gate.rejects = rows[i].rejects;
    make_spans(f.tracer, 5);
    assert_flush(&f, LONG_MS, rows[i].expected, rows[i].message);
    cspan_telemetry_stats stats = stats_of(&f);
    assert_int_equal(stats.spans_exported, rows[i].exported);
    assert_int_equal(stats.spans_dropped_export_failed, rows[i].failed);
    f.gate.status = CSPAN_OK;
    f.gate.flush_status = CSPAN_OK;
    f.gate.rejects = 0;
    make_spans(f.tracer, 1);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL); /* the new span is through */
    close_batch(&f);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* A batch that failed before the flush began was not flushed either. */
static void test_earlier_failure_is_told_by_the_flush(void **state) {
  (void)state;
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  batch_fixture f;
  open_batch(&f, &patient);
  gate_set(&f.gate, true);
  f.gate.status = CSPAN_ERR_SERVICE;
  make_spans(f.tracer, 8);
  gate_await_inside(&f.gate);
  gate_set(&f.gate, false);
  pthread_mutex_lock(&f.gate.lock);
  while (f.gate.batches == 0) {
    pthread_cond_wait(&f.gate.changed, &f.gate.lock);
  }
  f.gate.status = CSPAN_OK;
  pthread_mutex_unlock(&f.gate.lock);
  make_spans(f.tracer, 1);
  assert_flush(&f, LONG_MS, CSPAN_ERR_SERVICE, "8 spans were not exported");
  assert_int_equal(f.gate.items, 1 + 1);
  close_batch(&f);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* ---------------------------------------------------------------- the settings */

static size_t queue_capacity(const cspan_batch_options *options) {
  batch_fixture f;
  open_batch(&f, options);
  gate_set(&f.gate, true);
  make_spans(f.tracer, 3000);
  cspan_telemetry_stats stats = stats_of(&f);
  /* Up to one batch has left the queue. */
  size_t kept = stats.spans_ended - stats.spans_dropped_queue_full;
  close_batch(&f);
  return kept;
}

static void test_settings(void **state) {
  (void)state;
  static const struct {
    const char *queue;
    const char *batch;
    size_t option_queue;
    size_t at_least;
    size_t at_most;
  } rows[] = {{NULL, NULL, 0, 2048, 2560},         {"100", "10", 0, 100, 110},
              {"100", "500", 0, 100, 200},         {"x", "y", 0, 2048, 2560},
              {"-5", "0", 0, 2048, 2560},          {"100", "10", 20, 20, 30},
              {"99999999999", NULL, 0, 2048, 2560}};
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
    unsetenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    if (rows[i].queue != NULL) {
      setenv("OTEL_BSP_MAX_QUEUE_SIZE", rows[i].queue, 1);
    }
    if (rows[i].batch != NULL) {
      setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", rows[i].batch, 1);
    }
    cspan_batch_options options = {.max_queue_size = rows[i].option_queue};
    size_t kept = queue_capacity(rows[i].option_queue > 0 ? &options : NULL);
    assert_in_range(kept, rows[i].at_least, rows[i].at_most);
  }
  unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
  unsetenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* Requests stay below the 4 MiB that receivers of gRPC take. */
static void test_requests_are_bounded_in_bytes(void **state) {
  (void)state;
  static char text[900001];
  memset(text, 't', sizeof text - 1);
  batch_fixture f;
  open_batch(&f, &patient);
  gate_set(&f.gate, true);
  for (int i = 0; i < 8; i++) {
    cspan_span span = cspan_span_start(f.tracer, NULL, "large", NULL);
    cspan_span_set_string(span, "text", text);
    cspan_span_end(span);
  }
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(f.gate.items, 8);
  assert_int_equal(f.gate.largest, 4);
  cspan_span_list *list = gate_spans(&f.gate);
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(cspan_span_list_at(list, i)->attributes[0].count, 900000);
  }
  cspan_span_list_free(list);
  close_batch(&f);
}

static void test_no_exporter(void **state) {
  (void)state;
  assert_null(cspan_processor_batch(NULL, NULL));
  cspan_processor_free(NULL);
}

static void test_never_used(void **state) {
  (void)state;
  gate_exporter gate;
  cspan_span_processor *processor = cspan_processor_batch(gate_create(&gate), NULL);
  assert_non_null(processor);
  cspan_processor_free(processor);
  assert_true(gate.has_gone);
  gate_destroy(&gate);
}

/* --------------------------------------------------------------------- threads */

enum { PRODUCERS = 3, SPANS_EACH = 500 };

static void *produce(void *arg) {
  batch_fixture *f = arg;
  for (int i = 0; i < SPANS_EACH; i++) {
    make_spans(f->tracer, 1);
    if (i % 100 == 0) {
      cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL);
      stats_of(f);
    }
  }
  return NULL;
}

static void test_many_producers(void **state) {
  (void)state;
  cspan_batch_options options = patient;
  options.max_queue_size = 4096;
  options.max_export_batch_size = 64;
  options.schedule_delay_ms = 1;
  batch_fixture f;
  open_batch(&f, &options);
  pthread_t threads[PRODUCERS];
  for (int i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, produce, &f), 0);
  }
  for (int i = 0; i < PRODUCERS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  cspan_span_list *list = gate_spans(&f.gate);
  assert_int_equal(cspan_span_list_count(list), PRODUCERS * SPANS_EACH);
  cspan_span_list_free(list);
  assert_int_equal(stats_of(&f).spans_exported, PRODUCERS * SPANS_EACH);
  close_batch(&f);
}

/* An exporter that is traced itself must not feed itself. */
static cspan_tracer *own_tracer;

static cspan_status export_and_trace(void *self, const cspan_context *context,
                                     const cspan_export_batch *batch, size_t *rejected,
                                     cspan_error **error) {
  (void)context;
  (void)rejected;
  (void)error;
  cspan_span span = cspan_span_start(own_tracer, NULL, "export", NULL);
  *(bool *)self = span.slot != NULL || batch->span_count != 1;
  cspan_span_end(span);
  return CSPAN_OK;
}

static void test_exporting_makes_no_spans(void **state) {
  (void)state;
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = export_and_trace};
  for (int simple = 0; simple < 2; simple++) {
    bool failed = true;
    cspan_span_exporter *exporter = cspan_exporter_create(&vtable, &failed);
    cspan_span_processor *processor =
        simple ? cspan_processor_simple(exporter) : cspan_processor_batch(exporter, NULL);
    cspan_provider_options options = {.processors = &processor, .processor_count = 1};
    cspan_tracer_provider *provider;
    assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
    own_tracer = cspan_tracer_get(provider, "own", NULL, NULL);
    make_spans(own_tracer, 1);
    assert_int_equal(cspan_tracer_provider_force_flush(provider, LONG_MS, NULL), CSPAN_OK);
    assert_false(failed);
    cspan_tracer_provider_free(provider);
  }
}

/* ------------------------------------------------------------------------ fork */

/* In the child: what the parent had queued is not exported again, new spans are. */
static int run_in_child(void *arg) {
  batch_fixture *f = arg;
  pthread_mutex_init(&f->gate.lock, NULL);
  pthread_cond_init(&f->gate.changed, NULL);
  f->gate.is_shut = false;
  f->gate.inside = 0;
  size_t before = f->gate.items;
  make_spans(f->tracer, 3);
  if (cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL) != CSPAN_OK) {
    return 1;
  }
  if (f->gate.items != before + 3) {
    return 2;
  }
  cspan_telemetry_stats stats = stats_of(f);
  if (stats.spans_ended != 3 || stats.spans_exported != 3) {
    return 3;
  }
  return cspan_tracer_provider_shutdown(f->provider, LONG_MS, NULL) == CSPAN_OK ? 0 : 4;
}

static void test_fork(void **state) {
  (void)state;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  for (int stalled = 0; stalled < 2; stalled++) {
    batch_fixture f;
    open_batch(&f, &patient);
    gate_set(&f.gate, stalled);
    make_spans(f.tracer, 8);
    if (stalled) {
      gate_await_inside(&f.gate);
    } else {
      gate_await_items(&f.gate, 8);
    }
    make_spans(f.tracer, 2);
    assert_int_equal(run_forked(run_in_child, &f), 0);
    gate_set(&f.gate, false);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL); /* the parent's own are untouched */
    assert_int_equal(f.gate.items, 10);
    close_batch(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_flush_exports_all),
      cmocka_unit_test(test_spans_are_grouped_by_scope),
      cmocka_unit_test(test_full_batch_goes_at_once),
      cmocka_unit_test(test_limits_hold_for_all_threads),
      cmocka_unit_test(test_delay_sends_a_part_of_a_batch),
      cmocka_unit_test(test_full_queue_drops_and_tells),
      cmocka_unit_test(test_shutdown_ends_a_stalled_export),
      cmocka_unit_test(test_shutdown_flushes),
      cmocka_unit_test(test_failures_are_told),
      cmocka_unit_test(test_earlier_failure_is_told_by_the_flush),
      cmocka_unit_test(test_settings),
      cmocka_unit_test(test_requests_are_bounded_in_bytes),
      cmocka_unit_test(test_no_exporter),
      cmocka_unit_test(test_never_used),
      cmocka_unit_test(test_many_producers),
      cmocka_unit_test(test_exporting_makes_no_spans),
      cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
