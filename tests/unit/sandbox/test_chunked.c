/* SPDX-License-Identifier: Apache-2.0 */
/* aws-chunked bodies. The signatures were made by a script that follows the
 * specification and agrees with the examples published there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/chunked.h"

#define SIGNED_CHUNKS                                                                              \
  "6;chunk-signature=c88199a6f5a6fde2a7bc1de6f2691abd6abbcce19000234a79d3d801381d1bb3\r\n"         \
  "hello \r\n"                                                                                     \
  "D;chunk-signature=7ac172e5d1eae23834b572b33f8cde41ff9e1d0caadd0c3cbde27a3177d4d6d6\r\n"         \
  "chunked world\r\n"                                                                              \
  "0;chunk-signature=d12650924dc41f816040701205fb63b697dc1266d3db2c7c0952c1cac49a95e2\r\n"
#define CHECKSUM_TRAILER "x-amz-checksum-crc32:AAAAAA==\r\n"
#define TRAILER_SIGNATURE                                                                          \
  "x-amz-trailer-signature:0a321c2c54948d1eedd65911879af1eb0f6231c1ecbe6b3cb73a9c38762f976d\r\n"

static sbx_auth seed(void) {
  sbx_auth auth = {.date = "20240229T123456Z", .scope = "20240229/eu-west-3/s3/aws4_request"};
  static const char key[] = "d94d54fc0a1deb65f47a10b8945b95852b7e11fa1dbb3323a7aad3173269a316";
  cspan_hex_decode(key, sizeof key - 1, auth.key);
  memcpy(auth.signature, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 65);
  return auth;
}

static cspan_status collect(void *user, const char *data, size_t len) {
  return cspan_buf_append(user, data, len);
}

/* Feeds the text in steps of `step` bytes. */
static sbx_error decode(const char *text, size_t step, bool is_signed, bool trailer,
                        cspan_buf *payload, char checksum[64]) {
  sbx_auth auth = seed();
  sbx_chunked_options options = {is_signed ? &auth : NULL, trailer, collect, payload};
  sbx_chunked *c = cspan_sbx_chunked_new(&options);
  assert_non_null(c);
  size_t len = strlen(text);
  sbx_error error = SBX_OK;
  for (size_t at = 0; at < len && error == SBX_OK; at += step) {
    error = cspan_sbx_chunked_write(c, text + at, len - at < step ? len - at : step);
  }
  error = error == SBX_OK ? cspan_sbx_chunked_finish(c) : error;
  const char *found = cspan_sbx_pairs_get(cspan_sbx_chunked_trailers(c), "x-amz-checksum-crc32");
  snprintf(checksum, 64, "%s", found ? found : "");
  cspan_sbx_chunked_free(c);
  return error;
}

typedef struct row {
  const char *text;
  bool is_signed;
  bool trailer;
  sbx_error error;
  const char *payload;
  const char *checksum;
} row;

static const row rows[] = {
    {"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", false, false, SBX_OK, "abcde", ""},
    {"0\r\n\r\n", false, false, SBX_OK, "", ""},
    {"00a\r\n0123456789\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA== \r\n\r\n", false, true, SBX_OK,
     "0123456789", "AAAAAA=="},
    {"0\r\n\r\n", false, true, SBX_OK, "", ""},
    {SIGNED_CHUNKS "\r\n", true, false, SBX_OK, "hello chunked world", ""},
    {SIGNED_CHUNKS CHECKSUM_TRAILER TRAILER_SIGNATURE "\r\n", true, true, SBX_OK,
     "hello chunked world", "AAAAAA=="},
};

static void test_decoded(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (size_t step = 1; step <= 300; step += step < 10 ? 1 : 58) {
      cspan_buf payload;
      char checksum[64];
      cspan_buf_init(&payload, 1024);
      assert_int_equal(
          decode(rows[i].text, step, rows[i].is_signed, rows[i].trailer, &payload, checksum),
          SBX_OK);
      assert_string_equal(cspan_buf_text(&payload), rows[i].payload);
      assert_string_equal(checksum, rows[i].checksum);
      cspan_buf_free(&payload);
    }
  }
}

