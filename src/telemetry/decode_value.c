/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: OTLP's KeyValue and AnyValue. Values that cspan_attr cannot hold
 * become strings: bytes in base64, maps and mixed arrays as JSON. */
#include <string.h>

#include "base/text.h"
#include "telemetry/decode.h"
#include "telemetry/json_text.h"

/* The members of AnyValue's oneof. */
enum {
  ANY_NONE = 0,
  ANY_STRING = 1,
  ANY_BOOL = 2,
  ANY_INT = 3,
  ANY_DOUBLE = 4,
  ANY_ARRAY = 5,
  ANY_MAP = 6,
  ANY_BYTES = 7
};

static bool is_value(const cspan_pb_field *field) {
  static const unsigned types[] = {
      [ANY_STRING] = WIRE_BYTES,   [ANY_BOOL] = WIRE_VARINT, [ANY_INT] = WIRE_VARINT,
      [ANY_DOUBLE] = WIRE_FIXED64, [ANY_ARRAY] = WIRE_BYTES, [ANY_MAP] = WIRE_BYTES,
      [ANY_BYTES] = WIRE_BYTES,
  };
  return field->number >= ANY_STRING && field->number <= ANY_BYTES &&
         field->type == types[field->number];
}

/* The member that is set; number ANY_NONE where there is none. */
static bool read_any(cspan_decoder *decoder, const uint8_t *data, size_t len, cspan_pb_field *out) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  *out = (cspan_pb_field){.number = ANY_NONE};
  while (cspan_pb_next(&reader, &field)) {
    if (is_value(&field)) {
      *out = field;
    }
  }
  return cspan_decode_end(decoder, &reader);
}

static double double_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int64_t int64_of(uint64_t bits) {
  int64_t value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* ------------------------------------------------------- nested, as JSON */

static bool write_json(cspan_decoder *decoder, cspan_buf *out, const cspan_pb_field *value,
                       unsigned depth);

static bool write_json_string(cspan_decoder *decoder, cspan_buf *out, const uint8_t *data,
                              size_t len) {
  size_t text_len;
  const char *text = cspan_decode_string(decoder, data, len, &text_len);
  if (!text) {
    return false;
  }
  cspan_json_string(out, text, text_len);
  return true;
}

static bool read_pair(cspan_decoder *decoder, const uint8_t *data, size_t len, cspan_pb_field *key,
                      cspan_pb_field *value) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  *key = (cspan_pb_field){0};
  *value = (cspan_pb_field){0};
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      *key = field;
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      *value = field;
    }
  }
  return cspan_decode_end(decoder, &reader);
}

static bool write_json_pair(cspan_decoder *decoder, cspan_buf *out, const cspan_pb_field *pair,
                            unsigned depth) {
  cspan_pb_field key;
  cspan_pb_field any;
  cspan_pb_field value;
  if (!read_pair(decoder, pair->data, pair->len, &key, &any) ||
      !write_json_string(decoder, out, key.data, key.len) ||
      !read_any(decoder, any.data, any.len, &value)) {
    return false;
  }
  cspan_buf_char(out, ':');
  return write_json(decoder, out, &value, depth + 1);
}

static bool write_json_element(cspan_decoder *decoder, cspan_buf *out,
                               const cspan_pb_field *element, unsigned depth) {
  cspan_pb_field value;
  return read_any(decoder, element->data, element->len, &value) &&
         write_json(decoder, out, &value, depth + 1);
}

/* An ArrayValue or a KeyValueList: both have their items in field 1. */
static bool write_json_items(cspan_decoder *decoder, cspan_buf *out, const cspan_pb_field *list,
                             unsigned depth) {
  bool map = list->number == ANY_MAP;
  cspan_pb_reader reader = cspan_pb_read(list->data, list->len);
  cspan_pb_field field;
  bool first = true;
  cspan_buf_char(out, map ? '{' : '[');
  while (cspan_pb_next(&reader, &field)) {
    if (!cspan_pb_is(&field, 1, WIRE_BYTES)) {
      continue;
    }
    if (!first) {
      cspan_buf_char(out, ',');
    }
    first = false;
    if (!(map ? write_json_pair : write_json_element)(decoder, out, &field, depth)) {
      return false;
    }
  }
  cspan_buf_char(out, map ? '}' : ']');
  return cspan_decode_end(decoder, &reader);
}

