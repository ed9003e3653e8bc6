/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "telemetry/baggage.h"
#include "telemetry/ended.h"
#include "telemetry/propagator.h"

/* Names of a carrier that are looked at. */
enum { KEYS_MAX = 1024, NAME_MAX_BYTES = 256 };

/* ------------------------------------------------------------------ carriers */

cspan_str cspan_carrier_text(const cspan_carrier_getter *getter, void *carrier, const char *key) {
  return cspan_str_trim(cspan_str_of(cspan_carrier_value(getter, carrier, key, 0)));
}

const char *cspan_carrier_joined(const cspan_carrier_getter *getter, void *carrier, const char *key,
                                 cspan_buf *scratch) {
  const char *first = cspan_carrier_value(getter, carrier, key, 0);
  const char *line = first ? cspan_carrier_value(getter, carrier, key, 1) : NULL;
  if (!line)
    return first;
  cspan_buf_str(scratch, first);
  for (size_t i = 2; line && cspan_buf_status(scratch) == CSPAN_OK; i++) {
    size_t len = strlen(line);
    if (cspan_buf_reserve(scratch, len + 1) == CSPAN_OK) {
      cspan_buf_char(scratch, ',');
      cspan_buf_append(scratch, line, len);
    }
    line = cspan_carrier_value(getter, carrier, key, i);
  }
  return cspan_buf_text(scratch);
}

/* ----------------------------------------------------------------------- ids */

bool cspan_id_parse(cspan_str hex, uint8_t *out, size_t size) {
  char digits[32];
  size_t whole = 2 * size;
  if (hex.len == 0 || hex.len > whole || whole > sizeof digits)
    return false;
  memset(digits, '0', whole - hex.len);
  memcpy(digits + whole - hex.len, hex.data, hex.len);
  return cspan_hex_decode(digits, whole, out);
}

static bool write_digits(const cspan_slot_context *from, const char *state, cspan_id_digits *out) {
  if ((wire_load64(from->trace_id) | wire_load64(from->trace_id + 8)) == 0 ||
      wire_load64(from->span_id) == 0)
    return false;
  cspan_hex_encode(from->trace_id, sizeof from->trace_id, out->trace);
  cspan_hex_encode(from->span_id, sizeof from->span_id, out->span);
  out->flags = from->trace_flags;
  out->state[0] = '\0';
  if (from->state_len > 0)
    memcpy(out->state, state, from->state_len + (size_t)1);
  return true;
}

bool cspan_id_digits_of(cspan_span span, cspan_id_digits *out) {
  cspan_ended_context ended;
  cspan_slot *slot = cspan_slot_lock(span);
  if (!slot)
    return cspan_ended_find(span, &ended) && write_digits(&ended.context, ended.state, out);
  bool is_valid = write_digits(&slot->context, slot->state, out);
  cspan_slot_unlock(slot);
  return is_valid;
}

void cspan_id_header_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                            void *carrier) {
  const cspan_id_header *header = self;
  cspan_id_digits ids;
  char value[CSPAN_ID_HEADER_MAX];
  if (!cspan_id_digits_of(context->span, &ids))
    return;
  header->write(&ids, value);
  set(carrier, header->name, value);
  if (header->state_name && ids.state[0])
    set(carrier, header->state_name, ids.state);
}

const cspan_id_header *cspan_propagator_id_header(const cspan_propagator *propagator) {
  return propagator->vtable->inject == cspan_id_header_inject ? propagator->self : NULL;
}

/* ------------------------------------------------------------ sampling state */

static const cspan_context_key sampling_state = {"cloudspan.propagator.sampling_state"};

const char *cspan_sampling_state(const cspan_context *context) {
  return cspan_context_value_get(context, &sampling_state);
}

void cspan_extracted_set_sampling_state(cspan_extracted *out, const char *state) {
  if (cspan_sampling_state(&out->context) != state)
    cspan_extracted_set_value(out, &sampling_state, (void *)(uintptr_t)state, NULL);
}

/* ------------------------------------------------------ baggage, header-wise */

static void add_member(cspan_extracted *out, const char *key, const char *value, bool is_encoded) {
  cspan_buf decoded;
  cspan_buf_init(&decoded, CSPAN_BAGGAGE_MAX_BYTES);
  if (is_encoded) {
    cspan_uri_decode(&decoded, value, strlen(value));
    value = cspan_buf_text(&decoded);
    if (cspan_buf_status(&decoded) != CSPAN_OK || strlen(value) != decoded.len)
      value = NULL; /* too much, or a NUL in it */
  }
  cspan_baggage *more = value ? cspan_baggage_with(out->context.baggage, key, value, NULL) : NULL;
  if (more)
    cspan_extracted_set_baggage(out, more);
  cspan_buf_free(&decoded);
}

void cspan_baggage_from_headers(const cspan_carrier_getter *getter, void *carrier,
                                const char *prefix, bool is_encoded, cspan_extracted *out) {
  size_t prefix_len = strlen(prefix);
  for (size_t i = 0; i < KEYS_MAX; i++) {
    const char *name = cspan_carrier_key(getter, carrier, i);
    if (!name)
      return;
    if (strncasecmp(name, prefix, prefix_len) != 0 || !name[prefix_len])
      continue;
    const char *value = cspan_carrier_value(getter, carrier, name, 0);
    if (value)
      add_member(out, name + prefix_len, value, is_encoded);
  }
}

/* A header's value may hold it as it stands. */
static bool is_header_text(const char *value) {
  size_t len = strlen(value);
  for (size_t i = 0; i < len; i++)
    if ((value[i] < ' ' && value[i] != '\t') || value[i] > '~')
      return false;
  return len > 0 && cspan_str_trim((cspan_str){value, len}).len == len;
}

void cspan_baggage_to_headers(const cspan_baggage *baggage, const char *prefix, bool is_encoded,
                              cspan_carrier_set_fn set, void *carrier) {
  cspan_buf name;
  cspan_buf encoded;
  const char *key;
  const char *value;
  cspan_buf_init(&name, NAME_MAX_BYTES);
  cspan_buf_init(&encoded, CSPAN_BAGGAGE_MAX_BYTES);
  for (size_t i = 0; cspan_baggage_at(baggage, i, &key, &value, NULL); i++) {
    cspan_buf_clear(&name);
    cspan_buf_clear(&encoded);
    cspan_buf_printf(&name, "%s%s", prefix, key);
    if (is_encoded) {
      cspan_uri_encode(&encoded, value, strlen(value), false);
      value = cspan_buf_text(&encoded);
    }
    if (cspan_buf_status(&name) == CSPAN_OK && cspan_buf_status(&encoded) == CSPAN_OK &&
        is_header_text(value))
      set(carrier, cspan_buf_text(&name), value);
  }
  cspan_buf_free(&name);
  cspan_buf_free(&encoded);
}
