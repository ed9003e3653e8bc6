/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of the retry modes, and the services that differ. */
#include <string.h>

#include "aws/retry.h"

/* Of a revision, the services that differ come first: revision, service, attempts, least backoff
 * in ms, that of a throttling, tokens a retry, of one after a timeout, of one after a throttling,
 * takes hints, caps after jitter. */
static const cspan_retry_policy policies[] = {
    {"DynamoDB", 25, 1000, CSPAN_RETRY_REVISION_2_1, 4, 14, 14, 5, true, false},
    {"DynamoDB Streams", 25, 1000, CSPAN_RETRY_REVISION_2_1, 4, 14, 14, 5, true, false},
    {NULL, 50, 1000, CSPAN_RETRY_REVISION_2_1, 3, 14, 14, 5, true, false},
    {NULL, 1000, 1000, CSPAN_RETRY_REVISION_2_0, 3, 5, 10, 5, false, true},
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
