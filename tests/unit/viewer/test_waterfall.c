/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/viewer/odd_traces.h"
#include "unit/viewer/rendered.h"
#include "viewer/columns.h"
#include "viewer/waterfall.h"

typedef void (*build_fn)(trace_builder *b);

static void render(const trace_builder *b, const cspan_waterfall_options *options, cspan_buf *out) {
  cspan_buf_init(out, 1 << 24);
  assert_int_equal(cspan_waterfall_render(&b->record, options, out), CSPAN_OK);
}

static void test_exact(void **state) {
  (void)state;
  static const struct {
    build_fn build;
    cspan_waterfall_options options;
    const char *expected;
  } cases[] = {{build_upload, {.width = 100}, upload_100},
               {build_upload, {.width = 0}, upload_100}, /* the default width */
               {build_upload, {.width = 60, .ascii = true}, upload_60_ascii},
               {build_upload, {.width = 10, .ascii = true}, upload_60_ascii}, /* too narrow */
               {build_failure, {.width = 80, .brief = true}, failure_80_brief},
               {build_orphans, {.width = 90}, orphans_90},
               {build_hostile, {.width = 90}, hostile_90},
               {build_hostile, {.width = 60, .ascii = true}, hostile_60_ascii},
               {build_events, {.width = 90}, events_90},
               {build_delete, {.width = 60, .color = true, .brief = true}, delete_60_color}};
  trace_builder b;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    cspan_buf out;
    cases[i].build(&b);
    render(&b, &cases[i].options, &out);
    assert_string_equal(cspan_buf_text(&out), cases[i].expected);
    cspan_buf_free(&out);
  }
}

/* Removes escape sequences of colours, in place. */
static void strip(cspan_buf *text) {
  size_t to = 0;
  for (size_t i = 0; i < text->len; i++) {
    if (text->data[i] == '\x1b') {
      while (text->data[i] != 'm') {
        i++;
      }
    } else {
      text->data[to++] = text->data[i];
    }
  }
  text->len = to;
  text->data[to] = '\0';
}

/* Every line fits, is free of control characters, and does not end in blanks. */
static void assert_tidy(const cspan_buf *text, size_t width, bool ascii) {
  const char *line = text->data;
  while (*line) {
    const char *end = strchr(line, '\n');
    assert_non_null(end);
    size_t len = (size_t)(end - line);
    assert_true(cspan_columns_of(line, len, ascii) < width);
    assert_true(len == 0 || end[-1] != ' ');
    for (size_t i = 0; i < len; i++) {
      assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
      assert_true(!ascii || (unsigned char)line[i] < 0x80);
    }
    line = end + 1;
  }
}

static void test_every_width(void **state) {
  (void)state;
  static const build_fn builds[] = {build_upload,  build_failure, build_orphans,
                                    build_hostile, build_events,  build_delete};
  trace_builder b;
  for (size_t i = 0; i < COUNT_OF(builds); i++) {
    builds[i](&b);
    for (size_t width = 60; width <= 300; width++) {
      for (int mode = 0; mode < 2; mode++) {
        cspan_waterfall_options options = {.width = width, .ascii = mode == 1};
        cspan_buf plain;
        cspan_buf colored;
        render(&b, &options, &plain);
        assert_tidy(&plain, width, mode == 1);
        options.color = true;
        render(&b, &options, &colored);
        assert_non_null(strchr(colored.data, '\x1b'));
        strip(&colored); /* colour changes no character */
        assert_string_equal(cspan_buf_text(&colored), cspan_buf_text(&plain));
        cspan_buf_free(&plain);
        cspan_buf_free(&colored);
      }
    }
  }
}

/* Cut names leave the other columns in their place. */
static void test_long_names_keep_the_columns(void **state) {
  (void)state;
  static const char name[] = "a name that is far too long for the column in which it stands";
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  builder_add(&b, 1, 0, name, CSPAN_SPAN_INTERNAL, 0, 10);
  builder_add(&b, 2, 1, name, CSPAN_SPAN_INTERNAL, 0, 10);
  cspan_waterfall_options options = {.width = 60, .ascii = true};
  render(&b, &options, &out);
  assert_non_null(
      strstr(out.data, "\n a name that is far too~  10.0 ms     #####################\n"));
  assert_non_null(
      strstr(out.data, "\n `- a name that is far ~  10.0 ms     #####################\n"));
  cspan_buf_free(&out);
}

