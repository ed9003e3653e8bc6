/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification of SigV4: the Authorization header, presigned URLs, and the seed
 * for the chunks of an aws-chunked body. Written from the specification, apart
 * from the client's signer, so that an error of one is not an error of both.
 * No I/O; the time is an argument.
 */
#ifndef SANDBOX_AUTH_H
#define SANDBOX_AUTH_H

#include "base/digest.h"
#include "sandbox/request.h"

typedef struct sbx_keys {
  const char *region;
  const char *access_key_id;
  const char *secret_access_key;
  const char *session_token; /* NULL: none is asked for */
  bool allow_anonymous;
} sbx_keys;

/* What was verified, for the body. */
typedef struct sbx_auth {
  bool anonymous;
  const char *payload; /* x-amz-content-sha256 or "UNSIGNED-PAYLOAD"; lives with the request */
  uint8_t key[CSPAN_SHA256_LEN]; /* the signing key */
  char date[17];
  char scope[160];
  char signature[2 * CSPAN_SHA256_LEN + 1];
} sbx_auth;

sbx_error cspan_sbx_auth_check(const sbx_keys *keys, const sbx_request *request, time_t now,
                               sbx_auth *out, sbx_detail *detail);

/* Hex HMAC of `text` with the signing key. */
void cspan_sbx_auth_sign(const uint8_t key[CSPAN_SHA256_LEN], const char *text, size_t len,
                         char out[2 * CSPAN_SHA256_LEN + 1]);
/* Compares two signatures without telling by its duration where they differ. */
bool cspan_sbx_same_signature(const char *a, const char *b);

#endif
