/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/service_error.h"
#include "aws/xml.h"
#include "base/error.h"

/* Writes a tree as name(child,child) and name="text". */
static void print_tree(const cspan_xml_node *node, cspan_buf *out) {
  cspan_buf_str(out, node->name);
  if (!node->first_child) {
    cspan_buf_printf(out, "=\"%s\"", node->text);
    return;
  }
  assert_string_equal(node->text, "");
  cspan_buf_char(out, '(');
  for (const cspan_xml_node *c = node->first_child; c; c = c->next_sibling) {
    print_tree(c, out);
    cspan_buf_str(out, c->next_sibling ? "," : "");
  }
  cspan_buf_char(out, ')');
}

typedef struct tree_case {
  const char *text;
  const char *tree; /* NULL: an error with that status */
  cspan_status status;
} tree_case;

static const tree_case trees[] = {
    {"<a/>", "a=\"\"", CSPAN_OK},
    {"<a>text</a>", "a=\"text\"", CSPAN_OK},
    {"<a> kept  as it is </a>", "a=\" kept  as it is \"", CSPAN_OK},
    {"<?xml version=\"1.0\"?>\n<a>\n  <b>1</b>\n  <c/>\n</a>\n", "a(b=\"1\",c=\"\")", CSPAN_OK},
    {"<a><b>1</b><b>2</b><c><b>3</b></c></a>", "a(b=\"1\",b=\"2\",c(b=\"3\"))", CSPAN_OK},
    {"<a>&lt;&amp;&#233;&gt;</a>", "a=\"<&\xc3\xa9>\"", CSPAN_OK},
    {"<a><![CDATA[<raw>]]></a>", "a=\"<raw>\"", CSPAN_OK},
    {"<n:a xmlns:n=\"x\"><n:b k=\"v\">1</n:b></n:a>", "a(b=\"1\")", CSPAN_OK},
    {"<a>mixed<b>1</b>content</a>", "a(b=\"1\")", CSPAN_OK},
    {"<a><!-- comment -->1<?pi?>2</a>", "a=\"12\"", CSPAN_OK},
    {"", NULL, CSPAN_ERR_PROTOCOL},
    {"text", NULL, CSPAN_ERR_PROTOCOL},
    {"<a>", NULL, CSPAN_ERR_PROTOCOL},
    {"<a></b>", NULL, CSPAN_ERR_PROTOCOL},
    {"<a>&unknown;</a>", NULL, CSPAN_ERR_PROTOCOL},
    {"<a>\x01</a>", NULL, CSPAN_ERR_PROTOCOL},
    {"<!DOCTYPE a><a/>", NULL, CSPAN_ERR_PROTOCOL},
    {"<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", NULL, CSPAN_ERR_PROTOCOL},
};

static void documents_become_trees(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
    cspan_arena *arena = cspan_arena_create(0);
    cspan_xml_node *root = NULL;
    cspan_error *error = NULL;
    assert_int_equal(cspan_xml_parse(trees[i].text, strlen(trees[i].text), arena, &root, &error),
                     trees[i].status);
    if (trees[i].tree) {
      cspan_buf out;
      cspan_buf_init(&out, 1024);
      print_tree(root, &out);
      assert_string_equal(out.data, trees[i].tree);
      cspan_buf_free(&out);
    } else {
      assert_non_null(strstr(cspan_error_message(error), "XML"));
    }
    cspan_error_free(error);
    cspan_arena_free(arena);
  }
}

static void depth_is_capped(void **state) {
  (void)state;
  for (int depth = CSPAN_XML_MAX_DEPTH; depth <= CSPAN_XML_MAX_DEPTH + 1; depth++) {
    cspan_buf text;
    cspan_buf_init(&text, 4096);
    for (int i = 0; i < depth; i++) {
      cspan_buf_str(&text, "<a>");
    }
    for (int i = 0; i < depth; i++) {
      cspan_buf_str(&text, "</a>");
    }
    cspan_arena *arena = cspan_arena_create(0);
    cspan_xml_node *root = NULL;
    assert_int_equal(cspan_xml_parse(text.data, text.len, arena, &root, NULL),
                     depth > CSPAN_XML_MAX_DEPTH ? CSPAN_ERR_LIMIT : CSPAN_OK);
    cspan_arena_free(arena);
    cspan_buf_free(&text);
  }
}

static void children_are_found(void **state) {
  (void)state;
  static const char text[] = "<r><a>1</a><b><a>x</a></b><a>2</a></r>";
  cspan_arena *arena = cspan_arena_create(0);
  cspan_xml_node *root = NULL;
  assert_int_equal(cspan_xml_parse(text, strlen(text), arena, &root, NULL), CSPAN_OK);
  assert_string_equal(cspan_xml_text(root, "a"), "1");
  assert_null(cspan_xml_text(root, "c"));
  assert_null(cspan_xml_text(NULL, "a"));
  const cspan_xml_node *a = cspan_xml_child(root, "a");
  a = cspan_xml_next(a);
  assert_string_equal(a->text, "2");
  assert_null(cspan_xml_next(a));
  assert_string_equal(cspan_xml_text(cspan_xml_child(root, "b"), "a"), "x");
  cspan_arena_free(arena);
}

static void what_is_escaped_can_be_read(void **state) {
  (void)state;
  static const char key[] = "a<b>&\"c'\r\n\t\xc3\xa9 ]]>";
  cspan_buf text;
  cspan_buf_init(&text, 1024);
  assert_int_equal(cspan_xml_element(&text, "Key", key), CSPAN_OK);
  assert_int_equal(cspan_xml_element(&text, "None", NULL), CSPAN_OK);
  assert_null(strstr(text.data, "None"));
  cspan_arena *arena = cspan_arena_create(0);
  cspan_xml_node *root = NULL;
  assert_int_equal(cspan_xml_parse(text.data, text.len, arena, &root, NULL), CSPAN_OK);
  assert_string_equal(root->text, key);
  cspan_arena_free(arena);
  cspan_buf_free(&text);
}

