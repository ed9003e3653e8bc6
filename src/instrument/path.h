/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into documents, read once:
 *   path  = step *("." step)
 *   step  = name *("[]" / "[" digits "]")
 * A name is a member of a map; "[]" is every item of a list or every member of a map; "[0]" is the
 * item at an index: "Entries[].EventBusName", "TransactItems[][].TableName". Names have none of
 * '.', '[' and ']'. Bytes in, bytes out.
 */
#ifndef INSTRUMENT_PATH_H
#define INSTRUMENT_PATH_H

#include <cloudspan/value.h>

typedef struct cspan_path cspan_path;

enum { CSPAN_PATH_MAX_STEPS = 16, CSPAN_PATH_MAX_BYTES = 512 };

/* CSPAN_ERR_INVALID for what is no path, with an error that says where it is none. */
cspan_status cspan_path_parse(const char *text, cspan_path **out, cspan_error **error);
void cspan_path_free(cspan_path *path);

/* The name, when the path is a member of the document itself; else NULL. */
const char *cspan_path_member(const cspan_path *path);
/* Whether it may lead to several values. */
bool cspan_path_has_each(const cspan_path *path);

/* The first value at the path that is not null; NULL: none. */
const cspan_value *cspan_path_first(const cspan_path *path, const cspan_value *value);

/* Called with each value at the path, in order, nulls left out; false ends it. */
typedef bool (*cspan_path_visit_fn)(void *user, const cspan_value *value);
void cspan_path_visit(const cspan_path *path, const cspan_value *value, cspan_path_visit_fn visit,
                      void *user);

#endif
