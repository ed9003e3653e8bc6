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

static void what_is_safe_keeps_its_lengths(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_header_list list;
  const cspan_http_header safe = {
      .name = "traceparent", .value = "00-1", .is_safe = true, .name_len = 11, .value_len = 4};
  cspan_header_list_init(&list);
  assert_int_equal(cspan_header_list_put_safe(&list, arena, &safe), CSPAN_OK);
  assert_true(list.items[0].is_safe);
  assert_int_equal(list.items[0].name_len, 11);
  assert_int_equal(list.items[0].value_len, 4);
  /* Whatever takes its place is not safe by that. */
  assert_int_equal(cspan_header_list_set(&list, arena, "TraceParent", "a value"), CSPAN_OK);
  assert_int_equal(list.count, 1);
  assert_false(list.items[0].is_safe);
  assert_int_equal(cspan_header_list_put_safe(&list, arena, &safe), CSPAN_OK);
  assert_int_equal(list.count, 1);
  assert_string_equal(cspan_header_list_get(&list, "TRACEPARENT"), "00-1");
  cspan_arena_free(arena);
}

static void long_names_of_a_block_are_told_apart(void **state) {
  (void)state;
  enum { LONG = 300 };
  char names[3][LONG + 1];
  const size_t sizes[] = {LONG, 255, 254};
  cspan_header_block block;
  cspan_header_block_init(&block);
  for (int i = 0; i < 3; i++) {
    char value[2] = {(char)('0' + i), '\0'};
    memset(names[i], 'n', sizes[i]);
    names[i][sizes[i]] = '\0';
    assert_int_equal(cspan_header_block_add(&block, names[i], value), CSPAN_OK);
  }
  for (int i = 0; i < 3; i++) {
    assert_int_equal(*cspan_header_block_get(&block, names[i]), '0' + i);
    names[i][0] = 'N';
    assert_int_equal(*cspan_header_block_get(&block, names[i]), '0' + i);
    names[i][sizes[i] - 1] = 'm';
    assert_null(cspan_header_block_get(&block, names[i]));
  }
  cspan_header_block_free(&block);
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
      cmocka_unit_test(what_is_safe_keeps_its_lengths),
      cmocka_unit_test(long_names_of_a_block_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
