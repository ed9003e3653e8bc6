/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "base/sys.h"

static const int64_t ns_per_ms = 1000000;

static void test_deadlines(void **state) {
  (void)state;
  int64_t before = cspan_now_ns();
  cspan_context a = cspan_context_with_timeout(NULL, 60000);
  assert_true(a.deadline_ns >= before + 60000 * ns_per_ms);
  assert_int_equal(cspan_context_status(&a), CSPAN_OK);
  /* An earlier deadline of the parent stays, a later one gives way. */
  cspan_context b = cspan_context_with_timeout(&a, 120000);
  assert_true(b.deadline_ns == a.deadline_ns);
  cspan_context c = cspan_context_with_timeout(&a, 1000);
  assert_true(c.deadline_ns < a.deadline_ns);
  cspan_context past = cspan_context_with_timeout(&a, 0);
  assert_int_equal(cspan_context_status(&past), CSPAN_ERR_TIMEOUT);
  cspan_context negative = cspan_context_with_timeout(NULL, -5);
  assert_int_equal(cspan_context_status(&negative), CSPAN_ERR_TIMEOUT);
  cspan_context forever = cspan_context_with_timeout(NULL, INT64_MAX);
  assert_int_equal(cspan_context_status(&forever), CSPAN_OK);
  assert_true(forever.deadline_ns == INT64_MAX);
}

static void test_context_is_copied(void **state) {
  (void)state;
  cspan_cancel *cancel = cspan_cancel_create();
  assert_non_null(cancel);
  cspan_context parent = {.cancel = cancel, .span = {.slot = cancel, .generation = 7}};
  cspan_context child = cspan_context_with_timeout(&parent, 1000);
  assert_ptr_equal(child.cancel, cancel);
  assert_ptr_equal(child.span.slot, cancel);
  assert_int_equal(child.span.generation, 7);
  assert_true(parent.deadline_ns == 0);
  cspan_cancel_free(cancel);
}

static cspan_cancel *by_signal;

static void on_signal(int number) {
  (void)number;
  cspan_cancel_trigger(by_signal);
}

static void test_cancel(void **state) {
  (void)state;
  by_signal = cspan_cancel_create();
  assert_non_null(by_signal);
  cspan_context context = {.cancel = by_signal};
  assert_false(cspan_cancel_is_triggered(by_signal));
  assert_int_equal(cspan_context_status(&context), CSPAN_OK);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  assert_true(cspan_cancel_is_triggered(by_signal));
  /* A cancellation goes before a deadline. */
  context.deadline_ns = 1;
  assert_int_equal(cspan_context_status(&context), CSPAN_ERR_CANCELLED);
  cspan_cancel_free(by_signal);
  assert_false(cspan_cancel_is_triggered(NULL));
  cspan_cancel_trigger(NULL);
  cspan_cancel_free(NULL);
  assert_int_equal(cspan_context_status(NULL), CSPAN_OK);
}

static void test_sleep(void **state) {
  (void)state;
  int64_t before = cspan_now_ns();
  assert_int_equal(cspan_context_sleep_ms(NULL, 15), CSPAN_OK);
  assert_true(cspan_now_ns() - before >= 15 * ns_per_ms);
  assert_int_equal(cspan_context_sleep_ms(NULL, 0), CSPAN_OK);
  assert_int_equal(cspan_context_sleep_ms(NULL, -1), CSPAN_OK);
}

/* Were these to sleep on, the test would run into its time limit. */
static void test_sleep_ends_early(void **state) {
  (void)state;
  cspan_context soon = cspan_context_with_timeout(NULL, 5);
  assert_int_equal(cspan_context_sleep_ms(&soon, 3600000), CSPAN_ERR_TIMEOUT);
  cspan_cancel *cancel = cspan_cancel_create();
  assert_non_null(cancel);
  cspan_context context = {.cancel = cancel};
  cspan_cancel_trigger(cancel);
  assert_int_equal(cspan_context_sleep_ms(&context, 3600000), CSPAN_ERR_CANCELLED);
  cspan_cancel_free(cancel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_deadlines),        cmocka_unit_test(test_context_is_copied),
      cmocka_unit_test(test_cancel),           cmocka_unit_test(test_sleep),
      cmocka_unit_test(test_sleep_ends_early),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
