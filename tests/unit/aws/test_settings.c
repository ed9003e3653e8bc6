/* SPDX-License-Identifier: Apache-2.0 */
/* The table of settings: what it says is what is read, and docs/configuration.md is made of it:
 *
 *   test_aws_settings --print > docs/configuration.md
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>

#include "aws/config_table.h"
#include "base/buf.h"
#include "base/sys.h"
#include "base/text.h"
#include "unit/aws/home_fixture.h"

enum { DOCUMENT_MAX = 1 << 18, SOURCE_MAX = 1 << 20 };

/* ------------------------------------------------------------------- document */

static void put_code(cspan_buf *out, const char *text) {
  cspan_buf_printf(out, text ? " `%s` |" : " |", text);
}

static void put_key(cspan_buf *out, const char *parent, const char *key) {
  if (key) {
    cspan_buf_printf(out, " `%s%s%s` |", parent ? parent : "", parent ? "." : "", key);
  } else {
    cspan_buf_str(out, " |");
  }
}

static void put_settings(cspan_buf *out) {
  cspan_buf_str(out, "| Setting | Variable | Profile key | Option | Default | Meaning |\n"
                     "| --- | --- | --- | --- | --- | --- |\n");
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    const cspan_setting_rule *rule = &cspan_setting_rules[i];
    cspan_buf_printf(out, "| `%s` |", rule->name);
    if (rule->env_fallback) {
      cspan_buf_printf(out, " `%s`, `%s` |", rule->env, rule->env_fallback);
    } else {
      put_code(out, rule->env);
    }
    put_key(out, rule->parent, rule->key);
    put_code(out, rule->option);
    put_code(out, rule->fallback);
    cspan_buf_printf(out, " %s |\n", rule->meaning);
  }
}

static void put_document(cspan_buf *out) {
  cspan_buf_str(
      out,
      "# Configuration\n\n"
      "All settings of the AWS side of cloudspan. Made from the table that the code reads them by\n"
      "(`src/aws/config_table.c`); do not edit. `cloudspan config` shows what each comes to, and\n"
      "where its value is from. The variables of the telemetry are in environment.md.\n\n"
      "- An option (`cspan_aws_options`, or an argument of the command) wins over the variable,\n"
      "  that over the profile's key, that over the default. The credentials file wins over the\n"
      "  config file.\n"
      "- A variable, or a key, that is set to nothing counts as not set.\n"
      "- A value that cannot be read or is out of its range is an error that names its source.\n"
      "- `s3.addressing_style` stands for a line ` addressing_style = ...` below the line `s3 =`.\n"
      "- `AWS_BEARER_TOKEN_<SERVICE>` is the token for a service that takes bearer tokens.\n"
      "- `CLOUDSPAN_MODELS` is a file of compiled models, or a folder with models, that counts\n"
      "  instead of the installed one.\n"
      "\n## Settings\n\n");
  put_settings(out);
  cspan_buf_str(
      out,
      "\n## Credentials\n\n"
      "These are read each time credentials are looked for: at the first call, ahead of their\n"
      "expiry, and when a service takes them no more. The places, in order: the options, the\n"
      "environment's keys, the profile's role, web identity (environment, profile), IAM Identity\n"
      "Center, login session, the profile's keys, credential_process, container, EC2 instance.\n"
      "The first that has anything decides, also by failing. A profile that is given as an option\n"
      "is meant: then the environment's keys and web identity do not count.\n\n"
      "| Variable | Profile key | Meaning |\n| --- | --- | --- |\n");
  for (size_t i = 0; i < CSPAN_CREDENTIAL_COUNT; i++) {
    const cspan_credential_rule *rule = &cspan_credential_rules[i];
    cspan_buf_char(out, '|');
    put_code(out, rule->env);
    put_code(out, rule->key);
    cspan_buf_printf(out, " %s |\n", rule->meaning);
  }
}

/* A file of the project: this one's path tells where that is. */
static void full_path(const char *path, char out[1024]) {
  static const char here[] = "tests/unit/aws/test_settings.c";
  const char *end = strstr(__FILE__, here);
  assert_non_null(end);
  snprintf(out, 1024, "%.*s%s", (int)(end - __FILE__), __FILE__, path);
}

