/* SPDX-License-Identifier: Apache-2.0 */
/* AWS X-Ray's header: Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1|?>.
 * Other fields (Self, Lineage) are passed over. */
#include <string.h>

#include "telemetry/propagator.h"

enum { ROOT_LEN = 35, TIME_HEX = 8, REST_HEX = 24, HEADER_MAX = 96 };

static const char header[] = "X-Amzn-Trace-Id";
static const char *const fields[] = {header, NULL};

static bool parse_root(cspan_str value, uint8_t trace_id[16]) {
  return value.len == ROOT_LEN && memcmp(value.data, "1-", 2) == 0 &&
         value.data[2 + TIME_HEX] == '-' && cspan_hex_decode(value.data + 2, TIME_HEX, trace_id) &&
         cspan_hex_decode(value.data + 3 + TIME_HEX, REST_HEX, trace_id + TIME_HEX / 2);
}

/* False when the field is malformed. */
static bool parse_field(cspan_str field, cspan_span_context *out) {
  const char *equals = field.len ? memchr(field.data, '=', field.len) : NULL;
  if (!equals)
    return true;
  size_t key_len = (size_t)(equals - field.data);
  cspan_str key = cspan_str_trim((cspan_str){field.data, key_len});
  cspan_str value = cspan_str_trim((cspan_str){equals + 1, field.len - key_len - 1});
  if (cspan_str_eq(key, "Root"))
    return parse_root(value, out->trace_id);
  if (cspan_str_eq(key, "Parent"))
    return value.len == 16 && cspan_hex_decode(value.data, 16, out->span_id);
  if (cspan_str_eq(key, "Sampled"))
    out->trace_flags = cspan_str_eq(value, "1") ? CSPAN_TRACE_FLAG_SAMPLED : 0;
  return true;
}

static void xray_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                         cspan_extracted *out) {
  cspan_span_context remote = {.is_remote = true};
  (void)self;
  const char *at = cspan_carrier_value(getter, carrier, header, 0);
  while (at && *at) {
    size_t len = strcspn(at, ";");
    if (!parse_field((cspan_str){at, len}, &remote))
      return;
    at += len + (at[len] == ';');
  }
  cspan_extracted_set_remote(out, &remote);
}

static char *put(char *at, const char *text) {
  size_t len = strlen(text);
  memcpy(at, text, len + 1);
  return at + len;
}

static char *put_hex(char *at, const uint8_t *bytes, size_t count) {
  cspan_hex_encode(bytes, count, at);
  return at + 2 * count;
}

static void xray_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                        void *carrier) {
  cspan_span_context span;
  char value[HEADER_MAX];
  (void)self;
  if (!cspan_span_get_context(context->span, &span) || !cspan_span_context_is_valid(&span))
    return;
  char *at = put(value, "Root=1-");
  at = put_hex(at, span.trace_id, TIME_HEX / 2);
  at = put(at, "-");
  at = put_hex(at, span.trace_id + TIME_HEX / 2, REST_HEX / 2);
  at = put(at, ";Parent=");
  at = put_hex(at, span.span_id, sizeof span.span_id);
  put(at, cspan_span_context_is_sampled(&span) ? ";Sampled=1" : ";Sampled=0");
  set(carrier, header, value);
}

static const cspan_propagator_vtable xray_vtable = {
    .size = sizeof xray_vtable,
    .fields = fields,
    .inject = xray_inject,
    .extract = xray_extract,
};

cspan_propagator *cspan_propagator_xray(void) {
  return cspan_propagator_create(&xray_vtable, NULL);
}
