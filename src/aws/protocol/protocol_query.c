/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocols "query" and "ec2": forms to the service, XML back.
 *
 * Source: Smithy's specification, "AWS query protocol" and "AWS EC2 query protocol".
 */
#include "aws/protocol/form.h"
#include "aws/protocol/xml.h"
#include "base/error.h"

static cspan_status serialize(const cspan_protocol_input *input, cspan_form_flavor flavor,
                              cspan_protocol_request *out, cspan_error **error) {
  const char *method = cspan_model_text(input->model, input->operation->http_method);
  const cspan_value *value = NULL;
  out->method = method[0] != '\0' ? method : "POST";
  out->has_body = true;
  cspan_status status = cspan_protocol_fill_tokens(input, out->arena, &value);
  if (status == CSPAN_OK) {
    status = cspan_buf_char(&out->path, '/');
  }
  if (status == CSPAN_OK) {
    status = cspan_header_list_put(&out->headers, out->arena, "Content-Type",
                                   "application/x-www-form-urlencoded");
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request cannot be built: out of memory");
  }
  status = cspan_form_write(input->model, input->operation, value, flavor, &out->body, error);
  return status == CSPAN_OK ? cspan_protocol_host_prefix(input, &out->host_prefix, error) : status;
}

static cspan_status serialize_query(const cspan_protocol_input *input, cspan_protocol_request *out,
                                    cspan_error **error) {
  return serialize(input, CSPAN_FORM_QUERY, out, error);
}

static cspan_status serialize_ec2(const cspan_protocol_input *input, cspan_protocol_request *out,
                                  cspan_error **error) {
  return serialize(input, CSPAN_FORM_EC2, out, error);
}

/* The element of the output: "GetUserResult" in "GetUserResponse". Where a model does not name it,
 * it is named after the operation; the root itself where there is none. */
static const cspan_xml_node *find_result(const cspan_protocol_response *response,
                                         const cspan_xml_node *root) {
  static const char suffix[] = "Result";
  const char *given = cspan_model_text(response->model, response->operation->result_wrapper);
  const cspan_xml_node *found = given[0] != '\0' ? cspan_xml_child(root, given) : NULL;
  const char *name = cspan_model_text(response->model, response->operation->name);
  size_t len = strlen(name);
  for (const cspan_xml_node *child = root->first_child; found == NULL && child != NULL;
       child = child->next_sibling) {
    if (strncmp(child->name, name, len) == 0 && strcmp(child->name + len, suffix) == 0) {
      found = child;
    }
  }
  return found != NULL ? found : root;
}

static cspan_status parse(const cspan_protocol_response *response, bool has_wrapper,
                          cspan_arena *arena, cspan_value *out, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(response->model, response->operation->output);
  cspan_xml_node *root = NULL;
  *out = cspan_map(NULL, 0);
  if (shape == NULL || response->body == NULL || response->body_size == 0) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_xml_parse(response->body, response->body_size, arena, &root, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker maker;
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  status = cspan_xml_read(response->model, shape, has_wrapper ? find_result(response, root) : root,
                          CSPAN_XML_UNBOUND, NULL, &maker, error);
  return cspan_xml_finish(&maker, status, out, error);
}

static cspan_status parse_query(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_value *out, cspan_error **error) {
  return parse(response, true, arena, out, error);
}

static cspan_status parse_ec2(const cspan_protocol_response *response, cspan_arena *arena,
                              cspan_value *out, cspan_error **error) {
  return parse(response, false, arena, out, error);
}

static cspan_status parse_error(const cspan_protocol_response *response, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  return cspan_xml_failure(response, CSPAN_XML_UNBOUND, arena, out, error);
}

const cspan_protocol cspan_protocol_query = {.name = "query",
                                             .serialize = serialize_query,
                                             .parse = parse_query,
                                             .parse_error = parse_error,
                                             .write_payload = cspan_xml_write_payload,
                                             .read_payload = cspan_xml_read_payload,
                                             .payload_type = "text/xml"};

const cspan_protocol cspan_protocol_ec2 = {.name = "ec2",
                                           .serialize = serialize_ec2,
                                           .parse = parse_ec2,
                                           .parse_error = parse_error,
                                           .write_payload = cspan_xml_write_payload,
                                           .read_payload = cspan_xml_read_payload,
                                           .payload_type = "text/xml"};
