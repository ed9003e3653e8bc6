/* SPDX-License-Identifier: Apache-2.0 */
/* Signing by what the endpoint or the model says of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/call.h"
#include "unit/aws/call_fixture.h"

#define BEARER "a-bearer-token-that-must-not-leak"

static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_connection scripts[] = {succeeds};

typedef struct auth_case {
  const char *name;
  cspan_auth auth;
  const char *present[4];
  const char *absent[3];
} auth_case;

static const auth_case cases[] = {
    {"the service's", {0}, {"/eu-west-1/s3/aws4_request,", "AWS4-HMAC-SHA256"}, {"region-set"}},
    {"another name and region",
     {.signing_name = "s3-object-lambda", .region = "us-gov-1"},
     {"/us-gov-1/s3-object-lambda/aws4_request,", "x-amz-security-token: " TOKEN},
     {"eu-west-1"}},
    {"v4a",
     {.kind = CSPAN_AUTH_V4A, .region_set = "*"},
     {"AWS4-ECDSA-P256-SHA256 Credential=" ACCESS_KEY "/", "/s3/aws4_request,",
      "x-amz-region-set: *\r\n", "x-amz-security-token: " TOKEN},
     {"HMAC", "eu-west-1"}},
    {"v4a for one region",
     {.kind = CSPAN_AUTH_V4A, .region = "us-east-2"},
     {"x-amz-region-set: us-east-2\r\n"},
     {"HMAC"}},
    {"nothing",
     {.kind = CSPAN_AUTH_NONE},
     {"GET /bucket/key"},
     {"Authorization", "x-amz-security-token", ACCESS_KEY}},
    {"a token",
     {.kind = CSPAN_AUTH_BEARER, .signing_name = "bed-rock"},
     {"Authorization: Bearer " BEARER "\r\n"},
     {"AWS4", "x-amz-security-token", ACCESS_KEY}},
};

static void a_call_is_signed_as_it_says(void **state) {
  (void)state;
  setenv("AWS_BEARER_TOKEN_BED_ROCK", BEARER, 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const auth_case *each = &cases[i];
    fixture f;
    cspan_error *error = NULL;
    print_message("%s\n", each->name);
    fixture_serve(&f, scripts, 1);
    fixture_configure(&f, NULL);
    fixture_connect(&f);
    fixture_input input = {.path = "/key", .bucket = "bucket", .auth = &each->auth};
    assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_OK);
    char *sent = script_server_received(f.server);
    for (size_t k = 0; k < 4 && each->present[k]; k++) {
      assert_non_null(strstr(sent, each->present[k]));
    }
    for (size_t k = 0; k < 3 && each->absent[k]; k++) {
      assert_null(strstr(sent, each->absent[k]));
    }
    free(sent);
    fixture_stop(&f);
  }
  unsetenv("AWS_BEARER_TOKEN_BED_ROCK");
}

static void an_anonymous_client_stays_anonymous(void **state) {
  (void)state;
  for (int kind = 0; kind < CSPAN_AUTH_COUNT; kind++) {
    fixture f;
    cspan_auth auth = {.kind = (cspan_auth_kind)kind};
    fixture_input input = {.bucket = "bucket", .auth = &auth};
    fixture_serve(&f, scripts, 1);
    cspan_aws_options options = {.region = "eu-west-1", .endpoint_url = f.url, .anonymous = true};
    fixture_configure(&f, &options);
    fixture_connect(&f);
    assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
    char *sent = script_server_received(f.server);
    assert_null(strstr(sent, "Authorization"));
    free(sent);
    fixture_stop(&f);
  }
}

/* What a service with the usual rules sends of a path that has to be encoded. */
static void paths_are_encoded_as_it_says(void **state) {
  (void)state;
  static const cspan_service service = {
      .id = "Fixture", .signing_name = "fixture", .endpoint_prefix = "fixture"};
  static const struct {
    cspan_auth auth;
    bool encode;
    bool normalize;
  } table[] = {
      {{0}, true, true},
      {{.disable_double_encoding = true}, false, true},
      {{.disable_normalize_path = true}, true, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct cspan_call call = {.auth = table[i].auth, .region = "eu-west-1"};
    cspan_credentials keys = {.access_key_id = ACCESS_KEY, .secret_access_key = SECRET_KEY};
    struct cspan_aws_client client = {.service = &service};
    uint8_t key[CSPAN_SIGV4_KEY_LEN];
    cspan_sigv4_scope scope;
    call.client = &client;
    call.identity = cspan_identity_new(&keys);
    assert_int_equal(cspan_call_scope(&call, key, &scope, NULL), CSPAN_OK);
    assert_int_equal(scope.encode_path, table[i].encode);
    assert_int_equal(scope.normalize_path, table[i].normalize);
    assert_false(scope.content_sha256_header);
    cspan_identity_free(call.identity);
  }
}

static void a_payload_is_left_unsigned_over_tls_only(void **state) {
  (void)state;
  fixture f;
  cspan_auth auth = {.unsigned_payload = true};
  fixture_input input = {
      .bucket = "bucket", .auth = &auth, .body = {.data = "body", .size_bytes = 4}};
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, NULL, NULL), CSPAN_OK);
  char *sent = script_server_received(f.server);
  assert_null(strstr(sent, "UNSIGNED"));
  free(sent);
  struct cspan_call call = {.client = f.client, .auth = auth};
  assert_true(cspan_call_signs_payload(&call));
  call.request.endpoint.https = true;
  assert_false(cspan_call_signs_payload(&call));
  fixture_stop(&f);
}

