/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange of an OTLP client. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/otlp_lane.h"

/* A shutdown is noticed between two turns. */
enum { NS_PER_MS = 1000000, TURN_MS = 100 };
/* grpc-timeout has at most eight digits. */
#define MAX_GRPC_TIMEOUT INT64_C(99999999)

#define USER_AGENT "OTel-OTLP-Exporter-C/" CSPAN_VERSION " cloudspan/" CSPAN_VERSION

/* ----------------------------------------------------------------- request */

/* Of the user, and ours. */
enum { HEADER_ROOM = CSPAN_OTLP_MAX_HEADERS + 8 };

typedef struct request_headers {
  cspan_http_header items[HEADER_ROOM];
  size_t count;
  char timeout[16]; /* grpc-timeout */
} request_headers;

static void add(request_headers *headers, const char *name, const char *value) {
  headers->items[headers->count++] = (cspan_http_header){.name = name, .value = value};
}

/* What is left of the deadline: milliseconds, or seconds where those are too many. */
static void format_timeout(char *out, size_t size, int64_t deadline_ns) {
  int64_t ms = (deadline_ns - cspan_now_ns()) / NS_PER_MS;
  if (ms < 1)
    ms = 1;
  if (ms <= MAX_GRPC_TIMEOUT)
    snprintf(out, size, "%" PRId64 "m", ms);
  else
    snprintf(out, size, "%" PRId64 "S",
             ms / 1000 < MAX_GRPC_TIMEOUT ? ms / 1000 : MAX_GRPC_TIMEOUT);
}

static void fill_headers(const cspan_otlp_settings *settings, int64_t deadline_ns,
                         request_headers *headers) {
  bool has_user_agent = false;
  headers->count = 0;
  if (settings->grpc) {
    add(headers, "te", "trailers");
    add(headers, "content-type", "application/grpc");
    add(headers, "grpc-accept-encoding", "identity,gzip");
    if (deadline_ns != 0) {
      format_timeout(headers->timeout, sizeof headers->timeout, deadline_ns);
      add(headers, "grpc-timeout", headers->timeout);
    }
    if (settings->gzip)
      add(headers, "grpc-encoding", "gzip");
  } else {
    add(headers, "content-type", settings->json ? "application/json" : "application/x-protobuf");
    if (settings->gzip)
      add(headers, "content-encoding", "gzip");
  }
  for (size_t i = 0; i < settings->header_count; i++) {
    has_user_agent = has_user_agent || cspan_ieq(settings->headers[i].name, "user-agent");
    add(headers, settings->headers[i].name, settings->headers[i].value);
  }
  if (!has_user_agent)
    add(headers, "user-agent", USER_AGENT);
}

/* ---------------------------------------------------------------- response */

static cspan_status on_header(void *user, const char *name, const char *value, bool trailer) {
  cspan_otlp_lane *lane = user;
  cspan_otlp_captured *captured = &lane->captured;
  const struct {
    const char *name;
    char *out;
    size_t size;
  } wanted[] = {
      {"content-type", captured->content_type, sizeof captured->content_type},
      {"retry-after", captured->retry_after, sizeof captured->retry_after},
      {"grpc-status", captured->grpc_status, sizeof captured->grpc_status},
      {"grpc-encoding", captured->grpc_encoding, sizeof captured->grpc_encoding},
      {"grpc-message", captured->grpc_message, sizeof captured->grpc_message},
      {"grpc-status-details-bin", captured->grpc_details, sizeof captured->grpc_details},
  };
  (void)trailer;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
    if (strcmp(name, wanted[i].name) == 0)
      snprintf(wanted[i].out, wanted[i].size, "%s", value);
  return CSPAN_OK;
}

static cspan_status on_body(void *user, const char *data, size_t len) {
  cspan_otlp_lane *lane = user;
  return cspan_buf_append(&lane->response, data, len);
}

typedef struct call {
  const cspan_otlp_client *client;
  cspan_otlp_lane *lane;
  cspan_otlp_outcome *out;
  cspan_http_exchange *exchange;
  bool done;
} call;

