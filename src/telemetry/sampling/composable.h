/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_SAMPLING_COMPOSABLE_H
#define TELEMETRY_SAMPLING_COMPOSABLE_H

#include <cloudspan/ext/sampler.h>

static inline void cspan_composable_ask(const cspan_composable_sampler *sampler,
                                        const cspan_sampling_input *input,
                                        cspan_sampling_intent *intent) {
  sampler->vtable->sampling_intent(sampler->self, input, intent);
}

static inline const char *cspan_composable_text(const cspan_composable_sampler *sampler) {
  const char *text =
      sampler->vtable->description != NULL ? sampler->vtable->description(sampler->self) : NULL;
  return text != NULL ? text : "?";
}

#endif
