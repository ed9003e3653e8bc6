/* SPDX-License-Identifier: Apache-2.0 */
/* Where settings come from, and what is said when they are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/client.h"
#include "aws/config.h"
#include "unit/aws/home_fixture.h"

static cspan_aws_config *load(const cspan_aws_options *options) {
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  if (cspan_aws_config_load(options, &config, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return config;
}

static void expect(const cspan_aws_config *config, const char *name, const char *value,
                   const char *source) {
  const char *from = NULL;
  const char *have = cspan_aws_config_get(config, name, &from);
  if (!value) {
    assert_null(have);
    assert_null(from);
    return;
  }
  assert_non_null(have);
  assert_string_equal(have, value);
  if (strncmp(source, "profile", 7) == 0) {
    assert_memory_equal(from, source, strlen(source));
    assert_non_null(strstr(from, " in "));
  } else {
    assert_string_equal(from, source);
  }
}

static void defaults_need_nothing(void **state) {
  (void)state;
  home_set(NULL, NULL);
  cspan_aws_config *config = load(NULL);
  expect(config, "region", NULL, NULL);
  expect(config, "endpoint_url", NULL, NULL);
  expect(config, "no_such_setting", NULL, NULL);
  expect(config, "profile", "default", "default");
  expect(config, "max_attempts", "3", "default");
  expect(config, "retry_mode", "standard", "default");
  expect(config, "connect_timeout_ms", "3100", "default");
  expect(config, "read_timeout_ms", "60000", "default");
  expect(config, "config_file", config_path, "default");
  cspan_aws_config_free(config);
}

static void options_beat_environment_beats_files(void **state) {
  (void)state;
  home_set("[default]\nregion = from-file\nmax_attempts = 4\nretry_mode = legacy\n", NULL);
  cspan_aws_config *config = load(NULL);
  expect(config, "region", "from-file", "profile default in ");
  expect(config, "max_attempts", "4", "profile default in ");
  cspan_aws_config_free(config);

  setenv("AWS_DEFAULT_REGION", "from-older", 1);
  config = load(NULL);
  expect(config, "region", "from-older", "environment");
  cspan_aws_config_free(config);

  setenv("AWS_REGION", "from-env", 1);
  setenv("AWS_MAX_ATTEMPTS", "", 1); /* as if it were not set */
  config = load(NULL);
  expect(config, "region", "from-env", "environment");
  expect(config, "max_attempts", "4", "profile default in ");
  cspan_aws_config_free(config);

  cspan_aws_options options = {.size = sizeof options, .region = "from-option", .max_attempts = 5};
  config = load(&options);
  expect(config, "region", "from-option", "option");
  expect(config, "max_attempts", "5", "option");
  assert_int_equal(config->max_attempts, 5);
  cspan_aws_config_free(config);
}

static void files_can_be_elsewhere(void **state) {
  (void)state;
  char path[96];
  home_set("[default]\nregion = wrong\n", NULL);
  snprintf(path, sizeof path, "%s/other", home_folder);
  home_write(path, "[default]\nregion = right\n");
  setenv("AWS_CONFIG_FILE", "~/other", 1);
  cspan_aws_config *config = load(NULL);
  expect(config, "region", "right", "profile default in ");
  expect(config, "config_file", path, "environment");
  cspan_aws_config_free(config);
  cspan_aws_options options = {.config_file = config_path};
  config = load(&options);
  expect(config, "region", "wrong", "profile default in ");
  cspan_aws_config_free(config);
  unlink(path);
}

static void profiles_are_picked(void **state) {
  (void)state;
  home_set("[default]\nregion = a\n[profile default]\nregion = b\n[default]\nregion = c\n"
           "[profile work]\nregion = d\n[work]\nregion = not-a-profile\n",
           "[work]\nregion = e\n[keys-only]\nx = 1\n");
  cspan_aws_config *config = load(NULL);
  expect(config, "region", "b", "profile default in ");
  cspan_aws_config_free(config);
  setenv("AWS_PROFILE", "work", 1);
  config = load(NULL);
  expect(config, "region", "e", "profile work in "); /* the credentials file counts more */
  cspan_aws_config_free(config);
  cspan_aws_options options = {.profile = "keys-only"};
  config = load(&options);
  expect(config, "profile", "keys-only", "option");
  expect(config, "region", NULL, NULL);
  cspan_aws_config_free(config);
}

static void a_missing_profile_lists_the_others(void **state) {
  (void)state;
  home_set("[default]\na=1\n[profile work]\na=1\n[services s]\n", "[default]\n[test]\n");
  cspan_aws_options options = {.profile = "wrok"};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, &error), CSPAN_ERR_CONFIG);
  assert_null(config);
  assert_non_null(strstr(cspan_error_message(error), "\"wrok\""));
  assert_non_null(strstr(cspan_error_message(error), "profiles found: default, work, test"));
  cspan_error_free(error);
}