static void the_document_is_the_table(void **state) {
  (void)state;
  char path[1024];
  cspan_buf wanted;
  cspan_buf found;
  cspan_buf_init(&wanted, DOCUMENT_MAX);
  cspan_buf_init(&found, DOCUMENT_MAX);
  put_document(&wanted);
  assert_int_equal(cspan_buf_status(&wanted), CSPAN_OK);
  full_path("docs/configuration.md", path);
  assert_int_equal(cspan_file_read(path, DOCUMENT_MAX, &found, NULL), CSPAN_OK);
  if (strcmp(cspan_buf_text(&wanted), cspan_buf_text(&found)) != 0) {
    fail_msg("docs/configuration.md is old: test_aws_settings --print > docs/configuration.md");
  }
  cspan_buf_free(&wanted);
  cspan_buf_free(&found);
}

/* ----------------------------------------------------------------------- table */

static bool is_name(const char *text, const char *letters) {
  return text[0] && strspn(text, letters) == strlen(text);
}

static void rows_are_whole(void **state) {
  (void)state;
  static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    const cspan_setting_rule *rule = &cspan_setting_rules[i];
    assert_true(is_name(rule->name, lower));
    assert_true(!rule->env || is_name(rule->env, upper));
    assert_true(!rule->key || is_name(rule->key, lower));
    assert_true(!rule->env_fallback || rule->env);
    assert_true(rule->env || rule->key || rule->option); /* it can be set */
    assert_int_equal(rule->kind == CSPAN_KIND_TEXT, rule->wanted == NULL);
    assert_int_equal(rule->meaning[strlen(rule->meaning) - 1], '.');
    for (size_t k = 0; k < i; k++) {
      assert_string_not_equal(rule->name, cspan_setting_rules[k].name);
    }
  }
  for (size_t i = 0; i < CSPAN_CREDENTIAL_COUNT; i++) {
    const cspan_credential_rule *rule = &cspan_credential_rules[i];
    assert_true(rule->env || rule->key);
    assert_true(!rule->env || is_name(rule->env, upper));
    assert_true(!rule->key || is_name(rule->key, lower));
    assert_int_equal(rule->meaning[strlen(rule->meaning) - 1], '.');
  }
}

/* No file of the layer reads a variable past the table, but for those with the name of a service
 * in theirs, the library's own, and what Lambda tells its functions. */
static void there_is_no_other_way(void **state) {
  (void)state;
  static const char *const patterns[] = {"src/aws/*.c", "src/aws/*/*.c"};
  static const char *const allowed[] = {"/config.c",    "/config_settings.c",    "/config_table.c",
                                        "/aws/token.c", "/model/store_places.c", "/aws/builtin.c",
                                        "/aws/client.c"};
  size_t files = 0;
  for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
    char pattern[1024];
    glob_t found;
    full_path(patterns[p], pattern);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++, files++) {
      cspan_buf text;
      bool is_allowed = false;
      for (size_t a = 0; a < sizeof allowed / sizeof allowed[0]; a++) {
        is_allowed = is_allowed || strstr(found.gl_pathv[i], allowed[a]) != NULL;
      }
      cspan_buf_init(&text, SOURCE_MAX);
      assert_int_equal(cspan_file_read(found.gl_pathv[i], SOURCE_MAX, &text, NULL), CSPAN_OK);
      if (!is_allowed && (strstr(cspan_buf_text(&text), "cspan_env(") != NULL ||
                          strstr(cspan_buf_text(&text), "getenv(") != NULL)) {
        fail_msg("%s reads the environment by itself", found.gl_pathv[i]);
      }
      cspan_buf_free(&text);
    }
    globfree(&found);
  }
  assert_true(files > 50);
}

/* --------------------------------------------------------------------- reading */

static cspan_status load(cspan_aws_config **out, cspan_error **error) {
  return cspan_aws_config_load(NULL, out, error);
}

/* A value that is not the default, or NULL where any text will do. */
static const char *other_value(const cspan_setting_rule *rule, char text[24]) {
  if (rule->kind == CSPAN_KIND_FLAG) {
    return rule->fallback && strcmp(rule->fallback, "true") == 0 ? "False" : "TRUE";
  }
  if (rule->kind == CSPAN_KIND_CHOICE) {
    size_t last = 0;
    while (rule->choices[last + 1].text) {
      last++;
    }
    return rule->choices[last].text;
  }
  if (rule->kind == CSPAN_KIND_NUMBER) {
    snprintf(text, 24, "%lld", (long long)rule->least + 1);
    return text;
  }
  return "x";
}

static int64_t number_of(const cspan_setting_rule *rule, const char *value) {
  int64_t number = 0;
  if (rule->kind == CSPAN_KIND_NUMBER) {
    cspan_parse_i64(value, &number);
    return number;
  }
  for (const cspan_setting_choice *c = rule->choices; c && c->text; c++) {
    if (cspan_ieq(c->text, value)) {
      return c->value;
    }
  }
  return 0;
}

