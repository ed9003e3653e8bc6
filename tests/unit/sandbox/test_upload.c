/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart uploads over the wire. */
#include "unit/sandbox/client.h"

enum { PART = 5 << 20 };

static cspan_sandbox *sandbox;
static char *part_data; /* PART bytes of 'p' */

static int set_up(void **state) {
  (void)state;
  sandbox = start_open();
  part_data = malloc(PART);
  assert_non_null(part_data);
  memset(part_data, 'p', PART);
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  free(part_data);
  return 0;
}

static void create(const char *headers, char id[64]) {
  answer a = expect(sandbox, "POST", "/bucket/k?uploads", headers, NULL, 200, NULL);
  assert_string_equal(element(a.body, "Bucket"), "bucket");
  assert_string_equal(element(a.body, "Key"), "k");
  keep(id, 64, element(a.body, "UploadId"));
  answer_free(&a);
}

static answer send_part(const char *id, int number, const char *headers, const void *data,
                        size_t len) {
  char target[160];
  snprintf(target, sizeof target, "/bucket/k?partNumber=%d&uploadId=%s", number, id);
  return ask_bytes(sandbox, "PUT", target, headers, data, len);
}

static void put_part(const char *id, int number, const char *headers, const void *data,
                     size_t len) {
  answer a = send_part(id, number, headers, data, len);
  assert_int_equal(a.status, 200);
  answer_free(&a);
}

static void target_of(const char *id, char out[160]) {
  snprintf(out, 160, "/bucket/k?uploadId=%s", id);
}

#define FULL_TAG          "2328ce96efb11935e3623f9e00f2ddc4" /* MD5 of PART times 'p' */
#define TAIL_TAG          "7aea2552dfe7eb84b9443b6fc9ba6e01" /* MD5 of "tail" */
#define ITEM(number, tag) "<Part><PartNumber>" number "</PartNumber><ETag>\"" tag "\"</ETag></Part>"
#define DOCUMENT(items)   "<CompleteMultipartUpload>" items "</CompleteMultipartUpload>"

static void test_whole(void **state) {
  (void)state;
  char id[64];
  char target[160];
  create("Content-Type: t/m\r\nx-amz-meta-m: v\r\n", id);
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 1);
  answer a = send_part(id, 1, NULL, part_data, PART);
  check_header(&a, "ETag", "\"" FULL_TAG "\"");
  answer_free(&a);
  assert_int_equal(last_record(sandbox).part_number, 1);
  put_part(id, 9, NULL, "wrong", 5);
  put_part(id, 9, NULL, "tail", 4); /* the last one counts */
  put_part(id, 4, NULL, "never named", 11);
  target_of(id, target);
  a = expect(sandbox, "POST", target, NULL, DOCUMENT(ITEM("1", FULL_TAG) ITEM("9", TAIL_TAG)), 200,
             NULL);
  assert_string_equal(element(a.body, "ETag"), "&quot;ad75efb1f93d0873aa6555e8c351656d-2&quot;");
  answer_free(&a);
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
  a = expect(sandbox, "GET", "/bucket/k", "Range: bytes=5242878-\r\n", NULL, 206, NULL);
  assert_string_equal(a.body, "pptail");
  check_header(&a, "Content-Range", "bytes 5242878-5242883/5242884");
  check_header(&a, "Content-Type", "t/m");
  check_header(&a, "x-amz-meta-m", "v");
  answer_free(&a);
  a = expect(sandbox, "GET", "/bucket/k?partNumber=2", NULL, NULL, 206, NULL);
  assert_string_equal(a.body, "tail");
  check_header(&a, "x-amz-mp-parts-count", "2");
  answer_free(&a);
  check(sandbox, "GET", "/bucket/k?partNumber=3", NULL, NULL, 416, "InvalidRange");
}

