/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing calls, and what middlewares see of them. */
#include "aws/call.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

enum {
  OUTPUT_MAX = 256 * 1024 * 1024,
  QUERY_MAX = 256 * 1024,
  URL_MAX = 512 * 1024,
  BEARER_MAX = 65 * 1024
};

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the call was not started");
}

/* ------------------------------------------------------------------ making */

static cspan_status take_target(struct cspan_call *call, const cspan_call_options *options,
                                cspan_error **error) {
  const cspan_aws_config *config = call->client->config;
  call->region = config->settings[CSPAN_SETTING_REGION].value;
  if (options->region) {
    cspan_status status = cspan_call_take_region(call, options->region, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  if (!options->endpoint_url) {
    return CSPAN_OK;
  }
  call->own_base_url = cspan_arena_alloc(call->scratch, sizeof *call->own_base_url);
  return call->own_base_url ? cspan_base_url_parse(options->endpoint_url, "option of the call",
                                                   call->own_base_url, error)
                            : nomem(error);
}

static cspan_status take_options(struct cspan_call *call, const cspan_call_options *options,
                                 cspan_error **error) {
  const cspan_aws_config *config = call->client->config;
  int64_t timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : config->call_timeout_ms;
  if (timeout_ms > 0) {
    call->context = cspan_context_with_timeout(&call->context, timeout_ms);
  }
  call->max_attempts =
      options->max_attempts > 0 ? options->max_attempts : call->client->max_attempts;
  if (config->retry_mode == CSPAN_RETRY_OFF) {
    call->max_attempts = 1;
  }
  call->loop = options->loop;
  call->is_async = options->loop != NULL;
  call->done = options->done;
  call->done_user = options->user;
  return take_target(call, options, error);
}

static void init_parts(struct cspan_call *call) {
  cspan_buf_init(&call->request.query, QUERY_MAX);
  cspan_call_events_init(&call->request.events);
  cspan_buf_init(&call->request.url, URL_MAX);
  cspan_header_list_init(&call->request.headers);
  cspan_header_block_init(&call->response.headers);
  cspan_buf_init(&call->response.body, 0);
  cspan_buf_init(&call->bearer, BEARER_MAX);
  call->request.method = call->operation->method;
  call->request.path = "/";
  call->attempt = 1;
}

/* With the options' fields that the caller was compiled with. */
static cspan_call_options options_of(const cspan_call_start *start) {
  cspan_call_options options = {0};
  if (start->options) {
    size_t size = start->options->size;
    memcpy(&options, start->options, size && size < sizeof options ? size : sizeof options);
  }
  return options;
}

struct cspan_call *cspan_call_new(cspan_aws_client *client, const cspan_call_start *start,
                                  cspan_error **error) {
  cspan_call_options options = options_of(start);
  const cspan_chain *chain = client->chain;
  cspan_chain *own_chain = NULL;
  if (options.middleware_count > 0) {
    own_chain = cspan_chain_compose(client->config->middlewares, client->config->middleware_count,
                                    options.middlewares, options.middleware_count, error);
    if (!own_chain) {
      return NULL;
    }
    chain = own_chain;
  }
  struct cspan_call *call = cspan_call_memory_take(client, chain);
  if (!call) {
    cspan_free(own_chain);
    nomem(error);
    return NULL;
  }
  call->operation = start->operation;
  call->input = start->input;
  call->output_to = start->output;
  call->context = start->context ? *start->context : (cspan_context){0};
  call->own_chain = own_chain;
  init_parts(call);
  if (take_options(call, &options, error) != CSPAN_OK) {
    cspan_call_free(call);
    return NULL;
  }
  return call;
}

void cspan_call_free(struct cspan_call *call) {
  if (!call) {
    return;
  }
  cspan_call_request *request = &call->request;
  cspan_call_response *response = &call->response;
  cspan_source_close(&request->body);
  cspan_call_events_free(&request->events);
  cspan_buf_free(&request->query);
  cspan_buf_free(&request->url);
  cspan_chunked_free(&request->chunked);
  cspan_digest_free(request->digest);
  cspan_header_block_free(&response->headers);
  cspan_buf_free(&response->body);
  cspan_digest_free(response->digest);
  cspan_error_free(call->error);
  cspan_error_free(call->stream_error);
  cspan_identity_free(call->identity);
  cspan_express_leave(call);
  if (call->bearer.data) {
    cspan_memzero(call->bearer.data, call->bearer.cap);
  }
  cspan_buf_free(&call->bearer);
  cspan_arena_free(call->output_arena);
  cspan_chain *own_chain = call->own_chain;
  cspan_call_memory_give(call);
  cspan_free(own_chain);
}

/* ------------------------------------------------------------------ output */

/* Before each output, in its arena. */
typedef union output_head {
  struct {
    cspan_arena *arena;
    char *body;
  } parts;
  max_align_t align;
} output_head;

static output_head *head_of(void *output) {
  return (output_head *)output - 1;
}

cspan_arena *cspan_call_arena(struct cspan_call *call) {
  if (!call->output_arena) {
    call->output_arena = cspan_arena_create(OUTPUT_MAX);
  }
  return call->output_arena;
}

void *cspan_call_output_new(struct cspan_call *call, size_t size) {
  cspan_arena *arena = cspan_call_arena(call);
  output_head *head = arena ? cspan_arena_alloc(arena, sizeof *head + size) : NULL;
  if (!head) {
    return NULL;
  }
  head->parts.arena = arena;
  call->output = head + 1;
  return call->output;
}

void cspan_call_deliver_output(struct cspan_call *call) {
  if (!call->output_to) {
    return;
  }
  *call->output_to = call->output;
  if (call->output) {
    if (call->response.body.len > 0) {
      head_of(call->output)->parts.body = cspan_buf_take(&call->response.body, NULL);
    }
    call->output_arena = NULL; /* the caller's from now on */
    call->output = NULL;
  }
}

void cspan_output_free(void *output) {
  if (output) {
    output_head *head = head_of(output);
    cspan_free(head->parts.body);
    cspan_arena_free(head->parts.arena);
  }
}

/* ------------------------------------------------------ what all may see */

const char *cspan_call_service(const struct cspan_call *call) {
  return call->client->service->id;
}

const char *cspan_call_operation(const struct cspan_call *call) {
  return call->operation->name;
}

const char *cspan_call_region(const struct cspan_call *call) {
  return call->region ? call->region : "";
}

void cspan_call_set_plan(struct cspan_call *call, const void *plan) {
  call->plan = plan;
}

const void *cspan_call_plan(const struct cspan_call *call) {
  return call->plan;
}

void cspan_call_set_found(struct cspan_call *call, void *found) {
  call->found = found;
}

void *cspan_call_found(const struct cspan_call *call) {
  return call->found;
}

const cspan_context *cspan_call_context(const struct cspan_call *call) {
  return &call->context;
}

void cspan_call_set_context(struct cspan_call *call, const cspan_context *context) {
  cspan_context_frame *frame =
      call->frames ? cspan_arena_alloc(call->scratch, sizeof *frame) : &call->first_frame;
  if (!frame) {
    return; /* what follows inside goes on with the context that it had */
  }
  frame->index = call->current;
  frame->saved = call->context;
  frame->next = call->frames;
  call->frames = frame;
  call->context = context ? *context : (cspan_context){0};
}

size_t cspan_call_input(const struct cspan_call *call, const char *member, char *text,
                        size_t capacity) {
  if (capacity > 0) {
    text[0] = '\0';
  }
  return call->operation->param ? call->operation->param(call->input, member, text, capacity) : 0;
}

const char *cspan_call_method(const struct cspan_call *call) {
  return call->request.method;
}

const char *cspan_call_scheme(const struct cspan_call *call) {
  return call->request.has_endpoint && !call->request.endpoint.https ? "http" : "https";
}

const char *cspan_call_host(const struct cspan_call *call) {
  return call->request.has_endpoint ? call->request.endpoint.host : "";
}

int cspan_call_port(const struct cspan_call *call) {
  return call->request.has_endpoint ? call->request.endpoint.port : 0;
}

const char *cspan_call_path(const struct cspan_call *call) {
  return call->request.wire_path ? call->request.wire_path : call->request.path;
}

const char *cspan_call_request_header(const struct cspan_call *call, const char *name) {
  static const char *const secret[] = {"authorization", "x-amz-security-token",
                                       "x-amz-s3session-token"};
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (cspan_ieq(name, secret[i])) {
      return NULL;
    }
  }
  return cspan_header_list_get(&call->request.headers, name);
}

cspan_status cspan_call_set_request_header(struct cspan_call *call, const char *name,
                                           const char *value) {
  if (!name || !cspan_header_name_is_safe(name)) {
    return CSPAN_ERR_INVALID;
  }
  if (!value) {
    return cspan_header_list_put(&call->request.headers, call->scratch, name, NULL);
  }
  const char *copy = cspan_arena_strdup(call->scratch, name);
  return copy ? cspan_call_set_known_header(call, copy, value) : CSPAN_ERR_NOMEM;
}

cspan_status cspan_call_set_known_header(struct cspan_call *call, const char *name,
                                         const char *value) {
  size_t len = strlen(value);
  if (!cspan_header_value_is_safe(value, len)) {
    return CSPAN_ERR_INVALID;
  }
  const char *copy = cspan_arena_strndup(call->scratch, value, len);
  return copy ? cspan_header_list_put(&call->request.headers, call->scratch, name, copy)
              : CSPAN_ERR_NOMEM;
}

int64_t cspan_call_request_body_size(const struct cspan_call *call) {
  return cspan_call_sends_events(call) ? -1 : call->request.body.size;
}

int cspan_call_http_status(const struct cspan_call *call) {
  return call->response.status;
}

const char *cspan_call_response_header(const struct cspan_call *call, const char *name) {
  return cspan_header_block_get(&call->response.headers, name);
}

const cspan_header_block *cspan_call_response_headers(const struct cspan_call *call) {
  return &call->response.headers;
}

bool cspan_call_response_header_at(const struct cspan_call *call, size_t index, const char **name,
                                   const char **value) {
  return cspan_header_block_at(&call->response.headers, index, name, value);
}

int64_t cspan_call_response_body_size(const struct cspan_call *call) {
  return call->response.received;
}

const char *cspan_call_body(const struct cspan_call *call, size_t *len) {
  if (len) {
    *len = call->response.body.len;
  }
  return call->response.to_sink ? NULL : cspan_buf_text(&call->response.body);
}

const char *cspan_call_request_id(const struct cspan_call *call) {
  const char *id = cspan_call_response_header(call, "x-amz-request-id");
  id = id ? id : cspan_call_response_header(call, "x-amzn-requestid");
  return id ? id : cspan_error_request_id(call->error);
}

const char *cspan_call_extended_request_id(const struct cspan_call *call) {
  const char *id = cspan_call_response_header(call, "x-amz-id-2");
  return id ? id : cspan_error_extended_request_id(call->error);
}

bool cspan_call_timings_get(const struct cspan_call *call, cspan_call_timings *out) {
  if (call->response.has_timings) {
    *out = call->response.timings;
  }
  return call->response.has_timings;
}

const char *cspan_call_peer_address(const struct cspan_call *call) {
  return call->response.peer_address;
}

int cspan_call_peer_port(const struct cspan_call *call) {
  return call->response.peer_port;
}

const char *cspan_call_http_version(const struct cspan_call *call) {
  return call->response.http_version != NULL ? call->response.http_version : "";
}

int cspan_call_attempt(const struct cspan_call *call) {
  return call->attempt;
}

int64_t cspan_call_backoff_ms(const struct cspan_call *call) {
  return call->backoff_ms;
}

const cspan_error *cspan_call_error(const struct cspan_call *call) {
  return call->error;
}

void cspan_call_replace_error(struct cspan_call *call, cspan_error *error) {
  cspan_error *old = call->error;
  call->error = error;
  if (old != error) {
    cspan_error_free(old);
  }
}

void cspan_call_set_error(struct cspan_call *call, cspan_error *error) {
  cspan_call_replace_error(call, error);
}
