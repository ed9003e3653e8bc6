/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that were found, and the providers that find them. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <cloudspan/ext/credentials.h>
#include <time.h>

#include "aws/sigv4.h"

/* Immutable and reference-counted; wiped when the last reference goes. Thread-safe. */
typedef struct cspan_identity cspan_identity;

cspan_identity *cspan_identity_new(const cspan_credentials *credentials);
cspan_identity *cspan_identity_ref(cspan_identity *identity);
const cspan_credentials *cspan_identity_get(const cspan_identity *identity);
void cspan_identity_free(cspan_identity *identity);
/* The signing key, from a small cache. */
void cspan_identity_key(cspan_identity *identity, time_t time, const char *region,
                        const char *service, uint8_t out[CSPAN_SIGV4_KEY_LEN]);
/* The key of SigV4a, made at the first use. It lives as long as the identity. */
cspan_status cspan_identity_ecdsa_key(cspan_identity *identity, const cspan_sigv4a_key **out,
                                      cspan_error **error);

cspan_credentials_provider *cspan_credentials_provider_ref(cspan_credentials_provider *provider);
/* The current credentials, resolved when there are none or they are about to expire; the caller
 * frees the reference. */
cspan_status cspan_credentials_provider_get(cspan_credentials_provider *provider,
                                            const cspan_context *context, cspan_identity **out,
                                            cspan_error **error);
/* The same at another time: what expires is measured by it. */
cspan_status cspan_credentials_provider_get_at(cspan_credentials_provider *provider,
                                               int64_t now_unix_s, const cspan_context *context,
                                               cspan_identity **out, cspan_error **error);
/* Waits until nobody looks for credentials any more. */
void cspan_credentials_provider_settle(cspan_credentials_provider *provider);
/* The service refused `used` as expired: the next get resolves anew. */
void cspan_credentials_provider_refuse(cspan_credentials_provider *provider,
                                       const cspan_identity *used);

/* Fixed ones; copies. */
cspan_credentials_provider *cspan_credentials_static(const cspan_credentials *credentials);

/* Runs a credential_process and emits what it printed. `origin` ("profile NAME in FILE") is for
 * messages. */
cspan_status cspan_credentials_process(const char *command, const char *origin,
                                       const cspan_context *context, cspan_credentials_emit_fn emit,
                                       void *sink, cspan_error **error);

#endif
