/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/http_server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "telemetry/json_text.h"
#include "viewer/cost_sum.h"
#include "viewer/grpc_message.h"

enum { MAX_HEADER_BYTES = 32768, MAX_MESSAGE = 1024 };

struct cspan_http_server {
  struct evhttp *http;
  cspan_intake *intake;
  int port;
};

typedef enum encoding { ENCODING_NONE, ENCODING_PROTOBUF, ENCODING_JSON } encoding;

/* A request that cannot be taken. */
typedef struct refusal {
  int http_status;
  int grpc_code;
  const char *message;
} refusal;

static const char *header(struct evhttp_request *request, const char *name) {
  return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

static void set_header(struct evhttp_request *request, const char *name, const char *value) {
  evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

/* "application/json; charset=utf-8" is JSON. */
static encoding encoding_of(struct evhttp_request *request) {
  const char *type = header(request, "Content-Type");
  cspan_str media = cspan_str_of(type);
  const char *end = type ? strchr(type, ';') : NULL;
  if (end) {
    media.len = (size_t)(end - type);
  }
  media = cspan_str_trim(media);
  char text[64];
  if (media.len >= sizeof text) {
    return ENCODING_NONE;
  }
  memcpy(text, media.data ? media.data : "", media.len);
  text[media.len] = '\0';
  return cspan_ieq(text, "application/x-protobuf") ? ENCODING_PROTOBUF
         : cspan_ieq(text, "application/json")     ? ENCODING_JSON
                                                   : ENCODING_NONE;
}

/* A google.rpc.Status with `code` and `message`, as OTLP/HTTP wants failures. */
static void write_status(cspan_buf *out, encoding enc, const refusal *why) {
  size_t len = strlen(why->message);
  len = len < MAX_MESSAGE ? len : MAX_MESSAGE;
  if (enc == ENCODING_JSON) {
    cspan_buf_printf(out, "{\"code\":%d,\"message\":", why->grpc_code);
    cspan_json_string(out, why->message, len);
    cspan_buf_char(out, '}');
  } else if (enc == ENCODING_PROTOBUF) {
    cspan_buf_printf(out, "%c%c%c", 0x08, why->grpc_code, 0x12);
    if (len >= 0x80) {
      cspan_buf_char(out, (char)(unsigned char)(len | 0x80));
    }
    cspan_buf_char(out, (char)(len >= 0x80 ? len >> 7 : len));
    cspan_buf_append(out, why->message, len);
  } else {
    cspan_buf_append(out, why->message, len);
    cspan_buf_char(out, '\n');
  }
}

static const char *type_of(encoding enc) {
  return enc == ENCODING_JSON       ? "application/json"
         : enc == ENCODING_PROTOBUF ? "application/x-protobuf"
                                    : "text/plain; charset=utf-8";
}

static const char *reason_of(int http_status) {
  switch (http_status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 413:
    return "Payload Too Large";
  case 415:
    return "Unsupported Media Type";
  default:
    break;
  }
  return "Service Unavailable";
}

static void reply(struct evhttp_request *request, int http_status, encoding enc,
                  const cspan_buf *text) {
  struct evbuffer *body = evbuffer_new();
  if (body && text->len && evbuffer_add(body, text->data, text->len) != 0) {
    evbuffer_drain(body, evbuffer_get_length(body));
  }
  set_header(request, "Content-Type", type_of(enc));
  evhttp_send_reply(request, http_status, reason_of(http_status), body);
  if (body) {
    evbuffer_free(body);
  }
}

static void refuse(struct evhttp_request *request, encoding enc, const refusal *why) {
  cspan_buf text;
  cspan_buf_init(&text, 8 * MAX_MESSAGE);
  write_status(&text, enc, why);
  reply(request, why->http_status, enc, &text);
  cspan_buf_free(&text);
}

/* What is wrong before the body is looked at; NULL: nothing. */
static const refusal *check(struct evhttp_request *request, encoding enc, bool *gzip,
                            bool *is_metrics) {
  static const refusal other_signal = {404, CSPAN_GRPC_UNIMPLEMENTED,
                                       "this receiver takes traces and metrics, no logs"};
  static const refusal not_found = {404, CSPAN_GRPC_UNIMPLEMENTED,
                                    "nothing is here: traces go to POST /v1/traces"};
  static const refusal method = {405, CSPAN_GRPC_UNIMPLEMENTED, "only POST is taken here"};
  static const refusal media = {
      415, CSPAN_GRPC_INVALID_ARGUMENT,
      "the Content-Type must be application/x-protobuf or application/json"};
  static const refusal packing = {415, CSPAN_GRPC_INVALID_ARGUMENT,
                                  "the Content-Encoding must be gzip or identity"};
  const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
  const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
  const char *packed = header(request, "Content-Encoding");
  if (path && strcmp(path, "/v1/logs") == 0) {
    return &other_signal;
  }
  *is_metrics = path && strcmp(path, "/v1/metrics") == 0;
  if (!path || (!*is_metrics && strcmp(path, "/v1/traces") != 0)) {
    return &not_found;
  }
  if (evhttp_request_get_command(request) != EVHTTP_REQ_POST) {
    set_header(request, "Allow", "POST");
    return &method;
  }
  if (enc == ENCODING_NONE) {
    return &media;
  }
  *gzip = packed && cspan_ieq(packed, "gzip");
  if (packed && !*gzip && *packed && !cspan_ieq(packed, "identity")) {
    set_header(request, "Accept-Encoding", "gzip, identity");
    return &packing;
  }
  return NULL;
}

static void refuse_failure(struct evhttp_request *request, encoding enc, cspan_status status,
                           const cspan_error *error) {
  refusal why = {503, CSPAN_GRPC_UNAVAILABLE, cspan_error_message(error)};
  if (status == CSPAN_ERR_LIMIT) {
    why.http_status = 413;
    why.grpc_code = CSPAN_GRPC_RESOURCE_EXHAUSTED;
  } else if (status == CSPAN_ERR_PROTOCOL) {
    why.http_status = 400;
    why.grpc_code = CSPAN_GRPC_INVALID_ARGUMENT;
  }
  refuse(request, enc, &why);
}

/* GET /costs; false: that is not what was asked for. */
static bool answer_costs(const cspan_http_server *server, struct evhttp_request *request) {
  const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
  const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
  if (!server->intake->on_costs || !path || strcmp(path, "/costs") != 0 ||
      evhttp_request_get_command(request) != EVHTTP_REQ_GET) {
    return false;
  }
  static const refusal no_room = {503, CSPAN_GRPC_UNAVAILABLE, "out of memory"};
  cspan_buf text;
  cspan_buf_init(&text, CSPAN_COST_MAX_JSON);
  server->intake->on_costs(server->intake->user, &text);
  if (cspan_buf_status(&text) == CSPAN_OK) {
    reply(request, 200, ENCODING_JSON, &text);
  } else {
    refuse(request, ENCODING_JSON, &no_room);
  }
  cspan_buf_free(&text);
  return true;
}

static void on_request(struct evhttp_request *request, void *arg) {
  cspan_http_server *server = arg;
  if (answer_costs(server, request)) {
    return;
  }
  bool gzip = false;
  bool is_metrics = false;
  encoding enc = encoding_of(request);
  const refusal *why = check(request, enc, &gzip, &is_metrics);
  if (why) {
    cspan_intake_reject(server->intake);
    refuse(request, enc, why);
    return;
  }
  struct evbuffer *input = evhttp_request_get_input_buffer(request);
  cspan_intake_body body = {.len = evbuffer_get_length(input),
                            .gzip = gzip,
                            .json = enc == ENCODING_JSON,
                            .is_metrics = is_metrics};
  cspan_error *error = NULL;
  cspan_status status = CSPAN_OK;
  body.data = body.len ? evbuffer_pullup(input, -1) : (const uint8_t *)"";
  if (body.data) {
    status = cspan_intake_take(server->intake, &body, &error);
  } else {
    cspan_intake_reject(server->intake);
    status = cspan_error_set(&error, CSPAN_ERR_NOMEM, "out of memory");
  }
  if (status == CSPAN_OK) {
    cspan_buf text;
    cspan_buf_init(&text, 16);
    cspan_buf_str(&text, enc == ENCODING_JSON ? "{}" : "");
    reply(request, 200, enc, &text);
    cspan_buf_free(&text);
  } else {
    refuse_failure(request, enc, status, error);
  }
  cspan_error_free(error);
}

static struct evhttp *make_http(struct event_base *base, cspan_http_server *server,
                                const cspan_server_options *options) {
  struct evhttp *http = evhttp_new(base);
  if (!http) {
    return NULL;
  }
  size_t max = server->intake->max_bytes;
  struct timeval idle = {.tv_sec = (time_t)(options->idle_timeout_ms / 1000),
                         .tv_usec = (suseconds_t)(options->idle_timeout_ms % 1000 * 1000)};
  evhttp_set_max_headers_size(http, MAX_HEADER_BYTES);
  evhttp_set_max_body_size(http, max < SSIZE_MAX ? (ev_ssize_t)max : SSIZE_MAX);
  evhttp_set_timeout_tv(http, &idle);
  /* A client that sends too much still gets to read the answer. */
  evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE);
  /* All methods: the wrong ones get their answer here. */
  evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                       EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                       EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
  evhttp_set_gencb(http, on_request, server);
  return http;
}

/* Hands the listeners over to the HTTP server; those that it did not take are closed. */
static bool bind_listeners(struct evhttp *http, cspan_listen *listen) {
  for (size_t i = 0; i < listen->count; i++) {
    if (!evhttp_bind_listener(http, listen->listeners[i])) {
      for (size_t k = i; k < listen->count; k++) {
        evconnlistener_free(listen->listeners[k]);
      }
      return false;
    }
  }
  return true;
}

cspan_status cspan_http_server_start(struct event_base *base, cspan_intake *intake,
                                     const cspan_server_options *options, cspan_http_server **out,
                                     cspan_error **error) {
  cspan_listen listen;
  cspan_http_server *server = cspan_calloc(1, sizeof *server);
  if (!server) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  server->intake = intake;
  cspan_status status =
      cspan_listen_open(base, options->address, options->port, "OTLP/HTTP", &listen, error);
  if (status != CSPAN_OK) {
    cspan_free(server);
    return status;
  }
  server->port = listen.port;
  server->http = make_http(base, server, options);
  if (!server->http) {
    cspan_listen_close(&listen);
  }
  if (!server->http || !bind_listeners(server->http, &listen)) {
    cspan_http_server_free(server);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  *out = server;
  return CSPAN_OK;
}

void cspan_http_server_free(cspan_http_server *server) {
  if (server) {
    if (server->http) {
      evhttp_free(server->http);
    }
    cspan_free(server);
  }
}

int cspan_http_server_port(const cspan_http_server *server) {
  return server->port;
}
