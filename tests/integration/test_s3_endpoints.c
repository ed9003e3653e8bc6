/* SPDX-License-Identifier: Apache-2.0 */
/* There is one S3: a typed call goes where the call by the model goes, and is signed as that is.
 * By presigned URLs, which show both without a network. With the model that is installed. */
#include <cloudspan/client.h>
#include <cloudspan/s3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V4                   "X-Amz-Algorithm=AWS4-HMAC-SHA256&"
#define V4A                  "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&"
#define ACCESS_POINT(region) "arn:aws:s3:" region ":123456789012:accesspoint:mine"
#define OUTPOST                                                                                    \
  "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/mine"

typedef struct row {
  const char *bucket;
  cspan_aws_options options;
  const char *url;     /* up to the '?'; NULL: as old models of S3 have it, or new ones */
  const char *parts;   /* of the query */
  const char *setting; /* "NAME=value" of the environment, or NULL */
} row;

static const row rows[] = {
    {"my-bucket", {0}, "https://my-bucket.s3.us-west-2.amazonaws.com/a%20key", V4, NULL},
    {"my-bucket",
     {.addressing_style = CSPAN_ADDRESSING_PATH},
     "https://s3.us-west-2.amazonaws.com/my-bucket/a%20key",
     V4,
     NULL},
    {"my.bucket", {0}, "https://s3.us-west-2.amazonaws.com/my.bucket/a%20key", V4, NULL},
    {"my.bucket",
     {.addressing_style = CSPAN_ADDRESSING_VIRTUAL},
     "https://s3.us-west-2.amazonaws.com/my.bucket/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.endpoint_url = "http://127.0.0.1:9000/base"},
     "http://127.0.0.1:9000/base/my-bucket/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.endpoint_url = "https://s3.example.com"},
     "https://my-bucket.s3.example.com/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.use_fips_endpoint = true},
     "https://my-bucket.s3-fips.us-west-2.amazonaws.com/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.use_dualstack_endpoint = true},
     "https://my-bucket.s3.dualstack.us-west-2.amazonaws.com/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.use_accelerate_endpoint = true},
     "https://my-bucket.s3-accelerate.amazonaws.com/a%20key",
     V4,
     NULL},
    {"my-bucket",
     {.region = "us-east-1"},
     "https://my-bucket.s3.amazonaws.com/a%20key",
     V4,
     "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=legacy"},
    {ACCESS_POINT("us-west-2"),
     {0},
     "https://mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com/a%20key",
     "us-west-2%2Fs3%2Faws4_request",
     NULL},
    {ACCESS_POINT("eu-west-1"),
     {.addressing_style = CSPAN_ADDRESSING_PATH},
     "https://mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/a%20key",
     "eu-west-1%2Fs3%2Faws4_request",
     NULL},
    {OUTPOST,
     {0},
     "https://mine-123456789012.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com/a%20key",
     "s3-outposts%2Faws4_request",
     NULL},
    {OUTPOST,
     {0},
     "https://mine-123456789012.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com/a%20key",
     "us-west-2%2Fs3-outposts%2Faws4_request",
     "AWS_AUTH_SCHEME_PREFERENCE=sigv4"},
    {"arn:aws:s3::123456789012:accesspoint:mine.mrap",
     {0},
     "https://mine.mrap.accesspoint.s3-global.amazonaws.com/a%20key",
     V4A,
     NULL},
    {"mine--usw2-az1--x-s3", {0}, NULL, "", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=true"},
};

static cspan_aws_config *config_of(const row *at) {
  cspan_aws_options options = at->options;
  cspan_aws_config *config = NULL;
  options.size = sizeof options;
  options.region = options.region != NULL ? options.region : "us-west-2";
  options.config_file = "/nonexistent";
  options.credentials_file = "/nonexistent";
  options.access_key_id = "AKIDEXAMPLE";
  options.secret_access_key = "unit-test-secret";
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  return config;
}

/* `own` is the region of the call; NULL: the config's. */
static char *typed_url_in(const cspan_aws_config *config, const char *own, const char *bucket,
                          cspan_error **error) {
  const cspan_call_options options = {.size = sizeof options, .region = own};
  cspan_s3_get_object_input input = {
      .size = sizeof input, .bucket = bucket, .key = "a key", .options = &options};
  cspan_s3 *client = NULL;
  char *url = NULL;
  assert_int_equal(cspan_s3_create(config, &client, NULL), CSPAN_OK);
  (void)cspan_s3_presign_get_object(client, NULL, &input, 60, &url, error);
  cspan_s3_free(client);
  return url;
}

static char *typed_url(const cspan_aws_config *config, const char *bucket, cspan_error **error) {
  return typed_url_in(config, NULL, bucket, error);
}

static char *url_by_model(cspan_client *client, const char *bucket) {
  const cspan_value input = CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket)),
                                      cspan_field("Key", cspan_string("a key")));
  const cspan_client_request request = {
      .size = sizeof request, .operation = "GetObject", .input = &input};
  cspan_error *error = NULL;
  char *url = NULL;
  if (cspan_client_presign(client, &request, 60, &url, &error) != CSPAN_OK) {
    fail_msg("%s: %s", bucket, cspan_error_message(error));
  }
  return url;
}

