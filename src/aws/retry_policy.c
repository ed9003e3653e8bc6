/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of the retry modes, and the services that differ. */
#include <string.h>

#include "aws/retry.h"

/* Of a revision, the services that differ come first. */
static const cspan_retry_policy policies[] = {
    {.revision = CSPAN_RETRY_REVISION_2_1,
     .service_id = "DynamoDB",
     .max_attempts = 4,
     .base_ms = 25,
     .throttle_base_ms = 1000,
     .cost = 14,
     .timeout_cost = 14,
     .throttle_cost = 5,
     .takes_hints = true},
    {.revision = CSPAN_RETRY_REVISION_2_1,
     .service_id = "DynamoDB Streams",
     .max_attempts = 4,
     .base_ms = 25,
     .throttle_base_ms = 1000,
     .cost = 14,
     .timeout_cost = 14,
     .throttle_cost = 5,
     .takes_hints = true},
    {.revision = CSPAN_RETRY_REVISION_2_1,
     .max_attempts = CSPAN_RETRY_DEFAULT_ATTEMPTS,
     .base_ms = 50,
     .throttle_base_ms = 1000,
     .cost = 14,
     .timeout_cost = 14,
     .throttle_cost = 5,
     .takes_hints = true},
    {.revision = CSPAN_RETRY_REVISION_2_0,
     .max_attempts = CSPAN_RETRY_DEFAULT_ATTEMPTS,
     .base_ms = 1000,
     .throttle_base_ms = 1000,
     .cost = 5,
     .timeout_cost = 10,
     .throttle_cost = 5,
     .caps_after_jitter = true},
};

const cspan_retry_policy *cspan_retry_policy_of(cspan_retry_revision revision,
                                                const char *service_id) {
  const cspan_retry_policy *each = policies;
  while (each->revision != revision ||
         (each->service_id && strcmp(each->service_id, service_id) != 0)) {
    each++;
  }
  return each;
}

/* Programs call these in a loop: one that fails at once would spin. */
static const struct {
  const char *service_id;
  const char *operation;
} long_polls[] = {
    {"SQS", "ReceiveMessage"},
    {"SFN", "GetActivityTask"},
    {"SWF", "PollForActivityTask"},
    {"SWF", "PollForDecisionTask"},
};

bool cspan_retry_is_long_poll(const char *service_id, const char *operation) {
  for (size_t i = 0; i < sizeof long_polls / sizeof long_polls[0]; i++) {
    if (strcmp(long_polls[i].service_id, service_id) == 0 &&
        strcmp(long_polls[i].operation, operation) == 0) {
      return true;
    }
  }
  return false;
}
