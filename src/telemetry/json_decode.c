/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/JSON to OTLP protobuf, driven by tables of the messages' fields, and from
 * there to a list of spans: one decoder then decides what every value means. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "telemetry/otlp_json.h"
#include "telemetry/otlp_schema.h"
#include "telemetry/otlp_wire.h"

/* Messages are written before their size is known: it takes a padded varint. */
enum { LENGTH_BYTES = 5, OUT_FACTOR = 8, OUT_BASE = 4096 };
#define MAX_LENGTH UINT32_MAX

typedef struct transcoder {
  cspan_buf *out;
  const char *bad_key; /* the field that has a wrong value */
  const char *expected;
} transcoder;

static bool wrong(transcoder *t, const cspan_otlp_field *field, const char *expected) {
  if (!t->bad_key) {
    t->bad_key = field->key;
    t->expected = expected;
  }
  return false;
}

/* ----------------------------------------------------------------- scalars */

static void put_varint(transcoder *t, uint64_t value) {
  uint8_t bytes[WIRE_VARINT_MAX];
  uint8_t *end = wire_varint(bytes, value);
  cspan_buf_append(t->out, bytes, (size_t)(end - bytes));
}

static void put_tag(transcoder *t, const cspan_otlp_field *field, unsigned type) {
  put_varint(t, WIRE_TAG(field->number, type));
}

static void put_bytes(transcoder *t, const cspan_otlp_field *field, const void *data, size_t len) {
  put_tag(t, field, WIRE_BYTES);
  put_varint(t, len);
  cspan_buf_append(t->out, data, len);
}

static void put_fixed64(transcoder *t, const cspan_otlp_field *field, uint64_t value) {
  uint8_t bytes[8];
  wire_fixed64(bytes, value);
  put_tag(t, field, WIRE_FIXED64);
  cspan_buf_append(t->out, bytes, sizeof bytes);
}

static void put_fixed32(transcoder *t, const cspan_otlp_field *field, uint32_t value) {
  uint8_t bytes[4];
  wire_fixed32(bytes, value);
  put_tag(t, field, WIRE_FIXED32);
  cspan_buf_append(t->out, bytes, sizeof bytes);
}

static bool string_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  if (!json_is_string(value)) {
    return wrong(t, field, "a string");
  }
  put_bytes(t, field, json_string_value(value), json_string_length(value));
  return true;
}

static bool hex_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  uint8_t bytes[16];
  size_t len = json_string_length(value);
  if (!json_is_string(value) || len > 2 * sizeof bytes ||
      !cspan_hex_decode(json_string_value(value), len, bytes)) {
    return wrong(t, field, "an id in hexadecimal digits");
  }
  put_bytes(t, field, bytes, len / 2);
  return true;
}

static bool base64_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  cspan_buf bytes;
  cspan_buf_init(&bytes, json_string_length(value));
  bool ok = json_is_string(value) &&
            cspan_base64_decode(json_string_value(value), json_string_length(value), &bytes);
  if (ok) {
    put_bytes(t, field, cspan_buf_text(&bytes), bytes.len);
  } else if (cspan_buf_status(&bytes) == CSPAN_ERR_NOMEM) {
    t->out->status = CSPAN_ERR_NOMEM;
    wrong(t, field, "more memory");
  } else {
    wrong(t, field, "bytes in base64");
  }
  cspan_buf_free(&bytes);
  return ok;
}

static bool bool_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  if (!json_is_boolean(value)) {
    return wrong(t, field, "true or false");
  }
  put_tag(t, field, WIRE_VARINT);
  put_varint(t, json_is_true(value));
  return true;
}

static bool int64_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  int64_t number = json_integer_value(value);
  if (!json_is_integer(value) &&
      !(json_is_string(value) && cspan_parse_i64(json_string_value(value), &number))) {
    return wrong(t, field, "a 64-bit integer");
  }
  put_tag(t, field, WIRE_VARINT);
  put_varint(t, (uint64_t)number);
  return true;
}

static bool unsigned_of(const json_t *value, uint64_t *out) {
  if (json_is_integer(value)) {
    *out = (uint64_t)json_integer_value(value);
    return json_integer_value(value) >= 0;
  }
  return json_is_string(value) && cspan_parse_u64(json_string_value(value), out);
}

static bool uint_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  uint64_t number;
  if (!unsigned_of(value, &number)) {
    return wrong(t, field, "an unsigned integer");
  }
  if (field->kind == CSPAN_KIND_FIXED64) {
    put_fixed64(t, field, number);
    return true;
  }
  if (number > UINT32_MAX) {
    return wrong(t, field, "a 32-bit unsigned integer");
  }
  if (field->kind == CSPAN_KIND_FIXED32) {
    put_fixed32(t, field, (uint32_t)number);
  } else {
    put_tag(t, field, WIRE_VARINT);
    put_varint(t, number);
  }
  return true;
}

static bool double_of(const json_t *value, double *out) {
  if (json_is_number(value)) {
    *out = json_number_value(value);
    return true;
  }
  if (!json_is_string(value)) {
    return false;
  }
  const char *text = json_string_value(value);
  if (strcmp(text, "NaN") == 0) {
    *out = NAN;
  } else if (strcmp(text, "Infinity") == 0) {
    *out = INFINITY;
  } else if (strcmp(text, "-Infinity") == 0) {
    *out = -INFINITY;
  } else {
    return cspan_parse_f64(text, out);
  }
  return true;
}

