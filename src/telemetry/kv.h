/* SPDX-License-Identifier: Apache-2.0 */
/* The usual attribute, a short string or a number, as an OTLP KeyValue: where
 * every length fits into one byte, all of it is known before a byte is copied,
 * and each byte is loaded once to be copied, hashed and checked. */
#ifndef TELEMETRY_KV_H
#define TELEMETRY_KV_H

#include "telemetry/enc.h"

/* Fields of AnyValue, KeyValue, ArrayValue. */
enum { ANY_STRING = 0x0A, ANY_BOOL = 0x10, ANY_INT = 0x18, ANY_DOUBLE = 0x21, ANY_ARRAY = 0x2A };
enum { KV_KEY = 0x0A, KV_VALUE = 0x12, ARRAY_VALUE = 0x0A };

/* Room that the writers below need; where they put the key; the longest string
 * beside the longest key (TEXT_WORDS_MAX) that they take. */
enum { KV_SHORT_ROOM = 136, KV_SHORT_KEY = 4, KV_SHORT_STRING_MAX = 121 - TEXT_WORDS_MAX };

/* Each gives the end of what it wrote, NULL when that was not ASCII. */
static inline uint8_t *kv_short_string(uint8_t *p, uint8_t tag, const char *key, size_t key_len,
                                       const char *value, size_t len, uint32_t *hash) {
  size_t any = len + 2;
  wire_fixed32(p, (uint32_t)(tag | (key_len + any + 4) << 8 | KV_KEY << 16 | key_len << 24));
  uint64_t seen = text_copy_hash(p + KV_SHORT_KEY, key, key_len, hash);
  p += KV_SHORT_KEY + key_len;
  wire_fixed32(p, (uint32_t)(KV_VALUE | any << 8 | ANY_STRING << 16 | len << 24));
  seen |= text_copy(p + 4, value, len);
  return (seen & TEXT_HIGH_BITS) == 0 ? p + 4 + len : NULL;
}

static inline uint8_t *kv_short_int64(uint8_t *p, uint8_t tag, const char *key, size_t key_len,
                                      int64_t value, uint32_t *hash) {
  size_t any = 1 + wire_varint_size((uint64_t)value);
  wire_fixed32(p, (uint32_t)(tag | (key_len + any + 4) << 8 | KV_KEY << 16 | key_len << 24));
  uint64_t seen = text_copy_hash(p + KV_SHORT_KEY, key, key_len, hash);
  p += KV_SHORT_KEY + key_len;
  wire_fixed32(p, (uint32_t)(KV_VALUE | any << 8 | ANY_INT << 16));
  p = wire_varint(p + 3, (uint64_t)value);
  return (seen & TEXT_HIGH_BITS) == 0 ? p : NULL;
}

static inline bool kv_is_short_key(cspan_enc *enc, size_t key_len) {
  return key_len - 1 < TEXT_WORDS_MAX && cspan_enc_room(enc, KV_SHORT_ROOM);
}

static inline uint64_t *kv_filter_word(cspan_enc *enc, uint32_t hash) {
  return &enc->filter[(hash >> 6) % CSPAN_ENC_FILTER_WORDS];
}

static inline uint64_t kv_filter_bit(uint32_t hash) {
  return UINT64_C(1) << (hash & 63);
}

/* What was written behind the content, up to `end`, becomes part of it. */
static inline bool kv_commit(cspan_enc *enc, const uint8_t *end, size_t key_offset, size_t key_len,
                             uint32_t hash) {
  uint32_t at = enc->len;
  uint32_t new_len = (uint32_t)(end - enc->data);
  uint64_t bit = kv_filter_bit(hash);
  uint64_t *filter = kv_filter_word(enc, hash);
  uint32_t count = enc->entry_count;
  if ((*filter & bit) != 0 || count >= enc->entry_end) {
    const cspan_enc_entry written = {hash, at, new_len - at, (uint16_t)key_offset,
                                     (uint16_t)key_len};
    return cspan_enc_commit_rare(enc, &written);
  }
  cspan_enc_entry *entry = &enc->entries[count];
  entry->hash = hash;
  entry->at = at;
  entry->len = new_len - at;
  entry->key_offset = (uint16_t)key_offset;
  entry->key_len = (uint16_t)key_len;
  enc->entry_count = count + 1;
  *filter |= bit;
  enc->len = new_len;
  return true;
}

/* The two usual ways to set an attribute, for the hot path; false when dropped. */
static inline bool kv_set_string(cspan_enc *enc, uint8_t tag, const char *key, const char *value) {
  if (key == NULL || value == NULL) {
    return cspan_enc_set_long_string(enc, tag, key, value);
  }
  size_t key_len = strlen(key);
  size_t len = strlen(value);
  if (len <= KV_SHORT_STRING_MAX && kv_is_short_key(enc, key_len)) {
    uint32_t hash;
    const uint8_t *end =
        kv_short_string(enc->data + enc->len, tag, key, key_len, value, len, &hash);
    if (end != NULL) {
      return kv_commit(enc, end, KV_SHORT_KEY, key_len, hash);
    }
  }
  return cspan_enc_set_long_string(enc, tag, key, value);
}

static inline bool kv_set_int64(cspan_enc *enc, uint8_t tag, const char *key, int64_t value) {
  size_t key_len = key != NULL ? strlen(key) : 0;
  if (kv_is_short_key(enc, key_len)) {
    uint32_t hash;
    const uint8_t *end = kv_short_int64(enc->data + enc->len, tag, key, key_len, value, &hash);
    if (end != NULL) {
      return kv_commit(enc, end, KV_SHORT_KEY, key_len, hash);
    }
  }
  return cspan_enc_set_long_int64(enc, tag, key, value);
}

#endif
