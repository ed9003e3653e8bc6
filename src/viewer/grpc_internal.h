/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the gRPC server share: connections and their streams. */
#ifndef VIEWER_GRPC_INTERNAL_H
#define VIEWER_GRPC_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "viewer/grpc_message.h"
#include "viewer/grpc_server.h"

struct bufferevent;

enum {
  CSPAN_GRPC_MAX_CONNECTIONS = 256,
  CSPAN_GRPC_MAX_STREAMS = 100,
  CSPAN_GRPC_WINDOW = 1 << 20,
  CSPAN_GRPC_MAX_HEADER_BYTES = 16384
};

typedef struct cspan_grpc_stream {
  struct cspan_grpc_stream *next; /* of the connection */
  struct cspan_grpc_stream *prev;
  int32_t id;
  size_t header_bytes;
  char path[128]; /* too long for these: cut, and so not equal to what is expected */
  char method[16];
  char content_type[64];
  char encoding[32];
  bool answered; /* what still comes is passed over */
  cspan_buf body;
} cspan_grpc_stream;

typedef struct cspan_grpc_connection {
  struct cspan_grpc_connection *next; /* of the server */
  struct cspan_grpc_connection *prev;
  cspan_grpc_server *server;
  struct bufferevent *bev;
  nghttp2_session *session;
  cspan_grpc_stream *streams;
  char first[16]; /* the bytes that the connection began with */
  size_t first_len;
  bool closing;   /* goes when the output is out */
  bool lingering; /* our side is shut; waits for the peer's */
} cspan_grpc_connection;

struct cspan_grpc_server {
  struct event_base *base;
  cspan_intake *intake;
  cspan_listen listen;
  nghttp2_session_callbacks *callbacks;
  int64_t idle_timeout_ms;
  cspan_grpc_connection *connections;
  size_t connection_count;
  bool refusing;     /* too many connections; was said already */
  size_t held_bytes; /* of bodies that are not whole yet, of all connections */
};

/* grpc_stream.c: the callbacks of nghttp2 that carry out calls. NULL: out of memory. */
nghttp2_session_callbacks *cspan_grpc_callbacks(void);
/* Frees the streams that nghttp2 did not close. */
void cspan_grpc_streams_free(cspan_grpc_connection *connection);

/* grpc_reply.c: answers of a call. Each returns 0 or a code of nghttp2. */
int cspan_grpc_reply_success(cspan_grpc_connection *connection, cspan_grpc_stream *stream);
int cspan_grpc_reply_failure(cspan_grpc_connection *connection, cspan_grpc_stream *stream,
                             int grpc_code, const char *message);
/* No gRPC at all: only an HTTP status and a text header are sent. */
int cspan_grpc_reply_http(cspan_grpc_connection *connection, cspan_grpc_stream *stream,
                          const char *http_status);

#endif
