/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of signatures. The signatures below were made by botocore, with a
 * clock at 2024-02-29 12:34:56 UTC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/auth.h"

#define EMPTY_HASH     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SCOPE          "AKIDTESTS/ANDBOX/20240229/eu-west-3/s3/aws4_request"
#define SCOPE_IN_QUERY "AKIDTESTS%2FANDBOX%2F20240229%2Feu-west-3%2Fs3%2Faws4_request"
#define START          "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders="

enum { SIGNED_AT = 1709210096 };

static const sbx_keys keys = {
    .region = "eu-west-3",
    .access_key_id = "AKIDTESTS/ANDBOX",
    .secret_access_key = "wJ+secret/ofTests",
};

static const sbx_keys keys_with_token = {
    .region = "eu-west-3",
    .access_key_id = "AKIDTESTS/ANDBOX",
    .secret_access_key = "wJ+secret/ofTests",
    .session_token = "token/with+signs==",
};

typedef struct message {
  const char *method;
  const char *target;
  const char *headers[16]; /* name, value, ..., NULL */
} message;

static const message list_message = {
    "GET",
    "/bucket?list-type=2&prefix=a%2Fb%20c&delimiter=%2F&max-keys=3&encoding-type=url&a=&a-b=1&a=0",
    {"Host", "127.0.0.1:9000", "X-Amz-Date", "20240229T123456Z", "X-Amz-Content-SHA256", EMPTY_HASH,
     "Authorization",
     START "host;x-amz-content-sha256;x-amz-date, "
           "Signature=c80a2239d49b2114a4899295df5467f35462a87d8f06afdd0c2f9d77883d085b"}};

static const message put_message = {
    "PUT",
    "/bucket/a%20b/%C3%A9%2B%28x%29%27%21~",
    {"Host", "127.0.0.1:9000", "content-type", "text/plain", "X-Amz-Meta-Two", "  two   blanks ",
     "X-Amz-Date", "20240229T123456Z", "X-Amz-Content-SHA256",
     "b4a2c1aebd57c952093f3ded557becb455bab08239c4d8aca76c0d388c6e76a8", "Authorization",
     START "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-two, "
           "Signature=c4668f7960b239ea06a2a7588f42ec42c0fe5ca25efaa424ba9acb145f25e58f"}};

static const message token_message = {
    "DELETE",
    "/k",
    {"Host", "bucket.localhost:9000", "X-Amz-Date", "20240229T123456Z", "X-Amz-Security-Token",
     "token/with+signs==", "X-Amz-Content-SHA256", EMPTY_HASH, "Authorization",
     START "host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
           "Signature=83db8529cdedd28d0d0f94f69882f75da04156b5d211e9bb2c9abb0d1591d5de"}};

static const message presigned_get = {
    "GET",
    "/bucket/"
    "a%20b?response-content-type=x%2Fy&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"
    "Credential=" SCOPE_IN_QUERY
    "&X-Amz-Date=20240229T123456Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature="
    "1f0a52267fdceaca1a980072f3dcf48e88963cb7a35de8d473e8cd1c63b63eca",
    {"Host", "127.0.0.1:9000"}};

static const message presigned_put = {
    "PUT",
    "/bucket/up?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" SCOPE_IN_QUERY
    "&X-Amz-Date=20240229T123456Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    "&X-Amz-Security-Token=token%2Fwith%2Bsigns%3D%3D&X-Amz-Signature="
    "280ebfa8a423de70816fcc1b4503872f8c42ef2a3da81deedc92cf7fd83d03b4",
    {"Host", "127.0.0.1:9000"}};

/* Replaces `from` by `to` in whatever part of the message has it. */
typedef struct change {
  const char *from;
  const char *to;
} change;

