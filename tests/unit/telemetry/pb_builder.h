/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages written by hand, for tests of the reading side. */
#ifndef TESTS_PB_BUILDER_H
#define TESTS_PB_BUILDER_H

#include <string.h>

#include "base/buf.h"

static inline void pb_varint(cspan_buf *out, uint64_t value) {
  while (value >= 0x80) {
    cspan_buf_char(out, (char)(uint8_t)(value | 0x80));
    value >>= 7;
  }
  cspan_buf_char(out, (char)(uint8_t)value);
}

static inline void pb_int(cspan_buf *out, uint32_t field, uint64_t value) {
  pb_varint(out, (uint64_t)field << 3);
  pb_varint(out, value);
}

static inline void pb_little_endian(cspan_buf *out, uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; i++)
    cspan_buf_char(out, (char)(uint8_t)(value >> (8 * i)));
}

static inline void pb_fixed64(cspan_buf *out, uint32_t field, uint64_t value) {
  pb_varint(out, (uint64_t)field << 3 | 1);
  pb_little_endian(out, value, 8);
}

static inline void pb_fixed32(cspan_buf *out, uint32_t field, uint32_t value) {
  pb_varint(out, (uint64_t)field << 3 | 5);
  pb_little_endian(out, value, 4);
}

static inline void pb_double(cspan_buf *out, uint32_t field, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  pb_fixed64(out, field, bits);
}

static inline void pb_bytes(cspan_buf *out, uint32_t field, const void *data, size_t len) {
  pb_varint(out, (uint64_t)field << 3 | 2);
  pb_varint(out, len);
  cspan_buf_append(out, data, len);
}

static inline void pb_text(cspan_buf *out, uint32_t field, const char *text) {
  pb_bytes(out, field, text, strlen(text));
}

static inline void pb_begin(cspan_buf *message) {
  cspan_buf_init(message, 1 << 26);
}

/* Puts the message into `out` and frees it. */
static inline void pb_end(cspan_buf *out, uint32_t field, cspan_buf *message) {
  pb_bytes(out, field, cspan_buf_text(message), message->len);
  cspan_buf_free(message);
}

/* A KeyValue in field `field`; the value is an encoded AnyValue, which is freed. */
static inline void pb_attribute(cspan_buf *out, uint32_t field, const char *key, cspan_buf *value) {
  cspan_buf pair;
  pb_begin(&pair);
  pb_text(&pair, 1, key);
  pb_end(&pair, 2, value);
  pb_end(out, field, &pair);
}

static inline void pb_text_attribute(cspan_buf *out, uint32_t field, const char *key,
                                     const char *text) {
  cspan_buf value;
  pb_begin(&value);
  pb_text(&value, 1, text);
  pb_attribute(out, field, key, &value);
}

/* The span, an encoded Span which is freed, in a request of its own. */
static inline void pb_request_of(cspan_buf *out, cspan_buf *span) {
  cspan_buf scope_spans;
  cspan_buf resource_spans;
  pb_begin(&scope_spans);
  pb_begin(&resource_spans);
  pb_end(&scope_spans, 2, span);
  pb_end(&resource_spans, 2, &scope_spans);
  pb_end(out, 1, &resource_spans);
}

#endif
