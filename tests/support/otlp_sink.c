/* SPDX-License-Identifier: Apache-2.0 */
#include "support/otlp_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cloudspan/ext/exporter.h>

enum { MOST_CONNECTIONS = 1024, HEAD_MAX = 65536, BODY_MAX = 64 << 20, POLL_MS = 20 };

typedef struct connection {
  otlp_sink *sink;
  int fd;
  bool is_open;
  pthread_t thread;
  char *data; /* received and not used yet */
  size_t len;
} connection;

struct otlp_sink {
  int holder; /* bound, never listening: keeps the port */
  int port;
  int retry_after_s;
  pthread_t acceptor;
  pthread_mutex_t lock; /* all below */
  int listener;         /* -1: refuses */
  otlp_sink_mode mode;
  bool is_ending;
  connection *connections[MOST_CONNECTIONS];
  size_t connection_count;
  bool *seen;
  size_t most;
  otlp_sink_counts counts;
};

static void die(const char *what) {
  perror(what);
  abort();
}

static void *must(void *ptr) {
  if (ptr == NULL) {
    die("otlp sink: memory");
  }
  return ptr;
}

/* Several sockets may be bound to a port of which at most one listens. */
static int bound_socket(int port) {
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    die("otlp sink: bind");
  }
  return fd;
}

/* --------------------------------------------------------------------- requests */

static void count_spans(otlp_sink *sink, const cspan_span_list *list) {
  pthread_mutex_lock(&sink->lock);
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    const cspan_attr *id = cspan_attrs_find(span->attributes, span->attribute_count, "i");
    if (id == NULL || id->type != CSPAN_ATTR_INT64 || id->value.int64 < 0 ||
        (uint64_t)id->value.int64 >= sink->most) {
      sink->counts.strange++;
    } else if (sink->seen[id->value.int64]) {
      sink->counts.again++;
    } else {
      sink->seen[id->value.int64] = true;
      sink->counts.spans++;
    }
  }
  pthread_mutex_unlock(&sink->lock);
}

