/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of OpenTracing's basic tracers: ot-tracer-traceid, ot-tracer-spanid,
 * ot-tracer-sampled, and a header a baggage member. Ids have 64 bits there: of a longer trace id
 * the last half is written. */
#include <string.h>

#include "telemetry/propagator.h"

static const char trace_header[] = "ot-tracer-traceid";
static const char span_header[] = "ot-tracer-spanid";
static const char sampled_header[] = "ot-tracer-sampled";
static const char baggage_prefix[] = "ot-baggage-";
static const char *const fields[] = {trace_header, span_header, sampled_header, NULL};

static void ottrace_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                            cspan_extracted *out) {
  cspan_span_context remote = {.is_remote = true};
  (void)self;
  cspan_str trace = cspan_carrier_text(getter, carrier, trace_header);
  cspan_str span = cspan_carrier_text(getter, carrier, span_header);
  cspan_str sampled = cspan_carrier_text(getter, carrier, sampled_header);
  /* Without a trace there is no baggage: the two are of one format. */
  if (!cspan_id_parse(trace, remote.trace_id, sizeof remote.trace_id) ||
      !cspan_id_parse(span, remote.span_id, sizeof remote.span_id) ||
      !cspan_span_context_is_valid(&remote))
    return;
  if (cspan_str_eq(sampled, "true") || cspan_str_eq(sampled, "1"))
    remote.trace_flags = CSPAN_TRACE_FLAG_SAMPLED;
  cspan_extracted_set_remote(out, &remote);
  cspan_baggage_from_headers(getter, carrier, baggage_prefix, false, out);
}

static void ottrace_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                           void *carrier) {
  static const uint8_t zeros[8];
  cspan_span_context span;
  char trace_id[17];
  char span_id[17];
  (void)self;
  if (!cspan_span_get_context(context->span, &span) || !cspan_span_context_is_valid(&span) ||
      memcmp(span.trace_id + 8, zeros, sizeof zeros) == 0)
    return;
  cspan_span_id_hex(span.trace_id + 8, trace_id);
  cspan_span_id_hex(span.span_id, span_id);
  set(carrier, trace_header, trace_id);
  set(carrier, span_header, span_id);
  set(carrier, sampled_header, cspan_span_context_is_sampled(&span) ? "true" : "false");
  cspan_baggage_to_headers(context->baggage, baggage_prefix, false, set, carrier);
}

static const cspan_propagator_vtable ottrace_vtable = {
    .size = sizeof ottrace_vtable,
    .fields = fields,
    .inject = ottrace_inject,
    .extract = ottrace_extract,
};

cspan_propagator *cspan_propagator_ottrace(void) {
  return cspan_propagator_create(&ottrace_vtable, NULL);
}
