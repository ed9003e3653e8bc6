/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets and objects over the wire. */
#include "unit/sandbox/client.h"

static cspan_sandbox *sandbox;

static int set_up(void **state) {
  (void)state;
  sandbox = start_open();
  check(sandbox, "PUT", "/bucket", NULL, NULL, 200, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  return 0;
}

static void test_buckets(void **state) {
  (void)state;
  static const char constraint[] =
      "<CreateBucketConfiguration><LocationConstraint>eu-west-3</LocationConstraint>"
      "</CreateBucketConfiguration>";
  answer a = expect(sandbox, "PUT", "/a.second-1", NULL, constraint, 200, NULL);
  check_header(&a, "Location", "/a.second-1");
  answer_free(&a);
  check(sandbox, "PUT", "/bucket", NULL, NULL, 409, "BucketAlreadyOwnedByYou");
  check(sandbox, "PUT", "/Bucket", NULL, NULL, 400, "InvalidBucketName");
  check(sandbox, "PUT", "/third", NULL, "<Wrong/>", 400, "MalformedXML");
  a = expect(sandbox, "GET", "/", NULL, NULL, 200, NULL);
  const char *first = strstr(a.body, "<Name>a.second-1</Name>");
  const char *second = strstr(a.body, "<Name>bucket</Name>");
  assert_true(first && second && first < second);
  assert_int_equal(count_of(a.body, "<Name>"), 2);
  answer_free(&a);
  a = expect(sandbox, "HEAD", "/a.second-1", NULL, NULL, 200, NULL);
  check_header(&a, "x-amz-bucket-region", "eu-west-3");
  answer_free(&a);
  a = expect(sandbox, "GET", "/a.second-1?location", NULL, NULL, 200, NULL);
  assert_non_null(strstr(a.body, ">eu-west-3</LocationConstraint>"));
  answer_free(&a);
  a = expect(sandbox, "GET", "/bucket?location", NULL, NULL, 200, NULL);
  assert_non_null(strstr(a.body, "\"></LocationConstraint>"));
  answer_free(&a);
  check(sandbox, "DELETE", "/a.second-1", NULL, NULL, 204, NULL);
  check(sandbox, "DELETE", "/a.second-1", NULL, NULL, 404, "NoSuchBucket");
  check(sandbox, "HEAD", "/a.second-1", NULL, NULL, 404, NULL);
}

static void test_bucket_with_objects_stays(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/k", NULL, "x", 200, NULL);
  check(sandbox, "DELETE", "/bucket", NULL, NULL, 409, "BucketNotEmpty");
  check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
  check(sandbox, "DELETE", "/bucket", NULL, NULL, 204, NULL);
}

static void test_put_and_get(void **state) {
  (void)state;
  answer a =
      expect(sandbox, "PUT", "/bucket/a%20b/%C3%A9?x-id=PutObject",
             "Content-Type: text/x\r\nCache-Control: no-cache\r\nx-amz-meta-Mixed: Va lue\r\n"
             "Content-Encoding: gzip\r\nContent-Language: de\r\n"
             "Content-Disposition: inline\r\nExpires: Thu, 01 Dec 1994 16:00:00 GMT\r\n",
             "hello", 200, NULL);
  check_header(&a, "ETag", "\"5d41402abc4b2a76b9719d911017c592\"");
  check_header(&a, "x-amz-checksum-type", "FULL_OBJECT");
  assert_non_null(header_of(&a, "x-amz-checksum-crc64nvme"));
  answer_free(&a);
  static const char *const methods[] = {"GET", "HEAD"};
  for (size_t i = 0; i < 2; i++) {
    a = expect(sandbox, methods[i], "/bucket/a%20b/%C3%A9", NULL, NULL, 200, NULL);
    assert_string_equal(a.body, i == 0 ? "hello" : "");
    check_header(&a, "Content-Length", "5");
    check_header(&a, "ETag", "\"5d41402abc4b2a76b9719d911017c592\"");
    check_header(&a, "Content-Type", "text/x");
    check_header(&a, "Cache-Control", "no-cache");
    check_header(&a, "Content-Encoding", "gzip");
    check_header(&a, "Content-Language", "de");
    check_header(&a, "Content-Disposition", "inline");
    check_header(&a, "Expires", "Thu, 01 Dec 1994 16:00:00 GMT");
    check_header(&a, "x-amz-meta-mixed", "Va lue");
    check_header(&a, "Accept-Ranges", "bytes");
    check_header(&a, "Server", "cloudspan-sandbox");
    check_header(&a, "x-amz-checksum-crc64nvme", NULL);
    assert_non_null(header_of(&a, "Last-Modified"));
    assert_non_null(header_of(&a, "x-amz-request-id"));
    assert_non_null(header_of(&a, "x-amz-id-2"));
    assert_non_null(header_of(&a, "Date"));
    answer_free(&a);
  }
}

static void test_overwrite_and_delete(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/k", NULL, "one", 200, NULL);
  check(sandbox, "PUT", "/bucket/k", NULL, "second", 200, NULL);
  check_body(sandbox, "/bucket/k", NULL, 200, "second");
  check(sandbox, "PUT", "/bucket/k", NULL, "", 200, NULL);
  check_body(sandbox, "/bucket/k", NULL, 200, "");
  check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
  check(sandbox, "DELETE", "/bucket/k", NULL, NULL, 204, NULL);
  check(sandbox, "GET", "/bucket/k", NULL, NULL, 404, "NoSuchKey");
  check(sandbox, "HEAD", "/bucket/k", NULL, NULL, 404, NULL);
  check(sandbox, "GET", "/other/k", NULL, NULL, 404, "NoSuchBucket");
  check(sandbox, "PUT", "/other/k", NULL, "x", 404, "NoSuchBucket");
}

static void test_errors_as_documents(void **state) {
  (void)state;
  char target[1200] = "/bucket/";
  memset(target + 8, 'k', 1025);
  answer a = expect(sandbox, "GET", "/bucket/none%3C", NULL, NULL, 404, "NoSuchKey");
  assert_string_equal(element(a.body, "Key"), "none&lt;");
  assert_string_equal(element(a.body, "Resource"), "/bucket/none%3C");
  check_header(&a, "Content-Type", "application/xml");
  const char *id = header_of(&a, "x-amz-request-id");
  assert_string_equal(element(a.body, "RequestId"), id);
  assert_non_null(element(a.body, "HostId"));
  answer_free(&a);
  check(sandbox, "GET", target, NULL, NULL, 400, "KeyTooLongError");
  check(sandbox, "GET", "/bucket/%zz", NULL, NULL, 400, "InvalidURI");
  check(sandbox, "GET", "/bucket?acl", NULL, NULL, 501, "NotImplemented");
  check(sandbox, "PATCH", "/bucket/k", NULL, "x", 501, "NotImplemented");
  check(sandbox, "PUT", "/bucket/k", NULL, NULL, 411, "MissingContentLength");
  check(sandbox, "PUT", "/bucket/k", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", 501,
        "NotImplemented");
}

static void test_ranges(void **state) {
  (void)state;
  static const struct {
    const char *range;
    const char *body;
    const char *content_range;
  } table[] = {
      {"bytes=0-3", "0123", "bytes 0-3/10"}, {"bytes=7-", "789", "bytes 7-9/10"},
      {"bytes=-2", "89", "bytes 8-9/10"},    {"bytes=4-100", "456789", "bytes 4-9/10"},
      {"bytes=0-1,3-4", "0123456789", NULL}, {"lines=0-1", "0123456789", NULL},
  };
  check(sandbox, "PUT", "/bucket/r", NULL, "0123456789", 200, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char header[64];
    snprintf(header, sizeof header, "Range: %s\r\n", table[i].range);
    answer a =
        expect(sandbox, "GET", "/bucket/r", header, NULL, table[i].content_range ? 206 : 200, NULL);
    assert_string_equal(a.body, table[i].body);
    check_header(&a, "Content-Range", table[i].content_range);
    answer_free(&a);
  }
  answer a = expect(sandbox, "GET", "/bucket/r", "Range: bytes=10-\r\n", NULL, 416, "InvalidRange");
  assert_string_equal(element(a.body, "ActualObjectSize"), "10");
  answer_free(&a);
  check(sandbox, "HEAD", "/bucket/r", "Range: bytes=2-3\r\n", NULL, 206, NULL);
}

#define TAG    "\"781e5e245d69b566979b86e28d23f2c7\""
#define OTHER  "\"00000000000000000000000000000000\""
#define PAST   "Sat, 01 Jan 2000 00:00:00 GMT"
#define FUTURE "Fri, 01 Jan 2100 00:00:00 GMT"

static void test_read_conditions(void **state) {
  (void)state;
  static const struct {
    const char *headers;
    int status;
  } table[] = {
      {"If-Match: " TAG "\r\n", 200},
      {"If-Match: *\r\n", 200},
      {"If-Match: " OTHER ", " TAG "\r\n", 200},
      {"If-Match: " OTHER "\r\n", 412},
      {"If-None-Match: " TAG "\r\n", 304},
      {"If-None-Match: W/" TAG "\r\n", 304},
      {"If-None-Match: *\r\n", 304},
      {"If-None-Match: " OTHER "\r\n", 200},
      {"If-Modified-Since: " PAST "\r\n", 200},
      {"If-Modified-Since: " FUTURE "\r\n", 304},
      {"If-Modified-Since: whenever\r\n", 200},
      {"If-Unmodified-Since: " PAST "\r\n", 412},
      {"If-Unmodified-Since: " FUTURE "\r\n", 200},
      {"If-Match: " TAG "\r\nIf-Unmodified-Since: " PAST "\r\n", 200},
      {"If-None-Match: " OTHER "\r\nIf-Modified-Since: " FUTURE "\r\n", 200},
      {"If-Match: " OTHER "\r\nIf-None-Match: " TAG "\r\n", 412},
  };
  check(sandbox, "PUT", "/bucket/r", NULL, "0123456789", 200, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    answer a = expect(sandbox, "GET", "/bucket/r", table[i].headers, NULL, table[i].status, NULL);
    if (table[i].status == 304) {
      check_header(&a, "ETag", TAG);
      assert_int_equal(a.announced, -1);
    }
    answer_free(&a);
    check(sandbox, "HEAD", "/bucket/r", table[i].headers, NULL, table[i].status, NULL);
  }
}

static void test_write_conditions(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/w", "If-Match: " TAG "\r\n", "x", 404, "NoSuchKey");
  check(sandbox, "PUT", "/bucket/w", "If-None-Match: *\r\n", "0123456789", 200, NULL);
  check(sandbox, "PUT", "/bucket/w", "If-None-Match: *\r\n", "x", 412, "PreconditionFailed");
  check(sandbox, "PUT", "/bucket/w", "If-None-Match: " TAG "\r\n", "x", 501, "NotImplemented");
  check(sandbox, "PUT", "/bucket/w", "If-Match: " OTHER "\r\n", "x", 412, "PreconditionFailed");
  check_body(sandbox, "/bucket/w", NULL, 200, "0123456789");
  check(sandbox, "PUT", "/bucket/w", "If-Match: " TAG "\r\n", "new", 200, NULL);
  check_body(sandbox, "/bucket/w", NULL, 200, "new");
}

static void test_response_overrides(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/k", NULL, "x", 200, NULL);
  check(sandbox, "GET", "/bucket/k?response-content-type=a%2Fb", NULL, NULL, 400,
        "InvalidRequest"); /* only with a signature */
}

static void test_copy(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/s%20rc", "x-amz-meta-a: 1\r\nContent-Type: t/s\r\n", "body", 200,
        NULL);
  answer a = expect(sandbox, "PUT", "/bucket/dst", "x-amz-copy-source: /bucket/s%20rc\r\n", NULL,
                    200, NULL);
  assert_string_equal(element(a.body, "ETag"), "&quot;841a2d689ad86bd1611447453c22c6fc&quot;");
  answer_free(&a);
  a = expect(sandbox, "GET", "/bucket/dst", NULL, NULL, 200, NULL);
  assert_string_equal(a.body, "body");
  check_header(&a, "x-amz-meta-a", "1");
  check_header(&a, "Content-Type", "t/s");
  answer_free(&a);
  check(sandbox, "PUT", "/bucket/dst",
        "x-amz-copy-source: bucket/s%20rc\r\nx-amz-metadata-directive: REPLACE\r\n"
        "x-amz-meta-b: 2\r\n",
        NULL, 200, NULL);
  a = expect(sandbox, "HEAD", "/bucket/dst", NULL, NULL, 200, NULL);
  check_header(&a, "x-amz-meta-a", NULL);
  check_header(&a, "x-amz-meta-b", "2");
  answer_free(&a);
  /* The copy stays when its source goes. */
  check(sandbox, "DELETE", "/bucket/s%20rc", NULL, NULL, 204, NULL);
  check_body(sandbox, "/bucket/dst", NULL, 200, "body");
}

