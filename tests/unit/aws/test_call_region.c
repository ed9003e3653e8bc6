/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that follow a bucket to the region that an answer names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/call.h"
#include "unit/aws/call_fixture.h"

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define MOVED(region)                                                                              \
  "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: " region "\r\nConnection: close\r\n\r\n"             \
  "<Error><Code>PermanentRedirect</Code><Message>Elsewhere.</Message></Error>"
#define MALFORMED                                                                                  \
  "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<Error>"                                   \
  "<Code>AuthorizationHeaderMalformed</Code><Region>sa-east-1</Region></Error>"
#define HEAD_MOVED                                                                                 \
  "HTTP/1.1 400 Bad Request\r\nx-amz-bucket-region: us-west-2\r\nConnection: close\r\n\r\n"

static const cspan_service following = {.id = "S3",
                                        .signing_name = "s3",
                                        .endpoint_prefix = "s3",
                                        .single_encode_path = true,
                                        .sign_content_sha256 = true,
                                        .follows_buckets = true};

static const script_step succeeds[] = {READ_REQUEST, SEND(OK_RESPONSE), END};
static const script_step moved[] = {READ_REQUEST, SEND(MOVED("ap-south-1")), END};
static const script_step moved_on[] = {READ_REQUEST, SEND(MOVED("eu-south-2")), END};
static const script_step malformed[] = {READ_REQUEST, SEND(MALFORMED), END};
static const script_step head_moved[] = {READ_REQUEST, SEND(HEAD_MOVED), END};
static const script_step nonsense[] = {READ_REQUEST, SEND(MOVED("not a region")), END};

static void start(fixture *f, const script_connection *scripts, size_t count) {
  fixture_clear_environment();
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  assert_int_equal(cspan_aws_client_create(f->config, &following, &f->client, NULL), CSPAN_OK);
}

/* The regions of the requests' scopes, in order: "eu-west-1 ap-south-1 ". */
static void check_regions(fixture *f, const char *expected) {
  char seen[256] = "";
  char *received = script_server_received(f->server);
  for (const char *at = received; (at = strstr(at, "Credential=")) != NULL; at++) {
    const char *region = strchr(strchr(at, '/') + 1, '/') + 1;
    strncat(seen, region, strcspn(region, "/"));
    strcat(seen, " ");
  }
  assert_string_equal(seen, expected);
  free(received);
}

static void follows(const script_step *answer, const cspan_operation *operation,
                    const char *regions) {
  const script_connection scripts[] = {answer, succeeds};
  fixture f;
  fixture_input input = {.bucket = "bucket", .body = {.data = "abc", .size_bytes = 3}};
  fixture_output *output = NULL;
  cspan_call_options once = {.size = sizeof once, .max_attempts = 1};
  start(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, operation, &input, &once, &output, NULL), CSPAN_OK);
  assert_int_equal(output->status, 200);
  cspan_output_free(output);
  check_regions(&f, regions);
  /* It is known from now on. */
  assert_int_equal(fixture_call(&f, operation, &input, &once, NULL, NULL), CSPAN_OK);
  assert_int_equal(script_server_accepted(f.server), 3);
  fixture_stop(&f);
}

static void redirected(void **state) {
  (void)state;
  follows(moved, &fixture_put, "eu-west-1 ap-south-1 ");
}

static void malformed_scope(void **state) {
  (void)state;
  follows(malformed, &fixture_put, "eu-west-1 sa-east-1 ");
}

static void head(void **state) {
  (void)state;
  follows(head_moved, &fixture_head, "eu-west-1 us-west-2 ");
}

static void known_region_is_used(void **state) {
  (void)state;
  const script_connection scripts[] = {moved, succeeds};
  fixture f;
  fixture_input input = {.bucket = "bucket"};
  fixture_input other = {.bucket = "other-bucket"};
  start(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  assert_int_equal(fixture_call(&f, &fixture_get, &other, NULL, NULL, NULL), CSPAN_OK);
  check_regions(&f, "eu-west-1 ap-south-1 ap-south-1 eu-west-1 ");
  fixture_stop(&f);
}

/* Two answers that point at each other must not go on for ever. */
static void once_only(void **state) {
  (void)state;
  const script_connection scripts[] = {moved, moved_on};
  fixture f;
  fixture_input input = {.bucket = "bucket"};
  cspan_error *error = NULL;
  start(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "PermanentRedirect");
  assert_non_null(strstr(cspan_error_message(error), "region eu-south-2"));
  assert_int_equal(script_server_accepted(f.server), 2);
  cspan_error_free(error);
  fixture_stop(&f);
}

static void not_followed(const script_step *answer, const fixture_input *input) {
  const script_connection scripts[] = {answer};
  fixture f;
  cspan_error *error = NULL;
  start(&f, scripts, 1);
  assert_int_equal(fixture_call(&f, &fixture_put, input, NULL, NULL, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "PermanentRedirect");
  assert_int_equal(script_server_accepted(f.server), 1);
  cspan_error_free(error);
  fixture_stop(&f);
}

static void nonsense_is_not_followed(void **state) {
  (void)state;
  not_followed(nonsense, &(fixture_input){.bucket = "bucket"});
}

/* As rules would: of all regions, these have no endpoint in one. */
static cspan_status resolve_by_rules(struct cspan_call *call, cspan_error **error) {
  const char *region = cspan_call_region(call);
  if (strcmp(region, "ap-south-1") == 0) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "no endpoint in %s", region);
  }
  const cspan_endpoint_params params = {.region = region,
                                        .endpoint_prefix = "s3",
                                        .bucket = "bucket",
                                        .addressing = CSPAN_ADDRESSING_PATH,
                                        .custom = cspan_call_custom_endpoint(call)};
  return cspan_endpoint_resolve(&params, &call->request.endpoint, error);
}

