/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void test_hex(void **state) {
  (void)state;
  const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
  char text[9];
  uint8_t back[4];
  cspan_hex_encode(bytes, 4, text);
  assert_string_equal(text, "000fa5ff");
  assert_true(cspan_hex_decode("000FA5ff", 8, back));
  assert_memory_equal(back, bytes, 4);
  assert_false(cspan_hex_decode("000", 3, back));
  assert_false(cspan_hex_decode("0g", 2, back));
  assert_false(cspan_hex_decode(" 0", 2, back));
  assert_true(cspan_hex_decode("", 0, back));
}

typedef struct base64_case {
  const char *plain;
  const char *encoded;
} base64_case;

static void test_base64_vectors(void **state) {
  (void)state;
  /* RFC 4648, section 10 */
  static const base64_case cases[] = {{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"},
                                      {"\xff\xfe\xfb\xef", "//777w=="}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_buf buf;
    cspan_buf_init(&buf, 100);
    cspan_buf_str(&buf, "<");
    cspan_base64_encode(&buf, cases[i].plain, strlen(cases[i].plain));
    assert_string_equal(cspan_buf_text(&buf) + 1, cases[i].encoded);
    cspan_buf_clear(&buf);
    assert_true(cspan_base64_decode(cases[i].encoded, strlen(cases[i].encoded), &buf));
    assert_int_equal(buf.len, strlen(cases[i].plain));
    assert_string_equal(cspan_buf_text(&buf), cases[i].plain);
    cspan_buf_free(&buf);
  }
}

static void test_base64_round_trip(void **state) {
  (void)state;
  uint8_t bytes[256];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (uint8_t)(i * 7 + 3);
  }
  for (size_t len = 0; len <= sizeof bytes; len++) {
    cspan_buf text;
    cspan_buf back;
    cspan_buf_init(&text, 1000);
    cspan_buf_init(&back, 1000);
    assert_int_equal(cspan_base64_encode(&text, bytes, len), CSPAN_OK);
    assert_true(cspan_base64_decode(cspan_buf_text(&text), text.len, &back));
    assert_int_equal(back.len, len);
    assert_memory_equal(cspan_buf_text(&back), bytes, len);
    cspan_buf_free(&text);
    cspan_buf_free(&back);
  }
}

static void test_base64_refuses(void **state) {
  (void)state;
  static const char *const bad[] = {
      "Z",     "Zg",       "Zg=",      "====", "Z===",     "Zg=a", "Zh==",   "Zm9=",
      "Zm9v=", "Zm 9v===", "Zm9v\r\n", "Zm-_", "Zg==Zg==", "=Zg=", "\xffm9v"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    cspan_buf buf;
    cspan_buf_init(&buf, 100);
    cspan_buf_str(&buf, "kept");
    assert_false(cspan_base64_decode(bad[i], strlen(bad[i]), &buf));
    assert_string_equal(cspan_buf_text(&buf), "kept");
    cspan_buf_free(&buf);
  }
}

static void test_base64_cap(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_buf_init(&buf, 7);
  assert_int_equal(cspan_base64_encode(&buf, "foob", 4), CSPAN_ERR_LIMIT);
  assert_int_equal(buf.len, 0);
  cspan_buf_clear(&buf);
  assert_false(cspan_base64_decode("Zm9vYmFyZm9v", 12, &buf));
  assert_int_equal(cspan_buf_status(&buf), CSPAN_ERR_LIMIT);
  cspan_buf_free(&buf);
}

static void test_uri_encode(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_buf_init(&buf, 1000);
  static const char unreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  assert_int_equal(cspan_uri_encode(&buf, unreserved, sizeof unreserved - 1, false), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&buf), unreserved);
  cspan_buf_clear(&buf);
  cspan_uri_encode(&buf, "a/b c+d*\xc3\xa9\0%", 12, false);
  assert_string_equal(cspan_buf_text(&buf), "a%2Fb%20c%2Bd%2A%C3%A9%00%25");
  cspan_buf_clear(&buf);
  cspan_uri_encode(&buf, "/a//b", 5, true);
  assert_string_equal(cspan_buf_text(&buf), "/a//b");
  cspan_buf_clear(&buf);
  assert_int_equal(cspan_uri_encode(&buf, NULL, 0, true), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&buf), "");
  cspan_buf_free(&buf);
}

typedef struct decode_case {
  const char *text;
  const char *plain;
} decode_case;

static void check_decoded(const decode_case *c,
                          cspan_status (*decode)(cspan_buf *out, const char *data, size_t len)) {
  cspan_buf buf;
  cspan_buf_init(&buf, 100);
  assert_int_equal(decode(&buf, c->text, strlen(c->text)), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&buf), c->plain);
  cspan_buf_free(&buf);
}

static void test_uri_decode(void **state) {
  (void)state;
  static const decode_case cases[] = {{"a%20b", "a b"}, {"a+b", "a+b"},        {"%41%4a%4A", "AJJ"},
                                      {"%", "%"},       {"%4", "%4"},          {"%zz", "%zz"},
                                      {"%4%41", "%4A"}, {"%2525", "%25"},      {"x%41", "xA"},
                                      {"", ""},         {"%C3%A9", "\xc3\xa9"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_decoded(&cases[i], cspan_uri_decode);
  }
}

static void test_form_decode(void **state) {
  (void)state;
  static const decode_case cases[] = {{"", ""},         {"+", " "},     {"a+b%2Bc", "a b+c"},
                                      {"++%20", "   "}, {"%2+", "%2 "}, {"x+%zz", "x %zz"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_decoded(&cases[i], cspan_form_decode);
  }
}

static void test_uri_round_trip(void **state) {
  (void)state;
  char bytes[256];
  cspan_buf text;
  cspan_buf back;
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (char)i;
  }
  cspan_buf_init(&text, 1000);
  cspan_buf_init(&back, 1000);
  assert_int_equal(cspan_uri_encode(&text, bytes, sizeof bytes, false), CSPAN_OK);
  assert_int_equal(cspan_uri_decode(&back, text.data, text.len), CSPAN_OK);
  assert_int_equal(back.len, sizeof bytes);
  assert_memory_equal(back.data, bytes, sizeof bytes);
  cspan_buf_free(&text);
  cspan_buf_free(&back);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hex),
      cmocka_unit_test(test_base64_vectors),
      cmocka_unit_test(test_base64_round_trip),
      cmocka_unit_test(test_base64_refuses),
      cmocka_unit_test(test_base64_cap),
      cmocka_unit_test(test_uri_encode),
      cmocka_unit_test(test_uri_decode),
      cmocka_unit_test(test_form_decode),
      cmocka_unit_test(test_uri_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
