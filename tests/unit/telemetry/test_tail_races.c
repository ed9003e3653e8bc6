/* SPDX-License-Identifier: Apache-2.0 */
/* Tail sampling by several threads at once: traces whose spans end on different threads, over the
 * limits of memory and time, with flushes and a shutdown in the middle. Every span is kept, dropped,
 * or told of, and what is kept reaches the next processor once. */
#include "unit/telemetry/tail_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { PRODUCERS = 4, TRACES = 300, CHILDREN = 3 };

typedef struct counter {
  atomic_ullong spans;
  atomic_ullong roots;
  atomic_bool is_shut_down;
} counter;

static void count_end(void *self, const cspan_ended_span *span) {
  counter *c = self;
  atomic_fetch_add(&c->spans, 1);
  atomic_fetch_add(&c->roots, span->parent_span_id == NULL);
  assert_true(span->sampled);
  if (atomic_load(&c->spans) % 64 == 0) { /* a stalled one */
    const struct timespec pause = {.tv_nsec = 200000};
    nanosleep(&pause, NULL);
  }
}

static cspan_status count_shutdown(void *self, int64_t timeout_ms, cspan_error **error) {
  (void)timeout_ms;
  (void)error;
  atomic_store(&((counter *)self)->is_shut_down, true);
  return CSPAN_OK;
}

typedef struct shared {
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  cspan_span_processor *tail;
  atomic_ullong ended;
  atomic_bool is_done;
  /* Children that another thread ends. */
  pthread_mutex_t lock;
  cspan_span open[64];
  size_t open_count;
} shared;

static void end_span(shared *s, cspan_span span) {
  if (cspan_span_is_recording(span)) {
    atomic_fetch_add(&s->ended, 1);
  }
  cspan_span_end(span);
}

/* Swaps a span for one that another thread left here, if there is one. */
static cspan_span exchange(shared *s, cspan_span span) {
  cspan_span other = {0};
  pthread_mutex_lock(&s->lock);
  if (s->open_count == sizeof s->open / sizeof s->open[0]) {
    other = s->open[0];
    s->open[0] = span;
  } else {
    s->open[s->open_count++] = span;
  }
  pthread_mutex_unlock(&s->lock);
  return other;
}

static void *produce(void *arg) {
  shared *s = arg;
  for (int t = 0; t < TRACES; t++) {
    cspan_span root = cspan_span_start(s->tracer, NULL, "root", NULL);
    const cspan_context context = cspan_context_with_span(NULL, root);
    for (int c = 0; c < CHILDREN; c++) {
      cspan_span child = cspan_span_start(s->tracer, &context, "child", NULL);
      cspan_span_set_status(child, t % 5 == 0 && c == 1 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
      if ((t + c) % 3 == 0) {
        child = exchange(s, child);
      }
      if (child.slot != NULL) {
        end_span(s, child);
      }
    }
    if (t % 7 == 0) {
      root = exchange(s, root);
    }
    if (root.slot != NULL) {
      end_span(s, root);
    }
  }
  return NULL;
}

static void *disturb(void *arg) {
  shared *s = arg;
  while (!atomic_load(&s->is_done)) {
    cspan_tail_sampling_stats stats = {.size = sizeof stats};
    assert_true(cspan_processor_tail_stats(s->tail, &stats));
    cspan_tracer_provider_force_flush(s->provider, 0, NULL);
    cspan_tail_expire(s->tail->self);
    sched_yield();
  }
  return NULL;
}

static void run(const cspan_tail_sampling_options *options) {
  static const cspan_processor_vtable vtable = {
      .size = sizeof vtable, .on_end = count_end, .shutdown = count_shutdown};
  counter c = {.is_shut_down = false};
  shared s = {.is_done = false};
  pthread_mutex_init(&s.lock, NULL);
  s.tail = cspan_processor_tail_sampling(cspan_processor_create(&vtable, &c), options);
  const cspan_provider_options provider = {
      .sampler = cspan_sampler_always_on(), .processors = &s.tail, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &s.provider, NULL), CSPAN_OK);
  s.tracer = cspan_tracer_get(s.provider, "races", NULL, NULL);
  pthread_t producers[PRODUCERS];
  pthread_t other;
  assert_int_equal(pthread_create(&other, NULL, disturb, &s), 0);
  for (int i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&producers[i], NULL, produce, &s), 0);
  }
  for (int i = 0; i < PRODUCERS; i++) {
    pthread_join(producers[i], NULL);
  }
  atomic_store(&s.is_done, true);
  pthread_join(other, NULL);
  cspan_tracer_provider_shutdown(s.provider, 0, NULL);
  for (size_t i = 0; i < s.open_count; i++) {
    end_span(&s, s.open[i]);
  }
  cspan_tail_sampling_stats stats = {.size = sizeof stats};
  assert_true(cspan_processor_tail_stats(s.tail, &stats));
  assert_int_equal(atomic_load(&s.ended), PRODUCERS * TRACES * (CHILDREN + 1));
  assert_int_equal(stats.spans_kept + stats.spans_dropped, atomic_load(&s.ended));
  assert_int_equal(stats.spans_kept, atomic_load(&c.spans));
  assert_int_equal(stats.traces_held + stats.spans_held + stats.bytes_held, 0);
  assert_true(atomic_load(&c.is_shut_down));
  cspan_tracer_provider_free(s.provider);
  pthread_mutex_destroy(&s.lock);
}

static const cspan_tail_rule error = {.error = true};

static void test_within_the_limits(void **state) {
  (void)state;
  run(&(cspan_tail_sampling_options){.rules = &error, .rule_count = 1, .base_ratio = 0.3});
}

static void test_over_the_limits(void **state) {
  (void)state;
  run(&(cspan_tail_sampling_options){.rules = &error,
                                     .rule_count = 1,
                                     .base_ratio = 0.3,
                                     .max_wait_ms = 1,
                                     .max_bytes = 20000,
                                     .max_spans_per_trace = 3});
}

/* The keeper decides what nobody else would: a trace whose root does not end. */
static void test_keeper(void **state) {
  (void)state;
  static const cspan_processor_vtable vtable = {.size = sizeof vtable, .on_end = count_end};
  const cspan_tail_sampling_options options = {.base_ratio = 1, .max_wait_ms = 1};
  const struct timespec ms = {.tv_nsec = 1000000};
  counter c = {.is_shut_down = false};
  cspan_span_processor *tail =
      cspan_processor_tail_sampling(cspan_processor_create(&vtable, &c), &options);
  const cspan_provider_options provider_options = {
      .sampler = cspan_sampler_always_on(), .processors = &tail, .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&provider_options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "keeper", NULL, NULL);
  for (unsigned round = 1; round <= 3; round++) { /* it sleeps in between, and is woken */
    cspan_span root = cspan_span_start(tracer, NULL, "root", NULL);
    const cspan_context context = cspan_context_with_span(NULL, root);
    cspan_span_end(cspan_span_start(tracer, &context, "child", NULL));
    while (atomic_load(&c.spans) < 2 * round - 1) {
      nanosleep(&ms, NULL);
    }
    cspan_span_end(root);
    assert_int_equal(atomic_load(&c.spans), 2 * round);
  }
  cspan_tracer_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_within_the_limits),
      cmocka_unit_test(test_over_the_limits),
      cmocka_unit_test(test_keeper),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
