/* SPDX-License-Identifier: Apache-2.0 */
/** ext/propagator.h: write a propagator of one's own. */
#ifndef CLOUDSPAN_EXT_PROPAGATOR_H
#define CLOUDSPAN_EXT_PROPAGATOR_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_propagator_vtable {
  size_t size;
  const char *const *fields; /**< NULL-terminated names of the headers it writes */
  /** The context is complete: what the caller left out was taken from the current one. */
  void (*inject)(void *self, const cspan_context *context, cspan_carrier_set_fn set, void *carrier);
  /** Reads headers by cspan_carrier_value() and cspan_carrier_key(), and sets what it finds in
   * *out, which already holds the parent's values, by cspan_extracted_set_remote(),
   * cspan_extracted_set_baggage() and cspan_extracted_set_value(). */
  void (*extract)(void *self, const cspan_carrier_getter *getter, void *carrier,
                  cspan_extracted *out);
  void (*free)(void *self);
} cspan_propagator_vtable;

struct cspan_propagator {
  const cspan_propagator_vtable *vtable;
  void *self;
};

/** The value of a header's line number `index` (from 0); NULL past the last. */
CSPAN_API const char *cspan_carrier_value(const cspan_carrier_getter *getter, void *carrier,
                                          const char *key, size_t index);
/** The name number `index` (from 0) in the carrier; NULL past the last, and where the getter does
 * not tell names. */
CSPAN_API const char *cspan_carrier_key(const cspan_carrier_getter *getter, void *carrier,
                                        size_t index);

/** Makes a span of another process the parent, in place of one set before. Does
 * nothing when the context is not valid. */
CSPAN_API void cspan_extracted_set_remote(cspan_extracted *extracted,
                                          const cspan_span_context *context);
/** Takes ownership of the baggage, which replaces one set before. */
CSPAN_API void cspan_extracted_set_baggage(cspan_extracted *extracted, cspan_baggage *baggage);
/** Sets a value of the context (cspan_context_value_get()). `release` (NULL: nothing is to be
 * done) is called with it by cspan_extracted_free(), or at once when memory is short: false is
 * returned then. */
CSPAN_API bool cspan_extracted_set_value(cspan_extracted *extracted, const cspan_context_key *key,
                                         void *value, void (*release)(void *value));

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_propagator *cspan_propagator_create(const cspan_propagator_vtable *vtable,
                                                    void *self);

CSPAN_END_DECLS

#endif
