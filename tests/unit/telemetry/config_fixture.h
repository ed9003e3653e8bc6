/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations from texts, their messages, and what is logged meanwhile. */
#ifndef UNIT_CONFIG_FIXTURE_H
#define UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/configuration.h>

static char config_logged[8192];

static inline void config_keep_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  strncat(config_logged, message, sizeof config_logged - strlen(config_logged) - 2);
  strcat(config_logged, "\n");
}

/* A setup function: nothing was logged yet, and warnings are kept. */
static inline int config_listen(void **state) {
  (void)state;
  config_logged[0] = '\0';
  cspan_log_set(config_keep_log, NULL, CSPAN_LOG_WARN);
  return 0;
}

/* Fails the test with the message where the text is not accepted. */
static inline cspan_configuration *config_parse(const char *yaml) {
  cspan_configuration *configuration = NULL;
  cspan_error *error = NULL;
  cspan_configuration_parse(yaml, strlen(yaml), "t", &configuration, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_non_null(configuration);
  return configuration;
}

/* With the line that every file needs before it. */
static inline cspan_configuration *config_parse_body(const char *body) {
  char text[16384];
  int length = snprintf(text, sizeof text, "file_format: \"1.0\"\n%s", body);
  assert_true(length > 0 && (size_t)length < sizeof text);
  return config_parse(text);
}

/* The message of a text that is refused; lives until the next call. */
static inline const char *config_refused(const char *yaml, size_t size) {
  static char message[2048];
  cspan_configuration *configuration = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_configuration_parse(yaml, size, "t", &configuration, &error);
  snprintf(message, sizeof message, "%s", cspan_error_message(error));
  if (status == CSPAN_OK) {
    cspan_configuration_free(configuration);
    fail_msg("accepted: %.200s", yaml);
  }
  assert_int_equal(status, CSPAN_ERR_CONFIG);
  assert_int_equal(cspan_error_status(error), status);
  assert_null(configuration);
  cspan_error_free(error);
  return message;
}

/* Makes the SDK of a body; fails the test where that fails. */
static inline cspan_sdk *config_create(const char *body) {
  cspan_configuration *configuration = config_parse_body(body);
  cspan_sdk *sdk = NULL;
  cspan_error *error = NULL;
  cspan_configuration_create(configuration, &sdk, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_non_null(sdk);
  cspan_configuration_free(configuration);
  return sdk;
}

/* The message of a body that parses, but of which no SDK can be made. */
static inline const char *config_not_created(const char *body) {
  static char message[2048];
  cspan_configuration *configuration = config_parse_body(body);
  cspan_sdk *sdk = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_configuration_create(configuration, &sdk, &error);
  cspan_configuration_free(configuration);
  snprintf(message, sizeof message, "%s", cspan_error_message(error));
  if (status == CSPAN_OK) {
    cspan_sdk_free(sdk);
    fail_msg("created: %.200s", body);
  }
  assert_null(sdk);
  cspan_error_free(error);
  return message;
}

static inline void config_assert_contains(const char *text, const char *part) {
  if (strstr(text, part) == NULL) {
    fail_msg("\"%s\" is not in \"%s\"", part, text);
  }
}

#endif
