/* SPDX-License-Identifier: Apache-2.0 */
/* Smithy RPC v2 CBOR. Members have their API names on the wire. Source: Smithy, "Smithy RPC v2
 * CBOR protocol". */
#include <float.h>
#include <math.h>

#include "aws/protocol/body_json.h"
#include "aws/protocol/cbor.h"
#include "aws/protocol/failure.h"
#include "aws/protocol/shape.h"
#include "base/error.h"

typedef struct writer {
  const cspan_service_model *model;
  cspan_buf *out;
} writer;

static cspan_status write_value(writer *w, const cspan_shape *shape, const cspan_value *value);

/* The members that are sent, one by one; NULL behind the last. */
static const cspan_member_model *next_member(writer *w, cspan_member_cursor *cursor,
                                             const cspan_value *value, size_t *at,
                                             const cspan_member **field) {
  while (*at < cspan_value_count(value)) {
    *field = &value->as.members[(*at)++];
    const cspan_member_model *member =
        cspan_member_cursor_find(cursor, (*field)->name, (*field)->name_size_bytes);
    bool is_sent = member != NULL && cspan_protocol_is_given(&(*field)->value) &&
                   (cspan_member_shape(w->model, member)->flags & CSPAN_SHAPE_EVENT_STREAM) == 0;
    if (is_sent) {
      return member;
    }
  }
  return NULL;
}

static cspan_status write_structure(writer *w, const cspan_shape *shape, const cspan_value *value) {
  cspan_member_cursor cursor = {w->model, shape, CSPAN_NAME_API, 0};
  const cspan_member_model *member;
  const cspan_member *field;
  cspan_status status = CSPAN_OK;
  size_t count = 0;
  size_t at = 0;
  while (next_member(w, &cursor, value, &at, &field) != NULL) {
    count++;
  }
  cspan_cbor_write_map(w->out, count);
  at = 0;
  cursor.next = 0;
  while (status == CSPAN_OK && (member = next_member(w, &cursor, value, &at, &field)) != NULL) {
    cspan_cbor_write_text(w->out, field->name, field->name_size_bytes);
    status = write_value(w, cspan_member_shape(w->model, member), &field->value);
  }
  return status;
}

static cspan_status write_list(writer *w, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *element = cspan_shape_members(w->model, shape);
  cspan_status status = CSPAN_OK;
  cspan_cbor_write_list(w->out, cspan_value_count(value));
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    status = write_value(w, cspan_member_shape(w->model, element), &value->as.items[i]);
  }
  return status;
}

static cspan_status write_map(writer *w, const cspan_shape *shape, const cspan_value *value) {
  const cspan_member_model *pair = cspan_shape_members(w->model, shape);
  cspan_status status = CSPAN_OK;
  cspan_cbor_write_map(w->out, cspan_value_count(value));
  for (size_t i = 0; i < cspan_value_count(value) && status == CSPAN_OK; i++) {
    const cspan_member *field = &value->as.members[i];
    cspan_cbor_write_text(w->out, field->name, field->name_size_bytes);
    status = write_value(w, cspan_member_shape(w->model, &pair[1]), &field->value);
  }
  return status;
}

static cspan_status write_integer(writer *w, const cspan_value *value) {
  if (value->kind == CSPAN_VALUE_NUMBER) {
    return cspan_cbor_write_bignum(w->out, value->as.text, value->size);
  }
  cspan_cbor_write_int(w->out, cspan_value_int(value, 0));
  return CSPAN_OK;
}

/* "NaN" and the like may stand in an input for numbers that JSON has no number for. */
static double number_of(const cspan_value *value) {
  if (value->kind != CSPAN_VALUE_STRING) {
    return cspan_value_double(value, 0);
  }
  return value->size == sizeof "NaN" - 1 ? NAN : value->as.text[0] == '-' ? -INFINITY : INFINITY;
}

static void write_float(writer *w, const cspan_shape *shape, const cspan_value *value) {
  double number = number_of(value);
  bool fits = !isfinite(number) || fabs(number) <= (double)FLT_MAX;
  if (shape->type == CSPAN_SHAPE_FLOAT && fits) {
    cspan_cbor_write_float(w->out, (float)number);
  } else {
    cspan_cbor_write_double(w->out, number);
  }
}

static cspan_status write_text(writer *w, const cspan_shape *shape, const cspan_value *value) {
  size_t size = 0;
  const char *text = cspan_value_bytes(value, &size);
  if (text == NULL) {
    return CSPAN_ERR_INVALID;
  }
  if (shape->type == CSPAN_SHAPE_BLOB) {
    cspan_cbor_write_blob(w->out, text, size);
  } else {
    cspan_cbor_write_text(w->out, text, size);
  }
  return CSPAN_OK;
}

static cspan_status write_timestamp(writer *w, const cspan_value *value) {
  cspan_value time;
  if (!cspan_protocol_time_of(value, &time)) {
    return CSPAN_ERR_INVALID;
  }
  cspan_cbor_write_timestamp(w->out, time.as.integer, time.nanoseconds);
  return CSPAN_OK;
}

