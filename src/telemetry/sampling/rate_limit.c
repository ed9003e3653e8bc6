/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/rate_limit.h"

#include <stdio.h>

#include "base/alloc.h"
#include "telemetry/sampling/samplers.h"

/* No interval or burst is longer, so that sums of a few fit. */
#define LONGEST_NS (INT64_MAX / 8)

static int64_t as_ns(double ns) {
  return ns < (double)LONGEST_NS ? (int64_t)ns : LONGEST_NS;
}

void cspan_rate_limit_init(cspan_rate_limit *limit, double per_second, double burst) {
  limit->interval_ns = 0;
  limit->burst_ns = 0;
  atomic_init(&limit->full_at, INT64_MIN / 2);
  if (!(per_second > 0)) {
    return;
  }
  burst = burst > 0 ? burst : per_second;
  burst = burst > 1 ? burst : 1;
  double interval = 1e9 / per_second;
  limit->interval_ns = interval > 1 ? as_ns(interval) : 1;
  limit->burst_ns = as_ns(interval * (burst - 1));
}

bool cspan_rate_limit_take(cspan_rate_limit *limit, int64_t now_ns) {
  if (limit->interval_ns == 0) {
    return false;
  }
  int64_t full_at = atomic_load_explicit(&limit->full_at, memory_order_relaxed);
  int64_t next;
  do {
    int64_t from = full_at > now_ns ? full_at : now_ns;
    if (from - now_ns > limit->burst_ns) {
      return false;
    }
    next = from + limit->interval_ns;
  } while (!atomic_compare_exchange_weak_explicit(&limit->full_at, &full_at, next,
                                                  memory_order_relaxed, memory_order_relaxed));
  return true;
}

/* ------------------------------------------------------------------ the sampler */

typedef struct rate_sampler {
  cspan_rate_limit limit;
  cspan_clock_fn clock;
  char description[32 + CSPAN_RATIO_TEXT_MAX];
} rate_sampler;

/* How likely it was is not known: a threshold from before would be wrong. */
static void sample_some(void *self, const cspan_sampling_input *input,
                        cspan_sampling_result *result) {
  rate_sampler *rate = self;
  bool is_sampled = cspan_rate_limit_take(&rate->limit, rate->clock());
  result->decision = is_sampled ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP;
  if (input->parent->trace_state != NULL) {
    result->trace_state =
        cspan_ot_with_threshold(input->parent->trace_state, CSPAN_THRESHOLD_ABSENT);
  }
}

static const char *describe(void *self) {
  return ((rate_sampler *)self)->description;
}

/* Three decimals are enough to tell two limits apart. */
static void write_description(rate_sampler *rate, double per_second) {
  uint64_t thousandths =
      per_second > 0 ? (per_second < 1e12 ? (uint64_t)(per_second * 1e3 + 0.5) : (uint64_t)1e15)
                     : 0;
  snprintf(rate->description, sizeof rate->description, "RateLimitingSampler{%llu.%03llu}",
           (unsigned long long)(thousandths / 1000), (unsigned long long)(thousandths % 1000));
}

cspan_sampler *cspan_sampler_rate_limited_by(double per_second, double burst,
                                             cspan_clock_fn clock) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_some, describe, cspan_free};
  rate_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    return NULL;
  }
  cspan_rate_limit_init(&self->limit, per_second, burst);
  self->clock = clock;
  write_description(self, per_second);
  return cspan_sampler_create(&vtable, self);
}

cspan_sampler *cspan_sampler_rate_limited(double per_second, double burst) {
  return cspan_sampler_rate_limited_by(per_second, burst, cspan_now_ns);
}
