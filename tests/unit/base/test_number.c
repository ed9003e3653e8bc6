/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/text.h"

typedef struct integer_case {
  const char *text;
  bool is_i64;
  int64_t i64;
  bool is_u64;
  uint64_t u64;
} integer_case;

static void test_integers(void **state) {
  (void)state;
  static const integer_case cases[] = {
      {"0", true, 0, true, 0},
      {"007", true, 7, true, 7},
      {"-1", true, -1, false, 0},
      {"+1", true, 1, false, 0},
      {"9223372036854775807", true, INT64_MAX, true, INT64_MAX},
      {"9223372036854775808", false, 0, true, (uint64_t)INT64_MAX + 1},
      {"-9223372036854775808", true, INT64_MIN, false, 0},
      {"-9223372036854775809", false, 0, false, 0},
      {"18446744073709551615", false, 0, true, UINT64_MAX},
      {"18446744073709551616", false, 0, false, 0},
      {"99999999999999999999999", false, 0, false, 0},
      {"", false, 0, false, 0},
      {"-", false, 0, false, 0},
      {"--1", false, 0, false, 0},
      {"1 ", false, 0, false, 0},
      {" 1", false, 0, false, 0},
      {"1.0", false, 0, false, 0},
      {"0x1", false, 0, false, 0},
      {NULL, false, 0, false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t i64 = 42;
    uint64_t u64 = 42;
    assert_int_equal(cspan_parse_i64(cases[i].text, &i64), cases[i].is_i64);
    assert_true(i64 == (cases[i].is_i64 ? cases[i].i64 : 42));
    assert_int_equal(cspan_parse_u64(cases[i].text, &u64), cases[i].is_u64);
    assert_true(u64 == (cases[i].is_u64 ? cases[i].u64 : 42));
  }
}

typedef struct double_case {
  const char *text;
  bool valid;
  double value;
} double_case;

static void test_doubles(void **state) {
  (void)state;
  static const double_case cases[] = {
      {"0", true, 0},    {"1.5", true, 1.5},    {"-2.25e2", true, -225}, {".5", true, 0.5},
      {"5.", true, 5},   {"1E-3", true, 0.001}, {"+3", true, 3},         {"", false, 0},
      {".", false, 0},   {"e5", false, 0},      {"1e", false, 0},        {"1e+", false, 0},
      {"nan", false, 0}, {"inf", false, 0},     {"0x10", false, 0},      {" 1", false, 0},
      {"1 ", false, 0},  {"1,5", false, 0},     {"1e999", false, 0},     {"--1", false, 0},
      {NULL, false, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double value = 42;
    assert_int_equal(cspan_parse_f64(cases[i].text, &value), cases[i].valid);
    double expected = cases[i].valid ? cases[i].value : 42;
    assert_true(fabs(value - expected) <= 0);
  }
}

static void test_bools(void **state) {
  (void)state;
  bool value = false;
  assert_true(cspan_parse_bool("True", &value));
  assert_true(value);
  assert_true(cspan_parse_bool("FALSE", &value));
  assert_false(value);
  assert_false(cspan_parse_bool("1", &value));
  assert_false(cspan_parse_bool("", &value));
  assert_false(cspan_parse_bool(NULL, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_integers),
      cmocka_unit_test(test_doubles),
      cmocka_unit_test(test_bools),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
