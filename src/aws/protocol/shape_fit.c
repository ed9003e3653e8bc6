/* SPDX-License-Identifier: Apache-2.0 */
/* From a value as it was sent to one as the model names it, in place: a parser's result is walked
 * once, and no memory is taken. */
#include <math.h>

#include "aws/protocol/body_json.h"
#include "aws/protocol/shape.h"
#include "base/error.h"

typedef struct fitter {
  const cspan_service_model *model;
  cspan_arena *arena;
  cspan_member_name names;
  cspan_buf bytes; /* of the blob at hand */
  cspan_error **error;
} fitter;

typedef struct cspan_value_path path;

static cspan_status fit(fitter *f, const path *at, const cspan_shape *shape, cspan_value *value);

static cspan_status refuse(fitter *f, const path *at, const cspan_shape *shape,
                           const cspan_value *value) {
  return cspan_path_error(f->error, CSPAN_ERR_PROTOCOL, at, "expected %s, got %s",
                          cspan_shape_type_name(shape), cspan_kind_name(value->kind));
}

/* Parsers make values in memory of the arena, which is no constant. */
static cspan_member *members_of(cspan_value *value) {
  return (cspan_member *)value->as.members;
}

static cspan_status fit_structure(fitter *f, const path *at, const cspan_shape *shape,
                                  bool body_only, cspan_value *value) {
  cspan_member_cursor cursor = {f->model, shape, f->names, 0};
  size_t kept = 0;
  if (value->kind != CSPAN_VALUE_MAP) {
    return refuse(f, at, shape, value);
  }
  cspan_member *fields = members_of(value);
  for (size_t i = 0; i < value->size; i++) {
    if (!cspan_protocol_is_given(&fields[i].value)) {
      continue;
    }
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, fields[i].name, fields[i].name_size_bytes);
    if (member == NULL || (body_only && member->location != CSPAN_LOCATION_BODY)) {
      continue;
    }
    cspan_member *field = &fields[kept++];
    *field = fields[i];
    if (member->location_name != 0) {
      field->name = cspan_model_text(f->model, member->name);
      field->name_size_bytes = strlen(field->name);
    }
    path here = {.up = at, .name = field->name, .name_len = field->name_size_bytes};
    cspan_status status = fit(f, &here, cspan_member_shape(f->model, member), &field->value);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  value->size = kept;
  return CSPAN_OK;
}

