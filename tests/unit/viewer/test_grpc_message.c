/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "viewer/grpc_message.h"

typedef struct read_case {
  const char *body;
  size_t len;
  cspan_grpc_state state;
  bool compressed;
  size_t message_len;
} read_case;

static const read_case cases[] = {
    {"", 0, CSPAN_GRPC_MORE, false, 0},
    {"\0", 1, CSPAN_GRPC_MORE, false, 0},
    {"\1\0\0\0", 4, CSPAN_GRPC_MORE, false, 0},
    {"\0\0\0\0\0", 5, CSPAN_GRPC_WHOLE, false, 0},
    {"\1\0\0\0\0", 5, CSPAN_GRPC_WHOLE, true, 0},
    {"\0\0\0\0\3ab", 7, CSPAN_GRPC_MORE, false, 3},
    {"\0\0\0\0\3abc", 8, CSPAN_GRPC_WHOLE, false, 3},
    {"\0\0\0\0\3abcd", 9, CSPAN_GRPC_BROKEN, false, 3},
    {"\0\0\0\0\0\0", 6, CSPAN_GRPC_BROKEN, false, 0}, /* the start of a second message */
    {"\2", 1, CSPAN_GRPC_BROKEN, false, 0},           /* unknown flag */
    {"\0\0\0\0\144", 5, CSPAN_GRPC_MORE, false, 100}, /* as long as is allowed */
    {"\0\0\0\0\145", 5, CSPAN_GRPC_TOO_LONG, false, 101},
    {"\0\377\377\377\377", 5, CSPAN_GRPC_TOO_LONG, false, 4294967295u},
};

static void test_read(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const read_case *c = &cases[i];
    cspan_grpc_message message;
    assert_int_equal(cspan_grpc_message_read((const uint8_t *)c->body, c->len, 100, &message),
                     c->state);
    assert_int_equal(message.compressed, c->compressed);
    assert_int_equal(message.len, c->message_len);
    if (c->state == CSPAN_GRPC_WHOLE) {
      assert_ptr_equal(message.data, c->body + 5);
    } else {
      assert_null(message.data);
    }
  }
}

static void test_text(void **state) {
  (void)state;
  cspan_buf out;
  cspan_buf_init(&out, 100);
  assert_int_equal(cspan_grpc_text_encode(&out, "100% ~ \n\xc3\xa9"), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), "100%25 ~ %0A%C3%A9");
  cspan_buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
