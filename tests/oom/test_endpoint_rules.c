/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint rules and partitions, compiled, opened and evaluated, with every allocation failing in
 * turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/rules/client_endpoint.h"
#include "support/fail_alloc.h"

enum { MOST_ALLOCATIONS = 3000, BYTES_MAX = 1 << 20 };

static const char rules_json[] =
    "{\"parameters\":{\"Region\":{\"type\":\"string\",\"builtIn\":\"AWS::Region\"},"
    "\"L\":{\"type\":\"stringArray\",\"required\":true,\"default\":[\"a\",\"b\"]}},\"rules\":["
    "{\"conditions\":[{\"fn\":\"stringEquals\",\"argv\":[\"{Region}\",\"bad\"]}],"
    "\"error\":\"{Region} is bad, }} and all\"},"
    "{\"conditions\":[{\"fn\":\"aws.partition\",\"argv\":[{\"ref\":\"Region\"}],\"assign\":\"p\"},"
    "{\"fn\":\"parseURL\",\"argv\":[\"http://{Region}.example/x\"],\"assign\":\"url\"},"
    "{\"fn\":\"aws.parseArn\",\"argv\":[\"arn:p:s:r:{Region}:x/y\"],\"assign\":\"arn\"},"
    "{\"fn\":\"split\",\"argv\":[\"{Region}\",\"-\",0],\"assign\":\"parts\"},"
    "{\"fn\":\"uriEncode\",\"argv\":[\"/{Region}\"],\"assign\":\"encoded\"}],\"rules\":["
    "{\"conditions\":[],\"endpoint\":{\"url\":"
    "\"https://{p#name}.{parts#[0]}.{arn#resourceId[1]}{url#normalizedPath}{encoded}\","
    "\"headers\":{\"x-region\":[\"{Region}\"]},\"properties\":{\"authSchemes\":["
    "{\"name\":\"sigv4\",\"signingName\":\"n\",\"signingRegion\":\"{Region}\"},"
    "{\"name\":\"sigv4a\",\"signingRegionSet\":[\"*\",\"{Region}\"]}]}}}]}]}";

static const char partitions_json[] =
    "{\"partitions\":[{\"id\":\"aws\",\"regionRegex\":\"^(us|eu)\\\\-\\\\w+\\\\-\\\\d+$\","
    "\"regions\":{\"us-east-1\":{}},\"outputs\":{\"dnsSuffix\":\"amazonaws.com\","
    "\"supportsFIPS\":true}}]}";

/* Does all of it; the URL is right or there is an error. */
static cspan_status run(const char *region, cspan_error **error) {
  static const cspan_service_record info = {.key = 0};
  cspan_service_model model = {.info = &info, .text = ""};
  const cspan_client_endpoint_result *out[2] = {NULL, NULL};
  cspan_endpoint_resolver *resolver = NULL;
  cspan_endpoint_settings settings = {.region = region};
  cspan_buf rules;
  cspan_buf partitions;
  cspan_buf_init(&rules, BYTES_MAX);
  cspan_buf_init(&partitions, BYTES_MAX);
  cspan_status status =
      cspan_rules_compile((cspan_str){rules_json, sizeof rules_json - 1}, &rules, error);
  if (status == CSPAN_OK) {
    status = cspan_partitions_compile((cspan_str){partitions_json, sizeof partitions_json - 1},
                                      &partitions, error);
  }
  if (status == CSPAN_OK) {
    model.rules = rules.data;
    model.rules_size = rules.len;
    model.partitions = partitions.data;
    model.partitions_size = partitions.len;
    status = cspan_endpoint_resolver_create(&model, &resolver, error);
  }
  for (size_t i = 0; status == CSPAN_OK && i < 2; i++) {
    status = cspan_endpoint_resolver_get(resolver, &settings, NULL, NULL, NULL, &out[i], error);
    if (status == CSPAN_OK) {
      assert_string_equal(out[i]->url, "https://aws.us.y/x/%2Fus-east-1");
      assert_int_equal(out[i]->auth_count, 2);
    }
  }
  cspan_client_endpoint_release(out[0]);
  cspan_client_endpoint_release(out[1]);
  cspan_endpoint_resolver_free(resolver);
  cspan_buf_free(&rules);
  cspan_buf_free(&partitions);
  return status;
}

static void replay(const char *region, cspan_status good, bool all_that_follow) {
  long before = fail_alloc_outstanding_here();
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_error *error = NULL;
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, all_that_follow);
    cspan_status status = run(region, &error);
    met = fail_alloc_disarm();
    if (status != good && (!met || status != CSPAN_ERR_NOMEM)) {
      fail_msg("allocation %zu: %s", n, cspan_error_message(error));
    }
    assert_true((status == CSPAN_OK) == (error == NULL));
    cspan_error_free(error);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
}

static void an_endpoint_or_no_memory(void **state) {
  (void)state;
  replay("us-east-1", CSPAN_OK, false);
  replay("us-east-1", CSPAN_OK, true);
}

static void an_error_of_the_rules_or_no_memory(void **state) {
  (void)state;
  replay("bad", CSPAN_ERR_INVALID, false);
  replay("bad", CSPAN_ERR_INVALID, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_endpoint_or_no_memory),
      cmocka_unit_test(an_error_of_the_rules_or_no_memory),
  };
  fail_alloc_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
