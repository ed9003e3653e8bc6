/* SPDX-License-Identifier: Apache-2.0 */
/* Values: literals, reading, equality, the maker, documents and the builder. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/value.h"

/* ------------------------------------------------------------------------- reading */

static void test_reading_a_literal(void **state) {
  (void)state;
  const cspan_value value = CSPAN_MAP(
      cspan_field("name", cspan_string("users")), cspan_field("count", cspan_int(3)),
      cspan_field("tags", CSPAN_LIST(cspan_string("a"), cspan_null(), cspan_bool(true))),
      cspan_field("data", cspan_blob("\0\1", 2)), cspan_field("at", cspan_timestamp(1700000000, 5)),
      cspan_field("name", cspan_string("second")), cspan_field("none", cspan_string(NULL)));
  size_t size = 0;
  assert_int_equal(cspan_value_get_kind(&value), CSPAN_VALUE_MAP);
  assert_int_equal(cspan_value_count(&value), 7);
  assert_string_equal(cspan_value_text(cspan_value_get(&value, "name"), &size), "users");
  assert_int_equal(size, 5);
  assert_int_equal(cspan_value_int(cspan_value_get(&value, "count"), -1), 3);
  const cspan_value *tags = cspan_value_get(&value, "tags");
  assert_int_equal(cspan_value_count(tags), 3);
  assert_true(cspan_value_is_null(cspan_value_at(tags, 1)));
  assert_true(cspan_value_bool(cspan_value_at(tags, 2), false));
  assert_null(cspan_value_at(tags, 3));
  assert_null(cspan_value_name_at(tags, 0));
  assert_null(cspan_value_get(tags, "name"));
  assert_memory_equal(cspan_value_bytes(cspan_value_get(&value, "data"), &size), "\0\1", 2);
  assert_int_equal(size, 2);
  assert_int_equal(cspan_value_unix_s(cspan_value_get(&value, "at"), 0), 1700000000);
  assert_string_equal(cspan_value_name_at(&value, 2), "tags");
  assert_null(cspan_value_name_at(&value, 7));
  assert_ptr_equal(cspan_value_at(&value, 2), tags);
  assert_true(cspan_value_is_null(cspan_value_get(&value, "none")));
  assert_non_null(cspan_value_get(&value, "none"));
  assert_null(cspan_value_get(&value, "nam"));
  assert_null(cspan_value_get(&value, NULL));
}

static void test_reading_nothing(void **state) {
  (void)state;
  size_t size = 9;
  assert_int_equal(cspan_value_get_kind(NULL), CSPAN_VALUE_NULL);
  assert_true(cspan_value_is_null(NULL));
  assert_null(cspan_value_get(NULL, "a"));
  assert_null(cspan_value_at(NULL, 0));
  assert_null(cspan_value_name_at(NULL, 0));
  assert_int_equal(cspan_value_count(NULL), 0);
  assert_null(cspan_value_text(NULL, &size));
  assert_int_equal(size, 0);
  assert_null(cspan_value_bytes(NULL, NULL));
  assert_int_equal(cspan_value_int(NULL, 7), 7);
  assert_true(cspan_value_double(NULL, 0.5) == 0.5);
  assert_true(cspan_value_bool(NULL, true));
  assert_int_equal(cspan_value_unix_s(NULL, 8), 8);
  assert_null(cspan_document_value(NULL));
  cspan_document_free(NULL);
}

/* What is of another kind is not converted. */
static void test_reading_another_kind(void **state) {
  (void)state;
  const cspan_value text = cspan_string("12");
  const cspan_value blob = cspan_blob("x", 1);
  const cspan_value at = cspan_timestamp(5, 0);
  const cspan_value one = cspan_int(1);
  assert_int_equal(cspan_value_int(&text, -1), -1);
  assert_int_equal(cspan_value_int(&at, -1), -1);
  assert_true(cspan_value_double(&text, -1) < 0);
  assert_false(cspan_value_bool(&one, false));
  assert_int_equal(cspan_value_unix_s(&one, -1), -1);
  assert_null(cspan_value_text(&blob, NULL));
  assert_string_equal(cspan_value_bytes(&text, NULL), "12");
  assert_int_equal(cspan_value_count(&text), 0);
}

typedef struct number_case {
  cspan_value value;
  int64_t integer;
  double number;
} number_case;