static char *changed(const char *text, const change *c) {
  static char out[8][2048];
  static int next;
  char *copy = out[next++ % 8];
  const char *at = c && c->from ? strstr(text, c->from) : NULL;
  if (at) {
    snprintf(copy, 2048, "%.*s%s%s", (int)(at - text), text, c->to, at + strlen(c->from));
  } else {
    snprintf(copy, 2048, "%s", text);
  }
  return copy;
}

/* A header whose value becomes "" by a change is left out. */
static sbx_error verify(const message *m, const sbx_keys *with, const change *c, int64_t late,
                        sbx_auth *auth, sbx_detail *detail) {
  sbx_request r = {0};
  for (size_t i = 0; i < 16 && m->headers[i]; i += 2) {
    const char *name = changed(m->headers[i], c);
    const char *value = changed(m->headers[i + 1], c);
    if (*name && *value) {
      assert_int_equal(cspan_sbx_pairs_add(&r.headers, name, value), CSPAN_OK);
    }
  }
  cspan_buf_init(&detail->extra, 16384);
  assert_int_equal(cspan_sbx_request_parse(&r, m->method, changed(m->target, c)), SBX_OK);
  sbx_error error = cspan_sbx_auth_check(with, &r, (time_t)(SIGNED_AT + late), auth, detail);
  cspan_sbx_request_free(&r);
  return error;
}

static void expect(const message *m, const sbx_keys *with, const change *c, int64_t late,
                   sbx_error wanted) {
  sbx_auth auth;
  sbx_detail detail = {0};
  sbx_error error = verify(m, with, c, late, &auth, &detail);
  if (error != wanted) {
    fail_msg("%s %s with \"%s\" for \"%s\": %s instead of %s", m->method, m->target, c ? c->to : "",
             c ? c->from : "", cspan_sbx_error_code(error), cspan_sbx_error_code(wanted));
  }
  /* Whatever happens, the answer tells no secret. */
  assert_null(strstr(cspan_buf_text(&detail.extra), with->secret_access_key));
  assert_null(strstr(cspan_buf_text(&detail.extra), "token"));
  cspan_buf_free(&detail.extra);
}

static void test_accepted(void **state) {
  (void)state;
  expect(&list_message, &keys, NULL, 0, SBX_OK);
  expect(&put_message, &keys, NULL, 0, SBX_OK);
  expect(&token_message, &keys_with_token, NULL, 0, SBX_OK);
  expect(&presigned_get, &keys, NULL, 0, SBX_OK);
  expect(&presigned_put, &keys_with_token, NULL, 0, SBX_OK);
}

