/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/headers.h"

#include <string.h>

#include "base/text.h"

enum {
  MAX_REQUEST_HEADERS = 1024,
  MAX_BLOCK_BYTES = 1024 * 1024,
  FEW = sizeof((cspan_header_block *)0)->few / sizeof(uint32_t)
};

void cspan_header_list_init(cspan_header_list *list) {
  list->items = list->few;
  list->count = 0;
  list->names = 0;
  list->cap = sizeof list->few / sizeof list->few[0];
}

static uint64_t bit_of(const char *name) {
  return UINT64_C(1) << ((strlen(name) + 5 * (size_t)(name[0] | 0x20)) % 64);
}

static size_t find(const cspan_header_list *list, const char *name, uint64_t bit) {
  size_t i = 0;
  if ((list->names & bit) == 0) {
    return list->count;
  }
  while (i < list->count && !cspan_ieq(list->items[i].name, name)) {
    i++;
  }
  return i;
}

const char *cspan_header_list_get(const cspan_header_list *list, const char *name) {
  size_t i = find(list, name, bit_of(name));
  return i < list->count ? list->items[i].value : NULL;
}

static cspan_status grow(cspan_header_list *list, cspan_arena *arena) {
  if (list->count < list->cap) {
    return CSPAN_OK;
  }
  if (list->cap >= MAX_REQUEST_HEADERS) {
    return CSPAN_ERR_LIMIT;
  }
  cspan_http_header *items = cspan_arena_array(arena, list->cap * 2, sizeof *items);
  if (!items) {
    return CSPAN_ERR_NOMEM;
  }
  memcpy(items, list->items, list->count * sizeof *items);
  list->items = items;
  list->cap *= 2;
  return CSPAN_OK;
}

cspan_status cspan_header_list_put(cspan_header_list *list, cspan_arena *arena, const char *name,
                                   const char *value) {
  uint64_t bit = bit_of(name);
  size_t i = find(list, name, bit);
  if (!value) {
    if (i < list->count) {
      memmove(&list->items[i], &list->items[i + 1], (list->count - i - 1) * sizeof list->items[0]);
      list->count--;
    }
    return CSPAN_OK;
  }
  if (i == list->count) {
    cspan_status status = grow(list, arena);
    if (status != CSPAN_OK) {
      return status;
    }
    list->count++;
    list->names |= bit;
  }
  list->items[i] = (cspan_http_header){name, value};
  return CSPAN_OK;
}

cspan_status cspan_header_list_set(cspan_header_list *list, cspan_arena *arena, const char *name,
                                   const char *value) {
  if (!value) {
    return cspan_header_list_put(list, arena, name, NULL);
  }
  const char *name_copy = cspan_arena_strdup(arena, name);
  const char *value_copy = cspan_arena_strdup(arena, value);
  if (!name_copy || !value_copy) {
    return CSPAN_ERR_NOMEM;
  }
  return cspan_header_list_put(list, arena, name_copy, value_copy);
}

enum { WORD = sizeof(uint64_t) };

/* The high bit of each byte that is below `limit`, at least of the lowest such. */
static uint64_t below(const char *text, uint8_t limit) {
  const uint64_t ones = 0x0101010101010101U;
  uint64_t word;
  memcpy(&word, text, WORD);
  return (word - ones * limit) & ~word & ones << 7;
}

/* Whether a byte of the text is below `limit`, a word at a time; the last overlaps. */
static bool has_below(const char *text, size_t len, uint8_t limit) {
  uint64_t found = 0;
  size_t i = 0;
  if (len < WORD) {
    while (i < len && (uint8_t)text[i] >= limit) {
      i++;
    }
    return i < len;
  }
  for (; i + WORD < len; i += WORD) {
    found |= below(text + i, limit);
  }
  return (found | below(text + len - WORD, limit)) != 0;
}

bool cspan_header_name_is_safe(const char *name) {
  size_t len = strlen(name);
  return len > 0 && !has_below(name, len, ' ' + 1) && !memchr(name, ':', len);
}

bool cspan_header_value_is_safe(const char *value, size_t len) {
  return !has_below(value, len, ' ') || !strpbrk(value, "\r\n");
}

void cspan_header_block_init(cspan_header_block *block) {
  cspan_buf_init(&block->text, MAX_BLOCK_BYTES);
  cspan_buf_init(&block->more, MAX_BLOCK_BYTES);
  block->count = 0;
}

void cspan_header_block_free(cspan_header_block *block) {
  cspan_buf_free(&block->text);
  cspan_buf_free(&block->more);
  block->count = 0;
}

void cspan_header_block_clear(cspan_header_block *block) {
  cspan_buf_clear(&block->text);
  cspan_buf_clear(&block->more);
  block->count = 0;
}

cspan_status cspan_header_block_add(cspan_header_block *block, const char *name,
                                    const char *value) {
  uint32_t offset = (uint32_t)block->text.len;
  if (block->count == 0) {
    cspan_buf_reserve(&block->text, 1023); /* what a response of S3 has: one small allocation */
  }
  cspan_buf_append(&block->text, name, strlen(name) + 1);
  cspan_buf_append(&block->text, value, strlen(value) + 1);
  cspan_status status = cspan_buf_status(&block->text);
  if (status == CSPAN_OK && block->count < FEW) {
    block->few[block->count] = offset;
  } else if (status == CSPAN_OK) {
    status = cspan_buf_append(&block->more, &offset, sizeof offset);
  }
  block->count += status == CSPAN_OK;
  return status;
}

static const char *name_at(const cspan_header_block *block, size_t index) {
  uint32_t offset;
  if (index < FEW) {
    offset = block->few[index];
  } else {
    memcpy(&offset, block->more.data + (index - FEW) * sizeof offset, sizeof offset);
  }
  return block->text.data + offset;
}

bool cspan_header_block_at(const cspan_header_block *block, size_t index, const char **name,
                           const char **value) {
  if (index >= block->count) {
    return false;
  }
  *name = name_at(block, index);
  *value = *name + strlen(*name) + 1;
  return true;
}

const char *cspan_header_block_get(const cspan_header_block *block, const char *name) {
  size_t len = strlen(name);
  if (block->count == 0) {
    return NULL;
  }
  const char *end = block->text.data + block->text.len;
  for (size_t i = 0; i < block->count; i++) {
    const char *each = name_at(block, i);
    /* A name of the same length ends where this one does. */
    if ((size_t)(end - each) > len && each[len] == '\0' &&
        (memcmp(each, name, len) == 0 || cspan_ieq(each, name))) {
      return each + len + 1;
    }
  }
  return NULL;
}
