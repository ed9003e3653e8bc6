/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/map.h"

#include <string.h>

#include "base/alloc.h"
#include "base/sys.h"

enum { MAX_LEVELS = 20 };

struct sbx_map_node {
  void *value;
  size_t len;
  char *key; /* behind the links, in the same allocation */
  sbx_map_node *next[];
};

struct sbx_map {
  size_t count;
  int levels;
  sbx_map_node *heads[MAX_LEVELS];
};

/* Where a walk stands on each level: the link that leads on. */
typedef struct trail {
  sbx_map_node **links[MAX_LEVELS];
} trail;

static int compare(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t shorter = a_len < b_len ? a_len : b_len;
  int order = shorter ? memcmp(a, b, shorter) : 0;
  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static bool is_before(const sbx_map_node *node, const char *key, size_t len) {
  return compare(node->key, node->len, key, len) < 0;
}

/* Before `prefix`, or starting with it. */
static bool is_before_end_of(const sbx_map_node *node, const char *prefix, size_t len) {
  size_t shorter = node->len < len ? node->len : len;
  return compare(node->key, shorter, prefix, len) <= 0;
}

typedef bool (*before_fn)(const sbx_map_node *node, const char *key, size_t len);

static sbx_map_node *walk(const sbx_map *map, const char *key, size_t len, before_fn before,
                          trail *out) {
  sbx_map_node *const *links = map->heads;
  for (int level = map->levels - 1; level >= 0; level--) {
    while (links[level] && before(links[level], key, len)) {
      links = links[level]->next;
    }
    if (out) {
      out->links[level] = (sbx_map_node **)&links[level];
    }
  }
  return map->levels > 0 ? links[0] : NULL;
}

sbx_map *cspan_sbx_map_new(void) {
  return cspan_calloc(1, sizeof(sbx_map));
}

void cspan_sbx_map_free(sbx_map *map, sbx_map_free_fn free_value) {
  if (!map) {
    return;
  }
  sbx_map_node *node = map->heads[0];
  while (node) {
    sbx_map_node *next = node->next[0];
    if (free_value) {
      free_value(node->value);
    }
    cspan_free(node);
    node = next;
  }
  cspan_free(map);
}

size_t cspan_sbx_map_count(const sbx_map *map) {
  return map->count;
}

static sbx_map_node *find(const sbx_map *map, const char *key, size_t len, trail *out) {
  sbx_map_node *node = walk(map, key, len, is_before, out);
  return node && compare(node->key, node->len, key, len) == 0 ? node : NULL;
}

void *cspan_sbx_map_get(const sbx_map *map, const char *key, size_t len) {
  sbx_map_node *node = find(map, key, len, NULL);
  return node ? node->value : NULL;
}

/* One more level with a chance of a quarter. */
static int random_levels(void) {
  uint64_t bits = cspan_random_u64();
  int levels = 1;
  while (levels < MAX_LEVELS && (bits & 3) == 0) {
    levels++;
    bits >>= 2;
  }
  return levels;
}

cspan_status cspan_sbx_map_put(sbx_map *map, const char *key, size_t len, void *value, void **old) {
  trail at = {{NULL}};
  sbx_map_node *node = find(map, key, len, &at);
  *old = node ? node->value : NULL;
  if (node) {
    node->value = value;
    return CSPAN_OK;
  }
  int levels = random_levels();
  size_t links = (size_t)levels * sizeof(sbx_map_node *);
  node = cspan_malloc(sizeof *node + links + len + 1);
  if (!node) {
    return CSPAN_ERR_NOMEM;
  }
  node->value = value;
  node->len = len;
  node->key = (char *)node + sizeof *node + links;
  if (len) {
    memcpy(node->key, key, len);
  }
  node->key[len] = '\0';
  for (int level = 0; level < levels; level++) {
    sbx_map_node **link = level < map->levels ? at.links[level] : &map->heads[level];
    node->next[level] = *link;
    *link = node;
  }
  map->levels = levels > map->levels ? levels : map->levels;
  map->count++;
  return CSPAN_OK;
}

void *cspan_sbx_map_remove(sbx_map *map, const char *key, size_t len) {
  trail at = {{NULL}};
  sbx_map_node *node = find(map, key, len, &at);
  if (!node) {
    return NULL;
  }
  for (int level = 0; level < map->levels && *at.links[level] == node; level++) {
    *at.links[level] = node->next[level];
  }
  void *value = node->value;
  cspan_free(node);
  map->count--;
  return value;
}

sbx_map_node *cspan_sbx_map_first(const sbx_map *map) {
  return map->heads[0];
}

sbx_map_node *cspan_sbx_map_seek(const sbx_map *map, const char *key, size_t len) {
  return walk(map, key, len, is_before, NULL);
}

sbx_map_node *cspan_sbx_map_seek_past(const sbx_map *map, const char *prefix, size_t len) {
  return walk(map, prefix, len, is_before_end_of, NULL);
}

sbx_map_node *cspan_sbx_map_next(const sbx_map_node *node) {
  return node->next[0];
}

void *cspan_sbx_map_value(const sbx_map_node *node) {
  return node->value;
}

const char *cspan_sbx_map_key(const sbx_map_node *node, size_t *len) {
  *len = node->len;
  return node->key;
}