static void test_copy_refused(void **state) {
  (void)state;
  static const struct {
    const char *headers;
    int status;
    const char *code;
  } table[] = {
      {"x-amz-copy-source: /bucket/none\r\n", 404, "NoSuchKey"},
      {"x-amz-copy-source: /other/s\r\n", 404, "NoSuchBucket"},
      {"x-amz-copy-source: /bucket\r\n", 400, "InvalidArgument"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-metadata-directive: KEEP\r\n", 400,
       "InvalidArgument"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-copy-source-if-match: " OTHER "\r\n", 412,
       "PreconditionFailed"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-copy-source-if-none-match: *\r\n", 412,
       "PreconditionFailed"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-copy-source-if-modified-since: " FUTURE "\r\n", 412,
       "PreconditionFailed"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-copy-source-if-unmodified-since: " PAST "\r\n", 412,
       "PreconditionFailed"},
      {"x-amz-copy-source: /bucket/d\r\n", 400, "InvalidRequest"},
      {"x-amz-copy-source: /bucket/s\r\nx-amz-checksum-algorithm: MD4\r\n", 400, "InvalidRequest"},
  };
  check(sandbox, "PUT", "/bucket/s", NULL, "source", 200, NULL);
  check(sandbox, "PUT", "/bucket/d", NULL, "target", 200, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    check(sandbox, "PUT", "/bucket/d", table[i].headers, NULL, table[i].status, table[i].code);
  }
  check_body(sandbox, "/bucket/d", NULL, 200, "target");
  check(sandbox, "PUT", "/bucket/d",
        "x-amz-copy-source: /bucket/d\r\nx-amz-metadata-directive: REPLACE\r\n", NULL, 200, NULL);
  check_body(sandbox, "/bucket/d", NULL, 200, "target");
}

