/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange of the OTLP exporter. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/exporter_otlp.h"

enum { NS_PER_MS = 1000000, TURN_MS = 1000 };
/* grpc-timeout has at most eight digits. */
#define MAX_GRPC_TIMEOUT INT64_C(99999999)

#define USER_AGENT "OTel-OTLP-Exporter-C/" CSPAN_VERSION " cloudspan/" CSPAN_VERSION

/* ------------------------------------------------------------------ client */

/* What a forked child cannot use: another thread may have been in the middle of it, and
 * the parent's connections must stay untouched. Kept reachable, so that leak checkers see
 * that it is meant. */
typedef struct forgotten {
  struct forgotten *next;
  cspan_http_client *client;
  cspan_gzip gzip;
  cspan_buf body;
  cspan_buf response;
} forgotten;
static _Atomic(forgotten *) all_forgotten;

static void forget(const cspan_otlp_exporter *exporter) {
  forgotten *entry = cspan_malloc(sizeof *entry);
  if (!entry)
    return;
  *entry = (forgotten){.next = atomic_load(&all_forgotten),
                       .client = exporter->client,
                       .gzip = exporter->gzip,
                       .body = exporter->body,
                       .response = exporter->response};
  while (!atomic_compare_exchange_weak(&all_forgotten, &entry->next, entry))
    continue;
}

void cspan_otlp_after_fork(cspan_otlp_exporter *exporter) {
  if (exporter->user == getpid())
    return;
  if (exporter->user)
    forget(exporter);
  exporter->user = getpid();
  exporter->client = NULL;
  exporter->gzip = (cspan_gzip){.ready = false};
  cspan_buf_init(&exporter->body, CSPAN_OTLP_MAX_REQUEST);
  cspan_buf_init(&exporter->response, CSPAN_OTLP_MAX_RESPONSE);
}

static cspan_status ensure_client(cspan_otlp_exporter *exporter, cspan_error **error) {
  if (exporter->client)
    return CSPAN_OK;
  const cspan_otlp_settings *settings = &exporter->settings;
  const cspan_http_client_options options = {
      .ca_bundle = settings->certificate,
      .client_cert = settings->client_certificate,
      .client_key = settings->client_key,
      .version = settings->grpc ? CSPAN_HTTP_VERSION_2 : CSPAN_HTTP_VERSION_1_1,
      .max_idle_loops = 1,
  };
  return cspan_http_client_create(&options, &exporter->client, error);
}

/* ----------------------------------------------------------------- request */

typedef struct request_headers {
  cspan_http_header items[CSPAN_OTLP_HEADER_ROOM];
  size_t count;
  char timeout[16]; /* grpc-timeout */
} request_headers;

static void add(request_headers *headers, const char *name, const char *value) {
  headers->items[headers->count++] = (cspan_http_header){name, value};
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
    add(headers, "grpc-accept-encoding", "identity");
    format_timeout(headers->timeout, sizeof headers->timeout, deadline_ns);
    add(headers, "grpc-timeout", headers->timeout);
    if (settings->gzip)
      add(headers, "grpc-encoding", "gzip");
  } else {
    add(headers, "content-type", "application/x-protobuf");
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
  cspan_otlp_exporter *exporter = user;
  cspan_otlp_captured *captured = &exporter->captured;
  const struct {
    const char *name;
    char *out;
    size_t size;
  } wanted[] = {
      {"content-type", captured->content_type, sizeof captured->content_type},
      {"retry-after", captured->retry_after, sizeof captured->retry_after},
      {"grpc-status", captured->grpc_status, sizeof captured->grpc_status},
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
  cspan_otlp_exporter *exporter = user;
  return cspan_buf_append(&exporter->response, data, len);
}

typedef struct call {
  cspan_otlp_exporter *exporter;
  cspan_otlp_outcome *out;
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
  const cspan_otlp_exporter *exporter = c->exporter;
  const cspan_otlp_captured *captured = &exporter->captured;
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
      .grpc_message = or_null(captured->grpc_message),
      .grpc_details = or_null(captured->grpc_details),
      .body = (const uint8_t *)cspan_buf_text(&exporter->response),
      .body_len = exporter->response.len,
  };
  if (exporter->settings.grpc)
    cspan_otlp_read_grpc(&reply, c->out);
  else
    cspan_otlp_read_http(&reply, cspan_unix_ns() / INT64_C(1000000000), c->out);
}

/* -------------------------------------------------------------------- send */

static cspan_status start(cspan_otlp_exporter *exporter, cspan_loop *loop,
                          const cspan_context *context, call *c, cspan_error **error) {
  request_headers headers;
  fill_headers(&exporter->settings, context->deadline_ns, &headers);
  const cspan_http_request request = {
      .method = "POST",
      .url = exporter->settings.url,
      .headers = headers.items,
      .header_count = headers.count,
      .body = exporter->body.data,
      .body_length = (int64_t)exporter->body.len,
      .deadline_ns = context->deadline_ns,
      .cancel = context->cancel,
      .max_body_bytes = CSPAN_OTLP_MAX_RESPONSE,
      .sink = {.user = exporter, .header = on_header, .body = on_body},
  };
  return cspan_http_start(exporter->client, loop, &request, on_done, c, NULL, error);
}

static cspan_status drive(cspan_otlp_exporter *exporter, const cspan_context *context, call *c,
                          cspan_error **error) {
  cspan_status status = ensure_client(exporter, error);
  if (status != CSPAN_OK)
    return status;
  cspan_loop *loop = cspan_http_client_acquire(exporter->client);
  if (!loop)
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  status = start(exporter, loop, context, c, error);
  while (status == CSPAN_OK && !c->done)
    status = cspan_loop_run_once(loop, TURN_MS);
  if (status == CSPAN_OK) {
    cspan_http_client_release(exporter->client, loop);
    return CSPAN_OK;
  }
  cspan_loop_free(loop); /* what is under way ends with it */
  return c->done ? CSPAN_OK : cspan_error_set(error, status, "the event loop failed");
}

void cspan_otlp_send(cspan_otlp_exporter *exporter, const cspan_context *context,
                     cspan_otlp_outcome *out) {
  cspan_error *error = NULL;
  call c = {.exporter = exporter, .out = out};
  memset(&exporter->captured, 0, sizeof exporter->captured);
  cspan_buf_clear(&exporter->response);
  cspan_status status = drive(exporter, context, &c, &error);
  if (status != CSPAN_OK) {
    *out = (cspan_otlp_outcome){.status = status, .retry_after_ms = -1};
    cspan_otlp_say(out, cspan_error_message(error), strlen(cspan_error_message(error)));
  }
  cspan_error_free(error);
}
