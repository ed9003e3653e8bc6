/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rate_limiter.h"

#include <math.h>

static const double min_fill_rate = 0.5;
static const double min_capacity = 1;
static const double beta = 0.7;           /* what is left of the rate after a throttling */
static const double scale_constant = 0.4; /* of the curve */
static const double smoothing = 0.8;
static const double buckets_a_second = 2;

void cspan_rate_limiter_init(cspan_rate_limiter *limiter, double now_s) {
  *limiter = (cspan_rate_limiter){.last_bucket_s = floor(now_s), .last_throttle_s = now_s};
}

static void refill(cspan_rate_limiter *limiter, double now_s) {
  if (limiter->was_refilled) {
    double more = (now_s - limiter->last_refill_s) * limiter->fill_rate;
    limiter->capacity = fmin(limiter->max_capacity, limiter->capacity + more);
  }
  limiter->was_refilled = true;
  limiter->last_refill_s = now_s;
}

double cspan_rate_limiter_take(cspan_rate_limiter *limiter, double now_s) {
  if (!limiter->enabled) {
    return 0;
  }
  refill(limiter, now_s);
  if (limiter->capacity >= 1) {
    limiter->capacity -= 1;
    return 0;
  }
  return (1 - limiter->capacity) / limiter->fill_rate;
}

static void measure(cspan_rate_limiter *limiter, double now_s) {
  double bucket_s = floor(now_s * buckets_a_second) / buckets_a_second;
  limiter->request_count++;
  if (bucket_s > limiter->last_bucket_s) {
    double rate = (double)limiter->request_count / (bucket_s - limiter->last_bucket_s);
    limiter->measured_rate = rate * smoothing + limiter->measured_rate * (1 - smoothing);
    limiter->request_count = 0;
    limiter->last_bucket_s = bucket_s;
  }
}

static void set_time_window(cspan_rate_limiter *limiter) {
  limiter->time_window_s = cbrt(limiter->last_max_rate * (1 - beta) / scale_constant);
}

static void set_rate(cspan_rate_limiter *limiter, double rate, double now_s) {
  refill(limiter, now_s); /* at the rate that was */
  limiter->fill_rate = fmax(rate, min_fill_rate);
  limiter->max_capacity = fmax(rate, min_capacity);
  limiter->capacity = fmin(limiter->capacity, limiter->max_capacity);
}

void cspan_rate_limiter_update(cspan_rate_limiter *limiter, bool throttled, double now_s) {
  double rate;
  measure(limiter, now_s);
  if (throttled) {
    limiter->last_max_rate = limiter->enabled ? fmin(limiter->measured_rate, limiter->fill_rate)
                                              : limiter->measured_rate;
    limiter->last_throttle_s = now_s;
    limiter->enabled = true;
    set_time_window(limiter);
    rate = limiter->last_max_rate * beta;
  } else {
    set_time_window(limiter);
    double from_s = now_s - limiter->last_throttle_s - limiter->time_window_s;
    rate = scale_constant * from_s * from_s * from_s + limiter->last_max_rate;
  }
  set_rate(limiter, fmin(rate, 2 * limiter->measured_rate), now_s);
}
