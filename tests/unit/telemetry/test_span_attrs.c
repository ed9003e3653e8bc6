/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes as they are found again in the exported bytes. */
#include "unit/telemetry/span_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void assert_same_value(const cspan_attr *a, const cspan_attr *b) {
  assert_int_equal(a->type, b->type);
  if (a->type >= CSPAN_ATTR_STRING_ARRAY || a->type == CSPAN_ATTR_STRING) {
    assert_int_equal(a->count, b->count);
  }
  switch (a->type) {
  case CSPAN_ATTR_STRING:
    assert_memory_equal(a->value.string, b->value.string, a->count);
    break;
  case CSPAN_ATTR_BOOL:
    assert_int_equal(a->value.boolean, b->value.boolean);
    break;
  case CSPAN_ATTR_INT64:
    assert_true(a->value.int64 == b->value.int64);
    break;
  case CSPAN_ATTR_DOUBLE:
    assert_memory_equal(&a->value.number, &b->value.number, sizeof(double));
    break;
  case CSPAN_ATTR_STRING_ARRAY:
    for (size_t i = 0; i < a->count; i++) {
      assert_string_equal(a->value.strings[i], b->value.strings[i]);
    }
    break;
  case CSPAN_ATTR_BOOL_ARRAY:
    for (size_t i = 0; i < a->count; i++) {
      assert_int_equal(a->value.booleans[i], b->value.booleans[i]);
    }
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    for (size_t i = 0; i < a->count; i++) {
      assert_true(a->value.int64s[i] == b->value.int64s[i]);
    }
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    assert_memory_equal(a->value.numbers, b->value.numbers, a->count * sizeof(double));
    break;
  }
}

static const char *const strings[] = {"a", "", "long enough to be more than a word or two",
                                      "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"};
static const bool booleans[] = {true, false, true};
static const int64_t integers[] = {0, 1, -1, 127, 128, 300, INT64_MAX, INT64_MIN};
static const double numbers[] = {0.0, -0.5, 1e300, 3.25};

/* Every type and size goes out as it came in, as an attribute and in an event. */
static void test_every_type(void **state) {
  (void)state;
  static char large[5000];
  memset(large, 'L', sizeof large - 1);
  const cspan_attr attrs[] = {
      cspan_attr_string("s", "text"),
      cspan_attr_string("s.empty", ""),
      cspan_attr_string("s.null", NULL),
      cspan_attr_string("s.large", large),
      cspan_attr_string("s.utf8", strings[3]),
      cspan_attr_string_n("s.n", "with\0zero", 9),
      cspan_attr_string("a.key.that.is.longer.than.the.short.path.takes", "v"),
      cspan_attr_bool("b.true", true),
      cspan_attr_bool("b.false", false),
      cspan_attr_int64("i.0", 0),
      cspan_attr_int64("i.127", 127),
      cspan_attr_int64("i.128", 128),
      cspan_attr_int64("i.min", INT64_MIN),
      cspan_attr_int64("i.max", INT64_MAX),
      cspan_attr_double("d", 2.5),
      cspan_attr_double("d.inf", INFINITY),
      cspan_attr_strings("as", strings, 4),
      cspan_attr_strings("as.empty", strings, 0),
      cspan_attr_bools("ab", booleans, 3),
      cspan_attr_int64s("ai", integers, 8),
      cspan_attr_doubles("ad", numbers, 4),
  };
  const size_t count = sizeof attrs / sizeof attrs[0];
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span_options options = {.attributes = attrs, .attribute_count = count};
  cspan_span by_option = cspan_span_start(f.tracer, NULL, "by option", &options);
  cspan_span by_set = cspan_span_start(f.tracer, NULL, "by set", NULL);
  for (size_t i = 0; i < count; i++) {
    cspan_span_set(by_set, attrs[i]);
  }
  cspan_span_add_event(by_set, "event", 0, attrs, count);
  cspan_span_end(by_option);
  cspan_span_end(by_set);
  const cspan_span_view *option_view = fixture_find(&f, "by option");
  const cspan_span_view *set_view = cspan_span_list_find(f.list, "by set", 0);
  assert_int_equal(option_view->attribute_count, count);
  assert_int_equal(set_view->attribute_count, count);
  assert_int_equal(set_view->event_count, 1);
  assert_int_equal(set_view->events[0].attribute_count, count);
  for (size_t i = 0; i < count; i++) {
    const char *key = attrs[i].key;
    assert_same_value(cspan_attrs_find(option_view->attributes, count, key), &attrs[i]);
    assert_same_value(cspan_attrs_find(set_view->attributes, count, key), &attrs[i]);
    assert_same_value(cspan_attrs_find(set_view->events[0].attributes, count, key), &attrs[i]);
  }
  fixture_close(&f);
}

