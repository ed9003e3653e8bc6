/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>

#include "aws/retry.h"
#include "base/error.h"

typedef struct class_case {
  cspan_status status;
  const char *code;
  int http_status;
  cspan_retry_class expected;
} class_case;

static const class_case classes[] = {
    {CSPAN_ERR_SERVICE, "SlowDown", 503, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "SlowDown", 200, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "ThrottlingException", 400, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "ProvisionedThroughputExceededException", 400, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "Whatever", 429, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "InternalError", 200, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "IDPCommunicationError", 400, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "PriorRequestNotComplete", 400, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "TransactionInProgressException", 400, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "EC2ThrottledException", 503, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "RequestLimitExceeded", 503, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "BandwidthLimitExceeded", 509, CSPAN_RETRY_CLASS_THROTTLE},
    {CSPAN_ERR_SERVICE, "RequestTimeout", 400, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "RequestTimeoutException", 400, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "Odd", 500, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "Odd", 502, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "Odd", 503, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "Odd", 504, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_SERVICE, "Odd", 501, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_SERVICE, "NoSuchKey", 404, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_SERVICE, "RequestTimeTooSkewed", 403, CSPAN_RETRY_CLASS_CLOCK},
    {CSPAN_ERR_SERVICE, "SignatureDoesNotMatch", 403, CSPAN_RETRY_CLASS_CLOCK},
    {CSPAN_ERR_SERVICE, "ExpiredToken", 400, CSPAN_RETRY_CLASS_CREDENTIALS},
    {CSPAN_ERR_CONNECT, "connection_reset", 0, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_CONNECT, "truncated_body", 200, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_TIMEOUT, "timeout", 0, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_CHECKSUM, NULL, 200, CSPAN_RETRY_CLASS_TRANSIENT},
    {CSPAN_ERR_TLS, NULL, 0, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_CANCELLED, NULL, 0, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_IO, NULL, 0, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_LIMIT, NULL, 200, CSPAN_RETRY_CLASS_NONE},
    {CSPAN_ERR_NOMEM, NULL, 0, CSPAN_RETRY_CLASS_NONE},
};

static void errors_are_classified(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
    cspan_error *error = NULL;
    cspan_error_info info = {.status = classes[i].status,
                             .code = classes[i].code,
                             .http_status = classes[i].http_status};
    cspan_error_set_info(&error, &info, "message");
    assert_int_equal(cspan_retry_classify(error), classes[i].expected);
    cspan_error_free(error);
  }
}

static void a_retryable_error_of_a_middleware_is_retried(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_error_set(&error, CSPAN_ERR_CREDENTIALS, "try again");
  assert_int_equal(cspan_retry_classify(error), CSPAN_RETRY_CLASS_NONE);
  cspan_error_set_retryable(error, true);
  assert_int_equal(cspan_retry_classify(error), CSPAN_RETRY_CLASS_TRANSIENT);
  cspan_error_free(error);
}

static const cspan_retry_policy *newer(const char *service) {
  return cspan_retry_policy_of(CSPAN_RETRY_REVISION_2_1, service);
}

static const cspan_retry_policy *older(const char *service) {
  return cspan_retry_policy_of(CSPAN_RETRY_REVISION_2_0, service);
}

typedef struct backoff_case {
  cspan_retry_class retry_class;
  int retries;
  double unit;
  int64_t hint_ms;
  int64_t expected_ms;
  int64_t older_ms;    /* of revision 2.0 */
  int64_t dynamodb_ms; /* of revision 2.1 for DynamoDB */
} backoff_case;

static const backoff_case backoffs[] = {
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.0, -1, 0, 0, 0},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, -1, 25, 500, 12},
    {CSPAN_RETRY_CLASS_TRANSIENT, 1, 0.5, -1, 50, 1000, 25},
    {CSPAN_RETRY_CLASS_TRANSIENT, 3, 0.5, -1, 200, 4000, 100},
    {CSPAN_RETRY_CLASS_TRANSIENT, 5, 0.5, -1, 800, 16000, 400},
    {CSPAN_RETRY_CLASS_TRANSIENT, 6, 0.25, -1, 800, 16000, 400},
    {CSPAN_RETRY_CLASS_TRANSIENT, 100, 0.5, -1, 10000, 20000, 10000},
    {CSPAN_RETRY_CLASS_THROTTLE, 0, 0.5, -1, 500, 500, 500},
    {CSPAN_RETRY_CLASS_THROTTLE, 2, 0.5, -1, 2000, 2000, 2000},
    {CSPAN_RETRY_CLASS_THROTTLE, 60, 0.999, -1, 19980, 20000, 19980},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 10, 25, 500, 12},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 1000, 1000, 500, 1000},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 900000, 5025, 500, 5012},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, INT64_MAX, 5025, 500, 5012},
};

