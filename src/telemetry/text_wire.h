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
/* Bytes of the first `max` characters; what is not UTF-8 counts as it will be repaired. */
size_t cspan_text_cut_characters(const char *text, size_t len, size_t max);

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

/* All bytes of a text laid over each other, for an ASCII test. */
static inline uint64_t text_seen(const char *s, size_t len) {
  if (len < 8) {
    return text_short_word(s, len);
  }
  uint64_t seen = wire_load64(s + len - 8);
  for (size_t i = 0; i + 8 < len; i += 8) {
    seen |= wire_load64(s + i);
  }
  return seen;
}

static inline bool text_is_ascii(const char *s, size_t len) {
  return (text_seen(s, len) & TEXT_HIGH_BITS) == 0;
}

/* Bytes that the text takes on the wire: `len` unless it must be repaired. */
static inline size_t text_wire_size(const char *s, size_t len) {
  return text_is_ascii(s, len) ? len : cspan_text_repaired_size(s, len);
}

/* `size` is what text_wire_size() said. */
static inline uint8_t *text_wire(uint8_t *p, const char *s, size_t len, size_t size) {
  return size == len ? wire_copy(p, s, len) : cspan_text_repair(p, s, len);
}

/* A text of up to 32 bytes is four words that overlap where it is shorter: no
 * loop, and each byte is loaded once to be copied, hashed and checked. */
#define TEXT_WORDS_MAX   32
#define TEXT_HASH_FACTOR 0x9E3779B97F4A7C15u

/* Fewer than 8 bytes: all of them in one word. */
static inline uint64_t text_copy_short(uint8_t *p, const char *s, size_t len) {
  uint64_t word = text_short_word(s, len);
  if (len >= 4) {
    wire_store32(p, (uint32_t)word);
    wire_store32(p + len - 4, (uint32_t)(word >> 32));
  } else if (len > 0) {
    p[0] = (uint8_t)word;
    p[len / 2] = (uint8_t)(word >> 8);
    p[len - 1] = (uint8_t)(word >> 16);
  }
  return word;
}

/* Copies, and gives what text_seen() does. */
static inline uint64_t text_copy(uint8_t *p, const char *s, size_t len) {
  if (len < 8) {
    return text_copy_short(p, s, len);
  }
  if (len > TEXT_WORDS_MAX) {
    wire_copy(p, s, len);
    return text_seen(s, len);
  }
  uint64_t first = wire_load64(s);
  uint64_t last = wire_load64(s + len - 8);
  uint64_t seen = first | last;
  if (len > 16) {
    uint64_t second = wire_load64(s + 8);
    uint64_t third = wire_load64(s + len - 16);
    wire_store64(p + 8, second);
    wire_store64(p + len - 16, third);
    seen |= second | third;
  }
  wire_store64(p, first);
  wire_store64(p + len - 8, last);
  return seen;
}

/* The same of up to TEXT_WORDS_MAX bytes, with a hash for the few keys of one span. */
static inline uint64_t text_copy_hash(uint8_t *p, const char *s, size_t len, uint32_t *hash) {
  uint64_t mixed;
  uint64_t seen;
  if (len < 8) {
    seen = mixed = text_copy_short(p, s, len);
  } else {
    uint64_t first = wire_load64(s);
    uint64_t last = wire_load64(s + len - 8);
    seen = first | last;
    mixed = first ^ (last << 29 | last >> 35);
    if (len > 16) {
      uint64_t second = wire_load64(s + 8);
      uint64_t third = wire_load64(s + len - 16);
      wire_store64(p + 8, second);
      wire_store64(p + len - 16, third);
      seen |= second | third;
      mixed = mixed * TEXT_HASH_FACTOR ^ second ^ (third << 29 | third >> 35);
    }
    wire_store64(p, first);
    wire_store64(p + len - 8, last);
  }
  *hash = (uint32_t)(((mixed ^ len) * TEXT_HASH_FACTOR) >> 32);
  return seen;
}

/* The hash alone; of a longer key, that of its two ends. */
static inline uint32_t text_hash(const char *s, size_t len) {
  uint8_t copy[TEXT_WORDS_MAX];
  char ends[TEXT_WORDS_MAX];
  uint32_t hash;
  if (len <= TEXT_WORDS_MAX) {
    text_copy_hash(copy, s, len, &hash);
    return hash;
  }
  memcpy(ends, s, sizeof ends / 2);
  memcpy(ends + sizeof ends / 2, s + len - sizeof ends / 2, sizeof ends / 2);
  text_copy_hash(copy, ends, sizeof ends, &hash);
  return hash ^ (uint32_t)len;
}

#endif
