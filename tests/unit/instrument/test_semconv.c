/* SPDX-License-Identifier: Apache-2.0 */
/* The words of OTEL_SEMCONV_STABILITY_OPT_IN, expected outcomes, bounded values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "instrument/tracing.h"

static void opt_in(void **state) {
  (void)state;
  static const struct {
    const char *text;
    cspan_semconv_mode mode;
  } table[] = {
      {NULL, CSPAN_SEMCONV_STABLE},          {"", CSPAN_SEMCONV_STABLE},
      {"rpc", CSPAN_SEMCONV_STABLE},         {"rpc/dup", CSPAN_SEMCONV_DUP},
      {"rpc/old", CSPAN_SEMCONV_LEGACY},     {"http,database", CSPAN_SEMCONV_STABLE},
      {"http/dup", CSPAN_SEMCONV_STABLE},    {"http, rpc/dup ,x", CSPAN_SEMCONV_DUP},
      {"rpc,rpc/dup", CSPAN_SEMCONV_DUP},    {"rpc/dup,rpc/old", CSPAN_SEMCONV_DUP},
      {"rpc/old,rpc", CSPAN_SEMCONV_STABLE}, {",,rpc/old,", CSPAN_SEMCONV_LEGACY},
      {"rpc/dupe", CSPAN_SEMCONV_STABLE},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (cspan_semconv_parse(table[i].text) != table[i].mode) {
      fail_msg("\"%s\" is not %d", table[i].text, (int)table[i].mode);
    }
  }
}

typedef struct outcome {
  const char *operation;
  const char *code;
  int http_status;
  bool expected;
} outcome;

static void check_outcomes(const char *const *list, const outcome *table, size_t count) {
  cspan_expected_list expected;
  assert_int_equal(cspan_expected_parse(list, &expected, NULL), CSPAN_OK);
  for (size_t i = 0; i < count; i++) {
    if (cspan_expected_match(&expected, table[i].operation, table[i].code, table[i].http_status) !=
        table[i].expected) {
      fail_msg("%s %s %d should be %d", table[i].operation, table[i].code, table[i].http_status,
               table[i].expected);
    }
  }
  cspan_expected_free(&expected);
}

static void default_outcomes(void **state) {
  (void)state;
  static const outcome table[] = {
      {"GetObject", "NotModified", 304, true},
      {"HeadObject", "NotFound", 404, true},
      {"HeadBucket", "NotFound", 404, true},
      {"GetObject", "NoSuchKey", 404, false},
      {"HeadObject", "Forbidden", 403, false},
      {"PutObject", "PreconditionFailed", 412, true},
      {"PutObject", "Other", 412, true},
      {"PutItem", "ConditionalCheckFailedException", 400, true},
      {"PutItem", "ValidationException", 400, false},
      {"GetObject", "timeout", 0, false},
  };
  check_outcomes(NULL, table, sizeof table / sizeof table[0]);
}

static void own_outcomes(void **state) {
  (void)state;
  static const char *const list[] = {"NoSuchKey", "HeadObject:403", "Get*:SlowDown", NULL};
  static const outcome table[] = {
      {"GetObject", "NoSuchKey", 404, true},   {"HeadObject", "Forbidden", 403, true},
      {"HeadBucket", "Forbidden", 403, false}, {"GetObject", "SlowDown", 503, true},
      {"PutObject", "SlowDown", 503, false},   {"GetObject", "NotModified", 304, false},
      {"GetObject", "NoSuchKe", 404, false},
  };
  check_outcomes(list, table, sizeof table / sizeof table[0]);
  static const char *const none[] = {NULL};
  static const outcome errors[] = {{"HeadObject", "NotFound", 404, false}};
  check_outcomes(none, errors, 1);
}

static void bad_outcomes(void **state) {
  (void)state;
  static const char *const words[] = {"", "HeadObject:", ":404", "99", "600"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    const char *const list[] = {words[i], NULL};
    cspan_expected_list expected;
    cspan_error *error = NULL;
    assert_int_equal(cspan_expected_parse(list, &expected, &error), CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), "expected_outcomes"));
    cspan_error_free(error);
  }
}

static void bounded_text(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t max;
    size_t kept;
  } table[] = {
      {"abc", 3, 3},          {"abcd", 3, 3}, {"a\xc3\xbc", 3, 3},         {"a\xc3\xbc", 2, 1},
      {"\xe2\x82\xac", 2, 0}, {"", 5, 0},     {"\xf0\x9f\x98\x80x", 4, 4},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    assert_int_equal(cspan_trace_bounded(table[i].text, strlen(table[i].text), table[i].max),
                     table[i].kept);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opt_in),       cmocka_unit_test(default_outcomes),
      cmocka_unit_test(own_outcomes), cmocka_unit_test(bad_outcomes),
      cmocka_unit_test(bounded_text),
  };
  return cmocka_run_group_tests_name("semconv", tests, NULL, NULL);
}
