/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures of the XML protocols. Services write them in these forms, told apart by what is there:
 *   <ErrorResponse><Error>...</Error><RequestId/></ErrorResponse>   query, rest-xml
 *   <Response><Errors><Error>...</Error></Errors><RequestID/></Response>   ec2
 *   <Error>...<RequestId/></Error>   S3
 */
#include "aws/protocol/shape.h"
#include "aws/protocol/xml.h"
#include "aws/service_error.h"
#include "base/error.h"

/* Where the members of the exception are; NULL: the document is no failure. */
static const cspan_xml_node *error_element(const cspan_xml_node *root) {
  if (root == NULL || strcmp(root->name, "Error") == 0) {
    return root;
  }
  const cspan_xml_node *errors = cspan_xml_child(root, "Errors");
  return cspan_xml_child(errors != NULL ? errors : root, "Error");
}

/* The text of the first of those children that is there. */
static const char *first_text(const cspan_xml_node *node, const char *const *names) {
  const char *text = NULL;
  for (size_t i = 0; names[i] != NULL && text == NULL; i++) {
    text = cspan_xml_text(node, names[i]);
  }
  return text;
}

static const char *request_id(const cspan_protocol_response *response, const cspan_xml_node *root,
                              const cspan_xml_node *failure) {
  static const char *const names[] = {"RequestId", "RequestID", "requestId", NULL};
  static const char *const headers[] = {"x-amzn-RequestId", "x-amz-request-id", NULL};
  const char *id = first_text(root, names);
  id = id != NULL ? id : first_text(failure, names);
  id = id != NULL ? id : first_text(cspan_xml_child(root, "ResponseMetadata"), names);
  for (size_t i = 0; id == NULL && response->headers != NULL && headers[i] != NULL; i++) {
    id = cspan_header_block_get(response->headers, headers[i]);
  }
  return id;
}

/* Cleaned; *out is NULL where there is nothing. False: out of memory. */
static bool copy_text(cspan_arena *arena, const char *text, const char **out) {
  *out = cspan_service_text(arena, text);
  return *out != NULL || cspan_str_trim(cspan_str_of(text)).len == 0;
}

static cspan_status read_fields(const cspan_protocol_response *response, const cspan_xml_node *node,
                                cspan_xml_bindings bindings, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error) {
  cspan_maker maker;
  cspan_status status = CSPAN_OK;
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  if (bindings == CSPAN_XML_BOUND) {
    status = cspan_rest_read(response, out->shape, &maker, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_xml_read(response->model, out->shape, node, bindings,
                       cspan_protocol_message_member(response->model, out->shape), &maker, error);
  }
  return cspan_xml_finish(&maker, status, &out->fields, error);
}

cspan_status cspan_xml_failure(const cspan_protocol_response *response, cspan_xml_bindings bindings,
                               cspan_arena *arena, cspan_protocol_failure *out,
                               cspan_error **error) {
  static const char *const messages[] = {"Message", "message", NULL};
  cspan_error *unreadable = NULL;
  cspan_xml_node *root = NULL;
  memset(out, 0, sizeof *out);
  out->fields = cspan_map(NULL, 0);
  if (response->body != NULL && response->body_size > 0 &&
      cspan_xml_parse(response->body, response->body_size, arena, &root, &unreadable) ==
          CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, unreadable);
  }
  cspan_error_free(unreadable);
  const cspan_xml_node *failure = error_element(root);
  if (!copy_text(arena, cspan_xml_text(failure, "Code"), &out->code) ||
      !copy_text(arena, first_text(failure, messages), &out->message) ||
      !copy_text(arena, request_id(response, root, failure), &out->request_id)) {
    return cspan_value_fault(cspan_arena_refusal(arena), error);
  }
  if (out->code != NULL) {
    out->shape = cspan_protocol_exception(response->model, response->operation, out->code);
  }
  if (out->shape == NULL) {
    return CSPAN_OK;
  }
  cspan_status status = read_fields(response, failure, bindings, arena, out, &unreadable);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, unreadable);
  }
  cspan_error_free(unreadable);
  return CSPAN_OK;
}
