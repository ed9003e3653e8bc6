/* SPDX-License-Identifier: Apache-2.0 */
/* AWS X-Ray's header: Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1|?>.
 * Other fields (Self, Lineage) are passed over. */
#include <string.h>

#include "telemetry/propagator.h"

enum { ROOT_LEN = 35, TIME_HEX = 8, REST_HEX = 24, PARENT_HEX = 16 };
/* Places in a header that is written. */
enum {
  DATE_AT = sizeof "Root=1-" - 1,
  REST_AT = DATE_AT + TIME_HEX + 1,
  PARENT_AT = REST_AT + REST_HEX + sizeof ";Parent=" - 1,
  SAMPLED_LEN = sizeof ";Sampled=" - 1,
  SAMPLED_AT = PARENT_AT + PARENT_HEX + SAMPLED_LEN
};

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

/* Root=1-<8>-<24>;Parent=<16>;Sampled=<1> */
static void xray_write(const cspan_id_digits *ids, char *out) {
  memcpy(out, "Root=1-", DATE_AT);
  memcpy(out + DATE_AT, ids->trace, TIME_HEX);
  out[REST_AT - 1] = '-';
  memcpy(out + REST_AT, ids->trace + TIME_HEX, REST_HEX);
  memcpy(out + REST_AT + REST_HEX, ";Parent=", PARENT_AT - REST_AT - REST_HEX);
  memcpy(out + PARENT_AT, ids->span, PARENT_HEX);
  memcpy(out + SAMPLED_AT - SAMPLED_LEN, ";Sampled=", SAMPLED_LEN);
  out[SAMPLED_AT] = (ids->flags & CSPAN_TRACE_FLAG_SAMPLED) != 0 ? '1' : '0';
  out[SAMPLED_AT + 1] = '\0';
}

static const cspan_id_header id_header = {
    .name = header,
    .name_len = sizeof header - 1,
    .size = SAMPLED_AT + 2,
    .write = xray_write,
};

static const cspan_propagator_vtable xray_vtable = {
    .size = sizeof xray_vtable,
    .fields = fields,
    .inject = cspan_id_header_inject,
    .extract = xray_extract,
};

cspan_propagator *cspan_propagator_xray(void) {
  return cspan_propagator_create(&xray_vtable, (void *)(uintptr_t)&id_header);
}
