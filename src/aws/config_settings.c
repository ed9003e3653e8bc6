/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/config_settings.h"

#include <stdio.h>
#include <string.h>

#include "aws/config_table.h"
#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

size_t cspan_config_find(const char *name) {
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    if (strcmp(cspan_setting_rules[i].name, name) == 0) {
      return i;
    }
  }
  return SIZE_MAX;
}

/* -------------------------------------------------------------- collecting */

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while loading the config");
}

static cspan_status set(cspan_aws_config *config, size_t id, const char *value,
                        const char *source) {
  cspan_setting *setting = &config->settings[id];
  setting->value = cspan_arena_strdup(config->arena, value);
  setting->source = cspan_arena_strdup(config->arena, source);
  return setting->value && setting->source ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status set_number(cspan_aws_config *config, size_t id, int64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)value);
  return set(config, id, text, "option");
}

static const char *addressing_text(cspan_addressing_style style) {
  static const char *const texts[] = {NULL, "auto", "virtual", "path"};
  return (size_t)style < sizeof texts / sizeof texts[0] ? texts[style] : "invalid";
}

static const char *retry_text(cspan_retry_mode mode) {
  static const char *const texts[] = {NULL, "standard", "off", "adaptive"};
  return (size_t)mode < sizeof texts / sizeof texts[0] ? texts[mode] : "invalid";
}

static const char *signing_text(cspan_payload_signing signing) {
  static const char *const texts[] = {NULL, "true", "false"};
  return (size_t)signing < sizeof texts / sizeof texts[0] ? texts[signing] : "invalid";
}

static const char *checksum_text(cspan_checksum_mode mode) {
  static const char *const texts[] = {NULL, "when_supported", "when_required"};
  return (size_t)mode < sizeof texts / sizeof texts[0] ? texts[mode] : "invalid";
}

static cspan_status take_options(cspan_aws_config *config, const cspan_aws_options *o) {
  const struct {
    cspan_setting_id id;
    const char *value;
  } texts[] = {
      {CSPAN_SETTING_REGION, o->region},
      {CSPAN_SETTING_PROFILE, o->profile},
      {CSPAN_SETTING_CONFIG_FILE, o->config_file},
      {CSPAN_SETTING_CREDENTIALS_FILE, o->credentials_file},
      {CSPAN_SETTING_ENDPOINT_URL, o->endpoint_url},
      {CSPAN_SETTING_IGNORE_ENDPOINT_URLS, o->ignore_configured_endpoint_urls ? "true" : NULL},
      {CSPAN_SETTING_RETRY_MODE, retry_text(o->retry_mode)},
      {CSPAN_SETTING_ADDRESSING_STYLE, addressing_text(o->addressing_style)},
      {CSPAN_SETTING_PAYLOAD_SIGNING, signing_text(o->payload_signing)},
      {CSPAN_SETTING_REQUEST_CHECKSUMS, checksum_text(o->request_checksums)},
      {CSPAN_SETTING_RESPONSE_CHECKSUMS, checksum_text(o->response_checksums)},
      {CSPAN_SETTING_CA_BUNDLE, o->ca_bundle},
      {CSPAN_SETTING_PROXY, o->proxy},
      {CSPAN_SETTING_APP_ID, o->app_id},
      {CSPAN_SETTING_USE_FIPS, o->use_fips_endpoint ? "true" : NULL},
      {CSPAN_SETTING_USE_DUALSTACK, o->use_dualstack_endpoint ? "true" : NULL},
      {CSPAN_SETTING_S3_ACCELERATE, o->use_accelerate_endpoint ? "true" : NULL},
      {CSPAN_SETTING_DATA_PATH, o->data_path},
  };
  const struct {
    cspan_setting_id id;
    int64_t value;
  } numbers[] = {
      {CSPAN_SETTING_MAX_ATTEMPTS, o->max_attempts},
      {CSPAN_SETTING_CONNECT_TIMEOUT_MS, o->connect_timeout_ms},
      {CSPAN_SETTING_READ_TIMEOUT_MS, o->read_timeout_ms},
      {CSPAN_SETTING_CALL_TIMEOUT_MS, o->call_timeout_ms},
  };
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == CSPAN_OK; i++) {
    if (texts[i].value) {
      status = set(config, texts[i].id, texts[i].value, "option");
    }
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == CSPAN_OK; i++) {
    if (numbers[i].value) {
      status = set_number(config, numbers[i].id, numbers[i].value);
    }
  }
  return status;
}

