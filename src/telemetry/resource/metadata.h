/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to metadata services: short, never through a proxy, never told in a log. */
#ifndef TELEMETRY_RESOURCE_METADATA_H
#define TELEMETRY_RESOURCE_METADATA_H

#include "http/http.h"
#include "telemetry/resource/detector.h"

enum { CSPAN_METADATA_TIMEOUT_MS = 1000, CSPAN_METADATA_ANSWER_MAX = 1 << 18 };

typedef struct cspan_metadata_request {
  const char *method; /* NULL: GET */
  const char *url;
  const cspan_http_header *headers;
  size_t header_count;
} cspan_metadata_request;

/* One for the requests of a detector; `ca_bundle` NULL: the system's. NULL when out of memory. */
cspan_http_client *cspan_metadata_client(const char *ca_bundle);
/* The body of an answer with status 200. False for anything else, and where it takes longer than a
 * second, or than the detection's context allows. */
bool cspan_metadata_fetch(const cspan_detection *at, cspan_http_client *client,
                          const cspan_metadata_request *request, cspan_buf *answer);
/* The URL is http, of an address that never leaves the machine: link-local or loopback. */
bool cspan_metadata_is_local(const char *url);

#endif
