/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "viewer/columns.h"

typedef struct put_case {
  const char *text;
  size_t max;
  bool ascii;
  const char *expected;
  size_t columns;
} put_case;

static const put_case puts_[] = {
    {"S3.PutObject", 20, false, "S3.PutObject", 12},
    {"S3.PutObject", 12, false, "S3.PutObject", 12},
    {"S3.PutObject", 8, false, "S3.PutO…", 8},
    {"S3.PutObject", 8, true, "S3.PutO~", 8},
    {"S3.PutObject", 1, false, "…", 1},
    {"S3.PutObject", 0, false, "", 0},
    {"", 5, false, "", 0},
    /* accents: one column, composed or not; a question mark in ASCII */
    {"caf\xc3\xa9", 10, false, "caf\xc3\xa9", 4},
    {"cafe\xcc\x81", 10, false, "cafe\xcc\x81", 4},
    {"caf\xc3\xa9", 10, true, "caf?", 4},
    {"cafe\xcc\x81", 10, true, "cafe", 4},
    /* wide characters take two columns, and are not cut in the middle */
    {"日本語", 6, false, "日本語", 6},
    {"日本語", 5, false, "日本…", 5},
    {"日本語", 4, false, "日…", 3},
    {"日本語", 6, true, "???", 3},
    {"🪣x", 3, false, "🪣x", 3},
    /* nothing that acts on the terminal gets through */
    {"a\x1b[31mb", 20, false, "a\\x1b[31mb", 10},
    {"a\nb\tc\rd", 20, false, "a\\nb\\tc\\rd", 10},
    {"a\x7f"
     "b",
     20, false, "a\\x7fb", 6},
    {"a\xc2\x9b"
     "31m",
     20, false, "a\\x9b31m", 8},
    {"\xe2\x80\xae"
     "txt",
     20, false, "\\u{202e}txt", 11},
    {"\xf3\xa0\x80\x81", 20, false, "\\u{e0001}", 9},
    {"\x1b", 3, false, "…", 1}, /* an escape is whole or not there */
    /* what is not UTF-8 */
    {"a\xff"
     "b",
     20, false, "a\\xffb", 6},
    {"\xc3", 20, false, "\\xc3", 4},
    {"\xe2\x82", 20, false, "\\xe2\\x82", 8},
    {"\xc0\x80", 20, false, "\\xc0\\x80", 8},           /* overlong */
    {"\xed\xa0\x80", 20, false, "\\xed\\xa0\\x80", 12}, /* surrogate */
    /* of a heap of marks on one letter four stay */
    {"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81x", 20, false,
     "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81x", 2},
};

static void test_put(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof puts_ / sizeof *puts_; i++) {
    const put_case *c = &puts_[i];
    cspan_buf out;
    cspan_buf_init(&out, 1000);
    size_t columns = cspan_columns_put(&out, c->text, strlen(c->text), c->max, c->ascii);
    assert_string_equal(cspan_buf_text(&out), c->expected);
    assert_int_equal(columns, c->columns);
    /* what was printed takes the columns that it says */
    assert_int_equal(cspan_columns_of(out.data ? out.data : "", out.len, false), c->columns);
    cspan_buf_free(&out);
  }
}

static void test_nul_is_escaped(void **state) {
  (void)state;
  cspan_buf out;
  cspan_buf_init(&out, 100);
  assert_int_equal(cspan_columns_put(&out, "a\0b", 3, 20, false), 6);
  assert_string_equal(cspan_buf_text(&out), "a\\x00b");
  cspan_buf_free(&out);
}

/* Whatever bytes come: what is printed has no control character and fits. */
static void test_every_pair_of_bytes(void **state) {
  (void)state;
  cspan_buf out;
  cspan_buf_init(&out, 100);
  for (unsigned pair = 0; pair < 0x10000; pair++) {
    char text[3] = {'x', (char)(unsigned char)(pair >> 8), (char)(unsigned char)pair};
    size_t columns = cspan_columns_put(&out, text, sizeof text, 6, pair & 1);
    assert_true(columns <= 6);
    for (size_t i = 0; i < out.len; i++) {
      unsigned char c = (unsigned char)out.data[i];
      assert_true(c >= 0x20 && c != 0x7f);
      assert_false(c == 0xc2 && (unsigned char)out.data[i + 1] < 0xa0);
    }
    cspan_buf_clear(&out);
  }
  cspan_buf_free(&out);
}

static void test_durations(void **state) {
  (void)state;
  static const struct {
    int64_t ns;
    const char *expected;
  } cases[] = {{-5, "0 ns"},
               {0, "0 ns"},
               {999, "999 ns"},
               {1000, "1.00 µs"},
               {1234, "1.23 µs"},
               {99949, "99.9 µs"},
               {99951, "100 µs"},
               {999499, "999 µs"},
               {999500, "1.00 ms"},
               {12345678, "12.3 ms"},
               {999600000, "1.00 s"},
               {59940000000, "59.9 s"},
               {59999000000, "1m 00s"},
               {125000000000, "2m 05s"},
               {3600000000000, "1h 00m"},
               {12345000000000, "3h 25m"},
               {359999000000000, "99h 59m"},
               {360000000000000, "4d 04h"},
               {INT64_MAX, "106751d"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[CSPAN_DURATION_CAPACITY];
    cspan_format_duration(cases[i].ns, false, text);
    assert_string_equal(text, cases[i].expected);
  }
  char text[CSPAN_DURATION_CAPACITY];
  cspan_format_duration(1500, true, text);
  assert_string_equal(text, "1.50 us");
}

static void test_bytes(void **state) {
  (void)state;
  static const struct {
    int64_t bytes;
    const char *expected;
  } cases[] = {
      {-1, "0 B"},       {0, "0 B"},           {1023, "1023 B"},       {1024, "1.0 KiB"},
      {1536, "1.5 KiB"}, {1048575, "1.0 MiB"}, {26214400, "25.0 MiB"}, {INT64_MAX, "8.0 EiB"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[CSPAN_BYTES_CAPACITY];
    cspan_format_bytes(cases[i].bytes, text);
    assert_string_equal(text, cases[i].expected);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_put),
      cmocka_unit_test(test_nul_is_escaped),
      cmocka_unit_test(test_every_pair_of_bytes),
      cmocka_unit_test(test_durations),
      cmocka_unit_test(test_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
