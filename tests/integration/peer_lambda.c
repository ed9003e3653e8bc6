/* SPDX-License-Identifier: Apache-2.0 */
/* Invoking functions of a Lambda that is not ours: one that answers with what it is given. */
#include "integration/services_peer.h"

/* Over the six million bytes that an answer may have: the function fails then. */
enum { TOO_MUCH = 6100000 };

static peer the_peer;
static cspan_client *client;
static char function[32];

static int create(void **state) {
  (void)state;
  /* The end of an archive with nothing in it. */
  static const char zip[22] = "PK\005\006";
  char role[128];
  char name[32];
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  snprintf(function, sizeof function, "echo-%d", the_peer.round);
  snprintf(name, sizeof name, "role-%d", the_peer.round);
  client = peer_client(&the_peer, "lambda");
  cspan_client *iam = peer_client(&the_peer, "iam");
  peer_call(iam, "CreateRole",
            CSPAN_MAP(cspan_field("RoleName", cspan_string(name)),
                      cspan_field("AssumeRolePolicyDocument", cspan_string("{}"))),
            &output);
  snprintf(role, sizeof role, "%s",
           text_at(cspan_value_get(cspan_document_value(output), "Role"), "Arn"));
  cspan_document_free(output);
  cspan_client_free(iam);
  peer_call(client, "CreateFunction",
            CSPAN_MAP(cspan_field("FunctionName", cspan_string(function)),
                      cspan_field("Role", cspan_string(role)),
                      cspan_field("Runtime", cspan_string("python3.9")),
                      cspan_field("Handler", cspan_string("f.handler")),
                      cspan_field("Code",
                                  CSPAN_MAP(cspan_field("ZipFile", cspan_blob(zip, sizeof zip))))),
            NULL);
  cspan_value input = CSPAN_MAP(cspan_field("FunctionName", cspan_string(function)));
  cspan_wait_options options = {.size = sizeof options, .min_delay_ms = 20, .timeout_ms = 60000};
  must(cspan_wait(NULL, client, "FunctionActive", &input, &options, NULL, &error), error);
  return 0;
}

static int remove_all(void **state) {
  (void)state;
  peer_call(client, "DeleteFunction",
            CSPAN_MAP(cspan_field("FunctionName", cspan_string(function))), NULL);
  cspan_client_free(client);
  return 0;
}

static void test_invoke(void **state) {
  (void)state;
  cspan_lambda_result result;
  cspan_error *error = NULL;
  cspan_value payload =
      CSPAN_MAP(cspan_field("name", cspan_string("\xc3\xa9")), cspan_field("n", cspan_int(7)));
  cspan_lambda_invoke_input input = {
      .size = sizeof input, .function = function, .payload_value = &payload};
  must(cspan_lambda_invoke(client, &input, &result, &error), error);
  assert_int_equal(result.http_status, 200);
  assert_string_equal(result.payload, "{\"name\":\"\xc3\xa9\",\"n\":7}");
  assert_int_equal(result.payload_size_bytes, strlen(result.payload));
  assert_string_equal(result.function_error, "");
  cspan_lambda_result_clear(&result);
  input.payload_value = NULL;
  input.payload = "[1, 2]";
  input.payload_size_bytes = 6;
  must(cspan_lambda_invoke(client, &input, &result, &error), error);
  assert_string_equal(result.payload, "[1, 2]");
  cspan_lambda_result_clear(&result);
}

static void test_event_and_dry_run(void **state) {
  (void)state;
  cspan_lambda_result result;
  cspan_error *error = NULL;
  cspan_lambda_invoke_input input = {.size = sizeof input,
                                     .function = function,
                                     .invocation = CSPAN_LAMBDA_EVENT,
                                     .payload = "{}",
                                     .payload_size_bytes = 2};
  must(cspan_lambda_invoke(client, &input, &result, &error), error);
  assert_int_equal(result.http_status, 202);
  cspan_lambda_result_clear(&result);
  input.invocation = CSPAN_LAMBDA_DRY_RUN;
  must(cspan_lambda_invoke(client, &input, &result, &error), error);
  assert_int_equal(result.http_status, 204);
  cspan_lambda_result_clear(&result);
}

static void test_function_error(void **state) {
  (void)state;
  cspan_lambda_result result;
  cspan_error *error = NULL;
  char *payload = malloc(TOO_MUCH);
  assert_non_null(payload);
  memset(payload, 'x', TOO_MUCH);
  payload[0] = '"';
  payload[TOO_MUCH - 1] = '"';
  cspan_lambda_invoke_input input = {.size = sizeof input,
                                     .function = function,
                                     .payload = payload,
                                     .payload_size_bytes = TOO_MUCH};
  assert_int_equal(cspan_lambda_invoke(client, &input, &result, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "Function.ResponseSizeTooLarge");
  assert_non_null(strstr(cspan_error_message(error), "payload size exceeded"));
  assert_string_equal(text_at(cspan_error_fields(error), "errorType"),
                      "Function.ResponseSizeTooLarge");
  assert_int_equal(cspan_error_http_status(error), 200);
  assert_string_equal(result.function_error, "Unhandled");
  assert_non_null(result.payload);
  cspan_lambda_result_clear(&result);
  cspan_error_free(error);
  free(payload);
}

static void test_pages(void **state) {
  (void)state;
  cspan_pages *pages = NULL;
  cspan_error *error = NULL;
  const cspan_value *item = NULL;
  bool found = false;
  cspan_client_request request = {.size = sizeof request, .operation = "ListFunctions"};
  must(cspan_pages_create(client, &request, NULL, &pages, &error), error);
  for (;;) {
    must(cspan_pages_next_item(pages, &item, &error), error);
    if (item == NULL) {
      break;
    }
    found = found || strcmp(text_at(item, "FunctionName"), function) == 0;
  }
  assert_true(found);
  cspan_pages_free(pages);
}

static int run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_invoke),
      cmocka_unit_test(test_event_and_dry_run),
      cmocka_unit_test(test_function_error),
      cmocka_unit_test(test_pages),
  };
  return cmocka_run_group_tests(tests, create, remove_all);
}

int main(void) {
  return peer_run(&the_peer, run);
}
