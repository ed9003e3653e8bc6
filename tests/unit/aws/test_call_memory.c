/* SPDX-License-Identifier: Apache-2.0 */
/* What a client keeps of calls that have ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "aws/call.h"
#include "base/poison.h"
#include "call_fixture.h"
#include "support/fail_alloc.h"

enum { SCRATCH_BYTES = 4096, THREADS = 8, ROUNDS = 400, SHARED = 4, CALLS = 20 };

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
static const script_step answers[] = {READ_REQUEST, SEND(HEAD "ok"), END};
static const script_connection scripts[] = {answers};

static struct cspan_call *start(cspan_aws_client *client, const cspan_call_options *options) {
  static const fixture_input input = {.bucket = "bucket"};
  const cspan_call_start start = {.operation = &fixture_put, .input = &input, .options = options};
  struct cspan_call *call = cspan_call_new(client, &start, NULL);
  assert_non_null(call);
  return call;
}

static const cspan_middleware_vtable small = {
    .size = sizeof(cspan_middleware_vtable), .name = "Small", .state_size = 100};
static const cspan_middleware_vtable medium = {
    .size = sizeof(cspan_middleware_vtable), .name = "Medium", .state_size = 2000};
static const cspan_middleware_vtable large = {
    .size = sizeof(cspan_middleware_vtable), .name = "Large", .state_size = 6000};

/* A client each of whose calls has `states` as well. */
static void connect_with(fixture *f, const cspan_middleware_vtable *states) {
  const cspan_middleware middleware = {.vtable = states, .step = CSPAN_STEP_INITIALIZE};
  fixture_configure(f, NULL);
  assert_int_equal(cspan_aws_config_add_middleware(f->config, &middleware, NULL), CSPAN_OK);
  fixture_connect(f);
}

static void make_client(fixture *f) {
  memset(f, 0, sizeof *f);
  snprintf(f->url, sizeof f->url, "http://127.0.0.1:9");
  connect_with(f, &small);
}

static size_t call_bytes(const struct cspan_call *call) {
  return (size_t)(call->states - (const unsigned char *)call) + call->chain->state_size;
}

static bool is_in(const struct cspan_call *call, const char *text) {
  return memmem(call, call_bytes(call), text, strlen(text)) ||
         memmem(call->scratch, SCRATCH_BYTES, text, strlen(text));
}

static void a_call_takes_the_memory_of_one_that_ended(void **state) {
  (void)state;
  fixture f;
  make_client(&f);
  struct cspan_call *call = start(f.client, NULL);
  size_t size = call_bytes(call);
  unsigned char *fresh = malloc(size);
  assert_non_null(fresh);
  memcpy(fresh, call, size);
  struct cspan_call *other = start(f.client, NULL);
  assert_ptr_not_equal(other, call);
  cspan_call_free(other);
  struct cspan_call *again = start(f.client, NULL);
  assert_ptr_equal(again, other);
  cspan_call_free(again);

  memset(call->states, 0xa5, call->chain->state_size);
  call->attempt = 7;
  call->request.endpoint.port = 1234;
  memcpy(call->request.chunk_key, "the key of chunks", 17);
  cspan_call_free(call);
  again = start(f.client, NULL); /* places are searched in order, so it comes after the other */
  struct cspan_call *last = start(f.client, NULL);
  struct cspan_call *same = again == call ? again : last;
  assert_ptr_equal(same, call);
  assert_memory_equal(same, fresh, size);
  cspan_call_free(again);
  cspan_call_free(last);
  free(fresh);
  fixture_stop(&f);
}

static void nothing_is_left_of_a_call(void **state) {
  (void)state;
  static const char secret[] = "what a middleware keeps to itself";
  fixture f;
  make_client(&f);
  struct cspan_call *call = start(f.client, NULL);
  char *kept = cspan_call_memory(call, sizeof secret);
  memcpy(kept, secret, sizeof secret);
  assert_int_equal(cspan_call_set_request_header(call, "authorization", "Bearer of-a-test"),
                   CSPAN_OK);
  assert_true(is_in(call, secret));
  assert_true(is_in(call, "of-a-test"));
  cspan_call_free(call);
  assert_ptr_equal(start(f.client, NULL), call);
  assert_false(is_in(call, secret));
  assert_false(is_in(call, "of-a-test"));
  cspan_call_free(call);
  fixture_stop(&f);
}

