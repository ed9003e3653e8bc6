/* SPDX-License-Identifier: Apache-2.0 */
/* One attribute as an OTLP KeyValue. */
#include "telemetry/kv.h"

enum { BOOL_SIZE = 2, DOUBLE_SIZE = 9 };

static size_t int_size(int64_t v) {
  return 1 + wire_varint_size((uint64_t)v);
}

static uint8_t *write_double(uint8_t *p, double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  *p++ = ANY_DOUBLE;
  return wire_fixed64(p, bits);
}

/* Bytes that are kept of a string. Counted only where it has more bytes than characters are allowed. */
static size_t kept_length(const char *s, size_t len, uint32_t value_max) {
  return len <= value_max || value_max == CSPAN_ENC_UNLIMITED
             ? len
             : cspan_text_cut_characters(s, len, value_max);
}

static size_t element_length(const char *s, uint32_t value_max) {
  return s != NULL ? kept_length(s, strlen(s), value_max) : 0;
}

static size_t string_any_size(const char *s, size_t len, size_t *wire) {
  *wire = text_wire_size(s, len);
  return wire_bytes_size(*wire);
}

/* The ArrayValue message: each element as an AnyValue. */
static size_t array_size(const cspan_attr *attr, uint32_t value_max) {
  size_t size = 0;
  size_t wire;
  switch (attr->type) {
  case CSPAN_ATTR_BOOL_ARRAY:
    return attr->count * (2 + BOOL_SIZE);
  case CSPAN_ATTR_DOUBLE_ARRAY:
    return attr->count * (2 + DOUBLE_SIZE);
  case CSPAN_ATTR_INT64_ARRAY:
    for (size_t i = 0; i < attr->count; i++) {
      size += 2 + int_size(attr->value.int64s[i]);
    }
    return size;
  default:
    for (size_t i = 0; i < attr->count; i++) {
      size_t len = element_length(attr->value.strings[i], value_max);
      size += wire_bytes_size(string_any_size(attr->value.strings[i], len, &wire));
    }
    return size;
  }
}

static uint8_t *write_string_element(uint8_t *p, const char *s, uint32_t value_max) {
  size_t wire;
  size_t len = element_length(s, value_max);
  size_t any = string_any_size(s, len, &wire);
  *p++ = ARRAY_VALUE;
  p = wire_varint(p, any);
  *p++ = ANY_STRING;
  p = wire_varint(p, wire);
  return wire > 0 ? text_wire(p, s, len, wire) : p;
}

static uint8_t *write_array(uint8_t *p, const cspan_attr *attr, uint32_t value_max) {
  for (size_t i = 0; i < attr->count; i++) {
    switch (attr->type) {
    case CSPAN_ATTR_BOOL_ARRAY:
      *p++ = ARRAY_VALUE;
      *p++ = BOOL_SIZE;
      *p++ = ANY_BOOL;
      *p++ = attr->value.booleans[i];
      break;
    case CSPAN_ATTR_DOUBLE_ARRAY:
      *p++ = ARRAY_VALUE;
      *p++ = DOUBLE_SIZE;
      p = write_double(p, attr->value.numbers[i]);
      break;
    case CSPAN_ATTR_INT64_ARRAY:
      *p++ = ARRAY_VALUE;
      *p++ = (uint8_t)int_size(attr->value.int64s[i]);
      *p++ = ANY_INT;
      p = wire_varint(p, (uint64_t)attr->value.int64s[i]);
      break;
    default:
      p = write_string_element(p, attr->value.strings[i], value_max);
      break;
    }
  }
  return p;
}

static bool measure_value(const cspan_attr *attr, size_t max, cspan_kv_size *out) {
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    out->text = kept_length(attr->value.string, attr->count, out->value_max);
    if (out->text > max) {
      return false;
    }
    out->value = text_wire_size(attr->value.string, out->text);
    out->any = wire_bytes_size(out->value);
    return true;
  case CSPAN_ATTR_INT64:
    out->any = int_size(attr->value.int64);
    return true;
  case CSPAN_ATTR_BOOL:
    out->any = BOOL_SIZE;
    return true;
  case CSPAN_ATTR_DOUBLE:
    out->any = DOUBLE_SIZE;
    return true;
  case CSPAN_ATTR_STRING_ARRAY:
  case CSPAN_ATTR_BOOL_ARRAY:
  case CSPAN_ATTR_INT64_ARRAY:
  case CSPAN_ATTR_DOUBLE_ARRAY:
    if (attr->count > max) {
      return false;
    }
    out->value = array_size(attr, out->value_max);
    out->any = wire_bytes_size(out->value);
    return true;
  }
  return false;
}

bool cspan_kv_measure(const cspan_attr *attr, size_t max, uint32_t value_max, cspan_kv_size *out) {
  const size_t key_len = kv_key_size(attr);
  out->value_max = value_max;
  if (key_len == 0 || key_len > UINT16_MAX || !measure_value(attr, max, out) ||
      text_wire_size(attr->key, key_len) != key_len) {
    return false;
  }
  out->key = key_len;
  out->kv = wire_bytes_size(out->key) + wire_bytes_size(out->any);
  return true;
}

uint8_t *cspan_kv_write(uint8_t *p, uint8_t tag, const cspan_attr *attr,
                        const cspan_kv_size *size) {
  *p++ = tag;
  p = wire_varint(p, size->kv);
  p = wire_bytes(p, KV_KEY, attr->key, size->key);
  *p++ = KV_VALUE;
  p = wire_varint(p, size->any);
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    *p++ = ANY_STRING;
    p = wire_varint(p, size->value);
    return text_wire(p, attr->value.string, size->text, size->value);
  case CSPAN_ATTR_INT64:
    *p++ = ANY_INT;
    return wire_varint(p, (uint64_t)attr->value.int64);
  case CSPAN_ATTR_BOOL:
    *p++ = ANY_BOOL;
    *p++ = attr->value.boolean;
    return p;
  case CSPAN_ATTR_DOUBLE:
    return write_double(p, attr->value.number);
  default:
    *p++ = ANY_ARRAY;
    p = wire_varint(p, size->value);
    return write_array(p, attr, size->value_max);
  }
}
