/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that are refused before anything is sent, and what middlewares see of inputs. */
#include <cloudspan/s3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* No call of this file may reach the network: the endpoint refuses connections. */
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

/* Checks and clears *at. */
static void refuses(cspan_status status, cspan_error **at, const char *part) {
  cspan_error *error = *at;
  assert_int_equal(status, CSPAN_ERR_INVALID);
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_INVALID);
  if (!strstr(cspan_error_message(error), part)) {
    fail_msg("\"%s\" does not say \"%s\"", cspan_error_message(error), part);
  }
  cspan_error_free(error);
  *at = NULL;
}

typedef struct put_case {
  cspan_s3_put_object_input input;
  const char *message;
} put_case;

static const cspan_s3_metadata bad_name[] = {{"a b", "x"}};
static const cspan_s3_metadata no_name[] = {{NULL, "x"}};
static const cspan_s3_metadata bad_value[] = {{"a", "x\r\nAuthorization: y"}};

static const put_case put_cases[] = {
    {{.key = "k"}, "PutObject: Bucket is required"},
    {{.bucket = "", .key = "k"}, "PutObject: Bucket is required"},
    {{.bucket = "b"}, "PutObject: Key is required"},
    {{.bucket = "b", .key = ""}, "PutObject: Key is required"},
    {{.bucket = "b/c", .key = "k"}, "bucket name"},
    {{.bucket = "b?x", .key = "k"}, "bucket name"},
    {{.bucket = "..", .key = "k"}, "bucket name"},
    {{.bucket = "b\xc3\xbc", .key = "k"}, "bucket name"},
    {{.bucket = "b", .key = "k\xff"}, "not valid UTF-8"},
    {{.bucket = "b", .key = "k", .content_type = "a\r\nb: c"}, "control character"},
    {{.bucket = "b", .key = "k", .metadata = bad_name, .metadata_count = 1}, "metadata name"},
    {{.bucket = "b", .key = "k", .metadata = no_name, .metadata_count = 1}, "metadata name"},
    {{.bucket = "b", .key = "k", .metadata = bad_value, .metadata_count = 1}, "metadata value"},
    {{.bucket = "b", .key = "k", .checksum_algorithm = "MD4"}, "ChecksumAlgorithm"},
    {{.bucket = "b", .key = "k", .body = {.data = "x", .path = "y", .size_bytes = 1}},
     "one source"},
    {{.bucket = "b", .key = "k", .body = {.size_bytes = 1}}, "no data"},
    {{.size = 8, .bucket = "b", .key = "k"}, "size of the input"},
};

static void put_object_refuses(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof put_cases / sizeof put_cases[0]; i++) {
    cspan_error *error = NULL;
    cspan_s3_put_object_output *output = (void *)&error;
    cspan_status status = cspan_s3_put_object(client, NULL, &put_cases[i].input, &output, &error);
    assert_null(output);
    refuses(status, &error, put_cases[i].message);
  }
}

static void missing_arguments(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_s3_put_object_input input = {.bucket = "b", .key = "k"};
  refuses(cspan_s3_put_object(NULL, NULL, &input, NULL, &error), &error, "needs a client");
  refuses(cspan_s3_put_object(client, NULL, NULL, NULL, &error), &error, "needs a client");
  refuses(cspan_s3_create(NULL, &(cspan_s3 *){NULL}, &error), &error, "needs a config");
}

