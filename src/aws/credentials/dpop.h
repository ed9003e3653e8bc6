/* SPDX-License-Identifier: Apache-2.0 */
/* A proof that a request comes from the holder of a key: RFC 9449, ES256 only. No I/O. */
#ifndef AWS_CREDENTIALS_DPOP_H
#define AWS_CREDENTIALS_DPOP_H

#include "base/buf.h"

/* Appends the proof for a POST to `url`: a JSON Web Token signed with the P-256 key in `pem`.
 * `id` is unique. CSPAN_ERR_CREDENTIALS where the key cannot be used. */
cspan_status cspan_dpop_proof(const char *pem, const char *url, const char *id, int64_t now_unix_s,
                              cspan_buf *out, cspan_error **error);

#endif