static void test_numbers(void **state) {
  (void)state;
  const number_case cases[] = {
      {cspan_int(-7), -7, -7.0},
      {cspan_double(2.9), 2, 2.9},
      {cspan_double(-2.9), -2, -2.9},
      {cspan_double(1e300), INT64_MAX, 1e300},
      {cspan_double(-1e300), INT64_MIN, -1e300},
      {cspan_double(-9223372036854775808.0), INT64_MIN, -9223372036854775808.0},
      {cspan_double(INFINITY), INT64_MAX, INFINITY},
      {cspan_decimal_text("9007199254740993.75"), 9007199254740993, 9007199254740993.75},
      {cspan_decimal_text("9223372036854775808"), INT64_MAX, 9223372036854775808.0},
      {cspan_decimal_text("-9223372036854775809"), INT64_MIN, -9223372036854775808.0},
      {cspan_decimal_text("12345e-2"), 123, 123.45},
      {cspan_decimal_text("0.00099e3"), 0, 0.99},
      {cspan_decimal_text("1e400"), INT64_MAX, INFINITY},
      {cspan_decimal_text("-1e400"), INT64_MIN, -INFINITY},
      {cspan_decimal_text("1e-400"), 0, 0},
      {cspan_decimal_text("0"), 0, 0},
      {cspan_decimal_text("1e99999999999999999999"), INT64_MAX, INFINITY},
      {cspan_decimal_text("no number"), 42, 42},
      {cspan_decimal_text(""), 42, 42},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double number = cspan_value_double(&cases[i].value, 42);
    assert_int_equal(cspan_value_int(&cases[i].value, 42), cases[i].integer);
    assert_true(number >= cases[i].number && number <= cases[i].number);
  }
  const cspan_value nan_value = cspan_double(NAN);
  assert_int_equal(cspan_value_int(&nan_value, 42), 42);
}

/* ------------------------------------------------------------------------ equality */

static void test_equal(void **state) {
  (void)state;
  const cspan_value list = CSPAN_LIST(cspan_int(1), cspan_string("a"));
  const cspan_value same_list = CSPAN_LIST(cspan_double(1), cspan_string("a"));
  const cspan_value map = CSPAN_MAP(cspan_field("a", cspan_int(1)), cspan_field("b", cspan_null()));
  const cspan_value same_map =
      CSPAN_MAP(cspan_field("b", cspan_null()), cspan_field("a", cspan_int(1)));
  const cspan_value pairs[][2] = {
      {cspan_null(), cspan_null()},
      {cspan_bool(true), cspan_bool(true)},
      {cspan_int(3), cspan_double(3)},
      {cspan_int(3), cspan_decimal_text("3.0")},
      {cspan_double(0.1), cspan_decimal_text("1e-1")},
      {cspan_double(NAN), cspan_double(NAN)},
      {cspan_double(0.0), cspan_double(-0.0)},
      {cspan_int((int64_t)1 << 53), cspan_double(9007199254740992.0)},
      {cspan_decimal_text("odd"), cspan_decimal_text("odd")},
      {cspan_string_of("a\0b", 3), cspan_string_of("a\0b", 3)},
      {cspan_string(""), cspan_string_of(NULL, 0)},
      {cspan_blob("x", 1), cspan_blob("x", 1)},
      {cspan_timestamp(1, 2), cspan_timestamp(1, 2)},
      {cspan_list(NULL, 0), cspan_list(NULL, 0)},
      {list, same_list},
      {map, same_map},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    assert_true(cspan_value_equals(&pairs[i][0], &pairs[i][1]));
    assert_true(cspan_value_equals(&pairs[i][1], &pairs[i][0]));
  }
  assert_true(cspan_value_equals(NULL, NULL));
  assert_true(cspan_value_equals(NULL, &pairs[0][0]));
}

