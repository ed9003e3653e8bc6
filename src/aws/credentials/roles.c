/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of profiles, and of web identities. */
#include <string.h>

#include "aws/credentials/hunt.h"
#include "aws/credentials/sts.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

enum { TOKEN_MAX = 32 * 1024, NAMES_MAX = 600, LEAST_DURATION_S = 900, MOST_DURATION_S = 43200 };

static const char *key_of(const cspan_profile *profile, cspan_credential_name name) {
  return cspan_credential_key(profile, name).value;
}

/* --------------------------------------------------------------- source_profile */

/* "a -> b -> a": the oldest first. */
static void put_trail(cspan_buf *out, const cspan_hunt_trail *trail) {
  if (trail) {
    put_trail(out, trail->before); /* at most CSPAN_HUNT_MAX_DEPTH of them */
    cspan_buf_printf(out, "%.64s -> ", trail->profile);
  }
}

static cspan_status check_trail(const cspan_hunt_trail *trail, const char *next,
                                cspan_error **error) {
  bool again = false;
  int depth = 0;
  for (const cspan_hunt_trail *t = trail; t; t = t->before, depth++) {
    again = again || strcmp(t->profile, next) == 0;
  }
  if (!again && depth < CSPAN_HUNT_MAX_DEPTH) {
    return CSPAN_OK;
  }
  cspan_buf names;
  cspan_buf_init(&names, NAMES_MAX);
  put_trail(&names, trail);
  cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "source_profile %s: %s%.64s",
                  again ? "leads round in a circle" : "names too many profiles in a row",
                  cspan_buf_text(&names), next);
  cspan_buf_free(&names);
  return CSPAN_ERR_CREDENTIALS;
}

/* A profile may name itself: then its own keys are meant. */
static cspan_status own_keys(const cspan_hunt *hunt, const cspan_profile *profile,
                             cspan_error **error) {
  bool found = false;
  cspan_status status = cspan_hunt_keys(hunt, profile, &found, error);
  if (status == CSPAN_OK && !found) {
    status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                             "the profile \"%.64s\" names itself as source_profile, but has no "
                             "aws_access_key_id",
                             cspan_profile_name(profile));
  }
  return status;
}

static cspan_status from_source_profile(const cspan_hunt *hunt, const cspan_profile *profile,
                                        const char *name, cspan_error **error) {
  const cspan_hunt_trail trail = {cspan_profile_name(profile), hunt->trail};
  cspan_profile *source = NULL;
  cspan_error *cause = NULL;
  if (strcmp(name, trail.profile) == 0) {
    return own_keys(hunt, profile, error);
  }
  cspan_status status = check_trail(&trail, name, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_hunt inner = *hunt;
  inner.trail = &trail;
  status = cspan_hunt_load(hunt, name, &source, &cause);
  if (status != CSPAN_OK) {
    return cspan_hunt_fail(hunt, error, cause, "source_profile of the profile \"%.64s\"",
                           trail.profile);
  }
  status = cspan_hunt_profile(&inner, source, error);
  cspan_profile_free(source);
  return status;
}

/* ------------------------------------------------------------ credential_source */

static cspan_status from_source(const cspan_hunt *hunt, const cspan_profile *profile,
                                const char *name, cspan_error **error) {
  static const struct {
    const char *name;
    cspan_hunt_fn look;
  } sources[] = {{"Environment", cspan_hunt_environment},
                 {"Ec2InstanceMetadata", cspan_hunt_instance},
                 {"EcsContainer", cspan_hunt_container}};
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
    bool found = false;
    if (!cspan_ieq(name, sources[i].name)) {
      continue;
    }
    cspan_hunt inner = *hunt;
    inner.skip_environment = false; /* it is asked for */
    cspan_status status = sources[i].look(&inner, profile, &found, error);
    if (status == CSPAN_OK && !found) {
      status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                               "the profile \"%.64s\" has credential_source = %s, but there are no "
                               "credentials%s",
                               cspan_profile_name(profile), sources[i].name,
                               cspan_buf_text(hunt->notes));
    }
    return status;
  }
  return cspan_error_set(
      error, CSPAN_ERR_CREDENTIALS,
      "the profile \"%.64s\" has the credential_source \"%.40s\", but it must be "
      "Environment, Ec2InstanceMetadata or EcsContainer",
      cspan_profile_name(profile), name);
}

/* ------------------------------------------------------------------------- role */

static cspan_status check_duration(const cspan_profile *profile, const char *text,
                                   cspan_error **error) {
  int64_t seconds = 0;
  if (!text || (cspan_parse_i64(text, &seconds) && seconds >= LEAST_DURATION_S &&
                seconds <= MOST_DURATION_S)) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                         "duration_seconds of the profile \"%.64s\" is \"%.20s\", but must be a "
                         "number from %d to %d",
                         cspan_profile_name(profile), text, LEAST_DURATION_S, MOST_DURATION_S);
}

static cspan_status check_role(const cspan_profile *profile, cspan_error **error) {
  const char *name = cspan_profile_name(profile);
  bool by_profile = key_of(profile, CSPAN_CREDENTIAL_SOURCE_PROFILE) != NULL;
  bool by_source = key_of(profile, CSPAN_CREDENTIAL_SOURCE) != NULL;
  if (key_of(profile, CSPAN_CREDENTIAL_MFA_SERIAL)) {
    return cspan_error_set(
        error, CSPAN_ERR_CREDENTIALS,
        "the profile \"%.64s\" has mfa_serial: its role wants the code of an MFA device, which a "
        "library cannot ask for. Run: eval \"$(aws configure export-credentials --profile %.64s "
        "--format env)\", which asks for the code and sets AWS_ACCESS_KEY_ID and the others",
        name, name);
  }
  if (by_profile == by_source) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the profile \"%.64s\" has role_arn with %s: give one of source_profile "
                           "and credential_source",
                           name,
                           by_profile ? "both source_profile and credential_source"
                                      : "neither source_profile nor credential_source");
  }
  return check_duration(profile, key_of(profile, CSPAN_CREDENTIAL_DURATION_SECONDS), error);
}

