/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers for DynamoDB, SQS and Lambda where a service does what a test of a real one cannot
 * make it do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "support/typed_models.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *text_at(const cspan_value *map, const char *name) {
  const char *text = cspan_value_text(cspan_value_get(map, name), NULL);
  return text != NULL ? text : "";
}

/* ---------------------------------------------------------------- DynamoDB */

#define LEFT_ONE                                                                                   \
  "200 |{\"UnprocessedItems\": {\"t\": [{\"PutRequest\": {\"Item\": {\"id\": {\"N\": \"7\"}}}}]}}"
#define LEFT_KEY                                                                                   \
  "200 |{\"UnprocessedItems\": {\"t\": [{\"DeleteRequest\": {\"Key\": {\"id\": {\"N\": "           \
  "\"8\"}}}}]}}"
#define REFUSED "400 |{\"__type\": \"ValidationException\", \"message\": \"no\"}"

enum { CHANGES = 30 };

typedef struct write_case {
  const char *answers[4];
  size_t count;
  int max_attempts;
  cspan_status status;
  size_t left;
  int requests;
} write_case;

static cspan_status write_thirty(typed_fixture *f, const cspan_dynamodb_batch_options *options,
                                 cspan_dynamodb_batch_result *result, cspan_error **error) {
  cspan_member members[CHANGES];
  cspan_value items[CHANGES];
  cspan_dynamodb_change changes[CHANGES];
  for (int i = 0; i < CHANGES; i++) {
    members[i] = cspan_field("id", cspan_int(i));
    items[i] = cspan_map(&members[i], 1);
    changes[i] = (cspan_dynamodb_change){.table = "t", .put = &items[i]};
  }
  return cspan_dynamodb_batch_write(f->client, changes, CHANGES, options, result, error);
}

static void test_batch_write(void **state) {
  (void)state;
  static const write_case cases[] = {
      {{LEFT_ONE, "200 |{}", "200 |{}"}, 3, 0, CSPAN_OK, 0, 3},
      {{LEFT_ONE, "200 |{}"}, 2, 1, CSPAN_ERR_PARTIAL, 1, 2},
      {{"200 |{}", LEFT_KEY, LEFT_KEY}, 3, 2, CSPAN_ERR_PARTIAL, 1, 3},
      {{LEFT_ONE, REFUSED}, 2, 0, CSPAN_ERR_SERVICE, 1 + 5, 2},
      {{REFUSED}, 1, 0, CSPAN_ERR_SERVICE, CHANGES, 1},
      {{LEFT_ONE, REFUSED}, 2, 1, CSPAN_ERR_SERVICE, 1 + 5, 2},
      /* it takes one, and then eight times nothing */
      {{LEFT_ONE}, 1, 0, CSPAN_ERR_PARTIAL, 2, 18},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const write_case *c = &cases[i];
    typed_fixture f;
    cspan_error *error = NULL;
    cspan_dynamodb_batch_result result;
    cspan_dynamodb_batch_options options = {.size = sizeof options,
                                            .max_attempts = c->max_attempts,
                                            .base_delay_ms = 1,
                                            .max_delay_ms = 2};
    typed_open(&f, "dynamodb", c->answers, c->count);
    cspan_status status = write_thirty(&f, &options, &result, &error);
    int requests = typed_count(&f, "DynamoDB_20120810.BatchWriteItem");
    if (status != c->status || result.left_count != c->left || requests != c->requests ||
        cspan_error_status(error) != c->status) {
      fail_msg("case %zu: %s, %zu left, %d requests: %s", i, cspan_status_name(status),
               result.left_count, requests, cspan_error_message(error));
    }
    for (size_t j = 0; j < result.left_count; j++) {
      const cspan_dynamodb_change *left = &result.left[j];
      assert_string_equal(left->table, "t");
      assert_true((left->put == NULL) != (left->remove == NULL));
      assert_int_equal(
          cspan_value_get_kind(cspan_value_get(left->put ? left->put : left->remove, "id")),
          CSPAN_VALUE_INT);
    }
    cspan_dynamodb_batch_result_clear(&result);
    cspan_error_free(error);
    typed_close(&f);
  }
}

