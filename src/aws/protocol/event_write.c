/* SPDX-License-Identifier: Apache-2.0 */
/* Events to messages, and signatures around them. */
#include "aws/protocol/event_message.h"
#include "aws/protocol/shape.h"
#include "base/alloc.h"
#include "base/error.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, SIGNED_HEADERS = 2 };

typedef struct event_writer {
  const cspan_service_model *model;
  const cspan_protocol *protocol;
  cspan_event_header headers[CSPAN_EVENT_HEADER_COUNT_MAX];
  size_t header_count;
  cspan_member *rest; /* members that are neither header nor payload */
  size_t rest_count;
  cspan_buf payload;
  const char *content_type; /* NULL: no payload */
  cspan_error **error;
} event_writer;

static const char *text_of(const event_writer *w, cspan_text_ref ref) {
  return cspan_model_text(w->model, ref);
}

static cspan_status refuse(const event_writer *w, const cspan_member_model *member,
                           const char *what) {
  return cspan_error_set(w->error, CSPAN_ERR_INVALID, "%s: %s", text_of(w, member->name), what);
}

static cspan_status add_header(event_writer *w, const cspan_member_model *member,
                               const cspan_value *value) {
  static const uint8_t types[] = {[CSPAN_SHAPE_STRING] = CSPAN_EVENT_STRING,
                                  [CSPAN_SHAPE_BLOB] = CSPAN_EVENT_BYTES,
                                  [CSPAN_SHAPE_BOOLEAN] = CSPAN_EVENT_FALSE,
                                  [CSPAN_SHAPE_INTEGER] = CSPAN_EVENT_INT,
                                  [CSPAN_SHAPE_LONG] = CSPAN_EVENT_LONG,
                                  [CSPAN_SHAPE_TIMESTAMP] = CSPAN_EVENT_TIMESTAMP,
                                  [CSPAN_SHAPE_DOCUMENT] = 0};
  uint8_t shape = cspan_member_shape(w->model, member)->type;
  cspan_event_header header = {.name = cspan_str_of(cspan_member_wire_name(w->model, member)),
                               .type = (cspan_event_type)types[shape]};
  cspan_value time;
  bool fits = w->header_count < CSPAN_EVENT_HEADER_COUNT_MAX;
  if (shape == CSPAN_SHAPE_STRING || shape == CSPAN_SHAPE_BLOB) {
    header.bytes.data = cspan_value_bytes(value, &header.bytes.len);
    fits = fits && header.bytes.data != NULL;
  } else if (shape == CSPAN_SHAPE_BOOLEAN) {
    header.type = cspan_value_bool(value, false) ? CSPAN_EVENT_TRUE : CSPAN_EVENT_FALSE;
    fits = fits && value->kind == CSPAN_VALUE_BOOL;
  } else if (shape == CSPAN_SHAPE_TIMESTAMP) {
    fits = fits && cspan_protocol_time_of(value, &time) && time.as.integer < INT64_MAX / MS_PER_S &&
           time.as.integer > INT64_MIN / MS_PER_S;
    header.integer = fits ? time.as.integer * MS_PER_S + time.nanoseconds / NS_PER_MS : 0;
  } else {
    header.integer = cspan_value_int(value, 0);
    fits = fits && value->kind == CSPAN_VALUE_INT && header.type != CSPAN_EVENT_TRUE &&
           (header.type != CSPAN_EVENT_INT ||
            (header.integer >= INT32_MIN && header.integer <= INT32_MAX));
  }
  if (!fits) {
    return refuse(w, member, "cannot be a header of an event");
  }
  w->headers[w->header_count++] = header;
  return CSPAN_OK;
}

static cspan_status add_payload(event_writer *w, const cspan_member_model *member,
                                const cspan_value *value) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  size_t size = 0;
  if (shape->type == CSPAN_SHAPE_STRUCTURE) {
    w->content_type = w->protocol->payload_type;
    return w->protocol->write_payload(w->model, shape, value, &w->payload, w->error);
  }
  const void *bytes = cspan_value_bytes(value, &size);
  bool is_blob = shape->type == CSPAN_SHAPE_BLOB;
  if (bytes == NULL || (!is_blob && shape->type != CSPAN_SHAPE_STRING)) {
    return refuse(w, member, "expected bytes or a text");
  }
  w->content_type = is_blob ? "application/octet-stream" : "text/plain";
  if (cspan_buf_append(&w->payload, bytes, size) != CSPAN_OK) {
    return cspan_error_set(w->error, cspan_buf_status(&w->payload), "%s: the event is too large",
                           text_of(w, member->name));
  }
  return CSPAN_OK;
}

static cspan_status add_member(event_writer *w, const cspan_member_model *member,
                               const cspan_member *given) {
  if ((member->flags & CSPAN_MEMBER_EVENT_HEADER) != 0) {
    return add_header(w, member, &given->value);
  }
  if ((member->flags & CSPAN_MEMBER_EVENT_PAYLOAD) != 0) {
    return add_payload(w, member, &given->value);
  }
  w->rest[w->rest_count++] = *given;
  return CSPAN_OK;
}

static bool has_payload_member(const event_writer *w, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(w->model, shape);
  bool found = false;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    found = found || (members[i].flags & CSPAN_MEMBER_EVENT_PAYLOAD) != 0;
  }
  return found;
}

/* Without a member for it, the payload is what is no header; an event without members has none. */
static cspan_status add_rest(event_writer *w, const cspan_shape *shape) {
  cspan_value rest = cspan_map(w->rest, w->rest_count);
  if (has_payload_member(w, shape) || shape->members.count == 0) {
    return CSPAN_OK;
  }
  w->content_type = w->protocol->payload_type;
  return w->protocol->write_payload(w->model, shape, &rest, &w->payload, w->error);
}

