/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AWS_CALL_URL_H
#define AWS_CALL_URL_H

#include "aws/call.h"

/* The URL as sent, with `more_query` (may be NULL) appended to the call's. */
cspan_status cspan_call_url(const struct cspan_call *call, const char *more_query, cspan_buf *out);

#endif
