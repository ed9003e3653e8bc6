/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/model/build.h"

/* Static parameters are texts, truth values or lists of texts; lists are kept as JSON. */
static const char *parameter_text(cspan_builder *build, json_t *value) {
  if (json_is_string(value)) {
    return json_string_value(value);
  }
  if (json_is_boolean(value)) {
    return json_is_true(value) ? "true" : "false";
  }
  if (!json_is_array(value)) {
    cspan_build_fail(build, "an endpoint parameter is neither a text nor true, false or a list");
    return NULL;
  }
  return cspan_build_json(build, value);
}

/* {"Name": {"value": ...}} */
static cspan_table_range build_params(cspan_builder *build, json_t *from, const char *key,
                                      const char *field) {
  json_t *params = cspan_build_object(build, from, key);
  uint16_t first = cspan_build_next(build, CSPAN_PART_PAIRS);
  const char *name = NULL;
  json_t *param = NULL;
  json_object_foreach(params, name, param) {
    cspan_build_pair(build, name, parameter_text(build, json_object_get(param, field)));
  }
  return cspan_build_range(build, CSPAN_PART_PAIRS, first);
}

/* The index of a shape that must be a structure. */
static uint16_t structure_ref(cspan_builder *build, json_t *from, json_t **shape) {
  uint16_t index = cspan_build_shape_ref(build, from, shape);
  const char *type = cspan_build_string(build, *shape, "type");
  if (type && (strcmp(type, "structure") != 0 || cspan_build_flag(build, *shape, "document"))) {
    cspan_build_fail(build, "its shape '%s' is not a structure",
                     cspan_build_string(build, from, "shape"));
  }
  return index;
}

static cspan_table_range build_errors(cspan_builder *build, json_t *from) {
  json_t *errors = cspan_build_list(build, from, "errors");
  uint16_t first = cspan_build_next(build, CSPAN_PART_REFS);
  size_t i = 0;
  json_t *error = NULL;
  json_t *shape = NULL;
  json_array_foreach(errors, i, error) {
    cspan_build_ref(build, structure_ref(build, error, &shape));
  }
  return cspan_build_range(build, CSPAN_PART_REFS, first);
}

/* Whether a member of the shape says so, or the member's own shape. */
static bool member_has(cspan_builder *build, json_t *member, const char *trait) {
  json_t *shape = NULL;
  (void)cspan_build_shape_ref(build, member, &shape);
  return cspan_build_flag(build, member, trait) || cspan_build_flag(build, shape, trait);
}

/* An event stream need not be the payload: with JSON it is a member like others. */
static unsigned stream_flags(cspan_builder *build, json_t *shape, unsigned bytes, unsigned events) {
  json_t *members = cspan_build_object(build, shape, "members");
  const char *payload = cspan_build_string(build, shape, "payload");
  const char *name = NULL;
  json_t *member = NULL;
  unsigned flags = 0;
  json_object_foreach(members, name, member) {
    if (member_has(build, member, "eventstream")) {
      flags |= events;
    } else if (payload && strcmp(payload, name) == 0 && member_has(build, member, "streaming")) {
      flags |= bytes;
    }
  }
  return flags;
}

static void build_input(cspan_builder *build, json_t *from, cspan_operation_model *operation) {
  json_t *input = cspan_build_object(build, from, "input");
  json_t *shape = NULL;
  const char *prefix = NULL;
  if (!input) {
    return;
  }
  operation->input = (cspan_table_ref)(structure_ref(build, input, &shape) + 1u);
  operation->input_location_name = cspan_build_text_of(build, input, "locationName");
  const char *uri = cspan_build_namespace(build, input, &prefix);
  operation->input_xml_uri = cspan_build_near(build, uri);
  operation->input_xml_prefix = cspan_build_near(build, prefix);
  operation->flags |=
      stream_flags(build, shape, CSPAN_OPERATION_REQUEST_STREAMS, CSPAN_OPERATION_REQUEST_EVENTS);
}

static void build_output(cspan_builder *build, json_t *from, cspan_operation_model *operation) {
  json_t *output = cspan_build_object(build, from, "output");
  json_t *shape = NULL;
  if (!output) {
    return;
  }
  operation->output = (cspan_table_ref)(structure_ref(build, output, &shape) + 1u);
  operation->result_wrapper = cspan_build_text_of(build, output, "resultWrapper");
  operation->flags |=
      stream_flags(build, shape, CSPAN_OPERATION_RESPONSE_STREAMS, CSPAN_OPERATION_RESPONSE_EVENTS);
  if (cspan_build_flag(build, output, "wrapper")) {
    operation->flags |= CSPAN_OPERATION_OUTPUT_WRAPPED;
  }
}

