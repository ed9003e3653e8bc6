/* SPDX-License-Identifier: Apache-2.0 */
/* The "OperationDeserializer" of calls by a model: from a response to a
 * document or a failure. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "services/client/customize.h"

enum { MISDIRECTED = 421 };

static const size_t output_max = 256U << 20;

static cspan_protocol_response response_of(const struct cspan_call *call,
                                           const cspan_invocation *invocation) {
  cspan_protocol_response response = {.model = invocation->client->model,
                                      .operation = invocation->model,
                                      .status = cspan_call_http_status(call),
                                      .headers = cspan_call_response_headers(call)};
  response.body = cspan_call_body(call, &response.body_size);
  return response;
}

/* The streamed member as a blob, behind the members of the protocol. */
static cspan_status add_body(const cspan_invocation *invocation,
                             const cspan_protocol_response *response, cspan_arena *arena,
                             cspan_value *output) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_shape *shape = cspan_model_shape(model, invocation->model->output);
  const cspan_member_model *payload = shape != NULL ? cspan_shape_payload(model, shape) : NULL;
  if (payload == NULL || response->body == NULL) {
    return CSPAN_OK;
  }
  cspan_member *members = cspan_arena_array(arena, output->size + 1, sizeof *members);
  char *copy = cspan_arena_strndup(arena, response->body, response->body_size);
  if (members == NULL || copy == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  if (output->size > 0) {
    memcpy(members, output->as.members, output->size * sizeof *members);
  }
  members[output->size] =
      cspan_field(cspan_model_text(model, payload->name), cspan_blob(copy, response->body_size));
  *output = cspan_map(members, output->size + 1);
  return CSPAN_OK;
}

static cspan_status parse(struct cspan_call *call, cspan_invocation *invocation, cspan_arena *arena,
                          cspan_value *value, cspan_error **error) {
  cspan_protocol_response response = response_of(call, invocation);
  bool streams = (invocation->model->flags & CSPAN_OPERATION_RESPONSE_STREAMS) != 0 ||
                 invocation->request.sink != NULL;
  bool has_events = (invocation->model->flags & CSPAN_OPERATION_RESPONSE_EVENTS) != 0;
  cspan_protocol_response seen = response;
  if (streams || has_events) {
    seen.body = NULL;
    seen.body_size = 0;
  }
  cspan_status status = invocation->client->protocol->parse(&seen, arena, value, error);
  if (status == CSPAN_OK && streams) {
    status = add_body(invocation, &response, arena, value);
  } else if (status == CSPAN_OK && has_events) {
    status = cspan_client_events_end(invocation->events, arena, value, error);
  }
  if (status == CSPAN_OK && invocation->client->custom.count > 0) {
    cspan_custom custom = {.call = call,
                           .invocation = invocation,
                           .arena = arena,
                           .value = *value,
                           .response = &response};
    status = cspan_custom_run(CSPAN_CUSTOM_OUTPUT, &custom, error);
    *value = custom.value;
  }
  return status;
}

/* The invocation is the caller's memory; it is handed down as the const input of a call. */
static cspan_invocation *invocation_of(const struct cspan_call *call) {
  return (cspan_invocation *)(uintptr_t)cspan_call_typed_input(call);
}

static void tell_request_id(const struct cspan_call *call, const cspan_client_request *request) {
  if (request->request_id != NULL && request->request_id_room > 0) {
    snprintf(request->request_id, request->request_id_room, "%s", cspan_call_request_id(call));
  }
}

