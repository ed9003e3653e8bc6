/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/otlp_wire.h"

enum { GROUP_START = 3, GROUP_END = 4, MAX_FIELD = (1 << 29) - 1 };

cspan_pb_reader cspan_pb_read(const uint8_t *data, size_t len) {
  return (cspan_pb_reader){.at = data, .end = data ? data + len : data};
}

static bool fail(cspan_pb_reader *reader) {
  reader->bad = true;
  reader->at = reader->end;
  return false;
}

static bool read_varint(cspan_pb_reader *reader, uint64_t *out) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
    uint8_t byte = *reader->at++;
    if (shift == 63 && byte > 1) {
      break;
    }
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out = value;
      return true;
    }
  }
  return fail(reader);
}

static bool read_fixed(cspan_pb_reader *reader, unsigned size, uint64_t *out) {
  if ((size_t)(reader->end - reader->at) < size) {
    return fail(reader);
  }
  uint64_t value = 0;
  for (unsigned i = 0; i < size; i++) {
    value |= (uint64_t)reader->at[i] << (8 * i);
  }
  reader->at += size;
  *out = value;
  return true;
}

static bool read_bytes(cspan_pb_reader *reader, cspan_pb_field *field) {
  uint64_t len;
  if (!read_varint(reader, &len)) {
    return false;
  }
  if (len > (uint64_t)(reader->end - reader->at)) {
    return fail(reader);
  }
  field->data = reader->at;
  field->len = (size_t)len;
  reader->at += len;
  return true;
}

/* One field, where a group's start and end count as fields without a value. */
static bool read_field(cspan_pb_reader *reader, cspan_pb_field *field) {
  uint64_t tag;
  if (!read_varint(reader, &tag)) {
    return false;
  }
  if (tag >> 3 == 0 || tag >> 3 > MAX_FIELD) {
    return fail(reader);
  }
  *field = (cspan_pb_field){.number = (uint32_t)(tag >> 3), .type = (unsigned)(tag & 7)};
  switch (field->type) {
  case WIRE_VARINT:
    return read_varint(reader, &field->value);
  case WIRE_FIXED64:
    return read_fixed(reader, 8, &field->value);
  case WIRE_FIXED32:
    return read_fixed(reader, 4, &field->value);
  case WIRE_BYTES:
    return read_bytes(reader, field);
  case GROUP_START:
  case GROUP_END:
    return true;
  default:
    return fail(reader);
  }
}

static bool skip_group(cspan_pb_reader *reader, uint32_t number) {
  uint32_t open[CSPAN_PB_MAX_DEPTH] = {number};
  size_t depth = 1;
  while (depth > 0) {
    cspan_pb_field field;
    if (!read_field(reader, &field)) {
      return fail(reader);
    }
    if (field.type == GROUP_START) {
      if (depth == CSPAN_PB_MAX_DEPTH) {
        return fail(reader);
      }
      open[depth++] = field.number;
    } else if (field.type == GROUP_END && open[--depth] != field.number) {
      return fail(reader);
    }
  }
  return true;
}

bool cspan_pb_next(cspan_pb_reader *reader, cspan_pb_field *field) {
  while (reader->at < reader->end) {
    if (!read_field(reader, field)) {
      return false;
    }
    if (field->type == GROUP_END) {
      return fail(reader);
    }
    if (field->type != GROUP_START) {
      return true;
    }
    if (!skip_group(reader, field->number)) {
      return false;
    }
  }
  return false;
}
