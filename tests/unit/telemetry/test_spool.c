/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool does with the receiver there, away, and back; what it tells. */
#include "unit/telemetry/spool_fixture.h"

static void test_healthy(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &quick);
  spool_export_some(&f, 0, 20, 100);
  assert_received(&f, 0, 20);
  assert_int_equal(count_files(f.folder, NULL), 0);
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.direct, 20 * BATCH_SPANS);
  assert_int_equal(stats.spooled, 0);
  assert_drained(&f);
  assert_int_equal(f.receiver.flushes, 1);
  spool_end(&f);
}

typedef struct away_case {
  cspan_status status;
  bool is_retryable;
  bool is_kept; /* else it is refused for good */
} away_case;

static const away_case away_cases[] = {
    {CSPAN_ERR_CONNECT, true, true},       {CSPAN_ERR_CONNECT, false, true},
    {CSPAN_ERR_TIMEOUT, true, true},       {CSPAN_ERR_TIMEOUT, false, true},
    {CSPAN_ERR_TLS, false, true},          {CSPAN_ERR_SERVICE, true, true},
    {CSPAN_ERR_SERVICE, false, false},     {CSPAN_ERR_INVALID, false, false},
    {CSPAN_ERR_LIMIT, false, false},       {CSPAN_ERR_PROTOCOL, false, true},
    {CSPAN_ERR_NOMEM, false, true},        {CSPAN_ERR_IO, false, true},
    {CSPAN_ERR_UNSUPPORTED, false, false},
};

static void test_verdicts(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof away_cases / sizeof away_cases[0]; i++) {
    const away_case *c = &away_cases[i];
    spool_fixture f;
    cspan_error *error = NULL;
    spool_open(&f, &patient_spool);
    f.receiver.is_retryable = c->is_retryable;
    fake_set(&f.receiver, c->status, false);
    cspan_status status = spool_export_one(&f, 7, 100, &error);
    assert_int_equal(status, c->is_kept ? CSPAN_OK : c->status);
    assert_int_equal(spool_stats(&f).kept_spans, c->is_kept ? BATCH_SPANS : 0);
    if (!c->is_kept) {
      assert_string_equal(cspan_error_message(error), "the receiver said so");
    }
    cspan_error_free(error);
    fake_set(&f.receiver, CSPAN_OK, false);
    assert_drained(&f);
    assert_int_equal(f.receiver.count, c->is_kept ? 1 : 0);
    spool_end(&f);
  }
}

static void test_outage(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &quick);
  spool_export_some(&f, 0, 5, 1000);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 5, 50, 1000);
  assert_received(&f, 0, 5);
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.kept_spans, 45 * BATCH_SPANS);
  assert_int_equal(stats.kept_batches, 45);
  assert_true(stats.kept_bytes > 45 * 1000);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 50);
  spool_export_some(&f, 50, 60, 1000); /* straight again */
  assert_received(&f, 0, 60);
  stats = spool_stats(&f);
  assert_int_equal(stats.direct, 15 * BATCH_SPANS);
  assert_int_equal(stats.spooled, 45 * BATCH_SPANS);
  assert_int_equal(stats.sent, 45 * BATCH_SPANS);
  assert_int_equal(stats.kept_spans + stats.dropped + stats.refused + stats.damaged, 0);
  spool_end(&f);
}

/* Without a flush, by the thread alone. */
static void test_sends_by_itself(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &quick);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 10, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  pthread_mutex_lock(&f.receiver.lock);
  while (f.receiver.count < 10) {
    pthread_cond_wait(&f.receiver.changed, &f.receiver.lock);
  }
  pthread_mutex_unlock(&f.receiver.lock);
  assert_received(&f, 0, 10);
  spool_end(&f);
}

/* A receiver that does not answer holds nobody up: the batch is written while its send goes on,
 * those behind it go to disk, and what the send comes to counts for what was written. */
static void silent(cspan_status answer, size_t expected_sends) {
  spool_fixture f;
  cspan_spool_options options = quick;
  options.write_after_ms = 1;
  spool_open(&f, &options);
  fake_set(&f.receiver, answer, true);
  spool_export_some(&f, 0, 30, 100);
  assert_int_equal(f.receiver.count, 0);
  assert_int_equal(spool_stats(&f).kept_batches, 30);
  fake_await_asked(&f.receiver, 1);
  assert_int_equal(f.receiver.asked, 1);
  fake_set(&f.receiver, answer, false);
  if (answer != CSPAN_OK) {
    fake_await_asked(&f.receiver, 2);
    fake_set(&f.receiver, CSPAN_OK, false);
  }
  assert_drained(&f);
  assert_received(&f, 0, 30); /* the first one once */
  assert_true(f.receiver.asked >= expected_sends);
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.direct, 0);
  assert_int_equal(stats.sent, 30 * BATCH_SPANS);
  spool_end(&f);
}

