/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on a loop of the caller's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>

#include "unit/aws/call_fixture.h"

enum { CALLS = 16 };

static const script_step succeeds[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_step is_busy[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 503 Busy\r\nConnection: close\r\nx-amz-retry-after: 5000\r\n"
         "Content-Length: 0\r\n\r\n"),
    END};
static const script_step never_answers[] = {READ_REQUEST, {SCRIPT_WAIT_CLOSE, NULL, 0}, END};

typedef struct outcome {
  int done;
  bool starting;
  bool sleeping; /* before a retry */
  cspan_status status;
  char code[64];
  fixture_output *output;
} outcome;

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  outcome *o = user;
  assert_false(o->starting);
  assert_int_equal(cspan_error_status(error), status);
  o->done++;
  o->status = status;
  snprintf(o->code, sizeof o->code, "%s", cspan_error_code(error));
}

static void on_retry(void *self, struct cspan_call *call, void *state,
                     const cspan_retry_info *info) {
  outcome *o = self;
  (void)call;
  (void)state;
  (void)info;
  o->sleeping = true;
}

static cspan_status start_call(fixture *f, cspan_loop *loop, const fixture_input *input, outcome *o,
                               const cspan_context *context) {
  static const cspan_middleware_vtable vtable = {.name = "Sleep", .retry = on_retry};
  cspan_middleware middleware = {.vtable = &vtable, .self = o};
  cspan_call_options options = {
      .loop = loop, .done = on_done, .user = o, .middlewares = &middleware, .middleware_count = 1};
  cspan_call_start start = {.operation = &fixture_get,
                            .input = input,
                            .output = (void **)&o->output,
                            .context = context,
                            .options = &options};
  cspan_error *error = NULL;
  memset(o, 0, sizeof *o);
  o->starting = true;
  cspan_status status = cspan_aws_call(f->client, &start, &error);
  o->starting = false;
  cspan_error_free(error);
  return status;
}

static void serve(fixture *f, const script_connection *scripts, size_t count) {
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  fixture_connect(f);
}

static void many_calls_share_a_loop(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  outcome outcomes[CALLS];
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 1);
  cspan_loop *loop = cspan_loop_create();
  for (int i = 0; i < CALLS; i++) {
    assert_int_equal(start_call(&f, loop, &input, &outcomes[i], NULL), CSPAN_OK);
    assert_int_equal(outcomes[i].done, 0);
  }
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  for (int i = 0; i < CALLS; i++) {
    assert_int_equal(outcomes[i].done, 1);
    assert_int_equal(outcomes[i].status, CSPAN_OK);
    assert_memory_equal(outcomes[i].output->text, "ok", 2);
    cspan_output_free(outcomes[i].output);
  }
  cspan_loop_free(loop);
  fixture_stop(&f);
}

static void a_call_that_fails_at_once_is_told_later(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  outcome o;
  fixture_input input = {.bucket = "no bucket/name"};
  serve(&f, scripts, 1);
  cspan_loop *loop = cspan_loop_create();
  assert_int_equal(start_call(&f, loop, &input, &o, NULL), CSPAN_OK);
  assert_int_equal(o.done, 0);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(o.done, 1);
  assert_int_equal(o.status, CSPAN_ERR_INVALID);
  assert_null(o.output);
  cspan_loop_free(loop);
  fixture_stop(&f);
}

static void retries_happen_on_the_loop(void **state) {
  (void)state;
  static const script_step resets[] = {READ_REQUEST, RESET};
  static const script_connection scripts[] = {resets, succeeds};
  fixture f;
  outcome o;
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 2);
  cspan_loop *loop = cspan_loop_create();
  assert_int_equal(start_call(&f, loop, &input, &o, NULL), CSPAN_OK);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(o.done, 1);
  assert_int_equal(o.status, CSPAN_OK);
  assert_int_equal(script_server_accepted(f.server), 2);
  cspan_output_free(o.output);
  cspan_loop_free(loop);
  fixture_stop(&f);
}

/* On the wire, asleep before a retry, or failed at the start: done is called all the same. */
static void a_freed_loop_ends_its_calls(void **state) {
  (void)state;
  static const struct {
    const script_step *steps;
    const char *bucket;
    size_t sent; /* run until this many requests came */
    cspan_status status;
  } cases[] = {{never_answers, "bucket", 1, CSPAN_ERR_CANCELLED},
               {is_busy, "bucket", 1, CSPAN_ERR_CANCELLED},
               {succeeds, "bad/bucket", 0, CSPAN_ERR_INVALID},
               {succeeds, "bucket", 0, CSPAN_ERR_CANCELLED}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const script_connection scripts[] = {cases[i].steps};
    fixture f;
    outcome o;
    fixture_input input = {.bucket = cases[i].bucket};
    serve(&f, scripts, 1);
    cspan_loop *loop = cspan_loop_create();
    assert_int_equal(start_call(&f, loop, &input, &o, NULL), CSPAN_OK);
    while (script_server_accepted(f.server) < cases[i].sent ||
           (cases[i].steps == is_busy && !o.sleeping)) {
      cspan_loop_run_once(loop, 10);
    }
    assert_int_equal(o.done, 0);
    cspan_loop_free(loop);
    assert_int_equal(o.done, 1);
    assert_int_equal(o.status, cases[i].status);
    fixture_stop(&f);
  }
}

