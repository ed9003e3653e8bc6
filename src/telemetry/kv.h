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
 * beside the longest key (TEXT_WORDS_MAX) that they take, where values have no limit. */
enum { KV_SHORT_ROOM = 136, KV_SHORT_KEY = 4, KV_SHORT_STRING_MAX = 121 - TEXT_WORDS_MAX };

/* The tags and lengths before the key and before the value, a byte each: of the KeyValue and its
 * key, of the AnyValue and its string. */
static inline void kv_short_head(uint8_t *p, uint8_t tag, size_t key_len, size_t any) {
  const uint32_t fixed = tag | 4u << 8 | KV_KEY << 16;
  wire_fixed32(p, fixed + (uint32_t)key_len * 0x01000100u + ((uint32_t)any << 8));
}

static inline void kv_short_string_head(uint8_t *p, size_t len) {
  const uint32_t fixed = KV_VALUE | 2u << 8 | ANY_STRING << 16;
  wire_fixed32(p, fixed + (uint32_t)len * 0x01000100u);
}

/* Each gives the end of what it wrote, NULL when that was not ASCII. */
static inline uint8_t *kv_short_string(uint8_t *p, uint8_t tag, const char *key, size_t key_len,
                                       const char *value, size_t len, uint32_t *hash) {
  kv_short_head(p, tag, key_len, len + 2);
  uint64_t seen = text_copy_hash(p + KV_SHORT_KEY, key, key_len, hash);
  p += KV_SHORT_KEY + key_len;
  kv_short_string_head(p, len);
  seen |= text_copy(p + 4, value, len);
  return (seen & TEXT_HIGH_BITS) == 0 ? p + 4 + len : NULL;
}

/* A number, or a bool as 0 or 1. */
static inline uint8_t *kv_short_varint(uint8_t *p, uint8_t tag, const char *key, size_t key_len,
                                       uint8_t type, uint64_t value, uint32_t *hash) {
  uint8_t *any = p + KV_SHORT_KEY + key_len + 2;
  any[0] = type;
  uint8_t *end = wire_varint(any + 1, value);
  any[-2] = KV_VALUE;
  any[-1] = (uint8_t)(end - any);
  kv_short_head(p, tag, key_len, (size_t)(end - any));
  uint64_t seen = text_copy_hash(p + KV_SHORT_KEY, key, key_len, hash);
  return (seen & TEXT_HIGH_BITS) == 0 ? end : NULL;
}

/* Whether the writers above take it. */
static inline bool kv_is_short(const cspan_enc *enc, size_t key_len, size_t len) {
  return key_len - 1 < TEXT_WORDS_MAX && len <= enc->short_max &&
         enc->len + KV_SHORT_ROOM <= enc->end;
}

static inline uint64_t *kv_filter_word(cspan_enc *enc, uint32_t hash) {
  return &enc->filter[(hash >> 6) % CSPAN_ENC_FILTER_WORDS];
}

static inline uint64_t kv_filter_bit(uint32_t hash) {
  return UINT64_C(1) << (hash & 63);
}

/* What was written behind the content, up to `end`, becomes part of it. False where the key
 * may have been there before, and where the index must grow. */
static inline bool kv_commit(cspan_enc *enc, const uint8_t *end, uint32_t hash) {
  uint64_t bit = kv_filter_bit(hash);
  uint64_t *filter = kv_filter_word(enc, hash);
  uint32_t count = enc->entry_count;
  if ((*filter & bit) != 0 || count >= enc->entry_end) {
    return false;
  }
  *filter |= bit;
  enc->entries[count] = cspan_enc_entry_of(hash, enc->len);
  enc->entry_count = count + 1;
  enc->len = (uint32_t)(end - enc->data);
  return true;
}

/* The two usual ways to set an attribute; where they are false nothing was changed, and
 * cspan_enc_set() is to be called. */
static inline bool kv_set_string(cspan_enc *enc, uint8_t tag, const char *key, size_t key_len,
                                 const char *value, size_t len) {
  uint32_t hash;
  const uint8_t *end = NULL;
  if (kv_is_short(enc, key_len, len)) {
    end = kv_short_string(enc->data + enc->len, tag, key, key_len, value, len, &hash);
  }
  return end != NULL && kv_commit(enc, end, hash);
}

static inline bool kv_set_varint(cspan_enc *enc, uint8_t tag, const char *key, size_t key_len,
                                 uint8_t type, uint64_t value) {
  uint32_t hash;
  const uint8_t *end = NULL;
  if (kv_is_short(enc, key_len, 0)) {
    end = kv_short_varint(enc->data + enc->len, tag, key, key_len, type, value, &hash);
  }
  return end != NULL && kv_commit(enc, end, hash);
}

static inline size_t kv_key_size(const cspan_attr *attr) {
  return attr->key_size > 0 ? attr->key_size : attr->key != NULL ? strlen(attr->key) : 0;
}

/* As cspan_enc_set(). */
static inline bool kv_set(cspan_enc *enc, uint8_t tag, const cspan_attr *attr) {
  const size_t key_len = kv_key_size(attr);
  bool done = false;
  if (attr->type == CSPAN_ATTR_STRING) {
    done = kv_set_string(enc, tag, attr->key, key_len, attr->value.string, attr->count);
  } else if (attr->type == CSPAN_ATTR_INT64) {
    done = kv_set_varint(enc, tag, attr->key, key_len, ANY_INT, (uint64_t)attr->value.int64);
  }
  return done || cspan_enc_set(enc, tag, attr);
}

/* As cspan_enc_append_attr(). Values other than strings have a count of 0, or are arrays. */
static inline bool kv_append(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t *hash) {
  const size_t key_len = kv_key_size(attr);
  uint8_t *p = enc->data + enc->len;
  const uint8_t *end = NULL;
  if (kv_is_short(enc, key_len, attr->count)) {
    if (attr->type == CSPAN_ATTR_STRING) {
      end = kv_short_string(p, tag, attr->key, key_len, attr->value.string, attr->count, hash);
    } else if (attr->type == CSPAN_ATTR_INT64) {
      end = kv_short_varint(p, tag, attr->key, key_len, ANY_INT, (uint64_t)attr->value.int64, hash);
    }
  }
  if (end == NULL) {
    return cspan_enc_append_attr(enc, tag, attr, hash);
  }
  enc->len = (uint32_t)(end - enc->data);
  return true;
}

#endif
