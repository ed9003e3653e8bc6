/* SPDX-License-Identifier: Apache-2.0 */
/* The batch processor with several exports under way at once. */
#include "unit/telemetry/batch_fixture.h"

#include "support/quiet_log.h"

enum { BATCH = 8 };

static cspan_batch_options several(size_t at_once) {
  return (cspan_batch_options){.max_queue_size = 256,
                               .max_export_batch_size = BATCH,
                               .schedule_delay_ms = LONG_MS,
                               .export_timeout_ms = LONG_MS,
                               .max_concurrent_exports = at_once};
}

static void open_several(batch_fixture *f, size_t at_once) {
  cspan_batch_options options = several(at_once);
  open_batch_with(f, gate_create_concurrent(&f->gate), &options);
}

static void make_numbered(cspan_tracer *tracer, size_t first, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, "s", NULL);
    cspan_span_set_int64(span, "i", (int64_t)(first + i));
    cspan_span_end(span);
  }
}

static size_t inside(gate_exporter *g) {
  pthread_mutex_lock(&g->lock);
  size_t count = g->inside;
  pthread_mutex_unlock(&g->lock);
  return count;
}

/* As many exports as were asked for, up to 16, and no more. */
static void test_exports_at_once(void **state) {
  (void)state;
  static const struct {
    size_t asked;
    size_t expected;
  } rows[] = {{0, 1}, {1, 1}, {2, 2}, {4, 4}, {16, 16}, {1000, 16}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    batch_fixture f;
    open_several(&f, rows[i].asked);
    gate_set(&f.gate, true);
    make_numbered(f.tracer, 0, 20 * BATCH);
    gate_await_many_inside(&f.gate, rows[i].expected);
    assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "160 of the spans to be flushed still wait");
    assert_int_equal(inside(&f.gate), rows[i].expected);
    gate_set(&f.gate, false);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
    assert_int_equal(f.gate.items, 20 * BATCH);
    assert_int_equal(f.gate.largest, BATCH);
    assert_int_equal(stats_of(&f).spans_exported, 20 * BATCH);
    close_batch(&f);
  }
}

/* An exporter that does not say that it can is called by one thread at a time; one that
 * was compiled before the field was there cannot say so. */
static void test_exporters_that_cannot(void **state) {
  (void)state;
  const cspan_exporter_vtable rows[] = {
      {.size = sizeof rows[0], .is_concurrent = false},
      {.size = offsetof(cspan_exporter_vtable, is_concurrent), .is_concurrent = true}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_exporter_vtable vtable = rows[i];
    vtable.export_spans = gate_export;
    vtable.force_flush = gate_flush;
    vtable.shutdown = gate_shutdown;
    vtable.free = gate_free;
    batch_fixture f;
    cspan_batch_options options = several(4);
    open_batch_with(&f, gate_create_as(&f.gate, &vtable), &options);
    gate_set(&f.gate, true);
    make_numbered(f.tracer, 0, 4 * BATCH);
    gate_await_inside(&f.gate);
    assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "still wait");
    assert_int_equal(inside(&f.gate), 1);
    gate_set(&f.gate, false);
    assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
    assert_false(f.gate.was_entered_twice);
    close_batch(&f);
  }
}

/* ------------------------------------------------- one export is slower than others */

/* Holds the first request, lets the others through. */
typedef struct holder {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_holding;
  bool is_held;
  size_t through; /* spans */
  size_t flushes;
  size_t through_at_flush;
  bool is_out_of_order; /* spans within a request */
} holder;

static bool in_order(const cspan_export_batch *batch) {
  cspan_span_list *list = NULL;
  bool result =
      cspan_span_list_decode(batch->request, batch->request_size_bytes, &list, NULL) == CSPAN_OK;
  for (size_t i = 1; i < cspan_span_list_count(list); i++) {
    result = result && cspan_span_list_at(list, i)->attributes[0].value.int64 ==
                           cspan_span_list_at(list, i - 1)->attributes[0].value.int64 + 1;
  }
  cspan_span_list_free(list);
  return result;
}

static cspan_status hold_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  holder *h = self;
  (void)context;
  (void)rejected;
  (void)error;
  bool ordered = in_order(batch);
  pthread_mutex_lock(&h->lock);
  h->is_out_of_order = h->is_out_of_order || !ordered;
  if (h->is_holding && !h->is_held) {
    h->is_held = true;
    pthread_cond_broadcast(&h->changed);
    while (h->is_holding) {
      pthread_cond_wait(&h->changed, &h->lock);
    }
  }
  h->through += batch->span_count;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->lock);
  return CSPAN_OK;
}

static cspan_status hold_flush(void *self, const cspan_context *context, cspan_error **error) {
  holder *h = self;
  (void)context;
  (void)error;
  pthread_mutex_lock(&h->lock);
  h->flushes++;
  h->through_at_flush = h->through;
  pthread_mutex_unlock(&h->lock);
  return CSPAN_OK;
}

