/* SPDX-License-Identifier: Apache-2.0 */
/* Members of an input as headers. */
#include "aws/protocol/rest.h"
#include "aws/protocol/shape.h"
#include "base/error.h"
#include "base/json.h"

static cspan_status refuse(const cspan_service_model *model, const cspan_member_model *member,
                           cspan_error **error, const char *why) {
  return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: %s", cspan_model_text(model, member->name),
                         why);
}

/* Line ends in a header would begin another one. */
static bool is_header_text(const cspan_buf *text) {
  for (size_t i = 0; i < text->len; i++) {
    unsigned char c = (unsigned char)text->data[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/* RFC 9110, "token". */
static bool is_header_name(const char *name) {
  size_t len = strlen(name);
  return len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "!#$%&'*+-.^_`|~") == len;
}

/* JSON in base64. A string is taken as JSON that is written already, as other SDKs take it. */
static cspan_status json_text(const cspan_value *value, cspan_buf *text) {
  cspan_buf json;
  size_t size = 0;
  const char *given = value->kind == CSPAN_VALUE_STRING ? cspan_value_text(value, &size) : NULL;
  if (given != NULL) {
    return cspan_base64_encode(text, given, size);
  }
  cspan_buf_init(&json, CSPAN_PROTOCOL_TARGET_MAX);
  cspan_json_write(&json, value, CSPAN_JSON_COMPACT);
  cspan_status status = cspan_buf_status(&json);
  if (status == CSPAN_OK) {
    status = cspan_base64_encode(text, cspan_buf_text(&json), json.len);
  }
  cspan_buf_free(&json);
  return status;
}

/* In quotes where it holds what separates items. */
static void list_text(const cspan_value *item, cspan_buf *text) {
  const char *from = item->as.text;
  bool quoted = memchr(from, ',', item->size) != NULL || memchr(from, '"', item->size) != NULL;
  if (!quoted) {
    cspan_buf_append(text, from, item->size);
    return;
  }
  cspan_buf_char(text, '"');
  for (size_t i = 0; i < item->size; i++) {
    if (from[i] == '"' || from[i] == '\\') {
      cspan_buf_char(text, '\\');
    }
    cspan_buf_char(text, from[i]);
  }
  cspan_buf_char(text, '"');
}

static cspan_status scalar_text(const cspan_member_model *member, const cspan_shape *shape,
                                const cspan_value *value, cspan_buf *text) {
  return cspan_scalar_text(text, shape, value,
                           cspan_format_or(member->timestamp_format, CSPAN_TIMESTAMP_RFC822));
}

static cspan_status items_text(const cspan_service_model *model, const cspan_shape *list,
                               const cspan_value *value, cspan_buf *text) {
  const cspan_member_model *element = cspan_shape_members(model, list);
  const cspan_shape *shape = cspan_member_shape(model, element);
  cspan_status status = CSPAN_OK;
  bool first = true;
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_value *item = &value->as.items[i];
    if (!cspan_protocol_is_given(item)) {
      continue;
    }
    if (!first) {
      cspan_buf_str(text, ", ");
    }
    first = false;
    if (shape->type == CSPAN_SHAPE_STRING && item->kind == CSPAN_VALUE_STRING && item->size > 0) {
      list_text(item, text);
    } else {
      status = scalar_text(element, shape, item, text);
    }
  }
  return status;
}

static cspan_status put(const cspan_service_model *model, const cspan_member_model *member,
                        const char *name, cspan_protocol_request *out, cspan_buf *text,
                        cspan_status status, cspan_error **error) {
  if (status == CSPAN_ERR_INVALID) {
    return refuse(model, member, error, "cannot be sent in a header");
  }
  if (status == CSPAN_OK) {
    status = cspan_buf_status(text);
  }
  if (status == CSPAN_OK && !is_header_text(text)) {
    return refuse(model, member, error, "must not hold control characters: it is sent in a header");
  }
  if (status == CSPAN_OK && !is_header_name(name)) {
    return refuse(model, member, error, "holds a key that cannot be part of a header's name");
  }
  return status == CSPAN_OK
             ? cspan_header_list_set(&out->headers, out->arena, name, cspan_buf_text(text))
             : status;
}

cspan_status cspan_rest_put_header(const cspan_service_model *model,
                                   const cspan_member_model *member, const cspan_value *value,
                                   cspan_protocol_request *out, cspan_buf *text,
                                   cspan_error **error) {
  const cspan_shape *shape = cspan_member_shape(model, member);
  cspan_status status;
  cspan_buf_clear(text);
  if ((member->flags & CSPAN_MEMBER_JSON_VALUE) != 0) {
    status = json_text(value, text);
  } else if (shape->type == CSPAN_SHAPE_LIST) {
    status = items_text(model, shape, value, text);
  } else {
    status = scalar_text(member, shape, value, text);
  }
  return put(model, member, cspan_member_wire_name(model, member), out, text, status, error);
}

cspan_status cspan_rest_put_prefix_headers(const cspan_service_model *model,
                                           const cspan_member_model *member,
                                           const cspan_value *value, cspan_protocol_request *out,
                                           cspan_buf *text, cspan_error **error) {
  const cspan_member_model *pair = cspan_shape_members(model, cspan_member_shape(model, member));
  const cspan_shape *shape = cspan_member_shape(model, &pair[1]);
  const char *prefix = cspan_model_text(model, member->location_name);
  cspan_buf name;
  cspan_status status = CSPAN_OK;
  cspan_buf_init(&name, CSPAN_PROTOCOL_TARGET_MAX);
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    if (!cspan_protocol_is_given(&field->value)) {
      continue;
    }
    cspan_buf_clear(&name);
    cspan_buf_clear(text);
    cspan_buf_str(&name, prefix);
    status = cspan_buf_append(&name, field->name, field->name_size_bytes);
    if (status == CSPAN_OK) {
      status = scalar_text(&pair[1], shape, &field->value, text);
      status = put(model, member, cspan_buf_text(&name), out, text, status, error);
    }
  }
  cspan_buf_free(&name);
  return status;
}
