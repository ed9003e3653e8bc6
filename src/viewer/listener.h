/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets of the receiver. */
#ifndef VIEWER_LISTENER_H
#define VIEWER_LISTENER_H

#include <cloudspan/base.h>
#include <event2/listener.h>

enum { CSPAN_LISTEN_MAX = 2 };

/* One port, on one address or on both loopbacks. */
typedef struct cspan_listen {
  struct evconnlistener *listeners[CSPAN_LISTEN_MAX];
  size_t count;
  int port;
} cspan_listen;

/* `address` NULL: the loopback (receiver.h). The callback is set by the caller; a lack of
 * descriptors pauses the listener for a while. `what` is for messages. */
cspan_status cspan_listen_open(struct event_base *base, const char *address, int port,
                               const char *what, cspan_listen *out, cspan_error **error);
void cspan_listen_close(cspan_listen *listen);

#endif
