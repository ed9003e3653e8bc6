/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP bindings of a request: labels of the path, query, headers, and which part is the body.
 * Source: Smithy, "HTTP binding traits". */
#include "aws/protocol/rest.h"
#include "aws/protocol/shape.h"
#include "base/error.h"

typedef struct binder {
  const cspan_service_model *model;
  const cspan_shape *shape; /* of the input; NULL: it has none */
  const cspan_value *value; /* a map */
  cspan_protocol_request *out;
  cspan_error **error;
  cspan_buf text; /* of the value at hand */
} binder;

static const char *api_name(const binder *b, const cspan_member_model *member) {
  return cspan_model_text(b->model, member->name);
}

static cspan_status refuse(binder *b, const cspan_member_model *member, const char *why) {
  return cspan_error_set(b->error, CSPAN_ERR_INVALID, "%s: %s", api_name(b, member), why);
}

/* A scalar of the URI in b->text. */
static cspan_status uri_text(binder *b, const cspan_member_model *member, const cspan_shape *shape,
                             const cspan_value *value) {
  cspan_buf_clear(&b->text);
  cspan_status status = cspan_scalar_text(
      &b->text, shape, value, cspan_format_or(member->timestamp_format, CSPAN_TIMESTAMP_ISO8601));
  return status != CSPAN_ERR_INVALID ? status : refuse(b, member, "cannot be part of an address");
}

/* ------------------------------------------------------------------------- path */

/* The member that a label means: by its name on the wire. */
static const cspan_member_model *find_label(const binder *b, const char *name, size_t len) {
  const cspan_member_model *members =
      b->shape != NULL ? cspan_shape_members(b->model, b->shape) : NULL;
  for (uint32_t i = 0; b->shape != NULL && i < b->shape->members.count; i++) {
    const char *wire = cspan_member_wire_name(b->model, &members[i]);
    if (members[i].location == CSPAN_LOCATION_URI && strncmp(wire, name, len) == 0 &&
        wire[len] == '\0') {
      return &members[i];
    }
  }
  return NULL;
}

static cspan_status put_label(binder *b, const char *name, size_t len, cspan_buf *to) {
  bool greedy = len > 0 && name[len - 1] == '+';
  const cspan_member_model *member = find_label(b, name, greedy ? len - 1 : len);
  if (member == NULL) {
    return cspan_error_set(b->error, CSPAN_ERR_INVALID,
                           "the model of the service has no member for {%.*s} of the path",
                           (int)len, name);
  }
  const cspan_value *value = cspan_member_value(b->model, member, b->value);
  if (value == NULL) {
    return refuse(b, member, "is required, but not given");
  }
  cspan_status status = uri_text(b, member, cspan_member_shape(b->model, member), value);
  if (status != CSPAN_OK) {
    return status;
  }
  if (b->text.len == 0) {
    return refuse(b, member, "must not be empty: it is part of the address");
  }
  return cspan_uri_encode(to, b->text.data, b->text.len, greedy);
}

/* What stands before the first '?' of the model's URI is the path, the rest fixed query. */
static cspan_status bind_uri(binder *b, const char *uri) {
  cspan_buf *to = &b->out->path;
  cspan_status status = CSPAN_OK;
  while (*uri != '\0' && status == CSPAN_OK) {
    size_t plain = strcspn(uri, to == &b->out->path ? "{?" : "{");
    const char *close = uri[plain] == '{' ? strchr(uri + plain, '}') : NULL;
    cspan_buf_append(to, uri, plain);
    uri += plain;
    if (*uri == '?') {
      to = &b->out->query;
      uri++;
    } else if (close != NULL) {
      status = put_label(b, uri + 1, (size_t)(close - uri - 1), to);
      uri = close + 1;
    } else if (*uri != '\0') {
      cspan_buf_char(to, *uri++);
    }
  }
  if (b->out->path.len == 0) {
    cspan_buf_char(&b->out->path, '/');
  }
  return status != CSPAN_OK ? status : cspan_buf_status(&b->out->path);
}

