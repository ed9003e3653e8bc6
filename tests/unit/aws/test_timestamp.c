/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/protocol/protocol.h"

static void test_writes(void **state) {
  static const struct {
    int64_t seconds;
    uint32_t nanoseconds;
    cspan_timestamp_format format;
    const char *text;
  } cases[] = {
      {1398796238, 0, CSPAN_TIMESTAMP_ISO8601, "2014-04-29T18:30:38Z"},
      {1398796238, 0, CSPAN_TIMESTAMP_DEFAULT, "2014-04-29T18:30:38Z"},
      {1398796238, 120000000, CSPAN_TIMESTAMP_ISO8601, "2014-04-29T18:30:38.120000Z"},
      {1398796238, 999, CSPAN_TIMESTAMP_ISO8601, "2014-04-29T18:30:38Z"},
      {1398796238, 0, CSPAN_TIMESTAMP_UNIX, "1398796238"},
      {1398796238, 120000000, CSPAN_TIMESTAMP_UNIX, "1398796238.12"},
      {-1, 500000000, CSPAN_TIMESTAMP_UNIX, "-0.5"},
      {-2, 250000000, CSPAN_TIMESTAMP_UNIX, "-1.75"},
      {-2, 0, CSPAN_TIMESTAMP_UNIX, "-2"},
      {1398796238, 900000000, CSPAN_TIMESTAMP_RFC822, "Tue, 29 Apr 2014 18:30:38 GMT"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_value value = cspan_timestamp(cases[i].seconds, cases[i].nanoseconds);
    cspan_buf out;
    cspan_buf_init(&out, 64);
    assert_int_equal(cspan_protocol_timestamp(&out, &value, cases[i].format), CSPAN_OK);
    assert_string_equal(out.data, cases[i].text);
    cspan_buf_free(&out);
  }
}

static void test_reads(void **state) {
  static const struct {
    const char *text;
    int64_t seconds;
    uint32_t nanoseconds;
  } cases[] = {
      {"1398796238", 1398796238, 0},
      {"1398796238.5", 1398796238, 500000000},
      {"1398796238.123456789", 1398796238, 123456789},
      {"1398796238.1234567891", 1398796238, 123456789},
      {"1.398796238e9", 1398796238, 0},
      {"-1.5", -2, 500000000},
      {"0", 0, 0},
      {" 1398796238 ", 1398796238, 0},
      {"2014-04-29T18:30:38Z", 1398796238, 0},
      {"2014-04-29T18:30:38.123Z", 1398796238, 123000000},
      {"2014-04-29T20:30:38+02:00", 1398796238, 0},
      {"2014-04-29T20:30:38.5+0200", 1398796238, 500000000},
      {"2014-04-29t18:30:38z", 1398796238, 0},
      {"2014-04-29 18:30:38", 1398796238, 0},
      {"2014-04-29", 1398729600, 0},
      {"20140429T183038Z", 1398796238, 0},
      {"Tue, 29 Apr 2014 18:30:38 GMT", 1398796238, 0},
      {"Tue, 29 Apr 2014 18:30:38.25 GMT", 1398796238, 250000000},
      {"Tue, 29 Apr 2014 18:30:38 +0000", 1398796238, 0},
      {"Tue, 1 Apr 2014 18:30:38 UTC", 1396377038, 0},
  };
  static const char *const wrong[] = {
      "",
      " ",
      "yesterday",
      "2014-13-29T18:30:38Z",
      "2014-04-29T18:30",
      "1e400",
      "99999999999999999999",
      "Tue, 29 Apr 2014 18:30:38 CEST",
      "2014-04-29T18:30:38Z, which is followed by more than any time has"};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_value value;
    if (!cspan_protocol_parse_timestamp(cases[i].text, strlen(cases[i].text), &value)) {
      fail_msg("%s is not read", cases[i].text);
    }
    assert_int_equal(value.kind, CSPAN_VALUE_TIMESTAMP);
    if (value.as.integer != cases[i].seconds || value.nanoseconds != cases[i].nanoseconds) {
      fail_msg("%s: %lld and %u", cases[i].text, (long long)value.as.integer, value.nanoseconds);
    }
  }
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    cspan_value value;
    assert_false(cspan_protocol_parse_timestamp(wrong[i], strlen(wrong[i]), &value));
  }
}

/* A double near our times does not hold a millisecond exactly. */
static void test_doubles_are_rounded(void **state) {
  const cspan_value number = cspan_double(946845296.123);
  const cspan_value before = cspan_double(946845296.9999999);
  const cspan_value far = cspan_double(1e300);
  cspan_value time;
  (void)state;
  assert_true(cspan_protocol_time_of(&number, &time));
  assert_int_equal(time.as.integer, 946845296);
  assert_int_equal(time.nanoseconds, 123000000);
  assert_true(cspan_protocol_time_of(&before, &time));
  assert_int_equal(time.as.integer, 946845297);
  assert_int_equal(time.nanoseconds, 0);
  assert_false(cspan_protocol_time_of(&far, &time));
  assert_false(cspan_protocol_time_of(NULL, &time));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_writes), cmocka_unit_test(test_reads),
                                     cmocka_unit_test(test_doubles_are_rounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
