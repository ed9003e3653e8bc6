/* SPDX-License-Identifier: Apache-2.0 */
/* Field numbers and names are those of opentelemetry/proto: common, resource, trace and
 * metrics, v1. */
#include "telemetry/otlp_schema.h"

#include "telemetry/wire.h"

/* ------------------------------------------------------------------ common */

static const cspan_otlp_field key_value_fields[3];
static const cspan_otlp_field any_value_fields[8];

static const cspan_otlp_field array_value_fields[] = {
    {"values", 1, CSPAN_KIND_MESSAGE_LIST, any_value_fields, false},
    {0},
};
static const cspan_otlp_field map_value_fields[] = {
    {"values", 1, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {0},
};
static const cspan_otlp_field any_value_fields[8] = {
    {"stringValue", 1, CSPAN_KIND_STRING, NULL, true},
    {"boolValue", 2, CSPAN_KIND_BOOL, NULL, true},
    {"intValue", 3, CSPAN_KIND_INT64, NULL, true},
    {"doubleValue", 4, CSPAN_KIND_DOUBLE, NULL, true},
    {"arrayValue", 5, CSPAN_KIND_MESSAGE, array_value_fields, true},
    {"kvlistValue", 6, CSPAN_KIND_MESSAGE, map_value_fields, true},
    {"bytesValue", 7, CSPAN_KIND_BASE64, NULL, true},
    {0},
};
static const cspan_otlp_field key_value_fields[3] = {
    {"key", 1, CSPAN_KIND_STRING, NULL, false},
    {"value", 2, CSPAN_KIND_MESSAGE, any_value_fields, false},
    {0},
};
static const cspan_otlp_field scope_fields[] = {
    {"name", 1, CSPAN_KIND_STRING, NULL, false},
    {"version", 2, CSPAN_KIND_STRING, NULL, false},
    {"attributes", 3, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"droppedAttributesCount", 4, CSPAN_KIND_UINT32, NULL, false},
    {0},
};
static const cspan_otlp_field resource_fields[] = {
    {"attributes", 1, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"droppedAttributesCount", 2, CSPAN_KIND_UINT32, NULL, false},
    {0},
};

/* ------------------------------------------------------------------- spans */

static const cspan_otlp_field event_fields[] = {
    {"timeUnixNano", 1, CSPAN_KIND_FIXED64, NULL, false},
    {"name", 2, CSPAN_KIND_STRING, NULL, false},
    {"attributes", 3, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"droppedAttributesCount", 4, CSPAN_KIND_UINT32, NULL, false},
    {0},
};
static const cspan_otlp_field link_fields[] = {
    {"traceId", 1, CSPAN_KIND_HEX, NULL, false},
    {"spanId", 2, CSPAN_KIND_HEX, NULL, false},
    {"traceState", 3, CSPAN_KIND_STRING, NULL, false},
    {"attributes", 4, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"droppedAttributesCount", 5, CSPAN_KIND_UINT32, NULL, false},
    {"flags", 6, CSPAN_KIND_FIXED32, NULL, false},
    {0},
};
static const cspan_otlp_field status_fields[] = {
    {"message", 2, CSPAN_KIND_STRING, NULL, false},
    {"code", 3, CSPAN_KIND_UINT32, NULL, false},
    {0},
};
static const cspan_otlp_field span_fields[] = {
    {"traceId", 1, CSPAN_KIND_HEX, NULL, false},
    {"spanId", 2, CSPAN_KIND_HEX, NULL, false},
    {"traceState", 3, CSPAN_KIND_STRING, NULL, false},
    {"parentSpanId", 4, CSPAN_KIND_HEX, NULL, false},
    {"flags", 16, CSPAN_KIND_FIXED32, NULL, false},
    {"name", 5, CSPAN_KIND_STRING, NULL, false},
    {"kind", 6, CSPAN_KIND_UINT32, NULL, false},
    {"startTimeUnixNano", 7, CSPAN_KIND_FIXED64, NULL, false},
    {"endTimeUnixNano", 8, CSPAN_KIND_FIXED64, NULL, false},
    {"attributes", 9, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"droppedAttributesCount", 10, CSPAN_KIND_UINT32, NULL, false},
    {"events", 11, CSPAN_KIND_MESSAGE_LIST, event_fields, false},
    {"droppedEventsCount", 12, CSPAN_KIND_UINT32, NULL, false},
    {"links", 13, CSPAN_KIND_MESSAGE_LIST, link_fields, false},
    {"droppedLinksCount", 14, CSPAN_KIND_UINT32, NULL, false},
    {"status", 15, CSPAN_KIND_MESSAGE, status_fields, false},
    {0},
};
static const cspan_otlp_field scope_spans_fields[] = {
    {"scope", 1, CSPAN_KIND_MESSAGE, scope_fields, false},
    {"spans", 2, CSPAN_KIND_MESSAGE_LIST, span_fields, false},
    {"schemaUrl", 3, CSPAN_KIND_STRING, NULL, false},
    {0},
};
static const cspan_otlp_field resource_spans_fields[] = {
    {"resource", 1, CSPAN_KIND_MESSAGE, resource_fields, false},
    {"scopeSpans", 2, CSPAN_KIND_MESSAGE_LIST, scope_spans_fields, false},
    {"schemaUrl", 3, CSPAN_KIND_STRING, NULL, false},
    {0},
};
static const cspan_otlp_field trace_request_fields[] = {
    {"resourceSpans", 1, CSPAN_KIND_MESSAGE_LIST, resource_spans_fields, false},
    {0},
};

/* ----------------------------------------------------------------- metrics */

static const cspan_otlp_field exemplar_fields[] = {
    {"filteredAttributes", 7, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"timeUnixNano", 2, CSPAN_KIND_FIXED64, NULL, false},
    {"asDouble", 3, CSPAN_KIND_DOUBLE, NULL, true},
    {"asInt", 6, CSPAN_KIND_SFIXED64, NULL, true},
    {"spanId", 4, CSPAN_KIND_HEX, NULL, false},
    {"traceId", 5, CSPAN_KIND_HEX, NULL, false},
    {0},
};
static const cspan_otlp_field number_point_fields[] = {
    {"attributes", 7, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"startTimeUnixNano", 2, CSPAN_KIND_FIXED64, NULL, false},
    {"timeUnixNano", 3, CSPAN_KIND_FIXED64, NULL, false},
    {"asDouble", 4, CSPAN_KIND_DOUBLE, NULL, true},
    {"asInt", 6, CSPAN_KIND_SFIXED64, NULL, true},
    {"exemplars", 5, CSPAN_KIND_MESSAGE_LIST, exemplar_fields, false},
    {"flags", 8, CSPAN_KIND_UINT32, NULL, false},
    {0},
};
static const cspan_otlp_field histogram_point_fields[] = {
    {"attributes", 9, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {"startTimeUnixNano", 2, CSPAN_KIND_FIXED64, NULL, false},
    {"timeUnixNano", 3, CSPAN_KIND_FIXED64, NULL, false},
    {"count", 4, CSPAN_KIND_FIXED64, NULL, false},
    {"sum", 5, CSPAN_KIND_DOUBLE, NULL, false},
    {"bucketCounts", 6, CSPAN_KIND_FIXED64_LIST, NULL, false},
    {"explicitBounds", 7, CSPAN_KIND_DOUBLE_LIST, NULL, false},
    {"exemplars", 8, CSPAN_KIND_MESSAGE_LIST, exemplar_fields, false},
    {"flags", 10, CSPAN_KIND_UINT32, NULL, false},
    {"min", 11, CSPAN_KIND_DOUBLE, NULL, false},
    {"max", 12, CSPAN_KIND_DOUBLE, NULL, false},
    {0},
};
static const cspan_otlp_field gauge_fields[] = {
    {"dataPoints", 1, CSPAN_KIND_MESSAGE_LIST, number_point_fields, false},
    {0},
};
static const cspan_otlp_field sum_fields[] = {
    {"dataPoints", 1, CSPAN_KIND_MESSAGE_LIST, number_point_fields, false},
    {"aggregationTemporality", 2, CSPAN_KIND_UINT32, NULL, false},
    {"isMonotonic", 3, CSPAN_KIND_BOOL, NULL, false},
    {0},
};
static const cspan_otlp_field histogram_fields[] = {
    {"dataPoints", 1, CSPAN_KIND_MESSAGE_LIST, histogram_point_fields, false},
    {"aggregationTemporality", 2, CSPAN_KIND_UINT32, NULL, false},
    {0},
};
static const cspan_otlp_field metric_fields[] = {
    {"name", 1, CSPAN_KIND_STRING, NULL, false},
    {"description", 2, CSPAN_KIND_STRING, NULL, false},
    {"unit", 3, CSPAN_KIND_STRING, NULL, false},
    {"gauge", 5, CSPAN_KIND_MESSAGE, gauge_fields, true},
    {"sum", 7, CSPAN_KIND_MESSAGE, sum_fields, true},
    {"histogram", 9, CSPAN_KIND_MESSAGE, histogram_fields, true},
    {"metadata", 12, CSPAN_KIND_MESSAGE_LIST, key_value_fields, false},
    {0},
};
static const cspan_otlp_field scope_metrics_fields[] = {
    {"scope", 1, CSPAN_KIND_MESSAGE, scope_fields, false},
    {"metrics", 2, CSPAN_KIND_MESSAGE_LIST, metric_fields, false},
    {"schemaUrl", 3, CSPAN_KIND_STRING, NULL, false},
    {0},
};
static const cspan_otlp_field resource_metrics_fields[] = {
    {"resource", 1, CSPAN_KIND_MESSAGE, resource_fields, false},
    {"scopeMetrics", 2, CSPAN_KIND_MESSAGE_LIST, scope_metrics_fields, false},
    {"schemaUrl", 3, CSPAN_KIND_STRING, NULL, false},
    {0},
};
static const cspan_otlp_field metrics_request_fields[] = {
    {"resourceMetrics", 1, CSPAN_KIND_MESSAGE_LIST, resource_metrics_fields, false},
    {0},
};

_Static_assert(sizeof span_fields / sizeof span_fields[0] == CSPAN_OTLP_MAX_FIELDS + 1,
               "a span has the most fields");

const cspan_otlp_field *cspan_otlp_schema(cspan_otlp_signal signal) {
  return signal == CSPAN_OTLP_METRICS ? metrics_request_fields : trace_request_fields;
}

unsigned cspan_otlp_wire_type(cspan_otlp_kind kind) {
  switch (kind) {
  case CSPAN_KIND_BOOL:
  case CSPAN_KIND_INT64:
  case CSPAN_KIND_UINT32:
    return WIRE_VARINT;
  case CSPAN_KIND_FIXED32:
    return WIRE_FIXED32;
  case CSPAN_KIND_FIXED64:
  case CSPAN_KIND_SFIXED64:
  case CSPAN_KIND_DOUBLE:
    return WIRE_FIXED64;
  default:
    return WIRE_BYTES;
  }
}
