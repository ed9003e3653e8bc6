/* SPDX-License-Identifier: Apache-2.0 */
#include "support/stand_in.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 17, LOG_MAX = 1 << 16, STALLED_MAX = 64 };

struct stand_in {
  stand_in_fn fn;
  void *user;
  int listener;
  char url[64];
  pthread_t thread;
  int stalled[STALLED_MAX];
  size_t stalled_count;
  pthread_mutex_t lock; /* guards what follows */
  int count;
  char log[LOG_MAX];
  size_t log_len;
};

static void die(const char *what) {
  perror(what);
  abort();
}

const char *stand_in_header(const stand_in_request *request, const char *name) {
  static _Thread_local char value[REQUEST_MAX];
  size_t len = strlen(name);
  value[0] = '\0';
  for (const char *line = strstr(request->head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
      const char *from = line + len + 1 + strspn(line + len + 1, " ");
      size_t size = strcspn(from, "\r\n");
      memcpy(value, from, size);
      value[size] = '\0';
      break;
    }
  }
  return value;
}

/* Head and body, by Content-Length; false where the peer went away. */
static int read_request(int fd, char *text, char **body) {
  size_t len = 0;
  size_t want = 0;
  while (want == 0 || len < want) {
    ssize_t got = read(fd, text + len, REQUEST_MAX - 1 - len);
    if (got <= 0) {
      return 0;
    }
    len += (size_t)got;
    text[len] = '\0';
    char *end = strstr(text, "\r\n\r\n");
    if (end && want == 0) {
      const stand_in_request head = {.head = text};
      want = (size_t)(end + 4 - text) + strtoul(stand_in_header(&head, "Content-Length"), NULL, 10);
      *body = end + 4;
    }
  }
  return 1;
}

static void note(stand_in *server, const char *method, const char *target) {
  pthread_mutex_lock(&server->lock);
  server->count++;
  int len =
      snprintf(server->log + server->log_len, LOG_MAX - server->log_len, "%s %s\n", method, target);
  server->log_len += (size_t)len;
  pthread_mutex_unlock(&server->lock);
}

static void send_all(int fd, const char *text, size_t len) {
  while (len > 0) {
    ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
    if (put <= 0) {
      return;
    }
    text += put;
    len -= (size_t)put;
  }
}

static void answer(stand_in *server, int fd, char *text, char *body) {
  stand_in_answer out = {.status = 200};
  char head[256];
  char *method = text;
  char *target = strchr(text, ' ');
  char *end = target ? strchr(target + 1, ' ') : NULL;
  if (!end) {
    return;
  }
  *target++ = '\0';
  *end = '\0';
  note(server, method, target);
  const stand_in_request request = {method, target, end + 1, body};
  server->fn(server->user, &request, &out);
  if (out.status == 0 && server->stalled_count < STALLED_MAX) {
    server->stalled[server->stalled_count++] = dup(fd);
    return;
  }
  int len = snprintf(head, sizeof head,
                     "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     out.status, strlen(out.body));
  send_all(fd, head, (size_t)len);
  send_all(fd, out.body, strlen(out.body));
}

static void *serve(void *user) {
  stand_in *server = user;
  static _Thread_local char text[REQUEST_MAX];
  for (;;) {
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0) {
      return NULL; /* stopped */
    }
    char *body = NULL;
    if (read_request(fd, text, &body)) {
      answer(server, fd, text, body);
    }
    close(fd);
  }
}

stand_in *stand_in_start(stand_in_fn fn, void *user) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  stand_in *server = calloc(1, sizeof *server);
  if (!server) {
    die("stand-in: memory");
  }
  server->fn = fn;
  server->user = user;
  pthread_mutex_init(&server->lock, NULL);
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
      listen(server->listener, 64) != 0 ||
      getsockname(server->listener, (struct sockaddr *)&address, &size) != 0) {
    die("stand-in: listen");
  }
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
  if (pthread_create(&server->thread, NULL, serve, server) != 0) {
    die("stand-in: thread");
  }
  return server;
}

const char *stand_in_url(const stand_in *server) {
  return server->url;
}

int stand_in_count(stand_in *server) {
  pthread_mutex_lock(&server->lock);
  int count = server->count;
  pthread_mutex_unlock(&server->lock);
  return count;
}

char *stand_in_log(stand_in *server) {
  pthread_mutex_lock(&server->lock);
  char *log = strndup(server->log, server->log_len);
  server->log_len = 0;
  pthread_mutex_unlock(&server->lock);
  if (!log) {
    die("stand-in: memory");
  }
  return log;
}

void stand_in_stop(stand_in *server) {
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  close(server->listener);
  for (size_t i = 0; i < server->stalled_count; i++) {
    close(server->stalled[i]);
  }
  pthread_mutex_destroy(&server->lock);
  free(server);
}
