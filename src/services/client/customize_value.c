/* SPDX-License-Identifier: Apache-2.0 */
/* Changing documents that are under way. What is there belongs to others, so that it is copied as
 * far as it changes. */
#include <string.h>

#include "services/client/customize.h"

static size_t index_of(const cspan_value *map, const char *name, size_t len) {
  size_t i = 0;
  while (i < map->size && (map->as.members[i].name_size_bytes != len ||
                           memcmp(map->as.members[i].name, name, len) != 0)) {
    i++;
  }
  return i;
}

/* The members in new memory, with room for one more. */
static cspan_member *copy_members(cspan_arena *arena, const cspan_value *map) {
  cspan_member *members = cspan_arena_array(arena, map->size + 1, sizeof *members);
  if (members != NULL && map->size > 0) {
    memcpy(members, map->as.members, map->size * sizeof *members);
  }
  return members;
}

cspan_status cspan_custom_set(cspan_custom *c, const char *name, cspan_value value) {
  cspan_member *members = copy_members(c->arena, &c->value);
  if (members == NULL) {
    return cspan_arena_refusal(c->arena);
  }
  size_t at = index_of(&c->value, name, strlen(name));
  members[at] = cspan_field(name, value);
  c->value = cspan_map(members, at == c->value.size ? at + 1 : c->value.size);
  return CSPAN_OK;
}

cspan_status cspan_custom_remove(cspan_custom *c, const char *name) {
  size_t at = index_of(&c->value, name, strlen(name));
  if (at == c->value.size) {
    return CSPAN_OK;
  }
  cspan_member *members = copy_members(c->arena, &c->value);
  if (members == NULL) {
    return cspan_arena_refusal(c->arena);
  }
  memmove(members + at, members + at + 1, (c->value.size - at - 1) * sizeof *members);
  c->value = cspan_map(members, c->value.size - 1);
  return CSPAN_OK;
}

cspan_str cspan_custom_bytes(const cspan_custom *c, const char *name) {
  cspan_str bytes = {NULL, 0};
  bytes.data = cspan_value_bytes(cspan_value_get(&c->value, name), &bytes.len);
  return bytes;
}

cspan_value cspan_custom_take(cspan_arena *arena, cspan_buf *buf) {
  const char *copy = cspan_buf_status(buf) == CSPAN_OK
                         ? cspan_arena_strndup(arena, cspan_buf_text(buf), buf->len)
                         : NULL;
  cspan_value value = copy != NULL ? cspan_string_of(copy, buf->len) : cspan_null();
  cspan_buf_free(buf);
  return value;
}

static cspan_status rewrite_items(cspan_arena *arena, cspan_value *list, const char *path,
                                  cspan_rewrite_fn rewrite) {
  cspan_value *items = cspan_arena_array(arena, list->size + 1, sizeof *items);
  cspan_status status = CSPAN_OK;
  if (items == NULL) {
    return cspan_arena_refusal(arena);
  }
  for (size_t i = 0; i < list->size && status == CSPAN_OK; i++) {
    items[i] = list->as.items[i];
    status = cspan_custom_rewrite(arena, &items[i], path, rewrite);
  }
  if (status == CSPAN_OK) {
    *list = cspan_list(items, list->size);
  }
  return status;
}

static cspan_status rewrite_member(cspan_arena *arena, cspan_value *map, size_t at,
                                   const char *path, cspan_rewrite_fn rewrite) {
  cspan_member *members = copy_members(arena, map);
  if (members == NULL) {
    return cspan_arena_refusal(arena);
  }
  cspan_status status = cspan_custom_rewrite(arena, &members[at].value, path, rewrite);
  if (status == CSPAN_OK) {
    *map = cspan_map(members, map->size);
  }
  return status;
}

cspan_status cspan_custom_rewrite(cspan_arena *arena, cspan_value *value, const char *path,
                                  cspan_rewrite_fn rewrite) {
  size_t len = strcspn(path, ".[ ");
  if (len == 0 && path[0] == '[') {
    const char *rest = path[2] == '.' ? path + 3 : path + 2;
    return value->kind == CSPAN_VALUE_LIST ? rewrite_items(arena, value, rest, rewrite) : CSPAN_OK;
  }
  if (len == 0) {
    return rewrite(arena, value);
  }
  const char *rest = path[len] == '.' ? path + len + 1 : path + len;
  size_t at = value->kind == CSPAN_VALUE_MAP ? index_of(value, path, len) : 0;
  if (value->kind != CSPAN_VALUE_MAP || at == value->size) {
    return CSPAN_OK;
  }
  return rewrite_member(arena, value, at, rest, rewrite);
}
