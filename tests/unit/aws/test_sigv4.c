/* SPDX-License-Identifier: Apache-2.0 */
/* Signing, against the worked examples of the S3 API Reference ("Authenticating Requests") and by
 * its rules. The public vectors are in tests/conformance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/chunked.h"
#include "aws/sigv4.h"
#include "base/alloc.h"
#include "base/text.h"

static const char example_key[] = "AKIAIOSFODNN7EXAMPLE";
static const char example_secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

enum { EXAMPLE_TIME = 1369353600 }; /* 2013-05-24T00:00:00Z */

static uint8_t key[CSPAN_SIGV4_KEY_LEN];

/* S3's rules. */
static cspan_sigv4_scope s3_scope(void) {
  cspan_sigv4_key(example_secret, EXAMPLE_TIME, "us-east-1", "s3", key);
  return (cspan_sigv4_scope){.access_key_id = example_key,
                             .region = "us-east-1",
                             .service = "s3",
                             .time = EXAMPLE_TIME,
                             .key = key,
                             .content_sha256_header = true};
}

typedef struct header_case {
  const char *method;
  const char *path;
  const char *query;
  cspan_http_header headers[4];
  size_t header_count;
  const char *payload;
  const char *signature;
} header_case;

#define HOST                                                                                       \
  { .name = "Host", .value = "examplebucket.s3.amazonaws.com" }

static const header_case header_cases[] = {
    {"GET",
     "/test.txt",
     "",
     {HOST, {.name = "Range", .value = "bytes=0-9"}},
     2,
     "",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"PUT",
     "/test%24file.text",
     "",
     {HOST,
      {.name = "Date", .value = "Fri, 24 May 2013 00:00:00 GMT"},
      {.name = "x-amz-storage-class", .value = "REDUCED_REDUNDANCY"}},
     3,
     "Welcome to Amazon S3.",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"GET",
     "/",
     "lifecycle",
     {HOST},
     1,
     "",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"GET",
     "/",
     "max-keys=2&prefix=J",
     {HOST},
     1,
     "",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static void s3_examples_in_headers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0]; i++) {
    const header_case *each = &header_cases[i];
    char hash[2 * CSPAN_SHA256_LEN + 1];
    cspan_sigv4 out;
    cspan_sigv4_scope scope = s3_scope();
    cspan_sha256_hex(each->payload, strlen(each->payload), hash);
    cspan_sigv4_request request = {.method = each->method,
                                   .path = each->path,
                                   .query = each->query,
                                   .headers = each->headers,
                                   .header_count = each->header_count,
                                   .payload_hash = hash};
    cspan_sigv4_init(&out);
    assert_int_equal(cspan_sigv4_sign_headers(&request, &scope, &out, NULL), CSPAN_OK);
    assert_string_equal(out.signature, each->signature);
    assert_non_null(strstr(out.result.data, each->signature));
    cspan_sigv4_free(&out);
  }
}

static void s3_example_in_the_query(void **state) {
  (void)state;
  const cspan_http_header host[] = {HOST};
  cspan_sigv4 out;
  cspan_sigv4_scope scope = s3_scope();
  cspan_sigv4_request request = {.method = "GET",
                                 .path = "/test.txt",
                                 .headers = host,
                                 .header_count = 1,
                                 .payload_hash = CSPAN_SIGV4_UNSIGNED};
  cspan_sigv4_init(&out);
  assert_int_equal(cspan_sigv4_sign_query(&request, &scope, 86400, &out, NULL), CSPAN_OK);
  assert_string_equal(out.signature,
                      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  cspan_sigv4_free(&out);
}

static void presigned_urls_have_a_limit(void **state) {
  (void)state;
  static const int64_t bad[] = {0, -1, 7 * 24 * 3600 + 1, INT64_MAX};
  const cspan_http_header host[] = {HOST};
  cspan_sigv4_scope scope = s3_scope();
  cspan_sigv4_request request = {.method = "GET",
                                 .path = "/",
                                 .headers = host,
                                 .header_count = 1,
                                 .payload_hash = CSPAN_SIGV4_UNSIGNED};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    cspan_sigv4 out;
    cspan_sigv4_init(&out);
    assert_int_equal(cspan_sigv4_sign_query(&request, &scope, bad[i], &out, NULL),
                     CSPAN_ERR_INVALID);
    cspan_sigv4_free(&out);
  }
}

