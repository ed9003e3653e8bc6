/* SPDX-License-Identifier: Apache-2.0 */
/* Presigned URLs, shown URLs, and that no secret gets out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/user_agent.h"
#include "unit/aws/call_fixture.h"

static void connect_to(fixture *f, const char *url) {
  memset(f, 0, sizeof *f);
  cspan_aws_options options = fixture_options(url);
  fixture_configure(f, &options);
  fixture_connect(f);
}

static cspan_status refuse(void *self, struct cspan_call *call, void *state, cspan_error **error) {
  (void)self;
  (void)call;
  (void)state;
  return cspan_error_set(error, CSPAN_ERR_INVALID, "must not run");
}

static void a_url_is_presigned(void **state) {
  (void)state;
  static const struct {
    const char *endpoint;
    const char *start;
  } cases[] = {
      {NULL, "https://bucket.s3.eu-west-1.amazonaws.com/a%20key?X-Amz-Algorithm=AWS4-HMAC-SHA256&"},
      {"http://localhost:9000", "http://localhost:9000/bucket/a%20key?X-Amz-Algorithm="},
  };
  static const cspan_middleware_vtable vtable = {.name = "Tracing", .begin = refuse};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f;
    char *url = NULL;
    fixture_input input = {.path = "/a%20key", .bucket = "bucket"};
    cspan_call_start start = {.operation = &fixture_get, .input = &input};
    memset(&f, 0, sizeof f);
    cspan_aws_options options = fixture_options(cases[i].endpoint);
    fixture_configure(&f, &options);
    cspan_middleware middleware = {&vtable, NULL, CSPAN_STEP_FINALIZE, CSPAN_AFTER, NULL};
    assert_int_equal(cspan_aws_config_add_middleware(f.config, &middleware, NULL), CSPAN_OK);
    fixture_connect(&f);
    assert_int_equal(cspan_aws_presign(f.client, &start, 600, &url, NULL), CSPAN_OK);
    assert_memory_equal(url, cases[i].start, strlen(cases[i].start));
    assert_non_null(strstr(url, "&X-Amz-Expires=600&"));
    assert_non_null(strstr(url, "&X-Amz-SignedHeaders=host&"));
    assert_non_null(strstr(url, "&X-Amz-Security-Token=" TOKEN "&X-Amz-Signature="));
    assert_null(strstr(url, SECRET_KEY));
    cspan_free(url);
    fixture_stop(&f);
  }
}

static void presigning_can_fail(void **state) {
  (void)state;
  fixture f;
  char *url = NULL;
  cspan_error *error = NULL;
  fixture_input input = {.bucket = "bucket"};
  cspan_call_start start = {.operation = &fixture_get, .input = &input};
  connect_to(&f, NULL);
  assert_int_equal(cspan_aws_presign(f.client, &start, 0, &url, &error), CSPAN_ERR_INVALID);
  assert_null(url);
  cspan_error_free(error);
  error = NULL;
  input.bucket = "a/b";
  assert_int_equal(cspan_aws_presign(f.client, &start, 60, &url, &error), CSPAN_ERR_INVALID);
  assert_null(url);
  cspan_error_free(error);
  error = NULL;
  fixture_stop(&f);

  memset(&f, 0, sizeof f);
  cspan_aws_options options = {.region = "eu-west-1", .anonymous = true};
  fixture_configure(&f, &options);
  fixture_connect(&f);
  assert_int_equal(cspan_aws_presign(f.client, &start, 60, &url, &error), CSPAN_ERR_CREDENTIALS);
  cspan_error_free(error);
  fixture_stop(&f);
}

/* -------------------------------------------------------------- shown URLs */

static cspan_status serialize_query(struct cspan_call *call, const void *data,
                                    cspan_error **error) {
  (void)data;
  (void)error;
  cspan_call_set_path(call, "/key");
  cspan_call_add_query(call, "list-type", "2");
  cspan_call_add_query(call, "X-Amz-Signature", "secret1");
  cspan_call_add_query(call, "x-amz-security-token", "secret2");
  cspan_call_add_query(call, "X-Amz-Credential", "secret3");
  cspan_call_add_query(call, "uploads", NULL);
  return CSPAN_OK;
}

typedef struct shown {
  char text[256];
  size_t len;
  char cut[16];
  size_t cut_len;
  size_t before; /* ResolveEndpoint */
} shown;

static cspan_status show_early(void *self, struct cspan_call *call, void *state,
                               cspan_error **error) {
  shown *s = self;
  (void)state;
  (void)error;
  s->before = cspan_call_redacted_url(call, NULL, 0);
  assert_string_equal(cspan_call_host(call), "");
  return CSPAN_OK;
}