static void test_delete_objects(void **state) {
  (void)state;
  check(sandbox, "PUT", "/bucket/a", NULL, "x", 200, NULL);
  check(sandbox, "PUT", "/bucket/%3Cb%3E", NULL, "x", 200, NULL);
  check(sandbox, "PUT", "/bucket/c", NULL, "x", 200, NULL);
  answer a = expect(sandbox, "POST", "/bucket?delete", NULL,
                    "<Delete><Object><Key>a</Key></Object><Object><Key>&lt;b&gt;</Key></Object>"
                    "<Object><Key>never</Key></Object>"
                    "<Object><Key>c</Key><VersionId>7</VersionId></Object></Delete>",
                    200, NULL);
  assert_int_equal(count_of(a.body, "<Deleted>"), 3);
  assert_int_equal(count_of(a.body, "<Error>"), 1);
  assert_string_equal(element(strstr(a.body, "<Error>"), "Code"), "NoSuchVersion");
  answer_free(&a);
  check(sandbox, "GET", "/bucket/a", NULL, NULL, 404, "NoSuchKey");
  check(sandbox, "GET", "/bucket/%3Cb%3E", NULL, NULL, 404, "NoSuchKey");
  a = expect(sandbox, "POST", "/bucket?delete", NULL,
             "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>", 200, NULL);
  assert_int_equal(count_of(a.body, "<Deleted>"), 0);
  answer_free(&a);
  check(sandbox, "GET", "/bucket/c", NULL, NULL, 404, "NoSuchKey");
  check(sandbox, "POST", "/bucket?delete", NULL, "<Delete/>", 400, "MalformedXML");
  check(sandbox, "POST", "/bucket?delete", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        "<Delete><Object><Key>c</Key></Object></Delete>", 400, "BadDigest");
}

