/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "unit/viewer/trace_builder.h"
#include "viewer/assemble.h"

#define S(seconds) ((int64_t)(seconds)*1000000000)

/* A small span of the trace `trace`, added at `now`. */
static cspan_status add(cspan_assembler *assembler, uint8_t trace, uint8_t id, uint8_t parent,
                        int64_t now) {
  trace_builder b;
  builder_init(&b);
  memset(b.record.trace_id, trace, 16);
  cspan_span_view *view = builder_add(&b, id, parent, "span", CSPAN_SPAN_CLIENT, id, id + 1);
  return cspan_assembler_add(assembler, view, now);
}

static cspan_assembler *make(const cspan_assembler_options *options) {
  cspan_assembler *assembler = cspan_assembler_create(options);
  assert_non_null(assembler);
  return assembler;
}

/* Takes the next trace, which must be `trace` with `count` spans. */
static void assert_take(cspan_assembler *assembler, int64_t now, bool flush, uint8_t trace,
                        size_t count) {
  cspan_trace_record *record = cspan_assembler_take(assembler, now, flush);
  assert_non_null(record);
  assert_int_equal(record->trace_id[0], trace);
  assert_int_equal(record->span_count, count);
  cspan_trace_record_free(record);
}

static void test_finished_after_quiet_time(void **state) {
  (void)state;
  cspan_assembler *a = make(NULL);
  assert_int_equal(add(a, 1, 2, 1, S(100)), CSPAN_OK);
  assert_int_equal(add(a, 1, 1, 0, S(101)), CSPAN_OK); /* the root */
  assert_null(cspan_assembler_take(a, S(101), false));
  assert_int_equal(add(a, 1, 3, 1, S(101) + 900000000), CSPAN_OK); /* late: starts anew */
  assert_null(cspan_assembler_take(a, S(102) + 800000000, false));
  assert_take(a, S(102) + 900000000, false, 1, 3);
  assert_null(cspan_assembler_take(a, S(1000), true));
  cspan_assembler_free(a);
}

static void test_without_root_waits_longer(void **state) {
  (void)state;
  cspan_assembler_options options = {.quiet_ns = S(2), .rootless_quiet_ns = S(10)};
  cspan_assembler *a = make(&options);
  add(a, 1, 2, 1, S(0)); /* no root */
  add(a, 2, 1, 0, S(1)); /* root */
  assert_null(cspan_assembler_take(a, S(2), false));
  assert_take(a, S(3), false, 2, 1); /* later than the other, but finished */
  assert_null(cspan_assembler_take(a, S(9), false));
  assert_take(a, S(10), false, 1, 1);
  cspan_assembler_free(a);
}

static void test_flush_gives_all_oldest_first(void **state) {
  (void)state;
  cspan_assembler *a = make(NULL);
  add(a, 7, 1, 0, 0);
  add(a, 5, 1, 0, 0);
  add(a, 9, 2, 1, 0);
  add(a, 7, 2, 1, 0);
  assert_take(a, 0, true, 7, 2);
  assert_take(a, 0, true, 5, 1);
  assert_take(a, 0, true, 9, 1);
  assert_null(cspan_assembler_take(a, 0, true));
  cspan_assembler_free(a);
}

static void test_traces_over_the_cap(void **state) {
  (void)state;
  cspan_assembler_options options = {.max_traces = 2};
  cspan_assembler *a = make(&options);
  cspan_assembler_stats stats;
  add(a, 1, 1, 0, 0);
  add(a, 1, 2, 1, 0);
  add(a, 2, 1, 0, 0);
  assert_int_equal(add(a, 3, 1, 0, 0), CSPAN_OK); /* 1 goes */
  cspan_assembler_stats_get(a, &stats);
  assert_int_equal(stats.spans, 4);
  assert_int_equal(stats.spans_dropped, 2);
  assert_int_equal(stats.traces_dropped, 1);
  assert_int_equal(stats.traces_held, 2);
  assert_int_equal(stats.spans_held, 2);
  assert_take(a, 0, true, 2, 1);
  assert_take(a, 0, true, 3, 1);
  cspan_assembler_stats_get(a, &stats);
  assert_int_equal(stats.traces_held, 0);
  assert_int_equal(stats.spans_held, 0);
  cspan_assembler_free(a);
}

