/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol "rest-xml".
 *
 * Source: Smithy's specification, "AWS restXml protocol", and "Amazon S3" for what that service
 * does in its own way.
 */
#include "aws/protocol/rest.h"
#include "aws/protocol/shape.h"
#include "aws/protocol/xml.h"
#include "aws/service_error.h"
#include "base/error.h"

static const char *first_given(const cspan_service_model *model, cspan_text_ref a, cspan_text_ref b,
                               cspan_text_ref c) {
  return cspan_model_text(model, a != 0 ? a : b != 0 ? b : c);
}

/* The element of a payload. A name that only repeats the member's was not given by the service's
 * author unless a namespace stands beside it; then it is the shape's. */
static cspan_xml_root payload_root(const cspan_service_model *model,
                                   const cspan_member_model *payload) {
  const cspan_shape *shape = cspan_member_shape(model, payload);
  const char *own = cspan_member_wire_name(model, payload);
  bool has_namespace = payload->xml_uri != 0 && payload->xml_uri != shape->xml_uri;
  bool is_named = has_namespace || strcmp(own, cspan_model_text(model, payload->name)) != 0;
  return (cspan_xml_root){
      .name = is_named ? own : first_given(model, shape->location_name, shape->name, 0),
      .prefix = cspan_model_text(model, payload->xml_prefix),
      .uri = cspan_model_text(model, payload->xml_uri)};
}

static cspan_xml_root input_root(const cspan_protocol_input *input, const cspan_shape *shape) {
  const cspan_service_model *model = input->model;
  const cspan_operation_model *operation = input->operation;
  bool is_own = operation->input_xml_uri != 0;
  return (cspan_xml_root){
      .name = first_given(model, shape->location_name, operation->input_location_name, shape->name),
      .prefix = cspan_model_text(model, is_own ? operation->input_xml_prefix : shape->xml_prefix),
      .uri = cspan_model_text(model, is_own ? operation->input_xml_uri : shape->xml_uri)};
}

/* Whether anything of the input goes into the body. */
static bool has_members(const cspan_service_model *model, const cspan_rest_body *body) {
  const cspan_member_model *members = cspan_shape_members(model, body->shape);
  for (uint32_t i = 0; i < body->shape->members.count; i++) {
    if (members[i].location == CSPAN_LOCATION_BODY &&
        cspan_member_value(model, &members[i], body->value) != NULL) {
      return true;
    }
  }
  return false;
}

static cspan_status serialize(const cspan_protocol_input *input, cspan_protocol_request *out,
                              cspan_error **error) {
  cspan_rest_body body = {NULL, NULL, NULL};
  cspan_status status = cspan_rest_bind(input, out, &body, error);
  bool is_empty = status != CSPAN_OK || body.shape == NULL ||
                  body.shape->type != CSPAN_SHAPE_STRUCTURE ||
                  (body.payload == NULL ? !has_members(input->model, &body) : body.value == NULL);
  if (is_empty) {
    return status;
  }
  cspan_xml_root root = body.payload != NULL ? payload_root(input->model, body.payload)
                                             : input_root(input, body.shape);
  out->has_body = true;
  if (cspan_header_list_get(&out->headers, "Content-Type") == NULL &&
      cspan_header_list_put(&out->headers, out->arena, "Content-Type", "application/xml") !=
          CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "the request cannot be built: out of memory");
  }
  return cspan_xml_write(input->model, body.shape, body.value, &root, &out->body, error);
}

/* ---------------------------------------------------------------------- responses */

static cspan_status parse_body(const cspan_protocol_response *response, cspan_arena *arena,
                               cspan_xml_node **root, cspan_error **error) {
  *root = NULL;
  if (response->body_size == 0) {
    return CSPAN_OK;
  }
  return cspan_xml_parse(response->body, response->body_size, arena, root, error);
}

/* S3's GetBucketLocation: the root is the only member itself, not the structure around it. */
static bool is_unwrapped(const cspan_service_model *model, const cspan_shape *shape,
                         const cspan_xml_node *root) {
  const cspan_member_model *member = cspan_shape_members(model, shape);
  return shape->members.count == 1 && member->location == CSPAN_LOCATION_BODY &&
         root->first_child == NULL &&
         cspan_member_shape(model, member)->type == CSPAN_SHAPE_STRING &&
         strcmp(cspan_member_wire_name(model, member), root->name) == 0;
}

static cspan_status read_output(const cspan_protocol_response *response, const cspan_shape *shape,
                                cspan_maker *maker, cspan_error **error) {
  cspan_xml_node *root = NULL;
  cspan_xml_node around = {.name = "", .text = ""};
  cspan_status status = parse_body(response, maker->arena, &root, error);
  if (status != CSPAN_OK || root == NULL) {
    return status;
  }
  if (is_unwrapped(response->model, shape, root)) {
    around.first_child = root;
    root = &around;
  }
  return cspan_xml_read(response->model, shape, root, CSPAN_XML_BOUND, NULL, maker, error);
}

/* The member that is the body; without a body it is left out. */
static cspan_status read_payload(const cspan_protocol_response *response,
                                 const cspan_member_model *payload, cspan_maker *maker,
                                 cspan_error **error) {
  const cspan_shape *shape = cspan_member_shape(response->model, payload);
  cspan_xml_node *root = NULL;
  if ((shape->flags & CSPAN_SHAPE_EVENT_STREAM) != 0) {
    return CSPAN_OK;
  }
  if (shape->type != CSPAN_SHAPE_STRUCTURE) {
    return cspan_rest_read_bytes(response, payload, maker, error);
  }
  cspan_status status = parse_body(response, maker->arena, &root, error);
  if (status == CSPAN_OK && root != NULL) {
    const char *name = cspan_model_text(response->model, payload->name);
    cspan_maker_fixed_name(maker, name, strlen(name));
    cspan_maker_begin(maker, CSPAN_VALUE_MAP);
    status = cspan_xml_read(response->model, shape, root, CSPAN_XML_BOUND, NULL, maker, error);
    cspan_maker_end(maker);
  }
  return status;
}

static cspan_status read_body(const cspan_protocol_response *response, const cspan_shape *shape,
                              cspan_maker *maker, cspan_error **error) {
  const cspan_member_model *payload = cspan_shape_payload(response->model, shape);
  return payload != NULL ? read_payload(response, payload, maker, error)
                         : read_output(response, shape, maker, error);
}

static cspan_status parse(const cspan_protocol_response *response, cspan_arena *arena,
                          cspan_value *out, cspan_error **error) {
  return cspan_rest_parse(response, read_body, arena, out, error);
}

/* Answers to HEAD have no body: their code comes from the status. */
static cspan_status parse_error(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  cspan_status status = cspan_xml_failure(response, CSPAN_XML_BOUND, arena, out, error);
  if (status == CSPAN_OK && out->code == NULL) {
    out->code = cspan_http_error_code(response->status);
  }
  return status;
}

const cspan_protocol cspan_protocol_rest_xml = {.name = "rest-xml",
                                                .serialize = serialize,
                                                .parse = parse,
                                                .parse_error = parse_error,
                                                .write_payload = cspan_xml_write_payload,
                                                .read_payload = cspan_xml_read_payload,
                                                .payload_type = "application/xml"};
