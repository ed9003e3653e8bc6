/* SPDX-License-Identifier: Apache-2.0 */
/* Lost spans are told in the trace stream: one span of the next request. */
#include "unit/telemetry/batch_fixture.h"

#include "support/fail_alloc.h"
#include "support/quiet_log.h"
#include "telemetry/drops.h"
#include "unit/telemetry/forked.h"

static const char report_name[] = "otel.sdk.spans_dropped";

static int64_t int_of(const cspan_span_view *span, const char *key) {
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, key);
  assert_non_null(attr);
  assert_int_equal(attr->type, CSPAN_ATTR_INT64);
  return attr->value.int64;
}

static void assert_report(const cspan_span_view *span, int64_t queue_full, int64_t failed,
                          const char *message) {
  static const uint8_t none[16];
  assert_non_null(span);
  assert_string_equal(span->name, report_name);
  assert_string_equal(span->scope_name, "cloudspan/telemetry");
  assert_string_equal(span->scope_version, cspan_version());
  assert_int_equal(span->kind, CSPAN_SPAN_INTERNAL);
  assert_memory_not_equal(span->trace_id, none, 16);
  assert_memory_not_equal(span->span_id, none, 8);
  assert_memory_equal(span->parent_span_id, none, 8);
  assert_int_equal(span->flags, 0x103);
  assert_int_equal(span->status, CSPAN_SPAN_ERROR);
  assert_string_equal(span->status_message, message);
  assert_int_equal(span->attribute_count, 3);
  const cspan_attr *type = cspan_attrs_find(span->attributes, 3, "otel.component.type");
  assert_non_null(type);
  assert_string_equal(type->value.string, "batching_span_processor");
  assert_true(int_of(span, "otel.sdk.spans.dropped.queue_full") == queue_full);
  assert_true(int_of(span, "otel.sdk.spans.dropped.export_failed") == failed);
  assert_true(span->start_time_unix_ns <= span->end_time_unix_ns);
  assert_non_null(cspan_attrs_find(span->resource, span->resource_count, "service.name"));
}

static size_t count_reports(const cspan_span_list *list) {
  size_t count = 0;
  while (cspan_span_list_find(list, report_name, count) != NULL) {
    count++;
  }
  return count;
}

static void test_full_queue(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  gate_set(&f.gate, true);
  make_spans(f.tracer, 8);
  gate_await_inside(&f.gate);
  make_spans(f.tracer, 16);
  int64_t before = cspan_unix_ns();
  make_spans(f.tracer, 5);
  int64_t after = cspan_unix_ns();
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_ERR_LIMIT, "5 spans were dropped");
  cspan_span_list *list = gate_spans(&f.gate);
  assert_int_equal(cspan_span_list_count(list), 24 + 1);
  const cspan_span_view *report = cspan_span_list_find(list, report_name, 0);
  assert_report(report, 5, 0,
                "5 spans were dropped because the queue was full, 0 because their export failed");
  assert_true(before <= report->start_time_unix_ns && report->end_time_unix_ns <= after);
  cspan_span_list_free(list);
  assert_int_equal(f.gate.largest, 8 + 1); /* it takes no span's place */
  make_spans(f.tracer, 1);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(f.gate.items, 25 + 1); /* told once */
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 30);
  assert_int_equal(stats.spans_exported, 25);
  assert_int_equal(stats.spans_dropped_queue_full, 5);
  assert_int_equal(stats.spans_dropped_export_failed, 0);
  close_batch(&f);
}

/* What could not be told is told with the next request that gets through. */
static void test_failed_exports_add_up(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  f.gate.status = CSPAN_ERR_CONNECT;
  int64_t times[3];
  for (size_t i = 0; i < 3; i++) {
    make_spans(f.tracer, 3 + i);
    times[i] = cspan_unix_ns();
    assert_flush(&f, LONG_MS, CSPAN_ERR_CONNECT, "were not exported");
  }
  f.gate.status = CSPAN_OK;
  make_spans(f.tracer, 2);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  cspan_span_list *list = gate_spans(&f.gate);
  assert_int_equal(cspan_span_list_count(list), 2 + 1);
  const cspan_span_view *report = cspan_span_list_find(list, report_name, 0);
  assert_report(report, 0, 12,
                "0 spans were dropped because the queue was full, 12 because their export failed");
  assert_true(times[0] <= report->start_time_unix_ns && report->start_time_unix_ns <= times[1]);
  assert_true(times[2] <= report->end_time_unix_ns);
  cspan_span_list_free(list);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 14);
  assert_int_equal(stats.spans_exported, 2);
  assert_int_equal(stats.spans_dropped_export_failed, 12);
  close_batch(&f);
}

