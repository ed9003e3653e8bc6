/* SPDX-License-Identifier: Apache-2.0 */
/* A span's context after its end: read, inherited, told from that of the next span in the same
 * slot, and how long it holds. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/telemetry/forked.h"

enum { ENOUGH_TO_FORGET = 20000 };

static cspan_span carrier(unsigned number, const char *state) {
  cspan_span_context context = {
      .trace_flags = CSPAN_TRACE_FLAG_SAMPLED, .is_remote = true, .trace_state = state};
  memcpy(context.trace_id, &number, sizeof number);
  memcpy(context.span_id, &number, sizeof number);
  return cspan_span_from_context(&context);
}

static void assert_same_context(const cspan_span_context *a, const cspan_span_context *b) {
  assert_memory_equal(a->trace_id, b->trace_id, sizeof a->trace_id);
  assert_memory_equal(a->span_id, b->span_id, sizeof a->span_id);
  assert_int_equal(a->trace_flags, b->trace_flags);
  assert_int_equal(a->is_remote, b->is_remote);
}

static void test_stays_readable(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span spans[3];
  cspan_span_context before[3];
  cspan_span_context after;
  for (int i = 0; i < 3; i++) { /* in the same slot, one after the other */
    spans[i] = cspan_span_start(f.tracer, NULL, "s", NULL);
    assert_ptr_equal(spans[i].slot, spans[0].slot);
    assert_true(cspan_span_get_context(spans[i], &before[i]));
    cspan_span_end(spans[i]);
  }
  for (int i = 0; i < 3; i++) {
    assert_true(cspan_span_get_context(spans[i], &after));
    assert_same_context(&after, &before[i]);
    assert_null(after.trace_state);
    assert_true(cspan_span_get_context(spans[i], NULL));
    assert_false(cspan_span_is_recording(spans[i]));
  }
  assert_memory_not_equal(before[0].span_id, before[1].span_id, 8);
  fixture_close(&f);
  /* Also of the provider that is gone. */
  assert_true(cspan_span_get_context(spans[0], &after));
  assert_same_context(&after, &before[0]);
  assert_false(cspan_span_get_context((cspan_span){.slot = NULL}, &after));
}

static void test_trace_state(void **state) {
  (void)state;
  char text[CSPAN_TRACE_STATE_MAX + 1];
  static const size_t sizes[] = {3, 8, 9, 79, 80, 81, 88, 300, 511, 512};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    memset(text, (int)('a' + i), sizeof text);
    text[1] = '=';
    text[sizes[i]] = '\0';
    cspan_span span = carrier(7, text);
    cspan_span_end(span);
    cspan_span_context context;
    assert_true(cspan_span_get_context(span, &context));
    assert_string_equal(context.trace_state, text);
    assert_true(context.is_remote);
  }
}

typedef cspan_sampler *(*make_sampler)(void);

static cspan_sampler *by_parent(void) {
  return cspan_sampler_parent_based(cspan_sampler_always_on());
}

/* A child of an ended parent: by the context, or by the thread's current span. */
static void check_child(make_sampler sampler, bool parent_sampled, bool by_current) {
  span_fixture f;
  fixture_open(&f, sampler());
  cspan_span_context remote = {.trace_id = {9},
                               .span_id = {8},
                               .trace_flags = parent_sampled ? CSPAN_TRACE_FLAG_SAMPLED : 0,
                               .is_remote = true,
                               .trace_state = "vendor=1"};
  cspan_span parent = cspan_span_from_context(&remote);
  cspan_span_end(parent);
  cspan_context context = cspan_context_with_span(NULL, parent);
  cspan_span before = cspan_span_make_current(by_current ? parent : (cspan_span){.slot = NULL});
  cspan_span child = cspan_span_start(f.tracer, by_current ? NULL : &context, "child", NULL);
  cspan_span_make_current(before);
  cspan_span_context ids;
  assert_true(cspan_span_get_context(child, &ids));
  assert_memory_equal(ids.trace_id, remote.trace_id, sizeof ids.trace_id);
  assert_int_equal(cspan_span_context_is_sampled(&ids), parent_sampled);
  assert_string_equal(ids.trace_state, "vendor=1");
  cspan_span_end(child);
  assert_int_equal(cspan_span_list_count(fixture_spans(&f)), parent_sampled);
  if (parent_sampled) {
    const cspan_span_view *view = fixture_one(&f);
    assert_memory_equal(view->parent_span_id, remote.span_id, 8);
    assert_int_equal(view->flags & 0x300, 0x300);
    assert_string_equal(view->trace_state, "vendor=1");
  }
  fixture_close(&f);
}

static void test_children(void **state) {
  (void)state;
  check_child(by_parent, true, false);
  check_child(by_parent, true, true);
  check_child(by_parent, false, false);
  check_child(by_parent, false, true);
}

/* A span that was not sampled hands that on, too. */
static void test_unsampled_parent(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, cspan_sampler_parent_based(cspan_sampler_always_off()));
  cspan_span parent = cspan_span_start(f.tracer, NULL, "parent", NULL);
  cspan_span_end(parent);
  cspan_context context = cspan_context_with_span(NULL, parent);
  cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
  cspan_span_context ids;
  cspan_span_context child_ids;
  assert_true(cspan_span_get_context(parent, &ids));
  assert_true(cspan_span_get_context(child, &child_ids));
  assert_memory_equal(ids.trace_id, child_ids.trace_id, 16);
  assert_false(cspan_span_is_recording(child));
  cspan_span_end(child);
  fixture_close(&f);
}