cspan_status cspan_client_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  cspan_invocation *invocation = invocation_of(call);
  cspan_value value = {.kind = CSPAN_VALUE_MAP};
  *output = NULL;
  cspan_arena *arena = cspan_client_events_take_arena(invocation->events);
  arena = arena != NULL ? arena : cspan_arena_create(output_max);
  if (arena == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = parse(call, invocation, arena, &value, error);
  if (status != CSPAN_OK) {
    cspan_arena_free(arena);
    return cspan_error_set(error, status, "the response of %s cannot be read (%s)",
                           invocation->operation.name, cspan_status_name(status));
  }
  tell_request_id(call, &invocation->request);
  cspan_document_free(invocation->document); /* of an attempt that failed later on */
  invocation->document = cspan_document_new(arena, &value);
  return invocation->document != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

cspan_status cspan_client_read_failure(struct cspan_call *call, cspan_arena *arena,
                                       cspan_service_error *out, cspan_error **error) {
  cspan_invocation *invocation = invocation_of(call);
  cspan_protocol_response response = response_of(call, invocation);
  cspan_protocol_failure failure = {0};
  cspan_custom custom = {.call = call,
                         .invocation = invocation,
                         .arena = arena,
                         .response = &response,
                         .failure = &failure};
  cspan_status status =
      invocation->client->protocol->parse_error(&response, arena, &failure, error);
  if (status == CSPAN_OK) {
    status = cspan_custom_run(CSPAN_CUSTOM_FAILURE, &custom, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  if (response.status == MISDIRECTED) {
    cspan_client_forget_endpoint(invocation->client);
  }
  *out = (cspan_service_error){.code = cspan_service_text(arena, failure.code),
                               .message = cspan_service_text(arena, failure.message),
                               .request_id = cspan_service_text(arena, failure.request_id)};
  if (failure.shape != NULL) {
    out->throttling = (failure.shape->flags & CSPAN_SHAPE_THROTTLING) != 0;
    out->retryable = out->throttling || (failure.shape->flags & CSPAN_SHAPE_RETRYABLE) != 0;
  }
  if (failure.fields.kind == CSPAN_VALUE_MAP && failure.fields.size > 0) {
    cspan_value *fields = cspan_arena_alloc(arena, sizeof *fields);
    if (fields == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    *fields = failure.fields;
    out->fields = fields;
  }
  return CSPAN_OK;
}

/* ------------------------------------------------ as middlewares see them */

static const cspan_value *see_input(struct cspan_call *call, const void *input) {
  (void)call;
  return ((const cspan_invocation *)input)->request.input;
}

static const cspan_value *see_output(struct cspan_call *call) {
  return cspan_document_value(invocation_of(call)->document);
}

static cspan_status set_input(struct cspan_call *call, const cspan_value *input) {
  invocation_of(call)->request.input = input;
  return CSPAN_OK;
}

static cspan_status set_output(struct cspan_call *call, const cspan_value *output) {
  cspan_document *document = invocation_of(call)->document;
  if (document == NULL) {
    return CSPAN_ERR_INVALID;
  }
  cspan_document_set(document, output);
  return CSPAN_OK;
}

static cspan_arena *output_arena(struct cspan_call *call) {
  cspan_document *document = invocation_of(call)->document;
  return document != NULL ? cspan_document_arena(document) : NULL;
}

static const cspan_operation_documents documents = {.input = see_input,
                                                    .output = see_output,
                                                    .set_input = set_input,
                                                    .set_output = set_output,
                                                    .output_arena = output_arena};

void cspan_client_describe(cspan_invocation *invocation) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_operation_model *operation = invocation->model;
  unsigned flags = 0;
  if ((operation->flags & CSPAN_OPERATION_CHECKSUM_REQUIRED) != 0) {
    flags |= CSPAN_OP_CHECKSUM_REQUIRED;
  }
  const unsigned events = CSPAN_OPERATION_REQUEST_EVENTS | CSPAN_OPERATION_RESPONSE_EVENTS;
  if ((operation->flags & events) != 0 && invocation->client->service.uses_http2) {
    flags |= CSPAN_OP_HTTP2;
  }
  if (invocation->request.sink != NULL ||
      (operation->flags & (CSPAN_OPERATION_RESPONSE_STREAMS | CSPAN_OPERATION_RESPONSE_EVENTS)) !=
          0) {
    flags |= CSPAN_OP_STREAM_OUTPUT;
  } else if (strcmp(invocation->client->service.id, "S3") == 0) {
    flags |= CSPAN_OP_ERROR_IN_200;
  }
  const char *method = cspan_model_text(model, operation->http_method);
  if (strcmp(method, "HEAD") == 0) {
    flags |= CSPAN_OP_NO_BODY_IN_ERROR;
  }
  invocation->operation = (cspan_operation){.name = cspan_model_text(model, operation->name),
                                            .method = method,
                                            .flags = flags,
                                            .serialize = cspan_client_serialize,
                                            .deserialize = cspan_client_deserialize,
                                            .param = cspan_client_param,
                                            .read_failure = cspan_client_read_failure,
                                            .documents = &documents};
}
