/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/span_fixture.h"

#include <pthread.h>
#include <stdio.h>

static const cspan_span no_span;

static bool is_zero(const void *bytes, size_t len) {
  const uint8_t *b = bytes;
  for (size_t i = 0; i < len; i++) {
    if (b[i] != 0) {
      return false;
    }
  }
  return true;
}

static void test_fields_of_a_root(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span_options options = {.kind = CSPAN_SPAN_CLIENT, .start_time_unix_ns = 1000};
  cspan_span span = cspan_span_start(f.tracer, NULL, "S3.GetObject", &options);
  cspan_span_context context;
  assert_true(cspan_span_is_recording(span));
  assert_true(cspan_span_get_context(span, &context));
  assert_true(cspan_span_context_is_valid(&context));
  assert_int_equal(context.trace_flags, CSPAN_TRACE_FLAG_SAMPLED | CSPAN_TRACE_FLAG_RANDOM);
  assert_false(context.is_remote);
  assert_null(context.trace_state);
  cspan_span_end_at(span, 5000);
  const cspan_span_view *view = fixture_one(&f);
  assert_string_equal(view->name, "S3.GetObject");
  assert_string_equal(view->scope_name, "scope");
  assert_string_equal(view->scope_version, "1.2");
  assert_memory_equal(view->trace_id, context.trace_id, 16);
  assert_memory_equal(view->span_id, context.span_id, 8);
  assert_true(is_zero(view->parent_span_id, 8));
  assert_int_equal(view->kind, CSPAN_SPAN_CLIENT);
  assert_int_equal(view->start_time_unix_ns, 1000);
  assert_int_equal(view->end_time_unix_ns, 5000);
  assert_int_equal(view->status, CSPAN_SPAN_UNSET);
  assert_int_equal(view->flags, 0x103);
  assert_attr_string(view->resource, view->resource_count, "service.name", "test");
  fixture_close(&f);
}

static void test_kinds(void **state) {
  (void)state;
  static const struct {
    int given;
    cspan_span_kind kept;
  } rows[] = {
      {CSPAN_SPAN_INTERNAL, CSPAN_SPAN_INTERNAL}, {CSPAN_SPAN_SERVER, CSPAN_SPAN_SERVER},
      {CSPAN_SPAN_CLIENT, CSPAN_SPAN_CLIENT},     {CSPAN_SPAN_PRODUCER, CSPAN_SPAN_PRODUCER},
      {CSPAN_SPAN_CONSUMER, CSPAN_SPAN_CONSUMER}, {77, CSPAN_SPAN_INTERNAL}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    cspan_span_options options = {.kind = (cspan_span_kind)rows[i].given};
    cspan_span_end(cspan_span_start(f.tracer, NULL, "k", &options));
    assert_int_equal(fixture_one(&f)->kind, rows[i].kept);
    fixture_close(&f);
  }
}

static void test_clock_is_read_where_no_time_is_given(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "now", NULL);
  cspan_span_add_event(span, "e", 0, NULL, 0);
  cspan_span_add_event(span, "explicit", 7, NULL, 0);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_true(view->start_time_unix_ns > INT64_C(1600000000000000000));
  assert_true(view->end_time_unix_ns >= view->start_time_unix_ns);
  assert_true(view->events[0].time_unix_ns >= view->start_time_unix_ns);
  assert_int_equal(view->events[1].time_unix_ns, 7);
  fixture_close(&f);
}

static void test_end_never_before_start(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span_options options = {.start_time_unix_ns = INT64_C(8000000000000000000)};
  cspan_span_end(cspan_span_start(f.tracer, NULL, "future", &options));
  assert_true(fixture_one(&f)->end_time_unix_ns == INT64_C(8000000000000000000));
  fixture_close(&f);
}

