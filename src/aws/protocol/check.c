/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an input fits its shape. The same things are checked as botocore's validation checks:
 * lower bounds of strings, lists and numbers, never upper ones and no patterns or enums, which
 * services relax. Null members count as not given. */
#include <math.h>

#include "aws/protocol/shape.h"
#include "base/error.h"
#include "base/log.h"
#include "base/nearest.h"

enum { MAX_UTF8 = 4 };

typedef struct checker {
  const cspan_service_model *model;
  cspan_error **error;
  size_t depth;
} checker;

typedef struct cspan_value_path path;

static cspan_status check_value(checker *c, const path *at, const cspan_shape *shape,
                                const cspan_value *value);

static cspan_status refuse_kind(checker *c, const path *at, const cspan_shape *shape,
                                const cspan_value *value) {
  return cspan_path_error(c->error, CSPAN_ERR_INVALID, at, "expected %s, got %s",
                          cspan_shape_type_name(shape), cspan_kind_name(value->kind));
}

/* ------------------------------------------------------------------ structures */

static cspan_status refuse_unknown(checker *c, const path *at, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(c->model, shape);
  const char *best = NULL;
  size_t best_closeness = SIZE_MAX;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    const char *name = cspan_model_text(c->model, members[i].name);
    size_t closeness = cspan_closeness(at->name, at->name_len, name);
    if (closeness < best_closeness) {
      best = name;
      best_closeness = closeness;
    }
  }
  if (best != NULL) {
    return cspan_path_error(c->error, CSPAN_ERR_INVALID, at,
                            "there is no such member; did you mean '%s'?", best);
  }
  return cspan_path_error(c->error, CSPAN_ERR_INVALID, at, "there is no such member in %s",
                          cspan_model_text(c->model, shape->name));
}

/* Events, and a payload of bytes, may be given apart from the input. */
static bool may_be_apart(const checker *c, const cspan_shape *shape,
                         const cspan_member_model *member) {
  const cspan_shape *target = cspan_member_shape(c->model, member);
  return (target->flags & CSPAN_SHAPE_EVENT_STREAM) != 0 ||
         (((member->flags & CSPAN_MEMBER_STREAMING) != 0 || target->type == CSPAN_SHAPE_BLOB) &&
          member == cspan_shape_payload(c->model, shape));
}

/* What has no lower bound in the model still must not be empty in a host name or a path. */
static cspan_status check_label(checker *c, const path *at, const cspan_member_model *member,
                                const cspan_value *value) {
  bool is_label =
      member->location == CSPAN_LOCATION_URI || (member->flags & CSPAN_MEMBER_HOST_LABEL) != 0;
  if (is_label && value->kind == CSPAN_VALUE_STRING && value->size == 0) {
    return cspan_path_error(c->error, CSPAN_ERR_INVALID, at,
                            "must not be empty: it is part of the address");
  }
  return CSPAN_OK;
}

static cspan_status check_required(checker *c, const path *at, const cspan_shape *shape,
                                   const cspan_value *value) {
  const cspan_member_model *members = cspan_shape_members(c->model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    const cspan_member_model *member = &members[i];
    bool is_token = (member->flags & CSPAN_MEMBER_IDEMPOTENCY_TOKEN) != 0 && at == NULL;
    if ((member->flags & CSPAN_MEMBER_REQUIRED) == 0 || is_token ||
        cspan_member_value(c->model, member, value) != NULL || may_be_apart(c, shape, member)) {
      continue;
    }
    const char *name = cspan_model_text(c->model, member->name);
    path here = {.up = at, .name = name, .name_len = strlen(name)};
    return cspan_path_error(c->error, CSPAN_ERR_INVALID, &here, "is required, but not given");
  }
  return CSPAN_OK;
}

static cspan_status check_union(checker *c, const path *at, const cspan_shape *shape,
                                size_t given) {
  if ((shape->flags & CSPAN_SHAPE_UNION) == 0 || given == 1) {
    return CSPAN_OK;
  }
  return cspan_path_error(c->error, CSPAN_ERR_INVALID, at,
                          "exactly one member of %s must be given, not %zu",
                          cspan_model_text(c->model, shape->name), given);
}

static cspan_status check_member(checker *c, const path *at, const cspan_member_model *member,
                                 const cspan_value *value) {
  /* Any value: it is sent as JSON in a header. */
  if ((member->flags & CSPAN_MEMBER_JSON_VALUE) != 0 && member->location == CSPAN_LOCATION_HEADER) {
    return CSPAN_OK;
  }
  cspan_status status = check_value(c, at, cspan_member_shape(c->model, member), value);
  return status == CSPAN_OK ? check_label(c, at, member, value) : status;
}

