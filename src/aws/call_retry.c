/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a failed attempt is made again. */
#include <stdlib.h>

#include "aws/call.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

static const int64_t ns_per_ms = 1000000;
static const int64_t ns_per_s = 1000000000;

/* Takes the service's clock from its Date header. False when it is not that which is wrong. */
static bool correct_clock(struct cspan_call *call) {
  const char *date = cspan_call_response_header(call, "date");
  time_t theirs = 0;
  if (call->clock_retried || !date || !cspan_parse_http_date(date, &theirs)) {
    return false;
  }
  int64_t now_s = cspan_unix_ns() / ns_per_s;
  int64_t offset_s = (int64_t)theirs - now_s;
  int64_t known_s = atomic_load(&call->client->clock_offset_s);
  if (llabs(offset_s - known_s) <= CSPAN_RETRY_SKEW_S) {
    return false;
  }
  atomic_store(&call->client->clock_offset_s, offset_s);
  call->clock_retried = true;
  return true;
}

static bool renew_credentials(struct cspan_call *call) {
  if (call->credentials_retried || !cspan_call_refuse_identity(call)) {
    return false;
  }
  call->credentials_retried = true;
  return true;
}

/* Whether the request can be sent again and the response be received again. */
static bool is_repeatable(const struct cspan_call *call) {
  const cspan_call_response *response = &call->response;
  if (call->final_error || call->request.events.is_begun ||
      !cspan_source_can_rewind(&call->request.body)) {
    return false;
  }
  return !response->sink_dirty || response->sink.start;
}

static bool worth_it(struct cspan_call *call, cspan_retry_class retry_class) {
  switch (retry_class) {
  case CSPAN_RETRY_CLASS_TRANSIENT:
  case CSPAN_RETRY_CLASS_THROTTLE:
    return true;
  case CSPAN_RETRY_CLASS_CLOCK:
    return correct_clock(call);
  case CSPAN_RETRY_CLASS_CREDENTIALS:
    return renew_credentials(call);
  default:
    return false;
  }
}

/* The sleep before the next attempt; false when it would outlast the call. */
static bool choose_delay(const struct cspan_call *call, cspan_retry_class retry_class,
                         int64_t *delay_ms) {
  int64_t hint_ms = cspan_retry_hint_ms(cspan_call_response_header(call, "x-amz-retry-after"),
                                        cspan_call_response_header(call, "retry-after"));
  *delay_ms = cspan_retry_backoff_ms(call->client->retry_policy, retry_class, call->attempt - 1,
                                     cspan_random_unit(), hint_ms);
  int64_t deadline_ns = call->context.deadline_ns;
  /* The error at hand says more than the timeout that would follow. */
  return !deadline_ns || cspan_now_ns() + *delay_ms * ns_per_ms < deadline_ns;
}

cspan_retry_class cspan_call_retry_class(const struct cspan_call *call) {
  cspan_retry_class retry_class = cspan_retry_classify(call->error);
  return call->is_throttled && retry_class == CSPAN_RETRY_CLASS_TRANSIENT
             ? CSPAN_RETRY_CLASS_THROTTLE
             : retry_class;
}

cspan_retry_decision cspan_call_decide_retry(struct cspan_call *call, int64_t *backoff_ms) {
  cspan_retry_class retry_class = cspan_call_retry_class(call);
  cspan_error_set_retryable(call->error,
                            !call->final_error && (retry_class == CSPAN_RETRY_CLASS_TRANSIENT ||
                                                   retry_class == CSPAN_RETRY_CLASS_THROTTLE));
  if (cspan_context_status(&call->context) == CSPAN_OK && is_repeatable(call) &&
      cspan_call_follow_bucket(call)) {
    *backoff_ms = 0; /* nothing is wrong with the service, and the attempt costs it nothing */
    call->last_cost = 0;
    return CSPAN_RETRY_AGAIN;
  }
  if (retry_class == CSPAN_RETRY_CLASS_NONE || call->attempt >= call->max_attempts ||
      cspan_context_status(&call->context) != CSPAN_OK || !is_repeatable(call) ||
      !worth_it(call, retry_class) || !choose_delay(call, retry_class, backoff_ms)) {
    return CSPAN_RETRY_NOT;
  }
  int cost =
      cspan_retry_cost(call->client->retry_policy, retry_class, cspan_error_status(call->error));
  if (!cspan_retry_bucket_take(&call->client->bucket, cost)) {
    return cspan_retry_is_long_poll(call->client->service->id, call->operation->name)
               ? CSPAN_RETRY_HOLD_BACK
               : CSPAN_RETRY_NOT;
  }
  call->last_cost = cost;
  return CSPAN_RETRY_AGAIN;
}

void cspan_call_refund(struct cspan_call *call) {
  cspan_retry_bucket_give(&call->client->bucket, call->last_cost > 0 ? call->last_cost : 1);
}
