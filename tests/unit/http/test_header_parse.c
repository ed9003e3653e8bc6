/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/header_parse.h"

typedef struct line_case {
  const char *line;
  size_t len; /* 0: the whole text */
  cspan_header_event event;
  const char *name;
  const char *value;
} line_case;

#define STATUS                                                                                     \
  { "HTTP/1.1 200 OK\r\n", 0, CSPAN_HEADER_NONE, NULL, NULL }
#define BAD(text)                                                                                  \
  { text, 0, CSPAN_HEADER_BAD, NULL, NULL }

static void feed(const line_case *lines, size_t count, cspan_header_parser *parser) {
  for (size_t i = 0; i < count; i++) {
    const line_case *l = &lines[i];
    const char *name;
    const char *value;
    size_t len = l->len ? l->len : strlen(l->line);
    assert_int_equal(cspan_header_parse(parser, l->line, len, &name, &value), l->event);
    if (l->name) {
      assert_string_equal(name, l->name);
      assert_string_equal(value, l->value);
    } else {
      assert_null(name);
      assert_null(value);
    }
  }
}

static void test_whole_response(void **state) {
  (void)state;
  static const line_case lines[] = {
      {"HTTP/1.1 100 Continue\r\n", 0, CSPAN_HEADER_NONE, NULL, NULL},
      {"Content-Length: 99\r\n", 0, CSPAN_HEADER_NONE, NULL, NULL},
      {"\r\n", 0, CSPAN_HEADER_NONE, NULL, NULL},
      {"HTTP/2 206 \r\n", 0, CSPAN_HEADER_NONE, NULL, NULL},
      {"ETag:\"a:b\"\r\n", 0, CSPAN_HEADER_FIELD, "etag", "\"a:b\""},
      {"X-Amz-Meta-A: \t v 1 \t\r\n", 0, CSPAN_HEADER_FIELD, "x-amz-meta-a", "v 1"},
      {"Empty:\r\n", 0, CSPAN_HEADER_FIELD, "empty", ""},
      {"Content-Length: 12\n", 0, CSPAN_HEADER_FIELD, "content-length", "12"},
      {"tab: a\tb\r\n", 0, CSPAN_HEADER_FIELD, "tab", "a\tb"},
      {"utf8: \xc3\xa9\r\n", 0, CSPAN_HEADER_FIELD, "utf8", "\xc3\xa9"},
      {"\r\n", 0, CSPAN_HEADER_END, NULL, NULL},
      {"Grpc-Status: 0\r\n", 0, CSPAN_HEADER_TRAILER, "grpc-status", "0"},
      {"\r\n", 0, CSPAN_HEADER_NONE, NULL, NULL},
  };
  cspan_header_parser parser;
  cspan_header_parser_init(&parser, 4096);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(parser.content_length, -1);
    feed(lines, sizeof lines / sizeof lines[0], &parser);
    assert_int_equal(parser.status, 206);
    assert_int_equal(parser.content_length, 12);
    cspan_header_parser_reset(&parser, 4096);
  }
  cspan_header_parser_free(&parser);
}

static void test_bad_status_lines(void **state) {
  (void)state;
  static const char *const lines[] = {"\r\n",
                                      "HTTP/1.1\r\n",
                                      "HTTP/1.1 \r\n",
                                      "HTTP/1.1 20\r\n",
                                      "HTTP/1.1 2000\r\n",
                                      "HTTP/1.1 099 Low\r\n",
                                      "HTTP/1.1 2x0 OK\r\n",
                                      "http/1.1 200 OK\r\n",
                                      "ICY 200 OK\r\n",
                                      "Content-Length: 1\r\n"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    const line_case line = BAD(lines[i]);
    cspan_header_parser parser;
    cspan_header_parser_init(&parser, 4096);
    feed(&line, 1, &parser);
    assert_int_equal(parser.status, 0);
    cspan_header_parser_free(&parser);
  }
}

static void test_bad_fields(void **state) {
  (void)state;
  static const line_case bad[] = {
      BAD("no colon\r\n"),   BAD(": no name\r\n"),
      BAD(" folded: x\r\n"), BAD("blank : x\r\n"),
      BAD("na\"me: x\r\n"),  BAD("caf\xc3\xa9: x\r\n"),
      BAD("a: x\x01y\r\n"),  BAD("a: x\ry\r\n"),
      BAD("a: x\x7f\r\n"),   {"a: x\0y\r\n", 8, CSPAN_HEADER_BAD, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const line_case lines[] = {STATUS, bad[i]};
    cspan_header_parser parser;
    cspan_header_parser_init(&parser, 4096);
    feed(lines, 2, &parser);
    cspan_header_parser_free(&parser);
  }
}

static void test_content_length(void **state) {
  (void)state;
  static const struct {
    const char *line;
    int64_t length;
  } cases[] = {{"Content-Length: 0\r\n", 0},
               {"Content-Length: 9223372036854775807\r\n", INT64_MAX},
               {"Content-Length: 9223372036854775808\r\n", -1},
               {"Content-Length: -5\r\n", -1},
               {"Content-Length: 5, 5\r\n", -1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *name;
    const char *value;
    cspan_header_parser parser;
    cspan_header_parser_init(&parser, 4096);
    cspan_header_parse(&parser, "HTTP/1.1 200 OK\r\n", 17, &name, &value);
    cspan_header_parse(&parser, cases[i].line, strlen(cases[i].line), &name, &value);
    assert_int_equal(parser.content_length, cases[i].length);
    cspan_header_parser_free(&parser);
  }
}

static void test_limit(void **state) {
  (void)state;
  static const line_case lines[] = {
      STATUS, /* 17 bytes */
      {"a: 1\r\n", 0, CSPAN_HEADER_FIELD, "a", "1"},
      {"b: 22\r\n", 0, CSPAN_HEADER_FIELD, "b", "22"},
      {"c: 3\r\n", 0, CSPAN_HEADER_LIMIT, NULL, NULL},
      {"\r\n", 0, CSPAN_HEADER_LIMIT, NULL, NULL},
  };
  cspan_header_parser parser;
  cspan_header_parser_init(&parser, 17 + 6 + 7 + 1);
  feed(lines, sizeof lines / sizeof lines[0], &parser);
  cspan_header_parser_free(&parser);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_response), cmocka_unit_test(test_bad_status_lines),
      cmocka_unit_test(test_bad_fields),     cmocka_unit_test(test_content_length),
      cmocka_unit_test(test_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
