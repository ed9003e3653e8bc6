/* SPDX-License-Identifier: Apache-2.0 */
/* Processors that are told before a span ends, and may still change it. */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "unit/telemetry/forked.h"

/* A processor that keeps a diary and does one thing in on_ending. */
typedef struct diary {
  char text[256];     /* of all processors of a test */
  cspan_span program; /* the handle that the program has */
  void (*action)(struct diary *diary, cspan_span span);
  pthread_barrier_t *meeting;
  atomic_int ending;
  atomic_int ended;
} diary;

typedef struct keeper {
  diary *diary;
  const char *name;
} keeper;

static void note(const keeper *k, const char *what) {
  size_t len = strlen(k->diary->text);
  snprintf(k->diary->text + len, sizeof k->diary->text - len, "%s%s ", k->name, what);
}

static void on_ending(void *self, cspan_span span) {
  keeper *k = self;
  atomic_fetch_add(&k->diary->ending, 1);
  if (k->diary->meeting == NULL) {
    note(k, "-ending");
  }
  if (k->diary->action != NULL) {
    k->diary->action(k->diary, span);
  }
}

static void on_end(void *self, const cspan_ended_span *span) {
  keeper *k = self;
  (void)span;
  atomic_fetch_add(&k->diary->ended, 1);
  if (k->diary->meeting == NULL) {
    note(k, "-end");
  }
}

static const cspan_processor_vtable with = {
    .size = sizeof with, .on_ending = on_ending, .on_end = on_end};
/* Of a program built when there was no on_ending: whatever is behind its vtable is not looked at. */
static const cspan_processor_vtable without = {
    .size = offsetof(cspan_processor_vtable, on_ending), .on_ending = on_ending, .on_end = on_end};

static void open_kept(span_fixture *f, keeper *first, keeper *second, cspan_sampler *sampler) {
  memset(f, 0, sizeof *f);
  f->memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {
      cspan_processor_create(&with, first), cspan_processor_create(&without, second),
      cspan_processor_create(&with, second), cspan_processor_simple(f->memory)};
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .sampler = sampler,
                                    .processors = processors,
                                    .processor_count = 4};
  assert_int_equal(cspan_tracer_provider_create(&options, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "scope", NULL, NULL);
}

/* By turns: all are told before any gets the ended span. */
static void test_order(void **state) {
  (void)state;
  diary d = {.action = NULL};
  keeper a = {&d, "a"};
  keeper b = {&d, "b"};
  span_fixture f;
  open_kept(&f, &a, &b, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_end(span);
  cspan_span_end(span);
  assert_string_equal(d.text, "a-ending b-ending a-end b-end b-end ");
  fixture_close(&f);
}

static void change_everything(diary *d, cspan_span span) {
  const cspan_attr attr = cspan_attr_int64("n", 1);
  const cspan_link link = {.context = {.trace_id = {1}, .span_id = {1}}};
  cspan_span_context ours;
  cspan_span_context theirs;
  assert_true(cspan_span_is_recording(span));
  assert_false(cspan_span_is_recording(d->program));
  assert_true(cspan_span_get_context(span, &ours));
  assert_true(cspan_span_get_context(d->program, &theirs));
  assert_memory_equal(ours.span_id, theirs.span_id, 8);
  cspan_span_set_string(d->program, "stale", "yes");
  cspan_span_end(d->program);
  cspan_span_set_string(span, "late", "yes");
  cspan_span_set_int64(span, "kept", 2);
  cspan_span_add_event(span, "event", 0, &attr, 1);
  cspan_span_add_link(span, &link);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "late");
  cspan_span_update_name(span, "renamed");
  cspan_span_end(span); /* does nothing: it is ending */
  assert_true(cspan_span_is_recording(span));
}

