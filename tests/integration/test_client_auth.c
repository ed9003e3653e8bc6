/* SPDX-License-Identifier: Apache-2.0 */
/* How calls by a model are signed, as the model, its endpoint rules and the environment say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/cloudspan.h>

#include "integration/client_model.h"
#include "support/script_server.h"

#define BEARER "bearer-token-that-must-not-leak"

#define OPERATION(name, more)                                                                      \
  "\"" name "\": {\"name\": \"" name                                                               \
  "\", \"http\": {\"method\": \"POST\", \"requestUri\": \"/\"}" more "}"
#define SCHEME(value) ", \"staticContextParams\": {\"Scheme\": {\"value\": \"" value "\"}}"

static const char service_json[] =
    "{\"version\": \"2.0\", \"metadata\": {\"apiVersion\": \"2024-01-01\", \"endpointPrefix\": "
    "\"larder\", \"jsonVersion\": \"1.1\", \"protocol\": \"json\", \"serviceFullName\": \"A "
    "Larder\", \"serviceId\": \"Larder\", \"signatureVersion\": \"v4\", \"auth\": "
    "[\"aws.auth#sigv4\", \"smithy.api#httpBearerAuth\"], \"targetPrefix\": \"Larder\", \"uid\": "
    "\"larder-2024-01-01\"}, \"operations\": {" OPERATION("Usual", "") "," OPERATION(
        "Open",
        ", "
        "\"aut"
        "htype"
        "\": "
        "\"non"
        "e\"") "," OPERATION("Signed",
                             ", \"auth\": [\"aws.auth#sigv4\"]") "," OPERATION("Express",
                                                                               SCHEME(
                                                                                   "express")) "," OPERATION("Everywhere",
                                                                                                             SCHEME(
                                                                                                                 "multi")) "," OPERATION("Slow",
                                                                                                                                         ", \"errors\": [{\"shape\": "
                                                                                                                                         "\"TooMuch\"}]") "}, \"shapes\": "
                                                                                                                                                          "{\"TooMuch\": "
                                                                                                                                                          "{\"type\": "
                                                                                                                                                          "\"structure\", "
                                                                                                                                                          "\"members\": "
                                                                                                                                                          "{}, "
                                                                                                                                                          "\"exception\": "
                                                                                                                                                          "true, "
                                                                                                                                                          "\"retryable\": "
                                                                                                                                                          "{\"throttling\""
                                                                                                                                                          ": true}}}}";

#define RULE(scheme, properties)                                                                   \
  "{\"type\": \"endpoint\", \"conditions\": [{\"fn\": \"isSet\", \"argv\": [{\"ref\": "            \
  "\"Endpoint\"}]}, {\"fn\": \"isSet\", \"argv\": [{\"ref\": \"Scheme\"}]}, {\"fn\": "             \
  "\"stringEquals\", \"argv\": [{\"ref\": \"Scheme\"}, \"" scheme "\"]}], \"endpoint\": "          \
  "{\"url\": {\"ref\": \"Endpoint\"}, \"headers\": {}, \"properties\": {" properties "}}}"

static const char rules_json[] =
    "{\"version\": \"1.0\", \"parameters\": {\"Region\": {\"builtIn\": \"AWS::Region\", \"type\": "
    "\"String\", \"required\": true}, \"Endpoint\": {\"builtIn\": \"SDK::Endpoint\", \"type\": "
    "\"String\", \"required\": false}, \"Scheme\": {\"type\": \"String\", \"required\": false}}, "
    "\"rules\": [" RULE(
        "express",
        "\"backend\": \"S3Express\", \"authSchemes\": [{\"name\": "
        "\"sigv4-s3express\", \"signingName\": \"s3express\", \"signingRegion\": "
        "\"{Region}\", \"disableDoubleEncoding\": true}]") "," RULE("multi",
                                                                    "\"authSchemes\": [{\"name\": "
                                                                    "\"sigv4a\", \"signingName\": "
                                                                    "\"larder2\", "
                                                                    "\"signingRegionSet\": "
                                                                    "[\"*\"]}]") ","
                                                                                 "{\"type\": "
                                                                                 "\"endpoint\", "
                                                                                 "\"conditions\": "
                                                                                 "[{\"fn\": "
                                                                                 "\"isSet\", "
                                                                                 "\"argv\": "
                                                                                 "[{\"ref\": "
                                                                                 "\"Endpoint\"}]}],"
                                                                                 " \"endpoint\": "
                                                                                 "{\"url\": "
                                                                                 "{\"ref\": "
                                                                                 "\"Endpoint\"}, "
                                                                                 "\"headers\": {}, "
                                                                                 "\"properties\": "
                                                                                 "{}}},"
                                                                                 "{\"type\": "
                                                                                 "\"error\", "
                                                                                 "\"conditions\": "
                                                                                 "[], \"error\": "
                                                                                 "\"an endpoint is "
                                                                                 "needed\"}]}";

#define READ_REQUEST                                                                               \
  { SCRIPT_READ_REQUEST, NULL, 0 }
#define ANSWER(text)                                                                               \
  { SCRIPT_SEND, "HTTP/1.1 " text, 0 }
#define END                                                                                        \
  { SCRIPT_END, NULL, 0 }

static const script_step succeeds[] = {
    READ_REQUEST, ANSWER("200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"), END};
static const script_step gives_session[] = {
    READ_REQUEST,
    ANSWER("200 OK\r\nConnection: close\r\n\r\n<CreateSessionResult><Credentials><SessionToken>"
           "session-token</SessionToken><SecretAccessKey>secret</SecretAccessKey><AccessKeyId>"
           "AKIDSESSION</AccessKeyId><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
           "</CreateSessionResult>"),
    END};
static const script_step is_too_much[] = {
    READ_REQUEST,
    ANSWER("400 No\r\nConnection: close\r\nContent-Length: 21\r\n\r\n{\"__type\": \"TooMuch\"}"),
    END};

static const script_step is_odd[] = {
    READ_REQUEST,
    ANSWER("400 No\r\nConnection: close\r\nContent-Length: 17\r\n\r\n{\"__type\": \"Odd\"}"), END};

static client_models models;

/* Calls an operation once; gives what the server received, to be freed. */
static char *received_of(const char *operation, const script_step *first, cspan_status expected) {
  const script_connection scripts[] = {first, succeeds};
  script_server *server = script_server_start(scripts, 2);
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "eu-central-1",
                           .endpoint_url = script_server_url(server, ""),
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret"};
  cspan_client_options options = {.size = sizeof options, .models = models.folder};
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  if (cspan_client_create(config, "larder", &options, &client, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  cspan_status status = cspan_call(NULL, client, operation, NULL, NULL, &error);
  if (status != expected) {
    fail_msg("%s: %s", operation, cspan_error_message(error));
  }
  cspan_error_free(error);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  char *received = script_server_received(server);
  script_server_stop(server);
  return received;
}

typedef struct auth_case {
  const char *operation;
  const char *token; /* of AWS_BEARER_TOKEN_LARDER; NULL: not set */
  const script_step *first;
  const char *present[3];
  const char *absent[2];
} auth_case;

static const auth_case cases[] = {
    {"Usual", NULL, succeeds, {"AWS4-HMAC-SHA256", "/eu-central-1/larder/aws4_request"}, {"Bear"}},
    {"Usual", BEARER, succeeds, {"Authorization: Bearer " BEARER "\r\n"}, {"AWS4"}},
    {"Signed", BEARER, succeeds, {"/eu-central-1/larder/aws4_request"}, {"Bearer"}},
    {"Open", BEARER, succeeds, {"X-Amz-Target: Larder.Open"}, {"Authorization", "x-amz-date"}},
    {"Everywhere",
     NULL,
     succeeds,
     {"AWS4-ECDSA-P256-SHA256", "/larder2/aws4_request", "x-amz-region-set: *\r\n"},
     {"HMAC"}},
    {"Express",
     NULL,
     gives_session,
     {"GET /?session= ", "/eu-central-1/s3express/aws4_request",
      "x-amz-s3session-token: session-token\r\n"},
     {"x-amz-security-token"}},
};

static void test_schemes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const auth_case *each = &cases[i];
    if (each->token) {
      setenv("AWS_BEARER_TOKEN_LARDER", each->token, 1);
    } else {
      unsetenv("AWS_BEARER_TOKEN_LARDER");
    }
    char *received = received_of(each->operation, each->first, CSPAN_OK);
    for (size_t k = 0; k < 3 && each->present[k]; k++) {
      if (!strstr(received, each->present[k])) {
        fail_msg("%s: \"%s\" is not in \"%s\"", each->operation, each->present[k], received);
      }
    }
    for (size_t k = 0; k < 2 && each->absent[k]; k++) {
      assert_null(strstr(received, each->absent[k]));
    }
    free(received);
  }
  unsetenv("AWS_BEARER_TOKEN_LARDER");
}

