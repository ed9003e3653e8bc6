/* SPDX-License-Identifier: Apache-2.0 */
/* What an attempt waits for before it begins: the session that it is signed by, and the rate
 * limiter of the adaptive retry mode. */
#include "aws/call.h"
#include "base/error.h"

static const double ns_per_s = 1e9;
static const double ms_per_s = 1e3;
static const double max_wait_s = 60; /* then the limiter is asked again */

static double now_s(void) {
  return (double)cspan_now_ns() / ns_per_s;
}

static bool is_limited(const struct cspan_call *call) {
  return call->client->config->retry_mode == CSPAN_RETRY_ADAPTIVE;
}

static int64_t limiter_wait_ms(cspan_aws_client *client) {
  pthread_mutex_lock(&client->rate_mutex);
  double wait_s = cspan_rate_limiter_take(&client->rate, now_s());
  pthread_mutex_unlock(&client->rate_mutex);
  int64_t wait_ms = (int64_t)((wait_s < max_wait_s ? wait_s : max_wait_s) * ms_per_s);
  return wait_s > 0 && wait_ms == 0 ? 1 : wait_ms;
}

cspan_status cspan_call_gate(struct cspan_call *call, int64_t *wait_ms, cspan_error **error) {
  *wait_ms = 0;
  if (cspan_call_auth_kind(call) == CSPAN_AUTH_S3EXPRESS) {
    bool waits = false;
    cspan_status status = cspan_express_enter(call, &waits, error);
    if (status != CSPAN_OK) {
      call->final_error = true; /* asking for a session has its own retries */
      return status;
    }
    *wait_ms = waits ? CSPAN_EXPRESS_POLL_MS : 0;
  }
  if (*wait_ms == 0 && is_limited(call)) {
    *wait_ms = limiter_wait_ms(call->client);
    call->limited_ms += *wait_ms;
  }
  return CSPAN_OK;
}

void cspan_call_measure(struct cspan_call *call) {
  cspan_aws_client *client = call->client;
  if (!is_limited(call) || !call->response.has_timings) {
    return; /* nothing was sent */
  }
  bool throttled = call->error && cspan_call_retry_class(call) == CSPAN_RETRY_CLASS_THROTTLE;
  pthread_mutex_lock(&client->rate_mutex);
  cspan_rate_limiter_update(&client->rate, throttled, now_s());
  pthread_mutex_unlock(&client->rate_mutex);
}
