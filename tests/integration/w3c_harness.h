/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of w3c_service: sends it requests byte by byte as told, and keeps the calls that
 * it makes in answer, heads and bodies as they came. */
#ifndef TESTS_W3C_HARNESS_H
#define TESTS_W3C_HARNESS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HARNESS_CALLS = 8, HARNESS_BYTES = 16384, HARNESS_PATIENCE_S = 60 };

typedef struct harness {
  char service_url[128];
  int service_port;
  char own_url[64];
  int listener;
  pthread_t thread;
  pthread_mutex_t lock;
  char *heads[HARNESS_CALLS]; /* of the request under way */
  size_t count;
} harness;

/* What came of one request. */
typedef struct harness_calls {
  int status;
  char *answer; /* all of it */
  char *heads[HARNESS_CALLS];
  size_t count;
} harness_calls;

/* Until `len` bytes of a body have come, where that is known, or the other side closes. */
static inline char *harness_read(int fd, bool to_the_end) {
  char *data = calloc(1, HARNESS_BYTES + 1);
  size_t len = 0;
  while (len < HARNESS_BYTES) {
    const char *body = strstr(data, "\r\n\r\n");
    const char *length = strcasestr(data, "\r\ncontent-length:");
    if (!to_the_end && body &&
        len >= (size_t)(body + 4 - data) + (length ? strtoul(length + 17, NULL, 10) : 0))
      break;
    ssize_t n = recv(fd, data + len, HARNESS_BYTES - len, 0);
    if (n <= 0)
      break;
    len += (size_t)n;
  }
  return data;
}

/* Takes the service's calls, one a connection, until the listener is closed. */
static inline void *harness_serve(void *data) {
  static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
  harness *h = data;
  int fd;
  while ((fd = accept(h->listener, NULL, NULL)) >= 0) {
    char *head = harness_read(fd, false);
    pthread_mutex_lock(&h->lock);
    if (h->count < HARNESS_CALLS)
      h->heads[h->count++] = head;
    else
      free(head);
    pthread_mutex_unlock(&h->lock);
    send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL);
    close(fd);
  }
  return NULL;
}

/* `line` is what the service printed. */
static inline bool harness_open(harness *h, const char *line) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof address;
  memset(h, 0, sizeof *h);
  if (sscanf(line, "listening on http://127.0.0.1:%d/test", &h->service_port) != 1)
    return false;
  snprintf(h->service_url, sizeof h->service_url, "http://127.0.0.1:%d/test", h->service_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(h->listener, (struct sockaddr *)&address, len) != 0 || listen(h->listener, 64) != 0 ||
      getsockname(h->listener, (struct sockaddr *)&address, &len) != 0)
    return false;
  snprintf(h->own_url, sizeof h->own_url, "http://127.0.0.1:%d/call", ntohs(address.sin_port));
  pthread_mutex_init(&h->lock, NULL);
  return pthread_create(&h->thread, NULL, harness_serve, h) == 0;
}

static inline void harness_close(harness *h) {
  shutdown(h->listener, SHUT_RDWR);
  pthread_join(h->thread, NULL);
  close(h->listener);
  pthread_mutex_destroy(&h->lock);
}

/* Sends `request` as it is on a new connection, and reads until the service closes it. */
static inline void harness_send(harness *h, const char *request, harness_calls *out) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)h->service_port)};
  struct timeval patience = {.tv_sec = HARNESS_PATIENCE_S};
  memset(out, 0, sizeof *out);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  size_t len = strlen(request);
  assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), (ssize_t)len);
  out->answer = harness_read(fd, true);
  close(fd);
  sscanf(out->answer, "HTTP/1.1 %d", &out->status);
  pthread_mutex_lock(&h->lock);
  memcpy(out->heads, h->heads, sizeof out->heads);
  out->count = h->count;
  h->count = 0;
  memset(h->heads, 0, sizeof h->heads);
  pthread_mutex_unlock(&h->lock);
}

static inline void harness_post(harness *h, const char *head, const char *body,
                                harness_calls *out) {
  size_t size = strlen(head) + strlen(body) + 100;
  char *request = malloc(size);
  snprintf(request, size, "POST /test HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n%s", head, body);
  harness_send(h, request, out);
  free(request);
}

/* Asks for `count` calls to us, in a request with these header lines. */
static inline void harness_run(harness *h, const char *const *lines, size_t count,
                               harness_calls *out) {
  char head[8192] = "Connection: close\r\nContent-Type: application/json\r\n";
  char body[1024] = "[";
  size_t at = strlen(head);
  for (; *lines; lines++)
    at += (size_t)snprintf(head + at, sizeof head - at, "%s\r\n", *lines);
  size_t len = 1;
  for (size_t i = 0; i < count; i++)
    len += (size_t)snprintf(body + len, sizeof body - len,
                            "%s{\"url\":\"%s.%zu\",\"arguments\":[]}", i ? "," : "", h->own_url, i);
  len += (size_t)snprintf(body + len, sizeof body - len, "]");
  at += (size_t)snprintf(head + at, sizeof head - at, "Content-Length: %zu\r\n", len);
  assert_true(at < sizeof head && len < sizeof body);
  harness_post(h, head, body, out);
}

static inline void harness_free(harness_calls *calls) {
  free(calls->answer);
  for (size_t i = 0; i < calls->count; i++)
    free(calls->heads[i]);
}

/* The values of a header in a head, up to `max` of them; how many there are. */
static inline size_t harness_headers(const char *head, const char *name, char values[][256],
                                     size_t max) {
  size_t count = 0;
  size_t name_len = strlen(name);
  const char *end = strstr(head, "\r\n\r\n");
  for (const char *line = strstr(head, "\r\n"); line && line < end; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
      continue;
    const char *value = line + name_len + 1;
    value += strspn(value, " ");
    if (count < max)
      snprintf(values[count], 256, "%.*s", (int)strcspn(value, "\r"), value);
    count++;
  }
  return count;
}

/* All values of a header as one. */
static inline void harness_joined(const char *head, const char *name, char *out, size_t size) {
  size_t len = 0;
  size_t name_len = strlen(name);
  const char *end = strstr(head, "\r\n\r\n");
  out[0] = '\0';
  for (const char *line = strstr(head, "\r\n"); line && line < end; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
      continue;
    const char *value = line + name_len + 1;
    value += *value == ' ';
    len += (size_t)snprintf(out + len, size - len, "%s%.*s", len ? "," : "",
                            (int)strcspn(value, "\r"), value);
  }
}

#endif
