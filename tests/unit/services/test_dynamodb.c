/* SPDX-License-Identifier: Apache-2.0 */
/* Plain values and attribute values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include <cloudspan/dynamodb.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct pair {
  const char *plain;
  const char *attribute;
} pair;

static cspan_document *parse(const char *json) {
  cspan_document *document = NULL;
  assert_int_equal(cspan_document_parse_json(json, strlen(json), &document, NULL), CSPAN_OK);
  return document;
}

static void assert_json(const cspan_document *document, const char *json) {
  char *text = NULL;
  size_t size = 0;
  assert_int_equal(
      cspan_value_to_json(cspan_document_value(document), CSPAN_JSON_COMPACT, &text, &size, NULL),
      CSPAN_OK);
  assert_string_equal(text, json);
  cspan_free(text);
}

/* Both ways, to the letter. */
static void test_pairs(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"\"x\"", "{\"S\":\"x\"}"},
      {"\"\"", "{\"S\":\"\"}"},
      {"0", "{\"N\":\"0\"}"},
      {"-9223372036854775808", "{\"N\":\"-9223372036854775808\"}"},
      {"0.1", "{\"N\":\"0.1\"}"},
      {"12345678901234567890123456789012345678",
       "{\"N\":\"12345678901234567890123456789012345678\"}"},
      {"0.12345678901234567890123456789", "{\"N\":\"0.12345678901234567890123456789\"}"},
      {"true", "{\"BOOL\":true}"},
      {"null", "{\"NULL\":true}"},
      {"[]", "{\"L\":[]}"},
      {"{}", "{\"M\":{}}"},
      {"[1,\"a\",[null]]", "{\"L\":[{\"N\":\"1\"},{\"S\":\"a\"},{\"L\":[{\"NULL\":true}]}]}"},
      {"{\"a\":{\"b\":false}}", "{\"M\":{\"a\":{\"M\":{\"b\":{\"BOOL\":false}}}}}"},
  };
  for (size_t i = 0; i < COUNT(pairs); i++) {
    cspan_document *plain = parse(pairs[i].plain);
    cspan_document *attribute = NULL;
    cspan_document *back = NULL;
    assert_int_equal(cspan_dynamodb_marshal(cspan_document_value(plain), &attribute, NULL),
                     CSPAN_OK);
    assert_json(attribute, pairs[i].attribute);
    assert_int_equal(cspan_dynamodb_unmarshal(cspan_document_value(attribute), &back, NULL),
                     CSPAN_OK);
    assert_json(back, pairs[i].plain);
    cspan_document_free(plain);
    cspan_document_free(attribute);
    cspan_document_free(back);
  }
}

