/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/metrics/attr_set.h"

#include "base/alloc.h"
#include "telemetry/enc.h"

#define VALUE_BYTES_MAX ((size_t)1 << 16)
#define HASH_FACTOR     0x9E3779B97F4A7C15u

static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t x = (a ^ b) * HASH_FACTOR;
  return x ^ x >> 32;
}

/* Eight bytes at a time, the last of which overlap. */
static inline uint64_t hash_bytes(const char *s, size_t len) {
  if (len < 8) {
    return mix(len, text_short_word(s, len));
  }
  uint64_t hash = len;
  for (size_t i = 0; i + 8 < len; i += 8) {
    hash = mix(hash, wire_load64(s + i));
  }
  return mix(hash, wire_load64(s + len - 8));
}

static inline bool same_bytes(const char *a, const char *b, size_t len) {
  if (len < 8) {
    return text_short_word(a, len) == text_short_word(b, len);
  }
  for (size_t i = 0; i + 8 < len; i += 8) {
    if (wire_load64(a + i) != wire_load64(b + i)) {
      return false;
    }
  }
  return wire_load64(a + len - 8) == wire_load64(b + len - 8);
}

static const char *text_of(const char *s) {
  return s != NULL ? s : "";
}

static uint64_t hash_array(const cspan_attr *attr) {
  uint64_t hash = attr->count;
  for (size_t i = 0; i < attr->count; i++) {
    switch (attr->type) {
    case CSPAN_ATTR_STRING_ARRAY: {
      const char *s = text_of(attr->value.strings[i]);
      hash = mix(hash, hash_bytes(s, strlen(s)));
      break;
    }
    case CSPAN_ATTR_BOOL_ARRAY:
      hash = mix(hash, attr->value.booleans[i]);
      break;
    case CSPAN_ATTR_INT64_ARRAY:
      hash = mix(hash, (uint64_t)attr->value.int64s[i]);
      break;
    default:
      hash = mix(hash, wire_load64(&attr->value.numbers[i]));
      break;
    }
  }
  return hash;
}

static uint64_t hash_value(const cspan_attr *attr) {
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    return hash_bytes(attr->value.string, attr->count);
  case CSPAN_ATTR_BOOL:
    return attr->value.boolean;
  case CSPAN_ATTR_INT64:
    return (uint64_t)attr->value.int64;
  case CSPAN_ATTR_DOUBLE:
    return wire_load64(&attr->value.number);
  default:
    return hash_array(attr);
  }
}

/* ------------------------------------------------------------ making a set */

/* Where the set has that key; `count` when it has not. */
static uint32_t find_key(const cspan_attr_set *set, const char *key, uint32_t size) {
  uint32_t i = 0;
  while (i < set->count &&
         (set->key_sizes[i] != size || !same_bytes(set->attrs[i]->key, key, size))) {
    i++;
  }
  return i;
}

void cspan_attr_set_make(cspan_attr_set *set, const cspan_attr *attributes, size_t count) {
  uint64_t seen = 0; /* a bit a hash: where it is not set, the key is new */
  set->hash = 0;
  set->count = 0;
  for (size_t i = 0; attributes != NULL && i < count; i++) {
    const cspan_attr *attr = &attributes[i];
    if (attr->key == NULL || attr->key[0] == '\0') {
      continue;
    }
    uint32_t size = attr->key_size > 0 ? attr->key_size : (uint32_t)strlen(attr->key);
    uint64_t key_hash = hash_bytes(attr->key, size);
    uint64_t bit = UINT64_C(1) << (key_hash & 63);
    uint32_t at = (seen & bit) != 0 ? find_key(set, attr->key, size) : set->count;
    if (at == CSPAN_ATTR_SET_MAX) {
      continue;
    }
    if (at == set->count) {
      set->count++;
      set->hashes[at] = 0;
      set->key_sizes[at] = size;
      seen |= bit;
    }
    uint32_t hash = (uint32_t)mix(key_hash + attr->type, hash_value(attr));
    set->hash += hash - set->hashes[at];
    set->hashes[at] = hash;
    set->attrs[at] = attr;
  }
}

void cspan_attr_set_clean(cspan_attr_set *set) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < set->count; i++) {
    cspan_kv_size size;
    if (!cspan_kv_measure(set->attrs[i], VALUE_BYTES_MAX, CSPAN_ENC_UNLIMITED, &size)) {
      set->hash -= set->hashes[i];
      continue;
    }
    set->attrs[kept] = set->attrs[i];
    set->hashes[kept] = set->hashes[i];
    set->key_sizes[kept] = set->key_sizes[i];
    kept++;
  }
  set->count = kept;
}

/* -------------------------------------------------------------- comparing */

static bool equal_strings(const cspan_attr *a, const cspan_attr *b) {
  for (size_t i = 0; i < a->count; i++) {
    if (strcmp(text_of(a->value.strings[i]), text_of(b->value.strings[i])) != 0) {
      return false;
    }
  }
  return true;
}

static bool equal_bytes(const void *a, const void *b, size_t len) {
  return len == 0 || memcmp(a, b, len) == 0;
}

/* Of arrays. */
static bool equal_elements(const cspan_attr *a, const cspan_attr *b) {
  switch (a->type) {
  case CSPAN_ATTR_BOOL_ARRAY:
    return equal_bytes(a->value.booleans, b->value.booleans, a->count * sizeof(bool));
  case CSPAN_ATTR_INT64_ARRAY:
    return equal_bytes(a->value.int64s, b->value.int64s, a->count * sizeof(int64_t));
  case CSPAN_ATTR_DOUBLE_ARRAY:
    return equal_bytes(a->value.numbers, b->value.numbers, a->count * sizeof(double));
  default:
    return equal_strings(a, b);
  }
}

