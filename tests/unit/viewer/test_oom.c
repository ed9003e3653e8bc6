/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of the viewer fails once: the status says so, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "telemetry/inflate.h"
#include "unit/viewer/gzip.h"
#include "unit/viewer/odd_traces.h"
#include "viewer/assemble.h"
#include "viewer/display.h"
#include "viewer/trace_json.h"

static long countdown;
static long outstanding;

static bool fails(void) {
  return countdown > 0 && --countdown == 0;
}

static void *counted_malloc(void *user, size_t size) {
  (void)user;
  void *ptr = fails() ? NULL : malloc(size);
  outstanding += ptr != NULL;
  return ptr;
}

static void *counted_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  if (fails()) {
    return NULL;
  }
  outstanding += ptr == NULL;
  return realloc(ptr, size);
}

static void counted_free(void *user, void *ptr) {
  (void)user;
  outstanding -= ptr != NULL;
  free(ptr);
}

/* What runs with a failure; CSPAN_OK only when it did all that it should. */
typedef cspan_status (*scenario_fn)(const trace_builder *b);

static void replay(scenario_fn scenario) {
  static trace_builder b;
  const cspan_allocator allocator = {counted_malloc, counted_realloc, counted_free, NULL};
  bool met = true;
  build_delete(&b);
  cspan_allocator_set(&allocator);
  for (long n = 1; met; n++) {
    countdown = n;
    cspan_status status = scenario(&b);
    met = countdown == 0;
    countdown = 0;
    assert_int_equal(status, met ? CSPAN_ERR_NOMEM : CSPAN_OK);
    assert_int_equal(outstanding, 0);
    assert_true(n < 100000);
  }
  cspan_allocator_set(NULL);
}

static cspan_status assemble(const trace_builder *b) {
  cspan_assembler *assembler = cspan_assembler_create(NULL);
  cspan_status status = assembler ? CSPAN_OK : CSPAN_ERR_NOMEM;
  for (size_t i = 0; assembler && i < b->record.span_count; i++) {
    cspan_status one = cspan_assembler_add(assembler, b->record.spans[i], 0);
    status = status == CSPAN_OK ? one : status;
  }
  cspan_trace_record *record = assembler ? cspan_assembler_take(assembler, 0, true) : NULL;
  size_t kept = record ? record->span_count + record->dropped_spans : 0;
  if (record && kept != b->record.span_count && record->dropped_spans == 0) {
    /* A trace whose first span failed begins with the next one. */
    assert_int_equal(kept, b->record.span_count - 1);
  }
  cspan_trace_record_free(record);
  cspan_assembler_free(assembler);
  return status;
}

static cspan_status draw(const trace_builder *b) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  cspan_status status = cspan_waterfall_render(&b->record, NULL, &out);
  cspan_buf_free(&out);
  return status;
}

static cspan_status write_json(const trace_builder *b) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  cspan_status status = cspan_trace_json(&b->record, &out);
  cspan_buf_free(&out);
  return status;
}

static cspan_status summarize(const trace_builder *b) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  cspan_summary *summary = cspan_summary_create();
  cspan_status status = summary ? CSPAN_OK : CSPAN_ERR_NOMEM;
  for (size_t i = 0; summary && i < b->record.span_count; i++) {
    cspan_status one = cspan_summary_add(summary, b->record.spans[i]);
    status = status == CSPAN_OK ? one : status;
  }
  if (status == CSPAN_OK) {
    status = cspan_summary_render(summary, NULL, &out);
  }
  cspan_summary_free(summary);
  cspan_buf_free(&out);
  return status;
}

static cspan_status unpack(const trace_builder *b) {
  static const uint8_t packed[] = {0x1f, 0x8b, 8,    0,    0,    0,    0, 0, 0, 3, 0x4b,
                                   4,    0,    0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0};
  (void)b;
  cspan_buf out;
  cspan_error *error = NULL;
  cspan_buf_init(&out, 1000);
  cspan_status status = cspan_gunzip(packed, sizeof packed, &out, &error);
  assert_string_equal(cspan_buf_text(&out), status == CSPAN_OK ? "a" : "");
  assert_int_equal(cspan_error_status(error), status);
  cspan_error_free(error);
  cspan_buf_free(&out);
  return status;
}

#define REPLAY(scenario)                                                                           \
  static void test_##scenario(void **state) {                                                      \
    (void)state;                                                                                   \
    replay(scenario);                                                                              \
  }

REPLAY(assemble)
REPLAY(draw)
REPLAY(write_json)
REPLAY(summarize)
REPLAY(unpack)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_assemble),   cmocka_unit_test(test_draw),
      cmocka_unit_test(test_write_json), cmocka_unit_test(test_summarize),
      cmocka_unit_test(test_unpack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
