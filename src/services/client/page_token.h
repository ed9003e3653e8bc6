/* SPDX-License-Identifier: Apache-2.0 */
/* The place where a listing stopped, as text, and cutting pages. Pure. */
#ifndef SERVICES_CLIENT_PAGE_TOKEN_H
#define SERVICES_CLIENT_PAGE_TOKEN_H

#include "base/value.h"

/* What the next page is asked with, and how many of its items were given
 * before. */
typedef struct cspan_page_token {
  cspan_document *values; /* a map by input member; NULL: the first page */
  size_t skip;
} cspan_page_token;

void cspan_page_token_free(cspan_page_token *token);
/* Base64 of a JSON object, as the AWS CLI writes it: the members, and
 * "boto_truncate_amount" for the items to skip. *text is freed with
 * cspan_free(). */
cspan_status cspan_page_token_write(const cspan_page_token *token, size_t skip, char **text);
cspan_status cspan_page_token_read(const char *text, cspan_page_token *out, cspan_error **error);

/* The value at a path of member names: "DistributionList.Items"; NULL: not
 * there. */
const cspan_value *cspan_page_find(const cspan_value *page, const char *path);
/* Makes *page a page whose list at `path` has the items from `from` to `to`
 * only; what is on the way is copied into the arena. NOMEM. */
cspan_status cspan_page_cut(cspan_arena *arena, cspan_value *page, const char *path, size_t from,
                            size_t to);

#endif
