/* SPDX-License-Identifier: Apache-2.0 */
/* The "OperationSerializer" of calls by a model: the protocol's request becomes
 * the call's. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "services/client/client.h"

static const cspan_value empty_map = {.kind = CSPAN_VALUE_MAP};

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not made");
}

static cspan_status take_headers(struct cspan_call *call, const cspan_protocol_request *request) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < request->headers.count && status == CSPAN_OK; i++) {
    const cspan_http_header *header = &request->headers.items[i];
    status = cspan_call_put_request_header(call, header->name, header->value);
  }
  return status;
}

/* A streamed payload: what the caller gave apart, or the blob or text of the
 * input. */
static cspan_status take_stream(struct cspan_call *call, const cspan_invocation *invocation,
                                const cspan_protocol_request *request, cspan_error **error) {
  if (invocation->request.body != NULL) {
    return cspan_call_set_body(call, invocation->request.body, error);
  }
  size_t size = 0;
  const void *data = cspan_value_bytes(request->stream, &size);
  cspan_body body = {.data = data, .size_bytes = (int64_t)size};
  return data != NULL ? cspan_call_set_body(call, &body, error) : CSPAN_OK;
}

static cspan_status take_body(struct cspan_call *call, const cspan_invocation *invocation,
                              cspan_protocol_request *request, cspan_error **error) {
  if (request->stream_member != NULL) {
    return take_stream(call, invocation, request, error);
  }
  if (invocation->request.body != NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s has no streamed member: its body comes from the input alone",
                           invocation->operation.name);
  }
  return request->has_body ? cspan_call_take_body(call, &request->body) : CSPAN_OK;
}

/* A checksum of the caller's own: none is computed then. */
static bool has_own_checksum(const cspan_service_model *model, const cspan_shape *shape,
                             const cspan_value *input) {
  const cspan_member_model *members = cspan_shape_members(model, shape);
  for (uint16_t i = 0; i < shape->members.count; i++) {
    const char *name = cspan_model_text(model, members[i].location_name);
    if (members[i].location == CSPAN_LOCATION_HEADER &&
        (cspan_starts_with(name, "x-amz-checksum-") || cspan_ieq(name, "Content-MD5")) &&
        !cspan_value_is_null(cspan_value_get(input, cspan_model_text(model, members[i].name)))) {
      return true;
    }
  }
  return false;
}

/* The header of the member that would have named the algorithm names the one
 * that the call takes by default. */
static cspan_status tell_checksum(struct cspan_call *call, const cspan_invocation *invocation,
                                  const char *name, const cspan_value *input) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_shape *shape = cspan_model_shape(model, invocation->model->input);
  const cspan_member_model *member =
      shape != NULL ? cspan_shape_member(model, shape, name, strlen(name)) : NULL;
  const char *algorithm = cspan_call_default_checksum(call);
  if (algorithm == NULL || member == NULL || member->location != CSPAN_LOCATION_HEADER ||
      has_own_checksum(model, shape, input)) {
    return CSPAN_OK;
  }
  return cspan_call_put_request_header(call, cspan_model_text(model, member->location_name),
                                       algorithm);
}

/* The checksum that the model asks for, or allows. */
static cspan_status set_checksum(struct cspan_call *call, const cspan_invocation *invocation,
                                 const cspan_value *input) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_operation_model *operation = invocation->model;
  if (operation->validation_member != 0) {
    const char *name = cspan_model_text(model, operation->validation_member);
    cspan_call_set_verify_checksum(call, !cspan_value_is_null(cspan_value_get(input, name)) ||
                                             invocation->client->service.sign_content_sha256);
  }
  if (operation->checksum_member == 0) {
    return CSPAN_OK;
  }
  const char *name = cspan_model_text(model, operation->checksum_member);
  const cspan_value *given = cspan_value_get(input, name);
  cspan_status status = cspan_call_set_checksum(call, cspan_value_text(given, NULL), NULL);
  return status == CSPAN_OK && cspan_value_is_null(given)
             ? tell_checksum(call, invocation, name, input)
             : status;
}

