/* SPDX-License-Identifier: Apache-2.0 */
#include "support/event_server.h"

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/event_frames.h"

enum { HASH = 32, HEX = 2 * HASH };

/* A connection with its only stream. */
typedef struct h2_connection {
  event_server *server;
  int fd;
  nghttp2_session *session;
  int32_t stream;
  char scope[128]; /* 20240101/us-east-1/service/aws4_request */
  char previous[HEX + 1];
  event_bytes in;
  event_bytes out;
  size_t sent;
  int is_over; /* all of `out` and then the end */
  event_seen seen;
} h2_connection;

struct event_server {
  int fd;
  char url[64];
  char secret[64];
  int break_after;
  pthread_t thread;
  pthread_mutex_t mutex;
  event_seen seen;
  int current; /* the connection's socket; -1: none */
  int stops;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* ------------------------------------------------------------------ signatures */

static void to_hex(const unsigned char *data, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    (void)snprintf(out + 2 * i, 3, "%02x", data[i]);
  }
}

static void hash_hex(const void *data, size_t len, char out[HEX + 1]) {
  unsigned char hash[HASH];
  (void)EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL);
  to_hex(hash, HASH, out);
}

static void mac(unsigned char key[HASH], const char *text) {
  unsigned char next[HASH];
  (void)HMAC(EVP_sha256(), key, HASH, (const unsigned char *)text, strlen(text), next, NULL);
  memcpy(key, next, HASH);
}

static void signing_key(const char *secret, const char *scope, unsigned char key[HASH]) {
  char parts[128];
  char first[80];
  char *rest = parts;
  (void)snprintf(parts, sizeof parts, "%s", scope);
  int len = snprintf(first, sizeof first, "AWS4%s", secret);
  const char *day = strsep(&rest, "/");
  (void)HMAC(EVP_sha256(), first, len, (const unsigned char *)day, strlen(day), key, NULL);
  while (rest) {
    mac(key, strsep(&rest, "/"));
  }
}

/* ":date" (a timestamp), and ":chunk-signature" (bytes): in this order, as we send them. */
static int is_signed_rightly(h2_connection *c, const event_frame *frame) {
  enum { DATE_LEN = 1 + 5 + 1 + 8, SIGNATURE_HEAD = 1 + 16 + 1 + 2 };
  static const char date_head[] = "\x05:date\x08";
  static const char signature_head[] = "\x10:chunk-signature\x06\x00\x20";
  const unsigned char *at = frame->headers;
  if (frame->headers_len != DATE_LEN + SIGNATURE_HEAD + HASH ||
      memcmp(at, date_head, sizeof date_head - 1) != 0 ||
      memcmp(at + DATE_LEN, signature_head, SIGNATURE_HEAD) != 0) {
    return 0;
  }
  uint64_t ms = (uint64_t)event_get_u32(at + 7) << 32 | event_get_u32(at + 11);
  time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  char date[32];
  char headers_hash[HEX + 1];
  char payload_hash[HEX + 1];
  char text[640];
  char told[HEX + 1];
  unsigned char key[HASH];
  (void)strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &parts));
  hash_hex(at, DATE_LEN, headers_hash);
  hash_hex(frame->payload, frame->payload_len, payload_hash);
  (void)snprintf(text, sizeof text, "AWS4-HMAC-SHA256-PAYLOAD\n%s\n%s\n%s\n%s\n%s", date, c->scope,
                 c->previous, headers_hash, payload_hash);
  signing_key(c->server->secret, c->scope, key);
  mac(key, text);
  to_hex(key, HASH, c->previous);
  to_hex(at + DATE_LEN + SIGNATURE_HEAD, HASH, told);
  return strcmp(told, c->previous) == 0;
}

/* -------------------------------------------------------------------- the stream */

static void take_frame(h2_connection *c, const event_frame *frame) {
  event_frame inner;
  c->seen.bad += !is_signed_rightly(c, frame);
  if (frame->payload_len == 0) {
    c->seen.ended = 1;
    return;
  }
  c->seen.bad += !event_get(frame->payload, frame->payload_len, &inner);
  c->seen.events++;
  if (c->seen.events == c->server->break_after) {
    event_put_json(&c->out, "exception", "OutOfTune", "{\"message\":\"stop\",\"Key\":\"b\"}");
    return;
  }
  event_append(&c->out, frame->payload, frame->payload_len);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *user) {
  h2_connection *c = user;
  event_frame frame;
  size_t used = 0;
  (void)flags;
  event_append(&c->in, data, len);
  while (event_get(c->in.data + used, c->in.len - used, &frame)) {
    take_frame(c, &frame);
    used += frame.len;
  }
  c->in.len -= used;
  memmove(c->in.data, c->in.data + used, c->in.len);
  (void)nghttp2_session_resume_data(session, stream);
  return 0;
}

static ssize_t give_data(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t cap,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
  h2_connection *c = user;
  size_t left = c->out.len - c->sent;
  size_t size = left < cap ? left : cap;
  (void)session;
  (void)stream;
  (void)source;
  if (size == 0 && !c->is_over) {
    return NGHTTP2_ERR_DEFERRED;
  }
  memcpy(buf, c->out.data + c->sent, size);
  c->sent += size;
  if (c->is_over && c->sent == c->out.len) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return (ssize_t)size;
}

static void keep(char *to, size_t cap, const uint8_t *value, size_t len) {
  (void)snprintf(to, cap, "%.*s", (int)len, (const char *)value);
}

