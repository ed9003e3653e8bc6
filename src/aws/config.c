/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/config.h"

#include <stdio.h>
#include <string.h>

#include "aws/config_settings.h"
#include "aws/credentials/chain.h"
#include "aws/pipeline.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

enum {
  ARENA_MAX = 4 * 1024 * 1024,
  DERIVED_ARENA_MAX = 64 * 1024,
  SERVICE_NAME_MAX = 96,
  SERVICE_VARIABLE_MAX = SERVICE_NAME_MAX + 20
};

/* ---------------------------------------------------------------- loading */

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while loading the config");
}

static bool has_static_keys(const cspan_aws_options *options) {
  return options->access_key_id || options->secret_access_key || options->session_token;
}

static cspan_status check_static_keys(const cspan_aws_options *options, cspan_error **error) {
  if (!options->access_key_id || !options->secret_access_key || !*options->access_key_id ||
      !*options->secret_access_key) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the options access_key_id and secret_access_key belong together: one "
                           "of them is missing");
  }
  return CSPAN_OK;
}

/* `given` is owned from here on. */
static cspan_status take_credentials(cspan_aws_config *config, const cspan_aws_options *options,
                                     cspan_credentials_provider *given, cspan_error **error) {
  config->anonymous = options->anonymous;
  config->credentials = given;
  if (given || options->anonymous) {
    return CSPAN_OK;
  }
  if (has_static_keys(options)) {
    cspan_credentials keys = {.access_key_id = options->access_key_id,
                              .secret_access_key = options->secret_access_key,
                              .session_token = options->session_token};
    cspan_status status = check_static_keys(options, error);
    if (status != CSPAN_OK) {
      return status;
    }
    config->credentials = cspan_credentials_static(&keys);
  } else {
    /* A profile that is given here is meant: it wins over the environment. */
    config->credentials = cspan_credentials_default_chain(config->base, options->profile != NULL);
  }
  return config->credentials ? CSPAN_OK : nomem(error);
}

static cspan_aws_options options_of(const cspan_aws_options *given) {
  cspan_aws_options options = {0};
  if (given) {
    size_t size = given->size;
    memcpy(&options, given, size && size < sizeof options ? size : sizeof options);
  }
  return options;
}

/* What options, environment and files say, without credentials. NULL on failure. */
static cspan_aws_config *load_settings(const cspan_aws_options *options, cspan_status *status,
                                       cspan_error **error) {
  cspan_aws_config *config = cspan_calloc(1, sizeof *config);
  if (config) {
    atomic_init(&config->refs, 1);
    config->anonymous = true;
    config->arena = cspan_arena_create(ARENA_MAX);
  }
  if (!config || !config->arena) {
    *status = nomem(error);
  } else {
    *status = cspan_config_collect(config, options, error);
  }
  if (*status == CSPAN_OK) {
    *status = cspan_config_parse(config, error);
  }
  if (*status != CSPAN_OK) {
    cspan_aws_config_free(config);
    return NULL;
  }
  return config;
}

/* Everything but what is owned: that is shared by way of `base`, whose count of references other
 * threads may be changing. */
static cspan_aws_config *share(const cspan_aws_config *base) {
  static const size_t from = offsetof(cspan_aws_config, base);
  cspan_aws_config *config = cspan_malloc(sizeof *config);
  if (!config) {
    return NULL;
  }
  memcpy((char *)config + from, (const char *)base + from, sizeof *config - from);
  atomic_init(&config->refs, 1);
  config->base = cspan_aws_config_ref(base);
  config->arena = NULL;
  config->credentials = NULL;
  config->middlewares = NULL;
  config->middleware_count = 0;
  return config;
}

/* The credentials refer to the settings alone, never to the config that owns the credentials. */
cspan_status cspan_aws_config_load(const cspan_aws_options *given, cspan_aws_config **out,
                                   cspan_error **error) {
  cspan_aws_options options = options_of(given);
  cspan_status status = CSPAN_OK;
  *out = NULL;
  cspan_aws_config *settings = load_settings(&options, &status, error);
  if (!settings) {
    cspan_credentials_provider_free(options.credentials);
    return status;
  }
  cspan_aws_config *config = share(settings);
  cspan_aws_config_free(settings);
  if (!config) {
    cspan_credentials_provider_free(options.credentials);
    return nomem(error);
  }
  status = take_credentials(config, &options, options.credentials, error);
  if (status != CSPAN_OK) {
    cspan_aws_config_free(config);
    return status;
  }
  *out = config;
  return CSPAN_OK;
}

