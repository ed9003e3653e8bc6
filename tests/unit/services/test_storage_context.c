/* SPDX-License-Identifier: Apache-2.0 */
/* The context of the calls that the storage layer makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/s3/storage.h"

/* Without a context of its own, an operation goes on in the thread's current one, under its span. */
static void inside_of_a_span(void **state) {
  (void)state;
  const cspan_span_context remote = {.trace_id = {1}, .span_id = {2}};
  cspan_span outer = cspan_span_from_context(&remote);
  cspan_span span = cspan_span_from_context(&remote);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v", NULL);
  const cspan_context attached = {.span = outer, .baggage = baggage, .deadline_ns = 5};
  const cspan_context timed = {.deadline_ns = 7};
  const cspan_context given = {.span = span, .deadline_ns = 9};
  const struct {
    const cspan_context *context;
    cspan_span span;
    cspan_span inside;
    const cspan_baggage *baggage;
    int64_t deadline_ns;
  } rows[] = {
      {NULL, span, span, baggage, 0},   {NULL, {0}, outer, baggage, 0},
      {&timed, span, span, baggage, 7}, {&timed, {0}, outer, baggage, 7},
      {&given, outer, outer, NULL, 9},  {&given, {0}, span, NULL, 9},
  };
  cspan_context before = cspan_context_attach(&attached);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_context inside = cspan_storage_inside(rows[i].context, rows[i].span);
    if (inside.span.slot != rows[i].inside.slot || inside.baggage != rows[i].baggage ||
        inside.deadline_ns != rows[i].deadline_ns) {
      fail_msg("row %zu", i);
    }
  }
  cspan_context_detach(&before);
  cspan_span_end(outer);
  cspan_span_end(span);
  cspan_baggage_free(baggage);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(inside_of_a_span)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