static void test_not_equal(void **state) {
  (void)state;
  const cspan_value list = CSPAN_LIST(cspan_int(1), cspan_int(2));
  const cspan_value other_list = CSPAN_LIST(cspan_int(2), cspan_int(1));
  const cspan_value map = CSPAN_MAP(cspan_field("a", cspan_int(1)), cspan_field("b", cspan_int(2)));
  const cspan_value other_map =
      CSPAN_MAP(cspan_field("a", cspan_int(1)), cspan_field("c", cspan_int(2)));
  const cspan_value pairs[][2] = {
      {cspan_null(), cspan_bool(false)},
      {cspan_bool(true), cspan_bool(false)},
      {cspan_bool(true), cspan_int(1)},
      {cspan_int(1), cspan_string("1")},
      {cspan_int(9007199254740993), cspan_double(9007199254740992.0)},
      {cspan_int(1), cspan_double(NAN)},
      {cspan_decimal_text("1e400"), cspan_double(INFINITY)},
      {cspan_decimal_text("0.10000000000000000001"), cspan_double(0.1)},
      {cspan_decimal_text("-5"), cspan_int(5)},
      {cspan_decimal_text("odd"), cspan_decimal_text("odds")},
      {cspan_string("a"), cspan_string("b")},
      {cspan_string("a"), cspan_string("ab")},
      {cspan_string("a"), cspan_blob("a", 1)},
      {cspan_timestamp(1, 0), cspan_timestamp(1, 1)},
      {cspan_timestamp(1, 0), cspan_int(1)},
      {cspan_list(NULL, 0), cspan_map(NULL, 0)},
      {list, other_list},
      {map, other_map},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    assert_false(cspan_value_equals(&pairs[i][0], &pairs[i][1]));
    assert_false(cspan_value_equals(&pairs[i][1], &pairs[i][0]));
  }
}

/* --------------------------------------------------------------------------- maker */

static int make_arena(void **state) {
  *state = cspan_arena_create(0);
  return *state == NULL;
}

static int free_arena(void **state) {
  cspan_arena_free(*state);
  return 0;
}

static void assert_json(const cspan_value *value, const char *expected) {
  char *json = NULL;
  assert_int_equal(cspan_value_to_json(value, CSPAN_JSON_COMPACT, &json, NULL, NULL), CSPAN_OK);
  assert_string_equal(json, expected);
  cspan_free(json);
}

static void test_maker(void **state) {
  cspan_maker maker;
  cspan_value root;
  cspan_maker_init(&maker, *state);
  assert_int_equal(cspan_maker_count(&maker), 0);
  assert_false(cspan_maker_in_map(&maker));
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  assert_true(cspan_maker_in_map(&maker));
  cspan_maker_name(&maker, "copied name", 6);
  cspan_maker_put_text(&maker, CSPAN_VALUE_STRING, "text", 3);
  cspan_maker_fixed_name(&maker, "list", 4);
  cspan_maker_begin(&maker, CSPAN_VALUE_LIST);
  assert_false(cspan_maker_in_map(&maker));
  for (int i = 0; i < 200; i++) {
    cspan_maker_put(&maker, cspan_int(i));
  }
  assert_int_equal(cspan_maker_count(&maker), 200);
  cspan_maker_end(&maker);
  assert_int_equal(cspan_maker_count(&maker), 2);
  cspan_maker_fixed_name(&maker, "empty", 5);
  cspan_maker_begin(&maker, CSPAN_VALUE_LIST);
  cspan_maker_end(&maker);
  cspan_maker_end(&maker);
  assert_int_equal(cspan_maker_count(&maker), 1);
  assert_int_equal(cspan_maker_finish(&maker, &root), CSPAN_OK);
  cspan_maker_free(&maker);
  assert_int_equal(cspan_value_count(&root), 3);
  assert_string_equal(cspan_value_name_at(&root, 0), "copied");
  assert_string_equal(cspan_value_text(cspan_value_get(&root, "copied"), NULL), "tex");
  const cspan_value *list = cspan_value_get(&root, "list");
  assert_int_equal(cspan_value_count(list), 200);
  assert_int_equal(cspan_value_int(cspan_value_at(list, 199), 0), 199);
  assert_json(cspan_value_get(&root, "empty"), "[]");
}

/* A step of a maker: v value, [ ] { } as in JSON, n name. */
typedef struct maker_case {
  const char *steps;
  cspan_status status;
} maker_case;

