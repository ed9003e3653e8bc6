/* SPDX-License-Identifier: Apache-2.0 */
/* What a memory exporter keeps. Requests joined together are one request again, by the rules
 * of protobuf: so the bytes are all that is kept. */
#ifndef TELEMETRY_KEPT_REQUESTS_H
#define TELEMETRY_KEPT_REQUESTS_H

#include "telemetry/decode.h"

typedef struct cspan_kept_requests cspan_kept_requests;

/* `reset` is the public function that makes room again, for an error. NULL when out of memory. */
cspan_kept_requests *cspan_kept_create(const cspan_decode_signal *signal, const char *reset);
/* Fits an exporter's `free`. */
void cspan_kept_free(void *kept);
/* On failure, what was kept before stays. */
cspan_status cspan_kept_add(cspan_kept_requests *kept, const uint8_t *request, size_t size,
                            cspan_error **error);
/* A list of all that is kept, of the signal's type; NULL, and a line in the log, on failure. */
void *cspan_kept_list(cspan_kept_requests *kept);
void cspan_kept_clear(cspan_kept_requests *kept);

#endif