/* An answer that got lost must not turn the upload into an error. */
static void test_completed_again(void **state) {
  (void)state;
  char id[64];
  char target[160];
  create(NULL, id);
  put_part(id, 1, NULL, "tail", 4);
  target_of(id, target);
  check(sandbox, "POST", target, NULL, DOCUMENT(ITEM("1", TAIL_TAG)), 200, NULL);
  check(sandbox, "POST", target, NULL, DOCUMENT(ITEM("1", TAIL_TAG)), 200, NULL);
  check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
  check(sandbox, "POST", target, NULL, DOCUMENT(ITEM("1", TAIL_TAG)), 404, "NoSuchUpload");
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *document;
    const char *code;
  } table[] = {
      {DOCUMENT(ITEM("2", TAIL_TAG) ITEM("1", FULL_TAG)), "InvalidPartOrder"},
      {DOCUMENT(ITEM("1", FULL_TAG) ITEM("1", FULL_TAG)), "InvalidPartOrder"},
      {DOCUMENT(ITEM("1", TAIL_TAG)), "InvalidPart"},
      {DOCUMENT(ITEM("3", TAIL_TAG)), "InvalidPart"},
      {DOCUMENT(ITEM("2", TAIL_TAG) ITEM("4", TAIL_TAG)), "EntityTooSmall"},
      {DOCUMENT(""), "MalformedXML"},
      {"", "MalformedXML"},
  };
  char id[64];
  char target[160];
  create(NULL, id);
  put_part(id, 1, NULL, part_data, PART);
  put_part(id, 2, NULL, "tail", 4);
  put_part(id, 4, NULL, "tail", 4);
  target_of(id, target);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    check(sandbox, "POST", target, NULL, table[i].document, 400, table[i].code);
  }
  check(sandbox, "POST", target, "If-Match: \"x\"\r\n", DOCUMENT(ITEM("2", TAIL_TAG)), 404,
        "NoSuchKey");
  check(sandbox, "POST", target, "x-amz-mp-object-size: 5\r\n", DOCUMENT(ITEM("2", TAIL_TAG)), 400,
        "InvalidRequest");
  check(sandbox, "GET", "/bucket/k", NULL, NULL, 404, "NoSuchKey");
  /* None of that ended the upload. */
  check(sandbox, "POST", target, "x-amz-mp-object-size: 4\r\n", DOCUMENT(ITEM("2", TAIL_TAG)), 200,
        NULL);
}

static void test_parts_refused(void **state) {
  (void)state;
  char id[64];
  create(NULL, id);
  static const int numbers[] = {0, -1, 10001};
  for (size_t i = 0; i < 3; i++) {
    answer a = send_part(id, numbers[i], NULL, "x", 1);
    assert_int_equal(a.status, 400);
    assert_string_equal(element(a.body, "Code"), "InvalidArgument");
    answer_free(&a);
  }
  answer a = send_part("00000000000000000000000000000000", 1, NULL, "x", 1);
  assert_string_equal(element(a.body, "Code"), "NoSuchUpload");
  answer_free(&a);
  a = send_part("short", 1, NULL, "x", 1);
  assert_string_equal(element(a.body, "Code"), "NoSuchUpload");
  answer_free(&a);
}

static void test_abort(void **state) {
  (void)state;
  char id[64];
  char target[160];
  create(NULL, id);
  put_part(id, 1, NULL, "x", 1);
  target_of(id, target);
  check(sandbox, "DELETE", target, NULL, NULL, 204, NULL);
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
  check(sandbox, "DELETE", target, NULL, NULL, 404, "NoSuchUpload");
  check(sandbox, "GET", target, NULL, NULL, 404, "NoSuchUpload");
  /* A bucket may go with the uploads in it. */
  create(NULL, id);
  check(sandbox, "DELETE", "/bucket", NULL, NULL, 204, NULL);
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
}

