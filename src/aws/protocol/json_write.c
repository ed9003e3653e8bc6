/* SPDX-License-Identifier: Apache-2.0 */
/* A value as JSON, by its shape. One growing buffer, no other memory. */
#include "aws/protocol/body_json.h"
#include "aws/protocol/shape.h"
#include "base/error.h"
#include "base/json.h"

typedef struct writer {
  const cspan_service_model *model;
  cspan_buf *out;
} writer;

static cspan_status write_value(writer *w, const cspan_shape *shape, uint8_t timestamp_format,
                                const cspan_value *value);

static cspan_status write_structure(writer *w, const cspan_shape *shape, const cspan_value *value,
                                    bool body_only) {
  cspan_member_cursor cursor = {w->model, shape, CSPAN_NAME_API, 0};
  cspan_status status = CSPAN_OK;
  bool first = true;
  cspan_buf_char(w->out, '{');
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, field->name, field->name_size_bytes);
    if (member == NULL || !cspan_protocol_is_given(&field->value) ||
        (body_only && member->location != CSPAN_LOCATION_BODY)) {
      continue;
    }
    const cspan_shape *target = cspan_member_shape(w->model, member);
    if ((target->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
      continue;
    }
    const char *name = cspan_member_wire_name(w->model, member);
    cspan_buf_append(w->out, ",\"", first ? 0 : 1);
    first = false;
    cspan_json_write_string(w->out, name, strlen(name));
    cspan_buf_char(w->out, ':');
    status = write_value(w, target, member->timestamp_format, &field->value);
  }
  cspan_buf_char(w->out, '}');
  return status;
}

static cspan_status write_list(writer *w, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *element = cspan_shape_members(w->model, shape);
  cspan_status status = CSPAN_OK;
  cspan_buf_char(w->out, '[');
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    cspan_buf_append(w->out, ",", i > 0);
    status = write_value(w, cspan_member_shape(w->model, element), element->timestamp_format,
                         &value->as.items[i]);
  }
  cspan_buf_char(w->out, ']');
  return status;
}

static cspan_status write_map(writer *w, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *pair = cspan_shape_members(w->model, shape);
  cspan_status status = CSPAN_OK;
  cspan_buf_char(w->out, '{');
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    cspan_buf_append(w->out, ",", i > 0);
    cspan_json_write_string(w->out, field->name, field->name_size_bytes);
    cspan_buf_char(w->out, ':');
    status = write_value(w, cspan_member_shape(w->model, &pair[1]), pair[1].timestamp_format,
                         &field->value);
  }
  cspan_buf_char(w->out, '}');
  return status;
}

static cspan_status write_timestamp(writer *w, uint8_t timestamp_format, const cspan_value *value) {
  cspan_timestamp_format format = cspan_format_or(timestamp_format, CSPAN_TIMESTAMP_UNIX);
  bool is_text = format != CSPAN_TIMESTAMP_UNIX;
  cspan_buf_append(w->out, "\"", is_text);
  cspan_status status = cspan_protocol_timestamp(w->out, value, format);
  cspan_buf_append(w->out, "\"", is_text);
  return status;
}

static cspan_status write_blob(writer *w, const cspan_value *value) {
  size_t size = 0;
  const void *bytes = cspan_value_bytes(value, &size);
  cspan_buf_char(w->out, '"');
  cspan_status status =
      bytes != NULL ? cspan_base64_encode(w->out, bytes, size) : CSPAN_ERR_INVALID;
  cspan_buf_char(w->out, '"');
  return status;
}

static cspan_status write_value(writer *w, const cspan_shape *shape, uint8_t timestamp_format,
                                const cspan_value *value) {
  if (!cspan_protocol_is_given(value)) {
    return cspan_buf_str(w->out, "null");
  }
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    return write_structure(w, shape, value, false);
  case CSPAN_SHAPE_LIST:
    return write_list(w, shape, value);
  case CSPAN_SHAPE_MAP:
    return write_map(w, shape, value);
  case CSPAN_SHAPE_TIMESTAMP:
    return write_timestamp(w, timestamp_format, value);
  case CSPAN_SHAPE_BLOB:
    return write_blob(w, value);
  default:
    cspan_json_write(w->out, value, CSPAN_JSON_COMPACT);
    return cspan_buf_status(w->out);
  }
}

cspan_status cspan_json_write_shape(cspan_buf *out, const cspan_service_model *model,
                                    const cspan_shape *shape, const cspan_value *value,
                                    bool body_only, cspan_error **error) {
  writer w = {model, out};
  cspan_status status = shape->type == CSPAN_SHAPE_STRUCTURE
                            ? write_structure(&w, shape, value, body_only)
                            : write_value(&w, shape, shape->timestamp_format, value);
  if (status == CSPAN_OK) {
    status = cspan_buf_status(out);
  }
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the request body could not be written");
}
