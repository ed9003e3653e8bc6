/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets are planted, and looked for in everything that comes out: log lines, exported bytes,
 * error texts, settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/came_out.h"
#include "support/plain_http.h"
#include "support/s3_env.h"
#include "unit/aws/call_fixture.h"

#define PLANTED_KEY    "AKIAPLANTED0ACCESS01"
#define PLANTED_SECRET "PlantedSecret/Key+0123456789abcdefghijkl"
#define SESSION_TOKEN  "PlantedSessionToken//0987654321=="
#define BEARER_TOKEN   "PlantedBearerToken+0123456789"
#define EXPRESS_TOKEN  "PlantedExpressToken+0123456789"
#define EXPRESS_KEY    "PlantedExpressSecret+0123456789"

/* At the end of each test. `presigned` may be NULL. */
static void search(const char *presigned) {
  static const char *const secrets[] = {
      PLANTED_KEY,
      PLANTED_SECRET,
      SESSION_TOKEN,
      "PlantedSecret%2FKey%2B0123456789abcdefghijkl",
      "PlantedSessionToken%2F%2F0987654321%3D%3D",
      "Signature=",
      "X-Amz-Signature",
      "X-Amz-Credential",
      "AWS4-HMAC-SHA256",
      "AWS4-ECDSA",
      "Bearer",
      BEARER_TOKEN,
      EXPRESS_TOKEN,
      EXPRESS_KEY,
      "aws4_request",
  };
  assert_true(came_out_anything());
  for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
    came_out_must_not_have(secrets[i], "a secret");
  }
  const char *signature = presigned ? strstr(presigned, "X-Amz-Signature=") : NULL;
  if (presigned) {
    char value[65];
    assert_non_null(signature);
    snprintf(value, sizeof value, "%s", signature + strlen("X-Amz-Signature="));
    came_out_must_not_have(value, "a secret");
  }
}

/* -------------------------------------------------------------------- calls */

static s3_env env;

static int set_up(void **state) {
  (void)state;
  came_out_forget();
  cspan_log_set(came_out_log, NULL, CSPAN_LOG_DEBUG);
  s3_env_options options = {
      .sandbox_only = true,
      .access_key_id = PLANTED_KEY,
      .secret_access_key = PLANTED_SECRET,
      .session_token = SESSION_TOKEN,
      .trace = {.retries = CSPAN_RETRY_EVENTS_AND_SPANS},
      .exporter = cspan_exporter_create(&came_out_spans, NULL),
  };
  s3_env_open(&env, &options);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  s3_env_close(&env);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  came_out_forget();
  return 0;
}

static cspan_status put(cspan_s3 *client, const char *key, cspan_error **error) {
  cspan_s3_put_object_input input = {.size = sizeof input,
                                     .bucket = env.bucket,
                                     .key = key,
                                     .body = {.data = "hello", .size_bytes = 5}};
  return cspan_s3_put_object(client, NULL, &input, NULL, error);
}

static void fault(const char *text) {
  assert_int_equal(cspan_sandbox_add_fault_text(env.sandbox, text, NULL), CSPAN_OK);
}

static void success_and_retries(void **state) {
  (void)state;
  fault("op=PutObject,count=2,status=500");
  fault("op=GetObject,count=1,truncate=2");
  assert_int_equal(put(env.client, "key", NULL), CSPAN_OK);
  cspan_download_result result;
  cspan_download_input down = {.size = sizeof down, .bucket = env.bucket, .key = "key"};
  assert_int_equal(cspan_storage_download(env.storage, NULL, &down, &result, NULL), CSPAN_OK);
  cspan_free(result.data);
  cspan_upload_input up = {.size = sizeof up,
                           .bucket = env.bucket,
                           .key = "parts",
                           .source = {.data = "x", .size_bytes = 1}};
  assert_int_equal(cspan_storage_multipart_upload(env.storage, NULL, &up, NULL, NULL), CSPAN_OK);
  assert_true(came_out_batches() > 5);
  search(NULL);
}

static void refused_by_the_service(void **state) {
  (void)state;
  static const char *const faults[] = {"op=PutObject,status=403", "op=PutObject,reset",
                                       "op=PutObject,error-in-200"};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    cspan_error *error = NULL;
    cspan_sandbox_clear_faults(env.sandbox);
    fault(faults[i]);
    assert_int_not_equal(put(env.client, "key", &error), CSPAN_OK);
    came_out_error(error);
  }
  search(NULL);
}

