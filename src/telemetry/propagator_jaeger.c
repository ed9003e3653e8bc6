/* SPDX-License-Identifier: Apache-2.0 */
/* Jaeger's header: {trace id}:{span id}:{parent's id}:{flags}, which may be percent-encoded, and a
 * header a baggage member. Zeros before an id may have been left out. */
#include <string.h>

#include "telemetry/propagator.h"

enum { PARTS = 4, FLAG_SAMPLED = 1, FLAG_DEBUG = 2, VALUE_MAX = 32 + 16 + 8, ENCODED_MAX = 256 };

static const char header[] = "uber-trace-id";
static const char baggage_prefix[] = "uberctx-";
static const char *const fields[] = {header, NULL};

static bool parse_parts(cspan_str text, cspan_span_context *out, uint8_t *flags) {
  uint8_t parent[8];
  cspan_str parts[PARTS];
  const char *at = text.data;
  const char *end = text.data + text.len;
  for (size_t i = 0; i < PARTS; i++) {
    const char *colon = memchr(at, ':', (size_t)(end - at));
    if (!colon != (i == PARTS - 1))
      return false;
    parts[i] = (cspan_str){at, (size_t)((colon ? colon : end) - at)};
    at = colon ? colon + 1 : end;
  }
  /* The parent's id is an old field: not used, and some leave it empty. */
  return cspan_id_parse(parts[0], out->trace_id, sizeof out->trace_id) &&
         cspan_id_parse(parts[1], out->span_id, sizeof out->span_id) &&
         (parts[2].len == 0 || cspan_id_parse(parts[2], parent, sizeof parent)) &&
         cspan_id_parse(parts[3], flags, 1) && cspan_span_context_is_valid(out);
}

static bool parse(cspan_str text, cspan_span_context *out, uint8_t *flags) {
  cspan_buf decoded;
  if (text.len == 0 || text.len > ENCODED_MAX)
    return false;
  cspan_buf_init(&decoded, ENCODED_MAX);
  cspan_uri_decode(&decoded, text.data, text.len);
  bool is_good = cspan_buf_status(&decoded) == CSPAN_OK &&
                 parse_parts((cspan_str){cspan_buf_text(&decoded), decoded.len}, out, flags);
  cspan_buf_free(&decoded);
  return is_good;
}

static void jaeger_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                           cspan_extracted *out) {
  cspan_span_context remote = {.is_remote = true};
  uint8_t flags = 0;
  (void)self;
  if (parse(cspan_carrier_text(getter, carrier, header), &remote, &flags)) {
    bool is_debug = (flags & FLAG_DEBUG) != 0;
    if (is_debug || (flags & FLAG_SAMPLED) != 0)
      remote.trace_flags = CSPAN_TRACE_FLAG_SAMPLED;
    cspan_extracted_set_sampling_state(out, is_debug ? "d" : NULL);
    cspan_extracted_set_remote(out, &remote);
  }
  cspan_baggage_from_headers(getter, carrier, baggage_prefix, true, out);
}

static void jaeger_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                          void *carrier) {
  cspan_span_context span;
  char value[VALUE_MAX];
  (void)self;
  if (cspan_span_get_context(context->span, &span) && cspan_span_context_is_valid(&span)) {
    const char *state = cspan_sampling_state(context);
    cspan_trace_id_hex(span.trace_id, value);
    value[32] = ':';
    cspan_span_id_hex(span.span_id, value + 33);
    bool is_debug = state && state[0] == 'd';
    bool is_sampled = is_debug || cspan_span_context_is_sampled(&span);
    memcpy(value + 49, is_debug ? ":0:3" : is_sampled ? ":0:1" : ":0:0", sizeof ":0:0");
    set(carrier, header, value);
  }
  cspan_baggage_to_headers(context->baggage, baggage_prefix, true, set, carrier);
}

static const cspan_propagator_vtable jaeger_vtable = {
    .size = sizeof jaeger_vtable,
    .fields = fields,
    .inject = jaeger_inject,
    .extract = jaeger_extract,
};

cspan_propagator *cspan_propagator_jaeger(void) {
  return cspan_propagator_create(&jaeger_vtable, NULL);
}
