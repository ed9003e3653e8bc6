/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own middlewares, in the order of ext/middleware.h. */
#include <stdlib.h>
#include <string.h>

#include "aws/call.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not made");
}

static cspan_status put_copy(struct cspan_call *call, const char *name, const char *value,
                             cspan_error **error) {
  const char *copy = cspan_arena_strdup(call->scratch, value);
  cspan_status status =
      copy ? cspan_header_list_put(&call->request.headers, call->scratch, name, copy)
           : CSPAN_ERR_NOMEM;
  return status == CSPAN_OK ? CSPAN_OK : out_of_memory(error);
}

static cspan_status check_context(const struct cspan_call *call, cspan_error **error) {
  cspan_status status = cspan_context_status(&call->context);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, status,
                         status == CSPAN_ERR_CANCELLED ? "the call was cancelled"
                                                       : "the call's deadline has passed");
}

static cspan_status register_call(void *self, struct cspan_call *call, void *state,
                                  cspan_error **error) {
  (void)self;
  (void)state;
  cspan_random_uuid(call->invocation_id);
  return check_context(call, error);
}

static cspan_status serialize(void *self, struct cspan_call *call, void *state,
                              cspan_error **error) {
  (void)self;
  (void)state;
  const cspan_operation *operation = call->operation;
  cspan_status status = CSPAN_OK;
  if (operation->serialize) {
    status = operation->serialize(call, call->input, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_buf_status(&call->request.query);
  }
  if (status != CSPAN_OK) {
    /* Where the serializer itself said nothing. */
    cspan_error_set(error, status, "the request of %s could not be written (%s)", operation->name,
                    cspan_status_name(status));
  }
  return status;
}

static cspan_status set_wire_path(struct cspan_call *call, cspan_error **error) {
  cspan_call_request *request = &call->request;
  const char *prefix = request->endpoint.prefix;
  /* "/bucket" rather than "/bucket/" */
  const char *path = prefix[0] && strcmp(request->path, "/") == 0 ? "" : request->path;
  size_t prefix_len = strlen(prefix);
  size_t path_len = strlen(path);
  char *wire = cspan_arena_alloc(call->scratch, prefix_len + path_len + 1);
  if (!wire) {
    return out_of_memory(error);
  }
  memcpy(wire, prefix, prefix_len);
  memcpy(wire + prefix_len, path, path_len);
  request->wire_path = wire;
  return CSPAN_OK;
}

static bool prepend(char *text, size_t size, const char *prefix) {
  size_t len = strlen(text);
  size_t more = strlen(prefix);
  if (len + more >= size) {
    return false;
  }
  memmove(text + more, text, len + 1);
  memcpy(text, prefix, more);
  return true;
}

/* Nothing can go before an IP address or localhost, where a stand-in for the service listens. */
static cspan_status add_host_prefix(struct cspan_call *call, const cspan_base_url *custom,
                                    cspan_error **error) {
  cspan_endpoint *endpoint = &call->request.endpoint;
  const char *prefix = call->request.host_prefix;
  if (!prefix || (custom && custom->is_local) ||
      cspan_aws_config_flag(call->client->config, CSPAN_SETTING_DISABLE_HOST_PREFIX)) {
    return CSPAN_OK;
  }
  if (!prepend(endpoint->host, sizeof endpoint->host, prefix) ||
      !prepend(endpoint->host_header, sizeof endpoint->host_header, prefix)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the host name with the prefix \"%.80s\" is too long", prefix);
  }
  return CSPAN_OK;
}

