/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that need no service: keys in the environment or a profile, and programs. */
#include "aws/credentials/hunt.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

/* A service that made keys just now is believed more than the clock here. Nobody made these now:
 * a call with them would only be told less clearly. 0: they do not expire. */
static cspan_status refuse_expired(int64_t expires_s, const char *what, const char *advice,
                                   cspan_error **error) {
  const int64_t ns_per_s = 1000000000;
  char text[21];
  if (expires_s == 0 || expires_s > cspan_unix_ns() / ns_per_s) {
    return CSPAN_OK;
  }
  cspan_format_iso8601((time_t)expires_s, text);
  return cspan_error_set(error, CSPAN_ERR_CREDENTIALS, "%s expired at %s: %s", what, text, advice);
}

cspan_status cspan_hunt_environment(const cspan_hunt *hunt, const cspan_profile *profile,
                                    bool *found, cspan_error **error) {
  const char *const key_name = cspan_credential_rules[CSPAN_CREDENTIAL_ACCESS_KEY_ID].env;
  const char *const secret_name = cspan_credential_rules[CSPAN_CREDENTIAL_SECRET_ACCESS_KEY].env;
  cspan_credentials credentials = {
      .access_key_id = cspan_credential_env(CSPAN_CREDENTIAL_ACCESS_KEY_ID),
      .secret_access_key = cspan_credential_env(CSPAN_CREDENTIAL_SECRET_ACCESS_KEY),
      .session_token = cspan_credential_env(CSPAN_CREDENTIAL_SESSION_TOKEN),
      .account_id = cspan_credential_env(CSPAN_CREDENTIAL_ACCOUNT_ID),
  };
  (void)profile;
  *found = !hunt->skip_environment && (credentials.access_key_id || credentials.secret_access_key);
  if (!*found) {
    return CSPAN_OK;
  }
  if (!credentials.access_key_id || !credentials.secret_access_key) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "%s is set in the environment, but %s is not: they belong together",
                           credentials.access_key_id ? key_name : secret_name,
                           credentials.access_key_id ? secret_name : key_name);
  }
  const char *expiration = cspan_credential_env(CSPAN_CREDENTIAL_EXPIRATION);
  time_t expires = 0;
  if (expiration && !cspan_parse_iso8601(expiration, &expires)) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "AWS_CREDENTIAL_EXPIRATION is \"%.40s\", which is no ISO 8601 time",
                           expiration);
  }
  credentials.expiration_unix_s = (int64_t)expires;
  cspan_status status = refuse_expired(credentials.expiration_unix_s,
                                       "the keys of the environment, by AWS_CREDENTIAL_EXPIRATION,",
                                       "set new ones", error);
  return status == CSPAN_OK ? cspan_hunt_emit(hunt, &credentials, error, "environment") : status;
}

cspan_status cspan_hunt_keys(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                             cspan_error **error) {
  const char *const key_name = cspan_credential_rules[CSPAN_CREDENTIAL_ACCESS_KEY_ID].key;
  const char *const secret_name = cspan_credential_rules[CSPAN_CREDENTIAL_SECRET_ACCESS_KEY].key;
  cspan_profile_value key = cspan_credential_key(profile, CSPAN_CREDENTIAL_ACCESS_KEY_ID);
  cspan_profile_value secret = cspan_credential_key(profile, CSPAN_CREDENTIAL_SECRET_ACCESS_KEY);
  *found = key.value || secret.value;
  if (!*found) {
    return CSPAN_OK;
  }
  if (!key.value || !secret.value) {
    cspan_profile_value there = key.value ? key : secret;
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "%s, line %d: the profile \"%.64s\" has %s but no %s", there.file,
                           there.line, cspan_profile_name(profile),
                           key.value ? key_name : secret_name, key.value ? secret_name : key_name);
  }
  const cspan_credentials credentials = {
      .access_key_id = key.value,
      .secret_access_key = secret.value,
      .session_token = cspan_credential_key(profile, CSPAN_CREDENTIAL_SESSION_TOKEN).value,
      .account_id = cspan_credential_key(profile, CSPAN_CREDENTIAL_ACCOUNT_ID).value,
  };
  return cspan_hunt_emit(hunt, &credentials, error, "profile %.64s: keys in %s",
                         cspan_profile_name(profile), key.file);
}

/* The emitting of a credential_process, with a source. */
typedef struct named_sink {
  const cspan_hunt *hunt;
  const char *profile;
  const char *file; /* of the profile */
} named_sink;

static cspan_status emit_named(void *sink, const cspan_credentials *credentials,
                               cspan_error **error) {
  const named_sink *named = sink;
  char *what = cspan_asprintf("the credentials that the credential_process of the profile %s in %s "
                              "printed",
                              named->profile, named->file);
  if (!what) {
    return cspan_hunt_nomem(error);
  }
  cspan_status status = refuse_expired(
      credentials->expiration_unix_s, what,
      "it must print new ones (renew what it takes them from, and look at the clocks)", error);
  cspan_free(what);
  if (status != CSPAN_OK) {
    return status;
  }
  return cspan_hunt_emit(named->hunt, credentials, error, "profile %.64s: credential_process",
                         named->profile);
}

cspan_status cspan_hunt_process(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                cspan_error **error) {
  cspan_profile_value command = cspan_credential_key(profile, CSPAN_CREDENTIAL_PROCESS);
  named_sink sink = {hunt, cspan_profile_name(profile), command.file};
  *found = command.value != NULL;
  if (!*found) {
    return CSPAN_OK;
  }
  char *origin = cspan_asprintf("profile %s in %s", cspan_profile_name(profile), command.file);
  if (!origin) {
    return cspan_hunt_nomem(error);
  }
  cspan_status status =
      cspan_credentials_process(command.value, origin, hunt->context, emit_named, &sink, error);
  cspan_free(origin);
  return status;
}
