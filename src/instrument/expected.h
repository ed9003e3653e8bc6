/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes that are failures of a call but no errors of its span. */
#ifndef INSTRUMENT_EXPECTED_H
#define INSTRUMENT_EXPECTED_H

#include <cloudspan/base.h>

typedef struct cspan_expected {
  const char *operation; /* NULL: any; may end in '*' */
  const char *code;      /* error code, or NULL */
  int http_status;       /* or 0 */
} cspan_expected;

typedef struct cspan_expected_list {
  cspan_expected *items;
  size_t count;
  char *text; /* what the items point into */
} cspan_expected_list;

/* `outcomes` as in cspan_trace_options; NULL: the default list. */
cspan_status cspan_expected_parse(const char *const *outcomes, cspan_expected_list *out,
                                  cspan_error **error);
void cspan_expected_free(cspan_expected_list *list);
bool cspan_expected_match(const cspan_expected_list *list, const char *operation, const char *code,
                          int http_status);

#endif
