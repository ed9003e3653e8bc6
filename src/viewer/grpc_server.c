/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/grpc_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "viewer/grpc_internal.h"

enum {
  MAX_OUTPUT_BYTES = 1 << 20, /* no more is made while the peer does not read */
  HANDSHAKE_SECONDS = 10,     /* for the first bytes of a connection */
  LINGER_SECONDS = 2,
  WRITE_SECONDS = 30
};

/* nghttp2's memory is ours, so that a failing allocation is handled there too. */
static void *mem_malloc(size_t size, void *user) {
  (void)user;
  return cspan_malloc(size);
}
static void mem_free(void *ptr, void *user) {
  (void)user;
  cspan_free(ptr);
}
static void *mem_calloc(size_t count, size_t size, void *user) {
  (void)user;
  return cspan_calloc(count, size);
}
static void *mem_realloc(void *ptr, size_t size, void *user) {
  (void)user;
  return cspan_realloc(ptr, size);
}

/* -------------------------------------------------------------- connections */

static void connection_free(cspan_grpc_connection *c) {
  cspan_grpc_server *server = c->server;
  *(c->prev ? &c->prev->next : &server->connections) = c->next;
  if (c->next) {
    c->next->prev = c->prev;
  }
  server->connection_count--;
  cspan_grpc_streams_free(c);
  nghttp2_session_del(c->session);
  bufferevent_free(c->bev);
  cspan_free(c);
}

static void set_timeouts(cspan_grpc_connection *c, int64_t read_ms) {
  struct timeval to_read = {.tv_sec = (time_t)(read_ms / 1000),
                            .tv_usec = (suseconds_t)(read_ms % 1000 * 1000)};
  struct timeval to_write = {.tv_sec = WRITE_SECONDS};
  bufferevent_set_timeouts(c->bev, &to_read, &to_write);
}

/* Shuts our side and reads on, so that the peer gets what was sent before a reset. */
static void linger(cspan_grpc_connection *c) {
  shutdown(bufferevent_getfd(c->bev), SHUT_WR);
  c->lingering = true;
  set_timeouts(c, (int64_t)LINGER_SECONDS * 1000);
  bufferevent_enable(c->bev, EV_READ);
}

static size_t pending_output(const cspan_grpc_connection *c) {
  return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* Moves what nghttp2 has to say into the output. False: the connection was freed. */
static bool pump(cspan_grpc_connection *c) {
  while (!c->closing && pending_output(c) < MAX_OUTPUT_BYTES) {
    const uint8_t *data = NULL;
    ssize_t len = nghttp2_session_mem_send(c->session, &data);
    if (len < 0 || (len > 0 && bufferevent_write(c->bev, data, (size_t)len) != 0)) {
      connection_free(c);
      return false;
    }
    if (len == 0) {
      break;
    }
  }
  if (pending_output(c) >= MAX_OUTPUT_BYTES) {
    bufferevent_disable(c->bev, EV_READ);
  } else {
    bufferevent_enable(c->bev, EV_READ);
  }
  if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session)) {
    c->closing = true;
  }
  if (c->closing && pending_output(c) == 0) {
    linger(c);
  }
  return true;
}

static bool begins_like_http1(const cspan_grpc_connection *c) {
  static const char *const methods[] = {"GET ",     "POST ",  "PUT ",     "HEAD ", "DELETE ",
                                        "OPTIONS ", "PATCH ", "CONNECT ", "TRACE "};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    size_t len = strlen(methods[i]);
    if (c->first_len >= len && memcmp(c->first, methods[i], len) == 0) {
      return true;
    }
  }
  return false;
}

/* What came is no HTTP/2: an HTTP/1.1 client is told so, anyone else is left. False: the
 * connection was freed. */
static bool not_http2(cspan_grpc_connection *c) {
  static const char text[] = "This port speaks OTLP/gRPC: HTTP/2 without TLS, with prior "
                             "knowledge. For OTLP/HTTP use the other port (4318 by default).\n";
  if (!begins_like_http1(c)) {
    bool tls = c->first_len >= 2 && c->first[0] == 0x16 && c->first[1] == 0x03;
    cspan_log(CSPAN_LOG_INFO, "closed a connection to the OTLP/gRPC port: it began with %s",
              tls ? "TLS, which this port does not speak" : "no HTTP/2");
    connection_free(c);
    return false;
  }
  char answer[512];
  int len = snprintf(answer, sizeof answer,
                     "HTTP/1.1 505 HTTP Version Not Supported\r\n"
                     "Content-Type: text/plain\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n%s",
                     sizeof text - 1, text);
  if (bufferevent_write(c->bev, answer, (size_t)len) != 0) {
    connection_free(c);
    return false;
  }
  c->closing = true;
  return true;
}

/* Keeps the beginning of what a connection sends. */
static void keep_first(cspan_grpc_connection *c, const uint8_t *data, size_t len) {
  size_t room = sizeof c->first - c->first_len;
  size_t n = len < room ? len : room;
  memcpy(c->first + c->first_len, data, n);
  c->first_len += n;
}

/* Hands bytes to nghttp2. False: the connection was freed. */
static bool feed(cspan_grpc_connection *c, const uint8_t *data, size_t len) {
  if (c->first_len < sizeof c->first) {
    keep_first(c, data, len);
  }
  ssize_t used = nghttp2_session_mem_recv(c->session, data, len);
  if (used == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    cspan_intake_reject(c->server->intake);
    return not_http2(c);
  }
  if (used < 0) {
    connection_free(c);
    return false;
  }
  return true;
}

