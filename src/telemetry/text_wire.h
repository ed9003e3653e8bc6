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
typedef struct text_words {
  uint64_t w[4];
} text_words;

static inline text_words text_load(const char *s, size_t len) {
  if (len > 16) {
    return (text_words){
        {wire_load64(s), wire_load64(s + 8), wire_load64(s + len - 16), wire_load64(s + len - 8)}};
  }
  if (len >= 8) {
    return (text_words){{wire_load64(s), wire_load64(s + len - 8), 0, 0}};
  }
  return (text_words){{text_short_word(s, len), 0, 0, 0}};
}

static inline void text_store(uint8_t *p, size_t len, const text_words *t) {
  if (len > 16) {
    memcpy(p, &t->w[0], 8);
    memcpy(p + 8, &t->w[1], 8);
    memcpy(p + len - 16, &t->w[2], 8);
    memcpy(p + len - 8, &t->w[3], 8);
  } else if (len >= 8) {
    memcpy(p, &t->w[0], 8);
    memcpy(p + len - 8, &t->w[1], 8);
  } else if (len >= 4) {
    uint32_t half = (uint32_t)t->w[0];
    memcpy(p, &half, 4);
    half = (uint32_t)(t->w[0] >> 32);
    memcpy(p + len - 4, &half, 4);
  } else if (len > 0) {
    p[0] = (uint8_t)t->w[0];
    p[len / 2] = (uint8_t)(t->w[0] >> 8);
    p[len - 1] = (uint8_t)(t->w[0] >> 16);
  }
}

#define TEXT_WORDS_MAX   32
#define TEXT_HASH_FACTOR 0x9E3779B97F4A7C15u

static inline uint32_t text_words_hash(const text_words *t, size_t len) {
  uint64_t first = ((t->w[0] ^ len) * TEXT_HASH_FACTOR) ^ t->w[1];
  uint64_t second = (t->w[2] * TEXT_HASH_FACTOR) ^ t->w[3];
  uint64_t hash = (first ^ (second << 23 | second >> 41)) * TEXT_HASH_FACTOR;
  return (uint32_t)(hash >> 32);
}

/* A hash for the few keys of one span; of a long key, its two ends. */
static inline uint32_t text_hash(const char *s, size_t len) {
  text_words t = text_load(s, len);
  return text_words_hash(&t, len);
}

/* Both copy and give what text_seen() does. */
static inline uint64_t text_copy(uint8_t *p, const char *s, size_t len) {
  if (len > TEXT_WORDS_MAX) {
    wire_copy(p, s, len);
    return text_seen(s, len);
  }
  text_words t = text_load(s, len);
  text_store(p, len, &t);
  return t.w[0] | t.w[1] | t.w[2] | t.w[3];
}

/* Up to TEXT_WORDS_MAX bytes. */
static inline uint64_t text_copy_hash(uint8_t *p, const char *s, size_t len, uint32_t *hash) {
  text_words t = text_load(s, len);
  text_store(p, len, &t);
  *hash = text_words_hash(&t, len);
  return t.w[0] | t.w[1] | t.w[2] | t.w[3];
}

#endif
