/* SPDX-License-Identifier: Apache-2.0 */
#include "support/script_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, HEAD_MAX = 65536 };

typedef struct connection {
  script_server *server;
  pthread_t thread;
  int fd;
  script_connection script;
  /* Bytes read from the socket and not yet used. */
  char *pending;
  size_t pending_len;
} connection;

struct script_server {
  const script_connection *scripts;
  size_t script_count;
  int listener;
  int port;
  char url[512];
  pthread_t thread;
  pthread_mutex_t lock;  /* guards what follows */
  pthread_cond_t change; /* another connection, or the stop */
  int stopping;
  connection *connections[MAX_CONNECTIONS];
  size_t accepted;
  char *received;
  size_t received_len;
};

static void die(const char *what) {
  perror(what);
  abort();
}

static void *must(void *ptr) {
  if (!ptr) {
    die("script server: memory");
  }
  return ptr;
}

static void record(script_server *server, const char *data, size_t len) {
  pthread_mutex_lock(&server->lock);
  server->received = must(realloc(server->received, server->received_len + len + 1));
  memcpy(server->received + server->received_len, data, len);
  server->received_len += len;
  server->received[server->received_len] = '\0';
  pthread_mutex_unlock(&server->lock);
}

/* Appends what the socket has to `pending`; 0 at its end. */
static size_t fill(connection *c) {
  char chunk[16384];
  ssize_t got;
  do {
    got = recv(c->fd, chunk, sizeof chunk, 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    return 0;
  }
  record(c->server, chunk, (size_t)got);
  c->pending = must(realloc(c->pending, c->pending_len + (size_t)got + 1));
  memcpy(c->pending + c->pending_len, chunk, (size_t)got);
  c->pending_len += (size_t)got;
  c->pending[c->pending_len] = '\0';
  return (size_t)got;
}

static void consume(connection *c, size_t len) {
  memmove(c->pending, c->pending + len, c->pending_len - len);
  c->pending_len -= len;
  c->pending[c->pending_len] = '\0';
}

/* Waits for `mark`; gives the bytes up to and with it, 0 at the end of input. */
static size_t wait_for(connection *c, const char *mark) {
  for (;;) {
    const char *found = c->pending ? memmem(c->pending, c->pending_len, mark, strlen(mark)) : NULL;
    if (found) {
      return (size_t)(found - c->pending) + strlen(mark);
    }
    if (c->pending_len > HEAD_MAX || fill(c) == 0) {
      return 0;
    }
  }
}

static int read_bytes(connection *c, size_t len) {
  while (len > 0) {
    if (c->pending_len == 0 && fill(c) == 0) {
      return 0;
    }
    size_t part = len < c->pending_len ? len : c->pending_len;
    consume(c, part);
    len -= part;
  }
  return 1;
}

static int read_chunks(connection *c) {
  for (;;) {
    size_t line = wait_for(c, "\r\n");
    if (line == 0) {
      return 0;
    }
    size_t size = strtoul(c->pending, NULL, 16);
    consume(c, line);
    if (!read_bytes(c, size + 2)) {
      return 0;
    }
    if (size == 0) {
      return 1;
    }
  }
}

static int read_request(connection *c, int with_body) {
  size_t head = wait_for(c, "\r\n\r\n");
  if (head == 0) {
    return 0;
  }
  size_t length = 0;
  int chunked = 0;
  for (const char *line = c->pending; line < c->pending + head - 2;
       line = strstr(line, "\r\n") + 2) {
    if (strncasecmp(line, "Content-Length:", 15) == 0) {
      length = strtoul(line + 15, NULL, 10);
    }
    chunked = chunked || strncasecmp(line, "Transfer-Encoding: chunked", 26) == 0;
  }
  consume(c, head);
  if (!with_body) {
    return 1;
  }
  return chunked ? read_chunks(c) : read_bytes(c, length);
}

/* A request is complete with the frame (HEADERS or DATA) that ends its stream. */
static int read_h2(connection *c) {
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  while (c->pending_len < sizeof preface - 1) {
    if (fill(c) == 0) {
      return 0;
    }
  }
  if (memcmp(c->pending, preface, sizeof preface - 1) == 0) {
    consume(c, sizeof preface - 1);
  }
  for (;;) {
    while (c->pending_len < 9) {
      if (fill(c) == 0) {
        return 0;
      }
    }
    const unsigned char *frame = (const unsigned char *)c->pending;
    size_t length = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
    int ends_stream = frame[3] <= 1 && (frame[4] & 1);
    if (!read_bytes(c, 9 + length)) {
      return 0;
    }
    if (ends_stream) {
      return 1;
    }
  }
}

static int send_bytes(int fd, const char *data, size_t len) {
  while (len > 0) {
    ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      return 0;
    }
    data += sent;
    len -= (size_t)sent;
  }
  return 1;
}

