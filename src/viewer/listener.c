/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum { PAUSE_MS = 200, BACKLOG = 128 };

static void resume(evutil_socket_t fd, short events, void *arg) {
  (void)fd;
  (void)events;
  evconnlistener_enable(arg);
}

/* Without descriptors left, accept() would fail again at once, for ever. */
static void on_error(struct evconnlistener *listener, void *arg) {
  (void)arg;
  char text[128];
  struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
  cspan_log(CSPAN_LOG_WARN, "cannot accept a connection: %s; trying again in %d ms",
            cspan_errno_text(errno, text, sizeof text), (int)PAUSE_MS);
  evconnlistener_disable(listener);
  if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, resume, listener,
                      &pause) != 0) {
    evconnlistener_enable(listener);
  }
}

static int port_of(evutil_socket_t fd) {
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    return -1;
  }
  if (address.ss_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, &address, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  struct sockaddr_in v4;
  memcpy(&v4, &address, sizeof v4);
  return ntohs(v4.sin_port);
}

static bool add(struct event_base *base, const struct addrinfo *info, cspan_listen *out) {
  unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
                   (info->ai_family == AF_INET6 ? LEV_OPT_BIND_IPV6ONLY : 0);
  errno = 0;
  struct evconnlistener *listener = evconnlistener_new_bind(base, NULL, NULL, flags, BACKLOG,
                                                            info->ai_addr, (int)info->ai_addrlen);
  if (!listener) {
    return false;
  }
  evconnlistener_set_error_cb(listener, on_error);
  out->listeners[out->count++] = listener;
  out->port = port_of(evconnlistener_get_fd(listener));
  return true;
}

static cspan_status open_one(struct event_base *base, const char *address, int port,
                             const char *what, cspan_listen *out, cspan_error **error) {
  struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *info = NULL;
  char service[16];
  char text[128];
  snprintf(service, sizeof service, "%d", port);
  int rc = getaddrinfo(address, service, &hints, &info);
  if (rc != 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "cannot listen for %s on \"%s\": %s", what,
                           address, gai_strerror(rc));
  }
  cspan_status status = CSPAN_OK;
  if (!add(base, info, out)) {
    int code = errno;
    status = cspan_error_set(error, code == ENOMEM ? CSPAN_ERR_NOMEM : CSPAN_ERR_IO,
                             "cannot listen for %s on %s port %d: %s", what, address, port,
                             cspan_errno_text(code, text, sizeof text));
  }
  freeaddrinfo(info);
  return status;
}

cspan_status cspan_listen_open(struct event_base *base, const char *address, int port,
                               const char *what, cspan_listen *out, cspan_error **error) {
  memset(out, 0, sizeof *out);
  out->port = -1;
  if (port > 65535) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%d is not a port (0 to 65535)", port);
  }
  cspan_status status = open_one(base, address ? address : "127.0.0.1", port, what, out, error);
  if (status == CSPAN_OK && !address && port > 0) {
    /* "localhost" is ::1 first for many; where there is no IPv6, one is enough. */
    open_one(base, "::1", port, what, out, NULL);
  }
  return status;
}

void cspan_listen_close(cspan_listen *listen) {
  for (size_t i = 0; i < listen->count; i++) {
    evconnlistener_free(listen->listeners[i]);
  }
  listen->count = 0;
}
