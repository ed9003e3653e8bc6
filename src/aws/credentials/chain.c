/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/chain.h"

#include "aws/credentials/hunt.h"
#include "base/alloc.h"
#include "base/error.h"

enum { NOTES_MAX = 2048 };

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
  cspan_aws_config *base;
  bool skip_environment;
  cspan_identity *instance; /* what EC2 gave last */
} chain;

static void free_chain(void *self) {
  chain *c = self;
  cspan_identity_free(c->instance);
  cspan_aws_config_free(c->base);
  cspan_free(c);
}

static cspan_status look_in(const cspan_hunt *hunt, const cspan_profile *profile,
                            const cspan_hunt_fn *places, size_t count, bool *found,
                            cspan_error **error) {
  cspan_status status = CSPAN_OK;
  *found = false;
  for (size_t i = 0; i < count && status == CSPAN_OK && !*found; i++) {
    status = places[i](hunt, profile, found, error);
  }
  return status;
}

static const char *or_none(const char *path, const char *none) {
  return path ? path : none;
}

static cspan_status none_found(const cspan_hunt *hunt, const cspan_profile *profile,
                               cspan_error **error) {
  const cspan_aws_config *base = hunt->base;
  return cspan_error_set(
      error, CSPAN_ERR_CREDENTIALS,
      "no credentials were found; looked in%s the profile \"%.64s\" of %s and %s, the container's "
      "variables, and the EC2 instance%s",
      hunt->skip_environment ? "" : " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,",
      cspan_profile_name(profile),
      or_none(cspan_aws_config_text(base, CSPAN_SETTING_CREDENTIALS_FILE), "(no credentials file)"),
      or_none(cspan_aws_config_text(base, CSPAN_SETTING_CONFIG_FILE), "(no config file)"),
      cspan_buf_text(hunt->notes));
}

cspan_status cspan_hunt_profile(const cspan_hunt *hunt, const cspan_profile *profile,
                                cspan_error **error) {
  /* Of a source_profile its own keys count more than its role. */
  static const cspan_hunt_fn places[] = {cspan_hunt_keys, cspan_hunt_role,  cspan_hunt_web_identity,
                                         cspan_hunt_sso,  cspan_hunt_login, cspan_hunt_process};
  bool found = false;
  cspan_status status =
      look_in(hunt, profile, places, sizeof places / sizeof places[0], &found, error);
  if (status == CSPAN_OK && !found) {
    status = cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                             "the profile \"%.64s\", which is a source_profile, has no credentials "
                             "(keys, role_arn, sso_session, login_session, credential_process)",
                             cspan_profile_name(profile));
  }
  return status;
}

static cspan_status run_chain(const cspan_hunt *hunt, cspan_error **error) {
  static const cspan_hunt_fn places[] = {
      cspan_hunt_environment,  cspan_hunt_role,    cspan_hunt_web_identity_env,
      cspan_hunt_web_identity, cspan_hunt_sso,     cspan_hunt_login,
      cspan_hunt_keys,         cspan_hunt_process, cspan_hunt_container,
      cspan_hunt_instance};
  const cspan_aws_config *base = hunt->base;
  cspan_profile *profile = NULL;
  bool found = false;
  /* That a profile which was named is there was seen when the config was loaded. */
  cspan_status status = cspan_profile_load(
      cspan_aws_config_text(base, CSPAN_SETTING_CONFIG_FILE),
      cspan_aws_config_text(base, CSPAN_SETTING_CREDENTIALS_FILE),
      cspan_aws_config_text(base, CSPAN_SETTING_PROFILE), false, &profile, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = look_in(hunt, profile, places, sizeof places / sizeof places[0], &found, error);
  if (status == CSPAN_OK && !found) {
    status = none_found(hunt, profile, error);
  }
  cspan_profile_free(profile);
  return status;
}

static cspan_status resolve_chain(void *self, const cspan_context *context,
                                  cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  chain *c = self;
  cspan_buf notes;
  cspan_buf_init(&notes, NOTES_MAX);
  const cspan_hunt hunt = {.base = c->base,
                           .context = context,
                           .emit = emit,
                           .sink = sink,
                           .skip_environment = c->skip_environment,
                           .notes = &notes,
                           .instance = &c->instance};
  cspan_status status = run_chain(&hunt, error);
  cspan_buf_free(&notes);
  return status;
}

cspan_credentials_provider *cspan_credentials_default_chain(const cspan_aws_config *base,
                                                            bool skip_environment) {
  static const cspan_credentials_vtable vtable = {
      .size = sizeof vtable, .name = "default chain", .resolve = resolve_chain, .free = free_chain};
  chain *c = cspan_calloc(1, sizeof *c);
  if (!c) {
    return NULL;
  }
  c->base = cspan_aws_config_ref(base);
  c->skip_environment = skip_environment;
  return cspan_credentials_provider_create(&vtable, c);
}
