/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as one line of JSON, for programs. */
#ifndef VIEWER_TRACE_JSON_H
#define VIEWER_TRACE_JSON_H

#include "base/buf.h"
#include "viewer/record.h"

/*
 * Appends one object and a line end:
 *   {"traceId", "name", "serviceName", "startTimeUnixNano", "endTimeUnixNano",
 *    "spanCount", "errorCount", "droppedSpanCount", "spans": [...]}
 * `name` and `serviceName` are those of the root. A span has the names of OTLP/JSON
 * (times and ids as text, kind and status.code as numbers), but attributes are an object
 * of plain JSON values, and resource and scope stand in the span. Spans are in order of
 * start time. What is empty or zero in a span is left out, but for its names, ids and
 * times.
 */
cspan_status cspan_trace_json(const cspan_trace_record *record, cspan_buf *out);

#endif