cspan_status cspan_call_resolve_target(struct cspan_call *call, cspan_error **error) {
  cspan_aws_client *client = call->client;
  const cspan_base_url *custom = cspan_call_custom_endpoint(call);
  if (!call->region && custom) {
    call->region = "us-east-1"; /* compatible servers take it, or do not care */
  }
  cspan_endpoint_params params = {
      .region = call->region,
      .endpoint_prefix = client->service->endpoint_prefix,
      .bucket = call->request.bucket,
      .addressing = client->config->addressing_style,
      .custom = custom,
  };
  cspan_status status = client->service->resolve_endpoint
                            ? client->service->resolve_endpoint(call, error)
                            : cspan_endpoint_resolve(&params, &call->request.endpoint, error);
  if (status == CSPAN_OK) {
    status = add_host_prefix(call, custom, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  call->request.has_endpoint = true;
  return set_wire_path(call, error);
}

static cspan_status resolve_endpoint(void *self, struct cspan_call *call, void *state,
                                     cspan_error **error) {
  (void)self;
  (void)state;
  cspan_call_recall_region(call);
  return cspan_call_resolve_target(call, error);
}

/* In a Lambda function: the trace that it was called with goes along, so that Lambda sees where a
 * function calls itself without end. What its variable holds is a header already. */
static cspan_status pass_lambda_trace(struct cspan_call *call) {
  static const char name[] = "X-Amzn-Trace-Id";
  const char *trace = call->client->is_in_lambda ? getenv("_X_AMZN_TRACE_ID") : NULL;
  cspan_buf value;
  if (!trace || trace[0] == '\0' || cspan_header_list_get(&call->request.headers, name)) {
    return CSPAN_OK;
  }
  cspan_buf_init(&value, 4096);
  for (const char *at = trace; *at != '\0'; at++) {
    if (strchr("-=;:+&[]{}\"',", *at) != NULL) {
      cspan_buf_char(&value, *at);
    } else {
      cspan_uri_encode(&value, at, 1, false);
    }
  }
  cspan_status status = cspan_buf_status(&value);
  if (status == CSPAN_OK) {
    status = cspan_call_set_request_header(call, name, cspan_buf_text(&value));
  }
  cspan_buf_free(&value);
  return status == CSPAN_ERR_LIMIT ? CSPAN_OK : status;
}

static cspan_status user_agent(void *self, struct cspan_call *call, void *state,
                               cspan_error **error) {
  (void)self;
  (void)state;
  cspan_status status = cspan_header_list_put(&call->request.headers, call->scratch, "User-Agent",
                                              call->client->user_agent);
  if (status == CSPAN_OK) {
    status = pass_lambda_trace(call);
  }
  return status == CSPAN_OK ? CSPAN_OK : out_of_memory(error);
}

static cspan_status content_checksum(void *self, struct cspan_call *call, void *state,
                                     cspan_error **error) {
  (void)self;
  (void)state;
  return cspan_call_add_checksum(call, error);
}

/* As printf's %lld, which is too slow for every call. Gives the end. */
static char *put_number(char *at, int64_t number) {
  char digits[20];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) {
    *at++ = digits[--count];
  }
  *at = '\0';
  return at;
}

static cspan_status content_length(void *self, struct cspan_call *call, void *state,
                                   cspan_error **error) {
  (void)self;
  (void)state;
  char text[24];
  const cspan_call_request *request = &call->request;
  bool wants_length = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
  /* Of an aws-chunked body, x-amz-decoded-content-length tells the size. */
  if ((request->body.size == 0 && !wants_length) || request->is_chunked ||
      cspan_call_sends_events(call)) {
    return CSPAN_OK;
  }
  put_number(text, request->body.size);
  return put_copy(call, "Content-Length", text, error);
}

static cspan_status attempt_header(void *self, struct cspan_call *call, void *state,
                                   cspan_error **error) {
  (void)self;
  (void)state;
  char text[64] = "attempt=";
  cspan_status status = check_context(call, error);
  if (status != CSPAN_OK) {
    return status;
  }
  char *at = put_number(text + strlen(text), call->attempt);
  memcpy(at, "; max=", sizeof "; max=");
  put_number(at + strlen(at), call->max_attempts);
  status = cspan_header_list_put(&call->request.headers, call->scratch, "amz-sdk-invocation-id",
                                 call->invocation_id);
  return status == CSPAN_OK ? put_copy(call, "amz-sdk-request", text, error) : out_of_memory(error);
}

static cspan_status resolve_credentials(void *self, struct cspan_call *call, void *state,
                                        cspan_error **error) {
  (void)self;
  (void)state;
  return cspan_call_resolve_identity(call, error);
}

static cspan_status sign(void *self, struct cspan_call *call, void *state, cspan_error **error) {
  (void)self;
  (void)state;
  return cspan_call_sign(call, error);
}

static void deserialize(void *self, struct cspan_call *call, void *state) {
  (void)self;
  (void)state;
  cspan_call_deserialize(call);
}

#define VTABLE(title, begin_fn, end_fn)                                                            \
  &(const cspan_middleware_vtable) {                                                               \
    .size = sizeof(cspan_middleware_vtable), .name = (title), .begin = (begin_fn), .end = (end_fn) \
  }

static const cspan_middleware builtin[] = {
    {.vtable = VTABLE("RegisterCall", register_call, NULL), .step = CSPAN_STEP_INITIALIZE},
    {.vtable = VTABLE("OperationSerializer", serialize, NULL), .step = CSPAN_STEP_SERIALIZE},
    {.vtable = VTABLE("ResolveEndpoint", resolve_endpoint, NULL), .step = CSPAN_STEP_BUILD},
    {.vtable = VTABLE("UserAgent", user_agent, NULL), .step = CSPAN_STEP_BUILD},
    {.vtable = VTABLE("ContentChecksum", content_checksum, NULL), .step = CSPAN_STEP_BUILD},
    {.vtable = VTABLE("ContentLength", content_length, NULL), .step = CSPAN_STEP_BUILD},
    /* The state machine retries where it passes this one on the way out. */
    {.vtable = VTABLE("Retry", NULL, NULL), .step = CSPAN_STEP_FINALIZE},
    {.vtable = VTABLE("AttemptHeader", attempt_header, NULL), .step = CSPAN_STEP_FINALIZE},
    {.vtable = VTABLE("ResolveCredentials", resolve_credentials, NULL),
     .step = CSPAN_STEP_FINALIZE},
    {.vtable = VTABLE("Signing", sign, NULL), .step = CSPAN_STEP_FINALIZE},
    {.vtable = VTABLE("OperationDeserializer", NULL, deserialize), .step = CSPAN_STEP_DESERIALIZE},
};

const cspan_middleware *cspan_builtin_middlewares(size_t *count) {
  *count = sizeof builtin / sizeof builtin[0];
  return builtin;
}

cspan_status cspan_call_prepare(struct cspan_call *call, cspan_error **error) {
  cspan_status status = check_context(call, error);
  if (status == CSPAN_OK) {
    status = serialize(NULL, call, NULL, error);
  }
  if (status == CSPAN_OK) {
    status = resolve_endpoint(NULL, call, NULL, error);
  }
  return status;
}
