/* SPDX-License-Identifier: Apache-2.0 */
/* SigV4a beside its public vectors: keys, presigned tokens, chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/chunked.h"
#include "aws/credentials.h"
#include "support/ecdsa_check.h"

#define DAY      "20150830"
#define DATE     DAY "T123600Z"
#define SCOPE    DAY "/s3/aws4_request"
#define NO_BYTES CSPAN_SIGV4_EMPTY_SHA256

static cspan_sigv4a_key *make_key(const char *id, const char *secret) {
  cspan_sigv4a_key *key = NULL;
  assert_int_equal(cspan_sigv4a_key_new(id, secret, &key, NULL), CSPAN_OK);
  return key;
}

static cspan_sigv4_scope scope_of(const cspan_sigv4a_key *key) {
  return (cspan_sigv4_scope){.access_key_id = "AKIDEXAMPLE",
                             .service = "s3",
                             .time = 1440938160,
                             .region_set = "us-east-1,eu-west-1",
                             .ecdsa_key = key};
}

static void a_key_follows_from_both_parts(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"AKID", "secret"}, {"AKIE", "secret"}, {"AKID", "Secret"}};
  uint8_t points[3][CSPAN_SIGV4A_POINT_LEN];
  for (size_t i = 0; i < 3; i++) {
    cspan_sigv4a_key *key = make_key(pairs[i][0], pairs[i][1]);
    cspan_sigv4a_public_key(key, points[i]);
    assert_int_equal(points[i][0], 4);
    cspan_sigv4a_key_free(key);
  }
  assert_memory_not_equal(points[0], points[1], CSPAN_SIGV4A_POINT_LEN);
  assert_memory_not_equal(points[0], points[2], CSPAN_SIGV4A_POINT_LEN);
  cspan_sigv4a_key *again = make_key("AKID", "secret");
  cspan_sigv4a_public_key(again, points[1]);
  assert_memory_equal(points[0], points[1], CSPAN_SIGV4A_POINT_LEN);
  cspan_sigv4a_key_free(again);
}

static void what_is_no_secret_is_refused(void **state) {
  (void)state;
  char longest[258];
  memset(longest, 'a', 257);
  longest[257] = '\0';
  cspan_sigv4a_key *key = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_sigv4a_key_new("AKID", longest, &key, &error), CSPAN_ERR_CREDENTIALS);
  assert_null(key);
  assert_null(strstr(cspan_error_message(error), longest));
  cspan_error_free(error);
  assert_int_equal(cspan_sigv4a_key_new(longest, "secret", &key, NULL), CSPAN_ERR_CREDENTIALS);
  longest[256] = '\0';
  cspan_sigv4a_key_free(make_key("AKID", longest));
  cspan_sigv4a_key_free(NULL);
}

static void an_identity_keeps_its_key(void **state) {
  (void)state;
  cspan_credentials credentials = {.access_key_id = "AKID", .secret_access_key = "secret"};
  cspan_identity *identity = cspan_identity_new(&credentials);
  const cspan_sigv4a_key *first = NULL;
  const cspan_sigv4a_key *second = NULL;
  assert_int_equal(cspan_identity_ecdsa_key(identity, &first, NULL), CSPAN_OK);
  assert_int_equal(cspan_identity_ecdsa_key(identity, &second, NULL), CSPAN_OK);
  assert_non_null(first);
  assert_ptr_equal(first, second);
  cspan_identity_free(identity);
}

static void a_presigned_url_names_its_regions(void **state) {
  (void)state;
  cspan_sigv4a_key *key = make_key("AKIDEXAMPLE", "secret");
  cspan_sigv4_scope scope = scope_of(key);
  scope.session_token = "to/ken";
  cspan_http_header host = {.name = "host", .value = "example.com"};
  cspan_sigv4_request request = {.method = "GET",
                                 .path = "/",
                                 .headers = &host,
                                 .header_count = 1,
                                 .payload_hash = CSPAN_SIGV4_UNSIGNED};
  cspan_sigv4 out;
  cspan_sigv4_init(&out);
  assert_int_equal(cspan_sigv4_sign_query(&request, &scope, 60, &out, NULL), CSPAN_OK);
  static const char *const parts[] = {
      "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&", "&X-Amz-Region-Set=us-east-1%2Ceu-west-1&",
      "&X-Amz-Security-Token=to%2Fken&",
      "X-Amz-Credential=AKIDEXAMPLE%2F" DAY "%2Fs3%2Faws4_request&"};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    assert_non_null(strstr(out.result.data, parts[i]));
  }
  cspan_sigv4_free(&out);
  cspan_sigv4a_key_free(key);
}

/* ------------------------------------------------------------------ chunks */

