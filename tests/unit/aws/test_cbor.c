/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR: the forms of RFC 8949 (its appendix A shows them all), and what must be refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/protocol/cbor.h"
#include "base/json.h"

static cspan_arena *arena;

static cspan_status parse_hex(const char *hex, cspan_value *out, const char **what) {
  char bytes[256];
  size_t len = strlen(hex);
  assert_true(len / 2 <= sizeof bytes && cspan_hex_decode(hex, len, bytes));
  /* On the heap, in just the size: reading past the end is seen. */
  char *exact = malloc(len / 2 + 1);
  memcpy(exact, bytes, len / 2);
  cspan_status status = cspan_cbor_parse(exact, len / 2, arena, out, what);
  free(exact);
  return status;
}

/* As JSON, where blobs are base64 and times texts. */
static const struct {
  const char *hex;
  const char *json;
} readable[] = {
    {"00", "0"},
    {"17", "23"},
    {"1818", "24"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1b7fffffffffffffff", "9223372036854775807"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"20", "-1"},
    {"3903e7", "-1000"},
    {"3b7fffffffffffffff", "-9223372036854775808"},
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"c249010000000000000000", "18446744073709551616"},
    {"c349010000000000000000", "-18446744073709551617"},
    {"c240", "0"},
    {"c34100", "-1"},
    {"d80243010000", "65536"}, /* the tag in two bytes */
    {"c48221196ab3", "27315e-2"},
    {"c49f2001ff", "1e-1"},
    {"f90000", "0"},
    {"f93c00", "1"},
    {"f93e00", "1.5"},
    {"f97bff", "65504"},
    {"f90400", "6.103515625e-05"},
    {"f9c400", "-4"},
    {"fa47c35000", "100000"},
    {"fb3ff199999999999a", "1.1"},
    {"f97c00", "\"Infinity\""},
    {"f97e00", "\"NaN\""},
    {"f9fc00", "\"-Infinity\""},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"f7", "null"},
    {"c11a514b67b0", "\"2013-03-21T20:04:00Z\""},
    {"c1fb41d452d9ec200000", "\"2013-03-21T20:04:00.5Z\""},
    {"c120", "\"1969-12-31T23:59:59Z\""},
    {"d81842f6f7", "\"9vc=\""}, /* an unknown tag */
    {"40", "\"\""},
    {"4401020304", "\"AQIDBA==\""},
    {"60", "\"\""},
    {"62c3bc", "\"\xc3\xbc\""},
    {"80", "[]"},
    {"8301820203820405", "[1,[2,3],[4,5]]"},
    {"a0", "{}"},
    {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
    {"5f42010243030405ff", "\"AQIDBAU=\""},
    {"7f657374726561646d696e67ff", "\"streaming\""},
    {"7fff", "\"\""},
    {"9fff", "[]"},
    {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
    {"bf6346756ef563416d7421ff", "{\"Fun\":true,\"Amt\":-2}"},
    {"bf7f6146626e6fff01ff", "{\"Fno\":1}"}, /* a key in chunks */
    {"d9d9f700", "0"},                       /* the tag that says that it is CBOR */
};

static void test_reads(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
    cspan_value value;
    cspan_buf json;
    if (parse_hex(readable[i].hex, &value, NULL) != CSPAN_OK) {
      fail_msg("%s is not read", readable[i].hex);
    }
    cspan_buf_init(&json, 4096);
    cspan_json_write(&json, &value, CSPAN_JSON_COMPACT);
    if (strcmp(cspan_buf_text(&json), readable[i].json) != 0) {
      fail_msg("%s: expected %s, got %s", readable[i].hex, readable[i].json, cspan_buf_text(&json));
    }
    cspan_buf_free(&json);
  }
}

