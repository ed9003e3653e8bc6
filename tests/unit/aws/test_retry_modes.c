/* SPDX-License-Identifier: Apache-2.0 */
/* The retry modes in calls: the rate limiter, the revisions, services with rules of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "unit/aws/call_fixture.h"
#include "unit/aws/home_fixture.h"

static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_step throttles[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 503 Slow\r\nConnection: close\r\n\r\n<Error><Code>SlowDown</Code></Error>"),
    END};
static const script_step is_busy[] = {
    READ_REQUEST, SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), END};

/* What a call came to, read where it ends. */
typedef struct watcher {
  int attempts;
  int retries;
  int64_t limited_ms;
  bool gave_up;
} watcher;

static void watch_retry(void *self, struct cspan_call *call, void *state,
                        const cspan_retry_info *info) {
  (void)call;
  (void)state;
  (void)info;
  ((watcher *)self)->retries++;
}

static void watch_end(void *self, struct cspan_call *call, void *state) {
  watcher *w = self;
  (void)state;
  w->attempts = call->attempt;
  w->limited_ms = call->limited_ms;
  w->gave_up = call->gave_up;
}

static const cspan_middleware_vtable watching = {
    .size = sizeof watching, .name = "Watcher", .end = watch_end, .retry = watch_retry};

static void serve(fixture *f, const script_connection *scripts, size_t count,
                  const cspan_service *service, cspan_retry_mode mode) {
  fixture_serve(f, scripts, count);
  cspan_aws_options options = fixture_options(f->url);
  options.retry_mode = mode;
  fixture_configure(f, &options);
  assert_int_equal(cspan_aws_client_create(f->config, service, &f->client, NULL), CSPAN_OK);
}

static cspan_status call_once(fixture *f, const cspan_operation *operation, watcher *w,
                              cspan_call_options options) {
  cspan_middleware middleware = {.vtable = &watching, .self = w};
  fixture_input input = {.bucket = "bucket"};
  options.middlewares = &middleware;
  options.middleware_count = 1;
  memset(w, 0, sizeof *w);
  return fixture_call(f, operation, &input, &options, NULL, NULL);
}

/* ---------------------------------------------------------------- adaptive */

static void throttling_starts_the_limiter_of_the_adaptive_mode_only(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds, throttles};
  static const cspan_retry_mode modes[] = {CSPAN_RETRY_STANDARD, CSPAN_RETRY_ADAPTIVE};
  for (size_t i = 0; i < 2; i++) {
    fixture f;
    watcher w;
    cspan_call_options once = {.max_attempts = 1};
    serve(&f, scripts, 2, &fixture_service, modes[i]);
    assert_int_equal(call_once(&f, &fixture_get, &w, once), CSPAN_OK);
    assert_false(f.client->rate.enabled);
    assert_int_equal(call_once(&f, &fixture_get, &w, once), CSPAN_ERR_SERVICE);
    assert_int_equal(f.client->rate.enabled, modes[i] == CSPAN_RETRY_ADAPTIVE);
    fixture_stop(&f);
  }
}

/* The limiter has no token left, and gets `rate` a second. */
static void empty_limiter(fixture *f, double rate) {
  f->client->rate.enabled = true;
  f->client->rate.fill_rate = rate;
  f->client->rate.max_capacity = rate;
  f->client->rate.capacity = 0;
  f->client->rate.was_refilled = true;
  f->client->rate.last_refill_s = (double)cspan_now_ns() / 1e9;
}

static void a_limited_call_waits_and_goes_on(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  watcher w;
  cspan_call_options options = {0};
  serve(&f, scripts, 1, &fixture_service, CSPAN_RETRY_ADAPTIVE);
  empty_limiter(&f, 2);
  int64_t from_ns = cspan_now_ns();
  assert_int_equal(call_once(&f, &fixture_get, &w, options), CSPAN_OK);
  assert_true(w.limited_ms > 0);
  assert_true(cspan_now_ns() - from_ns >= (w.limited_ms - 1) * 1000000);
  assert_int_equal(w.attempts, 1);
  fixture_stop(&f);
}

static void a_deadline_ends_the_wait_for_the_limiter(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  watcher w;
  cspan_call_options options = {.timeout_ms = 20};
  serve(&f, scripts, 1, &fixture_service, CSPAN_RETRY_ADAPTIVE);
  empty_limiter(&f, 0.001);
  assert_int_equal(call_once(&f, &fixture_get, &w, options), CSPAN_ERR_TIMEOUT);
  assert_int_equal(script_server_accepted(f.server), 0);
  assert_int_equal(w.retries, 0);
  fixture_stop(&f);
}