static cspan_status take_environment(cspan_aws_config *config) {
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    const cspan_setting_rule *rule = &cspan_setting_rules[i];
    if (config->settings[i].value || !rule->env) {
      continue;
    }
    const char *value = cspan_env(rule->env);
    if (!value && rule->env_fallback) {
      value = cspan_env(rule->env_fallback);
    }
    if (value && set(config, i, value, "environment") != CSPAN_OK) {
      return CSPAN_ERR_NOMEM;
    }
  }
  return CSPAN_OK;
}

static cspan_status take_defaults(cspan_aws_config *config) {
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    if (!config->settings[i].value && cspan_setting_rules[i].fallback &&
        set(config, i, cspan_setting_rules[i].fallback, "default") != CSPAN_OK) {
      return CSPAN_ERR_NOMEM;
    }
  }
  return CSPAN_OK;
}

/* "~/" is the user's home; without one there is no such file. */
static cspan_status expand_home(cspan_aws_config *config, size_t id) {
  cspan_setting *setting = &config->settings[id];
  if (!cspan_starts_with(setting->value, "~/")) {
    return CSPAN_OK;
  }
  const char *home = cspan_home();
  if (!home) {
    setting->value = NULL;
    return CSPAN_OK;
  }
  char *path = cspan_asprintf("%s%s", home, setting->value + 1);
  setting->value = cspan_arena_strdup(config->arena, path);
  cspan_free(path);
  return setting->value ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

/* The settings that say where the others are. */
static cspan_status locate_profile(cspan_aws_config *config) {
  static const cspan_setting_id ids[] = {CSPAN_SETTING_PROFILE, CSPAN_SETTING_CONFIG_FILE,
                                         CSPAN_SETTING_CREDENTIALS_FILE};
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    if (!config->settings[ids[i]].value &&
        set(config, ids[i], cspan_setting_rules[ids[i]].fallback, "default") != CSPAN_OK) {
      return CSPAN_ERR_NOMEM;
    }
  }
  cspan_status status = expand_home(config, CSPAN_SETTING_CONFIG_FILE);
  return status == CSPAN_OK ? expand_home(config, CSPAN_SETTING_CREDENTIALS_FILE) : status;
}

static cspan_status load_profile(cspan_aws_config *config, cspan_error **error) {
  const cspan_setting *name = &config->settings[CSPAN_SETTING_PROFILE];
  bool asked_for = strcmp(name->source, "default") != 0;
  return cspan_profile_load(config->settings[CSPAN_SETTING_CONFIG_FILE].value,
                            config->settings[CSPAN_SETTING_CREDENTIALS_FILE].value, name->value,
                            asked_for, &config->profile, error);
}

