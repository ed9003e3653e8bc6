/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws/headers.h"

static void a_list_replaces_and_removes(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_header_list list;
  cspan_header_list_init(&list);
  assert_int_equal(cspan_header_list_set(&list, arena, "Name", "1"), CSPAN_OK);
  assert_int_equal(cspan_header_list_set(&list, arena, "Other", "2"), CSPAN_OK);
  assert_int_equal(cspan_header_list_set(&list, arena, "NAME", "3"), CSPAN_OK);
  assert_int_equal(list.count, 2);
  assert_string_equal(cspan_header_list_get(&list, "name"), "3");
  assert_int_equal(cspan_header_list_set(&list, arena, "name", NULL), CSPAN_OK);
  assert_int_equal(cspan_header_list_set(&list, arena, "absent", NULL), CSPAN_OK);
  assert_null(cspan_header_list_get(&list, "name"));
  assert_string_equal(cspan_header_list_get(&list, "other"), "2");
  cspan_arena_free(arena);
}

static void names_and_values_are_looked_through(void **state) {
  static const struct {
    const char *text;
    bool name;
    bool value;
  } rows[] = {
      {"", false, true},
      {"traceparent", true, true},
      {"X-Amzn-Trace-Id", true, true},
      {"a b", false, true},
      {"a:b", false, true},
      {"long-enough:for-words", false, true},
      {"long-enough-for-words ", false, true},
      {"a\tb", false, true},
      {"tab in\ta longer text", false, true},
      {"\r", false, false},
      {"short\n", false, false},
      {"a longer text with\na line", false, false},
      {"\nat the start of it all", false, false},
      {"at the very end of words\r", false, false},
      {"\xc3\xa4\xc3\xb6\xc3\xbc-umlauts", true, true},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(cspan_header_name_is_safe(rows[i].text), rows[i].name);
    assert_int_equal(cspan_header_value_is_safe(rows[i].text, strlen(rows[i].text)), rows[i].value);
  }
}

static void a_list_grows_to_its_cap(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_header_list list;
  cspan_status status = CSPAN_OK;
  size_t count = 0;
  cspan_header_list_init(&list);
  while (status == CSPAN_OK) {
    char name[24];
    snprintf(name, sizeof name, "x-%zu", count);
    status = cspan_header_list_set(&list, arena, name, name);
    count += status == CSPAN_OK;
  }
  assert_int_equal(status, CSPAN_ERR_LIMIT);
  assert_true(count >= 1000);
  assert_int_equal(list.count, count);
  assert_string_equal(cspan_header_list_get(&list, "x-0"), "x-0");
  assert_string_equal(cspan_header_list_get(&list, "x-999"), "x-999");
  cspan_arena_free(arena);
}

static void a_block_keeps_order(void **state) {
  (void)state;
  enum { COUNT = 100 };
  cspan_header_block block;
  cspan_header_block_init(&block);
  for (int round = 0; round < 2; round++) {
    const char *name = NULL;
    const char *value = NULL;
    for (int i = 0; i < COUNT; i++) {
      char text[24];
      snprintf(text, sizeof text, "name-%d", i);
      assert_int_equal(cspan_header_block_add(&block, text, text + 5), CSPAN_OK);
    }
    for (int i = 0; i < COUNT; i++) {
      char text[24];
      snprintf(text, sizeof text, "name-%d", i);
      assert_true(cspan_header_block_at(&block, (size_t)i, &name, &value));
      assert_string_equal(name, text);
      assert_string_equal(value, text + 5);
    }
    assert_false(cspan_header_block_at(&block, COUNT, &name, &value));
    assert_string_equal(cspan_header_block_get(&block, "NAME-77"), "77");
    assert_null(cspan_header_block_get(&block, "name-100"));
    cspan_header_block_clear(&block);
    assert_null(cspan_header_block_get(&block, "name-1"));
  }
  cspan_header_block_free(&block);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_replaces_and_removes),
      cmocka_unit_test(a_list_grows_to_its_cap),
      cmocka_unit_test(names_and_values_are_looked_through),
      cmocka_unit_test(a_block_keeps_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
