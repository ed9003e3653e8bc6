/* SPDX-License-Identifier: Apache-2.0 */
/* Calls against a scripted server: what goes out, what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/aws/call_fixture.h"

#define OK_EMPTY                                                                                   \
  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\nx-amz-request-id: R1\r\n\r\n"

static void serve_one(fixture *f, const script_step *steps) {
  static script_connection scripts[1];
  scripts[0] = steps;
  fixture_serve(f, scripts, 1);
  fixture_configure(f, NULL);
  fixture_connect(f);
}

static void put_sends_a_signed_request(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), END};
  fixture f;
  serve_one(&f, steps);
  fixture_input input = {
      .path = "/a%20key", .bucket = "bucket", .body = {.data = "hello", .size_bytes = 5}};
  fixture_output *output = NULL;
  cspan_error *error = NULL;
  assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, &output, &error), CSPAN_OK);
  assert_null(error);
  assert_non_null(output);
  assert_int_equal(output->status, 200);
  char *sent = script_server_received(f.server);
  assert_non_null(strstr(sent, "PUT /bucket/a%20key HTTP/1.1\r\n"));
  assert_non_null(strstr(sent, "Authorization: AWS4-HMAC-SHA256 Credential=" ACCESS_KEY "/"));
  assert_non_null(strstr(sent, "/eu-west-1/s3/aws4_request, SignedHeaders="));
  assert_non_null(strstr(sent, "content-length;host;"));
  assert_non_null(strstr(sent, "x-amz-security-token: " TOKEN "\r\n"));
  /* SHA-256 of "hello": over plain HTTP the payload is signed. */
  assert_non_null(strstr(sent,
                         "x-amz-content-sha256: "
                         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"));
  assert_non_null(strstr(sent, "amz-sdk-request: attempt=1; max=3\r\n"));
  assert_non_null(strstr(sent, "User-Agent: cloudspan/" CSPAN_VERSION " ua/2.1 os/linux"));
  assert_non_null(strstr(sent, "Content-Length: 5\r\n"));
  assert_non_null(strstr(sent, "\r\n\r\nhello"));
  free(sent);
  cspan_output_free(output);
  fixture_stop(&f);
}

/* A version 4 UUID, another for each call. */
static void calls_have_an_id(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), END};
  static const char name[] = "amz-sdk-invocation-id: ";
  fixture f;
  serve_one(&f, steps);
  fixture_input input = {.bucket = "bucket"};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  }
  char *sent = script_server_received(f.server);
  const char *first = strstr(sent, name) + strlen(name);
  const char *second = strstr(first, name) + strlen(name);
  for (int i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    assert_true(dash ? first[i] == '-' : strchr("0123456789abcdef", first[i]) != NULL);
  }
  assert_int_equal(first[14], '4');
  assert_non_null(strchr("89ab", first[19]));
  assert_memory_equal(first + 36, "\r\n", 2);
  assert_memory_not_equal(first, second, 36);
  free(sent);
  fixture_stop(&f);
}

static void a_bucket_alone_has_no_final_slash(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), READ_REQUEST, SEND(OK_EMPTY),
                                      END};
  fixture f;
  serve_one(&f, steps);
  fixture_input input = {.path = "/", .bucket = "bucket"};
  assert_int_equal(fixture_call(&f, &fixture_list, &input, NULL, NULL, NULL), CSPAN_OK);
  input.bucket = NULL;
  assert_int_equal(fixture_call(&f, &fixture_list, &input, NULL, NULL, NULL), CSPAN_OK);
  char *sent = script_server_received(f.server);
  assert_non_null(strstr(sent, "GET /bucket HTTP/1.1\r\n"));
  assert_non_null(strstr(sent, "GET / HTTP/1.1\r\n"));
  free(sent);
  fixture_stop(&f);
}

static void body_lives_as_long_as_the_output(void **state) {
  (void)state;
  static const script_step steps[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nprecise"), END};
  fixture f;
  serve_one(&f, steps);
  fixture_input input = {.bucket = "bucket"};
  fixture_output *output = NULL;
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, &output, NULL), CSPAN_OK);
  assert_int_equal(output->len, 7);
  assert_memory_equal(output->text, "precise", 7);
  cspan_output_free(output);
  fixture_stop(&f);
}

typedef struct error_case {
  const char *name;
  const cspan_operation *operation;
  const char *response;
  cspan_status status;
  const char *code;
  int http_status;
  const char *request_id;
  const char *message_part;
} error_case;

#define XML_ERROR(code, message)                                                                   \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" code "</Code><Message>" message      \
  "</Message><RequestId>FROMBODY</RequestId><HostId>HOST</HostId></Error>"

