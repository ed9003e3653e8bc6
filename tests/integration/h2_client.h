/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/2 client on a blocking socket, for tests that send what a real client would
 * not. */
#ifndef TESTS_H2_CLIENT_H
#define TESTS_H2_CLIENT_H

#include <nghttp2/nghttp2.h>

#include "integration/receiver_fixture.h"

enum { H2_MAX_STREAMS = 128 };

/* A body being sent. */
typedef struct h2_body {
  const uint8_t *data;
  size_t left;
  size_t piece;
  bool never_ends;
} h2_body;

/* What came back on one stream. */
typedef struct h2_answer {
  int32_t id;
  bool closed;
  uint32_t error_code; /* of the stream's end */
  char status[8];
  char content_type[64];
  char grpc_status[8];
  char grpc_message[256];
  char grpc_accept_encoding[64];
  uint8_t body[64];
  size_t body_len;
  h2_body request;
} h2_answer;

typedef struct h2_client {
  int fd;
  nghttp2_session *session;
  h2_answer answers[H2_MAX_STREAMS];
  size_t count;
  size_t open;
  bool goaway;
  bool ended; /* the other side closed */
} h2_client;

typedef struct h2_request {
  const char *method;       /* NULL: POST */
  const char *path;         /* NULL: Export of traces */
  const char *content_type; /* NULL: application/grpc */
  const char *encoding;     /* NULL: no grpc-encoding */
  const void *body;
  size_t len;
  size_t piece; /* bytes a DATA frame; 0: as large as may be */
  bool never_ends;
} h2_request;

static inline h2_answer *h2_find(h2_client *c, int32_t id) {
  for (size_t i = 0; i < c->count; i++) {
    if (c->answers[i].id == id) {
      return &c->answers[i];
    }
  }
  return NULL;
}

static inline void h2_keep(char *to, size_t capacity, const uint8_t *value, size_t len) {
  snprintf(to, capacity, "%.*s", (int)len, (const char *)value);
}

static inline int h2_on_header(nghttp2_session *session, const nghttp2_frame *frame,
                               const uint8_t *name, size_t name_len, const uint8_t *value,
                               size_t value_len, uint8_t flags, void *user) {
  (void)session;
  (void)flags;
  h2_answer *a = h2_find(user, frame->hd.stream_id);
  cspan_str key = {(const char *)name, name_len};
  if (a && cspan_str_eq(key, ":status")) {
    h2_keep(a->status, sizeof a->status, value, value_len);
  } else if (a && cspan_str_eq(key, "content-type")) {
    h2_keep(a->content_type, sizeof a->content_type, value, value_len);
  } else if (a && cspan_str_eq(key, "grpc-status")) {
    h2_keep(a->grpc_status, sizeof a->grpc_status, value, value_len);
  } else if (a && cspan_str_eq(key, "grpc-message")) {
    h2_keep(a->grpc_message, sizeof a->grpc_message, value, value_len);
  } else if (a && cspan_str_eq(key, "grpc-accept-encoding")) {
    h2_keep(a->grpc_accept_encoding, sizeof a->grpc_accept_encoding, value, value_len);
  }
  return 0;
}

static inline int h2_on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                             const uint8_t *data, size_t len, void *user) {
  (void)session;
  (void)flags;
  h2_answer *a = h2_find(user, id);
  for (size_t i = 0; a && i < len && a->body_len < sizeof a->body; i++) {
    a->body[a->body_len++] = data[i];
  }
  return 0;
}

static inline int h2_on_close(nghttp2_session *session, int32_t id, uint32_t error_code,
                              void *user) {
  h2_client *c = user;
  h2_answer *a = h2_find(c, id);
  (void)session;
  if (a) {
    a->closed = true;
    a->error_code = error_code;
    c->open--;
  }
  return 0;
}

static inline int h2_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)session;
  h2_client *c = user;
  c->goaway = c->goaway || frame->hd.type == NGHTTP2_GOAWAY;
  return 0;
}

