/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says about its body is compared with the body. */
#include "unit/sandbox/client.h"

static cspan_sandbox *sandbox;

static int set_up(void **state) {
  (void)state;
  sandbox = start_with((cspan_sandbox_options){.allow_anonymous = true, .max_body_bytes = 4096});
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  return 0;
}

typedef struct row {
  const char *headers;
  const char *body;
  int status;
  const char *code;
} row;

/* The digests of "hello". */
static const row rows[] = {
    {"Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello", 200, NULL},
    {"Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hallo", 400, "BadDigest"},
    {"Content-MD5: XUFAKrxLKna5\r\n", "hello", 400, "InvalidDigest"},
    {"Content-MD5: not base64\r\n", "hello", 400, "InvalidDigest"},
    {"x-amz-checksum-crc32: NhCmhg==\r\n", "hello", 200, NULL},
    {"x-amz-checksum-crc32: NhCmhg==\r\n", "hallo", 400, "BadDigest"},
    {"x-amz-checksum-crc32: NhCm\r\n", "hello", 400, "InvalidRequest"},
    {"x-amz-checksum-crc32c: mnG7TA==\r\n", "hello", 200, NULL},
    {"x-amz-checksum-crc32c: mnG7TA==\r\n", "hallo", 400, "BadDigest"},
    {"x-amz-checksum-crc64nvme: M3eFcAZSQlc=\r\n", "hello", 200, NULL},
    {"x-amz-checksum-crc64nvme: M3eFcAZSQlc=\r\n", "hallo", 400, "BadDigest"},
    {"x-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n", "hello", 200, NULL},
    {"x-amz-checksum-sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n", "hallo", 400, "BadDigest"},
    {"x-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\n", "hello", 200, NULL},
    {"x-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\n", "hallo", 400,
     "BadDigest"},
    {"x-amz-checksum-crc32: NhCmhg==\r\nx-amz-checksum-crc32c: mnG7TA==\r\n", "hello", 400,
     "InvalidRequest"},
    {"x-amz-sdk-checksum-algorithm: MD4\r\n", "hello", 400, "InvalidRequest"},
    {"x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
     "hello", 200, NULL},
    {"x-amz-content-sha256: 2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824\r\n",
     "hello", 200, NULL},
    {"x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
     "hallo", 400, "XAmzContentSHA256Mismatch"},
    {"x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n", "hello", 200, NULL},
    {"x-amz-content-sha256: SIGNED-PAYLOAD\r\n", "hello", 400, "InvalidArgument"},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check(sandbox, "PUT", "/bucket/k", rows[i].headers, rows[i].body, rows[i].status, rows[i].code);
    if (rows[i].status == 200) {
      check_body(sandbox, "/bucket/k", NULL, 200, "hello");
      check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
    } else {
      check(sandbox, "GET", "/bucket/k", NULL, NULL, 404, "NoSuchKey"); /* nothing was stored */
    }
  }
}