static bool fill(connection *c) {
  char chunk[65536];
  ssize_t got;
  do {
    got = recv(c->fd, chunk, sizeof chunk, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    return false;
  }
  c->data = must(realloc(c->data, c->len + (size_t)got + 1));
  memcpy(c->data + c->len, chunk, (size_t)got);
  c->len += (size_t)got;
  c->data[c->len] = '\0';
  return true;
}

static size_t body_length(const char *head) {
  const char *line = strcasestr(head, "\r\ncontent-length:");
  return line != NULL ? strtoul(line + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

/* A request's head and body; false at the connection's end. */
static bool read_request(connection *c, size_t *head, size_t *body) {
  const char *end;
  while (c->data == NULL || (end = strstr(c->data, "\r\n\r\n")) == NULL) {
    if (c->len > HEAD_MAX || !fill(c)) {
      return false;
    }
  }
  *head = (size_t)(end - c->data) + 4;
  c->data[*head - 2] = '\0';
  *body = body_length(c->data);
  if (strcasestr(c->data, "expect: 100-continue") != NULL &&
      send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) < 0) {
    return false;
  }
  while (c->len < *head + *body) {
    if (*body > BODY_MAX || !fill(c)) {
      return false;
    }
  }
  return true;
}

static bool answer(connection *c, const uint8_t *body, size_t len) {
  otlp_sink *sink = c->sink;
  char text[256];
  cspan_span_list *list = NULL;
  pthread_mutex_lock(&sink->lock);
  otlp_sink_mode mode = sink->mode;
  sink->counts.requests++;
  pthread_mutex_unlock(&sink->lock);
  switch (mode) {
  case OTLP_SINK_ACCEPTS:
    if (cspan_span_list_decode(body, len, &list, NULL) != CSPAN_OK) {
      die("otlp sink: a request that is none");
    }
    count_spans(sink, list);
    cspan_span_list_free(list);
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
             "Content-Length: 0\r\n\r\n");
    break;
  case OTLP_SINK_UNAVAILABLE:
    snprintf(text, sizeof text, "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n");
    break;
  case OTLP_SINK_RETRY_AFTER:
    snprintf(text, sizeof text,
             "HTTP/1.1 503 Unavailable\r\nRetry-After: %d\r\nContent-Length: 0\r\n\r\n",
             sink->retry_after_s);
    break;
  default: /* until the other side gives up */
    while (fill(c)) {
      c->len = 0;
    }
    return false;
  }
  return send(c->fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

static void *serve(void *arg) {
  connection *c = arg;
  size_t head;
  size_t body;
  while (read_request(c, &head, &body) && answer(c, (const uint8_t *)c->data + head, body)) {
    c->len -= head + body;
    memmove(c->data, c->data + head + body, c->len);
    c->data[c->len] = '\0';
  }
  pthread_mutex_lock(&c->sink->lock);
  close(c->fd);
  c->is_open = false;
  pthread_mutex_unlock(&c->sink->lock);
  free(c->data);
  c->data = NULL;
  return NULL;
}

/* ------------------------------------------------------------------ connections */

static void end_connections(otlp_sink *sink) {
  for (size_t i = 0; i < sink->connection_count; i++) {
    if (sink->connections[i]->is_open) {
      shutdown(sink->connections[i]->fd, SHUT_RDWR);
    }
  }
}

/* Under the lock. */
static void take_connection(otlp_sink *sink) {
  int fd = accept(sink->listener, NULL, NULL);
  if (fd < 0) {
    return;
  }
  if (sink->connection_count == MOST_CONNECTIONS) {
    die("otlp sink: too many connections");
  }
  connection *c = must(calloc(1, sizeof *c));
  *c = (connection){.sink = sink, .fd = fd, .is_open = true};
  if (pthread_create(&c->thread, NULL, serve, c) != 0) {
    die("otlp sink: thread");
  }
  sink->connections[sink->connection_count++] = c;
}

static void *accept_all(void *arg) {
  otlp_sink *sink = arg;
  bool is_ending = false;
  while (!is_ending) {
    pthread_mutex_lock(&sink->lock);
    struct pollfd wait = {.fd = sink->listener, .events = POLLIN}; /* -1 is passed over */
    pthread_mutex_unlock(&sink->lock);
    poll(&wait, 1, POLL_MS);
    pthread_mutex_lock(&sink->lock);
    struct pollfd now = {.fd = sink->listener, .events = POLLIN};
    if (now.fd >= 0 && poll(&now, 1, 0) > 0) {
      take_connection(sink);
    }
    is_ending = sink->is_ending;
    pthread_mutex_unlock(&sink->lock);
  }
  return NULL;
}

static void start_listening(otlp_sink *sink) {
  sink->listener = bound_socket(sink->port);
  if (listen(sink->listener, 128) != 0) {
    die("otlp sink: listen");
  }
}

otlp_sink *otlp_sink_start(size_t most, int retry_after_s) {
  otlp_sink *sink = must(calloc(1, sizeof *sink));
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  sink->most = most;
  sink->seen = must(calloc(most, sizeof *sink->seen));
  sink->retry_after_s = retry_after_s;
  sink->holder = bound_socket(0);
  if (getsockname(sink->holder, (struct sockaddr *)&address, &size) != 0) {
    die("otlp sink: getsockname");
  }
  sink->port = ntohs(address.sin_port);
  pthread_mutex_init(&sink->lock, NULL);
  start_listening(sink);
  if (pthread_create(&sink->acceptor, NULL, accept_all, sink) != 0) {
    die("otlp sink: thread");
  }
  return sink;
}

int otlp_sink_port(const otlp_sink *sink) {
  return sink->port;
}

void otlp_sink_set(otlp_sink *sink, otlp_sink_mode mode) {
  pthread_mutex_lock(&sink->lock);
  sink->mode = mode;
  if (mode == OTLP_SINK_REFUSES && sink->listener >= 0) {
    close(sink->listener);
    sink->listener = -1;
    end_connections(sink);
  } else if (mode != OTLP_SINK_REFUSES && sink->listener < 0) {
    start_listening(sink);
  }
  pthread_mutex_unlock(&sink->lock);
}

otlp_sink_counts otlp_sink_count(otlp_sink *sink) {
  pthread_mutex_lock(&sink->lock);
  otlp_sink_counts counts = sink->counts;
  pthread_mutex_unlock(&sink->lock);
  return counts;
}

void otlp_sink_stop(otlp_sink *sink) {
  pthread_mutex_lock(&sink->lock);
  sink->is_ending = true;
  pthread_mutex_unlock(&sink->lock);
  pthread_join(sink->acceptor, NULL);
  pthread_mutex_lock(&sink->lock);
  end_connections(sink);
  pthread_mutex_unlock(&sink->lock);
  for (size_t i = 0; i < sink->connection_count; i++) {
    pthread_join(sink->connections[i]->thread, NULL);
    free(sink->connections[i]);
  }
  if (sink->listener >= 0) {
    close(sink->listener);
  }
  close(sink->holder);
  pthread_mutex_destroy(&sink->lock);
  free(sink->seen);
  free(sink);
}
