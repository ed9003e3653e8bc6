/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text and as tables. What the text is was compared with the AWS CLI's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/print.h"

typedef struct print_case {
  const char *json;
  const char *text;
} print_case;

static void check(const print_case *c, bool as_table) {
  cspan_document *document = NULL;
  cspan_buf out;
  assert_int_equal(cspan_document_parse_json(c->json, strlen(c->json), &document, NULL), CSPAN_OK);
  cspan_buf_init(&out, 65536);
  if (as_table) {
    cspan_cli_put_value_table(&out, "T", cspan_document_value(document));
  } else {
    cspan_cli_put_value_text(&out, cspan_document_value(document));
  }
  assert_int_equal(cspan_buf_status(&out), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), c->text);
  cspan_buf_free(&out);
  cspan_document_free(document);
}

static void test_text(void **state) {
  (void)state;
  static const print_case cases[] = {
      {"\"one\"", "one\n"},
      {"null", "None\n"},
      {"false", "False\n"},
      {"7", "7\n"},
      {"2.5", "2.5\n"},
      {"10.0", "10.0\n"},
      {"[]", ""},
      {"{}", ""},
      {"[1, \"b\", true]", "1\tb\tTrue\n"},
      {"[[1, 2], [3]]", "1\t2\n3\n"},
      {"{\"b\": 1, \"a\": \"x\", \"c\": null}", "x\t1\tNone\n"},
      {"{\"List\": [\"x\", \"y\"]}", "LIST\tx\nLIST\ty\n"},
      {"{\"z\": 1, \"Map\": {\"y\": 2, \"x\": 3}}", "1\nMAP\t3\t2\n"},
      {"{\"Maps\": [{\"a\": 1}, {\"b\": 2}]}", "MAPS\t1\t\nMAPS\t\t2\n"},
      {"{\"Maps\": [{\"a\": 1, \"In\": [{\"k\": 2}]}, {\"a\": 3}]}", "MAPS\t1\nIN\t2\nMAPS\t3\n"},
      {"{\"Outer\": {\"Inner\": {\"a\": 1}}}", "INNER\t1\n"},
      {"\"bell\\u0007\"", "bell\\x07\n"},
      {"\"two\\nlines\"", "two\nlines\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check(&cases[i], false);
  }
}

static void test_tables(void **state) {
  (void)state;
  static const print_case cases[] = {
      {"{}", ""},
      {"[]", ""},
      {"\"one\"", "T\n+-----+\n| one |\n+-----+\n"},
      {"[1, 22]", "T\n+----+\n| 1  |\n| 22 |\n+----+\n"},
      {"{\"b\": 1, \"long\": \"x\"}",
       "T\n+------+---+\n| b    | 1 |\n| long | x |\n+------+---+\n"},
      {"[{\"a\": 1}, {\"b\": \"x\\ty\"}]",
       "T\n+---+-----+\n| a | b   |\n+---+-----+\n| 1 |     |\n|   | x y |\n+---+-----+\n"},
      {"{\"In\": {\"k\": \"\xc3\xa4\"}, \"a\": 1}",
       "T\n+---+---+\n| a | 1 |\n+---+---+\nT.In\n+---+---+\n| k | \xc3\xa4 |\n+---+---+\n"},
      {"[[1], [2]]", "T\n+---+\n| 1 |\n+---+\nT\n+---+\n| 2 |\n+---+\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check(&cases[i], true);
  }
}

/* A buffer that is full is told, and nothing is written past it. */
static void test_full(void **state) {
  (void)state;
  cspan_value items[2] = {cspan_string("a text that is long"), cspan_string("and another one")};
  cspan_value list = cspan_list(items, 2);
  cspan_buf out;
  cspan_buf_init(&out, 16);
  cspan_cli_put_value_text(&out, &list);
  assert_int_not_equal(cspan_buf_status(&out), CSPAN_OK);
  cspan_buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_tables),
      cmocka_unit_test(test_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