/* "AWS4-HMAC-SHA256 Credential=ID/SCOPE, SignedHeaders=..., Signature=HEX" */
static void take_authorization(h2_connection *c, const char *text) {
  const char *credential = strstr(text, "Credential=");
  const char *slash = credential ? strchr(credential, '/') : NULL;
  const char *signature = strstr(text, "Signature=");
  if (slash && signature) {
    (void)snprintf(c->scope, sizeof c->scope, "%.*s", (int)strcspn(slash + 1, ","), slash + 1);
    (void)snprintf(c->previous, sizeof c->previous, "%s", signature + strlen("Signature="));
  }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user) {
  h2_connection *c = user;
  char text[1024];
  (void)session;
  (void)frame;
  (void)flags;
  (void)name_len;
  keep(text, sizeof text, value, value_len);
  if (strcmp((const char *)name, "authorization") == 0) {
    take_authorization(c, text);
  } else if (strcmp((const char *)name, ":method") == 0) {
    keep(c->seen.method, sizeof c->seen.method, value, value_len);
  } else if (strcmp((const char *)name, "content-type") == 0) {
    keep(c->seen.content_type, sizeof c->seen.content_type, value, value_len);
  } else if (strcmp((const char *)name, "x-amz-content-sha256") == 0) {
    keep(c->seen.payload_hash, sizeof c->seen.payload_hash, value, value_len);
  }
  return 0;
}

#define FIELD(name, value)                                                                         \
  {                                                                                                \
    (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), sizeof(name) - 1,                 \
        sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE                                                    \
  }

/* The answer begins before the body has ended. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  h2_connection *c = user;
  if (frame->hd.type == NGHTTP2_HEADERS) {
    const nghttp2_nv fields[] = {FIELD(":status", "200"),
                                 FIELD("content-type", "application/vnd.amazon.eventstream"),
                                 FIELD("x-amzn-requestid", "id-1")};
    const nghttp2_data_provider body = {.read_callback = give_data};
    c->stream = frame->hd.stream_id;
    (void)nghttp2_submit_response(session, c->stream, fields, sizeof fields / sizeof fields[0],
                                  &body);
  }
  if (frame->hd.type == NGHTTP2_DATA && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    c->is_over = 1;
    (void)nghttp2_session_resume_data(session, frame->hd.stream_id);
  }
  return 0;
}

/* ---------------------------------------------------------------- connections */

static ssize_t send_some(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                         void *user) {
  const h2_connection *c = user;
  (void)session;
  (void)flags;
  ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
  return n < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : n;
}

static void publish(h2_connection *c) {
  event_server *server = c->server;
  (void)pthread_mutex_lock(&server->mutex);
  server->seen = c->seen;
  server->current = -1;
  (void)pthread_mutex_unlock(&server->mutex);
}

static void serve(event_server *server, int fd) {
  h2_connection *c = calloc(1, sizeof *c);
  nghttp2_session_callbacks *callbacks = NULL;
  unsigned char buf[16384];
  ssize_t got = 0;
  if (!c || nghttp2_session_callbacks_new(&callbacks) != 0) {
    die("a connection");
  }
  c->server = server;
  c->fd = fd;
  nghttp2_session_callbacks_set_send_callback(callbacks, send_some);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  if (nghttp2_session_server_new(&c->session, callbacks, c) != 0) {
    die("a session");
  }
  (void)nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, NULL, 0);
  while (nghttp2_session_send(c->session) == 0 && (got = recv(fd, buf, sizeof buf, 0)) > 0 &&
         nghttp2_session_mem_recv(c->session, buf, (size_t)got) >= 0) {
  }
  publish(c);
  nghttp2_session_del(c->session);
  nghttp2_session_callbacks_del(callbacks);
  (void)close(fd);
  free(c);
}

static void *accept_all(void *user) {
  event_server *server = user;
  int fd;
  while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
    (void)pthread_mutex_lock(&server->mutex);
    int stops = server->stops;
    server->current = fd;
    (void)pthread_mutex_unlock(&server->mutex);
    if (stops) {
      (void)close(fd);
      break;
    }
    serve(server, fd);
  }
  return NULL;
}

event_server *event_server_start(const char *secret, int break_after) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof address;
  event_server *server = calloc(1, sizeof *server);
  if (!server) {
    die("a server");
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  server->current = -1;
  server->break_after = break_after;
  (void)snprintf(server->secret, sizeof server->secret, "%s", secret);
  (void)pthread_mutex_init(&server->mutex, NULL);
  if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, len) != 0 ||
      listen(server->fd, 16) != 0 ||
      getsockname(server->fd, (struct sockaddr *)&address, &len) != 0) {
    die("a socket");
  }
  (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  if (pthread_create(&server->thread, NULL, accept_all, server) != 0) {
    die("a thread");
  }
  return server;
}

const char *event_server_url(const event_server *server) {
  return server->url;
}

void event_server_stop(event_server *server, event_seen *last) {
  (void)pthread_mutex_lock(&server->mutex);
  server->stops = 1;
  if (server->current >= 0) {
    (void)shutdown(server->current, SHUT_RDWR);
  }
  (void)pthread_mutex_unlock(&server->mutex);
  (void)shutdown(server->fd, SHUT_RDWR); /* ends accept() */
  (void)pthread_join(server->thread, NULL);
  if (last) {
    *last = server->seen;
  }
  (void)close(server->fd);
  (void)pthread_mutex_destroy(&server->mutex);
  free(server);
}