/* What means the same is signed the same. */
static void test_equivalent(void **state) {
  (void)state;
  static const change same[] = {
      {"list-type=2&prefix=a%2Fb%20c", "prefix=a%2Fb%20c&list-type=2"},
      {"%2Fb%20c", "/b%20c"},
      {"&a=&", "&a&"},
  };
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    expect(&list_message, &keys, &same[i], 0, SBX_OK);
  }
  static const change same_put[] = {
      {"%28x%29", "(x)"},
      {"%C3%A9", "%c3%a9"},
      {"  two   blanks ", "two blanks"},
  };
  for (size_t i = 0; i < sizeof same_put / sizeof same_put[0]; i++) {
    expect(&put_message, &keys, &same_put[i], 0, SBX_OK);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const message *message;
    change change;
    sbx_error error;
  } table[] = {
      {&list_message, {"max-keys=3", "max-keys=4"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {"&a-b=1", ""}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {"/bucket?", "/buckets?"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {"127.0.0.1:9000", "127.0.0.1:9001"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {"T123456Z", "T123457Z"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {"=c80a", "=c80b"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {EMPTY_HASH, "UNSIGNED-PAYLOAD"}, SBX_SIGNATURE_MISMATCH},
      {&list_message, {EMPTY_HASH, ""}, SBX_INVALID_REQUEST},
      {&list_message, {"AKIDTESTS/", "AKIDOTHER/"}, SBX_INVALID_ACCESS_KEY},
      {&list_message, {"/eu-west-3/", "/us-east-1/"}, SBX_AUTH_MALFORMED},
      {&list_message, {"/s3/", "/sqs/"}, SBX_AUTH_MALFORMED},
      {&list_message, {"/20240229/", "/20240228/"}, SBX_AUTH_MALFORMED},
      {&list_message, {"/aws4_request", "/aws4_other"}, SBX_AUTH_MALFORMED},
      {&list_message, {"AKIDTESTS/ANDBOX/", ""}, SBX_AUTH_MALFORMED},
      {&list_message, {"SignedHeaders=host;", "SignedHeaders="}, SBX_AUTH_MALFORMED},
      {&list_message, {"SignedHeaders=", "Headers="}, SBX_AUTH_MALFORMED},
      {&list_message, {"Signature=c8", "Signature="}, SBX_AUTH_MALFORMED},
      {&list_message,
       {"AWS4-HMAC-SHA256 Cred", "AWS4-ECDSA-P256-SHA256 Cred"},
       SBX_INVALID_REQUEST},
      {&list_message, {"20240229T123456Z", "yesterday"}, SBX_ACCESS_DENIED},
      {&list_message, {"20240229T123456Z", ""}, SBX_ACCESS_DENIED},
      {&list_message, {"Authorization", "Unauthorized"}, SBX_ACCESS_DENIED},
      {&list_message, {"?list-type", "?X-Amz-Signature=1&list-type"}, SBX_INVALID_ARGUMENT},
      {&list_message, {"x-amz-content-sha256;x-amz-date", "x-amz-date"}, SBX_ACCESS_DENIED},
      {&put_message, {"two   blanks", "twoblanks"}, SBX_SIGNATURE_MISMATCH},
      {&put_message, {"text/plain", "text/html"}, SBX_SIGNATURE_MISMATCH},
      {&put_message, {"X-Amz-Meta-Two", "X-Amz-Meta-Twa"}, SBX_ACCESS_DENIED},
      {&put_message, {"%2B", "%20"}, SBX_SIGNATURE_MISMATCH},
      {&presigned_get, {"x%2Fy", "x%2Fz"}, SBX_SIGNATURE_MISMATCH},
      {&presigned_get, {"Expires=300", "Expires=301"}, SBX_SIGNATURE_MISMATCH},
      {&presigned_get, {"Expires=300", "Expires=604801"}, SBX_AUTH_QUERY},
      {&presigned_get, {"Expires=300", "Expires=x"}, SBX_AUTH_QUERY},
      {&presigned_get, {"&X-Amz-Expires=300", ""}, SBX_AUTH_QUERY},
      {&presigned_get, {"&X-Amz-Algorithm=AWS4-HMAC-SHA256", ""}, SBX_AUTH_QUERY},
      {&presigned_get, {"Headers=host", "Headers=range"}, SBX_AUTH_QUERY},
      {&presigned_get, {"eu-west-3", "eu-west-1"}, SBX_AUTH_QUERY},
      {&presigned_get, {"AKIDTESTS", "AKIDOTHER"}, SBX_INVALID_ACCESS_KEY},
      {&presigned_get, {"/a%20b", "/a%20c"}, SBX_SIGNATURE_MISMATCH},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    expect(table[i].message, &keys, &table[i].change, 0, table[i].error);
  }
}

static void test_wrong_secret(void **state) {
  (void)state;
  sbx_keys other = keys;
  other.secret_access_key = "wJ+secret/ofTesta";
  expect(&list_message, &other, NULL, 0, SBX_SIGNATURE_MISMATCH);
  expect(&presigned_get, &other, NULL, 0, SBX_SIGNATURE_MISMATCH);
}

static void test_time(void **state) {
  (void)state;
  expect(&list_message, &keys, NULL, 900, SBX_OK);
  expect(&list_message, &keys, NULL, -900, SBX_OK);
  expect(&list_message, &keys, NULL, 901, SBX_TIME_SKEWED);
  expect(&list_message, &keys, NULL, -901, SBX_TIME_SKEWED);
  expect(&presigned_get, &keys, NULL, 300, SBX_OK);
  expect(&presigned_get, &keys, NULL, 301, SBX_ACCESS_DENIED);
  expect(&presigned_get, &keys, NULL, -900, SBX_OK);
  expect(&presigned_get, &keys, NULL, -901, SBX_ACCESS_DENIED);
}

static void test_times_are_told(void **state) {
  (void)state;
  sbx_auth auth;
  sbx_detail detail = {0};
  assert_int_equal(verify(&list_message, &keys, NULL, 1000, &auth, &detail), SBX_TIME_SKEWED);
  assert_string_equal(cspan_buf_text(&detail.extra),
                      "<RequestTime>2024-02-29T12:34:56Z</RequestTime>"
                      "<ServerTime>2024-02-29T12:51:36Z</ServerTime>"
                      "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>");
  cspan_buf_free(&detail.extra);
  detail = (sbx_detail){0};
  assert_int_equal(verify(&presigned_get, &keys, NULL, 1000, &auth, &detail), SBX_ACCESS_DENIED);
  assert_string_equal(detail.message, "Request has expired");
  assert_string_equal(cspan_buf_text(&detail.extra),
                      "<Expires>2024-02-29T12:39:56Z</Expires>"
                      "<ServerTime>2024-02-29T12:51:36Z</ServerTime>");
  cspan_buf_free(&detail.extra);
}

static void test_token(void **state) {
  (void)state;
  static const change other = {"signs", "sighs"};
  expect(&token_message, &keys, NULL, 0, SBX_INVALID_TOKEN);
  expect(&list_message, &keys_with_token, NULL, 0, SBX_INVALID_TOKEN);
  expect(&token_message, &keys_with_token, &other, 0, SBX_INVALID_TOKEN);
  expect(&presigned_put, &keys_with_token, &other, 0, SBX_INVALID_TOKEN);
}

static void test_anonymous(void **state) {
  (void)state;
  static const message plain = {"GET", "/bucket", {"Host", "127.0.0.1:9000"}};
  sbx_keys open = keys;
  open.allow_anonymous = true;
  expect(&plain, &keys, NULL, 0, SBX_ACCESS_DENIED);
  expect(&plain, &open, NULL, 0, SBX_OK);
  /* A signature that is there must be right all the same. */
  static const change wrong = {"=c80a", "=c80b"};
  expect(&list_message, &open, &wrong, 0, SBX_SIGNATURE_MISMATCH);
}

static void test_seed_of_chunks(void **state) {
  (void)state;
  sbx_auth auth;
  sbx_detail detail = {0};
  char hex[2 * CSPAN_SHA256_LEN + 1];
  assert_int_equal(verify(&list_message, &keys, NULL, 0, &auth, &detail), SBX_OK);
  cspan_hex_encode(auth.key, sizeof auth.key, hex);
  assert_string_equal(hex, "d94d54fc0a1deb65f47a10b8945b95852b7e11fa1dbb3323a7aad3173269a316");
  assert_string_equal(auth.date, "20240229T123456Z");
  assert_string_equal(auth.scope, "20240229/eu-west-3/s3/aws4_request");
  assert_string_equal(auth.signature,
                      "c80a2239d49b2114a4899295df5467f35462a87d8f06afdd0c2f9d77883d085b");
  assert_false(auth.anonymous);
  cspan_buf_free(&detail.extra);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accepted),       cmocka_unit_test(test_equivalent),
      cmocka_unit_test(test_refused),        cmocka_unit_test(test_wrong_secret),
      cmocka_unit_test(test_time),           cmocka_unit_test(test_times_are_told),
      cmocka_unit_test(test_token),          cmocka_unit_test(test_anonymous),
      cmocka_unit_test(test_seed_of_chunks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
