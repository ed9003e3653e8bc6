/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/telemetry.h>

static void test_immutable(void **state) {
  (void)state;
  cspan_baggage *one = cspan_baggage_with(NULL, "user", "ann", "p=1");
  cspan_baggage *two = cspan_baggage_with(one, "tier", "gold", NULL);
  cspan_baggage *changed = cspan_baggage_with(two, "user", "bob", NULL);
  cspan_baggage *removed = cspan_baggage_with(two, "user", NULL, NULL);
  assert_int_equal(cspan_baggage_count(one), 1);
  assert_int_equal(cspan_baggage_count(two), 2);
  assert_int_equal(cspan_baggage_count(changed), 2);
  assert_int_equal(cspan_baggage_count(removed), 1);
  assert_string_equal(cspan_baggage_get(one, "user"), "ann");
  assert_string_equal(cspan_baggage_get(two, "tier"), "gold");
  assert_string_equal(cspan_baggage_get(changed, "user"), "bob");
  assert_null(cspan_baggage_get(removed, "user"));
  assert_string_equal(cspan_baggage_get(removed, "tier"), "gold");
  cspan_baggage_free(two);
  cspan_baggage_free(one);
  assert_string_equal(cspan_baggage_get(changed, "tier"), "gold");
  cspan_baggage_free(changed);
  cspan_baggage_free(removed);
}

static void test_at(void **state) {
  (void)state;
  cspan_baggage *baggage = cspan_baggage_with(NULL, "user", "ann", "p=1");
  const char *key, *value, *metadata;
  assert_true(cspan_baggage_at(baggage, 0, &key, &value, &metadata));
  assert_string_equal(key, "user");
  assert_string_equal(value, "ann");
  assert_string_equal(metadata, "p=1");
  assert_true(cspan_baggage_at(baggage, 0, NULL, NULL, NULL));
  assert_false(cspan_baggage_at(baggage, 1, &key, NULL, NULL));
  cspan_baggage_free(baggage);
}

static void test_nothing_to_remove_shares(void **state) {
  (void)state;
  cspan_baggage *one = cspan_baggage_with(NULL, "user", "ann", NULL);
  cspan_baggage *same = cspan_baggage_with(one, "other", NULL, NULL);
  cspan_baggage_free(one);
  assert_string_equal(cspan_baggage_get(same, "user"), "ann");
  cspan_baggage_free(same);
  cspan_baggage *none = cspan_baggage_with(NULL, "other", NULL, NULL);
  assert_non_null(none);
  assert_int_equal(cspan_baggage_count(none), 0);
  cspan_baggage_free(none);
}

static const struct {
  const char *key;
  const char *value;
  const char *metadata;
  bool valid;
} inputs[] = {
    {"k", "", NULL, true},
    {"k", "\xc3\xa9 ,;\"\\", NULL, true},
    {"!#$%&'*+-.^_`|~09azAZ", "v", NULL, true},
    {"k", "v", "a=b;c d", true},
    {NULL, "v", NULL, false},
    {"", "v", NULL, false},
    {"a b", "v", NULL, false},
    {"a=b", "v", NULL, false},
    {"a,b", "v", NULL, false},
    {"\xc3\xa9", "v", NULL, false},
    {"a\r\nX-Evil: 1", "v", NULL, false},
    {"k", "\xff", NULL, false},
    {"k", "v", "a,b=c", false},
    {"k", "v", "a\r\nX-Evil: 1", false},
    {"k", "v", "\xc3\xa9", false},
};

static void test_valid_members(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    cspan_baggage *baggage =
        cspan_baggage_with(NULL, inputs[i].key, inputs[i].value, inputs[i].metadata);
    if (!baggage == inputs[i].valid)
      fail_msg("case %zu", i);
    cspan_baggage_free(baggage);
  }
}

static void test_limit_of_members(void **state) {
  (void)state;
  cspan_baggage *baggage = NULL;
  char key[16];
  for (int i = 0; i < 64; i++) {
    snprintf(key, sizeof key, "k%d", i);
    cspan_baggage *more = cspan_baggage_with(baggage, key, "v", NULL);
    assert_non_null(more);
    cspan_baggage_free(baggage);
    baggage = more;
  }
  assert_null(cspan_baggage_with(baggage, "one-more", "v", NULL));
  cspan_baggage *replaced = cspan_baggage_with(baggage, "k63", "w", NULL);
  assert_string_equal(cspan_baggage_get(replaced, "k63"), "w");
  cspan_baggage_free(replaced);
  cspan_baggage_free(baggage);
}

/* 8,192 bytes as a header, escapes counted as they are written. */
static void test_limit_of_bytes(void **state) {
  (void)state;
  char value[8192];
  memset(value, 'v', sizeof value);
  value[8190] = '\0';
  cspan_baggage *full = cspan_baggage_with(NULL, "k", value, NULL);
  assert_non_null(full);
  assert_null(cspan_baggage_with(full, "l", "", NULL));
  cspan_baggage *replaced = cspan_baggage_with(full, "k", value, NULL);
  assert_non_null(replaced);
  cspan_baggage_free(replaced);
  cspan_baggage_free(full);
  value[0] = ' ';
  assert_null(cspan_baggage_with(NULL, "k", value, NULL));
  value[8188] = '\0';
  full = cspan_baggage_with(NULL, "k", value, NULL);
  assert_non_null(full);
  cspan_baggage_free(full);
  assert_null(cspan_baggage_with(NULL, "k", value, "m"));
}

static void test_null(void **state) {
  (void)state;
  assert_int_equal(cspan_baggage_count(NULL), 0);
  assert_null(cspan_baggage_get(NULL, "k"));
  assert_false(cspan_baggage_at(NULL, 0, NULL, NULL, NULL));
  cspan_baggage_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_immutable),
      cmocka_unit_test(test_at),
      cmocka_unit_test(test_nothing_to_remove_shares),
      cmocka_unit_test(test_valid_members),
      cmocka_unit_test(test_limit_of_members),
      cmocka_unit_test(test_limit_of_bytes),
      cmocka_unit_test(test_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