static void nested_settings_are_read(void **state) {
  (void)state;
  home_set("[default]\ns3 =\n  addressing_style = path\n  payload_signing_enabled = true\n"
           "region = x\n",
           NULL);
  cspan_aws_config *config = load(NULL);
  expect(config, "addressing_style", "path", "profile default in ");
  expect(config, "region", "x", "profile default in ");
  assert_int_equal(config->addressing_style, CSPAN_ADDRESSING_PATH);
  assert_int_equal(config->payload_signing, CSPAN_PAYLOAD_SIGNED);
  cspan_aws_config_free(config);
}

/* ----------------------------------------------------------------- endpoints */

typedef struct endpoint_case {
  const char *config;
  const char *global_env;
  const char *service_env;
  const char *option;
  bool ignore;
  const char *expected; /* of S3 */
} endpoint_case;

#define FILE_GLOBAL "[default]\nendpoint_url = http://file\n"
#define FILE_BOTH                                                                                  \
  FILE_GLOBAL "services = mine\n[services mine]\ns3 =\n  endpoint_url = http://file-s3\n"          \
              "dynamodb =\n  endpoint_url = http://file-ddb\n"

static const endpoint_case endpoint_cases[] = {
    {NULL, NULL, NULL, NULL, false, NULL},
    {FILE_GLOBAL, NULL, NULL, NULL, false, "http://file"},
    {FILE_BOTH, NULL, NULL, NULL, false, "http://file-s3"},
    {FILE_BOTH, "http://env", NULL, NULL, false, "http://env"},
    {FILE_BOTH, "http://env", "http://env-s3", NULL, false, "http://env-s3"},
    {FILE_BOTH, NULL, "http://env-s3", NULL, false, "http://env-s3"},
    {FILE_BOTH, "http://env", "http://env-s3", "http://option", false, "http://option"},
    {FILE_BOTH, "http://env", "http://env-s3", NULL, true, NULL},
    {FILE_BOTH, "http://env", NULL, "http://option", true, "http://option"},
};

static void endpoints_of_services(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof endpoint_cases / sizeof endpoint_cases[0]; i++) {
    const endpoint_case *each = &endpoint_cases[i];
    const char *source = NULL;
    home_set(each->config, NULL);
    if (each->global_env) {
      setenv("AWS_ENDPOINT_URL", each->global_env, 1);
    }
    if (each->service_env) {
      setenv("AWS_ENDPOINT_URL_S3", each->service_env, 1);
    }
    if (each->ignore) {
      setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    }
    cspan_aws_options options = {.endpoint_url = each->option};
    cspan_aws_config *config = load(&options);
    const char *url = cspan_aws_config_endpoint(config, "S3", &source);
    assert_string_equal(url ? url : "", each->expected ? each->expected : "");
    const char *shown = cspan_aws_config_get(config, "endpoint_url_s3", NULL);
    assert_string_equal(shown ? shown : "", each->expected ? each->expected : "");
    cspan_aws_config_free(config);
  }
}

static void service_ids_become_names(void **state) {
  (void)state;
  const char *source = NULL;
  home_set("[default]\nservices = mine\n[services mine]\nroute_53 =\n  endpoint_url = http://r\n",
           NULL);
  cspan_aws_config *config = load(NULL);
  assert_string_equal(cspan_aws_config_endpoint(config, "Route 53", &source), "http://r");
  setenv("AWS_ENDPOINT_URL_ROUTE_53", "http://env", 1);
  assert_string_equal(cspan_aws_config_endpoint(config, "Route 53", &source), "http://env");
  cspan_aws_config_free(config);
}

/* -------------------------------------------------------------------- errors */

typedef struct broken_case {
  const char *config;
  const char *variable;
  const char *value;
  cspan_aws_options options;
  const char *message_parts[3];
} broken_case;

static const broken_case broken_cases[] = {
    {"[default]\nregion\n", NULL, NULL, {0}, {"/.aws/config, line 2: "}},
    {"[default]\nmax_attempts = many\n", NULL, NULL, {0}, {"max_attempts", "many", "/.aws/config"}},
    {NULL, "AWS_MAX_ATTEMPTS", "0", {0}, {"max_attempts", "environment", "1 to 1000"}},
    {NULL,
     "AWS_RETRY_MODE",
     "sometimes",
     {0},
     {"retry_mode", "sometimes", "standard, legacy, adaptive or off"}},
    {NULL, "AWS_REQUEST_CHECKSUM_CALCULATION", "never", {0}, {"when_required"}},
    {NULL, "AWS_REGION", "us east", {0}, {"region", "environment"}},
    {NULL, NULL, NULL, {.region = "a/b"}, {"region", "option"}},
    {NULL, NULL, NULL, {.retry_mode = (cspan_retry_mode)9}, {"retry_mode"}},
    {NULL, NULL, NULL, {.addressing_style = (cspan_addressing_style)9}, {"addressing_style"}},
    {NULL, NULL, NULL, {.connect_timeout_ms = -1}, {"connect_timeout_ms"}},
    {NULL, NULL, NULL, {.max_attempts = -1}, {"max_attempts"}},
    {NULL, NULL, NULL, {.access_key_id = "AK"}, {"secret_access_key", "belong together"}},
    {NULL, NULL, NULL, {.secret_access_key = "s3cr3t"}, {"access_key_id", "belong together"}},
    {NULL, NULL, NULL, {.session_token = "t0k3n"}, {"access_key_id", "belong together"}},
};

