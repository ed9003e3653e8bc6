/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/shape.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"

enum { MAX_MESSAGE = 512, MAX_PATH = 2048, MAX_SHOWN_LEVELS = 64 };

/* ------------------------------------------------------------------------ paths */

/* A path may be a thousand levels deep: it is shown from the outside, and cut. */
static void write_path(cspan_buf *out, const cspan_value_path *path) {
  const cspan_value_path *levels[MAX_SHOWN_LEVELS];
  size_t count = 0;
  for (const cspan_value_path *at = path; at != NULL; at = at->up) {
    count++;
  }
  size_t shown = count < MAX_SHOWN_LEVELS ? count : MAX_SHOWN_LEVELS;
  for (const cspan_value_path *at = path; at != NULL; at = at->up) {
    if (--count < shown) {
      levels[count] = at;
    }
  }
  for (size_t i = 0; i < shown; i++) {
    if (levels[i]->name != NULL) {
      cspan_buf_printf(out, "%s%.*s", out->len > 0 ? "." : "", (int)levels[i]->name_len,
                       levels[i]->name);
    } else {
      cspan_buf_printf(out, "[%zu]", levels[i]->index);
    }
  }
}

cspan_status cspan_path_error(cspan_error **error, cspan_status status,
                              const cspan_value_path *path, const char *fmt, ...) {
  char message[MAX_MESSAGE];
  cspan_buf text;
  va_list args;
  va_start(args, fmt);
  vsnprintf(message, sizeof message, fmt, args);
  va_end(args);
  cspan_buf_init(&text, MAX_PATH);
  write_path(&text, path);
  cspan_error_set(error, status, "%s%s%s", cspan_buf_text(&text), text.len > 0 ? ": " : "",
                  message);
  cspan_buf_free(&text);
  return status;
}

const char *cspan_kind_name(cspan_value_kind kind) {
  static const char *const names[] = {
      [CSPAN_VALUE_NULL] = "null",       [CSPAN_VALUE_BOOL] = "a boolean",
      [CSPAN_VALUE_INT] = "an integer",  [CSPAN_VALUE_DOUBLE] = "a number",
      [CSPAN_VALUE_NUMBER] = "a number", [CSPAN_VALUE_STRING] = "a string",
      [CSPAN_VALUE_BLOB] = "a blob",     [CSPAN_VALUE_TIMESTAMP] = "a timestamp",
      [CSPAN_VALUE_LIST] = "a list",     [CSPAN_VALUE_MAP] = "a map",
  };
  return names[kind];
}

const char *cspan_shape_type_name(const cspan_shape *shape) {
  static const char *const names[] = {
      [CSPAN_SHAPE_STRUCTURE] = "a map",
      [CSPAN_SHAPE_LIST] = "a list",
      [CSPAN_SHAPE_MAP] = "a map",
      [CSPAN_SHAPE_STRING] = "a string",
      [CSPAN_SHAPE_BLOB] = "a blob",
      [CSPAN_SHAPE_BOOLEAN] = "a boolean",
      [CSPAN_SHAPE_INTEGER] = "an integer",
      [CSPAN_SHAPE_LONG] = "an integer",
      [CSPAN_SHAPE_FLOAT] = "a number",
      [CSPAN_SHAPE_DOUBLE] = "a number",
      [CSPAN_SHAPE_TIMESTAMP] = "a timestamp",
      [CSPAN_SHAPE_DOCUMENT] = "any value",
  };
  return names[shape->type];
}

/* ---------------------------------------------------------------------- members */

static bool has_name(const cspan_member_cursor *cursor, const cspan_member_model *member,
                     const char *name, size_t len) {
  const char *own = cursor->which == CSPAN_NAME_WIRE
                        ? cspan_member_wire_name(cursor->model, member)
                        : cspan_model_text(cursor->model, member->name);
  return strncmp(own, name, len) == 0 && own[len] == '\0';
}

const cspan_member_model *cspan_member_cursor_find(cspan_member_cursor *cursor, const char *name,
                                                   size_t len) {
  const cspan_member_model *members = cspan_shape_members(cursor->model, cursor->shape);
  uint32_t count = cursor->shape->members.count;
  uint32_t at = cursor->next;
  for (uint32_t tried = 0; tried < count; tried++, at++) {
    at = at < count ? at : 0;
    if (has_name(cursor, &members[at], name, len)) {
      cursor->next = at + 1;
      return &members[at];
    }
  }
  return NULL;
}

const cspan_value *cspan_member_value(const cspan_service_model *model,
                                      const cspan_member_model *member, const cspan_value *value) {
  const cspan_value *found = cspan_value_get(value, cspan_model_text(model, member->name));
  return cspan_protocol_is_given(found) ? found : NULL;
}