static bool double_field(transcoder *t, const cspan_otlp_field *field, const json_t *value) {
  double number;
  uint64_t bits;
  if (!double_of(value, &number)) {
    return wrong(t, field, "a number");
  }
  memcpy(&bits, &number, sizeof bits);
  put_fixed64(t, field, bits);
  return true;
}

/* ---------------------------------------------------------------- messages */

static bool put_fields(transcoder *t, const cspan_otlp_field *fields, const json_t *object,
                       unsigned depth);

static bool message_field(transcoder *t, const cspan_otlp_field *field, const json_t *value,
                          unsigned depth) {
  if (!json_is_object(value)) {
    return wrong(t, field, "an object");
  }
  if (depth > 2 * CSPAN_PB_MAX_DEPTH) {
    return wrong(t, field, "less nesting");
  }
  put_tag(t, field, WIRE_BYTES);
  size_t at = t->out->len;
  static const char room[LENGTH_BYTES] = {0};
  cspan_buf_append(t->out, room, sizeof room);
  if (!put_fields(t, field->fields, value, depth + 1)) {
    return false;
  }
  if (cspan_buf_status(t->out) != CSPAN_OK) {
    return true; /* told at the end */
  }
  size_t len = t->out->len - at - LENGTH_BYTES;
  if (len > MAX_LENGTH) {
    return wrong(t, field, "less than 4 GiB");
  }
  for (unsigned i = 0; i < LENGTH_BYTES; i++) {
    unsigned more = i + 1 < LENGTH_BYTES ? 0x80 : 0;
    t->out->data[at + i] = (char)(uint8_t)((len >> (7 * i) & 0x7f) | more);
  }
  return true;
}

static bool messages_field(transcoder *t, const cspan_otlp_field *field, const json_t *value,
                           unsigned depth) {
  if (!json_is_array(value)) {
    return wrong(t, field, "an array");
  }
  size_t index;
  const json_t *element;
  json_array_foreach(value, index, element) {
    if (!message_field(t, field, element, depth)) {
      return false;
    }
  }
  return true;
}

static bool put_field(transcoder *t, const cspan_otlp_field *field, const json_t *value,
                      unsigned depth) {
  switch (field->kind) {
  case CSPAN_KIND_STRING:
    return string_field(t, field, value);
  case CSPAN_KIND_HEX:
    return hex_field(t, field, value);
  case CSPAN_KIND_BASE64:
    return base64_field(t, field, value);
  case CSPAN_KIND_BOOL:
    return bool_field(t, field, value);
  case CSPAN_KIND_INT64:
    return int64_field(t, field, value);
  case CSPAN_KIND_DOUBLE:
    return double_field(t, field, value);
  case CSPAN_KIND_MESSAGE:
    return message_field(t, field, value, depth);
  case CSPAN_KIND_MESSAGE_LIST:
    return messages_field(t, field, value, depth);
  default:
    return uint_field(t, field, value);
  }
}

static bool put_fields(transcoder *t, const cspan_otlp_field *fields, const json_t *object,
                       unsigned depth) {
  for (const cspan_otlp_field *field = fields; field->key; field++) {
    const json_t *value = json_object_get(object, field->key);
    if (value && !json_is_null(value) && !put_field(t, field, value, depth)) {
      return false;
    }
  }
  return true;
}

static cspan_status transcode(const json_t *root, cspan_buf *out, cspan_error **error) {
  transcoder t = {.out = out};
  if (!json_is_object(root)) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "cannot decode an OTLP/JSON trace request: it is not a JSON object");
  }
  bool ok = put_fields(&t, cspan_otlp_schema(CSPAN_OTLP_TRACES), root, 0);
  if (cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(
        error, cspan_buf_status(out), "cannot decode an OTLP/JSON trace request: %s",
        cspan_buf_status(out) == CSPAN_ERR_NOMEM ? "out of memory" : "it is too large");
  }
  if (!ok) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "cannot decode an OTLP/JSON trace request: \"%s\" must be %s", t.bad_key,
                           t.expected);
  }
  return CSPAN_OK;
}

cspan_status cspan_otlp_json_to_protobuf(const char *text, size_t len, cspan_buf *out,
                                         cspan_error **error) {
  json_error_t problem;
  json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, &problem);
  if (!root) {
    if (json_error_code(&problem) == json_error_out_of_memory) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while decoding OTLP/JSON");
    }
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "cannot decode an OTLP/JSON trace request: line %d, column %d: %s",
                           problem.line, problem.column, problem.text);
  }
  cspan_status status = transcode(root, out, error);
  json_decref(root);
  return status;
}

cspan_status cspan_span_list_decode_json(const char *text, size_t len, cspan_span_list **out,
                                         cspan_error **error) {
  cspan_buf request;
  *out = NULL;
  cspan_buf_init(&request,
                 len > SIZE_MAX / OUT_FACTOR - OUT_BASE ? SIZE_MAX : len * OUT_FACTOR + OUT_BASE);
  cspan_status status = cspan_otlp_json_to_protobuf(text, len, &request, error);
  if (status == CSPAN_OK) {
    status =
        cspan_span_list_decode((const uint8_t *)cspan_buf_text(&request), request.len, out, error);
  }
  cspan_buf_free(&request);
  return status;
}