static void test_typed_setters(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_set_string(span, "s", "text");
  cspan_span_set_string(span, "null", NULL);
  cspan_span_set_bool(span, "b", true);
  cspan_span_set_int64(span, "i", -5);
  cspan_span_set_double(span, "d", 1.5);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 5);
  assert_attr_string(view->attributes, 5, "s", "text");
  assert_attr_string(view->attributes, 5, "null", "");
  assert_attr_int64(view->attributes, 5, "i", -5);
  const cspan_attr number = cspan_attr_double("d", 1.5);
  const cspan_attr yes = cspan_attr_bool("b", true);
  assert_same_value(cspan_attrs_find(view->attributes, 5, "d"), &number);
  assert_same_value(cspan_attrs_find(view->attributes, 5, "b"), &yes);
  fixture_close(&f);
}

/* The receiver of one bad string refuses the whole request. */
static void test_text_is_made_valid(void **state) {
  (void)state;
  static const struct {
    const char *given;
    const char *kept;
  } rows[] = {
      {"plain", "plain"},
      {"\xC3\xA9", "\xC3\xA9"},
      {"\xff", "\xEF\xBF\xBD"},
      {"a\x80z", "a\xEF\xBF\xBDz"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xE0\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF0\x80\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"\xE2\x82"
       "x",
       "\xEF\xBF\xBD\xEF\xBF\xBDx"},
      {"eight bytes and more \xff", "eight bytes and more \xEF\xBF\xBD"},
      {"\xff eight bytes and more", "\xEF\xBF\xBD eight bytes and more"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    span_fixture f;
    fixture_open(&f, NULL);
    const cspan_attr attr = cspan_attr_string("k", rows[i].given);
    cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
    cspan_span_set_string(span, "k", rows[i].given);
    cspan_span_add_event(span, rows[i].given, 0, &attr, 1);
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, rows[i].given);
    cspan_span_end(span);
    const cspan_span_view *view = fixture_one(&f);
    assert_attr_string(view->attributes, view->attribute_count, "k", rows[i].kept);
    assert_string_equal(view->events[0].name, rows[i].kept);
    assert_attr_string(view->events[0].attributes, 1, "k", rows[i].kept);
    assert_string_equal(view->status_message, rows[i].kept);
    fixture_close(&f);
  }
}

static void test_what_is_no_attribute(void **state) {
  (void)state;
  static char key[70001];
  memset(key, 'k', 70000);
  cspan_attr unknown_type = cspan_attr_int64("unknown", 1);
  unknown_type.type = (cspan_attr_type)99;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  cspan_span_set_string(span, NULL, "v");
  cspan_span_set_string(span, "", "v");
  cspan_span_set_int64(span, NULL, 1);
  cspan_span_set_string(span, "bad\xff", "v");
  cspan_span_set_string(span, key, "v");
  cspan_span_set(span, unknown_type);
  cspan_span_add_event(span, NULL, 0, &unknown_type, 1);
  cspan_span_add_event(span, "no attributes", 0, NULL, 3);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 0);
  assert_int_equal(view->dropped_attributes, 6);
  assert_int_equal(view->event_count, 2);
  assert_string_equal(view->events[0].name, "");
  assert_int_equal(view->events[0].dropped_attributes, 1);
  assert_int_equal(view->events[1].attribute_count, 0);
  fixture_close(&f);
}

static void test_last_write_wins(void **state) {
  (void)state;
  const cspan_attr values[] = {
      cspan_attr_string("k", "short"),
      cspan_attr_string("k", "equal"),
      cspan_attr_string("k", "quite a bit longer than the other strings that are here"),
      cspan_attr_int64("k", 1),
      cspan_attr_int64("k", 100000),
      cspan_attr_bool("k", true),
      cspan_attr_double("k", 1),
      cspan_attr_int64s("k", integers, 8),
      cspan_attr_strings("k", strings, 4),
  };
  const size_t count = sizeof values / sizeof values[0];
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < count; j++) {
      span_fixture f;
      fixture_open(&f, NULL);
      cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
      cspan_span_set_string(span, "before", "b");
      cspan_span_set(span, values[i]);
      cspan_span_set_string(span, "after", "a");
      cspan_span_set(span, values[j]);
      cspan_span_end(span);
      const cspan_span_view *view = fixture_one(&f);
      assert_int_equal(view->attribute_count, 3);
      assert_attr_string(view->attributes, 3, "before", "b");
      assert_attr_string(view->attributes, 3, "after", "a");
      assert_same_value(cspan_attrs_find(view->attributes, 3, "k"), &values[j]);
      fixture_close(&f);
    }
  }
}