const cspan_member_model *cspan_event_stream_member(const cspan_service_model *model,
                                                    const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    if ((cspan_member_shape(model, &members[i])->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
      return &members[i];
    }
  }
  return NULL;
}

/* ---------------------------------------------------------------------- scalars */

static void write_double(cspan_buf *out, double number) {
  if (isnan(number)) {
    cspan_buf_str(out, "NaN");
  } else if (isinf(number)) {
    cspan_buf_str(out, number > 0 ? "Infinity" : "-Infinity");
  } else {
    cspan_write_double(out, number);
  }
}

cspan_status cspan_scalar_text(cspan_buf *out, const cspan_shape *shape, const cspan_value *value,
                               cspan_timestamp_format format) {
  if (shape->type == CSPAN_SHAPE_TIMESTAMP) {
    return cspan_protocol_timestamp(out, value, format);
  }
  if (shape->type == CSPAN_SHAPE_BLOB) {
    size_t size = 0;
    const void *bytes = cspan_value_bytes(value, &size);
    return bytes != NULL ? cspan_base64_encode(out, bytes, size) : CSPAN_ERR_INVALID;
  }
  switch (value->kind) {
  case CSPAN_VALUE_BOOL:
    return cspan_buf_str(out, value->as.boolean ? "true" : "false");
  case CSPAN_VALUE_INT:
    return cspan_buf_printf(out, "%lld", (long long)value->as.integer);
  case CSPAN_VALUE_DOUBLE:
    write_double(out, value->as.number);
    return cspan_buf_status(out);
  case CSPAN_VALUE_NUMBER:
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
    return cspan_buf_append(out, value->as.text, value->size);
  default:
    return CSPAN_ERR_INVALID;
  }
}

static bool read_float(const char *text, size_t len, cspan_value *out) {
  static const struct {
    const char *name;
    double number;
  } special[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
  cspan_decimal decimal;
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
    if (cspan_str_eq((cspan_str){text, len}, special[i].name)) {
      *out = cspan_double(special[i].number);
      return true;
    }
  }
  if (len == 0 || cspan_decimal_scan(text, len, &decimal) != len) {
    return false;
  }
  *out = cspan_double(cspan_decimal_round(text, len, NAN));
  return true;
}

static bool put_text(const char *text, size_t len, cspan_value_kind kind, cspan_arena *arena,
                     cspan_value *out, cspan_status *status) {
  const char *copy = cspan_arena_strndup(arena, text, len);
  if (copy == NULL) {
    *status = cspan_arena_refusal(arena);
    return false;
  }
  *out = cspan_string_of(copy, len);
  out->kind = kind;
  return true;
}

static bool read_blob(const char *text, size_t len, cspan_arena *arena, cspan_value *out,
                      cspan_status *status) {
  cspan_buf bytes;
  cspan_buf_init(&bytes, CSPAN_PROTOCOL_BODY_MAX);
  bool ok = cspan_base64_decode(text, len, &bytes);
  *status = cspan_buf_status(&bytes);
  ok = ok && put_text(cspan_buf_text(&bytes), bytes.len, CSPAN_VALUE_BLOB, arena, out, status);
  cspan_buf_free(&bytes);
  return ok;
}

static bool read_integer(const char *text, size_t len, cspan_arena *arena, cspan_value *out,
                         cspan_status *status) {
  cspan_decimal decimal;
  if (len == 0 || cspan_decimal_scan(text, len, &decimal) != len || !decimal.integral) {
    return false;
  }
  *status = cspan_value_from_number(text, len, arena, out);
  return *status == CSPAN_OK;
}

bool cspan_scalar_read(const cspan_shape *shape, const char *text, size_t len, cspan_arena *arena,
                       cspan_value *out, cspan_status *status) {
  *status = CSPAN_OK;
  switch (shape->type) {
  case CSPAN_SHAPE_STRING:
    return put_text(text, len, CSPAN_VALUE_STRING, arena, out, status);
  case CSPAN_SHAPE_BLOB:
    return read_blob(text, len, arena, out, status);
  case CSPAN_SHAPE_BOOLEAN:
    *out = cspan_bool(len == 4);
    return (len == 4 && memcmp(text, "true", 4) == 0) ||
           (len == 5 && memcmp(text, "false", 5) == 0);
  case CSPAN_SHAPE_INTEGER:
  case CSPAN_SHAPE_LONG:
    return read_integer(text, len, arena, out, status);
  case CSPAN_SHAPE_FLOAT:
  case CSPAN_SHAPE_DOUBLE:
    return read_float(text, len, out);
  case CSPAN_SHAPE_TIMESTAMP:
    return cspan_protocol_parse_timestamp(text, len, out);
  default:
    return false;
  }
}