/* The endpoint URL as it is without the option. */
static cspan_status forget_endpoint_option(cspan_aws_config *config) {
  cspan_setting *setting = &config->settings[CSPAN_SETTING_ENDPOINT_URL];
  if (!setting->value || strcmp(setting->source, "option") != 0) {
    return CSPAN_OK;
  }
  const char *value = cspan_env("AWS_ENDPOINT_URL");
  *setting = (cspan_setting){.source = "environment"};
  if (!value) {
    cspan_profile_value found = cspan_profile_get(config->profile, NULL, "endpoint_url");
    value = found.value;
    setting->source = found.file;
  }
  setting->value = cspan_arena_strdup(config->arena, value);
  return setting->value || !value ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

cspan_aws_config *cspan_aws_config_derive(const cspan_aws_config *base,
                                          cspan_credentials_provider *credentials,
                                          const char *region) {
  cspan_aws_config *config = share(base);
  if (!config) {
    cspan_credentials_provider_free(credentials);
    return NULL;
  }
  config->credentials = credentials;
  config->anonymous = credentials == NULL;
  config->arena = cspan_arena_create(DERIVED_ARENA_MAX);
  cspan_status status = config->arena ? forget_endpoint_option(config) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK && region) {
    cspan_setting *setting = &config->settings[CSPAN_SETTING_REGION];
    setting->value = cspan_arena_strdup(config->arena, region);
    setting->source = "credentials";
    status = setting->value ? CSPAN_OK : CSPAN_ERR_NOMEM;
  }
  if (status != CSPAN_OK) {
    cspan_aws_config_free(config);
    return NULL;
  }
  return config;
}

/* Atomic, so that clients on several threads may share a config. */
cspan_aws_config *cspan_aws_config_ref(const cspan_aws_config *config) {
  cspan_aws_config *shared = (cspan_aws_config *)config;
  atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
  return shared;
}

static void free_middleware(const cspan_middleware *middleware) {
  if (middleware->vtable && middleware->vtable->free) {
    middleware->vtable->free(middleware->self);
  }
}

void cspan_aws_config_free(cspan_aws_config *config) {
  if (!config || atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) > 1) {
    return;
  }
  for (size_t i = 0; i < config->middleware_count; i++) {
    free_middleware(&config->middlewares[i]);
  }
  cspan_free(config->middlewares);
  cspan_credentials_provider_free(config->credentials);
  cspan_arena_free(config->arena);
  if (config->base) {
    cspan_aws_config_free(config->base);
  } else {
    cspan_profile_free(config->profile);
  }
  cspan_free(config);
}

/* ---------------------------------------------------------------- reading */

/* "Route 53" as ROUTE_53 or route_53. */
static void service_name(const char *id, bool upper, char out[SERVICE_NAME_MAX]) {
  size_t i = 0;
  for (; id[i] && i + 1 < SERVICE_NAME_MAX; i++) {
    char c = id[i];
    bool is_upper = c >= 'A' && c <= 'Z';
    bool is_lower = c >= 'a' && c <= 'z';
    bool is_digit = c >= '0' && c <= '9';
    if (upper && is_lower) {
      c = (char)(c - 32);
    } else if (!upper && is_upper) {
      c = (char)(c + 32);
    }
    out[i] = is_upper || is_lower || is_digit ? c : '_';
  }
  out[i] = '\0';
}

/* "AWS_ENDPOINT_URL_ROUTE_53" */
static void service_variable(const char *id, char out[SERVICE_VARIABLE_MAX]) {
  static const char prefix[] = "AWS_ENDPOINT_URL_";
  memcpy(out, prefix, sizeof prefix);
  service_name(id, true, out + strlen(prefix));
}

/* The environment and the profile's [services] section name endpoints of single services. */
static const char *service_endpoint(const cspan_aws_config *config, const char *service_id,
                                    const char **source) {
  char name[SERVICE_NAME_MAX];
  char variable[SERVICE_VARIABLE_MAX];
  service_variable(service_id, variable);
  const char *value = cspan_env(variable);
  if (value) {
    *source = "environment";
    return value;
  }
  const cspan_setting *global = &config->settings[CSPAN_SETTING_ENDPOINT_URL];
  if (global->value && strcmp(global->source, "environment") == 0) {
    return NULL; /* any variable wins over any file */
  }
  service_name(service_id, false, name);
  cspan_profile_value found = cspan_profile_service_get(config->profile, name, "endpoint_url");
  *source = found.file;
  return found.value;
}

