/* SPDX-License-Identifier: Apache-2.0 */
/* Values from the inside out: what is open lies on a stack and goes into the arena when it ends,
 * for only then it is known how large it is. */
#include "base/alloc.h"
#include "base/value.h"

enum { FIRST_MEMBERS = 64, FIRST_FRAMES = 16 };

struct cspan_maker_frame {
  cspan_value_kind kind;
  size_t first;   /* index of its first member on the stack */
  cspan_str name; /* that it has itself */
};

void cspan_maker_init(cspan_maker *maker, cspan_arena *arena) {
  memset(maker, 0, sizeof *maker);
  maker->arena = arena;
}

void cspan_maker_free(cspan_maker *maker) {
  cspan_free(maker->frames);
  cspan_free(maker->stack);
  memset(maker, 0, sizeof *maker);
}

static void fail(cspan_maker *maker, cspan_status status) {
  if (maker->status == CSPAN_OK) {
    maker->status = status;
  }
}

void cspan_maker_fixed_name(cspan_maker *maker, const char *name, size_t len) {
  maker->name.data = name;
  maker->name.len = len;
}

void cspan_maker_name(cspan_maker *maker, const char *name, size_t len) {
  if (maker->status != CSPAN_OK) {
    return;
  }
  const char *copy = cspan_arena_strndup(maker->arena, name, len);
  if (copy == NULL) {
    fail(maker, cspan_arena_refusal(maker->arena));
  }
  cspan_maker_fixed_name(maker, copy, len);
}

static bool grow_stack(cspan_maker *maker) {
  if (maker->cap >= CSPAN_VALUE_MAX_OPEN) {
    fail(maker, CSPAN_ERR_LIMIT);
    return false;
  }
  size_t cap = maker->cap == 0 ? FIRST_MEMBERS : maker->cap * 2;
  cspan_member *stack = cspan_realloc(maker->stack, cap * sizeof *stack);
  if (stack == NULL) {
    fail(maker, CSPAN_ERR_NOMEM);
    return false;
  }
  maker->stack = stack;
  maker->cap = cap;
  return true;
}

bool cspan_maker_in_map(const cspan_maker *maker) {
  return maker->depth > 0 && maker->frames[maker->depth - 1].kind == CSPAN_VALUE_MAP;
}

void cspan_maker_put(cspan_maker *maker, cspan_value value) {
  if (maker->status != CSPAN_OK) {
    return;
  }
  bool has_name = maker->name.data != NULL;
  if (has_name != cspan_maker_in_map(maker) || (maker->depth == 0 && maker->has_root)) {
    fail(maker, CSPAN_ERR_INVALID);
  } else if (maker->depth == 0) {
    maker->root = value;
    maker->has_root = true;
  } else if (maker->used < maker->cap || grow_stack(maker)) {
    cspan_member *member = &maker->stack[maker->used++];
    member->name = maker->name.data;
    member->name_size_bytes = maker->name.len;
    member->value = value;
    maker->name.data = NULL;
  }
}

void cspan_maker_put_text(cspan_maker *maker, cspan_value_kind kind, const char *text, size_t len) {
  if (maker->status != CSPAN_OK) {
    return;
  }
  const char *copy = cspan_arena_strndup(maker->arena, text, len);
  if (copy == NULL) {
    fail(maker, cspan_arena_refusal(maker->arena));
    return;
  }
  cspan_value value = cspan_string_of(copy, len);
  value.kind = kind;
  cspan_maker_put(maker, value);
}

static bool grow_frames(cspan_maker *maker) {
  size_t cap = maker->frame_cap == 0 ? FIRST_FRAMES : maker->frame_cap * 2;
  struct cspan_maker_frame *frames = cspan_realloc(maker->frames, cap * sizeof *frames);
  if (frames == NULL) {
    fail(maker, CSPAN_ERR_NOMEM);
    return false;
  }
  maker->frames = frames;
  maker->frame_cap = cap;
  return true;
}

void cspan_maker_begin(cspan_maker *maker, cspan_value_kind list_or_map) {
  if (maker->status != CSPAN_OK) {
    return;
  }
  if (maker->depth == CSPAN_VALUE_MAX_DEPTH) {
    fail(maker, CSPAN_ERR_LIMIT);
    return;
  }
  if (maker->depth == maker->frame_cap && !grow_frames(maker)) {
    return;
  }
  struct cspan_maker_frame *frame = &maker->frames[maker->depth++];
  frame->kind = list_or_map;
  frame->first = maker->used;
  frame->name = maker->name;
  maker->name.data = NULL;
}

/* The items on the stack without the room for names. */
static const cspan_value *copy_items(cspan_maker *maker, const cspan_member *from, size_t count) {
  cspan_value *items = cspan_arena_array(maker->arena, count, sizeof *items);
  for (size_t i = 0; items != NULL && i < count; i++) {
    items[i] = from[i].value;
  }
  return items;
}

void cspan_maker_end(cspan_maker *maker) {
  if (maker->status != CSPAN_OK) {
    return;
  }
  if (maker->depth == 0 || maker->name.data != NULL) {
    fail(maker, CSPAN_ERR_INVALID);
    return;
  }
  const struct cspan_maker_frame *frame = &maker->frames[--maker->depth];
  size_t count = maker->used - frame->first;
  const cspan_member *from = count > 0 ? &maker->stack[frame->first] : NULL;
  cspan_value value;
  if (frame->kind == CSPAN_VALUE_MAP) {
    value = cspan_map(NULL, count);
    value.as.members =
        count > 0 ? cspan_arena_copy(maker->arena, from, count * sizeof *from) : NULL;
  } else {
    value = cspan_list(count > 0 ? copy_items(maker, from, count) : NULL, count);
  }
  if (count > 0 && value.as.items == NULL) {
    fail(maker, cspan_arena_refusal(maker->arena));
    return;
  }
  maker->used = frame->first;
  maker->name = frame->name;
  cspan_maker_put(maker, value);
}

size_t cspan_maker_count(const cspan_maker *maker) {
  return maker->depth == 0 ? maker->has_root : maker->used - maker->frames[maker->depth - 1].first;
}

cspan_status cspan_maker_finish(cspan_maker *maker, cspan_value *root) {
  if (maker->depth > 0 || maker->name.data != NULL) {
    fail(maker, CSPAN_ERR_INVALID);
  }
  *root = maker->status == CSPAN_OK && maker->has_root ? maker->root : cspan_null();
  return maker->status;
}