/* ------------------------------------------------------------------- errors */

static void error_documents_are_recognised(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool is_error;
  } cases[] = {
      {"<Error><Code>x</Code></Error>", true},
      {"<?xml version=\"1.0\"?>\n<Error>", true},
      {" \r\n\t<?xml version=\"1.0\"?><Error xmlns=\"x\">", true},
      {"<ErrorResponse>", true},
      {"<Error/>", true},
      {"<Errors>", false},
      {"<CopyObjectResult><Error/></CopyObjectResult>", false},
      {"<?xml", false},
      {"   ", false},
      {"", false},
      {"<Error", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cspan_is_error_document(cases[i].text, strlen(cases[i].text)),
                     cases[i].is_error);
  }
}

static void errors_are_parsed(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool found;
    const char *code;
    const char *message;
    const char *request_id;
  } cases[] = {
      {"\n <Error><Code> A </Code><Message>two\nlines</Message><RequestId>r</RequestId></Error>",
       true, "A", "two lines", "r"},
      {"<ErrorResponse><Error><Code>A</Code></Error><RequestId>r</RequestId></ErrorResponse>", true,
       "A", NULL, "r"},
      {"<Error><Message>m</Message></Error>", false, NULL, NULL, NULL},
      {"<Other><Code>A</Code></Other>", false, NULL, NULL, NULL},
      {"<ErrorResponse/>", false, NULL, NULL, NULL},
      {"<html>", false, NULL, NULL, NULL},
      {"", false, NULL, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_arena *arena = cspan_arena_create(0);
    cspan_service_error out;
    assert_int_equal(cspan_service_error_parse(cases[i].text, strlen(cases[i].text), arena, &out),
                     cases[i].found);
    if (cases[i].found) {
      assert_string_equal(out.code, cases[i].code);
      assert_string_equal(out.request_id, cases[i].request_id);
      assert_string_equal(out.message ? out.message : "", cases[i].message ? cases[i].message : "");
    }
    cspan_arena_free(arena);
  }
}

static void long_messages_are_cut_between_characters(void **state) {
  (void)state;
  cspan_buf text;
  cspan_buf_init(&text, 1 << 20);
  cspan_buf_str(&text, "<Error><Code>A</Code><Message>x");
  for (int i = 0; i < 5000; i++) {
    cspan_buf_str(&text, "\xc3\xa9");
  }
  cspan_buf_str(&text, "</Message></Error>");
  cspan_arena *arena = cspan_arena_create(0);
  cspan_service_error out;
  assert_true(cspan_service_error_parse(text.data, text.len, arena, &out));
  assert_int_equal(strlen(out.message), 1023);
  assert_string_equal(out.message + 1021, "\xc3\xa9");
  cspan_arena_free(arena);
  cspan_buf_free(&text);
}

static void attributes_are_kept_without_declarations(void **state) {
  (void)state;
  static const char text[] = "<a xmlns=\"u\" xmlns:x=\"v\" x:one=\"1\" two=\"&lt;2&gt;\"><b/></a>";
  cspan_arena *arena = cspan_arena_create(0);
  cspan_xml_node *root = NULL;
  assert_int_equal(cspan_xml_parse(text, sizeof text - 1, arena, &root, NULL), CSPAN_OK);
  const cspan_xml_attribute *first = root->attributes;
  assert_string_equal(first->name, "x:one");
  assert_string_equal(first->value, "1");
  assert_string_equal(first->next->name, "two");
  assert_string_equal(first->next->value, "<2>");
  assert_null(first->next->next);
  assert_null(root->first_child->attributes);
  cspan_arena_free(arena);
}

static void a_tree_that_does_not_fit_is_refused(void **state) {
  (void)state;
  cspan_buf text;
  cspan_xml_node *root = NULL;
  cspan_error *error = NULL;
  cspan_arena *arena = cspan_arena_create(64 * 1024);
  cspan_buf_init(&text, 1 << 20);
  cspan_buf_str(&text, "<a>");
  for (int i = 0; i < 10000; i++) {
    cspan_buf_str(&text, "<b c=\"d\"/>");
  }
  cspan_buf_str(&text, "</a>");
  assert_int_equal(cspan_xml_parse(text.data, text.len, arena, &root, &error), CSPAN_ERR_LIMIT);
  assert_non_null(error);
  cspan_error_free(error);
  cspan_buf_free(&text);
  cspan_arena_free(arena);
}

static void statuses_have_codes(void **state) {
  (void)state;
  assert_string_equal(cspan_http_error_code(404), "NotFound");
  assert_string_equal(cspan_http_error_code(403), "Forbidden");
  assert_string_equal(cspan_http_error_code(304), "NotModified");
  assert_string_equal(cspan_http_error_code(412), "PreconditionFailed");
  assert_string_equal(cspan_http_error_code(418), "ClientError");
  assert_string_equal(cspan_http_error_code(599), "ServerError");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(documents_become_trees),
      cmocka_unit_test(depth_is_capped),
      cmocka_unit_test(children_are_found),
      cmocka_unit_test(what_is_escaped_can_be_read),
      cmocka_unit_test(error_documents_are_recognised),
      cmocka_unit_test(errors_are_parsed),
      cmocka_unit_test(long_messages_are_cut_between_characters),
      cmocka_unit_test(attributes_are_kept_without_declarations),
      cmocka_unit_test(a_tree_that_does_not_fit_is_refused),
      cmocka_unit_test(statuses_have_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
