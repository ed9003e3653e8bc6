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

/* Attributes of a result with more behind them, in an array of the calling thread that the next
 * call overwrites. What is beyond its size is left out. */
enum { CSPAN_SAMPLER_ATTRS_MAX = 64 };
void cspan_sampler_add_attrs(cspan_sampling_result *result, const cspan_attr *more, size_t count);

#endif
