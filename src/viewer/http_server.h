/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/HTTP: POST /v1/traces on libevent's HTTP server. */
#ifndef VIEWER_HTTP_SERVER_H
#define VIEWER_HTTP_SERVER_H

#include "viewer/intake.h"
#include "viewer/listener.h"

struct event_base;
typedef struct cspan_http_server cspan_http_server;

typedef struct cspan_server_options {
  const char *address;
  int port;
  int64_t idle_timeout_ms;
} cspan_server_options;

cspan_status cspan_http_server_start(struct event_base *base, cspan_intake *intake,
                                     const cspan_server_options *options, cspan_http_server **out,
                                     cspan_error **error);
void cspan_http_server_free(cspan_http_server *server);
int cspan_http_server_port(const cspan_http_server *server);

#endif
