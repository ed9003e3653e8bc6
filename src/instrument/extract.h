/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes from documents by rules whose paths were read once. */
#ifndef INSTRUMENT_EXTRACT_H
#define INSTRUMENT_EXTRACT_H

#include "instrument/rules.h"

/* A path: members with '.' between; "[]" after a name is every item of the list (or member of the
 * map), "[0]" the item at an index: "Entries[].EventBusName". */
typedef struct cspan_path cspan_path;

/* CSPAN_ERR_INVALID for what is no path. */
cspan_status cspan_path_parse(const char *text, cspan_path **out, cspan_error **error);
void cspan_path_free(cspan_path *path);
/* The first value at the path; NULL: none. */
const cspan_value *cspan_path_first(const cspan_path *path, const cspan_value *value);

/* A rule with its path read. */
typedef struct cspan_path_rule {
  cspan_path *path;
  cspan_attribute_rule rule; /* its texts live as long as the plan */
} cspan_path_rule;

/* The rules of a plan: the user's, then the service's, without the keys that are left out. */
cspan_status cspan_extraction_make(const cspan_service_rules *service,
                                   const cspan_own_rules *own_rules, const char *service_id,
                                   const char *operation, bool of_input, cspan_extraction *out,
                                   cspan_error **error);
void cspan_extraction_free(cspan_extraction *extraction);

/* Attributes of the input, at most `capacity`; texts are borrowed from the document or in memory
 * of the call. */
size_t cspan_extract_start(const cspan_extraction *extraction, struct cspan_call *call,
                           cspan_attr *out, size_t capacity);
/* Those of output and error, set on the span. */
void cspan_extract_end(const cspan_extraction *extraction, struct cspan_call *call,
                       cspan_span span);

/* The user's rows and removals, copied and checked. */
cspan_status cspan_own_rules_copy(const cspan_trace_options *options, cspan_own_rules *out,
                                  cspan_error **error);
void cspan_own_rules_free(cspan_own_rules *own_rules);

#endif
