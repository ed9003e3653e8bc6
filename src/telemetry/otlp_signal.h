/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between the signals of OTLP: names and paths. */
#ifndef TELEMETRY_OTLP_SIGNAL_H
#define TELEMETRY_OTLP_SIGNAL_H

/* Chooses the variables (OTEL_EXPORTER_OTLP_TRACES_* or _METRICS_*), the path
 * (/v1/traces), the gRPC method, and the words of messages. */
typedef enum cspan_otlp_signal { CSPAN_OTLP_TRACES = 0, CSPAN_OTLP_METRICS = 1 } cspan_otlp_signal;

typedef struct cspan_otlp_signal_names {
  const char *variables; /* "TRACES_" */
  const char *http_path;
  const char *grpc_path;
  const char *item; /* what a request is a list of: "span" */
  const char *items;
} cspan_otlp_signal_names;

/* Static. */
const cspan_otlp_signal_names *cspan_otlp_names(cspan_otlp_signal signal);

#endif