static cspan_status check_structure(checker *c, const path *at, const cspan_shape *shape,
                                    const cspan_value *value) {
  cspan_member_cursor cursor = {c->model, shape, CSPAN_NAME_API, 0};
  size_t given = 0;
  if (value->kind != CSPAN_VALUE_MAP) {
    return refuse_kind(c, at, shape, value);
  }
  for (size_t i = 0; i < value->size; i++) {
    const cspan_member *field = &value->as.members[i];
    path here = {.up = at, .name = field->name, .name_len = field->name_size_bytes};
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, field->name, field->name_size_bytes);
    if (member == NULL) {
      return refuse_unknown(c, &here, shape);
    }
    if (!cspan_protocol_is_given(&field->value)) {
      continue;
    }
    given++;
    cspan_status status = check_member(c, &here, member, &field->value);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  cspan_status status = check_union(c, at, shape, given);
  return status == CSPAN_OK ? check_required(c, at, shape, value) : status;
}

/* -------------------------------------------------------------- lists and maps */

static cspan_status check_min_length(checker *c, const path *at, const cspan_shape *shape,
                                     size_t length, const char *what) {
  int64_t min = cspan_shape_min(c->model, shape);
  if (min <= 0 || length >= (uint64_t)min) {
    return CSPAN_OK;
  }
  return cspan_path_error(c->error, CSPAN_ERR_INVALID, at, "needs at least %lld %s%s, has %zu",
                          (long long)min, what, cspan_plural((uint64_t)min), length);
}

static cspan_status check_list(checker *c, const path *at, const cspan_shape *shape,
                               const cspan_value *value) {
  const cspan_member_model *element = cspan_shape_members(c->model, shape);
  if (value->kind != CSPAN_VALUE_LIST) {
    return refuse_kind(c, at, shape, value);
  }
  cspan_status status = check_min_length(c, at, shape, value->size, "item");
  for (size_t i = 0; i < value->size && status == CSPAN_OK; i++) {
    path here = {.up = at, .index = i};
    if (cspan_protocol_is_given(&value->as.items[i])) {
      status = check_value(c, &here, cspan_member_shape(c->model, element), &value->as.items[i]);
    }
  }
  return status;
}

static cspan_status check_map(checker *c, const path *at, const cspan_shape *shape,
                              const cspan_value *value) {
  const cspan_member_model *pair = cspan_shape_members(c->model, shape);
  if (value->kind != CSPAN_VALUE_MAP) {
    return refuse_kind(c, at, shape, value);
  }
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < value->size && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    path here = {.up = at, .name = field->name, .name_len = field->name_size_bytes};
    cspan_value key = cspan_string_of(field->name, field->name_size_bytes);
    status = check_value(c, &here, cspan_member_shape(c->model, &pair[0]), &key);
    if (status == CSPAN_OK && cspan_protocol_is_given(&field->value)) {
      status = check_value(c, &here, cspan_member_shape(c->model, &pair[1]), &field->value);
    }
  }
  return status;
}

/* --------------------------------------------------------------------- scalars */

static size_t count_characters(const cspan_value *text) {
  size_t count = 0;
  for (size_t i = 0; i < text->size; i++) {
    count += ((unsigned char)text->as.text[i] & 0xc0) != 0x80;
  }
  return count;
}

static cspan_status check_string(checker *c, const path *at, const cspan_shape *shape,
                                 const cspan_value *value) {
  if (value->kind != CSPAN_VALUE_STRING) {
    return refuse_kind(c, at, shape, value);
  }
  if (value->size > 0 && !cspan_utf8_valid(value->as.text, value->size)) {
    return cspan_path_error(c->error, CSPAN_ERR_INVALID, at, "is not valid UTF-8");
  }
  int64_t min = cspan_shape_min(c->model, shape);
  bool may_be_short = min > 0 && value->size / MAX_UTF8 < (uint64_t)min;
  return may_be_short ? check_min_length(c, at, shape, count_characters(value), "character")
                      : CSPAN_OK;
}

static cspan_status check_min_value(checker *c, const path *at, const cspan_shape *shape,
                                    const cspan_value *value) {
  int64_t min = cspan_shape_min(c->model, shape);
  if (min == INT64_MIN || !(cspan_value_double(value, (double)min) < (double)min)) {
    return CSPAN_OK;
  }
  return cspan_path_error(c->error, CSPAN_ERR_INVALID, at, "must be at least %lld", (long long)min);
}

/* A number that came as text of JSON may be whole and still no INT: 1e3, or too large for one. */
static bool is_whole(const cspan_shape *shape, const cspan_value *value) {
  if (value->kind == CSPAN_VALUE_DOUBLE) {
    return trunc(value->as.number) == value->as.number && fabs(value->as.number) < 0x1p53;
  }
  return value->kind == CSPAN_VALUE_INT ||
         (value->kind == CSPAN_VALUE_NUMBER && shape->type == CSPAN_SHAPE_LONG);
}

