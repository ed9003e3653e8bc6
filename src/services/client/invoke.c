/* SPDX-License-Identifier: Apache-2.0 */
/* From an operation's name and an input to a call of the AWS layer. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/sys.h"
#include "services/client/client.h"

static const char *nearest_operation(const cspan_service_model *model, const char *name) {
  const char *nearest = NULL;
  size_t least = SIZE_MAX;
  for (uint32_t i = 0; i < model->operation_count; i++) {
    const char *known = cspan_model_text(model, model->operations[i].name);
    size_t closeness = cspan_closeness(name, strlen(name), known);
    if (closeness < least) {
      least = closeness;
      nearest = known;
    }
  }
  return nearest;
}

cspan_status cspan_client_operation(const cspan_client *client, const char *name,
                                    const cspan_operation_model **out, cspan_error **error) {
  *out = name != NULL ? cspan_model_operation(client->model, name) : NULL;
  if (*out != NULL) {
    return CSPAN_OK;
  }
  const char *wanted = name != NULL ? name : "";
  const char *near = nearest_operation(client->model, wanted);
  if (near != NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s has no operation \"%.80s\"; did you mean \"%s\"?",
                           client->service.id, wanted, near);
  }
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "%s has no operation \"%.80s\"; `cloudspan models show %s` lists them",
                         client->service.id, wanted,
                         cspan_model_text(client->model, client->model->info->key));
}

cspan_client_request cspan_client_request_of(const cspan_client_request *request) {
  cspan_client_request copy = {0};
  memcpy(&copy, request,
         request->size != 0 && request->size < sizeof copy ? request->size : sizeof copy);
  return copy;
}

/* With the options' fields that the caller was compiled with. */
static cspan_call_options options_of(const cspan_call_options *given) {
  cspan_call_options options = {0};
  if (given != NULL) {
    memcpy(&options, given,
           given->size != 0 && given->size < sizeof options ? given->size : sizeof options);
  }
  return options;
}

static void forget_request_id(const cspan_client_request *request) {
  if (request->request_id != NULL && request->request_id_room > 0) {
    request->request_id[0] = '\0';
  }
}

/* The output goes to the caller, or nowhere where the call failed after it was
 * read. */
static void deliver(cspan_invocation *invocation, cspan_status status) {
  cspan_client_events_free(invocation->events);
  if (status != CSPAN_OK) {
    forget_request_id(&invocation->request);
  }
  if (status == CSPAN_OK && invocation->output != NULL) {
    *invocation->output = invocation->document;
  } else {
    cspan_document_free(invocation->document);
  }
  invocation->document = NULL;
}

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  cspan_invocation *invocation = user;
  cspan_call_done_fn done = invocation->done;
  void *caller = invocation->user;
  deliver(invocation, status);
  cspan_free(invocation);
  if (done != NULL) {
    done(caller, status, error);
  }
}

static cspan_status set_up(cspan_invocation *invocation, cspan_client *client,
                           const cspan_client_request *request, cspan_document **output,
                           cspan_error **error) {
  *invocation = (cspan_invocation){
      .client = client, .request = cspan_client_request_of(request), .output = output};
  forget_request_id(&invocation->request);
  cspan_status status =
      cspan_client_operation(client, invocation->request.operation, &invocation->model, error);
  if (status == CSPAN_OK) {
    cspan_client_describe(invocation);
    cspan_random_uuid(invocation->token);
  }
  return status;
}

static cspan_status start_on_loop(const cspan_invocation *prepared, cspan_call_options *options,
                                  cspan_error **error) {
  cspan_invocation *invocation = cspan_malloc(sizeof *invocation);
  if (invocation == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  *invocation = *prepared;
  invocation->done = options->done;
  invocation->user = options->user;
  options->done = on_done;
  options->user = invocation;
  cspan_call_start start = {.operation = &invocation->operation,
                            .input = invocation,
                            .context = invocation->request.context,
                            .options = options};
  cspan_status status = cspan_aws_call(invocation->client->aws, &start, error);
  if (status != CSPAN_OK) {
    cspan_free(invocation); /* it was not started: nobody else will */
  }
  return status;
}

cspan_status cspan_client_send(cspan_client *client, const cspan_client_request *request,
                               cspan_document **output, cspan_error **error) {
  cspan_invocation invocation;
  if (output != NULL) {
    *output = NULL;
  }
  if (client == NULL || request == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_client_send needs a client and a request");
  }
  cspan_status status = set_up(&invocation, client, request, output, error);
  if (status == CSPAN_OK) {
    status = cspan_client_events_create(invocation.model, &invocation.events, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_call_options options = options_of(invocation.request.options);
  if (options.loop != NULL) {
    status = start_on_loop(&invocation, &options, error);
    if (status != CSPAN_OK) {
      cspan_client_events_free(invocation.events); /* nobody else will */
    }
    return status;
  }
  cspan_call_start start = {.operation = &invocation.operation,
                            .input = &invocation,
                            .context = invocation.request.context,
                            .options = &options};
  status = cspan_aws_call(client->aws, &start, error);
  deliver(&invocation, status);
  return status;
}

cspan_status cspan_call(const cspan_context *context, cspan_client *client, const char *operation,
                        const cspan_value *input, cspan_document **output, cspan_error **error) {
  return cspan_client_send(
      client, &(cspan_client_request){.operation = operation, .input = input, .context = context},
      output, error);
}

cspan_status cspan_client_presign_copy(cspan_client *client, const cspan_client_request *request,
                                       const char *destination_region, int64_t expires_s,
                                       char **url, cspan_error **error) {
  cspan_invocation invocation;
  *url = NULL;
  cspan_status status = set_up(&invocation, client, request, NULL, error);
  if (status != CSPAN_OK) {
    return status;
  }
  invocation.is_presigned = true;
  invocation.destination_region = destination_region;
  cspan_call_start start = {.operation = &invocation.operation,
                            .input = &invocation,
                            .context = invocation.request.context,
                            .options = invocation.request.options};
  return cspan_aws_presign(client->aws, &start, expires_s, url, error);
}

cspan_status cspan_client_presign(cspan_client *client, const cspan_client_request *request,
                                  int64_t expires_s, char **url, cspan_error **error) {
  if (client == NULL || request == NULL || url == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_client_presign needs a client, a request and a place for the "
                           "URL");
  }
  return cspan_client_presign_copy(client, request, NULL, expires_s, url, error);
}