static cspan_status take_profile(cspan_aws_config *config) {
  const char *name = cspan_profile_name(config->profile);
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    if (config->settings[i].value || !cspan_setting_rules[i].key) {
      continue;
    }
    cspan_profile_value found = cspan_profile_get(config->profile, cspan_setting_rules[i].parent,
                                                  cspan_setting_rules[i].key);
    if (!found.value) {
      continue;
    }
    char *source = cspan_asprintf("profile %s in %s", name, found.file);
    cspan_status status = source ? set(config, i, found.value, source) : CSPAN_ERR_NOMEM;
    cspan_free(source);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_config_collect(cspan_aws_config *config, const cspan_aws_options *options,
                                  cspan_error **error) {
  cspan_status status = take_options(config, options);
  if (status == CSPAN_OK) {
    status = take_environment(config);
  }
  if (status == CSPAN_OK) {
    status = locate_profile(config);
  }
  if (status != CSPAN_OK) {
    return nomem(error);
  }
  status = load_profile(config, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = take_profile(config);
  if (status == CSPAN_OK) {
    status = take_defaults(config);
  }
  return status == CSPAN_OK ? CSPAN_OK : nomem(error);
}

/* ----------------------------------------------------------------- parsing */

void cspan_config_source_text(size_t id, const char *source, char out[CSPAN_SOURCE_TEXT_MAX]) {
  const cspan_setting_rule *rule = &cspan_setting_rules[id];
  const char *variable = NULL;
  if (strcmp(source, "environment") == 0) {
    variable = cspan_env(rule->env) ? rule->env : rule->env_fallback;
  }
  (void)snprintf(out, CSPAN_SOURCE_TEXT_MAX, "%s%s%s", source, variable ? " " : "",
                 variable ? variable : "");
}

/* These settings hold no secrets, so that the value may be shown; capped all the same. */
static cspan_status bad_value(const cspan_aws_config *config, size_t id, cspan_error **error) {
  const cspan_setting *setting = &config->settings[id];
  char source[CSPAN_SOURCE_TEXT_MAX];
  cspan_config_source_text(id, setting->source, source);
  return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s is \"%.40s\" (%s), but must be %s",
                         cspan_setting_rules[id].name, setting->value, source,
                         cspan_setting_rules[id].wanted);
}

static bool is_choice(const cspan_setting_choice *choice, cspan_setting *setting) {
  for (; choice->text; choice++) {
    if (cspan_ieq(setting->value, choice->text)) {
      setting->number = choice->value;
      return true;
    }
  }
  return false;
}

static cspan_status parse_setting(cspan_aws_config *config, size_t id, cspan_error **error) {
  cspan_setting *setting = &config->settings[id];
  const cspan_setting_rule *rule = &cspan_setting_rules[id];
  if (!setting->value || rule->kind == CSPAN_KIND_TEXT) {
    return CSPAN_OK;
  }
  if (rule->kind == CSPAN_KIND_NUMBER) {
    bool valid = cspan_parse_i64(setting->value, &setting->number) &&
                 setting->number >= rule->least && setting->number <= rule->most;
    return valid ? CSPAN_OK : bad_value(config, id, error);
  }
  return is_choice(rule->choices, setting) ? CSPAN_OK : bad_value(config, id, error);
}

static cspan_status take_fips_region(cspan_aws_config *config) {
  cspan_setting *region = &config->settings[CSPAN_SETTING_REGION];
  cspan_setting *use_fips = &config->settings[CSPAN_SETTING_USE_FIPS];
  const char *given = region->value;
  cspan_str name;
  if (!given || !cspan_region_asks_for_fips(given, &name)) {
    return CSPAN_OK;
  }
  region->value = cspan_arena_strndup(config->arena, name.data, name.len);
  if (!region->value) {
    return CSPAN_ERR_NOMEM;
  }
  *use_fips = (cspan_setting){.value = "true", .source = region->source, .number = 1};
  cspan_log(CSPAN_LOG_INFO, "the region %s (%s) is taken as %s with use_fips_endpoint", given,
            region->source, region->value);
  return CSPAN_OK;
}

/* Whether AWS says that it runs this program, and in the region that is called. On EC2 only the
 * metadata service could say so: a config waits for no network. */
static bool is_called_from_its_region(const cspan_aws_config *config) {
  const char *here = cspan_env("AWS_REGION");
  here = here ? here : cspan_env("AWS_DEFAULT_REGION");
  return cspan_env("AWS_EXECUTION_ENV") && here &&
         cspan_ieq(here, config->settings[CSPAN_SETTING_REGION].value);
}

/* Source: the guide's "Smart configuration defaults". */
static cspan_status default_connect_timeout(cspan_aws_config *config) {
  int64_t mode = config->settings[CSPAN_SETTING_DEFAULTS_MODE].number;
  cspan_setting *timeout = &config->settings[CSPAN_SETTING_CONNECT_TIMEOUT_MS];
  if (timeout->value) {
    return CSPAN_OK;
  }
  if (mode == CSPAN_DEFAULTS_AUTO && is_called_from_its_region(config)) {
    mode = CSPAN_DEFAULTS_IN_REGION;
  }
  timeout->number = mode == CSPAN_DEFAULTS_IN_REGION ? 1100
                    : mode == CSPAN_DEFAULTS_MOBILE  ? 30000
                                                     : 3100;
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)timeout->number);
  timeout->value = cspan_arena_strdup(config->arena, text);
  timeout->source = "default";
  return timeout->value ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