static void fips_in_a_region_is_a_setting(void **state) {
  (void)state;
  static const struct {
    const char *given;
    const char *region;
    bool use_fips;
  } cases[] = {
      {"fips-us-east-1", "us-east-1", true},
      {"us-gov-west-1-fips", "us-gov-west-1", true},
      {"fips-aws-global", "aws-global", true},
      {"us-east-1", "us-east-1", false},
      {"fips", "fips", false},
      {"us-fips-east-1", "us-fips-east-1", false},
      {"myfips-east", "myfips-east", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    home_set(NULL, NULL);
    setenv("AWS_REGION", cases[i].given, 1);
    setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
    cspan_aws_config *config = load(NULL);
    expect(config, "region", cases[i].region, "environment");
    expect(config, "use_fips_endpoint", cases[i].use_fips ? "true" : "false", "environment");
    assert_int_equal(cspan_aws_config_flag(config, CSPAN_SETTING_USE_FIPS), cases[i].use_fips);
    cspan_aws_config_free(config);
  }
}

static void mistakes_are_explained(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof broken_cases / sizeof broken_cases[0]; i++) {
    const broken_case *each = &broken_cases[i];
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    home_set(each->config, NULL);
    if (each->variable) {
      setenv(each->variable, each->value, 1);
    }
    cspan_status status = cspan_aws_config_load(&each->options, &config, &error);
    assert_true(status == CSPAN_ERR_CONFIG || status == CSPAN_ERR_INVALID);
    assert_null(config);
    for (size_t k = 0; k < 3 && each->message_parts[k]; k++) {
      assert_non_null(strstr(cspan_error_message(error), each->message_parts[k]));
    }
    assert_null(strstr(cspan_error_message(error), "s3cr3t"));
    assert_null(strstr(cspan_error_message(error), "t0k3n"));
    cspan_error_free(error);
  }
}

static void a_folder_is_no_config_file(void **state) {
  (void)state;
  home_set(NULL, NULL);
  cspan_aws_options options = {.config_file = "/tmp"};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "/tmp"));
  cspan_error_free(error);
}

/* It names the one of two variables, and not only that it was one. */
static void a_bad_endpoint_is_found_by_the_client(void **state) {
  static const cspan_service service = {.id = "S3", .signing_name = "s3", .endpoint_prefix = "s3"};
  static const struct {
    const char *variable;
    const char *option;
    const char *source;
  } cases[] = {
      {"AWS_ENDPOINT_URL_S3", NULL, "(environment AWS_ENDPOINT_URL_S3)"},
      {"AWS_ENDPOINT_URL", NULL, "(environment AWS_ENDPOINT_URL)"},
      {"AWS_ENDPOINT_URL_S3", "localhost:9000", "(option endpoint_url)"},
      {NULL, NULL, config_path},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_aws_client *client = NULL;
    cspan_error *error = NULL;
    home_set("[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = host:80\n", NULL);
    if (cases[i].variable) {
      setenv(cases[i].variable, "localhost:9000", 1);
    }
    cspan_aws_options options = {.endpoint_url = cases[i].option};
    cspan_aws_config *config = load(&options);
    assert_int_equal(cspan_aws_client_create(config, &service, &client, &error), CSPAN_ERR_CONFIG);
    assert_null(client);
    if (!strstr(cspan_error_message(error), cases[i].source)) {
      fail_msg("%s is not in: %s", cases[i].source, cspan_error_message(error));
    }
    cspan_error_free(error);
    cspan_aws_config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_need_nothing),
      cmocka_unit_test(options_beat_environment_beats_files),
      cmocka_unit_test(files_can_be_elsewhere),
      cmocka_unit_test(profiles_are_picked),
      cmocka_unit_test(a_missing_profile_lists_the_others),
      cmocka_unit_test(nested_settings_are_read),
      cmocka_unit_test(endpoints_of_services),
      cmocka_unit_test(service_ids_become_names),
      cmocka_unit_test(fips_in_a_region_is_a_setting),
      cmocka_unit_test(mistakes_are_explained),
      cmocka_unit_test(a_folder_is_no_config_file),
      cmocka_unit_test(a_bad_endpoint_is_found_by_the_client),
  };
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