static void test_deep_nesting_stays_in_the_column(void **state) {
  (void)state;
  trace_builder b;
  builder_init(&b);
  for (uint8_t i = 0; i < 40; i++) {
    builder_add(&b, (uint8_t)(i + 1), i, "level", CSPAN_SPAN_INTERNAL, i, 100);
  }
  cspan_buf out;
  cspan_waterfall_options options = {.width = 60};
  cspan_trace_record_sort(&b.record);
  render(&b, &options, &out);
  assert_tidy(&out, 60, false);
  size_t levels = 0;
  for (const char *at = out.data; (at = strstr(at, "level")) != NULL; at++) {
    levels++;
  }
  assert_int_equal(levels, 41); /* and once in the heading */
  cspan_buf_free(&out);
}

static void test_extreme_times(void **state) {
  (void)state;
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  cspan_span_view *v = builder_add(&b, 1, 0, "all", CSPAN_SPAN_INTERNAL, 0, 0);
  v->start_time_unix_ns = INT64_MIN;
  v->end_time_unix_ns = INT64_MAX;
  v->events = upload_retries;
  v->event_count = COUNT_OF(upload_retries);
  v = builder_add(&b, 2, 1, "backwards", CSPAN_SPAN_INTERNAL, 0, 0);
  v->start_time_unix_ns = INT64_MAX;
  v->end_time_unix_ns = 0;
  v->events = upload_retries;
  v->event_count = COUNT_OF(upload_retries);
  cspan_trace_record_sort(&b.record);
  cspan_waterfall_options options = {.width = 80};
  render(&b, &options, &out);
  assert_tidy(&out, 80, false);
  assert_non_null(strstr(out.data, "1970-01-01 00:00:00.000 UTC"));
  assert_non_null(strstr(out.data, "106751d"));
  cspan_buf_free(&out);
}

/* One span without any length: there is no time axis to divide by. */
static void test_no_duration(void **state) {
  (void)state;
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  builder_add(&b, 1, 0, "instant", CSPAN_SPAN_INTERNAL, 5, 5);
  cspan_waterfall_options options = {.width = 60, .ascii = true};
  render(&b, &options, &out);
  assert_non_null(strstr(out.data, " instant          0 ns     #\n"));
  assert_tidy(&out, 60, true);
  cspan_buf_free(&out);
}

static void test_many_events(void **state) {
  (void)state;
  enum { EVENTS = 500 };
  static cspan_event_view events[EVENTS];
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  for (size_t i = 0; i < EVENTS; i++) {
    events[i] = upload_retries[i % 2];
    events[i].time_unix_ns = MS((double)i);
  }
  cspan_span_view *v = builder_add(&b, 1, 0, "busy", CSPAN_SPAN_CLIENT, 0, EVENTS);
  v->events = events;
  v->event_count = EVENTS;
  cspan_waterfall_options options = {.width = 80};
  render(&b, &options, &out);
  assert_tidy(&out, 80, false);
  assert_non_null(strstr(out.data, "• and 488 more\n"));
  cspan_buf_free(&out);
}

/* A text of a megabyte takes a few lines at most. */
static void test_huge_texts(void **state) {
  (void)state;
  enum { LEN = 1 << 20 };
  char *text = malloc(LEN + 1);
  assert_non_null(text);
  for (size_t i = 0; i < LEN; i++) {
    text[i] = i % 7 == 6 ? ' ' : 'w';
  }
  text[LEN] = '\0';
  cspan_attr attrs[] = {TEXT("s3.bucket", "b"),
                        {"s3.key", CSPAN_ATTR_STRING, 0, {.string = text}, LEN},
                        {"error.type", CSPAN_ATTR_STRING, 0, {.string = text}, LEN}};
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  cspan_span_view *v = builder_add(&b, 1, 0, text, CSPAN_SPAN_CLIENT, 0, 1);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = text;
  WITH(v, attrs);
  cspan_waterfall_options options = {.width = 100};
  render(&b, &options, &out);
  assert_tidy(&out, 100, false);
  assert_true(out.len < 4000);
  cspan_buf_free(&out);
  free(text);
}

static void test_output_cap(void **state) {
  (void)state;
  trace_builder b;
  build_upload(&b);
  for (size_t max = 0; max < sizeof upload_100 - 1; max += 71) {
    cspan_buf out;
    cspan_buf_init(&out, max);
    assert_int_equal(cspan_waterfall_render(&b.record, NULL, &out), CSPAN_ERR_LIMIT);
    cspan_buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact),
      cmocka_unit_test(test_every_width),
      cmocka_unit_test(test_long_names_keep_the_columns),
      cmocka_unit_test(test_deep_nesting_stays_in_the_column),
      cmocka_unit_test(test_extreme_times),
      cmocka_unit_test(test_no_duration),
      cmocka_unit_test(test_many_events),
      cmocka_unit_test(test_huge_texts),
      cmocka_unit_test(test_output_cap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