static cspan_status show(void *self, struct cspan_call *call, void *state, cspan_error **error) {
  shown *s = self;
  (void)state;
  s->len = cspan_call_redacted_url(call, s->text, sizeof s->text);
  s->cut_len = cspan_call_redacted_url(call, s->cut, sizeof s->cut);
  assert_int_equal(cspan_call_redacted_url(call, NULL, 0), s->len);
  assert_string_equal(cspan_call_scheme(call), "http");
  assert_string_equal(cspan_call_host(call), "127.0.0.1");
  assert_int_equal(cspan_call_port(call), 1);
  assert_string_equal(cspan_call_path(call), "/key");
  assert_null(cspan_call_request_header(call, "Authorization"));
  assert_null(cspan_call_request_header(call, "X-AMZ-Security-Token"));
  assert_non_null(cspan_call_request_header(call, "x-amz-date"));
  return cspan_error_set(error, CSPAN_ERR_PARTIAL, "seen enough");
}

static void urls_are_shown_without_secrets(void **state) {
  (void)state;
  static const cspan_operation operation = {
      .name = "ListThings", .method = "GET", .serialize = serialize_query};
  static const cspan_middleware_vtable early = {.name = "Early", .begin = show_early};
  static const cspan_middleware_vtable late = {.name = "Late", .begin = show};
  fixture f;
  shown s = {.len = 0};
  const cspan_middleware list[] = {
      {&early, &s, CSPAN_STEP_INITIALIZE, CSPAN_AFTER, NULL},
      {&late, &s, CSPAN_STEP_FINALIZE, CSPAN_AFTER, "Signing"},
  };
  cspan_call_options options = {.middlewares = list, .middleware_count = 2};
  connect_to(&f, "http://127.0.0.1:1");
  assert_int_equal(fixture_call(&f, &operation, NULL, &options, NULL, NULL), CSPAN_ERR_PARTIAL);
  assert_int_equal(s.before, 0);
  assert_string_equal(s.text, "http://127.0.0.1:1/key?list-type=2&X-Amz-Signature=REDACTED&"
                              "x-amz-security-token=REDACTED&X-Amz-Credential=REDACTED&uploads=");
  assert_int_equal(s.len, strlen(s.text));
  assert_string_equal(s.cut, "http://127.0.0.");
  assert_int_equal(s.cut_len, s.len);
  fixture_stop(&f);
}

/* ------------------------------------------------------------------ secrets */

static cspan_buf logged;

static void take_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  cspan_buf_str(&logged, message);
}

/* Failures of all kinds, with the finest log: neither tells a secret. */
static void secrets_stay_inside(void **state) {
  (void)state;
  static const script_step refuses[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n<Error><Code>SignatureDoesNotMatch"
           "</Code><Message>It does not match.</Message><StringToSign>AWS4-HMAC fixture-token-that"
           "</StringToSign><SignatureProvided>0123</SignatureProvided></Error>"),
      END};
  static const script_step resets[] = {READ_REQUEST, RESET};
  static const script_step garbage[] = {READ_REQUEST, SEND("no http at all\r\n\r\n"), END};
  static const script_step *const ways[] = {refuses, resets, garbage};
  cspan_buf_init(&logged, 1 << 20);
  cspan_log_set(take_log, NULL, CSPAN_LOG_DEBUG);
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    const script_connection scripts[] = {ways[i]};
    fixture f;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket"};
    fixture_serve(&f, scripts, 1);
    fixture_configure(&f, NULL);
    fixture_connect(&f);
    assert_int_not_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_OK);
    const char *texts[] = {cspan_error_message(error), cspan_error_code(error),
                           cspan_buf_text(&logged)};
    static const char *const secrets[] = {SECRET_KEY,   TOKEN,           "AWS4-HMAC",
                                          "Signature=", "fixture-token", "0123"};
    for (size_t t = 0; t < 3; t++) {
      for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++) {
        assert_null(strstr(texts[t], secrets[k]));
      }
    }
    cspan_error_free(error);
    fixture_stop(&f);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_buf_free(&logged);
}

static void the_user_agent_is_a_header_value(void **state) {
  (void)state;
  char *text = cspan_user_agent("Route 53", "my app\r\nX: y");
  assert_non_null(strstr(text, "cloudspan/" CSPAN_VERSION " ua/2.1 os/linux#"));
  assert_non_null(strstr(text, " lang/c#11 api/route-53#" CSPAN_VERSION " m/E app/my-app--X--y"));
  assert_null(strpbrk(text, "\r\n"));
  cspan_free(text);
  text = cspan_user_agent("S3", NULL);
  assert_null(strstr(text, "app/"));
  cspan_free(text);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_url_is_presigned),
      cmocka_unit_test(presigning_can_fail),
      cmocka_unit_test(urls_are_shown_without_secrets),
      cmocka_unit_test(secrets_stay_inside),
      cmocka_unit_test(the_user_agent_is_a_header_value),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