static void multipart_refuses(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_s3_upload_part_input part = {.bucket = "b", .key = "k", .upload_id = "u"};
  refuses(cspan_s3_upload_part(client, NULL, &part, NULL, &error), &error, "PartNumber is 0");
  part.part_number = 10001;
  refuses(cspan_s3_upload_part(client, NULL, &part, NULL, &error), &error, "PartNumber is 10001");
  part.part_number = 1;
  part.upload_id = NULL;
  refuses(cspan_s3_upload_part(client, NULL, &part, NULL, &error), &error, "UploadId is required");
  cspan_s3_abort_multipart_upload_input abort = {.bucket = "b", .key = "k"};
  refuses(cspan_s3_abort_multipart_upload(client, NULL, &abort, &error), &error, "UploadId");
  const cspan_s3_completed_part parts[] = {{2, "b", NULL, NULL}, {1, "a", NULL, NULL}};
  cspan_s3_complete_multipart_upload_input complete = {
      .bucket = "b", .key = "k", .upload_id = "u", .parts = parts, .part_count = 2};
  refuses(cspan_s3_complete_multipart_upload(client, NULL, &complete, NULL, &error), &error,
          "ascending");
  complete.part_count = 0;
  refuses(cspan_s3_complete_multipart_upload(client, NULL, &complete, NULL, &error), &error,
          "0 parts");
}

static void other_calls_refuse(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_s3_delete_objects_input none = {.bucket = "b"};
  refuses(cspan_s3_delete_objects(client, NULL, &none, NULL, &error), &error, "0 objects");
  const cspan_s3_object_identifier empty[] = {{"a", NULL}, {"", NULL}};
  cspan_s3_delete_objects_input bad = {.bucket = "b", .objects = empty, .object_count = 2};
  refuses(cspan_s3_delete_objects(client, NULL, &bad, NULL, &error), &error, "object 2");
  cspan_s3_copy_object_input copy = {.bucket = "b", .key = "k", .source_bucket = "s"};
  refuses(cspan_s3_copy_object(client, NULL, &copy, NULL, &error), &error, "source_key");
  copy.source_key = "x";
  copy.content_type = "text/plain";
  refuses(cspan_s3_copy_object(client, NULL, &copy, NULL, &error), &error, "replace_metadata");
  cspan_s3_list_objects_v2_input list = {.bucket = "b", .max_keys = -1};
  refuses(cspan_s3_list_objects_v2(client, NULL, &list, NULL, &error), &error, "max_keys");
}

