/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Signature Version 4a has of its own: the ECDSA key on P-256 that follows from a secret, and
 * signatures by it. Canonical forms and the rest are those of sigv4.h, where a scope with a
 * region_set signs by this.
 *
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests" (SigV4a), and the key
 * derivation of NIST SP 800-108 in counter mode that it names.
 */
#ifndef AWS_SIGV4A_H
#define AWS_SIGV4A_H

#include <cloudspan/base.h>

enum {
  CSPAN_SIGV4A_SIGNATURE_LEN = 72, /* most bytes of a DER signature */
  CSPAN_SIGV4A_POINT_LEN = 65      /* 0x04, x and y */
};

/* Immutable; any number of threads may sign with it at once. */
typedef struct cspan_sigv4a_key cspan_sigv4a_key;

/* The key of credentials: it does not depend on day, region or service, and making it costs more
 * than a signature, so that it is worth keeping. */
cspan_status cspan_sigv4a_key_new(const char *access_key_id, const char *secret,
                                  cspan_sigv4a_key **out, cspan_error **error);
void cspan_sigv4a_key_free(cspan_sigv4a_key *key);
/* The public key as an uncompressed point. */
void cspan_sigv4a_public_key(const cspan_sigv4a_key *key, uint8_t out[CSPAN_SIGV4A_POINT_LEN]);

/* Signs the SHA-256 of the text: DER in lower-case hex, of varying length and value. */
cspan_status cspan_sigv4a_sign(const cspan_sigv4a_key *key, const char *text, size_t len,
                               char out[2 * CSPAN_SIGV4A_SIGNATURE_LEN + 1]);

#endif
