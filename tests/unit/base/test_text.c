/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void test_compare(void **state) {
  (void)state;
  assert_true(cspan_str_eq(cspan_str_of("ab"), "ab"));
  assert_false(cspan_str_eq(cspan_str_of("ab"), "abc"));
  assert_false(cspan_str_eq(cspan_str_of("abc"), "ab"));
  assert_true(cspan_str_eq(cspan_str_of(NULL), ""));
  assert_false(cspan_str_eq(cspan_str_of(""), NULL));
  assert_true(cspan_ieq("Content-TYPE", "content-type"));
  assert_false(cspan_ieq("a", "ab"));
  assert_false(cspan_ieq("ab", "a"));
  assert_false(cspan_ieq("[", "{"));
  assert_false(cspan_ieq("a", NULL));
  assert_true(cspan_ieq(NULL, NULL));
  assert_true(cspan_starts_with("prefix", "pre"));
  assert_true(cspan_starts_with("pre", "pre"));
  assert_false(cspan_starts_with("pr", "pre"));
  assert_false(cspan_starts_with(NULL, ""));
}

static void test_trim(void **state) {
  (void)state;
  assert_true(cspan_str_eq(cspan_str_trim(cspan_str_of(" \t a b\r\n")), "a b"));
  assert_true(cspan_str_eq(cspan_str_trim(cspan_str_of(" \t\r\n")), ""));
  assert_true(cspan_str_eq(cspan_str_trim(cspan_str_of(NULL)), ""));
}

typedef struct utf8_case {
  const char *text;
  bool valid;
} utf8_case;

static void test_utf8(void **state) {
  (void)state;
  static const utf8_case cases[] = {
      {"", true},
      {"plain ascii, more than eight bytes", true},
      {"\xc3\xa9", true},
      {"\xe2\x82\xac", true},
      {"\xf0\x9f\x98\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xed\x9f\xbf", true},
      {"\xee\x80\x80", true},
      {"\x80", false},
      {"\xc3", false},
      {"\xc3(", false},
      {"\xc0\xaf", false},         /* overlong */
      {"\xc1\xbf", false},         /* overlong */
      {"\xe0\x9f\xbf", false},     /* overlong */
      {"\xf0\x8f\xbf\xbf", false}, /* overlong */
      {"\xed\xa0\x80", false},     /* surrogate */
      {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
      {"\xf5\x80\x80\x80", false},
      {"\xff", false},
      {"\xe2\x82", false},
      {"\xf0\x9f\x98", false},
      {"12345678\xe2\x82\xac"
       "12345678\xff",
       false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cspan_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
    /* The same behind text of every length: the fast path must not skip it. */
    for (size_t lead = 0; lead < 9; lead++) {
      char text[64] = "aaaaaaaaa";
      memcpy(text + lead, cases[i].text, strlen(cases[i].text));
      assert_int_equal(cspan_utf8_valid(text, lead + strlen(cases[i].text)), cases[i].valid);
    }
  }
}

static void test_utf8_size(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t size;
  } cases[] = {
      {"ab", 1},       {"\xc3\xa9z", 2}, {"\xe2\x82\xac", 3}, {"\xf0\x9f\x98\x80", 4},
      {"\xe2\x82", 0}, {"\x80", 0},      {"\xed\xa0\x80", 0}, {"\xc3z", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cspan_utf8_size(cases[i].text, strlen(cases[i].text)), cases[i].size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_trim),
      cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_utf8_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
