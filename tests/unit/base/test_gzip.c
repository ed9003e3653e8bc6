/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/gzip.h"

static void check_unpacks_to(const cspan_buf *packed, size_t from, const void *data, size_t len) {
  z_stream stream = {.next_in = (const Bytef *)packed->data + from,
                     .avail_in = (unsigned)(packed->len - from)};
  uint8_t *out = malloc(len + 1);
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_out = out;
  stream.avail_out = (unsigned)len + 1;
  assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
  assert_int_equal(stream.total_out, len);
  assert_int_equal(stream.avail_in, 0);
  assert_memory_equal(out, data, len);
  inflateEnd(&stream);
  free(out);
}

static void test_stream_is_used_again(void **state) {
  (void)state;
  cspan_gzip gzip = {.ready = false};
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  uint8_t data[20000];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (uint8_t)(i * i >> 7);
  cspan_buf_str(&out, "12345");
  for (size_t len = 0; len < sizeof data; len = len * 3 + 1) {
    size_t from = out.len;
    assert_int_equal(cspan_gzip_append(&gzip, data, len, &out), CSPAN_OK);
    check_unpacks_to(&out, from, data, len);
  }
  assert_memory_equal(out.data, "12345", 5);
  cspan_buf_free(&out);
  cspan_gzip_free(&gzip);
  cspan_gzip_free(&gzip);
}

static void test_cap_of_the_buffer(void **state) {
  (void)state;
  cspan_gzip gzip = {.ready = false};
  cspan_buf out;
  cspan_buf_init(&out, 10);
  assert_int_equal(cspan_gzip_append(&gzip, (const uint8_t *)"0123456789", 10, &out),
                   CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
  cspan_gzip_free(&gzip);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stream_is_used_again),
      cmocka_unit_test(test_cap_of_the_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
