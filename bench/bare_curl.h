/* SPDX-License-Identifier: Apache-2.0 */
/* Bare libcurl as a benchmark's floor: an easy handle that sends the request of one of our traced
 * calls again and again, with a ready signature. */
#ifndef BENCH_BARE_CURL_H
#define BENCH_BARE_CURL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bare_curl bare_curl;

typedef enum bare_request { BARE_PUT_OBJECT, BARE_GET_ITEM } bare_request;

/* `body` is borrowed. NULL when there is no memory. */
bare_curl *bare_curl_open(bare_request which, int port, const char *body, size_t size);
void bare_curl_close(bare_curl *self);
/* One request, one answer; false where it is not 200. */
bool bare_curl_send(bare_curl *self);

#endif
