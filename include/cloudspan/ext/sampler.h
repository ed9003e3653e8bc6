/* SPDX-License-Identifier: Apache-2.0 */
/** ext/sampler.h: write a sampler, a composable sampler, or an id generator of one's own. */
#ifndef CLOUDSPAN_EXT_SAMPLER_H
#define CLOUDSPAN_EXT_SAMPLER_H

#include <cloudspan/sampling.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_sampling_decision {
  CSPAN_SAMPLING_DROP = 0,
  CSPAN_SAMPLING_RECORD_ONLY = 1,
  CSPAN_SAMPLING_RECORD_AND_SAMPLE = 2
} cspan_sampling_decision;

/** What a sampler may look at; borrowed. */
typedef struct cspan_sampling_input {
  const cspan_context *context; /**< the parent's, whole: baggage and values too */
  /** Not valid: a root. Its trace_state is what the span will have, also of a root. */
  const cspan_span_context *parent;
  const uint8_t *trace_id; /**< 16 bytes */
  const char *name;
  cspan_span_kind kind;
  const cspan_attr *attributes;
  size_t attribute_count;
  const cspan_link *links;
  size_t link_count;
} cspan_sampling_input;

/** Zero at the call. Attributes and trace state are borrowed from the sampler until the next call
 * on the same thread; trace_state NULL keeps the parent's, "" clears it. */
typedef struct cspan_sampling_result {
  cspan_sampling_decision decision;
  const cspan_attr *attributes;
  size_t attribute_count;
  const char *trace_state;
} cspan_sampling_result;

typedef struct cspan_sampler_vtable {
  size_t size;
  void (*should_sample)(void *self, const cspan_sampling_input *input,
                        cspan_sampling_result *result);
  /** A name such as "TraceIdRatioBased{0.000100}"; lives as long as the sampler. */
  const char *(*description)(void *self);
  void (*free)(void *self);
} cspan_sampler_vtable;

struct cspan_sampler {
  const cspan_sampler_vtable *vtable;
  void *self;
};

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_sampler *cspan_sampler_create(const cspan_sampler_vtable *vtable, void *self);

/* ------------------------------------------------------------ composable samplers */

/** The threshold that no randomness reaches: the span is not sampled. */
#define CSPAN_THRESHOLD_NEVER (UINT64_C(1) << 56)

/** What is asked when the decision was made. Results are borrowed until the next call on the same
 * thread. */
typedef struct cspan_intent_provider {
  void *self;
  /** Attributes for a span that is sampled; returns how many. May be NULL. */
  size_t (*attributes)(void *self, const cspan_sampling_input *input, const cspan_attr **out);
  /** The trace state made of that one ("" for none); what it says of `th` is overwritten. May be
   * NULL. */
  const char *(*trace_state)(void *self, const char *trace_state);
} cspan_intent_provider;

enum { CSPAN_INTENT_PROVIDERS_MAX = 8 };

/** How a composable sampler would decide: sampled is what has a randomness of at least
 * `threshold`, in [0, CSPAN_THRESHOLD_NEVER]. A sampler that asks another one passes the intent on
 * and changes what it wants to. */
typedef struct cspan_sampling_intent {
  uint64_t threshold;
  bool threshold_reliable; /**< spans may be counted by it: it is recorded as `th` */
  cspan_intent_provider providers[CSPAN_INTENT_PROVIDERS_MAX]; /**< asked in this order */
  size_t provider_count;
} cspan_sampling_intent;

/** Adds a provider; false when there are too many. */
CSPAN_API bool cspan_intent_add(cspan_sampling_intent *intent,
                                const cspan_intent_provider *provider);

typedef struct cspan_composable_vtable {
  size_t size;
  /** `intent` is {CSPAN_THRESHOLD_NEVER} at the call. It must not depend on the randomness. */
  void (*sampling_intent)(void *self, const cspan_sampling_input *input,
                          cspan_sampling_intent *intent);
  const char *(*description)(void *self); /**< lives as long as the sampler */
  void (*free)(void *self);
} cspan_composable_vtable;

struct cspan_composable_sampler {
  const cspan_composable_vtable *vtable;
  void *self;
};

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_composable_sampler *cspan_composable_create(const cspan_composable_vtable *vtable,
                                                            void *self);

/* ------------------------------------------------------------------ id generators */

typedef struct cspan_id_generator_vtable {
  size_t size;
  void (*trace_id)(void *self, uint8_t out[16]);
  void (*span_id)(void *self, uint8_t out[8]);
  void (*free)(void *self);
  /** The last 7 bytes of its trace ids are random (W3C Trace Context level 2). Where they are not,
   * roots get randomness in their trace state, `ot=rv:`. */
  bool is_random;
} cspan_id_generator_vtable;

struct cspan_id_generator {
  const cspan_id_generator_vtable *vtable;
  void *self;
};
CSPAN_API cspan_id_generator *cspan_id_generator_create(const cspan_id_generator_vtable *vtable,
                                                        void *self);

CSPAN_END_DECLS

#endif
