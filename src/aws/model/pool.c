/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void cspan_pool_free(cspan_pool *pool) {
  cspan_free(pool->entries);
  cspan_free(pool->slots);
  *pool = (cspan_pool){0};
}

/* FNV-1a. */
static uint32_t hash_of(const char *data, size_t len) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ (unsigned char)data[i]) * 16777619u;
  }
  return hash;
}

/* The slot of the text, or the free one where it belongs. */
static uint32_t slot_of(const cspan_pool *pool, const char *data, size_t len) {
  uint32_t mask = pool->slot_count - 1;
  uint32_t slot = hash_of(data, len) & mask;
  while (pool->slots[slot]) {
    const cspan_pool_entry *entry = &pool->entries[pool->slots[slot] - 1];
    if (entry->len == len && memcmp(entry->data, data, len) == 0) {
      break;
    }
    slot = (slot + 1) & mask;
  }
  return slot;
}

cspan_pool_entry *cspan_pool_find(const cspan_pool *pool, const char *data, size_t len) {
  if (pool->slot_count == 0) {
    return NULL;
  }
  uint32_t index = pool->slots[slot_of(pool, data, len)];
  return index ? &pool->entries[index - 1] : NULL;
}

/* Twice as many slots as there may be entries. */
static bool grow(cspan_pool *pool) {
  uint32_t cap = pool->cap ? pool->cap * 2 : 64;
  cspan_pool_entry *entries = cspan_realloc(pool->entries, cap * sizeof *entries);
  if (!entries) {
    return false;
  }
  pool->entries = entries;
  uint32_t *slots = cspan_calloc((size_t)cap * 2, sizeof *slots);
  if (!slots) {
    return false;
  }
  cspan_free(pool->slots);
  pool->slots = slots;
  pool->slot_count = cap * 2;
  pool->cap = cap;
  for (uint32_t i = 0; i < pool->count; i++) {
    pool->slots[slot_of(pool, entries[i].data, entries[i].len)] = i + 1;
  }
  return true;
}

cspan_pool_entry *cspan_pool_add(cspan_pool *pool, const char *data, size_t len, uint32_t value) {
  cspan_pool_entry *found = cspan_pool_find(pool, data, len);
  if (found) {
    return found;
  }
  if ((!pool->entries || pool->count == pool->cap) && !grow(pool)) {
    return NULL;
  }
  cspan_pool_entry *entry = &pool->entries[pool->count];
  *entry = (cspan_pool_entry){.data = data, .len = (uint32_t)len, .value = value};
  pool->slots[slot_of(pool, data, len)] = ++pool->count;
  return entry;
}

/* Near ones first; then by their ends, longer ones before those that they end with. */
static int compare_ends(const void *left, const void *right) {
  const cspan_pool_entry *a = *(cspan_pool_entry *const *)left;
  const cspan_pool_entry *b = *(cspan_pool_entry *const *)right;
  if (a->near != b->near) {
    return a->near ? -1 : 1;
  }
  size_t shorter = a->len < b->len ? a->len : b->len;
  for (size_t i = 1; i <= shorter; i++) {
    unsigned char x = (unsigned char)a->data[a->len - i];
    unsigned char y = (unsigned char)b->data[b->len - i];
    if (x != y) {
      return x < y ? 1 : -1;
    }
  }
  return a->len == b->len ? 0 : a->len > b->len ? -1 : 1;
}

static bool ends_with(const cspan_pool_entry *holder, const cspan_pool_entry *entry) {
  return holder && holder->near == entry->near && holder->len >= entry->len &&
         memcmp(holder->data + holder->len - entry->len, entry->data, entry->len) == 0;
}

cspan_status cspan_pool_layout(cspan_pool *pool, cspan_buf *out) {
  (void)cspan_buf_append(out, "", 1);
  if (pool->count == 0) {
    return cspan_buf_status(out);
  }
  cspan_pool_entry **sorted = cspan_calloc(pool->count, sizeof(cspan_pool_entry *));
  if (!sorted) {
    return CSPAN_ERR_NOMEM;
  }
  for (uint32_t i = 0; i < pool->count; i++) {
    sorted[i] = &pool->entries[i];
  }
  qsort(sorted, pool->count, sizeof(cspan_pool_entry *), compare_ends);
  const cspan_pool_entry *holder = NULL;
  for (uint32_t i = 0; i < pool->count; i++) {
    cspan_pool_entry *entry = sorted[i];
    if (entry->len == 0) {
      entry->value = 0;
    } else if (ends_with(holder, entry)) {
      entry->value = holder->value + (holder->len - entry->len);
    } else {
      entry->value = (uint32_t)out->len;
      (void)cspan_buf_append(out, entry->data, entry->len);
      (void)cspan_buf_append(out, "", 1);
      holder = entry;
    }
  }
  cspan_free(sorted);
  return cspan_buf_status(out);
}
