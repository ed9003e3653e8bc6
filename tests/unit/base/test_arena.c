/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "support/fail_alloc.h"

static void test_memory(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  assert_non_null(arena);
  unsigned char *all[200];
  for (size_t i = 0; i < 200; i++) {
    all[i] = cspan_arena_alloc(arena, i * 13 % 3000);
    assert_non_null(all[i]);
    assert_int_equal((uintptr_t)all[i] % sizeof(long double), 0);
    for (size_t k = 0; k < i * 13 % 3000; k++) {
      assert_int_equal(all[i][k], 0);
    }
    memset(all[i], (int)i, i * 13 % 3000);
  }
  for (size_t i = 0; i < 200; i++) {
    for (size_t k = 0; k < i * 13 % 3000; k++) {
      assert_int_equal(all[i][k], (unsigned char)i);
    }
  }
  cspan_arena_free(arena);
  cspan_arena_free(NULL);
}

static void test_strings(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  assert_non_null(arena);
  assert_string_equal(cspan_arena_strdup(arena, "text"), "text");
  assert_string_equal(cspan_arena_strndup(arena, "text", 2), "te");
  const int64_t numbers[] = {1, 2, 3}; /* no type with padding, which is compared as well */
  const int64_t *copy = cspan_arena_copy(arena, numbers, sizeof numbers);
  assert_memory_equal(copy, numbers, sizeof numbers);
  assert_non_null(cspan_arena_copy(arena, NULL, 0));
  assert_null(cspan_arena_strdup(arena, NULL));
  assert_null(cspan_arena_strndup(arena, "x", SIZE_MAX));
  assert_null(cspan_arena_array(arena, SIZE_MAX / 2, 4));
  cspan_arena_free(arena);
}

static void test_cap(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(10000);
  assert_non_null(arena);
  size_t got = 0;
  while (cspan_arena_alloc(arena, 16)) {
    got += 16;
    assert_true(got <= 10000);
  }
  assert_true(got >= 9900);
  assert_null(cspan_arena_alloc(arena, 100000));
  assert_int_equal(cspan_arena_refusal(arena), CSPAN_ERR_LIMIT);
  cspan_arena_free(arena);
}

static void test_small_cap(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(100);
  assert_non_null(arena);
  assert_non_null(cspan_arena_alloc(arena, 96));
  assert_null(cspan_arena_alloc(arena, 16));
  assert_int_equal(cspan_arena_refusal(arena), CSPAN_ERR_LIMIT);
  cspan_arena_free(arena);
  arena = cspan_arena_create(10); /* less than the alignment */
  assert_non_null(arena);
  assert_null(cspan_arena_alloc(arena, 1));
  cspan_arena_free(arena);
}

/* Fills it until the heap was asked twice. */
static void fill(cspan_arena *arena, const char *text) {
  for (size_t i = 0; i < 600; i++) {
    char *copy = cspan_arena_strdup(arena, text);
    assert_non_null(copy);
    assert_int_equal((uintptr_t)copy % sizeof(long double), 0);
  }
  assert_non_null(cspan_arena_alloc(arena, 5000));
}

static void test_placed(void **state) {
  (void)state;
  static const char secret[] = "a secret in an arena";
  max_align_t memory[64];
  const size_t size = sizeof memory;
  fail_alloc_install();
  memset(memory, 0xa5, size);
  cspan_arena *arena = cspan_arena_place(memory, size, 0);
  assert_ptr_equal(arena, memory);
  void *first = cspan_arena_alloc(arena, 64);
  assert_in_range((uintptr_t)first, (uintptr_t)memory, (uintptr_t)memory + size - 64);
  assert_int_equal(fail_alloc_outstanding(), 0);
  for (int round = 0; round < 3; round++) {
    fill(arena, secret);
    assert_non_null(memmem(memory, size, secret, sizeof secret));
    assert_true(fail_alloc_outstanding() > 1);
    cspan_arena_clear(arena);
    assert_int_equal(fail_alloc_outstanding(), 0);
    assert_null(memmem(memory, size, secret, sizeof secret));
    assert_ptr_equal(cspan_arena_alloc(arena, 64), first);
  }
  cspan_arena_clear(arena);
  fail_alloc_uninstall();
}

static void test_cleared_cap(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(10000);
  assert_non_null(arena);
  for (int round = 0; round < 3; round++) {
    assert_non_null(cspan_arena_alloc(arena, 6000));
    assert_null(cspan_arena_alloc(arena, 6000));
    assert_int_equal(cspan_arena_refusal(arena), CSPAN_ERR_LIMIT);
    cspan_arena_clear(arena);
    assert_int_equal(cspan_arena_refusal(arena), CSPAN_ERR_NOMEM);
  }
  cspan_arena_free(arena);
}

static void test_out_of_memory(void **state) {
  (void)state;
  fail_alloc_install();
  fail_alloc_arm(1, true);
  assert_null(cspan_arena_create(0));
  fail_alloc_disarm();
  cspan_arena *arena = cspan_arena_create(0);
  assert_non_null(arena);
  fail_alloc_arm(1, true);
  assert_non_null(cspan_arena_alloc(arena, 1)); /* it begins with some */
  assert_null(cspan_arena_alloc(arena, 2000));
  assert_int_equal(cspan_arena_refusal(arena), CSPAN_ERR_NOMEM);
  fail_alloc_disarm();
  assert_non_null(cspan_arena_alloc(arena, 2000));
  cspan_arena_free(arena);
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_memory),        cmocka_unit_test(test_strings),
      cmocka_unit_test(test_cap),           cmocka_unit_test(test_small_cap),
      cmocka_unit_test(test_placed),        cmocka_unit_test(test_cleared_cap),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