static bool lists(json_t *list, const char *text) {
  size_t i = 0;
  json_t *item = NULL;
  json_array_foreach(list, i, item) {
    if (json_is_string(item) && strcmp(json_string_value(item), text) == 0) {
      return true;
    }
  }
  return false;
}

/* "authtype" is the older way to say what "auth" says. */
static void build_auth(cspan_builder *build, json_t *from, cspan_operation_model *operation) {
  const char *type = cspan_build_string(build, from, "authtype");
  operation->auth = cspan_build_texts_of(build, from, "auth");
  if (type && strcmp(type, "none") == 0) {
    operation->flags |= CSPAN_OPERATION_NO_AUTH;
  } else if (type && strcmp(type, "v4-unsigned-body") == 0) {
    operation->flags |= CSPAN_OPERATION_UNSIGNED_PAYLOAD;
  } else if (type && strcmp(type, "bearer") == 0 && operation->auth.count == 0) {
    operation->auth.first = cspan_build_next(build, CSPAN_PART_REFS);
    operation->auth.count = 1;
    cspan_build_ref(build, cspan_build_text(build, "smithy.api#httpBearerAuth"));
  }
  json_t *auth = json_object_get(from, "auth");
  if (json_array_size(auth) == 1 && lists(auth, "smithy.api#noAuth")) {
    operation->flags |= CSPAN_OPERATION_NO_AUTH;
  }
  if (cspan_build_flag(build, from, "unsignedPayload")) {
    operation->flags |= CSPAN_OPERATION_UNSIGNED_PAYLOAD;
  }
}

static void build_traits(cspan_builder *build, json_t *from, cspan_operation_model *operation) {
  json_t *checksum = cspan_build_object(build, from, "httpChecksum");
  json_t *compression = cspan_build_object(build, from, "requestcompression");
  json_t *discovery = cspan_build_object(build, from, "endpointdiscovery");
  unsigned flags = 0;
  operation->checksum_member = cspan_build_near_of(build, checksum, "requestAlgorithmMember");
  operation->validation_member =
      cspan_build_near_of(build, checksum, "requestValidationModeMember");
  operation->checksum_algorithms = cspan_build_texts_of(build, checksum, "responseAlgorithms");
  if (cspan_build_flag(build, from, "httpChecksumRequired") ||
      cspan_build_flag(build, checksum, "requestChecksumRequired")) {
    flags |= CSPAN_OPERATION_CHECKSUM_REQUIRED;
  }
  if (lists(cspan_build_list(build, compression, "encodings"), "gzip")) {
    flags |= CSPAN_OPERATION_COMPRESSES;
  }
  flags |= discovery ? CSPAN_OPERATION_ENDPOINT_DISCOVERY : 0;
  if (cspan_build_flag(build, discovery, "required")) {
    flags |= CSPAN_OPERATION_DISCOVERY_REQUIRED;
  }
  flags |= cspan_build_flag(build, from, "deprecated") ? CSPAN_OPERATION_DEPRECATED : 0;
  flags |= cspan_build_flag(build, from, "idempotent") ? CSPAN_OPERATION_IDEMPOTENT : 0;
  operation->flags |= flags;
}

static void build_operation(cspan_builder *build, json_t *from) {
  json_t *http = cspan_build_object(build, from, "http");
  json_t *endpoint = cspan_build_object(build, from, "endpoint");
  const char *method = cspan_build_string(build, http, "method");
  const char *uri = cspan_build_string(build, http, "requestUri");
  cspan_operation_model operation = {
      .name = cspan_build_text(build, build->name),
      .http_method = cspan_build_near(build, method ? method : "POST"),
      .request_uri = cspan_build_text(build, uri && uri[0] ? uri : "/"),
      .response_code = (uint16_t)cspan_build_count(build, http, "responseCode", 999),
      .host_prefix = cspan_build_near_of(build, endpoint, "hostPrefix"),
      .documentation = cspan_build_documentation(build, from),
  };
  build_input(build, from, &operation);
  build_output(build, from, &operation);
  build_auth(build, from, &operation);
  build_traits(build, from, &operation);
  operation.errors = build_errors(build, from);
  operation.static_params = build_params(build, from, "staticContextParams", "value");
  operation.operation_params = build_params(build, from, "operationContextParams", "path");
  (void)cspan_build_record(build, CSPAN_PART_OPERATIONS, &operation);
}

void cspan_build_operations(cspan_builder *build) {
  build->kind = "operation";
  for (uint32_t i = 0; i < build->operations.count && cspan_build_ok(build); i++) {
    build->name = build->operations.entries[i].data;
    json_t *operation = json_object_get(build->operation_models, build->name);
    if (!json_is_object(operation)) {
      cspan_build_fail(build, "is not an object");
      break;
    }
    build_operation(build, operation);
  }
  build->kind = NULL;
}