static void no_credentials_are_left_of_a_call(void **state) {
  (void)state;
  fixture f;
  fixture_output *output = NULL;
  const fixture_input input = {.bucket = "bucket"};
  fixture_serve(&f, scripts, 1);
  connect_with(&f, &small);
  struct cspan_call *call = start(f.client, NULL);
  cspan_call_free(call);
  assert_int_equal(fixture_call(&f, &fixture_put, &input, NULL, &output, NULL), CSPAN_OK);
  cspan_output_free(output);
  char *received = script_server_received(f.server);
  assert_non_null(strstr(received, "AWS4-HMAC-SHA256"));
  free(received);
  assert_ptr_equal(start(f.client, NULL), call); /* the one that was made had it as well */
  static const char *const secrets[] = {ACCESS_KEY, SECRET_KEY, TOKEN, "AWS4-HMAC-SHA256"};
  for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
    assert_false(is_in(call, secrets[i]));
  }
  cspan_call_free(call);
  fixture_stop(&f);
}

static void only_a_few_are_kept(void **state) {
  (void)state;
  fixture f;
  struct cspan_call *calls[CSPAN_SPARE_CALLS + 4];
  const size_t count = sizeof calls / sizeof calls[0];
  fail_alloc_install();
  make_client(&f);
  long before = fail_alloc_outstanding();
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < count; i++) {
      calls[i] = start(f.client, NULL);
    }
    for (size_t i = 0; i < count; i++) {
      cspan_call_free(calls[i]);
    }
    assert_int_equal(fail_alloc_outstanding(), before + 2 * CSPAN_SPARE_CALLS);
  }
  /* Of those that are kept, none needs memory again. */
  fail_alloc_arm(1, true);
  for (size_t i = 0; i < CSPAN_SPARE_CALLS; i++) {
    calls[i] = start(f.client, NULL);
  }
  const fixture_input input = {.bucket = "bucket"};
  const cspan_call_start one_more = {.operation = &fixture_put, .input = &input};
  assert_null(cspan_call_new(f.client, &one_more, NULL));
  assert_true(fail_alloc_disarm());
  for (size_t i = 0; i < CSPAN_SPARE_CALLS; i++) {
    cspan_call_free(calls[i]);
  }
  fixture_stop(&f);
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
}

static void a_call_of_another_size_is_not_kept(void **state) {
  (void)state;
  static const cspan_middleware own[] = {{.vtable = &medium, .step = CSPAN_STEP_INITIALIZE}};
  const cspan_call_options options = {
      .size = sizeof options, .middlewares = own, .middleware_count = 1};
  fixture f;
  fail_alloc_install();
  make_client(&f);
  cspan_call_free(start(f.client, NULL));
  long before = fail_alloc_outstanding();
  struct cspan_call *call = start(f.client, &options);
  assert_true(call->chain->state_size >= medium.state_size);
  for (size_t i = 0; i < call->chain->state_size; i++) {
    assert_int_equal(call->states[i], 0);
  }
  memset(call->states, 0xa5, call->chain->state_size);
  cspan_call_free(call);
  assert_int_equal(fail_alloc_outstanding(), before);
  fixture_stop(&f);
  connect_with(&f, &large); /* all calls are */
  before = fail_alloc_outstanding();
  cspan_call_free(start(f.client, NULL));
  assert_int_equal(fail_alloc_outstanding(), before);
  fixture_stop(&f);
  assert_int_equal(fail_alloc_outstanding(), 0);
  fail_alloc_uninstall();
}

