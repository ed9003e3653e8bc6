/* SPDX-License-Identifier: Apache-2.0 */
/* S3's rules of $CLOUDSPAN_CONFORMANCE/endpoints/services/s3 give the addresses that endpoint.c
 * gives without them: there is one S3, not two. What only the rules know has rows of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/model/compile.h"
#include "aws/rules/client_endpoint.h"
#include "conformance/endpoint_files.h"

#define AUTO    CSPAN_ADDRESSING_AUTO
#define PATH    CSPAN_ADDRESSING_PATH
#define VIRTUAL CSPAN_ADDRESSING_VIRTUAL

static const char service[] =
    "{\"metadata\":{\"apiVersion\":\"2006-03-01\",\"endpointPrefix\":\"s3\",\"protocol\":"
    "\"rest-xml\",\"serviceFullName\":\"S3\",\"serviceId\":\"S3\",\"signatureVersion\":\"s3\"},"
    "\"operations\":{"
    "\"GetObject\":{\"name\":\"GetObject\",\"http\":{\"method\":\"GET\",\"requestUri\":"
    "\"/{Bucket}\"},\"input\":{\"shape\":\"Request\"}},"
    "\"ListBuckets\":{\"name\":\"ListBuckets\",\"http\":{\"method\":\"GET\",\"requestUri\":\"/"
    "\"}}},"
    "\"shapes\":{\"Name\":{\"type\":\"string\"},"
    "\"Request\":{\"type\":\"structure\",\"members\":{\"Bucket\":{\"shape\":\"Name\","
    "\"contextParam\":{\"name\":\"Bucket\"},\"location\":\"uri\",\"locationName\":\"Bucket\"}}}}}";

static char root[ENDPOINT_PATH_LEN];

typedef struct fixture {
  cspan_buf section;
  cspan_buf partitions;
  cspan_service_model model;
  cspan_endpoint_resolver *resolver;
} fixture;

static int set_up(void **state) {
  static fixture f;
  char path[ENDPOINT_PATH_LEN + 64];
  cspan_buf rules;
  cspan_error *error = NULL;
  snprintf(path, sizeof path, "%s/services/s3/endpoint-rule-set-1.json", root);
  if (!read_file(path, &rules)) {
    *state = NULL;
    return 0;
  }
  cspan_model_source source = {.key = "s3",
                               .service = {service, sizeof service - 1},
                               .rules = {rules.data, rules.len},
                               .without_documentation = true};
  cspan_buf_init(&f.section, ENDPOINT_FILE_MAX);
  if (cspan_model_compile(&source, &f.section, &error) != CSPAN_OK ||
      cspan_model_open(f.section.data, f.section.len, &f.model, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  cspan_buf_free(&rules);
  snprintf(path, sizeof path, "%s/partitions.json", root);
  compile_file(path, cspan_partitions_compile, &f.partitions);
  f.model.partitions = f.partitions.data;
  f.model.partitions_size = f.partitions.len;
  assert_int_equal(cspan_endpoint_resolver_create(&f.model, &f.resolver, &error), CSPAN_OK);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  if (f != NULL) {
    cspan_endpoint_resolver_free(f->resolver);
    cspan_buf_free(&f->section);
    cspan_buf_free(&f->partitions);
  }
  return 0;
}

static fixture *opened(void **state) {
  if (*state == NULL) {
    print_message("skipped: there is nothing in %s\n", root);
    skip();
  }
  return *state;
}

static void by_rules(const fixture *f, cspan_endpoint_settings settings, const char *bucket,
                     char *out, size_t capacity) {
  cspan_client_endpoint_result result;
  cspan_error *error = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_value input = CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket)));
  const char *name = bucket != NULL ? "GetObject" : "ListBuckets";
  cspan_status status =
      cspan_client_endpoint(f->resolver, &settings, cspan_model_operation(&f->model, name), &input,
                            arena, &result, &error);
  if (status != CSPAN_OK) {
    snprintf(out, capacity, "%s", cspan_error_message(error));
  } else {
    snprintf(out, capacity, "%s://%s%s", result.endpoint.https ? "https" : "http",
             result.endpoint.host_header, result.endpoint.prefix);
  }
  cspan_error_free(error);
  cspan_arena_free(arena);
}

static void without_rules(const cspan_endpoint_params *params, char *out, size_t capacity) {
  cspan_endpoint endpoint;
  assert_int_equal(cspan_endpoint_resolve(params, &endpoint, NULL), CSPAN_OK);
  snprintf(out, capacity, "%s://%s%s", endpoint.https ? "https" : "http", endpoint.host_header,
           endpoint.prefix);
}

typedef struct row {
  const char *bucket;
  const char *region;
  cspan_addressing_style style;
  const char *custom;
} row;

static void both_give_the_same_address(void **state) {
  static const row rows[] = {
      {"my-bucket", "us-east-1", AUTO, NULL},
      {"my-bucket", "eu-central-1", AUTO, NULL},
      {"my-bucket", "eu-central-1", PATH, NULL},
      {"my-bucket", "eu-central-1", VIRTUAL, NULL},
      {"my.bucket", "eu-central-1", AUTO, NULL},
      {"my.bucket", "eu-central-1", PATH, NULL},
      {"My_Bucket", "us-east-1", AUTO, NULL},
      {"192.168.1.1", "eu-central-1", AUTO, NULL},
      {"my-bucket", "cn-north-1", AUTO, NULL},
      {"my-bucket", "cn-north-1", PATH, NULL},
      {"my-bucket", "us-gov-west-1", AUTO, NULL},
      {"my-bucket", "us-iso-east-1", AUTO, NULL},
      {"my-bucket", "us-isob-east-1", AUTO, NULL},
      {"my-bucket", "eusc-de-east-1", AUTO, NULL},
      {"my-bucket", "us-isof-south-1", AUTO, NULL},
      {"my-bucket", "eu-isoe-west-1", AUTO, NULL},
      {"my-bucket", "mars-central-1", AUTO, NULL},
      {"my-bucket", "eu-central-1", AUTO, "https://s3.example.com"},
      {"my-bucket", "eu-central-1", PATH, "https://s3.example.com"},
      {"my-bucket", "eu-central-1", VIRTUAL, "https://s3.example.com"},
      {"my-bucket", "eu-central-1", AUTO, "https://s3.example.com:443/"},
      {"my-bucket", "eu-central-1", AUTO, "http://s3.example.com:9000/base"},
      {"my-bucket", "eu-central-1", PATH, "http://s3.example.com:9000/base"},
      {"my.bucket", "eu-central-1", AUTO, "http://s3.example.com:9000"},
      {"my.bucket", "eu-central-1", AUTO, "https://s3.example.com"},
      {"my-bucket", "eu-central-1", AUTO, "http://127.0.0.1:9000"},
      {"my-bucket", "eu-central-1", PATH, "http://127.0.0.1:9000"},
      {"my-bucket", "eu-central-1", AUTO, "http://[::1]:9000"},
      {"my-bucket", "eu-central-1", AUTO, "http://localhost:9000"},
      {"my-bucket", "eu-central-1", VIRTUAL, "http://localhost:9000"},
      {"my-bucket", "eu-central-1", AUTO, "http://s3.localhost:9000"},
      {"ab", "eu-central-1", AUTO, "http://localhost:9000"},
      {NULL, "eu-central-1", AUTO, NULL},
      {NULL, "cn-north-1", AUTO, NULL},
      {NULL, "us-east-1", AUTO, "http://localhost:9000/base"},
  };
  const fixture *f = opened(state);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const row *at = &rows[i];
    char with[4096];
    char without[4096];
    cspan_base_url base;
    cspan_endpoint_params params = {.region = at->region,
                                    .endpoint_prefix = "s3",
                                    .bucket = at->bucket,
                                    .addressing = at->style};
    if (at->custom != NULL) {
      assert_int_equal(cspan_base_url_parse(at->custom, "test", &base, NULL), CSPAN_OK);
      params.custom = &base;
    }
    cspan_endpoint_settings settings = {
        .region = at->region,
        .endpoint_url = at->custom,
        .s3_force_path_style = cspan_endpoint_force_path_style(at->style, params.custom)};
    by_rules(f, settings, at->bucket, with, sizeof with);
    without_rules(&params, without, sizeof without);
    assert_string_equal(with, without);
  }
}

typedef struct known_by_rules {
  const char *bucket;
  cspan_endpoint_settings settings;
  const char *expected;
} known_by_rules;

static void rules_know_more(void **state) {
  static const known_by_rules rows[] = {
      {"b", {.region = "us-east-1", .s3_use_global_endpoint = true}, "https://s3.amazonaws.com/b"},
      {"my-bucket",
       {.region = "us-west-2", .use_fips = true},
       "https://my-bucket.s3-fips.us-west-2.amazonaws.com"},
      {"my-bucket",
       {.region = "us-west-2", .use_dualstack = true},
       "https://my-bucket.s3.dualstack.us-west-2.amazonaws.com"},
      {"my-bucket",
       {.region = "us-west-2", .use_fips = true, .use_dualstack = true},
       "https://my-bucket.s3-fips.dualstack.us-west-2.amazonaws.com"},
      {"my-bucket",
       {.region = "us-west-2", .s3_accelerate = true},
       "https://my-bucket.s3-accelerate.amazonaws.com"},
      {"my-bucket",
       {.region = "us-west-2", .s3_accelerate = true, .use_dualstack = true},
       "https://my-bucket.s3-accelerate.dualstack.amazonaws.com"},
      {"my-bucket",
       {.region = "us-west-2", .s3_accelerate = true, .use_fips = true},
       "Accelerate cannot be used with FIPS"},
      {"arn:aws:s3:us-west-2:123456789012:accesspoint:mine",
       {.region = "us-west-2"},
       "https://mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com"},
      {"arn:aws:s3:eu-west-1:123456789012:accesspoint:mine",
       {.region = "us-west-2", .s3_use_arn_region = CSPAN_CHOICE_YES},
       "https://mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"},
      {"arn:aws:s3:eu-west-1:123456789012:accesspoint:mine",
       {.region = "us-west-2", .s3_use_arn_region = CSPAN_CHOICE_NO},
       "Invalid configuration: region from ARN `eu-west-1` does not match client region "
       "`us-west-2` and UseArnRegion is `false`"},
      {"arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/mine",
       {.region = "us-west-2"},
       "https://mine-123456789012.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com"},
      {"arn:aws:s3::123456789012:accesspoint:mine.mrap",
       {.region = "us-west-2"},
       "https://mine.mrap.accesspoint.s3-global.amazonaws.com"},
      {"arn:aws:s3::123456789012:accesspoint:mine.mrap",
       {.region = "us-west-2", .s3_disable_mrap = true},
       "Invalid configuration: Multi-Region Access Point ARNs are disabled."},
      {"mine--usw2-az1--x-s3",
       {.region = "us-west-2"},
       "https://mine--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com"},
  };
  const fixture *f = opened(state);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char address[4096];
    by_rules(f, rows[i].settings, rows[i].bucket, address, sizeof address);
    assert_string_equal(address, rows[i].expected);
  }
}

static void auth_of(const fixture *f, const char *bucket, bool plain, cspan_arena *arena,
                    cspan_client_endpoint_result *out) {
  cspan_endpoint_settings settings = {.region = "us-west-2", .s3_disable_express_session = plain};
  cspan_value input = CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket)));
  assert_int_equal(cspan_client_endpoint(f->resolver, &settings,
                                         cspan_model_operation(&f->model, "GetObject"), &input,
                                         arena, out, NULL),
                   CSPAN_OK);
  assert_true(out->auth_count >= 1);
}

static void tells_how_to_sign(void **state) {
  const fixture *f = opened(state);
  cspan_client_endpoint_result out;
  cspan_arena *arena = cspan_arena_create(0);
  auth_of(f, "my-bucket", false, arena, &out);
  assert_int_equal(out.auth[0].auth.kind, CSPAN_AUTH_V4);
  assert_string_equal(out.auth[0].auth.signing_name, "s3");
  assert_string_equal(out.auth[0].auth.region, "us-west-2");
  assert_true(out.auth[0].auth.disable_double_encoding);
  assert_false(out.is_s3express);
  auth_of(f, "mine--usw2-az1--x-s3", false, arena, &out);
  assert_int_equal(out.auth[0].auth.kind, CSPAN_AUTH_S3EXPRESS);
  assert_string_equal(out.auth[0].auth.signing_name, "s3express");
  assert_true(out.is_s3express);
  auth_of(f, "mine--usw2-az1--x-s3", true, arena, &out);
  assert_int_equal(out.auth[0].auth.kind, CSPAN_AUTH_V4);
  auth_of(f, "arn:aws:s3::123456789012:accesspoint:mine.mrap", false, arena, &out);
  assert_int_equal(out.auth[0].auth.kind, CSPAN_AUTH_V4A);
  assert_string_equal(out.auth[0].auth.region_set, "*");
  cspan_arena_free(arena);
}

/* Else each key of a bucket would be an endpoint of its own to the cache. */
static void keys_do_not_count(void **state) {
  const fixture *f = opened(state);
  cspan_rules *rules = NULL;
  cspan_rules_param param;
  size_t seen = 0;
  assert_int_equal(cspan_rules_open(f->model.rules, f->model.rules_size, &rules, NULL), CSPAN_OK);
  for (size_t i = 0; cspan_rules_param_at(rules, i, &param); i++) {
    bool is_key = strcmp(param.name, "Key") == 0 || strcmp(param.name, "Prefix") == 0;
    seen += is_key;
    assert_false(is_key && param.used);
    assert_true(strcmp(param.name, "Bucket") != 0 || param.used);
  }
  assert_int_equal(seen, 2);
  cspan_rules_free(rules);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_give_the_same_address),
      cmocka_unit_test(rules_know_more),
      cmocka_unit_test(tells_how_to_sign),
      cmocka_unit_test(keys_do_not_count),
  };
  find_endpoints(root);
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
