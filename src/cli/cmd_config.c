/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings come to, and where credentials come from. Never a secret. */
#include <stdio.h>
#include <string.h>

#include "aws/config_settings.h"
#include "aws/config_table.h"
#include "aws/credentials.h"
#include "base/nearest.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/text.h"

enum { NAME_WIDTH = 38, KEY_SHOWN = 4, KEY_TEXT_MAX = 16 };

typedef struct config_values {
  bool no_credentials;
} config_values;

static const cspan_cli_option options[] = {
    {"no-credentials", 0, CSPAN_CLI_FLAG, offsetof(config_values, no_credentials), NULL,
     "do not look for credentials, which may ask services", 0, 0},
};

static const char endpoint_prefix[] = "endpoint_url_";

/* "environment AWS_REGION" */
static void source_text(const char *name, const char *source, char out[CSPAN_SOURCE_TEXT_MAX]) {
  size_t id = cspan_config_find(name);
  const char *from = source ? source : "-";
  if (id != SIZE_MAX) {
    cspan_config_source_text(id, from, out);
  } else {
    cspan_aws_config_endpoint_source(name + strlen(endpoint_prefix), from, out);
  }
}

static void put_setting(const cspan_cli_run *run, const cspan_aws_config *config,
                        const char *name) {
  const char *source = NULL;
  const char *value = cspan_aws_config_get(config, name, &source);
  char from[CSPAN_SOURCE_TEXT_MAX];
  source_text(name, source, from);
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "setting", name);
    cspan_cli_json_text(&json, "value", value);
    cspan_cli_json_text(&json, "source", value ? from : NULL);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  (void)printf("%-*s ", NAME_WIDTH, name);
  cspan_cli_put_text(stdout, value ? value : "-");
  if (value) {
    (void)fputs("  (", stdout);
    cspan_cli_put_text(stdout, from);
    (void)fputc(')', stdout);
  }
  (void)fputc('\n', stdout);
}

/* ----------------------------------------------------------------- credentials */

/* "AKIA****1234": enough to know it by, too little to help anyone else. */
static void shorten(const char *key, char out[KEY_TEXT_MAX]) {
  size_t len = strlen(key);
  if (len < (size_t)3 * KEY_SHOWN) {
    (void)snprintf(out, KEY_TEXT_MAX, "****");
  } else {
    (void)snprintf(out, KEY_TEXT_MAX, "%.4s****%s", key, key + len - KEY_SHOWN);
  }
}

static void put_identity(const cspan_cli_run *run, const cspan_credentials *c) {
  char key[KEY_TEXT_MAX];
  char expires[24];
  shorten(c->access_key_id, key);
  cspan_cli_format_time(c->expiration_unix_s, expires);
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_open(&json, "credentials");
    cspan_cli_json_text(&json, "access_key_id", key);
    cspan_cli_json_text(&json, "source", c->source);
    cspan_cli_json_text(&json, "account_id", c->account_id);
    cspan_cli_json_text(&json, "expiration", c->expiration_unix_s ? expires : NULL);
    cspan_cli_json_close(&json);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  (void)printf("%-*s ", NAME_WIDTH, "credentials");
  cspan_cli_put_text(stdout, key);
  (void)fputs("  (", stdout);
  cspan_cli_put_text(stdout, c->source);
  if (c->expiration_unix_s) {
    (void)printf(", until %s", expires);
  }
  (void)fputs(")\n", stdout);
}

static int put_credentials(cspan_cli_session *session) {
  const cspan_cli_run *run = session->run;
  cspan_identity *identity = NULL;
  cspan_error *error = NULL;
  if (!session->config->credentials) {
    if (!run->globals->json) {
      (void)printf("%-*s none  (option: requests are not signed)\n", NAME_WIDTH, "credentials");
    }
    return CSPAN_EXIT_OK;
  }
  if (cspan_credentials_provider_get(session->config->credentials, &session->context, &identity,
                                     &error) != CSPAN_OK) {
    return cspan_cli_session_fail(session, error);
  }
  put_identity(run, cspan_identity_get(identity));
  cspan_identity_free(identity);
  return CSPAN_EXIT_OK;
}

/* ----------------------------------------------------------------------- command */

static int check_names(const cspan_cli_run *run) {
  for (size_t i = 0; i < run->arg_count; i++) {
    const char *name = run->args[i];
    const char *best = NULL;
    size_t best_closeness = SIZE_MAX;
    if (cspan_config_find(name) != SIZE_MAX || strcmp(name, "credentials") == 0 ||
        cspan_starts_with(name, endpoint_prefix)) {
      continue;
    }
    for (size_t k = 0; k < CSPAN_SETTING_COUNT; k++) {
      size_t closeness = cspan_closeness(name, strlen(name), cspan_setting_rules[k].name);
      if (closeness < best_closeness) {
        best = cspan_setting_rules[k].name;
        best_closeness = closeness;
      }
    }
    return cspan_cli_usage(run, "there is no setting '%s'%s%s%s", name,
                           best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
  }
  return CSPAN_EXIT_OK;
}

static int put_all(cspan_cli_session *session) {
  const config_values *values = session->run->values;
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    put_setting(session->run, session->config, cspan_setting_rules[i].name);
  }
  return values->no_credentials ? CSPAN_EXIT_OK : put_credentials(session);
}

static int put_named(cspan_cli_session *session) {
  const cspan_cli_run *run = session->run;
  int code = CSPAN_EXIT_OK;
  for (size_t i = 0; i < run->arg_count; i++) {
    if (strcmp(run->args[i], "credentials") != 0) {
      put_setting(run, session->config, run->args[i]);
    } else {
      int each = put_credentials(session);
      code = each == CSPAN_EXIT_OK ? code : each;
    }
  }
  return code;
}

static int run_config(const cspan_cli_run *run) {
  cspan_cli_session session;
  int code = check_names(run);
  if (code != CSPAN_EXIT_OK || !cspan_cli_session_begin(&session, run, &code)) {
    return code;
  }
  code = run->arg_count ? put_named(&session) : put_all(&session);
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_config = {
    .name = "config",
    .arguments = "[SETTING...]",
    .summary = "show the settings, and where they come from",
    .description =
        "Prints what each setting comes to, with where its value is from: an option, a variable\n"
        "of the environment, a profile of the shared files, or the default; then where the\n"
        "credentials come from, with their key shortened. Looking for credentials may ask\n"
        "services, as a call would. With names prints those only; \"endpoint_url_dynamodb\" is "
        "the\n"
        "endpoint URL of one service, and \"credentials\" the credentials.\n",
    .examples = "  cloudspan config\n"
                "  cloudspan config --profile work credentials\n"
                "  cloudspan config region endpoint_url_s3 --json\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(config_values),
    .max_args = SIZE_MAX,
    .run = run_config,
};
