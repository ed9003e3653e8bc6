/* SPDX-License-Identifier: Apache-2.0 */
/* The protobuf wire format, writing side, for the hot path: the caller has made
 * room (WIRE_*_MAX tells how much) and gets the moved pointer back. */
#ifndef TELEMETRY_WIRE_H
#define TELEMETRY_WIRE_H

#include <stdint.h>
#include <string.h>

#define WIRE_VARINT_MAX 10

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
#define WIRE_TAG(field, type) (((uint32_t)(field) << 3) | (uint32_t)(type))

static inline size_t wire_varint_size(uint64_t v) {
  if (v < 0x80) {
    return 1;
  }
  return (size_t)(70 - __builtin_clzll(v)) / 7;
}

static inline uint8_t *wire_varint(uint8_t *p, uint64_t v) {
  while (v >= 0x80) {
    *p++ = (uint8_t)(v | 0x80);
    v >>= 7;
  }
  *p++ = (uint8_t)v;
  return p;
}

static inline uint8_t *wire_fixed32(uint8_t *p, uint32_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  memcpy(p, &v, sizeof v);
  return p + sizeof v;
}

static inline uint8_t *wire_fixed64(uint8_t *p, uint64_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  memcpy(p, &v, sizeof v);
  return p + sizeof v;
}

static inline uint64_t wire_load64(const void *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline uint32_t wire_load32(const void *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void wire_store64(void *p, uint64_t v) {
  memcpy(p, &v, sizeof v);
}

static inline void wire_store32(void *p, uint32_t v) {
  memcpy(p, &v, sizeof v);
}

/* memcpy for the short strings that telemetry is made of: overlapping words
 * instead of a call. */
static inline uint8_t *wire_copy(uint8_t *p, const void *from, size_t len) {
  const uint8_t *s = from;
  if (len > 64) {
    memcpy(p, s, len);
  } else if (len >= 16) {
    size_t i = 0;
    for (; i + 16 <= len; i += 16) {
      memcpy(p + i, s + i, 16);
    }
    memcpy(p + len - 16, s + len - 16, 16);
  } else if (len >= 8) {
    memcpy(p, s, 8);
    memcpy(p + len - 8, s + len - 8, 8);
  } else if (len >= 4) {
    memcpy(p, s, 4);
    memcpy(p + len - 4, s + len - 4, 4);
  } else if (len > 0) {
    p[0] = s[0];
    p[len / 2] = s[len / 2];
    p[len - 1] = s[len - 1];
  }
  return p + len;
}

/* A tag of one byte, a length, the bytes. */
static inline uint8_t *wire_bytes(uint8_t *p, uint8_t tag, const void *data, size_t len) {
  *p++ = tag;
  p = wire_varint(p, len);
  return wire_copy(p, data, len);
}

static inline size_t wire_bytes_size(size_t len) {
  return 1 + wire_varint_size(len) + len;
}

/* Fields of Span, by their tags. */
enum { CSPAN_TAG_STATE = 0x1A, CSPAN_TAG_ATTRIBUTE = 0x4A, CSPAN_TAG_EVENT = 0x5A };

#endif