static void test_maker_misuse(void **state) {
  static const maker_case cases[] = {
      {"", CSPAN_OK},
      {"v", CSPAN_OK},
      {"[]", CSPAN_OK},
      {"{nv}", CSPAN_OK},
      {"{n[v]}", CSPAN_OK},
      {"vv", CSPAN_ERR_INVALID},
      {"[][]", CSPAN_ERR_INVALID},
      {"{v}", CSPAN_ERR_INVALID},
      {"{[]}", CSPAN_ERR_INVALID},
      {"[nv]", CSPAN_ERR_INVALID},
      {"nv", CSPAN_ERR_INVALID},
      {"n[]", CSPAN_ERR_INVALID},
      {"[", CSPAN_ERR_INVALID},
      {"]", CSPAN_ERR_INVALID},
      {"{n}", CSPAN_ERR_INVALID},
      {"n", CSPAN_ERR_INVALID},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_maker maker;
    cspan_value root;
    cspan_maker_init(&maker, *state);
    for (const char *step = cases[i].steps; *step; step++) {
      switch (*step) {
      case 'v':
        cspan_maker_put(&maker, cspan_int(1));
        break;
      case 'n':
        cspan_maker_fixed_name(&maker, "n", 1);
        break;
      case '[':
      case '{':
        cspan_maker_begin(&maker, *step == '[' ? CSPAN_VALUE_LIST : CSPAN_VALUE_MAP);
        break;
      default:
        cspan_maker_end(&maker);
      }
    }
    assert_int_equal(cspan_maker_finish(&maker, &root), cases[i].status);
    assert_true(cases[i].status == CSPAN_OK || cspan_value_is_null(&root));
    cspan_maker_free(&maker);
  }
}

static void test_maker_limits(void **state) {
  cspan_maker maker;
  cspan_value root;
  cspan_maker_init(&maker, *state);
  for (int i = 0; i < CSPAN_VALUE_MAX_DEPTH; i++) {
    cspan_maker_begin(&maker, CSPAN_VALUE_LIST);
  }
  assert_int_equal(maker.status, CSPAN_OK);
  cspan_maker_begin(&maker, CSPAN_VALUE_LIST);
  cspan_maker_put(&maker, cspan_int(1)); /* does nothing any more */
  cspan_maker_end(&maker);
  assert_int_equal(cspan_maker_finish(&maker, &root), CSPAN_ERR_LIMIT);
  cspan_maker_free(&maker);

  cspan_arena *small = cspan_arena_create(16);
  cspan_maker_init(&maker, small);
  cspan_maker_put_text(&maker, CSPAN_VALUE_STRING, "does not fit there", 18);
  assert_int_equal(cspan_maker_finish(&maker, &root), CSPAN_ERR_LIMIT);
  cspan_maker_free(&maker);
  cspan_maker_init(&maker, small);
  cspan_maker_name(&maker, "does not fit there", 18);
  assert_int_equal(cspan_maker_finish(&maker, &root), CSPAN_ERR_LIMIT);
  cspan_maker_free(&maker);
  cspan_arena_free(small);
}

/* ----------------------------------------------------------------------- documents */

static void test_copy(void **state) {
  (void)state;
  char text[] = "text";
  const cspan_value value =
      CSPAN_MAP(cspan_field("s", cspan_string(text)), cspan_field("n", cspan_decimal_text("1e999")),
                cspan_field("b", cspan_blob(text, 2)), cspan_field("t", cspan_timestamp(-1, 7)),
                cspan_field("l", CSPAN_LIST(cspan_double(0.5), cspan_null(), cspan_bool(true))),
                cspan_field("e", cspan_list(NULL, 0)), cspan_field("i", cspan_int(INT64_MIN)));
  cspan_document *document = NULL;
  assert_int_equal(cspan_document_copy(&value, &document, NULL), CSPAN_OK);
  assert_true(cspan_value_equals(cspan_document_value(document), &value));
  text[0] = 'n';
  assert_string_equal(cspan_value_text(cspan_value_get(cspan_document_value(document), "s"), NULL),
                      "text");
  cspan_document_free(document);
  assert_int_equal(cspan_document_copy(NULL, &document, NULL), CSPAN_OK);
  assert_true(cspan_value_is_null(cspan_document_value(document)));
  cspan_document_free(document);
}

static void test_copy_limits(void **state) {
  (void)state;
  cspan_value levels[CSPAN_VALUE_MAX_DEPTH + 2];
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  levels[0] = cspan_int(1);
  for (size_t i = 1; i < sizeof levels / sizeof levels[0]; i++) {
    levels[i] = cspan_list(&levels[i - 1], 1);
  }
  assert_int_equal(cspan_document_copy(&levels[CSPAN_VALUE_MAX_DEPTH], &document, &error),
                   CSPAN_OK);
  cspan_document_free(document);
  assert_int_equal(cspan_document_copy(&levels[CSPAN_VALUE_MAX_DEPTH + 1], &document, &error),
                   CSPAN_ERR_LIMIT);
  assert_null(document);
  assert_non_null(strstr(cspan_error_message(error), "1000 levels"));
  cspan_error_free(error);
  error = NULL;
  levels[0].kind = (cspan_value_kind)99;
  assert_int_equal(cspan_document_copy(&levels[3], &document, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "no value"));
  cspan_error_free(error);
}