static void test_refuses(void **state) {
  static const struct {
    const char *hex;
    const char *what;
  } cases[] = {
      {"", "ends in the middle"},
      {"18", "ends in the middle"},
      {"1b00", "ends in the middle"},
      {"0000", "something follows"},
      {"1c", "reserved length"},
      {"1f", "no length"},
      {"df", "no number"},
      {"41", "longer than the document"},
      {"5bffffffffffffffff00", "longer than the document"},
      {"61ff", "not UTF-8"},
      {"82", "ends in the middle"},
      {"9bffffffffffffffff00", "ends in the middle"},
      {"9f00", "ends in the middle"},
      {"a101", "key of a map is no text"},
      {"a16161", "ends in the middle"},
      {"bf6161ff", "nothing ends"},
      {"5f6161ff", "chunk that is none"},
      {"5f5f4101ffff", "chunk that is none"},
      {"ff", "nothing ends"},
      {"f8ff", "without a meaning"},
      {"e0", "without a meaning"},
      {"c16161", "no number"},
      {"c1f97c00", "too far away"},
      {"c200", "no blob"},
      {"c401", "no pair"},
      {"c483010203", "no pair"},
      {"c4826101", "no integer"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_value value;
    const char *what;
    assert_int_equal(parse_hex(cases[i].hex, &value, &what), CSPAN_ERR_INVALID);
    if (strstr(what, cases[i].what) == NULL) {
      fail_msg("%s: expected '%s', got '%s'", cases[i].hex, cases[i].what, what);
    }
  }
}

static void test_caps_depth(void **state) {
  static char deep[CSPAN_VALUE_MAX_DEPTH + 2];
  cspan_value value;
  (void)state;
  memset(deep, '\x81', sizeof deep); /* lists of one */
  assert_int_equal(cspan_cbor_parse(deep, sizeof deep, arena, &value, NULL), CSPAN_ERR_LIMIT);
  memset(deep, '\xd8', sizeof deep); /* tags 0xd8 of tags */
  assert_int_equal(cspan_cbor_parse(deep, sizeof deep, arena, &value, NULL), CSPAN_ERR_INVALID);
  memset(deep, '\xc5', sizeof deep);
  assert_int_equal(cspan_cbor_parse(deep, sizeof deep, arena, &value, NULL), CSPAN_ERR_LIMIT);
}

static void expect_hex(cspan_buf *out, const char *hex) {
  char actual[512];
  assert_int_equal(cspan_buf_status(out), CSPAN_OK);
  cspan_hex_encode(out->data, out->len, actual);
  assert_string_equal(actual, hex);
  cspan_buf_clear(out);
}

static void test_writes_shortest(void **state) {
  static const struct {
    int64_t integer;
    const char *hex;
  } integers[] = {{0, "00"},
                  {23, "17"},
                  {24, "1818"},
                  {255, "18ff"},
                  {256, "190100"},
                  {65536, "1a00010000"},
                  {-1, "20"},
                  {-24, "37"},
                  {-25, "3818"},
                  {INT64_MAX, "1b7fffffffffffffff"},
                  {INT64_MIN, "3b7fffffffffffffff"}};
  static const struct {
    const char *digits;
    const char *hex;
  } bignums[] = {{"0", "00"},
                 {"-0", "00"},
                 {"-1", "20"},
                 {"18446744073709551615", "1bffffffffffffffff"},
                 {"18446744073709551616", "c249010000000000000000"},
                 {"-18446744073709551616", "3bffffffffffffffff"},
                 {"-18446744073709551617", "c349010000000000000000"}};
  cspan_buf out;
  (void)state;
  cspan_buf_init(&out, 4096);
  for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
    cspan_cbor_write_int(&out, integers[i].integer);
    expect_hex(&out, integers[i].hex);
  }
  for (size_t i = 0; i < sizeof bignums / sizeof bignums[0]; i++) {
    assert_int_equal(cspan_cbor_write_bignum(&out, bignums[i].digits, strlen(bignums[i].digits)),
                     CSPAN_OK);
    expect_hex(&out, bignums[i].hex);
  }
  assert_int_equal(cspan_cbor_write_bignum(&out, "1.5", 3), CSPAN_ERR_INVALID);
  assert_int_equal(cspan_cbor_write_bignum(&out, "-", 1), CSPAN_ERR_INVALID);
  cspan_buf_clear(&out);
  cspan_cbor_write_timestamp(&out, 1363896240, 500000000);
  expect_hex(&out, "c1fb41d452d9ec200000");
  cspan_cbor_write_timestamp(&out, 1363896240, 0);
  expect_hex(&out, "c11a514b67b0");
  cspan_cbor_write_float(&out, 7.625f);
  expect_hex(&out, "fa40f40000");
  cspan_cbor_write_double(&out, 1.1);
  expect_hex(&out, "fb3ff199999999999a");
  cspan_buf_free(&out);
}

/* What is written is read as the same, however large. */
static void test_large_bignum_comes_back(void **state) {
  char digits[1001];
  cspan_value value;
  cspan_buf out;
  (void)state;
  memset(digits, '9', sizeof digits);
  digits[0] = '-';
  cspan_buf_init(&out, 4096);
  assert_int_equal(cspan_cbor_write_bignum(&out, digits, sizeof digits), CSPAN_OK);
  assert_int_equal(cspan_cbor_parse(out.data, out.len, arena, &value, NULL), CSPAN_OK);
  assert_int_equal(value.kind, CSPAN_VALUE_NUMBER);
  assert_int_equal(value.size, sizeof digits);
  assert_memory_equal(value.as.text, digits, sizeof digits);
  cspan_buf_free(&out);
}

static int make_arena(void **state) {
  (void)state;
  arena = cspan_arena_create(0);
  return arena == NULL;
}

static int free_arena(void **state) {
  (void)state;
  cspan_arena_free(arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads),
      cmocka_unit_test(test_refuses),
      cmocka_unit_test(test_caps_depth),
      cmocka_unit_test(test_writes_shortest),
      cmocka_unit_test(test_large_bignum_comes_back),
  };
  return cmocka_run_group_tests(tests, make_arena, free_arena);
}
