/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once: for decoded documents. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/text.h"

typedef struct cspan_arena cspan_arena;

/* max_bytes: most that may be allocated in all (0: no cap). NULL: no memory. */
cspan_arena *cspan_arena_create(size_t max_bytes);
void cspan_arena_free(cspan_arena *arena);
/* The same in memory of the caller's own, aligned for any type, of at least 128 bytes:
 * what that has no room for comes from the heap. Not for cspan_arena_free(): it ends with
 * cspan_arena_clear() and with the memory, which begins where the arena does. */
cspan_arena *cspan_arena_place(void *memory, size_t size, size_t max_bytes);
/* As it was when it was made; what was in it is overwritten. */
void cspan_arena_clear(cspan_arena *arena);
/* Zeroed and aligned for any type; NULL when out of memory or over the cap. */
void *cspan_arena_alloc(cspan_arena *arena, size_t size);
void *cspan_arena_array(cspan_arena *arena, size_t count, size_t size); /* overflow-checked */
char *cspan_arena_strndup(cspan_arena *arena, const char *text, size_t len);
void *cspan_arena_copy(cspan_arena *arena, const void *data, size_t size); /* aligned as above */
char *cspan_arena_strdup(cspan_arena *arena, const char *text);            /* NULL for NULL */
/* Why the last NULL was given: LIMIT when the cap was met, else NOMEM. */
cspan_status cspan_arena_refusal(const cspan_arena *arena);

#endif
