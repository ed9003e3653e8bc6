/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical request of SigV4, from what was received. */
#ifndef SANDBOX_CANONICAL_H
#define SANDBOX_CANONICAL_H

#include "base/text.h"
#include "sandbox/request.h"

/* The query parameter `skip` (of a presigned URL: its signature) is left out;
 * NULL: none. */
cspan_status cspan_sbx_canonical_request(cspan_buf *out, const sbx_request *request,
                                         cspan_str signed_headers, const char *payload,
                                         const char *skip);

/* Whether `name` (any case) is in a list separated by semicolons. */
bool cspan_sbx_is_signed(cspan_str signed_headers, const char *name);

#endif