static void test_metadata_limits(void **state) {
  (void)state;
  char header[2200];
  int len = snprintf(header, sizeof header, "x-amz-meta-a: ");
  memset(header + len, 'v', 2048);
  snprintf(header + len + 2048, 8, "\r\n");
  check(sandbox, "PUT", "/bucket/k", header, "x", 400, "MetadataTooLarge");
  snprintf(header + len + 2047, 8, "\r\n");
  check(sandbox, "PUT", "/bucket/k", header, "x", 200, NULL);
  check(sandbox, "PUT", "/bucket/k", "x-amz-meta-a: \xff\r\n", "x", 400, "InvalidArgument");
}

#define IN_BUCKET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_BUCKET(test_buckets),
      IN_BUCKET(test_bucket_with_objects_stays),
      IN_BUCKET(test_put_and_get),
      IN_BUCKET(test_overwrite_and_delete),
      IN_BUCKET(test_errors_as_documents),
      IN_BUCKET(test_ranges),
      IN_BUCKET(test_read_conditions),
      IN_BUCKET(test_write_conditions),
      IN_BUCKET(test_response_overrides),
      IN_BUCKET(test_copy),
      IN_BUCKET(test_copy_refused),
      IN_BUCKET(test_delete_objects),
      IN_BUCKET(test_metadata_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
