/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/config_settings.h"

#include <stdio.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

typedef struct setting_rule {
  const char *name;
  const char *env;
  const char *env_fallback;
  const char *parent; /* of the profile's setting */
  const char *key;
  const char *fallback;
} setting_rule;

static const setting_rule rules[CSPAN_SETTING_COUNT] = {
    [CSPAN_SETTING_REGION] = {"region", "AWS_REGION", "AWS_DEFAULT_REGION", NULL, "region", NULL},
    [CSPAN_SETTING_PROFILE] = {"profile", "AWS_PROFILE", NULL, NULL, NULL, "default"},
    [CSPAN_SETTING_CONFIG_FILE] = {"config_file", "AWS_CONFIG_FILE", NULL, NULL, NULL,
                                   "~/.aws/config"},
    [CSPAN_SETTING_CREDENTIALS_FILE] = {"credentials_file", "AWS_SHARED_CREDENTIALS_FILE", NULL,
                                        NULL, NULL, "~/.aws/credentials"},
    [CSPAN_SETTING_ENDPOINT_URL] = {"endpoint_url", "AWS_ENDPOINT_URL", NULL, NULL, "endpoint_url",
                                    NULL},
    [CSPAN_SETTING_IGNORE_ENDPOINT_URLS] = {"ignore_configured_endpoint_urls",
                                            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL, NULL,
                                            "ignore_configured_endpoint_urls", "false"},
    [CSPAN_SETTING_RETRY_MODE] = {"retry_mode", "AWS_RETRY_MODE", NULL, NULL, "retry_mode",
                                  "standard"},
    [CSPAN_SETTING_MAX_ATTEMPTS] = {"max_attempts", "AWS_MAX_ATTEMPTS", NULL, NULL, "max_attempts",
                                    "3"},
    [CSPAN_SETTING_ADDRESSING_STYLE] = {"addressing_style", NULL, NULL, "s3", "addressing_style",
                                        "auto"},
    [CSPAN_SETTING_PAYLOAD_SIGNING] = {"payload_signing_enabled", NULL, NULL, "s3",
                                       "payload_signing_enabled", NULL},
    [CSPAN_SETTING_REQUEST_CHECKSUMS] = {"request_checksum_calculation",
                                         "AWS_REQUEST_CHECKSUM_CALCULATION", NULL, NULL,
                                         "request_checksum_calculation", NULL},
    [CSPAN_SETTING_RESPONSE_CHECKSUMS] = {"response_checksum_validation",
                                          "AWS_RESPONSE_CHECKSUM_VALIDATION", NULL, NULL,
                                          "response_checksum_validation", NULL},
    [CSPAN_SETTING_CA_BUNDLE] = {"ca_bundle", "AWS_CA_BUNDLE", NULL, NULL, "ca_bundle", NULL},
    [CSPAN_SETTING_PROXY] = {"proxy", NULL, NULL, NULL, NULL, NULL},
    [CSPAN_SETTING_CONNECT_TIMEOUT_MS] = {"connect_timeout_ms", NULL, NULL, NULL, NULL, "3100"},
    [CSPAN_SETTING_READ_TIMEOUT_MS] = {"read_timeout_ms", NULL, NULL, NULL, NULL, "60000"},
    [CSPAN_SETTING_CALL_TIMEOUT_MS] = {"call_timeout_ms", NULL, NULL, NULL, NULL, "0"},
    [CSPAN_SETTING_APP_ID] = {"sdk_ua_app_id", "AWS_SDK_UA_APP_ID", NULL, NULL, "sdk_ua_app_id",
                              NULL},
};

