/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/token.h"

#include <string.h>

#include "aws/credentials/service_call.h"
#include "aws/credentials/sso.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum {
  TOKEN_MAX = 64 * 1024,
  VARIABLE_MAX = 128,
  RENEW_BEFORE_S = 15 * 60,
  RENEW_AGAIN_AFTER_S = 30
};

static const int64_t wait_slice_ns = 100000000;
static const int64_t ns_per_s = 1000000000;

/* It becomes part of a header line. Never shown: it may be the token itself that is wrong. */
static cspan_status take_text(cspan_buf *out, const char *text, const char *source,
                              cspan_error **error) {
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i++) {
    if (text[i] <= ' ' || text[i] > '~') {
      return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                             "the bearer token in %s is not one: it holds a space, a control "
                             "character or one that is not ASCII",
                             source);
    }
  }
  cspan_status status = cspan_buf_append(out, text, len);
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status,
                               status == CSPAN_ERR_LIMIT ? "the bearer token in %s is over 64 KiB"
                                                         : "out of memory while reading %s",
                               source);
}

/* ------------------------------------------------------------- environment */

/* "bedrock" as AWS_BEARER_TOKEN_BEDROCK. */
static const char *environment_token(const char *signing_name, char variable[VARIABLE_MAX]) {
  static const char prefix[] = "AWS_BEARER_TOKEN_";
  size_t at = sizeof prefix - 1;
  memcpy(variable, prefix, at);
  for (const char *c = signing_name; *c && at + 1 < VARIABLE_MAX; c++) {
    bool is_lower = *c >= 'a' && *c <= 'z';
    bool stays = (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
    variable[at++] = is_lower ? (char)(*c - 32) : stays ? *c : '_';
  }
  variable[at] = '\0';
  return cspan_env(variable);
}

bool cspan_token_in_environment(const char *signing_name) {
  char variable[VARIABLE_MAX];
  return environment_token(signing_name, variable) != NULL;
}

/* ------------------------------------------------------------------- cache */

static int64_t now_s(void) {
  return cspan_unix_ns() / ns_per_s;
}

void cspan_token_cache_init(cspan_token_cache *cache) {
  memset(cache, 0, sizeof *cache);
  pthread_mutex_init(&cache->mutex, NULL);
  cspan_cond_init(&cache->renewed);
  cspan_buf_init(&cache->text, TOKEN_MAX);
}

void cspan_token_cache_free(cspan_token_cache *cache) {
  cspan_credential_forget(&cache->text);
  pthread_cond_destroy(&cache->renewed);
  pthread_mutex_destroy(&cache->mutex);
}

/* With the lock, as what follows. */
static bool is_usable(const cspan_token_cache *cache, int64_t margin_s) {
  return cache->text.len > 0 && now_s() + margin_s < cache->expiration_unix_s;
}

static bool is_fresh(const cspan_token_cache *cache) {
  return is_usable(cache, now_s() < cache->not_before_s ? 0 : RENEW_BEFORE_S);
}

/* Without the lock while it looks. */
static cspan_status renew(cspan_token_cache *cache, const cspan_aws_config *config,
                          const cspan_context *context, cspan_error **error) {
  const cspan_hunt hunt = {.base = config, .context = context};
  cspan_error *failure = NULL;
  cspan_buf text;
  int64_t expires_s = 0;
  cspan_buf_init(&text, TOKEN_MAX);
  cache->renewing = true;
  pthread_mutex_unlock(&cache->mutex);
  cspan_status status = cspan_sso_token(&hunt, config->profile, &text, &expires_s, &failure);
  pthread_mutex_lock(&cache->mutex);
  cache->renewing = false;
  cache->not_before_s = now_s() + RENEW_AGAIN_AFTER_S;
  pthread_cond_broadcast(&cache->renewed);
  if (status == CSPAN_OK) {
    cspan_credential_forget(&cache->text);
    cache->text = text;
    cache->expiration_unix_s = expires_s;
    return CSPAN_OK;
  }
  cspan_credential_forget(&text);
  if (is_usable(cache, 0)) {
    cspan_log(CSPAN_LOG_WARN, "a bearer token was not renewed; the old one is used: %s",
              cspan_error_message(failure));
    cspan_error_free(failure);
    return CSPAN_OK;
  }
  return cspan_error_move(error, failure);
}

static cspan_status wait_for_other(cspan_token_cache *cache, const cspan_context *context,
                                   cspan_error **error) {
  cspan_cond_wait_until(&cache->renewed, &cache->mutex, cspan_now_ns() + wait_slice_ns);
  cspan_status status = cspan_context_status(context);
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the call ended while it waited for a token (%s)",
                               cspan_status_name(status));
}

static cspan_status take_kept(cspan_token_cache *cache, const cspan_aws_config *config,
                              const cspan_context *context, cspan_buf *out, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  pthread_mutex_lock(&cache->mutex);
  while (status == CSPAN_OK && !is_fresh(cache)) {
    if (!cache->renewing) {
      status = renew(cache, config, context, error);
      break;
    }
    if (is_usable(cache, 0)) {
      break; /* another thread is at it, and there is time */
    }
    status = wait_for_other(cache, context, error);
  }
  if (status == CSPAN_OK) {
    status = take_text(out, cspan_buf_text(&cache->text), "the profile's sso_session", error);
  }
  pthread_mutex_unlock(&cache->mutex);
  return status;
}

cspan_status cspan_token_cache_get(cspan_token_cache *cache, const cspan_aws_config *config,
                                   const char *signing_name, const cspan_context *context,
                                   cspan_buf *out, cspan_error **error) {
  char variable[VARIABLE_MAX];
  const char *given = environment_token(signing_name, variable);
  if (given) {
    return take_text(out, given, variable, error);
  }
  if (!cspan_credential_key(config->profile, CSPAN_CREDENTIAL_SSO_SESSION).value) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "there is no bearer token: set %s, or name an sso_session in the "
                           "profile \"%.64s\" and run: aws sso login",
                           variable, cspan_profile_name(config->profile));
  }
  return take_kept(cache, config, context, out, error);
}

void cspan_token_cache_refuse(cspan_token_cache *cache) {
  pthread_mutex_lock(&cache->mutex);
  cspan_credential_forget(&cache->text);
  pthread_mutex_unlock(&cache->mutex);
}