static void test_list_parts(void **state) {
  (void)state;
  static const struct {
    const char *query;
    const char *first;
    size_t count;
    const char *truncated;
    const char *next;
  } table[] = {
      {"", "2", 3, "false", "7"},
      {"&max-parts=2", "2", 2, "true", "5"},
      {"&max-parts=2&part-number-marker=5", "7", 1, "false", "7"},
      {"&part-number-marker=2", "5", 2, "false", "7"},
      {"&part-number-marker=7", NULL, 0, "false", "0"},
      {"&max-parts=0", NULL, 0, "false", "0"},
  };
  char id[64];
  create(NULL, id);
  put_part(id, 5, NULL, "tail", 4);
  put_part(id, 7, NULL, "tail", 4);
  put_part(id, 2, NULL, "tail", 4);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char target[256];
    snprintf(target, sizeof target, "/bucket/k?uploadId=%s%s", id, table[i].query);
    answer a = expect(sandbox, "GET", target, NULL, NULL, 200, NULL);
    assert_int_equal(count_of(a.body, "<Part>"), table[i].count);
    assert_string_equal(element(a.body, "IsTruncated"), table[i].truncated);
    assert_string_equal(element(a.body, "NextPartNumberMarker"), table[i].next);
    if (table[i].first) {
      assert_string_equal(element(a.body, "PartNumber"), table[i].first);
    }
    answer_free(&a);
  }
}

static void test_part_copy(void **state) {
  (void)state;
  char id[64];
  char target[160];
  check(sandbox, "PUT", "/bucket/src", NULL, "0123tail89", 200, NULL);
  create(NULL, id);
  snprintf(target, sizeof target, "/bucket/k?partNumber=1&uploadId=%s", id);
  answer a = expect(sandbox, "PUT", target,
                    "x-amz-copy-source: bucket/src\r\nx-amz-copy-source-range: bytes=4-7\r\n", NULL,
                    200, NULL);
  assert_string_equal(element(a.body, "ETag"), "&quot;" TAIL_TAG "&quot;");
  answer_free(&a);
  static const char *const ranges[] = {"bytes=4-10", "bytes=4-", "bytes=-4", "4-7", "bytes=8-7"};
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    char headers[128];
    snprintf(headers, sizeof headers,
             "x-amz-copy-source: bucket/src\r\nx-amz-copy-source-range: %s\r\n", ranges[i]);
    check(sandbox, "PUT", target, headers, NULL, 400, "InvalidArgument");
  }
  check(sandbox, "PUT", target, "x-amz-copy-source: bucket/none\r\n", NULL, 404, "NoSuchKey");
  target_of(id, target);
  check(sandbox, "POST", target, NULL, DOCUMENT(ITEM("1", TAIL_TAG)), 200, NULL);
  check_body(sandbox, "/bucket/k", NULL, 200, "tail");
}

/* ---------------------------------------------------------------- checksums */

static void checksum_of(cspan_digest_kind kind, const void *data, size_t len, char out[64]) {
  uint8_t raw[32];
  cspan_buf text;
  cspan_digest *digest = cspan_digest_new(kind);
  assert_non_null(digest);
  cspan_digest_update(digest, data, len);
  cspan_digest_final(digest, raw);
  cspan_buf_init(&text, 60);
  assert_int_equal(cspan_base64_encode(&text, raw, cspan_digest_len(kind)), CSPAN_OK);
  snprintf(out, 64, "%s", text.data);
  cspan_buf_free(&text);
  cspan_digest_free(digest);
}

static void test_composite_checksum(void **state) {
  (void)state;
  uint8_t both[8];
  char id[64];
  char target[160];
  char wanted[64];
  create("x-amz-checksum-algorithm: CRC32\r\n", id);
  put_part(id, 1, NULL, part_data, PART);
  put_part(id, 2, NULL, "tail", 4);
  const void *const data[] = {part_data, "tail"};
  const size_t sizes[] = {PART, 4};
  for (size_t i = 0; i < 2; i++) {
    cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_CRC32);
    cspan_digest_update(digest, data[i], sizes[i]);
    cspan_digest_final(digest, both + 4 * i);
    cspan_digest_free(digest);
  }
  checksum_of(CSPAN_DIGEST_CRC32, both, sizeof both, wanted);
  snprintf(wanted + strlen(wanted), 8, "-2");
  target_of(id, target);
  answer a = expect(sandbox, "POST", target, NULL,
                    DOCUMENT(ITEM("1", FULL_TAG) ITEM("2", TAIL_TAG)), 200, NULL);
  assert_string_equal(element(a.body, "ChecksumCRC32"), wanted);
  assert_string_equal(element(a.body, "ChecksumType"), "COMPOSITE");
  answer_free(&a);
  a = expect(sandbox, "HEAD", "/bucket/k", "x-amz-checksum-mode: ENABLED\r\n", NULL, 200, NULL);
  check_header(&a, "x-amz-checksum-crc32", wanted);
  check_header(&a, "x-amz-checksum-type", "COMPOSITE");
  answer_free(&a);
}

