/* SPDX-License-Identifier: Apache-2.0 */
/* IAM Identity Center: a token that `aws sso login` left, exchanged for a role's credentials.
 * Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider". */
#include "aws/credentials/sso.h"

#include <string.h>

#include "aws/credentials/metadata_json.h"
#include "aws/credentials/service_call.h"
#include "aws/credentials/sso_answer.h"
#include "aws/credentials/token_file.h"
#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum { ANSWER_MAX = 256 * 1024, REFRESH_BEFORE_S = 15 * 60 };

static const int64_t ns_per_s = 1000000000;

/* What the profile, and its [sso-session] section, say. Borrowed from the profile. */
typedef struct sso_settings {
  const char *profile;
  const char *session; /* NULL: the older form, without refresh */
  const char *start_url;
  const char *region;
  const char *account;
  const char *role;
} sso_settings;

static int64_t now_s(void) {
  return cspan_unix_ns() / ns_per_s;
}

/* ------------------------------------------------------------------- settings */

static const char *session_key(const cspan_profile *profile, const char *session,
                               cspan_credential_name name) {
  return cspan_profile_sso_get(profile, session, cspan_credential_rules[name].key).value;
}

static const char *missing_key(const sso_settings *s) {
  const struct {
    const char *value;
    cspan_credential_name name;
  } needed[] = {{s->start_url, CSPAN_CREDENTIAL_SSO_START_URL},
                {s->region, CSPAN_CREDENTIAL_SSO_REGION},
                {s->account, CSPAN_CREDENTIAL_SSO_ACCOUNT_ID},
                {s->role, CSPAN_CREDENTIAL_SSO_ROLE_NAME}};
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    if (!needed[i].value) {
      return cspan_credential_rules[needed[i].name].key;
    }
  }
  return NULL;
}

/* What its [sso-session] section says. */
static cspan_status read_session(const cspan_profile *profile, sso_settings *s,
                                 cspan_error **error) {
  s->start_url = session_key(profile, s->session, CSPAN_CREDENTIAL_SSO_START_URL);
  s->region = session_key(profile, s->session, CSPAN_CREDENTIAL_SSO_REGION);
  if (!s->start_url && !s->region) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the profile \"%.64s\" names the sso_session \"%.64s\", but there is "
                           "no [sso-session %.64s] with sso_start_url and sso_region",
                           s->profile, s->session, s->session);
  }
  return CSPAN_OK;
}

static cspan_status read_settings(const cspan_profile *profile, sso_settings *s,
                                  cspan_error **error) {
  s->start_url = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_START_URL).value;
  s->region = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_REGION).value;
  if (s->session) {
    cspan_status status = read_session(profile, s, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  const char *missing = missing_key(s);
  if (missing) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the profile \"%.64s\" is for IAM Identity Center, but %s is missing",
                           s->profile, missing);
  }
  return cspan_region_check(s->region, "sso_region", NULL) == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                               "the sso_region of the profile \"%.64s\" is no region name",
                               s->profile);
}

/* ---------------------------------------------------------------------- calls */

static cspan_status run(const cspan_hunt *hunt, const sso_settings *s, const char *service_id,
                        const char *prefix, const cspan_operation *operation,
                        const cspan_json_exchange *exchange, cspan_error **error) {
  const cspan_credential_call call = {.service_id = service_id,
                                      .signing_name = "sso",
                                      .prefix = prefix,
                                      .region = s->region,
                                      .operation = operation,
                                      .input = exchange};
  return cspan_credential_call_run(hunt, &call, error);
}

/* ---------------------------------------------------------------------- token */

static cspan_status please_log_in(const sso_settings *s, const char *why, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "the profile \"%.64s\": %s; run: aws sso login --profile %.64s",
                         s->profile, why, s->profile);
}

static bool set_text(json_t *token, const char *name, const char *text) {
  return json_object_set_new(token, name, json_string(text)) == 0;
}