static void presigning_refuses(void **state) {
  (void)state;
  static const struct {
    const char *bucket;
    int64_t expires_s;
    const char *message;
  } table[] = {
      {"b", -1, "1 to 604800"}, {"b", 604801, "1 to 604800"}, {NULL, 60, "Bucket is required"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_s3_get_object_input get = {.bucket = table[i].bucket, .key = "k"};
    cspan_s3_put_object_input put = {.bucket = table[i].bucket, .key = "k"};
    char *url = NULL;
    cspan_error *error = NULL;
    refuses(cspan_s3_presign_get_object(client, NULL, &get, table[i].expires_s, &url, &error),
            &error, table[i].message);
    refuses(cspan_s3_presign_put_object(client, NULL, &put, table[i].expires_s, &url, &error),
            &error, table[i].message);
    assert_null(url);
  }
}

static void presigned_url_expires(void **state) {
  (void)state;
  static const struct {
    int64_t expires_s;
    const char *part;
  } table[] = {
      {0, "X-Amz-Expires=900&"}, {1, "X-Amz-Expires=1&"}, {604800, "X-Amz-Expires=604800&"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_s3_put_object_input put = {
        .bucket = "b", .key = "k", .body = {.data = "x", .size_bytes = 1}};
    char *url = NULL;
    assert_int_equal(
        cspan_s3_presign_put_object(client, NULL, &put, table[i].expires_s, &url, NULL), CSPAN_OK);
    assert_non_null(strstr(url, table[i].part));
    assert_non_null(strstr(url, "X-Amz-Signature="));
    assert_null(strstr(url, "unit-test-secret"));
    cspan_free(url);
  }
}

/* ------------------------------------------------------------ input members */

/* Asks for a member at the start of a call, and ends the call there. */
typedef struct question {
  const char *member;
  size_t capacity;
  char text[256];
  size_t length;
} question;

static cspan_status ask(void *self, struct cspan_call *call, void *state, cspan_error **error) {
  question *asked = self;
  (void)state;
  (void)error;
  memset(asked->text, '#', sizeof asked->text);
  asked->length = cspan_call_input(call, asked->member, asked->text, asked->capacity);
  return CSPAN_ERR_CANCELLED;
}

static const cspan_middleware_vtable asker = {.size = sizeof asker, .name = "Asker", .begin = ask};

static const cspan_call_options *asking(question *asked, const char *member, size_t capacity) {
  static cspan_middleware middleware;
  static cspan_call_options options;
  asked->member = member;
  asked->capacity = capacity;
  middleware = (cspan_middleware){
      .vtable = &asker, .self = asked, .step = CSPAN_STEP_INITIALIZE, .position = CSPAN_BEFORE};
  options = (cspan_call_options){
      .size = sizeof options, .middlewares = &middleware, .middleware_count = 1};
  return &options;
}

static void members_of_simple_inputs(void **state) {
  (void)state;
  static const struct {
    const char *member;
    const char *text;
  } table[] = {{"Bucket", "b"},      {"Key", "a key"}, {"UploadId", "u"}, {"PartNumber", "7"},
               {"CopySource", NULL}, {"Delete", NULL}, {"Nonsense", NULL}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    question asked;
    cspan_s3_upload_part_input input = {.bucket = "b",
                                        .key = "a key",
                                        .upload_id = "u",
                                        .part_number = 7,
                                        .options = asking(&asked, table[i].member, 64)};
    assert_int_equal(cspan_s3_upload_part(client, NULL, &input, NULL, NULL), CSPAN_ERR_CANCELLED);
    assert_string_equal(asked.text, table[i].text ? table[i].text : "");
    assert_int_equal(asked.length, table[i].text ? strlen(table[i].text) : 0);
  }
}

/* The text that a member has, at every capacity: cut, ended, and its length always whole. */
static void check_cuts(const char *whole, question *asked, size_t capacity) {
  size_t len = strlen(whole);
  size_t kept = capacity == 0 ? 0 : len < capacity ? len : capacity - 1;
  assert_int_equal(asked->length, len);
  assert_memory_equal(asked->text, whole, kept);
  if (capacity > 0) {
    assert_int_equal(asked->text[kept], '\0');
  }
  assert_int_equal(asked->text[kept + 1], '#');
}

static void copy_source_as_text(void **state) {
  (void)state;
  for (size_t capacity = 0; capacity < 24; capacity++) {
    question asked;
    cspan_s3_copy_object_input input = {.bucket = "b",
                                        .key = "k",
                                        .source_bucket = "from",
                                        .source_key = "a b/c?d",
                                        .options = asking(&asked, "CopySource", capacity)};
    assert_int_equal(cspan_s3_copy_object(client, NULL, &input, NULL, NULL), CSPAN_ERR_CANCELLED);
    check_cuts("from/a b/c?d", &asked, capacity);
  }
}

static void delete_as_text(void **state) {
  (void)state;
  const cspan_s3_object_identifier objects[] = {{"a", "v1"}, {"b", NULL}};
  for (size_t capacity = 0; capacity < 64; capacity++) {
    question asked;
    cspan_s3_delete_objects_input input = {.bucket = "b",
                                           .objects = objects,
                                           .object_count = 2,
                                           .quiet = capacity % 2 == 0,
                                           .options = asking(&asked, "Delete", capacity)};
    assert_int_equal(cspan_s3_delete_objects(client, NULL, &input, NULL, NULL),
                     CSPAN_ERR_CANCELLED);
    check_cuts(input.quiet ? "Objects=[{Key=a,VersionId=v1},{Key=b}],Quiet=true"
                           : "Objects=[{Key=a,VersionId=v1},{Key=b}],Quiet=false",
               &asked, capacity);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(put_object_refuses),       cmocka_unit_test(missing_arguments),
      cmocka_unit_test(multipart_refuses),        cmocka_unit_test(other_calls_refuse),
      cmocka_unit_test(presigning_refuses),       cmocka_unit_test(presigned_url_expires),
      cmocka_unit_test(members_of_simple_inputs), cmocka_unit_test(copy_source_as_text),
      cmocka_unit_test(delete_as_text),
  };
  return cmocka_run_group_tests_name("inputs", tests, set_up, tear_down);
}
