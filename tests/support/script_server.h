/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP server that plays a script: for each connection, in the order they are
 * accepted, a list of steps. It knows nothing of HTTP beyond where a request
 * ends, so that it can answer with whatever a broken server would. */
#ifndef SUPPORT_SCRIPT_SERVER_H
#define SUPPORT_SCRIPT_SERVER_H

#include <stddef.h>

typedef enum script_kind {
  SCRIPT_END,          /* closes the connection in order */
  SCRIPT_READ_REQUEST, /* reads a head and, by Content-Length or chunks, its body */
  SCRIPT_READ_HEAD,    /* reads a head only */
  SCRIPT_READ_H2,      /* reads HTTP/2 (the preface first) until a request is complete */
  SCRIPT_SEND,         /* sends `text`: `count` bytes of it, all with 0 */
  SCRIPT_SEND_ZEROS,   /* sends `count` zero bytes */
  SCRIPT_AWAIT,        /* waits until `count` connections have been accepted */
  SCRIPT_PAUSE,        /* waits `count` milliseconds: for lower bounds only */
  SCRIPT_RESET,        /* closes with RST */
  SCRIPT_WAIT_CLOSE    /* reads until the peer closes; then ends */
} script_kind;

typedef struct script_step {
  script_kind kind;
  const char *text;
  size_t count;
} script_step;

/* Ends with SCRIPT_END or SCRIPT_RESET. */
typedef const script_step *script_connection;

typedef struct script_server script_server;

/* Plays connections[0..count); later ones get the last script again. Everything
 * stays borrowed. Binds to a port of the kernel's choice on 127.0.0.1; ends the
 * program when that fails. */
script_server *script_server_start(const script_connection *connections, size_t count);
/* The same at a port that is free again. */
script_server *script_server_start_at(int port, const script_connection *connections, size_t count);
int script_server_port(const script_server *server);
/* "http://127.0.0.1:PORT" + path, in a buffer of the server that the next call
 * overwrites. */
const char *script_server_url(script_server *server, const char *path);
/* Connections accepted so far. */
size_t script_server_accepted(script_server *server);
/* All bytes received so far, NUL-terminated, in new memory: free(). */
char *script_server_received(script_server *server);
/* Closes everything and joins all threads. */
void script_server_stop(script_server *server);

/* A port on 127.0.0.1 that refuses connections. */
int script_refused_port(void);

#endif