static void a_call_that_ended_is_out_of_bounds(void **state) {
  (void)state;
#ifdef CSPAN_HAS_ASAN
  fixture f;
  make_client(&f);
  struct cspan_call *call = start(f.client, NULL);
  void *memory = cspan_call_memory(call, 16);
  unsigned char *states = call->states;
  assert_false(__asan_address_is_poisoned(&call->attempt));
  cspan_call_free(call);
  assert_true(__asan_address_is_poisoned(&call->attempt));
  assert_true(__asan_address_is_poisoned(memory));
  assert_true(__asan_address_is_poisoned(states));
  assert_ptr_equal(start(f.client, NULL), call);
  assert_null(__asan_region_is_poisoned(call, call_bytes(call)));
  assert_null(__asan_region_is_poisoned(call->scratch, SCRATCH_BYTES));
  cspan_call_free(call);
  fixture_stop(&f);
#else
  skip();
#endif
}

/* ----------------------------------------------------------- many threads */

typedef struct crowd {
  cspan_aws_client *client;
  _Atomic(struct cspan_call *) shared[SHARED];
  atomic_int failures;
} crowd;

/* Writes into all parts of a call, as if nobody else had it. */
static bool mark(struct cspan_call *call) {
  char *note = cspan_call_memory(call, 32);
  if (!note || call->attempt != 1 || call->states[0] != 0) {
    return false;
  }
  snprintf(note, 32, "%p", (void *)call);
  call->attempt = 2;
  call->states[0] = 1;
  call->done_user = note;
  return true;
}

static bool is_marked(const struct cspan_call *call) {
  char note[32];
  snprintf(note, sizeof note, "%p", (const void *)call);
  return call->attempt == 2 && call->states[0] == 1 && strcmp(call->done_user, note) == 0;
}

/* A call is ended by another thread than that which made it. */
static void *make_and_free(void *data) {
  crowd *all = data;
  static const fixture_input input = {.bucket = "bucket"};
  const cspan_call_start start = {.operation = &fixture_put, .input = &input};
  for (size_t i = 0; i < ROUNDS; i++) {
    struct cspan_call *call = cspan_call_new(all->client, &start, NULL);
    if (!call || !mark(call)) {
      atomic_fetch_add(&all->failures, 1);
    }
    struct cspan_call *other = atomic_exchange(&all->shared[i % SHARED], call);
    if (other && !is_marked(other)) {
      atomic_fetch_add(&all->failures, 1);
    }
    cspan_call_free(other);
  }
  return NULL;
}

static void *make_calls(void *data) {
  crowd *all = data;
  static const fixture_input input = {.bucket = "bucket"};
  for (size_t i = 0; i < CALLS; i++) {
    fixture_output *output = NULL;
    const cspan_call_start start = {
        .operation = &fixture_list, .input = &input, .output = (void **)&output};
    cspan_status status = cspan_aws_call(all->client, &start, NULL);
    if (status != CSPAN_OK || output->len != 2 || memcmp(output->text, "ok", 2) != 0) {
      atomic_fetch_add(&all->failures, 1);
    }
    cspan_output_free(output);
  }
  return NULL;
}

static void run_crowd(cspan_aws_client *client, void *(*run)(void *data)) {
  pthread_t threads[THREADS];
  crowd all = {.client = client};
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, run, &all), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  for (size_t i = 0; i < SHARED; i++) {
    cspan_call_free(atomic_load(&all.shared[i]));
  }
  assert_int_equal(atomic_load(&all.failures), 0);
}

static void threads_share_what_is_kept(void **state) {
  (void)state;
  fixture f;
  make_client(&f);
  run_crowd(f.client, make_and_free);
  fixture_stop(&f);
}

static void threads_make_calls_of_one_client(void **state) {
  (void)state;
  fixture f;
  fixture_serve(&f, scripts, 1);
  connect_with(&f, &small);
  run_crowd(f.client, make_calls);
  fixture_stop(&f);
}

int main(void) {
  fixture_clear_environment();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_call_takes_the_memory_of_one_that_ended),
      cmocka_unit_test(nothing_is_left_of_a_call),
      cmocka_unit_test(no_credentials_are_left_of_a_call),
      cmocka_unit_test(only_a_few_are_kept),
      cmocka_unit_test(a_call_of_another_size_is_not_kept),
      cmocka_unit_test(a_call_that_ended_is_out_of_bounds),
      cmocka_unit_test(threads_share_what_is_kept),
      cmocka_unit_test(threads_make_calls_of_one_client),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
