/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/uri.h"

static void test_parse(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *bucket; /* NULL: refused */
    const char *key;
  } cases[] = {
      {"s3://b", "b", ""},
      {"s3://b/", "b", ""},
      {"s3://my-bucket/a/b c", "my-bucket", "a/b c"},
      {"s3://b//x", "b", "/x"},
      {"S3://b/k", "b", "k"},
      {"s3://b/s3://c", "b", "s3://c"},
      {"s3://b/%20?x#y", "b", "%20?x#y"},
      {"s3:/b/k", NULL, NULL},
      {"s3:b", NULL, NULL},
      {"s3://", NULL, NULL},
      {"s3:///k", NULL, NULL},
      {"http://b/k", NULL, NULL},
      {"b/k", NULL, NULL},
      {"", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_cli_uri uri;
    cspan_error *error = NULL;
    cspan_status status = cspan_cli_uri_parse(cases[i].text, &uri, &error);
    assert_int_equal(status, cases[i].bucket ? CSPAN_OK : CSPAN_ERR_INVALID);
    if (cases[i].bucket) {
      assert_string_equal(uri.bucket, cases[i].bucket);
      assert_string_equal(uri.key, cases[i].key);
    } else {
      assert_non_null(strstr(cspan_error_message(error), "s3://bucket/key"));
    }
    cspan_error_free(error);
  }
}

static void test_bucket_too_long(void **state) {
  (void)state;
  char text[400];
  cspan_cli_uri uri;
  memset(text, 'x', sizeof text);
  memcpy(text, "s3://", 5);
  text[5 + 255] = '\0';
  assert_int_equal(cspan_cli_uri_parse(text, &uri, NULL), CSPAN_OK);
  text[5 + 255] = 'x';
  text[5 + 256] = '\0';
  assert_int_equal(cspan_cli_uri_parse(text, &uri, NULL), CSPAN_ERR_INVALID);
}

static void test_object_needs_a_key(void **state) {
  (void)state;
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  assert_int_equal(cspan_cli_uri_parse_object("s3://b/", &uri, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "no object"));
  cspan_error_free(error);
  assert_int_equal(cspan_cli_uri_parse_object("s3://b/k", &uri, NULL), CSPAN_OK);
}

static void test_is_uri(void **state) {
  (void)state;
  assert_true(cspan_cli_is_uri("s3://b/k"));
  assert_true(cspan_cli_is_uri("s3:/b")); /* a typo is not taken for a file */
  assert_false(cspan_cli_is_uri("./s3/b"));
  assert_false(cspan_cli_is_uri("-"));
}

static void test_safe_keys(void **state) {
  (void)state;
  static const struct {
    const char *key;
    bool safe;
  } cases[] = {
      {"a", true},     {"a/b/c", true},   {"a/", true},      {"..a/b..", true},
      {"...", true},   {"", false},       {"/", false},      {"/etc/passwd", false},
      {"../a", false}, {"a/../b", false}, {"a/..", false},   {"a/../", false},
      {".", false},    {"a/./b", false},  {"a//b", false},   {"a//", false},
      {"..", false},   {"\\..\\x", true}, {"a/b/..", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cspan_cli_key_is_safe(cases[i].key), cases[i].safe);
  }
}

static void test_local_path(void **state) {
  (void)state;
  cspan_buf path;
  cspan_error *error = NULL;
  cspan_buf_init(&path, 64);
  assert_int_equal(cspan_cli_local_path("dir", "a/b", &path, NULL), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&path), "dir/a/b");
  assert_int_equal(cspan_cli_local_path("dir/", "a", &path, NULL), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&path), "dir/a");
  assert_int_equal(cspan_cli_local_path("/", "a", &path, NULL), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&path), "/a");
  assert_int_equal(cspan_cli_local_path("dir", "../a", &path, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "'../a' is refused"));
  cspan_error_free(error);
  char key[100];
  memset(key, 'k', sizeof key - 1);
  key[sizeof key - 1] = '\0';
  assert_int_equal(cspan_cli_local_path("dir", key, &path, NULL), CSPAN_ERR_LIMIT);
  cspan_buf_free(&path);
}

static void test_make_folders(void **state) {
  (void)state;
  char root[] = "/tmp/cspan-cli-XXXXXX";
  char path[64];
  struct stat info;
  assert_non_null(mkdtemp(root));
  (void)snprintf(path, sizeof path, "%s/a/b/file", root);
  assert_int_equal(cspan_cli_make_folders(path, NULL), CSPAN_OK);
  assert_int_equal(cspan_cli_make_folders(path, NULL), CSPAN_OK);
  assert_int_not_equal(stat(path, &info), 0);
  (void)snprintf(path, sizeof path, "%s/a/b", root);
  assert_int_equal(stat(path, &info), 0);
  assert_true(S_ISDIR(info.st_mode));
  assert_int_equal(rmdir(path), 0);
  (void)snprintf(path, sizeof path, "%s/a", root);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(rmdir(root), 0);
  cspan_error *error = NULL;
  assert_int_equal(cspan_cli_make_folders("/dev/null/x/y", &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "/dev/null/x"));
  cspan_error_free(error);
}

static void test_base_name(void **state) {
  (void)state;
  assert_string_equal(cspan_cli_base_name("a/b/c"), "c");
  assert_string_equal(cspan_cli_base_name("c"), "c");
  assert_string_equal(cspan_cli_base_name("a/"), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse),
      cmocka_unit_test(test_bucket_too_long),
      cmocka_unit_test(test_object_needs_a_key),
      cmocka_unit_test(test_is_uri),
      cmocka_unit_test(test_safe_keys),
      cmocka_unit_test(test_local_path),
      cmocka_unit_test(test_make_folders),
      cmocka_unit_test(test_base_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
