/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the services that are on this machine, or next to it: never through a proxy. */
#ifndef AWS_CREDENTIALS_NEARBY_H
#define AWS_CREDENTIALS_NEARBY_H

#include "aws/credentials/hunt.h"
#include "aws/credentials/service_call.h"
#include "http/fetch.h"

enum { CSPAN_NEARBY_ANSWER_MAX = 64 * 1024 };

cspan_status cspan_nearby_client(const cspan_hunt *hunt, int64_t timeout_ms,
                                 cspan_http_client **out, cspan_error **error);
/* A GET (or `method`) with at most one header; `answer` is allocated at once, because growing
 * leaves copies of secrets behind. */
cspan_status cspan_nearby_fetch(cspan_http_client *client, const cspan_context *context,
                                const char *method, const char *url, const char *header,
                                const char *value, cspan_buf *answer, int *http_status,
                                cspan_error **error);

#endif
