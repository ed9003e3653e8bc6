/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to events. */
#include "aws/protocol/event_message.h"
#include "aws/protocol/shape.h"
#include "aws/service_error.h"
#include "base/error.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

typedef struct event_reader {
  const cspan_service_model *model;
  const cspan_protocol *protocol;
  const cspan_event_message *message;
  cspan_arena *arena;
  cspan_error **error;
} event_reader;

static const cspan_member_model *find_member(const event_reader *r, const cspan_shape *shape,
                                             cspan_str name) {
  cspan_member_cursor cursor = {r->model, shape, CSPAN_NAME_WIRE, 0};
  return name.len > 0 ? cspan_member_cursor_find(&cursor, name.data, name.len) : NULL;
}

static void name_value(const event_reader *r, const cspan_member_model *member,
                       cspan_maker *maker) {
  const char *name = cspan_model_text(r->model, member->name);
  cspan_maker_fixed_name(maker, name, strlen(name));
}

static cspan_value time_value(int64_t ms) {
  int64_t seconds = ms / MS_PER_S;
  int64_t rest = ms % MS_PER_S;
  if (rest < 0) {
    seconds--;
    rest += MS_PER_S;
  }
  return cspan_timestamp(seconds, (uint32_t)rest * NS_PER_MS);
}

static void put_header(const event_reader *r, const cspan_member_model *member,
                       cspan_maker *maker) {
  const cspan_event_header *header =
      cspan_event_find(r->message, cspan_member_wire_name(r->model, member));
  if (header == NULL) {
    return;
  }
  name_value(r, member, maker);
  switch (header->type) {
  case CSPAN_EVENT_TRUE:
  case CSPAN_EVENT_FALSE:
    cspan_maker_put(maker, cspan_bool(header->type == CSPAN_EVENT_TRUE));
    break;
  case CSPAN_EVENT_STRING:
    cspan_maker_put_text(maker, CSPAN_VALUE_STRING, header->bytes.data, header->bytes.len);
    break;
  case CSPAN_EVENT_BYTES:
  case CSPAN_EVENT_UUID:
    cspan_maker_put_text(maker, CSPAN_VALUE_BLOB, header->bytes.data, header->bytes.len);
    break;
  case CSPAN_EVENT_TIMESTAMP:
    cspan_maker_put(maker, time_value(header->integer));
    break;
  default:
    cspan_maker_put(maker, cspan_int(header->integer));
    break;
  }
}

/* A structure in the payload. */
static cspan_status read_structure(const event_reader *r, const cspan_shape *shape,
                                   cspan_value *out) {
  return r->protocol->read_payload(r->model, shape, r->message->payload, r->message->payload_size,
                                   r->arena, out, r->error);
}

static cspan_status put_payload(const event_reader *r, const cspan_member_model *member,
                                cspan_maker *maker) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  cspan_value value;
  if (shape->type == CSPAN_SHAPE_BLOB || shape->type == CSPAN_SHAPE_STRING) {
    name_value(r, member, maker);
    cspan_maker_put_text(maker,
                         shape->type == CSPAN_SHAPE_BLOB ? CSPAN_VALUE_BLOB : CSPAN_VALUE_STRING,
                         r->message->payload, r->message->payload_size);
    return CSPAN_OK;
  }
  if (shape->type != CSPAN_SHAPE_STRUCTURE) {
    return cspan_error_set(r->error, CSPAN_ERR_UNSUPPORTED,
                           "the event's payload is neither bytes nor text nor a structure");
  }
  cspan_status status = read_structure(r, shape, &value);
  if (status == CSPAN_OK) {
    name_value(r, member, maker);
    cspan_maker_put(maker, value);
  }
  return status;
}

/* What is neither header nor a payload of its own is in the payload together. */
static cspan_status put_rest(const event_reader *r, const cspan_shape *shape, cspan_maker *maker) {
  cspan_value rest;
  if (r->message->payload_size == 0) {
    return CSPAN_OK;
  }
  cspan_status status = read_structure(r, shape, &rest);
  for (size_t i = 0; status == CSPAN_OK && i < cspan_value_count(&rest); i++) {
    const cspan_member *member = &rest.as.members[i];
    cspan_maker_fixed_name(maker, member->name, member->name_size_bytes);
    cspan_maker_put(maker, member->value);
  }
  return status;
}

/* The members of an event, into the map that is open. */
static cspan_status put_members(const event_reader *r, const cspan_shape *shape,
                                cspan_maker *maker) {
  const cspan_member_model *members = cspan_shape_members(r->model, shape);
  const cspan_member_model *payload = NULL;
  uint32_t in_body = 0;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    if ((members[i].flags & CSPAN_MEMBER_EVENT_HEADER) != 0) {
      put_header(r, &members[i], maker);
    } else if ((members[i].flags & CSPAN_MEMBER_EVENT_PAYLOAD) != 0) {
      payload = &members[i];
    } else {
      in_body++;
    }
  }
  if (payload != NULL) {
    return put_payload(r, payload, maker);
  }
  return in_body > 0 ? put_rest(r, shape, maker) : CSPAN_OK;
}