static ptrdiff_t read_letters(void *user, char *buf, size_t cap) {
  size_t *left = user;
  size_t take = cap < *left ? cap : *left;
  memset(buf, 'a', take);
  *left -= take;
  return (ptrdiff_t)take;
}

/* Takes "chunk-signature=SIGNATURE***" apart, checks its width, and verifies it. */
static const char *check_signature(const char *at, const char *label, const char *text_format,
                                   const uint8_t *point, char previous[145], const char *hash) {
  char text[1024];
  char hex[145];
  const char *found = strstr(at, label);
  assert_non_null(found);
  found += strlen(label);
  assert_int_equal(strspn(found, "0123456789abcdef*"), CSPAN_SIGV4_SIGNATURE_MAX);
  size_t len = strspn(found, "0123456789abcdef");
  memcpy(hex, found, len);
  hex[len] = '\0';
  int text_len = snprintf(text, sizeof text, text_format, previous, hash);
  verify(point, hex, text, (size_t)text_len);
  memcpy(previous, hex, len + 1);
  return found + CSPAN_SIGV4_SIGNATURE_MAX;
}

#define CHUNK_TEXT   "AWS4-ECDSA-P256-SHA256-PAYLOAD\n" DATE "\n" SCOPE "\n%s\n" NO_BYTES "\n%s"
#define TRAILER_TEXT "AWS4-ECDSA-P256-SHA256-TRAILER\n" DATE "\n" SCOPE "\n%s\n%s"

static void chunks_are_signed_in_turn(void **state) {
  (void)state;
  static const size_t first_len = CSPAN_CHUNK_BYTES;
  cspan_sigv4a_key *key = make_key("AKIDEXAMPLE", "secret");
  cspan_sigv4_scope scope = scope_of(key);
  size_t left = first_len + 10;
  cspan_chunked chunked = {.read = read_letters,
                           .read_user = &left,
                           .decoded_size = (int64_t)left,
                           .trailer_name = "x-amz-checksum-crc32",
                           .digest = cspan_digest_new(CSPAN_DIGEST_CRC32),
                           .digest_kind = CSPAN_DIGEST_CRC32,
                           .scope = &scope};
  memcpy(chunked.signature, "3045aa", sizeof "3045aa");
  size_t want = (size_t)cspan_chunked_size(&chunked);
  char *wire = calloc(1, want + 100);
  assert_int_equal(cspan_chunked_read(&chunked, wire, want + 100), want);
  uint8_t point[CSPAN_SIGV4A_POINT_LEN];
  char previous[145] = "3045aa";
  char hash[65];
  cspan_sigv4a_public_key(key, point);
  char *letters = malloc(first_len);
  memset(letters, 'a', first_len);
  cspan_sha256_hex(letters, first_len, hash);
  const char *at =
      check_signature(wire, "10000;chunk-signature=", CHUNK_TEXT, point, previous, hash);
  cspan_sha256_hex(letters, 10, hash);
  at = check_signature(at, "\r\na;chunk-signature=", CHUNK_TEXT, point, previous, hash);
  at = check_signature(at, "\r\n0;chunk-signature=", CHUNK_TEXT, point, previous, NO_BYTES);
  const char *trailer = strstr(at, "x-amz-checksum-crc32:");
  assert_non_null(trailer);
  char line[64];
  size_t line_len = strcspn(trailer, "\r");
  snprintf(line, sizeof line, "%.*s\n", (int)line_len, trailer);
  cspan_sha256_hex(line, line_len + 1, hash);
  at = check_signature(at, "\r\nx-amz-trailer-signature:", TRAILER_TEXT, point, previous, hash);
  assert_string_equal(at, "\r\n\r\n");
  free(letters);
  free(wire);
  cspan_chunked_free(&chunked);
  cspan_digest_free(chunked.digest);
  cspan_sigv4a_key_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_follows_from_both_parts),
      cmocka_unit_test(what_is_no_secret_is_refused),
      cmocka_unit_test(an_identity_keeps_its_key),
      cmocka_unit_test(a_presigned_url_names_its_regions),
      cmocka_unit_test(chunks_are_signed_in_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