/* Broken connections and timeouts may not happen again; all else would. */
static void read_failure(const cspan_http_result *result, cspan_otlp_outcome *out) {
  *out = (cspan_otlp_outcome){.status = result->status, .retry_after_ms = -1};
  out->retryable = result->status == CSPAN_ERR_CONNECT || result->status == CSPAN_ERR_TIMEOUT;
  out->code = NULL; /* the status's own */
  static const char *const codes[] = {"connection_refused", "connection_reset", "dns_error",
                                      "truncated_body"};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (strcmp(result->code, codes[i]) == 0)
      out->code = codes[i];
  const char *message = result->status == CSPAN_ERR_NOMEM ? "out of memory" : result->message;
  cspan_otlp_say(out, message, strlen(message));
}

static const char *or_null(const char *text) {
  return text[0] ? text : NULL;
}

static void on_done(void *user, const cspan_http_result *result) {
  call *c = user;
  const cspan_otlp_captured *captured = &c->lane->captured;
  c->done = true;
  if (result->status != CSPAN_OK) {
    read_failure(result, c->out);
    return;
  }
  const cspan_otlp_reply reply = {
      .http_status = result->http_status,
      .content_type = or_null(captured->content_type),
      .retry_after = or_null(captured->retry_after),
      .grpc_status = or_null(captured->grpc_status),
      .grpc_encoding = or_null(captured->grpc_encoding),
      .grpc_message = or_null(captured->grpc_message),
      .grpc_details = or_null(captured->grpc_details),
      .body = (const uint8_t *)cspan_buf_text(&c->lane->response),
      .body_len = c->lane->response.len,
  };
  if (c->client->settings.grpc)
    cspan_otlp_read_grpc(&reply, c->out);
  else
    cspan_otlp_read_http(&reply, cspan_unix_ns() / INT64_C(1000000000), c->out);
}

/* -------------------------------------------------------------------- send */

static cspan_status start(call *c, cspan_http_client *http, cspan_loop *loop,
                          const cspan_context *context, cspan_error **error) {
  request_headers headers;
  fill_headers(&c->client->settings, context->deadline_ns, &headers);
  const cspan_http_request request = {
      .method = "POST",
      .url = c->client->settings.url,
      .headers = headers.items,
      .header_count = headers.count,
      .body = c->lane->body.data,
      .body_length = (int64_t)c->lane->body.len,
      .deadline_ns = context->deadline_ns,
      .cancel = context->cancel,
      .max_body_bytes = CSPAN_OTLP_MAX_RESPONSE,
      .sink = {.user = c->lane, .header = on_header, .body = on_body},
  };
  return cspan_http_start(http, loop, &request, on_done, c, &c->exchange, error);
}

static cspan_status drive(call *c, cspan_http_client *http, const cspan_context *context,
                          cspan_error **error) {
  cspan_loop *loop = cspan_http_client_acquire(http);
  if (!loop)
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  c->lane->loop = loop;
  cspan_status status = start(c, http, loop, context, error);
  while (status == CSPAN_OK && !c->done) {
    status = cspan_loop_run_once(loop, TURN_MS);
    if (!c->done && atomic_load(&c->client->is_shut_down))
      cspan_http_abort(c->exchange, CSPAN_ERR_SHUTDOWN);
  }
  c->lane->loop = NULL;
  if (status == CSPAN_OK) {
    cspan_http_client_release(http, loop);
    return CSPAN_OK;
  }
  cspan_loop_free(loop); /* what is under way ends with it */
  return c->done ? CSPAN_OK : cspan_error_set(error, status, "the event loop failed");
}

void cspan_otlp_send(const cspan_otlp_client *client, cspan_otlp_lane *lane,
                     cspan_http_client *http, const cspan_context *context,
                     cspan_otlp_outcome *out) {
  cspan_error *error = NULL;
  call c = {.client = client, .lane = lane, .out = out};
  memset(&lane->captured, 0, sizeof lane->captured);
  cspan_buf_clear(&lane->response);
  cspan_status status = drive(&c, http, context, &error);
  if (status != CSPAN_OK) {
    *out = (cspan_otlp_outcome){.status = status, .retry_after_ms = -1};
    cspan_otlp_say(out, cspan_error_message(error), strlen(cspan_error_message(error)));
  }
  cspan_error_free(error);
}
