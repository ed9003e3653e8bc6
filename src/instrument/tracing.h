/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the instrumentation share. */
#ifndef INSTRUMENT_TRACING_H
#define INSTRUMENT_TRACING_H

#include <cloudspan/trace.h>

#include "instrument/call_keys.h"
#include "instrument/expected.h"
#include "instrument/plan.h"

enum { CSPAN_TRACE_MAX_PARTS = 16 };

/* What a propagator is made of. */
typedef struct cspan_trace_header_part {
  const cspan_propagator *propagator;
  const struct cspan_id_header *header; /* that it writes; NULL: it has to be asked */
  bool is_baggage;                      /* it only writes what a context has of that */
} cspan_trace_header_part;

typedef struct cspan_trace_header_parts {
  size_t count;
  size_t ids_size; /* of all values that are made of ids */
  cspan_trace_header_part at[CSPAN_TRACE_MAX_PARTS];
} cspan_trace_header_parts;

/* One for each cspan_trace_append(); read-only once made but for its plans, so that calls on many
 * threads may use it. */
typedef struct cspan_tracing {
  cspan_tracer_provider *provider; /* NULL: the global one, at each call */
  cspan_tracer *tracer;            /* of provider */
  cspan_propagator *propagator;
  const char *const *known_headers; /* that it writes; they live as long as it */
  cspan_trace_header_parts header_parts;
  cspan_retry_tracing retries;
  cspan_semconv_mode semconv;
  cspan_messaging_spans messaging_spans;
  cspan_context_carriers carriers;
  cspan_trace_before_fn before;
  void *before_user;
  cspan_trace_after_fn after;
  void *after_user;
  cspan_expected_list expected;
  cspan_own_rules own_rules; /* the user's rows, and the keys that are left out */
  uint32_t left_out;         /* cspan_call_keys_left_out() */
  cspan_plan_table plans;
  struct cspan_call_metrics *metrics; /* metrics.h; NULL: off */
  struct cspan_prices *prices;        /* cost.h; NULL: off */
  char **allocation_tags;             /* keys of baggage or resource; NULL-terminated, or NULL */
} cspan_tracing;

struct cspan_slot;

/* Of tracers and meters. */
#define CSPAN_TRACE_SCOPE "cloudspan/aws"

extern const cspan_middleware_vtable cspan_trace_call_vtable;
extern const cspan_middleware_vtable cspan_trace_attempt_vtable;
extern const cspan_middleware_vtable cspan_trace_headers_vtable;

void cspan_tracing_free(void *self);
cspan_tracer *cspan_tracing_tracer(const cspan_tracing *self);
/* What was appended to a config; NULL: it is not traced. */
const cspan_tracing *cspan_tracing_of_config(const cspan_aws_config *config);

/* X-Ray, which the services understand, and what OTEL_PROPAGATORS says. */
cspan_propagator *cspan_default_propagator(cspan_error **error);

/* Names of headers that a propagator writes and that need not be checked or copied. */
const char *const *cspan_trace_known_headers(const cspan_propagator *propagator);
void cspan_trace_header_parts_find(const cspan_propagator *propagator,
                                   cspan_trace_header_parts *out);

/* What OTEL_SEMCONV_STABILITY_OPT_IN says; NULL: stable. */
cspan_semconv_mode cspan_semconv_parse(const char *opt_in);

enum { CSPAN_MAX_VALUE_BYTES = 1024 };

/* The phases of an attempt. Of a locked slot (telemetry/slot_put.h). */
void cspan_trace_put_phases(const cspan_tracing *self, struct cspan_slot *slot,
                            const cspan_call_timings *timings);
/* error.type, and status Error with a bounded description unless that outcome is expected. */
void cspan_trace_set_outcome(const cspan_tracing *self, const struct cspan_call *call,
                             cspan_span span);
/* `text` cut to at most `max` bytes without breaking a UTF-8 sequence. */
size_t cspan_trace_bounded(const char *text, size_t len, size_t max);

#endif
