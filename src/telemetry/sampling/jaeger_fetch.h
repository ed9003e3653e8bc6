/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a Jaeger backend for sampling strategies. */
#ifndef TELEMETRY_SAMPLING_JAEGER_FETCH_H
#define TELEMETRY_SAMPLING_JAEGER_FETCH_H

#include "http/http.h"

enum { CSPAN_JAEGER_ANSWER_MAX = 4 << 20 };

/* The URL to be asked: what `endpoint` leaves out is added, and the service. Pure. */
cspan_status cspan_jaeger_url(const char *endpoint, const char *service, char **out,
                              cspan_error **error);

/* One GET, within 10 seconds; the body of a 200 goes to `answer`. */
cspan_status cspan_jaeger_fetch(cspan_http_client *http, const char *url, cspan_cancel *cancel,
                                cspan_buf *answer, cspan_error **error);

#endif
