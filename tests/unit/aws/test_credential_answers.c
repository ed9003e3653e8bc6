/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of the credential chain: what services answer, where a container may be asked,
 * proofs of possession, token files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials/container_url.h"
#include "aws/credentials/dpop.h"
#include "aws/credentials/metadata_json.h"
#include "aws/credentials/sso_answer.h"
#include "aws/credentials/sts_answer.h"
#include "aws/credentials/token_file.h"
#include "base/error.h"

#define SECRET "s3cr3t"

/* What was emitted last, as text. */
static char emitted[512];

static cspan_status take(void *sink, const cspan_credentials *c, cspan_error **error) {
  (void)sink;
  (void)error;
  snprintf(emitted, sizeof emitted, "%s|%s|%s|%s|%lld", c->access_key_id, c->secret_access_key,
           c->session_token ? c->session_token : "-", c->account_id ? c->account_id : "-",
           (long long)c->expiration_unix_s);
  return CSPAN_OK;
}

typedef struct answer_case {
  const char *text;
  const char *emitted; /* NULL: it is refused with this in the message */
  const char *said;
} answer_case;

static void expect(const answer_case *each, cspan_status status, cspan_error *error) {
  print_message("%s\n", each->text);
  if (each->emitted) {
    assert_int_equal(status, CSPAN_OK);
    assert_null(error);
    assert_string_equal(emitted, each->emitted);
    return;
  }
  assert_int_not_equal(status, CSPAN_OK);
  if (!strstr(cspan_error_message(error), each->said)) {
    fail_msg("\"%s\" is not in: %s", each->said, cspan_error_message(error));
  }
  assert_null(strstr(cspan_error_message(error), SECRET));
  cspan_error_free(error);
}