/* Ok is final, Unset is ignored, a description is only for Error. */
static void test_status_rules(void **state) {
  (void)state;
  enum { U = CSPAN_SPAN_UNSET, O = CSPAN_SPAN_OK, E = CSPAN_SPAN_ERROR };
  static const struct {
    struct {
      int status;
      const char *description;
    } steps[3];
    int count;
    int expected;
    const char *message;
  } rows[] = {
      {{{U, "x"}}, 1, U, ""},
      {{{O, "dropped"}}, 1, O, ""},
      {{{E, "broken"}}, 1, E, "broken"},
      {{{E, NULL}}, 1, E, ""},
      {{{E, "first"}, {E, "second, longer"}}, 2, E, "second, longer"},
      {{{E, "first"}, {E, "other"}}, 2, E, "other"},
      {{{E, "first"}, {U, "x"}}, 2, E, "first"},
      {{{E, "first"}, {O, "x"}}, 2, O, ""},
      {{{O, NULL}, {E, "late"}}, 2, O, ""},
      {{{O, NULL}, {U, NULL}, {E, "late"}}, 3, O, ""},
      {{{9, "bad"}}, 1, U, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
    cspan_span_set_string(span, "before", "1");
    for (int j = 0; j < rows[i].count; j++) {
      cspan_span_set_status(span, (cspan_span_status)rows[i].steps[j].status,
                            rows[i].steps[j].description);
      cspan_span_set_int64(span, "step", j);
    }
    cspan_span_end(span);
    const cspan_span_view *view = fixture_one(&f);
    assert_int_equal(view->status, rows[i].expected);
    assert_string_equal(view->status_message != NULL ? view->status_message : "", rows[i].message);
    assert_int_equal(view->attribute_count, 2);
    fixture_close(&f);
  }
}

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *given;
    const char *updated;
    const char *kept;
  } rows[] = {{"a", NULL, "a"},
              {NULL, NULL, ""},
              {"a", "b", "b"},
              {"a", "much longer than the first", "much longer than the first"},
              {"much longer than the second", "s", "s"},
              {"bad\xff"
               "byte",
               NULL,
               "bad\xEF\xBF\xBD"
               "byte"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    cspan_span span = cspan_span_start(f.tracer, NULL, rows[i].given, NULL);
    cspan_span_set_string(span, "k", "v");
    cspan_span_update_name(span, rows[i].updated);
    cspan_span_set_string(span, "k", "w");
    cspan_span_end(span);
    const cspan_span_view *view = fixture_one(&f);
    assert_string_equal(view->name, rows[i].kept);
    assert_attr_string(view->attributes, view->attribute_count, "k", "w");
    fixture_close(&f);
  }
}

static void test_long_name_is_cut_at_a_character(void **state) {
  (void)state;
  static char name[20001];
  span_fixture f;
  fixture_open(&f, NULL);
  memset(name, 'n', 20000);
  memcpy(name + 16382, "\xE2\x82\xAC", 3); /* over the limit of 16,384 */
  cspan_span_end(cspan_span_start(f.tracer, NULL, name, NULL));
  assert_int_equal(strlen(fixture_one(&f)->name), 16382);
  fixture_close(&f);
}

static void test_exception(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  const cspan_attr extra[] = {cspan_attr_string("exception.message", "replaced"),
                              cspan_attr_string("exception.stacktrace", "at put_object"),
                              cspan_attr_int64("attempt", 3)};
  cspan_span_record_exception(span, "NoSuchKey", "no such key", extra, 3);
  cspan_span_record_exception(span, "Timeout", NULL, NULL, 0);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->event_count, 2);
  assert_int_equal(view->status, CSPAN_SPAN_UNSET);
  const cspan_event_view *event = &view->events[0];
  assert_string_equal(event->name, "exception");
  assert_int_equal(event->attribute_count, 4);
  assert_attr_string(event->attributes, 4, "exception.type", "NoSuchKey");
  assert_attr_string(event->attributes, 4, "exception.message", "replaced");
  assert_attr_string(event->attributes, 4, "exception.stacktrace", "at put_object");
  assert_attr_int64(event->attributes, 4, "attempt", 3);
  assert_int_equal(view->events[1].attribute_count, 1);
  fixture_close(&f);
}

