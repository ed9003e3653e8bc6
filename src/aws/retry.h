/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The standard retry mode, revision 2.1 and the older 2.0: what is retried, after how long, and a
 * token bucket that stops a client from adding to an outage. No I/O, no clock.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
 */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include <cloudspan/base.h>
#include <stdatomic.h>

enum {
  CSPAN_RETRY_CAPACITY = 500,
  CSPAN_RETRY_MAX_BACKOFF_MS = 20000,
  CSPAN_RETRY_HINT_RANGE_MS = 5000,
  CSPAN_RETRY_SKEW_S = 4 * 60
};

typedef enum cspan_retry_revision {
  CSPAN_RETRY_REVISION_2_1 = 0, /* the default of the AWS SDKs since November 2026 */
  CSPAN_RETRY_REVISION_2_0
} cspan_retry_revision;

/* The figures of a revision for a service. Static. */
typedef struct cspan_retry_policy {
  const char *service_id; /* NULL: all that no other policy is for */
  int64_t base_ms;        /* of the backoff */
  int64_t throttle_base_ms;
  cspan_retry_revision revision;
  int max_attempts; /* where nothing is configured */
  int cost;         /* tokens a retry */
  int timeout_cost;
  int throttle_cost;
  bool takes_hints;       /* the server may ask for more patience */
  bool caps_after_jitter; /* the longest sleep is cut off, rather than what is drawn from */
} cspan_retry_policy;

/* `service_id` as in the models: "DynamoDB". */
const cspan_retry_policy *cspan_retry_policy_of(cspan_retry_revision revision,
                                                const char *service_id);
/* Whether a call of the operation waits at the server for something to do. When the bucket has no
 * tokens for a retry of it, its error is held back for the backoff. */
bool cspan_retry_is_long_poll(const char *service_id, const char *operation);

typedef enum cspan_retry_class {
  CSPAN_RETRY_CLASS_NONE = 0,
  CSPAN_RETRY_CLASS_TRANSIENT,
  CSPAN_RETRY_CLASS_THROTTLE,
  CSPAN_RETRY_CLASS_CLOCK,      /* retried once, when the server's clock differs */
  CSPAN_RETRY_CLASS_CREDENTIALS /* retried once, with new credentials */
} cspan_retry_class;

/* Of an error by its status, code, HTTP status, and whether it was made as a retryable one. Timeouts are transient here: whether one
 * was the caller's deadline is for the caller to know. */
cspan_retry_class cspan_retry_classify(const cspan_error *error);

/* Tokens shared by the calls of a client. Thread-safe. */
typedef struct cspan_retry_bucket {
  atomic_int tokens;
} cspan_retry_bucket;

void cspan_retry_bucket_init(cspan_retry_bucket *bucket);
/* Takes `cost`, or nothing and false when there are fewer. */
bool cspan_retry_bucket_take(cspan_retry_bucket *bucket, int cost);
void cspan_retry_bucket_give(cspan_retry_bucket *bucket, int tokens);
/* Of the retry that follows an error of this class and status. */
int cspan_retry_cost(const cspan_retry_policy *policy, cspan_retry_class retry_class,
                     cspan_status status);

/* The sleep before the attempt after next: `retries` were made before (0 at the first), `unit`
 * is a random number in [0, 1), hint_ms is what the server asked for (-1: nothing). */
int64_t cspan_retry_backoff_ms(const cspan_retry_policy *policy, cspan_retry_class retry_class,
                               int retries, double unit, int64_t hint_ms);

/* What x-amz-retry-after (milliseconds) or else Retry-After (seconds) ask for; -1 for neither.
 * Either may be NULL. */
int64_t cspan_retry_hint_ms(const char *amz_retry_after, const char *retry_after);

#endif