/* The waiting ends with the context, and what was not written is told. */
static void test_batch_write_ended(void **state) {
  (void)state;
  typed_fixture f;
  cspan_error *error = NULL;
  cspan_dynamodb_batch_result result;
  cspan_context context = cspan_context_with_timeout(NULL, 300);
  cspan_dynamodb_batch_options options = {.size = sizeof options,
                                          .context = &context,
                                          .base_delay_ms = 100000000,
                                          .max_delay_ms = 100000000};
  typed_open(&f, "dynamodb", (const char *const[]){LEFT_ONE}, 1);
  assert_int_equal(write_thirty(&f, &options, &result, &error), CSPAN_ERR_TIMEOUT);
  assert_true(result.left_count >= 1 + 5);
  cspan_dynamodb_batch_result_clear(&result);
  cspan_error_free(error);
  typed_close(&f);
}

/* Nothing is sent when one of the changes cannot be. */
static void test_bad_changes(void **state) {
  (void)state;
  typed_fixture f;
  cspan_value good = CSPAN_MAP(cspan_field("id", cspan_int(1)));
  cspan_value bad = CSPAN_MAP(cspan_field("when", cspan_timestamp(1, 0)));
  const cspan_dynamodb_change cases[][2] = {
      {{.table = "t", .put = &good}, {.table = "t", .put = &bad}},
      {{.table = "t", .put = &good}, {.table = "t"}},
      {{.table = "t", .put = &good}, {.table = "t", .put = &good, .remove = &good}},
      {{.table = "t", .put = &good}, {.remove = &good}},
  };
  typed_open(&f, "dynamodb", (const char *const[]){"200 |{}"}, 1);
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_int_equal(cspan_dynamodb_batch_write(f.client, cases[i], 2, NULL, NULL, NULL),
                     CSPAN_ERR_INVALID);
  }
  assert_int_equal(script_server_accepted(f.server), 0);
  typed_close(&f);
}

static void test_failed_condition(void **state) {
  (void)state;
  typed_fixture f;
  cspan_error *error = NULL;
  cspan_document *there = NULL;
  typed_open(&f, "dynamodb",
             (const char *const[]){
                 "400 |{\"__type\": \"com.amazonaws.dynamodb.v20120810#"
                 "ConditionalCheckFailedException\", \"message\": \"The conditional request "
                 "failed\", \"Item\": {\"id\": {\"N\": \"1\"}, \"by\": {\"S\": \"me\"}}}"},
             1);
  cspan_value item = CSPAN_MAP(cspan_field("id", cspan_int(1)));
  cspan_dynamodb_write write = {
      .size = sizeof write, .table = "t", .item = &item, .condition = "attribute_not_exists(id)"};
  assert_int_equal(cspan_dynamodb_put(f.client, &write, NULL, &error), CSPAN_ERR_SERVICE);
  assert_true(cspan_dynamodb_is_condition_failed(error));
  assert_int_equal(cspan_dynamodb_failed_item(error, &there, NULL), CSPAN_OK);
  assert_string_equal(text_at(cspan_document_value(there), "by"), "me");
  assert_int_equal(typed_count(&f, "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\""), 1);
  cspan_document_free(there);
  cspan_error_free(error);
  typed_close(&f);
}

/* --------------------------------------------------------------------- SQS */

#define ONE_MESSAGE                                                                                \
  "{\"Messages\": [{\"MessageId\": \"m1\", \"ReceiptHandle\": \"h1\", \"Body\": \"hello\", "       \
  "\"Attributes\": {\"ApproximateReceiveCount\": \"2\"}}]"

static void test_entries(void **state) {
  (void)state;
  typed_fixture f;
  cspan_error *error = NULL;
  cspan_sqs_batch_result result;
  const char *handles[] = {"a", "b", "c", "d"};
  cspan_sqs_delete_batch_input input = {
      .size = sizeof input, .queue_url = "q", .receipt_handles = handles, .count = 4};
  typed_open(&f, "sqs",
             (const char *const[]){
                 "200 |{\"Successful\": [{\"Id\": \"2\"}, {\"Id\": \"9\"}], \"Failed\": "
                 "[{\"Id\": \"0\", \"Code\": \"Gone\", \"Message\": \"it is\", \"SenderFault\": "
                 "true}, {\"Id\": \"3\", \"Code\": \"InternalError\", \"SenderFault\": false}]}"},
             1);
  assert_int_equal(cspan_sqs_delete_batch(f.client, &input, &result, &error), CSPAN_ERR_PARTIAL);
  assert_non_null(strstr(cspan_error_message(error), "3 of 4"));
  assert_int_equal(result.success_count, 1);
  assert_int_equal(result.failure_count, 3);
  assert_int_equal(result.failures[0].index, 0);
  assert_true(result.failures[0].sender_fault);
  assert_string_equal(cspan_error_code(result.failures[0].error), "Gone");
  assert_false(cspan_error_is_retryable(result.failures[0].error));
  assert_int_equal(result.failures[1].index, 1); /* of which nothing was said */
  assert_int_equal(cspan_error_status(result.failures[1].error), CSPAN_ERR_PROTOCOL);
  assert_int_equal(result.failures[2].index, 3);
  assert_true(cspan_error_is_retryable(result.failures[2].error));
  cspan_sqs_batch_result_clear(&result);
  cspan_error_free(error);
  typed_close(&f);
}

