/* SPDX-License-Identifier: Apache-2.0 */
/* Clients without a region, and with one that is none: by the URLs that they sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/cloudspan.h>

#include "support/region_models.h"
#include "unit/aws/home_fixture.h"

static char models[64];

static int make(void **state) {
  region_models_make(models);
  return home_make(state);
}

static int clean(void **state) {
  model_folder_remove(models);
  return home_remove(state);
}

/* The URL that a client of the service signs, NULL on failure. `own` is the region of the call. */
static char *url_of(const char *service, const char *region, const char *own, cspan_error **error) {
  const cspan_aws_options options = {.size = sizeof options,
                                     .region = region,
                                     .access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "secret"};
  const cspan_client_options with = {.size = sizeof with, .models = models};
  const cspan_call_options of_call = {.size = sizeof of_call, .region = own};
  const cspan_client_request request = {
      .size = sizeof request, .operation = "Look", .options = &of_call};
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  char *url = NULL;
  home_set(NULL, NULL);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(config, service, &with, &client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  cspan_status status = cspan_client_presign(client, &request, 60, &url, error);
  assert_int_equal(status == CSPAN_OK, url != NULL);
  cspan_client_free(client);
  return url;
}

static void clients_go_where_their_region_says(void **state) {
  (void)state;
  static const struct {
    const char *service;
    const char *region; /* NULL: none is set */
    const char *own;    /* NULL: that one */
    const char *host;
    const char *scope;
  } cases[] = {
      {"almanac", NULL, NULL, "https://almanac.example.com/?", "%2Fus-east-1%2F"},
      {"almanac", "fips-aws-global", NULL, "https://almanac-fips.example.com/?", "%2Fus-east-1%2F"},
      {"tide", "eu-west-1", NULL, "https://tide.eu-west-1.example.com/?", "%2Feu-west-1%2F"},
      {"tide", "eu-west-1-fips", NULL, "https://tide-fips.eu-west-1.example.com/?",
       "%2Feu-west-1%2F"},
      {"tide", "fips-us-east-1", NULL, "https://tide-fips.us-east-1.example.com/?",
       "%2Fus-east-1%2F"},
      {"tide", "eu-west-1", "us-east-1", "https://tide.us-east-1.example.com/?", "%2Fus-east-1%2F"},
      {"tide", "eu-west-1", "fips-us-east-1", "https://tide-fips.us-east-1.example.com/?",
       "%2Fus-east-1%2F"},
      {"tide", NULL, "us-gov-west-1-fips", "https://tide-fips.us-gov-west-1.example.com/?",
       "%2Fus-gov-west-1%2F"},
      {"tide", "fips-eu-west-1", "us-east-1", "https://tide-fips.us-east-1.example.com/?",
       "%2Fus-east-1%2F"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *url = url_of(cases[i].service, cases[i].region, cases[i].own, NULL);
    assert_non_null(url);
    if (strncmp(url, cases[i].host, strlen(cases[i].host)) != 0 || !strstr(url, cases[i].scope)) {
      fail_msg("%s in %s: %s", cases[i].service, cases[i].region ? cases[i].region : "none", url);
    }
    cspan_free(url);
  }
}

/* Not "tide.aws-global.example.com". */
static void other_services_need_a_region(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_null(url_of("tide", NULL, NULL, &error));
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "no region is set"));
  cspan_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clients_go_where_their_region_says),
      cmocka_unit_test(other_services_need_a_region),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
