/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes from documents by rules whose paths were read once. */
#ifndef INSTRUMENT_EXTRACT_H
#define INSTRUMENT_EXTRACT_H

#include "instrument/carriers/carried.h"
#include "instrument/path.h"
#include "instrument/rules.h"

enum { CSPAN_MAX_OWN_RULES = 100, CSPAN_MAX_RULES = 160 };

/* A rule with its path read. */
typedef struct cspan_path_rule {
  cspan_path *path;          /* NULL: the code of the error */
  cspan_attribute_rule rule; /* its texts live as long as the plan */
  cspan_attr text;           /* the attribute with this key and an empty text */
  const char *member;        /* the path, when it is one name of the input; else NULL */
  const struct cspan_operation_documents *member_of; /* in whose inputs it is ... */
  const void *member_at;                             /* ... here; both NULL: not known */
  const struct cspan_path_rule *next;                /* behind those with the same key */
} cspan_path_rule;

/* The rules of a plan: the user's, then the service's, without the keys that are left out. */
cspan_status cspan_extraction_make(const cspan_service_rules *service,
                                   const cspan_own_rules *own_rules, const char *service_id,
                                   const char *operation, bool of_input, cspan_extraction *out,
                                   cspan_error **error);
void cspan_extraction_free(cspan_extraction *extraction);
/* Remembers where calls like this one have the members of the input. */
void cspan_extraction_find_members(cspan_extraction *extraction, const struct cspan_call *call);

/* Attributes of the input, at most `capacity`; texts are borrowed from the document or in memory
 * of the call. */
size_t cspan_extract_start(const cspan_extraction *extraction, struct cspan_call *call,
                           cspan_attr *out, size_t capacity);
/* Those of output and error, set on the span. */
void cspan_extract_end(const cspan_extraction *extraction, struct cspan_call *call,
                       cspan_span span);

/* attribute_form.c: the attribute of a rule from the document at `root`, or, where `path` is NULL,
 * from that value itself; false: there is none. Texts are borrowed from it or from `memory`. */
bool cspan_attribute_make(const cspan_memory *memory, const cspan_attribute_rule *rule,
                          const cspan_path *path, const cspan_value *root, cspan_attr *out);
/* Memory of a call. */
cspan_memory cspan_memory_of_call(struct cspan_call *call);
/* extract.c: texts that no rule finds, checked and bounded as those are; false: it is not UTF-8. */
bool cspan_attribute_text(const char *key, const char *text, size_t size, size_t max_bytes,
                          cspan_attr *out);

/* own_rules.c: the user's rows and removals, copied and checked. */
cspan_status cspan_own_rules_copy(const cspan_trace_options *options, cspan_own_rules *out,
                                  cspan_error **error);
void cspan_own_rules_free(cspan_own_rules *own_rules);
/* Whether a key of the library's own is left out. */
bool cspan_own_rules_remove(const cspan_own_rules *own_rules, const char *key);
/* Takes out attributes whose keys are left out; returns how many stay. */
size_t cspan_own_rules_filter(const cspan_own_rules *own_rules, cspan_attr *attrs, size_t count);

#endif