static void test_silent(void **state) {
  (void)state;
  silent(CSPAN_OK, 30);
}

static void test_silent_then_failing(void **state) {
  (void)state;
  silent(CSPAN_ERR_TIMEOUT, 31);
}

/* Refused when it had been written already: counted, told by the next flush, once. */
static void test_refused_later(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 3, 100);
  fake_set(&f.receiver, CSPAN_ERR_SERVICE, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_SERVICE, "30 refused");
  assert_int_equal(spool_stats(&f).refused, 3 * BATCH_SPANS);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  spool_end(&f);
}

static void test_partly_refused(void **state) {
  (void)state;
  spool_fixture f;
  size_t rejected = 0;
  spool_open(&f, &patient_spool);
  f.receiver.rejects = 4;
  assert_int_equal(spool_export_with(f.exporter, NULL, 0, 100, &rejected, NULL), CSPAN_OK);
  assert_int_equal(rejected, 4);
  assert_int_equal(spool_stats(&f).direct, BATCH_SPANS - 4);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 1, 2, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_PARTIAL, "4 refused");
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.sent, BATCH_SPANS - 4);
  assert_int_equal(stats.refused, 4);
  spool_end(&f);
}

/* Answers that cannot be understood do not stand in the way for ever. */
static void test_unclear(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &quick);
  fake_set(&f.receiver, CSPAN_ERR_PROTOCOL, false);
  spool_export_some(&f, 0, 2, 100);
  fake_await_asked(&f.receiver, 11); /* one, and five of each from disk */
  fake_set(&f.receiver, CSPAN_OK, false);
  spool_flush(&f, FOREVER_MS, NULL);
  cspan_spool_stats stats = spool_stats(&f);
  assert_int_equal(stats.refused, 2 * BATCH_SPANS);
  assert_int_equal(stats.kept_spans, 0);
  spool_end(&f);
}

/* ----------------------------------------------------------------------- flush */

static void test_flush_tells_what_is_kept(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 12, 100);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_CONNECT, "120 spans in 12 batches kept in /tmp");
  assert_int_equal(f.receiver.asked, 2); /* it did try */
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_CONNECT, "the receiver said so");
  assert_int_equal(f.receiver.asked, 3);
  spool_end(&f);
}

static void test_flush_ends_in_time(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = patient_spool;
  options.write_after_ms = 1;
  spool_open(&f, &options);
  fake_set(&f.receiver, CSPAN_OK, true);
  spool_export_some(&f, 0, 2, 100);
  assert_flush_fails(&f, 5, CSPAN_ERR_TIMEOUT, "20 spans in 2 batches kept in");
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  cspan_cancel_trigger(cancel);
  assert_int_equal(f.exporter->vtable->force_flush(f.exporter->self, &context, NULL),
                   CSPAN_ERR_CANCELLED);
  cspan_cancel_free(cancel);
  spool_end(&f); /* ends the silent send */
}

/* A receiver that asks for a pause gets it, also from a flush. */
static void test_pause(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = quick;
  spool_open(&f, &options);
  f.receiver.is_retryable = true;
  f.receiver.retry_after_ms = FOREVER_MS * 2;
  fake_set(&f.receiver, CSPAN_ERR_SERVICE, false);
  spool_export_some(&f, 0, 3, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_SERVICE, "30 spans in 3 batches kept in");
  assert_int_equal(f.receiver.asked, 1);
  spool_end(&f);
  /* When it is over. */
  int64_t begin = cspan_now_ns();
  spool_open(&f, &patient_spool);
  f.receiver.is_retryable = true;
  f.receiver.retry_after_ms = 30;
  fake_set(&f.receiver, CSPAN_ERR_SERVICE, false);
  spool_export_some(&f, 0, 3, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_true(cspan_now_ns() - begin >= 30 * INT64_C(1000000));
  assert_received(&f, 0, 3);
  spool_end(&f);
}

/* A caller that is cancelled or out of time leaves its batch on disk. */
static void test_cancelled_export(void **state) {
  (void)state;
  spool_fixture f;
  size_t rejected;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_OK, true);
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  cspan_cancel_trigger(cancel);
  assert_int_equal(spool_export_with(f.exporter, &context, 0, 50, &rejected, NULL), CSPAN_OK);
  cspan_context late = cspan_context_with_timeout(NULL, 1);
  assert_int_equal(spool_export_with(f.exporter, &late, 1, 50, &rejected, NULL), CSPAN_OK);
  assert_int_equal(spool_stats(&f).kept_batches, 2);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  cspan_cancel_free(cancel);
  assert_received(&f, 0, 2);
  spool_end(&f);
}