static inline ssize_t h2_read_body(nghttp2_session *session, int32_t id, uint8_t *buf, size_t room,
                                   uint32_t *flags, nghttp2_data_source *source, void *user) {
  (void)session;
  (void)id;
  (void)user;
  h2_body *body = source->ptr;
  size_t n = body->left < room ? body->left : room;
  n = body->piece && n > body->piece ? body->piece : n;
  memcpy(buf, body->data, n);
  body->data += n;
  body->left -= n;
  if (n == 0 && body->never_ends) {
    return NGHTTP2_ERR_DEFERRED;
  }
  if (body->left == 0 && !body->never_ends) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return (ssize_t)n;
}

static inline void h2_open(h2_client *c, int port) {
  nghttp2_session_callbacks *callbacks = NULL;
  memset(c, 0, sizeof *c);
  c->fd = plain_connect(port);
  assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, h2_on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, h2_on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, h2_on_close);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, h2_on_frame);
  assert_int_equal(nghttp2_session_client_new(&c->session, callbacks, c), 0);
  nghttp2_session_callbacks_del(callbacks);
  assert_int_equal(nghttp2_submit_settings(c->session, 0, NULL, 0), 0);
}

static inline void h2_close(h2_client *c) {
  nghttp2_session_del(c->session);
  close(c->fd);
}

static inline nghttp2_nv h2_pair(const char *name, const char *value) {
  nghttp2_nv nv = {(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                   strlen(value), NGHTTP2_NV_FLAG_NONE};
  return nv;
}

#define H2_EXPORT "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

/* Starts a request; its answer is c->answers[] at the returned index. */
static inline size_t h2_submit(h2_client *c, const h2_request *r) {
  nghttp2_nv headers[] = {
      h2_pair(":method", r->method ? r->method : "POST"),
      h2_pair(":scheme", "http"),
      h2_pair(":authority", "localhost"),
      h2_pair(":path", r->path ? r->path : H2_EXPORT),
      h2_pair("content-type", r->content_type ? r->content_type : "application/grpc"),
      h2_pair("te", "trailers"),
      h2_pair("grpc-encoding", r->encoding ? r->encoding : "")};
  assert_true(c->count < H2_MAX_STREAMS);
  h2_body *body = &c->answers[c->count].request;
  *body = (h2_body){r->body, r->len, r->piece, r->never_ends};
  nghttp2_data_provider provider = {.source = {.ptr = body}, .read_callback = h2_read_body};
  int32_t id =
      nghttp2_submit_request(c->session, NULL, headers, r->encoding ? 7 : 6, &provider, NULL);
  assert_true(id > 0);
  c->answers[c->count].id = id;
  c->open++;
  return c->count++;
}

static inline void h2_flush(h2_client *c) {
  const uint8_t *data = NULL;
  ssize_t len;
  while ((len = nghttp2_session_mem_send(c->session, &data)) > 0) {
    if (!plain_send(c->fd, data, (size_t)len)) {
      c->ended = true;
      return;
    }
  }
  assert_true(len == 0);
}

/* Talks until all requests are answered, or the other side closes. */
static inline void h2_run(h2_client *c) {
  uint8_t block[16384];
  h2_flush(c);
  while (c->open > 0 && !c->ended) {
    ssize_t n = recv(c->fd, block, sizeof block, 0);
    assert_false(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
    c->ended = n <= 0;
    if (n > 0) {
      assert_int_equal(nghttp2_session_mem_recv(c->session, block, (size_t)n), n);
      h2_flush(c);
    }
  }
}

/* Talks until the other side closes, which may be after the last answer. */
static inline void h2_run_to_end(h2_client *c) {
  h2_run(c);
  c->open++;
  h2_run(c);
}

/* One request on a connection of its own. */
static inline h2_answer h2_call(int port, const h2_request *r) {
  h2_client *c = malloc(sizeof *c);
  assert_non_null(c);
  h2_open(c, port);
  h2_submit(c, r);
  h2_run(c);
  h2_answer answer = c->answers[0];
  h2_close(c);
  free(c);
  return answer;
}

#endif
