/* SPDX-License-Identifier: Apache-2.0 */
/* The limiter by sequences that were computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/rate_limiter.h"

static const float close_enough = 1e-4F;

static void near(double actual, double expected) {
  assert_float_equal((float)actual, (float)expected, close_enough);
}

static void nothing_is_held_before_a_throttling(void **state) {
  (void)state;
  cspan_rate_limiter limiter;
  cspan_rate_limiter_init(&limiter, 100);
  for (int i = 0; i < 1000; i++) {
    near(cspan_rate_limiter_take(&limiter, 100), 0);
    cspan_rate_limiter_update(&limiter, false, 100 + i * 0.001);
  }
  assert_false(limiter.enabled);
}

typedef struct limiter_step {
  double now_s;
  enum { TAKE, SUCCEED, THROTTLE } kind;
  double wait_s;        /* of TAKE */
  double measured_rate; /* of the others */
  double fill_rate;
  double capacity;
} limiter_step;

/* Rates: 0.8 of the last half second's and 0.2 of what was. Throttled at 1.984 a second, the rate
 * becomes 0.7 of that, and the curve is back there after cbrt(1.984 * 0.3 / 0.4) = 1.1416 s. */
static const limiter_step steps[] = {
    {0.5, SUCCEED, 0, 1.6, 0.5, 0},
    {1.0, SUCCEED, 0, 1.92, 0.5, 0.25},
    {1.5, THROTTLE, 0, 1.984, 1.3888, 0.5},
    {1.5, TAKE, 0.360023, 0, 0, 0.5},
    {2.0, TAKE, 0, 0, 0, 0.1944},
    {2.5, SUCCEED, 0, 1.1968, 1.982864, 0.8888},
    /* The measured rate (0.8 * 2 + 0.2 * 1.1968) bounds it; then the lower of the two counts. */
    {3.0, THROTTLE, 0, 1.83936, 1.287552, 1.287552},
    {3.0, TAKE, 0, 0, 0, 0.287552},
    {3.0, TAKE, 0.553336, 0, 0, 0.287552},
    /* No time has passed: what is asked for is still the same. */
    {3.0, TAKE, 0.553336, 0, 0, 0.287552},
    {4.0, TAKE, 0, 0, 0, 0.287552},
};

static void rates_follow_the_curve(void **state) {
  (void)state;
  cspan_rate_limiter limiter;
  cspan_rate_limiter_init(&limiter, 0);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    const limiter_step *each = &steps[i];
    if (each->kind == TAKE) {
      near(cspan_rate_limiter_take(&limiter, each->now_s), each->wait_s);
    } else {
      cspan_rate_limiter_update(&limiter, each->kind == THROTTLE, each->now_s);
      near(limiter.measured_rate, each->measured_rate);
      near(limiter.fill_rate, each->fill_rate);
    }
    near(limiter.capacity, each->capacity);
  }
}

static void the_rate_has_a_floor_and_a_bound(void **state) {
  (void)state;
  cspan_rate_limiter limiter;
  cspan_rate_limiter_init(&limiter, 0);
  cspan_rate_limiter_update(&limiter, true, 0.1); /* within the first half second */
  near(limiter.measured_rate, 0);
  near(limiter.fill_rate, 0.5);
  near(limiter.max_capacity, 1);
  near(cspan_rate_limiter_take(&limiter, 0.1), 2); /* 1 / 0.5 */
  /* Long after, the curve is steep; twice what is measured bounds it. */
  cspan_rate_limiter_update(&limiter, false, 100);
  near(limiter.measured_rate, 0.016); /* 0.8 * 2 / 100 */
  near(limiter.fill_rate, 0.5);
  for (int i = 1; i <= 100; i++) {
    cspan_rate_limiter_update(&limiter, false, 100 + i * 0.1);
  }
  assert_true(limiter.fill_rate <= 2 * limiter.measured_rate);
  assert_true(limiter.fill_rate > 15); /* ten a second are measured */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_held_before_a_throttling),
      cmocka_unit_test(rates_follow_the_curve),
      cmocka_unit_test(the_rate_has_a_floor_and_a_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