typedef struct outcome {
  cspan_status status;
  int *order;
  int place;
} outcome;

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  outcome *o = user;
  (void)error;
  o->status = status;
  o->place = ++*o->order;
}

/* Another client's call on the same loop overtakes the one that waits. */
static void a_limited_call_does_not_hold_the_loop(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  cspan_aws_client *other = NULL;
  cspan_loop *loop = cspan_loop_create();
  int order = 0;
  outcome outcomes[2] = {{.order = &order}, {.order = &order}};
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 1, &fixture_service, CSPAN_RETRY_ADAPTIVE);
  assert_int_equal(cspan_aws_client_create(f.config, &fixture_service, &other, NULL), CSPAN_OK);
  empty_limiter(&f, 0.001);
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  for (int i = 0; i < 2; i++) {
    cspan_call_options options = {.loop = loop, .done = on_done, .user = &outcomes[i]};
    cspan_call_start start = {.operation = &fixture_get,
                              .input = &input,
                              .context = i == 0 ? &context : NULL,
                              .options = &options};
    assert_int_equal(cspan_aws_call(i == 0 ? f.client : other, &start, NULL), CSPAN_OK);
  }
  while (outcomes[1].place == 0) {
    assert_int_equal(cspan_loop_run_once(loop, 10), CSPAN_OK);
  }
  assert_int_equal(outcomes[0].place, 0);
  cspan_cancel_trigger(cancel);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(outcomes[1].status, CSPAN_OK);
  assert_int_equal(outcomes[1].place, 1);
  assert_int_equal(outcomes[0].status, CSPAN_ERR_CANCELLED);
  cspan_cancel_free(cancel);
  cspan_aws_client_free(other);
  cspan_loop_free(loop);
  fixture_stop(&f);
}

/* -------------------------------------------------------------- exceptions */

static const cspan_service dynamodb = {
    .id = "DynamoDB", .signing_name = "dynamodb", .endpoint_prefix = "dynamodb"};
static const cspan_service sqs = {.id = "SQS", .signing_name = "sqs", .endpoint_prefix = "sqs"};

typedef struct attempts_case {
  const cspan_service *service;
  const char *variable; /* of AWS_MAX_ATTEMPTS; NULL: not set */
  int option;           /* of the call */
  int attempts;
} attempts_case;

static const attempts_case attempts[] = {
    {&sqs, NULL, 0, 3},     {&dynamodb, NULL, 0, 4}, {&dynamodb, "2", 0, 2},
    {&dynamodb, "3", 0, 3}, {&dynamodb, NULL, 1, 1}, {&sqs, "4", 0, 4},
};

static void dynamodb_is_tried_once_more(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_busy};
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
    fixture f;
    watcher w;
    cspan_call_options options = {.max_attempts = attempts[i].option};
    home_set(NULL, NULL);
    if (attempts[i].variable) {
      setenv("AWS_MAX_ATTEMPTS", attempts[i].variable, 1);
    }
    serve(&f, scripts, 1, attempts[i].service, CSPAN_RETRY_DEFAULT);
    assert_int_equal(call_once(&f, &fixture_get, &w, options), CSPAN_ERR_SERVICE);
    assert_int_equal(w.attempts, attempts[i].attempts);
    fixture_stop(&f);
  }
  home_set(NULL, NULL);
}

/* A model may say of an error that it is worth another try, and that it is a throttling. */
static bool modelled_throttling;

static cspan_status read_modelled(struct cspan_call *call, cspan_arena *arena,
                                  cspan_service_error *out, cspan_error **error) {
  (void)call;
  (void)arena;
  (void)error;
  *out = (cspan_service_error){.code = "Odd", .retryable = true, .throttling = modelled_throttling};
  return CSPAN_OK;
}

