/* SPDX-License-Identifier: Apache-2.0 */
/* The base cases: all, none, a share by the trace id. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "telemetry/sampling/ot_state.h"
#include "telemetry/sampling/samplers.h"

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

cspan_root_sampling cspan_sampler_always(const cspan_sampler *sampler) {
  if (sampler->vtable->should_sample == sample_all) {
    return CSPAN_ROOTS_TAKE;
  }
  return sampler->vtable->should_sample == sample_none ? CSPAN_ROOTS_DROP : CSPAN_ROOTS_ASK;
}

/* ------------------------------------------------------------ trace id ratio */

typedef struct ratio_sampler {
  uint64_t threshold;                     /* traces whose randomness is below are dropped */
  char state[8 + CSPAN_THRESHOLD_DIGITS]; /* what a trace state says that said nothing before */
  char description[24 + CSPAN_RATIO_TEXT_MAX];
} ratio_sampler;

/* A parent that does not say that its trace id is random, which is presumed: told once. */
static void presume_randomness(const cspan_span_context *parent) {
  static atomic_bool is_told;
  if ((parent->trace_flags & CSPAN_TRACE_FLAG_RANDOM) == 0 && cspan_span_context_is_valid(parent) &&
      !atomic_exchange_explicit(&is_told, true, memory_order_relaxed)) {
    cspan_log(CSPAN_LOG_WARN,
              "a span was sampled by the trace id of a parent without the random flag: such ids "
              "are taken for random, and decisions may differ from those of other services; use "
              "a parent-based sampler, or services that set the flag");
  }
}

static void sample_ratio(void *self, const cspan_sampling_input *input,
                         cspan_sampling_result *result) {
  const ratio_sampler *ratio = self;
  const char *before = input->parent->trace_state;
  bool is_new = before == NULL || before[0] == '\0';
  cspan_ot_state state = {.randomness = CSPAN_THRESHOLD_ABSENT};
  if (!is_new) {
    state = cspan_ot_parse(before);
  }
  if (state.randomness == CSPAN_THRESHOLD_ABSENT) {
    presume_randomness(input->parent);
  }
  bool is_sampled = cspan_ot_randomness(&state, input->trace_id) >= ratio->threshold;
  result->decision = is_sampled ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP;
  if (!is_new) {
    result->trace_state =
        cspan_ot_with_threshold(before, is_sampled ? ratio->threshold : CSPAN_THRESHOLD_ABSENT);
  } else if (is_sampled) {
    result->trace_state = ratio->state;
  }
}

static const char *describe_ratio(void *self) {
  return ((ratio_sampler *)self)->description;
}

cspan_sampler *cspan_sampler_trace_id_ratio(double ratio) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_ratio, describe_ratio,
                                              cspan_free};
  enum { DESCRIBED_DIGITS = 6 };
  ratio_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    return NULL;
  }
  self->threshold = cspan_threshold_of_ratio(ratio);
  if (self->threshold != CSPAN_THRESHOLD_NEVER) {
    char digits[CSPAN_THRESHOLD_DIGITS + 1];
    cspan_threshold_text(self->threshold, digits);
    snprintf(self->state, sizeof self->state, "ot=th:%s", digits);
  }
  char text[CSPAN_RATIO_TEXT_MAX];
  cspan_ratio_text(ratio, DESCRIBED_DIGITS, text);
  snprintf(self->description, sizeof self->description, "TraceIdRatioBased{%s}", text);
  return cspan_sampler_create(&vtable, self);
}

/* ------------------------------------------------------------------- attributes */

void cspan_sampler_add_attrs(cspan_sampling_result *result, const cspan_attr *more, size_t count) {
  static _Thread_local cspan_attr all[CSPAN_SAMPLER_ATTRS_MAX];
  if (result->attribute_count == 0) {
    result->attributes = more;
    result->attribute_count = count;
    return;
  }
  size_t before = result->attribute_count;
  before = before < CSPAN_SAMPLER_ATTRS_MAX ? before : CSPAN_SAMPLER_ATTRS_MAX;
  count = count < CSPAN_SAMPLER_ATTRS_MAX - before ? count : CSPAN_SAMPLER_ATTRS_MAX - before;
  memmove(all, result->attributes, before * sizeof *all);
  memcpy(all + before, more, count * sizeof *all);
  result->attributes = all;
  result->attribute_count = before + count;
}
