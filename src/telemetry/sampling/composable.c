/* SPDX-License-Identifier: Apache-2.0 */
/* The composable samplers that are built in. */
#include "telemetry/sampling/composable.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/sampling/match.h"
#include "telemetry/sampling/ot_state.h"

bool cspan_intent_add(cspan_sampling_intent *intent, const cspan_intent_provider *provider) {
  if (intent->provider_count >= CSPAN_INTENT_PROVIDERS_MAX) {
    return false;
  }
  intent->providers[intent->provider_count++] = *provider;
  return true;
}

/* ----------------------------------------------------------------- always on, off */

static void all_intent(void *self, const cspan_sampling_input *input,
                       cspan_sampling_intent *intent) {
  (void)self;
  (void)input;
  intent->threshold = 0;
  intent->threshold_reliable = true;
}

static const char *describe_on(void *self) {
  (void)self;
  return "ComposableAlwaysOn";
}

static void no_intent(void *self, const cspan_sampling_input *input,
                      cspan_sampling_intent *intent) {
  (void)self;
  (void)input;
  intent->threshold = CSPAN_THRESHOLD_NEVER;
  intent->threshold_reliable = false;
}

static const char *describe_off(void *self) {
  (void)self;
  return "ComposableAlwaysOff";
}

cspan_composable_sampler *cspan_composable_always_on(void) {
  static const cspan_composable_vtable vtable = {
      .size = sizeof vtable, .sampling_intent = all_intent, .description = describe_on};
  return cspan_composable_create(&vtable, NULL);
}

cspan_composable_sampler *cspan_composable_always_off(void) {
  static const cspan_composable_vtable vtable = {
      .size = sizeof vtable, .sampling_intent = no_intent, .description = describe_off};
  return cspan_composable_create(&vtable, NULL);
}

/* --------------------------------------------------------------------- probability */

typedef struct probability {
  uint64_t threshold;
  char description[32 + CSPAN_RATIO_TEXT_MAX];
} probability;

static void probability_intent(void *self, const cspan_sampling_input *input,
                               cspan_sampling_intent *intent) {
  const probability *p = self;
  (void)input;
  intent->threshold = p->threshold;
  intent->threshold_reliable = p->threshold != CSPAN_THRESHOLD_NEVER;
}

static const char *describe_probability(void *self) {
  return ((probability *)self)->description;
}

cspan_composable_sampler *cspan_composable_probability(double ratio) {
  static const cspan_composable_vtable vtable = {.size = sizeof vtable,
                                                 .sampling_intent = probability_intent,
                                                 .description = describe_probability,
                                                 .free = cspan_free};
  enum { DESCRIBED_DIGITS = 6 };
  probability *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    return NULL;
  }
  char text[CSPAN_RATIO_TEXT_MAX];
  cspan_ratio_text(ratio, DESCRIBED_DIGITS, text);
  self->threshold = cspan_threshold_of_ratio(ratio);
  snprintf(self->description, sizeof self->description, "ComposableProbability{%s}", text);
  return cspan_composable_create(&vtable, self);
}

/* ---------------------------------------------------------------- parent threshold */

typedef struct parent_threshold {
  cspan_composable_sampler *root;
  char *description;
} parent_threshold;

static void parent_intent(void *self, const cspan_sampling_input *input,
                          cspan_sampling_intent *intent) {
  const parent_threshold *p = self;
  const cspan_span_context *parent = input->parent;
  if (!cspan_span_context_is_valid(parent)) {
    cspan_composable_ask(p->root, input, intent);
    return;
  }
  bool is_sampled = cspan_span_context_is_sampled(parent);
  cspan_ot_state state = cspan_ot_parse(parent->trace_state);
  bool says_sampled = state.threshold != CSPAN_THRESHOLD_ABSENT &&
                      cspan_ot_randomness(&state, input->trace_id) >= state.threshold;
  if (state.threshold != CSPAN_THRESHOLD_ABSENT && says_sampled == is_sampled) {
    intent->threshold = state.threshold;
    intent->threshold_reliable = true;
  } else { /* none, or one that does not go with the flag */
    intent->threshold = is_sampled ? 0 : CSPAN_THRESHOLD_NEVER;
    intent->threshold_reliable = false;
  }
}

static const char *describe_parent(void *self) {
  return ((parent_threshold *)self)->description;
}

static void free_parent(void *self) {
  parent_threshold *p = self;
  cspan_composable_sampler_free(p->root);
  cspan_free(p->description);
  cspan_free(p);
}

cspan_composable_sampler *cspan_composable_parent_threshold(cspan_composable_sampler *root) {
  static const cspan_composable_vtable vtable = {.size = sizeof vtable,
                                                 .sampling_intent = parent_intent,
                                                 .description = describe_parent,
                                                 .free = free_parent};
  parent_threshold *self = root != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  if (self == NULL) {
    cspan_composable_sampler_free(root);
    return NULL;
  }
  self->root = root;
  self->description =
      cspan_asprintf("ComposableParentThreshold{root:%s}", cspan_composable_text(root));
  if (self->description == NULL) {
    free_parent(self);
    return NULL;
  }
  return cspan_composable_create(&vtable, self);
}

