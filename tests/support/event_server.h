/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 server in a thread that is sent signed events and sends each back at once. It checks
 * the signatures by itself. One connection after the other. */
#ifndef SUPPORT_EVENT_SERVER_H
#define SUPPORT_EVENT_SERVER_H

#include <stddef.h>

typedef struct event_server event_server;

/* Of the last request. */
typedef struct event_seen {
  int events; /* the end not counted */
  int bad;    /* frames whose checksum or signature is wrong */
  int ended;  /* by an empty signed frame, and then the body */
  char method[8];
  char content_type[64];
  char payload_hash[64]; /* x-amz-content-sha256 */
} event_seen;

/* Signatures are by `secret`. After `break_after` events (0: never) an exception is sent instead of
 * an event. On a port of the kernel's choice; ends the program when that fails. */
event_server *event_server_start(const char *secret, int break_after);
const char *event_server_url(const event_server *server);
/* `last` may be NULL. */
void event_server_stop(event_server *server, event_seen *last);

#endif