static bool write_json(cspan_decoder *decoder, cspan_buf *out, const cspan_pb_field *value,
                       unsigned depth) {
  if (depth > CSPAN_PB_MAX_DEPTH) {
    return cspan_decode_fail(decoder, CSPAN_ERR_PROTOCOL, "an attribute is nested too deeply");
  }
  switch (value->number) {
  case ANY_STRING:
    return write_json_string(decoder, out, value->data, value->len);
  case ANY_BOOL:
    cspan_buf_str(out, value->value ? "true" : "false");
    return true;
  case ANY_INT:
    cspan_buf_printf(out, "%lld", (long long)int64_of(value->value));
    return true;
  case ANY_DOUBLE:
    cspan_json_double(out, double_of(value->value));
    return true;
  case ANY_ARRAY:
  case ANY_MAP:
    return write_json_items(decoder, out, value, depth);
  case ANY_BYTES:
    cspan_buf_char(out, '"');
    cspan_base64_encode(out, value->data, value->len);
    cspan_buf_char(out, '"');
    return true;
  default:
    cspan_buf_str(out, "null");
    return true;
  }
}

static bool buf_to_string(cspan_decoder *decoder, const cspan_buf *text, cspan_attr *out) {
  cspan_status status = cspan_buf_status(text);
  if (status != CSPAN_OK) {
    return cspan_decode_fail(decoder, status, "an attribute is too large");
  }
  out->type = CSPAN_ATTR_STRING;
  out->value.string =
      cspan_decode_string(decoder, (const uint8_t *)cspan_buf_text(text), text->len, &out->count);
  return out->value.string != NULL;
}

static bool set_json(cspan_decoder *decoder, const cspan_pb_field *value, cspan_attr *out) {
  cspan_buf text;
  cspan_buf_init(&text, decoder->budget);
  bool ok = write_json(decoder, &text, value, 0) && buf_to_string(decoder, &text, out);
  cspan_buf_free(&text);
  return ok;
}

static bool set_base64(cspan_decoder *decoder, const cspan_pb_field *value, cspan_attr *out) {
  cspan_buf text;
  cspan_buf_init(&text, decoder->budget);
  cspan_base64_encode(&text, value->data, value->len);
  bool ok = buf_to_string(decoder, &text, out);
  cspan_buf_free(&text);
  return ok;
}

/* ------------------------------------------------------------------ arrays */

/* Counts the elements and finds the member that all of them have: ANY_NONE when
 * they differ or cspan_attr has no array of it. */
static bool scan_array(cspan_decoder *decoder, const cspan_pb_field *list, size_t *count,
                       uint32_t *member) {
  cspan_pb_reader reader = cspan_pb_read(list->data, list->len);
  cspan_pb_field field;
  *count = 0;
  *member = ANY_STRING;
  while (cspan_pb_next(&reader, &field)) {
    cspan_pb_field value;
    if (!cspan_pb_is(&field, 1, WIRE_BYTES)) {
      continue;
    }
    if (!read_any(decoder, field.data, field.len, &value)) {
      return false;
    }
    if (*count == 0) {
      *member = value.number <= ANY_DOUBLE ? value.number : (uint32_t)ANY_NONE;
    } else if (value.number != *member) {
      *member = ANY_NONE;
    }
    (*count)++;
  }
  return cspan_decode_end(decoder, &reader);
}

static void *alloc_array(cspan_decoder *decoder, uint32_t member, size_t count, cspan_attr *out) {
  static const struct {
    size_t size;
    cspan_attr_type type;
  } kinds[] = {
      [ANY_STRING] = {sizeof(const char *), CSPAN_ATTR_STRING_ARRAY},
      [ANY_BOOL] = {sizeof(bool), CSPAN_ATTR_BOOL_ARRAY},
      [ANY_INT] = {sizeof(int64_t), CSPAN_ATTR_INT64_ARRAY},
      [ANY_DOUBLE] = {sizeof(double), CSPAN_ATTR_DOUBLE_ARRAY},
  };
  out->type = kinds[member].type;
  out->count = count;
  return cspan_decode_alloc(decoder, count, kinds[member].size);
}