static void test_links(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  const cspan_attr why = cspan_attr_string("why", "batch");
  cspan_link links[] = {
      {.context = {.trace_id = {1}, .span_id = {2}, .trace_flags = 1, .trace_state = "a=b"},
       .attributes = &why,
       .attribute_count = 1},
      {.context = {.is_remote = false}}, /* nowhere and nothing said: not kept */
      {.context = {.trace_id = {3}, .span_id = {4}, .is_remote = true}}};
  cspan_span_options options = {.links = links, .link_count = 2};
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", &options);
  cspan_span_add_link(span, &links[2]);
  cspan_span_add_link(span, NULL);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->link_count, 2);
  assert_memory_equal(view->links[0].context.trace_id, links[0].context.trace_id, 16);
  assert_memory_equal(view->links[0].context.span_id, links[0].context.span_id, 8);
  assert_string_equal(view->links[0].context.trace_state, "a=b");
  assert_int_equal(view->links[0].context.trace_flags, 1);
  assert_attr_string(view->links[0].attributes, view->links[0].attribute_count, "why", "batch");
  assert_false(view->links[0].context.is_remote);
  assert_true(view->links[1].context.is_remote);
  fixture_close(&f);
}

/* ----------------------------------------------------------------- parenting */

typedef enum parent_choice { FROM_NOTHING, FROM_CURRENT, FROM_CONTEXT, FROM_STALE } parent_choice;

static void test_parents(void **state) {
  (void)state;
  static const struct {
    bool with_current;
    parent_choice context; /* what the context's span is */
    bool root;
    parent_choice expected;
  } rows[] = {
      {false, FROM_NOTHING, false, FROM_NOTHING}, {true, FROM_NOTHING, false, FROM_CURRENT},
      {true, FROM_CONTEXT, false, FROM_CONTEXT},  {false, FROM_CONTEXT, false, FROM_CONTEXT},
      {true, FROM_CONTEXT, true, FROM_NOTHING},   {true, FROM_NOTHING, true, FROM_NOTHING},
      {true, FROM_STALE, false, FROM_STALE}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    cspan_span current = cspan_span_start(f.tracer, NULL, "current", NULL);
    cspan_span given = cspan_span_start(f.tracer, NULL, "given", NULL);
    cspan_span stale = cspan_span_start(f.tracer, NULL, "stale", NULL);
    cspan_span_end(stale);
    cspan_span_make_current(rows[i].with_current ? current : no_span);
    cspan_context context =
        cspan_context_with_span(NULL, rows[i].context == FROM_CONTEXT ? given
                                      : rows[i].context == FROM_STALE ? stale
                                                                      : no_span);
    cspan_span_options options = {.root = rows[i].root};
    cspan_span child = cspan_span_start(f.tracer, &context, "child", &options);
    cspan_span_make_current(no_span);
    cspan_span_context expected = {.is_remote = false};
    cspan_span_get_context(rows[i].expected == FROM_CURRENT   ? current
                           : rows[i].expected == FROM_CONTEXT ? given
                           : rows[i].expected == FROM_STALE   ? stale
                                                              : no_span,
                           &expected);
    cspan_span_end(child);
    cspan_span_end(given);
    cspan_span_end(current);
    const cspan_span_view *view = fixture_find(&f, "child");
    assert_memory_equal(view->parent_span_id, expected.span_id, 8);
    if (rows[i].expected != FROM_NOTHING) {
      assert_memory_equal(view->trace_id, expected.trace_id, 16);
    }
    fixture_close(&f);
  }
}

