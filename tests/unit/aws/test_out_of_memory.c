/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation fails in turn: a clear end each time, and nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/fail_alloc.h"
#include "unit/aws/call_fixture.h"
#include "unit/aws/home_fixture.h"

static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_step fails[] = {
    READ_REQUEST,
    SEND(
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<Error><Code>NoSuchKey</Code></Error>"),
    END};

/* For what is asked of S3 Express, a session and then the object. */
static const script_step gives_session[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<CreateSessionResult><Credentials>"
         "<SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey>"
         "<AccessKeyId>a</AccessKeyId><Expiration>2099-01-01T00:00:00Z</Expiration>"
         "</Credentials></CreateSessionResult>"),
    END};

typedef cspan_status (*scenario_fn)(const char *url);

static cspan_status load(const char *url, cspan_aws_client **client, cspan_error **error) {
  cspan_aws_config *config = NULL;
  cspan_aws_options options = {.region = "eu-west-1", .endpoint_url = url, .max_attempts = 1};
  cspan_status status = cspan_aws_config_load(&options, &config, error);
  if (status == CSPAN_OK) {
    status = cspan_aws_client_create(config, &fixture_service, client, error);
  }
  cspan_aws_config_free(config);
  return status;
}

static cspan_status finish(cspan_aws_client *client, cspan_status status, cspan_error *error) {
  assert_int_equal(cspan_error_status(error), status);
  if (status != CSPAN_OK) {
    assert_string_not_equal(cspan_error_message(error), "");
  }
  cspan_error_free(error);
  cspan_aws_client_free(client);
  return status;
}

static ptrdiff_t feed(void *user, void *buffer, size_t capacity) {
  int *left = user;
  size_t size = *left > 0 && capacity > 0 ? 1 : 0;
  memset(buffer, 'x', size);
  *left -= (int)size;
  return (ptrdiff_t)size;
}

static cspan_status put_scenario(const char *url) {
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  fixture_output *output = NULL;
  int left = 5;
  static const cspan_middleware_vtable vtable = {.name = "Extra", .state_size = 8};
  const cspan_middleware middleware = {&vtable, NULL, CSPAN_STEP_BUILD, CSPAN_AFTER, NULL};
  cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
  fixture_input input = {.bucket = "bucket",
                         .checksum = true,
                         .algorithm = "CRC32C",
                         .body = {.read = feed, .user = &left, .size_bytes = 5}};
  cspan_call_start start = {
      .operation = &fixture_put, .input = &input, .output = (void **)&output, .options = &options};
  cspan_status status = load(url, &client, &error);
  if (status == CSPAN_OK) {
    status = cspan_aws_call(client, &start, &error);
  }
  cspan_output_free(output);
  return finish(client, status, error);
}

static cspan_status error_scenario(const char *url) {
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket", .verify = true};
  cspan_call_start start = {.operation = &fixture_get, .input = &input};
  cspan_status status = load(url, &client, &error);
  if (status == CSPAN_OK) {
    status = cspan_aws_call(client, &start, &error);
  }
  if (status == CSPAN_ERR_SERVICE) {
    assert_int_equal(cspan_error_http_status(error), 404);
    cspan_error_free(error);
    error = NULL;
    status = CSPAN_OK;
  }
  return finish(client, status, error);
}

static cspan_auth_kind auth_kind;

static cspan_status auth_scenario(const char *url) {
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  cspan_auth auth = {.kind = auth_kind, .signing_name = "fixture", .region_set = "*"};
  fixture_input input = {.bucket = "bucket", .auth = &auth};
  cspan_call_start start = {.operation = &fixture_get, .input = &input};
  cspan_status status = load(url, &client, &error);
  if (status == CSPAN_OK) {
    status = cspan_aws_call(client, &start, &error);
  }
  return finish(client, status, error);
}

static cspan_status presign_scenario(const char *url) {
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  char *presigned = NULL;
  fixture_input input = {.bucket = "bucket"};
  cspan_call_start start = {.operation = &fixture_get, .input = &input};
  cspan_status status = load(url, &client, &error);
  if (status == CSPAN_OK) {
    status = cspan_aws_presign(client, &start, 60, &presigned, &error);
  }
  cspan_free(presigned);
  return finish(client, status, error);
}

static int dones;

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  cspan_status *out = user;
  assert_int_equal(cspan_error_status(error), status);
  *out = status;
  dones++;
}

static cspan_status async_scenario(const char *url) {
  cspan_aws_client *client = NULL;
  cspan_error *error = NULL;
  fixture_output *output = NULL;
  cspan_status outcome = CSPAN_OK;
  fixture_input input = {.bucket = "bad/bucket"};
  cspan_loop *loop = cspan_loop_create();
  cspan_call_options options = {.loop = loop, .done = on_done, .user = &outcome};
  cspan_call_start start = {
      .operation = &fixture_get, .input = &input, .output = (void **)&output, .options = &options};
  cspan_status status =
      loop ? load(url, &client, &error) : cspan_error_set(&error, CSPAN_ERR_NOMEM, "no loop");
  dones = 0;
  if (status == CSPAN_OK) {
    status = cspan_aws_call(client, &start, &error);
    assert_int_equal(dones, 0);
    cspan_loop_run(loop);
    assert_int_equal(dones, status == CSPAN_OK);
    if (status == CSPAN_OK && outcome != CSPAN_ERR_INVALID) {
      status = cspan_error_set(&error, outcome, "the call failed");
    }
  }
  assert_null(output);
  cspan_loop_free(loop);
  return finish(client, status, error);
}

static void replay(scenario_fn scenario, const char *url) {
  fail_alloc_install();
  assert_int_equal(scenario(url), CSPAN_OK); /* what is made once and kept */
  long before = fail_alloc_outstanding();
  size_t n = 0;
  bool met = true;
  while (met) {
    fail_alloc_arm(++n, false);
    cspan_status status = scenario(url);
    met = fail_alloc_disarm();
    if (!met) {
      assert_int_equal(status, CSPAN_OK);
    }
    assert_int_equal(fail_alloc_outstanding(), before);
  }
  assert_true(n > 10);
  fail_alloc_uninstall();
}

static void run(scenario_fn scenario, const script_step *steps) {
  const script_connection scripts[] = {steps};
  script_server *server = script_server_start(scripts, 1);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", script_server_port(server));
  home_set("[default]\naws_access_key_id = AK\naws_secret_access_key = SK\ns3 =\n"
           "  payload_signing_enabled = false\n",
           "[default]\naws_session_token = T\n");
  setenv("AWS_BEARER_TOKEN_FIXTURE", "token", 1);
  replay(scenario, url);
  script_server_stop(server);
}

static void a_put_survives(void **state) {
  (void)state;
  run(put_scenario, succeeds);
}

static void an_error_survives(void **state) {
  (void)state;
  run(error_scenario, fails);
}

static void ways_of_signing_survive(void **state) {
  (void)state;
  static const cspan_auth_kind kinds[] = {CSPAN_AUTH_V4A, CSPAN_AUTH_S3EXPRESS, CSPAN_AUTH_BEARER};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    auth_kind = kinds[i];
    run(auth_scenario, gives_session);
  }
}

static void presigning_survives(void **state) {
  (void)state;
  run(presign_scenario, succeeds);
}

static void a_failed_start_survives(void **state) {
  (void)state;
  run(async_scenario, succeeds);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_put_survives),          cmocka_unit_test(an_error_survives),
      cmocka_unit_test(ways_of_signing_survive), cmocka_unit_test(presigning_survives),
      cmocka_unit_test(a_failed_start_survives),
  };
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
