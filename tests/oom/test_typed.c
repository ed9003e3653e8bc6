/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers for DynamoDB, SQS and Lambda with every allocation failing in turn: nothing leaks or
 * crashes, and what was not done is never told as done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/fail_alloc.h"
#include "support/typed_models.h"

enum { MOST_ALLOCATIONS = 3000 };

typedef cspan_status (*scenario)(cspan_client *client, cspan_error **error);

static void replay(const char *service, const char *answer, cspan_status expected, scenario run) {
  typed_fixture f;
  typed_open(&f, service, &answer, 1);
  cspan_error *error = NULL;
  assert_int_equal(run(f.client, &error), expected);
  cspan_error_free(error);
  long before = fail_alloc_outstanding_here();
  for (size_t n = 1;; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    error = NULL;
    fail_alloc_arm(n, false);
    cspan_status status = run(f.client, &error);
    bool met = fail_alloc_disarm();
    if (status != expected && status != CSPAN_ERR_NOMEM && status != CSPAN_ERR_PARTIAL) {
      fail_msg("allocation %zu: %s: %s", n, cspan_status_name(status), cspan_error_message(error));
    }
    assert_true((status == CSPAN_OK) == (error == NULL));
    cspan_error_free(error);
    assert_int_equal(fail_alloc_outstanding_here(), before);
    if (!met) {
      assert_int_equal(status, expected);
      assert_true(n > 10); /* it did meet some */
      break;
    }
  }
  typed_close(&f);
}

static cspan_status put(cspan_client *client, cspan_error **error) {
  cspan_value red = cspan_string("red");
  cspan_value item =
      CSPAN_MAP(cspan_field("id", cspan_int(1)), cspan_field("raw", cspan_blob("x", 1)),
                cspan_field("set", cspan_dynamodb_string_set(&red, 1)));
  cspan_document *attributes = NULL;
  cspan_dynamodb_write write = {.size = sizeof write, .table = "t", .item = &item};
  cspan_status status = cspan_dynamodb_put(client, &write, &attributes, error);
  assert_int_equal(attributes != NULL, status == CSPAN_OK);
  cspan_document_free(attributes);
  return status;
}

static void test_put(void **state) {
  (void)state;
  replay("dynamodb",
         "200 |{\"Attributes\": {\"id\": {\"N\": \"1234567890123456789012\"}, \"l\": {\"L\": "
         "[{\"NULL\": true}]}, \"s\": {\"SS\": [\"a\"]}}}",
         CSPAN_OK, put);
}

/* What is left is told whole, or that there was no memory. */
static cspan_status write_batch(cspan_client *client, cspan_error **error) {
  cspan_value item = CSPAN_MAP(cspan_field("id", cspan_int(1)));
  cspan_dynamodb_change changes[] = {{.table = "t", .put = &item}, {.table = "u", .remove = &item}};
  cspan_dynamodb_batch_result result;
  cspan_dynamodb_batch_options options = {
      .size = sizeof options, .max_attempts = 2, .base_delay_ms = 1};
  cspan_status status = cspan_dynamodb_batch_write(client, changes, 2, &options, &result, error);
  if (status == CSPAN_ERR_PARTIAL) {
    assert_int_equal(result.left_count, 1);
  }
  cspan_dynamodb_batch_result_clear(&result);
  return status;
}

static void test_batch_write(void **state) {
  (void)state;
  replay("dynamodb",
         "200 |{\"UnprocessedItems\": {\"t\": [{\"PutRequest\": {\"Item\": {\"id\": {\"N\": "
         "\"1\"}}}}]}}",
         CSPAN_ERR_PARTIAL, write_batch);
}

static cspan_status delete_batch(cspan_client *client, cspan_error **error) {
  const char *handles[] = {"a", "b"};
  cspan_sqs_batch_result result;
  cspan_sqs_delete_batch_input input = {
      .size = sizeof input, .queue_url = "q", .receipt_handles = handles, .count = 2};
  cspan_status status = cspan_sqs_delete_batch(client, &input, &result, error);
  assert_true(status != CSPAN_OK || result.success_count == 2);
  cspan_sqs_batch_result_clear(&result);
  return status;
}

static void test_delete_batch(void **state) {
  (void)state;
  replay("sqs", "200 |{\"Successful\": [{\"Id\": \"0\"}, {\"Id\": \"1\"}]}", CSPAN_OK,
         delete_batch);
}

static cspan_status on_message(void *user, const cspan_context *context,
                               const cspan_sqs_received *message) {
  (void)context;
  assert_string_equal(message->body, "hello");
  cspan_cancel_trigger(user);
  return CSPAN_OK;
}

static void on_error(void *user, const cspan_sqs_received *message, const cspan_error *error) {
  (void)user;
  (void)message;
  assert_non_null(error);
}

static cspan_status receive(cspan_client *client, cspan_error **error) {
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  cspan_sqs_receive_input input = {.size = sizeof input,
                                   .queue_url = "q",
                                   .handler = on_message,
                                   .on_error = on_error,
                                   .user = cancel,
                                   .context = &context};
  if (cancel == NULL) {
    return cspan_sqs_receive(client, NULL, NULL, error) == CSPAN_ERR_INVALID ? CSPAN_ERR_PARTIAL
                                                                             : CSPAN_OK;
  }
  cspan_status status = cspan_sqs_receive(client, &input, NULL, error);
  cspan_cancel_free(cancel);
  return status;
}

static void test_receive(void **state) {
  (void)state;
  replay("sqs",
         "200 |{\"Messages\": [{\"MessageId\": \"m\", \"ReceiptHandle\": \"h\", \"Body\": "
         "\"hello\"}], \"Successful\": [{\"Id\": \"0\"}]}",
         CSPAN_OK, receive);
}

static cspan_status invoke(cspan_client *client, cspan_error **error) {
  cspan_value payload = CSPAN_MAP(cspan_field("a", cspan_int(1)));
  cspan_lambda_result result;
  cspan_lambda_invoke_input input = {.size = sizeof input,
                                     .function = "f",
                                     .payload_value = &payload,
                                     .client_context = &payload,
                                     .want_log_tail = true};
  cspan_status status = cspan_lambda_invoke(client, &input, &result, error);
  cspan_lambda_result_clear(&result);
  return status;
}

static void test_invoke(void **state) {
  (void)state;
  replay("lambda",
         "200 X-Amz-Function-Error: Unhandled\r\nX-Amz-Log-Result: bG9nIGxpbmUK\r\n|"
         "{\"errorMessage\": \"boom\", \"errorType\": \"ValueError\"}",
         CSPAN_ERR_SERVICE, invoke);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_put),          cmocka_unit_test(test_batch_write),
      cmocka_unit_test(test_delete_batch), cmocka_unit_test(test_receive),
      cmocka_unit_test(test_invoke),
  };
  fail_alloc_install();
  int failures = cmocka_run_group_tests(tests, NULL, NULL);
  fail_alloc_uninstall();
  return failures;
}