static void s3_paths_stay_as_they_are(void **state) {
  (void)state;
  static const struct {
    bool encode;
    bool normalize;
    const char *path;
    const char *canonical;
  } cases[] = {
      {false, false, "/a//b/../c%20d", "/a//b/../c%20d"},
      {true, true, "/a//b/../c%20d", "/a/c%2520d"},
      {true, true, "/..", "/"},
      {true, true, "/a/./b/.", "/a/b/"},
      {true, true, "/a/../..//b", "/b"},
      {true, false, "/a/./b", "/a/./b"},
      {false, true, "/a/b/..", "/a/"},
      {true, true, "", "/"},
  };
  const cspan_http_header host[] = {HOST};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_sigv4 out;
    cspan_sigv4_scope scope = s3_scope();
    scope.encode_path = cases[i].encode;
    scope.normalize_path = cases[i].normalize;
    cspan_sigv4_request request = {.method = "GET",
                                   .path = cases[i].path,
                                   .headers = host,
                                   .header_count = 1,
                                   .payload_hash = CSPAN_SIGV4_EMPTY_SHA256};
    cspan_sigv4_init(&out);
    assert_int_equal(cspan_sigv4_sign_headers(&request, &scope, &out, NULL), CSPAN_OK);
    char *line = strchr(out.canonical.data, '\n') + 1;
    *strchr(line, '\n') = '\0';
    assert_string_equal(line, cases[i].canonical);
    cspan_sigv4_free(&out);
  }
}

static void headers_of_others_are_not_signed(void **state) {
  (void)state;
  static const char *const skipped[] = {
      "Authorization", "User-Agent",    "Expect",          "Connection",        "Traceparent",
      "tracestate",    "baggage",       "X-Amzn-Trace-Id", "Transfer-Encoding", "b3",
      "X-B3-TraceId",  "uber-trace-id", "Uberctx-a",       "ot-tracer-spanid",  "ot-baggage-a"};
  static const char *const kept[] = {"Host",  "Content-Type",   "x-amz-meta-traceparent",
                                     "Range", "Content-Length", "x-amz-date",
                                     "x-b",   "other"};
  for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
    assert_true(cspan_sigv4_skips_header(skipped[i]));
  }
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    assert_false(cspan_sigv4_skips_header(kept[i]));
  }
}

static void a_token_is_signed_or_rides_along(void **state) {
  (void)state;
  const cspan_http_header host[] = {HOST};
  for (int omit = 0; omit < 2; omit++) {
    cspan_sigv4 out;
    cspan_sigv4_scope scope = s3_scope();
    scope.session_token = "a token/+";
    scope.omit_session_token = omit != 0;
    cspan_sigv4_request request = {.method = "GET",
                                   .path = "/",
                                   .headers = host,
                                   .header_count = 1,
                                   .payload_hash = CSPAN_SIGV4_EMPTY_SHA256};
    cspan_sigv4_init(&out);
    assert_int_equal(cspan_sigv4_sign_headers(&request, &scope, &out, NULL), CSPAN_OK);
    assert_int_equal(strstr(out.canonical.data, "x-amz-security-token") == NULL, omit);
    assert_int_equal(cspan_sigv4_sign_query(&request, &scope, 60, &out, NULL), CSPAN_OK);
    assert_int_equal(strstr(out.canonical.data, "X-Amz-Security-Token") == NULL, omit);
    assert_non_null(strstr(out.result.data, "&X-Amz-Security-Token=a%20token%2F%2B"));
    cspan_sigv4_free(&out);
  }
}

static void many_headers_and_parameters(void **state) {
  (void)state;
  enum { COUNT = 200 };
  static char names[COUNT][16];
  cspan_http_header headers[COUNT];
  cspan_buf query;
  cspan_buf_init(&query, 65536);
  for (int i = 0; i < COUNT; i++) {
    snprintf(names[i], sizeof names[i], "x-h-%03d", (i * 7) % COUNT);
    headers[i] = (cspan_http_header){.name = names[i], .value = "v"};
    cspan_buf_printf(&query, "%sp%03d=%d", i ? "&" : "", (i * 11) % COUNT, i);
  }
  cspan_sigv4 out;
  cspan_sigv4_scope scope = s3_scope();
  cspan_sigv4_request request = {.method = "GET",
                                 .path = "/",
                                 .query = query.data,
                                 .headers = headers,
                                 .header_count = COUNT,
                                 .payload_hash = CSPAN_SIGV4_EMPTY_SHA256};
  cspan_sigv4_init(&out);
  assert_int_equal(cspan_sigv4_sign_headers(&request, &scope, &out, NULL), CSPAN_OK);
  const char *at = out.canonical.data;
  for (int i = 0; i < COUNT; i++) {
    char text[16];
    snprintf(text, sizeof text, "p%03d=", i);
    at = strstr(at, text);
    assert_non_null(at);
  }
  for (int i = 0; i < COUNT; i++) {
    char text[16];
    snprintf(text, sizeof text, "x-h-%03d:v\n", i);
    at = strstr(at, text);
    assert_non_null(at);
  }
  cspan_sigv4_free(&out);
  cspan_buf_free(&query);
}

/* ------------------------------------------------------------------ chunks */

typedef struct letters {
  size_t left;
} letters;

static ptrdiff_t read_letters(void *user, char *buf, size_t cap) {
  letters *l = user;
  size_t take = l->left < cap ? l->left : cap;
  take = take < 1000 ? take : 1000;
  memset(buf, 'a', take);
  l->left -= take;
  return (ptrdiff_t)take;
}

