/* SPDX-License-Identifier: Apache-2.0 */
/* What the two tracing middlewares share. */
#ifndef INSTRUMENT_INSTRUMENT_H
#define INSTRUMENT_INSTRUMENT_H

#include <cloudspan/trace.h>

#include "instrument/expected.h"

/* One for each cspan_trace_append(); read-only once made, so that calls on many threads
 * may use it. */
typedef struct cspan_instrument {
  cspan_tracer_provider *provider; /* NULL: the global one, at each call */
  cspan_tracer *tracer;            /* of provider */
  cspan_propagator *propagator;
  cspan_retry_tracing retries;
  cspan_semconv_mode semconv;
  cspan_trace_before_fn before;
  void *before_user;
  cspan_trace_after_fn after;
  void *after_user;
  cspan_expected_list expected;
} cspan_instrument;

extern const cspan_middleware_vtable cspan_trace_call_vtable;
extern const cspan_middleware_vtable cspan_trace_attempt_vtable;

void cspan_instrumentation_free(void *self);
cspan_tracer *cspan_instrument_tracer(const cspan_instrument *self);

/* What OTEL_SEMCONV_STABILITY_OPT_IN says; NULL: stable. */
cspan_semconv_mode cspan_semconv_parse(const char *opt_in);

/* An attribute that comes from an input member: data, so that a service costs no code. */
typedef struct cspan_input_attr {
  const char *service;
  const char *operation; /* NULL: every operation that has the member */
  const char *member;
  const char *key;
  bool is_int;
  unsigned short max_bytes;
} cspan_input_attr;

/* Room for the texts of one call's input attributes. */
typedef struct cspan_input_texts {
  char bytes[8 * 1024];
  size_t used;
} cspan_input_texts;

enum { CSPAN_MAX_INPUT_ATTRS = 8, CSPAN_MAX_VALUE_BYTES = 1024 };

/* Puts the attributes of this call's input into `out` (room for CSPAN_MAX_INPUT_ATTRS). */
size_t cspan_input_attrs(const struct cspan_call *call, cspan_input_texts *texts, cspan_attr *out);

/* The phases of the last attempt. */
void cspan_trace_set_timings(cspan_span span, const struct cspan_call *call);
/* error.type, and status Error with a bounded description unless that outcome is expected. */
void cspan_trace_set_outcome(const cspan_instrument *self, const struct cspan_call *call,
                             cspan_span span);
/* `text` cut to at most `max` bytes without breaking a UTF-8 sequence. */
size_t cspan_trace_bounded(const char *text, size_t len, size_t max);

#endif