/* The answer's tokens into the file's object. */
static cspan_status merge_token(json_t *token, const cspan_buf *answer, cspan_error **error) {
  char expires[21];
  json_t *root = json_loadb(cspan_buf_text(answer), answer->len, 0, NULL);
  const char *access = cspan_token_text(root, "accessToken");
  const char *refresh = cspan_token_text(root, "refreshToken");
  int64_t lasts_s = json_integer_value(json_object_get(root, "expiresIn"));
  cspan_status status = CSPAN_OK;
  if (!access || lasts_s <= 0) {
    status = cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the answer has no token");
  } else {
    cspan_format_iso8601((time_t)(now_s() + lasts_s), expires);
    bool set = set_text(token, "accessToken", access) && set_text(token, "expiresAt", expires) &&
               (!refresh || set_text(token, "refreshToken", refresh));
    status = set ? CSPAN_OK : cspan_hunt_nomem(error);
  }
  cspan_json_wipe(root);
  json_decref(root);
  return status;
}

/* CreateToken of SSO OIDC, with what the file has. */
static cspan_status create_token(const cspan_hunt *hunt, const sso_settings *s, json_t *token,
                                 cspan_error **error) {
  cspan_buf body;
  cspan_buf answer;
  cspan_buf_init(&body, ANSWER_MAX);
  cspan_buf_init(&answer, ANSWER_MAX);
  json_t *request = json_pack("{s:s, s:s, s:s, s:s}", "grantType", "refresh_token", "clientId",
                              cspan_token_text(token, "clientId"), "clientSecret",
                              cspan_token_text(token, "clientSecret"), "refreshToken",
                              cspan_token_text(token, "refreshToken"));
  cspan_status status = cspan_credential_write_json(request, &body);
  if (status == CSPAN_OK) {
    const cspan_json_exchange exchange = {.path = "/token", .body = body.data, .answer = &answer};
    status = run(hunt, s, "SSO OIDC", "oidc", &cspan_json_post, &exchange, error);
  } else {
    cspan_hunt_nomem(error);
  }
  if (status == CSPAN_OK) {
    status = merge_token(token, &answer, error);
  }
  cspan_json_wipe(request);
  json_decref(request);
  cspan_credential_forget(&body);
  cspan_credential_forget(&answer);
  return status;
}

static bool can_refresh(const sso_settings *s, const json_t *token) {
  return s->session && cspan_token_text(token, "refreshToken") &&
         cspan_token_text(token, "clientId") && cspan_token_text(token, "clientSecret") &&
         cspan_token_time(token, "registrationExpiresAt") > now_s();
}

/* A token that goes on for a while stays where no other is to be had. */
static cspan_status refresh_token(const cspan_hunt *hunt, const sso_settings *s, const char *path,
                                  json_t *token, cspan_error **error) {
  int64_t left_s = cspan_token_time(token, "expiresAt") - now_s();
  cspan_error *cause = NULL;
  if (left_s > (s->session ? REFRESH_BEFORE_S : 0)) {
    return CSPAN_OK;
  }
  if (!can_refresh(s, token)) {
    return left_s > 0 ? CSPAN_OK : please_log_in(s, "the token of its session has expired", error);
  }
  if (create_token(hunt, s, token, &cause) == CSPAN_OK) {
    if (cspan_token_file_write(path, token, &cause) != CSPAN_OK) {
      cspan_log(CSPAN_LOG_WARN, "the renewed token of the SSO session is not kept: %s",
                cspan_error_message(cause));
      cspan_error_free(cause);
    }
    return CSPAN_OK;
  }
  if (left_s > 0 && cspan_error_status(cause) != CSPAN_ERR_NOMEM) {
    cspan_log(CSPAN_LOG_INFO, "the token of the SSO session was not renewed: %s",
              cspan_error_message(cause));
    cspan_error_free(cause);
    return CSPAN_OK;
  }
  return cspan_hunt_fail(hunt, error, cause,
                         "the profile \"%.64s\": the token of its session has expired and was not "
                         "renewed (run: aws sso login --profile %.64s)",
                         s->profile, s->profile);
}

/* ---------------------------------------------------------------- credentials */

typedef struct sso_sink {
  const cspan_hunt *hunt;
  const sso_settings *settings;
} sso_sink;

static cspan_status emit_role(void *sink, const cspan_credentials *credentials,
                              cspan_error **error) {
  const sso_sink *to = sink;
  return cspan_hunt_emit(to->hunt, credentials, error, "profile %.64s: %s", to->settings->profile,
                         to->settings->session ? "sso_session" : "sso_start_url");
}

