/* SPDX-License-Identifier: Apache-2.0 */
/* Deep copies. */
#include "base/value.h"

static cspan_status copy(cspan_arena *arena, const cspan_value *from, int depth, cspan_value *to);

static cspan_status copy_text(cspan_arena *arena, const cspan_value *from, cspan_value *to) {
  *to = *from;
  to->as.text = cspan_arena_strndup(arena, from->as.text, from->size);
  return to->as.text != NULL ? CSPAN_OK : cspan_arena_refusal(arena);
}

static cspan_status copy_list(cspan_arena *arena, const cspan_value *from, int depth,
                              cspan_value *to) {
  cspan_value *items = cspan_arena_array(arena, from->size, sizeof *items);
  if (items == NULL) {
    return cspan_arena_refusal(arena);
  }
  *to = cspan_list(items, from->size);
  to->nanoseconds = from->nanoseconds; /* the mark */
  for (size_t i = 0; i < from->size; i++) {
    cspan_status status = copy(arena, &from->as.items[i], depth, &items[i]);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

static cspan_status copy_map(cspan_arena *arena, const cspan_value *from, int depth,
                             cspan_value *to) {
  size_t count = from->size + from->nanoseconds; /* with the hidden ones */
  cspan_member *members = cspan_arena_array(arena, count, sizeof *members);
  if (members == NULL) {
    return cspan_arena_refusal(arena);
  }
  *to = cspan_map(members, from->size);
  to->nanoseconds = from->nanoseconds;
  for (size_t i = 0; i < count; i++) {
    const cspan_member *member = &from->as.members[i];
    members[i].name_size_bytes = member->name_size_bytes;
    members[i].name = cspan_arena_strndup(arena, member->name, member->name_size_bytes);
    if (members[i].name == NULL) {
      return cspan_arena_refusal(arena);
    }
    cspan_status status = copy(arena, &member->value, depth, &members[i].value);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

static cspan_status copy(cspan_arena *arena, const cspan_value *from, int depth, cspan_value *to) {
  switch (from->kind) {
  case CSPAN_VALUE_NULL:
  case CSPAN_VALUE_BOOL:
  case CSPAN_VALUE_INT:
  case CSPAN_VALUE_DOUBLE:
  case CSPAN_VALUE_TIMESTAMP:
    *to = *from;
    return CSPAN_OK;
  case CSPAN_VALUE_NUMBER:
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
    return copy_text(arena, from, to);
  case CSPAN_VALUE_LIST:
  case CSPAN_VALUE_MAP:
    if (depth == CSPAN_VALUE_MAX_DEPTH) {
      return CSPAN_ERR_LIMIT;
    }
    return from->kind == CSPAN_VALUE_LIST ? copy_list(arena, from, depth + 1, to)
                                          : copy_map(arena, from, depth + 1, to);
  }
  return CSPAN_ERR_INVALID;
}

cspan_status cspan_value_copy(cspan_arena *arena, const cspan_value *from, cspan_value *to) {
  cspan_status status = CSPAN_OK;
  *to = cspan_null();
  if (from != NULL) {
    status = copy(arena, from, 0, to);
  }
  if (status != CSPAN_OK) {
    *to = cspan_null();
  }
  return status;
}