/* A client whose secret, key or token is not the server's: it tells of it in its own words. */
static void refused_signatures(void **state) {
  (void)state;
  static const struct {
    const char *access_key;
    const char *secret;
    const char *token;
    const char *endpoint; /* NULL: the sandbox */
  } table[] = {
      {PLANTED_KEY, PLANTED_SECRET "x", SESSION_TOKEN, NULL},
      {PLANTED_KEY "X", PLANTED_SECRET, SESSION_TOKEN, NULL},
      {PLANTED_KEY, PLANTED_SECRET, SESSION_TOKEN "x", NULL},
      {PLANTED_KEY, PLANTED_SECRET, SESSION_TOKEN, "http://127.0.0.1:1"},
      {PLANTED_KEY, PLANTED_SECRET, SESSION_TOKEN, "https://127.0.0.1:1"},
      {PLANTED_KEY, PLANTED_SECRET, SESSION_TOKEN, "http://host.invalid"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_aws_options options = {
        .size = sizeof options,
        .region = "us-east-1",
        .config_file = "/nonexistent",
        .credentials_file = "/nonexistent",
        .access_key_id = table[i].access_key,
        .secret_access_key = table[i].secret,
        .session_token = table[i].token,
        .endpoint_url = table[i].endpoint ? table[i].endpoint : env.endpoint,
        .max_attempts = 2,
    };
    cspan_aws_config *config = NULL;
    cspan_s3 *client = NULL;
    cspan_error *error = NULL;
    cspan_trace_options trace = {
        .size = sizeof trace, .provider = env.provider, .retries = CSPAN_RETRY_EVENTS_AND_SPANS};
    assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
    assert_int_equal(cspan_trace_append(config, &trace, NULL), CSPAN_OK);
    assert_int_equal(cspan_s3_create(config, &client, NULL), CSPAN_OK);
    assert_int_not_equal(put(client, "key", &error), CSPAN_OK);
    came_out_error(error);
    cspan_s3_free(client);
    cspan_aws_config_free(config);
  }
  search(NULL);
}

static void presigned_urls(void **state) {
  (void)state;
  cspan_s3_get_object_input get = {.size = sizeof get, .bucket = env.bucket, .key = "key"};
  cspan_s3_put_object_input put_input = {.size = sizeof put_input, .bucket = "", .key = "key"};
  char *url = NULL;
  char *answer = NULL;
  cspan_error *error = NULL;
  assert_int_equal(put(env.client, "key", NULL), CSPAN_OK);
  assert_int_equal(cspan_s3_presign_get_object(env.client, NULL, &get, 60, &url, NULL), CSPAN_OK);
  assert_int_equal(plain_http("GET", url, NULL, NULL, 0, &answer), 200);
  free(answer);
  char *failed = NULL;
  assert_int_equal(cspan_s3_presign_put_object(env.client, NULL, &put_input, 60, &failed, &error),
                   CSPAN_ERR_INVALID);
  assert_null(failed);
  came_out_error(error);
  search(url);
  cspan_free(url);
}

/* ------------------------------------------------------ other ways of signing */

#define SESSION_ANSWER(more)                                                                       \
  "HTTP/1.1 200 OK\r\nConnection: "                                                                \
  "close\r\n\r\n<CreateSessionResult><Credentials><SessionToken>" EXPRESS_TOKEN                    \
  "</SessionToken><SecretAccessKey>" EXPRESS_KEY "</SecretAccessKey>" more                         \
  "</Credentials></CreateSessionResult>"

static const script_step gives_session[] = {
    READ_REQUEST,
    SEND(SESSION_ANSWER("<AccessKeyId>AKIA</AccessKeyId>"
                        "<Expiration>2099-01-01T00:00:00Z</Expiration>")),
    END};
static const script_step gives_half[] = {READ_REQUEST, SEND(SESSION_ANSWER("")), END};
static const script_step is_denied[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 403 No\r\nConnection: close\r\n\r\n<Error><Code>AccessDenied</Code></Error>"),
    END};
static const script_step is_expired[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n<Error><Code>ExpiredToken</Code></Error>"),
    END};

static void call_signed_by(cspan_auth_kind kind, const script_step *first, const char *url) {
  const script_connection scripts[] = {first, is_denied};
  const cspan_auth auth = {.kind = kind, .signing_name = "planted"};
  fixture f;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket", .auth = &auth};
  fixture_serve(&f, scripts, 2);
  cspan_aws_options options = fixture_options(url ? url : f.url);
  options.secret_access_key = PLANTED_SECRET;
  options.session_token = SESSION_TOKEN;
  options.max_attempts = 2;
  fixture_configure(&f, &options);
  cspan_trace_options trace = {
      .size = sizeof trace, .provider = env.provider, .retries = CSPAN_RETRY_EVENTS_AND_SPANS};
  assert_int_equal(cspan_trace_append(f.config, &trace, NULL), CSPAN_OK);
  fixture_connect(&f);
  assert_int_not_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_OK);
  came_out_error(error);
  fixture_stop(&f);
}

