/* SPDX-License-Identifier: Apache-2.0 */
/* What samplers made of samplers share. */
#ifndef TELEMETRY_SAMPLING_SAMPLERS_H
#define TELEMETRY_SAMPLING_SAMPLERS_H

#include <cloudspan/ext/sampler.h>

#include "telemetry/sampling/ot_state.h"

static inline void cspan_sampler_ask(const cspan_sampler *sampler,
                                     const cspan_sampling_input *input,
                                     cspan_sampling_result *result) {
  sampler->vtable->should_sample(sampler->self, input, result);
}

static inline const char *cspan_sampler_text(const cspan_sampler *sampler) {
  const char *text =
      sampler->vtable->description != NULL ? sampler->vtable->description(sampler->self) : NULL;
  return text != NULL ? text : "?";
}

/* What is known beforehand of a span that has no parent: a sampler that always does the same, and
 * says no more of it, need not be asked. */
typedef enum cspan_root_sampling {
  CSPAN_ROOTS_ASK,
  CSPAN_ROOTS_TAKE,
  CSPAN_ROOTS_DROP
} cspan_root_sampling;
cspan_root_sampling cspan_sampler_of_roots(const cspan_sampler *sampler);
/* The same, where it asks no other one. */
cspan_root_sampling cspan_sampler_always(const cspan_sampler *sampler);

/* Attributes of a result with more behind them, in an array of the calling thread that the next
 * call overwrites. What is beyond its size is left out. */
enum { CSPAN_SAMPLER_ATTRS_MAX = 64 };
void cspan_sampler_add_attrs(cspan_sampling_result *result, const cspan_attr *more, size_t count);

#endif
