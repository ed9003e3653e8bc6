/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/kv.h"

#include "base/alloc.h"

enum { FIRST_CAP = 1024, FIRST_ENTRIES = 32, OPEN_SIZE = 2, MARK_HEADROOM = 65536 };

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
  memset(enc->filter, 0, sizeof enc->filter);
  enc->marks[CSPAN_MARK_NAME].len = 0;
  enc->marks[CSPAN_MARK_STATUS].len = 0;
}

void cspan_enc_trim(cspan_enc *enc, uint32_t keep) {
  if (enc->cap > keep) {
    cspan_free(enc->data);
    enc->data = NULL;
    enc->cap = 0;
  }
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

/* Takes bytes out and moves every known place behind them. */
static void cut(cspan_enc *enc, uint32_t at, uint32_t len) {
  memmove(enc->data + at, enc->data + at + len, enc->len - at - len);
  enc->len -= len;
  for (uint32_t i = 0; i < enc->entry_count; i++) {
    if (enc->entries[i].at > at) {
      enc->entries[i].at -= len;
    }
  }
  for (int i = 0; i < CSPAN_MARK_COUNT; i++) {
    if (enc->marks[i].at > at) {
      enc->marks[i].at -= len;
    }
  }
}

static cspan_enc_entry *find(const cspan_enc *enc, const cspan_enc_entry *wanted) {
  const uint8_t *key = enc->data + wanted->at + wanted->key_offset;
  for (uint32_t i = 0; i < enc->entry_count; i++) {
    cspan_enc_entry *entry = &enc->entries[i];
    if (entry->hash == wanted->hash && entry->key_len == wanted->key_len &&
        memcmp(enc->data + entry->at + entry->key_offset, key, wanted->key_len) == 0) {
      return entry;
    }
  }
  return NULL;
}

/* The value that was just written takes the place of an earlier one where it has
 * its size; else the earlier one is taken out. */
static void overwrite(cspan_enc *enc, cspan_enc_entry *entry, const cspan_enc_entry *written) {
  if (entry->len == written->len) {
    memcpy(enc->data + entry->at, enc->data + written->at, written->len);
    return;
  }
  cspan_enc_entry old = *entry;
  *entry = *written;
  enc->len += written->len;
  cut(enc, old.at, old.len);
}

bool cspan_enc_commit_rare(cspan_enc *enc, const cspan_enc_entry *written) {
  cspan_enc_entry *entry = find(enc, written);
  if (entry != NULL) {
    overwrite(enc, entry, written);
    return true;
  }
  if (enc->entry_count >= enc->entry_max || !entry_room(enc)) {
    return false;
  }
  enc->entries[enc->entry_count++] = *written;
  *kv_filter_word(enc, written->hash) |= kv_filter_bit(written->hash);
  enc->len += written->len;
  return true;
}

/* Any attribute, behind the content; NULL when it has to be dropped. */
static uint8_t *write_behind(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, size_t key_len,
                             cspan_kv_size *size) {
  if (!cspan_kv_measure(attr, key_len, enc->max, size) ||
      !cspan_enc_room(enc, wire_bytes_size(size->kv))) {
    return NULL;
  }
  return cspan_kv_write(enc->data + enc->len, tag, attr, size);
}

static size_t key_length(const char *key) {
  return key != NULL ? strlen(key) : 0;
}

bool cspan_enc_set(cspan_enc *enc, uint8_t tag, const cspan_attr *attr) {
  cspan_kv_size size;
  size_t key_len = key_length(attr->key);
  const uint8_t *end = write_behind(enc, tag, attr, key_len, &size);
  return end != NULL &&
         kv_commit(enc, end, 2 + wire_varint_size(size.kv) + wire_varint_size(size.key), key_len,
                   text_hash(attr->key, key_len));
}

bool cspan_enc_set_long_string(cspan_enc *enc, uint8_t tag, const char *key, const char *value) {
  cspan_attr attr = cspan_attr_string(key, value);
  return cspan_enc_set(enc, tag, &attr);
}

bool cspan_enc_set_long_int64(cspan_enc *enc, uint8_t tag, const char *key, int64_t value) {
  cspan_attr attr = cspan_attr_int64(key, value);
  return cspan_enc_set(enc, tag, &attr);
}

bool cspan_enc_append_attr(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t *hash) {
  size_t key_len = key_length(attr->key);
  const uint8_t *end = NULL;
  if (attr->type <= CSPAN_ATTR_INT64 && kv_is_short_key(enc, key_len)) {
    uint8_t *p = enc->data + enc->len;
    if (attr->type == CSPAN_ATTR_INT64) {
      end = kv_short_int64(p, tag, attr->key, key_len, attr->value.int64, hash);
    } else if (attr->type == CSPAN_ATTR_STRING && attr->count <= KV_SHORT_STRING_MAX) {
      end = kv_short_string(p, tag, attr->key, key_len, attr->value.string, attr->count, hash);
    }
  }
  if (end == NULL) {
    cspan_kv_size size;
    end = write_behind(enc, tag, attr, key_len, &size);
    if (end == NULL) {
      return false;
    }
    *hash = text_hash(attr->key, key_len);
  }
  enc->len = (uint32_t)(end - enc->data);
  return true;
}

uint8_t *cspan_enc_mark_place(cspan_enc *enc, int mark, size_t size) {
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

/* One byte is set aside for the length; a longer body is moved. */
uint32_t cspan_enc_open(cspan_enc *enc, uint8_t tag) {
  if (!cspan_enc_room(enc, OPEN_SIZE)) {
    return 0;
  }
  enc->data[enc->len] = tag;
  enc->len += OPEN_SIZE;
  return enc->len;
}

bool cspan_enc_close(cspan_enc *enc, uint32_t body) {
  uint32_t len = enc->len - body;
  if (len >= 0x80) {
    uint32_t shift = (uint32_t)wire_varint_size(len) - 1;
    if (!cspan_enc_room(enc, shift)) {
      return false;
    }
    memmove(enc->data + body + shift, enc->data + body, len);
    enc->len += shift;
  }
  wire_varint(enc->data + body - 1, len);
  return true;
}

void cspan_enc_abandon(cspan_enc *enc, uint32_t body) {
  enc->len = body - OPEN_SIZE;
}