static void test_current_span_nests(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  assert_true(is_zero(&(cspan_span){cspan_span_current().slot, 0}, sizeof(cspan_span)));
  cspan_span outer = cspan_span_start(f.tracer, NULL, "outer", NULL);
  cspan_span before = cspan_span_make_current(outer);
  assert_null(before.slot);
  assert_ptr_equal(cspan_span_current().slot, outer.slot);
  assert_ptr_equal(cspan_context_current().span.slot, outer.slot);
  cspan_span inner = cspan_span_start(f.tracer, NULL, "inner", NULL);
  cspan_span between = cspan_span_make_current(inner);
  assert_ptr_equal(between.slot, outer.slot);
  cspan_span_end(inner);
  cspan_span_make_current(between);
  cspan_span_end(outer);
  /* An ended span that stayed current is still a parent. */
  cspan_span_end(cspan_span_start(f.tracer, NULL, "after", NULL));
  cspan_span_make_current(before);
  cspan_span_context ids;
  assert_true(cspan_span_get_context(outer, &ids));
  const cspan_span_view *after = fixture_find(&f, "after");
  assert_memory_equal(after->parent_span_id, ids.span_id, 8);
  fixture_close(&f);
}

static void test_context_keeps_the_rest(void **state) {
  (void)state;
  cspan_context parent = {.deadline_ns = 42};
  cspan_span span = {.slot = &parent, .generation = 6};
  cspan_context context = cspan_context_with_span(&parent, span);
  assert_int_equal(context.deadline_ns, 42);
  assert_ptr_equal(context.span.slot, &parent);
  assert_null(parent.span.slot);
}

typedef struct worker_job {
  span_fixture *f;
  const cspan_context *context;
  const char *name;
} worker_job;

static void *make_span_on_thread(void *arg) {
  const worker_job *job = arg;
  cspan_span_end(cspan_span_start(job->f->tracer, job->context, job->name, NULL));
  return NULL;
}

static void test_worker_has_a_parent_by_context_only(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span parent = cspan_span_start(f.tracer, NULL, "parent", NULL);
  cspan_span_make_current(parent);
  cspan_context context = cspan_context_current();
  worker_job jobs[] = {{&f, NULL, "by luck"}, {&f, &context, "by context"}};
  for (size_t i = 0; i < 2; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, make_span_on_thread, &jobs[i]), 0);
    pthread_join(thread, NULL);
  }
  cspan_span_make_current(no_span);
  cspan_span_context ids;
  cspan_span_get_context(parent, &ids);
  cspan_span_end(parent);
  assert_true(is_zero(fixture_find(&f, "by luck")->parent_span_id, 8));
  assert_memory_equal(fixture_find(&f, "by context")->parent_span_id, ids.span_id, 8);
  fixture_close(&f);
}

