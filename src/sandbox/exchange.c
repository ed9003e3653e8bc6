/* SPDX-License-Identifier: Apache-2.0 */
/* From a request of evhttp to an answer that is ready to be sent. */
#include "sandbox/exchange.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static void on_timer(evutil_socket_t fd, short what, void *user) {
  sbx_exchange *exchange = user;
  (void)fd;
  (void)what;
  exchange->step(exchange);
}

void cspan_sbx_exchange_later(sbx_exchange *exchange, int64_t delay_us,
                              void (*step)(sbx_exchange *)) {
  struct timeval delay = {.tv_sec = delay_us / 1000000, .tv_usec = delay_us % 1000000};
  exchange->step = step;
  event_add(exchange->timer, &delay);
}

void cspan_sbx_exchange_free(sbx_exchange *exchange) {
  if (exchange->previous) {
    exchange->previous->next = exchange->next;
  } else {
    exchange->sandbox->exchanges = exchange->next;
  }
  if (exchange->next) {
    exchange->next->previous = exchange->previous;
  }
  if (exchange->timer) {
    event_free(exchange->timer);
  }
  if (exchange->body) {
    evbuffer_free(exchange->body);
  }
  cspan_sbx_call_free(&exchange->call);
  cspan_free(exchange);
}

void cspan_sbx_exchanges_free(cspan_sandbox *sandbox) {
  while (sandbox->exchanges) {
    sbx_exchange *exchange = sandbox->exchanges;
    /* A request whose connection is gone is ours; others go with theirs. */
    if (!evhttp_request_get_connection(exchange->http)) {
      evhttp_request_free(exchange->http);
    }
    cspan_sbx_exchange_free(exchange);
  }
}

static sbx_exchange *exchange_new(cspan_sandbox *sandbox, struct evhttp_request *http) {
  sbx_exchange *exchange = cspan_calloc(1, sizeof *exchange);
  if (!exchange) {
    return NULL;
  }
  exchange->sandbox = sandbox;
  exchange->http = http;
  exchange->next = sandbox->exchanges;
  if (exchange->next) {
    exchange->next->previous = exchange;
  }
  sandbox->exchanges = exchange;
  cspan_sbx_call_init(&exchange->call, &sandbox->service);
  exchange->call.input = evhttp_request_get_input_buffer(http);
  exchange->body = evbuffer_new();
  exchange->timer = event_new(sandbox->base, -1, 0, on_timer, exchange);
  if (!exchange->body || !exchange->timer) {
    cspan_sbx_exchange_free(exchange);
    return NULL;
  }
  return exchange;
}

static const char *method_of(const struct evhttp_request *http) {
  switch (evhttp_request_get_command(http)) {
  case EVHTTP_REQ_GET:
    return "GET";
  case EVHTTP_REQ_HEAD:
    return "HEAD";
  case EVHTTP_REQ_PUT:
    return "PUT";
  case EVHTTP_REQ_POST:
    return "POST";
  case EVHTTP_REQ_DELETE:
    return "DELETE";
  case EVHTTP_REQ_OPTIONS:
    return "OPTIONS";
  default:
    return "PATCH";
  }
}

static cspan_status copy_headers(sbx_exchange *exchange) {
  struct evkeyvalq *headers = evhttp_request_get_input_headers(exchange->http);
  cspan_status status = CSPAN_OK;
  for (struct evkeyval *h = headers->tqh_first; h && status == CSPAN_OK; h = h->next.tqe_next) {
    status = cspan_sbx_pairs_add(&exchange->call.request.headers, h->key, h->value);
  }
  return status;
}

/* ------------------------------------------------------------------ record */

static void copy_cut(char *out, size_t cap, const char *text) {
  size_t len = text ? strlen(text) : 0;
  len = len < cap ? len : cap - 1;
  /* Not through the middle of a character. */
  while (text && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80 && len > 0) {
    len--;
  }
  if (len) {
    memcpy(out, text, len);
  }
  out[len] = '\0';
}

static int part_number(const sbx_call *call) {
  const char *text = cspan_sbx_param(&call->request, "partNumber");
  int64_t number = 0;
  bool ok = text && cspan_parse_i64(text, &number) && number > 0 && number <= SBX_PART_MAX;
  return ok ? (int)number : 0;
}

static void record(sbx_exchange *exchange, int status) {
  const sbx_call *call = &exchange->call;
  const sbx_request *r = &call->request;
  cspan_sandbox_record entry = {
      .http_status = status,
      .part_number = part_number(call),
      .fault = exchange->strike.kind != 0 || call->item_struck,
  };
  copy_cut(entry.operation, sizeof entry.operation, call->operation->name);
  copy_cut(entry.method, sizeof entry.method, r->method);
  copy_cut(entry.bucket, sizeof entry.bucket, r->bucket);
  copy_cut(entry.key, sizeof entry.key, r->key);
  copy_cut(entry.error_code, sizeof entry.error_code, call->code);
  copy_cut(entry.traceparent, sizeof entry.traceparent, cspan_sbx_header(r, "traceparent"));
  copy_cut(entry.x_amzn_trace_id, sizeof entry.x_amzn_trace_id,
           cspan_sbx_header(r, "X-Amzn-Trace-Id"));
  cspan_sbx_records_add(exchange->sandbox->records, &entry);
  atomic_store(&exchange->sandbox->open_uploads, call->service->store->open_uploads);
}

