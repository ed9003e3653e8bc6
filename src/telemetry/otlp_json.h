/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/JSON, the JSON encoding of the OTLP specification: ids in hex, 64-bit
 * integers as strings (numbers are read as well), enumerations as numbers. */
#ifndef TELEMETRY_OTLP_JSON_H
#define TELEMETRY_OTLP_JSON_H

#include <cloudspan/ext/exporter.h>

#include "base/buf.h"
#include "telemetry/otlp_signal.h"

/* One ExportTraceServiceRequest as JSON text. Unknown keys are passed over;
 * CSPAN_ERR_PROTOCOL when the text is malformed. */
cspan_status cspan_span_list_decode_json(const char *text, size_t len, cspan_span_list **out,
                                         cspan_error **error);
/* The same, to OTLP protobuf appended to `out`. */
cspan_status cspan_otlp_json_to_protobuf(const char *text, size_t len, cspan_buf *out,
                                         cspan_error **error);
/* An ExportTraceServiceRequest or ExportMetricsServiceRequest in protobuf as text on one line,
 * without a line end, appended to `out`. CSPAN_ERR_PROTOCOL when it is malformed. */
cspan_status cspan_otlp_to_json(cspan_otlp_signal signal, const uint8_t *request, size_t size,
                                cspan_buf *out);

#endif
