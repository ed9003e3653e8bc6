/* SPDX-License-Identifier: Apache-2.0 */
/* What the section of a configuration file may hold. */
#ifndef INSTRUMENT_OPTIONS_SCHEMA_H
#define INSTRUMENT_OPTIONS_SCHEMA_H

#include "telemetry/config/schema.h"

extern const cspan_schema cspan_options_schema;
/* What stands above it, below "c": it, and the sections of other libraries. */
extern const cspan_schema cspan_libraries_schema;

/* The words of an option, NULL-terminated: the index of a word is that of the C value, from the
 * one that is named. */
extern const char *const cspan_option_retries[];  /* CSPAN_RETRY_EVENTS */
extern const char *const cspan_option_semconv[];  /* CSPAN_SEMCONV_STABLE */
extern const char *const cspan_option_spans[];    /* CSPAN_MESSAGING_SPANS_CONVENTION */
extern const char *const cspan_option_carriers[]; /* the bits from CSPAN_CARRIER_SQS */
extern const char *const cspan_option_sources[];  /* CSPAN_FROM_INPUT */
extern const char *const cspan_option_forms[];    /* CSPAN_AS_STRING */

/* A row of the documentation. */
typedef struct cspan_option_row {
  const char *key;    /* as in the file, with '.' between */
  const char *option; /* the member of cspan_trace_options */
  const char *values; /* what may stand there */
  const char *fallback;
  const char *meaning;
} cspan_option_row;

extern const cspan_option_row cspan_option_rows[];
extern const size_t cspan_option_row_count;

#endif
