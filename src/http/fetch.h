/* SPDX-License-Identifier: Apache-2.0 */
/* A whole exchange in one call, for small answers of services nearby. */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "http/http.h"

/* Sends `request` (whose sink, deadline and cancellation are set here) on a loop of the client and
 * waits for the end, at most until the context's. Any answer is CSPAN_OK: its code is in
 * *http_status and its body in `answer`, whose cap counts. `error` names host and port, never a
 * path. */
cspan_status cspan_http_fetch(cspan_http_client *client, const cspan_http_request *request,
                              const cspan_context *context, cspan_buf *answer, int *http_status,
                              cspan_error **error);

#endif
