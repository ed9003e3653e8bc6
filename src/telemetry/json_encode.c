/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP protobuf to OTLP/JSON, driven by tables of the messages' fields. A field that is
 * not on the wire, as one with its default value, is not in the text either. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/json_text.h"
#include "telemetry/otlp_json.h"
#include "telemetry/otlp_schema.h"
#include "telemetry/otlp_wire.h"
#include "telemetry/text_wire.h"

enum { MAX_ID_BYTES = 16 };

/* The fields that a message has, each at its last occurrence, which is the one that counts; the
 * number of the others is 0. */
typedef struct message {
  cspan_pb_field fields[CSPAN_OTLP_MAX_FIELDS];
} message;

static bool write_message(cspan_buf *out, const cspan_otlp_field *fields, const uint8_t *data,
                          size_t len, unsigned depth);

/* ------------------------------------------------------------------ values */

static bool write_string(cspan_buf *out, const cspan_pb_field *field) {
  const char *text = (const char *)field->data;
  if (cspan_utf8_valid(text, field->len)) {
    cspan_json_string(out, text, field->len);
    return true;
  }
  cspan_buf repaired;
  size_t size = cspan_text_repaired_size(text, field->len);
  cspan_buf_init(&repaired, size);
  if (cspan_buf_reserve(&repaired, size) == CSPAN_OK) {
    cspan_text_repair((uint8_t *)repaired.data, text, field->len);
    cspan_json_string(out, repaired.data, size);
  } else {
    out->status = CSPAN_ERR_NOMEM;
  }
  cspan_buf_free(&repaired);
  return true;
}

static bool write_hex(cspan_buf *out, const cspan_pb_field *field) {
  char hex[2 * MAX_ID_BYTES + 1];
  if (field->len > MAX_ID_BYTES) {
    return false;
  }
  cspan_hex_encode(field->data, field->len, hex);
  cspan_buf_printf(out, "\"%s\"", hex);
  return true;
}

static bool write_base64(cspan_buf *out, const cspan_pb_field *field) {
  cspan_buf_char(out, '"');
  cspan_base64_encode(out, field->data, field->len);
  cspan_buf_char(out, '"');
  return true;
}

static void write_double(cspan_buf *out, uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  cspan_json_double(out, value);
}

static uint64_t load_fixed64(const uint8_t *data) {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8; i++) {
    value |= (uint64_t)data[i] << (8 * i);
  }
  return value;
}

static bool write_packed(cspan_buf *out, const cspan_pb_field *field, bool doubles) {
  if (field->len % 8 != 0) {
    return false;
  }
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < field->len; i += 8) {
    uint64_t value = load_fixed64(field->data + i);
    if (i > 0) {
      cspan_buf_char(out, ',');
    }
    if (doubles) {
      write_double(out, value);
    } else {
      cspan_buf_printf(out, "\"%" PRIu64 "\"", value);
    }
  }
  cspan_buf_char(out, ']');
  return true;
}

static bool write_value(cspan_buf *out, const cspan_otlp_field *type, const cspan_pb_field *field,
                        unsigned depth) {
  switch (type->kind) {
  case CSPAN_KIND_STRING:
    return write_string(out, field);
  case CSPAN_KIND_HEX:
    return write_hex(out, field);
  case CSPAN_KIND_BASE64:
    return write_base64(out, field);
  case CSPAN_KIND_FIXED64_LIST:
  case CSPAN_KIND_DOUBLE_LIST:
    return write_packed(out, field, type->kind == CSPAN_KIND_DOUBLE_LIST);
  case CSPAN_KIND_BOOL:
    cspan_buf_str(out, field->value ? "true" : "false");
    return true;
  case CSPAN_KIND_INT64:
  case CSPAN_KIND_SFIXED64:
    cspan_buf_printf(out, "\"%" PRId64 "\"", (int64_t)field->value);
    return true;
  case CSPAN_KIND_UINT32:
  case CSPAN_KIND_FIXED32:
    cspan_buf_printf(out, "%" PRIu32, (uint32_t)field->value);
    return true;
  case CSPAN_KIND_FIXED64:
    cspan_buf_printf(out, "\"%" PRIu64 "\"", field->value);
    return true;
  case CSPAN_KIND_DOUBLE:
    write_double(out, field->value);
    return true;
  default:
    return write_message(out, type->fields, field->data, field->len, depth + 1);
  }
}

/* ---------------------------------------------------------------- messages */

/* False where it is not well-formed. */
static bool read_message(const cspan_otlp_field *types, const uint8_t *data, size_t len,
                         message *out) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  memset(out, 0, sizeof *out);
  while (cspan_pb_next(&reader, &field)) {
    for (size_t i = 0; types[i].key; i++) {
      if (!cspan_pb_is(&field, types[i].number, cspan_otlp_wire_type(types[i].kind))) {
        continue;
      }
      for (size_t k = 0; types[i].one_of && types[k].key; k++) {
        out->fields[k].number = types[k].one_of ? 0 : out->fields[k].number;
      }
      out->fields[i] = field;
    }
  }
  return !reader.bad;
}

/* All occurrences of a field. */
static bool write_list(cspan_buf *out, const cspan_otlp_field *type, const uint8_t *data,
                       size_t len, unsigned depth) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  bool ok = true;
  bool first = true;
  cspan_buf_char(out, '[');
  while (ok && cspan_pb_next(&reader, &field)) {
    if (!cspan_pb_is(&field, type->number, WIRE_BYTES)) {
      continue;
    }
    if (!first) {
      cspan_buf_char(out, ',');
    }
    first = false;
    ok = write_message(out, type->fields, field.data, field.len, depth + 1);
  }
  cspan_buf_char(out, ']');
  return ok;
}

static bool write_message(cspan_buf *out, const cspan_otlp_field *fields, const uint8_t *data,
                          size_t len, unsigned depth) {
  message read;
  bool first = true;
  if (depth > CSPAN_PB_MAX_DEPTH || cspan_buf_status(out) != CSPAN_OK ||
      !read_message(fields, data, len, &read)) {
    return false;
  }
  cspan_buf_char(out, '{');
  for (size_t i = 0; fields[i].key; i++) {
    if (read.fields[i].number == 0) {
      continue;
    }
    cspan_buf_printf(out, first ? "\"%s\":" : ",\"%s\":", fields[i].key);
    first = false;
    bool ok = fields[i].kind == CSPAN_KIND_MESSAGE_LIST
                  ? write_list(out, &fields[i], data, len, depth)
                  : write_value(out, &fields[i], &read.fields[i], depth);
    if (!ok) {
      return false;
    }
  }
  cspan_buf_char(out, '}');
  return true;
}

cspan_status cspan_otlp_to_json(cspan_otlp_signal signal, const uint8_t *request, size_t size,
                                cspan_buf *out) {
  bool ok = write_message(out, cspan_otlp_schema(signal), request, size, 0);
  cspan_status status = cspan_buf_status(out);
  return status != CSPAN_OK ? status : ok ? CSPAN_OK : CSPAN_ERR_PROTOCOL;
}
