/* SPDX-License-Identifier: Apache-2.0 */
/* How to export: options first, then OTEL_EXPORTER_OTLP_TRACES_* (or those of another
 * signal), then OTEL_EXPORTER_OTLP_*, then the defaults. */
#ifndef TELEMETRY_ENV_OTLP_H
#define TELEMETRY_ENV_OTLP_H

#include <cloudspan/telemetry.h>

#include "base/arena.h"
#include "http/http.h"
#include "telemetry/otlp_signal.h"

enum { CSPAN_OTLP_MAX_HEADERS = 64 };

typedef struct cspan_otlp_settings {
  cspan_arena *arena; /* everything that is pointed at */
  cspan_otlp_signal signal;
  bool grpc;
  bool json; /* the body of HTTP */
  bool gzip;
  bool tls_assumed; /* https because the variable's endpoint had no scheme */
  int64_t timeout_ms;
  const char *url;    /* with the path of the service */
  const char *origin; /* scheme, host and port, for messages */
  const char *host;   /* without the brackets of an IPv6 address */
  uint16_t port;
  const cspan_http_header *headers; /* of the user; names in lower case */
  size_t header_count;
  const char *certificate;
  const char *client_certificate;
  const char *client_key;
} cspan_otlp_settings;

/* CSPAN_ERR_CONFIG for an option that is wrong. A variable that is wrong is warned
 * of and passed over. `options` may be NULL. */
cspan_status cspan_otlp_settings_resolve(cspan_otlp_signal signal,
                                         const cspan_otlp_options *options,
                                         cspan_otlp_settings *out, cspan_error **error);
void cspan_otlp_settings_free(cspan_otlp_settings *settings);

/* ------------------------------------------------ pieces, and for their tests */

typedef enum cspan_endpoint_source {
  CSPAN_ENDPOINT_OPTION,
  CSPAN_ENDPOINT_OPTION_FULL, /* the path is not added to */
  CSPAN_ENDPOINT_VARIABLE,
  CSPAN_ENDPOINT_SIGNAL_VARIABLE, /* the path is not added to */
} cspan_endpoint_source;

/* Sets url, origin, host, port and tls_assumed; settings->grpc and signal are known. NULL on success, else
 * what is wrong ("" when out of memory), as the end of a sentence. */
const char *cspan_otlp_endpoint(cspan_otlp_settings *settings, const char *text,
                                cspan_endpoint_source source);
/* Sets the headers of "key=value,key2=value2". NULL on success, else what is wrong
 * ("" when out of memory); never quotes a value. */
const char *cspan_otlp_headers(cspan_otlp_settings *settings, const char *text);
/* The value of OTEL_EXPORTER_OTLP_<infix><suffix>, NULL when it is not set; `infix` is that of
 * a signal ("TRACES_") or "". *name receives the variable's name, borrowed until the next call
 * on the thread. */
const char *cspan_otlp_env(const char *infix, const char *suffix, const char **name);

#endif
