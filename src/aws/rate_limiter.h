/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client-side rate limiter of the adaptive retry mode: a token bucket whose rate follows a
 * cubic curve, as TCP's CUBIC does, after the service throttled. No I/O, no clock: times are
 * seconds of a clock that does not jump. Not thread-safe.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior" (adaptive mode); RFC 8312 for the
 * curve.
 */
#ifndef AWS_RATE_LIMITER_H
#define AWS_RATE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cspan_rate_limiter {
  bool enabled; /* from the first throttling on */
  double fill_rate;
  double max_capacity;
  double capacity;
  double last_refill_s;
  bool was_refilled;
  double measured_rate; /* requests a second, smoothed */
  double last_bucket_s; /* half seconds are counted together */
  uint64_t request_count;
  double last_max_rate; /* at the last throttling */
  double last_throttle_s;
  double time_window_s; /* until the curve is back at that rate */
} cspan_rate_limiter;

void cspan_rate_limiter_init(cspan_rate_limiter *limiter, double now_s);
/* Before a request: takes a token and gives 0, or gives the seconds after which to ask again. */
double cspan_rate_limiter_take(cspan_rate_limiter *limiter, double now_s);
/* After its response. */
void cspan_rate_limiter_update(cspan_rate_limiter *limiter, bool throttled, double now_s);

#endif