static cspan_status read_event(const event_reader *r, const cspan_member_model *member,
                               cspan_event *out) {
  const cspan_shape *shape = cspan_member_shape(r->model, member);
  cspan_maker maker;
  cspan_status status = CSPAN_OK;
  cspan_maker_init(&maker, r->arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  name_value(r, member, &maker);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  if (shape->type == CSPAN_SHAPE_STRUCTURE) {
    status = put_members(r, shape, &maker);
  }
  cspan_maker_end(&maker);
  cspan_maker_end(&maker);
  if (status == CSPAN_OK) {
    status = cspan_value_fault(cspan_maker_finish(&maker, &out->value), r->error);
  }
  cspan_maker_free(&maker);
  return status;
}

/* ----------------------------------------------------------------------- failures */

/* Cleaned, in memory of the arena; NULL for nothing. */
static cspan_status copy_text(const event_reader *r, cspan_str text, const char **out) {
  char *copy = cspan_arena_strndup(r->arena, text.data, text.len);
  *out = copy != NULL ? cspan_service_text(r->arena, copy) : NULL;
  bool is_lost = copy == NULL || (*out == NULL && cspan_str_trim(text).len > 0);
  return is_lost ? cspan_value_fault(cspan_arena_refusal(r->arena), r->error) : CSPAN_OK;
}

/* Parts the message from the other members of an exception. */
static cspan_status split_fields(const event_reader *r, const cspan_value *all, cspan_event *out) {
  cspan_member *fields = cspan_arena_array(r->arena, cspan_value_count(all), sizeof *fields);
  size_t count = 0;
  if (fields == NULL) {
    return cspan_value_fault(cspan_arena_refusal(r->arena), r->error);
  }
  for (size_t i = 0; i < cspan_value_count(all); i++) {
    const cspan_member *member = &all->as.members[i];
    size_t size = 0;
    const char *text = cspan_value_text(&member->value, &size);
    if (text == NULL || !cspan_ieq(member->name, "message")) {
      fields[count++] = *member;
      continue;
    }
    cspan_status status = copy_text(r, (cspan_str){text, size}, &out->failure.message);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  out->failure.fields = cspan_map(fields, count);
  return CSPAN_OK;
}

/* A payload that cannot be read leaves the exception without its members. */
static cspan_status read_exception(const event_reader *r, const cspan_member_model *member,
                                   cspan_str type, cspan_event *out) {
  cspan_error *unreadable = NULL;
  cspan_value all = cspan_null();
  cspan_status status = copy_text(r, type, &out->failure.code);
  if (status != CSPAN_OK || member == NULL || r->message->payload_size == 0 ||
      cspan_member_shape(r->model, member)->type != CSPAN_SHAPE_STRUCTURE) {
    return status;
  }
  event_reader inner = *r;
  inner.error = &unreadable;
  out->failure.shape = cspan_member_shape(r->model, member);
  status = read_structure(&inner, out->failure.shape, &all);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(r->error, unreadable);
  }
  cspan_error_free(unreadable);
  return status == CSPAN_OK ? split_fields(r, &all, out) : CSPAN_OK;
}

static cspan_status read_failure(const event_reader *r, cspan_event *out) {
  cspan_status status =
      copy_text(r, cspan_event_text(r->message, ":error-code"), &out->failure.code);
  if (status == CSPAN_OK) {
    status = copy_text(r, cspan_event_text(r->message, ":error-message"), &out->failure.message);
  }
  return status;
}

cspan_status cspan_event_read(const cspan_service_model *model,
                              const cspan_operation_model *operation,
                              const cspan_protocol *protocol, const cspan_event_message *message,
                              cspan_arena *arena, cspan_event *out, cspan_error **error) {
  event_reader r = {model, protocol, message, arena, error};
  const cspan_shape *output = cspan_model_shape(model, operation->output);
  const cspan_member_model *stream =
      output != NULL ? cspan_event_stream_member(model, output) : NULL;
  const cspan_shape *events = stream != NULL ? cspan_member_shape(model, stream) : NULL;
  cspan_str kind = cspan_event_text(message, ":message-type");
  cspan_str type = cspan_event_text(message, ":event-type");
  memset(out, 0, sizeof *out);
  out->kind = CSPAN_EVENT_FAILURE;
  out->value = cspan_map(NULL, 0);
  out->failure.fields = cspan_map(NULL, 0);
  if (events == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s does not answer with events",
                           cspan_model_text(model, operation->name));
  }
  if (cspan_str_eq(kind, "error")) {
    return read_failure(&r, out);
  }
  if (cspan_str_eq(kind, "exception")) {
    type = cspan_event_text(message, ":exception-type");
    return read_exception(&r, find_member(&r, events, type), type, out);
  }
  if (cspan_str_eq(type, "initial-response")) {
    out->kind = CSPAN_EVENT_INITIAL;
    return message->payload_size > 0 ? read_structure(&r, output, &out->value) : CSPAN_OK;
  }
  const cspan_member_model *member = find_member(&r, events, type);
  out->kind = member != NULL ? CSPAN_EVENT_KNOWN : CSPAN_EVENT_UNKNOWN;
  return member != NULL ? read_event(&r, member, out) : CSPAN_OK;
}