/* A receiver that refuses all of a request refused the report in it too. */
static void test_refused_spans(void **state) {
  (void)state;
  static const struct {
    size_t rejects;
    int64_t told; /* by this request; 0: no report */
  } rows[] = {{2, 0}, {0, 2}, {0, 0}, {99, 0}, {99, 5}, {6, 10}, {5, 15}, {0, 5}};
  batch_fixture f;
  open_batch(&f, &patient);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    f.gate.rejects = rows[i].rejects;
    cspan_buf_clear(&f.gate.requests);
    make_spans(f.tracer, 5);
    assert_int_equal(cspan_tracer_provider_force_flush(f.provider, LONG_MS, NULL),
                     rows[i].rejects > 0 ? CSPAN_ERR_PARTIAL : CSPAN_OK);
    cspan_span_list *list = gate_spans(&f.gate);
    const cspan_span_view *report = cspan_span_list_find(list, report_name, 0);
    assert_int_equal(report != NULL, rows[i].told > 0);
    if (report != NULL) {
      assert_true(int_of(report, "otel.sdk.spans.dropped.export_failed") == rows[i].told);
    }
    cspan_span_list_free(list);
  }
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 40);
  assert_int_equal(stats.spans_exported, 18);
  assert_int_equal(stats.spans_dropped_export_failed, 22);
  f.gate.rejects = 0;
  close_batch(&f);
}

/* No memory for a span while the queue is empty: a flush tells it all the same. */
static void test_flush_sends_a_report_alone(void **state) {
  (void)state;
  static char text[100001];
  memset(text, 't', sizeof text - 1);
  fail_alloc_install();
  batch_fixture f;
  open_batch(&f, &patient);
  make_spans(f.tracer, 1);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "large", NULL);
  cspan_span_set_string(span, "text", text);
  fail_alloc_arm(1, false);
  cspan_span_end(span);
  assert_true(fail_alloc_disarm());
  assert_flush(&f, LONG_MS, CSPAN_ERR_LIMIT, "1 span was dropped");
  assert_int_equal(f.gate.batches, 2);
  cspan_span_list *list = gate_spans(&f.gate);
  assert_int_equal(cspan_span_list_count(list), 1 + 1);
  assert_report(cspan_span_list_find(list, report_name, 0), 1, 0,
                "1 span was dropped because the queue was full, 0 because their export failed");
  cspan_span_list_free(list);
  close_batch(&f);
  fail_alloc_uninstall();
}

/* A receiver that was not there is not waited for once more. */
static void test_shutdown_sends_no_report_after_a_failure(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  gate_set(&f.gate, true);
  f.gate.status = CSPAN_ERR_CONNECT;
  make_spans(f.tracer, 8);
  gate_await_inside(&f.gate);
  make_spans(f.tracer, 16 + 1);
  gate_set(&f.gate, false);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_ERR_CONNECT);
  assert_int_equal(f.gate.batches, 3);
  assert_int_equal(f.gate.items, 0);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_dropped_queue_full, 1);
  assert_int_equal(stats.spans_dropped_export_failed, 24);
  close_batch(&f);
}

static void test_times_of_drops(void **state) {
  (void)state;
  cspan_drop_report report;
  cspan_request_run span;
  assert_true(cspan_drop_report_init(&report));
  cspan_drop_report_add(&report, 0, 0);
  cspan_drop_report_take(&report);
  assert_false(cspan_drop_report_write(&report, &span));
  cspan_drop_report_done(&report, false);
  cspan_drop_report_add(&report, 1, 2);
  int64_t first = report.pending.first_unix_ns;
  cspan_drop_report_take(&report);
  assert_true(report.pending.first_unix_ns == 0);
  assert_true(cspan_drop_report_write(&report, &span));
  cspan_drop_report_add(&report, 10, 20); /* while it is being sent */
  int64_t last = report.pending.last_unix_ns;
  cspan_drop_report_done(&report, false);
  assert_true(report.pending.first_unix_ns == first && report.pending.last_unix_ns == last);
  assert_int_equal(report.pending.queue_full, 11);
  assert_int_equal(report.pending.export_failed, 22);
  cspan_drop_report_take(&report);
  cspan_drop_report_add(&report, 0, 5);
  cspan_drop_report_done(&report, true);
  assert_int_equal(report.pending.queue_full, 0);
  assert_int_equal(report.pending.export_failed, 5);
  assert_true(report.pending.first_unix_ns >= last);
  cspan_drop_report_free(&report);
}