/* ------------------------------------------------------------------------ query */

static void put_parameter(cspan_buf *query, const char *name, size_t name_len, const char *text,
                          size_t len) {
  if (query->len > 0) {
    cspan_buf_char(query, '&');
  }
  cspan_uri_encode(query, name, name_len, false);
  cspan_buf_char(query, '=');
  cspan_uri_encode(query, text, len, false);
}

static cspan_status put_query(binder *b, const cspan_member_model *member, const char *name,
                              size_t name_len, const cspan_shape *shape, const cspan_value *value) {
  if (shape->type == CSPAN_SHAPE_LIST) {
    const cspan_member_model *element = cspan_shape_members(b->model, shape);
    cspan_status status = CSPAN_OK;
    for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
      const cspan_value *item = &value->as.items[i];
      const cspan_shape *target = cspan_member_shape(b->model, element);
      if (target->type == CSPAN_SHAPE_LIST) {
        return refuse(b, member, "a list of lists cannot be part of an address");
      }
      if (cspan_protocol_is_given(item)) {
        status = put_query(b, element, name, name_len, target, item);
      }
    }
    return status;
  }
  cspan_status status = uri_text(b, member, shape, value);
  if (status == CSPAN_OK) {
    put_parameter(&b->out->query, name, name_len, cspan_buf_text(&b->text), b->text.len);
    status = cspan_buf_status(&b->out->query);
  }
  return status;
}

/* Whether a member of its own sets this parameter: it wins over one of a map. */
static bool is_set_by_member(const binder *b, const char *name, size_t len) {
  const cspan_member_model *members = cspan_shape_members(b->model, b->shape);
  for (uint32_t i = 0; i < b->shape->members.count; i++) {
    const char *wire = cspan_member_wire_name(b->model, &members[i]);
    if (members[i].location == CSPAN_LOCATION_QUERY && strncmp(wire, name, len) == 0 &&
        wire[len] == '\0' && cspan_member_shape(b->model, &members[i])->type != CSPAN_SHAPE_MAP &&
        cspan_member_value(b->model, &members[i], b->value) != NULL) {
      return true;
    }
  }
  return false;
}

static cspan_status put_query_map(binder *b, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *pair = cspan_shape_members(b->model, shape);
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    if (cspan_protocol_is_given(&field->value) &&
        !is_set_by_member(b, field->name, field->name_size_bytes)) {
      status = put_query(b, &pair[1], field->name, field->name_size_bytes,
                         cspan_member_shape(b->model, &pair[1]), &field->value);
    }
  }
  return status;
}

/* ------------------------------------------------------------------------- body */

static cspan_status put_default_type(binder *b, const char *type) {
  cspan_header_list *headers = &b->out->headers;
  return cspan_header_list_get(headers, "Content-Type") != NULL
             ? CSPAN_OK
             : cspan_header_list_put(headers, b->out->arena, "Content-Type", type);
}

