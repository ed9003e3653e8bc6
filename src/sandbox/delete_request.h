/* SPDX-License-Identifier: Apache-2.0 */
/* The document that DeleteObjects sends. */
#ifndef SANDBOX_DELETE_REQUEST_H
#define SANDBOX_DELETE_REQUEST_H

#include "sandbox/errors.h"

typedef struct sbx_delete_item {
  char *key;
  size_t key_len;
  bool other_version; /* names a version that is not "null" */
} sbx_delete_item;

typedef struct sbx_delete_request {
  bool quiet;
  sbx_delete_item *items; /* 1 to 1,000 */
  size_t count;
} sbx_delete_request;

/* MALFORMED_XML or INTERNAL_ERROR; to be freed in any case. */
sbx_error cspan_sbx_delete_parse(const char *data, size_t len, sbx_delete_request *out);
void cspan_sbx_delete_free(sbx_delete_request *request);

#endif