static void other_ways_of_signing(void **state) {
  (void)state;
  setenv("AWS_BEARER_TOKEN_PLANTED", BEARER_TOKEN, 1);
  call_signed_by(CSPAN_AUTH_V4A, is_expired, NULL);
  call_signed_by(CSPAN_AUTH_S3EXPRESS, gives_session, NULL);
  call_signed_by(CSPAN_AUTH_S3EXPRESS, gives_half, NULL);
  call_signed_by(CSPAN_AUTH_BEARER, is_expired, NULL);
  call_signed_by(CSPAN_AUTH_BEARER, is_denied, "http://host.invalid"); /* not sent at all */
  setenv("AWS_BEARER_TOKEN_PLANTED", BEARER_TOKEN " ", 1);
  call_signed_by(CSPAN_AUTH_BEARER, is_denied, NULL);
  unsetenv("AWS_BEARER_TOKEN_PLANTED");
  assert_true(came_out_batches() > 0);
  assert_true(came_out_has("CreateSession"));
  search(NULL);
}

/* --------------------------------------------------------------------- files */

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

/* Broken files that hold secrets are told by file and line. */
static void broken_files(void **state) {
  (void)state;
  static const char *const contents[] = {
      "[default]\naws_access_key_id = " PLANTED_KEY "\naws_secret_access_key " PLANTED_SECRET "\n",
      "[default\naws_secret_access_key = " PLANTED_SECRET "\n",
      "[default]\naws_access_key_id = " PLANTED_KEY "\naws_session_token = " SESSION_TOKEN "\n",
      "[default]\naws_secret_access_key = " PLANTED_SECRET "\n",
  };
  char path[] = "/tmp/cloudspan-secrets-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
    cspan_aws_options options = {.size = sizeof options,
                                 .region = "us-east-1",
                                 .config_file = "/nonexistent",
                                 .credentials_file = path,
                                 .profile = "default",
                                 .endpoint_url = env.endpoint,
                                 .max_attempts = 1};
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    write_file(path, contents[i]);
    cspan_status status = cspan_aws_config_load(&options, &config, &error);
    if (status == CSPAN_OK) {
      status = cspan_aws_config_check_credentials(config, NULL, &error);
    }
    assert_int_not_equal(status, CSPAN_OK);
    came_out_error(error);
    cspan_aws_config_free(config);
  }
  unlink(path);
  search(NULL);
}

static void broken_process(void **state) {
  (void)state;
  static const char *const outputs[] = {
      "{\"Version\":1,\"AccessKeyId\":\"" PLANTED_KEY "\",\"SecretAccessKey\":\"" PLANTED_SECRET
      "\"",
      "{\"Version\":2,\"AccessKeyId\":\"" PLANTED_KEY "\",\"SecretAccessKey\":\"" PLANTED_SECRET
      "\"}",
      "{\"Version\":1,\"AccessKeyId\":\"" PLANTED_KEY "\",\"SessionToken\":\"" SESSION_TOKEN "\"}",
  };
  char json[] = "/tmp/cloudspan-secrets-json-XXXXXX";
  char path[] = "/tmp/cloudspan-secrets-conf-XXXXXX";
  char text[128];
  close(mkstemp(json));
  close(mkstemp(path));
  snprintf(text, sizeof text, "[default]\ncredential_process = cat %s\n", json);
  write_file(path, text);
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
    cspan_aws_options options = {.size = sizeof options,
                                 .region = "us-east-1",
                                 .config_file = path,
                                 .credentials_file = "/nonexistent",
                                 .profile = "default"};
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    write_file(json, outputs[i]);
    assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
    assert_int_not_equal(cspan_aws_config_check_credentials(config, NULL, &error), CSPAN_OK);
    came_out_error(error);
    cspan_aws_config_free(config);
  }
  unlink(json);
  unlink(path);
  search(NULL);
}

/* That the search finds what is there. */
static void the_search_works(void **state) {
  (void)state;
  assert_int_equal(put(env.client, "key-that-is-told", NULL), CSPAN_OK);
  assert_true(came_out_has("key-that-is-told"));
  assert_true(came_out_has("url.full"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_search_works, set_up, tear_down),
      cmocka_unit_test_setup_teardown(success_and_retries, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refused_by_the_service, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refused_signatures, set_up, tear_down),
      cmocka_unit_test_setup_teardown(presigned_urls, set_up, tear_down),
      cmocka_unit_test_setup_teardown(other_ways_of_signing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_process, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