static void test_span_can_be_changed(void **state) {
  (void)state;
  diary d = {.action = change_everything};
  keeper k = {&d, ""};
  span_fixture f;
  open_kept(&f, &k, &k, NULL);
  d.program = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_set_int64(d.program, "kept", 1);
  cspan_span_end_at(d.program, 4102444800000000000);
  const cspan_span_view *view = fixture_one(&f);
  assert_string_equal(view->name, "renamed");
  assert_int_equal(view->attribute_count, 2);
  assert_attr_string(view->attributes, 2, "late", "yes");
  assert_attr_int64(view->attributes, 2, "kept", 2);
  assert_int_equal(view->event_count, 2);
  assert_int_equal(view->link_count, 2);
  assert_int_equal(view->status, CSPAN_SPAN_ERROR);
  assert_true(view->end_time_unix_ns == 4102444800000000000);
  assert_int_equal(atomic_load(&d.ending), 2);
  fixture_close(&f);
}

/* The context of the handle that the processors had is kept as well. */
static cspan_span handle_of_ending;

static void keep_handle(diary *d, cspan_span span) {
  (void)d;
  handle_of_ending = span;
}

static void test_handle_after_the_end(void **state) {
  (void)state;
  diary d = {.action = keep_handle};
  keeper k = {&d, ""};
  span_fixture f;
  open_kept(&f, &k, &k, NULL);
  d.program = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_end(d.program);
  cspan_span_context ours;
  cspan_span_context theirs;
  assert_true(cspan_span_get_context(handle_of_ending, &ours));
  assert_true(cspan_span_get_context(d.program, &theirs));
  assert_memory_equal(ours.span_id, theirs.span_id, 8);
  assert_false(cspan_span_is_recording(handle_of_ending));
  cspan_span_end(handle_of_ending);
  assert_int_equal(atomic_load(&d.ended), 3);
  fixture_close(&f);
}

static void test_spans_that_record_nothing(void **state) {
  (void)state;
  diary d = {.action = NULL};
  keeper k = {&d, ""};
  span_fixture f;
  open_kept(&f, &k, &k, cspan_sampler_always_off());
  cspan_span_end(cspan_span_start(f.tracer, NULL, "s", NULL));
  assert_string_equal(d.text, "");
  fixture_close(&f);
}

/* -------------------------------------------------------------------- threads */

/* A provider, a span of it that has not ended, and a thread that has to do with its end. */
typedef struct meeting {
  pthread_barrier_t barrier;
  diary d;
  diary silent; /* of the processors that do nothing */
  keeper first;
  keeper second;
  span_fixture f;
  pthread_t thread;
} meeting;

static void meeting_open(meeting *m, void (*action)(diary *d, cspan_span span),
                         void *(*run)(void *diary)) {
  memset(m, 0, sizeof *m);
  pthread_barrier_init(&m->barrier, NULL, 2);
  m->d.action = action;
  m->d.meeting = m->silent.meeting = &m->barrier;
  m->first = (keeper){&m->d, ""};
  m->second = (keeper){&m->silent, ""};
  open_kept(&m->f, &m->first, &m->second, NULL);
  m->d.program = cspan_span_start(m->f.tracer, NULL, "s", NULL);
  assert_int_equal(pthread_create(&m->thread, NULL, run, &m->d), 0);
}

/* Holds the ending open while others do what they like with the span. */
static void meet(diary *d, cspan_span span) {
  pthread_barrier_wait(d->meeting);
  cspan_span_set_int64(span, "ours", 1);
  pthread_barrier_wait(d->meeting);
}

static void *disturb(void *arg) {
  diary *d = arg;
  pthread_barrier_wait(d->meeting);
  cspan_span_set_int64(d->program, "theirs", 1);
  cspan_span_set_status(d->program, CSPAN_SPAN_ERROR, "theirs");
  cspan_span_end(d->program);
  pthread_barrier_wait(d->meeting);
  return NULL;
}

static void test_other_threads_are_shut_out(void **state) {
  (void)state;
  meeting m;
  meeting_open(&m, meet, disturb);
  cspan_span_end(m.d.program);
  pthread_join(m.thread, NULL);
  const cspan_span_view *view = fixture_one(&m.f);
  assert_int_equal(view->attribute_count, 1);
  assert_attr_int64(view->attributes, 1, "ours", 1);
  assert_int_equal(view->status, CSPAN_SPAN_UNSET);
  assert_int_equal(atomic_load(&m.d.ending), 1);
  fixture_close(&m.f);
  pthread_barrier_destroy(&m.barrier);
}

