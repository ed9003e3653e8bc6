/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds and randomness, and the member `ot` of the trace state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/sampling/ot_state.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define ABSENT      CSPAN_THRESHOLD_ABSENT

/* Four digits behind leading fs; every text comes back as the number it was made of. */
static void test_thresholds_of_ratios(void **state) {
  (void)state;
  static const struct {
    double ratio;
    const char *text; /* NULL: never */
  } rows[] = {{1, "0"},
              {2, "0"},
              {0.5, "8"},
              {1.0 / 3, "aaab"},
              {0.25, "c"},
              {0.2, "cccd"},
              {0.125, "e"},
              {0.1, "e666"},
              {0.0625, "f"},
              {0.01, "fd70a"},
              {0.001, "ffbe77"},
              {0.0001, "fff9724"},
              {0.00001, "ffff583a"},
              {0.000001, "ffffef39"},
              {0.75, "4"},
              {0.99, "028f6"},
              {1.0 / 72057594037927936.0, "ffffffffffffff"},
              {1.0 / 144115188075855872.0, NULL},
              {0, NULL},
              {-1, NULL},
              {0.0 / 0.0, NULL}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    uint64_t threshold = cspan_threshold_of_ratio(rows[i].ratio);
    if (rows[i].text == NULL) {
      assert_true(threshold == CSPAN_THRESHOLD_NEVER);
      continue;
    }
    char text[CSPAN_THRESHOLD_DIGITS + 1];
    size_t len = cspan_threshold_text(threshold, text);
    assert_string_equal(text, rows[i].text);
    assert_int_equal(len, strlen(text));
    assert_true(cspan_threshold_parse(text, len) == threshold);
    double share = cspan_threshold_ratio(threshold);
    double ratio = rows[i].ratio < 1 ? rows[i].ratio : 1;
    assert_true(share > ratio * 0.999 && share < ratio * 1.001);
  }
}

/* A lower ratio never has a lower threshold. */
static void test_thresholds_are_ordered(void **state) {
  (void)state;
  uint64_t before = CSPAN_THRESHOLD_NEVER;
  for (double ratio = 1e-9; ratio < 1; ratio *= 1.01) {
    uint64_t threshold = cspan_threshold_of_ratio(ratio);
    assert_true(threshold <= before);
    before = threshold;
  }
}

static void test_digits(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t threshold;
    uint64_t randomness;
  } rows[] = {{"0", 0, ABSENT},
              {"8", UINT64_C(0x80000000000000), ABSENT},
              {"aB", UINT64_C(0xAB000000000000), ABSENT},
              {"7479cfb506891d", UINT64_C(0x7479cfb506891d), UINT64_C(0x7479cfb506891d)},
              {"00000000000000", 0, 0},
              {"000000000000000", ABSENT, ABSENT},
              {"", ABSENT, ABSENT},
              {"g", ABSENT, ABSENT},
              {"-1", ABSENT, ABSENT},
              {"0x1", ABSENT, ABSENT},
              {"1 ", ABSENT, ABSENT}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t len = strlen(rows[i].text);
    assert_true(cspan_threshold_parse(rows[i].text, len) == rows[i].threshold);
    assert_true(cspan_randomness_parse(rows[i].text, len) == rows[i].randomness);
  }
  char text[CSPAN_THRESHOLD_DIGITS + 1];
  cspan_randomness_text(UINT64_C(0x1d), text);
  assert_string_equal(text, "0000000000001d");
}

static void test_ratio_texts(void **state) {
  (void)state;
  static const struct {
    double ratio;
    unsigned digits;
    const char *text;
  } rows[] = {{0.05, 0, "0.05"}, {1, 0, "1"},
              {0, 0, "0"},       {0.5, 6, "0.500000"},
              {1, 2, "1.00"},    {1e-9, 0, "0.000000001"},
              {0.3, 0, "0.3"},   {0.999999, 0, "0.999999"}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[CSPAN_RATIO_TEXT_MAX];
    cspan_ratio_text(rows[i].ratio, rows[i].digits, text);
    assert_string_equal(text, rows[i].text);
  }
}

