/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are each kept once, and found again. */
#ifndef AWS_MODEL_POOL_H
#define AWS_MODEL_POOL_H

#include "base/text.h"

typedef struct cspan_pool_entry {
  const char *data; /* borrowed */
  uint32_t len;
  uint32_t value; /* of the user, or where the text lies after the layout */
  bool near;
} cspan_pool_entry;

typedef struct cspan_pool {
  cspan_pool_entry *entries; /* in the order of their arrival */
  uint32_t count;
  uint32_t cap;
  uint32_t *slots; /* index + 1 */
  uint32_t slot_count;
} cspan_pool;

void cspan_pool_free(cspan_pool *pool);
/* NULL: there is none. */
cspan_pool_entry *cspan_pool_find(const cspan_pool *pool, const char *data, size_t len);
/* The entry of the text, which is made where there is none, with `value`; NULL: out of memory.
 * Valid until the next is made. */
cspan_pool_entry *cspan_pool_add(cspan_pool *pool, const char *data, size_t len, uint32_t value);
/* Appends all texts, NUL-terminated, after an empty one, and sets the entries' values to where
 * they lie. Near ones come first; what another ends with lies in there. Check the buffer. */
cspan_status cspan_pool_layout(cspan_pool *pool, cspan_buf *out);

#endif
