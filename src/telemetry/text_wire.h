/* SPDX-License-Identifier: Apache-2.0 */
/* Strings on their way into protobuf, whose strings must be valid UTF-8: a
 * receiver refuses the whole request otherwise. Every byte that is not part of
 * a valid sequence becomes U+FFFD. ASCII, the usual case, is seen 8 bytes at a
 * time. */
#ifndef TELEMETRY_TEXT_WIRE_H
#define TELEMETRY_TEXT_WIRE_H

#include <stdbool.h>

#include "telemetry/wire.h"

#define TEXT_HIGH_BITS 0x8080808080808080u

size_t cspan_text_repaired_size(const char *text, size_t len);
uint8_t *cspan_text_repair(uint8_t *p, const char *text, size_t len);
/* The longest prefix of at most `max` bytes that cuts no UTF-8 sequence. */
size_t cspan_text_cut(const char *text, size_t len, size_t max);

/* All of a short text as up to two words, for an ASCII test or a hash. */
static inline uint64_t text_short_word(const char *s, size_t len) {
  if (len >= 4) {
    return (uint64_t)wire_load32(s) | (uint64_t)wire_load32(s + len - 4) << 32;
  }
  if (len == 0) {
    return 0;
  }
  return (uint64_t)(uint8_t)s[0] | (uint64_t)(uint8_t)s[len / 2] << 8 |
         (uint64_t)(uint8_t)s[len - 1] << 16;
}

static inline bool text_is_ascii(const char *s, size_t len) {
  if (len < 8) {
    return (text_short_word(s, len) & TEXT_HIGH_BITS) == 0;
  }
  uint64_t seen = wire_load64(s + len - 8);
  for (size_t i = 0; i + 8 < len; i += 8) {
    seen |= wire_load64(s + i);
  }
  return (seen & TEXT_HIGH_BITS) == 0;
}

/* Bytes that the text takes on the wire: `len` unless it must be repaired. */
static inline size_t text_wire_size(const char *s, size_t len) {
  return text_is_ascii(s, len) ? len : cspan_text_repaired_size(s, len);
}

/* `size` is what text_wire_size() said. */
static inline uint8_t *text_wire(uint8_t *p, const char *s, size_t len, size_t size) {
  return size == len ? wire_copy(p, s, len) : cspan_text_repair(p, s, len);
}

/* A hash for the few keys of one span; `ascii` tells whether it is all ASCII. */
static inline uint32_t text_hash(const char *s, size_t len, bool *ascii) {
  uint64_t word = len < 8 ? text_short_word(s, len) : wire_load64(s + len - 8);
  uint64_t seen = word;
  uint64_t hash = (word ^ len) * 0x9E3779B97F4A7C15u;
  for (size_t i = 0; i + 8 < len; i += 8) {
    word = wire_load64(s + i);
    seen |= word;
    hash = ((hash << 29 | hash >> 35) ^ word) * 0x9E3779B97F4A7C15u;
  }
  *ascii = (seen & TEXT_HIGH_BITS) == 0;
  return (uint32_t)(hash >> 32);
}

#endif