/* One of the set, whose key's size is known, and another one with the size of its own. */
static inline bool equal(const cspan_attr *a, const cspan_attr_set *set, uint32_t i) {
  const cspan_attr *b = set->attrs[i];
  if (a->key_size != set->key_sizes[i] || a->type != b->type ||
      !same_bytes(a->key, b->key, a->key_size)) {
    return false;
  }
  switch (a->type) {
  case CSPAN_ATTR_STRING:
    return a->count == b->count && same_bytes(a->value.string, b->value.string, a->count);
  case CSPAN_ATTR_BOOL:
    return a->value.boolean == b->value.boolean;
  case CSPAN_ATTR_INT64:
    return a->value.int64 == b->value.int64;
  case CSPAN_ATTR_DOUBLE:
    return wire_load64(&a->value.number) == wire_load64(&b->value.number);
  default:
    return a->count == b->count && equal_elements(a, b);
  }
}

/* Callers mostly give their attributes in the same order every time. */
bool cspan_attr_key_equals(const cspan_attr_key *key, const cspan_attr_set *set) {
  if (key->count != set->count) {
    return false;
  }
  for (uint32_t i = 0; i < set->count; i++) {
    uint32_t at = i;
    if (!equal(&key->attrs[at], set, i)) {
      for (at = 0; at < key->count && !equal(&key->attrs[at], set, i); at++) {
      }
    }
    if (at == key->count) {
      return false;
    }
  }
  return true;
}

bool cspan_attr_set_equals(const cspan_attr_set *a, const cspan_attr_set *b) {
  bool same = a->hash == b->hash && a->count == b->count;
  for (uint32_t i = 0; i < a->count && same; i++) {
    cspan_attr wanted = *a->attrs[i];
    uint32_t at = 0;
    wanted.key_size = a->key_sizes[i];
    while (at < b->count && !equal(&wanted, b, at)) {
      at++;
    }
    same = at < b->count;
  }
  return same;
}

/* ----------------------------------------------------------------- copying */

/* A block of memory that is handed out from front to back; without a block, only counts. */
typedef struct block {
  uint8_t *at;
  size_t size;
} block;

static void *take(block *b, size_t size) {
  uint8_t *p = b->at;
  size = (size + 7) & ~(size_t)7;
  b->size += size;
  if (p != NULL) {
    b->at = p + size;
  }
  return p;
}

static const void *copy_bytes(block *b, const void *from, size_t len) {
  uint8_t *to = take(b, len + 1);
  if (to != NULL) {
    if (len > 0) {
      memcpy(to, from, len);
    }
    to[len] = 0;
  }
  return to;
}

static void copy_value(block *b, const cspan_attr *from, cspan_attr *to) {
  switch (from->type) {
  case CSPAN_ATTR_STRING:
    to->value.string = copy_bytes(b, from->value.string, from->count);
    break;
  case CSPAN_ATTR_BOOL_ARRAY:
    to->value.booleans = copy_bytes(b, from->value.booleans, from->count * sizeof(bool));
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    to->value.int64s = copy_bytes(b, from->value.int64s, from->count * sizeof(int64_t));
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    to->value.numbers = copy_bytes(b, from->value.numbers, from->count * sizeof(double));
    break;
  case CSPAN_ATTR_STRING_ARRAY: {
    const char **strings = take(b, from->count * sizeof *strings);
    to->value.strings = strings;
    for (size_t i = 0; i < from->count; i++) {
      const char *s = text_of(from->value.strings[i]);
      const char *copy = copy_bytes(b, s, strlen(s));
      if (strings != NULL) {
        strings[i] = copy;
      }
    }
    break;
  }
  default:
    break;
  }
}

static void copy_wire(block *b, const cspan_attr_set *set, uint8_t tag, cspan_attr_key *key) {
  size_t len = 0;
  cspan_kv_size size;
  for (uint32_t i = 0; i < set->count; i++) {
    cspan_kv_measure(set->attrs[i], VALUE_BYTES_MAX, CSPAN_ENC_UNLIMITED, &size);
    len += wire_bytes_size(size.kv);
  }
  uint8_t *wire = take(b, len);
  key->wire = wire;
  key->wire_len = (uint32_t)len;
  for (uint32_t i = 0; wire != NULL && i < set->count; i++) {
    cspan_kv_measure(set->attrs[i], VALUE_BYTES_MAX, CSPAN_ENC_UNLIMITED, &size);
    wire = cspan_kv_write(wire, tag, set->attrs[i], &size);
  }
}

static cspan_attr_key *copy_set(block *b, const cspan_attr_set *set, uint8_t tag) {
  cspan_attr_key unused;
  cspan_attr_key *memory = take(b, sizeof *memory);
  cspan_attr_key *key = memory != NULL ? memory : &unused;
  cspan_attr *attrs = take(b, set->count * sizeof *attrs);
  *key = (cspan_attr_key){.count = set->count, .attrs = attrs};
  for (uint32_t i = 0; i < set->count; i++) {
    cspan_attr copy = *set->attrs[i];
    copy.key_size = set->key_sizes[i];
    copy.key = copy_bytes(b, copy.key, copy.key_size);
    copy_value(b, set->attrs[i], &copy);
    if (memory != NULL) {
      attrs[i] = copy;
    }
  }
  copy_wire(b, set, tag, key);
  return memory;
}

cspan_attr_key *cspan_attr_key_create(const cspan_attr_set *set, uint8_t tag) {
  block b = {.at = NULL};
  copy_set(&b, set, tag);
  b.at = cspan_malloc(b.size);
  b.size = 0;
  return b.at != NULL ? copy_set(&b, set, tag) : NULL;
}
