/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void cspan_trace_record_free(cspan_trace_record *record) {
  if (record) {
    cspan_arena_free(record->arena);
    cspan_free(record->spans);
    cspan_free(record);
  }
}

int64_t cspan_span_view_start(const cspan_span_view *view) {
  return view->start_time_unix_ns > 0 ? view->start_time_unix_ns : 0;
}

int64_t cspan_span_view_end(const cspan_span_view *view) {
  int64_t start = cspan_span_view_start(view);
  return view->end_time_unix_ns > start ? view->end_time_unix_ns : start;
}

bool cspan_span_view_is_root(const cspan_span_view *view) {
  static const uint8_t none[8];
  return memcmp(view->parent_span_id, none, sizeof none) == 0;
}

static int by_id(const void *a, const void *b) {
  const cspan_span_view *left = *(const cspan_span_view *const *)a;
  const cspan_span_view *right = *(const cspan_span_view *const *)b;
  int order = memcmp(left->span_id, right->span_id, sizeof left->span_id);
  if (order == 0) {
    /* Of a repeated span the one that ended last stays. */
    int64_t left_end = cspan_span_view_end(left);
    int64_t right_end = cspan_span_view_end(right);
    order = left_end > right_end ? -1 : left_end < right_end;
  }
  return order;
}

static int by_start(const void *a, const void *b) {
  const cspan_span_view *left = *(const cspan_span_view *const *)a;
  const cspan_span_view *right = *(const cspan_span_view *const *)b;
  int64_t left_start = cspan_span_view_start(left);
  int64_t right_start = cspan_span_view_start(right);
  if (left_start != right_start) {
    return left_start < right_start ? -1 : 1;
  }
  return memcmp(left->span_id, right->span_id, sizeof left->span_id);
}

void cspan_trace_record_sort(cspan_trace_record *record) {
  if (record->span_count == 0) {
    return;
  }
  qsort(record->spans, record->span_count, sizeof(void *), by_id);
  size_t kept = 1;
  for (size_t i = 1; i < record->span_count; i++) {
    if (memcmp(record->spans[i]->span_id, record->spans[kept - 1]->span_id, 8) != 0) {
      record->spans[kept++] = record->spans[i];
    }
  }
  record->span_count = kept;
  qsort(record->spans, kept, sizeof(void *), by_start);
}
