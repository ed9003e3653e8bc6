/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <cloudspan/ext/exporter.h>

#include "base/text.h"
#include "unit/telemetry/pb_builder.h"
#include "viewer/display.h"

#define S(seconds) ((int64_t)(seconds)*1000000000)

typedef struct screen {
  cspan_buf text;
  size_t writes;
  bool broken;
} screen;

static bool on_write(void *user, const char *text, size_t len) {
  screen *s = user;
  s->writes++;
  return !s->broken && cspan_buf_append(&s->text, text, len) == CSPAN_OK;
}

/* A list with one span of the trace `trace`. */
static cspan_span_list *list_of(char trace, char id, char parent, const char *name) {
  char ids[16];
  cspan_buf span;
  cspan_buf scope;
  cspan_buf resource;
  cspan_buf request;
  cspan_buf_init(&span, 1000);
  cspan_buf_init(&scope, 1000);
  cspan_buf_init(&resource, 1000);
  cspan_buf_init(&request, 1000);
  memset(ids, trace, sizeof ids);
  pb_bytes(&span, 1, ids, 16);
  memset(ids, id, sizeof ids);
  pb_bytes(&span, 2, ids, 8);
  if (parent) {
    memset(ids, parent, sizeof ids);
    pb_bytes(&span, 4, ids, 8);
  }
  pb_text(&span, 5, name);
  pb_fixed64(&span, 7, 1790856000000000000u + (uint64_t)id);
  pb_fixed64(&span, 8, 1790856001000000000u);
  pb_bytes(&scope, 2, span.data, span.len);
  pb_bytes(&resource, 2, scope.data, scope.len);
  pb_bytes(&request, 1, resource.data, resource.len);
  cspan_span_list *list = NULL;
  assert_int_equal(cspan_span_list_decode((const uint8_t *)request.data, request.len, &list, NULL),
                   CSPAN_OK);
  cspan_buf_free(&span);
  cspan_buf_free(&scope);
  cspan_buf_free(&resource);
  cspan_buf_free(&request);
  return list;
}

static void add(cspan_display *display, char trace, char id, char parent, const char *name,
                int64_t now) {
  cspan_span_list *list = list_of(trace, id, parent, name);
  cspan_display_add(display, list, now);
  cspan_span_list_free(list);
}

static cspan_display *make(screen *s, bool json) {
  memset(s, 0, sizeof *s);
  cspan_buf_init(&s->text, 1 << 20);
  cspan_display_options options = {.json = json, .write = on_write, .user = s};
  options.waterfall.ascii = true;
  cspan_display *display = cspan_display_create(&options);
  assert_non_null(display);
  return display;
}

static void test_finished_traces_are_written(void **state) {
  (void)state;
  screen s;
  cspan_display *display = make(&s, false);
  add(display, 'A', 2, 1, "child", S(10));
  add(display, 'B', 1, 0, "other root", S(11));
  add(display, 'A', 1, 0, "first root", S(11));
  cspan_display_tick(display, S(11), false);
  assert_int_equal(s.writes, 0);
  add(display, 'A', 3, 1, "late child", S(11) + 500000000);
  cspan_display_tick(display, S(12), false);
  assert_int_equal(s.writes, 1);
  assert_int_equal(strncmp(s.text.data, "== other root ==", 16), 0);
  cspan_display_tick(display, S(13), false);
  assert_int_equal(s.writes, 2);
  const char *second = strstr(s.text.data, "== first root ==");
  assert_non_null(second);
  assert_non_null(strstr(second, "|- child"));
  assert_non_null(strstr(second, "`- late child"));
  cspan_display_stats stats;
  cspan_display_stats_get(display, &stats);
  assert_int_equal(stats.traces_written, 2);
  assert_int_equal(stats.assembler.spans, 4);
  assert_int_equal(stats.assembler.spans_held, 0);
  cspan_buf_free(&s.text);
  cspan_display_free(display);
}

static void test_flush_and_summary(void **state) {
  (void)state;
  screen s;
  cspan_display *display = make(&s, true);
  add(display, 'A', 2, 1, "no root yet", S(10));
  cspan_display_tick(display, S(10), false);
  assert_int_equal(s.writes, 0);
  cspan_display_tick(display, S(10), true);
  assert_int_equal(s.writes, 1);
  assert_int_equal(strncmp(s.text.data, "{\"traceId\":\"4141", 16), 0);
  assert_int_equal(s.text.data[s.text.len - 1], '\n');
  cspan_buf table;
  cspan_buf_init(&table, 10000);
  assert_int_equal(cspan_display_summary(display, &table), CSPAN_OK);
  assert_non_null(strstr(table.data, "\n no root yet      1      0"));
  cspan_buf_free(&table);
  cspan_buf_free(&s.text);
  cspan_display_free(display);
}

static void test_a_broken_output_is_not_written_again(void **state) {
  (void)state;
  screen s;
  cspan_display *display = make(&s, false);
  s.broken = true;
  add(display, 'A', 1, 0, "one", 0);
  add(display, 'B', 1, 0, "two", 0);
  cspan_display_tick(display, 0, true);
  assert_int_equal(s.writes, 1);
  cspan_display_stats stats;
  cspan_display_stats_get(display, &stats);
  assert_true(stats.write_failed);
  assert_int_equal(stats.traces_written, 0);
  assert_int_equal(stats.assembler.traces_held, 0);
  cspan_buf_free(&s.text);
  cspan_display_free(display);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finished_traces_are_written),
      cmocka_unit_test(test_flush_and_summary),
      cmocka_unit_test(test_a_broken_output_is_not_written_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
