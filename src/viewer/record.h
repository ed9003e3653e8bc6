/* SPDX-License-Identifier: Apache-2.0 */
/* One trace as it is shown: spans that belong together, and their memory. */
#ifndef VIEWER_RECORD_H
#define VIEWER_RECORD_H

#include <cloudspan/telemetry.h>

#include "base/arena.h"

typedef struct cspan_trace_record {
  uint8_t trace_id[16];
  /* By start time, then span id. No two have the same id. */
  const cspan_span_view **spans;
  size_t span_count;
  size_t dropped_spans; /* received, but not kept because of a cap */
  cspan_arena *arena;   /* holds what the views point at; NULL: it is the caller's */
} cspan_trace_record;

void cspan_trace_record_free(cspan_trace_record *record);

/* Sorts the spans and drops repeated ones (an exporter that saw no answer sends a batch
 * again). */
void cspan_trace_record_sort(cspan_trace_record *record);

/* A copy of everything that the view points at. `previous` is a copy in the same arena
 * or NULL: equal resources and scopes are shared with it. NULL: out of memory. */
const cspan_span_view *cspan_span_view_copy(cspan_arena *arena, const cspan_span_view *view,
                                            const cspan_span_view *previous);

/* About what a copy that shares nothing takes. */
size_t cspan_span_view_bytes(const cspan_span_view *view);

/* Times as a display can use them: before 1970 is 1970, an end before the start is the
 * start. */
int64_t cspan_span_view_start(const cspan_span_view *view);
int64_t cspan_span_view_end(const cspan_span_view *view);

/* True for a parent id of zeros. */
bool cspan_span_view_is_root(const cspan_span_view *view);

#endif