static void a_model_says_what_is_retried(void **state) {
  (void)state;
  static const script_step is_odd[] = {
      READ_REQUEST, SEND("HTTP/1.1 400 Odd\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
      END};
  static const script_connection scripts[] = {is_odd, succeeds, is_odd};
  const int costs[] = {14, 5};
  for (int throttled = 0; throttled < 2; throttled++) {
    cspan_operation operation = FIXTURE_OPERATION("Modelled", "GET", 0);
    operation.read_failure = read_modelled;
    modelled_throttling = throttled == 1;
    fixture f;
    watcher w;
    cspan_call_options options = {.max_attempts = 2};
    serve(&f, scripts, 3, &sqs, CSPAN_RETRY_ADAPTIVE);
    assert_int_equal(call_once(&f, &operation, &w, options), CSPAN_OK);
    assert_int_equal(w.retries, 1);
    f.client->rate.enabled = false;
    assert_int_equal(call_once(&f, &operation, &w, (cspan_call_options){.max_attempts = 2}),
                     CSPAN_ERR_SERVICE);
    assert_int_equal(atomic_load(&f.client->bucket.tokens),
                     CSPAN_RETRY_CAPACITY - costs[throttled]);
    assert_int_equal(f.client->rate.enabled, throttled == 1);
    fixture_stop(&f);
  }
}

/* A loop around it does not spin while the service is down. */
static void a_long_poll_is_held_back_when_retries_run_out(void **state) {
  (void)state;
  static const cspan_operation receive = FIXTURE_OPERATION("ReceiveMessage", "POST", 0);
  static const cspan_operation send = FIXTURE_OPERATION("SendMessage", "POST", 0);
  static const script_connection scripts[] = {is_busy};
  const cspan_operation *const operations[] = {&receive, &send};
  for (size_t i = 0; i < 2; i++) {
    fixture f;
    watcher w;
    cspan_call_options options = {0};
    serve(&f, scripts, 1, &sqs, CSPAN_RETRY_DEFAULT);
    while (cspan_retry_bucket_take(&f.client->bucket, 1)) {
    }
    assert_int_equal(call_once(&f, operations[i], &w, options), CSPAN_ERR_SERVICE);
    assert_int_equal(w.attempts, 1);
    assert_int_equal(w.retries, 0);
    assert_int_equal(w.gave_up, operations[i] == &receive);
    fixture_stop(&f);
  }
}

/* --------------------------------------------------------------- revisions */

static void the_revision_is_a_setting(void **state) {
  (void)state;
  static const struct {
    const char *config;
    const char *variable;
    cspan_retry_revision revision;
  } cases[] = {
      {NULL, NULL, CSPAN_RETRY_REVISION_2_1},
      {NULL, "true", CSPAN_RETRY_REVISION_2_1},
      {NULL, "FALSE", CSPAN_RETRY_REVISION_2_0},
      {"[default]\nnew_retries_2026 = false\n", NULL, CSPAN_RETRY_REVISION_2_0},
      {"[default]\nnew_retries_2026 = false\n", "true", CSPAN_RETRY_REVISION_2_1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_aws_config *config = NULL;
    cspan_aws_client *client = NULL;
    home_set(cases[i].config, NULL);
    if (cases[i].variable) {
      setenv("AWS_NEW_RETRIES_2026", cases[i].variable, 1);
    }
    assert_int_equal(cspan_aws_config_load(NULL, &config, NULL), CSPAN_OK);
    assert_int_equal(cspan_aws_client_create(config, &dynamodb, &client, NULL), CSPAN_OK);
    assert_int_equal(client->retry_policy->revision, cases[i].revision);
    assert_int_equal(client->max_attempts, cases[i].revision == CSPAN_RETRY_REVISION_2_1 ? 4 : 3);
    cspan_aws_client_free(client);
    cspan_aws_config_free(config);
  }
  home_set(NULL, NULL);
}

/* The older revision takes fewer tokens, and does not listen to the server. */
static void the_older_revision_has_its_own_figures(void **state) {
  (void)state;
  static const script_step asks[] = {READ_REQUEST,
                                     SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\n"
                                          "x-amz-retry-after: 60000\r\nContent-Length: 0\r\n\r\n"),
                                     END};
  static const script_connection scripts[] = {asks, succeeds};
  fixture f;
  watcher w;
  cspan_call_options options = {.max_attempts = 2};
  setenv("AWS_NEW_RETRIES_2026", "false", 1);
  serve(&f, scripts, 2, &fixture_service, CSPAN_RETRY_DEFAULT);
  unsetenv("AWS_NEW_RETRIES_2026");
  atomic_store(&f.client->bucket.tokens, 5);
  assert_int_equal(call_once(&f, &fixture_get, &w, options), CSPAN_OK);
  assert_int_equal(w.retries, 1);
  assert_int_equal(atomic_load(&f.client->bucket.tokens), 5); /* given back */
  fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(throttling_starts_the_limiter_of_the_adaptive_mode_only),
      cmocka_unit_test(a_limited_call_waits_and_goes_on),
      cmocka_unit_test(a_deadline_ends_the_wait_for_the_limiter),
      cmocka_unit_test(a_limited_call_does_not_hold_the_loop),
      cmocka_unit_test(dynamodb_is_tried_once_more),
      cmocka_unit_test(a_model_says_what_is_retried),
      cmocka_unit_test(a_long_poll_is_held_back_when_retries_run_out),
      cmocka_unit_test(the_revision_is_a_setting),
      cmocka_unit_test(the_older_revision_has_its_own_figures),
  };
  return cmocka_run_group_tests(tests, home_make, home_remove);
}