/* The code is on no list: it is the model that calls it retryable. */
static void test_modelled_retry(void **state) {
  (void)state;
  char *received = received_of("Slow", is_too_much, CSPAN_OK);
  assert_non_null(strstr(received, "attempt=2; max=3"));
  free(received);
  received = received_of("Slow", is_odd, CSPAN_ERR_SERVICE);
  assert_null(strstr(received, "attempt=2"));
  free(received);
}

/* Rules that want a region say "Region is required": the error says where it is set. */
static void test_no_region(void **state) {
  (void)state;
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cspan_client_options options = {.size = sizeof options, .models = models.folder};
  unsetenv("AWS_REGION");
  unsetenv("AWS_DEFAULT_REGION");
  unsetenv("AWS_ENDPOINT_URL");
  assert_int_equal(cspan_aws_config_load(NULL, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(config, "larder", &options, &client, NULL), CSPAN_OK);
  assert_int_equal(cspan_call(NULL, client, "Open", NULL, NULL, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "AWS_REGION"));
  cspan_error_free(error);
  cspan_client_free(client);
  cspan_aws_config_free(config);
}

static int set_up(void **state) {
  (void)state;
  setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
  client_models_make(&models);
  client_write_file(models.folder, "service-2.json", service_json);
  client_write_file(models.folder, "paginators-1.json", "{\"pagination\": {}}");
  client_write_file(models.folder, "waiters-2.json", "{\"version\": 2, \"waiters\": {}}");
  client_write_file(models.folder, "endpoint-rule-set-1.json", rules_json);
  return 0;
}

static int tear_down(void **state) {
  char path[192];
  (void)state;
  snprintf(path, sizeof path, "%s/larder/2024-01-01/endpoint-rule-set-1.json", models.folder);
  remove(path);
  client_models_remove(&models);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_schemes),
      cmocka_unit_test(test_modelled_retry),
      cmocka_unit_test(test_no_region),
  };
  return cmocka_run_group_tests_name("client auth", tests, set_up, tear_down);
}
