/* SPDX-License-Identifier: Apache-2.0 */
/* The resource that a forked child reports: its own process ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "telemetry/published.h"
#include "unit/telemetry/pb_builder.h"

static void put_int(cspan_buf *out, const char *key, int64_t value) {
  cspan_buf any;
  cspan_buf entry;
  cspan_buf_init(&any, 4096);
  cspan_buf_init(&entry, 4096);
  pb_int(&any, 3, (uint64_t)value);
  pb_text(&entry, 1, key);
  pb_bytes(&entry, 2, any.data, any.len);
  pb_bytes(out, 1, entry.data, entry.len);
  cspan_buf_free(&any);
  cspan_buf_free(&entry);
}

static void put_text(cspan_buf *out, const char *key, const char *value) {
  cspan_buf any;
  cspan_buf entry;
  cspan_buf_init(&any, 4096);
  cspan_buf_init(&entry, 4096);
  pb_text(&any, 1, value);
  pb_text(&entry, 1, key);
  pb_bytes(&entry, 2, any.data, any.len);
  pb_bytes(out, 1, entry.data, entry.len);
  cspan_buf_free(&any);
  cspan_buf_free(&entry);
}

/* A resource that says `pid`, among others that only look like it. */
static void make(cspan_buf *out, int64_t pid, int64_t parent_pid) {
  cspan_buf_init(out, 65536);
  char text[301];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  put_text(out, "service.name", "s");
  put_text(out, "long", text);
  put_text(out, "process.pid.text", "1234");
  put_int(out, "process.pid", pid);
  put_int(out, "process.pid2", 1234);
  put_int(out, "process.parent_pid", parent_pid);
  put_text(out, "last", "l");
}

static void test_process_ids_change(void **state) {
  (void)state;
  static const struct {
    int64_t before;
    int64_t after;
  } rows[] = {{1234, 1235}, {1234, 1}, {1234, 4194304}, {1, INT64_MAX}, {1234, -1}, {0, 128}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_buf before;
    cspan_buf after;
    make(&before, rows[i].before, rows[i].after);
    make(&after, rows[i].after, 77);
    const cspan_renumbered changes[] = {{"process.pid", rows[i].before, rows[i].after},
                                        {"process.parent_pid", rows[i].after, 77}};
    uint8_t out[1024];
    size_t size =
        cspan_resource_renumber((const uint8_t *)before.data, before.len, changes, 2, out);
    assert_int_equal(size, after.len);
    assert_memory_equal(out, after.data, after.len);
    cspan_buf_free(&before);
    cspan_buf_free(&after);
  }
}

/* What a program said itself, and what is no attribute, stays as it is. */
static void test_others_stay(void **state) {
  (void)state;
  cspan_buf resource;
  cspan_buf_init(&resource, 4096);
  put_int(&resource, "process.pid", 5); /* not ours */
  put_text(&resource, "process.pid", "1234");
  pb_int(&resource, 2, 9); /* dropped_attributes_count */
  put_int(&resource, "process.pid", 1234);
  const cspan_renumbered change = {"process.pid", 1234, 99999};
  for (size_t size = 0; size <= resource.len; size++) { /* cut short as well */
    uint8_t out[1024];
    assert_int_equal(cspan_resource_renumber((const uint8_t *)resource.data, size, &change, 1, out),
                     size);
    assert_memory_equal(out, resource.data, size);
  }
  cspan_buf_free(&resource);
}

static void test_in_child(void **state) {
  (void)state;
  cspan_buf bytes;
  make(&bytes, 1, 2);
  uint8_t *copy = cspan_malloc(bytes.len);
  memcpy(copy, bytes.data, bytes.len);
  cspan_published *published = cspan_published_create(copy, bytes.len, "http://s", false);
  assert_non_null(published);
  assert_false(published->resource.is_final);
  published->pid = 1; /* as if the parent were init */
  published->parent_pid = 2;
  cspan_buf expected;
  make(&expected, getpid(), getppid());
  for (int i = 0; i < 2; i++) { /* and in a child of the child */
    cspan_encoded_resource resource = cspan_published_in_child(published);
    assert_int_equal(resource.size_bytes, expected.len);
    assert_memory_equal(resource.bytes, expected.data, expected.len);
    assert_string_equal(resource.schema_url, "http://s");
    assert_true(resource.is_final);
  }
  cspan_published_free(published);
  cspan_buf_free(&expected);
  cspan_buf_free(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_process_ids_change),
      cmocka_unit_test(test_others_stay),
      cmocka_unit_test(test_in_child),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