static void test_spans_over_the_cap(void **state) {
  (void)state;
  cspan_assembler_options options = {.max_spans = 3};
  cspan_assembler *a = make(&options);
  cspan_assembler_stats stats;
  add(a, 1, 1, 0, 0);
  add(a, 2, 1, 0, 0);
  add(a, 1, 2, 1, 0);
  /* a fourth span of the oldest trace: the others go, not itself */
  assert_int_equal(add(a, 1, 3, 1, 0), CSPAN_OK);
  cspan_assembler_stats_get(a, &stats);
  assert_int_equal(stats.traces_dropped, 1);
  /* alone at the cap: the span goes */
  assert_int_equal(add(a, 1, 4, 1, 0), CSPAN_ERR_LIMIT);
  cspan_trace_record *record = cspan_assembler_take(a, 0, true);
  assert_int_equal(record->trace_id[0], 1);
  assert_int_equal(record->span_count, 3);
  assert_int_equal(record->dropped_spans, 1);
  cspan_trace_record_free(record);
  cspan_assembler_free(a);
}

static void test_spans_of_one_trace_over_the_cap(void **state) {
  (void)state;
  cspan_assembler_options options = {.max_spans_per_trace = 2};
  cspan_assembler *a = make(&options);
  add(a, 2, 1, 0, 0);
  for (uint8_t id = 1; id <= 5; id++) {
    assert_int_equal(add(a, 1, id, 0, 0), id <= 2 ? CSPAN_OK : CSPAN_ERR_LIMIT);
  }
  assert_take(a, 0, true, 2, 1); /* the other trace is untouched */
  cspan_trace_record *record = cspan_assembler_take(a, 0, true);
  assert_int_equal(record->span_count, 2);
  assert_int_equal(record->dropped_spans, 3);
  cspan_trace_record_free(record);
  cspan_assembler_free(a);
}

static void test_bytes_over_the_cap(void **state) {
  (void)state;
  cspan_assembler_options options = {.max_bytes = 100000};
  cspan_assembler *a = make(&options);
  cspan_assembler_stats stats;
  trace_builder b;
  builder_init(&b);
  char *text = malloc(60001);
  memset(text, 'x', 60000);
  text[60000] = '\0';
  cspan_span_view *view = builder_add(&b, 1, 0, text, CSPAN_SPAN_CLIENT, 0, 1);
  assert_int_equal(cspan_assembler_add(a, view, 0), CSPAN_OK);
  b.views[0].trace_id[0] = 0xee; /* another trace, for which the first has to go */
  assert_int_equal(cspan_assembler_add(a, view, 0), CSPAN_OK);
  cspan_assembler_stats_get(a, &stats);
  assert_int_equal(stats.traces_dropped, 1);
  assert_int_equal(stats.traces_held, 1);
  view->status_message = text; /* larger than the cap alone: nothing goes for it */
  view->trace_id[0] = 0xdd;
  assert_int_equal(cspan_assembler_add(a, view, 0), CSPAN_ERR_LIMIT);
  assert_take(a, 0, true, 0xee, 1);
  free(text);
  cspan_assembler_free(a);
}

static void assert_copy(const cspan_span_view *copy) {
  assert_string_equal(copy->name, "name");
  assert_string_equal(copy->status_message, "value");
  assert_string_equal(copy->trace_state, "key");
  assert_int_equal(copy->dropped_links, 4);
  assert_string_equal(copy->events[0].name, "name");
  assert_int_equal(copy->events[0].time_unix_ns, 17);
  assert_int_equal(copy->events[0].dropped_attributes, 3);
  assert_string_equal(copy->links[0].context.trace_state, "key");
  assert_int_equal(copy->links[0].context.span_id[0], 9);
  const cspan_attr *sets[] = {copy->attributes, copy->events[0].attributes,
                              copy->links[0].attributes};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(sets[i][0].key, "key");
    assert_string_equal(sets[i][0].value.string, "value");
    assert_string_equal(sets[i][1].value.strings[0], "element");
    assert_string_equal(sets[i][1].value.strings[1], "b");
    assert_true(sets[i][2].value.booleans[0]);
    assert_true(sets[i][3].value.int64s[1] == INT64_MIN);
    assert_true(sets[i][4].value.numbers[0] == 0.5);
  }
}

