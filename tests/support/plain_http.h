/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request by libcurl's easy interface, with nothing of the library between. */
#ifndef SUPPORT_PLAIN_HTTP_H
#define SUPPORT_PLAIN_HTTP_H

#include <stddef.h>

/* The HTTP status, 0 when there was no answer. `header` ("Name: value") and `body` may be
 * NULL. The answer's body goes to *answer, NUL-terminated; free(). */
int plain_http(const char *method, const char *url, const char *header, const void *body,
               size_t body_len, char **answer);

#endif
