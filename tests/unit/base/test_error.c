/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/value.h"
#include "support/fail_alloc.h"

static void test_no_error(void **state) {
  (void)state;
  assert_int_equal(cspan_error_status(NULL), CSPAN_OK);
  assert_string_equal(cspan_error_code(NULL), "");
  assert_string_equal(cspan_error_message(NULL), "");
  assert_string_equal(cspan_error_request_id(NULL), "");
  assert_string_equal(cspan_error_extended_request_id(NULL), "");
  assert_int_equal(cspan_error_http_status(NULL), 0);
  assert_false(cspan_error_is_retryable(NULL));
  assert_null(cspan_error_dup(NULL));
  cspan_error_set_retryable(NULL, true);
  cspan_error_prefix(NULL, "x");
  cspan_error_free(NULL);
  assert_int_equal(cspan_error_set(NULL, CSPAN_ERR_IO, "nobody listens"), CSPAN_ERR_IO);
}

/* The members of a modelled error are the error's own, also in its copy. */
static void test_fields(void **state) {
  (void)state;
  char reason[] = "because";
  const cspan_value fields = CSPAN_MAP(cspan_field("Reason", cspan_string(reason)));
  const cspan_error_info info = {
      .status = CSPAN_ERR_SERVICE, .code = "Conflict", .fields = &fields};
  cspan_error *error = NULL;
  cspan_error_set_info(&error, &info, "no");
  reason[0] = 'B';
  cspan_error *copy = cspan_error_dup(error);
  cspan_error_free(error);
  const cspan_value *found = cspan_value_get(cspan_error_fields(copy), "Reason");
  assert_string_equal(cspan_value_text(found, NULL), "because");
  cspan_error_free(copy);
  error = NULL;
  cspan_error_set(&error, CSPAN_ERR_IO, "no fields");
  assert_null(cspan_error_fields(error));
  assert_null(cspan_error_fields(NULL));
  assert_null(cspan_error_fields(cspan_error_nomem()));
  cspan_error_free(error);
}

/* Every status has a name and a code of its own. */
static void test_names(void **state) {
  (void)state;
  for (int a = CSPAN_OK; a <= CSPAN_ERR_UNSUPPORTED; a++) {
    assert_string_not_equal(cspan_status_name((cspan_status)a), "unknown");
    for (int b = CSPAN_OK; b < a; b++) {
      assert_string_not_equal(cspan_status_name((cspan_status)a),
                              cspan_status_name((cspan_status)b));
      assert_string_not_equal(cspan_status_code((cspan_status)a),
                              cspan_status_code((cspan_status)b));
    }
  }
  assert_string_equal(cspan_status_name(CSPAN_ERR_TIMEOUT), "timeout");
  assert_string_equal(cspan_status_code(CSPAN_ERR_IO), "io_error");
  assert_string_equal(cspan_status_name((cspan_status)9999), "unknown");
  assert_string_equal(cspan_status_name((cspan_status)-1), "unknown");
}

static void test_set(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_int_equal(cspan_error_set(&error, CSPAN_ERR_CONFIG, "line %d", 3), CSPAN_ERR_CONFIG);
  assert_string_equal(cspan_error_message(error), "line 3");
  assert_string_equal(cspan_error_code(error), "config_error");
  /* The first error stays: it is the cause. */
  assert_int_equal(cspan_error_set(&error, CSPAN_ERR_IO, "later"), CSPAN_ERR_IO);
  assert_string_equal(cspan_error_message(error), "line 3");
  cspan_error_prefix(error, "in %s", "file");
  assert_string_equal(cspan_error_message(error), "in file: line 3");
  cspan_error_free(error);
  error = NULL;
  cspan_error_set_code(&error, CSPAN_ERR_CONNECT, "connection_refused", "no");
  assert_string_equal(cspan_error_code(error), "connection_refused");
  cspan_error_free(error);
}

static const cspan_error_info full = {
    .status = CSPAN_ERR_SERVICE,
    .code = "SlowDown",
    .http_status = 503,
    .request_id = "R1",
    .extended_request_id = "X2",
    .retryable = true,
};

static void check_full(const cspan_error *error) {
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "SlowDown");
  assert_int_equal(cspan_error_http_status(error), 503);
  assert_string_equal(cspan_error_request_id(error), "R1");
  assert_string_equal(cspan_error_extended_request_id(error), "X2");
  assert_true(cspan_error_is_retryable(error));
  assert_string_equal(cspan_error_message(error), "reduce your 100% rate");
}

static void test_all_fields(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_int_equal(cspan_error_set_info(&error, &full, "reduce your 100% rate"), CSPAN_ERR_SERVICE);
  check_full(error);
  cspan_error *copy = cspan_error_dup(error);
  cspan_error_set_retryable(error, false);
  assert_false(cspan_error_is_retryable(error));
  cspan_error_free(error);
  check_full(copy);
  cspan_error_free(copy);
}

static void test_move(void **state) {
  (void)state;
  cspan_error *from = NULL;
  cspan_error *to = NULL;
  cspan_error_set(&from, CSPAN_ERR_IO, "one");
  assert_int_equal(cspan_error_move(&to, from), CSPAN_ERR_IO);
  assert_ptr_equal(to, from);
  from = NULL;
  cspan_error_set(&from, CSPAN_ERR_TLS, "two");
  assert_int_equal(cspan_error_move(&to, from), CSPAN_ERR_TLS);
  assert_string_equal(cspan_error_message(to), "one");
  from = NULL;
  cspan_error_set(&from, CSPAN_ERR_TLS, "three");
  assert_int_equal(cspan_error_move(NULL, from), CSPAN_ERR_TLS);
  cspan_error_free(to);
}

static void test_out_of_memory(void **state) {
  (void)state;
  fail_alloc_install();
  for (size_t n = 1;; n++) {
    cspan_error *error = NULL;
    fail_alloc_arm(n, false);
    cspan_status status = cspan_error_set_info(&error, &full, "reduce your 100% rate");
    cspan_error *copy = cspan_error_dup(error);
    cspan_error_prefix(copy, "p");
    bool met = fail_alloc_disarm();
    assert_int_equal(status, CSPAN_ERR_SERVICE);
    assert_non_null(error);
    assert_non_null(copy);
    assert_true(cspan_error_message(copy)[0] != '\0');
    cspan_error_free(error);
    cspan_error_free(copy);
    assert_int_equal(fail_alloc_outstanding(), 0);
    if (!met) {
      assert_true(n > 4);
      break;
    }
  }
  fail_alloc_uninstall();
}

static void test_static_object(void **state) {
  (void)state;
  cspan_error *error = cspan_error_nomem();
  cspan_error_set_retryable(error, true);
  cspan_error_prefix(error, "x");
  cspan_error_free(error);
  assert_ptr_equal(cspan_error_dup(error), error);
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_NOMEM);
  assert_false(cspan_error_is_retryable(error));
  assert_string_equal(cspan_error_code(error), "out_of_memory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_error),      cmocka_unit_test(test_names),
      cmocka_unit_test(test_fields),        cmocka_unit_test(test_set),
      cmocka_unit_test(test_all_fields),    cmocka_unit_test(test_move),
      cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_static_object),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
