/* SPDX-License-Identifier: Apache-2.0 */
/* Options and inputs of the storage layer that are refused. */
#include <cloudspan/storage.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static cspan_s3 *client;

static int set_up(void **state) {
  cspan_aws_options options = {
      .size = sizeof options,
      .region = "us-east-1",
      .config_file = "/nonexistent",
      .credentials_file = "/nonexistent",
      .access_key_id = "AKIDEXAMPLE",
      .secret_access_key = "unit-test-secret",
      .endpoint_url = "http://127.0.0.1:1",
      .max_attempts = 1,
  };
  cspan_aws_config *config = NULL;
  (void)state;
  int failed = cspan_aws_config_load(&options, &config, NULL) != CSPAN_OK ||
               cspan_s3_create(config, &client, NULL) != CSPAN_OK;
  cspan_aws_config_free(config);
  return failed;
}

static int tear_down(void **state) {
  (void)state;
  cspan_s3_free(client);
  return 0;
}

static void options_are_checked(void **state) {
  (void)state;
  static const struct {
    cspan_storage_options options;
    const char *message; /* NULL: accepted */
  } table[] = {
      {{.part_size_bytes = 0}, NULL},
      {{.part_size_bytes = 5 * 1024 * 1024, .max_in_flight = 1024}, NULL},
      {{.part_size_bytes = 5 * 1024 * 1024 - 1}, "at least 5 MiB"},
      {{.part_size_bytes = -1}, "at least 5 MiB"},
      {{.max_in_flight = -1}, "max_in_flight is -1"},
      {{.max_in_flight = 1025}, "max_in_flight is 1025"},
      {{.checksum_algorithm = "SHA256"}, NULL},
      {{.checksum_algorithm = "crc32"}, "checksum_algorithm is \"crc32\""},
      /* What lies behind the caller's size does not count. */
      {{.size = offsetof(cspan_storage_options, max_in_flight), .max_in_flight = -1}, NULL},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_storage *storage = NULL;
    cspan_error *error = NULL;
    cspan_status status = cspan_storage_create(client, &table[i].options, &storage, &error);
    if (table[i].message) {
      assert_int_equal(status, CSPAN_ERR_INVALID);
      assert_non_null(strstr(cspan_error_message(error), table[i].message));
      assert_null(storage);
    } else {
      assert_int_equal(status, CSPAN_OK);
    }
    cspan_error_free(error);
    cspan_storage_free(storage);
  }
}

static void sources_are_checked(void **state) {
  (void)state;
  static const struct {
    cspan_body source;
    cspan_status status;
    const char *message;
  } table[] = {
      {{.data = "x", .path = "y", .size_bytes = 1}, CSPAN_ERR_INVALID, "exactly one"},
      {{.size_bytes = 1}, CSPAN_ERR_INVALID, "exactly one"},
      {{.data = "x", .size_bytes = -1}, CSPAN_ERR_INVALID, "negative"},
      {{.path = "/nonexistent/file"}, CSPAN_ERR_IO, "/nonexistent/file"},
      {{.path = "/"}, CSPAN_ERR_INVALID, "regular file"},
      {{.path = "/etc/passwd", .offset_bytes = 1 << 30}, CSPAN_ERR_IO, "from offset 1073741824"},
  };
  cspan_storage *storage = NULL;
  assert_int_equal(cspan_storage_create(client, NULL, &storage, NULL), CSPAN_OK);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_upload_input input = {.bucket = "b", .key = "k", .source = table[i].source};
    cspan_upload_result result = {.size_bytes = 7};
    cspan_error *error = NULL;
    assert_int_equal(cspan_storage_upload(storage, NULL, &input, &result, &error), table[i].status);
    assert_non_null(strstr(cspan_error_message(error), table[i].message));
    assert_int_equal(result.size_bytes, 0);
    cspan_error_free(error);
    error = NULL;
    assert_int_equal(cspan_storage_multipart_upload(storage, NULL, &input, &result, &error),
                     table[i].status);
    assert_non_null(strstr(cspan_error_message(error), table[i].message));
    cspan_error_free(error);
  }
  cspan_storage_free(storage);
}

static void inputs_are_checked(void **state) {
  (void)state;
  cspan_storage *storage = NULL;
  assert_int_equal(cspan_storage_create(client, NULL, &storage, NULL), CSPAN_OK);
  cspan_download_result result;
  cspan_download_input folder = {.bucket = "b", .key = "k", .path = "/"};
  assert_int_equal(cspan_storage_download(storage, NULL, &folder, &result, NULL),
                   CSPAN_ERR_INVALID);
  assert_int_equal(cspan_storage_download(storage, NULL, NULL, &result, NULL), CSPAN_ERR_INVALID);
  assert_int_equal(cspan_storage_upload(NULL, NULL, NULL, NULL, NULL), CSPAN_ERR_INVALID);
  cspan_batch_delete_input no_bucket = {0};
  assert_int_equal(cspan_storage_batch_delete(storage, NULL, &no_bucket, NULL, NULL),
                   CSPAN_ERR_INVALID);
  cspan_batch_delete_input no_keys = {.bucket = "b", .key_count = 1};
  assert_int_equal(cspan_storage_batch_delete(storage, NULL, &no_keys, NULL, NULL),
                   CSPAN_ERR_INVALID);
  /* Nothing to do is done. */
  cspan_batch_delete_input nothing = {.bucket = "b"};
  cspan_batch_delete_result counts = {.success_count = 1};
  assert_int_equal(cspan_storage_batch_delete(storage, NULL, &nothing, &counts, NULL), CSPAN_OK);
  assert_int_equal(counts.success_count, 0);
  cspan_batch_delete_result_clear(&counts);
  cspan_storage_free(storage);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_are_checked),
      cmocka_unit_test(sources_are_checked),
      cmocka_unit_test(inputs_are_checked),
  };
  return cmocka_run_group_tests_name("storage options", tests, set_up, tear_down);
}