static void test_parse(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t threshold;
    uint64_t randomness;
    bool has_threshold;
  } rows[] = {
      {NULL, ABSENT, ABSENT, false},
      {"", ABSENT, ABSENT, false},
      {"ot=th:8", UINT64_C(0x80000000000000), ABSENT, true},
      {"ot=th:0;rv:00000000000001", 0, 1, true},
      {"a=1, ot=rv:00000000000002;th:c ,b=2", UINT64_C(0xC0000000000000), 2, true},
      {"xot=th:8,ot2=th:8", ABSENT, ABSENT, false},
      {"ot=th:8,ot=th:c", UINT64_C(0x80000000000000), ABSENT, true}, /* the first one */
      {"ot=th:8;th:c", UINT64_C(0x80000000000000), ABSENT, true},
      {"ot=th:xyz", ABSENT, ABSENT, true},
      {"ot=th:", ABSENT, ABSENT, true},
      {"ot=th", ABSENT, ABSENT, false},
      {"ot=:8", ABSENT, ABSENT, false},
      {"ot=TH:8", ABSENT, ABSENT, false},
      {"ot=p:8;;th:8", UINT64_C(0x80000000000000), ABSENT, true},
      {"ot=th:8 ;rv:1", ABSENT, ABSENT, false}, /* no blanks in values */
      {"ot=", ABSENT, ABSENT, false},
      {",,,", ABSENT, ABSENT, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_ot_state parsed = cspan_ot_parse(rows[i].text);
    assert_true(parsed.threshold == rows[i].threshold);
    assert_true(parsed.randomness == rows[i].randomness);
    assert_int_equal(parsed.has_threshold, rows[i].has_threshold);
  }
}

