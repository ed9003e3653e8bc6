/* SPDX-License-Identifier: Apache-2.0 */
/* Propagators in general: calling them, joining several, choosing by name. */
#include <string.h>

#include <cloudspan/ext/propagator.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

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

void cspan_propagator_inject(const cspan_propagator *propagator, const cspan_context *context,
                             cspan_carrier_set_fn set, void *carrier) {
  if (!propagator || !set || !propagator->vtable->inject)
    return;
  cspan_context effective = {0};
  if (context)
    effective = *context;
  if (!effective.span.slot)
    effective.span = cspan_span_current();
  propagator->vtable->inject(propagator->self, &effective, set, carrier);
}

void cspan_propagator_extract(const cspan_propagator *propagator, const cspan_context *parent,
                              cspan_carrier_get_fn get, void *carrier, cspan_extracted *out) {
  memset(out, 0, sizeof *out);
  if (parent)
    out->context = *parent;
  if (propagator && get && propagator->vtable->extract)
    propagator->vtable->extract(propagator->self, get, carrier, out);
}

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

void cspan_extracted_free(cspan_extracted *extracted) {
  if (!extracted)
    return;
  cspan_span_end(extracted->remote);
  cspan_baggage_free(extracted->baggage);
  memset(extracted, 0, sizeof *extracted);
}

/* --------------------------------------------------------------- composite */

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
    cspan_propagator_inject(all->parts[i], context, set, carrier);
}

static void composite_extract(void *self, cspan_carrier_get_fn get, void *carrier,
                              cspan_extracted *out) {
  composite *all = self;
  for (size_t i = 0; i < all->count; i++)
    if (all->parts[i]->vtable->extract)
      all->parts[i]->vtable->extract(all->parts[i]->self, get, carrier, out);
}

static void composite_free(void *self) {
  composite *all = self;
  for (size_t i = 0; i < all->count; i++)
    cspan_propagator_free(all->parts[i]);
  cspan_free(all->fields);
  cspan_free(all);
}

static bool list_fields(composite *all) {
  size_t count = 0;
  for (size_t i = 0; i < all->count; i++)
    for (const char *const *f = all->parts[i]->vtable->fields; f && *f; f++)
      count++;
  all->fields = cspan_calloc(count + 1, sizeof *all->fields);
  if (!all->fields)
    return false;
  count = 0;
  for (size_t i = 0; i < all->count; i++)
    for (const char *const *f = all->parts[i]->vtable->fields; f && *f; f++)
      all->fields[count++] = *f;
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

/* ------------------------------------------------------------------ by name */

static const struct {
  const char *name;
  cspan_propagator *(*create)(void);
} known[] = {
    {"tracecontext", cspan_propagator_tracecontext},
    {"baggage", cspan_propagator_baggage},
    {"xray", cspan_propagator_xray},
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* Indexes into `known`, each once; `unknown` is the last name that is not there. */
static void choose(const char *names, size_t chosen[KNOWN], size_t *count, cspan_str *unknown) {
  unsigned seen = 0;
  for (const char *at = names; *at;) {
    size_t len = strcspn(at, ",");
    cspan_str name = cspan_str_trim((cspan_str){at, len});
    at += len + (at[len] == ',');
    size_t i = 0;
    while (i < KNOWN && !cspan_str_eq(name, known[i].name))
      i++;
    if (i < KNOWN && !(seen & 1u << i)) {
      seen |= 1u << i;
      chosen[(*count)++] = i;
    } else if (i == KNOWN && name.len && !cspan_str_eq(name, "none")) {
      *unknown = name;
    }
  }
}

cspan_propagator *cspan_propagator_from_names(const char *names, cspan_error **error) {
  static const char advice[] = "use tracecontext, baggage, xray or none";
  size_t chosen[KNOWN];
  size_t count = 0;
  cspan_str unknown = {"", 0};
  const char *from_environment = names ? NULL : cspan_env("OTEL_PROPAGATORS");
  if (!names)
    names = from_environment ? from_environment : "tracecontext,baggage";
  choose(names, chosen, &count, &unknown);
  int shown = (int)(unknown.len < 64 ? unknown.len : 64);
  if (unknown.len && !from_environment) {
    cspan_error_set(error, CSPAN_ERR_CONFIG, "\"%.*s\" is not a propagator: %s", shown,
                    unknown.data, advice);
    return NULL;
  }
  /* The specification: what the environment asks for and is not known is not fatal. */
  if (unknown.len)
    cspan_log(CSPAN_LOG_WARN, "OTEL_PROPAGATORS: \"%.*s\" is not known and is left out; %s", shown,
              unknown.data, advice);
  cspan_propagator *parts[KNOWN];
  for (size_t i = 0; i < count; i++)
    parts[i] = known[chosen[i]].create();
  cspan_propagator *all = cspan_propagator_composite(parts, count);
  if (!all)
    cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making propagators");
  return all;
}
