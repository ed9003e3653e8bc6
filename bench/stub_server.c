/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 64

typedef struct connection {
  char head[8192];
  size_t used;
  long long body_left;  /* of the request that is being read */
  long long zeros_left; /* of the answer that is being sent */
  bool in_body;
} connection;

#define HEAD_START                                                                                 \
  "HTTP/1.1 200 OK\r\n"                                                                            \
  "x-amz-request-id: 0123456789ABCDEF\r\n"                                                         \
  "x-amz-id-2: c3R1Yg==\r\n"                                                                       \
  "ETag: \"0123456789abcdef0123456789abcdef\"\r\n"                                                 \
  "Server: stub\r\n"

static const char plain_answer[] = HEAD_START "Content-Length: 0\r\n\r\n";
static const char started[] = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                              "<UploadId>stub</UploadId></InitiateMultipartUploadResult>";
static const char completed[] = "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
                                "<ETag>\"0123456789abcdef0123456789abcdef-1\"</ETag>"
                                "</CompleteMultipartUploadResult>";

/* DynamoDB's answer to GetItem: an item of five attributes in 1 KiB of JSON. */
#define FIELD_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ITEM                                                                                       \
  "{\"Item\":{\"id\":{\"S\":\"item-1\"},\"count\":{\"N\":\"42\"},\"open\":{\"BOOL\":true},"        \
  "\"tags\":{\"SS\":[\"red\",\"green\",\"blue\"]},\"text\":{\"S\":\"" FIELD_64 FIELD_64 FIELD_64   \
      FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64 FIELD_64    \
          FIELD_64 "01234\"}}}"
static const char item_answer[] = "HTTP/1.1 200 OK\r\n"
                                  "Server: stub\r\n"
                                  "Content-Type: application/x-amz-json-1.0\r\n"
                                  "x-amzn-RequestId: 0123456789ABCDEF\r\n"
                                  "Content-Length: 1024\r\n\r\n" ITEM;
_Static_assert(sizeof ITEM - 1 == 1024, "the item's size");

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

static pid_t child;
static int late_ms;

static long long content_length(const char *head) {
  for (const char *line = head; line; line = strstr(line, "\r\n")) {
    line += line == head ? 0 : 2;
    if (strncasecmp(line, "content-length:", 15) == 0)
      return atoll(line + 15);
  }
  return 0;
}

static bool send_all(int fd, const char *text, size_t len) {
  return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* botocore waits for this. */
static bool expects_continue(const char *head) {
  return strcasestr(head, "\r\nexpect: 100-continue\r\n") != NULL;
}

static bool send_head(int fd, long long length, const char *body) {
  char head[512];
  int len = snprintf(head, sizeof head, HEAD_START "Content-Length: %lld\r\n\r\n%s", length, body);
  return send_all(fd, head, (size_t)len);
}

static bool respond(int fd, connection *c) {
  if (late_ms > 0)
    poll(NULL, 0, late_ms);
  c->head[strcspn(c->head, "\r")] = 0; /* the request line is enough */
  const char *zeros = strstr(c->head, "/zeros-");
  if (strncmp(c->head, "GET ", 4) == 0 && zeros) {
    c->zeros_left = atoll(zeros + 7);
    return send_head(fd, c->zeros_left, "");
  }
  if (strncmp(c->head, "POST / ", 7) == 0)
    return send_all(fd, item_answer, sizeof item_answer - 1);
  if (strncmp(c->head, "POST ", 5) == 0) {
    const char *body = strstr(c->head, "uploadId=") ? completed : started;
    return send_head(fd, (long long)strlen(body), body);
  }
  return send_all(fd, plain_answer, sizeof plain_answer - 1);
}

static bool send_zeros(int fd, connection *c) {
  static const char zeros[1 << 20];
  size_t step = c->zeros_left < (long long)sizeof zeros ? (size_t)c->zeros_left : sizeof zeros;
  ssize_t sent = send(fd, zeros, step, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0)
    return errno == EAGAIN || errno == EINTR;
  c->zeros_left -= sent;
  return true;
}

/* Takes in what there is; false when the connection is over. */
static bool receive(int fd, connection *c) {
  if (c->in_body) {
    ssize_t got = recv(fd, NULL, 1 << 20, MSG_TRUNC); /* dropped without being copied */
    if (got <= 0)
      return false;
    c->body_left -= got;
  } else {
    ssize_t got = recv(fd, c->head + c->used, sizeof c->head - 1 - c->used, 0);
    if (got <= 0)
      return false;
    c->used += (size_t)got;
    c->head[c->used] = 0;
    const char *end = strstr(c->head, "\r\n\r\n");
    if (!end)
      return c->used < sizeof c->head - 1;
    size_t head_size = (size_t)(end + 4 - c->head);
    c->body_left = content_length(c->head) - (long long)(c->used - head_size);
    if (c->body_left > 0 && expects_continue(c->head) && !send_all(fd, go_on, sizeof go_on - 1))
      return false;
    c->in_body = true;
    c->used = 0;
  }
  if (c->body_left > 0)
    return true;
  c->in_body = false;
  return respond(fd, c);
}

static bool serve(struct pollfd *fd, connection *c) {
  bool alive = c->zeros_left > 0 ? send_zeros(fd->fd, c) : receive(fd->fd, c);
  fd->events = c->zeros_left > 0 ? POLLOUT : POLLIN;
  return alive;
}

static _Noreturn void run(int listener) {
  static connection connections[CONNECTIONS];
  struct pollfd fds[CONNECTIONS + 1] = {{.fd = listener, .events = POLLIN}};
  for (int i = 1; i <= CONNECTIONS; i++)
    fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
  for (;;) {
    if (poll(fds, CONNECTIONS + 1, -1) <= 0)
      continue;
    for (int i = 1; i <= CONNECTIONS; i++) {
      if (fds[i].fd >= 0 && fds[i].revents && !serve(&fds[i], &connections[i - 1])) {
        close(fds[i].fd);
        fds[i].fd = -1;
      }
    }
    if (!(fds[0].revents & POLLIN))
      continue;
    int fd = accept(listener, NULL, NULL);
    int slot = 1;
    while (slot <= CONNECTIONS && fds[slot].fd >= 0)
      slot++;
    if (fd < 0 || slot > CONNECTIONS) {
      close(fd);
      continue;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    memset(&connections[slot - 1], 0, sizeof connections[0]);
    fds[slot] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
}

void stub_server_answer_late(int ms) {
  late_ms = ms;
}

bool stub_server_start(int *port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
      listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    return false;
  *port = ntohs(address.sin_port);
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(listener);
  }
  close(listener);
  return child > 0;
}

void stub_server_stop(void) {
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
}
