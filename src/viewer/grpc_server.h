/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/gRPC: the unary call TraceService/Export on nghttp2, without TLS ("prior
 * knowledge"). */
#ifndef VIEWER_GRPC_SERVER_H
#define VIEWER_GRPC_SERVER_H

#include "viewer/http_server.h"

typedef struct cspan_grpc_server cspan_grpc_server;

cspan_status cspan_grpc_server_start(struct event_base *base, cspan_intake *intake,
                                     const cspan_server_options *options, cspan_grpc_server **out,
                                     cspan_error **error);
void cspan_grpc_server_free(cspan_grpc_server *server);
int cspan_grpc_server_port(const cspan_grpc_server *server);

#endif
