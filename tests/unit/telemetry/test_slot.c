/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of slots: threads keep a few of their own, and give them back. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "support/fail_alloc.h"
#include "unit/telemetry/forked.h"

enum { NESTED = 8, THREADS = 6 };

static void open_and_end(cspan_tracer *tracer, cspan_span spans[NESTED]) {
  for (int i = 0; i < NESTED; i++) {
    spans[i] = cspan_span_start(tracer, NULL, "s", NULL);
  }
  for (int i = 0; i < NESTED; i++) {
    cspan_span_end(spans[i]);
  }
}

static void *use_and_exit(void *arg) {
  cspan_span spans[NESTED];
  open_and_end(arg, spans);
  return NULL;
}

static void test_threads_that_exit(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  long before = 0;
  for (int i = 0; i < 300; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, use_and_exit, tracer), 0);
    pthread_join(thread, NULL);
    before = i == 0 ? fail_alloc_outstanding() : before;
  }
  assert_int_equal(fail_alloc_outstanding(), before);
  cspan_tracer_provider_free(provider);
  fail_alloc_uninstall();
}

/* Ends its last span when the library's own destructor has run, perhaps. */
static cspan_tracer *late_tracer;

static void end_late(void *arg) {
  (void)arg;
  cspan_span spans[NESTED];
  open_and_end(late_tracer, spans);
}

static void *use_and_end_late(void *arg) {
  cspan_span spans[NESTED];
  pthread_setspecific(*(pthread_key_t *)arg, spans);
  open_and_end(late_tracer, spans);
  return NULL;
}

static void test_spans_in_a_destructor(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  late_tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  pthread_key_t key;
  assert_int_equal(pthread_key_create(&key, end_late), 0);
  long before = 0;
  for (int i = 0; i < 100; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, use_and_end_late, &key), 0);
    pthread_join(thread, NULL);
    before = i == 0 ? fail_alloc_outstanding() : before;
  }
  assert_int_equal(fail_alloc_outstanding(), before);
  pthread_key_delete(key);
  cspan_tracer_provider_free(provider);
  fail_alloc_uninstall();
}

/* Threads that keep slots while the process forks. */
typedef struct parked {
  pthread_barrier_t barrier;
  cspan_tracer *tracer;
  cspan_span spans[THREADS][NESTED];
  atomic_int next;
} parked;

static void *park(void *arg) {
  parked *p = arg;
  int number = atomic_fetch_add(&p->next, 1);
  for (int i = 0; i < NESTED; i++) {
    p->spans[number][i] = cspan_span_start(p->tracer, NULL, "s", NULL);
  }
  pthread_barrier_wait(&p->barrier); /* each has its own */
  for (int i = 0; i < NESTED; i++) {
    cspan_span_end(p->spans[number][i]);
  }
  pthread_barrier_wait(&p->barrier);
  pthread_barrier_wait(&p->barrier);
  return NULL;
}

static bool was_parked(const parked *p, const void *slot) {
  for (int t = 0; t < THREADS; t++) {
    for (int i = 0; i < NESTED; i++) {
      if (p->spans[t][i].slot == slot) {
        return true;
      }
    }
  }
  return false;
}

/* How many of the slots that the threads had are found by spans of the child. */
static int find_parked(void *arg) {
  parked *p = arg;
  int found = 0;
  enum { CHILD_SPANS = 1000 };
  static cspan_span spans[CHILD_SPANS];
  for (int i = 0; i < CHILD_SPANS; i++) {
    spans[i] = cspan_span_start(p->tracer, NULL, "s", NULL);
    for (int j = 0; j < i; j++) {
      if (spans[j].slot == spans[i].slot) {
        return -2; /* two spans in one slot */
      }
    }
    found += was_parked(p, spans[i].slot);
  }
  for (int i = 0; i < CHILD_SPANS; i++) {
    cspan_span_end(spans[i]);
  }
  return found;
}

static void test_fork(void **state) {
  (void)state;
  static parked p;
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  p.tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  pthread_barrier_init(&p.barrier, NULL, THREADS + 1);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, park, &p), 0);
  }
  pthread_barrier_wait(&p.barrier);
  pthread_barrier_wait(&p.barrier);
  assert_int_equal(run_forked(find_parked, &p), THREADS * NESTED);
  pthread_barrier_wait(&p.barrier);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  pthread_barrier_destroy(&p.barrier);
  cspan_tracer_provider_free(provider);
}

/* A processor that forks while it is given a span, in the child of such a fork once more: each
 * process goes on with a pool that is whole. */
typedef struct forker {
  cspan_tracer *tracer;
  int depth;
} forker;

static int go_on(void *arg) {
  forker *f = arg;
  if (f->depth < 2) {
    cspan_span_end(cspan_span_start(f->tracer, NULL, "again", NULL));
  }
  enum { COUNT = 200 };
  cspan_span spans[COUNT];
  for (int i = 0; i < COUNT; i++) {
    spans[i] = cspan_span_start(f->tracer, NULL, "s", NULL);
    for (int j = 0; j < i; j++) {
      if (spans[i].slot == NULL || spans[j].slot == spans[i].slot) {
        return -2;
      }
    }
  }
  return 1;
}

static void fork_on_end(void *self, const cspan_ended_span *span) {
  forker *f = self;
  (void)span;
  f->depth++;
  assert_int_equal(run_forked(go_on, f), 1);
}

static void test_fork_on_end(void **state) {
  (void)state;
  static const cspan_processor_vtable vtable = {.size = sizeof vtable, .on_end = fork_on_end};
  forker f = {.depth = 0};
  cspan_span_processor *processor = cspan_processor_create(&vtable, &f);
  cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  f.tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "first", NULL));
  cspan_tracer_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads_that_exit),
      cmocka_unit_test(test_spans_in_a_destructor),
      cmocka_unit_test(test_fork),
      cmocka_unit_test(test_fork_on_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
