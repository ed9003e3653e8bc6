/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

typedef struct date_case {
  time_t t;
  const char *iso;
  const char *basic;
  const char *http;
} date_case;

static const date_case cases[] = {
    {1440938160, "2015-08-30T12:36:00Z", "20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"},
    {0, "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {-1, "1969-12-31T23:59:59Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
    {951782400, "2000-02-29T00:00:00Z", "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
    {4107542399, "2100-02-28T23:59:59Z", "21000228T235959Z", "Sun, 28 Feb 2100 23:59:59 GMT"},
    {4107542400, "2100-03-01T00:00:00Z", "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
    {2147483648, "2038-01-19T03:14:08Z", "20380119T031408Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
    {253402300799, "9999-12-31T23:59:59Z", "99991231T235959Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
    {-62167219200, "0000-01-01T00:00:00Z", "00000101T000000Z", "Sat, 01 Jan 0000 00:00:00 GMT"},
};

static void test_both_ways(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const date_case *c = &cases[i];
    char iso[21];
    char basic[17];
    char http[30];
    time_t back = 1;
    cspan_format_iso8601(c->t, iso);
    cspan_format_iso8601_basic(c->t, basic);
    cspan_format_http_date(c->t, http);
    assert_string_equal(iso, c->iso);
    assert_string_equal(basic, c->basic);
    assert_string_equal(http, c->http);
    assert_true(cspan_parse_iso8601(iso, &back));
    assert_true(back == c->t);
    assert_true(cspan_parse_iso8601(basic, &back));
    assert_true(back == c->t);
    assert_true(cspan_parse_http_date(http, &back));
    assert_true(back == c->t);
  }
}

/* Against the C library, over 400 years in odd steps. */
static void test_against_libc(void **state) {
  (void)state;
  for (time_t t = -6000000000; t < 7000000000; t += 12345677) {
    struct tm tm;
    char expected[64];
    char iso[21];
    char http[30];
    assert_non_null(gmtime_r(&t, &tm));
    strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm);
    cspan_format_iso8601(t, iso);
    assert_string_equal(iso, expected);
    strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    cspan_format_http_date(t, http);
    assert_string_equal(http, expected);
  }
}

static void test_out_of_range(void **state) {
  (void)state;
  char iso[21];
  cspan_format_iso8601((time_t)INT64_MAX, iso);
  assert_string_equal(iso, "9999-12-31T23:59:59Z");
  cspan_format_iso8601((time_t)INT64_MIN, iso);
  assert_string_equal(iso, "0000-01-01T00:00:00Z");
}

static void test_other_forms(void **state) {
  (void)state;
  static const char *const same[] = {"2015-08-30T12:36:00.000Z",    "2015-08-30T12:36:00.5Z",
                                     "2015-08-30T12:36:00+00:00",   "2015-08-30T14:36:00+02:00",
                                     "2015-08-30T07:06:00.25-0530", "20150830T123600.123456789Z",
                                     "20150830T143600+0200",        "2015-08-30T12:35:60Z"};
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    time_t t = 0;
    assert_true(cspan_parse_iso8601(same[i], &t));
    assert_true(t == 1440938160);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const char *const iso[] = {"",
                                    "2015",
                                    "2015-08-30",
                                    "2015-08-30T12:36:00",
                                    "2015-08-30 12:36:00Z",
                                    "2015-08-30T12:36Z",
                                    "2015-13-30T12:36:00Z",
                                    "2015-00-30T12:36:00Z",
                                    "2015-02-29T12:36:00Z",
                                    "2100-02-29T12:36:00Z",
                                    "2015-08-00T12:36:00Z",
                                    "2015-08-30T24:00:00Z",
                                    "2015-08-30T12:60:00Z",
                                    "2015-08-30T12:36:61Z",
                                    "2015-08-30T12:36:00.Z",
                                    "2015-08-30T12:36:00Zx",
                                    "2015-08-30T12:36:00+24:00",
                                    "2015-08-30T12:36:00+1",
                                    "2015-0830T12:36:00Z",
                                    "20150830T12:36:00Z",
                                    "-015-08-30T12:36:00Z"};
  static const char *const http[] = {"",
                                     "Sunday, 30 Aug 2015 12:36:00 GMT",
                                     "Sun, 30 Aug 2015 12:36:00",
                                     "Sun, 30 Aug 2015 12:36:00 UTC",
                                     "Sun, 30 aug 2015 12:36:00 GMT",
                                     "Sun, 31 Feb 2015 12:36:00 GMT",
                                     "Sun, 30-Aug-15 12:36:00 GMT",
                                     "Sun Aug 30 12:36:00 2015",
                                     "Sun, 30 Aug 2015 12:36:00 GMT "};
  time_t t;
  for (size_t i = 0; i < sizeof iso / sizeof iso[0]; i++) {
    assert_false(cspan_parse_iso8601(iso[i], &t));
  }
  for (size_t i = 0; i < sizeof http / sizeof http[0]; i++) {
    assert_false(cspan_parse_http_date(http[i], &t));
  }
  assert_false(cspan_parse_iso8601(NULL, &t));
  assert_false(cspan_parse_http_date(NULL, &t));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_ways),    cmocka_unit_test(test_against_libc),
      cmocka_unit_test(test_out_of_range), cmocka_unit_test(test_other_forms),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