/* Everybody may ask for a setting: user and password become four asterisks. */
static cspan_status hide_password(cspan_aws_config *config) {
  const char *proxy = config->settings[CSPAN_SETTING_PROXY].value;
  const char *at = proxy ? strrchr(proxy, '@') : NULL;
  const char *scheme = proxy ? strstr(proxy, "://") : NULL;
  config->proxy_shown = proxy;
  if (!at) {
    return CSPAN_OK;
  }
  int len = scheme && scheme < at ? (int)(scheme + 3 - proxy) : 0;
  char *shown = cspan_asprintf("%.*s****%s", len, proxy, at);
  config->proxy_shown = cspan_arena_strdup(config->arena, shown);
  cspan_free(shown);
  return config->proxy_shown ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static void take_parsed(cspan_aws_config *config) {
  const cspan_setting *s = config->settings;
  config->retry_mode = (cspan_retry_mode)s[CSPAN_SETTING_RETRY_MODE].number;
  config->max_attempts = (int)s[CSPAN_SETTING_MAX_ATTEMPTS].number;
  config->addressing_style = (cspan_addressing_style)s[CSPAN_SETTING_ADDRESSING_STYLE].number;
  config->payload_signing = (cspan_payload_signing)s[CSPAN_SETTING_PAYLOAD_SIGNING].number;
  config->request_checksums = (cspan_checksum_mode)s[CSPAN_SETTING_REQUEST_CHECKSUMS].number;
  config->response_checksums = (cspan_checksum_mode)s[CSPAN_SETTING_RESPONSE_CHECKSUMS].number;
  config->ignore_endpoint_urls = s[CSPAN_SETTING_IGNORE_ENDPOINT_URLS].number != 0;
  config->connect_timeout_ms = s[CSPAN_SETTING_CONNECT_TIMEOUT_MS].number;
  config->read_timeout_ms = s[CSPAN_SETTING_READ_TIMEOUT_MS].number;
  config->call_timeout_ms = s[CSPAN_SETTING_CALL_TIMEOUT_MS].number;
}

cspan_status cspan_config_parse(cspan_aws_config *config, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < CSPAN_SETTING_COUNT && status == CSPAN_OK; i++) {
    status = parse_setting(config, i, error);
  }
  const cspan_setting *region = &config->settings[CSPAN_SETTING_REGION];
  if (status == CSPAN_OK && region->value) {
    char source[CSPAN_SOURCE_TEXT_MAX];
    cspan_config_source_text(CSPAN_SETTING_REGION, region->source, source);
    status = cspan_region_check(region->value, source, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  if (take_fips_region(config) != CSPAN_OK || default_connect_timeout(config) != CSPAN_OK ||
      hide_password(config) != CSPAN_OK) {
    return nomem(error);
  }
  take_parsed(config);
  const cspan_setting *mode = &config->settings[CSPAN_SETTING_RETRY_MODE];
  if (cspan_ieq(mode->value, "legacy")) {
    cspan_log(CSPAN_LOG_INFO, "retry_mode is legacy (%s); it is taken as standard", mode->source);
  }
  return CSPAN_OK;
}