static void await_through(holder *h, size_t count) {
  pthread_mutex_lock(&h->lock);
  while (h->through < count) {
    pthread_cond_wait(&h->changed, &h->lock);
  }
  pthread_mutex_unlock(&h->lock);
}

static void await_held(holder *h) {
  pthread_mutex_lock(&h->lock);
  while (!h->is_held) {
    pthread_cond_wait(&h->changed, &h->lock);
  }
  pthread_mutex_unlock(&h->lock);
}

static void let_go(holder *h) {
  pthread_mutex_lock(&h->lock);
  h->is_holding = false;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->lock);
}

/* A flush is over when its own spans are through, not when as many are. */
static void test_flush_waits_for_its_own_spans(void **state) {
  (void)state;
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = hold_export,
                                               .force_flush = hold_flush,
                                               .is_concurrent = true};
  holder h = {
      .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .is_holding = true};
  cspan_batch_options options = several(2);
  batch_fixture f;
  open_batch_with(&f, cspan_exporter_create(&vtable, &h), &options);
  make_numbered(f.tracer, 0, BATCH);
  await_held(&h);
  make_numbered(f.tracer, BATCH, 3 * BATCH);
  await_through(&h, 3 * BATCH);
  assert_flush(&f, 20, CSPAN_ERR_TIMEOUT, "8 of the spans to be flushed still wait");
  assert_int_equal(h.flushes, 0);
  assert_int_equal(stats_of(&f).spans_exported, 3 * BATCH);
  let_go(&h);
  assert_flush(&f, LONG_MS, CSPAN_OK, NULL);
  assert_int_equal(h.through, 4 * BATCH);
  assert_int_equal(h.through_at_flush, 4 * BATCH);
  make_numbered(f.tracer, 4 * BATCH, 3);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_OK);
  assert_int_equal(h.through_at_flush, 4 * BATCH + 3);
  assert_false(h.is_out_of_order);
  cspan_tracer_provider_free(f.provider);
}

/* ---------------------------------------------------------------- losses, shutdown */

static void test_shutdown_ends_all_exports(void **state) {
  (void)state;
  batch_fixture f;
  open_several(&f, 4);
  gate_set(&f.gate, true);
  make_numbered(f.tracer, 0, 4 * BATCH);
  gate_await_many_inside(&f.gate, 4);
  make_numbered(f.tracer, 0, 3);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, 20, NULL), CSPAN_ERR_TIMEOUT);
  assert_true(f.gate.was_cancelled);
  assert_int_equal(f.gate.flushes, 1);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 4 * BATCH + 3);
  assert_int_equal(stats.spans_exported, 0);
  assert_int_equal(stats.spans_dropped_export_failed, 4 * BATCH + 3);
  close_batch(&f);
}

/* However many requests fail at once, every lost span is told once. */
static void test_losses_are_told_once(void **state) {
  (void)state;
  batch_fixture f;
  open_several(&f, 4);
  gate_set(&f.gate, true);
  f.gate.status = CSPAN_ERR_CONNECT;
  make_numbered(f.tracer, 0, 4 * BATCH);
  gate_await_many_inside(&f.gate, 4);
  make_numbered(f.tracer, 0, 256 + 7); /* the queue, and more */
  gate_set(&f.gate, false);
  assert_flush(&f, LONG_MS, CSPAN_ERR_CONNECT, "288 spans were not exported");
  f.gate.status = CSPAN_OK;
  make_numbered(f.tracer, 0, 1);
  /* Told by the flush before with a failure, the full queue only now. */
  cspan_tracer_provider_force_flush(f.provider, LONG_MS, NULL);
  cspan_span_list *list = gate_spans(&f.gate);
  const cspan_span_view *report = cspan_span_list_find(list, "otel.sdk.spans_dropped", 0);
  assert_non_null(report);
  assert_string_equal(report->status_message, "7 spans were dropped because the queue was full, "
                                              "288 because their export failed");
  assert_null(cspan_span_list_find(list, "otel.sdk.spans_dropped", 1));
  cspan_span_list_free(list);
  cspan_telemetry_stats stats = stats_of(&f);
  assert_int_equal(stats.spans_ended, 4 * BATCH + 256 + 7 + 1);
  assert_int_equal(stats.spans_exported, 1);
  assert_int_equal(stats.spans_dropped_queue_full, 7);
  assert_int_equal(stats.spans_dropped_export_failed, 4 * BATCH + 256);
  close_batch(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exports_at_once),
      cmocka_unit_test(test_exporters_that_cannot),
      cmocka_unit_test(test_flush_waits_for_its_own_spans),
      cmocka_unit_test(test_shutdown_ends_all_exports),
      cmocka_unit_test(test_losses_are_told_once),
  };
  return cmocka_run_group_tests(tests, quiet, loud);
}