/* Without memory for the report, or for its scope, nothing is told, and nothing lost. */
static void test_out_of_memory(void **state) {
  (void)state;
  cspan_drop_report report;
  cspan_request_run span;
  fail_alloc_install();
  size_t n = 0;
  bool met = true;
  while (met) {
    fail_alloc_arm(++n, false);
    bool made = cspan_drop_report_init(&report);
    cspan_drop_report_add(&report, 3, 4);
    cspan_drop_report_take(&report);
    bool written = made && cspan_drop_report_write(&report, &span);
    met = fail_alloc_disarm();
    assert_int_equal(written, !met);
    cspan_drop_report_done(&report, false);
    assert_int_equal(report.pending.queue_full, 3);
    assert_int_equal(report.pending.export_failed, 4);
    cspan_drop_report_free(&report);
  }
  assert_true(n > 5);
  fail_alloc_uninstall();
}

/* --------------------------------------------------------------------- threads */

enum { PRODUCERS = 3, SPANS_EACH = 2000 };

static void *produce(void *arg) {
  make_spans(arg, SPANS_EACH);
  return NULL;
}

static void test_reports_and_stats_agree(void **state) {
  (void)state;
  batch_fixture f;
  open_batch(&f, &patient);
  pthread_t threads[PRODUCERS];
  for (int i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, produce, f.tracer), 0);
  }
  for (int i = 0; i < PRODUCERS; i++) {
    pthread_join(threads[i], NULL);
  }
  cspan_tracer_provider_force_flush(f.provider, LONG_MS, NULL);
  cspan_telemetry_stats stats = stats_of(&f);
  cspan_span_list *list = gate_spans(&f.gate);
  size_t reports = count_reports(list);
  uint64_t told = 0;
  for (size_t i = 0; i < reports; i++) {
    told += (uint64_t)int_of(cspan_span_list_find(list, report_name, i),
                             "otel.sdk.spans.dropped.queue_full");
  }
  assert_int_equal(told, stats.spans_dropped_queue_full);
  assert_int_equal(cspan_span_list_count(list) - reports, stats.spans_exported);
  assert_int_equal(stats.spans_exported + stats.spans_dropped_queue_full, PRODUCERS * SPANS_EACH);
  cspan_span_list_free(list);
  close_batch(&f);
}

static int export_in_child(void *arg) {
  batch_fixture *f = arg;
  pthread_mutex_init(&f->gate.lock, NULL);
  pthread_cond_init(&f->gate.changed, NULL);
  f->gate.status = CSPAN_OK;
  make_spans(f->tracer, 3);
  if (cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL) != CSPAN_OK) {
    return 1;
  }
  return f->gate.items == 3 ? 0 : 2;
}

/* The parent's drops are the parent's to tell. */
static void test_fork(void **state) {
  (void)state;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  batch_fixture f;
  open_batch(&f, &patient);
  f.gate.status = CSPAN_ERR_CONNECT;
  make_spans(f.tracer, 4);
  assert_flush(&f, LONG_MS, CSPAN_ERR_CONNECT, "4 spans were not exported");
  assert_int_equal(run_forked(export_in_child, &f), 0);
  f.gate.status = CSPAN_OK;
  make_spans(f.tracer, 1);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(f.gate.items, 1 + 1);
  close_batch(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_full_queue),
      cmocka_unit_test(test_failed_exports_add_up),
      cmocka_unit_test(test_refused_spans),
      cmocka_unit_test(test_flush_sends_a_report_alone),
      cmocka_unit_test(test_shutdown_sends_no_report_after_a_failure),
      cmocka_unit_test(test_times_of_drops),
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_reports_and_stats_agree),
      cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, quiet, loud);
}