static const error_case error_cases[] = {
    {"document", &fixture_get,
     "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n" XML_ERROR("NoSuchKey", "It is gone."),
     CSPAN_ERR_SERVICE, "NoSuchKey", 404, "FROMBODY", "It is gone."},
    {"request id of the header wins", &fixture_get,
     "HTTP/1.1 404 Not Found\r\nx-amz-request-id: HEADER\r\nConnection: close\r\n\r\n" XML_ERROR(
         "NoSuchKey", "It is gone."),
     CSPAN_ERR_SERVICE, "NoSuchKey", 404, "HEADER", "It is gone."},
    {"wrapped", &fixture_list,
     "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<ErrorResponse><Error><Code>Odd</Code>"
     "<Message>why</Message></Error><RequestId>OUTER</RequestId></ErrorResponse>",
     CSPAN_ERR_SERVICE, "Odd", 400, "OUTER", "why"},
    {"no body", &fixture_head, "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n",
     CSPAN_ERR_SERVICE, "NotFound", 404, "", "HTTP status 404"},
    {"not modified", &fixture_get, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
     CSPAN_ERR_SERVICE, "NotModified", 304, "", "304"},
    {"failed condition", &fixture_put,
     "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
     CSPAN_ERR_SERVICE, "PreconditionFailed", 412, "", "412"},
    {"not xml", &fixture_get,
     "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n<html>go away</html>", CSPAN_ERR_SERVICE,
     "Forbidden", 403, "", "403"},
    {"other region", &fixture_get,
     "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: ap-south-1\r\nConnection: close\r\n\r\n" XML_ERROR(
         "PermanentRedirect", "Use the other endpoint."),
     CSPAN_ERR_SERVICE, "PermanentRedirect", 301, "FROMBODY", "region ap-south-1"},
    {"error in 200", &fixture_complete,
     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" XML_ERROR("AccessDenied", "no"),
     CSPAN_ERR_SERVICE, "AccessDenied", 200, "FROMBODY", "no"},
    {"error in 200 after white space", &fixture_complete,
     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n  \n \n" XML_ERROR("AccessDenied", "no"),
     CSPAN_ERR_SERVICE, "AccessDenied", 200, "FROMBODY", "no"},
    {"document over its cap", &fixture_list, "HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n",
     CSPAN_ERR_LIMIT, "limit", 200, "", "larger than the 16777216 bytes"},
    {"body over its cap", &fixture_get, "HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n",
     CSPAN_ERR_LIMIT, "limit", 200, "", "larger than the 67108864 bytes"},
};

static void errors_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof error_cases / sizeof error_cases[0]; i++) {
    const error_case *each = &error_cases[i];
    const script_step steps[] = {READ_REQUEST, SEND(each->response), END};
    fixture f;
    fixture_input input = {.bucket = "bucket"};
    fixture_output *output = NULL;
    cspan_error *error = NULL;
    print_message("%s\n", each->name);
    serve_one(&f, steps);
    assert_int_equal(fixture_call(&f, each->operation, &input, NULL, &output, &error),
                     each->status);
    assert_null(output);
    assert_string_equal(cspan_error_code(error), each->code);
    if (each->status == CSPAN_ERR_SERVICE) {
      assert_int_equal(cspan_error_http_status(error), each->http_status);
      assert_string_equal(cspan_error_request_id(error), each->request_id);
    }
    assert_non_null(strstr(cspan_error_message(error), each->message_part));
    assert_false(cspan_error_is_retryable(error));
    assert_int_equal(script_server_accepted(f.server), 1);
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

/* Content that looks like an error is one only where an error can be. */
static void a_200_without_error_is_a_success(void **state) {
  (void)state;
  static const struct {
    const cspan_operation *operation;
    const char *body;
  } cases[] = {{&fixture_complete, "<?xml version=\"1.0\"?><ErrorsList/>"},
               {&fixture_get, "<Error><Code>AccessDenied</Code></Error>"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const script_step steps[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
                                 SEND(cases[i].body), END};
    fixture f;
    serve_one(&f, steps);
    fixture_input input = {.bucket = "bucket"};
    assert_int_equal(fixture_call(&f, cases[i].operation, &input, NULL, NULL, NULL), CSPAN_OK);
    fixture_stop(&f);
  }
}

/* --------------------------------------------------------------------- sinks */

typedef struct collector {
  char text[64];
  size_t len;
  int starts;
  int64_t announced;
  cspan_status answer;
} collector;

static cspan_status collect_start(void *user, int64_t content_length) {
  collector *c = user;
  c->starts++;
  c->len = 0;
  c->announced = content_length;
  return CSPAN_OK;
}

static cspan_status collect(void *user, const void *data, size_t size) {
  collector *c = user;
  if (c->answer == CSPAN_OK) {
    assert_true(c->len + size < sizeof c->text);
    memcpy(c->text + c->len, data, size);
    c->len += size;
  }
  return c->answer;
}

static void a_sink_gets_the_body(void **state) {
  (void)state;
  static const script_step steps[] = {
      READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"),
      END};
  fixture f;
  serve_one(&f, steps);
  collector c = {.len = 0};
  fixture_input input = {.bucket = "bucket",
                         .sink = {.start = collect_start, .write = collect, .user = &c}};
  fixture_output *output = NULL;
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, &output, NULL), CSPAN_OK);
  assert_int_equal(c.starts, 1);
  assert_int_equal(c.announced, 4);
  assert_int_equal(c.len, 4);
  assert_memory_equal(c.text, "body", 4);
  assert_int_equal(output->len, 0);
  assert_null(output->text);
  cspan_output_free(output);
  fixture_stop(&f);
}

