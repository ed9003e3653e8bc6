/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/progress.h"
#include "cli/text.h"

static void test_format_size(void **state) {
  (void)state;
  static const struct {
    int64_t bytes;
    const char *text;
  } cases[] = {
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {1048575, "1.0 MiB"},
      {25 << 20, "25.0 MiB"},
      {(int64_t)3 << 30, "3.0 GiB"},
      {(int64_t)5 << 40, "5.0 TiB"},
      {INT64_MAX, "8388608.0 TiB"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[16];
    cspan_cli_format_size(cases[i].bytes, out);
    assert_string_equal(out, cases[i].text);
  }
}

static void test_parse_size(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t bytes; /* -1: refused */
  } cases[] = {
      {"0", 0},
      {"1024", 1024},
      {"16MiB", 16 << 20},
      {"16M", 16 << 20},
      {"16mb", 16 << 20},
      {"1.5K", 1536},
      {"2G", (int64_t)2 << 30},
      {"1T", (int64_t)1 << 40},
      {"512B", 512},
      {"", -1},
      {"M", -1},
      {"16X", -1},
      {"16MiBs", -1},
      {"-1", -1},
      {"1.2.3M", -1},
      {".5M", -1},
      {"1.5", -1},
      {"16 MiB", -1},
      {"16 ", -1},
      {"16 B", -1},
      {"9999999999T", -1},
      {"12Bi", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t bytes = -1;
    bool ok = cspan_cli_parse_size(cases[i].text, &bytes);
    assert_int_equal(ok, cases[i].bytes >= 0);
    if (ok) {
      assert_int_equal(bytes, cases[i].bytes);
    }
  }
}

static void test_format_time(void **state) {
  (void)state;
  char out[24];
  cspan_cli_format_time(0, out);
  assert_string_equal(out, "-");
  cspan_cli_format_time(1714557600, out);
  assert_string_equal(out, "2024-05-01T10:00:00Z");
}

static void test_control_characters(void **state) {
  (void)state;
  /* With a right-to-left override, a control of 8 bits that is no UTF-8, and a cut character. */
  static const char odd[] = "a\x1b[31mb\nc\x7f\xc2\x9bz \xc3\xa4 \xe2\x80\xae \x9b \xc3";
  static const char shown[] =
      "a\\x1b[31mb\\x0ac\\x7f\\xc2\\x9bz \xc3\xa4 \\xe2\\x80\\xae \\x9b \\xc3";
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  assert_non_null(file);
  cspan_cli_put_text(file, odd);
  assert_int_equal(fclose(file), 0);
  assert_string_equal(text, shown);
  free(text);
}

/* What was written to a stream in memory. */
static json_t *written(cspan_cli_json *json) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  assert_non_null(file);
  assert_true(cspan_cli_json_end(json, file));
  assert_int_equal(fclose(file), 0);
  assert_true(size > 0 && text[size - 1] == '\n');
  assert_null(memchr(text, '\n', size - 1));
  assert_null(strstr(text, "\xc2\x9b")); /* nothing that a terminal would obey */
  json_t *root = json_loads(text, 0, NULL);
  assert_non_null(root);
  free(text);
  return root;
}

static void test_json(void **state) {
  (void)state;
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "key", "a\"b\\c\n\x01 \xc2\x9b \xc3\xa4 \xf0\x9f\x98\x80");
  cspan_cli_json_text(&json, "bad", "x\xff\xc3(y");
  cspan_cli_json_text(&json, "absent", NULL);
  cspan_cli_json_int(&json, "n", INT64_MIN);
  cspan_cli_json_open(&json, "empty");
  cspan_cli_json_close(&json);
  cspan_cli_json_open(&json, "sub");
  cspan_cli_json_text(&json, "x", "1");
  cspan_cli_json_bool(&json, "y", false);
  cspan_cli_json_close(&json);
  cspan_cli_json_bool(&json, "b", true);
  json_t *root = written(&json);
  assert_string_equal(json_string_value(json_object_get(root, "key")),
                      "a\"b\\c\n\x01 \xc2\x9b \xc3\xa4 \xf0\x9f\x98\x80");
  assert_string_equal(json_string_value(json_object_get(root, "bad")),
                      "x\xef\xbf\xbd\xef\xbf\xbd(y");
  assert_null(json_object_get(root, "absent"));
  assert_true(json_integer_value(json_object_get(root, "n")) == INT64_MIN);
  assert_int_equal(json_object_size(json_object_get(root, "empty")), 0);
  assert_true(json_is_false(json_object_get(json_object_get(root, "sub"), "y")));
  assert_true(json_is_true(json_object_get(root, "b")));
  json_decref(root);
}

static void test_json_error(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_error_info info = {
      .status = CSPAN_ERR_SERVICE, .code = "NoSuchKey", .http_status = 404, .request_id = "R1"};
  (void)cspan_error_set_info(&error, &info, "it is not there");
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_error(&json, error);
  json_t *root = written(&json);
  json_t *member = json_object_get(root, "error");
  assert_string_equal(json_string_value(json_object_get(member, "code")), "NoSuchKey");
  assert_string_equal(json_string_value(json_object_get(member, "message")), "it is not there");
  assert_string_equal(json_string_value(json_object_get(member, "request_id")), "R1");
  assert_int_equal(json_integer_value(json_object_get(member, "http_status")), 404);
  json_decref(root);
  cspan_error_free(error);
}

static void test_progress_line(void **state) {
  (void)state;
  static const struct {
    const char *label;
    int64_t moved;
    int64_t total;
    int64_t elapsed_ns;
    int width;
    const char *line;
  } cases[] = {
      {"file", 5 << 20, 10 << 20, 1000000000, 79,
       "file  50% [##########..........] 5.0 MiB of 10.0 MiB  5.0 MiB/s  0:01"},
      {"file", 10 << 20, 10 << 20, 2000000000, 79,
       "file 100% [####################] 10.0 MiB of 10.0 MiB  5.0 MiB/s  0:00"},
      {"file", 0, 0, 0, 79, "file 100% [####################] 0 B of 0 B  0 B/s"},
      {"-", 3072, -1, 1000000000, 79, "- 3.0 KiB  3.0 KiB/s"},
      {"a/very/long/path/name.bin", 5 << 20, 10 << 20, 1000000000, 74,
       "/name.bin  50% [##########..........] 5.0 MiB of 10.0 MiB  5.0 MiB/s  0:01"},
      {"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 1024, -1, 1000000000, 24,
       "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 1.0 KiB  1.0 KiB/s"},
      /* A wide character takes two columns, a control four. */
      {"abc\xe6\x97\xa5\xe6\x9c\xac", 1024, -1, 1000000000, 24,
       "c\xe6\x97\xa5\xe6\x9c\xac 1.0 KiB  1.0 KiB/s"},
      {"a\x1b\x1b", 1024, -1, 1000000000, 24, "\\x1b 1.0 KiB  1.0 KiB/s"},
      {"name", 5 << 20, 10 << 20, 1000000000, 20, " 50% [##########...."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_buf line;
    cspan_buf_init(&line, 1024);
    cspan_cli_progress_line(&line, cases[i].label, cases[i].moved, cases[i].total,
                            cases[i].elapsed_ns, cases[i].width);
    assert_string_equal(cspan_buf_text(&line), cases[i].line);
    cspan_buf_free(&line);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_format_size),   cmocka_unit_test(test_parse_size),
      cmocka_unit_test(test_format_time),   cmocka_unit_test(test_control_characters),
      cmocka_unit_test(test_json),          cmocka_unit_test(test_json_error),
      cmocka_unit_test(test_progress_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