static void test_last_write_wins_in_events_and_options(void **state) {
  (void)state;
  const cspan_attr attrs[] = {cspan_attr_int64("k", 1), cspan_attr_int64("other", 2),
                              cspan_attr_string("k", "last")};
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span_options options = {.attributes = attrs, .attribute_count = 3};
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", &options);
  cspan_span_add_event(span, "e", 0, attrs, 3);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 2);
  assert_attr_string(view->attributes, 2, "k", "last");
  assert_int_equal(view->events[0].attribute_count, 2);
  assert_attr_string(view->events[0].attributes, 2, "k", "last");
  assert_int_equal(view->events[0].dropped_attributes, 0);
  fixture_close(&f);
}

/* A long row of writes of all kinds against a plain model of the span. */
static void test_against_a_model(void **state) {
  (void)state;
  enum { KEYS = 40, STEPS = 600, VALUE_MAX = 200 };
  static char texts[KEYS][VALUE_MAX + 1];
  bool set[KEYS] = {false};
  char key[64];
  char name[64] = "start";
  char description[64] = "";
  size_t events = 0;
  uint64_t seed = 12345;
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_span span = cspan_span_start(f.tracer, NULL, name, NULL);
  for (int step = 0; step < STEPS; step++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    unsigned random = (unsigned)(seed >> 33);
    if (random % 10 == 0) {
      snprintf(name, sizeof name, "%.*s", (int)(random / 10 % 40),
               "a name of some length, or of none");
      cspan_span_update_name(span, name);
    } else if (random % 10 == 1) {
      snprintf(description, sizeof description, "%.*s", (int)(random / 10 % 30),
               "what is the matter with this one");
      cspan_span_set_status(span, CSPAN_SPAN_ERROR, description);
    } else if (random % 10 == 2 && events < 100) {
      const cspan_attr attr = cspan_attr_int64("step", step);
      cspan_span_add_event(span, "event", 1 + step, &attr, 1);
      events++;
    } else {
      size_t i = random / 10 % KEYS;
      size_t len = random / 400 % VALUE_MAX;
      memset(texts[i], 'a' + (int)(random / 7 % 26), len);
      texts[i][len] = '\0';
      set[i] = true;
      snprintf(key, sizeof key, "key.%zu%s", i,
               i % 3 == 0 ? ".with.a.long.name.behind.the.number" : "");
      cspan_span_set_string(span, key, texts[i]);
    }
  }
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  size_t expected = 0;
  for (size_t i = 0; i < KEYS; i++) {
    if (set[i]) {
      snprintf(key, sizeof key, "key.%zu%s", i,
               i % 3 == 0 ? ".with.a.long.name.behind.the.number" : "");
      assert_attr_string(view->attributes, view->attribute_count, key, texts[i]);
      expected++;
    }
  }
  assert_int_equal(view->attribute_count, expected);
  assert_int_equal(view->dropped_attributes, 0);
  assert_string_equal(view->name, name);
  assert_string_equal(view->status_message != NULL ? view->status_message : "", description);
  assert_int_equal(view->event_count, events);
  fixture_close(&f);
}

/* --------------------------------------------------------------------- limits */

static void test_count_limits(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  f.provider->limits.attributes = 3;
  f.provider->limits.events = 2;
  f.provider->limits.links = 1;
  f.provider->limits.event_attributes = 2;
  f.provider->limits.link_attributes = 1;
  const cspan_attr attrs[] = {cspan_attr_int64("a", 1), cspan_attr_int64("b", 2),
                              cspan_attr_int64("c", 3), cspan_attr_int64("d", 4),
                              cspan_attr_int64("e", 5)};
  const cspan_link link = {
      .context = {.trace_id = {1}, .span_id = {1}}, .attributes = attrs, .attribute_count = 2};
  cspan_span_options options = {.attributes = attrs, .attribute_count = 5};
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", &options);
  cspan_span_set_int64(span, "a", 10); /* a key that is there is never too many */
  for (int i = 0; i < 4; i++) {
    cspan_span_add_event(span, "e", 0, attrs, 4);
    cspan_span_add_link(span, &link);
  }
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 3);
  assert_int_equal(view->dropped_attributes, 2);
  assert_attr_int64(view->attributes, 3, "a", 10);
  assert_int_equal(view->event_count, 2);
  assert_int_equal(view->dropped_events, 2);
  assert_int_equal(view->events[1].attribute_count, 2);
  assert_int_equal(view->events[1].dropped_attributes, 2);
  assert_int_equal(view->link_count, 1);
  assert_int_equal(view->dropped_links, 3);
  assert_int_equal(view->links[0].attribute_count, 1);
  fixture_close(&f);
}

