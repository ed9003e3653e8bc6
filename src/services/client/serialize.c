/* SPDX-License-Identifier: Apache-2.0 */
/* The "OperationSerializer" of calls by a model: the protocol's request becomes
 * the call's. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "aws/config.h"
#include "aws/protocol/shape.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

static const cspan_value empty_map = {.kind = CSPAN_VALUE_MAP};

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not made");
}

const cspan_member_model *cspan_client_byte_payload(const cspan_service_model *model,
                                                    cspan_table_ref shape) {
  const cspan_shape *structure = cspan_model_shape(model, shape);
  const cspan_member_model *payload =
      structure != NULL ? cspan_shape_payload(model, structure) : NULL;
  if (payload == NULL) {
    return NULL;
  }
  const cspan_shape *target = cspan_member_shape(model, payload);
  return (payload->flags & CSPAN_MEMBER_STREAMING) != 0 || target->type == CSPAN_SHAPE_BLOB
             ? payload
             : NULL;
}

static cspan_status take_headers(struct cspan_call *call, const cspan_protocol_request *request) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < request->headers.count && status == CSPAN_OK; i++) {
    const cspan_http_header *header = &request->headers.items[i];
    status = cspan_call_put_request_header(call, header->name, header->value);
  }
  return status;
}

static cspan_status given_twice(const cspan_invocation *invocation,
                                const cspan_member_model *member, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "%s: it is in the input, and given as a body of its own: one must go",
                         cspan_model_text(invocation->client->model, member->name));
}

/* A streamed payload: what the caller gave apart, or the blob or text of the
 * input. */
static cspan_status take_stream(struct cspan_call *call, const cspan_invocation *invocation,
                                const cspan_protocol_request *request, cspan_error **error) {
  if (invocation->request.body != NULL && cspan_protocol_is_given(request->stream)) {
    return given_twice(invocation, request->stream_member, error);
  }
  if (invocation->request.body != NULL) {
    return cspan_call_set_body(call, invocation->request.body, error);
  }
  size_t size = 0;
  const void *data = cspan_value_bytes(request->stream, &size);
  cspan_body body = {.data = data, .size_bytes = (int64_t)size};
  return data != NULL ? cspan_call_set_body(call, &body, error) : CSPAN_OK;
}

/* A blob that the model does not call a stream, but the caller gives as one. */
static cspan_status take_blob(struct cspan_call *call, const cspan_invocation *invocation,
                              const cspan_protocol_request *request, cspan_error **error) {
  const cspan_member_model *blob =
      cspan_client_byte_payload(invocation->client->model, invocation->model->input);
  if (blob == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s has no streamed member: its body comes from the input alone",
                           invocation->operation.name);
  }
  if (request->has_body) {
    return given_twice(invocation, blob, error);
  }
  if (cspan_header_list_get(&request->headers, "Content-Type") == NULL &&
      cspan_call_put_request_header(call, "Content-Type", "application/octet-stream") != CSPAN_OK) {
    return nomem(error);
  }
  return cspan_call_set_body(call, invocation->request.body, error);
}

static cspan_status take_body(struct cspan_call *call, const cspan_invocation *invocation,
                              cspan_protocol_request *request, cspan_error **error) {
  if ((invocation->model->flags & CSPAN_OPERATION_REQUEST_EVENTS) != 0) {
    return cspan_client_events_send(call, invocation, request, error);
  }
  if (request->stream_member != NULL) {
    return take_stream(call, invocation, request, error);
  }
  if (invocation->request.body != NULL) {
    return take_blob(call, invocation, request, error);
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
  if (invocation->is_presigned) {
    return CSPAN_OK; /* whoever uses the URL decides */
  }
  if (operation->validation_member != 0) {
    cspan_call_set_verify_checksum(call, true);
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

/* A payload of bytes that neither the input nor the caller has. Who uses a presigned URL brings
 * it. */
static cspan_status check_payload(const cspan_invocation *invocation, cspan_error **error) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_member_model *payload = cspan_client_byte_payload(model, invocation->model->input);
  if (payload == NULL || (payload->flags & CSPAN_MEMBER_REQUIRED) == 0 ||
      invocation->request.body != NULL || invocation->is_presigned ||
      cspan_member_value(model, payload, invocation->request.input) != NULL) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: is required, but not given",
                         cspan_model_text(model, payload->name));
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
  status = check_payload(invocation, error);
  return status == CSPAN_OK ? take_body(call, invocation, request, error) : status;
}

static cspan_status set_sink(struct cspan_call *call, const cspan_invocation *invocation,
                             cspan_error **error) {
  const cspan_sink *sink = invocation->request.sink;
  if (sink != NULL &&
      cspan_client_byte_payload(invocation->client->model, invocation->model->output) == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the output of %s has no streamed member that a sink could take",
                           invocation->operation.name);
  }
  if (sink == NULL) {
    return cspan_client_events_attach(call, invocation, error);
  }
  return cspan_call_set_sink(call, sink);
}