static void test_set(void **state) {
  (void)state;
  static const struct {
    const char *before;
    const char *key;
    const char *value;
    const char *after;
  } rows[] = {
      {NULL, "th", "8", "ot=th:8"},
      {"", "th", "8", "ot=th:8"},
      {"ot=p:8;r:62", "th", "13", "ot=p:8;r:62;th:13"},
      {"ot=p:8;th:7;r:62", "th", "13", "ot=p:8;r:62;th:13"},
      {"ot=th:7", "th", NULL, ""},
      {"ot=th:7;p:8", "th", NULL, "ot=p:8"},
      {"a=1,ot=th:7,b=2", "th", NULL, "a=1,b=2"},
      {"a=1,b=2", "th", "0", "ot=th:0,a=1,b=2"},
      {"a=1,ot=x:1,b=2", "rv", "00000000000001", "ot=x:1;rv:00000000000001,a=1,b=2"},
      {" a=1 ,, b=2 ", "th", "0", "ot=th:0,a=1,b=2"},
      {"ot=a:1;a:2;B:3;c", "th", "0", "ot=a:1;th:0"}, /* twice, and not of the grammar */
      {"ot=th:1,a=1,ot=th:2", "th", "0", "ot=th:0,a=1"},
      {"ot=x:", "th", "0", "ot=x:;th:0"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char out[CSPAN_STATE_MAX + 1];
    assert_true(cspan_ot_set(rows[i].before, rows[i].key, rows[i].value, out));
    assert_string_equal(out, rows[i].after);
  }
}

/* 256 characters of the value; without room the threshold goes, and the rest stays. */
static void test_value_limit(void **state) {
  (void)state;
  static const struct {
    size_t other; /* characters of `x:...` */
    bool fits;
  } rows[] = {{250, true}, {251, true}, {252, false}, {256, false}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    char before[400] = "ot=x:";
    memset(before + 5, 'v', rows[i].other - 2);
    snprintf(before + 3 + rows[i].other, 40, "%s", rows[i].other < 252 ? ";th:1" : "");
    char out[CSPAN_STATE_MAX + 1];
    assert_int_equal(cspan_ot_set(before, "th", "8", out), rows[i].fits);
    assert_int_equal(strlen(out), 3 + rows[i].other + (rows[i].fits ? 5 : 0));
    assert_memory_equal(out, before, 3 + rows[i].other);
    assert_int_equal(strstr(out, "th:8") != NULL, rows[i].fits);
  }
  /* A value that was too long before counts for nothing. */
  char before[400] = "a=1,ot=";
  memset(before + 7, 'a', 300);
  char out[CSPAN_STATE_MAX + 1];
  assert_true(cspan_ot_set(before, "th", "8", out));
  assert_string_equal(out, "ot=th:8,a=1");
}

static void test_member_limit(void **state) {
  (void)state;
  char before[CSPAN_STATE_MAX + 1] = "";
  for (int i = 0; i < 32; i++) {
    snprintf(before + strlen(before), 8, "%sm%02d=%d", i > 0 ? "," : "", i, i % 10);
  }
  char out[CSPAN_STATE_MAX + 1];
  assert_true(cspan_ot_set(before, "th", "8", out));
  assert_memory_equal(out, "ot=th:8,m00=0,m01=1,", 20);
  assert_null(strstr(out, "m31"));
  assert_non_null(strstr(out, "m30=0"));
  /* Ours is one of the 32 already. */
  snprintf(strstr(before, ",m31"), 10, ",ot=th:c");
  assert_true(cspan_ot_set(before, "th", "8", out));
  assert_non_null(strstr(out, "m30=0"));
}

/* 512 characters: first members over 128 characters go, from the end, then the last ones. */
static void test_length_limit(void **state) {
  (void)state;
  char before[CSPAN_STATE_MAX + 200] = "";
  char big[140];
  memset(big, 'b', sizeof big - 1);
  big[sizeof big - 1] = '\0';
  snprintf(before, sizeof before, "a=1,big1=%s,c=1,big2=%s,d=1,big3=%s,e=%.60s", big, big, big,
           big);
  assert_true(strlen(before) <= CSPAN_STATE_MAX);
  char out[CSPAN_STATE_MAX + 1];
  char value[30];
  memset(value, 'v', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  assert_true(cspan_ot_set(before, "x", value, out));
  assert_true(strlen(out) <= CSPAN_STATE_MAX);
  assert_null(strstr(out, "big3"));
  assert_non_null(strstr(out, "big1"));
  assert_non_null(strstr(out, "big2"));
  assert_non_null(strstr(out, ",d=1,e="));
  /* None of them is large: the last one goes. */
  char small[CSPAN_STATE_MAX + 200] = "";
  for (int i = 0; i < 5; i++) {
    snprintf(small + strlen(small), 120, "%ss%d=%.97s", i > 0 ? "," : "", i, big);
  }
  assert_true(strlen(small) > 490);
  assert_true(cspan_ot_set(small, "x", value, out));
  assert_non_null(strstr(out, "s3="));
  assert_null(strstr(out, "s4="));
}

static void test_with_threshold(void **state) {
  (void)state;
  assert_null(cspan_ot_with_threshold(NULL, ABSENT));
  assert_null(cspan_ot_with_threshold("a=th:1", ABSENT));
  assert_null(cspan_ot_with_threshold("ot=th:8", UINT64_C(0x80000000000000)));
  assert_string_equal(cspan_ot_with_threshold(NULL, 0), "ot=th:0");
  assert_string_equal(cspan_ot_with_threshold("ot=th:zz", ABSENT), "");
  /* What it returned may be given to it. */
  const char *once = cspan_ot_with_threshold("a=1", 0);
  assert_string_equal(cspan_ot_with_threshold(once, UINT64_C(0x80000000000000)), "ot=th:8,a=1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_thresholds_of_ratios),
      cmocka_unit_test(test_thresholds_are_ordered),
      cmocka_unit_test(test_digits),
      cmocka_unit_test(test_ratio_texts),
      cmocka_unit_test(test_parse),
      cmocka_unit_test(test_set),
      cmocka_unit_test(test_value_limit),
      cmocka_unit_test(test_member_limit),
      cmocka_unit_test(test_length_limit),
      cmocka_unit_test(test_with_threshold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
