/* SPDX-License-Identifier: Apache-2.0 */
/** ext/propagator.h: write a propagator of one's own. */
#ifndef CLOUDSPAN_EXT_PROPAGATOR_H
#define CLOUDSPAN_EXT_PROPAGATOR_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_propagator_vtable {
  size_t size;
  const char *const *fields; /**< NULL-terminated names of the headers it writes */
  void (*inject)(void *self, const cspan_context *context, cspan_carrier_set_fn set, void *carrier);
  /** Sets what it finds in *out, which already holds the parent's values, by
   * cspan_extracted_set_remote() and cspan_extracted_set_baggage(). */
  void (*extract)(void *self, cspan_carrier_get_fn get, void *carrier, cspan_extracted *out);
  void (*free)(void *self);
} cspan_propagator_vtable;

struct cspan_propagator {
  const cspan_propagator_vtable *vtable;
  void *self;
};

/** Makes a span of another process the parent, in place of one set before. Does
 * nothing when the context is not valid. */
CSPAN_API void cspan_extracted_set_remote(cspan_extracted *extracted,
                                          const cspan_span_context *context);
/** Takes ownership of the baggage, which replaces one set before. */
CSPAN_API void cspan_extracted_set_baggage(cspan_extracted *extracted, cspan_baggage *baggage);

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_propagator *cspan_propagator_create(const cspan_propagator_vtable *vtable,
                                                    void *self);

CSPAN_END_DECLS

#endif
