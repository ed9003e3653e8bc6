/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"

static void no_free(void *self) {
  (void)self;
}

static void sample_all(void *self, const cspan_sampling_input *input,
                       cspan_sampling_result *result) {
  (void)self;
  (void)input;
  result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
}

static const char *describe_on(void *self) {
  (void)self;
  return "AlwaysOnSampler";
}

static void sample_none(void *self, const cspan_sampling_input *input,
                        cspan_sampling_result *result) {
  (void)self;
  (void)input;
  result->decision = CSPAN_SAMPLING_DROP;
}

static const char *describe_off(void *self) {
  (void)self;
  return "AlwaysOffSampler";
}

cspan_sampler *cspan_sampler_always_on(void) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_all, describe_on, no_free};
  return cspan_sampler_create(&vtable, NULL);
}

cspan_sampler *cspan_sampler_always_off(void) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_none, describe_off, no_free};
  return cspan_sampler_create(&vtable, NULL);
}

/* ------------------------------------------------------------ trace id ratio */

#define RANDOMNESS_BITS 56
#define RANDOMNESS_END  (UINT64_C(1) << RANDOMNESS_BITS)

typedef struct ratio_sampler {
  uint64_t threshold; /* trace ids whose randomness is below are dropped */
  char description[48];
} ratio_sampler;

static void sample_ratio(void *self, const cspan_sampling_input *input,
                         cspan_sampling_result *result) {
  const ratio_sampler *ratio = self;
  uint64_t randomness = 0;
  for (size_t i = 9; i < 16; i++) {
    randomness = randomness << 8 | input->trace_id[i];
  }
  result->decision =
      randomness >= ratio->threshold ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP;
}

static const char *describe_ratio(void *self) {
  return ((ratio_sampler *)self)->description;
}

cspan_sampler *cspan_sampler_trace_id_ratio(double ratio) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_ratio, describe_ratio,
                                              cspan_free};
  ratio_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    return NULL;
  }
  if (!(ratio > 0)) {
    ratio = 0;
  } else if (ratio > 1) {
    ratio = 1;
  }
  self->threshold = (uint64_t)((1 - ratio) * (double)RANDOMNESS_END + 0.5);
  /* Not "%f", which writes what the locale has for a point. */
  unsigned millionths = (unsigned)(ratio * 1e6 + 0.5);
  snprintf(self->description, sizeof self->description, "TraceIdRatioBased{%u.%06u}",
           millionths / 1000000, millionths % 1000000);
  return cspan_sampler_create(&vtable, self);
}

/* -------------------------------------------------------------- parent based */

typedef struct parent_sampler {
  cspan_sampler *root;
  char *description;
} parent_sampler;

static void sample_by_parent(void *self, const cspan_sampling_input *input,
                             cspan_sampling_result *result) {
  const parent_sampler *based = self;
  if (!cspan_span_context_is_valid(input->parent)) {
    based->root->vtable->should_sample(based->root->self, input, result);
    return;
  }
  result->decision = cspan_span_context_is_sampled(input->parent) ? CSPAN_SAMPLING_RECORD_AND_SAMPLE
                                                                  : CSPAN_SAMPLING_DROP;
}

static const char *describe_parent(void *self) {
  return ((parent_sampler *)self)->description;
}

static void free_parent(void *self) {
  parent_sampler *based = self;
  cspan_sampler_free(based->root);
  cspan_free(based->description);
  cspan_free(based);
}

cspan_sampler *cspan_sampler_parent_based(cspan_sampler *root) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_by_parent, describe_parent,
                                              free_parent};
  if (root == NULL) {
    return NULL;
  }
  parent_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    cspan_sampler_free(root);
    return NULL;
  }
  self->root = root;
  self->description =
      cspan_asprintf("ParentBased{root:%s,remoteParentSampled:AlwaysOnSampler,"
                     "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
                     "localParentNotSampled:AlwaysOffSampler}",
                     root->vtable->description(root->self));
  if (self->description == NULL) {
    free_parent(self);
    return NULL;
  }
  return cspan_sampler_create(&vtable, self);
}

/* ------------------------------------------------------------ the environment */

static double ratio_from_env(void) {
  const char *text = cspan_env("OTEL_TRACES_SAMPLER_ARG");
  double ratio = 1;
  if (text != NULL && (!cspan_parse_f64(text, &ratio) || !(ratio >= 0 && ratio <= 1))) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_TRACES_SAMPLER_ARG is \"%.40s\", not a number from 0 to 1; 1 is used", text);
    ratio = 1;
  }
  return ratio;
}

cspan_sampler *cspan_sampler_from_env(void) {
  const char *name = cspan_env("OTEL_TRACES_SAMPLER");
  if (name == NULL || cspan_ieq(name, "parentbased_always_on")) {
    return cspan_sampler_parent_based(cspan_sampler_always_on());
  }
  if (cspan_ieq(name, "always_on")) {
    return cspan_sampler_always_on();
  }
  if (cspan_ieq(name, "always_off")) {
    return cspan_sampler_always_off();
  }
  if (cspan_ieq(name, "traceidratio")) {
    return cspan_sampler_trace_id_ratio(ratio_from_env());
  }
  if (cspan_ieq(name, "parentbased_always_off")) {
    return cspan_sampler_parent_based(cspan_sampler_always_off());
  }
  if (cspan_ieq(name, "parentbased_traceidratio")) {
    return cspan_sampler_parent_based(cspan_sampler_trace_id_ratio(ratio_from_env()));
  }
  cspan_log(CSPAN_LOG_WARN,
            "OTEL_TRACES_SAMPLER is \"%.40s\", which is not known; parentbased_always_on is used",
            name);
  return cspan_sampler_parent_based(cspan_sampler_always_on());
}