static void test_default_limits(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, NULL);
  char key[16];
  const cspan_link link = {.context = {.trace_id = {1}, .span_id = {1}}};
  cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
  for (int i = 0; i < 130; i++) {
    snprintf(key, sizeof key, "k%d", i);
    cspan_span_set_int64(span, key, i);
    cspan_span_add_event(span, "e", 0, NULL, 0);
    cspan_span_add_link(span, &link);
  }
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 128);
  assert_int_equal(view->dropped_attributes, 2);
  assert_int_equal(view->event_count, 128);
  assert_int_equal(view->dropped_events, 2);
  assert_int_equal(view->link_count, 128);
  assert_int_equal(view->dropped_links, 2);
  fixture_close(&f);
}

/* A span does not grow past its cap, and still has its name, status and counts. */
static void test_size_limit(void **state) {
  (void)state;
  static char text[2000];
  memset(text, 't', sizeof text - 1);
  span_fixture f;
  fixture_open(&f, NULL);
  f.provider->limits.span_bytes = 4096;
  cspan_span span = cspan_span_start(f.tracer, NULL, "first name", NULL);
  const cspan_attr attr = cspan_attr_string("text", text);
  cspan_span_set_string(span, "one", text);
  cspan_span_add_event(span, "event", 0, &attr, 1); /* has room without its attribute only */
  cspan_span_set_string(span, "two", text);
  cspan_span_set_string(span, "one", text);
  cspan_span_add_event(span, text, 0, NULL, 0);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, text);
  cspan_span_update_name(span, text);
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 1);
  assert_true(view->dropped_attributes >= 1);
  assert_true(view->event_count + view->dropped_events == 2);
  assert_string_equal(view->name, text);
  assert_string_equal(view->status_message, text);
  fixture_close(&f);
}

static void test_large_spans_up_to_a_mebibyte(void **state) {
  (void)state;
  static char text[60001];
  memset(text, 't', sizeof text - 1);
  span_fixture f;
  fixture_open(&f, NULL);
  char key[16];
  cspan_span span = cspan_span_start(f.tracer, NULL, "large", NULL);
  for (int i = 0; i < 20; i++) {
    snprintf(key, sizeof key, "k%d", i);
    cspan_span_set_string(span, key, text);
  }
  cspan_span_end(span);
  const cspan_span_view *view = fixture_one(&f);
  assert_int_equal(view->attribute_count, 17);
  assert_int_equal(view->dropped_attributes, 3);
  fixture_close(&f);
}

static void test_find(void **state) {
  (void)state;
  const cspan_attr attrs[] = {cspan_attr_int64("a", 1), cspan_attr_int64(NULL, 0),
                              cspan_attr_int64("b", 2)};
  assert_ptr_equal(cspan_attrs_find(attrs, 3, "b"), &attrs[2]);
  assert_null(cspan_attrs_find(attrs, 2, "b"));
  assert_null(cspan_attrs_find(attrs, 3, "c"));
  assert_null(cspan_attrs_find(attrs, 3, NULL));
  assert_null(cspan_attrs_find(NULL, 3, "a"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_type),
      cmocka_unit_test(test_typed_setters),
      cmocka_unit_test(test_text_is_made_valid),
      cmocka_unit_test(test_what_is_no_attribute),
      cmocka_unit_test(test_last_write_wins),
      cmocka_unit_test(test_last_write_wins_in_events_and_options),
      cmocka_unit_test(test_against_a_model),
      cmocka_unit_test(test_count_limits),
      cmocka_unit_test(test_default_limits),
      cmocka_unit_test(test_size_limit),
      cmocka_unit_test(test_large_spans_up_to_a_mebibyte),
      cmocka_unit_test(test_find),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
