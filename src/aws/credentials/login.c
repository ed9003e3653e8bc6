/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of `aws login`: credentials of 15 minutes in a file, with what renews them.
 * Source: AWS SDKs and Tools Reference Guide, "Login credentials provider". */
#include <stdio.h>
#include <string.h>

#include "aws/credentials/dpop.h"
#include "aws/credentials/metadata_json.h"
#include "aws/credentials/service_call.h"
#include "aws/credentials/token_file.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

#define TOKEN_PATH "/v1/token"

enum { ANSWER_MAX = 256 * 1024, REFRESH_BEFORE_S = 5 * 60, PROOF_MAX = 8192 };

static const int64_t ns_per_s = 1000000000;

typedef struct login {
  const cspan_hunt *hunt;
  const char *profile;
  char *path;
  json_t *token;
} login;

static cspan_status please_log_in(const login *l, const char *why, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "the profile \"%.64s\": %s; run: aws login --profile %.64s", l->profile,
                         why, l->profile);
}

static int64_t left_s(const login *l) {
  return cspan_token_time(json_object_get(l->token, "accessToken"), "expiresAt") -
         cspan_unix_ns() / ns_per_s;
}

/* ---------------------------------------------------------------------- refresh */

static const char *partition_host(const char *region) {
  return cspan_starts_with(region, "cn-")       ? "signin.amazonaws.cn"
         : cspan_starts_with(region, "us-gov-") ? "signin.amazonaws-us-gov.com"
                                                : "signin.aws.amazon.com";
}

static bool set_text(json_t *object, const char *name, const char *text) {
  return json_object_set_new(object, name, json_string(text)) == 0;
}

/* The answer's credentials into the file's object, which keeps the rest: account, key, client. */
static cspan_status merge_answer(login *l, const cspan_buf *answer, cspan_error **error) {
  static const char *const names[] = {"accessKeyId", "secretAccessKey", "sessionToken"};
  char expires[21];
  json_t *root = json_loadb(cspan_buf_text(answer), answer->len, 0, NULL);
  const json_t *from = json_object_get(root, "accessToken");
  const char *refresh = cspan_token_text(root, "refreshToken");
  json_t *to = json_object_get(l->token, "accessToken");
  int64_t lasts_s = json_integer_value(json_object_get(root, "expiresIn"));
  bool complete = lasts_s > 0;
  bool set = true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *text = cspan_token_text(from, names[i]);
    complete = complete && text;
    set = set && (!text || set_text(to, names[i], text));
  }
  cspan_format_iso8601((time_t)(cspan_unix_ns() / ns_per_s + lasts_s), expires);
  set = set && set_text(to, "expiresAt", expires) &&
        (!refresh || set_text(l->token, "refreshToken", refresh));
  cspan_json_wipe(root);
  json_decref(root);
  if (!complete) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the answer has no credentials");
  }
  return set ? CSPAN_OK : cspan_hunt_nomem(error);
}

static cspan_status send(login *l, const cspan_credential_call *call, cspan_json_exchange *exchange,
                         cspan_error **error) {
  char url[CSPAN_SERVICE_URL_MAX];
  char whole[CSPAN_SERVICE_URL_MAX + sizeof TOKEN_PATH];
  char id[37];
  cspan_buf proof;
  cspan_buf_init(&proof, PROOF_MAX);
  cspan_random_uuid(id);
  cspan_status status = cspan_credential_call_url(l->hunt, call, url, error);
  if (status == CSPAN_OK) {
    snprintf(whole, sizeof whole, "%s%s", url, TOKEN_PATH);
    status = cspan_dpop_proof(cspan_token_text(l->token, "dpopKey"), whole, id,
                              cspan_unix_ns() / ns_per_s, &proof, error);
  }
  if (status == CSPAN_OK) {
    exchange->headers[0] = "DPoP";
    exchange->headers[1] = proof.data;
    status = cspan_credential_call_run(l->hunt, call, error);
  }
  cspan_credential_forget(&proof);
  return status;
}

