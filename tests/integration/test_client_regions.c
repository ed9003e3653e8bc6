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

/* Copies from another region, by the rules of "tide". */
static const char copy_model[] =
    "{'version': '2.0', 'metadata': {'apiVersion': '2112-06-01', 'endpointPrefix': 'ec2', "
    "'protocol': 'ec2', 'serviceFullName': 'X', 'serviceId': 'EC2', 'signatureVersion': 'v4', "
    "'uid': 'ec2-2112-06-01'}, 'operations': {'CopySnapshot': {'name': 'CopySnapshot', 'http': "
    "{'method': 'POST', 'requestUri': '/'}, 'input': {'shape': 'Copy'}}}, 'shapes': {'Text': "
    "{'type': 'string'}, 'Copy': {'type': 'structure', 'members': {'SourceRegion': {'shape': "
    "'Text'}, 'DestinationRegion': {'shape': 'Text'}, 'PresignedUrl': {'shape': 'Text'}}}}}";

static int make(void **state) {
  region_models_make(models);
  model_folder_put_json(model_folder_path(models, "bare/2112-06-01/service-2.json"),
                        REGION_SERVICE("bare"));
  model_folder_put_json(model_folder_path(models, "ec2/2112-06-01/service-2.json"), copy_model);
  model_folder_put_json(model_folder_path(models, "ec2/2112-06-01/endpoint-rule-set-1.json"),
                        tide_rules);
  return home_make(state);
}

static int clean(void **state) {
  model_folder_remove(models);
  return home_remove(state);
}

/* The URL that a client of the service signs, NULL on failure. `own` is the region of the call. */
static char *signed_url(const char *service, const char *region, const char *own,
                        cspan_client_request request, cspan_error **error) {
  const cspan_aws_options options = {.size = sizeof options,
                                     .region = region,
                                     .access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "secret"};
  const cspan_client_options with = {.size = sizeof with, .models = models};
  const cspan_call_options of_call = {.size = sizeof of_call, .region = own};
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  char *url = NULL;
  request.size = sizeof request;
  request.options = &of_call;
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(config, service, &with, &client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  cspan_status status = cspan_client_presign(client, &request, 60, &url, error);
  assert_int_equal(status == CSPAN_OK, url != NULL);
  cspan_client_free(client);
  return url;
}

static char *url_of(const char *service, const char *region, const char *own, cspan_error **error) {
  home_set(NULL, NULL);
  return signed_url(service, region, own, (cspan_client_request){.operation = "Look"}, error);
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

/* A model without rules knows one kind of endpoint. */
static void no_other_kind_of_endpoint_is_taken(void **state) {
  (void)state;
  static const struct {
    const char *region;
    const char *own;
    const char *variable; /* is set to true; NULL: none is */
    const char *error;    /* NULL: it works */
  } cases[] = {
      {"us-east-1", NULL, NULL, NULL},
      {"fips-us-east-1", NULL, NULL, "use_fips_endpoint needs"},
      {"us-east-1", "fips-us-east-1", NULL, "use_fips_endpoint needs"},
      {"us-east-1", NULL, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint needs"},
      {"us-east-1", NULL, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint needs"},
      {"us-east-1", "fips--x", NULL, "no region name"},
      {"us-east-1", "x--fips", NULL, "no region name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    home_set(NULL, NULL);
    if (cases[i].variable) {
      setenv(cases[i].variable, "true", 1);
    }
    char *url = signed_url("bare", cases[i].region, cases[i].own,
                           (cspan_client_request){.operation = "Look"}, &error);
    assert_int_equal(url != NULL, cases[i].error == NULL);
    assert_true(url || strstr(cspan_error_message(error), cases[i].error));
    cspan_error_free(error);
    cspan_free(url);
  }
  home_set(NULL, NULL);
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9", 1);
  setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
  char *url =
      signed_url("bare", "us-east-1", NULL, (cspan_client_request){.operation = "Look"}, NULL);
  assert_non_null(url);
  cspan_free(url);
}

static void copies_come_from_an_endpoint_of_the_same_kind(void **state) {
  (void)state;
  static const struct {
    const char *region;
    const char *own;
    const char *source;
    const char *host; /* within PresignedUrl */
  } cases[] = {
      {"us-east-1", NULL, "us-west-2", "PresignedUrl=https%3A%2F%2Ftide.us-west-2."},
      {"fips-us-east-1", NULL, "us-west-2", "PresignedUrl=https%3A%2F%2Ftide-fips.us-west-2."},
      {"us-east-1", "fips-us-east-1", "us-west-2",
       "PresignedUrl=https%3A%2F%2Ftide-fips.us-west-2."},
      {"us-east-1", "fips-us-east-1", "fips-us-west-2",
       "PresignedUrl=https%3A%2F%2Ftide-fips.us-west-2."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const cspan_value input = CSPAN_MAP(cspan_field("SourceRegion", cspan_string(cases[i].source)));
    home_set(NULL, NULL);
    char *url =
        signed_url("ec2", cases[i].region, cases[i].own,
                   (cspan_client_request){.operation = "CopySnapshot", .input = &input}, NULL);
    assert_non_null(url);
    if (!strstr(url, cases[i].host)) {
      fail_msg("%zu: %s", i, url);
    }
    cspan_free(url);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clients_go_where_their_region_says),
      cmocka_unit_test(other_services_need_a_region),
      cmocka_unit_test(no_other_kind_of_endpoint_is_taken),
      cmocka_unit_test(copies_come_from_an_endpoint_of_the_same_kind),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
