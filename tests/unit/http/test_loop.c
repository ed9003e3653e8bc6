/* SPDX-License-Identifier: Apache-2.0 */
/* Timers, waking up, and the client's pool of loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "http/http.h"
#include "support/script_server.h"

typedef struct trace {
  cspan_loop *loop;
  char order[256];
  size_t len;
} trace;

typedef struct mark {
  trace *trace;
  char letter;
} mark;

static void on_mark(void *user) {
  mark *m = user;
  m->trace->order[m->trace->len++] = m->letter;
}

static void run_until_idle(cspan_loop *loop) {
  while (cspan_loop_pending(loop)) {
    assert_int_equal(cspan_loop_run_once(loop, 1000), CSPAN_OK);
  }
}

static void test_timer_order(void **state) {
  (void)state;
  static const int delays[] = {9, 3, 3, 0, 6, 0, 12, 3};
  trace t = {.loop = cspan_loop_create()};
  mark marks[8];
  assert_non_null(t.loop);
  for (size_t i = 0; i < 8; i++) {
    marks[i] = (mark){&t, (char)('a' + i)};
    assert_non_null(cspan_loop_timer_start(t.loop, delays[i], on_mark, &marks[i]));
  }
  assert_int_equal(cspan_loop_pending(t.loop), 8);
  run_until_idle(t.loop);
  assert_string_equal(t.order, "dfbcheag");
  cspan_loop_free(t.loop);
}

static void test_timer_waits(void **state) {
  (void)state;
  trace t = {.loop = cspan_loop_create()};
  mark m = {&t, 'x'};
  assert_non_null(t.loop);
  int64_t begin_ns = cspan_now_ns();
  assert_non_null(cspan_loop_timer_start(t.loop, 20, on_mark, &m));
  run_until_idle(t.loop);
  assert_true(cspan_now_ns() - begin_ns >= 20 * 1000000);
  assert_string_equal(t.order, "x");
  cspan_loop_free(t.loop);
}

static void test_timer_cancel(void **state) {
  (void)state;
  enum { COUNT = 100 };
  trace t = {.loop = cspan_loop_create()};
  mark marks[COUNT];
  cspan_loop_timer *timers[COUNT];
  assert_non_null(t.loop);
  for (size_t i = 0; i < COUNT; i++) {
    marks[i] = (mark){&t, (char)('a' + i % 26)};
    timers[i] = cspan_loop_timer_start(t.loop, (int64_t)(i * 37 % COUNT) / 10, on_mark, &marks[i]);
    assert_non_null(timers[i]);
  }
  for (size_t i = 0; i < COUNT; i++) {
    if (i % 3) {
      cspan_loop_timer_cancel(t.loop, timers[i]);
    }
  }
  assert_int_equal(cspan_loop_pending(t.loop), 34);
  run_until_idle(t.loop);
  assert_int_equal(t.len, 34);
  cspan_loop_timer_cancel(t.loop, NULL);
  cspan_loop_free(t.loop);
}

typedef struct again {
  cspan_loop *loop;
  int left;
} again;

static void start_again(void *user) {
  again *a = user;
  if (--a->left > 0) {
    assert_non_null(cspan_loop_timer_start(a->loop, 0, start_again, a));
  }
}

/* A timer that a timer starts fires on a later turn, even with no delay. */
static void test_timer_restart(void **state) {
  (void)state;
  again a = {.loop = cspan_loop_create(), .left = 5};
  assert_non_null(a.loop);
  assert_non_null(cspan_loop_timer_start(a.loop, 0, start_again, &a));
  cspan_loop_run_once(a.loop, 0);
  assert_true(a.left > 0);
  run_until_idle(a.loop);
  assert_int_equal(a.left, 0);
  cspan_loop_free(a.loop);
}

static void test_free_with_timers(void **state) {
  (void)state;
  trace t = {.loop = cspan_loop_create()};
  mark m = {&t, 'x'};
  assert_non_null(t.loop);
  assert_non_null(cspan_loop_timer_start(t.loop, 0, on_mark, &m));
  cspan_loop_free(t.loop);
  assert_int_equal(t.len, 0);
}

static void *wake(void *user) {
  cspan_loop_wakeup(user);
  return NULL;
}

/* Returns long before the ten minutes: the test would time out. */
static void test_wakeup(void **state) {
  (void)state;
  cspan_loop *loop = cspan_loop_create();
  pthread_t thread;
  assert_non_null(loop);
  assert_int_equal(pthread_create(&thread, NULL, wake, loop), 0);
  assert_int_equal(cspan_loop_run_once(loop, 600000), CSPAN_OK);
  pthread_join(thread, NULL);
  cspan_loop_free(loop);
}

static void test_pool(void **state) {
  (void)state;
  const cspan_http_client_options options = {.max_idle_loops = 1};
  cspan_http_client *client;
  assert_int_equal(cspan_http_client_create(&options, &client, NULL), CSPAN_OK);
  cspan_loop *a = cspan_http_client_acquire(client);
  cspan_loop *b = cspan_http_client_acquire(client);
  assert_non_null(a);
  assert_non_null(b);
  assert_ptr_not_equal(a, b);
  cspan_http_client_release(client, b);
  cspan_http_client_release(client, a); /* one too many: freed */
  assert_ptr_equal(cspan_http_client_acquire(client), b);
  cspan_http_client_release(client, b);
  cspan_http_client_release(client, NULL);
  cspan_http_client_free(client);
  cspan_http_client_free(NULL);
}

/* ------------------------------------------------------- one client, threads */

enum { THREADS = 4, CALLS = 25 };

typedef struct worker {
  pthread_t thread;
  cspan_http_client *client;
  char url[64];
  int done;
  int ok;
} worker;

static void count(void *user, const cspan_http_result *result) {
  worker *w = user;
  w->done++;
  w->ok += result->status == CSPAN_OK && result->http_status == 200;
}

static void *call_many(void *user) {
  worker *w = user;
  for (int i = 0; i < CALLS; i++) {
    cspan_loop *loop = cspan_http_client_acquire(w->client);
    cspan_http_request request = {.method = "GET", .url = w->url};
    int before = w->done;
    if (cspan_http_start(w->client, loop, &request, count, w, NULL, NULL) != CSPAN_OK) {
      return NULL;
    }
    while (w->done == before) {
      cspan_loop_run_once(loop, 1000);
    }
    cspan_http_client_release(w->client, loop);
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection scripts[] = {steps};
  const cspan_http_client_options options = {.proxy = ""};
  worker workers[THREADS];
  cspan_http_client *client;
  assert_int_equal(cspan_http_client_create(&options, &client, NULL), CSPAN_OK);
  script_server *server = script_server_start(scripts, 1);
  for (int i = 0; i < THREADS; i++) {
    memset(&workers[i], 0, sizeof workers[i]);
    workers[i].client = client;
    strncpy(workers[i].url, script_server_url(server, "/"), sizeof workers[i].url - 1);
    assert_int_equal(pthread_create(&workers[i].thread, NULL, call_many, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].ok, CALLS);
  }
  cspan_http_client_free(client);
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_timer_order),
      cmocka_unit_test(test_timer_waits),
      cmocka_unit_test(test_timer_cancel),
      cmocka_unit_test(test_timer_restart),
      cmocka_unit_test(test_free_with_timers),
      cmocka_unit_test(test_wakeup),
      cmocka_unit_test(test_pool),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
