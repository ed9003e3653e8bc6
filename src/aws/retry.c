/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

#include <string.h>

#include "base/text.h"

static bool in_list(const char *code, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(code, list[i]) == 0) {
      return true;
    }
  }
  return false;
}

#define IN_LIST(code, list) in_list(code, list, sizeof(list) / sizeof(list)[0])

static const char *const throttle_codes[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
};

static const char *const transient_codes[] = {
    "IDPCommunicationError", /* of STS: the identity provider did not answer */
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
};

static const char *const clock_codes[] = {
    "AuthFailure",        "InvalidSignatureException", "RequestExpired",
    "RequestInTheFuture", "RequestTimeTooSkewed",      "SignatureDoesNotMatch",
};

static const char *const credential_codes[] = {
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
};

static cspan_retry_class classify_service(const cspan_error *error) {
  const char *code = cspan_error_code(error);
  int http_status = cspan_error_http_status(error);
  if (IN_LIST(code, throttle_codes) || http_status == 429) {
    return CSPAN_RETRY_CLASS_THROTTLE;
  }
  if (IN_LIST(code, clock_codes)) {
    return CSPAN_RETRY_CLASS_CLOCK;
  }
  if (IN_LIST(code, credential_codes)) {
    return CSPAN_RETRY_CLASS_CREDENTIALS;
  }
  bool transient = IN_LIST(code, transient_codes) || http_status == 500 || http_status == 502 ||
                   http_status == 503 || http_status == 504 ||
                   cspan_error_is_retryable(error); /* by the model */
  return transient ? CSPAN_RETRY_CLASS_TRANSIENT : CSPAN_RETRY_CLASS_NONE;
}

cspan_retry_class cspan_retry_classify(const cspan_error *error) {
  switch (cspan_error_status(error)) {
  case CSPAN_ERR_SERVICE:
    return classify_service(error);
  case CSPAN_ERR_CONNECT:
  case CSPAN_ERR_TIMEOUT:
  case CSPAN_ERR_CHECKSUM:
    return CSPAN_RETRY_CLASS_TRANSIENT;
  default:
    return cspan_error_is_retryable(error) ? CSPAN_RETRY_CLASS_TRANSIENT : CSPAN_RETRY_CLASS_NONE;
  }
}

void cspan_retry_bucket_init(cspan_retry_bucket *bucket) {
  atomic_init(&bucket->tokens, CSPAN_RETRY_CAPACITY);
}

bool cspan_retry_bucket_take(cspan_retry_bucket *bucket, int cost) {
  int have = atomic_load_explicit(&bucket->tokens, memory_order_relaxed);
  do {
    if (have < cost) {
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(&bucket->tokens, &have, have - cost,
                                                  memory_order_relaxed, memory_order_relaxed));
  return true;
}

void cspan_retry_bucket_give(cspan_retry_bucket *bucket, int tokens) {
  int have = atomic_load_explicit(&bucket->tokens, memory_order_relaxed);
  int want;
  do {
    want = have > CSPAN_RETRY_CAPACITY - tokens ? CSPAN_RETRY_CAPACITY : have + tokens;
    if (want == have) {
      return; /* full, as nearly always: no write to a line that all threads share */
    }
  } while (!atomic_compare_exchange_weak_explicit(&bucket->tokens, &have, want,
                                                  memory_order_relaxed, memory_order_relaxed));
}

int cspan_retry_cost(const cspan_retry_policy *policy, cspan_retry_class retry_class,
                     cspan_status status) {
  if (retry_class == CSPAN_RETRY_CLASS_THROTTLE) {
    return policy->throttle_cost;
  }
  return status == CSPAN_ERR_TIMEOUT ? policy->timeout_cost : policy->cost;
}

int64_t cspan_retry_backoff_ms(const cspan_retry_policy *policy, cspan_retry_class retry_class,
                               int retries, double unit, int64_t hint_ms) {
  static const double max_ms = CSPAN_RETRY_MAX_BACKOFF_MS;
  double most_ms = (double)(retry_class == CSPAN_RETRY_CLASS_THROTTLE ? policy->throttle_base_ms
                                                                      : policy->base_ms);
  /* Where the cap is for what is drawn, a small draw of a huge range goes over it all the same. */
  double enough_ms = policy->caps_after_jitter ? 1e12 : max_ms;
  for (int i = 0; i < retries && most_ms < enough_ms; i++) {
    most_ms *= 2;
  }
  if (!policy->caps_after_jitter && most_ms > max_ms) {
    most_ms = max_ms;
  }
  double drawn_ms = unit * most_ms;
  int64_t delay_ms = (int64_t)(drawn_ms < max_ms ? drawn_ms : max_ms);
  if (policy->takes_hints && hint_ms > delay_ms) {
    int64_t latest_ms = delay_ms + CSPAN_RETRY_HINT_RANGE_MS;
    delay_ms = hint_ms < latest_ms ? hint_ms : latest_ms;
  }
  return delay_ms;
}

int64_t cspan_retry_hint_ms(const char *amz_retry_after, const char *retry_after) {
  int64_t value = 0;
  if (amz_retry_after && cspan_parse_i64(amz_retry_after, &value) && value >= 0) {
    return value;
  }
  /* The form with a date is not worth its clock problems: the jitter stands in for it. */
  if (retry_after && cspan_parse_i64(retry_after, &value) && value >= 0) {
    return value > INT64_MAX / 1000 ? INT64_MAX : value * 1000;
  }
  return -1;
}