/* What a hook for itself has not told. */
static cspan_status told(cspan_status status, const cspan_invocation *invocation,
                         cspan_error **error) {
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the request of %s could not be written (%s)",
                               invocation->operation.name, cspan_status_name(status));
}

/* The input as it is to be sent: what the table of hooks makes of the caller's. */
static cspan_status prepare_input(cspan_custom *custom, cspan_error **error) {
  cspan_invocation *invocation = custom->invocation;
  cspan_status status = cspan_custom_run(CSPAN_CUSTOM_INPUT, custom, error);
  if (status == CSPAN_OK) {
    cspan_value *input = cspan_arena_alloc(custom->arena, sizeof *input);
    if (input == NULL) {
      return nomem(error);
    }
    *input = custom->value;
    invocation->request.input = input;
    status = cspan_client_discover(custom->call, invocation, error);
  }
  return told(status, invocation, error);
}

/* What is done with a request that the protocol has written. */
static cspan_status finish_request(cspan_custom *custom, cspan_error **error) {
  const cspan_invocation *invocation = custom->invocation;
  const cspan_client *client = invocation->client;
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  bool has_form =
      client->protocol == &cspan_protocol_query || client->protocol == &cspan_protocol_ec2;
  cspan_status status = cspan_custom_run(CSPAN_CUSTOM_REQUEST, custom, error);
  if (status == CSPAN_OK && invocation->is_presigned && has_form) {
    status = cspan_custom_presign_form(custom, error);
  }
  if (status == CSPAN_OK && !cspan_aws_config_flag(config, CSPAN_SETTING_DISABLE_COMPRESSION)) {
    int64_t least = cspan_aws_config_number(config, CSPAN_SETTING_MIN_COMPRESSION_SIZE);
    status = cspan_protocol_compress(invocation->model, (size_t)least, custom->request, error);
  }
  return told(status, invocation, error);
}

static cspan_status write_request(struct cspan_call *call, cspan_custom *custom,
                                  cspan_error **error) {
  const cspan_invocation *invocation = custom->invocation;
  const cspan_client *client = invocation->client;
  cspan_protocol_request request;
  cspan_status status = cspan_protocol_request_init(&request, custom->arena);
  custom->request = &request;
  if (status == CSPAN_OK) {
    cspan_protocol_input what = {.model = client->model,
                                 .operation = invocation->model,
                                 .value = &custom->value,
                                 .token = invocation->token};
    status = client->protocol->serialize(&what, &request, error);
  }
  if (status == CSPAN_OK) {
    status = finish_request(custom, error);
  }
  if (status == CSPAN_OK) {
    status = fill(call, invocation, &request, error);
  }
  if (status == CSPAN_OK) {
    status = told(cspan_custom_run(CSPAN_CUSTOM_BODY, custom, error), invocation, error);
  }
  cspan_protocol_request_free(&request);
  custom->request = NULL;
  return status;
}

cspan_status cspan_client_serialize(struct cspan_call *call, const void *data,
                                    cspan_error **error) {
  /* The caller's memory, handed down as the const input of a call. */
  cspan_invocation *invocation = (cspan_invocation *)(uintptr_t)data;
  const cspan_client *client = invocation->client;
  const cspan_value *given = invocation->request.input;
  cspan_custom custom = {.call = call,
                         .invocation = invocation,
                         .arena = cspan_call_scratch(call),
                         .value = cspan_value_is_null(given) ? empty_map : *given};
  cspan_status status = cspan_protocol_check_root(client->model, invocation->model, given, error);
  if (status == CSPAN_OK) {
    status = set_sink(call, invocation, error);
  }
  if (status == CSPAN_OK) {
    status = prepare_input(&custom, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_protocol_check(client->model, invocation->model, &custom.value, error);
  }
  if (status == CSPAN_OK) {
    status = write_request(call, &custom, error);
  }
  if (status == CSPAN_OK && set_checksum(call, invocation, &custom.value) != CSPAN_OK) {
    status = nomem(error);
  }
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
