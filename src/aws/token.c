/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/token.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

enum {
  TOKEN_MAX = 64 * 1024,
  FILE_MAX = 1024 * 1024,
  PATH_LEN_MAX = 4096,
  VARIABLE_MAX = 128,
  READ_BEFORE_S = 60
};

static const int64_t ns_per_s = 1000000000;

void cspan_token_init(cspan_token *token) {
  memset(token, 0, sizeof *token);
  cspan_buf_init(&token->text, TOKEN_MAX);
}

static void wipe(cspan_buf *buf) {
  if (buf->data) {
    cspan_memzero(buf->data, buf->cap);
  }
  cspan_buf_free(buf);
}

void cspan_token_clear(cspan_token *token) {
  wipe(&token->text);
  token->expiration_unix_s = 0;
}

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

/* --------------------------------------------------------------- sso cache */

/* The file's name is the SHA-1 of the session's. */
static cspan_status cache_path(const char *session, char path[PATH_LEN_MAX], cspan_error **error) {
  uint8_t sum[CSPAN_SHA1_LEN];
  char hex[2 * CSPAN_SHA1_LEN + 1];
  const char *home = cspan_home();
  cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_SHA1);
  if (!digest) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while looking for a token");
  }
  cspan_digest_update(digest, session, strlen(session));
  cspan_digest_final(digest, sum);
  cspan_digest_free(digest);
  cspan_hex_encode(sum, sizeof sum, hex);
  int len = home ? snprintf(path, PATH_LEN_MAX, "%s/.aws/sso/cache/%s.json", home, hex) : -1;
  if (len < 0 || len >= PATH_LEN_MAX) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the token of the sso_session \"%.64s\" cannot be looked for: there is "
                           "no home folder",
                           session);
  }
  return CSPAN_OK;
}

static cspan_status log_in(const char *session, const char *why, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "the sso_session \"%.64s\" has no token that can be used: %s; run "
                         "`aws sso login --sso-session %.64s`",
                         session, why, session);
}

static cspan_status parse_cached(const cspan_buf *file, const char *session, cspan_token *out,
                                 cspan_error **error) {
  json_t *root = json_loadb(cspan_buf_text(file), file->len, 0, NULL);
  const char *text = json_string_value(json_object_get(root, "accessToken"));
  const char *expires = json_string_value(json_object_get(root, "expiresAt"));
  time_t expires_s = 0;
  cspan_status status = CSPAN_OK;
  if (!text || !*text || !expires || !cspan_parse_iso8601(expires, &expires_s)) {
    status = log_in(session, "the cached one cannot be read", error);
  } else if (cspan_unix_ns() / ns_per_s >= (int64_t)expires_s) {
    status = log_in(session, "the cached one has expired", error);
  } else {
    out->expiration_unix_s = (int64_t)expires_s;
    status = take_text(&out->text, text, "the cache of `aws sso login`", error);
  }
  if (text) {
    cspan_memzero((char *)text, strlen(text));
  }
  json_decref(root);
  return status;
}

cspan_status cspan_token_sso(const cspan_aws_config *config, cspan_token *out,
                             cspan_error **error) {
  char path[PATH_LEN_MAX];
  cspan_profile_value session = cspan_profile_get(config->profile, NULL, "sso_session");
  if (!session.value) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the profile \"%.64s\" has no sso_session",
                           cspan_profile_name(config->profile));
  }
  cspan_status status = cache_path(session.value, path, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf file;
  cspan_error *failure = NULL;
  cspan_buf_init(&file, FILE_MAX);
  status = cspan_file_read(path, FILE_MAX, &file, &failure);
  if (status == CSPAN_OK) {
    status = parse_cached(&file, session.value, out, error);
  } else if (status == CSPAN_ERR_NOMEM) {
    status = cspan_error_move(error, failure);
  } else {
    status = log_in(session.value, cspan_error_message(failure), error);
    cspan_error_free(failure);
  }
  wipe(&file);
  return status;
}

/* ------------------------------------------------------------------- cache */

void cspan_token_cache_init(cspan_token_cache *cache) {
  pthread_mutex_init(&cache->mutex, NULL);
  cspan_token_init(&cache->token);
}

void cspan_token_cache_free(cspan_token_cache *cache) {
  cspan_token_clear(&cache->token);
  pthread_mutex_destroy(&cache->mutex);
}

/* With the lock. One that is about to expire is read again, and good until it has. */
static cspan_status renew(cspan_token_cache *cache, const cspan_aws_config *config,
                          cspan_error **error) {
  cspan_token *kept = &cache->token;
  int64_t now_s = cspan_unix_ns() / ns_per_s;
  if (kept->text.len > 0 && now_s + READ_BEFORE_S < kept->expiration_unix_s) {
    return CSPAN_OK;
  }
  cspan_token_clear(kept);
  cspan_status status = cspan_token_sso(config, kept, error);
  if (status != CSPAN_OK) {
    cspan_token_clear(kept);
  }
  return status;
}

cspan_status cspan_token_cache_get(cspan_token_cache *cache, const cspan_aws_config *config,
                                   const char *signing_name, cspan_buf *out, cspan_error **error) {
  char variable[VARIABLE_MAX];
  const char *given = environment_token(signing_name, variable);
  if (given) {
    return take_text(out, given, variable, error);
  }
  if (!cspan_profile_get(config->profile, NULL, "sso_session").value) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "there is no bearer token: set %s, or name an sso_session in the "
                           "profile \"%.64s\" and run `aws sso login`",
                           variable, cspan_profile_name(config->profile));
  }
  pthread_mutex_lock(&cache->mutex);
  cspan_status status = renew(cache, config, error);
  if (status == CSPAN_OK && cspan_buf_append(out, cache->token.text.data, cache->token.text.len)) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while taking a token");
  }
  pthread_mutex_unlock(&cache->mutex);
  return status;
}

void cspan_token_cache_refuse(cspan_token_cache *cache) {
  pthread_mutex_lock(&cache->mutex);
  cspan_token_clear(&cache->token);
  pthread_mutex_unlock(&cache->mutex);
}
