/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/inflate.h"
#include "unit/viewer/gzip.h"

static void assert_gunzip(const cspan_buf *packed, size_t max, cspan_status expected,
                          const char *text, size_t len) {
  cspan_buf out;
  cspan_error *error = NULL;
  cspan_buf_init(&out, max);
  assert_int_equal(cspan_gunzip(cspan_buf_text(packed), packed->len, &out, &error), expected);
  assert_int_equal(cspan_error_status(error), expected);
  if (expected == CSPAN_OK) {
    assert_int_equal(out.len, len);
    assert_memory_equal(cspan_buf_text(&out), text, len);
  }
  cspan_error_free(error);
  cspan_buf_free(&out);
}

static void test_members(void **state) {
  (void)state;
  cspan_buf packed;
  cspan_buf_init(&packed, 1 << 20);
  gzip_append(&packed, "hello ", 6);
  assert_gunzip(&packed, 100, CSPAN_OK, "hello ", 6);
  gzip_append(&packed, "", 0);
  gzip_append(&packed, "world", 5);
  assert_gunzip(&packed, 100, CSPAN_OK, "hello world", 11);
  cspan_buf_free(&packed);
}

static void test_limit_is_exact(void **state) {
  (void)state;
  enum { LEN = 100000 };
  char *text = calloc(1, LEN);
  cspan_buf packed;
  cspan_buf_init(&packed, 1 << 20);
  gzip_append(&packed, text, LEN);
  assert_true(packed.len < 1000);
  assert_gunzip(&packed, LEN + 1, CSPAN_OK, text, LEN);
  assert_gunzip(&packed, LEN, CSPAN_OK, text, LEN);
  assert_gunzip(&packed, LEN - 1, CSPAN_ERR_LIMIT, NULL, 0);
  assert_gunzip(&packed, 1, CSPAN_ERR_LIMIT, NULL, 0);
  assert_gunzip(&packed, 0, CSPAN_ERR_LIMIT, NULL, 0);
  cspan_buf_free(&packed);
  free(text);
}

static void test_damage(void **state) {
  (void)state;
  cspan_buf whole;
  cspan_buf_init(&whole, 1 << 20);
  gzip_append(&whole, "some text to be packed, some text", 33);
  for (size_t cut = 0; cut < whole.len; cut++) {
    cspan_buf part = whole;
    part.len = cut;
    assert_gunzip(&part, 1000, CSPAN_ERR_PROTOCOL, NULL, 0);
  }
  whole.data[whole.len - 6] ^= 1; /* the checksum */
  assert_gunzip(&whole, 1000, CSPAN_ERR_PROTOCOL, NULL, 0);
  whole.data[whole.len - 6] ^= 1;
  cspan_buf_str(&whole, "rest");
  assert_gunzip(&whole, 1000, CSPAN_ERR_PROTOCOL, NULL, 0);
  cspan_buf_clear(&whole);
  cspan_buf_str(&whole, "not gzip at all");
  assert_gunzip(&whole, 1000, CSPAN_ERR_PROTOCOL, NULL, 0);
  cspan_buf_free(&whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members),
      cmocka_unit_test(test_limit_is_exact),
      cmocka_unit_test(test_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
