/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/headers.h"

#include <string.h>

#include "base/text.h"

enum {
  MAX_REQUEST_HEADERS = 1024,
  MAX_BLOCK_BYTES = 1024 * 1024,
  FEW = sizeof((cspan_header_block *)0)->few / sizeof(uint32_t),
  SIZE_MANY = 255
};

void cspan_header_list_init(cspan_header_list *list) {
  list->items = list->few;
  list->count = 0;
  list->names = 0;
  list->cap = sizeof list->few / sizeof list->few[0];
}

static uint64_t bit_of(const char *name, size_t len) {
  return UINT64_C(1) << ((len + 5 * (size_t)(name[0] | 0x20)) % 64);
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
  size_t i = find(list, name, bit_of(name, strlen(name)));
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

/* Where the name may be there already, or there is no place left. */
static cspan_status change(cspan_header_list *list, cspan_arena *arena, uint64_t bit,
                           const cspan_http_header *header) {
  size_t i = find(list, header->name, bit);
  if (i == list->count) {
    cspan_status status = grow(list, arena);
    if (status != CSPAN_OK) {
      return status;
    }
    list->count++;
    list->names |= bit;
  }
  list->items[i] = *header;
  return CSPAN_OK;
}

static cspan_status put(cspan_header_list *list, cspan_arena *arena, uint64_t bit,
                        const cspan_http_header *header) {
  if ((list->names & bit) != 0 || list->count == list->cap) {
    return change(list, arena, bit, header);
  }
  list->names |= bit;
  list->items[list->count++] = *header;
  return CSPAN_OK;
}

cspan_status cspan_header_list_put_safe(cspan_header_list *list, cspan_arena *arena,
                                        const cspan_http_header *header) {
  return put(list, arena, bit_of(header->name, header->name_len), header);
}

static void remove_name(cspan_header_list *list, const char *name, uint64_t bit) {
  size_t i = find(list, name, bit);
  if (i < list->count) {
    memmove(&list->items[i], &list->items[i + 1], (list->count - i - 1) * sizeof list->items[0]);
    list->count--;
  }
}

cspan_status cspan_header_list_put(cspan_header_list *list, cspan_arena *arena, const char *name,
                                   const char *value) {
  uint64_t bit = bit_of(name, strlen(name));
  if (!value) {
    remove_name(list, name, bit);
    return CSPAN_OK;
  }
  return put(list, arena, bit, &(cspan_http_header){.name = name, .value = value});
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

static uint8_t clipped(size_t size) {
  return size < SIZE_MANY ? (uint8_t)size : SIZE_MANY;
}

cspan_status cspan_header_block_add(cspan_header_block *block, const char *name,
                                    const char *value) {
  uint32_t offset = (uint32_t)block->text.len;
  size_t name_len = strlen(name);
  if (block->count == 0) {
    cspan_buf_reserve(&block->text, 1023); /* what a response of S3 has: one small allocation */
  }
  cspan_buf_append(&block->text, name, name_len + 1);
  cspan_buf_append(&block->text, value, strlen(value) + 1);
  cspan_status status = cspan_buf_status(&block->text);
  if (status == CSPAN_OK && block->count < FEW) {
    block->few[block->count] = offset;
    block->sizes[block->count] = clipped(name_len);
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
  uint8_t size = clipped(len);
  for (size_t i = 0; i < block->count; i++) {
    if (i >= FEW || block->sizes[i] == size) {
      const char *each = name_at(block, i);
      if (strcmp(each, name) == 0 || cspan_ieq(each, name)) {
        return each + len + 1;
      }
    }
  }
  return NULL;
}
