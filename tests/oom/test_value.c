/* SPDX-License-Identifier: Apache-2.0 */
/* Documents, the builder and JMESPath with every allocation failing in turn: out of memory is told,
 * nothing is given, nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/value.h"
#include "support/fail_alloc.h"

enum { MOST_ALLOCATIONS = 2000, MANY = 300 };

static const char json[] =
    "{\"items\":[{\"n\":3,\"s\":\"three \\u20ac\"},{\"n\":1.5e400,\"s\":\"one\"},{\"n\":2}],"
    "\"deep\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],\"data\":{\"a\":{\"b\":[true,null]}}}";

/* Gives the status of what it did; what it made it has freed. */
typedef cspan_status (*scenario)(cspan_error **error);

static void replay(scenario run) {
  cspan_error *error = NULL;
  assert_int_equal(run(&error), CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  for (int all_that_follow = 0; all_that_follow < 2; all_that_follow++) {
    for (size_t n = 1;; n++) {
      assert_true(n < MOST_ALLOCATIONS);
      fail_alloc_arm(n, all_that_follow == 1);
      cspan_status status = run(&error);
      if (!fail_alloc_disarm()) {
        assert_int_equal(status, CSPAN_OK);
        break;
      }
      assert_int_equal(status, CSPAN_ERR_NOMEM);
      assert_int_equal(cspan_error_status(error), CSPAN_ERR_NOMEM);
      cspan_error_free(error);
      error = NULL;
      assert_int_equal(fail_alloc_outstanding_here(), before);
    }
  }
}

static cspan_status finish(cspan_status status, cspan_document *document) {
  assert_int_equal(document != NULL, status == CSPAN_OK);
  cspan_document_free(document);
  return status;
}

static cspan_status parse(cspan_error **error) {
  cspan_document *document = NULL;
  cspan_status status = cspan_document_parse_json(json, sizeof json - 1, &document, error);
  return finish(status, document);
}

static cspan_status write(cspan_error **error) {
  static cspan_value items[MANY];
  const cspan_value value = CSPAN_LIST(cspan_list(items, MANY), cspan_blob("abcdef", 6),
                                       cspan_timestamp(1, 2), cspan_double(0.1));
  char *text = NULL;
  cspan_status status = cspan_value_to_json(&value, CSPAN_JSON_INDENT, &text, NULL, error);
  assert_int_equal(text != NULL, status == CSPAN_OK);
  cspan_free(text);
  return status;
}

static cspan_status build(cspan_error **error) {
  cspan_document *document = NULL;
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_map(builder, NULL);
  for (int i = 0; i < MANY; i++) {
    cspan_builder_add(builder, "a member with a name that takes room",
                      CSPAN_LIST(cspan_int(i), cspan_string("and a text")));
  }
  cspan_builder_begin_list(builder, "list");
  cspan_status status = cspan_builder_finish(builder, &document, error);
  return finish(status, document);
}

static cspan_status copy(cspan_error **error) {
  static const char big[5000];
  const cspan_value value =
      CSPAN_MAP(cspan_field("a", cspan_blob(big, sizeof big)),
                cspan_field("b", CSPAN_LIST(cspan_string_of(big, sizeof big), cspan_int(1))));
  cspan_document *document = NULL;
  cspan_status status = cspan_document_copy(&value, &document, error);
  return finish(status, document);
}

/* An expression that needs memory of every kind. */
static cspan_status search(cspan_error **error) {
  static const char expression[] =
      "{a: sort_by(items, &to_string(n))[*].s | join(', ', [?@ != `null`]), b: merge(data, {c: "
      "`other`, \"d\\n\": 'raw'}), c: deep[0][0][], d: map(&[@, to_number('1e500')], items[::-1]),"
      " e: reverse(keys(data)), f: `{\"x\": [1]}`.x, g: to_string(@), h: to_array(values(data))}";
  cspan_document *found = NULL;
  static const cspan_member data[] = {
      {"a", 1, {CSPAN_VALUE_TIMESTAMP, 0, 0, {.integer = 5}}},
  };
  const cspan_value value = CSPAN_MAP(
      cspan_field("items", CSPAN_LIST(CSPAN_MAP(cspan_field("n", cspan_int(2)),
                                                cspan_field("s", cspan_string("two"))),
                                      CSPAN_MAP(cspan_field("n", cspan_double(1.5)),
                                                cspan_field("s", cspan_string("one and a half"))))),
      cspan_field("deep", CSPAN_LIST(CSPAN_LIST(CSPAN_LIST(cspan_int(1))))),
      cspan_field("data", cspan_map(data, 1)));
  cspan_status status = cspan_value_search(&value, expression, &found, error);
  return finish(status, found);
}

static void test_parse(void **state) {
  (void)state;
  replay(parse);
}

static void test_write(void **state) {
  (void)state;
  replay(write);
}

static void test_build(void **state) {
  (void)state;
  replay(build);
}

static void test_copy(void **state) {
  (void)state;
  replay(copy);
}

static void test_search(void **state) {
  (void)state;
  replay(search);
}

/* An error without memory for its members is still that error. */
static void test_error_fields(void **state) {
  (void)state;
  const cspan_value fields = CSPAN_MAP(cspan_field("Reason", cspan_string("because")));
  const cspan_error_info info = {
      .status = CSPAN_ERR_SERVICE, .code = "Conflict", .fields = &fields};
  bool was_left_out = false;
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    cspan_error *error = NULL;
    fail_alloc_arm(n, false);
    cspan_error_set_info(&error, &info, "message");
    bool met = fail_alloc_disarm();
    if (cspan_error_status(error) == CSPAN_ERR_SERVICE) {
      assert_string_equal(cspan_error_code(error), "Conflict");
      was_left_out = was_left_out || cspan_error_fields(error) == NULL;
    } else {
      assert_int_equal(cspan_error_status(error), CSPAN_ERR_NOMEM);
    }
    assert_true(met || cspan_value_equals(cspan_error_fields(error), &fields));
    cspan_error_free(error);
    if (!met) {
      break;
    }
  }
  assert_true(was_left_out);
}

static int open_all(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int close_all(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse),  cmocka_unit_test(test_write),
      cmocka_unit_test(test_build),  cmocka_unit_test(test_copy),
      cmocka_unit_test(test_search), cmocka_unit_test(test_error_fields),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
