/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt on the wire: the request to HTTP, the response back. */
#include <string.h>

#include "aws/call.h"
#include "aws/call_url.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

enum { FIRST_ERROR_STATUS = 300, RESERVE_MAX = 4 * 1024 * 1024 };

static const size_t error_body_max = 1024 * 1024;
static const size_t document_max = 16 * 1024 * 1024;
static const size_t memory_body_default = 64 * 1024 * 1024;
static const int64_t expect_from_bytes = 2 * 1024 * 1024;

/* ----------------------------------------------------------------- request */

ptrdiff_t cspan_call_read_source(void *user, char *buf, size_t cap) {
  struct cspan_call *call = user;
  return cspan_source_read(&call->request.body, buf, cap);
}

static void set_body(struct cspan_call *call, cspan_http_request *http) {
  cspan_call_request *request = &call->request;
  if (cspan_call_sends_events(call)) {
    http->read_fn = cspan_call_read_events;
    http->read_user = call;
    http->body_length = -1;
  } else if (request->is_chunked) {
    http->read_fn = cspan_chunked_read;
    http->read_user = &request->chunked;
    http->body_length = cspan_chunked_size(&request->chunked);
  } else if (request->body.kind == CSPAN_SOURCE_MEMORY) {
    http->body = request->body.data;
    http->body_length = request->body.size;
  } else if (request->body.kind != CSPAN_SOURCE_NONE) {
    http->read_fn = cspan_call_read_source;
    http->read_user = call;
    http->body_length = request->body.size;
  }
}

/* All but Content-Length, which libcurl writes itself. */
static cspan_status copy_headers(struct cspan_call *call, cspan_http_request *http) {
  const cspan_header_list *list = &call->request.headers;
  cspan_http_header *headers = cspan_arena_array(call->scratch, list->count + 1, sizeof *headers);
  if (!headers) {
    return CSPAN_ERR_NOMEM;
  }
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (!cspan_ieq(list->items[i].name, "content-length")) {
      headers[count++] = list->items[i];
    }
  }
  http->headers = headers;
  http->header_count = count;
  return CSPAN_OK;
}

/* ---------------------------------------------------------------- response */

static cspan_status on_header(void *user, const char *name, const char *value, bool trailer) {
  (void)trailer;
  struct cspan_call *call = user;
  return cspan_header_block_add(&call->response.headers, name, value);
}

static size_t body_cap(const struct cspan_call *call, int http_status) {
  if (http_status >= FIRST_ERROR_STATUS) {
    return error_body_max;
  }
  if (!(call->operation->flags & CSPAN_OP_STREAM_OUTPUT)) {
    return document_max;
  }
  size_t wanted = call->response.sink.max_bytes;
  return wanted ? wanted : memory_body_default;
}

static cspan_status too_large(struct cspan_call *call, size_t cap) {
  return cspan_error_set(&call->stream_error, CSPAN_ERR_LIMIT,
                         "the response is larger than the %zu bytes that are allowed", cap);
}

static cspan_status sink_failed(struct cspan_call *call, cspan_status status) {
  if (call->stream_error) {
    return status;
  }
  call->final_error = true;
  return cspan_error_set(&call->stream_error, status,
                         "the receiver of the response body failed (%s)",
                         cspan_status_name(status));
}

static cspan_status start_sink(struct cspan_call *call, int64_t content_length) {
  cspan_call_response *response = &call->response;
  response->to_sink = true;
  if (!response->sink.start) {
    return CSPAN_OK;
  }
  cspan_status status = response->sink.start(response->sink.user, content_length);
  return status == CSPAN_OK ? CSPAN_OK : sink_failed(call, status);
}

static cspan_status on_head(void *user, int http_status, int64_t content_length) {
  struct cspan_call *call = user;
  cspan_call_response *response = &call->response;
  bool success = http_status < FIRST_ERROR_STATUS;
  response->status = http_status;
  if (success && response->verify && cspan_call_verify_start(call) != CSPAN_OK) {
    return cspan_error_set(&call->stream_error, CSPAN_ERR_NOMEM, "out of memory: no digest");
  }
  if (success && response->has_sink && (call->operation->flags & CSPAN_OP_STREAM_OUTPUT)) {
    return start_sink(call, content_length);
  }
  size_t cap = body_cap(call, http_status);
  response->body.max = cap;
  if (strcmp(call->request.method, "HEAD") == 0 || content_length <= 0) {
    return CSPAN_OK;
  }
  if ((uint64_t)content_length > cap) {
    return too_large(call, cap);
  }
  size_t reserve = content_length < RESERVE_MAX ? (size_t)content_length : RESERVE_MAX;
  return cspan_buf_reserve(&response->body, reserve);
}