static cspan_status fit_list(fitter *f, const path *at, const cspan_shape *shape,
                             cspan_value *value) {
  const cspan_member_model *element = cspan_shape_members(f->model, shape);
  if (value->kind != CSPAN_VALUE_LIST) {
    return refuse(f, at, shape, value);
  }
  cspan_value *items = (cspan_value *)value->as.items;
  for (size_t i = 0; i < value->size; i++) {
    path here = {.up = at, .index = i};
    if (!cspan_protocol_is_given(&items[i])) {
      continue;
    }
    cspan_status status = fit(f, &here, cspan_member_shape(f->model, element), &items[i]);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

/* Nulls are values of sparse maps only. */
static cspan_status fit_map(fitter *f, const path *at, const cspan_shape *shape,
                            cspan_value *value) {
  const cspan_member_model *pair = cspan_shape_members(f->model, shape);
  bool is_sparse = (shape->flags & CSPAN_SHAPE_SPARSE) != 0;
  size_t kept = 0;
  if (value->kind != CSPAN_VALUE_MAP) {
    return refuse(f, at, shape, value);
  }
  cspan_member *fields = members_of(value);
  for (size_t i = 0; i < value->size; i++) {
    bool is_given = cspan_protocol_is_given(&fields[i].value);
    if (!is_given && !is_sparse) {
      continue;
    }
    cspan_member *field = &fields[kept++];
    *field = fields[i];
    path here = {.up = at, .name = field->name, .name_len = field->name_size_bytes};
    cspan_status status =
        is_given ? fit(f, &here, cspan_member_shape(f->model, &pair[1]), &field->value) : CSPAN_OK;
    if (status != CSPAN_OK) {
      return status;
    }
  }
  value->size = kept;
  return CSPAN_OK;
}

/* Base64 becomes shorter when it is decoded: the bytes go where the text was. */
static cspan_status fit_blob(fitter *f, const path *at, cspan_value *value) {
  cspan_buf_clear(&f->bytes);
  if (!cspan_base64_decode(value->as.text, value->size, &f->bytes)) {
    cspan_status status = cspan_buf_status(&f->bytes);
    return status != CSPAN_OK ? cspan_error_set(f->error, status, "the response could not be read")
                              : cspan_path_error(f->error, CSPAN_ERR_PROTOCOL, at, "is not base64");
  }
  if (f->bytes.len > 0) {
    memcpy((char *)value->as.text, f->bytes.data, f->bytes.len);
  }
  *value = cspan_blob(value->as.text, f->bytes.len);
  return CSPAN_OK;
}

/* 1.0 and 1e3 are whole; what is not stays as it was sent. */
static void fit_integer(cspan_value *value) {
  bool is_whole = value->kind == CSPAN_VALUE_DOUBLE && fabs(value->as.number) < 0x1p53 &&
                  trunc(value->as.number) == value->as.number;
  if (is_whole) {
    *value = cspan_int((int64_t)value->as.number);
  }
}

/* Numbers and booleans are sent as text by some services. */
static cspan_status fit_text(fitter *f, const path *at, const cspan_shape *shape,
                             cspan_value *value) {
  cspan_status status;
  cspan_value read;
  if (shape->type == CSPAN_SHAPE_BLOB) {
    return fit_blob(f, at, value);
  }
  if (shape->type == CSPAN_SHAPE_STRING) {
    return CSPAN_OK;
  }
  if (cspan_scalar_read(shape, value->as.text, value->size, f->arena, &read, &status)) {
    *value = read;
    return CSPAN_OK;
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(f->error, status, "the response could not be read");
  }
  return cspan_path_error(f->error, CSPAN_ERR_PROTOCOL, at, "is not %s",
                          cspan_shape_type_name(shape));
}

static cspan_status fit_scalar(fitter *f, const path *at, const cspan_shape *shape,
                               cspan_value *value) {
  cspan_value time;
  switch (value->kind) {
  case CSPAN_VALUE_LIST:
  case CSPAN_VALUE_MAP:
    return refuse(f, at, shape, value);
  case CSPAN_VALUE_STRING:
    return fit_text(f, at, shape, value);
  default:
    break;
  }
  if (shape->type == CSPAN_SHAPE_INTEGER || shape->type == CSPAN_SHAPE_LONG) {
    fit_integer(value);
  } else if (shape->type == CSPAN_SHAPE_TIMESTAMP) {
    if (!cspan_protocol_time_of(value, &time)) {
      return refuse(f, at, shape, value);
    }
    *value = time;
  } else if ((shape->type == CSPAN_SHAPE_FLOAT || shape->type == CSPAN_SHAPE_DOUBLE) &&
             (value->kind == CSPAN_VALUE_INT || value->kind == CSPAN_VALUE_NUMBER)) {
    *value = cspan_double(cspan_value_double(value, NAN));
  }
  return CSPAN_OK;
}

static cspan_status fit(fitter *f, const path *at, const cspan_shape *shape, cspan_value *value) {
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    return fit_structure(f, at, shape, false, value);
  case CSPAN_SHAPE_LIST:
    return fit_list(f, at, shape, value);
  case CSPAN_SHAPE_MAP:
    return fit_map(f, at, shape, value);
  case CSPAN_SHAPE_DOCUMENT:
    return CSPAN_OK;
  default:
    return fit_scalar(f, at, shape, value);
  }
}

cspan_status cspan_shape_fit(const cspan_service_model *model, const cspan_shape *shape,
                             bool body_only, bool api_names, cspan_arena *arena, cspan_value *value,
                             cspan_error **error) {
  fitter f = {.model = model,
              .arena = arena,
              .names = api_names ? CSPAN_NAME_API : CSPAN_NAME_WIRE,
              .error = error};
  cspan_buf_init(&f.bytes, CSPAN_PROTOCOL_BODY_MAX);
  cspan_status status = shape->type == CSPAN_SHAPE_STRUCTURE
                            ? fit_structure(&f, NULL, shape, body_only, value)
                            : fit(&f, NULL, shape, value);
  cspan_buf_free(&f.bytes);
  return status;
}
