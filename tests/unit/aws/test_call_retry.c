/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts that fail and are made again, or are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/call.h"
#include "unit/aws/call_fixture.h"

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define UNAVAILABLE                                                                                \
  "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n"                 \
  "x-amz-request-id: BUSY\r\n\r\n"
#define ERROR_RESPONSE(status, code)                                                               \
  "HTTP/1.1 " status " Oops\r\nConnection: close\r\n\r\n<Error><Code>" code "</Code></Error>"

static const script_step succeeds[] = {READ_REQUEST, SEND(OK_RESPONSE), END};
static const script_step is_unavailable[] = {READ_REQUEST, SEND(UNAVAILABLE), END};
static const script_step resets[] = {READ_REQUEST, RESET};
static const script_step truncates[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nonly"),
    END};

/* What a middleware outside "Retry" sees. */
typedef struct watcher {
  int retries;
  cspan_retry_info last;
  char last_code[64];
  char last_request_id[64];
  int attempts;
  int64_t backoff_ms;
} watcher;

static void watch_retry(void *self, struct cspan_call *call, void *state,
                        const cspan_retry_info *info) {
  watcher *w = self;
  (void)state;
  w->retries++;
  w->last = *info;
  snprintf(w->last_code, sizeof w->last_code, "%s", cspan_error_code(info->error));
  snprintf(w->last_request_id, sizeof w->last_request_id, "%s", cspan_call_request_id(call));
}

static void watch_end(void *self, struct cspan_call *call, void *state) {
  watcher *w = self;
  (void)state;
  w->attempts = cspan_call_attempt(call);
  w->backoff_ms = cspan_call_backoff_ms(call);
}

static const cspan_middleware_vtable watcher_vtable = {
    .size = sizeof watcher_vtable, .name = "Watcher", .end = watch_end, .retry = watch_retry};

static cspan_status watched_call(fixture *f, const cspan_operation *operation,
                                 const fixture_input *input, watcher *w, int max_attempts,
                                 fixture_output **output, cspan_error **error) {
  memset(w, 0, sizeof *w);
  cspan_middleware middleware = {.vtable = &watcher_vtable, .self = w};
  cspan_call_options options = {.size = sizeof options,
                                .max_attempts = max_attempts,
                                .middlewares = &middleware,
                                .middleware_count = 1};
  return fixture_call(f, operation, input, &options, output, error);
}

static void serve(fixture *f, const script_connection *scripts, size_t count) {
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  fixture_connect(f);
}

/* ------------------------------------------------------------- recovering */

typedef struct recovery_case {
  const char *name;
  const script_step *first;
  const cspan_operation *operation;
  const char *code;
  int http_status;
} recovery_case;

static const script_step throttles[] = {READ_REQUEST, SEND(ERROR_RESPONSE("503", "SlowDown")), END};
static const script_step times_out[] = {READ_REQUEST, SEND(ERROR_RESPONSE("400", "RequestTimeout")),
                                        END};
static const script_step fails_in_200[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<Error><Code>InternalError</Code></Error>"),
    END};

static const recovery_case recoveries[] = {
    {"503", is_unavailable, &fixture_put, "ServiceUnavailable", 503},
    {"throttled", throttles, &fixture_put, "SlowDown", 503},
    {"a transient code", times_out, &fixture_put, "RequestTimeout", 400},
    {"connection reset", resets, &fixture_put, "connection_reset", 0},
    {"truncated", truncates, &fixture_get, "truncated_body", 200},
    {"error in 200", fails_in_200, &fixture_complete, "InternalError", 200},
};

static void transient_failures_are_made_good(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof recoveries / sizeof recoveries[0]; i++) {
    const recovery_case *each = &recoveries[i];
    const script_connection scripts[] = {each->first, succeeds};
    fixture f;
    watcher w;
    fixture_output *output = NULL;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket", .body = {.data = "body", .size_bytes = 4}};
    print_message("%s\n", each->name);
    serve(&f, scripts, 2);
    assert_int_equal(watched_call(&f, each->operation, &input, &w, 0, &output, &error), CSPAN_OK);
    assert_null(error);
    assert_int_equal(w.retries, 1);
    assert_int_equal(w.attempts, 2);
    assert_int_equal(w.last.attempt, 1);
    assert_int_equal(w.last.http_status, each->http_status);
    assert_string_equal(w.last_code, each->code);
    assert_int_equal(w.backoff_ms, w.last.backoff_ms);
    char *sent = script_server_received(f.server);
    const char *second = strstr(sent, "amz-sdk-request: attempt=2; max=3\r\n");
    assert_non_null(second);
    assert_non_null(strstr(second, "\r\n\r\nbody"));
    free(sent);
    assert_memory_equal(output->text, "ok", 2);
    cspan_output_free(output);
    fixture_stop(&f);
  }
}

