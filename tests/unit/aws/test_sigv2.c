/* SPDX-License-Identifier: Apache-2.0 */
/* Signature Version 2, against signatures that were computed apart from this library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/sigv2.h"

static const struct {
  const char *form;
  const char *token;
  const char *signed_form;
} rows[] = {
    {"Action=DescribeJobFlows&Version=2009-03-31", NULL,
     "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SignatureMethod=HmacSHA256&"
     "SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30Z&Version=2009-03-31&"
     "Signature=73duiSyF3a2%2Fwtt%2BoF7L8zWjyrRYAyFLEb%2BXyEPSfbI%3D"},
    {"Version=2009-03-31&Timestamp=old&Signature=old&Action=DescribeJobFlows", NULL,
     "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SignatureMethod=HmacSHA256&"
     "SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30Z&Version=2009-03-31&"
     "Signature=73duiSyF3a2%2Fwtt%2BoF7L8zWjyrRYAyFLEb%2BXyEPSfbI%3D"},
    {"Action=DescribeJobFlows&Version=2009-03-31", "to/ken",
     "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows&SecurityToken=to%2Fken&"
     "SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30Z&"
     "Version=2009-03-31&Signature=oWdkb52J3gnNCu4CtrIQytT0E85aXkx6H3E58VwYjp0%3D"},
};

static void test_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const cspan_credentials credentials = {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                           .secret_access_key =
                                               "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                           .session_token = rows[i].token};
    const cspan_sigv2_request request = {.host = "ElasticMapReduce.amazonaws.com",
                                         .path = "/",
                                         .form = rows[i].form,
                                         .form_size = strlen(rows[i].form)};
    cspan_buf out;
    cspan_buf_init(&out, 4096);
    assert_int_equal(cspan_sigv2_sign(&request, &credentials, 1317655170, &out), CSPAN_OK);
    assert_string_equal(cspan_buf_text(&out), rows[i].signed_form);
    cspan_buf_free(&out);
  }
}

static void test_too_many_fields(void **state) {
  (void)state;
  enum { SIZE = 2 * 70000 };
  static char form[SIZE];
  const cspan_credentials credentials = {.access_key_id = "a", .secret_access_key = "b"};
  const cspan_sigv2_request request = {
      .host = "h", .path = "/", .form = form, .form_size = sizeof form};
  cspan_buf out;
  for (size_t i = 0; i < SIZE; i += 2) {
    form[i] = 'x';
    form[i + 1] = '&';
  }
  cspan_buf_init(&out, 1 << 20);
  assert_int_equal(cspan_sigv2_sign(&request, &credentials, 0, &out), CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_too_many_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
