/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as text for a person: a line for the metric, one a data point. */
#include <inttypes.h>
#include <string.h>

#include <cloudspan/ext/metrics.h>

#include "base/alloc.h"
#include "telemetry/console_text.h"
#include "telemetry/json_text.h"

enum { TEXT_FACTOR = 32, TEXT_BASE = 4096 };

typedef struct console_exporter {
  int fd;
} console_exporter;

static void put_number(cspan_buf *out, const cspan_number *value) {
  if (value->type == CSPAN_NUMBER_INT64) {
    cspan_buf_printf(out, "%" PRId64, value->int64);
  } else {
    cspan_json_double(out, value->number);
  }
}

static void put_named(cspan_buf *out, const char *name, double value) {
  cspan_buf_printf(out, " %s=", name);
  cspan_json_double(out, value);
}

/* Buckets that hold nothing are left out. */
static void put_histogram(cspan_buf *out, const cspan_point_view *point) {
  cspan_buf_printf(out, "count=%" PRIu64, point->count);
  if (point->has_sum) {
    put_named(out, "sum", point->sum);
  }
  if (point->has_extremes) {
    put_named(out, "min", point->min);
    put_named(out, "max", point->max);
  }
  for (size_t i = 0; i < point->bucket_count; i++) {
    if (point->buckets[i] == 0) {
      continue;
    }
    if (i < point->boundary_count) {
      cspan_buf_str(out, " <=");
      cspan_json_double(out, point->boundaries[i]);
    } else {
      cspan_buf_str(out, " more");
    }
    cspan_buf_printf(out, ":%" PRIu64, point->buckets[i]);
  }
}

static void put_exemplar(cspan_buf *out, const cspan_exemplar_view *exemplar) {
  char trace[33];
  char span[17];
  cspan_trace_id_hex(exemplar->trace_id, trace);
  cspan_span_id_hex(exemplar->span_id, span);
  cspan_buf_str(out, "    exemplar ");
  put_number(out, &exemplar->value);
  cspan_buf_printf(out, " trace=%s span=%s\n", trace, span);
}

static void put_point(cspan_buf *out, const cspan_metric_view *metric,
                      const cspan_point_view *point) {
  cspan_buf_str(out, "  ");
  if (metric->type == CSPAN_METRIC_HISTOGRAM) {
    put_histogram(out, point);
  } else {
    put_number(out, &point->value);
  }
  cspan_console_attributes(out, point->attributes, point->attribute_count);
  cspan_buf_char(out, '\n');
  for (size_t i = 0; i < point->exemplar_count; i++) {
    put_exemplar(out, &point->exemplars[i]);
  }
}

static const char *type_of(const cspan_metric_view *metric) {
  switch (metric->type) {
  case CSPAN_METRIC_GAUGE:
    return "gauge";
  case CSPAN_METRIC_SUM:
    return metric->is_monotonic ? "counter" : "up-down counter";
  case CSPAN_METRIC_HISTOGRAM:
    return "histogram";
  default:
    return "metric";
  }
}

static void put_metric(cspan_buf *out, const cspan_metric_view *metric) {
  cspan_console_name(out, metric->name);
  cspan_buf_printf(out, " %s", type_of(metric));
  if (metric->unit[0] != '\0') {
    cspan_buf_str(out, " in ");
    cspan_console_name(out, metric->unit);
  }
  cspan_buf_printf(out, "%s scope=", metric->is_delta ? " since the last time" : "");
  cspan_console_name(out, metric->scope_name);
  cspan_buf_char(out, '\n');
  for (size_t i = 0; i < metric->point_count; i++) {
    put_point(out, metric, &metric->points[i]);
  }
}

static cspan_status console_export(void *self, const cspan_context *context,
                                   const cspan_metric_batch *batch, size_t *rejected_points,
                                   cspan_error **error) {
  const console_exporter *console = self;
  cspan_metric_list *list;
  (void)context;
  *rejected_points = 0;
  cspan_status status =
      cspan_metric_list_decode(batch->request, batch->request_size_bytes, &list, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf text;
  cspan_buf_init(&text, batch->request_size_bytes * TEXT_FACTOR + TEXT_BASE);
  for (size_t i = 0; i < cspan_metric_list_count(list); i++) {
    put_metric(&text, cspan_metric_list_at(list, i));
  }
  status = cspan_console_write(console->fd, &text, "metrics", error);
  cspan_buf_free(&text);
  cspan_metric_list_free(list);
  return status;
}

static void console_free(void *self) {
  cspan_free(self);
}

cspan_metric_exporter *cspan_metric_exporter_console(int fd) {
  static const cspan_metric_exporter_vtable vtable = {
      .size = sizeof vtable, .export_metrics = console_export, .free = console_free};
  console_exporter *console = cspan_malloc(sizeof *console);
  if (console == NULL) {
    return NULL;
  }
  console->fd = fd;
  return cspan_metric_exporter_create(&vtable, console);
}