static void attempts_are_counted(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable};
  static const struct {
    int option;
    int attempts;
  } cases[] = {{0, 3}, {1, 1}, {5, 5}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f;
    watcher w;
    cspan_error *error = NULL;
    fixture_input input = {.bucket = "bucket"};
    serve(&f, scripts, 1);
    assert_int_equal(watched_call(&f, &fixture_get, &input, &w, cases[i].option, NULL, &error),
                     CSPAN_ERR_SERVICE);
    assert_int_equal(cspan_error_http_status(error), 503);
    assert_string_equal(cspan_error_request_id(error), "BUSY");
    assert_true(cspan_error_is_retryable(error));
    assert_int_equal(w.attempts, cases[i].attempts);
    assert_int_equal(w.retries, cases[i].attempts - 1);
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

static void retries_can_be_switched_off(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable};
  fixture f;
  watcher w;
  fixture_serve(&f, scripts, 1);
  cspan_aws_options options = fixture_options(f.url);
  options.retry_mode = CSPAN_RETRY_OFF;
  fixture_configure(&f, &options);
  fixture_connect(&f);
  fixture_input input = {.bucket = "bucket"};
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 5, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 1);
  fixture_stop(&f);
}

static void other_errors_are_final(void **state) {
  (void)state;
  static const script_step denies[] = {READ_REQUEST, SEND(ERROR_RESPONSE("403", "AccessDenied")),
                                       END};
  static const script_connection scripts[] = {denies};
  fixture f;
  watcher w;
  serve(&f, scripts, 1);
  fixture_input input = {.bucket = "bucket"};
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 1);
  fixture_stop(&f);
}

static void an_empty_bucket_stops_retries(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable};
  fixture f;
  watcher w;
  serve(&f, scripts, 1);
  while (cspan_retry_bucket_take(&f.client->bucket, 1)) {
  }
  fixture_input input = {.bucket = "bucket"};
  cspan_error *error = NULL;
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, &error), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 1);
  assert_true(cspan_error_is_retryable(error));
  cspan_error_free(error);
  fixture_stop(&f);
}

static void tokens_flow_back(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  fixture f;
  watcher w;
  serve(&f, scripts, 2);
  assert_true(cspan_retry_bucket_take(&f.client->bucket, 100));
  fixture_input input = {.bucket = "bucket"};
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_OK);
  assert_int_equal(atomic_load(&f.client->bucket.tokens), CSPAN_RETRY_CAPACITY - 100);
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_OK);
  assert_int_equal(atomic_load(&f.client->bucket.tokens), CSPAN_RETRY_CAPACITY - 99);
  fixture_stop(&f);
}

/* A deadline that the sleep would pass: the error at hand, at once. */
static void a_deadline_bounds_the_sleep(void **state) {
  (void)state;
  static const script_step busy[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\nx-amz-retry-after: 5000\r\n"
           "Content-Length: 0\r\n\r\n"),
      END};
  static const script_connection scripts[] = {busy};
  fixture f;
  serve(&f, scripts, 1);
  fixture_input input = {.bucket = "bucket"};
  cspan_context context = cspan_context_with_timeout(NULL, 4900);
  cspan_error *error = NULL;
  cspan_call_start start = {.operation = &fixture_get, .input = &input, .context = &context};
  assert_int_equal(cspan_aws_call(f.client, &start, &error), CSPAN_ERR_SERVICE);
  assert_int_equal(cspan_error_http_status(error), 503);
  assert_int_equal(cspan_context_status(&context), CSPAN_OK);
  assert_int_equal(script_server_accepted(f.server), 1);
  cspan_error_free(error);
  fixture_stop(&f);
}

static void trigger_on_retry(void *self, struct cspan_call *call, void *state,
                             const cspan_retry_info *info) {
  (void)call;
  (void)state;
  (void)info;
  cspan_cancel_trigger(self);
}

