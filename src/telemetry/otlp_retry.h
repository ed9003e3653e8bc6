/* SPDX-License-Identifier: Apache-2.0 */
/* When to try again: exponential backoff with jitter. */
#ifndef TELEMETRY_OTLP_RETRY_H
#define TELEMETRY_OTLP_RETRY_H

#include <stdint.h>

/* Zero fields: 1,000 ms, 5,000 ms. */
typedef struct cspan_otlp_retry {
  int64_t initial_ms;
  int64_t max_ms;
} cspan_otlp_retry;

/* The wait before the attempt-th retry (from 1). `asked_ms` is what the receiver
 * wants, -1 or 0 when it does not say: then, and only then, the backoff counts.
 * `random` is in [0, 1). */
int64_t cspan_otlp_retry_delay_ms(const cspan_otlp_retry *retry, unsigned attempt, int64_t asked_ms,
                                  double random);

#endif
