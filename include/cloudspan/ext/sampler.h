/* SPDX-License-Identifier: Apache-2.0 */
/** ext/sampler.h: write a sampler or an id generator of one's own. */
#ifndef CLOUDSPAN_EXT_SAMPLER_H
#define CLOUDSPAN_EXT_SAMPLER_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_sampling_decision {
  CSPAN_SAMPLING_DROP = 0,
  CSPAN_SAMPLING_RECORD_ONLY = 1,
  CSPAN_SAMPLING_RECORD_AND_SAMPLE = 2
} cspan_sampling_decision;

/** What a sampler may look at; borrowed. */
typedef struct cspan_sampling_input {
  const cspan_context *context;
  const cspan_span_context *parent; /**< not valid: a root */
  const uint8_t *trace_id;          /**< 16 bytes */
  const char *name;
  cspan_span_kind kind;
  const cspan_attr *attributes;
  size_t attribute_count;
  const cspan_link *links;
  size_t link_count;
} cspan_sampling_input;

/** Attributes and trace state are borrowed from the sampler until the next call
 * on the same thread; trace_state NULL keeps the parent's. */
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

typedef struct cspan_id_generator_vtable {
  size_t size;
  void (*trace_id)(void *self, uint8_t out[16]);
  void (*span_id)(void *self, uint8_t out[8]);
  void (*free)(void *self);
} cspan_id_generator_vtable;

struct cspan_id_generator {
  const cspan_id_generator_vtable *vtable;
  void *self;
};
CSPAN_API cspan_id_generator *cspan_id_generator_create(const cspan_id_generator_vtable *vtable,
                                                        void *self);

CSPAN_END_DECLS

#endif
