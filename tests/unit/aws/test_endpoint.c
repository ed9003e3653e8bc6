/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "aws/endpoint.h"
#include "base/error.h"

typedef struct endpoint_case {
  const char *region;
  const char *bucket;
  cspan_addressing_style style;
  const char *custom;
  const char *host; /* NULL: an error */
  const char *prefix;
} endpoint_case;

#define AUTO    CSPAN_ADDRESSING_AUTO
#define VIRTUAL CSPAN_ADDRESSING_VIRTUAL
#define PATH    CSPAN_ADDRESSING_PATH

static const endpoint_case cases[] = {
    {"us-east-1", NULL, AUTO, NULL, "s3.us-east-1.amazonaws.com", ""},
    {"eu-west-1", "bucket", AUTO, NULL, "bucket.s3.eu-west-1.amazonaws.com", ""},
    {"eu-west-1", "bucket", PATH, NULL, "s3.eu-west-1.amazonaws.com", "/bucket"},
    {"cn-north-1", "bucket", AUTO, NULL, "bucket.s3.cn-north-1.amazonaws.com.cn", ""},
    {"us-gov-west-1", "bucket", AUTO, NULL, "bucket.s3.us-gov-west-1.amazonaws.com", ""},
    {"us-iso-east-1", "bucket", AUTO, NULL, "bucket.s3.us-iso-east-1.c2s.ic.gov", ""},
    /* A dot would break the certificate; over plain HTTP there is none. */
    {"eu-west-1", "my.bucket", AUTO, NULL, "s3.eu-west-1.amazonaws.com", "/my.bucket"},
    {"eu-west-1", "my.bucket", AUTO, "http://host", "my.bucket.host", ""},
    {"eu-west-1", "my.bucket", VIRTUAL, NULL, "my.bucket.s3.eu-west-1.amazonaws.com", ""},
    {"eu-west-1", "Old_Bucket", AUTO, NULL, "s3.eu-west-1.amazonaws.com", "/Old_Bucket"},
    {"eu-west-1", "192.168.1.1", AUTO, "http://host", "host", "/192.168.1.1"},
    {"eu-west-1", "a..b", AUTO, "http://host", "host", "/a..b"},
    {"eu-west-1", "ab", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "ab", AUTO, "http://host", "host", "/ab"},
    {"eu-west-1", "", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "a/b", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "a b", AUTO, "http://host", NULL, NULL},
    {"eu-west-1", "-bucket", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "arn:aws:s3:::bucket", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "buck\xc3\xa9t", AUTO, NULL, NULL, NULL},
    {"eu-west-1", "bucket", AUTO, "http://127.0.0.1:9000", "127.0.0.1:9000", "/bucket"},
    {"eu-west-1", "bucket", AUTO, "http://[::1]:9000", "[::1]:9000", "/bucket"},
    {"eu-west-1", "bucket", AUTO, "http://localhost:9000/", "localhost:9000", "/bucket"},
    {"eu-west-1", "bucket", AUTO, "http://s3.localhost", "s3.localhost", "/bucket"},
    {"eu-west-1", "bucket", VIRTUAL, "http://localhost:9000", "bucket.localhost:9000", ""},
    {"eu-west-1", "bucket", AUTO, "https://store.example.com", "bucket.store.example.com", ""},
    {"eu-west-1", "bucket", PATH, "https://store.example.com/base/", "store.example.com",
     "/base/bucket"},
    {"eu-west-1", "bucket", AUTO, "https://store.example.com:443", "bucket.store.example.com", ""},
    {"eu-west-1", "bucket", AUTO, "https://store.example.com:80", "bucket.store.example.com:80",
     ""},
};

static void endpoints_are_resolved(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_base_url base;
    cspan_endpoint out;
    cspan_error *error = NULL;
    cspan_endpoint_params params = {.region = cases[i].region,
                                    .endpoint_prefix = "s3",
                                    .bucket = cases[i].bucket,
                                    .addressing = cases[i].style};
    if (cases[i].custom) {
      assert_int_equal(cspan_base_url_parse(cases[i].custom, "test", &base, NULL), CSPAN_OK);
      params.custom = &base;
    }
    cspan_status status = cspan_endpoint_resolve(&params, &out, &error);
    if (cases[i].host) {
      assert_int_equal(status, CSPAN_OK);
      assert_string_equal(out.host_header, cases[i].host);
      assert_string_equal(out.prefix, cases[i].prefix);
      assert_memory_equal(out.host_header, out.host, strlen(out.host));
    } else {
      assert_int_not_equal(status, CSPAN_OK);
      assert_non_null(strstr(cspan_error_message(error), "bucket"));
    }
    cspan_error_free(error);
  }
}

static void urls_are_taken_apart(void **state) {
  (void)state;
  static const struct {
    const char *url;
    bool https;
    const char *host;
    int port;
    const char *path;
    bool is_local;
    const char *text;
  } good[] = {
      {"http://host", false, "host", 80, "", false, "http://host"},
      {"https://host:8443/a/b//", true, "host", 8443, "/a/b", false, "https://host:8443/a/b"},
      {"http://10.0.0.1:1", false, "10.0.0.1", 1, "", true, "http://10.0.0.1:1"},
      {"https://[2001:db8::1]", true, "[2001:db8::1]", 443, "", true, "https://[2001:db8::1]"},
      {"https://host:443/a/", true, "host", 443, "/a", false, "https://host/a"},
      {"http://LOCALHOST:65535", false, "LOCALHOST", 65535, "", true, "http://LOCALHOST:65535"},
  };
  static const char *const bad[] = {
      "",
      "host",
      "ftp://host",
      "http://",
      "http:///path",
      "http://user:pw@host",
      "http://host:0",
      "http://host:65536",
      "http://host:x",
      "http://host:",
      "http://ho st",
      "http://host/?query",
      "http://host/#f",
      "http://host/a b",
      "http://[::1",
      "http://a]b",
      "http://[nonsense]",
      "http://host:1:2",
      "http://host\r\nX: y",
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    cspan_base_url out;
    assert_int_equal(cspan_base_url_parse(good[i].url, "test", &out, NULL), CSPAN_OK);
    assert_int_equal(out.https, good[i].https);
    assert_string_equal(out.host, good[i].host);
    assert_int_equal(out.port, good[i].port);
    assert_string_equal(out.path, good[i].path);
    assert_int_equal(out.is_local, good[i].is_local);
    assert_string_equal(out.url, good[i].text);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    cspan_base_url out;
    cspan_error *error = NULL;
    assert_int_equal(cspan_base_url_parse(bad[i], "AWS_ENDPOINT_URL", &out, &error),
                     CSPAN_ERR_CONFIG);
    assert_non_null(strstr(cspan_error_message(error), "AWS_ENDPOINT_URL"));
    assert_null(strstr(cspan_error_message(error), "pw"));
    cspan_error_free(error);
  }
}

static void regions_are_checked(void **state) {
  (void)state;
  static const char *const good[] = {"us-east-1", "a", "EU-Test-9"};
  static const char *const bad[] = {"", "-a", "a-", "a.b", "a/b", "a b", "x@y", NULL};
  char long_one[65];
  memset(long_one, 'a', 64);
  long_one[64] = '\0';
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(cspan_region_check(good[i], "test", NULL), CSPAN_OK);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(cspan_region_check(bad[i], "test", NULL), CSPAN_ERR_CONFIG);
  }
  assert_int_equal(cspan_region_check(long_one, "test", NULL), CSPAN_ERR_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(endpoints_are_resolved),
      cmocka_unit_test(urls_are_taken_apart),
      cmocka_unit_test(regions_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
