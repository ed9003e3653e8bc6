/* SPDX-License-Identifier: Apache-2.0 */
/* What a language without the headers' inlined functions calls: the exported copies, and the
 * functions that take sizes. */
#define CSPAN_NO_INLINE
#include "unit/telemetry/span_fixture.h"

static void test_exported_copies(void **state) {
  (void)state;
  const char *const strings[] = {"a", "b"};
  const bool booleans[] = {true};
  const int64_t integers[] = {1, 2, 3};
  const double numbers[] = {0.5};
  const cspan_attr attrs[] = {cspan_attr_string("string", "text"),
                              cspan_attr_string_n("part", "text", 2),
                              cspan_attr_bool("bool", true),
                              cspan_attr_int64("int64", -1),
                              cspan_attr_double("double", 1.5),
                              cspan_attr_strings("strings", strings, 2),
                              cspan_attr_bools("bools", booleans, 1),
                              cspan_attr_int64s("int64s", integers, 3),
                              cspan_attr_doubles("doubles", numbers, 1)};
  enum { COUNT = sizeof attrs / sizeof attrs[0] };
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  for (size_t i = 0; i < COUNT; i++) {
    cspan_span_set(span, attrs[i]);
  }
  cspan_span_set_string(span, "set_string", "x");
  cspan_span_set_bool(span, "set_bool", false);
  cspan_span_set_int64(span, "set_int64", 42);
  cspan_span_set_double(span, "set_double", 2.5);
  cspan_span_add_event(span, "event", 0, attrs, COUNT);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "broken");
  cspan_span_update_name(span, "renamed");
  cspan_span_end(span);
  assert_null(cspan_span_start(NULL, NULL, "none", NULL).slot);
  const cspan_span_view *view = fixture_one(&f);
  assert_string_equal(view->name, "renamed");
  assert_string_equal(view->status_message, "broken");
  assert_int_equal(view->attribute_count, COUNT + 4);
  assert_attr_string(view->attributes, COUNT + 4, "part", "te");
  assert_attr_int64(view->attributes, COUNT + 4, "set_int64", 42);
  assert_int_equal(view->events[0].attribute_count, COUNT);
  fixture_close(&f);
}

/* Nothing ends at a NUL here. */
static void test_sizes(void **state) {
  (void)state;
  static const char text[] = "keyvaluenamestatuseventnewname";
  const char *key = text;
  const char *value = text + 3;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_begin(f.tracer, NULL, "name", 4, NULL);
  cspan_span_put_string(span, key, 3, value, 5);
  cspan_span_put_string(span, key, 2, value, 0);
  cspan_span_put_string(span, key, 1, NULL, 0);
  cspan_span_put_bool(span, value, 1, true);
  cspan_span_put_int64(span, value, 2, -5);
  cspan_span_put_double(span, value, 3, 0.25);
  cspan_span_put_int64(span, key, 0, 1);  /* no key: dropped */
  cspan_span_put_int64(span, NULL, 0, 1); /* the same */
  cspan_span_put_event(span, text + 18, 5, 0, NULL, 0);
  cspan_span_put_status(span, CSPAN_SPAN_ERROR, text + 12, 6);
  cspan_span_put_name(span, text + 23, 7);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_string_equal(view->name, "newname");
  assert_string_equal(view->status_message, "status");
  assert_string_equal(view->events[0].name, "event");
  assert_int_equal(view->attribute_count, 6);
  assert_attr_string(view->attributes, 6, "key", "value");
  assert_attr_string(view->attributes, 6, "ke", "");
  assert_attr_string(view->attributes, 6, "k", "");
  assert_true(cspan_attrs_find(view->attributes, 6, "v")->value.boolean);
  assert_attr_int64(view->attributes, 6, "va", -5);
  assert_true(cspan_attrs_find(view->attributes, 6, "val")->value.number == 0.25);
  assert_int_equal(view->dropped_attributes, 2);
  fixture_close(&f);
}

/* A span that does not record, and none at all. */
static void test_nothing_to_record(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, cspan_sampler_always_off());
  cspan_span spans[] = {cspan_span_begin(f.tracer, NULL, "s", 1, NULL), {.slot = NULL}};
  const cspan_attr attr = cspan_attr_int64("k", 1);
  for (int i = 0; i < 2; i++) {
    cspan_span_put(spans[i], &attr);
    cspan_span_put_string(spans[i], "k", 1, "v", 1);
    cspan_span_put_bool(spans[i], "k", 1, true);
    cspan_span_put_int64(spans[i], "k", 1, 1);
    cspan_span_put_double(spans[i], "k", 1, 1);
    cspan_span_put_event(spans[i], "e", 1, 0, &attr, 1);
    cspan_span_put_status(spans[i], CSPAN_SPAN_OK, NULL, 0);
    cspan_span_put_name(spans[i], "n", 1);
    cspan_span_end(spans[i]);
  }
  assert_int_equal(cspan_span_list_count(fixture_spans(&f)), 0);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exported_copies),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_nothing_to_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
