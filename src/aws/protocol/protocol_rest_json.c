/* SPDX-License-Identifier: Apache-2.0 */
/* restJson1: HTTP bindings, and JSON for what is in the body. Source: Smithy, "AWS restJson1
 * protocol". */
#include "aws/protocol/body_json.h"
#include "aws/protocol/failure.h"
#include "aws/protocol/rest.h"
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

static cspan_status put_payload(const cspan_protocol_response *response,
                                const cspan_member_model *payload, cspan_maker *maker,
                                cspan_error **error) {
  const cspan_service_model *model = response->model;
  const cspan_shape *shape = cspan_member_shape(model, payload);
  const char *name = cspan_model_text(model, payload->name);
  cspan_value value;
  if (shape->type == CSPAN_SHAPE_BLOB || shape->type == CSPAN_SHAPE_STRING) {
    return cspan_rest_read_bytes(response, payload, maker, error);
  }
  if (response->body_size == 0 || (shape->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
    return CSPAN_OK;
  }
  cspan_maker_fixed_name(maker, name, strlen(name));
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
  return payload != NULL ? put_payload(response, payload, maker, error)
                         : put_members(response, shape, maker, error);
}

static cspan_status parse(const cspan_protocol_response *response, cspan_arena *arena,
                          cspan_value *out, cspan_error **error) {
  return cspan_rest_parse(response, put_body, arena, out, error);
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
