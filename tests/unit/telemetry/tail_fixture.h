/* SPDX-License-Identifier: Apache-2.0 */
/* A provider that samples by the tail, by a clock that the test sets. */
#ifndef UNIT_TAIL_FIXTURE_H
#define UNIT_TAIL_FIXTURE_H

#include "unit/telemetry/span_fixture.h"

#include "telemetry/sampling/tail.h"

#define NS_PER_MS INT64_C(1000000)

static int64_t tail_now_ns;

static int64_t tail_clock(void) {
  return tail_now_ns;
}

typedef struct tail_fixture {
  cspan_span_exporter *memory;
  cspan_span_processor *tail;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  cspan_span_list *list;
} tail_fixture;

static inline void tail_open(tail_fixture *f, const cspan_tail_sampling_options *options,
                             cspan_sampler *sampler) {
  memset(f, 0, sizeof *f);
  tail_now_ns = 1000000 * NS_PER_MS;
  f->memory = cspan_exporter_memory();
  f->tail =
      cspan_processor_tail_sampling_by(cspan_processor_simple(f->memory), options, tail_clock);
  assert_non_null(f->tail);
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "test",
                                     .sampler =
                                         sampler != NULL ? sampler : cspan_sampler_always_on(),
                                     .processors = &f->tail,
                                     .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "scope", "1.2", NULL);
}

static inline cspan_tail_sampling_stats tail_stats(const tail_fixture *f) {
  cspan_tail_sampling_stats stats = {.size = sizeof stats};
  assert_true(cspan_processor_tail_stats(f->tail, &stats));
  return stats;
}

/* Every span is accounted for. */
static inline void tail_close(tail_fixture *f) {
  cspan_span_list_free(f->list);
  cspan_tracer_provider_free(f->provider);
}

static inline void tail_expire(const tail_fixture *f) {
  cspan_tail_expire(f->tail->self);
}

static inline const cspan_span_list *tail_spans(tail_fixture *f) {
  cspan_span_list_free(f->list);
  f->list = cspan_memory_spans(f->memory);
  assert_non_null(f->list);
  return f->list;
}

static inline size_t tail_exported(tail_fixture *f) {
  return cspan_span_list_count(tail_spans(f));
}

static inline const cspan_span_view *tail_find(tail_fixture *f, const char *name) {
  return cspan_span_list_find(tail_spans(f), name, 0);
}

/* NULL: none is told. */
static inline void assert_reason(const cspan_span_view *span, const char *reason) {
  assert_non_null(span);
  if (reason == NULL) {
    assert_null(cspan_attrs_find(span->attributes, span->attribute_count, CSPAN_TAIL_REASON));
  } else {
    assert_attr_string(span->attributes, span->attribute_count, CSPAN_TAIL_REASON, reason);
  }
}

/* Starts at a second of its own; `parent` {0}: a root. */
static inline cspan_span tail_start(const tail_fixture *f, cspan_span parent, const char *name) {
  const cspan_context context = cspan_context_with_span(NULL, parent);
  const cspan_span_options options = {.root = parent.slot == NULL,
                                      .start_time_unix_ns = 1000 * NS_PER_MS};
  return cspan_span_start(f->tracer, &context, name, &options);
}

static inline void tail_end(cspan_span span, int64_t duration_ms) {
  cspan_span_end_at(span, (1000 + duration_ms) * NS_PER_MS);
}

/* A span of a trace from elsewhere. */
static inline cspan_span tail_remote(uint8_t number, uint8_t flags, const char *trace_state) {
  const cspan_span_context remote = {.trace_id = {number, [9] = 0xFF, [15] = number},
                                     .span_id = {number},
                                     .trace_flags = flags,
                                     .is_remote = true,
                                     .trace_state = trace_state};
  return cspan_span_from_context(&remote);
}

#endif
