/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sandbox/map.h"

static int values[4096];

static void put(sbx_map *map, const char *key, void *value) {
  void *old = &map;
  assert_int_equal(cspan_sbx_map_put(map, key, strlen(key), value, &old), CSPAN_OK);
}

static const char *key_of(const sbx_map_node *node) {
  size_t len;
  return node ? cspan_sbx_map_key(node, &len) : "(none)";
}

static void test_order(void **state) {
  (void)state;
  static const char *const sorted[] = {"", "A", "a", "a\x01", "a/b", "ab", "b", "\xc3\xa9", "\xff"};
  enum { COUNT = sizeof sorted / sizeof sorted[0] };
  sbx_map *map = cspan_sbx_map_new();
  for (int i = 0; i < COUNT; i++) {
    put(map, sorted[(i * 5 + 3) % COUNT], &values[(i * 5 + 3) % COUNT]);
  }
  assert_int_equal(cspan_sbx_map_count(map), COUNT);
  sbx_map_node *node = cspan_sbx_map_first(map);
  for (int i = 0; i < COUNT; i++, node = cspan_sbx_map_next(node)) {
    assert_string_equal(key_of(node), sorted[i]);
    assert_ptr_equal(cspan_sbx_map_value(node), &values[i]);
  }
  assert_null(node);
  cspan_sbx_map_free(map, NULL);
}

static void test_put_replaces(void **state) {
  (void)state;
  sbx_map *map = cspan_sbx_map_new();
  void *old = NULL;
  put(map, "k", &values[0]);
  assert_int_equal(cspan_sbx_map_put(map, "k", 1, &values[1], &old), CSPAN_OK);
  assert_ptr_equal(old, &values[0]);
  assert_ptr_equal(cspan_sbx_map_get(map, "k", 1), &values[1]);
  assert_int_equal(cspan_sbx_map_count(map), 1);
  assert_null(cspan_sbx_map_get(map, "kk", 2));
  assert_ptr_equal(cspan_sbx_map_remove(map, "k", 1), &values[1]);
  assert_null(cspan_sbx_map_remove(map, "k", 1));
  assert_int_equal(cspan_sbx_map_count(map), 0);
  assert_null(cspan_sbx_map_first(map));
  cspan_sbx_map_free(map, NULL);
}

static void test_seek(void **state) {
  (void)state;
  static const struct {
    const char *key;
    const char *seek;
    const char *past;
  } table[] = {
      {"", "a", "(none)"},    {"a", "a", "b"},  {"a/", "a/1", "b"},   {"a/1", "a/1", "a/2"},
      {"a/10", "a/2", "a/2"}, {"a0", "b", "b"}, {"b", "b", "(none)"}, {"c", "(none)", "(none)"},
  };
  sbx_map *map = cspan_sbx_map_new();
  put(map, "a", &values[0]);
  put(map, "a/1", &values[1]);
  put(map, "a/2", &values[2]);
  put(map, "b", &values[3]);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const char *key = table[i].key;
    assert_string_equal(key_of(cspan_sbx_map_seek(map, key, strlen(key))), table[i].seek);
    assert_string_equal(key_of(cspan_sbx_map_seek_past(map, key, strlen(key))), table[i].past);
  }
  cspan_sbx_map_free(map, NULL);
}

static void numbered(char out[16], int number) {
  snprintf(out, 16, "key-%04d", number);
}

/* Removes every third of many and compares what is left. */
static void test_many(void **state) {
  (void)state;
  enum { COUNT = 4096 };
  char key[16];
  sbx_map *map = cspan_sbx_map_new();
  for (int i = 0; i < COUNT; i++) {
    int number = i * 1031 % COUNT;
    numbered(key, number);
    put(map, key, &values[number]);
  }
  for (int i = 0; i < COUNT; i += 3) {
    numbered(key, i);
    assert_ptr_equal(cspan_sbx_map_remove(map, key, strlen(key)), &values[i]);
  }
  sbx_map_node *node = cspan_sbx_map_first(map);
  for (int i = 0; i < COUNT; i++) {
    numbered(key, i);
    void *found = cspan_sbx_map_get(map, key, strlen(key));
    if (i % 3 == 0) {
      assert_null(found);
      continue;
    }
    assert_ptr_equal(found, &values[i]);
    assert_string_equal(key_of(node), key);
    node = cspan_sbx_map_next(node);
  }
  assert_null(node);
  cspan_sbx_map_free(map, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_put_replaces),
      cmocka_unit_test(test_seek),
      cmocka_unit_test(test_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
