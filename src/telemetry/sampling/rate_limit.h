/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket in one word: the time at which it will be full again. */
#ifndef TELEMETRY_SAMPLING_RATE_LIMIT_H
#define TELEMETRY_SAMPLING_RATE_LIMIT_H

#include <stdatomic.h>

#include <cloudspan/sampling.h>

/* Nanoseconds that never go back. */
typedef int64_t (*cspan_clock_fn)(void);

typedef struct cspan_rate_limit {
  int64_t interval_ns; /* of a token; 0: there are none */
  int64_t burst_ns;    /* of all tokens but one */
  _Atomic int64_t full_at;
} cspan_rate_limit;

/* `burst` 0: one second's worth, at least 1. */
void cspan_rate_limit_init(cspan_rate_limit *limit, double per_second, double burst);
/* Takes a token; false when there is none. */
bool cspan_rate_limit_take(cspan_rate_limit *limit, int64_t now_ns);

/* The sampler, by that clock. */
cspan_sampler *cspan_sampler_rate_limited_by(double per_second, double burst, cspan_clock_fn clock);

#endif