static void check(const row *at, const cspan_aws_config *config, cspan_client *client) {
  cspan_error *error = NULL;
  char *typed = typed_url(config, at->bucket, &error);
  if (typed == NULL) {
    fail_msg("%s: %s", at->bucket, cspan_error_message(error));
  }
  char *other = url_by_model(client, at->bucket);
  char *both[] = {typed, other};
  for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
    char *query = strchr(both[i], '?');
    assert_non_null(query);
    *query = '\0';
    assert_string_equal(both[i], at->url != NULL ? at->url : typed);
    if (strstr(query + 1, at->parts) == NULL) {
      fail_msg("%s: no %s in %s", at->bucket, at->parts, query + 1);
    }
  }
  cspan_free(typed);
  cspan_free(other);
}

static void typed_calls_go_where_the_model_says(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char name[64] = "";
    if (rows[i].setting != NULL) {
      size_t len = strcspn(rows[i].setting, "=");
      memcpy(name, rows[i].setting, len);
      assert_int_equal(setenv(name, rows[i].setting + len + 1, 1), 0);
    }
    cspan_aws_config *config = config_of(&rows[i]);
    cspan_client *client = NULL;
    cspan_error *error = NULL;
    if (cspan_client_create(config, "s3", NULL, &client, &error) != CSPAN_OK) {
      print_message("skipped: %s\n", cspan_error_message(error));
      cspan_error_free(error);
      cspan_aws_config_free(config);
      skip();
    }
    check(&rows[i], config, client);
    cspan_client_free(client);
    cspan_aws_config_free(config);
    unsetenv(name);
  }
}

/* Also where they do not come to be part of a host, as in a path. */
static void bad_names_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"my/bucket", "my bucket", "-my-bucket--x-s3", "arn:aws:s3?"};
  const row fips = {.options = {.use_fips_endpoint = true}};
  cspan_aws_config *config = config_of(&fips);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    cspan_error *error = NULL;
    assert_null(typed_url(config, bad[i], &error));
    assert_non_null(strstr(cspan_error_message(error), "bucket"));
    cspan_error_free(error);
  }
  cspan_aws_config_free(config);
}

static void settings_of_rules_need_a_model(void **state) {
  (void)state;
  const row asked[] = {{.options = {.use_fips_endpoint = true}},
                       {.options = {.use_dualstack_endpoint = true}},
                       {.options = {.use_accelerate_endpoint = true}}};
  setenv("CLOUDSPAN_MODELS", "/nonexistent", 1);
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    cspan_error *error = NULL;
    cspan_aws_config *config = config_of(&asked[i]);
    assert_null(typed_url(config, "my-bucket", &error));
    assert_int_equal(cspan_error_status(error), CSPAN_ERR_UNSUPPORTED);
    assert_non_null(strstr(cspan_error_message(error), "no model of S3 was found"));
    cspan_error_free(error);
    cspan_aws_config_free(config);
  }
  const row plain = {.options = {0}};
  cspan_error *error = NULL;
  cspan_aws_config *config = config_of(&plain);
  assert_null(typed_url_in(config, "fips-eu-west-1", "my-bucket", &error));
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_UNSUPPORTED);
  assert_non_null(strstr(cspan_error_message(error), "use_fips_endpoint needs the endpoint rules"));
  cspan_error_free(error);
  cspan_aws_config_free(config);
  unsetenv("CLOUDSPAN_MODELS");
}

static void an_arn_needs_a_model(void **state) {
  (void)state;
  cspan_error *error = NULL;
  setenv("CLOUDSPAN_MODELS", "/nonexistent", 1);
  cspan_aws_config *config = config_of(&rows[0]);
  assert_null(typed_url(config, ACCESS_POINT("us-west-2"), &error));
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_UNSUPPORTED);
  assert_non_null(strstr(cspan_error_message(error), "AWS_DATA_PATH"));
  cspan_error_free(error);
  char *url = typed_url(config, "my-bucket", NULL);
  assert_non_null(url);
  cspan_free(url);
  cspan_aws_config_free(config);
  unsetenv("CLOUDSPAN_MODELS");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(typed_calls_go_where_the_model_says),
      cmocka_unit_test(bad_names_are_refused),
      cmocka_unit_test(settings_of_rules_need_a_model),
      cmocka_unit_test(an_arn_needs_a_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