/* Ten a call, and no more than 256 KiB. */
static void test_chunks(void **state) {
  (void)state;
  static const struct {
    size_t messages;
    size_t bytes;
    int calls;
  } cases[] = {{25, 10, 3}, {10, 10, 1}, {3, 200000, 3}, {3, 130000, 2}, {2, 300000, 2}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    typed_fixture f;
    cspan_sqs_message messages[25] = {{0}};
    char *body = malloc(cases[i].bytes);
    assert_non_null(body);
    memset(body, 'x', cases[i].bytes);
    for (size_t j = 0; j < cases[i].messages; j++) {
      messages[j] = (cspan_sqs_message){.body = body, .body_size_bytes = cases[i].bytes};
    }
    cspan_sqs_send_batch_input input = {
        .size = sizeof input, .queue_url = "q", .messages = messages, .count = cases[i].messages};
    typed_open(&f, "sqs", (const char *const[]){"200 |{}"}, 1);
    cspan_sqs_send_batch(f.client, &input, NULL, NULL);
    assert_int_equal(typed_count(&f, "AmazonSQS.SendMessageBatch"), cases[i].calls);
    free(body);
    typed_close(&f);
  }
}

typedef struct work {
  typed_fixture *f;
  cspan_cancel *cancel;
  int extensions; /* to wait for */
  int handled;
  int errors;
  int general_errors;
} work;

static cspan_status work_until_extended(void *user, const cspan_context *context,
                                        const cspan_sqs_received *message) {
  work *w = user;
  (void)context;
  assert_string_equal(message->body, "hello");
  assert_int_equal(message->receive_count, 2);
  while (typed_count(w->f, "AmazonSQS.ChangeMessageVisibilityBatch") < w->extensions) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  w->handled++;
  if (w->cancel != NULL) {
    cspan_cancel_trigger(w->cancel);
  }
  return CSPAN_OK;
}

static void on_error(void *user, const cspan_sqs_received *message, const cspan_error *error) {
  work *w = user;
  assert_non_null(error);
  w->errors += message != NULL ? 1 : 0;
  w->general_errors += message == NULL ? 1 : 0;
}

/* With an answer that fits every call; the handler goes on when its message was extended twice, of
 * which the first is over by then. */
static void extend(const char *answer, int errors, int64_t deleted) {
  typed_fixture f;
  cspan_error *error = NULL;
  cspan_sqs_receive_result result;
  work w = {.f = &f, .cancel = cspan_cancel_create(), .extensions = 2};
  cspan_context context = {.cancel = w.cancel};
  typed_open(&f, "sqs", &answer, 1);
  cspan_sqs_receive_input input = {.size = sizeof input,
                                   .queue_url = "q",
                                   .handler = work_until_extended,
                                   .on_error = on_error,
                                   .user = &w,
                                   .visibility_s = 1,
                                   .context = &context};
  assert_int_equal(cspan_sqs_receive(f.client, &input, &result, &error), CSPAN_OK);
  assert_int_equal(w.handled, 1);
  assert_int_equal(w.errors, errors);
  assert_int_equal(result.deleted_count, deleted);
  assert_int_equal(typed_count(&f, "AmazonSQS.DeleteMessageBatch"), 1);
  cspan_cancel_free(w.cancel);
  typed_close(&f);
}

static void test_extended(void **state) {
  (void)state;
  extend("200 |" ONE_MESSAGE ", \"Successful\": [{\"Id\": \"0\"}]}", 0, 1);
}

static void test_extension_fails(void **state) {
  (void)state;
  extend("200 |" ONE_MESSAGE ", \"Failed\": [{\"Id\": \"0\", \"Code\": \"Lost\", \"SenderFault\": "
         "true}]}",
         2, 0);
}

