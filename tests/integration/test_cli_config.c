/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan config`, as a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>

#include "support/command.h"
#include "unit/aws/home_fixture.h"

#define SECRET "s3cr3t"

static void run(command *c, int code, const char *const *args) {
  command_run(c, args);
  if (c->exit_code != code) {
    print_error("exit code %d, stderr: %s\n", c->exit_code, c->err);
  }
  assert_int_equal(c->exit_code, code);
  assert_null(strstr(c->out, SECRET));
  assert_null(strstr(c->err, SECRET));
}

#define RUN(c, code, ...)                                                                          \
  run((c), (code), (const char *const[]){"cloudspan", "config", __VA_ARGS__, NULL})

/* A line "NAME  REST". */
static void expect_line(const command *c, const char *name, const char *rest) {
  char line[512];
  snprintf(line, sizeof line, "%-38s %s\n", name, rest);
  if (!strstr(c->out, line)) {
    fail_msg("no line \"%s\" in:\n%s", line, c->out);
  }
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

static void settings_are_shown_with_their_source(void **state) {
  (void)state;
  char from_profile[256];
  command c;
  home_set("[profile work]\nregion = eu-north-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
           "aws_secret_access_key = " SECRET "\nservices = s\n"
           "[services s]\ndynamodb =\n  endpoint_url = http://ddb\n",
           NULL);
  setenv("AWS_MAX_ATTEMPTS", "5", 1);
  RUN(&c, 0, "--profile", "work", "--endpoint-url", "http://option");
  snprintf(from_profile, sizeof from_profile, "eu-north-1  (profile work in %s)", config_path);
  expect_line(&c, "region", from_profile);
  expect_line(&c, "profile", "work  (option)");
  expect_line(&c, "max_attempts", "5  (environment AWS_MAX_ATTEMPTS)");
  expect_line(&c, "read_timeout_ms", "60000  (default)");
  expect_line(&c, "endpoint_url", "http://option  (option)");
  expect_line(&c, "ca_bundle", "-");
  snprintf(from_profile, sizeof from_profile, "AKIA****MPLE  (profile work: keys in %s)",
           config_path);
  expect_line(&c, "credentials", from_profile);
  command_free(&c);

  RUN(&c, 0, "--profile", "work", "endpoint_url_dynamodb");
  snprintf(from_profile, sizeof from_profile, "http://ddb  (%s)", config_path);
  expect_line(&c, "endpoint_url_dynamodb", from_profile);
  command_free(&c);
}

/* The variable that it was, of the service or of all. */
static void endpoints_of_services_name_their_variable(void **state) {
  (void)state;
  command c;
  home_set(NULL, NULL);
  setenv("AWS_ENDPOINT_URL", "http://all", 1);
  setenv("AWS_ENDPOINT_URL_ROUTE_53", "http://one", 1);
  RUN(&c, 0, "endpoint_url_Route 53", "endpoint_url_sqs", "endpoint_url");
  expect_line(&c, "endpoint_url_Route 53", "http://one  (environment AWS_ENDPOINT_URL_ROUTE_53)");
  expect_line(&c, "endpoint_url_sqs", "http://all  (environment AWS_ENDPOINT_URL)");
  expect_line(&c, "endpoint_url", "http://all  (environment AWS_ENDPOINT_URL)");
  command_free(&c);
  RUN(&c, 0, "--endpoint-url", "http://option", "endpoint_url_sqs");
  expect_line(&c, "endpoint_url_sqs", "http://option  (option endpoint_url)");
  command_free(&c);
}

static void settings_are_objects(void **state) {
  (void)state;
  command c;
  home_set(NULL, NULL);
  setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
  setenv("AWS_ACCESS_KEY_ID", "SHORT", 1);
  setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
  RUN(&c, 0, "--json", "region", "credentials");
  const char *second = strchr(c.out, '\n') + 1;
  json_t *region = json_loadb(c.out, (size_t)(second - c.out), 0, NULL);
  json_t *credentials = json_loads(second, 0, NULL);
  assert_string_equal(text_of(region, "setting"), "region");
  assert_string_equal(text_of(region, "value"), "eu-west-1");
  assert_string_equal(text_of(region, "source"), "environment AWS_DEFAULT_REGION");
  const json_t *found = json_object_get(credentials, "credentials");
  assert_string_equal(text_of(found, "access_key_id"), "****");
  assert_string_equal(text_of(found, "source"), "environment");
  json_decref(region);
  json_decref(credentials);
  command_free(&c);
}

static void without_credentials_the_settings_are_shown(void **state) {
  (void)state;
  command c;
  home_set(NULL, NULL);
  RUN(&c, 2, "-q");
  expect_line(&c, "region", "-");
  assert_non_null(strstr(c.err, "no credentials were found"));
  command_free(&c);
  RUN(&c, 0, "--no-credentials");
  assert_null(strstr(c.out, "\ncredentials "));
  command_free(&c);
  RUN(&c, 0, "--no-sign-request", "credentials");
  expect_line(&c, "credentials", "none  (option: requests are not signed)");
  command_free(&c);
}

static void names_are_checked(void **state) {
  (void)state;
  command c;
  home_set(NULL, NULL);
  RUN(&c, 2, "reigon");
  assert_non_null(strstr(c.err, "there is no setting 'reigon'; did you mean 'region'?"));
  command_free(&c);
  setenv("AWS_RETRY_MODE", "often", 1);
  RUN(&c, 2, "region");
  assert_non_null(strstr(c.err, "retry_mode is \"often\" (environment AWS_RETRY_MODE)"));
  command_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(settings_are_shown_with_their_source),
      cmocka_unit_test(endpoints_of_services_name_their_variable),
      cmocka_unit_test(settings_are_objects),
      cmocka_unit_test(without_credentials_the_settings_are_shown),
      cmocka_unit_test(names_are_checked),
  };
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
