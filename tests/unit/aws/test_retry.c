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

typedef struct backoff_case {
  cspan_retry_class retry_class;
  int retries;
  double unit;
  int64_t hint_ms;
  int64_t expected_ms;
} backoff_case;

static const backoff_case backoffs[] = {
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.0, -1, 0},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, -1, 25},
    {CSPAN_RETRY_CLASS_TRANSIENT, 1, 0.5, -1, 50},
    {CSPAN_RETRY_CLASS_TRANSIENT, 3, 0.5, -1, 200},
    {CSPAN_RETRY_CLASS_TRANSIENT, 100, 0.5, -1, 10000},
    {CSPAN_RETRY_CLASS_THROTTLE, 0, 0.5, -1, 500},
    {CSPAN_RETRY_CLASS_THROTTLE, 2, 0.5, -1, 2000},
    {CSPAN_RETRY_CLASS_THROTTLE, 60, 0.999, -1, 19980},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 10, 25},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 1000, 1000},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, 900000, 5025},
    {CSPAN_RETRY_CLASS_TRANSIENT, 0, 0.5, INT64_MAX, 5025},
};

static void backoff_follows_the_revision(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof backoffs / sizeof backoffs[0]; i++) {
    const backoff_case *each = &backoffs[i];
    assert_int_equal(
        cspan_retry_backoff_ms(each->retry_class, each->retries, each->unit, each->hint_ms),
        each->expected_ms);
  }
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
  while (cspan_retry_bucket_take(&bucket, CSPAN_RETRY_COST)) {
    taken++;
  }
  assert_int_equal(taken, 35); /* 500 / 14 */
  assert_false(cspan_retry_bucket_take(&bucket, 11));
  assert_true(cspan_retry_bucket_take(&bucket, 10));
  cspan_retry_bucket_give(&bucket, CSPAN_RETRY_CAPACITY);
  cspan_retry_bucket_give(&bucket, 100);
  assert_int_equal(atomic_load(&bucket.tokens), CSPAN_RETRY_CAPACITY);
  assert_int_equal(cspan_retry_cost(CSPAN_RETRY_CLASS_THROTTLE), 5);
  assert_int_equal(cspan_retry_cost(CSPAN_RETRY_CLASS_TRANSIENT), 14);
}

static void *take_and_give(void *user) {
  cspan_retry_bucket *bucket = user;
  for (int i = 0; i < 20000; i++) {
    if (cspan_retry_bucket_take(bucket, CSPAN_RETRY_COST)) {
      cspan_retry_bucket_give(bucket, CSPAN_RETRY_COST);
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
      cmocka_unit_test(backoff_follows_the_revision),
      cmocka_unit_test(hints_are_read),
      cmocka_unit_test(the_bucket_runs_dry),
      cmocka_unit_test(threads_share_a_bucket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
