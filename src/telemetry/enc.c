/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/kv.h"

#include "base/alloc.h"

enum { FIRST_CAP = 1024, FIRST_ENTRIES = 32, MARK_HEADROOM = 65536 };

static uint32_t lesser(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

void cspan_enc_begin(cspan_enc *enc, uint32_t max, uint32_t max_keys) {
  enc->len = 0;
  enc->max = max;
  enc->end = lesser(enc->cap, max);
  enc->entry_count = 0;
  enc->entry_max = max_keys;
  enc->entry_end = lesser(enc->entry_cap, max_keys);
  enc->value_max = CSPAN_ENC_UNLIMITED;
  enc->short_max = KV_SHORT_STRING_MAX;
  memset(enc->filter, 0, sizeof enc->filter);
  enc->marks[CSPAN_MARK_NAME].len = 0;
  enc->marks[CSPAN_MARK_STATUS].len = 0;
}

void cspan_enc_limit_values(cspan_enc *enc, uint32_t characters) {
  enc->value_max = characters;
  enc->short_max = lesser(characters, KV_SHORT_STRING_MAX);
}

void cspan_enc_drop(cspan_enc *enc) {
  cspan_free(enc->data);
  enc->data = NULL;
  enc->cap = 0;
}

void cspan_enc_free(cspan_enc *enc) {
  cspan_free(enc->data);
  cspan_free(enc->entries);
  memset(enc, 0, sizeof *enc);
}

bool cspan_enc_grow(cspan_enc *enc, size_t more) {
  if (enc->len >= enc->max || more > enc->max - enc->len) {
    return false;
  }
  uint32_t need = enc->len + (uint32_t)more;
  uint32_t cap = enc->cap > 0 ? enc->cap : FIRST_CAP;
  while (cap < need) {
    cap *= 2;
  }
  if (cap != enc->cap) {
    uint8_t *data = cspan_realloc(enc->data, cap);
    if (data == NULL) {
      return false;
    }
    enc->data = data;
    enc->cap = cap;
  }
  enc->end = lesser(cap, enc->max);
  return true;
}

static bool entry_room(cspan_enc *enc) {
  if (enc->entry_count < enc->entry_cap) {
    return true;
  }
  uint32_t cap = enc->entry_cap > 0 ? enc->entry_cap * 2 : FIRST_ENTRIES;
  cspan_enc_entry *entries = cspan_realloc(enc->entries, cap * sizeof *entries);
  if (entries == NULL) {
    return false;
  }
  enc->entries = entries;
  enc->entry_cap = cap;
  enc->entry_end = lesser(cap, enc->entry_max);
  return true;
}

static uint32_t place_of(cspan_enc_entry entry) {
  return (uint32_t)(entry >> 32);
}

/* Takes bytes out and moves every known place behind them. */
static void cut(cspan_enc *enc, uint32_t at, uint32_t len) {
  memmove(enc->data + at, enc->data + at + len, enc->len - at - len);
  enc->len -= len;
  for (uint32_t i = 0; i < enc->entry_count; i++) {
    if (place_of(enc->entries[i]) > at) {
      enc->entries[i] -= (uint64_t)len << 32;
    }
  }
  for (int i = 0; i < CSPAN_MARK_COUNT; i++) {
    if (enc->marks[i].at > at) {
      enc->marks[i].at -= len;
    }
  }
}

static const uint8_t *read_length(const uint8_t *p, uint32_t *out) {
  uint32_t shift = 0;
  *out = 0;
  do {
    *out |= (uint32_t)(*p & 0x7F) << shift;
    shift += 7;
  } while ((*p++ & 0x80) != 0);
  return p;
}

/* A KeyValue as it was written: tag, length, the key's tag, length and bytes, the value. */
typedef struct kv_view {
  const uint8_t *key;
  uint32_t key_len;
  uint32_t len; /* of all of it */
} kv_view;

static kv_view view_at(const cspan_enc *enc, uint32_t at) {
  kv_view view;
  const uint8_t *start = enc->data + at;
  const uint8_t *body = read_length(start + 1, &view.len);
  view.len += (uint32_t)(body - start);
  view.key = read_length(body + 1, &view.key_len);
  return view;
}

static cspan_enc_entry *find(const cspan_enc *enc, const kv_view *wanted, uint32_t hash) {
  for (uint32_t i = 0; i < enc->entry_count; i++) {
    cspan_enc_entry *entry = &enc->entries[i];
    if ((uint32_t)*entry == hash) {
      kv_view view = view_at(enc, place_of(*entry));
      if (view.key_len == wanted->key_len && memcmp(view.key, wanted->key, view.key_len) == 0) {
        return entry;
      }
    }
  }
  return NULL;
}

/* The value that was just written takes the place of an earlier one where it has
 * its size; else the earlier one is taken out. */
static void overwrite(cspan_enc *enc, cspan_enc_entry *entry, uint32_t len) {
  uint32_t old_at = place_of(*entry);
  uint32_t old_len = view_at(enc, old_at).len;
  if (old_len == len) {
    memcpy(enc->data + old_at, enc->data + enc->len, len);
    return;
  }
  *entry = cspan_enc_entry_of((uint32_t)*entry, enc->len);
  enc->len += len;
  cut(enc, old_at, old_len);
}

/* What was written behind the content becomes part of it, or takes an earlier
 * value's place; false when it is one key too many. */
static bool commit(cspan_enc *enc, uint32_t hash) {
  kv_view written = view_at(enc, enc->len);
  uint64_t bit = kv_filter_bit(hash);
  uint64_t *filter = kv_filter_word(enc, hash);
  cspan_enc_entry *entry = (*filter & bit) != 0 ? find(enc, &written, hash) : NULL;
  if (entry != NULL) {
    overwrite(enc, entry, written.len);
    return true;
  }
  if (enc->entry_count >= enc->entry_max || !entry_room(enc)) {
    return false;
  }
  enc->entries[enc->entry_count++] = cspan_enc_entry_of(hash, enc->len);
  *filter |= bit;
  enc->len += written.len;
  return true;
}

/* Any attribute, behind the content; NULL when it has to be dropped. */
static uint8_t *write_behind(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t *hash) {
  cspan_kv_size size;
  if (!cspan_kv_measure(attr, enc->max, enc->value_max, &size) ||
      !cspan_enc_room(enc, wire_bytes_size(size.kv))) {
    return NULL;
  }
  *hash = text_hash(attr->key, size.key);
  return cspan_kv_write(enc->data + enc->len, tag, attr, &size);
}

bool cspan_enc_set(cspan_enc *enc, uint8_t tag, const cspan_attr *attr) {
  uint32_t hash;
  return write_behind(enc, tag, attr, &hash) != NULL && commit(enc, hash);
}

bool cspan_enc_append_attr(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t *hash) {
  const uint8_t *end = write_behind(enc, tag, attr, hash);
  if (end != NULL) {
    enc->len = (uint32_t)(end - enc->data);
  }
  return end != NULL;
}

uint8_t *cspan_enc_mark_again(cspan_enc *enc, int mark, size_t size) {
  if (enc->len + size > enc->end) {
    enc->max += MARK_HEADROOM;
    bool room = cspan_enc_grow(enc, size);
    enc->max -= MARK_HEADROOM;
    enc->end = lesser(enc->cap, enc->max);
    if (!room) {
      return NULL;
    }
  }
  cspan_enc_mark *m = &enc->marks[mark];
  if (m->len != size) {
    if (m->len > 0) {
      cut(enc, m->at, m->len);
    }
    m->at = enc->len;
    m->len = (uint32_t)size;
    enc->len += (uint32_t)size;
  }
  return enc->data + m->at;
}

bool cspan_enc_close_long(cspan_enc *enc, uint32_t body) {
  uint32_t len = enc->len - body;
  uint32_t shift = (uint32_t)wire_varint_size(len) - 1;
  if (!cspan_enc_room(enc, shift)) {
    enc->len = body - CSPAN_ENC_OPEN_SIZE;
    return false;
  }
  memmove(enc->data + body + shift, enc->data + body, len);
  enc->len += shift;
  wire_varint(enc->data + body - 1, len);
  return true;
}
