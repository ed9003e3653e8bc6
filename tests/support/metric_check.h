/* SPDX-License-Identifier: Apache-2.0 */
/* A meter provider whose metrics stay in memory, and looking at them: points are found by all of
 * their attributes. */
#ifndef SUPPORT_METRIC_CHECK_H
#define SUPPORT_METRIC_CHECK_H

#include <cloudspan/metrics.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct metric_memory {
  cspan_metric_exporter *exporter;
  cspan_meter_provider *provider;
  cspan_metric_list *list; /* of the last look */
} metric_memory;

static inline void metric_memory_open(metric_memory *m) {
  const cspan_metric_reader_options by_flush = {.size = sizeof by_flush,
                                                .interval_ms = CSPAN_INTERVAL_NEVER};
  m->exporter = cspan_metric_exporter_memory();
  m->list = NULL;
  cspan_metric_reader *reader = cspan_metric_reader_periodic(m->exporter, &by_flush);
  assert_non_null(reader);
  const cspan_meter_provider_options options = {.size = sizeof options,
                                                .service_name = "metrics",
                                                .detectors = "none",
                                                .readers = &reader,
                                                .reader_count = 1};
  assert_int_equal(cspan_meter_provider_create(&options, &m->provider, NULL), CSPAN_OK);
}

/* All that was recorded until now. */
static inline const cspan_metric_list *metric_memory_look(metric_memory *m) {
  assert_int_equal(cspan_meter_provider_force_flush(m->provider, 0, NULL), CSPAN_OK);
  cspan_metric_list_free(m->list);
  m->list = cspan_memory_metrics(m->exporter);
  assert_non_null(m->list);
  return m->list;
}

static inline void metric_memory_close(metric_memory *m) {
  cspan_metric_list_free(m->list);
  m->list = NULL;
  cspan_meter_provider_free(m->provider);
}

static inline const cspan_metric_view *get_metric(const cspan_metric_list *list, const char *name) {
  const cspan_metric_view *metric = cspan_metric_list_find(list, name);
  if (metric == NULL) {
    fail_msg("there is no metric %s", name);
  }
  return metric;
}

static inline void print_points(const cspan_metric_view *metric) {
  for (size_t i = 0; i < metric->point_count; i++) {
    const cspan_point_view *point = &metric->points[i];
    print_message("%s:", metric->name);
    for (size_t k = 0; k < point->attribute_count; k++) {
      const cspan_attr *attr = &point->attributes[k];
      if (attr->type == CSPAN_ATTR_STRING) {
        print_message(" %s=%.*s", attr->key, (int)attr->count, attr->value.string);
      } else {
        print_message(" %s=%lld", attr->key, (long long)attr->value.int64);
      }
    }
    print_message("\n");
  }
}

/* The point with exactly these attributes. */
static inline const cspan_point_view *get_point(const cspan_metric_list *list, const char *name,
                                                const cspan_attr *attrs, size_t count) {
  const cspan_metric_view *metric = get_metric(list, name);
  const cspan_point_view *point = cspan_metric_find_point(metric, attrs, count);
  if (point == NULL) {
    print_points(metric);
    fail_msg("%s has no point with the attributes that were expected", name);
  }
  return point;
}

/* Measurements of a histogram, or the sum of a counter, over all points. */
static inline uint64_t metric_total(const cspan_metric_list *list, const char *name) {
  const cspan_metric_view *metric = cspan_metric_list_find(list, name);
  uint64_t total = 0;
  for (size_t i = 0; metric != NULL && i < metric->point_count; i++) {
    const cspan_point_view *point = &metric->points[i];
    total += metric->type == CSPAN_METRIC_HISTOGRAM ? point->count : (uint64_t)point->value.int64;
  }
  return total;
}

/* All exemplars of a point are of that span. */
static inline void check_exemplars(const cspan_point_view *point, const cspan_span_view *span) {
  assert_true(point->exemplar_count > 0);
  for (size_t i = 0; i < point->exemplar_count; i++) {
    assert_memory_equal(point->exemplars[i].trace_id, span->trace_id, 16);
    assert_memory_equal(point->exemplars[i].span_id, span->span_id, 8);
  }
}

#endif
