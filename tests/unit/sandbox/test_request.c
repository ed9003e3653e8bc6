/* SPDX-License-Identifier: Apache-2.0 */
/* Which bucket, key and operation a request line means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "sandbox/operation.h"
#include "sandbox/range.h"
#include "sandbox/request.h"

typedef struct row {
  const char *method;
  const char *target;
  const char *host;
  const char *bucket;
  const char *key;
  const char *operation;
} row;

static const row rows[] = {
    {"GET", "/", "127.0.0.1:9000", "", "", "ListBuckets"},
    {"GET", "/?x-id=ListBuckets", "localhost", "", "", "ListBuckets"},
    {"PUT", "/bucket", "127.0.0.1", "bucket", "", "CreateBucket"},
    {"PUT", "/bucket/", "127.0.0.1", "bucket", "", "CreateBucket"},
    {"DELETE", "/bucket", "127.0.0.1", "bucket", "", "DeleteBucket"},
    {"HEAD", "/bucket", "127.0.0.1", "bucket", "", "HeadBucket"},
    {"GET", "/bucket?location", "127.0.0.1", "bucket", "", "GetBucketLocation"},
    {"GET", "/bucket?location=", "127.0.0.1", "bucket", "", "GetBucketLocation"},
    {"GET", "/bucket?list-type=2&prefix=a", "127.0.0.1", "bucket", "", "ListObjectsV2"},
    {"GET", "/bucket?prefix=a", "127.0.0.1", "bucket", "", "ListObjects"},
    {"GET", "/bucket?uploads", "127.0.0.1", "bucket", "", "ListMultipartUploads"},
    {"GET", "/bucket?acl", "127.0.0.1", "bucket", "", "Unknown"},
    {"GET", "/bucket?versions", "127.0.0.1", "bucket", "", "Unknown"},
    {"POST", "/bucket?delete", "127.0.0.1", "bucket", "", "DeleteObjects"},
    {"POST", "/bucket", "127.0.0.1", "bucket", "", "Unknown"},
    {"PUT", "/bucket/k", "127.0.0.1", "bucket", "k", "PutObject"},
    {"PUT", "/bucket/k?tagging", "127.0.0.1", "bucket", "k", "Unknown"},
    {"GET", "/bucket/a/b%20c+d", "127.0.0.1", "bucket", "a/b c+d", "GetObject"},
    {"GET", "/bucket//a//b", "127.0.0.1", "bucket", "/a//b", "GetObject"},
    {"GET", "/bucket/..%2F./x", "127.0.0.1", "bucket", ".././x", "GetObject"},
    {"GET", "/bucket/k?versionId=1", "127.0.0.1", "bucket", "k", "Unknown"},
    {"HEAD", "/bucket/k", "127.0.0.1", "bucket", "k", "HeadObject"},
    {"DELETE", "/bucket/k", "127.0.0.1", "bucket", "k", "DeleteObject"},
    {"POST", "/bucket/k?uploads", "127.0.0.1", "bucket", "k", "CreateMultipartUpload"},
    {"PUT", "/bucket/k?partNumber=1&uploadId=u", "127.0.0.1", "bucket", "k", "UploadPart"},
    {"POST", "/bucket/k?uploadId=u", "127.0.0.1", "bucket", "k", "CompleteMultipartUpload"},
    {"DELETE", "/bucket/k?uploadId=u", "127.0.0.1", "bucket", "k", "AbortMultipartUpload"},
    {"GET", "/bucket/k?uploadId=u", "127.0.0.1", "bucket", "k", "ListParts"},
    {"PATCH", "/bucket/k", "127.0.0.1", "bucket", "k", "Unknown"},
    {"GET", "http://127.0.0.1/bucket/k?x=y", "127.0.0.1", "bucket", "k", "GetObject"},
    {"GET", "/a/b", "bucket.localhost:9000", "bucket", "a/b", "GetObject"},
    {"GET", "/a/b", "my.bucket.s3.localhost:9000", "my.bucket", "a/b", "GetObject"},
    {"GET", "/?list-type=2", "bucket.s3.eu-west-1.amazonaws.com", "bucket", "", "ListObjectsV2"},
    {"GET", "/bucket/k", "s3.eu-west-1.amazonaws.com", "bucket", "k", "GetObject"},
    {"GET", "/bucket/k", "s3.localhost:1", "bucket", "k", "GetObject"},
    {"GET", "//k", "bucket.localhost", "bucket", "/k", "GetObject"},
    {"GET", "/\xc3\xa9%C3%A9k", "bucket.localhost", "bucket", "\xc3\xa9\xc3\xa9k", "GetObject"},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    sbx_request r = {0};
    assert_int_equal(cspan_sbx_pairs_add(&r.headers, "hOST", rows[i].host), CSPAN_OK);
    if (cspan_sbx_request_parse(&r, rows[i].method, rows[i].target) != SBX_OK) {
      fail_msg("%s was refused", rows[i].target);
    }
    assert_string_equal(r.bucket, rows[i].bucket);
    assert_string_equal(r.key, rows[i].key);
    assert_int_equal(r.key_len, strlen(rows[i].key));
    assert_string_equal(cspan_sbx_operation_of(&r)->name, rows[i].operation);
    cspan_sbx_request_free(&r);
  }
}

static void test_copies(void **state) {
  (void)state;
  static const char *const targets[][2] = {
      {"/bucket/k", "CopyObject"},
      {"/bucket/k?partNumber=2&uploadId=u", "UploadPartCopy"},
      {"/bucket", "CreateBucket"},
  };
  for (size_t i = 0; i < 3; i++) {
    sbx_request r = {0};
    cspan_sbx_pairs_add(&r.headers, "x-amz-copy-source", "/a/b");
    assert_int_equal(cspan_sbx_request_parse(&r, "PUT", targets[i][0]), SBX_OK);
    assert_string_equal(cspan_sbx_operation_of(&r)->name, targets[i][1]);
    cspan_sbx_request_free(&r);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *target;
    sbx_error error;
  } bad[] = {
      {"bucket", SBX_INVALID_URI},
      {"*", SBX_INVALID_URI},
      {"/bucket/%", SBX_INVALID_URI},
      {"/bucket/%4", SBX_INVALID_URI},
      {"/bucket/%zz", SBX_INVALID_URI},
      {"/bucket/%00", SBX_INVALID_URI},
      {"/bucket/%ff", SBX_INVALID_URI},
      {"/bucket/k?a=%f", SBX_INVALID_URI},
      {"/Bucket/k", SBX_INVALID_BUCKET_NAME},
      {"/bu/k", SBX_INVALID_BUCKET_NAME},
      {"//k", SBX_INVALID_BUCKET_NAME},
      {"/-bucket/k", SBX_INVALID_BUCKET_NAME},
      {"/bucket./k", SBX_INVALID_BUCKET_NAME},
      {"/buc..ket/k", SBX_INVALID_BUCKET_NAME},
      {"/buc_ket/k", SBX_INVALID_BUCKET_NAME},
      {"/a123456789012345678901234567890123456789012345678901234567890123/k",
       SBX_INVALID_BUCKET_NAME},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    sbx_request r = {0};
    assert_int_equal(cspan_sbx_request_parse(&r, "GET", bad[i].target), bad[i].error);
    cspan_sbx_request_free(&r);
  }
}

static void test_key_length(void **state) {
  (void)state;
  char target[SBX_KEY_MAX + 32] = "/bucket/";
  memset(target + 8, 'k', SBX_KEY_MAX);
  sbx_request r = {0};
  assert_int_equal(cspan_sbx_request_parse(&r, "GET", target), SBX_OK);
  cspan_sbx_request_free(&r);
  target[8 + SBX_KEY_MAX] = 'k';
  assert_int_equal(cspan_sbx_request_parse(&r, "GET", target), SBX_KEY_TOO_LONG);
  cspan_sbx_request_free(&r);
}

static void test_sources(void **state) {
  (void)state;
  static const struct {
    const char *source;
    sbx_error error;
    const char *bucket;
    const char *key;
  } table[] = {
      {"/bucket/a%20b", SBX_OK, "bucket", "a b"},
      {"bucket/a/b", SBX_OK, "bucket", "a/b"},
      {"bucket%2Fa", SBX_OK, "bucket", "a"},
      {"bucket/a%3Fb", SBX_OK, "bucket", "a?b"},
      {"bucket/a?versionId=1", SBX_NOT_IMPLEMENTED, NULL, NULL},
      {"bucket", SBX_INVALID_ARGUMENT, NULL, NULL},
      {"bucket/", SBX_INVALID_ARGUMENT, NULL, NULL},
      {"bucket/%zz", SBX_INVALID_ARGUMENT, NULL, NULL},
      {"BUCKET/k", SBX_INVALID_BUCKET_NAME, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char bucket[SBX_BUCKET_MAX + 1] = "";
    char *key;
    assert_int_equal(cspan_sbx_parse_source(table[i].source, bucket, &key), table[i].error);
    if (table[i].key) {
      assert_string_equal(bucket, table[i].bucket);
      assert_string_equal(key, table[i].key);
    } else {
      assert_null(key);
    }
    cspan_free(key);
  }
}

static void test_ranges(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t size;
    sbx_range_kind kind;
    int64_t at;
    int64_t len;
  } table[] = {
      {"bytes=0-0", 10, SBX_RANGE_OK, 0, 1},
      {"bytes=3-5", 10, SBX_RANGE_OK, 3, 3},
      {"bytes=3-", 10, SBX_RANGE_OK, 3, 7},
      {"bytes=3-99999999999999999999", 10, SBX_RANGE_OK, 3, 7},
      {"bytes=-4", 10, SBX_RANGE_OK, 6, 4},
      {"bytes=-40", 10, SBX_RANGE_OK, 0, 10},
      {"bytes=9-9", 10, SBX_RANGE_OK, 9, 1},
      {"bytes=10-", 10, SBX_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=-0", 10, SBX_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=0-", 0, SBX_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=-1", 0, SBX_RANGE_UNSATISFIABLE, 0, 0},
      {"bytes=5-3", 10, SBX_RANGE_NONE, 0, 0},
      {"bytes=0-1,3-4", 10, SBX_RANGE_NONE, 0, 0},
      {"bytes=-", 10, SBX_RANGE_NONE, 0, 0},
      {"bytes=a-b", 10, SBX_RANGE_NONE, 0, 0},
      {"items=0-1", 10, SBX_RANGE_NONE, 0, 0},
      {NULL, 10, SBX_RANGE_NONE, 0, 0},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    int64_t at = 0;
    int64_t len = 0;
    assert_int_equal(cspan_sbx_range_parse(table[i].text, table[i].size, &at, &len), table[i].kind);
    assert_int_equal(at, table[i].at);
    assert_int_equal(len, table[i].len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),    cmocka_unit_test(test_copies),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_key_length),
      cmocka_unit_test(test_sources), cmocka_unit_test(test_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
