/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is read, what is refused and where, and how it is written. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/decimal.h"
#include "base/json.h"

static cspan_document *parse(const char *json, size_t len) {
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_document_parse_json(json, len, &document, &error), CSPAN_OK);
  assert_null(error);
  return document;
}

static void assert_written(const cspan_value *value, unsigned flags, const char *expected) {
  char *json = NULL;
  size_t size = 0;
  assert_int_equal(cspan_value_to_json(value, flags, &json, &size, NULL), CSPAN_OK);
  assert_string_equal(json, expected);
  assert_int_equal(size, strlen(expected));
  cspan_free(json);
}

/* ------------------------------------------------------------------------- reading */

typedef struct text_case {
  const char *json;
  const char *written; /* NULL: as it was */
} text_case;

static void test_parse(void **state) {
  (void)state;
  static const text_case cases[] = {
      {"null", NULL},
      {"true", NULL},
      {"false", NULL},
      {"\"\"", NULL},
      {"\"text\"", NULL},
      {"[]", NULL},
      {"{}", NULL},
      {"[[],{},[{}]]", NULL},
      {"{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"e\"}}", NULL},
      {"{\"a\":1,\"a\":2}", NULL},
      {"{\"\":\"\"}", NULL},
      {" \t\r\n[ 1 , 2 ]\n", "[1,2]"},
      {"{ \"a\" : { } , \"b\" : [ ] }", "{\"a\":{},\"b\":[]}"},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
      {"\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"", "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"\"\\u0000\\u001f\\u007f\"", "\"\\u0000\\u001f\x7f\""},
      {"\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"", NULL},
      {"\"12345678 a run that is longer than a word \\n and goes on behind the escape\"", NULL},
      {"\"\xc3\xa9\\u00e9\xc3\xa9\"", "\"\xc3\xa9\xc3\xa9\xc3\xa9\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_document *document = parse(cases[i].json, strlen(cases[i].json));
    assert_written(cspan_document_value(document), CSPAN_JSON_COMPACT,
                   cases[i].written != NULL ? cases[i].written : cases[i].json);
    cspan_document_free(document);
  }
}

static void test_parsed_texts(void **state) {
  (void)state;
  size_t size = 0;
  char json[] = "{\"name\":\"a\\u0000b\",\"n\":12e99999}";
  cspan_document *document = parse(json, sizeof json - 1);
  memset(json, 'x', sizeof json); /* the text may go */
  const cspan_value *root = cspan_document_value(document);
  const char *text = cspan_value_text(cspan_value_get(root, "name"), &size);
  assert_int_equal(size, 3);
  assert_memory_equal(text, "a\0b", 4);
  assert_int_equal(cspan_value_get_kind(cspan_value_get(root, "n")), CSPAN_VALUE_NUMBER);
  assert_string_equal(cspan_value_text(cspan_value_get(root, "n"), NULL), "12e99999");
  cspan_document_free(document);
}

/* Every byte before the end of a string of any length is looked at. */
static void test_string_lengths(void **state) {
  (void)state;
  enum { LONGEST = 40 };
  char json[LONGEST + 3];
  for (size_t len = 0; len <= LONGEST; len++) {
    memset(json, 'a', sizeof json);
    json[0] = '"';
    json[len + 1] = '"';
    cspan_document *document = parse(json, len + 2);
    size_t size = 0;
    cspan_value_text(cspan_document_value(document), &size);
    assert_int_equal(size, len);
    cspan_document_free(document);
    for (size_t at = 1; at <= len; at++) {
      static const char refused[] = {'\n', '\0', '\x1f', '\xff', '"'};
      for (size_t i = 0; i < sizeof refused; i++) {
        json[at] = refused[i];
        assert_int_equal(cspan_document_parse_json(json, len + 2, &document, NULL),
                         CSPAN_ERR_INVALID);
      }
      json[at] = 'a';
    }
  }
}

typedef struct fault_case {
  const char *json;
  size_t line;
  size_t column;
  const char *what; /* part of it */
} fault_case;

static void test_faults(void **state) {
  (void)state;
  static const fault_case cases[] = {
      {"", 1, 1, "ends before"},
      {" \n ", 2, 2, "ends before"},
      {"[", 1, 2, "ends before"},
      {"[1", 1, 3, "end of the list"},
      {"[1,", 1, 4, "ends before"},
      {"[1,]", 1, 4, "value was expected"},
      {"[1 2]", 1, 4, "end of the list"},
      {"[1}", 1, 3, "end of the list"},
      {"{", 1, 2, "name of a member"},
      {"{a:1}", 1, 2, "name of a member"},
      {"{\"a\"", 1, 5, "colon"},
      {"{\"a\" 1}", 1, 6, "colon"},
      {"{\"a\":}", 1, 6, "value was expected"},
      {"{\"a\":1", 1, 7, "end of the map"},
      {"{\"a\":1,}", 1, 8, "name of a member"},
      {"{\"a\":1]", 1, 7, "end of the map"},
      {"1 2", 1, 3, "nothing may follow"},
      {"[]]", 1, 3, "nothing may follow"},
      {"nul", 1, 1, "value was expected"},
      {"True", 1, 1, "value was expected"},
      {"'a'", 1, 1, "value was expected"},
      {"NaN", 1, 1, "value was expected"},
      {"+1", 1, 1, "value was expected"},
      {".5", 1, 1, "value was expected"},
      {"-", 1, 1, "not a number"},
      {"-a", 1, 1, "not a number"},
      {"1.", 1, 1, "not a number"},
      {"1.e5", 1, 1, "not a number"},
      {"1e", 1, 1, "not a number"},
      {"[1e+]", 1, 2, "not a number"},
      {"01", 1, 2, "nothing may follow"},
      {"-01", 1, 3, "nothing may follow"},
      {"0x10", 1, 2, "nothing may follow"},
      {"\"", 1, 2, "does not end"},
      {"\"a\\", 1, 3, "no such escape"},
      {"\"\\a\"", 1, 2, "no such escape"},
      {"\"\\u12\"", 1, 2, "four hexadecimal"},
      {"\"\\u12g4\"", 1, 2, "four hexadecimal"},
      {"\"\\ud800\"", 1, 2, "surrogate"},
      {"\"\\ud800\\u0041\"", 1, 2, "surrogate"},
      {"\"\\ud800\\ud800\"", 1, 2, "surrogate"},
      {"\"\\udc00\"", 1, 2, "surrogate"},
      {"\"a\nb\"", 1, 3, "control character"},
      {"\"\xff\"", 1, 2, "not UTF-8"},
      {"\"ab\xc3\xa9\xc0\xaf\"", 1, 5, "not UTF-8"},
      {"\"\xc3\\u0041\"", 1, 2, "not UTF-8"},
      {"\"\xed\xa0\x80\"", 1, 2, "not UTF-8"},
      {"\xef\xbb\xbf{}", 1, 1, "value was expected"},
      {"{\n  \"a\": 1,\n  \"b\": ?\n}", 3, 8, "value was expected"},
      {"[\"\xc3\xa9\", ?]", 1, 7, "value was expected"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_json_fault fault = {0};
    cspan_value value;
    cspan_arena *arena = cspan_arena_create(0);
    assert_int_equal(cspan_json_parse(cases[i].json, strlen(cases[i].json), arena, &value, &fault),
                     CSPAN_ERR_INVALID);
    assert_true(cspan_value_is_null(&value));
    assert_int_equal(fault.line, cases[i].line);
    assert_int_equal(fault.column, cases[i].column);
    assert_non_null(strstr(fault.what, cases[i].what));
    cspan_arena_free(arena);
  }
}

static void test_error_of_document(void **state) {
  (void)state;
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_document_parse_json("[\n1 x", 5, &document, &error), CSPAN_ERR_INVALID);
  assert_null(document);
  assert_string_equal(cspan_error_message(error),
                      "the text is not JSON: line 2, column 3: a comma or the end of the list was "
                      "expected here");
  cspan_error_free(error);
}

/* `depth` lists in each other. */
static char *nested(size_t depth) {
  char *json = cspan_malloc(2 * depth + 1);
  assert_non_null(json);
  memset(json, '[', depth);
  memset(json + depth, ']', depth);
  json[2 * depth] = '\0';
  return json;
}

static void test_limits(void **state) {
  (void)state;
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  char *json = nested(CSPAN_VALUE_MAX_DEPTH);
  document = parse(json, strlen(json));
  assert_written(cspan_document_value(document), CSPAN_JSON_COMPACT, json);
  cspan_document_free(document);
  cspan_free(json);
  json = nested(CSPAN_VALUE_MAX_DEPTH + 1);
  assert_int_equal(cspan_document_parse_json(json, strlen(json), &document, &error),
                   CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "1000 levels"));
  cspan_error_free(error);
  cspan_free(json);
  /* Nothing of such a text is read. */
  assert_int_equal(cspan_document_parse_json("", (size_t)CSPAN_JSON_MAX_BYTES + 1, &document, NULL),
                   CSPAN_ERR_LIMIT);
}

/* ------------------------------------------------------------------------- numbers */

typedef struct number_case {
  const char *json;
  cspan_value_kind kind;
  const char *written; /* NULL: as it was */
} number_case;

static void test_numbers(void **state) {
  (void)state;
  static const number_case cases[] = {
      {"0", CSPAN_VALUE_INT, NULL},
      {"7", CSPAN_VALUE_INT, NULL},
      {"-7", CSPAN_VALUE_INT, NULL},
      {"999999999999999999", CSPAN_VALUE_INT, NULL},
      {"1000000000000000000", CSPAN_VALUE_INT, NULL},
      {"9223372036854775807", CSPAN_VALUE_INT, NULL},
      {"-9223372036854775808", CSPAN_VALUE_INT, NULL},
      {"9223372036854775808", CSPAN_VALUE_NUMBER, NULL},
      {"-9223372036854775809", CSPAN_VALUE_NUMBER, NULL},
      {"1000000000000000000000", CSPAN_VALUE_NUMBER, NULL},
      {"-0", CSPAN_VALUE_DOUBLE, NULL},
      {"0.0", CSPAN_VALUE_DOUBLE, "0"},
      {"0e7", CSPAN_VALUE_DOUBLE, "0"},
      {"0.1", CSPAN_VALUE_DOUBLE, NULL},
      {"1.0", CSPAN_VALUE_DOUBLE, "1"},
      {"1e2", CSPAN_VALUE_DOUBLE, "100"},
      {"1E+2", CSPAN_VALUE_DOUBLE, "100"},
      {"12.50e-1", CSPAN_VALUE_DOUBLE, "1.25"},
      {"1e22", CSPAN_VALUE_DOUBLE, "1e+22"},
      {"1e23", CSPAN_VALUE_DOUBLE, "1e+23"},
      {"1.7976931348623157e+308", CSPAN_VALUE_DOUBLE, NULL},
      {"2.2250738585072014e-308", CSPAN_VALUE_DOUBLE, NULL},
      {"5e-324", CSPAN_VALUE_DOUBLE, NULL},
      {"0.30000000000000004", CSPAN_VALUE_DOUBLE, NULL},
      {"123456789012345.67", CSPAN_VALUE_DOUBLE, NULL},
      {"1e309", CSPAN_VALUE_NUMBER, NULL},
      {"4e-324", CSPAN_VALUE_NUMBER, NULL},
      {"0.12345678901234567890", CSPAN_VALUE_NUMBER, NULL},
      {"3.14159265358979323846", CSPAN_VALUE_NUMBER, NULL},
      {"1e99999999999999999999", CSPAN_VALUE_NUMBER, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_document *document = parse(cases[i].json, strlen(cases[i].json));
    const cspan_value *value = cspan_document_value(document);
    assert_int_equal(value->kind, cases[i].kind);
    assert_written(value, CSPAN_JSON_COMPACT,
                   cases[i].written != NULL ? cases[i].written : cases[i].json);
    cspan_document_free(document);
  }
}

/* Whether any text with so many digits reads back as the number: the nearest ones above and below
 * are enough. */
static bool has_text_of(double number, int digits) {
  char text[400];
  for (int step = -1; step <= 1; step++) {
    double again = 0;
    snprintf(text, sizeof text, "%.*e", digits - 1, number);
    char *exponent = strchr(text, 'e');
    char *at = exponent - 1;
    /* One more or less in the last digit, where that needs no carry. */
    if ((step < 0 && *at == '0') || (step > 0 && *at == '9')) {
      continue;
    }
    *at = (char)(*at + step);
    if (cspan_parse_f64(text, &again) && again >= number && again <= number) {
      return true;
    }
  }
  return false;
}

static void expect_shortest(double number) {
  char text[CSPAN_DOUBLE_TEXT_MAX];
  double again = 0;
  cspan_decimal decimal;
  cspan_format_double(number, text);
  assert_true(cspan_parse_f64(text, &again));
  assert_true(again >= number && again <= number);
  assert_int_equal(cspan_decimal_scan(text, strlen(text), &decimal), strlen(text));
  if (decimal.count > 1 && has_text_of(number, (int)decimal.count - 1)) {
    fail_msg("%s is not the shortest", text);
  }
}

static void test_doubles(void **state) {
  (void)state;
  static const double numbers[] = {
      0.1,     1.0 / 3,  2.0 / 3, 1e15,     1e16, 1e-5,        123.456, 5e-324, DBL_MIN,
      DBL_MAX, -DBL_MAX, 4.35,    2.5e-310, 1e21, DBL_EPSILON, 100,     -2.5,   9007199254740991.0};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    expect_shortest(numbers[i]);
  }
  /* All powers of two, which have less room below than above, and their neighbours. */
  for (int power = -1074; power <= 1023; power++) {
    double number = ldexp(1, power);
    expect_shortest(number);
    expect_shortest(-number);
    expect_shortest(nextafter(number, 0));
    expect_shortest(nextafter(number, DBL_MAX));
  }
  /* Doubles of any size, the same in each run. */
  uint64_t bits = 88172645463325252;
  for (int i = 0; i < 20000; i++) {
    double number;
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    memcpy(&number, &bits, sizeof number);
    if (isfinite(number)) {
      expect_shortest(number);
    }
  }
  char text[CSPAN_DOUBLE_TEXT_MAX];
  cspan_format_double(ldexp(1, -24), text);
  assert_string_equal(text, "5.960464477539063e-08");
}

/* --------------------------------------------------------------------------- writing */

static void test_write_kinds(void **state) {
  (void)state;
  const struct {
    cspan_value value;
    const char *json;
  } cases[] = {
      {cspan_null(), "null"},
      {cspan_int(INT64_MIN), "-9223372036854775808"},
      {cspan_double(NAN), "\"NaN\""},
      {cspan_double(INFINITY), "\"Infinity\""},
      {cspan_double(-INFINITY), "\"-Infinity\""},
      {cspan_double(-0.5), "-0.5"},
      {cspan_decimal_text("1_000"), "\"1_000\""},
      {cspan_blob("\x00\xff!", 3), "\"AP8h\""},
      {cspan_blob("", 0), "\"\""},
      {cspan_timestamp(0, 0), "\"1970-01-01T00:00:00Z\""},
      {cspan_timestamp(1440938160, 0), "\"2015-08-30T12:36:00Z\""},
      {cspan_timestamp(1440938160, 250000000), "\"2015-08-30T12:36:00.25Z\""},
      {cspan_timestamp(1440938160, 1), "\"2015-08-30T12:36:00.000000001Z\""},
      {cspan_string_of("\x01\x1f\x7f\"\\/", 6), "\"\\u0001\\u001f\x7f\\\"\\\\/\""},
      {cspan_string("bad \xff\xc3 bytes \xe2\x82"),
       "\"bad \xef\xbf\xbd\xef\xbf\xbd bytes \xef\xbf\xbd\xef\xbf\xbd\""},
      {cspan_string_of(NULL, 0), "\"\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_written(&cases[i].value, CSPAN_JSON_COMPACT, cases[i].json);
  }
  assert_written(NULL, CSPAN_JSON_COMPACT, "null");
}

static void test_write_indented(void **state) {
  (void)state;
  const cspan_value value =
      CSPAN_MAP(cspan_field("a", CSPAN_LIST(cspan_int(1), cspan_map(NULL, 0))),
                cspan_field("b", cspan_list(NULL, 0)),
                cspan_field("c", CSPAN_MAP(cspan_field("d", cspan_null()))));
  assert_written(&value, CSPAN_JSON_INDENT,
                 "{\n"
                 "    \"a\": [\n"
                 "        1,\n"
                 "        {}\n"
                 "    ],\n"
                 "    \"b\": [],\n"
                 "    \"c\": {\n"
                 "        \"d\": null\n"
                 "    }\n"
                 "}");
}

static void test_write_limit(void **state) {
  (void)state;
  cspan_value levels[CSPAN_VALUE_MAX_DEPTH + 2];
  char *json = NULL;
  cspan_error *error = NULL;
  levels[0] = cspan_int(1);
  for (size_t i = 1; i < sizeof levels / sizeof levels[0]; i++) {
    levels[i] = cspan_list(&levels[i - 1], 1);
  }
  assert_int_equal(cspan_value_to_json(&levels[CSPAN_VALUE_MAX_DEPTH + 1], 0, &json, NULL, &error),
                   CSPAN_ERR_LIMIT);
  assert_null(json);
  assert_non_null(strstr(cspan_error_message(error), "1000 levels"));
  cspan_error_free(error);
  cspan_buf small;
  cspan_buf_init(&small, 4);
  cspan_json_write(&small, &levels[3], 0);
  assert_int_equal(cspan_buf_status(&small), CSPAN_ERR_LIMIT);
  cspan_buf_free(&small);
}

/* ------------------------------------------------------------------------ decimals */

typedef struct order_case {
  const char *a;
  const char *b;
  int order;
} order_case;

static void test_decimal_order(void **state) {
  (void)state;
  static const order_case cases[] = {
      {"1", "1.000", 0},     {"100", "1e2", 0},       {"0.001", "1E-3", 0},
      {"0", "-0.0e9", 0},    {"1", "2", -1},          {"10", "9", 1},
      {"-10", "9", -1},      {"-10", "-9", -1},       {"0", "0.1", -1},
      {"0", "-0.1", 1},      {"1.23", "1.2", 1},      {"12.3", "1.23e1", 0},
      {"1e400", "1e399", 1}, {"1e-400", "1e-401", 1}, {"1.05", "1.5", -1},
      {"99999", "1e5", -1},  {"0.10", "0.1", 0},      {"1e99999999999", "1", 1},
      {"1010", "1001", 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_decimal a;
    cspan_decimal b;
    assert_int_equal(cspan_decimal_scan(cases[i].a, strlen(cases[i].a), &a), strlen(cases[i].a));
    assert_int_equal(cspan_decimal_scan(cases[i].b, strlen(cases[i].b), &b), strlen(cases[i].b));
    assert_int_equal(cspan_decimal_compare(&a, &b), cases[i].order);
    assert_int_equal(cspan_decimal_compare(&b, &a), -cases[i].order);
  }
}

/* A number with more digits than fit lies above the middle of two doubles by the last of them. */
static void test_decimal_rounding(void **state) {
  (void)state;
  enum { ZEROS = 900 };
  static const char middle[] = "9007199254740993."; /* between ...992 and ...994 */
  char text[sizeof middle + ZEROS + 1];
  memset(text, '0', sizeof text);
  memcpy(text, middle, sizeof middle - 1);
  double number = cspan_decimal_round(text, sizeof text - 1, 0);
  assert_true(number <= 9007199254740992.0);
  text[sizeof text - 2] = '1';
  number = cspan_decimal_round(text, sizeof text - 1, 0);
  assert_true(number >= 9007199254740994.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse),
      cmocka_unit_test(test_parsed_texts),
      cmocka_unit_test(test_string_lengths),
      cmocka_unit_test(test_faults),
      cmocka_unit_test(test_error_of_document),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_doubles),
      cmocka_unit_test(test_write_kinds),
      cmocka_unit_test(test_write_indented),
      cmocka_unit_test(test_write_limit),
      cmocka_unit_test(test_decimal_order),
      cmocka_unit_test(test_decimal_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
