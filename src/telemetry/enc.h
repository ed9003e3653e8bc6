/* SPDX-License-Identifier: Apache-2.0 */
/* Where a span (or a resource) is written as protobuf while it is being made.
 * An index of the attributes' places makes the last write of a key win. */
#ifndef TELEMETRY_ENC_H
#define TELEMETRY_ENC_H

#include <cloudspan/telemetry.h>

#include "telemetry/text_wire.h"

enum { CSPAN_ENC_OPEN_SIZE = 2 };

/* Single fields that may be written again, each known by its place. */
enum { CSPAN_MARK_NAME = 0, CSPAN_MARK_STATUS = 1, CSPAN_MARK_COUNT = 2 };

typedef struct cspan_enc_mark {
  uint32_t at;
  uint32_t len; /* 0: not written */
} cspan_enc_mark;

/* The hash of a key, and above it the place of the KeyValue's tag. */
typedef uint64_t cspan_enc_entry;

static inline cspan_enc_entry cspan_enc_entry_of(uint32_t hash, uint32_t at) {
  return (uint64_t)at << 32 | hash;
}

#define CSPAN_ENC_FILTER_WORDS 8
/* No limit on the length of values. */
#define CSPAN_ENC_UNLIMITED UINT32_MAX

typedef struct cspan_enc {
  uint8_t *data;
  uint32_t len;
  uint32_t cap;
  uint32_t max;
  uint32_t end; /* the lesser of the two */
  uint32_t entry_count;
  uint32_t entry_cap;
  uint32_t entry_max;
  uint32_t entry_end; /* the lesser of the two */
  uint32_t value_max; /* characters of a string value */
  uint32_t short_max; /* bytes of one that kv.h takes */
  /* A bit a hash: where it is not set, the key is new. */
  uint64_t filter[CSPAN_ENC_FILTER_WORDS];
  cspan_enc_entry *entries;
  cspan_enc_mark marks[CSPAN_MARK_COUNT];
} cspan_enc;

/* The sizes of one KeyValue, from inside out. */
typedef struct cspan_kv_size {
  size_t key;
  size_t value; /* of a string or an array: its bytes */
  size_t any;   /* the AnyValue message */
  size_t kv;    /* the KeyValue message */
  size_t text;  /* of a string: the bytes of it that are kept */
  uint32_t value_max;
} cspan_kv_size;

/* False for what cannot be an attribute: no key, a key that is not UTF-8 or over
 * 65,535 bytes, a value over `max` bytes, an unknown type. Strings count up to `value_max`
 * characters. */
bool cspan_kv_measure(const cspan_attr *attr, size_t max, uint32_t value_max, cspan_kv_size *out);
/* Writes 1 + varint + size->kv bytes. */
uint8_t *cspan_kv_write(uint8_t *p, uint8_t tag, const cspan_attr *attr, const cspan_kv_size *size);

/* Starts the content anew, of at most `max` bytes and `max_keys` attributes. */
void cspan_enc_begin(cspan_enc *enc, uint32_t max, uint32_t max_keys);
/* Strings that are written from now on are cut to this many characters. */
void cspan_enc_limit_values(cspan_enc *enc, uint32_t characters);
/* Gives the buffer back; the content is gone. */
void cspan_enc_drop(cspan_enc *enc);
void cspan_enc_free(cspan_enc *enc);
bool cspan_enc_grow(cspan_enc *enc, size_t more);

/* Room for `more` bytes; false over the cap or out of memory. */
static inline bool cspan_enc_room(cspan_enc *enc, size_t more) {
  return enc->len + more <= enc->end || cspan_enc_grow(enc, more);
}

/* Sets an attribute under a one-byte tag. False when it had to be dropped: not
 * valid, one key too many, over the cap, out of memory. */
bool cspan_enc_set(cspan_enc *enc, uint8_t tag, const cspan_attr *attr);
/* Appends without the index (events, links), and gives the key's hash. */
bool cspan_enc_append_attr(cspan_enc *enc, uint8_t tag, const cspan_attr *attr, uint32_t *hash);
/* Where to write the marked field's `size` bytes, an earlier one taken out. The
 * cap is 64 KiB higher for these. NULL when there is no room. */
uint8_t *cspan_enc_mark_again(cspan_enc *enc, int mark, size_t size);

/* The name of a span, an earlier one taken out; none when there is no room. */
void cspan_enc_name(cspan_enc *enc, const char *name, size_t size);

static inline uint8_t *cspan_enc_mark_place(cspan_enc *enc, int mark, size_t size) {
  cspan_enc_mark *m = &enc->marks[mark];
  if (m->len != 0 || enc->len + size > enc->end) {
    return cspan_enc_mark_again(enc, mark, size);
  }
  m->at = enc->len;
  m->len = (uint32_t)size;
  enc->len += (uint32_t)size;
  return enc->data + m->at;
}

/* A nested message of unknown length: open makes room for `more` bytes of it and returns its
 * place (0 when there is no room), close writes the length, or takes all of it back and is false
 * when there is no room. */
static inline uint32_t cspan_enc_open(cspan_enc *enc, uint8_t tag, size_t more) {
  if (!cspan_enc_room(enc, CSPAN_ENC_OPEN_SIZE + more)) {
    return 0;
  }
  enc->data[enc->len] = tag;
  enc->len += CSPAN_ENC_OPEN_SIZE;
  return enc->len;
}

/* Where the length takes more than the byte that was set aside. */
bool cspan_enc_close_long(cspan_enc *enc, uint32_t body);

static inline bool cspan_enc_close(cspan_enc *enc, uint32_t body) {
  if (enc->len - body >= 0x80) {
    return cspan_enc_close_long(enc, body);
  }
  enc->data[body - 1] = (uint8_t)(enc->len - body);
  return true;
}

#endif