/* -------------------------------------------------------------------- shutdown */

static void test_shutdown_keeps(void **state) {
  (void)state;
  spool_fixture f;
  cspan_error *error = NULL;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 9, 100);
  f.exporter->vtable->shutdown(f.exporter->self);
  assert_true(f.receiver.is_shut_down);
  assert_int_equal(spool_export_one(&f, 9, 100, &error), CSPAN_ERR_SHUTDOWN);
  assert_string_equal(cspan_error_message(error), "the spool is shut down");
  cspan_error_free(error);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_SHUTDOWN, "shut down");
  spool_close(&f);
  assert_int_equal(count_files(f.folder, NULL), 1);
  fake_set(&f.receiver, CSPAN_OK, false);
  spool_reopen(&f, &patient_spool);
  assert_int_equal(spool_stats(&f).kept_batches, 0); /* no one has looked yet */
  assert_drained(&f);
  assert_received(&f, 0, 9);
  assert_int_equal(spool_stats(&f).sent, 9 * BATCH_SPANS);
  spool_end(&f);
}

/* A send is cut short by the shutdown: the batch is on disk, and sent by the next. */
static void *export_in_thread(void *arg) {
  spool_export_some(arg, 0, 1, 100);
  return NULL;
}

static void test_shutdown_during_export(void **state) {
  (void)state;
  spool_fixture f;
  pthread_t thread;
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_OK, true);
  assert_int_equal(pthread_create(&thread, NULL, export_in_thread, &f), 0);
  fake_await_asked(&f.receiver, 1);
  f.exporter->vtable->shutdown(f.exporter->self);
  pthread_join(thread, NULL);
  spool_close(&f);
  fake_set(&f.receiver, CSPAN_OK, false);
  spool_reopen(&f, &patient_spool);
  assert_drained(&f);
  assert_received(&f, 0, 1);
  spool_end(&f);
}

/* ----------------------------------------------------------------- several ones */

typedef struct exporter_thread {
  spool_fixture *f;
  uint32_t from;
  uint32_t to;
} exporter_thread;

static void *export_range(void *arg) {
  exporter_thread *t = arg;
  spool_export_some(t->f, t->from, t->to, 200);
  return NULL;
}