static void a_cancelled_call_ends(void **state) {
  (void)state;
  static const script_connection scripts[] = {never_answers};
  fixture f;
  outcome o;
  fixture_input input = {.bucket = "bucket"};
  cspan_context context = {.cancel = cspan_cancel_create()};
  serve(&f, scripts, 1);
  cspan_loop *loop = cspan_loop_create();
  assert_int_equal(start_call(&f, loop, &input, &o, &context), CSPAN_OK);
  while (script_server_accepted(f.server) < 1) {
    cspan_loop_run_once(loop, 10);
  }
  cspan_cancel_trigger(context.cancel);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(o.status, CSPAN_ERR_CANCELLED);
  assert_string_equal(o.code, "cancelled");
  cspan_loop_free(loop);
  cspan_cancel_free(context.cancel);
  fixture_stop(&f);
}

static void a_deadline_ends_a_call(void **state) {
  (void)state;
  static const script_connection scripts[] = {never_answers};
  fixture f;
  outcome o;
  fixture_input input = {.bucket = "bucket"};
  cspan_context context = cspan_context_with_timeout(NULL, 50);
  serve(&f, scripts, 1);
  cspan_loop *loop = cspan_loop_create();
  assert_int_equal(start_call(&f, loop, &input, &o, &context), CSPAN_OK);
  assert_int_equal(cspan_loop_run(loop), CSPAN_OK);
  assert_int_equal(o.status, CSPAN_ERR_TIMEOUT);
  assert_string_equal(o.code, "timeout");
  cspan_loop_free(loop);
  fixture_stop(&f);
}

/* ------------------------------------------------------------------- chains */

typedef struct chain_of_calls {
  fixture *f;
  cspan_loop *loop;
  fixture_input input;
  int left;
  int finished;
} chain_of_calls;

static void start_next(chain_of_calls *chain);

static void on_link_done(void *user, cspan_status status, const cspan_error *error) {
  chain_of_calls *chain = user;
  (void)error;
  assert_int_equal(status, CSPAN_OK);
  chain->finished++;
  if (--chain->left > 0) {
    start_next(chain);
  }
}

static void start_next(chain_of_calls *chain) {
  cspan_call_options options = {.loop = chain->loop, .done = on_link_done, .user = chain};
  cspan_call_start start = {.operation = &fixture_get, .input = &chain->input, .options = &options};
  assert_int_equal(cspan_aws_call(chain->f->client, &start, NULL), CSPAN_OK);
}

static void done_may_start_another(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  serve(&f, scripts, 1);
  chain_of_calls chain = {.f = &f,
                          .loop = cspan_aws_client_acquire_loop(f.client),
                          .input.bucket = "bucket",
                          .left = 5};
  start_next(&chain);
  assert_int_equal(cspan_loop_run(chain.loop), CSPAN_OK);
  assert_int_equal(chain.finished, 5);
  cspan_aws_client_release_loop(f.client, chain.loop);
  fixture_stop(&f);
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 4, CALLS_EACH = 20 };

static void *call_many(void *user) {
  intptr_t failed = 0;
  fixture_input input = {.bucket = "bucket"};
  for (int i = 0; i < CALLS_EACH; i++) {
    fixture_output *output = NULL;
    cspan_status status = fixture_call(user, &fixture_get, &input, NULL, &output, NULL);
    failed += status != CSPAN_OK || output->len != 2;
    cspan_output_free(output);
  }
  return (void *)failed;
}

static void threads_share_a_client(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  pthread_t threads[THREADS];
  fixture f;
  serve(&f, scripts, 1);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, call_many, &f), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *failed = NULL;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
  fixture_stop(&f);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_calls_share_a_loop),
      cmocka_unit_test(a_call_that_fails_at_once_is_told_later),
      cmocka_unit_test(retries_happen_on_the_loop),
      cmocka_unit_test(a_freed_loop_ends_its_calls),
      cmocka_unit_test(a_cancelled_call_ends),
      cmocka_unit_test(a_deadline_ends_a_call),
      cmocka_unit_test(done_may_start_another),
      cmocka_unit_test(threads_share_a_client),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
