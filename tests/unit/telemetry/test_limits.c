/* SPDX-License-Identifier: Apache-2.0 */
/* Span limits: where they come from, and what is kept under them. */
#include "unit/telemetry/span_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const variables[] = {
    "OTEL_ATTRIBUTE_COUNT_LIMIT",       "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",  "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",      "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"};

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)level;
  (void)message;
  ++*(int *)user;
}

static void clear_variables(void) {
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
}

/* ------------------------------------------------------ where limits come from */

typedef struct source_row {
  const char *environment[3][2];
  cspan_span_limits given;
  /* attributes, values, events, links, event attributes, link attributes */
  uint32_t expected[6];
  int warnings;
} source_row;

#define ALL UINT32_MAX

static const source_row source_rows[] = {
    {{{NULL}}, {0}, {128, ALL, 128, 128, 128, 128}, 0},
    {{{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "7"}}, {0}, {7, ALL, 128, 128, 128, 128}, 0},
    {{{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40"}}, {0}, {128, 40, 128, 128, 128, 128}, 0},
    {{{"OTEL_SPAN_EVENT_COUNT_LIMIT", "6"}, {"OTEL_SPAN_LINK_COUNT_LIMIT", "5"}},
     {0},
     {128, ALL, 6, 5, 128, 128},
     0},
    {{{"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "4"}, {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "3"}},
     {0},
     {128, ALL, 128, 128, 4, 3},
     0},
    /* Those of all signals stand in for those of spans. */
    {{{"OTEL_ATTRIBUTE_COUNT_LIMIT", "9"}, {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50"}},
     {0},
     {9, 50, 128, 128, 9, 9},
     0},
    {{{"OTEL_ATTRIBUTE_COUNT_LIMIT", "9"}, {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "200"}},
     {0},
     {200, ALL, 128, 128, 9, 9},
     0},
    /* Nothing is kept. */
    {{{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0"}, {"OTEL_SPAN_EVENT_COUNT_LIMIT", "0"}},
     {0},
     {0, ALL, 0, 128, 128, 128},
     0},
    /* What is not a number is as if it were not set. */
    {{{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"}, {"OTEL_SPAN_LINK_COUNT_LIMIT", "-1"}},
     {0},
     {128, ALL, 128, 128, 128, 128},
     2},
    {{{"OTEL_ATTRIBUTE_COUNT_LIMIT", "9"}, {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", ""}},
     {0},
     {9, ALL, 128, 128, 9, 9},
     0},
    /* Options win. */
    {{{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "7"}, {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50"}},
     {.attribute_count = 11,
      .attribute_value_length = 12,
      .event_count = 13,
      .link_count = 14,
      .event_attribute_count = 15,
      .link_attribute_count = 16},
     {11, 12, 13, 14, 15, 16},
     0},
    {{{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "7"}, {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7"}},
     {.attribute_count = CSPAN_LIMIT_UNLIMITED, .attribute_value_length = CSPAN_LIMIT_UNLIMITED},
     {ALL, ALL, 128, 128, 128, 128},
     0},
    {{{NULL}},
     {.attribute_count = CSPAN_LIMIT_NOTHING, .link_count = CSPAN_LIMIT_NOTHING},
     {0, ALL, 128, 0, 128, 128},
     0}};

static void test_sources(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof source_rows / sizeof source_rows[0]; i++) {
    const source_row *row = &source_rows[i];
    int warnings = 0;
    clear_variables();
    for (size_t v = 0; v < 3 && row->environment[v][0] != NULL; v++) {
      setenv(row->environment[v][0], row->environment[v][1], 1);
    }
    cspan_log_set(count_warning, &warnings, CSPAN_LOG_WARN);
    cspan_limits limits;
    cspan_limits_fill(&limits, &row->given);
    cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
    const uint32_t filled[] = {limits.attributes, limits.value_length,     limits.events,
                               limits.links,      limits.event_attributes, limits.link_attributes};
    for (size_t f = 0; f < 6; f++) {
      assert_int_equal(filled[f], row->expected[f]);
    }
    assert_int_equal(warnings, row->warnings);
  }
  clear_variables();
}

/* ------------------------------------------------------------ what is kept */

static void open_limited(span_fixture *f, const cspan_span_limits *limits) {
  fixture_open(f, NULL);
  cspan_tracer_provider_free(f->provider);
  f->memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(f->memory);
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .processors = &processor,
                                    .processor_count = 1,
                                    .limits = limits};
  assert_int_equal(cspan_tracer_provider_create(&options, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "scope", NULL, NULL);
}

static void set_numbered(cspan_span span, int count) {
  for (int i = 0; i < count; i++) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    cspan_span_set_int64(span, key, i);
  }
}

static void test_attribute_count(void **state) {
  (void)state;
  static const struct {
    int64_t limit;
    int set;
    size_t kept;
    uint32_t dropped;
  } rows[] = {{0, 130, 128, 2},
              {3, 3, 3, 0},
              {3, 10, 3, 7},
              {40, 41, 40, 1},
              {CSPAN_LIMIT_NOTHING, 2, 0, 2},
              {CSPAN_LIMIT_UNLIMITED, 300, 300, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const cspan_span_limits limits = {.attribute_count = rows[i].limit};
    span_fixture f;
    open_limited(&f, &limits);
    cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
    set_numbered(span, rows[i].set);
    if (rows[i].kept > 0) {
      cspan_span_set_int64(span, "k0", 1000); /* one that is there is no further one */
    }
    cspan_span_end(span);
    const cspan_span_view *view = fixture_one(&f);
    assert_int_equal(view->attribute_count, rows[i].kept);
    assert_int_equal(view->dropped_attributes, rows[i].dropped);
    if (rows[i].kept > 0) {
      assert_attr_int64(view->attributes, view->attribute_count, "k0", 1000);
    }
    fixture_close(&f);
  }
}

/* Attributes that a span starts with count like those that are set later. */
static void test_attributes_at_start(void **state) {
  (void)state;
  const cspan_span_limits limits = {.attribute_count = 2};
  const cspan_attr given[] = {cspan_attr_int64("a", 1), cspan_attr_int64("b", 2),
                              cspan_attr_int64("c", 3)};
  const cspan_span_options options = {.attributes = given, .attribute_count = 3};
  span_fixture f;
  open_limited(&f, &limits);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", &options);
  cspan_span_set_bool(span, "d", true);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 2);
  assert_attr_int64(view->attributes, 2, "b", 2);
  assert_int_equal(view->dropped_attributes, 2);
  fixture_close(&f);
}

#define E_ACUTE "\xC3\xA9"
#define EURO    "\xE2\x82\xAC"
#define SMILE   "\xF0\x9F\x98\x80"
#define REPAIR  "\xEF\xBF\xBD"

static const struct {
  int64_t limit;
  const char *value;
  const char *kept;
} length_rows[] = {
    {5, "short", "short"},
    {5, "longer", "longe"},
    {1, "longer", "l"},
    {CSPAN_LIMIT_NOTHING, "longer", ""},
    {CSPAN_LIMIT_UNLIMITED, "longer", "longer"},
    {3, E_ACUTE EURO SMILE, E_ACUTE EURO SMILE},
    {3, E_ACUTE EURO SMILE "x", E_ACUTE EURO SMILE},
    {2, E_ACUTE EURO SMILE, E_ACUTE EURO},
    {2, "a" SMILE SMILE, "a" SMILE},
    /* What is not UTF-8 counts as what it becomes. */
    {2, "a\xFF\xFF", "a" REPAIR},
    {2, "\xE2\x82", REPAIR REPAIR},
    {1, "\xE2\x82", REPAIR},
    {100,
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "123456789tail",
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "123456789"}};

/* By each way to set a text: an attribute, one of an array, of an event, of a link. */
static void test_value_length(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof length_rows / sizeof length_rows[0]; i++) {
    const char *value = length_rows[i].value;
    const char *kept = length_rows[i].kept;
    const cspan_span_limits limits = {.attribute_value_length = length_rows[i].limit};
    const char *const values[] = {value, "x", value};
    const cspan_attr attrs[] = {cspan_attr_string("a long key is not cut", value),
                                cspan_attr_int64("number", 1234567),
                                cspan_attr_strings("array", values, 3)};
    const cspan_link link = {
        .context = {.trace_id = {1}, .span_id = {1}}, .attributes = attrs, .attribute_count = 3};
    span_fixture f;
    open_limited(&f, &limits);
    cspan_span span = cspan_span_start(f.tracer, NULL, "a name is not cut", NULL);
    cspan_span_set_string(span, "a long key is not cut", value);
    cspan_span_set(span, attrs[1]);
    cspan_span_set(span, attrs[2]);
    cspan_span_add_event(span, "an event's name is not cut", 0, attrs, 3);
    cspan_span_add_link(span, &link);
    cspan_span_end(span);
    const cspan_span_view *view = fixture_one(&f);
    const cspan_attr *found[] = {view->attributes, view->events[0].attributes,
                                 view->links[0].attributes};
    for (size_t w = 0; w < 3; w++) {
      assert_attr_string(found[w], 3, "a long key is not cut", kept);
      assert_attr_int64(found[w], 3, "number", 1234567);
      const cspan_attr *array = cspan_attrs_find(found[w], 3, "array");
      assert_string_equal(array->value.strings[0], kept);
      assert_string_equal(array->value.strings[1],
                          length_rows[i].limit == CSPAN_LIMIT_NOTHING ? "" : "x");
      assert_string_equal(array->value.strings[2], kept);
    }
    assert_string_equal(view->name, "a name is not cut");
    assert_string_equal(view->events[0].name, "an event's name is not cut");
    assert_int_equal(view->dropped_attributes, 0);
    fixture_close(&f);
  }
}

/* A value over the size of a whole span is kept where the limit makes it short. */
static void test_huge_value(void **state) {
  (void)state;
  enum { HUGE_SIZE = 3 << 20 };
  char *huge = malloc(HUGE_SIZE + 1);
  memset(huge, 'h', HUGE_SIZE);
  huge[HUGE_SIZE] = '\0';
  const cspan_span_limits limits = {.attribute_value_length = 4};
  span_fixture f;
  open_limited(&f, &limits);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_set_string(span, "huge", huge);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_attr_string(view->attributes, view->attribute_count, "huge", "hhhh");
  fixture_close(&f);
  free(huge);
}

static void test_events_and_links(void **state) {
  (void)state;
  const cspan_span_limits limits = {.event_count = 2,
                                    .link_count = 1,
                                    .event_attribute_count = 1,
                                    .link_attribute_count = CSPAN_LIMIT_NOTHING};
  const cspan_attr attrs[] = {cspan_attr_int64("a", 1), cspan_attr_int64("b", 2),
                              cspan_attr_int64("c", 3)};
  const cspan_link link = {
      .context = {.trace_id = {1}, .span_id = {1}}, .attributes = attrs, .attribute_count = 3};
  span_fixture f;
  open_limited(&f, &limits);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  for (int i = 0; i < 5; i++) {
    cspan_span_add_event(span, "e", 0, attrs, 3);
    cspan_span_add_link(span, &link);
  }
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->event_count, 2);
  assert_int_equal(view->dropped_events, 3);
  assert_int_equal(view->events[1].attribute_count, 1);
  assert_attr_int64(view->events[1].attributes, 1, "a", 1);
  assert_int_equal(view->events[1].dropped_attributes, 2);
  assert_int_equal(view->link_count, 1);
  assert_int_equal(view->dropped_links, 4);
  assert_int_equal(view->links[0].attribute_count, 0);
  fixture_close(&f);
}

/* The variables reach the spans of a provider. */
static void test_environment(void **state) {
  (void)state;
  setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1", 1);
  setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3", 1);
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_set_string(span, "first", "abcdef");
  cspan_span_set_string(span, "second", "abcdef");
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 1);
  assert_attr_string(view->attributes, 1, "first", "abc");
  assert_int_equal(view->dropped_attributes, 1);
  fixture_close(&f);
  clear_variables();
}

int main(void) {
  clear_variables();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sources),
      cmocka_unit_test(test_attribute_count),
      cmocka_unit_test(test_attributes_at_start),
      cmocka_unit_test(test_value_length),
      cmocka_unit_test(test_huge_value),
      cmocka_unit_test(test_events_and_links),
      cmocka_unit_test(test_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
