/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fail_alloc.h"

static void test_zero_sizes(void **state) {
  (void)state;
  void *a = cspan_malloc(0);
  void *b = cspan_calloc(0, 8);
  void *c = cspan_realloc(NULL, 0);
  assert_non_null(a);
  assert_non_null(b);
  assert_non_null(c);
  cspan_free(a);
  cspan_free(b);
  cspan_free(c);
  cspan_free(NULL);
}

static void test_calloc_zeroes(void **state) {
  (void)state;
  for (int custom = 0; custom < 2; custom++) {
    if (custom) {
      fail_alloc_install();
    }
    assert_null(cspan_calloc(SIZE_MAX / 2, 3));
    unsigned char *zeros = cspan_calloc(100, 3);
    assert_non_null(zeros);
    for (size_t i = 0; i < 300; i++) {
      assert_int_equal(zeros[i], 0);
    }
    cspan_free(zeros);
  }
  fail_alloc_uninstall();
}

static void test_strings(void **state) {
  (void)state;
  char *a = cspan_strdup("text");
  char *b = cspan_strndup("text", 2);
  char *c = cspan_asprintf("%s-%d", "n", 42);
  assert_string_equal(a, "text");
  assert_string_equal(b, "te");
  assert_string_equal(c, "n-42");
  assert_null(cspan_strdup(NULL));
  assert_null(cspan_strndup("x", SIZE_MAX));
  cspan_free(a);
  cspan_free(b);
  cspan_free(c);
}

static unsigned char freed_bytes[7];

static void *plain_malloc(void *user, size_t size) {
  (void)user;
  return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  return realloc(ptr, size);
}

static void looking_free(void *user, void *ptr) {
  *(int *)user += 1;
  memcpy(freed_bytes, ptr, sizeof freed_bytes);
  free(ptr);
}

static void test_secret_is_wiped(void **state) {
  (void)state;
  int frees = 0;
  const unsigned char wiped[7] = {0};
  const cspan_allocator allocator = {plain_malloc, plain_realloc, looking_free, &frees};
  cspan_allocator_set(&allocator);
  char *secret = cspan_strdup("secret");
  assert_non_null(secret);
  cspan_free_secret(secret);
  cspan_free_secret(NULL);
  cspan_allocator_set(NULL);
  assert_int_equal(frees, 1);
  assert_memory_equal(freed_bytes, wiped, sizeof wiped);
}

static void test_failures_are_reported(void **state) {
  (void)state;
  fail_alloc_install();
  fail_alloc_arm(1, true);
  assert_null(cspan_malloc(1));
  assert_null(cspan_calloc(1, 1));
  assert_null(cspan_realloc(NULL, 1));
  assert_null(cspan_strdup("x"));
  assert_null(cspan_asprintf("%d", 1));
  assert_true(fail_alloc_disarm());
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zero_sizes),
      cmocka_unit_test(test_calloc_zeroes),
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_secret_is_wiped),
      cmocka_unit_test(test_failures_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
