/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool asks of a receiver, and what it believes of its answers. */
#include "telemetry/spool/spool.h"
#include "unit/telemetry/spool_fixture.h"

/* Behind what is on disk nothing is tried past it: each export would wait for the receiver. */
static void test_behind_the_others(void **state) {
  (void)state;
  spool_fixture f;
  cspan_spool_options options = patient_spool;
  memset(&f, 0, sizeof f);
  make_folder(f.folder);
  f.receiver.is_concurrent = true;
  options.write_after_ms = 1;
  spool_reopen(&f, &options);
  fake_set(&f.receiver, CSPAN_OK, true);
  spool_export_some(&f, 0, 1, 100);
  fake_await_asked(&f.receiver, 1);
  spool_export_some(&f, 1, 6, 100);
  assert_int_equal(f.receiver.asked, 1);
  assert_int_equal(spool_stats(&f).kept_batches, 6);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 6);
  spool_end(&f);
}

/* The receiver is away and nothing can be written: it is not asked more often for that. */
static void test_away_and_full(void **state) {
  (void)state;
  spool_fixture f;
  spool_open_small(&f, 64 << 10);
  for (uint32_t id = 0; id < 5; id++) {
    assert_int_equal(spool_export_one(&f, id, 64 << 10, NULL), CSPAN_ERR_LIMIT);
  }
  assert_int_equal(f.receiver.asked, 1);
  spool_end(&f);
}

/* More spans refused than were sent, straight and from disk. */
static void test_rejects_too_many(void **state) {
  (void)state;
  spool_fixture f;
  size_t rejected;
  spool_open(&f, &patient_spool);
  f.receiver.rejects = 99;
  assert_int_equal(spool_export_with(f.exporter, NULL, 0, 100, &rejected, NULL), CSPAN_OK);
  assert_int_equal(rejected, BATCH_SPANS);
  assert_int_equal(spool_stats(&f).direct, 0);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 1, 2, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_flush_fails(&f, FOREVER_MS, CSPAN_ERR_PARTIAL, "10 refused");
  assert_int_equal(spool_stats(&f).sent, 0);
  spool_end(&f);
}

/* A receiver that wants to be left alone for a year is asked again after ten minutes. */
static void test_longest_pause(void **state) {
  (void)state;
  static const struct {
    int64_t asked_ms;
    int64_t waits_ms;
  } cases[] = {{5000, 5000}, {600000, 600000}, {600001, 600000}, {INT64_MAX, 600000}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_spool s = {.next_try_ns = 0};
    cspan_spool_outcome outcome = {.verdict = CSPAN_SPOOL_AWAY, .status = CSPAN_ERR_SERVICE};
    cspan_error_info info = {
        .status = CSPAN_ERR_SERVICE, .retryable = true, .retry_after_ms = cases[i].asked_ms};
    cspan_error_set_info(&outcome.error, &info, "busy");
    int64_t before = cspan_now_ns();
    cspan_spool_note(&s, &outcome);
    int64_t after = cspan_now_ns();
    assert_true(s.next_try_ns >= before + cases[i].waits_ms * 1000000);
    assert_true(s.next_try_ns <= after + cases[i].waits_ms * 1000000);
    assert_int_equal(s.asked_until_ns, s.next_try_ns);
    cspan_error_free(s.failure);
    cspan_error_free(outcome.error);
  }
}

/* The threads of a spool leave signals to the program, and make no spans of their sending. */
static void test_threads(void **state) {
  (void)state;
  spool_fixture f;
  spool_open(&f, &patient_spool);
  spool_export_some(&f, 0, 1, 100);
  fake_set(&f.receiver, CSPAN_ERR_CONNECT, false);
  spool_export_some(&f, 1, 2, 100);
  fake_set(&f.receiver, CSPAN_OK, false);
  assert_drained(&f);
  assert_received(&f, 0, 2);
  assert_false(f.receiver.takes_signals);
  assert_false(f.receiver.is_traced);
  spool_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_behind_the_others), cmocka_unit_test(test_away_and_full),
      cmocka_unit_test(test_rejects_too_many),  cmocka_unit_test(test_longest_pause),
      cmocka_unit_test(test_threads),
  };
  alarm(120);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