static char *read_all(cspan_chunked *chunked, size_t step, size_t *len) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 22);
  char *piece = malloc(step);
  ptrdiff_t got;
  while ((got = cspan_chunked_read(chunked, piece, step)) > 0) {
    cspan_buf_append(&out, piece, (size_t)got);
  }
  assert_int_equal(got, 0);
  free(piece);
  return cspan_buf_take(&out, len);
}

/* S3 API Reference: 66,560 bytes of 'a' in chunks of 64 KiB. */
static void s3_example_in_chunks(void **state) {
  (void)state;
  static const char seed[] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  static const char *const signatures[] = {
      "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
      "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
      "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n"};
  static const size_t steps[] = {1, 100, 65536, 1 << 20};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    letters source = {66560};
    cspan_sigv4_scope scope = s3_scope();
    cspan_chunked chunked = {
        .read = read_letters, .read_user = &source, .decoded_size = 66560, .scope = &scope};
    memcpy(chunked.signature, seed, sizeof seed);
    size_t len = 0;
    assert_int_equal(cspan_chunked_size(&chunked), 66824);
    char *text = read_all(&chunked, steps[i], &len);
    assert_int_equal(len, 66824);
    assert_memory_equal(text, signatures[0], strlen(signatures[0]));
    const char *second = text + strlen(signatures[0]) + 65536;
    assert_memory_equal(second, "\r\n", 2);
    assert_memory_equal(second + 2, signatures[1], strlen(signatures[1]));
    const char *last = second + 2 + strlen(signatures[1]) + 1024;
    assert_memory_equal(last + 2, signatures[2], strlen(signatures[2]));
    cspan_free(text);
    cspan_chunked_free(&chunked);
  }
}

typedef struct trailer_case {
  size_t size;
  bool signed_chunks;
  const char *expected_end;
} trailer_case;

static const trailer_case trailer_cases[] = {
    {0, false, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"},
    {3, false, "3\r\naaa\r\n0\r\nx-amz-checksum-crc32:8AdzLQ==\r\n\r\n"},
    {65536, false, NULL},
    {65537, false, NULL},
    {200000, false, NULL},
    {3, true, NULL},
    {0, true, NULL},
    {131072, true, NULL},
};

/* The size said beforehand is what comes out, and a second pass gives the same. */
static void trailers_carry_the_checksum(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof trailer_cases / sizeof trailer_cases[0]; i++) {
    const trailer_case *each = &trailer_cases[i];
    static const char seed[65] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    letters source = {each->size};
    cspan_sigv4_scope scope = s3_scope();
    cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_CRC32);
    cspan_chunked chunked = {.read = read_letters,
                             .read_user = &source,
                             .decoded_size = (int64_t)each->size,
                             .trailer_name = "x-amz-checksum-crc32",
                             .digest = digest,
                             .digest_kind = CSPAN_DIGEST_CRC32,
                             .scope = each->signed_chunks ? &scope : NULL};
    memcpy(chunked.signature, seed, sizeof seed);
    size_t first_len = 0;
    size_t second_len = 0;
    char *first = read_all(&chunked, 5000, &first_len);
    assert_int_equal(first_len, cspan_chunked_size(&chunked));
    if (each->expected_end) {
      assert_string_equal(first, each->expected_end);
    }
    assert_int_equal(strstr(first, "\r\nx-amz-trailer-signature:") != NULL, each->signed_chunks);
    source.left = each->size;
    memcpy(chunked.signature, seed, sizeof seed);
    cspan_chunked_reset(&chunked);
    char *second = read_all(&chunked, 70000, &second_len);
    assert_int_equal(second_len, first_len);
    assert_memory_equal(second, first, first_len);
    cspan_free(first);
    cspan_free(second);
    cspan_digest_free(digest);
    cspan_chunked_free(&chunked);
  }
}

static void a_source_that_ends_early_fails(void **state) {
  (void)state;
  char piece[64];
  letters source = {5};
  cspan_chunked chunked = {.read = read_letters, .read_user = &source, .decoded_size = 6};
  assert_int_equal(cspan_chunked_read(&chunked, piece, sizeof piece), -1);
  cspan_chunked_free(&chunked);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(s3_examples_in_headers),
      cmocka_unit_test(s3_example_in_the_query),
      cmocka_unit_test(presigned_urls_have_a_limit),
      cmocka_unit_test(s3_paths_stay_as_they_are),
      cmocka_unit_test(headers_of_others_are_not_signed),
      cmocka_unit_test(a_token_is_signed_or_rides_along),
      cmocka_unit_test(many_headers_and_parameters),
      cmocka_unit_test(s3_example_in_chunks),
      cmocka_unit_test(trailers_carry_the_checksum),
      cmocka_unit_test(a_source_that_ends_early_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