static const row broken[] = {
    {"", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"3\r\nabc\r\n", false, false, SBX_INCOMPLETE_BODY, "abc", ""},
    {"3\r\nab", false, false, SBX_INCOMPLETE_BODY, "ab", ""},
    {"3\nabc\n0\n\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"3\r\nabcd\r\n0\r\n\r\n", false, false, SBX_INCOMPLETE_BODY, "abc", ""},
    {"g\r\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"-1\r\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"3 \r\nabc\r\n0\r\n\r\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"fffffffffffff\r\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"0\r\n\r\nmore", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n", false, true, SBX_INCOMPLETE_BODY, "", "AAAAAA=="},
    {"0\r\nno colon\r\n\r\n", false, true, SBX_INCOMPLETE_BODY, "", ""},
    {"0\r\nx:y\r\n\r\n", false, false, SBX_INCOMPLETE_BODY, "", ""},
    {"3\r\nabc\r\n0\r\n\r\n", true, false, SBX_INCOMPLETE_BODY, "", ""},
    {SIGNED_CHUNKS CHECKSUM_TRAILER "\r\n", true, true, SBX_SIGNATURE_MISMATCH,
     "hello chunked world", "AAAAAA=="},
    {SIGNED_CHUNKS "x-amz-checksum-crc32:AAAAAQ==\r\n" TRAILER_SIGNATURE "\r\n", true, true,
     SBX_SIGNATURE_MISMATCH, "hello chunked world", "AAAAAQ=="},
    {SIGNED_CHUNKS CHECKSUM_TRAILER "x-amz-trailer-signature:0a\r\n\r\n", true, true,
     SBX_SIGNATURE_MISMATCH, "hello chunked world", "AAAAAA=="},
};

static void test_broken(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    cspan_buf payload;
    char checksum[64];
    cspan_buf_init(&payload, 1024);
    sbx_error error =
        decode(broken[i].text, 7, broken[i].is_signed, broken[i].trailer, &payload, checksum);
    if (error != broken[i].error) {
      fail_msg("row %zu: %s", i, cspan_sbx_error_code(error));
    }
    assert_string_equal(cspan_buf_text(&payload), broken[i].payload);
    assert_string_equal(checksum, broken[i].checksum);
    cspan_buf_free(&payload);
  }
}

/* Any byte of the payload or a signature that differs is noticed. */
static void test_tampered(void **state) {
  (void)state;
  static const char whole[] = SIGNED_CHUNKS CHECKSUM_TRAILER TRAILER_SIGNATURE "\r\n";
  static const char *const places[] = {"hello", "world", "c88199", "7ac172", "d12650", "0a321c"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    char text[sizeof whole];
    cspan_buf payload;
    char checksum[64];
    memcpy(text, whole, sizeof whole);
    strstr(text, places[i])[2] ^= 1;
    cspan_buf_init(&payload, 1024);
    assert_int_equal(decode(text, 1000, true, true, &payload, checksum), SBX_SIGNATURE_MISMATCH);
    cspan_buf_free(&payload);
  }
}

static cspan_status refuse(void *user, const char *data, size_t len) {
  (void)user;
  (void)data;
  (void)len;
  return CSPAN_ERR_IO;
}

static void test_sink_fails(void **state) {
  (void)state;
  sbx_chunked_options options = {NULL, false, refuse, NULL};
  sbx_chunked *c = cspan_sbx_chunked_new(&options);
  assert_int_equal(cspan_sbx_chunked_write(c, "3\r\nabc\r\n", 8), SBX_INTERNAL_ERROR);
  cspan_sbx_chunked_free(c);
}

static void test_long_line(void **state) {
  (void)state;
  static char line[6000];
  cspan_buf payload;
  memset(line, '1', sizeof line);
  cspan_buf_init(&payload, 1024);
  sbx_chunked_options options = {NULL, false, collect, &payload};
  sbx_chunked *c = cspan_sbx_chunked_new(&options);
  assert_int_equal(cspan_sbx_chunked_write(c, line, sizeof line), SBX_INCOMPLETE_BODY);
  cspan_sbx_chunked_free(c);
  cspan_buf_free(&payload);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decoded),   cmocka_unit_test(test_broken),
      cmocka_unit_test(test_tampered),  cmocka_unit_test(test_sink_fails),
      cmocka_unit_test(test_long_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