static void a_sleep_can_be_cancelled(void **state) {
  (void)state;
  static const script_step busy[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\nx-amz-retry-after: 5000\r\n"
           "Content-Length: 0\r\n\r\n"),
      END};
  static const script_connection scripts[] = {busy};
  static const cspan_middleware_vtable vtable = {
      .size = sizeof vtable, .name = "Canceller", .retry = trigger_on_retry};
  fixture f;
  serve(&f, scripts, 1);
  cspan_context context = {.cancel = cspan_cancel_create()};
  cspan_middleware middleware = {.vtable = &vtable, .self = context.cancel};
  cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
  fixture_input input = {.bucket = "bucket"};
  cspan_error *error = NULL;
  cspan_call_start start = {
      .operation = &fixture_get, .input = &input, .context = &context, .options = &options};
  assert_int_equal(cspan_aws_call(f.client, &start, &error), CSPAN_ERR_CANCELLED);
  assert_string_equal(cspan_error_code(error), "cancelled");
  assert_int_equal(script_server_accepted(f.server), 1);
  cspan_error_free(error);
  cspan_cancel_free(context.cancel);
  fixture_stop(&f);
}

/* ----------------------------------------------------- bodies and receivers */

typedef struct feeder {
  const char *text;
  size_t at;
  int rewinds;
} feeder;

static ptrdiff_t feed(void *user, void *buffer, size_t capacity) {
  feeder *f = user;
  size_t left = strlen(f->text) - f->at;
  size_t take = left < capacity ? left : capacity;
  memcpy(buffer, f->text + f->at, take);
  f->at += take;
  return (ptrdiff_t)take;
}

static cspan_status rewind_feed(void *user) {
  feeder *f = user;
  f->at = 0;
  f->rewinds++;
  return CSPAN_OK;
}

static void a_body_is_rewound_or_not_retried(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  for (int rewindable = 0; rewindable < 2; rewindable++) {
    fixture f;
    watcher w;
    feeder source = {.text = "streamed body"};
    fixture_serve(&f, scripts, 2);
    cspan_aws_options config = fixture_options(f.url);
    config.payload_signing = CSPAN_PAYLOAD_UNSIGNED;
    fixture_configure(&f, &config);
    fixture_connect(&f);
    fixture_input input = {.bucket = "bucket",
                           .body = {.read = feed,
                                    .rewind = rewindable ? rewind_feed : NULL,
                                    .user = &source,
                                    .size_bytes = 13}};
    cspan_status status = watched_call(&f, &fixture_put, &input, &w, 0, NULL, NULL);
    assert_int_equal(status, rewindable ? CSPAN_OK : CSPAN_ERR_SERVICE);
    assert_int_equal(w.attempts, rewindable ? 2 : 1);
    assert_int_equal(source.rewinds, rewindable);
    fixture_stop(&f);
  }
}

typedef struct collector {
  char text[64];
  size_t len;
  int starts;
} collector;

static cspan_status collect_start(void *user, int64_t content_length) {
  (void)content_length;
  collector *c = user;
  c->starts++;
  c->len = 0;
  return CSPAN_OK;
}

static cspan_status collect(void *user, const void *data, size_t size) {
  collector *c = user;
  assert_true(c->len + size < sizeof c->text);
  memcpy(c->text + c->len, data, size);
  c->len += size;
  return CSPAN_OK;
}

static void a_sink_is_restarted_or_the_call_ends(void **state) {
  (void)state;
  static const script_connection scripts[] = {truncates, succeeds};
  for (int restartable = 0; restartable < 2; restartable++) {
    fixture f;
    watcher w;
    collector c = {.len = 0};
    cspan_error *error = NULL;
    serve(&f, scripts, 2);
    fixture_input input = {
        .bucket = "bucket",
        .sink = {.start = restartable ? collect_start : NULL, .write = collect, .user = &c}};
    cspan_status status = watched_call(&f, &fixture_get, &input, &w, 0, NULL, &error);
    assert_int_equal(status, restartable ? CSPAN_OK : CSPAN_ERR_CONNECT);
    assert_int_equal(w.attempts, restartable ? 2 : 1);
    assert_int_equal(c.starts, restartable ? 2 : 0);
    assert_int_equal(c.len, restartable ? 2 : 4);
    assert_string_equal(cspan_error_code(error), restartable ? "" : "truncated_body");
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

/* ------------------------------------------------------ clock, credentials */

static void a_wrong_clock_is_corrected_once(void **state) {
  (void)state;
  static const script_step skewed[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 403 Forbidden\r\nDate: Fri, 01 Jan 2010 12:00:00 GMT\r\nConnection: close"
           "\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>"),
      END};
  static const script_connection recovers[] = {skewed, succeeds};
  static const script_connection stays[] = {skewed};
  fixture f;
  watcher w;
  fixture_input input = {.bucket = "bucket"};
  serve(&f, recovers, 2);
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_OK);
  assert_int_equal(w.attempts, 2);
  char *sent = script_server_received(f.server);
  const char *second = strstr(sent, "attempt=2");
  assert_non_null(second);
  assert_non_null(strstr(second, "x-amz-date: 20100101T12"));
  free(sent);
  /* The next call starts with the right time. */
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_OK);
  assert_int_equal(w.attempts, 1);
  fixture_stop(&f);

  serve(&f, stays, 1);
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 2);
  fixture_stop(&f);
}

