/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "support/fail_alloc.h"

static void test_appends(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_buf_init(&buf, 1000);
  assert_string_equal(cspan_buf_text(&buf), "");
  assert_int_equal(cspan_buf_append(&buf, "ab\0c", 4), CSPAN_OK);
  assert_int_equal(cspan_buf_append(&buf, NULL, 0), CSPAN_OK);
  assert_int_equal(cspan_buf_str(&buf, "de"), CSPAN_OK);
  assert_int_equal(cspan_buf_str(&buf, NULL), CSPAN_OK);
  assert_int_equal(cspan_buf_char(&buf, 'f'), CSPAN_OK);
  assert_int_equal(cspan_buf_printf(&buf, "%d", 12), CSPAN_OK);
  assert_int_equal(buf.len, 9);
  assert_memory_equal(buf.data, "ab\0cdef12", 10);
  cspan_buf_clear(&buf);
  assert_int_equal(buf.len, 0);
  assert_string_equal(cspan_buf_text(&buf), "");
  cspan_buf_free(&buf);
  assert_null(buf.data);
  assert_int_equal(buf.max, 1000);
}

/* Any way of writing up to the cap works, and one byte more does not. */
static void test_cap(void **state) {
  (void)state;
  for (size_t max = 0; max < 300; max += 7) {
    cspan_buf buf;
    cspan_buf_init(&buf, max);
    for (size_t i = 0; i < max; i++) {
      assert_int_equal(cspan_buf_char(&buf, 'x'), CSPAN_OK);
    }
    assert_int_equal(cspan_buf_append(&buf, "y", 1), CSPAN_ERR_LIMIT);
    assert_int_equal(buf.len, max);
    assert_int_equal(strspn(cspan_buf_text(&buf), "x"), max);
    assert_true(buf.cap <= max + 1);
    cspan_buf_free(&buf);
  }
}

static void test_failure_sticks(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_buf_init(&buf, 4);
  assert_int_equal(cspan_buf_str(&buf, "abc"), CSPAN_OK);
  assert_int_equal(cspan_buf_str(&buf, "de"), CSPAN_ERR_LIMIT);
  assert_int_equal(cspan_buf_char(&buf, 'd'), CSPAN_ERR_LIMIT);
  assert_int_equal(cspan_buf_printf(&buf, "d"), CSPAN_ERR_LIMIT);
  assert_int_equal(cspan_buf_status(&buf), CSPAN_ERR_LIMIT);
  assert_string_equal(cspan_buf_text(&buf), "abc");
  size_t len = 99;
  assert_null(cspan_buf_take(&buf, &len));
  assert_int_equal(len, 0);
  assert_int_equal(cspan_buf_status(&buf), CSPAN_ERR_LIMIT);
  assert_null(buf.data);
  cspan_buf_clear(&buf);
  assert_int_equal(cspan_buf_str(&buf, "abcd"), CSPAN_OK);
  cspan_buf_free(&buf);
}

static void test_printf(void **state) {
  (void)state;
  cspan_buf buf;
  char text[201];
  memset(text, 'p', 200);
  text[200] = '\0';
  cspan_buf_init(&buf, 450);
  assert_int_equal(cspan_buf_printf(&buf, "%s", ""), CSPAN_OK);
  assert_int_equal(cspan_buf_printf(&buf, "%s", text), CSPAN_OK);
  assert_int_equal(cspan_buf_printf(&buf, "%s", text), CSPAN_OK);
  assert_int_equal(buf.len, 400);
  assert_int_equal(cspan_buf_printf(&buf, "%s", text), CSPAN_ERR_LIMIT);
  assert_int_equal(strlen(buf.data), 400);
  cspan_buf_free(&buf);
}

static void test_take(void **state) {
  (void)state;
  cspan_buf buf;
  size_t len;
  cspan_buf_init(&buf, 10);
  char *empty = cspan_buf_take(&buf, &len);
  assert_string_equal(empty, "");
  assert_int_equal(len, 0);
  cspan_buf_str(&buf, "whole");
  char *text = cspan_buf_take(&buf, NULL);
  assert_string_equal(text, "whole");
  assert_string_equal(cspan_buf_text(&buf), "");
  assert_int_equal(cspan_buf_str(&buf, "next"), CSPAN_OK);
  cspan_free(empty);
  cspan_free(text);
  cspan_buf_free(&buf);
}

static void test_huge_requests(void **state) {
  (void)state;
  cspan_buf buf;
  cspan_buf_init(&buf, SIZE_MAX);
  assert_int_equal(cspan_buf_str(&buf, "x"), CSPAN_OK);
  assert_int_equal(cspan_buf_reserve(&buf, SIZE_MAX), CSPAN_ERR_LIMIT);
  assert_string_equal(cspan_buf_text(&buf), "x");
  cspan_buf_free(&buf);
}

static void test_out_of_memory(void **state) {
  (void)state;
  cspan_buf buf;
  fail_alloc_install();
  cspan_buf_init(&buf, 10000);
  assert_int_equal(cspan_buf_str(&buf, "kept"), CSPAN_OK);
  fail_alloc_arm(1, true);
  assert_int_equal(cspan_buf_reserve(&buf, 5000), CSPAN_ERR_NOMEM);
  assert_string_equal(cspan_buf_text(&buf), "kept");
  assert_true(fail_alloc_disarm());
  cspan_buf_free(&buf);
  fail_alloc_arm(1, true);
  assert_null(cspan_buf_take(&buf, NULL));
  assert_int_equal(cspan_buf_status(&buf), CSPAN_ERR_NOMEM);
  fail_alloc_disarm();
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_appends),        cmocka_unit_test(test_cap),
      cmocka_unit_test(test_failure_sticks), cmocka_unit_test(test_printf),
      cmocka_unit_test(test_take),           cmocka_unit_test(test_huge_requests),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
