/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

enum { COUNT = 4096 };

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* Two equal ones among 64 bits happen once in 10^12 runs. */
static void check_all_differ(uint64_t *numbers, size_t count) {
  qsort(numbers, count, sizeof *numbers, compare);
  for (size_t i = 1; i < count; i++) {
    assert_true(numbers[i] != numbers[i - 1]);
  }
}

static void *fill(void *user) {
  uint64_t *out = user;
  for (size_t i = 0; i < COUNT; i++) {
    out[i] = cspan_random_u64();
  }
  return NULL;
}

static void test_threads_differ(void **state) {
  (void)state;
  static uint64_t numbers[3 * COUNT];
  pthread_t threads[2];
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, fill, numbers + i * COUNT), 0);
  }
  fill(numbers + 2 * COUNT);
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  check_all_differ(numbers, 3 * COUNT);
}

static void test_child_differs(void **state) {
  (void)state;
  int ends[2];
  uint64_t numbers[4];
  cspan_random_u64();
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    uint64_t mine[2] = {cspan_random_u64(), cspan_random_u64()};
    _exit(write(ends[1], mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 1);
  }
  numbers[0] = cspan_random_u64();
  numbers[1] = cspan_random_u64();
  assert_int_equal(read(ends[0], numbers + 2, 16), 16);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  close(ends[0]);
  close(ends[1]);
  check_all_differ(numbers, 4);
}

/* Each of the 64 bits is set in about half of the numbers: 4096 of them are
 * ten standard deviations inside these bounds. */
static void test_bits(void **state) {
  (void)state;
  static uint64_t numbers[COUNT];
  fill(numbers);
  for (int bit = 0; bit < 64; bit++) {
    int set = 0;
    for (size_t i = 0; i < COUNT; i++) {
      set += (int)(numbers[i] >> bit & 1);
    }
    assert_in_range(set, COUNT / 2 - 320, COUNT / 2 + 320);
  }
}

static void test_unit(void **state) {
  (void)state;
  double sum = 0;
  for (int i = 0; i < COUNT; i++) {
    double x = cspan_random_unit();
    assert_true(x >= 0 && x < 1);
    sum += x;
  }
  assert_true(sum > COUNT * 0.45 && sum < COUNT * 0.55);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads_differ),
      cmocka_unit_test(test_child_differs),
      cmocka_unit_test(test_bits),
      cmocka_unit_test(test_unit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