/* ------------------------------------------------------------------------- builder */

static void test_builder(void **state) {
  (void)state;
  char name[] = "Key";
  cspan_document *document = NULL;
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_map(builder, NULL);
  cspan_builder_add(builder, "TableName", cspan_string("users"));
  cspan_builder_begin_map(builder, name);
  name[0] = 'k';
  cspan_builder_add(builder, "id", CSPAN_MAP(cspan_field("S", cspan_string("42"))));
  cspan_builder_end(builder);
  cspan_builder_begin_list(builder, "Names");
  cspan_builder_add(builder, NULL, cspan_int(1));
  cspan_builder_begin_list(builder, NULL);
  /* What is open ends by itself. */
  assert_int_equal(cspan_builder_finish(builder, &document, NULL), CSPAN_OK);
  assert_json(cspan_document_value(document),
              "{\"TableName\":\"users\",\"Key\":{\"id\":{\"S\":\"42\"}},\"Names\":[1,[]]}");
  cspan_document_free(document);
}

typedef void (*misuse)(cspan_builder *builder);

static void no_name(cspan_builder *builder) {
  cspan_builder_begin_map(builder, NULL);
  cspan_builder_add(builder, NULL, cspan_int(1));
}

static void name_in_list(cspan_builder *builder) {
  cspan_builder_begin_list(builder, NULL);
  cspan_builder_add(builder, "name", cspan_int(1));
  cspan_builder_add(builder, NULL, cspan_int(2));
}

static void name_of_root(cspan_builder *builder) {
  cspan_builder_begin_map(builder, "root");
}

static void two_roots(cspan_builder *builder) {
  cspan_builder_add(builder, NULL, cspan_int(1));
  cspan_builder_add(builder, NULL, cspan_int(2));
}

static void end_of_nothing(cspan_builder *builder) {
  cspan_builder_end(builder);
}

static void no_value(cspan_builder *builder) {
  cspan_value value = cspan_null();
  value.kind = (cspan_value_kind)-1;
  cspan_builder_add(builder, NULL, value);
}

static void test_builder_misuse(void **state) {
  (void)state;
  static const misuse cases[] = {no_name,   name_in_list,   name_of_root,
                                 two_roots, end_of_nothing, no_value};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_document *document = NULL;
    cspan_error *error = NULL;
    cspan_builder *builder = cspan_builder_create();
    cases[i](builder);
    assert_int_equal(cspan_builder_finish(builder, &document, &error), CSPAN_ERR_INVALID);
    assert_null(document);
    assert_non_null(strstr(cspan_error_message(error), "needs a name"));
    cspan_error_free(error);
  }
}

static void test_no_builder(void **state) {
  (void)state;
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  cspan_builder_begin_map(NULL, NULL);
  cspan_builder_begin_list(NULL, "a");
  cspan_builder_add(NULL, "a", cspan_null());
  cspan_builder_end(NULL);
  cspan_builder_free(NULL);
  assert_int_equal(cspan_builder_finish(NULL, &document, &error), CSPAN_ERR_NOMEM);
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_NOMEM);
  cspan_error_free(error);
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_list(builder, NULL);
  cspan_builder_free(builder);
  assert_int_equal(cspan_builder_finish(cspan_builder_create(), &document, NULL), CSPAN_OK);
  assert_true(cspan_value_is_null(cspan_document_value(document)));
  cspan_document_free(document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reading_a_literal),
      cmocka_unit_test(test_reading_nothing),
      cmocka_unit_test(test_reading_another_kind),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_equal),
      cmocka_unit_test(test_not_equal),
      cmocka_unit_test_setup_teardown(test_maker, make_arena, free_arena),
      cmocka_unit_test_setup_teardown(test_maker_misuse, make_arena, free_arena),
      cmocka_unit_test_setup_teardown(test_maker_limits, make_arena, free_arena),
      cmocka_unit_test(test_copy),
      cmocka_unit_test(test_copy_limits),
      cmocka_unit_test(test_builder),
      cmocka_unit_test(test_builder_misuse),
      cmocka_unit_test(test_no_builder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
