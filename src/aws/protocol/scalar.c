/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/scalar.h"

#include <math.h>

#include "aws/protocol/protocol.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/text.h"

enum { BLOB_MAX = CSPAN_PROTOCOL_BODY_MAX };

static cspan_status write_double(cspan_buf *out, double number) {
  if (isnan(number)) {
    return cspan_buf_str(out, "NaN");
  }
  if (isinf(number)) {
    return cspan_buf_str(out, number < 0 ? "-Infinity" : "Infinity");
  }
  cspan_write_double(out, number);
  return cspan_buf_status(out);
}

static cspan_status write_number(cspan_buf *out, const cspan_value *value) {
  switch (value->kind) {
  case CSPAN_VALUE_INT:
    return cspan_buf_printf(out, "%lld", (long long)value->as.integer);
  case CSPAN_VALUE_DOUBLE:
    return write_double(out, value->as.number);
  case CSPAN_VALUE_NUMBER:
  case CSPAN_VALUE_STRING: /* "NaN" */
    return cspan_buf_append(out, value->as.text, value->size);
  default:
    return CSPAN_ERR_INVALID;
  }
}

cspan_status cspan_scalar_write(cspan_buf *out, const cspan_shape *shape,
                                cspan_timestamp_format format, const cspan_value *value) {
  bool is_text = value->kind == CSPAN_VALUE_STRING || value->kind == CSPAN_VALUE_BLOB;
  switch ((cspan_shape_type)shape->type) {
  case CSPAN_SHAPE_STRING:
    return is_text ? cspan_buf_append(out, value->as.text, value->size) : CSPAN_ERR_INVALID;
  case CSPAN_SHAPE_BLOB:
    return is_text ? cspan_base64_encode(out, value->as.text, value->size) : CSPAN_ERR_INVALID;
  case CSPAN_SHAPE_BOOLEAN:
    return value->kind == CSPAN_VALUE_BOOL
               ? cspan_buf_str(out, value->as.boolean ? "true" : "false")
               : CSPAN_ERR_INVALID;
  case CSPAN_SHAPE_INTEGER:
  case CSPAN_SHAPE_LONG:
  case CSPAN_SHAPE_FLOAT:
  case CSPAN_SHAPE_DOUBLE:
    return write_number(out, value);
  case CSPAN_SHAPE_TIMESTAMP:
    return cspan_protocol_timestamp(
        out, value, format != CSPAN_TIMESTAMP_DEFAULT ? format : CSPAN_TIMESTAMP_ISO8601);
  default:
    return CSPAN_ERR_INVALID;
  }
}

static cspan_status read_float(cspan_str text, cspan_arena *arena, cspan_value *out) {
  static const struct {
    const char *text;
    double number;
  } special[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
    if (cspan_str_eq(text, special[i].text)) {
      *out = cspan_double(special[i].number);
      return CSPAN_OK;
    }
  }
  cspan_status status = cspan_value_from_number(text.data, text.len, arena, out);
  if (status == CSPAN_OK && out->kind == CSPAN_VALUE_INT) {
    *out = cspan_double((double)out->as.integer);
  } else if (status == CSPAN_OK && out->kind == CSPAN_VALUE_NUMBER) {
    *out = cspan_double(cspan_decimal_round(text.data, text.len, 0));
  }
  return status;
}

static cspan_status read_integer(cspan_str text, cspan_arena *arena, cspan_value *out) {
  cspan_status status = cspan_value_from_number(text.data, text.len, arena, out);
  return status == CSPAN_OK && out->kind == CSPAN_VALUE_DOUBLE ? CSPAN_ERR_INVALID : status;
}

static cspan_status read_boolean(cspan_str text, cspan_value *out) {
  bool yes = cspan_str_eq(text, "true") || cspan_str_eq(text, "True") || cspan_str_eq(text, "1");
  bool no = cspan_str_eq(text, "false") || cspan_str_eq(text, "False") || cspan_str_eq(text, "0");
  *out = cspan_bool(yes);
  return yes || no ? CSPAN_OK : CSPAN_ERR_INVALID;
}

/* Base64 that may be broken into lines. */
static cspan_status read_blob(const char *text, size_t len, cspan_arena *arena, cspan_value *out) {
  cspan_buf packed;
  cspan_buf bytes;
  cspan_buf_init(&packed, BLOB_MAX);
  cspan_buf_init(&bytes, BLOB_MAX);
  const char *end = text + len;
  while (text < end) {
    const char *start = text;
    while (text < end && strchr(" \t\r\n", *text) == NULL) {
      text++;
    }
    cspan_buf_append(&packed, start, (size_t)(text - start));
    text += text < end;
  }
  cspan_status status = cspan_buf_status(&packed);
  if (status == CSPAN_OK && !cspan_base64_decode(cspan_buf_text(&packed), packed.len, &bytes)) {
    status = cspan_buf_status(&bytes) != CSPAN_OK ? cspan_buf_status(&bytes) : CSPAN_ERR_INVALID;
  }
  if (status == CSPAN_OK) {
    char *copy = cspan_arena_strndup(arena, cspan_buf_text(&bytes), bytes.len);
    *out = cspan_blob(copy, bytes.len);
    status = copy != NULL ? CSPAN_OK : cspan_arena_refusal(arena);
  }
  cspan_buf_free(&packed);
  cspan_buf_free(&bytes);
  return status;
}

cspan_status cspan_scalar_read(const cspan_shape *shape, const char *text, size_t len,
                               cspan_arena *arena, cspan_value *out) {
  cspan_str trimmed = cspan_str_trim((cspan_str){text, len});
  *out = cspan_null();
  switch ((cspan_shape_type)shape->type) {
  case CSPAN_SHAPE_STRING:
  case CSPAN_SHAPE_DOCUMENT:
    *out = cspan_string_of(text, len);
    return CSPAN_OK;
  case CSPAN_SHAPE_BLOB:
    return read_blob(text, len, arena, out);
  default:
    break;
  }
  if (trimmed.len == 0) {
    return CSPAN_OK;
  }
  switch ((cspan_shape_type)shape->type) {
  case CSPAN_SHAPE_BOOLEAN:
    return read_boolean(trimmed, out);
  case CSPAN_SHAPE_INTEGER:
  case CSPAN_SHAPE_LONG:
    return read_integer(trimmed, arena, out);
  case CSPAN_SHAPE_FLOAT:
  case CSPAN_SHAPE_DOUBLE:
    return read_float(trimmed, arena, out);
  case CSPAN_SHAPE_TIMESTAMP:
    return cspan_protocol_parse_timestamp(trimmed.data, trimmed.len, out) ? CSPAN_OK
                                                                          : CSPAN_ERR_INVALID;
  default:
    return CSPAN_ERR_INVALID;
  }
}