static void test_sets(void **state) {
  (void)state;
  cspan_value strings[] = {cspan_string("a"), cspan_string("b")};
  cspan_value numbers[] = {cspan_int(1), cspan_double(2.5)};
  cspan_value blobs[] = {cspan_blob("\0", 1)};
  const struct {
    cspan_value set;
    cspan_dynamodb_set kind;
    const char *json;
  } cases[] = {
      {cspan_dynamodb_string_set(strings, 2), CSPAN_DYNAMODB_STRING_SET, "{\"SS\":[\"a\",\"b\"]}"},
      {cspan_dynamodb_number_set(numbers, 2), CSPAN_DYNAMODB_NUMBER_SET,
       "{\"NS\":[\"1\",\"2.5\"]}"},
      {cspan_dynamodb_blob_set(blobs, 1), CSPAN_DYNAMODB_BLOB_SET, "{\"BS\":[\"AA==\"]}"},
      {cspan_list(strings, 1), CSPAN_DYNAMODB_NO_SET, "{\"L\":[{\"S\":\"a\"}]}"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    cspan_document *copy = NULL;
    cspan_document *attribute = NULL;
    cspan_document *back = NULL;
    assert_int_equal(cspan_document_copy(&cases[i].set, &copy, NULL), CSPAN_OK);
    assert_int_equal(cspan_dynamodb_marshal(cspan_document_value(copy), &attribute, NULL),
                     CSPAN_OK);
    assert_json(attribute, cases[i].json);
    assert_int_equal(cspan_dynamodb_unmarshal(cspan_document_value(attribute), &back, NULL),
                     CSPAN_OK);
    assert_int_equal(cspan_dynamodb_set_kind(cspan_document_value(back)), cases[i].kind);
    assert_true(cspan_value_equals(cspan_document_value(back), &cases[i].set));
    cspan_document_free(copy);
    cspan_document_free(attribute);
    cspan_document_free(back);
  }
  assert_int_equal(cspan_dynamodb_set_kind(NULL), CSPAN_DYNAMODB_NO_SET);
}

static void assert_refused(const cspan_value *value, const char *message) {
  cspan_document *out = NULL;
  cspan_error *error = NULL;
  cspan_value item = CSPAN_MAP(cspan_field("a", CSPAN_LIST(cspan_int(1), *value)));
  assert_int_equal(cspan_dynamodb_marshal_item(&item, &out, &error), CSPAN_ERR_INVALID);
  assert_null(out);
  if (strstr(cspan_error_message(error), message) == NULL ||
      strncmp(cspan_error_message(error), "item.a[1]", 9) != 0) {
    fail_msg("\"%s\" instead of \"%s\"", cspan_error_message(error), message);
  }
  cspan_error_free(error);
}

static void test_refused(void **state) {
  (void)state;
  cspan_value mixed[] = {cspan_string("a"), cspan_int(1)};
  const struct {
    cspan_value value;
    const char *message;
  } cases[] = {
      {cspan_timestamp(0, 0), "timestamps"},
      {cspan_double(NAN), "NaN"},
      {cspan_double(-INFINITY), "infinities"},
      {cspan_decimal_text("1x"), "not the text of a decimal number"},
      {cspan_dynamodb_string_set(NULL, 0), "at least one"},
      {cspan_dynamodb_string_set(mixed, 2), "[1]: a string set"},
      {cspan_dynamodb_number_set(mixed, 2), "[0]: a number set"},
      {cspan_dynamodb_blob_set(mixed, 2), "[0]: a blob set"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_refused(&cases[i].value, cases[i].message);
  }
  cspan_document *out = NULL;
  assert_int_equal(cspan_dynamodb_marshal_item(&mixed[0], &out, NULL), CSPAN_ERR_INVALID);
  assert_int_equal(cspan_dynamodb_marshal_item(NULL, &out, NULL), CSPAN_ERR_INVALID);
}

static void test_not_understood(void **state) {
  (void)state;
  static const char *const cases[] = {
      "null",
      "{}",
      "{\"X\":1}",
      "{\"S\":1}",
      "{\"N\":1}",
      "{\"N\":\"\"}",
      "{\"N\":\"1x\"}",
      "{\"BOOL\":1}",
      "{\"NULL\":\"x\"}",
      "{\"L\":{}}",
      "{\"M\":[]}",
      "{\"SS\":\"a\"}",
      "{\"SS\":[1]}",
      "{\"NS\":[\"a\"]}",
      "{\"B\":\"raw\"}",
      "{\"S\":\"a\",\"N\":\"1\"}",
      "{\"L\":[1]}",
      "{\"M\":{\"a\":{\"Y\":1}}}",
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    cspan_document *attribute = parse(cases[i]);
    cspan_document *out = NULL;
    cspan_error *error = NULL;
    if (cspan_dynamodb_unmarshal(cspan_document_value(attribute), &out, &error) !=
        CSPAN_ERR_PROTOCOL) {
      fail_msg("%s was taken", cases[i]);
    }
    assert_null(out);
    cspan_error_free(error);
    cspan_document_free(attribute);
  }
}

/* A chain of lists, `depth` of them. */
static cspan_status marshal_nested(int depth, cspan_document **out) {
  enum { MOST = 200 };
  cspan_value lists[MOST];
  lists[0] = cspan_int(1);
  for (int i = 1; i <= depth; i++) {
    lists[i] = cspan_list(&lists[i - 1], 1);
  }
  return cspan_dynamodb_marshal(&lists[depth], out, NULL);
}

static void test_depth(void **state) {
  (void)state;
  cspan_document *out = NULL;
  cspan_document *back = NULL;
  assert_int_equal(marshal_nested(100, &out), CSPAN_OK);
  assert_int_equal(cspan_dynamodb_unmarshal(cspan_document_value(out), &back, NULL), CSPAN_OK);
  cspan_document_free(out);
  cspan_document_free(back);
  assert_int_equal(marshal_nested(101, &out), CSPAN_ERR_LIMIT);
  assert_null(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pairs),   cmocka_unit_test(test_sets),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_not_understood),
      cmocka_unit_test(test_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
