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

static size_t string_any_size(const char *s, size_t *wire) {
  size_t len = s != NULL ? strlen(s) : 0;
  *wire = text_wire_size(s, len);
  return wire_bytes_size(*wire);
}

/* The ArrayValue message: each element as an AnyValue. */
static size_t array_size(const cspan_attr *attr) {
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
      size += wire_bytes_size(string_any_size(attr->value.strings[i], &wire));
    }
    return size;
  }
}

static uint8_t *write_string_element(uint8_t *p, const char *s) {
  size_t wire;
  size_t any = string_any_size(s, &wire);
  *p++ = ARRAY_VALUE;
  p = wire_varint(p, any);
  *p++ = ANY_STRING;
  p = wire_varint(p, wire);
  return wire > 0 ? text_wire(p, s, strlen(s), wire) : p;
}

static uint8_t *write_array(uint8_t *p, const cspan_attr *attr) {
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
      p = write_string_element(p, attr->value.strings[i]);
      break;
    }
  }
  return p;
}

static bool measure_value(const cspan_attr *attr, size_t max, cspan_kv_size *out) {
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    if (attr->count > max) {
      return false;
    }
    out->value = text_wire_size(attr->value.string, attr->count);
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
    out->value = array_size(attr);
    out->any = wire_bytes_size(out->value);
    return true;
  }
  return false;
}

bool cspan_kv_measure(const cspan_attr *attr, size_t key_len, size_t max, cspan_kv_size *out) {
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
    return text_wire(p, attr->value.string, attr->count, size->value);
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
    return write_array(p, attr);
  }
}
