/* SPDX-License-Identifier: Apache-2.0 */
/* The protobuf wire format, reading side: fields of one message, one after the
 * other, borrowed from the input. */
#ifndef TELEMETRY_OTLP_WIRE_H
#define TELEMETRY_OTLP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "telemetry/wire.h"

/* Deepest nesting that is read, as in the protobuf libraries. */
enum { CSPAN_PB_MAX_DEPTH = 100 };

typedef struct cspan_pb_reader {
  const uint8_t *at;
  const uint8_t *end;
  bool bad; /* the input is not protobuf */
} cspan_pb_reader;

typedef struct cspan_pb_field {
  uint32_t number;
  unsigned type;       /* WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES or WIRE_FIXED32 */
  uint64_t value;      /* of the first, second and last */
  const uint8_t *data; /* of WIRE_BYTES */
  size_t len;
} cspan_pb_field;

cspan_pb_reader cspan_pb_read(const uint8_t *data, size_t len);
/* The next field; false at the end and when the rest is malformed (`bad`). Groups,
 * which protobuf has given up, are passed over. */
bool cspan_pb_next(cspan_pb_reader *reader, cspan_pb_field *field);
/* Whether the field has that number and type: one of another type counts as
 * unknown, as in the protobuf libraries. */
static inline bool cspan_pb_is(const cspan_pb_field *field, uint32_t number, unsigned type) {
  return field->number == number && field->type == type;
}

#endif
