/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"

#define BLOCK_BYTES 4096u
#define FIRST_BYTES 1024u /* with the arena itself: few documents need more, and it is soon had */

typedef struct block {
  struct block *next;
  size_t used;
  size_t cap;
  alignas(max_align_t) char data[];
} block;

/* Followed by its first block. */
struct cspan_arena {
  alignas(max_align_t) block *head; /* what is being filled */
  size_t total;
  size_t max;
  bool met_cap;
};

static block *first_of(cspan_arena *arena) {
  return (block *)(arena + 1);
}

cspan_arena *cspan_arena_place(void *memory, size_t size, size_t max_bytes) {
  cspan_arena *arena = memory;
  size_t cap = size - sizeof *arena - sizeof *arena->head;
  if (max_bytes && cap > max_bytes)
    cap = max_bytes;
  cap -= cap % alignof(max_align_t);
  *arena = (cspan_arena){.head = first_of(arena), .total = cap, .max = max_bytes};
  *arena->head = (block){.cap = cap};
  return arena;
}

cspan_arena *cspan_arena_create(size_t max_bytes) {
  void *memory = cspan_malloc(FIRST_BYTES);
  return memory ? cspan_arena_place(memory, FIRST_BYTES, max_bytes) : NULL;
}

void cspan_arena_free(cspan_arena *arena) {
  if (!arena)
    return;
  for (block *b = arena->head; b;) {
    block *next = b->next;
    if (b != first_of(arena))
      cspan_free(b);
    b = next;
  }
  cspan_free(arena);
}

void cspan_arena_clear(cspan_arena *arena) {
  block *first = first_of(arena);
  for (block *b = arena->head; b;) {
    block *next = b->next;
    cspan_memzero(b->data, b->used);
    if (b != first)
      cspan_free(b);
    b = next;
  }
  *first = (block){.cap = first->cap};
  *arena = (cspan_arena){.head = first, .total = first->cap, .max = arena->max};
}

static block *block_add(cspan_arena *arena, size_t size) {
  size_t cap = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
  if (arena->max && (cap > arena->max || arena->total > arena->max - cap)) {
    cap = size; /* near the cap only what is asked for */
    if (cap > arena->max || arena->total > arena->max - cap) {
      arena->met_cap = true;
      return NULL;
    }
  }
  arena->met_cap = false;
  block *b = cspan_malloc(sizeof *b + cap);
  if (!b)
    return NULL;
  b->used = 0;
  b->cap = cap;
  arena->total += cap;
  if (size == cap) { /* keep filling the block that has room */
    b->next = arena->head->next;
    arena->head->next = b;
  } else {
    b->next = arena->head;
    arena->head = b;
  }
  return b;
}

/* Memory with anything in it. */
static void *take(cspan_arena *arena, size_t size) {
  const size_t align = alignof(max_align_t);
  if (size > SIZE_MAX / 2)
    return NULL;
  size = size ? (size + align - 1) / align * align : align;
  block *b = arena->head;
  if (b->cap - b->used < size) {
    b = block_add(arena, size);
    if (!b)
      return NULL;
  }
  void *ptr = b->data + b->used;
  b->used += size;
  return ptr;
}

void *cspan_arena_alloc(cspan_arena *arena, size_t size) {
  void *ptr = take(arena, size);
  return ptr ? memset(ptr, 0, size) : NULL;
}

void *cspan_arena_array(cspan_arena *arena, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size)
    return NULL;
  return cspan_arena_alloc(arena, count * size);
}

void *cspan_arena_copy(cspan_arena *arena, const void *data, size_t size) {
  void *copy = take(arena, size);
  if (copy && size)
    memcpy(copy, data, size);
  return copy;
}

cspan_status cspan_arena_refusal(const cspan_arena *arena) {
  return arena->met_cap ? CSPAN_ERR_LIMIT : CSPAN_ERR_NOMEM;
}

char *cspan_arena_strndup(cspan_arena *arena, const char *text, size_t len) {
  if (len == SIZE_MAX)
    return NULL;
  char *copy = take(arena, len + 1);
  if (copy) {
    if (len)
      memcpy(copy, text, len);
    copy[len] = '\0';
  }
  return copy;
}

char *cspan_arena_strdup(cspan_arena *arena, const char *text) {
  return text ? cspan_arena_strndup(arena, text, strlen(text)) : NULL;
}