static void expect_setting(size_t id, const char *value, const char *source) {
  const cspan_setting_rule *rule = &cspan_setting_rules[id];
  const char *from = NULL;
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  if (load(&config, &error) != CSPAN_OK) {
    fail_msg("%s: %s", rule->name, cspan_error_message(error));
  }
  const char *have = cspan_aws_config_get(config, rule->name, &from);
  if (!have || strcmp(have, value) != 0 || strncmp(from, source, strlen(source)) != 0) {
    fail_msg("%s is %s (%s)", rule->name, have ? have : "not set", from ? from : "-");
  }
  assert_int_equal(cspan_aws_config_number(config, (cspan_setting_id)id), number_of(rule, value));
  assert_true(cspan_aws_config_is_set(config, (cspan_setting_id)id));
  assert_string_equal(cspan_aws_config_text(config, (cspan_setting_id)id), value);
  cspan_aws_config_free(config);
}

static void write_profile(const cspan_setting_rule *rule, const char *value) {
  char text[512];
  snprintf(text, sizeof text, "[default]\n%s%s%s%s = %s\n", rule->parent ? rule->parent : "",
           rule->parent ? " =\n" : "", rule->parent ? "  " : "", rule->key, value);
  home_write(config_path, text);
}

/* Each by its variable, by its older variable, and by its key, as the table says. */
static void each_is_read_where_the_table_says(void **state) {
  (void)state;
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    const cspan_setting_rule *rule = &cspan_setting_rules[i];
    char number[24];
    const char *value = other_value(rule, number);
    if (i == CSPAN_SETTING_PROFILE) {
      continue; /* it must be there: test_config.c */
    }
    home_set(NULL, NULL);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    if (rule->key) {
      write_profile(rule, value);
      expect_setting(i, value, "profile default in ");
    }
    if (rule->env_fallback) {
      setenv(rule->env_fallback, value, 1);
      expect_setting(i, value, "environment");
    }
    if (rule->env) {
      setenv(rule->env, value, 1);
      expect_setting(i, value, "environment");
    }
  }
}

static void wrong_values_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < CSPAN_SETTING_COUNT; i++) {
    const cspan_setting_rule *rule = &cspan_setting_rules[i];
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    if (rule->kind == CSPAN_KIND_TEXT || (!rule->key && !rule->env)) {
      continue;
    }
    home_set(NULL, NULL);
    if (rule->env) {
      setenv(rule->env, "bogus", 1);
    } else {
      write_profile(rule, "bogus");
    }
    assert_int_equal(load(&config, &error), CSPAN_ERR_CONFIG);
    assert_null(config);
    assert_non_null(strstr(cspan_error_message(error), rule->name));
    assert_non_null(strstr(cspan_error_message(error), "\"bogus\""));
    assert_non_null(strstr(cspan_error_message(error), rule->wanted));
    assert_non_null(strstr(cspan_error_message(error), rule->env ? "environment" : config_path));
    cspan_error_free(error);
  }
}

static void the_defaults_mode_sets_a_timeout(void **state) {
  (void)state;
  static const struct {
    const char *mode;
    const char *config;
    int64_t connect_timeout_ms;
  } cases[] = {{NULL, NULL, 3100},           {"standard", NULL, 3100}, {"in-region", NULL, 1100},
               {"cross-region", NULL, 3100}, {"mobile", NULL, 30000},  {"auto", NULL, 3100}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_aws_config *config = NULL;
    home_set(cases[i].config, NULL);
    if (cases[i].mode) {
      setenv("AWS_DEFAULTS_MODE", cases[i].mode, 1);
    }
    assert_int_equal(load(&config, NULL), CSPAN_OK);
    assert_int_equal(config->connect_timeout_ms, cases[i].connect_timeout_ms);
    cspan_aws_config_free(config);
  }
}

static void auto_looks_where_it_runs(void **state) {
  (void)state;
  static const struct {
    const char *execution_env;
    const char *variable;
    const char *region; /* NULL: that of the variable */
    int64_t connect_timeout_ms;
  } cases[] = {{"AWS_Lambda_x", "AWS_REGION", NULL, 1100},
               {"AWS_ECS_FARGATE", "AWS_DEFAULT_REGION", NULL, 1100},
               {"AWS_ECS_FARGATE", "AWS_REGION", "eu-west-2", 3100},
               {NULL, "AWS_REGION", NULL, 3100}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_aws_options options = {.size = sizeof options, .region = cases[i].region};
    cspan_aws_config *config = NULL;
    home_set(NULL, NULL);
    setenv("AWS_DEFAULTS_MODE", "auto", 1);
    setenv(cases[i].variable, "eu-west-1", 1);
    if (cases[i].execution_env) {
      setenv("AWS_EXECUTION_ENV", cases[i].execution_env, 1);
    }
    assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
    assert_int_equal(config->connect_timeout_ms, cases[i].connect_timeout_ms);
    cspan_aws_config_free(config);
  }
}

