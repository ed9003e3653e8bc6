/* SPDX-License-Identifier: Apache-2.0 */
/* Several propagators as one. */
#include <string.h>
#include <strings.h>

#include <cloudspan/ext/propagator.h>

#include "base/alloc.h"
#include "telemetry/propagator.h"

/* Its vtable is its own, because it lists the fields of its parts. */
typedef struct composite {
  cspan_propagator_vtable vtable;
  const char **fields;
  size_t count;
  cspan_propagator *parts[];
} composite;

static void composite_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                             void *carrier) {
  composite *all = self;
  for (size_t i = 0; i < all->count; i++)
    if (all->parts[i]->vtable->inject)
      all->parts[i]->vtable->inject(all->parts[i]->self, context, set, carrier);
}

static void composite_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                              cspan_extracted *out) {
  composite *all = self;
  for (size_t i = 0; i < all->count; i++)
    if (all->parts[i]->vtable->extract)
      all->parts[i]->vtable->extract(all->parts[i]->self, getter, carrier, out);
}

static void composite_free(void *self) {
  composite *all = self;
  for (size_t i = 0; i < all->count; i++)
    cspan_propagator_free(all->parts[i]);
  cspan_free(all->fields);
  cspan_free(all);
}

/* Adds a part's fields that are not there yet. */
static size_t add_fields(const char **fields, size_t count, const cspan_propagator *part) {
  for (const char *const *field = cspan_propagator_fields(part); *field; field++) {
    size_t i = 0;
    while (i < count && strcasecmp(fields[i], *field) != 0)
      i++;
    if (i == count)
      fields[count++] = *field;
  }
  return count;
}

static bool list_fields(composite *all) {
  size_t most = 0;
  for (size_t i = 0; i < all->count; i++)
    for (const char *const *f = cspan_propagator_fields(all->parts[i]); *f; f++)
      most++;
  all->fields = cspan_calloc(most + 1, sizeof *all->fields);
  if (!all->fields)
    return false;
  size_t count = 0;
  for (size_t i = 0; i < all->count; i++)
    count = add_fields(all->fields, count, all->parts[i]);
  all->vtable.fields = all->fields;
  return true;
}

cspan_propagator *cspan_propagator_composite(cspan_propagator **propagators, size_t count) {
  bool whole = true;
  for (size_t i = 0; i < count; i++)
    whole = whole && propagators[i]; /* NULL: its creator was out of memory */
  composite *all = whole ? cspan_calloc(1, sizeof *all + count * sizeof(cspan_propagator *)) : NULL;
  if (!all) {
    for (size_t i = 0; i < count; i++)
      cspan_propagator_free(propagators[i]);
    return NULL;
  }
  all->vtable = (cspan_propagator_vtable){.size = sizeof all->vtable,
                                          .inject = composite_inject,
                                          .extract = composite_extract,
                                          .free = composite_free};
  all->count = count;
  if (count)
    memcpy(all->parts, propagators, count * sizeof(cspan_propagator *));
  if (!list_fields(all)) {
    composite_free(all);
    return NULL;
  }
  return cspan_propagator_create(&all->vtable, all);
}

/* Composites of composites are few levels deep: whoever makes them nests them by hand. */
static size_t add_parts(const cspan_propagator *propagator, const cspan_propagator **out,
                        size_t capacity, size_t count, int depth) {
  const int max_depth = 8;
  if (!propagator)
    return count;
  if (propagator->vtable->free != composite_free || depth == max_depth) {
    if (count < capacity)
      out[count++] = propagator;
    return count;
  }
  const composite *all = propagator->self;
  for (size_t i = 0; i < all->count; i++)
    count = add_parts(all->parts[i], out, capacity, count, depth + 1);
  return count;
}

size_t cspan_propagator_parts(const cspan_propagator *propagator, const cspan_propagator **out,
                              size_t capacity) {
  return add_parts(propagator, out, capacity, 0, 0);
}