/* ---------------------------------------------------------------------- rule based */

typedef struct rule_based {
  cspan_composable_rule *rules;
  size_t count;
  char description[48];
} rule_based;

static void rule_intent(void *self, const cspan_sampling_input *input,
                        cspan_sampling_intent *intent) {
  const rule_based *based = self;
  for (size_t i = 0; i < based->count; i++) {
    if (cspan_span_match_start(&based->rules[i].match, input)) {
      cspan_composable_ask(based->rules[i].sampler, input, intent);
      return;
    }
  }
}

static const char *describe_rules(void *self) {
  return ((rule_based *)self)->description;
}

static void free_rules(void *self) {
  rule_based *based = self;
  for (size_t i = 0; i < based->count; i++) {
    cspan_span_match_free(&based->rules[i].match);
    cspan_composable_sampler_free(based->rules[i].sampler);
  }
  cspan_free(based->rules);
  cspan_free(based);
}

cspan_composable_sampler *cspan_composable_rule_based(const cspan_composable_rule *rules,
                                                      size_t rule_count) {
  static const cspan_composable_vtable vtable = {.size = sizeof vtable,
                                                 .sampling_intent = rule_intent,
                                                 .description = describe_rules,
                                                 .free = free_rules};
  rule_based *self = cspan_calloc(1, sizeof *self);
  cspan_composable_rule *copies = cspan_calloc(rule_count > 0 ? rule_count : 1, sizeof *copies);
  if (self == NULL || copies == NULL) {
    for (size_t i = 0; i < rule_count; i++) {
      cspan_composable_sampler_free(rules[i].sampler);
    }
    cspan_free(copies);
    cspan_free(self);
    return NULL;
  }
  bool ok = true;
  self->rules = copies;
  self->count = rule_count;
  for (size_t i = 0; i < rule_count; i++) {
    copies[i].sampler = rules[i].sampler;
    ok = ok && rules[i].sampler != NULL && cspan_span_match_copy(&copies[i].match, &rules[i].match);
  }
  if (!ok) {
    free_rules(self);
    return NULL;
  }
  snprintf(self->description, sizeof self->description, "ComposableRuleBased{%zu rules}",
           rule_count);
  return cspan_composable_create(&vtable, self);
}

/* ---------------------------------------------------------------------- annotating */

typedef struct annotating {
  cspan_composable_sampler *delegate;
  cspan_attr *attributes;
  size_t count;
  char *description;
} annotating;

static size_t give_attributes(void *self, const cspan_sampling_input *input,
                              const cspan_attr **out) {
  const annotating *a = self;
  (void)input;
  *out = a->attributes;
  return a->count;
}

static void annotating_intent(void *self, const cspan_sampling_input *input,
                              cspan_sampling_intent *intent) {
  const annotating *a = self;
  const cspan_intent_provider provider = {.self = self, .attributes = give_attributes};
  cspan_composable_ask(a->delegate, input, intent);
  (void)cspan_intent_add(intent, &provider);
}

static const char *describe_annotating(void *self) {
  return ((annotating *)self)->description;
}

static void free_annotating(void *self) {
  annotating *a = self;
  cspan_composable_sampler_free(a->delegate);
  for (size_t i = 0; i < a->count; i++) {
    cspan_attr_copy_free(&a->attributes[i]);
  }
  cspan_free(a->attributes);
  cspan_free(a->description);
  cspan_free(a);
}

cspan_composable_sampler *cspan_composable_annotating(cspan_composable_sampler *delegate,
                                                      const cspan_attr *attributes,
                                                      size_t attribute_count) {
  static const cspan_composable_vtable vtable = {.size = sizeof vtable,
                                                 .sampling_intent = annotating_intent,
                                                 .description = describe_annotating,
                                                 .free = free_annotating};
  annotating *self = delegate != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  if (self == NULL) {
    cspan_composable_sampler_free(delegate);
    return NULL;
  }
  self->delegate = delegate;
  self->description = cspan_asprintf("ComposableAnnotating{%s}", cspan_composable_text(delegate));
  self->attributes =
      cspan_calloc(attribute_count > 0 ? attribute_count : 1, sizeof *self->attributes);
  bool ok = self->description != NULL && self->attributes != NULL;
  while (ok && self->count < attribute_count) {
    ok = cspan_attr_copy(&self->attributes[self->count], &attributes[self->count]);
    self->count += ok;
  }
  if (!ok) {
    free_annotating(self);
    return NULL;
  }
  return cspan_composable_create(&vtable, self);
}
