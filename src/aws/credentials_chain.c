/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed credentials, and the default chain: environment, profile, credential_process. */
#include <string.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

/* ------------------------------------------------------------------- fixed */

static cspan_status resolve_fixed(void *self, const cspan_context *context,
                                  cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  (void)context;
  return emit(sink, cspan_identity_get(self), error);
}

static void free_fixed(void *self) {
  cspan_identity_free(self);
}

cspan_credentials_provider *cspan_credentials_static(const cspan_credentials *credentials) {
  static const cspan_credentials_vtable vtable = {
      .size = sizeof vtable, .name = "options", .resolve = resolve_fixed, .free = free_fixed};
  cspan_identity *identity = cspan_identity_new(credentials);
  return identity ? cspan_credentials_provider_create(&vtable, identity) : NULL;
}

/* ------------------------------------------------------------------- chain */

typedef struct chain {
  char *config_file;
  char *credentials_file;
  char *profile;
  bool skip_environment;
} chain;

static void free_chain(void *self) {
  chain *c = self;
  cspan_free(c->config_file);
  cspan_free(c->credentials_file);
  cspan_free(c->profile);
  cspan_free(c);
}

/* *found tells whether anything was there at all. */
static cspan_status from_environment(cspan_credentials_emit_fn emit, void *sink, bool *found,
                                     cspan_error **error) {
  cspan_credentials credentials = {
      .access_key_id = cspan_env("AWS_ACCESS_KEY_ID"),
      .secret_access_key = cspan_env("AWS_SECRET_ACCESS_KEY"),
      .session_token = cspan_env("AWS_SESSION_TOKEN"),
      .account_id = cspan_env("AWS_ACCOUNT_ID"),
  };
  *found = credentials.access_key_id || credentials.secret_access_key;
  if (!*found) {
    return CSPAN_OK;
  }
  if (!credentials.access_key_id || !credentials.secret_access_key) {
    return cspan_error_set(
        error, CSPAN_ERR_CREDENTIALS,
        "%s is set in the environment, but %s is not: they belong together",
        credentials.access_key_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
        credentials.access_key_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
  }
  return emit(sink, &credentials, error);
}

static cspan_status from_keys(const cspan_profile *profile, cspan_credentials_emit_fn emit,
                              void *sink, bool *found, cspan_error **error) {
  cspan_profile_value key = cspan_profile_get(profile, NULL, "aws_access_key_id");
  cspan_profile_value secret = cspan_profile_get(profile, NULL, "aws_secret_access_key");
  *found = key.value || secret.value;
  if (!*found) {
    return CSPAN_OK;
  }
  if (!key.value || !secret.value) {
    cspan_profile_value there = key.value ? key : secret;
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "%s, line %d: the profile \"%.64s\" has %s but no %s", there.file,
                           there.line, cspan_profile_name(profile),
                           key.value ? "aws_access_key_id" : "aws_secret_access_key",
                           key.value ? "aws_secret_access_key" : "aws_access_key_id");
  }
  cspan_credentials credentials = {
      .access_key_id = key.value,
      .secret_access_key = secret.value,
      .session_token = cspan_profile_get(profile, NULL, "aws_session_token").value,
      .account_id = cspan_profile_get(profile, NULL, "aws_account_id").value,
  };
  return emit(sink, &credentials, error);
}

static cspan_status from_process(const cspan_profile *profile, const cspan_context *context,
                                 cspan_credentials_emit_fn emit, void *sink, bool *found,
                                 cspan_error **error) {
  cspan_profile_value command = cspan_profile_get(profile, NULL, "credential_process");
  *found = command.value != NULL;
  if (!*found) {
    return CSPAN_OK;
  }
  char *origin = cspan_asprintf("profile %s in %s", cspan_profile_name(profile), command.file);
  if (!origin) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while resolving credentials");
  }
  cspan_status status =
      cspan_credentials_process(command.value, origin, context, emit, sink, error);
  cspan_free(origin);
  return status;
}

/* A way of getting credentials that the profile asks for and that is not there. */
static const char *unsupported(const cspan_profile *profile) {
  static const char *const names[] = {"role_arn", "sso_session", "sso_start_url",
                                      "web_identity_token_file"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (cspan_profile_get(profile, NULL, names[i]).value) {
      return names[i];
    }
  }
  return NULL;
}

static cspan_status none_found(const chain *c, const cspan_profile *profile, cspan_error **error) {
  const char *name = unsupported(profile);
  return cspan_error_set(
      error, CSPAN_ERR_CREDENTIALS,
      "no credentials were found; looked in%s the profile \"%.64s\" of %s and %s (keys, "
      "credential_process)%s%s%s",
      c->skip_environment ? "" : " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and in", c->profile,
      c->credentials_file ? c->credentials_file : "(no credentials file)",
      c->config_file ? c->config_file : "(no config file)", name ? "; the profile has " : "",
      name ? name : "", name ? ", which is not supported" : "");
}

static cspan_status from_profile(const chain *c, const cspan_context *context,
                                 cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  cspan_profile *profile = NULL;
  bool found = false;
  cspan_status status =
      cspan_profile_load(c->config_file, c->credentials_file, c->profile, false, &profile, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = from_keys(profile, emit, sink, &found, error);
  if (status == CSPAN_OK && !found) {
    status = from_process(profile, context, emit, sink, &found, error);
  }
  if (status == CSPAN_OK && !found) {
    status = none_found(c, profile, error);
  }
  cspan_profile_free(profile);
  return status;
}

static cspan_status resolve_chain(void *self, const cspan_context *context,
                                  cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  const chain *c = self;
  bool found = false;
  if (!c->skip_environment) {
    cspan_status status = from_environment(emit, sink, &found, error);
    if (found || status != CSPAN_OK) {
      return status;
    }
  }
  return from_profile(c, context, emit, sink, error);
}

cspan_credentials_provider *cspan_credentials_chain(
    const cspan_credentials_chain_options *options) {
  static const cspan_credentials_vtable vtable = {
      .size = sizeof vtable, .name = "default chain", .resolve = resolve_chain, .free = free_chain};
  chain *c = cspan_calloc(1, sizeof *c);
  if (!c) {
    return NULL;
  }
  c->config_file = cspan_strdup(options->config_file);
  c->credentials_file = cspan_strdup(options->credentials_file);
  c->profile = cspan_strdup(options->profile);
  c->skip_environment = options->skip_environment;
  if (!c->profile || (options->config_file && !c->config_file) ||
      (options->credentials_file && !c->credentials_file)) {
    free_chain(c);
    return NULL;
  }
  return cspan_credentials_provider_create(&vtable, c);
}