/* A failure that may pass is waited out; one that may not ends the loop. */
static void test_receive_fails(void **state) {
  (void)state;
  typed_fixture f;
  cspan_error *error = NULL;
  work w = {.f = &f};
  cspan_sqs_receive_input input = {.size = sizeof input,
                                   .queue_url = "q",
                                   .handler = work_until_extended,
                                   .on_error = on_error,
                                   .user = &w,
                                   .until_empty = true};
  typed_open(&f, "sqs", (const char *const[]){"503 |{}", "200 |{}"}, 2);
  assert_int_equal(cspan_sqs_receive(f.client, &input, NULL, &error), CSPAN_OK);
  assert_int_equal(w.general_errors, 1);
  typed_close(&f);
  typed_open(&f, "sqs",
             (const char *const[]){"400 |{\"__type\": \"QueueDoesNotExist\", \"message\": \"x\"}"},
             1);
  assert_int_equal(cspan_sqs_receive(f.client, &input, NULL, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "QueueDoesNotExist");
  cspan_error_free(error);
  typed_close(&f);
}

/* ------------------------------------------------------------------ Lambda */

typedef struct invoke_case {
  const char *answer;
  cspan_status status;
  const char *code;
  const char *message;
  const char *log_tail; /* NULL: none */
} invoke_case;

static void test_invoke(void **state) {
  (void)state;
  static const invoke_case cases[] = {
      {"200 X-Amz-Executed-Version: 3\r\nX-Amz-Log-Result: bG9nIGxpbmUK\r\n|{\"a\": 1}", CSPAN_OK,
       "", "", "log line\n"},
      {"200 X-Amz-Function-Error: Unhandled\r\nX-Amz-Log-Result: bG9nIGxpbmUK\r\n|{\"errorMessage\""
       ": \"boom\", \"errorType\": \"ValueError\", \"stackTrace\": []}",
       CSPAN_ERR_SERVICE, "ValueError", "boom", "log line\n"},
      {"200 X-Amz-Function-Error: Handled\r\nx-amzn-RequestId: id-7\r\n|\"just text\"",
       CSPAN_ERR_SERVICE, "Handled", "the function f failed (Handled)", NULL},
      {"200 X-Amz-Function-Error: Unhandled\r\n|not JSON", CSPAN_ERR_SERVICE, "Unhandled",
       "the function f failed (Unhandled)", NULL},
      {"200 X-Amz-Log-Result: ~~~\r\n|", CSPAN_OK, "", "", NULL},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const invoke_case *c = &cases[i];
    typed_fixture f;
    cspan_error *error = NULL;
    cspan_lambda_result result;
    cspan_value context = CSPAN_MAP(cspan_field("custom", cspan_int(1)));
    typed_open(&f, "lambda", &c->answer, 1);
    cspan_lambda_invoke_input input = {.size = sizeof input,
                                       .function = "f",
                                       .qualifier = "live",
                                       .client_context = &context,
                                       .want_log_tail = true};
    assert_int_equal(cspan_lambda_invoke(f.client, &input, &result, &error), c->status);
    assert_string_equal(cspan_error_code(error), c->code);
    assert_string_equal(cspan_error_message(error), c->message);
    assert_string_equal(cspan_error_request_id(error), strstr(c->answer, "id-7") ? "id-7" : "");
    assert_int_equal(result.http_status, 200);
    assert_int_equal(result.log_tail != NULL, c->log_tail != NULL);
    if (c->log_tail != NULL) {
      assert_string_equal(result.log_tail, c->log_tail);
    }
    const char *body = strchr(c->answer, '|') + 1;
    assert_string_equal(result.payload != NULL ? result.payload : "", body);
    assert_int_equal(typed_count(&f, "/functions/f/invocations?Qualifier=live"), 1);
    assert_int_equal(typed_count(&f, "X-Amz-Log-Type: Tail"), 1);
    assert_int_equal(typed_count(&f, "X-Amz-Client-Context: eyJjdXN0b20iOjF9"), 1);
    cspan_lambda_result_clear(&result);
    cspan_error_free(error);
    typed_close(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batch_write),   cmocka_unit_test(test_batch_write_ended),
      cmocka_unit_test(test_bad_changes),   cmocka_unit_test(test_failed_condition),
      cmocka_unit_test(test_entries),       cmocka_unit_test(test_chunks),
      cmocka_unit_test(test_extended),      cmocka_unit_test(test_extension_fails),
      cmocka_unit_test(test_receive_fails), cmocka_unit_test(test_invoke),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