static int send_zeros(int fd, size_t count) {
  static const char zeros[16384];
  while (count > 0) {
    size_t part = count < sizeof zeros ? count : sizeof zeros;
    if (!send_bytes(fd, zeros, part)) {
      return 0;
    }
    count -= part;
  }
  return 1;
}

static void reset_on_close(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static int await_connections(script_server *server, size_t count) {
  pthread_mutex_lock(&server->lock);
  while (server->accepted < count && !server->stopping) {
    pthread_cond_wait(&server->change, &server->lock);
  }
  int met = server->accepted >= count;
  pthread_mutex_unlock(&server->lock);
  return met;
}

static int play(connection *c, const script_step *step) {
  switch (step->kind) {
  case SCRIPT_READ_REQUEST:
    return read_request(c, 1);
  case SCRIPT_READ_HEAD:
    return read_request(c, 0);
  case SCRIPT_READ_H2:
    return read_h2(c);
  case SCRIPT_SEND:
    return send_bytes(c->fd, step->text, step->count ? step->count : strlen(step->text));
  case SCRIPT_SEND_ZEROS:
    return send_zeros(c->fd, step->count);
  case SCRIPT_AWAIT:
    return await_connections(c->server, step->count);
  case SCRIPT_PAUSE:
    poll(NULL, 0, (int)step->count);
    return 1;
  case SCRIPT_WAIT_CLOSE:
    while (fill(c) != 0) {
    }
    return 1;
  case SCRIPT_RESET:
    reset_on_close(c->fd);
    return 0;
  case SCRIPT_END:
    return 0;
  }
  return 0;
}

/* The descriptor is closed here and nowhere else; a stop only shuts it down. */
static void *serve(void *user) {
  connection *c = user;
  for (const script_step *step = c->script; play(c, step); step++) {
  }
  pthread_mutex_lock(&c->server->lock);
  close(c->fd);
  c->fd = -1;
  pthread_mutex_unlock(&c->server->lock);
  free(c->pending);
  return NULL;
}

static void *accept_all(void *user) {
  script_server *server = user;
  for (;;) {
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0 && errno == EINTR) {
      continue;
    }
    pthread_mutex_lock(&server->lock);
    if (fd < 0 || server->accepted == MAX_CONNECTIONS) {
      pthread_mutex_unlock(&server->lock);
      return NULL;
    }
    size_t index = server->accepted++;
    size_t script = index < server->script_count ? index : server->script_count - 1;
    connection *c = must(calloc(1, sizeof *c));
    c->server = server;
    c->fd = fd;
    c->script = server->scripts[script];
    server->connections[index] = c;
    if (pthread_create(&c->thread, NULL, serve, c) != 0) {
      die("script server: thread");
    }
    pthread_cond_broadcast(&server->change);
    pthread_mutex_unlock(&server->lock);
  }
}

/* *port 0: one that the kernel chooses. */
static int bind_loopback(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
  socklen_t size = sizeof address;
  int yes = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    die("script server: bind");
  }
  *port = ntohs(address.sin_port);
  return fd;
}

script_server *script_server_start(const script_connection *connections, size_t count) {
  return script_server_start_at(0, connections, count);
}

script_server *script_server_start_at(int port, const script_connection *connections,
                                      size_t count) {
  script_server *server = must(calloc(1, sizeof *server));
  server->scripts = connections;
  server->script_count = count;
  server->received = must(calloc(1, 1));
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->change, NULL);
  server->port = port;
  server->listener = bind_loopback(&server->port);
  if (listen(server->listener, 128) != 0 ||
      pthread_create(&server->thread, NULL, accept_all, server) != 0) {
    die("script server: listen");
  }
  return server;
}

int script_server_port(const script_server *server) {
  return server->port;
}

const char *script_server_url(script_server *server, const char *path) {
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d%s", server->port, path);
  return server->url;
}

size_t script_server_accepted(script_server *server) {
  pthread_mutex_lock(&server->lock);
  size_t accepted = server->accepted;
  pthread_mutex_unlock(&server->lock);
  return accepted;
}

char *script_server_received(script_server *server) {
  pthread_mutex_lock(&server->lock);
  char *copy = must(malloc(server->received_len + 1));
  memcpy(copy, server->received, server->received_len + 1);
  pthread_mutex_unlock(&server->lock);
  return copy;
}

void script_server_stop(script_server *server) {
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  close(server->listener);
  pthread_mutex_lock(&server->lock);
  server->stopping = 1;
  pthread_cond_broadcast(&server->change);
  pthread_mutex_unlock(&server->lock);
  for (size_t i = 0; i < server->accepted; i++) {
    connection *c = server->connections[i];
    pthread_mutex_lock(&server->lock);
    if (c->fd >= 0) {
      shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->lock);
    pthread_join(c->thread, NULL);
    free(c);
  }
  pthread_cond_destroy(&server->change);
  pthread_mutex_destroy(&server->lock);
  free(server->received);
  free(server);
}

int script_refused_port(void) {
  /* Bound but never listened on, and kept open: no one else gets the port. */
  int port = 0;
  bind_loopback(&port);
  return port;
}
