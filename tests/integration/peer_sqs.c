/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers for SQS against an SQS that is not ours. */
#include <time.h>

#include "integration/services_peer.h"

static peer the_peer;
static cspan_client *client;

static void make_queue(const char *name, char url[256]) {
  char full[64];
  cspan_document *output = NULL;
  snprintf(full, sizeof full, "%s-%d", name, the_peer.round);
  peer_call(client, "CreateQueue", CSPAN_MAP(cspan_field("QueueName", cspan_string(full))),
            &output);
  snprintf(url, 256, "%s", text_at(cspan_document_value(output), "QueueUrl"));
  cspan_document_free(output);
}

static size_t count_visible(const char *url) {
  cspan_document *output = NULL;
  peer_call(client, "ReceiveMessage",
            CSPAN_MAP(cspan_field("QueueUrl", cspan_string(url)),
                      cspan_field("MaxNumberOfMessages", cspan_int(10)),
                      cspan_field("VisibilityTimeout", cspan_int(0))),
            &output);
  size_t count = cspan_value_count(cspan_value_get(cspan_document_value(output), "Messages"));
  cspan_document_free(output);
  return count;
}

/* ----------------------------------------------------------------- sending */

typedef struct seen {
  int count;
  int fail_first; /* so many are not done */
  cspan_cancel *cancel;
  int cancel_after;
  int errors;
  bool found_attributes;
  char bodies[512];
} seen;

static cspan_status on_message(void *user, const cspan_context *context,
                               const cspan_sqs_received *message) {
  seen *s = user;
  (void)context;
  s->count++;
  assert_int_equal(strlen(message->body), message->body_size_bytes);
  assert_true(message->receive_count >= 1);
  assert_true(strlen(message->message_id) > 0);
  const cspan_value *attributes = cspan_value_get(message->message, "MessageAttributes");
  if (cspan_value_count(attributes) > 0) {
    assert_string_equal(text_at(cspan_value_get(attributes, "colour"), "StringValue"), "red");
    assert_string_equal(text_at(cspan_value_get(attributes, "count"), "DataType"), "Number");
    assert_string_equal(text_at(cspan_value_get(attributes, "count"), "StringValue"), "3");
    size_t size = 0;
    const void *raw = cspan_value_bytes(
        cspan_value_get(cspan_value_get(attributes, "raw"), "BinaryValue"), &size);
    assert_int_equal(size, 2);
    assert_memory_equal(raw, "\x01\xfe", 2);
    s->found_attributes = true;
  }
  strncat(s->bodies, message->body, sizeof s->bodies - strlen(s->bodies) - 1);
  if (s->cancel != NULL && s->count == s->cancel_after) {
    cspan_cancel_trigger(s->cancel);
  }
  return s->count <= s->fail_first ? CSPAN_ERR_IO : CSPAN_OK;
}

static void on_error(void *user, const cspan_sqs_received *message, const cspan_error *error) {
  seen *s = user;
  (void)message;
  print_message("%s\n", cspan_error_message(error));
  s->errors++;
}

static cspan_sqs_receive_input drain(const char *url, seen *s) {
  return (cspan_sqs_receive_input){.size = sizeof(cspan_sqs_receive_input),
                                   .queue_url = url,
                                   .handler = on_message,
                                   .on_error = on_error,
                                   .user = s,
                                   .wait_s = -1,
                                   .until_empty = true};
}

static void test_send_and_receive(void **state) {
  (void)state;
  char url[256];
  seen s = {0};
  cspan_error *error = NULL;
  cspan_sqs_send_result sent;
  cspan_sqs_receive_result result;
  make_queue("single", url);
  cspan_value attributes =
      CSPAN_MAP(cspan_field("colour", cspan_string("red")), cspan_field("count", cspan_int(3)),
                cspan_field("raw", cspan_blob("\x01\xfe", 2)));
  cspan_sqs_send_input input = {
      .size = sizeof input,
      .queue_url = url,
      .message = {.body = "<hello> & \"so\"\n", .attributes = &attributes}};
  must(cspan_sqs_send(client, &input, &sent, &error), error);
  assert_true(strlen(sent.message_id) > 0);
  cspan_sqs_receive_input receive = drain(url, &s);
  must(cspan_sqs_receive(client, &receive, &result, &error), error);
  assert_int_equal(s.count, 1);
  assert_true(s.found_attributes);
  assert_string_equal(s.bodies, "<hello> & \"so\"\n");
  assert_int_equal(result.handled_count, 1);
  assert_int_equal(result.deleted_count, 1);
  assert_int_equal(s.errors, 0);
  assert_int_equal(count_visible(url), 0);
}

static void send_numbered(const char *url, int count) {
  char bodies[32][8];
  cspan_sqs_message messages[32] = {{0}};
  cspan_sqs_batch_result result;
  cspan_error *error = NULL;
  assert_true(count <= 32);
  for (int i = 0; i < count; i++) {
    snprintf(bodies[i], sizeof bodies[i], "m%d", i);
    messages[i].body = bodies[i];
  }
  cspan_sqs_send_batch_input input = {
      .size = sizeof input, .queue_url = url, .messages = messages, .count = (size_t)count};
  must(cspan_sqs_send_batch(client, &input, &result, &error), error);
  assert_int_equal(result.success_count, count);
  cspan_sqs_batch_result_clear(&result);
}