static void options_are_flags_too(void **state) {
  (void)state;
  static const cspan_aws_options options = {.size = sizeof options,
                                            .retry_mode = CSPAN_RETRY_ADAPTIVE,
                                            .use_fips_endpoint = true,
                                            .use_dualstack_endpoint = true,
                                            .use_accelerate_endpoint = true,
                                            .data_path = "/a:/b"};
  static const struct {
    const char *name;
    const char *value;
  } wanted[] = {{"use_fips_endpoint", "true"},
                {"use_dualstack_endpoint", "true"},
                {"s3_use_accelerate_endpoint", "true"},
                {"retry_mode", "adaptive"},
                {"data_path", "/a:/b"}};
  cspan_aws_config *config = NULL;
  home_set(NULL, NULL);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    const char *source = NULL;
    assert_string_equal(cspan_aws_config_get(config, wanted[i].name, &source), wanted[i].value);
    assert_string_equal(source, "option");
  }
  assert_true(cspan_aws_config_flag(config, CSPAN_SETTING_USE_FIPS));
  assert_int_equal(config->retry_mode, CSPAN_RETRY_ADAPTIVE);
  assert_false(cspan_aws_config_is_set(config, CSPAN_SETTING_MAX_ATTEMPTS));
  cspan_aws_config_free(config);
}

static void a_password_is_not_shown(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"http://me:secret@proxy:3128", "http://****@proxy:3128"},
                                         {"me:secret@proxy:3128", "****@proxy:3128"},
                                         {"http://proxy:3128", "http://proxy:3128"}};
  home_set(NULL, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_aws_options options = {.proxy = cases[i][0]};
    cspan_aws_config *config = NULL;
    assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
    assert_string_equal(cspan_aws_config_get(config, "proxy", NULL), cases[i][1]);
    assert_string_equal(cspan_aws_config_text(config, CSPAN_SETTING_PROXY), cases[i][0]);
    cspan_aws_config_free(config);
  }
}

/* What a search for credentials gets: the same settings, without what is for the clients only. */
static void a_config_can_be_derived(void **state) {
  (void)state;
  static const cspan_aws_options options = {.size = sizeof options,
                                            .region = "eu-west-1",
                                            .endpoint_url = "http://option",
                                            .max_attempts = 7,
                                            .access_key_id = "AK",
                                            .secret_access_key = "SK"};
  const char *source = NULL;
  cspan_aws_config *config = NULL;
  home_set("[default]\nendpoint_url = http://file\n", NULL);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  cspan_aws_config *derived = cspan_aws_config_derive(config, NULL, "us-west-2");
  assert_string_equal(cspan_aws_config_endpoint(config, "STS", &source), "http://option");
  cspan_aws_config_free(config);
  assert_true(derived->anonymous);
  assert_null(derived->credentials);
  assert_int_equal(derived->max_attempts, 7);
  assert_string_equal(cspan_aws_config_get(derived, "region", NULL), "us-west-2");
  assert_string_equal(cspan_aws_config_endpoint(derived, "STS", &source), "http://file");
  cspan_aws_config_free(derived);
}

static int print_document(void) {
  cspan_buf document;
  cspan_buf_init(&document, DOCUMENT_MAX);
  put_document(&document);
  fputs(cspan_buf_text(&document), stdout);
  cspan_buf_free(&document);
  return 0;
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_document_is_the_table),
      cmocka_unit_test(rows_are_whole),
      cmocka_unit_test(there_is_no_other_way),
      cmocka_unit_test(each_is_read_where_the_table_says),
      cmocka_unit_test(wrong_values_are_refused),
      cmocka_unit_test(the_defaults_mode_sets_a_timeout),
      cmocka_unit_test(auto_looks_where_it_runs),
      cmocka_unit_test(options_are_flags_too),
      cmocka_unit_test(a_password_is_not_shown),
      cmocka_unit_test(a_config_can_be_derived),
  };
  if (argc > 1 && strcmp(argv[1], "--print") == 0) {
    return print_document();
  }
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
