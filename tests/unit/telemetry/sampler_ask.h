/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a sampler without a provider. */
#ifndef UNIT_SAMPLER_ASK_H
#define UNIT_SAMPLER_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/sampler.h>

enum { DROP = CSPAN_SAMPLING_DROP, RECORD = CSPAN_SAMPLING_RECORD_ONLY };
enum { SAMPLE = CSPAN_SAMPLING_RECORD_AND_SAMPLE };

/* A span to be asked for; zero is a root without a name, of the highest randomness. */
typedef struct asked {
  const char *name;
  cspan_span_kind kind;
  const cspan_attr *attributes;
  size_t attribute_count;
  bool has_parent;
  bool is_remote;
  uint8_t flags;
  const char *state;
  bool is_low; /* the lowest randomness instead */
} asked;

static inline cspan_sampling_result ask(const cspan_sampler *sampler, const asked *a) {
  uint8_t trace_id[16];
  memset(trace_id, a->is_low ? 0 : 0xFF, sizeof trace_id);
  trace_id[0] = 1;
  cspan_span_context parent = {.trace_state = a->state};
  if (a->has_parent) {
    memcpy(parent.trace_id, trace_id, sizeof trace_id);
    parent.span_id[0] = 1;
    parent.trace_flags = a->flags | CSPAN_TRACE_FLAG_RANDOM;
    parent.is_remote = a->is_remote;
  }
  const cspan_context context = {.deadline_ns = 0};
  const cspan_sampling_input input = {.context = &context,
                                      .parent = &parent,
                                      .trace_id = trace_id,
                                      .name = a->name != NULL ? a->name : "",
                                      .kind = a->kind,
                                      .attributes = a->attributes,
                                      .attribute_count = a->attribute_count};
  cspan_sampling_result result = {.decision = CSPAN_SAMPLING_DROP};
  sampler->vtable->should_sample(sampler->self, &input, &result);
  return result;
}

static inline const char *describe(const cspan_sampler *sampler) {
  return sampler->vtable->description(sampler->self);
}

/* NULL: the trace state is left as it is. */
static inline void assert_state(const cspan_sampling_result *result, const char *expected) {
  if (expected == NULL) {
    assert_null(result->trace_state);
  } else {
    assert_non_null(result->trace_state);
    assert_string_equal(result->trace_state, expected);
  }
}

#endif
