/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP exporter, inside. */
#ifndef TELEMETRY_EXPORTER_OTLP_H
#define TELEMETRY_EXPORTER_OTLP_H

#include <stdatomic.h>
#include <sys/types.h>

#include <cloudspan/ext/exporter.h>

#include "http/http.h"
#include "telemetry/env_otlp.h"
#include "telemetry/otlp_gzip.h"
#include "telemetry/otlp_outcome.h"
#include "telemetry/otlp_retry.h"

#define CSPAN_OTLP_MAX_REQUEST  ((size_t)64 << 20)
#define CSPAN_OTLP_MAX_RESPONSE ((size_t)4 << 20)

/* Of the user, and ours. */
enum { CSPAN_OTLP_HEADER_ROOM = CSPAN_OTLP_MAX_HEADERS + 8 };

/* The headers of a response that are looked at; longer values are cut. */
typedef struct cspan_otlp_captured {
  char content_type[64];
  char retry_after[64];
  char grpc_status[16];
  char grpc_message[1024];
  char grpc_details[8192];
} cspan_otlp_captured;

typedef struct cspan_otlp_exporter {
  cspan_otlp_settings settings;
  cspan_otlp_retry retry;
  pid_t user;                /* the process that exported last */
  cspan_http_client *client; /* made at the first export */
  cspan_gzip gzip;
  cspan_buf body;     /* the request as it is sent */
  cspan_buf response; /* the body of the last one */
  cspan_otlp_captured captured;
  atomic_bool is_shut_down;
} cspan_otlp_exporter;

/* With waits other than the standard ones; for tests. */
cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error);

/* One try: sends exporter->body, whose encoding is set up, and reads the answer. */
void cspan_otlp_send(cspan_otlp_exporter *exporter, const cspan_context *context,
                     cspan_otlp_outcome *out);
/* Before each use: in a process other than the last time's all that was in use is given
 * up. */
void cspan_otlp_after_fork(cspan_otlp_exporter *exporter);

#endif