/* Beyond what is kept a span has no context any more, and a copy of it serves instead. */
static void test_is_forgotten(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, cspan_sampler_always_off());
  cspan_span old = cspan_span_start(f.tracer, NULL, "old", NULL);
  cspan_span_context copy;
  cspan_span_context context;
  assert_true(cspan_span_get_context(old, &copy));
  cspan_span_end(old);
  for (int i = 0; i < ENOUGH_TO_FORGET; i++) {
    cspan_span_end(cspan_span_start(f.tracer, NULL, "s", NULL));
  }
  assert_false(cspan_span_get_context(old, &context));
  assert_false(cspan_span_context_is_valid(&context));
  cspan_span from_copy = cspan_span_from_context(&copy);
  cspan_context parents[] = {cspan_context_with_span(NULL, old),
                             cspan_context_with_span(NULL, from_copy)};
  for (int i = 0; i < 2; i++) {
    cspan_span child = cspan_span_start(f.tracer, &parents[i], "child", NULL);
    assert_true(cspan_span_get_context(child, &context));
    assert_int_equal(memcmp(context.trace_id, copy.trace_id, 16) == 0, i == 1);
    cspan_span_end(child);
  }
  cspan_span_end(from_copy);
  fixture_close(&f);
}

/* The documented number holds however many slots are in use. */
static void test_holds_a_thousand(void **state) {
  (void)state;
  enum { KEPT = 1000, OPEN = 10 };
  static cspan_span spans[KEPT];
  for (unsigned i = 0; i < KEPT; i += OPEN) {
    for (unsigned j = 0; j < OPEN; j++) {
      spans[i + j] = carrier(i + j + 1, NULL);
    }
    for (unsigned j = 0; j < OPEN; j++) {
      cspan_span_end(spans[i + j]);
    }
  }
  for (unsigned i = 0; i < KEPT; i++) {
    cspan_span_context context;
    unsigned number;
    assert_true(cspan_span_get_context(spans[i], &context));
    memcpy(&number, context.trace_id, sizeof number);
    assert_int_equal(number, i + 1);
  }
}

/* A span that was open when its provider went. */
static void test_provider_goes(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "open", NULL);
  cspan_span_context before;
  cspan_span_context after;
  assert_true(cspan_span_get_context(span, &before));
  fixture_close(&f);
  assert_true(cspan_span_get_context(span, &after));
  assert_same_context(&after, &before);
}

/* -------------------------------------------------------------------- threads */

enum { WRITERS = 3, READERS = 2, ROUNDS = 20000, SHARED = 64 };

typedef struct exchange {
  pthread_mutex_t lock;
  cspan_span spans[SHARED];
  atomic_uint next;
  atomic_int writers_left;
  atomic_int torn;
  atomic_int found;
} exchange;

static void *write_contexts(void *arg) {
  exchange *e = arg;
  for (unsigned i = 0; i < ROUNDS; i++) {
    unsigned number = atomic_fetch_add(&e->next, 1) + 1;
    char text[200];
    snprintf(text, sizeof text, "k=%0*u", (int)(number % 120 + 10), number);
    cspan_span span = carrier(number, text);
    cspan_span_end(span);
    if (i % 4 == 0) {
      pthread_mutex_lock(&e->lock);
      e->spans[number % SHARED] = span;
      pthread_mutex_unlock(&e->lock);
    }
  }
  atomic_fetch_sub(&e->writers_left, 1);
  return NULL;
}

/* Ids and state are those of one span. */
static bool is_whole(const cspan_span_context *context) {
  unsigned numbers[2];
  memcpy(&numbers[0], context->trace_id, sizeof numbers[0]);
  memcpy(&numbers[1], context->span_id, sizeof numbers[1]);
  return numbers[0] == numbers[1] && context->trace_state != NULL &&
         strtoul(context->trace_state + 2, NULL, 10) == numbers[0];
}

static void *read_contexts(void *arg) {
  exchange *e = arg;
  for (unsigned i = 0; atomic_load(&e->writers_left) > 0; i++) {
    pthread_mutex_lock(&e->lock);
    cspan_span span = e->spans[i % SHARED];
    pthread_mutex_unlock(&e->lock);
    cspan_span_context context;
    if (cspan_span_get_context(span, &context)) {
      atomic_fetch_add(&e->found, 1);
      atomic_fetch_add(&e->torn, !is_whole(&context));
    }
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  static exchange e;
  pthread_t threads[WRITERS + READERS];
  pthread_mutex_init(&e.lock, NULL);
  atomic_store(&e.writers_left, WRITERS);
  for (int i = 0; i < WRITERS + READERS; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, i < WRITERS ? write_contexts : read_contexts, &e), 0);
  }
  for (int i = 0; i < WRITERS + READERS; i++) {
    pthread_join(threads[i], NULL);
  }
  pthread_mutex_destroy(&e.lock);
  assert_int_equal(atomic_load(&e.torn), 0);
  /* The last ones are still there. */
  int found = 0;
  for (int i = 0; i < SHARED; i++) {
    found += cspan_span_get_context(e.spans[i], NULL);
  }
  assert_true(found > 0);
}

static int read_in_child(void *arg) {
  cspan_span_context context;
  unsigned number = 0;
  if (cspan_span_get_context(*(cspan_span *)arg, &context)) {
    memcpy(&number, context.trace_id, sizeof number);
  }
  return (int)number;
}

static void test_fork(void **state) {
  (void)state;
  cspan_span span = carrier(4711, NULL);
  cspan_span_end(span);
  assert_int_equal(run_forked(read_in_child, &span), 4711);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stays_readable), cmocka_unit_test(test_trace_state),
      cmocka_unit_test(test_children),       cmocka_unit_test(test_unsampled_parent),
      cmocka_unit_test(test_is_forgotten),   cmocka_unit_test(test_holds_a_thousand),
      cmocka_unit_test(test_provider_goes),  cmocka_unit_test(test_threads),
      cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