static void test_batches(void **state) {
  (void)state;
  char url[256];
  seen s = {.fail_first = 2};
  cspan_error *error = NULL;
  cspan_sqs_receive_result result;
  make_queue("batch", url);
  send_numbered(url, 25);
  cspan_sqs_receive_input receive = drain(url, &s);
  must(cspan_sqs_receive(client, &receive, &result, &error), error);
  assert_int_equal(s.count, 25);
  assert_int_equal(result.failed_count, 2);
  assert_int_equal(result.handled_count, 23);
  assert_int_equal(result.deleted_count, 23);
}

/* One entry is refused here, one by the service; the others are done. */
static void test_partial_batches(void **state) {
  (void)state;
  char url[256];
  cspan_error *error = NULL;
  cspan_sqs_batch_result result;
  cspan_document *output = NULL;
  make_queue("partial", url);
  cspan_sqs_message messages[] = {{.body = "first"}, {.body = NULL}, {.body = "third"}};
  cspan_sqs_send_batch_input send = {
      .size = sizeof send, .queue_url = url, .messages = messages, .count = 3};
  assert_int_equal(cspan_sqs_send_batch(client, &send, &result, &error), CSPAN_ERR_PARTIAL);
  assert_int_equal(result.success_count, 2);
  assert_int_equal(result.failure_count, 1);
  assert_int_equal(result.failures[0].index, 1);
  cspan_sqs_batch_result_clear(&result);
  cspan_error_free(error);
  error = NULL;
  peer_call(client, "ReceiveMessage",
            CSPAN_MAP(cspan_field("QueueUrl", cspan_string(url)),
                      cspan_field("MaxNumberOfMessages", cspan_int(10))),
            &output);
  const cspan_value *list = cspan_value_get(cspan_document_value(output), "Messages");
  assert_int_equal(cspan_value_count(list), 2);
  const char *handles[] = {text_at(cspan_value_at(list, 0), "ReceiptHandle"), "of-no-message",
                           text_at(cspan_value_at(list, 1), "ReceiptHandle")};
  cspan_sqs_delete_batch_input deletion = {
      .size = sizeof deletion, .queue_url = url, .receipt_handles = handles, .count = 3};
  assert_int_equal(cspan_sqs_delete_batch(client, &deletion, &result, &error), CSPAN_ERR_PARTIAL);
  assert_int_equal(result.success_count, 2);
  assert_int_equal(result.failure_count, 1);
  assert_int_equal(result.failures[0].index, 1);
  assert_string_equal(cspan_error_code(result.failures[0].error), "ReceiptHandleIsInvalid");
  cspan_sqs_batch_result_clear(&result);
  cspan_error_free(error);
  cspan_document_free(output);
}

/* --------------------------------------------------------------- receiving */

/* What nobody handled is given back at once. */
static void test_cancelled(void **state) {
  (void)state;
  char url[256];
  seen s = {.cancel = cspan_cancel_create(), .cancel_after = 3};
  cspan_error *error = NULL;
  cspan_sqs_receive_result result;
  cspan_context context = {.cancel = s.cancel};
  make_queue("cancelled", url);
  send_numbered(url, 8);
  cspan_sqs_receive_input receive = drain(url, &s);
  receive.until_empty = false;
  receive.context = &context;
  must(cspan_sqs_receive(client, &receive, &result, &error), error);
  assert_int_equal(result.handled_count, 3);
  assert_int_equal(result.deleted_count, 3);
  assert_int_equal(s.errors, 0);
  assert_int_equal(count_visible(url), 5);
  cspan_cancel_free(s.cancel);
}

/* Longer at work than messages are hidden: nobody else gets one. */
static cspan_status work_long(void *user, const cspan_context *context,
                              const cspan_sqs_received *message) {
  const int64_t hidden_ns = 4000000000;
  const char *url = user;
  int64_t start = cspan_now_ns();
  (void)context;
  (void)message;
  while (cspan_now_ns() - start < hidden_ns + hidden_ns / 4) {
    assert_int_equal(count_visible(url), 0);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
  return CSPAN_OK;
}

static void test_extended(void **state) {
  (void)state;
  char url[256];
  cspan_error *error = NULL;
  cspan_sqs_receive_result result;
  make_queue("extended", url);
  send_numbered(url, 1);
  cspan_sqs_receive_input receive = {.size = sizeof receive,
                                     .queue_url = url,
                                     .handler = work_long,
                                     .user = url,
                                     .wait_s = -1,
                                     .visibility_s = 4,
                                     .until_empty = true};
  must(cspan_sqs_receive(client, &receive, &result, &error), error);
  assert_int_equal(result.deleted_count, 1);
}

static void test_no_queue(void **state) {
  (void)state;
  seen s = {0};
  char url[256];
  cspan_error *error = NULL;
  make_queue("gone", url);
  peer_call(client, "DeleteQueue", CSPAN_MAP(cspan_field("QueueUrl", cspan_string(url))), NULL);
  cspan_sqs_receive_input receive = drain(url, &s);
  assert_int_equal(cspan_sqs_receive(client, &receive, NULL, &error), CSPAN_ERR_SERVICE);
  assert_non_null(strstr(cspan_error_code(error), "NonExistentQueue"));
  cspan_error_free(error);
}

static int make_client(void **state) {
  (void)state;
  client = peer_client(&the_peer, "sqs");
  return 0;
}

static int free_client(void **state) {
  (void)state;
  cspan_client_free(client);
  return 0;
}

static int run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_send_and_receive), cmocka_unit_test(test_batches),
      cmocka_unit_test(test_partial_batches),  cmocka_unit_test(test_cancelled),
      cmocka_unit_test(test_extended),         cmocka_unit_test(test_no_queue),
  };
  return cmocka_run_group_tests(tests, make_client, free_client);
}

int main(void) {
  return peer_run(&the_peer, run);
}
