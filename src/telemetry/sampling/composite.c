/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding by the intent of a composable sampler. */
#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/sampling/composable.h"
#include "telemetry/sampling/samplers.h"

typedef struct composite_sampler {
  cspan_composable_sampler *composable;
  char *description;
} composite_sampler;

static void add_attributes(const cspan_sampling_intent *intent, const cspan_sampling_input *input,
                           cspan_sampling_result *result) {
  for (size_t i = 0; i < intent->provider_count; i++) {
    const cspan_intent_provider *provider = &intent->providers[i];
    if (provider->attributes != NULL) {
      const cspan_attr *attributes = NULL;
      size_t count = provider->attributes(provider->self, input, &attributes);
      cspan_sampler_add_attrs(result, attributes, attributes != NULL ? count : 0);
    }
  }
}

static const char *provided_state(const cspan_sampling_intent *intent, const char *state) {
  for (size_t i = 0; i < intent->provider_count; i++) {
    const cspan_intent_provider *provider = &intent->providers[i];
    if (provider->trace_state != NULL) {
      const char *made = provider->trace_state(provider->self, state != NULL ? state : "");
      state = made != NULL ? made : state;
    }
  }
  return state;
}

static void sample_by_intent(void *self, const cspan_sampling_input *input,
                             cspan_sampling_result *result) {
  const composite_sampler *composite = self;
  const char *before = input->parent->trace_state;
  cspan_sampling_intent intent = {.threshold = CSPAN_THRESHOLD_NEVER};
  cspan_composable_ask(composite->composable, input, &intent);
  cspan_ot_state state = cspan_ot_parse(before);
  bool is_sampled = cspan_ot_randomness(&state, input->trace_id) >= intent.threshold;
  result->decision = is_sampled ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP;
  if (is_sampled) {
    add_attributes(&intent, input, result);
  }
  const char *after = provided_state(&intent, before);
  bool is_told = is_sampled && intent.threshold_reliable;
  const char *with =
      cspan_ot_with_threshold(after, is_told ? intent.threshold : CSPAN_THRESHOLD_ABSENT);
  result->trace_state = with != NULL ? with : (after != before ? after : NULL);
}

static const char *describe(void *self) {
  return ((composite_sampler *)self)->description;
}

static void free_composite(void *self) {
  composite_sampler *composite = self;
  cspan_composable_sampler_free(composite->composable);
  cspan_free(composite->description);
  cspan_free(composite);
}

cspan_sampler *cspan_sampler_composite(cspan_composable_sampler *composable) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_by_intent, describe,
                                              free_composite};
  if (composable == NULL) {
    return NULL;
  }
  composite_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    cspan_composable_sampler_free(composable);
    return NULL;
  }
  self->composable = composable;
  self->description = cspan_asprintf("CompositeSampler{%s}", cspan_composable_text(composable));
  if (self->description == NULL) {
    free_composite(self);
    return NULL;
  }
  return cspan_sampler_create(&vtable, self);
}