/* CreateOAuth2Token of Sign-In. */
static cspan_status create_token(login *l, cspan_error **error) {
  const char *region = cspan_aws_config_text(l->hunt->base, CSPAN_SETTING_REGION);
  char host[CSPAN_SERVICE_URL_MAX];
  cspan_buf body;
  cspan_buf answer;
  bool special = cspan_aws_config_flag(l->hunt->base, CSPAN_SETTING_USE_FIPS) ||
                 cspan_aws_config_flag(l->hunt->base, CSPAN_SETTING_USE_DUALSTACK);
  region = region ? region : "us-east-1";
  snprintf(host, sizeof host, "https://%s.%s", region, partition_host(region));
  cspan_buf_init(&body, ANSWER_MAX);
  cspan_buf_init(&answer, ANSWER_MAX);
  json_t *request =
      json_pack("{s:s, s:s, s:s}", "clientId", cspan_token_text(l->token, "clientId"), "grantType",
                "refresh_token", "refreshToken", cspan_token_text(l->token, "refreshToken"));
  cspan_status status = cspan_credential_write_json(request, &body);
  if (status == CSPAN_OK) {
    cspan_json_exchange exchange = {.path = TOKEN_PATH, .body = body.data, .answer = &answer};
    const cspan_credential_call call = {.service_id = "Signin",
                                        .signing_name = "signin",
                                        .prefix = "signin",
                                        .region = region,
                                        .url = special ? NULL : host,
                                        .operation = &cspan_json_post,
                                        .input = &exchange};
    status = send(l, &call, &exchange, error);
  } else {
    cspan_hunt_nomem(error);
  }
  if (status == CSPAN_OK) {
    status = merge_answer(l, &answer, error);
  }
  cspan_json_wipe(request);
  json_decref(request);
  cspan_credential_forget(&body);
  cspan_credential_forget(&answer);
  return status;
}

static cspan_status refresh(login *l, cspan_error **error) {
  enum { UNAUTHORIZED = 401, FORBIDDEN = 403 };
  cspan_error *cause = NULL;
  if (create_token(l, &cause) == CSPAN_OK) {
    if (cspan_token_file_write(l->path, l->token, &cause) != CSPAN_OK) {
      cspan_log(CSPAN_LOG_WARN, "the renewed login session is not kept: %s",
                cspan_error_message(cause));
      cspan_error_free(cause);
    }
    return CSPAN_OK;
  }
  if (left_s(l) > 0 && cspan_error_status(cause) != CSPAN_ERR_NOMEM) {
    cspan_log(CSPAN_LOG_INFO, "the login session was not renewed: %s", cspan_error_message(cause));
    cspan_error_free(cause);
    return CSPAN_OK;
  }
  int http_status = cspan_error_http_status(cause);
  if (http_status == UNAUTHORIZED || http_status == FORBIDDEN) {
    cspan_error_free(cause);
    return please_log_in(l, "its login session has ended", error);
  }
  return cspan_hunt_fail(l->hunt, error, cause,
                         "the profile \"%.64s\": its login session was not renewed", l->profile);
}

/* ---------------------------------------------------------------------- reading */

static cspan_status read_token(login *l, cspan_error **error) {
  static const char *const needed[] = {"clientId", "refreshToken", "dpopKey"};
  cspan_error *cause = NULL;
  cspan_status status = cspan_token_file_read(l->path, &l->token, &cause);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cause);
  }
  cspan_error_free(cause);
  if (status != CSPAN_OK) {
    return please_log_in(l, "there is no token of its login session", error);
  }
  bool complete = json_is_object(json_object_get(l->token, "accessToken"));
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    complete = complete && cspan_token_text(l->token, needed[i]);
  }
  return complete ? CSPAN_OK : please_log_in(l, "the token file of its session is broken", error);
}

static cspan_status emit(const login *l, cspan_error **error) {
  const json_t *access = json_object_get(l->token, "accessToken");
  const cspan_credentials credentials = {
      .access_key_id = cspan_token_text(access, "accessKeyId"),
      .secret_access_key = cspan_token_text(access, "secretAccessKey"),
      .session_token = cspan_token_text(access, "sessionToken"),
      .account_id = cspan_token_text(access, "accountId"),
      .expiration_unix_s = cspan_token_time(access, "expiresAt"),
  };
  if (!credentials.access_key_id || !credentials.secret_access_key || !credentials.session_token) {
    return please_log_in(l, "the token file of its session is broken", error);
  }
  return cspan_hunt_emit(l->hunt, &credentials, error, "profile %.64s: login_session", l->profile);
}

cspan_status cspan_hunt_login(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                              cspan_error **error) {
  const char *session = cspan_credential_key(profile, CSPAN_CREDENTIAL_LOGIN_SESSION).value;
  login l = {.hunt = hunt, .profile = cspan_profile_name(profile)};
  *found = session != NULL;
  if (!*found) {
    return CSPAN_OK;
  }
  l.path = cspan_token_file_path(cspan_credential_env(CSPAN_CREDENTIAL_LOGIN_CACHE),
                                 ".aws/login/cache", CSPAN_DIGEST_SHA256, session);
  if (!l.path) {
    return cspan_hunt_nomem(error);
  }
  cspan_status status = read_token(&l, error);
  if (status == CSPAN_OK && left_s(&l) <= REFRESH_BEFORE_S) {
    status = refresh(&l, error);
  }
  if (status == CSPAN_OK) {
    status = emit(&l, error);
  }
  cspan_json_wipe(l.token);
  json_decref(l.token);
  cspan_free(l.path);
  return status;
}
