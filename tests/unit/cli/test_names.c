/* SPDX-License-Identifier: Apache-2.0 */
/* Names of operations as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/names.h"

static void test_dashed(void **state) {
  (void)state;
  static const struct {
    const char *name;
    const char *dashed;
  } cases[] = {
      {"PutItem", "put-item"},
      {"ListMFADevices", "list-mfa-devices"},
      {"DescribeDBInstances", "describe-db-instances"},
      {"GetIPSet", "get-ip-set"},
      {"ListObjectsV2", "list-objects-v2"},
      {"GetS3Object", "get-s3-object"},
      {"ListWebACLs", "list-web-acls"},
      {"AssociateVPCWithHostedZone", "associate-vpc-with-hosted-zone"},
      {"put-item", "put-item"},
      {"put_item", "put-item"},
      {"Put-Item", "put-item"},
      {"lowerCase", "lower-case"},
      {"A", "a"},
      {"As", "as"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[CSPAN_CLI_NAME_SIZE];
    cspan_cli_dashed(cases[i].name, out);
    assert_string_equal(out, cases[i].dashed);
  }
}

static void test_long_names_are_cut_off(void **state) {
  (void)state;
  char name[4 * CSPAN_CLI_NAME_SIZE];
  char out[CSPAN_CLI_NAME_SIZE];
  for (size_t i = 0; i < sizeof name; i++) {
    name[i] = i % 2 == 0 ? 'A' : 'b';
  }
  name[sizeof name - 1] = '\0';
  cspan_cli_dashed(name, out);
  assert_in_range(strlen(out), CSPAN_CLI_NAME_SIZE - 4, CSPAN_CLI_NAME_SIZE - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_dashed),
                                     cmocka_unit_test(test_long_names_are_cut_off)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
