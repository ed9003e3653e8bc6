/* SPDX-License-Identifier: Apache-2.0 */
/* B3 of Zipkin. One header: {trace id}-{span id}[-{state}[-{parent's id}]], or only a state. Several:
 * X-B3-TraceId, X-B3-SpanId, X-B3-Sampled, X-B3-Flags. A state is "1", "0" or "d", for debug. */
#include <string.h>

#include "telemetry/propagator.h"

enum { LONG_ID = 32, SHORT_ID = 16, SINGLE_MAX = LONG_ID + SHORT_ID + 4 };

static const char single_header[] = "b3";
static const char trace_header[] = "X-B3-TraceId";
static const char span_header[] = "X-B3-SpanId";
static const char sampled_header[] = "X-B3-Sampled";
static const char flags_header[] = "X-B3-Flags";
static const char *const single_fields[] = {single_header, NULL};
static const char *const multi_fields[] = {trace_header, span_header, sampled_header, flags_header,
                                           NULL};

static const char accept_state[] = "1";
static const char deny_state[] = "0";
static const char debug_state[] = "d";

typedef struct b3 {
  cspan_span_context remote; /* not valid: only a state */
  const char *state;         /* NULL: none was given */
} b3;

/* False for what is not a state. The words are of tracers from before the specification. */
static bool parse_state(cspan_str text, const char **out) {
  static const struct {
    const char *text;
    const char *state;
  } names[] = {{"1", accept_state},    {"0", deny_state},     {"d", debug_state},
               {"true", accept_state}, {"false", deny_state}, {"", NULL}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (cspan_str_eq(text, names[i].text)) {
      *out = names[i].state;
      return true;
    }
  }
  return false;
}

static bool parse_ids(cspan_str trace, cspan_str span, b3 *out) {
  return (trace.len == LONG_ID || trace.len == SHORT_ID) && span.len == SHORT_ID &&
         cspan_id_parse(trace, out->remote.trace_id, sizeof out->remote.trace_id) &&
         cspan_id_parse(span, out->remote.span_id, sizeof out->remote.span_id) &&
         cspan_span_context_is_valid(&out->remote);
}

/* What is before the next dash; `rest` is what is behind it, without data when there is none. */
static cspan_str next_part(cspan_str *rest) {
  const char *dash = rest->len ? memchr(rest->data, '-', rest->len) : NULL;
  cspan_str part = *rest;
  if (dash) {
    part.len = (size_t)(dash - rest->data);
    rest->len -= part.len + 1;
    rest->data = dash + 1;
  } else {
    *rest = (cspan_str){NULL, 0};
  }
  return part;
}

static bool parse_single(cspan_str text, b3 *out) {
  uint8_t parent[8];
  cspan_str rest = text;
  cspan_str trace = next_part(&rest);
  if (!rest.data)
    return text.len > 0 && parse_state(text, &out->state);
  cspan_str span = next_part(&rest);
  bool has_state = rest.data != NULL;
  cspan_str state = next_part(&rest);
  if (!parse_ids(trace, span, out) || !parse_state(state, &out->state) ||
      (has_state && state.len != 1))
    return false;
  return !rest.data || (rest.len == SHORT_ID && cspan_id_parse(rest, parent, sizeof parent));
}

static bool parse_multi(const cspan_carrier_getter *getter, void *carrier, b3 *out) {
  cspan_str trace = cspan_carrier_text(getter, carrier, trace_header);
  cspan_str span = cspan_carrier_text(getter, carrier, span_header);
  cspan_str flags = cspan_carrier_text(getter, carrier, flags_header);
  if (!parse_state(cspan_carrier_text(getter, carrier, sampled_header), &out->state))
    return false;
  if (cspan_str_eq(flags, "1"))
    out->state = debug_state;
  if (!trace.data && !span.data)
    return out->state != NULL;
  return parse_ids(trace, span, out);
}

static void b3_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                       cspan_extracted *out) {
  b3 found = {.state = NULL};
  (void)self;
  if (!parse_single(cspan_carrier_text(getter, carrier, single_header), &found)) {
    found = (b3){.state = NULL};
    if (!parse_multi(getter, carrier, &found))
      return;
  }
  if (!cspan_span_context_is_valid(&found.remote)) {
    cspan_extracted_set_sampling_state(out, found.state);
    return;
  }
  bool is_debug = found.state == debug_state;
  if (is_debug || found.state == accept_state)
    found.remote.trace_flags = CSPAN_TRACE_FLAG_SAMPLED;
  cspan_extracted_set_sampling_state(out, is_debug ? debug_state : NULL);
  cspan_extracted_set_remote(out, &found.remote);
}

/* The state to write; NULL when there is nothing to write at all. */
static const char *state_of(const cspan_context *context, cspan_span_context *span) {
  const char *state = cspan_sampling_state(context);
  if (!cspan_span_get_context(context->span, span) || !cspan_span_context_is_valid(span))
    return state;
  if (state && state[0] == debug_state[0])
    return state;
  return cspan_span_context_is_sampled(span) ? accept_state : deny_state;
}

static void single_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                          void *carrier) {
  cspan_span_context span;
  char value[SINGLE_MAX];
  (void)self;
  const char *state = state_of(context, &span);
  if (!state)
    return;
  char *at = value;
  if (cspan_span_context_is_valid(&span)) {
    cspan_trace_id_hex(span.trace_id, at);
    at[LONG_ID] = '-';
    at += LONG_ID + 1;
    cspan_span_id_hex(span.span_id, at);
    at[SHORT_ID] = '-';
    at += SHORT_ID + 1;
  }
  at[0] = state[0];
  at[1] = '\0';
  set(carrier, single_header, value);
}

static void multi_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                         void *carrier) {
  cspan_span_context span;
  char trace_id[LONG_ID + 1];
  char span_id[SHORT_ID + 1];
  (void)self;
  const char *state = state_of(context, &span);
  if (!state)
    return;
  if (cspan_span_context_is_valid(&span)) {
    cspan_trace_id_hex(span.trace_id, trace_id);
    cspan_span_id_hex(span.span_id, span_id);
    set(carrier, trace_header, trace_id);
    set(carrier, span_header, span_id);
  }
  /* Debug says that it is sampled; to say both is not foreseen. */
  if (state[0] == debug_state[0])
    set(carrier, flags_header, "1");
  else
    set(carrier, sampled_header, state);
}

static const cspan_propagator_vtable single_vtable = {
    .size = sizeof single_vtable,
    .fields = single_fields,
    .inject = single_inject,
    .extract = b3_extract,
};

static const cspan_propagator_vtable multi_vtable = {
    .size = sizeof multi_vtable,
    .fields = multi_fields,
    .inject = multi_inject,
    .extract = b3_extract,
};

cspan_propagator *cspan_propagator_b3(void) {
  return cspan_propagator_create(&single_vtable, NULL);
}

cspan_propagator *cspan_propagator_b3_multi(void) {
  return cspan_propagator_create(&multi_vtable, NULL);
}