static void test_stored_checksums(void **state) {
  (void)state;
  static const char *const headers[][2] = {
      {"x-amz-checksum-crc32", "NhCmhg=="},
      {"x-amz-checksum-crc32c", "mnG7TA=="},
      {"x-amz-checksum-crc64nvme", "M3eFcAZSQlc="},
      {"x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="},
      {"x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="},
  };
  static const char *const algorithms[] = {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"};
  for (size_t i = 0; i < 5; i++) {
    char header[128];
    snprintf(header, sizeof header, "x-amz-sdk-checksum-algorithm: %s\r\n", algorithms[i]);
    answer a = expect(sandbox, "PUT", "/bucket/k", header, "hello", 200, NULL);
    check_header(&a, headers[i][0], headers[i][1]);
    answer_free(&a);
    a = expect(sandbox, "GET", "/bucket/k", "x-amz-checksum-mode: ENABLED\r\n", NULL, 200, NULL);
    check_header(&a, headers[i][0], headers[i][1]);
    check_header(&a, "x-amz-checksum-type", "FULL_OBJECT");
    answer_free(&a);
    a = expect(sandbox, "GET", "/bucket/k", "x-amz-checksum-mode: ENABLED\r\nRange: bytes=0-1\r\n",
               NULL, 206, NULL);
    check_header(&a, headers[i][0], NULL); /* it is not of the part */
    answer_free(&a);
  }
}

#define STREAM(kind, length)                                                                       \
  "x-amz-content-sha256: STREAMING-" kind "\r\nx-amz-decoded-content-length: " length "\r\n"
#define PLAIN   "UNSIGNED-PAYLOAD-TRAILER"
#define TRAILER "x-amz-trailer: x-amz-checksum-crc32\r\n"
#define CHUNKS  "3\r\nhel\r\n2\r\nlo\r\n0\r\n"

static const row chunked[] = {
    {STREAM(PLAIN, "5") TRAILER "Content-Encoding: aws-chunked\r\n",
     CHUNKS "x-amz-checksum-crc32:NhCmhg==\r\n\r\n", 200, NULL},
    {STREAM(PLAIN, "5"), CHUNKS "\r\n", 200, NULL},
    {STREAM(PLAIN, "5") TRAILER, CHUNKS "x-amz-checksum-crc32:NhCmhw==\r\n\r\n", 400, "BadDigest"},
    {STREAM(PLAIN, "5") TRAILER, CHUNKS "x-amz-checksum-crc32:NhC\r\n\r\n", 400, "InvalidRequest"},
    {STREAM(PLAIN, "5") TRAILER, CHUNKS "\r\n", 400, "InvalidRequest"},
    {STREAM(PLAIN, "5") "x-amz-trailer: x-other\r\n", CHUNKS "x-other:1\r\n\r\n", 400,
     "InvalidRequest"},
    {STREAM(PLAIN, "6"), CHUNKS "\r\n", 400, "IncompleteBody"},
    {STREAM(PLAIN, "4"), CHUNKS "\r\n", 400, "IncompleteBody"},
    {STREAM(PLAIN, "5"), CHUNKS, 400, "IncompleteBody"},
    {STREAM(PLAIN, "five"), CHUNKS "\r\n", 400, "InvalidArgument"},
    {STREAM(PLAIN, "4097"), CHUNKS "\r\n", 400, "EntityTooLarge"},
    {"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n", CHUNKS "\r\n", 411,
     "MissingContentLength"},
};

static void test_chunked(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof chunked / sizeof chunked[0]; i++) {
    check(sandbox, "PUT", "/bucket/k", chunked[i].headers, chunked[i].body, chunked[i].status,
          chunked[i].code);
    if (chunked[i].status == 200) {
      check_body(sandbox, "/bucket/k", NULL, 200, "hello");
      check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
    } else {
      check(sandbox, "GET", "/bucket/k", NULL, NULL, 404, "NoSuchKey");
    }
  }
}

static void test_coding_is_not_kept(void **state) {
  (void)state;
  static const char *const given[] = {"aws-chunked", "aws-chunked,gzip", "gzip, aws-chunked",
                                      "gzip"};
  static const char *const kept[] = {NULL, "gzip", "gzip", "gzip"};
  for (size_t i = 0; i < 4; i++) {
    char headers[256];
    snprintf(headers, sizeof headers, STREAM(PLAIN, "5") "Content-Encoding: %s\r\n", given[i]);
    check(sandbox, "PUT", "/bucket/k", headers, CHUNKS "\r\n", 200, NULL);
    answer a = expect(sandbox, "HEAD", "/bucket/k", NULL, NULL, 200, NULL);
    check_header(&a, "Content-Encoding", kept[i]);
    answer_free(&a);
  }
}

static void test_size_limit(void **state) {
  (void)state;
  char body[4098];
  memset(body, 'b', 4097);
  body[4097] = '\0';
  check(sandbox, "PUT", "/bucket/k", NULL, body, 400, "EntityTooLarge");
  body[4096] = '\0';
  check(sandbox, "PUT", "/bucket/k", NULL, body, 200, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),       cmocka_unit_test(test_stored_checksums),
      cmocka_unit_test(test_chunked),    cmocka_unit_test(test_coding_is_not_kept),
      cmocka_unit_test(test_size_limit),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