static void metadata_answers(void **state) {
  (void)state;
  static const answer_case cases[] = {
      {"{\"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"s\"}", "AK|s|-|-|0", NULL},
      {"{\"Code\": \"Success\", \"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"s\", \"Token\": "
       "\"t\", \"Expiration\": \"1970-01-01T00:01:00Z\"}",
       "AK|s|t|-|60", NULL},
      {"{\"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"s\", \"AccountId\": \"1\", \"RoleArn\": "
       "\"arn:aws:iam::123456789012:role/x\"}",
       "AK|s|-|1|0", NULL},
      {"{\"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"s\", \"RoleArn\": "
       "\"arn:aws:iam::123456789012:role/x\"}",
       "AK|s|-|123456789012|0", NULL},
      {"{\"AccessKeyId\": \"AK\", \"SecretAccessKey\": \"" SECRET "\", \"Expiration\": \"soon\"}",
       NULL, "\"Expiration\" that is no ISO 8601 time"},
      {"{\"AccessKeyId\": \"AK\"}", NULL, "no \"SecretAccessKey\""},
      {"{\"SecretAccessKey\": \"" SECRET "\"}", NULL, "no \"AccessKeyId\""},
      {"{\"AccessKeyId\": 5, \"SecretAccessKey\": {}}", NULL, "no \"AccessKeyId\""},
      {"{\"Code\": \"Failed\", \"Message\": \"why\"}", NULL, "the service refused: Failed: why"},
      {"{\"code\": \"x\\u001b[1m\"}", NULL, "refused: x [1m"},
      {"[]", NULL, "no JSON object"},
      {"", NULL, "no JSON object"},
      {SECRET, NULL, "no JSON object"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    cspan_status status = cspan_metadata_json(cases[i].text, strlen(cases[i].text), "the service",
                                              take, NULL, &error);
    expect(&cases[i], status, error);
  }
}

#define ROLE(members, user)                                                                        \
  "<AssumeRoleResponse><AssumeRoleResult><Credentials>" members "</Credentials>" user              \
  "</AssumeRoleResult></AssumeRoleResponse>"
#define KEYS                                                                                       \
  "<AccessKeyId>AK</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</"             \
  "SessionToken>"

static void sts_answers(void **state) {
  (void)state;
  static const answer_case cases[] = {
      {ROLE(KEYS "<Expiration>1970-01-01T00:01:00.5Z</Expiration>",
            "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/a/b</Arn>"
            "</AssumedRoleUser>"),
       "AK|s|t|123456789012|60", NULL},
      {ROLE(KEYS "<Expiration>1970-01-01T00:01:00Z</Expiration>", ""), "AK|s|t|-|60", NULL},
      {ROLE(KEYS, ""), NULL, "does not say when"},
      {ROLE(KEYS "<Expiration>x</Expiration>", ""), NULL, "does not say when"},
      {ROLE("<AccessKeyId>AK</AccessKeyId><SecretAccessKey>" SECRET "</SecretAccessKey>", ""), NULL,
       "no credentials"},
      {"<AssumeRoleResponse/>", NULL, "no credentials"},
      {"<Other><AssumeRoleResult/></Other>", NULL, "no credentials"},
      {"<", NULL, ""},
      {"", NULL, ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    cspan_credentials credentials;
    cspan_arena *arena = cspan_arena_create(0);
    cspan_status status = cspan_sts_answer_parse(cases[i].text, strlen(cases[i].text),
                                                 "AssumeRoleResult", arena, &credentials, &error);
    if (status == CSPAN_OK) {
      take(NULL, &credentials, NULL);
      const char *secret = credentials.secret_access_key;
      cspan_sts_answer_wipe(&credentials);
      assert_string_equal(secret, "");
    }
    expect(&cases[i], status, error);
    cspan_arena_free(arena);
  }
}

static void accounts_are_found_in_arns(void **state) {
  (void)state;
  static const char *const none[] = {NULL, "", "arn:aws:iam::1:role/x", "arn:aws:iam::12345678901",
                                     "arn:aws:iam::12345678901x:role"};
  char account[13];
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_null(cspan_account_of_arn(none[i], account));
  }
}

#define SSO(members) "{\"roleCredentials\": {" members "}}"
#define SSO_KEYS     "\"accessKeyId\": \"AK\", \"secretAccessKey\": \"s\", \"sessionToken\": \"t\""

static void sso_answers(void **state) {
  (void)state;
  static const answer_case cases[] = {
      {SSO(SSO_KEYS ", \"expiration\": 60999"), "AK|s|t|123|60", NULL},
      {SSO(SSO_KEYS), NULL, "does not say when"},
      {SSO("\"accessKeyId\": \"AK\", \"secretAccessKey\": \"" SECRET "\""), NULL, "no credentials"},
      {"{\"roleCredentials\": 1}", NULL, "no credentials"},
      {"[]", NULL, "no credentials"},
      {"", NULL, "no credentials"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    cspan_status status =
        cspan_sso_answer(cases[i].text, strlen(cases[i].text), "123", take, NULL, &error);
    expect(&cases[i], status, error);
  }
}

static void failures_in_json(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *code;
    const char *message;
  } cases[] = {
      {"{\"error\": \"invalid_grant\", \"error_description\": \"gone\"}", "invalid_grant", "gone"},
      {"{\"__type\": \"X\", \"message\": \"a\\nb\"}", "X", "a b"},
      {"{}", NULL, NULL},
      {"<html>", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_service_error told;
    cspan_arena *arena = cspan_arena_create(0);
    assert_int_equal(cspan_token_failure(cases[i].text, strlen(cases[i].text), arena, &told),
                     CSPAN_OK);
    assert_string_equal(told.code ? told.code : "-", cases[i].code ? cases[i].code : "-");
    assert_string_equal(told.message ? told.message : "-",
                        cases[i].message ? cases[i].message : "-");
    cspan_arena_free(arena);
  }
}

static void container_urls(void **state) {
  (void)state;
  static const struct {
    const char *url;
    bool allowed;
  } cases[] = {
      {"https://example.com/x", true},
      {"https://user@example.com/", false},
      {"http://169.254.170.2/v2", true},
      {"http://169.254.170.23:80/v1", true},
      {"http://[fd00:ec2::23]/v1", true},
      {"http://[FD00:0EC2:0::23]:80/v1", true},
      {"http://[fd00:ec2::24]/v1", false},
      {"http://127.0.0.1", true},
      {"http://127.1.2.3:9/x", true},
      {"http://localhost:5", true},
      {"http://LOCALHOST/", true},
      {"http://[::1]:5/x", true},
      {"http://[::1]x/", false},
      {"http://[::1/", false},
      {"http://128.0.0.1/", false},
      {"http://169.254.169.254/", false},
      {"http://localhost.example.com/", false},
      {"http://127.0.0.1.example.com/", false},
      {"http://127.0.0.1@example.com/", false},
      {"http://169.254.170.2\\@example.com/", false},
      {"http://example.com#@127.0.0.1/", false},
      {"http://", false},
      {"http:///x", false},
      {"HTTP://127.0.0.1/", false},
      {"ftp://127.0.0.1/", false},
      {"127.0.0.1", false},
      {"http://127.0.0.1/\r\nX: y", false},
      {"http://127.0.0.1/a b", false},
      {"http://127.0.0.1/a\\b", false},
      {"", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (cspan_container_url_allowed(cases[i].url) != cases[i].allowed) {
      fail_msg("%s", cases[i].url);
    }
  }
}

/* ------------------------------------------------------------------------- DPoP */

static char *pem_of(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *data = NULL;
  assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
  long len = BIO_get_mem_data(bio, &data);
  char *pem = strndup(data, (size_t)len);
  BIO_free(bio);
  return pem;
}

/* Of base64url without padding; its length. */
static size_t decode(const char *text, size_t len, char out[1024]) {
  cspan_buf padded;
  cspan_buf plain;
  cspan_buf_init(&padded, 2048);
  cspan_buf_init(&plain, 1023);
  for (size_t i = 0; i < len; i++) {
    cspan_buf_char(&padded, text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
  }
  while (padded.len % 4) {
    cspan_buf_char(&padded, '=');
  }
  assert_true(cspan_base64_decode(padded.data, padded.len, &plain));
  memcpy(out, plain.data, plain.len);
  out[plain.len] = '\0';
  len = plain.len;
  cspan_buf_free(&padded);
  cspan_buf_free(&plain);
  return len;
}

static void verify(EVP_PKEY *key, const char *token, size_t signed_len, const char *raw) {
  unsigned char *der = NULL;
  ECDSA_SIG *signature = ECDSA_SIG_new();
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  assert_int_equal(ECDSA_SIG_set0(signature, BN_bin2bn((const unsigned char *)raw, 32, NULL),
                                  BN_bin2bn((const unsigned char *)raw + 32, 32, NULL)),
                   1);
  int der_len = i2d_ECDSA_SIG(signature, &der);
  assert_int_equal(EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key), 1);
  assert_int_equal(
      EVP_DigestVerify(digest, der, (size_t)der_len, (const unsigned char *)token, signed_len), 1);
  EVP_MD_CTX_free(digest);
  ECDSA_SIG_free(signature);
  OPENSSL_free(der);
}

static void a_proof_can_be_verified(void **state) {
  (void)state;
  char part[1024];
  EVP_PKEY *key = EVP_EC_gen("P-256");
  char *pem = pem_of(key);
  cspan_buf token;
  cspan_buf_init(&token, 8192);
  assert_int_equal(
      cspan_dpop_proof(pem, "https://x.test/v1/token", "id-1", 1700000000, &token, NULL), CSPAN_OK);
  const char *first = strchr(token.data, '.');
  const char *second = strrchr(token.data, '.');
  assert_ptr_not_equal(first, second);
  decode(token.data, (size_t)(first - token.data), part);
  assert_memory_equal(
      part, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"x\":\"", 54);
  assert_non_null(strstr(part, "\"crv\":\"P-256\"}}"));
  decode(first + 1, (size_t)(second - first - 1), part);
  assert_string_equal(part,
                      "{\"htm\":\"POST\",\"htu\":\"https://x.test/v1/token\",\"iat\":1700000000,"
                      "\"jti\":\"id-1\"}");
  assert_int_equal(decode(second + 1, strlen(second + 1), part), 64);
  verify(key, token.data, (size_t)(second - token.data), part);
  cspan_buf_free(&token);
  free(pem);
  EVP_PKEY_free(key);
}

static void other_keys_make_no_proof(void **state) {
  (void)state;
  EVP_PKEY *key = EVP_EC_gen("P-384");
  char *pem = pem_of(key);
  const char *const pems[] = {pem, "", "-----BEGIN PRIVATE KEY-----\nAAAA\n"};
  for (size_t i = 0; i < sizeof pems / sizeof pems[0]; i++) {
    cspan_error *error = NULL;
    cspan_buf token;
    cspan_buf_init(&token, 8192);
    assert_int_equal(cspan_dpop_proof(pems[i], "https://x", "id", 1, &token, &error),
                     CSPAN_ERR_CREDENTIALS);
    assert_int_equal(token.len, 0);
    cspan_error_free(error);
    cspan_buf_free(&token);
  }
  free(pem);
  EVP_PKEY_free(key);
}

static void times_of_token_files(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t time;
  } cases[] = {{"1970-01-01T00:01:00Z", 60},
               {"1970-01-01T00:01:00UTC", 60},
               {"1970-01-01T00:01:00.123Z", 60},
               {"UTC", 0},
               {"", 0},
               {"soon", 0},
               {"1970-01-01T00:01:00Z1970-01-01T00:01:00Z1970-01-01T00:01:00Z", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *token = json_pack("{s:s}", "at", cases[i].text);
    assert_int_equal(cspan_token_time(token, "at"), cases[i].time);
    assert_int_equal(cspan_token_time(token, "other"), 0);
    json_decref(token);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metadata_answers),           cmocka_unit_test(sts_answers),
      cmocka_unit_test(accounts_are_found_in_arns), cmocka_unit_test(sso_answers),
      cmocka_unit_test(failures_in_json),           cmocka_unit_test(container_urls),
      cmocka_unit_test(a_proof_can_be_verified),    cmocka_unit_test(other_keys_make_no_proof),
      cmocka_unit_test(times_of_token_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