static void test_remote_parent(void **state) {
  (void)state;
  static const struct {
    uint8_t flags;
    const char *trace_state;
    bool sampled;
    uint32_t flags_out;
  } rows[] = {{1, "vendor=1", true, 0x301},
              {3, NULL, true, 0x303},
              {0, "vendor=1", false, 0},
              {2, NULL, false, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    cspan_span_context remote = {.trace_id = {9, 8, 7},
                                 .span_id = {6, 5},
                                 .trace_flags = rows[i].flags,
                                 .is_remote = true,
                                 .trace_state = rows[i].trace_state};
    cspan_span carrier = cspan_span_from_context(&remote);
    assert_non_null(carrier.slot);
    assert_false(cspan_span_is_recording(carrier));
    cspan_context context = cspan_context_with_span(NULL, carrier);
    cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
    cspan_span_end(carrier);
    assert_int_equal(cspan_span_is_recording(child), rows[i].sampled);
    cspan_span_context ids;
    assert_true(cspan_span_get_context(child, &ids));
    assert_memory_equal(ids.trace_id, remote.trace_id, 16);
    assert_memory_not_equal(ids.span_id, remote.span_id, 8);
    assert_false(ids.is_remote);
    assert_int_equal(ids.trace_flags, rows[i].flags);
    if (rows[i].trace_state != NULL) {
      assert_string_equal(ids.trace_state, rows[i].trace_state);
    } else {
      assert_null(ids.trace_state);
    }
    cspan_span_end(child);
    if (rows[i].sampled) {
      const cspan_span_view *view = fixture_one(&f);
      assert_int_equal(view->flags, rows[i].flags_out);
      assert_memory_equal(view->parent_span_id, remote.span_id, 8);
      assert_string_equal(view->trace_state != NULL ? view->trace_state : "",
                          rows[i].trace_state != NULL ? rows[i].trace_state : "");
    } else {
      assert_int_equal(cspan_span_list_count(fixture_spans(&f)), 0);
    }
    fixture_close(&f);
  }
}

static void test_contexts_that_are_not_carried(void **state) {
  (void)state;
  char long_state[600];
  memset(long_state, 'a', sizeof long_state);
  long_state[sizeof long_state - 1] = '\0';
  cspan_span_context no_trace = {.span_id = {1}};
  cspan_span_context no_id = {.trace_id = {1}};
  assert_null(cspan_span_from_context(&no_trace).slot);
  assert_null(cspan_span_from_context(&no_id).slot);
  assert_null(cspan_span_from_context(NULL).slot);
  const char *states[] = {long_state, "bad=\xff"};
  for (size_t i = 0; i < 2; i++) {
    cspan_span_context context = {.trace_id = {1}, .span_id = {1}, .trace_state = states[i]};
    cspan_span span = cspan_span_from_context(&context);
    cspan_span_context out;
    assert_true(cspan_span_get_context(span, &out));
    assert_null(out.trace_state);
    cspan_span_end(span);
  }
}

/* -------------------------------------------------------------- stale handles */

/* Everything that can be done to a span. */
static void use_in_every_way(cspan_span span) {
  const bool booleans[] = {true};
  const cspan_attr attr = cspan_attr_bools("stale.bools", booleans, 1);
  const cspan_link link = {.context = {.trace_id = {1}, .span_id = {1}}};
  cspan_span_set(span, attr);
  cspan_span_set_string(span, "stale.string", "x");
  cspan_span_set_bool(span, "stale.bool", true);
  cspan_span_set_int64(span, "stale.int", 1);
  cspan_span_set_double(span, "stale.double", 1);
  cspan_span_add_event(span, "stale", 0, &attr, 1);
  cspan_span_add_link(span, &link);
  cspan_span_record_exception(span, "stale", "stale", NULL, 0);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "stale");
  cspan_span_update_name(span, "stale");
  assert_false(cspan_span_is_recording(span));
  cspan_span_end(span);
  cspan_span_end_at(span, 1);
}

static void test_stale_handles_do_nothing(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  use_in_every_way(no_span);
  cspan_span first = cspan_span_start(f.tracer, NULL, "first", NULL);
  cspan_span_end(first);
  use_in_every_way(first);
  cspan_span second = cspan_span_start(f.tracer, NULL, "second", NULL);
  assert_ptr_equal(first.slot, second.slot); /* the slot is used again */
  use_in_every_way(first);
  cspan_span_end(second);
  cspan_span carrier =
      cspan_span_from_context(&(cspan_span_context){.trace_id = {1}, .span_id = {1}});
  assert_ptr_equal(first.slot, carrier.slot);
  use_in_every_way(first);
  use_in_every_way(second);
  assert_true(cspan_span_get_context(carrier, NULL));
  cspan_span_end(carrier);
  assert_int_equal(cspan_span_list_count(fixture_spans(&f)), 2);
  const cspan_span_view *view = fixture_find(&f, "second");
  assert_int_equal(view->attribute_count, 0);
  assert_int_equal(view->event_count, 0);
  assert_int_equal(view->link_count, 0);
  assert_int_equal(view->status, CSPAN_SPAN_UNSET);
  fixture_close(&f);
}

static void test_spans_of_a_freed_provider(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span open = cspan_span_start(f.tracer, NULL, "open", NULL);
  fixture_close(&f);
  use_in_every_way(open);
}

static void test_no_tracer(void **state) {
  (void)state;
  assert_null(cspan_span_start(NULL, NULL, "s", NULL).slot);
  assert_null(cspan_tracer_get(NULL, "no global provider", NULL, NULL));
}