/* "/bucket/key" to "/key", where the endpoint has the bucket. */
static const char *path_of(const cspan_invocation *invocation, cspan_protocol_request *request) {
  const cspan_client *client = invocation->client;
  const char *path = cspan_buf_text(&request->path);
  const char *uri = cspan_model_text(client->model, invocation->model->request_uri);
  if (!client->strips_bucket || !cspan_starts_with(uri, "/{Bucket}") || path[0] != '/') {
    return path;
  }
  const char *rest = strchr(path + 1, '/');
  return rest != NULL ? rest : "/";
}

static cspan_status fill(struct cspan_call *call, const cspan_invocation *invocation,
                         cspan_protocol_request *request, cspan_error **error) {
  if (cspan_buf_status(&request->path) != CSPAN_OK ||
      cspan_buf_status(&request->query) != CSPAN_OK ||
      cspan_buf_status(&request->body) != CSPAN_OK ||
      cspan_call_set_method(call, request->method) != CSPAN_OK ||
      cspan_call_add_encoded_query(call, cspan_buf_text(&request->query)) != CSPAN_OK ||
      cspan_call_set_host_prefix(call, cspan_buf_text(&request->host_prefix)) != CSPAN_OK ||
      take_headers(call, request) != CSPAN_OK) {
    return nomem(error);
  }
  cspan_status status = cspan_call_set_path(call, path_of(invocation, request));
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the path of the request could not be written");
  }
  return take_body(call, invocation, request, error);
}

static cspan_status set_sink(struct cspan_call *call, const cspan_invocation *invocation,
                             cspan_error **error) {
  const cspan_sink *sink = invocation->request.sink;
  if (sink != NULL && (invocation->model->flags & CSPAN_OPERATION_RESPONSE_STREAMS) == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the output of %s has no streamed member that a sink could take",
                           invocation->operation.name);
  }
  return cspan_call_set_sink(call, sink);
}

cspan_status cspan_client_serialize(struct cspan_call *call, const void *data,
                                    cspan_error **error) {
  const cspan_invocation *invocation = data;
  const cspan_client *client = invocation->client;
  const cspan_value *input = invocation->request.input;
  input = cspan_value_is_null(input) ? &empty_map : input;
  cspan_status status = set_sink(call, invocation, error);
  if (status == CSPAN_OK) {
    status = cspan_protocol_check(client->model, invocation->model, input, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_protocol_request request;
  status = cspan_protocol_request_init(&request, cspan_call_scratch(call));
  if (status == CSPAN_OK) {
    cspan_protocol_input what = {.model = client->model,
                                 .operation = invocation->model,
                                 .value = input,
                                 .token = invocation->token};
    status = client->protocol->serialize(&what, &request, error);
  }
  if (status == CSPAN_OK) {
    status = fill(call, invocation, &request, error);
  }
  if (status == CSPAN_OK && set_checksum(call, invocation, input) != CSPAN_OK) {
    status = nomem(error);
  }
  cspan_protocol_request_free(&request);
  return status;
}

/* An input member as middlewares see it. */
size_t cspan_client_param(const void *data, const char *member, char *text, size_t capacity) {
  const cspan_invocation *invocation = data;
  const cspan_value *value = cspan_value_get(invocation->request.input, member);
  char number[32];
  const char *from = number;
  size_t len = 0;
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_NUMBER:
    from = cspan_value_text(value, &len);
    break;
  case CSPAN_VALUE_INT:
    len = (size_t)snprintf(number, sizeof number, "%lld", (long long)value->as.integer);
    break;
  case CSPAN_VALUE_BOOL:
    from = value->as.boolean ? "true" : "false";
    len = strlen(from);
    break;
  default:
    return 0;
  }
  if (capacity > 0) {
    size_t some = len < capacity ? len : capacity - 1;
    memcpy(text, from, some);
    text[some] = '\0';
  }
  return len;
}
