/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that end, and providers that go, while other threads are at work. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------- a parent that ends meanwhile */

enum { PARENTS = 2000 };

typedef struct family {
  pthread_mutex_t lock;
  cspan_span parent; /* as the children know it; it may have ended */
  atomic_bool is_done;
} family;

static void *replace_parents(void *arg) {
  family *f = arg;
  for (unsigned i = 1; i <= PARENTS; i++) {
    char state[300];
    snprintf(state, sizeof state, "k=%0*u", (int)(i % 250 + 8), i);
    cspan_span_context context = {
        .trace_id = {1}, .span_id = {1}, .trace_flags = 1, .trace_state = state};
    memcpy(context.trace_id, &i, sizeof i);
    cspan_span next = cspan_span_from_context(&context);
    pthread_mutex_lock(&f->lock);
    cspan_span last = f->parent;
    f->parent = next;
    pthread_mutex_unlock(&f->lock);
    cspan_span_end(last);
  }
  cspan_span_end(f->parent);
  atomic_store(&f->is_done, true);
  return NULL;
}

/* Whether a child has the ids and the state of one parent, or of none. */
static bool child_is_whole(cspan_tracer *tracer, cspan_span parent) {
  cspan_context context = cspan_context_with_span(NULL, parent);
  cspan_span child = cspan_span_start(tracer, &context, "child", NULL);
  cspan_span_context ids;
  bool whole = true;
  if (cspan_span_get_context(child, &ids) && ids.trace_state != NULL) {
    unsigned number;
    memcpy(&number, ids.trace_id, sizeof number);
    whole = strtoul(ids.trace_state + 2, NULL, 10) == number;
  }
  cspan_span_end(child);
  return whole;
}

static void run_family(cspan_tracer_provider *provider) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  family f = {.parent = {0}};
  pthread_t thread;
  bool whole = true;
  pthread_mutex_init(&f.lock, NULL);
  atomic_init(&f.is_done, false);
  assert_int_equal(pthread_create(&thread, NULL, replace_parents, &f), 0);
  while (!atomic_load(&f.is_done)) {
    pthread_mutex_lock(&f.lock);
    cspan_span parent = f.parent;
    pthread_mutex_unlock(&f.lock);
    whole = child_is_whole(tracer, parent) && whole;
  }
  pthread_join(thread, NULL);
  pthread_mutex_destroy(&f.lock);
  cspan_tracer_provider_free(provider);
  assert_true(whole);
}

static void test_parent_ends_while_a_child_starts(void **state) {
  (void)state;
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  run_family(provider);
}

static void test_parent_ends_while_nothing_is_recorded(void **state) {
  (void)state;
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_provider_disabled(&provider, NULL), CSPAN_OK);
  run_family(provider);
}

/* ---------------------------------------------- a provider that goes meanwhile */

enum { ROUNDS = 1000, OPEN_SPANS = 3 };

typedef struct departure {
  pthread_barrier_t start;
  cspan_span spans[OPEN_SPANS];
  cspan_tracer *other;
  atomic_bool is_done;
  unsigned lost;
} departure;

static void *end_spans(void *arg) {
  departure *d = arg;
  for (int round = 0; round < ROUNDS; round++) {
    pthread_barrier_wait(&d->start);
    for (int i = 0; i < OPEN_SPANS; i++) {
      cspan_span_end(d->spans[i]);
    }
    pthread_barrier_wait(&d->start);
  }
  return NULL;
}

static void *use_other_provider(void *arg) {
  departure *d = arg;
  while (!atomic_load(&d->is_done)) {
    cspan_span spans[4];
    for (int i = 0; i < 4; i++) {
      spans[i] = cspan_span_start(d->other, NULL, "s", NULL);
    }
    for (int i = 0; i < 4; i++) {
      d->lost += !cspan_span_is_recording(spans[i]);
      cspan_span_end(spans[i]);
    }
  }
  return NULL;
}

/* Spans of one provider are ended by their thread or by its end, and those of
 * another provider, which get the same places, never are. */
static void test_provider_goes_while_spans_end(void **state) {
  (void)state;
  departure d = {.lost = 0};
  cspan_tracer_provider *stays;
  pthread_t threads[2];
  assert_int_equal(cspan_tracer_provider_create(NULL, &stays, NULL), CSPAN_OK);
  d.other = cspan_tracer_get(stays, "other", NULL, NULL);
  atomic_init(&d.is_done, false);
  pthread_barrier_init(&d.start, NULL, 2);
  assert_int_equal(pthread_create(&threads[0], NULL, end_spans, &d), 0);
  assert_int_equal(pthread_create(&threads[1], NULL, use_other_provider, &d), 0);
  for (int round = 0; round < ROUNDS; round++) {
    cspan_tracer_provider *goes;
    assert_int_equal(cspan_tracer_provider_create(NULL, &goes, NULL), CSPAN_OK);
    cspan_tracer *tracer = cspan_tracer_get(goes, "t", NULL, NULL);
    for (int i = 0; i < OPEN_SPANS; i++) {
      d.spans[i] = cspan_span_start(tracer, NULL, "s", NULL);
    }
    pthread_barrier_wait(&d.start);
    cspan_tracer_provider_free(goes);
    pthread_barrier_wait(&d.start);
  }
  atomic_store(&d.is_done, true);
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  pthread_barrier_destroy(&d.start);
  cspan_tracer_provider_free(stays);
  assert_int_equal(d.lost, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parent_ends_while_a_child_starts),
      cmocka_unit_test(test_parent_ends_while_nothing_is_recorded),
      cmocka_unit_test(test_provider_goes_while_spans_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