static void concurrent(bool with_outage) {
  enum { THREADS = 4, EACH = 100 };
  spool_fixture f;
  pthread_t threads[THREADS];
  exporter_thread parts[THREADS];
  bool seen[THREADS * EACH] = {false};
  memset(&f, 0, sizeof f);
  make_folder(f.folder);
  f.receiver.is_concurrent = true;
  spool_reopen(&f, &quick);
  assert_true(f.exporter->vtable->is_concurrent);
  fake_set(&f.receiver, CSPAN_OK, !with_outage);
  for (uint32_t i = 0; i < THREADS; i++) {
    parts[i] = (exporter_thread){&f, i * EACH, (i + 1) * EACH};
    assert_int_equal(pthread_create(&threads[i], NULL, export_range, &parts[i]), 0);
  }
  if (with_outage) {
    fake_await_asked(&f.receiver, 20);
    fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
    fake_await_asked(&f.receiver, 60);
  } else {
    fake_await_asked(&f.receiver, THREADS); /* all at once */
  }
  fake_set(&f.receiver, CSPAN_OK, false);
  for (uint32_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_drained(&f);
  assert_int_equal(f.receiver.count, THREADS * EACH);
  for (size_t i = 0; i < f.receiver.count; i++) {
    assert_false(seen[f.receiver.ids[i]]);
    seen[f.receiver.ids[i]] = true;
  }
  assert_true(with_outage || f.receiver.most_inside == THREADS);
  spool_end(&f);
}

static void test_concurrent(void **state) {
  (void)state;
  concurrent(false);
}

static void test_concurrent_outage(void **state) {
  (void)state;
  concurrent(true);
}

/* ------------------------------------------------------------------------- log */

typedef struct log_watch {
  pthread_mutex_t lock;
  spool_fixture *f;
  size_t warnings;
  char last[600];
} log_watch;

/* A program may look at the spool while it is told something. */
static void on_log(void *user, cspan_log_level level, const char *message) {
  log_watch *w = user;
  cspan_spool_stats stats = {0};
  assert_true(cspan_spool_stats_get(w->f->exporter, &stats));
  pthread_mutex_lock(&w->lock);
  w->warnings += level <= CSPAN_LOG_WARN ? 1 : 0;
  snprintf(w->last, sizeof w->last, "%s", message);
  pthread_mutex_unlock(&w->lock);
}

static void assert_logged(log_watch *w, size_t warnings, const char *part) {
  pthread_mutex_lock(&w->lock);
  assert_int_equal(w->warnings, warnings);
  if (strstr(w->last, part) == NULL) {
    fail_msg("'%s' does not say '%s'", w->last, part);
  }
  pthread_mutex_unlock(&w->lock);
}

static void test_log(void **state) {
  (void)state;
  spool_fixture f;
  log_watch w = {.lock = PTHREAD_MUTEX_INITIALIZER, .f = &f};
  spool_open(&f, &patient_spool);
  cspan_log_set(on_log, &w, CSPAN_LOG_INFO);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 20, 100);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_CONNECT, "kept");
  assert_logged(&w, 1, "are kept until the receiver is back: the receiver said so");
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  cspan_span_exporter *exporter = f.exporter;
  exporter->vtable->shutdown(exporter->self);
  assert_logged(&w, 1, "the receiver answers again");
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  spool_end(&f);
  spool_open(&f, &patient_spool);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 0, 1, 100);
  cspan_log_set(on_log, &w, CSPAN_LOG_INFO);
  f.exporter->vtable->shutdown(f.exporter->self);
  assert_logged(&w, 1, "10 spans in 1 batch kept, to be sent by the next process that uses it");
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  spool_end(&f);
}

/* ------------------------------------------------------------------------ rest */

static void test_forwards(void **state) {
  (void)state;
  spool_fixture f;
  cspan_meter_provider *meters = (cspan_meter_provider *)(void *)&f;
  cspan_spool_stats stats = {0};
  spool_open(&f, &quick);
  assert_false(f.exporter->vtable->is_concurrent);
  f.exporter->vtable->set_meter_provider(f.exporter->self, meters);
  assert_ptr_equal(f.receiver.meters, meters);
  cspan_span_exporter *memory = cspan_exporter_memory();
  assert_false(cspan_spool_stats_get(memory, &stats));
  assert_false(cspan_spool_stats_get(NULL, &stats));
  cspan_exporter_free(memory);
  /* A caller that knows less of the statistics. */
  struct {
    cspan_spool_stats stats;
    char canary;
  } small = {.stats = {.size = offsetof(cspan_spool_stats, sent)}};
  memset((char *)&small.stats + small.stats.size, 0x55, sizeof small - small.stats.size);
  assert_true(cspan_spool_stats_get(f.exporter, &small.stats));
  assert_int_equal(small.stats.sent, UINT64_C(0x5555555555555555));
  spool_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_healthy),
      cmocka_unit_test(test_verdicts),
      cmocka_unit_test(test_outage),
      cmocka_unit_test(test_sends_by_itself),
      cmocka_unit_test(test_silent),
      cmocka_unit_test(test_silent_then_failing),
      cmocka_unit_test(test_refused_later),
      cmocka_unit_test(test_partly_refused),
      cmocka_unit_test(test_unclear),
      cmocka_unit_test(test_flush_tells_what_is_kept),
      cmocka_unit_test(test_flush_ends_in_time),
      cmocka_unit_test(test_pause),
      cmocka_unit_test(test_cancelled_export),
      cmocka_unit_test(test_shutdown_keeps),
      cmocka_unit_test(test_shutdown_during_export),
      cmocka_unit_test(test_concurrent),
      cmocka_unit_test(test_concurrent_outage),
      cmocka_unit_test(test_log),
      cmocka_unit_test(test_forwards),
  };
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