static cspan_status find_source(const cspan_hunt *hunt, const cspan_profile *profile,
                                cspan_identity **out, cspan_error **error) {
  cspan_hunt inner = *hunt;
  inner.emit = cspan_hunt_take;
  inner.sink = out;
  const char *name = key_of(profile, CSPAN_CREDENTIAL_SOURCE_PROFILE);
  cspan_status status =
      name ? from_source_profile(&inner, profile, name, error)
           : from_source(&inner, profile, key_of(profile, CSPAN_CREDENTIAL_SOURCE), error);
  if (status != CSPAN_OK) {
    cspan_identity_free(*out);
    *out = NULL;
  }
  return status;
}

cspan_status cspan_hunt_role(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                             cspan_error **error) {
  cspan_identity *source = NULL;
  const char *role = key_of(profile, CSPAN_CREDENTIAL_ROLE_ARN);
  *found = role && !key_of(profile, CSPAN_CREDENTIAL_WEB_IDENTITY_TOKEN_FILE);
  if (!*found) {
    return CSPAN_OK;
  }
  cspan_status status = check_role(profile, error);
  if (status == CSPAN_OK) {
    status = find_source(hunt, profile, &source, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  char *origin = cspan_asprintf("profile %.64s: role_arn", cspan_profile_name(profile));
  const cspan_sts_request request = {.role_arn = role,
                                     .session_name =
                                         key_of(profile, CSPAN_CREDENTIAL_ROLE_SESSION_NAME),
                                     .external_id = key_of(profile, CSPAN_CREDENTIAL_EXTERNAL_ID),
                                     .duration = key_of(profile, CSPAN_CREDENTIAL_DURATION_SECONDS),
                                     .source = source,
                                     .origin = origin};
  status = origin ? cspan_sts_assume(hunt, &request, error) : cspan_hunt_nomem(error);
  cspan_free(origin);
  cspan_identity_free(source);
  return status;
}

/* ----------------------------------------------------------------- web identity */

/* The token is read each time: whoever writes the file keeps it fresh. */
static cspan_status assume_by_token(const cspan_hunt *hunt, const char *path,
                                    const cspan_sts_request *wanted, cspan_error **error) {
  cspan_buf token;
  cspan_error *cause = NULL;
  cspan_sts_request request = *wanted;
  cspan_buf_init(&token, TOKEN_MAX);
  cspan_status status = cspan_buf_reserve(&token, TOKEN_MAX); /* growing would leave copies */
  if (status != CSPAN_OK) {
    return cspan_hunt_nomem(error);
  }
  status = cspan_file_read(path, TOKEN_MAX, &token, &cause);
  cspan_str text = cspan_str_trim((cspan_str){cspan_buf_text(&token), token.len});
  if (status != CSPAN_OK) {
    status = cspan_hunt_fail(hunt, error, cause, "%s: the token", request.origin);
  } else if (text.len == 0) {
    status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s: the token file %s is empty",
                             request.origin, path);
  } else {
    token.data[text.data - token.data + (ptrdiff_t)text.len] = '\0';
    request.web_token = text.data;
    status = cspan_sts_assume(hunt, &request, error);
  }
  cspan_memzero(token.data, token.cap);
  cspan_buf_free(&token);
  return status;
}

cspan_status cspan_hunt_web_identity_env(const cspan_hunt *hunt, const cspan_profile *profile,
                                         bool *found, cspan_error **error) {
  const char *path = cspan_credential_env(CSPAN_CREDENTIAL_WEB_IDENTITY_TOKEN_FILE);
  const char *role = cspan_credential_env(CSPAN_CREDENTIAL_ROLE_ARN);
  (void)profile;
  *found = path && !hunt->skip_environment;
  if (!*found) {
    return CSPAN_OK;
  }
  if (!role) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "AWS_WEB_IDENTITY_TOKEN_FILE is set in the environment, but "
                           "AWS_ROLE_ARN is not: they belong together");
  }
  const cspan_sts_request request = {.role_arn = role,
                                     .session_name =
                                         cspan_credential_env(CSPAN_CREDENTIAL_ROLE_SESSION_NAME),
                                     .origin = "environment: AWS_WEB_IDENTITY_TOKEN_FILE"};
  return assume_by_token(hunt, path, &request, error);
}

cspan_status cspan_hunt_web_identity(const cspan_hunt *hunt, const cspan_profile *profile,
                                     bool *found, cspan_error **error) {
  const char *path = key_of(profile, CSPAN_CREDENTIAL_WEB_IDENTITY_TOKEN_FILE);
  const char *role = key_of(profile, CSPAN_CREDENTIAL_ROLE_ARN);
  *found = path != NULL;
  if (!*found) {
    return CSPAN_OK;
  }
  if (!role) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "the profile \"%.64s\" has web_identity_token_file but no role_arn",
                           cspan_profile_name(profile));
  }
  char *origin =
      cspan_asprintf("profile %.64s: web_identity_token_file", cspan_profile_name(profile));
  const cspan_sts_request request = {.role_arn = role,
                                     .session_name =
                                         key_of(profile, CSPAN_CREDENTIAL_ROLE_SESSION_NAME),
                                     .origin = origin};
  cspan_status status =
      origin ? assume_by_token(hunt, path, &request, error) : cspan_hunt_nomem(error);
  cspan_free(origin);
  return status;
}