size_t cspan_config_find(const char *name) {
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    if (strcmp(rules[i].name, name) == 0) {
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
  static const char *const texts[] = {NULL, "standard", "off"};
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
    const setting_rule *rule = &rules[i];
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
    if (!config->settings[i].value && rules[i].fallback &&
        set(config, i, rules[i].fallback, "default") != CSPAN_OK) {
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
        set(config, ids[i], rules[ids[i]].fallback, "default") != CSPAN_OK) {
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
    if (config->settings[i].value || !rules[i].key) {
      continue;
    }
    cspan_profile_value found = cspan_profile_get(config->profile, rules[i].parent, rules[i].key);
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

/* These settings hold no secrets, so that the value may be shown; capped all the same. */
static cspan_status bad_value(const cspan_aws_config *config, size_t id, const char *wanted,
                              cspan_error **error) {
  const cspan_setting *setting = &config->settings[id];
  return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s is \"%.40s\" (%s), but must be %s",
                         rules[id].name, setting->value, setting->source, wanted);
}

typedef struct choice {
  const char *text;
  int value;
} choice;

static cspan_status parse_choice(const cspan_aws_config *config, size_t id, const choice *choices,
                                 size_t count, const char *wanted, int *out, cspan_error **error) {
  const char *value = config->settings[id].value;
  if (!value) {
    return CSPAN_OK;
  }
  for (size_t i = 0; i < count; i++) {
    if (cspan_ieq(value, choices[i].text)) {
      *out = choices[i].value;
      return CSPAN_OK;
    }
  }
  return bad_value(config, id, wanted, error);
}

static cspan_status parse_number(const cspan_aws_config *config, size_t id, int64_t least,
                                 int64_t most, const char *wanted, int64_t *out,
                                 cspan_error **error) {
  int64_t value = 0;
  if (!cspan_parse_i64(config->settings[id].value, &value) || value < least || value > most) {
    return bad_value(config, id, wanted, error);
  }
  *out = value;
  return CSPAN_OK;
}

#define CHOICE(id, list, wanted, out)                                                              \
  parse_choice(config, (id), (list), sizeof(list) / sizeof(list)[0], (wanted), (out), error)

static cspan_status parse_choices(cspan_aws_config *config, cspan_error **error) {
  /* The older and the adaptive mode have no counterpart here; what they ask for, patience with
   * failures, the standard mode gives too. */
  static const choice retry[] = {{"standard", CSPAN_RETRY_STANDARD},
                                 {"legacy", CSPAN_RETRY_STANDARD},
                                 {"adaptive", CSPAN_RETRY_STANDARD},
                                 {"off", CSPAN_RETRY_OFF}};
  static const choice addressing[] = {{"auto", CSPAN_ADDRESSING_AUTO},
                                      {"virtual", CSPAN_ADDRESSING_VIRTUAL},
                                      {"path", CSPAN_ADDRESSING_PATH}};
  static const choice signing[] = {{"true", CSPAN_PAYLOAD_SIGNED},
                                   {"false", CSPAN_PAYLOAD_UNSIGNED}};
  static const choice checksums[] = {{"when_supported", CSPAN_CHECKSUM_WHEN_SUPPORTED},
                                     {"when_required", CSPAN_CHECKSUM_WHEN_REQUIRED}};
  static const choice truth[] = {{"true", 1}, {"false", 0}};
  static const char checksums_wanted[] = "when_supported or when_required";
  int mode = 0;
  int style = 0;
  int payload = 0;
  int request = 0;
  int response = 0;
  int ignore = 0;
  cspan_status status = CSPAN_OK;
  if ((status = CHOICE(CSPAN_SETTING_RETRY_MODE, retry, "standard, legacy, adaptive or off",
                       &mode)) != CSPAN_OK ||
      (status = CHOICE(CSPAN_SETTING_ADDRESSING_STYLE, addressing, "auto, virtual or path",
                       &style)) != CSPAN_OK ||
      (status = CHOICE(CSPAN_SETTING_PAYLOAD_SIGNING, signing, "true or false", &payload)) !=
          CSPAN_OK ||
      (status = CHOICE(CSPAN_SETTING_REQUEST_CHECKSUMS, checksums, checksums_wanted, &request)) !=
          CSPAN_OK ||
      (status = CHOICE(CSPAN_SETTING_RESPONSE_CHECKSUMS, checksums, checksums_wanted, &response)) !=
          CSPAN_OK ||
      (status = CHOICE(CSPAN_SETTING_IGNORE_ENDPOINT_URLS, truth, "true or false", &ignore)) !=
          CSPAN_OK) {
    return status;
  }
  config->retry_mode = (cspan_retry_mode)mode;
  config->addressing_style = (cspan_addressing_style)style;
  config->payload_signing = (cspan_payload_signing)payload;
  config->request_checksums = (cspan_checksum_mode)request;
  config->response_checksums = (cspan_checksum_mode)response;
  config->ignore_endpoint_urls = ignore != 0;
  return CSPAN_OK;
}

cspan_status cspan_config_parse(cspan_aws_config *config, cspan_error **error) {
  static const char ms_wanted[] = "a number of milliseconds";
  static const int64_t ms_most = (int64_t)24 * 3600 * 1000;
  int64_t attempts = 0;
  cspan_status status = parse_choices(config, error);
  if (status == CSPAN_OK) {
    status = parse_number(config, CSPAN_SETTING_MAX_ATTEMPTS, 1, 1000, "a number from 1 to 1000",
                          &attempts, error);
  }
  if (status == CSPAN_OK) {
    status = parse_number(config, CSPAN_SETTING_CONNECT_TIMEOUT_MS, 1, ms_most, ms_wanted,
                          &config->connect_timeout_ms, error);
  }
  if (status == CSPAN_OK) {
    status = parse_number(config, CSPAN_SETTING_READ_TIMEOUT_MS, 1, ms_most, ms_wanted,
                          &config->read_timeout_ms, error);
  }
  if (status == CSPAN_OK) {
    status = parse_number(config, CSPAN_SETTING_CALL_TIMEOUT_MS, 0, 30 * ms_most, ms_wanted,
                          &config->call_timeout_ms, error);
  }
  config->max_attempts = (int)attempts;
  const cspan_setting *region = &config->settings[CSPAN_SETTING_REGION];
  if (status == CSPAN_OK && region->value) {
    status = cspan_region_check(region->value, region->source, error);
  }
  return status;
}