/* ------------------------------------------------------------------ answer */

static void put_common_headers(sbx_call *call, size_t body_len) {
  char text[32];
  cspan_sbx_reply(call, "x-amz-request-id", call->request_id);
  cspan_sbx_reply(call, "x-amz-id-2", call->host_id);
  cspan_format_http_date(call->now, text);
  cspan_sbx_reply(call, "Date", text);
  cspan_sbx_reply(call, "Server", "cloudspan-sandbox");
  bool is_head = strcmp(call->request.method, "HEAD") == 0;
  if (call->status != 204 && call->status != 304 && (!is_head || call->content_length >= 0)) {
    long long len =
        call->content_length >= 0 ? (long long)call->content_length : (long long)body_len;
    snprintf(text, sizeof text, "%lld", len);
    cspan_sbx_reply(call, "Content-Length", text);
  }
}

static void free_document(const void *data, size_t len, void *user) {
  (void)data;
  (void)len;
  cspan_free(user);
}

/* Moves the document or the object's bytes to where they are sent from. */
static bool move_body(sbx_exchange *exchange) {
  sbx_call *call = &exchange->call;
  if (call->output) {
    return evbuffer_add_buffer(exchange->body, call->output) == 0;
  }
  if (call->xml.len == 0) {
    return true;
  }
  size_t len;
  cspan_sbx_reply(call, "Content-Type", "application/xml");
  char *data = cspan_buf_take(&call->xml, &len);
  if (!data) {
    return false;
  }
  if (evbuffer_add_reference(exchange->body, data, len, free_document, data) != 0) {
    cspan_free(data);
    return false;
  }
  return true;
}

static void answer(sbx_exchange *exchange) {
  sbx_call *call = &exchange->call;
  call->status = call->status ? call->status : 200;
  bool ok = cspan_sbx_call_ok(call) && move_body(exchange);
  size_t len = evbuffer_get_length(exchange->body);
  put_common_headers(call, len);
  if (strcmp(call->request.method, "HEAD") == 0) {
    evbuffer_drain(exchange->body, len);
  }
  if (!ok || call->failed) {
    /* Not even an error could be put together: out of memory. */
    record(exchange, 0);
    cspan_sbx_exchange_later(exchange, 0, cspan_sbx_hang_up);
    return;
  }
  record(exchange, call->status);
  cspan_sbx_transmit(exchange);
}

static void serve(sbx_exchange *exchange) {
  cspan_sbx_call_serve(&exchange->call);
  answer(exchange);
}

/* ------------------------------------------------------------------ faults */

static void answer_fault(sbx_exchange *exchange, int status) {
  sbx_call *call = &exchange->call;
  const sbx_strike *strike = &exchange->strike;
  const char *message = strcmp(strike->code, "SlowDown") == 0
                            ? "Please reduce your request rate."
                            : "The sandbox was asked to answer with this error.";
  cspan_sbx_call_fail(call, status, strike->code, message);
  if (strike->retry_after_ms > 0) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)strike->retry_after_ms);
    cspan_sbx_reply(call, "x-amz-retry-after", text);
  }
  answer(exchange);
}

static void strike_or_serve(sbx_exchange *exchange) {
  sbx_call *call = &exchange->call;
  const char *key = call->request.key_len ? call->request.key : NULL;
  exchange->strike = cspan_sbx_faults_match(call->service->faults, call->operation->name, key,
                                            part_number(call), false);
  switch (exchange->strike.kind) {
  case CSPAN_FAULT_STATUS:
    answer_fault(exchange, exchange->strike.http_status);
    break;
  case CSPAN_FAULT_ERROR_IN_200:
    answer_fault(exchange, 200);
    break;
  case CSPAN_FAULT_DELAY:
    cspan_sbx_exchange_later(exchange, exchange->strike.delay_ms * 1000, serve);
    break;
  case CSPAN_FAULT_RESET_BEFORE:
    record(exchange, 0);
    exchange->reset = true;
    cspan_sbx_exchange_later(exchange, 0, cspan_sbx_hang_up);
    break;
  default: /* none, or one that changes how the answer is sent */
    serve(exchange);
  }
}

void cspan_sbx_on_request(struct evhttp_request *http, void *user) {
  sbx_exchange *exchange = exchange_new(user, http);
  if (!exchange) {
    evhttp_send_error(http, 500, NULL);
    return;
  }
  sbx_call *call = &exchange->call;
  const char *target = evhttp_request_get_uri(http);
  sbx_error error = SBX_INTERNAL_ERROR;
  if (copy_headers(exchange) == CSPAN_OK) {
    error = cspan_sbx_call_admit(call, method_of(http), target);
  } else {
    call->request.method = method_of(http);
    call->operation = cspan_sbx_operation_of(NULL);
    cspan_sbx_call_fail(call, 500, cspan_sbx_error_code(error), cspan_sbx_error_message(error));
  }
  if (error == SBX_OK) {
    strike_or_serve(exchange);
  } else {
    answer(exchange);
  }
}
