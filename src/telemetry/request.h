/* SPDX-License-Identifier: Apache-2.0 */
/* From ended spans to the bytes of an OTLP ExportTraceServiceRequest: resource
 * and scopes are put around spans that are encoded already. */
#ifndef TELEMETRY_REQUEST_H
#define TELEMETRY_REQUEST_H

#include <cloudspan/ext/exporter.h>

#include "telemetry/wire.h"

/* Spans of one scope to be sent; borrowed. */
typedef struct cspan_request_run {
  const cspan_tracer *tracer;
  const uint8_t *bytes;
  size_t size;
  uint32_t group; /* private */
  bool is_framed; /* as cspan_request_frame() does; else one span's own bytes */
} cspan_request_run;

/* The spans of one scope. */
typedef struct cspan_request_group {
  const cspan_tracer *tracer;
  size_t size; /* the ScopeSpans message */
} cspan_request_group;

typedef struct cspan_request {
  uint8_t *data;
  size_t len;
  size_t cap;
  cspan_request_run *runs; /* filled by the caller, up to max_runs */
  cspan_request_group *groups;
  size_t max_runs;
} cspan_request;

/* False when out of memory. */
bool cspan_request_init(cspan_request *request, size_t max_runs);
void cspan_request_free(cspan_request *request);
/* Builds `data` of the first `count` runs in a buffer that is kept for the next
 * call. False when out of memory. */
bool cspan_request_build(cspan_request *request, const cspan_encoded_resource *resource,
                         size_t count);

/* Writes a span as it stands in a request: wire_bytes_size() of its size. Returns the end. */
static inline uint8_t *cspan_request_frame(uint8_t *p, const uint8_t *span, size_t size) {
  enum { TAG_SPAN = 0x12 }; /* of ScopeSpans */
  return wire_bytes(p, TAG_SPAN, span, size);
}

#endif