/* A payload of bytes or text is the body as it is. */
static cspan_status bind_bytes(binder *b, const cspan_member_model *payload,
                               const cspan_value *value, const char *type) {
  size_t size = 0;
  bool streams = (payload->flags & CSPAN_MEMBER_STREAMING) != 0;
  if (streams) {
    b->out->stream_member = payload;
    b->out->stream = value;
  } else if (value != NULL) {
    const void *bytes = cspan_value_bytes(value, &size);
    cspan_status status = cspan_buf_append(&b->out->body, bytes, size);
    b->out->has_body = true;
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return streams || value != NULL ? put_default_type(b, type) : CSPAN_OK;
}

static cspan_status bind_body(binder *b, cspan_rest_body *body) {
  const cspan_member_model *payload = cspan_shape_payload(b->model, b->shape);
  if (payload == NULL) {
    body->shape = b->shape;
    body->value = b->value;
    return CSPAN_OK;
  }
  const cspan_shape *shape = cspan_member_shape(b->model, payload);
  const cspan_value *value = cspan_member_value(b->model, payload, b->value);
  if ((shape->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
    b->out->stream_member = payload;
    return put_default_type(b, "application/vnd.amazon.eventstream");
  }
  if (shape->type == CSPAN_SHAPE_BLOB) {
    return bind_bytes(b, payload, value, "application/octet-stream");
  }
  if (shape->type == CSPAN_SHAPE_STRING) {
    return bind_bytes(b, payload, value, "text/plain");
  }
  body->payload = payload;
  body->shape = shape;
  body->value = value;
  return CSPAN_OK;
}

/* ---------------------------------------------------------------------- members */

/* Maps first: what a member of its own says replaces what a map says. */
static cspan_status bind_maps(binder *b) {
  const cspan_member_model *members = cspan_shape_members(b->model, b->shape);
  cspan_status status = CSPAN_OK;
  for (uint32_t i = 0; i < b->shape->members.count && status == CSPAN_OK; i++) {
    const cspan_shape *shape = cspan_member_shape(b->model, &members[i]);
    bool is_query_map =
        members[i].location == CSPAN_LOCATION_QUERY && shape->type == CSPAN_SHAPE_MAP;
    if (!is_query_map && members[i].location != CSPAN_LOCATION_HEADERS) {
      continue;
    }
    const cspan_value *value = cspan_member_value(b->model, &members[i], b->value);
    if (value == NULL) {
      continue;
    }
    status = is_query_map ? put_query_map(b, shape, value)
                          : cspan_rest_put_prefix_headers(b->model, &members[i], value, b->out,
                                                          &b->text, b->error);
  }
  return status;
}

static cspan_status bind_member(binder *b, const cspan_member_model *member,
                                const cspan_value *value) {
  const cspan_shape *shape = cspan_member_shape(b->model, member);
  if (member->location == CSPAN_LOCATION_HEADER) {
    return cspan_rest_put_header(b->model, member, value, b->out, &b->text, b->error);
  }
  if (member->location == CSPAN_LOCATION_QUERY && shape->type != CSPAN_SHAPE_MAP) {
    const char *name = cspan_member_wire_name(b->model, member);
    return put_query(b, member, name, strlen(name), shape, value);
  }
  return CSPAN_OK;
}

static cspan_status bind_members(binder *b) {
  cspan_member_cursor cursor = {b->model, b->shape, CSPAN_NAME_API, 0};
  cspan_status status = bind_maps(b);
  for (size_t i = 0; i < cspan_value_count(b->value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &b->value->as.members[i];
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, field->name, field->name_size_bytes);
    if (member != NULL && member->location != CSPAN_LOCATION_BODY &&
        cspan_protocol_is_given(&field->value)) {
      status = bind_member(b, member, &field->value);
    }
  }
  return status;
}

cspan_status cspan_rest_bind(const cspan_protocol_input *input, cspan_protocol_request *out,
                             cspan_rest_body *body, cspan_error **error) {
  binder b = {.model = input->model, .out = out, .error = error};
  memset(body, 0, sizeof *body);
  cspan_buf_init(&b.text, CSPAN_PROTOCOL_TARGET_MAX);
  b.shape = cspan_model_shape(input->model, input->operation->input);
  out->method = cspan_model_text(input->model, input->operation->http_method);
  cspan_status status = cspan_protocol_fill_tokens(input, out->arena, &b.value);
  if (status == CSPAN_OK) {
    status = bind_uri(&b, cspan_model_text(input->model, input->operation->request_uri));
  }
  if (status == CSPAN_OK && b.shape != NULL) {
    status = bind_members(&b);
  }
  if (status == CSPAN_OK && b.shape != NULL) {
    status = bind_body(&b, body);
  }
  if (status == CSPAN_OK) {
    status = cspan_protocol_host_prefix(input, &out->host_prefix, error);
  }
  cspan_buf_free(&b.text);
  return status == CSPAN_OK || (error != NULL && *error != NULL)
             ? status
             : cspan_error_set(error, status, "the request could not be written");
}
