/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens: where they come from, and how long they are kept.
 *
 * Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider" (the cached
 * token) and Bedrock's User Guide, "API keys" (AWS_BEARER_TOKEN_BEDROCK).
 */
#ifndef AWS_TOKEN_H
#define AWS_TOKEN_H

#include <pthread.h>

#include "aws/config.h"
#include "base/buf.h"

/* Whether AWS_BEARER_TOKEN_<SERVICE> is set for a signing name ("bedrock"): where a service takes
 * bearer tokens at all, that variable chooses them before signatures. */
bool cspan_token_in_environment(const char *signing_name);

/* The token of a profile's sso_session, kept until some time before it expires. Thread-safe. */
typedef struct cspan_token_cache {
  pthread_mutex_t mutex;
  pthread_cond_t renewed;
  cspan_buf text; /* a secret; empty: none */
  int64_t expiration_unix_s;
  int64_t not_before_s; /* when another try to renew it makes sense */
  bool renewing;        /* by one thread, without the lock */
} cspan_token_cache;

void cspan_token_cache_init(cspan_token_cache *cache);
void cspan_token_cache_free(cspan_token_cache *cache);
/* AWS_BEARER_TOKEN_<SERVICE>, which is read anew each time, else that of the profile's
 * sso_session: one thread at a time renews it, and only those wait for it that have no other. The
 * text is appended to `out`. */
cspan_status cspan_token_cache_get(cspan_token_cache *cache, const cspan_aws_config *config,
                                   const char *signing_name, const cspan_context *context,
                                   cspan_buf *out, cspan_error **error);
/* The service refused the token: the next get reads anew. */
void cspan_token_cache_refuse(cspan_token_cache *cache);

#endif