static cspan_status add_members(event_writer *w, const cspan_shape *shape,
                                const cspan_value *value) {
  cspan_member_cursor cursor = {w->model, shape, CSPAN_NAME_API, 0};
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *given = &value->as.members[i];
    const cspan_member_model *member =
        cspan_member_cursor_find(&cursor, given->name, given->name_size_bytes);
    if (member == NULL) {
      return cspan_error_set(w->error, CSPAN_ERR_INVALID, "%s: the event has no such member",
                             given->name);
    }
    if (cspan_protocol_is_given(&given->value)) {
      status = add_member(w, member, given);
    }
  }
  return status == CSPAN_OK ? add_rest(w, shape) : status;
}

static void add_text(event_writer *w, const char *name, const char *text) {
  w->headers[w->header_count++] = cspan_event_string(name, text);
}

static cspan_status write_member(event_writer *w, const cspan_member_model *member,
                                 const cspan_value *value, cspan_buf *out) {
  const cspan_shape *shape = cspan_member_shape(w->model, member);
  if (shape->type != CSPAN_SHAPE_STRUCTURE || value->kind != CSPAN_VALUE_MAP) {
    return refuse(w, member, "expected a map");
  }
  w->rest = cspan_calloc(value->size + 1, sizeof *w->rest);
  if (w->rest == NULL) {
    return cspan_error_set(w->error, CSPAN_ERR_NOMEM, "out of memory");
  }
  w->header_count = 2; /* for the type of the content, and of the message */
  add_text(w, ":event-type", cspan_member_wire_name(w->model, member));
  cspan_status status = add_members(w, shape, value);
  if (status == CSPAN_OK) {
    bool is_empty = w->content_type == NULL;
    w->headers[0] = cspan_event_string(":content-type", w->content_type);
    w->headers[1] = cspan_event_string(":message-type", "event");
    cspan_event_message message = {w->headers + is_empty, w->header_count - is_empty,
                                   w->payload.data, w->payload.len};
    status = cspan_event_encode(&message, out, w->error);
  }
  cspan_free(w->rest);
  return status;
}

cspan_status cspan_event_write(const cspan_service_model *model,
                               const cspan_operation_model *operation,
                               const cspan_protocol *protocol, const cspan_value *event,
                               cspan_buf *out, cspan_error **error) {
  event_writer *w = cspan_calloc(1, sizeof *w);
  const cspan_shape *input = cspan_model_shape(model, operation->input);
  const cspan_member_model *stream = input != NULL ? cspan_event_stream_member(model, input) : NULL;
  const cspan_member *given =
      cspan_value_count(event) == 1 && event->kind == CSPAN_VALUE_MAP ? event->as.members : NULL;
  if (w == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  w->model = model;
  w->protocol = protocol;
  w->error = error;
  cspan_buf_init(&w->payload, CSPAN_EVENT_MESSAGE_MAX);
  cspan_status status = CSPAN_ERR_INVALID;
  if (stream == NULL) {
    cspan_error_set(error, status, "%s is not sent events",
                    cspan_model_text(model, operation->name));
  } else if (given == NULL) {
    cspan_error_set(error, status, "an event is a map with one member: its name and its members");
  } else {
    const cspan_shape *events = cspan_member_shape(model, stream);
    const cspan_member_model *member =
        cspan_shape_member(model, events, given->name, given->name_size_bytes);
    status = member != NULL ? write_member(w, member, &given->value, out)
                            : cspan_error_set(error, status, "%s has no event '%.*s'",
                                              cspan_model_text(model, events->name),
                                              (int)given->name_size_bytes, given->name);
  }
  cspan_buf_free(&w->payload);
  cspan_free(w);
  return status;
}

cspan_status cspan_event_write_initial(const cspan_protocol *protocol, const void *body,
                                       size_t size, cspan_buf *out, cspan_error **error) {
  const cspan_event_header headers[] = {
      cspan_event_string(":message-type", "event"),
      cspan_event_string(":event-type", "initial-request"),
      cspan_event_string(":content-type", protocol->payload_type),
  };
  cspan_event_message message = {headers, sizeof headers / sizeof headers[0], body, size};
  return cspan_event_encode(&message, out, error);
}

cspan_status cspan_event_sign(const cspan_sigv4_scope *scope, time_t time, const void *frame,
                              size_t size, char *previous, cspan_buf *out, cspan_error **error) {
  uint8_t signature[CSPAN_SIGV4_SIGNATURE_MAX / 2];
  cspan_sigv4_scope now = *scope;
  cspan_event_header headers[SIGNED_HEADERS] = {
      {.name = {":date", 5}, .type = CSPAN_EVENT_TIMESTAMP, .integer = (int64_t)time * MS_PER_S},
      {.name = {":chunk-signature", 16}, .type = CSPAN_EVENT_BYTES}};
  cspan_buf text;
  now.time = time;
  cspan_buf_init(&text, CSPAN_EVENT_HEADERS_MAX);
  cspan_status status = cspan_event_encode_headers(headers, 1, &text, error);
  if (status == CSPAN_OK) {
    status = cspan_sigv4_sign_event(&now, text.data, text.len, frame, size, previous);
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the event could not be signed");
    }
  }
  cspan_buf_free(&text);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t hex = strlen(previous);
  if (!cspan_hex_decode(previous, hex, signature)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the signature before the event is not hex");
  }
  headers[1].bytes = (cspan_str){(const char *)signature, hex / 2};
  cspan_event_message message = {headers, SIGNED_HEADERS, frame, size};
  return cspan_event_encode(&message, out, error);
}