/* Two threads end the same spans: each span ends once. */
enum { RACES = 2000 };

typedef struct race {
  pthread_barrier_t barrier;
  cspan_span span;
} race;

static void *end_too(void *arg) {
  race *r = arg;
  for (int i = 0; i < RACES; i++) {
    pthread_barrier_wait(&r->barrier);
    cspan_span_set_int64(r->span, "b", i);
    cspan_span_end(r->span);
    pthread_barrier_wait(&r->barrier);
  }
  return NULL;
}

static void set_more(diary *d, cspan_span span) {
  (void)d;
  cspan_span_set_int64(span, "ending", 1);
}

static void test_two_threads_end_it(void **state) {
  (void)state;
  pthread_barrier_t unused;
  diary d = {.action = set_more, .meeting = &unused};
  keeper k = {&d, ""};
  race r;
  span_fixture f;
  open_kept(&f, &k, &k, NULL);
  pthread_barrier_init(&r.barrier, NULL, 2);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, end_too, &r), 0);
  for (int i = 0; i < RACES; i++) {
    r.span = cspan_span_start(f.tracer, NULL, "s", NULL);
    pthread_barrier_wait(&r.barrier);
    cspan_span_set_int64(r.span, "a", i);
    cspan_span_end(r.span);
    pthread_barrier_wait(&r.barrier);
  }
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&r.barrier);
  assert_int_equal(atomic_load(&d.ending), 2 * RACES);
  assert_int_equal(atomic_load(&d.ended), 3 * RACES);
  assert_int_equal(cspan_span_list_count(fixture_spans(&f)), RACES);
  fixture_close(&f);
}

/* A provider that goes waits for a span that is ending. */
static void *end_program_span(void *arg) {
  cspan_span_end(((diary *)arg)->program);
  return NULL;
}

static atomic_bool is_gone;

static void linger(diary *d, cspan_span span) {
  pthread_barrier_wait(d->meeting); /* now the provider goes */
  for (int i = 0; i < 1000; i++) {
    cspan_span_set_int64(span, "late", i);
    assert_false(atomic_load(&is_gone));
  }
}

static void test_provider_goes_meanwhile(void **state) {
  (void)state;
  meeting m;
  meeting_open(&m, linger, end_program_span);
  pthread_barrier_wait(&m.barrier);
  cspan_tracer_provider_free(m.f.provider);
  atomic_store(&is_gone, true);
  pthread_join(m.thread, NULL);
  assert_int_equal(atomic_load(&m.d.ended), 1);
  pthread_barrier_destroy(&m.barrier);
}

/* In a forked child the thread that was ending a span does not exist, and nothing waits for it. */
static int free_in_child(void *arg) {
  span_fixture *f = arg;
  cspan_span_end(cspan_span_start(f->tracer, NULL, "child", NULL));
  cspan_tracer_provider_free(f->provider);
  return 1;
}

static void test_fork_meanwhile(void **state) {
  (void)state;
  meeting m;
  meeting_open(&m, meet, end_program_span);
  pthread_barrier_wait(&m.barrier);
  m.d.action = NULL; /* for the child's own span */
  assert_int_equal(run_forked(free_in_child, &m.f), 1);
  pthread_barrier_wait(&m.barrier);
  pthread_join(m.thread, NULL);
  assert_int_equal(cspan_span_list_count(fixture_spans(&m.f)), 1);
  fixture_close(&m.f);
  pthread_barrier_destroy(&m.barrier);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_span_can_be_changed),
      cmocka_unit_test(test_handle_after_the_end),
      cmocka_unit_test(test_spans_that_record_nothing),
      cmocka_unit_test(test_other_threads_are_shut_out),
      cmocka_unit_test(test_two_threads_end_it),
      cmocka_unit_test(test_provider_goes_meanwhile),
      cmocka_unit_test(test_fork_meanwhile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
