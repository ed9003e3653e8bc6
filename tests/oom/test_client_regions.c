/* SPDX-License-Identifier: Apache-2.0 */
/* URLs for services with and without a region, with every allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <cloudspan/cloudspan.h>

#include "support/fail_alloc.h"
#include "support/region_models.h"
#include "unit/aws/home_fixture.h"

enum { MOST_ALLOCATIONS = 2000 };

static char models[64];

static int make(void **state) {
  region_models_make(models);
  return home_make(state);
}

static int clean(void **state) {
  model_folder_remove(models);
  return home_remove(state);
}

static cspan_status load(const char *region, cspan_aws_config **out, cspan_error **error) {
  const cspan_aws_options options = {.size = sizeof options,
                                     .region = region,
                                     .access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "planted-secret"};
  return cspan_aws_config_load(&options, out, error);
}

static cspan_client *open_client(const char *service, const char *region) {
  const cspan_client_options with = {.size = sizeof with, .models = models};
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  assert_int_equal(load(region, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(config, service, &with, &client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  return client;
}

/* A new client each time: it keeps the endpoints that it found. */
static void replay_url(const char *service, const char *region, cspan_status wanted) {
  const cspan_client_request request = {.size = sizeof request, .operation = "Look"};
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_client *client = open_client(service, region);
    cspan_error *error = NULL;
    char *url = NULL;
    long before = fail_alloc_outstanding_here();
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_client_presign(client, &request, 60, &url, &error);
    met = fail_alloc_disarm();
    assert_int_equal(status == CSPAN_OK, url != NULL);
    if (status != wanted && (!met || status != CSPAN_ERR_NOMEM)) {
      fail_msg("%s, allocation %zu: %s", service, n, cspan_error_message(error));
    }
    cspan_free(url);
    cspan_error_free(error);
    cspan_client_free(client);
    assert_true(fail_alloc_outstanding_here() <= before);
  }
}

static void urls_or_no_memory(void **state) {
  (void)state;
  home_set(NULL, NULL);
  replay_url("almanac", NULL, CSPAN_OK);
  replay_url("almanac", "fips-aws-global", CSPAN_OK);
  replay_url("tide", "us-east-1-fips", CSPAN_OK);
  replay_url("tide", NULL, CSPAN_ERR_CONFIG);
}

static void configs_or_no_memory(void **state) {
  (void)state;
  bool met = true;
  home_set(NULL, NULL);
  for (size_t n = 1; met; n++) {
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    long before = fail_alloc_outstanding_here();
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = load("fips-eu-west-1", &config, &error);
    met = fail_alloc_disarm();
    assert_true(status == CSPAN_OK || (met && status == CSPAN_ERR_NOMEM));
    assert_int_equal(status == CSPAN_OK, config != NULL);
    if (config) {
      assert_string_equal(cspan_aws_config_get(config, "region", NULL), "eu-west-1");
    }
    cspan_aws_config_free(config);
    cspan_error_free(error);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(urls_or_no_memory),
      cmocka_unit_test(configs_or_no_memory),
  };
  fail_alloc_install();
  return cmocka_run_group_tests(tests, make, clean);
}
