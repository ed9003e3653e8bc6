/* SPDX-License-Identifier: Apache-2.0 */
/* Propagators in general: making and calling them, what was extracted, the global one. */
#include <stdatomic.h>
#include <string.h>

#include <cloudspan/ext/propagator.h>

#include "base/alloc.h"
#include "telemetry/context.h"

cspan_propagator *cspan_propagator_create(const cspan_propagator_vtable *vtable, void *self) {
  cspan_propagator *propagator = cspan_malloc(sizeof *propagator);
  if (propagator) {
    propagator->vtable = vtable;
    propagator->self = self;
  } else if (vtable->free) {
    vtable->free(self);
  }
  return propagator;
}

void cspan_propagator_free(cspan_propagator *propagator) {
  if (!propagator)
    return;
  if (propagator->vtable->free)
    propagator->vtable->free(propagator->self);
  cspan_free(propagator);
}

const char *const *cspan_propagator_fields(const cspan_propagator *propagator) {
  static const char *const none[] = {NULL};
  return propagator && propagator->vtable->fields ? propagator->vtable->fields : none;
}

void cspan_propagator_inject(const cspan_propagator *propagator, const cspan_context *context,
                             cspan_carrier_set_fn set, void *carrier) {
  if (!propagator || !set || !propagator->vtable->inject)
    return;
  cspan_context whole = cspan_context_resolve(context);
  propagator->vtable->inject(propagator->self, &whole, set, carrier);
}

void cspan_propagator_extract(const cspan_propagator *propagator, const cspan_context *parent,
                              const cspan_carrier_getter *getter, void *carrier,
                              cspan_extracted *out) {
  memset(out, 0, sizeof *out);
  out->context = cspan_context_resolve(parent);
  if (!propagator || !getter || !propagator->vtable->extract)
    return;
  /* A caller built with an older header gives less of it. */
  cspan_carrier_getter own = {.size = sizeof own};
  size_t size = getter->size && getter->size < sizeof own ? getter->size : sizeof own;
  memcpy(&own, getter, size);
  propagator->vtable->extract(propagator->self, &own, carrier, out);
}

/* ------------------------------------------------------------------ carriers */

const char *cspan_carrier_value(const cspan_carrier_getter *getter, void *carrier, const char *key,
                                size_t index) {
  if (getter->get_all)
    return getter->get_all(carrier, key, index);
  return index == 0 && getter->get ? getter->get(carrier, key) : NULL;
}

const char *cspan_carrier_key(const cspan_carrier_getter *getter, void *carrier, size_t index) {
  return getter->keys ? getter->keys(carrier, index) : NULL;
}

/* --------------------------------------------------------- what was extracted */

struct cspan_extracted_value {
  struct cspan_extracted_value *next;
  cspan_context_value in_context;
  void *value;
  void (*release)(void *value);
};

void cspan_extracted_set_remote(cspan_extracted *extracted, const cspan_span_context *context) {
  cspan_span_context remote = *context;
  remote.is_remote = true;
  cspan_span span = cspan_span_from_context(&remote);
  if (!span.slot)
    return;
  cspan_span_end(extracted->remote);
  extracted->remote = span;
  extracted->context.span = span;
}

void cspan_extracted_set_baggage(cspan_extracted *extracted, cspan_baggage *baggage) {
  cspan_baggage_free(extracted->baggage);
  extracted->baggage = baggage;
  extracted->context.baggage = baggage;
}

bool cspan_extracted_set_value(cspan_extracted *extracted, const cspan_context_key *key,
                               void *value, void (*release)(void *value)) {
  struct cspan_extracted_value *added = cspan_malloc(sizeof *added);
  if (!added) {
    if (release)
      release(value);
    return false;
  }
  added->next = extracted->values;
  added->value = value;
  added->release = release;
  extracted->values = added;
  extracted->context =
      cspan_context_with_value(&extracted->context, key, value, &added->in_context);
  return true;
}

void cspan_extracted_free(cspan_extracted *extracted) {
  if (!extracted)
    return;
  cspan_span_end(extracted->remote);
  cspan_baggage_free(extracted->baggage);
  while (extracted->values) {
    struct cspan_extracted_value *value = extracted->values;
    extracted->values = value->next;
    if (value->release)
      value->release(value->value);
    cspan_free(value);
  }
  memset(extracted, 0, sizeof *extracted);
}

/* ---------------------------------------------------------------- the global */

static _Atomic(cspan_propagator *) global;

void cspan_propagator_set_global(cspan_propagator *propagator) {
  cspan_propagator *before = atomic_exchange(&global, propagator);
  if (before != propagator)
    cspan_propagator_free(before);
}

const cspan_propagator *cspan_propagator_global(void) {
  static const cspan_propagator_vtable vtable = {.size = sizeof vtable};
  static const cspan_propagator nothing = {.vtable = &vtable};
  const cspan_propagator *set = atomic_load(&global);
  return set ? set : &nothing;
}