static cspan_status on_body(void *user, const char *data, size_t len) {
  struct cspan_call *call = user;
  cspan_call_response *response = &call->response;
  if (response->digest && response->digest_header) {
    cspan_digest_update(response->digest, data, len);
  }
  if (response->to_sink) {
    response->sink_dirty = true;
    cspan_status status = response->sink.write(response->sink.user, data, len);
    return status == CSPAN_OK ? CSPAN_OK : sink_failed(call, status);
  }
  cspan_status status = cspan_buf_append(&response->body, data, len);
  return status == CSPAN_ERR_LIMIT ? too_large(call, response->body.max) : status;
}

void cspan_call_tell_failure(struct cspan_call *call, cspan_error *error) {
  cspan_error_move(&call->stream_error, error);
}

/* ------------------------------------------------------------------- both */

/* Others than AWS seldom know HTTP/2, without which only a body of events has difficulties. */
static cspan_http_client *http_client(const struct cspan_call *call) {
  bool is_wanted = (call->operation->flags & CSPAN_OP_HTTP2) != 0 &&
                   (cspan_call_sends_events(call) || !cspan_call_custom_endpoint(call));
  return is_wanted && call->client->http2 ? call->client->http2 : call->client->http;
}

cspan_status cspan_call_exchange_start(struct cspan_call *call, cspan_http_done_fn done,
                                       cspan_error **error) {
  cspan_status status = cspan_call_url(call, NULL, &call->request.url);
  cspan_http_request http = {
      .method = call->request.method,
      .url = cspan_buf_text(&call->request.url),
      .deadline_ns = call->context.deadline_ns,
      .cancel = call->context.cancel,
      .large_response = call->response.has_sink,
      .sink = {.user = call, .head = on_head, .header = on_header, .body = on_body},
  };
  if (status == CSPAN_OK) {
    status = copy_headers(call, &http);
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the request was not sent: %s",
                           status == CSPAN_ERR_LIMIT ? "its URL is too long" : "out of memory");
  }
  set_body(call, &http);
  /* Asked first, the service can refuse a large body before it is sent. Others than AWS do not
   * all answer, and would cost a second. */
  http.expect_continue =
      http.body_length >= expect_from_bytes && !call->own_base_url && !call->client->has_base_url;
  call->response.digest_header = NULL;
  return cspan_http_start(http_client(call), call->loop, &http, done, call, &call->exchange, error);
}

static void take_facts(struct cspan_call *call, const cspan_http_result *result) {
  cspan_call_response *response = &call->response;
  const cspan_http_timings *t = &result->timings;
  response->status = result->http_status;
  response->received = result->bytes_received;
  response->http_version = result->version;
  response->has_timings = true;
  response->timings = (cspan_call_timings){
      .dns_us = t->dns_us,
      .connect_us = t->connect_us,
      .tls_us = t->tls_us,
      .time_to_first_byte_us = t->time_to_first_byte_us,
      .transfer_us = t->transfer_us,
      .connection_reused = t->connection_reused,
  };
  size_t len = strnlen(result->peer_address, sizeof response->peer_address - 1);
  memcpy(response->peer_address, result->peer_address, len);
  response->peer_address[len] = '\0';
  response->peer_port = result->peer_port;
}

void cspan_call_exchange_done(struct cspan_call *call, const cspan_http_result *result) {
  take_facts(call, result);
  if (result->status == CSPAN_OK) {
    return;
  }
  cspan_error *error = NULL;
  if (result->status != CSPAN_ERR_CANCELLED && result->status != CSPAN_ERR_TIMEOUT) {
    /* What stopped it inside a callback tells more than that it was stopped. */
    cspan_error **told = call->stream_error ? &call->stream_error : &call->request.body.error;
    error = *told;
    *told = NULL;
  }
  if (!error) {
    cspan_error_info info = {
        .status = result->status, .code = result->code, .http_status = result->http_status};
    cspan_error_set_info(&error, &info, result->message);
  }
  cspan_call_replace_error(call, error);
}
