/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/enc.h"

#include "base/alloc.h"

enum { FIRST_CAP = 1024, FIRST_ENTRIES = 32, OPEN_SIZE = 3, MARK_HEADROOM = 65536 };

void cspan_enc_reset(cspan_enc *enc, uint32_t max, uint32_t keep) {
  if (enc->cap > keep) {
    cspan_free(enc->data);
    enc->data = NULL;
    enc->cap = 0;
  }
  enc->max = max;
  enc->len = 0;
  enc->entry_count = 0;
  enc->filter = 0;
  enc->marks[CSPAN_MARK_NAME].len = 0;
  enc->marks[CSPAN_MARK_STATUS].len = 0;
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
  cap = cap < enc->max ? cap : enc->max;
  uint8_t *data = cspan_realloc(enc->data, cap);
  if (data == NULL) {
    return false;
  }
  enc->data = data;
  enc->cap = cap;
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
  return true;
}

static cspan_enc_entry *find(const cspan_enc *enc, const char *key, const cspan_kv_size *size) {
  for (uint32_t i = 0; i < enc->entry_count; i++) {
    cspan_enc_entry *entry = &enc->entries[i];
    if (entry->hash == size->hash && entry->key_len == size->key &&
        memcmp(enc->data + entry->at + entry->key_offset, key, size->key) == 0) {
      return entry;
    }
  }
  return NULL;
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

/* An earlier value gives way: in place where the size is the same, else the new
 * one goes to the end. */
static void overwrite(cspan_enc *enc, cspan_enc_entry *entry, uint8_t tag, const cspan_attr *attr,
                      const cspan_kv_size *size, size_t total) {
  if (entry->len != total) {
    cut(enc, entry->at, entry->len);
    entry->at = enc->len;
    entry->len = (uint32_t)total;
    entry->key_offset = (uint16_t)(2 + wire_varint_size(size->kv) + wire_varint_size(size->key));
    enc->len += (uint32_t)total;
  }
  cspan_kv_write(enc->data + entry->at, tag, attr, size);
}

bool cspan_enc_set(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t limit) {
  cspan_kv_size size;
  if (!cspan_kv_measure(attr, enc->max, &size)) {
    return false;
  }
  size_t total = wire_bytes_size(size.kv);
  if (!cspan_enc_room(enc, total)) {
    return false;
  }
  uint64_t bit = UINT64_C(1) << (size.hash & 63);
  if ((enc->filter & bit) != 0) {
    cspan_enc_entry *entry = find(enc, attr->key, &size);
    if (entry != NULL) {
      overwrite(enc, entry, tag, attr, &size, total);
      return true;
    }
  }
  if (enc->entry_count >= limit || !entry_room(enc)) {
    return false;
  }
  cspan_enc_entry *entry = &enc->entries[enc->entry_count++];
  entry->hash = size.hash;
  entry->at = enc->len;
  entry->len = (uint32_t)total;
  entry->key_offset = (uint16_t)(2 + wire_varint_size(size.kv) + wire_varint_size(size.key));
  entry->key_len = (uint16_t)size.key;
  enc->filter |= bit;
  cspan_kv_write(enc->data + enc->len, tag, attr, &size);
  enc->len += (uint32_t)total;
  return true;
}

bool cspan_enc_append_attr(cspan_enc *enc, uint8_t tag, const cspan_attr *attr) {
  cspan_kv_size size;
  if (!cspan_kv_measure(attr, enc->max, &size)) {
    return false;
  }
  size_t total = wire_bytes_size(size.kv);
  if (!cspan_enc_room(enc, total)) {
    return false;
  }
  cspan_kv_write(enc->data + enc->len, tag, attr, &size);
  enc->len += (uint32_t)total;
  return true;
}

uint8_t *cspan_enc_mark_place(cspan_enc *enc, int mark, size_t size) {
  enc->max += MARK_HEADROOM;
  bool room = cspan_enc_room(enc, size);
  enc->max -= MARK_HEADROOM;
  if (!room) {
    return NULL;
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

/* Two bytes are set aside for the length, which is right from 128 to 16,383. */
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
  uint32_t shift = (uint32_t)wire_varint_size(len);
  if (shift != 2) {
    if (shift > 2 && !cspan_enc_room(enc, shift - 2)) {
      return false;
    }
    memmove(enc->data + body + shift - 2, enc->data + body, len);
    enc->len = enc->len + shift - 2;
  }
  wire_varint(enc->data + body - 2, len);
  return true;
}

void cspan_enc_abandon(cspan_enc *enc, uint32_t body) {
  enc->len = body - OPEN_SIZE;
}