static void test_full_checksum(void **state) {
  (void)state;
  char id[64];
  char target[160];
  char wanted[64];
  char headers[128];
  char *whole = malloc(PART + 4);
  assert_non_null(whole);
  memcpy(whole, part_data, PART);
  memcpy(whole + PART, "tail", 4);
  checksum_of(CSPAN_DIGEST_CRC64NVME, whole, PART + 4, wanted);
  free(whole);
  create("x-amz-checksum-algorithm: CRC64NVME\r\n", id);
  put_part(id, 1, NULL, part_data, PART);
  put_part(id, 2, NULL, "tail", 4);
  target_of(id, target);
  check(sandbox, "POST", target, "x-amz-checksum-crc64nvme: AAAAAAAAAAA=\r\n",
        DOCUMENT(ITEM("1", FULL_TAG) ITEM("2", TAIL_TAG)), 400, "BadDigest");
  snprintf(headers, sizeof headers, "x-amz-checksum-crc64nvme: %s\r\n", wanted);
  answer a = expect(sandbox, "POST", target, headers,
                    DOCUMENT(ITEM("1", FULL_TAG) ITEM("2", TAIL_TAG)), 200, NULL);
  assert_string_equal(element(a.body, "ChecksumCRC64NVME"), wanted);
  assert_string_equal(element(a.body, "ChecksumType"), "FULL_OBJECT");
  answer_free(&a);
}

static void test_checksums_refused(void **state) {
  (void)state;
  static const char *const headers[] = {
      "x-amz-checksum-algorithm: MD4\r\n",
      "x-amz-checksum-algorithm: SHA256\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
      "x-amz-checksum-algorithm: CRC64NVME\r\nx-amz-checksum-type: COMPOSITE\r\n",
      "x-amz-checksum-algorithm: CRC32\r\nx-amz-checksum-type: PARTIAL\r\n",
  };
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    check(sandbox, "POST", "/bucket/k?uploads", headers[i], NULL, 400, "InvalidRequest");
  }
  char id[64];
  char target[160];
  create("x-amz-checksum-algorithm: CRC32\r\n", id);
  answer a = send_part(id, 1, "x-amz-sdk-checksum-algorithm: SHA256\r\n", "tail", 4);
  assert_string_equal(element(a.body, "Code"), "InvalidRequest");
  answer_free(&a);
  a = send_part(id, 1, "x-amz-checksum-crc32: AAAAAA==\r\n", "tail", 4);
  assert_string_equal(element(a.body, "Code"), "BadDigest");
  answer_free(&a);
  put_part(id, 1, NULL, "tail", 4);
  target_of(id, target);
  check(sandbox, "POST", target, NULL,
        DOCUMENT("<Part><PartNumber>1</PartNumber><ETag>" TAIL_TAG "</ETag>"
                 "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"),
        400, "InvalidPart");
}

#define WITH_BUCKET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_BUCKET(test_whole),         WITH_BUCKET(test_completed_again),
      WITH_BUCKET(test_refused),       WITH_BUCKET(test_parts_refused),
      WITH_BUCKET(test_abort),         WITH_BUCKET(test_list_parts),
      WITH_BUCKET(test_part_copy),     WITH_BUCKET(test_composite_checksum),
      WITH_BUCKET(test_full_checksum), WITH_BUCKET(test_checksums_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
