/* SPDX-License-Identifier: Apache-2.0 */
/* restJson1: HTTP bindings, and JSON for what is in the body. Source: Smithy, "AWS restJson1
 * protocol". */
#include "aws/protocol/body_json.h"
#include "aws/protocol/failure.h"
#include "base/error.h"

/* Whether the structure has members for the body, given or not. */
static bool has_body_members(const cspan_service_model *model, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    if (members[i].location == CSPAN_LOCATION_BODY) {
      return true;
    }
  }
  return false;
}

/* A structure that is the payload and is not given is sent as {}; a union has no such value. */
static bool is_sent(const cspan_service_model *model, const cspan_rest_body *body) {
  if (body->shape == NULL) {
    return false;
  }
  if (body->payload == NULL) {
    return has_body_members(model, body->shape);
  }
  bool is_structure =
      body->shape->type == CSPAN_SHAPE_STRUCTURE && (body->shape->flags & CSPAN_SHAPE_UNION) == 0;
  return body->value != NULL || is_structure;
}

static cspan_status serialize(const cspan_protocol_input *input, cspan_protocol_request *out,
                              cspan_error **error) {
  cspan_rest_body body;
  cspan_status status = cspan_rest_bind(input, out, &body, error);
  if (status != CSPAN_OK || !is_sent(input->model, &body)) {
    return status;
  }
  out->has_body = true;
  if (cspan_header_list_get(&out->headers, "Content-Type") == NULL) {
    status = cspan_header_list_put(&out->headers, out->arena, "Content-Type", "application/json");
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request could not be written");
  }
  return cspan_json_write_shape(&out->body, input->model, body.shape, body.value,
                                body.payload == NULL, error);
}

/* A payload of bytes or text is the body as it is. */
static cspan_status put_bytes(const cspan_protocol_response *response, const cspan_shape *shape,
                              cspan_maker *maker, cspan_error **error) {
  bool is_blob = shape->type == CSPAN_SHAPE_BLOB;
  if (!is_blob && !cspan_utf8_valid(response->body, response->body_size)) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the service sent text that is not UTF-8");
  }
  cspan_maker_put_text(maker, is_blob ? CSPAN_VALUE_BLOB : CSPAN_VALUE_STRING, response->body,
                       response->body_size);
  return CSPAN_OK;
}

static cspan_status put_payload(const cspan_protocol_response *response,
                                const cspan_member_model *payload, cspan_maker *maker,
                                cspan_error **error) {
  const cspan_service_model *model = response->model;
  const cspan_shape *shape = cspan_member_shape(model, payload);
  const char *name = cspan_model_text(model, payload->name);
  cspan_value value;
  if (response->body_size == 0 || (shape->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
    return CSPAN_OK;
  }
  cspan_maker_fixed_name(maker, name, strlen(name));
  if (shape->type == CSPAN_SHAPE_BLOB || shape->type == CSPAN_SHAPE_STRING) {
    return put_bytes(response, shape, maker, error);
  }
  cspan_status status = cspan_json_read_shape(model, shape, response->body, response->body_size,
                                              false, maker->arena, &value, error);
  if (status == CSPAN_OK) {
    cspan_maker_put(maker, value);
  }
  return status;
}

static cspan_status put_members(const cspan_protocol_response *response, const cspan_shape *shape,
                                cspan_maker *maker, cspan_error **error) {
  cspan_value value;
  if (!has_body_members(response->model, shape)) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_json_read_shape(response->model, shape, response->body, response->body_size, true,
                            maker->arena, &value, error);
  for (size_t i = 0; status == CSPAN_OK && i < cspan_value_count(&value); i++) {
    const cspan_member *field = &value.as.members[i];
    cspan_maker_fixed_name(maker, field->name, field->name_size_bytes);
    cspan_maker_put(maker, field->value);
  }
  return status;
}

static cspan_status put_body(const cspan_protocol_response *response, const cspan_shape *shape,
                             cspan_maker *maker, cspan_error **error) {
  const cspan_member_model *payload = cspan_shape_payload(response->model, shape);
  if (response->body == NULL) {
    return CSPAN_OK;
  }
  return payload != NULL ? put_payload(response, payload, maker, error)
                         : put_members(response, shape, maker, error);
}

static cspan_status parse(const cspan_protocol_response *response, cspan_arena *arena,
                          cspan_value *out, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(response->model, response->operation->output);
  cspan_maker maker;
  *out = cspan_map(NULL, 0);
  if (shape == NULL) {
    return CSPAN_OK;
  }
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  cspan_status status = cspan_rest_read(response, shape, &maker, error);
  if (status == CSPAN_OK) {
    status = put_body(response, shape, &maker, error);
  }
  if (status == CSPAN_OK) {
    cspan_maker_end(&maker);
    status = cspan_maker_finish(&maker, out);
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the response could not be read");
    }
  }
  cspan_maker_free(&maker);
  return status;
}

static cspan_status parse_error(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  return cspan_json_failure(response, CSPAN_FAILURE_REST_JSON, arena, out, error);
}

const cspan_protocol cspan_protocol_rest_json = {
    .name = "rest-json",
    .serialize = serialize,
    .parse = parse,
    .parse_error = parse_error,
    .write_payload = cspan_json_write_payload,
    .read_payload = cspan_json_read_payload,
    .payload_type = "application/json",
};
