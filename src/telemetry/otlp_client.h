/* SPDX-License-Identifier: Apache-2.0 */
/* The transport of OTLP, one for all signals: encoded requests go to a receiver by
 * gRPC or HTTP (protobuf or JSON), tried again as the OTLP specification says. */
#ifndef TELEMETRY_OTLP_CLIENT_H
#define TELEMETRY_OTLP_CLIENT_H

#include <cloudspan/telemetry.h>

#include "telemetry/otlp_retry.h"
#include "telemetry/otlp_signal.h"

/* Larger requests are refused, before compression and after; larger answers are failures. */
#define CSPAN_OTLP_MAX_REQUEST  ((size_t)64 << 20)
#define CSPAN_OTLP_MAX_RESPONSE ((size_t)4 << 20)

typedef struct cspan_otlp_client cspan_otlp_client;

/* `options` may be NULL, and `retry`, for the standard waits. */
cspan_status cspan_otlp_client_create(cspan_otlp_signal signal, const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_otlp_client **out,
                                      cspan_error **error);
/* An ExportTraceServiceRequest or ExportMetricsServiceRequest in protobuf, which is turned into
 * JSON where the protocol asks for it. `item_count` spans or data points are in it, of which
 * *rejected_items were refused. Several threads may call it at once. */
cspan_status cspan_otlp_client_export(cspan_otlp_client *client, const cspan_context *context,
                                      const uint8_t *request, size_t request_size_bytes,
                                      size_t item_count, size_t *rejected_items,
                                      cspan_error **error);
/* Exports under way end soon; later ones fail. Any thread. */
void cspan_otlp_client_shutdown(cspan_otlp_client *client);
/* No export may be under way. May be NULL. */
void cspan_otlp_client_free(cspan_otlp_client *client);
/* The value of otel.component.type without the signal: "otlp_grpc", "otlp_http",
 * "otlp_http_json"; static. And where it sends to, for server.address and server.port;
 * borrowed from the client. */
const char *cspan_otlp_client_type(const cspan_otlp_client *client);
void cspan_otlp_client_server(const cspan_otlp_client *client, const char **address,
                              uint16_t *port);

#endif