/* Smithy's texts for the numbers that JSON has no number for. */
static bool is_special_float(const cspan_value *value) {
  const cspan_str text = {value->as.text, value->size};
  return value->kind == CSPAN_VALUE_STRING &&
         (cspan_str_eq(text, "NaN") || cspan_str_eq(text, "Infinity") ||
          cspan_str_eq(text, "-Infinity"));
}

static cspan_status check_number(checker *c, const path *at, const cspan_shape *shape,
                                 const cspan_value *value) {
  bool is_float = shape->type == CSPAN_SHAPE_FLOAT || shape->type == CSPAN_SHAPE_DOUBLE;
  bool is_number = value->kind == CSPAN_VALUE_INT || value->kind == CSPAN_VALUE_DOUBLE ||
                   value->kind == CSPAN_VALUE_NUMBER;
  if (is_float ? !is_number && !is_special_float(value) : !is_whole(shape, value)) {
    return refuse_kind(c, at, shape, value);
  }
  return check_min_value(c, at, shape, value);
}

static cspan_status check_scalar(checker *c, const path *at, const cspan_shape *shape,
                                 const cspan_value *value) {
  cspan_value time;
  switch (shape->type) {
  case CSPAN_SHAPE_STRING:
    return check_string(c, at, shape, value);
  case CSPAN_SHAPE_BLOB:
    return value->kind == CSPAN_VALUE_BLOB || value->kind == CSPAN_VALUE_STRING
               ? CSPAN_OK
               : refuse_kind(c, at, shape, value);
  case CSPAN_SHAPE_BOOLEAN:
    return value->kind == CSPAN_VALUE_BOOL ? CSPAN_OK : refuse_kind(c, at, shape, value);
  case CSPAN_SHAPE_TIMESTAMP:
    if (cspan_protocol_time_of(value, &time)) {
      return CSPAN_OK;
    }
    if (value->kind == CSPAN_VALUE_STRING) {
      return cspan_path_error(c->error, CSPAN_ERR_INVALID, at,
                              "is no timestamp; write it as 2014-04-29T18:30:38Z");
    }
    return refuse_kind(c, at, shape, value);
  default:
    return check_number(c, at, shape, value);
  }
}

/* ------------------------------------------------------------------- documents */

static cspan_status refuse_depth(checker *c, const path *at) {
  return cspan_path_error(c->error, CSPAN_ERR_LIMIT, at, "is more than %d levels deep",
                          (int)CSPAN_VALUE_MAX_DEPTH);
}

/* Any value is fine, as long as it has an end. */
static cspan_status check_document(checker *c, const path *at, const cspan_value *value) {
  if (c->depth >= CSPAN_VALUE_MAX_DEPTH) {
    return refuse_depth(c, at);
  }
  cspan_status status = CSPAN_OK;
  c->depth++;
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    status = check_document(c, at, cspan_value_at(value, i));
  }
  c->depth--;
  return status;
}

static cspan_status check_value(checker *c, const path *at, const cspan_shape *shape,
                                const cspan_value *value) {
  if (c->depth >= CSPAN_VALUE_MAX_DEPTH) {
    return refuse_depth(c, at);
  }
  cspan_status status;
  c->depth++;
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    status = check_structure(c, at, shape, value);
    break;
  case CSPAN_SHAPE_LIST:
    status = check_list(c, at, shape, value);
    break;
  case CSPAN_SHAPE_MAP:
    status = check_map(c, at, shape, value);
    break;
  case CSPAN_SHAPE_DOCUMENT:
    status = check_document(c, at, value);
    break;
  default:
    status = check_scalar(c, at, shape, value);
  }
  c->depth--;
  return status;
}

cspan_status cspan_protocol_check_root(const cspan_service_model *model,
                                       const cspan_operation_model *operation,
                                       const cspan_value *input, cspan_error **error) {
  const char *name = cspan_model_text(model, operation->name);
  bool is_map = !cspan_protocol_is_given(input) || input->kind == CSPAN_VALUE_MAP;
  if (operation->input == 0 && (!is_map || cspan_value_count(input) > 0)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s takes no input", name);
  }
  return is_map ? CSPAN_OK
                : cspan_error_set(error, CSPAN_ERR_INVALID,
                                  "the input of %s must be a map with its members, not %s", name,
                                  cspan_kind_name(input->kind));
}

cspan_status cspan_protocol_check(const cspan_service_model *model,
                                  const cspan_operation_model *operation, const cspan_value *input,
                                  cspan_error **error) {
  static const cspan_value empty = {.kind = CSPAN_VALUE_MAP};
  const cspan_shape *shape = cspan_model_shape(model, operation->input);
  checker c = {.model = model, .error = error};
  cspan_status status = cspan_protocol_check_root(model, operation, input, error);
  return status == CSPAN_OK && shape != NULL
             ? check_value(&c, NULL, shape, cspan_protocol_is_given(input) ? input : &empty)
             : status;
}