static cspan_status write_value(writer *w, const cspan_shape *shape, const cspan_value *value) {
  if (!cspan_protocol_is_given(value)) {
    cspan_cbor_write_null(w->out);
    return CSPAN_OK;
  }
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    return write_structure(w, shape, value);
  case CSPAN_SHAPE_LIST:
    return write_list(w, shape, value);
  case CSPAN_SHAPE_MAP:
    return write_map(w, shape, value);
  case CSPAN_SHAPE_TIMESTAMP:
    return write_timestamp(w, value);
  case CSPAN_SHAPE_BOOLEAN:
    cspan_cbor_write_bool(w->out, cspan_value_bool(value, false));
    return CSPAN_OK;
  case CSPAN_SHAPE_INTEGER:
  case CSPAN_SHAPE_LONG:
    return write_integer(w, value);
  case CSPAN_SHAPE_FLOAT:
  case CSPAN_SHAPE_DOUBLE:
    write_float(w, shape, value);
    return CSPAN_OK;
  case CSPAN_SHAPE_STRING:
  case CSPAN_SHAPE_BLOB:
    return write_text(w, shape, value);
  default: /* the protocol has no documents */
    return CSPAN_ERR_UNSUPPORTED;
  }
}

static cspan_status write_payload(const cspan_service_model *model, const cspan_shape *shape,
                                  const cspan_value *value, cspan_buf *out, cspan_error **error) {
  static const cspan_value empty = {.kind = CSPAN_VALUE_MAP};
  writer w = {model, out};
  cspan_status status = write_value(&w, shape, value != NULL ? value : &empty);
  if (status == CSPAN_OK) {
    status = cspan_buf_status(out);
  }
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the request body could not be written");
}

static cspan_status put_path(const cspan_protocol_input *input, cspan_buf *path) {
  return cspan_buf_printf(path, "/service/%s/operation/%s",
                          cspan_model_text(input->model, input->model->info->target_prefix),
                          cspan_model_text(input->model, input->operation->name));
}

static cspan_status put_headers(const cspan_protocol_input *input, cspan_protocol_request *out) {
  uint32_t flags = input->operation->flags;
  bool is_compatible = (input->model->info->flags & CSPAN_SERVICE_QUERY_COMPATIBLE) != 0;
  const cspan_http_header headers[] = {
      {.name = "smithy-protocol", .value = "rpc-v2-cbor"},
      {.name = "Accept",
       .value = (flags & CSPAN_OPERATION_RESPONSE_EVENTS) != 0
                    ? "application/vnd.amazon.eventstream"
                    : "application/cbor"},
      {.name = "x-amzn-query-mode", .value = is_compatible ? "true" : NULL},
      {.name = "Content-Type",
       .value = !out->has_body ? NULL
                : (flags & CSPAN_OPERATION_REQUEST_EVENTS) != 0
                    ? "application/vnd.amazon.eventstream"
                    : "application/cbor"},
  };
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < sizeof headers / sizeof headers[0] && status == CSPAN_OK; i++) {
    status = cspan_header_list_put(&out->headers, out->arena, headers[i].name, headers[i].value);
  }
  return status;
}

static cspan_status serialize(const cspan_protocol_input *input, cspan_protocol_request *out,
                              cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(input->model, input->operation->input);
  const cspan_value *value;
  out->method = "POST";
  out->has_body = shape != NULL;
  cspan_status status = cspan_protocol_fill_tokens(input, out->arena, &value);
  if (status == CSPAN_OK) {
    status = put_path(input, &out->path);
  }
  if (status == CSPAN_OK) {
    status = put_headers(input, out);
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request could not be written");
  }
  status = cspan_protocol_host_prefix(input, &out->host_prefix, error);
  if (status == CSPAN_OK && shape != NULL) {
    out->stream_member = cspan_event_stream_member(input->model, shape);
    status = write_payload(input->model, shape, value, &out->body, error);
  }
  return status;
}

static cspan_status read_payload(const cspan_service_model *model, const cspan_shape *shape,
                                 const char *data, size_t size, cspan_arena *arena,
                                 cspan_value *out, cspan_error **error) {
  const char *what;
  *out = cspan_map(NULL, 0);
  if (size == 0) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_cbor_parse(data, size, arena, out, &what);
  if (status == CSPAN_ERR_INVALID) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "the service sent CBOR that cannot be read: %s", what);
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the response could not be read");
  }
  if (out->kind == CSPAN_VALUE_NULL) {
    *out = cspan_map(NULL, 0);
  }
  return cspan_shape_fit(model, shape, false, true, arena, out, error);
}

static cspan_status parse(const cspan_protocol_response *response, cspan_arena *arena,
                          cspan_value *out, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(response->model, response->operation->output);
  *out = cspan_map(NULL, 0);
  if (shape == NULL || response->body == NULL) {
    return CSPAN_OK;
  }
  return read_payload(response->model, shape, response->body, response->body_size, arena, out,
                      error);
}

static cspan_status parse_error(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  cspan_value body = cspan_null();
  cspan_status status = CSPAN_OK;
  if (response->body != NULL && response->body_size > 0) {
    status = cspan_cbor_parse(response->body, response->body_size, arena, &body, NULL);
  }
  return cspan_failure_read(response, CSPAN_FAILURE_CBOR, status, &body, arena, out, error);
}

const cspan_protocol cspan_protocol_cbor = {
    .name = "smithy-rpc-v2-cbor",
    .serialize = serialize,
    .parse = parse,
    .parse_error = parse_error,
    .write_payload = write_payload,
    .read_payload = read_payload,
    .payload_type = "application/cbor",
};