static void backoff_follows_the_policy(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof backoffs / sizeof backoffs[0]; i++) {
    const backoff_case *each = &backoffs[i];
    const struct {
      const cspan_retry_policy *policy;
      int64_t expected_ms;
    } all[] = {{newer("S3"), each->expected_ms},
               {older("S3"), each->older_ms},
               {newer("DynamoDB"), each->dynamodb_ms},
               {newer("DynamoDB Streams"), each->dynamodb_ms},
               {older("DynamoDB"), each->older_ms}};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
      assert_int_equal(cspan_retry_backoff_ms(all[k].policy, each->retry_class, each->retries,
                                              each->unit, each->hint_ms),
                       all[k].expected_ms);
    }
  }
}

static void attempts_and_costs_follow_the_policy(void **state) {
  (void)state;
  static const struct {
    cspan_retry_revision revision;
    const char *service;
    int attempts;
    int cost;
    int timeout_cost;
    int throttle_cost;
  } cases[] = {
      {CSPAN_RETRY_REVISION_2_1, "S3", 3, 14, 14, 5},
      {CSPAN_RETRY_REVISION_2_1, "DynamoDB", 4, 14, 14, 5},
      {CSPAN_RETRY_REVISION_2_1, "DynamoDB Streams", 4, 14, 14, 5},
      {CSPAN_RETRY_REVISION_2_0, "S3", 3, 5, 10, 5},
      {CSPAN_RETRY_REVISION_2_0, "DynamoDB", 3, 5, 10, 5},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_retry_policy *policy = cspan_retry_policy_of(cases[i].revision, cases[i].service);
    assert_int_equal(policy->max_attempts, cases[i].attempts);
    assert_int_equal(cspan_retry_cost(policy, CSPAN_RETRY_CLASS_TRANSIENT, CSPAN_ERR_CONNECT),
                     cases[i].cost);
    assert_int_equal(cspan_retry_cost(policy, CSPAN_RETRY_CLASS_TRANSIENT, CSPAN_ERR_TIMEOUT),
                     cases[i].timeout_cost);
    assert_int_equal(cspan_retry_cost(policy, CSPAN_RETRY_CLASS_THROTTLE, CSPAN_ERR_SERVICE),
                     cases[i].throttle_cost);
  }
}

static void operations_that_wait_at_the_server_are_known(void **state) {
  (void)state;
  assert_true(cspan_retry_is_long_poll("SQS", "ReceiveMessage"));
  assert_true(cspan_retry_is_long_poll("SFN", "GetActivityTask"));
  assert_true(cspan_retry_is_long_poll("SWF", "PollForActivityTask"));
  assert_true(cspan_retry_is_long_poll("SWF", "PollForDecisionTask"));
  assert_false(cspan_retry_is_long_poll("SQS", "SendMessage"));
  assert_false(cspan_retry_is_long_poll("S3", "ReceiveMessage"));
}

static void hints_are_read(void **state) {
  (void)state;
  static const struct {
    const char *amz;
    const char *plain;
    int64_t expected_ms;
  } cases[] = {
      {NULL, NULL, -1},
      {"1500", NULL, 1500},
      {"1500", "9", 1500},
      {NULL, "2", 2000},
      {"x", "2", 2000},
      {"-1", NULL, -1},
      {NULL, "soon", -1},
      {"0", NULL, 0},
      {NULL, "Fri, 31 Dec 1999 23:59:59 GMT", -1},
      {NULL, "9223372036854775807", INT64_MAX},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(cspan_retry_hint_ms(cases[i].amz, cases[i].plain), cases[i].expected_ms);
  }
}

static void the_bucket_runs_dry(void **state) {
  (void)state;
  cspan_retry_bucket bucket;
  cspan_retry_bucket_init(&bucket);
  int taken = 0;
  while (cspan_retry_bucket_take(&bucket, 14)) {
    taken++;
  }
  assert_int_equal(taken, 35); /* 500 / 14 */
  assert_false(cspan_retry_bucket_take(&bucket, 11));
  assert_true(cspan_retry_bucket_take(&bucket, 10));
  cspan_retry_bucket_give(&bucket, CSPAN_RETRY_CAPACITY);
  cspan_retry_bucket_give(&bucket, 100);
  assert_int_equal(atomic_load(&bucket.tokens), CSPAN_RETRY_CAPACITY);
}

static void *take_and_give(void *user) {
  cspan_retry_bucket *bucket = user;
  for (int i = 0; i < 20000; i++) {
    if (cspan_retry_bucket_take(bucket, 14)) {
      cspan_retry_bucket_give(bucket, 14);
    }
  }
  return NULL;
}

static void threads_share_a_bucket(void **state) {
  (void)state;
  pthread_t threads[4];
  cspan_retry_bucket bucket;
  cspan_retry_bucket_init(&bucket);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &bucket), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(atomic_load(&bucket.tokens), CSPAN_RETRY_CAPACITY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_are_classified),
      cmocka_unit_test(a_retryable_error_of_a_middleware_is_retried),
      cmocka_unit_test(backoff_follows_the_policy),
      cmocka_unit_test(attempts_and_costs_follow_the_policy),
      cmocka_unit_test(operations_that_wait_at_the_server_are_known),
      cmocka_unit_test(hints_are_read),
      cmocka_unit_test(the_bucket_runs_dry),
      cmocka_unit_test(threads_share_a_bucket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
