/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/pairs.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

enum { MAX_PAIRS = 1024 };

cspan_status cspan_sbx_pairs_take(sbx_pairs *pairs, char *name, char *value) {
  cspan_status status = name && value ? CSPAN_OK : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK && pairs->count >= MAX_PAIRS) {
    status = CSPAN_ERR_LIMIT;
  }
  if (status == CSPAN_OK && pairs->count == pairs->cap) {
    size_t cap = pairs->cap ? pairs->cap * 2 : 8;
    sbx_pair *items = cspan_realloc(pairs->items, cap * sizeof *items);
    if (items) {
      pairs->items = items;
      pairs->cap = cap;
    } else {
      status = CSPAN_ERR_NOMEM;
    }
  }
  if (status != CSPAN_OK) {
    cspan_free(name);
    cspan_free(value);
    return status;
  }
  pairs->items[pairs->count++] = (sbx_pair){name, value};
  return CSPAN_OK;
}

cspan_status cspan_sbx_pairs_add(sbx_pairs *pairs, const char *name, const char *value) {
  return cspan_sbx_pairs_take(pairs, cspan_strdup(name), cspan_strdup(value));
}

cspan_status cspan_sbx_pairs_copy(sbx_pairs *to, const sbx_pairs *from) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < from->count && status == CSPAN_OK; i++) {
    status = cspan_sbx_pairs_add(to, from->items[i].name, from->items[i].value);
  }
  return status;
}

const char *cspan_sbx_pairs_get(const sbx_pairs *pairs, const char *name) {
  for (size_t i = 0; i < pairs->count; i++) {
    if (strcmp(pairs->items[i].name, name) == 0) {
      return pairs->items[i].value;
    }
  }
  return NULL;
}

const char *cspan_sbx_pairs_iget(const sbx_pairs *pairs, const char *name) {
  for (size_t i = 0; i < pairs->count; i++) {
    if (cspan_ieq(pairs->items[i].name, name)) {
      return pairs->items[i].value;
    }
  }
  return NULL;
}

bool cspan_sbx_has_prefix(const char *name, const char *prefix) {
  for (; *prefix; name++, prefix++) {
    char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    if (c != *prefix) {
      return false;
    }
  }
  return true;
}

void cspan_sbx_pairs_free(sbx_pairs *pairs) {
  for (size_t i = 0; i < pairs->count; i++) {
    cspan_free(pairs->items[i].name);
    cspan_free(pairs->items[i].value);
  }
  cspan_free(pairs->items);
  *pairs = (sbx_pairs){0};
}
