/* SPDX-License-Identifier: Apache-2.0 */
/* The header lines of a request and of a response. */
#ifndef AWS_HEADERS_H
#define AWS_HEADERS_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/http.h"

/* Of a request: texts live in an arena, so that a list can be copied and restored as an array. */
typedef struct cspan_header_list {
  cspan_http_header *items; /* `few`, or memory of the arena */
  size_t count;
  size_t cap;
  uint64_t names; /* a bit a name, by its length and first letter: where it is not set, it is new */
  cspan_http_header few[24];
} cspan_header_list;

void cspan_header_list_init(cspan_header_list *list);
const char *cspan_header_list_get(const cspan_header_list *list, const char *name);
/* Adds or replaces; NULL removes. Text is copied into `arena`. */
cspan_status cspan_header_list_set(cspan_header_list *list, cspan_arena *arena, const char *name,
                                   const char *value);
/* The same without copying: `name` and `value` live as long as the list. */
cspan_status cspan_header_list_put(cspan_header_list *list, cspan_arena *arena, const char *name,
                                   const char *value);
/* The same of one that is safe, with its lengths. */
cspan_status cspan_header_list_put_safe(cspan_header_list *list, cspan_arena *arena,
                                        const cspan_http_header *header);
/* Neither blanks, colons nor control characters. */
bool cspan_header_name_is_safe(const char *name);
/* No line ends. */
bool cspan_header_value_is_safe(const char *value, size_t len);

/* Of a response: received one by one; forgotten all at once. */
typedef struct cspan_header_block {
  cspan_buf text; /* name NUL value NUL ... */
  size_t count;
  uint32_t few[24];  /* where the names of the first are */
  uint8_t sizes[24]; /* of these names, SIZE_MANY: that or more */
  cspan_buf more;    /* uint32_t of each further one */
} cspan_header_block;

void cspan_header_block_init(cspan_header_block *block);
void cspan_header_block_free(cspan_header_block *block);
void cspan_header_block_clear(cspan_header_block *block);
cspan_status cspan_header_block_add(cspan_header_block *block, const char *name, const char *value);
/* Borrowed until the next add. False past the end. */
bool cspan_header_block_at(const cspan_header_block *block, size_t index, const char **name,
                           const char **value);
const char *cspan_header_block_get(const cspan_header_block *block, const char *name);

#endif