static void a_sink_never_gets_an_error_document(void **state) {
  (void)state;
  static const script_step steps[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n" XML_ERROR("NoSuchKey", "gone")),
      END};
  fixture f;
  serve_one(&f, steps);
  collector c = {.len = 0};
  fixture_input input = {.bucket = "bucket",
                         .sink = {.start = collect_start, .write = collect, .user = &c}};
  cspan_error *error = NULL;
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_ERR_SERVICE);
  assert_int_equal(c.starts, 0);
  assert_int_equal(c.len, 0);
  cspan_error_free(error);
  fixture_stop(&f);
}

static void a_failing_sink_ends_the_call(void **state) {
  (void)state;
  static const script_step steps[] = {
      READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"),
      END};
  static const cspan_status answers[] = {CSPAN_ERR_IO, CSPAN_ERR_CONNECT};
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    fixture f;
    serve_one(&f, steps);
    collector c = {.answer = answers[i]};
    fixture_input input = {.bucket = "bucket",
                           .sink = {.start = collect_start, .write = collect, .user = &c}};
    cspan_error *error = NULL;
    assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), answers[i]);
    assert_int_equal(script_server_accepted(f.server), 1);
    assert_false(cspan_error_is_retryable(error));
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

/* ---------------------------------------------------------------- beginnings */

static void no_region_is_an_error(void **state) {
  (void)state;
  fixture f = {.server = NULL};
  cspan_aws_options options = {.access_key_id = ACCESS_KEY, .secret_access_key = SECRET_KEY};
  fixture_configure(&f, &options);
  fixture_connect(&f);
  fixture_input input = {.bucket = "bucket"};
  cspan_error *error = NULL;
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "AWS_REGION"));
  cspan_error_free(error);
  fixture_stop(&f);
}

static void a_context_that_is_over_sends_nothing(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), END};
  fixture f;
  serve_one(&f, steps);
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_cancel_trigger(cancel);
  const struct {
    cspan_context context;
    cspan_status status;
  } cases[] = {{{.cancel = cancel}, CSPAN_ERR_CANCELLED}, {{.deadline_ns = 1}, CSPAN_ERR_TIMEOUT}};
  for (size_t i = 0; i < 2; i++) {
    fixture_input input = {.bucket = "bucket"};
    cspan_error *error = NULL;
    cspan_call_start start = {
        .operation = &fixture_get, .input = &input, .context = &cases[i].context};
    assert_int_equal(cspan_aws_call(f.client, &start, &error), cases[i].status);
    cspan_error_free(error);
  }
  assert_int_equal(script_server_accepted(f.server), 0);
  cspan_cancel_free(cancel);
  fixture_stop(&f);
}

static void an_anonymous_call_is_not_signed(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), END};
  static const script_connection scripts[] = {steps};
  fixture f;
  fixture_serve(&f, scripts, 1);
  cspan_aws_options options = {.endpoint_url = f.url, .anonymous = true};
  fixture_configure(&f, &options);
  fixture_connect(&f);
  fixture_input input = {.bucket = "bucket"};
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  char *sent = script_server_received(f.server);
  assert_null(strstr(sent, "Authorization"));
  assert_null(strstr(sent, "x-amz-content-sha256"));
  free(sent);
  fixture_stop(&f);
}

static void call_options_win(void **state) {
  (void)state;
  static const script_step steps[] = {READ_REQUEST, SEND(OK_EMPTY), END};
  static const script_connection scripts[] = {steps};
  fixture f;
  fixture_serve(&f, scripts, 1);
  cspan_aws_options options = fixture_options("http://127.0.0.1:1");
  fixture_configure(&f, &options);
  fixture_connect(&f);
  fixture_input input = {.bucket = "bucket"};
  cspan_call_options call_options = {.size = sizeof call_options,
                                     .region = "ca-central-1",
                                     .endpoint_url = f.url,
                                     .max_attempts = 7};
  assert_int_equal(fixture_call(&f, &fixture_get, &input, &call_options, NULL, NULL), CSPAN_OK);
  char *sent = script_server_received(f.server);
  assert_non_null(strstr(sent, "/ca-central-1/s3/aws4_request"));
  assert_non_null(strstr(sent, "amz-sdk-request: attempt=1; max=7\r\n"));
  free(sent);
  fixture_stop(&f);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(put_sends_a_signed_request),
      cmocka_unit_test(calls_have_an_id),
      cmocka_unit_test(a_bucket_alone_has_no_final_slash),
      cmocka_unit_test(body_lives_as_long_as_the_output),
      cmocka_unit_test(errors_are_told),
      cmocka_unit_test(a_200_without_error_is_a_success),
      cmocka_unit_test(a_sink_gets_the_body),
      cmocka_unit_test(a_sink_never_gets_an_error_document),
      cmocka_unit_test(a_failing_sink_ends_the_call),
      cmocka_unit_test(no_region_is_an_error),
      cmocka_unit_test(a_context_that_is_over_sends_nothing),
      cmocka_unit_test(an_anonymous_call_is_not_signed),
      cmocka_unit_test(call_options_win),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
