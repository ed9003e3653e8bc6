/* SPDX-License-Identifier: Apache-2.0 */
/* A provider with a batch processor whose exporter the test holds by the hand. */
#ifndef UNIT_BATCH_FIXTURE_H
#define UNIT_BATCH_FIXTURE_H

#include "unit/telemetry/gate_exporter.h"

#include "telemetry/core.h"

enum { LONG_MS = 60000 }; /* "for ever" on the scale of a test */

typedef struct batch_fixture {
  gate_exporter gate;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
} batch_fixture;

/* No batch is sent for its age: what is sent was asked for. */
static const cspan_batch_options patient = {.max_queue_size = 16,
                                            .max_export_batch_size = 8,
                                            .schedule_delay_ms = LONG_MS,
                                            .export_timeout_ms = LONG_MS};

static inline void open_batch_with(batch_fixture *f, cspan_span_exporter *exporter,
                                   const cspan_batch_options *options) {
  cspan_span_processor *processor = cspan_processor_batch(exporter, options);
  cspan_provider_options provider = {.processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "batch", NULL, NULL);
}

static inline void open_batch(batch_fixture *f, const cspan_batch_options *options) {
  open_batch_with(f, gate_create(&f->gate), options);
}

static inline void close_batch(batch_fixture *f) {
  gate_set(&f->gate, false);
  cspan_tracer_provider_free(f->provider);
  assert_true(f->gate.has_gone);
  assert_int_equal(f->gate.shutdowns, 1);
  gate_destroy(&f->gate);
}

static inline void make_spans(cspan_tracer *tracer, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, "s", NULL);
    cspan_span_set_int64(span, "i", (int64_t)i);
    cspan_span_end(span);
  }
}

static inline cspan_telemetry_stats stats_of(const batch_fixture *f) {
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(f->provider, &stats);
  return stats;
}

static inline void assert_flush(batch_fixture *f, int64_t timeout_ms, cspan_status expected,
                                const char *part_of_message) {
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_force_flush(f->provider, timeout_ms, &error), expected);
  if (expected == CSPAN_OK) {
    assert_null(error);
  } else {
    assert_int_equal(cspan_error_status(error), expected);
    assert_non_null(strstr(cspan_error_message(error), part_of_message));
  }
  cspan_error_free(error);
}

#endif
