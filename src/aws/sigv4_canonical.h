/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical forms of SigV4: path, query and headers. */
#ifndef AWS_SIGV4_CANONICAL_H
#define AWS_SIGV4_CANONICAL_H

#include "base/buf.h"
#include "http/http.h"

/* Appends the path; normalize removes "//", "/./" and "/../"; encode percent-encodes it. */
cspan_status cspan_sigv4_canonical_path(cspan_buf *out, const char *path, bool normalize,
                                        bool encode);

/* Appends the parameters of both raw queries (either may be NULL), encoded and sorted. */
cspan_status cspan_sigv4_canonical_query(cspan_buf *out, const char *query, const char *more);

/* Headers sorted by name; equal names stay in their order. */
typedef struct cspan_sorted_headers {
  const cspan_http_header **items;
  size_t count;
  const cspan_http_header *few[48];
} cspan_sorted_headers;

/* `headers` and `more`, without those that are not signed. Borrows the headers. */
cspan_status cspan_sorted_headers_init(cspan_sorted_headers *sorted,
                                       const cspan_http_header *headers, size_t count,
                                       const cspan_http_header *more, size_t more_count);
void cspan_sorted_headers_free(cspan_sorted_headers *sorted);
/* "name:value\n" lines, equal names joined by ','. */
cspan_status cspan_sigv4_canonical_headers(cspan_buf *out, const cspan_sorted_headers *sorted);
/* "host;x-amz-date" */
cspan_status cspan_sigv4_signed_headers(cspan_buf *out, const cspan_sorted_headers *sorted);

#endif