static bool set_element(cspan_decoder *decoder, void *array, size_t index,
                        const cspan_pb_field *value) {
  switch (value->number) {
  case ANY_BOOL:
    ((bool *)array)[index] = value->value != 0;
    return true;
  case ANY_INT:
    ((int64_t *)array)[index] = int64_of(value->value);
    return true;
  case ANY_DOUBLE:
    ((double *)array)[index] = double_of(value->value);
    return true;
  default: {
    const char *text = cspan_decode_string(decoder, value->data, value->len, NULL);
    ((const char **)array)[index] = text;
    return text != NULL;
  }
  }
}

static void point_to_array(cspan_attr *out, const void *array) {
  switch (out->type) {
  case CSPAN_ATTR_BOOL_ARRAY:
    out->value.booleans = array;
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    out->value.int64s = array;
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    out->value.numbers = array;
    break;
  default:
    out->value.strings = array;
  }
}

static bool set_array(cspan_decoder *decoder, const cspan_pb_field *list, cspan_attr *out) {
  size_t count;
  uint32_t member;
  if (!scan_array(decoder, list, &count, &member)) {
    return false;
  }
  if (member == ANY_NONE) {
    return set_json(decoder, list, out);
  }
  void *array = alloc_array(decoder, member, count, out);
  if (!array) {
    return false;
  }
  cspan_pb_reader reader = cspan_pb_read(list->data, list->len);
  cspan_pb_field field;
  for (size_t i = 0; i < count && cspan_pb_next(&reader, &field);) {
    cspan_pb_field value;
    if (!cspan_pb_is(&field, 1, WIRE_BYTES)) {
      continue;
    }
    if (!read_any(decoder, field.data, field.len, &value) ||
        !set_element(decoder, array, i, &value)) {
      return false;
    }
    i++;
  }
  point_to_array(out, array);
  return true;
}

/* -------------------------------------------------------------- attributes */

static bool set_value(cspan_decoder *decoder, const cspan_pb_field *value, cspan_attr *out) {
  switch (value->number) {
  case ANY_BOOL:
    out->type = CSPAN_ATTR_BOOL;
    out->value.boolean = value->value != 0;
    return true;
  case ANY_INT:
    out->type = CSPAN_ATTR_INT64;
    out->value.int64 = int64_of(value->value);
    return true;
  case ANY_DOUBLE:
    out->type = CSPAN_ATTR_DOUBLE;
    out->value.number = double_of(value->value);
    return true;
  case ANY_ARRAY:
    return set_array(decoder, value, out);
  case ANY_MAP:
    return set_json(decoder, value, out);
  case ANY_BYTES:
    return set_base64(decoder, value, out);
  default: /* a string; no value at all is an empty one */
    out->type = CSPAN_ATTR_STRING;
    out->value.string = cspan_decode_string(decoder, value->data, value->len, &out->count);
    return out->value.string != NULL;
  }
}

static bool decode_pair(cspan_decoder *decoder, const cspan_pb_field *pair, cspan_attr *out) {
  cspan_pb_field key;
  cspan_pb_field any;
  cspan_pb_field value;
  if (!read_pair(decoder, pair->data, pair->len, &key, &any) ||
      !read_any(decoder, any.data, any.len, &value)) {
    return false;
  }
  out->key = cspan_decode_string(decoder, key.data, key.len, NULL);
  return out->key && set_value(decoder, &value, out);
}

bool cspan_decode_attributes(cspan_decoder *decoder, const uint8_t *message, size_t len,
                             uint32_t number, const cspan_attr **out, size_t *out_count) {
  cspan_pb_reader reader = cspan_pb_read(message, len);
  cspan_pb_field field;
  size_t count = 0;
  while (cspan_pb_next(&reader, &field)) {
    count += cspan_pb_is(&field, number, WIRE_BYTES);
  }
  if (!cspan_decode_end(decoder, &reader)) {
    return false;
  }
  *out_count = count;
  *out = NULL;
  if (count == 0) {
    return true;
  }
  cspan_attr *attributes = cspan_decode_alloc(decoder, count, sizeof *attributes);
  if (!attributes) {
    return false;
  }
  *out = attributes;
  reader = cspan_pb_read(message, len);
  for (size_t i = 0; i < count && cspan_pb_next(&reader, &field);) {
    if (!cspan_pb_is(&field, number, WIRE_BYTES)) {
      continue;
    }
    if (!decode_pair(decoder, &field, &attributes[i])) {
      return false;
    }
    i++;
  }
  return true;
}