static void on_read(struct bufferevent *bev, void *arg) {
  cspan_grpc_connection *c = arg;
  struct evbuffer *input = bufferevent_get_input(bev);
  size_t len;
  while (!c->closing && !c->lingering && (len = evbuffer_get_contiguous_space(input)) > 0) {
    if (!feed(c, evbuffer_pullup(input, (ev_ssize_t)len), len)) {
      return;
    }
    evbuffer_drain(input, len);
  }
  if (c->closing || c->lingering) {
    evbuffer_drain(input, evbuffer_get_length(input));
  }
  if (!c->lingering) {
    set_timeouts(c, c->server->idle_timeout_ms);
    pump(c);
  }
}

static void on_write(struct bufferevent *bev, void *arg) {
  (void)bev;
  cspan_grpc_connection *c = arg;
  if (!c->lingering) {
    pump(c);
  }
}

static void on_event(struct bufferevent *bev, short events, void *arg) {
  (void)bev;
  cspan_grpc_connection *c = arg;
  bool idle = (events & BEV_EVENT_TIMEOUT) && (events & BEV_EVENT_READING);
  /* A polite goodbye where HTTP/2 was spoken; else there is no one to tell. */
  if (idle && !c->closing && !c->lingering && c->first_len == sizeof c->first &&
      nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR) == 0) {
    pump(c);
  } else {
    connection_free(c);
  }
}

static int make_session(cspan_grpc_connection *c) {
  nghttp2_mem mem = {
      .malloc = mem_malloc, .free = mem_free, .calloc = mem_calloc, .realloc = mem_realloc};
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, CSPAN_GRPC_MAX_STREAMS},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, CSPAN_GRPC_WINDOW},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, CSPAN_GRPC_MAX_HEADER_BYTES}};
  int rc = nghttp2_session_server_new3(&c->session, c->server->callbacks, c, NULL, &mem);
  if (rc == 0) {
    rc = nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
                                 sizeof settings / sizeof *settings);
  }
  if (rc == 0) {
    rc = nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, CSPAN_GRPC_WINDOW);
  }
  return rc;
}

/* Says so once, until there is room again. */
static bool has_room(cspan_grpc_server *server) {
  bool room = server->connection_count < CSPAN_GRPC_MAX_CONNECTIONS;
  if (!room && !server->refusing) {
    cspan_log(CSPAN_LOG_WARN, "refusing connections to the OTLP/gRPC port: %d are open",
              (int)CSPAN_GRPC_MAX_CONNECTIONS);
  }
  server->refusing = !room;
  return room;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int address_len, void *arg) {
  (void)listener;
  (void)address;
  (void)address_len;
  cspan_grpc_server *server = arg;
  struct bufferevent *bev = NULL;
  cspan_grpc_connection *c = NULL;
  if (has_room(server)) {
    c = cspan_calloc(1, sizeof *c);
    bev = c ? bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
  }
  if (!bev) {
    evutil_closesocket(fd);
    cspan_free(c);
    return;
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  c->server = server;
  c->bev = bev;
  c->next = server->connections;
  if (c->next) {
    c->next->prev = c;
  }
  server->connections = c;
  server->connection_count++;
  if (make_session(c) != 0) {
    connection_free(c);
    return;
  }
  bufferevent_setcb(bev, on_read, on_write, on_event, c);
  set_timeouts(c, (int64_t)HANDSHAKE_SECONDS * 1000);
  /* Our side of HTTP/2 waits for the client's first bytes: it may speak HTTP/1.1. */
  bufferevent_enable(bev, EV_READ);
}

/* ------------------------------------------------------------------- server */

cspan_status cspan_grpc_server_start(struct event_base *base, cspan_intake *intake,
                                     const cspan_server_options *options, cspan_grpc_server **out,
                                     cspan_error **error) {
  cspan_grpc_server *server = cspan_calloc(1, sizeof *server);
  if (!server) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  server->base = base;
  server->intake = intake;
  server->idle_timeout_ms = options->idle_timeout_ms;
  server->callbacks = cspan_grpc_callbacks();
  if (!server->callbacks) {
    cspan_grpc_server_free(server);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status =
      cspan_listen_open(base, options->address, options->port, "OTLP/gRPC", &server->listen, error);
  if (status != CSPAN_OK) {
    cspan_grpc_server_free(server);
    return status;
  }
  for (size_t i = 0; i < server->listen.count; i++) {
    evconnlistener_set_cb(server->listen.listeners[i], on_accept, server);
  }
  *out = server;
  return CSPAN_OK;
}

/* Says goodbye as far as that can be done at once. */
static void say_goodbye(cspan_grpc_connection *c) {
  if (!c->lingering && !c->closing &&
      nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR) == 0) {
    const uint8_t *data = NULL;
    ssize_t len;
    while ((len = nghttp2_session_mem_send(c->session, &data)) > 0 &&
           pending_output(c) < MAX_OUTPUT_BYTES) {
      bufferevent_write(c->bev, data, (size_t)len);
    }
  }
  struct evbuffer *output = bufferevent_get_output(c->bev);
  if (evbuffer_get_length(output)) {
    evbuffer_unfreeze(output, 1);
    evbuffer_write(output, bufferevent_getfd(c->bev));
  }
}

void cspan_grpc_server_free(cspan_grpc_server *server) {
  if (!server) {
    return;
  }
  cspan_listen_close(&server->listen);
  while (server->connections) {
    say_goodbye(server->connections);
    connection_free(server->connections);
  }
  nghttp2_session_callbacks_del(server->callbacks);
  cspan_free(server);
}

int cspan_grpc_server_port(const cspan_grpc_server *server) {
  return server->listen.port;
}
