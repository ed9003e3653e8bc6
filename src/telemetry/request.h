/* SPDX-License-Identifier: Apache-2.0 */
/* From ended spans to the bytes of an OTLP ExportTraceServiceRequest: resource
 * and scopes are put around spans that are encoded already. */
#ifndef TELEMETRY_REQUEST_H
#define TELEMETRY_REQUEST_H

#include <cloudspan/ext/exporter.h>

/* A span to be sent; borrowed. */
typedef struct cspan_request_span {
  const cspan_tracer *tracer;
  const uint8_t *span;
  uint32_t size;
  uint32_t group; /* private */
} cspan_request_span;

/* The spans of one scope. */
typedef struct cspan_request_group {
  const cspan_tracer *tracer;
  size_t size; /* the ScopeSpans message */
} cspan_request_group;

typedef struct cspan_request {
  uint8_t *data;
  size_t len;
  size_t cap;
  cspan_request_span *spans; /* filled by the caller, up to max_spans */
  cspan_request_group *groups;
  size_t max_spans;
} cspan_request;

/* False when out of memory. */
bool cspan_request_init(cspan_request *request, size_t max_spans);
void cspan_request_free(cspan_request *request);
/* Builds `data` of the first `count` spans in a buffer that is kept for the next
 * call. False when out of memory. */
bool cspan_request_build(cspan_request *request, const cspan_encoded_resource *resource,
                         size_t count);

#endif
