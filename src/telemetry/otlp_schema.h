/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of OTLP as tables: numbers and JSON names of their fields, in the order in
 * which JSON is written. What is written and read as JSON is driven by them. */
#ifndef TELEMETRY_OTLP_SCHEMA_H
#define TELEMETRY_OTLP_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "telemetry/otlp_signal.h"

typedef enum cspan_otlp_kind {
  CSPAN_KIND_STRING,
  CSPAN_KIND_HEX,    /* an id of at most 16 bytes: hexadecimal digits */
  CSPAN_KIND_BASE64, /* bytes */
  CSPAN_KIND_BOOL,
  CSPAN_KIND_INT64,
  CSPAN_KIND_UINT32, /* and enumerations: a number */
  CSPAN_KIND_FIXED32,
  CSPAN_KIND_FIXED64, /* a string of digits, as all integers of 64 bits */
  CSPAN_KIND_SFIXED64,
  CSPAN_KIND_DOUBLE,
  CSPAN_KIND_FIXED64_LIST, /* packed */
  CSPAN_KIND_DOUBLE_LIST,  /* packed */
  CSPAN_KIND_MESSAGE,
  CSPAN_KIND_MESSAGE_LIST,
} cspan_otlp_kind;

typedef struct cspan_otlp_field {
  const char *key; /* NULL ends a table */
  uint32_t number;
  cspan_otlp_kind kind;
  const struct cspan_otlp_field *fields; /* of a message */
  bool one_of;                           /* at most one of these is set in a message */
} cspan_otlp_field;

/* No table is longer. */
enum { CSPAN_OTLP_MAX_FIELDS = 16 };

/* ExportTraceServiceRequest or ExportMetricsServiceRequest. */
const cspan_otlp_field *cspan_otlp_schema(cspan_otlp_signal signal);
/* The wire type of a field. */
unsigned cspan_otlp_wire_type(cspan_otlp_kind kind);

#endif
