/* SPDX-License-Identifier: Apache-2.0 */
/* A short list of names and values, both owned: headers, query parameters. */
#ifndef SANDBOX_PAIRS_H
#define SANDBOX_PAIRS_H

#include <cloudspan/base.h>

typedef struct sbx_pair {
  char *name;
  char *value;
} sbx_pair;

typedef struct sbx_pairs {
  sbx_pair *items;
  size_t count;
  size_t cap;
} sbx_pairs;

/* Copies both. CSPAN_ERR_LIMIT at 1,024 pairs. */
cspan_status cspan_sbx_pairs_add(sbx_pairs *pairs, const char *name, const char *value);
/* Takes both, also when it fails; either may be NULL after a failed allocation. */
cspan_status cspan_sbx_pairs_take(sbx_pairs *pairs, char *name, char *value);
cspan_status cspan_sbx_pairs_copy(sbx_pairs *to, const sbx_pairs *from);
/* The first of that name, NULL when there is none. */
const char *cspan_sbx_pairs_get(const sbx_pairs *pairs, const char *name);
const char *cspan_sbx_pairs_iget(const sbx_pairs *pairs, const char *name); /* in any case */
/* Whether a name starts with `prefix`, which is in lower case; any case. */
bool cspan_sbx_has_prefix(const char *name, const char *prefix);
void cspan_sbx_pairs_free(sbx_pairs *pairs);

#endif