/* -------------------------------------------------------------------- threads */

enum { THREADS = 4, SPANS_EACH = 400 };

static void *make_many(void *arg) {
  span_fixture *f = arg;
  for (int i = 0; i < SPANS_EACH; i++) {
    cspan_span span = cspan_span_start(f->tracer, NULL, "many", NULL);
    cspan_span_set_int64(span, "i", i);
    cspan_span_end(span);
    cspan_span_set_int64(span, "i", -1);
  }
  return NULL;
}

static void test_many_threads(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, make_many, &f), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  const cspan_span_list *list = fixture_spans(&f);
  assert_int_equal(cspan_span_list_count(list), THREADS * SPANS_EACH);
  int64_t sum = 0;
  for (size_t i = 0; i < THREADS * SPANS_EACH; i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    assert_int_equal(view->attribute_count, 1);
    sum += view->attributes[0].value.int64;
  }
  assert_int_equal(sum, THREADS * (SPANS_EACH - 1) * SPANS_EACH / 2);
  fixture_close(&f);
}

static cspan_span shared;

static void *write_shared(void *arg) {
  char key[16];
  int thread = *(int *)arg;
  for (int i = 0; i < 100; i++) {
    snprintf(key, sizeof key, "t%d.%d", thread, i % 25);
    cspan_span_set_int64(shared, key, i);
    cspan_span_set_status(shared, CSPAN_SPAN_ERROR, key);
    cspan_span_context context;
    cspan_span_get_context(shared, &context);
  }
  cspan_span_end(shared);
  return NULL;
}

static void test_one_span_of_many_threads(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  pthread_t threads[THREADS];
  int numbers[THREADS];
  shared = cspan_span_start(f.tracer, NULL, "shared", NULL);
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, write_shared, &numbers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  const cspan_span_view *view = fixture_one(&f); /* ended once */
  assert_in_range(view->attribute_count, 25, 100);
  assert_int_equal(view->status, CSPAN_SPAN_ERROR);
  fixture_close(&f);
}

static void test_more_open_spans_than_a_chunk(void **state) {
  (void)state;
  enum { OPEN = 300 };
  static cspan_span spans[OPEN];
  span_fixture f;
  fixture_open(&f, NULL);
  for (int i = 0; i < OPEN; i++) {
    spans[i] = cspan_span_start(f.tracer, NULL, "open", NULL);
    cspan_span_set_int64(spans[i], "i", i);
  }
  for (int i = 0; i < OPEN; i++) {
    cspan_span_end(spans[i]);
  }
  const cspan_span_list *list = fixture_spans(&f);
  assert_int_equal(cspan_span_list_count(list), OPEN);
  for (int i = 0; i < OPEN; i++) {
    const cspan_span_view *view = cspan_span_list_at(list, (size_t)i);
    assert_attr_int64(view->attributes, view->attribute_count, "i", i);
  }
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields_of_a_root),
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_clock_is_read_where_no_time_is_given),
      cmocka_unit_test(test_end_never_before_start),
      cmocka_unit_test(test_status_rules),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_long_name_is_cut_at_a_character),
      cmocka_unit_test(test_exception),
      cmocka_unit_test(test_links),
      cmocka_unit_test(test_parents),
      cmocka_unit_test(test_current_span_nests),
      cmocka_unit_test(test_context_keeps_the_rest),
      cmocka_unit_test(test_worker_has_a_parent_by_context_only),
      cmocka_unit_test(test_remote_parent),
      cmocka_unit_test(test_contexts_that_are_not_carried),
      cmocka_unit_test(test_stale_handles_do_nothing),
      cmocka_unit_test(test_spans_of_a_freed_provider),
      cmocka_unit_test(test_no_tracer),
      cmocka_unit_test(test_many_threads),
      cmocka_unit_test(test_one_span_of_many_threads),
      cmocka_unit_test(test_more_open_spans_than_a_chunk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
