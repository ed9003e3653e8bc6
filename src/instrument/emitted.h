/* SPDX-License-Identifier: Apache-2.0 */
/* Every attribute that the instrumentation sets, for what is made of the tables: documentation, and
 * the test that holds it against the semantic conventions. */
#ifndef INSTRUMENT_EMITTED_H
#define INSTRUMENT_EMITTED_H

#include <cloudspan/trace.h>

/* One that code sets, rather than a row of a service's table. */
typedef struct cspan_emitted {
  const char *on; /* the span: "call", "attempt", "process"; "link", or the name of an event */
  const char *key;
  const char *type; /* "string", "int", "double", "boolean", "string[]", "int[]" */
  const char *when; /* "legacy": only where semconv is not "stable" */
} cspan_emitted;

/* All of them; NULL past the end. */
const cspan_emitted *cspan_emitted_at(size_t index);

/* The type of what a row of a service's table makes. */
const char *cspan_emitted_type(cspan_attribute_form form);

#endif
