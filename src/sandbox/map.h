/* SPDX-License-Identifier: Apache-2.0 */
/* An ordered map from byte strings to pointers (a skip list), in byte order.
 * Look-up, insertion, removal and seeking take O(log n). Not thread-safe. */
#ifndef SANDBOX_MAP_H
#define SANDBOX_MAP_H

#include <cloudspan/base.h>

typedef struct sbx_map sbx_map;
typedef struct sbx_map_node sbx_map_node;
typedef void (*sbx_map_free_fn)(void *value);

sbx_map *cspan_sbx_map_new(void);                                  /* NULL when out of memory */
void cspan_sbx_map_free(sbx_map *map, sbx_map_free_fn free_value); /* free_value may be NULL */
size_t cspan_sbx_map_count(const sbx_map *map);

void *cspan_sbx_map_get(const sbx_map *map, const char *key, size_t len);
/* `value` must not be NULL. *old receives the value that was replaced, or NULL. */
cspan_status cspan_sbx_map_put(sbx_map *map, const char *key, size_t len, void *value, void **old);
/* The value that was there, or NULL. */
void *cspan_sbx_map_remove(sbx_map *map, const char *key, size_t len);

/* The first node, the first whose key is not before `key`, and the first behind
 * all keys that start with `prefix`; NULL when there is none. */
sbx_map_node *cspan_sbx_map_first(const sbx_map *map);
sbx_map_node *cspan_sbx_map_seek(const sbx_map *map, const char *key, size_t len);
sbx_map_node *cspan_sbx_map_seek_past(const sbx_map *map, const char *prefix, size_t len);
sbx_map_node *cspan_sbx_map_next(const sbx_map_node *node);
void *cspan_sbx_map_value(const sbx_map_node *node);
const char *cspan_sbx_map_key(const sbx_map_node *node, size_t *len);

#endif