static cspan_status get_role(const cspan_hunt *hunt, const sso_settings *s, const char *token,
                             cspan_error **error) {
  enum { UNAUTHORIZED = 401 };
  sso_sink sink = {hunt, s};
  cspan_buf answer;
  cspan_error *cause = NULL;
  cspan_buf_init(&answer, ANSWER_MAX);
  const cspan_json_exchange exchange = {.path = "/federation/credentials",
                                        .query = {"role_name", s->role, "account_id", s->account},
                                        .headers = {"x-amz-sso_bearer_token", token},
                                        .answer = &answer};
  cspan_status status = run(hunt, s, "SSO", "portal.sso", &cspan_json_get, &exchange, &cause);
  if (status == CSPAN_OK) {
    status =
        cspan_sso_answer(cspan_buf_text(&answer), answer.len, s->account, emit_role, &sink, &cause);
  }
  cspan_credential_forget(&answer);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  if (cspan_error_http_status(cause) == UNAUTHORIZED) {
    cspan_error_free(cause);
    return please_log_in(s, "IAM Identity Center takes its token no more", error);
  }
  return cspan_hunt_fail(hunt, error, cause,
                         "the profile \"%.64s\": no credentials of the role %.64s in the account "
                         "%.20s",
                         s->profile, s->role, s->account);
}

static cspan_status read_token(const sso_settings *s, const char *path, json_t **token,
                               cspan_error **error) {
  cspan_error *cause = NULL;
  cspan_status status = cspan_token_file_read(path, token, &cause);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cause);
  }
  cspan_error_free(cause);
  if (status != CSPAN_OK) {
    return please_log_in(s, "there is no token of its session", error);
  }
  if (!cspan_token_text(*token, "accessToken") || cspan_token_time(*token, "expiresAt") == 0) {
    return please_log_in(s, "the token file of its session is broken", error);
  }
  return CSPAN_OK;
}

/* *token is to be wiped and freed. */
static cspan_status find_token(const cspan_hunt *hunt, const sso_settings *s, json_t **token,
                               cspan_error **error) {
  char *path = cspan_token_file_path(NULL, ".aws/sso/cache", CSPAN_DIGEST_SHA1,
                                     s->session ? s->session : s->start_url);
  if (!path) {
    return cspan_hunt_nomem(error);
  }
  cspan_status status = read_token(s, path, token, error);
  if (status == CSPAN_OK) {
    status = refresh_token(hunt, s, path, *token, error);
  }
  cspan_free(path);
  return status;
}

cspan_status cspan_sso_token(const cspan_hunt *hunt, const cspan_profile *profile, cspan_buf *text,
                             int64_t *expiration_unix_s, cspan_error **error) {
  sso_settings s = {.profile = cspan_profile_name(profile),
                    .session = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_SESSION).value};
  json_t *token = NULL;
  if (!s.session) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "the profile \"%.64s\" has no sso_session",
                           s.profile);
  }
  cspan_status status = read_session(profile, &s, error);
  if (status == CSPAN_OK) {
    status = cspan_region_check(s.region ? s.region : "", "sso_region", error);
  }
  if (status == CSPAN_OK) {
    status = find_token(hunt, &s, &token, error);
  }
  if (status == CSPAN_OK) {
    *expiration_unix_s = cspan_token_time(token, "expiresAt");
    status = cspan_buf_str(text, cspan_token_text(token, "accessToken"));
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the token of the SSO session cannot be kept (%s)",
                      cspan_status_name(status));
    }
  }
  cspan_json_wipe(token);
  json_decref(token);
  return status;
}

cspan_status cspan_hunt_sso(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                            cspan_error **error) {
  sso_settings s = {.profile = cspan_profile_name(profile),
                    .session = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_SESSION).value,
                    .account = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_ACCOUNT_ID).value,
                    .role = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_ROLE_NAME).value};
  json_t *token = NULL;
  bool legacy = cspan_credential_key(profile, CSPAN_CREDENTIAL_SSO_START_URL).value != NULL;
  /* A session without account and role is for bearer tokens only. */
  *found = s.session ? s.account || s.role : legacy;
  if (!*found) {
    return CSPAN_OK;
  }
  cspan_status status = read_settings(profile, &s, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = find_token(hunt, &s, &token, error);
  if (status == CSPAN_OK) {
    status = get_role(hunt, &s, cspan_token_text(token, "accessToken"), error);
  }
  cspan_json_wipe(token);
  json_decref(token);
  return status;
}
