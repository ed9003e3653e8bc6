/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/skeleton.h"

#include <string.h>

enum { DEPTH_MAX = 64, MEMBERS_MAX = 100000, LENGTH_MAX = 4096, LOOKS_MAX = 1000000 };

/* The shapes that the place is in: recursion ends where one comes again. */
typedef struct place {
  const struct place *outside;
  const cspan_shape *shape;
} place;

typedef struct maker {
  const cspan_service_model *model;
  cspan_maker out;
  bool required_only;
  size_t made;
  size_t looked_at;
} maker;

static void put_shape(maker *m, const cspan_shape *shape, const place *outside);

static bool is_inside(const cspan_shape *shape, const place *outside) {
  size_t depth = 0;
  for (; outside != NULL; outside = outside->outside) {
    if (outside->shape == shape || ++depth > DEPTH_MAX) {
      return true;
    }
  }
  return false;
}

static int64_t at_least(const maker *m, const cspan_shape *shape, int64_t otherwise) {
  int64_t min = cspan_shape_min(m->model, shape);
  return min > otherwise ? min : otherwise;
}

/* The first of an enumeration, `otherwise` where that is long enough, else as many characters as
 * are asked for. */
static void put_text(maker *m, const cspan_shape *shape, const char *otherwise, bool is_name) {
  char text[LENGTH_MAX];
  int64_t wanted = at_least(m, shape, 0);
  size_t len = strlen(otherwise);
  const char *from = otherwise;
  if (shape->enums.count > 0) {
    from = cspan_model_text(m->model, m->model->refs[shape->enums.first]);
    len = strlen(from);
  } else if (wanted > (int64_t)len) {
    len = wanted < LENGTH_MAX ? (size_t)wanted : LENGTH_MAX;
    memset(text, 'a', len);
    from = text;
  }
  if (is_name) {
    cspan_maker_name(&m->out, from, len);
  } else {
    cspan_maker_put_text(&m->out, CSPAN_VALUE_STRING, from, len);
  }
}

static bool is_endless(maker *m, const cspan_shape *shape, const place *outside);

/* Of a union one member has to end, of a structure all that are required. */
static bool has_endless_members(maker *m, const cspan_shape *shape, const place *here) {
  const cspan_member_model *members = cspan_shape_members(m->model, shape);
  bool is_union = (shape->flags & CSPAN_SHAPE_UNION) != 0;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    if ((is_union || (members[i].flags & CSPAN_MEMBER_REQUIRED) != 0) &&
        is_endless(m, cspan_member_shape(m->model, &members[i]), here) != is_union) {
      return !is_union;
    }
  }
  return is_union && shape->members.count > 0;
}

/* Whether a value would have to have another one of a shape that the place is in. */
static bool is_endless(maker *m, const cspan_shape *shape, const place *outside) {
  const place here = {.outside = outside, .shape = shape};
  if (is_inside(shape, outside) || ++m->looked_at > LOOKS_MAX) {
    return true;
  }
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    return has_endless_members(m, shape, &here);
  case CSPAN_SHAPE_LIST:
    return at_least(m, shape, 0) > 0 &&
           is_endless(m, cspan_member_shape(m->model, cspan_shape_members(m->model, shape)), &here);
  default:
    return false;
  }
}

/* Of a union some member is always required. */
static bool is_left_out(maker *m, const cspan_shape *shape, const cspan_member_model *member,
                        const place *here) {
  if (m->required_only && (member->flags & CSPAN_MEMBER_REQUIRED) == 0 &&
      (shape->flags & CSPAN_SHAPE_UNION) == 0) {
    return true;
  }
  return is_endless(m, cspan_member_shape(m->model, member), here);
}

static void put_structure(maker *m, const cspan_shape *shape, const place *here) {
  const cspan_member_model *members = cspan_shape_members(m->model, shape);
  cspan_maker_begin(&m->out, CSPAN_VALUE_MAP);
  for (uint32_t i = 0; i < shape->members.count && m->made < MEMBERS_MAX; i++) {
    if (is_left_out(m, shape, &members[i], here)) {
      continue;
    }
    const char *name = cspan_model_text(m->model, members[i].name);
    m->made++;
    cspan_maker_fixed_name(&m->out, name, strlen(name));
    put_shape(m, cspan_member_shape(m->model, &members[i]), here);
    if ((shape->flags & CSPAN_SHAPE_UNION) != 0) {
      break;
    }
  }
  cspan_maker_end(&m->out);
}

static void put_list(maker *m, const cspan_shape *shape, const place *here) {
  const cspan_shape *element = cspan_member_shape(m->model, cspan_shape_members(m->model, shape));
  int64_t count = at_least(m, shape, m->required_only ? 0 : 1);
  cspan_maker_begin(&m->out, CSPAN_VALUE_LIST);
  for (int64_t i = 0; i < count && i < LENGTH_MAX && !is_endless(m, element, here); i++) {
    put_shape(m, element, here);
  }
  cspan_maker_end(&m->out);
}

static void put_map(maker *m, const cspan_shape *shape, const place *here) {
  const cspan_member_model *members = cspan_shape_members(m->model, shape);
  const cspan_shape *key = cspan_member_shape(m->model, &members[0]);
  const cspan_shape *value = cspan_member_shape(m->model, &members[1]);
  cspan_maker_begin(&m->out, CSPAN_VALUE_MAP);
  if (!is_endless(m, value, here) && (!m->required_only || at_least(m, shape, 0) > 0)) {
    put_text(m, key, "KeyName", true);
    put_shape(m, value, here);
  }
  cspan_maker_end(&m->out);
}

static void put_shape(maker *m, const cspan_shape *shape, const place *outside) {
  const place here = {.outside = outside, .shape = shape};
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    put_structure(m, shape, &here);
    break;
  case CSPAN_SHAPE_LIST:
    put_list(m, shape, &here);
    break;
  case CSPAN_SHAPE_MAP:
    put_map(m, shape, &here);
    break;
  case CSPAN_SHAPE_STRING:
    put_text(m, shape, "a", false);
    break;
  case CSPAN_SHAPE_BLOB:
    cspan_maker_put(&m->out, cspan_blob("blob", strlen("blob")));
    break;
  case CSPAN_SHAPE_BOOLEAN:
    cspan_maker_put(&m->out, cspan_bool(true));
    break;
  case CSPAN_SHAPE_INTEGER:
  case CSPAN_SHAPE_LONG:
    cspan_maker_put(&m->out, cspan_int(at_least(m, shape, 0)));
    break;
  case CSPAN_SHAPE_FLOAT:
  case CSPAN_SHAPE_DOUBLE:
    cspan_maker_put(&m->out, cspan_double((double)at_least(m, shape, 0)));
    break;
  case CSPAN_SHAPE_TIMESTAMP:
    cspan_maker_put(&m->out, cspan_timestamp(0, 0));
    break;
  default:
    cspan_maker_begin(&m->out, CSPAN_VALUE_MAP);
    cspan_maker_end(&m->out);
  }
}

cspan_status cspan_model_skeleton(const cspan_service_model *model, const cspan_shape *shape,
                                  bool required_only, cspan_arena *arena, cspan_value *out) {
  maker m = {.model = model, .required_only = required_only};
  cspan_maker_init(&m.out, arena);
  put_shape(&m, shape, NULL);
  cspan_status status = cspan_maker_finish(&m.out, out);
  cspan_maker_free(&m.out);
  return m.made >= MEMBERS_MAX || m.looked_at > LOOKS_MAX ? CSPAN_ERR_LIMIT : status;
}
