/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/metrics/metric_write.h"

#include "telemetry/text_wire.h"

static uint8_t *room(cspan_buf *out, size_t size) {
  return cspan_buf_reserve(out, size) == CSPAN_OK ? (uint8_t *)out->data + out->len : NULL;
}

static void end_at(cspan_buf *out, const uint8_t *end) {
  out->len = (size_t)(end - (uint8_t *)out->data);
  out->data[out->len] = '\0';
}

void cspan_pb_put_varint(cspan_buf *out, uint8_t tag, uint64_t value) {
  uint8_t *p = room(out, 1 + WIRE_VARINT_MAX);
  if (p != NULL) {
    *p++ = tag;
    end_at(out, wire_varint(p, value));
  }
}

void cspan_pb_put_fixed64(cspan_buf *out, uint8_t tag, uint64_t value) {
  uint8_t *p = room(out, 9);
  if (p != NULL) {
    *p++ = tag;
    end_at(out, wire_fixed64(p, value));
  }
}

void cspan_pb_put_double(cspan_buf *out, uint8_t tag, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  cspan_pb_put_fixed64(out, tag, bits);
}

void cspan_pb_put_bytes(cspan_buf *out, uint8_t tag, const void *data, size_t len) {
  uint8_t *p = room(out, 1 + WIRE_VARINT_MAX + len);
  if (p != NULL) {
    end_at(out, wire_bytes(p, tag, data, len));
  }
}

void cspan_pb_put_text(cspan_buf *out, uint8_t tag, const char *text) {
  size_t len = strlen(text);
  size_t wire = len > 0 ? text_wire_size(text, len) : 0;
  uint8_t *p = wire > 0 ? room(out, 1 + WIRE_VARINT_MAX + wire) : NULL;
  if (p != NULL) {
    *p++ = tag;
    p = wire_varint(p, wire);
    end_at(out, text_wire(p, text, len, wire));
  }
}

/* One byte is set aside for the length; a longer body is moved. */
size_t cspan_pb_put_open(cspan_buf *out, uint8_t tag) {
  cspan_buf_char(out, (char)tag);
  cspan_buf_char(out, '\0');
  return out->len;
}

void cspan_pb_put_close(cspan_buf *out, size_t body) {
  if (cspan_buf_status(out) != CSPAN_OK) {
    return;
  }
  size_t len = out->len - body;
  size_t shift = wire_varint_size(len) - 1;
  if (shift > 0) {
    if (room(out, shift) == NULL) {
      return;
    }
    memmove(out->data + body + shift, out->data + body, len);
    end_at(out, (uint8_t *)out->data + out->len + shift);
  }
  wire_varint((uint8_t *)out->data + body - 1, len);
}