/* A server whose clock jumps is not followed. */
static void the_clock_is_set_once_a_call(void **state) {
  (void)state;
#define SKEWED(year)                                                                               \
  SEND("HTTP/1.1 403 Forbidden\r\nDate: Fri, 01 Jan " year " 12:00:00 GMT\r\nConnection: close"    \
       "\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>")
  static const script_step first[] = {READ_REQUEST, SKEWED("2010"), END};
  static const script_step second[] = {READ_REQUEST, SKEWED("2015"), END};
  static const script_connection scripts[] = {first, second, succeeds};
  fixture f;
  watcher w;
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 3);
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 5, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 2);
  fixture_stop(&f);
}

static void a_wrong_signature_with_the_right_clock_is_final(void **state) {
  (void)state;
  static const script_step refuses[] = {READ_REQUEST,
                                        SEND(ERROR_RESPONSE("403", "SignatureDoesNotMatch")), END};
  static const script_connection scripts[] = {refuses};
  fixture f;
  watcher w;
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 1);
  assert_int_equal(watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(w.attempts, 1);
  fixture_stop(&f);
}

static cspan_status resolve_next(void *self, const cspan_context *context,
                                 cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  (void)context;
  int *count = self;
  char key[16];
  snprintf(key, sizeof key, "AKID%d", ++*count);
  cspan_credentials credentials = {.access_key_id = key, .secret_access_key = SECRET_KEY};
  return emit(sink, &credentials, error);
}

static void expired_credentials_are_renewed_once(void **state) {
  (void)state;
  static const script_step expired[] = {READ_REQUEST, SEND(ERROR_RESPONSE("400", "ExpiredToken")),
                                        END};
  static const script_connection recovers[] = {expired, succeeds};
  static const script_connection stays[] = {expired};
  static const cspan_credentials_vtable vtable = {
      .size = sizeof vtable, .name = "counting", .resolve = resolve_next};
  for (int fails = 0; fails < 2; fails++) {
    int count = 0;
    fixture f;
    watcher w;
    fixture_serve(&f, fails ? stays : recovers, fails ? 1 : 2);
    cspan_aws_options options = {.region = "eu-west-1",
                                 .endpoint_url = f.url,
                                 .credentials = cspan_credentials_provider_create(&vtable, &count)};
    fixture_configure(&f, &options);
    fixture_connect(&f);
    fixture_input input = {.bucket = "bucket"};
    cspan_status status = watched_call(&f, &fixture_get, &input, &w, 0, NULL, NULL);
    assert_int_equal(status, fails ? CSPAN_ERR_SERVICE : CSPAN_OK);
    assert_int_equal(w.attempts, 2);
    assert_int_equal(count, 2);
    char *sent = script_server_received(f.server);
    assert_non_null(strstr(sent, "Credential=AKID1/"));
    assert_non_null(strstr(sent, "Credential=AKID2/"));
    free(sent);
    fixture_stop(&f);
  }
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transient_failures_are_made_good),
      cmocka_unit_test(attempts_are_counted),
      cmocka_unit_test(retries_can_be_switched_off),
      cmocka_unit_test(other_errors_are_final),
      cmocka_unit_test(an_empty_bucket_stops_retries),
      cmocka_unit_test(tokens_flow_back),
      cmocka_unit_test(a_deadline_bounds_the_sleep),
      cmocka_unit_test(a_sleep_can_be_cancelled),
      cmocka_unit_test(a_body_is_rewound_or_not_retried),
      cmocka_unit_test(a_sink_is_restarted_or_the_call_ends),
      cmocka_unit_test(a_wrong_clock_is_corrected_once),
      cmocka_unit_test(the_clock_is_set_once_a_call),
      cmocka_unit_test(a_wrong_signature_with_the_right_clock_is_final),
      cmocka_unit_test(expired_credentials_are_renewed_once),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
