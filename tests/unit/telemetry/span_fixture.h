/* SPDX-License-Identifier: Apache-2.0 */
/* A provider whose finished spans a test can read. */
#ifndef UNIT_SPAN_FIXTURE_H
#define UNIT_SPAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

#include "telemetry/core.h"

typedef struct span_fixture {
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  cspan_span_list *list; /* of the last fixture_spans() */
} span_fixture;

/* Takes the sampler, NULL: all spans. */
static inline void fixture_open(span_fixture *f, cspan_sampler *sampler) {
  memset(f, 0, sizeof *f);
  f->memory = cspan_exporter_memory();
  assert_non_null(f->memory);
  cspan_span_processor *processor = cspan_processor_simple(f->memory);
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .sampler = sampler,
                                    .processors = &processor,
                                    .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "scope", "1.2", NULL);
  assert_non_null(f->tracer);
}

static inline void fixture_close(span_fixture *f) {
  cspan_span_list_free(f->list);
  cspan_tracer_provider_free(f->provider);
}

static inline const cspan_span_list *fixture_spans(span_fixture *f) {
  cspan_span_list_free(f->list);
  f->list = cspan_memory_spans(f->memory);
  assert_non_null(f->list);
  return f->list;
}

/* The only finished span. */
static inline const cspan_span_view *fixture_one(span_fixture *f) {
  assert_int_equal(cspan_span_list_count(fixture_spans(f)), 1);
  return cspan_span_list_at(f->list, 0);
}

static inline const cspan_span_view *fixture_find(span_fixture *f, const char *name) {
  const cspan_span_view *span = cspan_span_list_find(fixture_spans(f), name, 0);
  assert_non_null(span);
  return span;
}

static inline void assert_attr_string(const cspan_attr *attributes, size_t count, const char *key,
                                      const char *value) {
  const cspan_attr *attr = cspan_attrs_find(attributes, count, key);
  assert_non_null(attr);
  assert_int_equal(attr->type, CSPAN_ATTR_STRING);
  assert_int_equal(attr->count, strlen(value));
  assert_memory_equal(attr->value.string, value, attr->count);
}

static inline void assert_attr_int64(const cspan_attr *attributes, size_t count, const char *key,
                                     int64_t value) {
  const cspan_attr *attr = cspan_attrs_find(attributes, count, key);
  assert_non_null(attr);
  assert_int_equal(attr->type, CSPAN_ATTR_INT64);
  assert_true(attr->value.int64 == value);
}

#endif