const char *cspan_aws_config_endpoint(const cspan_aws_config *config, const char *service_id,
                                      const char **source) {
  const cspan_setting *global = &config->settings[CSPAN_SETTING_ENDPOINT_URL];
  bool is_option = global->value && strcmp(global->source, "option") == 0;
  if (!is_option && config->ignore_endpoint_urls) {
    return NULL;
  }
  if (!is_option) {
    const char *value = service_endpoint(config, service_id, source);
    if (value) {
      return value;
    }
  }
  *source = global->source;
  return global->value;
}

void cspan_aws_config_endpoint_source(const char *service_id, const char *source,
                                      char out[CSPAN_SOURCE_TEXT_MAX]) {
  char variable[SERVICE_VARIABLE_MAX];
  service_variable(service_id, variable);
  bool is_option = strcmp(source, "option") == 0;
  if (is_option || (strcmp(source, "environment") == 0 && cspan_env(variable))) {
    (void)snprintf(out, CSPAN_SOURCE_TEXT_MAX, "%s %s", source,
                   is_option ? "endpoint_url" : variable);
  } else {
    cspan_config_source_text(CSPAN_SETTING_ENDPOINT_URL, source, out);
  }
}

bool cspan_aws_config_flag(const cspan_aws_config *config, cspan_setting_id id) {
  return config->settings[id].number != 0;
}

int64_t cspan_aws_config_number(const cspan_aws_config *config, cspan_setting_id id) {
  return config->settings[id].number;
}

const char *cspan_aws_config_text(const cspan_aws_config *config, cspan_setting_id id) {
  return config->settings[id].value;
}

bool cspan_aws_config_is_set(const cspan_aws_config *config, cspan_setting_id id) {
  const cspan_setting *setting = &config->settings[id];
  return setting->value && strcmp(setting->source, "default") != 0;
}

const char *cspan_aws_config_get(const cspan_aws_config *config, const char *name,
                                 const char **source) {
  static const char endpoint_prefix[] = "endpoint_url_";
  const char *from = NULL;
  const char *value = NULL;
  size_t id = cspan_config_find(name);
  if (id != SIZE_MAX) {
    value = id == CSPAN_SETTING_PROXY ? config->proxy_shown : config->settings[id].value;
    from = config->settings[id].source;
  } else if (cspan_starts_with(name, endpoint_prefix)) {
    value = cspan_aws_config_endpoint(config, name + sizeof endpoint_prefix - 1, &from);
  }
  if (source) {
    *source = value ? from : NULL;
  }
  return value;
}

/* ------------------------------------------------------------- middlewares */

cspan_status cspan_aws_config_add_middleware(cspan_aws_config *config,
                                             const cspan_middleware *middleware,
                                             cspan_error **error) {
  cspan_chain *trial =
      cspan_chain_compose(config->middlewares, config->middleware_count, middleware, 1, error);
  cspan_middleware *grown = NULL;
  if (trial) {
    cspan_free(trial);
    grown = cspan_realloc(config->middlewares, (config->middleware_count + 1) * sizeof *grown);
    if (!grown) {
      cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the middleware was not added");
    }
  }
  if (!grown) {
    cspan_status status = error && *error ? cspan_error_status(*error) : CSPAN_ERR_INVALID;
    free_middleware(middleware);
    return status;
  }
  config->middlewares = grown;
  config->middlewares[config->middleware_count++] = *middleware;
  return CSPAN_OK;
}

bool cspan_aws_config_has_middleware(const cspan_aws_config *config, const char *name) {
  for (size_t i = 0; i < config->middleware_count; i++) {
    if (strcmp(config->middlewares[i].vtable->name, name) == 0) {
      return true;
    }
  }
  return false;
}

/* ------------------------------------------------------------- credentials */

cspan_status cspan_aws_config_check_credentials(const cspan_aws_config *config,
                                                const cspan_context *context, cspan_error **error) {
  cspan_identity *identity = NULL;
  if (!config->credentials) {
    return CSPAN_OK; /* anonymous */
  }
  cspan_status status =
      cspan_credentials_provider_get(config->credentials, context, &identity, error);
  cspan_identity_free(identity);
  return status;
}