/* Everything is copied: what the view pointed at may go. */
static void test_deep_copy(void **state) {
  (void)state;
  char name[] = "name";
  char key[] = "key";
  char value[] = "value";
  char element[] = "element";
  const char *elements[] = {element, "b"};
  bool flags[] = {true, false};
  int64_t numbers[] = {1, INT64_MIN};
  double reals[] = {0.5};
  cspan_attr attrs[] = {TEXT(key, "?"),
                        {key, CSPAN_ATTR_STRING_ARRAY, 0, {.strings = elements}, 2},
                        {key, CSPAN_ATTR_BOOL_ARRAY, 0, {.booleans = flags}, 2},
                        {key, CSPAN_ATTR_INT64_ARRAY, 0, {.int64s = numbers}, 2},
                        {key, CSPAN_ATTR_DOUBLE_ARRAY, 0, {.numbers = reals}, 1}};
  attrs[0].value.string = value;
  attrs[0].count = 5;
  cspan_event_view event = {name, 17, attrs, 5, 3};
  cspan_link link = {.attributes = attrs, .attribute_count = 5};
  link.context.trace_state = key;
  link.context.span_id[0] = 9;
  trace_builder b;
  builder_init(&b);
  cspan_span_view *view = builder_add(&b, 1, 0, name, CSPAN_SPAN_SERVER, 0, 1);
  view->attributes = attrs;
  view->attribute_count = 5;
  view->events = &event;
  view->event_count = 1;
  view->links = &link;
  view->link_count = 1;
  view->status_message = value;
  view->trace_state = key;
  view->dropped_links = 4;
  cspan_assembler *a = make(NULL);
  assert_int_equal(cspan_assembler_add(a, view, 0), CSPAN_OK);
  memset(view, 0xff, sizeof *view);
  memset(name, 'X', 4);
  memset(key, 'X', 3);
  memset(value, 'X', 5);
  memset(element, 'X', 7);
  memset(attrs, 0xff, sizeof attrs);
  memset(&event, 0xff, sizeof event);
  memset(&link, 0xff, sizeof link);
  memset(numbers, 0xff, sizeof numbers);
  reals[0] = 9;
  flags[0] = false;

  cspan_trace_record *record = cspan_assembler_take(a, 0, true);
  assert_copy(record->spans[0]);
  cspan_trace_record_free(record);
  cspan_assembler_free(a);
}

/* Spans of one process share one copy of its resource; others get their own. */
static void test_resources(void **state) {
  (void)state;
  static const cspan_attr other[] = {TEXT("service.name", "other")};
  trace_builder b;
  build_upload(&b);
  b.views[6].resource = other;
  b.views[6].resource_count = 1;
  cspan_assembler *a = make(NULL);
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(cspan_assembler_add(a, &b.views[i], 0), CSPAN_OK);
  }
  cspan_trace_record *record = cspan_assembler_take(a, 0, true);
  assert_ptr_equal(record->spans[0]->resource, record->spans[5]->resource);
  assert_ptr_not_equal(record->spans[0]->resource, builder_resource);
  assert_int_equal(record->spans[6]->resource_count, 1);
  assert_string_equal(record->spans[6]->resource[0].value.string, "other");
  cspan_trace_record_free(record);
  cspan_assembler_free(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finished_after_quiet_time),
      cmocka_unit_test(test_without_root_waits_longer),
      cmocka_unit_test(test_flush_gives_all_oldest_first),
      cmocka_unit_test(test_traces_over_the_cap),
      cmocka_unit_test(test_spans_over_the_cap),
      cmocka_unit_test(test_spans_of_one_trace_over_the_cap),
      cmocka_unit_test(test_bytes_over_the_cap),
      cmocka_unit_test(test_deep_copy),
      cmocka_unit_test(test_resources),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
