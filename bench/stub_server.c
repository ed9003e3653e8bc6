/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
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
  long long body_left; /* of the request that is being read */
  bool in_body;
} connection;

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "x-amz-request-id: 0123456789ABCDEF\r\n"
                             "x-amz-id-2: c3R1Yg==\r\n"
                             "ETag: \"0123456789abcdef0123456789abcdef\"\r\n"
                             "Content-Length: 0\r\n"
                             "Server: stub\r\n\r\n";

static pid_t child;

static long long content_length(const char *head) {
  for (const char *line = head; line; line = strstr(line, "\r\n")) {
    line += line == head ? 0 : 2;
    if (strncasecmp(line, "content-length:", 15) == 0)
      return atoll(line + 15);
  }
  return 0;
}

static bool respond(int fd) {
  return send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof answer - 1);
}

/* Takes in what there is; false when the connection is over. */
static bool serve(int fd, connection *c) {
  static char sink[262144];
  if (c->in_body) {
    ssize_t got = recv(fd, sink, sizeof sink, 0);
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
    c->in_body = true;
    c->used = 0;
  }
  if (c->body_left > 0)
    return true;
  c->in_body = false;
  return respond(fd);
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
      if (fds[i].fd >= 0 && fds[i].revents && !serve(fds[i].fd, &connections[i - 1])) {
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
    fds[slot].fd = fd;
  }
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