/* ------------------------------------------------------------------ tokens */

static void a_token_is_not_sent_in_clear(void **state) {
  (void)state;
  static const struct {
    const char *host;
    bool https;
    bool sent;
  } table[] = {
      {"127.0.0.1", false, true},
      {"127.9.9.9", false, true},
      {"localhost", false, true},
      {"[::1]", false, true},
      {"::1", false, true},
      {"10.0.0.1", false, false},
      {"example.com", true, true},
      {"example.com", false, false},
      {"localhost.evil.com", false, false},
      {"127.0.0.1.evil.com", false, false},
  };
  fixture f;
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct cspan_call call = {.client = f.client, .auth = {.kind = CSPAN_AUTH_BEARER}};
    cspan_error *error = NULL;
    call.scratch = cspan_arena_create(0);
    cspan_header_list_init(&call.request.headers);
    cspan_buf_init(&call.bearer, 100);
    cspan_buf_str(&call.bearer, "Bearer " BEARER);
    snprintf(call.request.endpoint.host, sizeof call.request.endpoint.host, "%s", table[i].host);
    call.request.endpoint.https = table[i].https;
    cspan_status status = cspan_call_sign(&call, &error);
    const char *header = cspan_header_list_get(&call.request.headers, "authorization");
    if (table[i].sent) {
      assert_int_equal(status, CSPAN_OK);
      assert_string_equal(header, "Bearer " BEARER);
      assert_null(cspan_call_request_header(&call, "Authorization"));
    } else {
      assert_int_equal(status, CSPAN_ERR_CONFIG);
      assert_null(header);
      assert_non_null(strstr(cspan_error_message(error), table[i].host));
      assert_null(strstr(cspan_error_message(error), BEARER));
    }
    cspan_error_free(error);
    cspan_buf_free(&call.bearer);
    cspan_arena_free(call.scratch);
  }
  fixture_stop(&f);
}

static void a_missing_token_says_where_it_is_looked_for(void **state) {
  (void)state;
  fixture f;
  cspan_error *error = NULL;
  cspan_auth auth = {.kind = CSPAN_AUTH_BEARER, .signing_name = "bedrock"};
  fixture_input input = {.bucket = "bucket", .auth = &auth};
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error),
                   CSPAN_ERR_CREDENTIALS);
  assert_non_null(strstr(cspan_error_message(error), "AWS_BEARER_TOKEN_BEDROCK"));
  assert_int_equal(script_server_accepted(f.server), 0);
  cspan_error_free(error);
  fixture_stop(&f);
}

/* A refused token is looked for anew once. */
static void a_refused_token_is_read_again(void **state) {
  (void)state;
  static const script_step refuses[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 403 No\r\nConnection: close\r\n\r\n<Error><Code>ExpiredToken</Code></Error>"),
      END};
  static const script_connection always[] = {refuses};
  fixture f;
  cspan_auth auth = {.kind = CSPAN_AUTH_BEARER, .signing_name = "bedrock"};
  fixture_input input = {.bucket = "bucket", .auth = &auth};
  setenv("AWS_BEARER_TOKEN_BEDROCK", BEARER, 1);
  fixture_serve(&f, always, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(script_server_accepted(f.server), 2);
  unsetenv("AWS_BEARER_TOKEN_BEDROCK");
  fixture_stop(&f);
}

/* --------------------------------------------------------------- presigned */

static void only_keys_presign(void **state) {
  (void)state;
  static const struct {
    cspan_auth auth;
    cspan_status status;
    const char *part;
  } table[] = {
      {{0}, CSPAN_OK, "X-Amz-Algorithm=AWS4-HMAC-SHA256&"},
      {{.kind = CSPAN_AUTH_V4A, .region_set = "*"}, CSPAN_OK, "X-Amz-Region-Set=%2A&"},
      {{.kind = CSPAN_AUTH_BEARER}, CSPAN_ERR_UNSUPPORTED, "bearer token"},
      {{.kind = CSPAN_AUTH_NONE}, CSPAN_ERR_UNSUPPORTED, "GetThing"},
  };
  fixture f;
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  fixture_connect(&f);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char *url = NULL;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket", .auth = &table[i].auth};
    cspan_call_start start = {.operation = &fixture_get, .input = &input};
    assert_int_equal(cspan_aws_presign(f.client, &start, 60, &url, &error), table[i].status);
    assert_non_null(strstr(url ? url : cspan_error_message(error), table[i].part));
    cspan_free(url);
    cspan_error_free(error);
  }
  fixture_stop(&f);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  unsetenv("AWS_BEARER_TOKEN_BEDROCK");
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_call_is_signed_as_it_says),
      cmocka_unit_test(an_anonymous_client_stays_anonymous),
      cmocka_unit_test(paths_are_encoded_as_it_says),
      cmocka_unit_test(a_payload_is_left_unsigned_over_tls_only),
      cmocka_unit_test(a_token_is_not_sent_in_clear),
      cmocka_unit_test(a_missing_token_says_where_it_is_looked_for),
      cmocka_unit_test(a_refused_token_is_read_again),
      cmocka_unit_test(only_keys_presign),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
