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

/* A token that was found. Texts are secrets: wiped by cspan_token_clear(). */
typedef struct cspan_token {
  cspan_buf text;
  int64_t expiration_unix_s; /* 0: not known */
} cspan_token;

void cspan_token_init(cspan_token *token);
void cspan_token_clear(cspan_token *token);

/* The token of the profile's sso_session from the cache on disk, which `aws sso login` fills. It
 * is read and not refreshed: an expired one is CSPAN_ERR_CREDENTIALS. */
cspan_status cspan_token_sso(const cspan_aws_config *config, cspan_token *out, cspan_error **error);

/* Whether AWS_BEARER_TOKEN_<SERVICE> is set for a signing name ("bedrock"): where a service takes
 * bearer tokens at all, that variable chooses them before signatures. */
bool cspan_token_in_environment(const char *signing_name);

/* A client's token, kept until shortly before it expires. Thread-safe. */
typedef struct cspan_token_cache {
  pthread_mutex_t mutex;
  cspan_token token;
} cspan_token_cache;

void cspan_token_cache_init(cspan_token_cache *cache);
void cspan_token_cache_free(cspan_token_cache *cache);
/* AWS_BEARER_TOKEN_<SERVICE>, which is read anew each time, else the profile's sso_session. The
 * text is appended to `out`. */
cspan_status cspan_token_cache_get(cspan_token_cache *cache, const cspan_aws_config *config,
                                   const char *signing_name, cspan_buf *out, cspan_error **error);
/* The service refused the token: the next get reads anew. */
void cspan_token_cache_refuse(cspan_token_cache *cache);

#endif