static void start_by_rules(fixture *f, const script_connection *scripts, size_t count) {
  static cspan_service by_rules;
  by_rules = following;
  by_rules.resolve_endpoint = resolve_by_rules;
  fixture_clear_environment();
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  assert_int_equal(cspan_aws_client_create(f->config, &by_rules, &f->client, NULL), CSPAN_OK);
}

/* An ARN names its region itself. */
static void arns_are_not_followed(void **state) {
  (void)state;
  const script_connection scripts[] = {moved_on, succeeds};
  fixture f;
  fixture_input input = {.bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/p"};
  cspan_error *error = NULL;
  start_by_rules(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "PermanentRedirect");
  check_regions(&f, "eu-west-1 ");
  cspan_error_free(error);
  fixture_stop(&f);
}

/* The call goes on where it was: retries of an answer that leads nowhere are signed as before. */
static void region_without_endpoint(void **state) {
  (void)state;
  static const script_step unavailable[] = {
      READ_REQUEST,
      SEND(
          "HTTP/1.1 503 Unavailable\r\nx-amz-bucket-region: ap-south-1\r\nConnection: close\r\n\r\n"
          "<Error><Code>TemporaryRedirect</Code></Error>"),
      END};
  const script_connection scripts[] = {unavailable, succeeds};
  fixture f;
  fixture_input input = {.bucket = "bucket"};
  start_by_rules(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  check_regions(&f, "eu-west-1 eu-west-1 ");
  /* Nothing was learnt. */
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  check_regions(&f, "eu-west-1 eu-west-1 eu-west-1 ");
  fixture_stop(&f);
}

static ptrdiff_t read_once(void *user, void *buf, size_t cap) {
  bool *done = user;
  size_t n = *done || cap == 0 ? 0 : 1;
  *done = true;
  memset(buf, 'x', n);
  return (ptrdiff_t)n;
}

static void a_body_that_cannot_be_read_again(void **state) {
  (void)state;
  bool done = false;
  fixture_input input = {.bucket = "bucket",
                         .body = {.read = read_once, .user = &done, .size_bytes = 1}};
  not_followed(moved, &input);
}

static void many_buckets(void **state) {
  (void)state;
  cspan_bucket_regions *regions = calloc(1, sizeof *regions);
  cspan_arena *arena = cspan_arena_create(1 << 20);
  char name[32];
  assert_non_null(regions);
  cspan_bucket_regions_init(regions);
  for (int i = 0; i < CSPAN_BUCKET_REGIONS_MAX + 2; i++) {
    snprintf(name, sizeof name, "bucket-%d", i);
    cspan_bucket_regions_put(regions, name, i % 2 ? "eu-west-1" : "eu-west-2");
  }
  cspan_bucket_regions_put(regions, "bucket-7", "eu-west-3");
  assert_null(cspan_bucket_regions_get(regions, "bucket-1", arena)); /* made room */
  assert_string_equal(cspan_bucket_regions_get(regions, "bucket-7", arena), "eu-west-3");
  assert_string_equal(cspan_bucket_regions_get(regions, "bucket-256", arena), "eu-west-2");
  cspan_bucket_regions_free(regions);
  cspan_arena_free(arena);
  free(regions);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(redirected),
      cmocka_unit_test(malformed_scope),
      cmocka_unit_test(head),
      cmocka_unit_test(known_region_is_used),
      cmocka_unit_test(once_only),
      cmocka_unit_test(nonsense_is_not_followed),
      cmocka_unit_test(arns_are_not_followed),
      cmocka_unit_test(region_without_endpoint),
      cmocka_unit_test(a_body_that_cannot_be_read_again),
      cmocka_unit_test(many_buckets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
