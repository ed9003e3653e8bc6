/* SPDX-License-Identifier: Apache-2.0 */
/* The right side of a waterfall: the time axis and the bars on it. */
#ifndef VIEWER_BAR_H
#define VIEWER_BAR_H

#include <cloudspan/telemetry.h>

#include "viewer/flow.h"

#define CSPAN_BAR_MAX_COLUMNS 300

typedef struct cspan_bar_scale {
  int64_t start_ns;
  int64_t total_ns;
  size_t columns; /* 1 to CSPAN_BAR_MAX_COLUMNS */
  bool ascii;
  bool color;
} cspan_bar_scale;

/* A line of labels and a line of ticks, each after `indent` blanks. */
void cspan_bar_axis(cspan_buf *out, const cspan_bar_scale *scale, size_t indent);

/* The bar of a span: solid while it works, light while it waits between two attempts,
 * with a mark at each attempt that failed. No blanks after it. */
void cspan_bar_put(cspan_buf *out, const cspan_bar_scale *scale, const cspan_span_view *view);

/* The name of the event of a failed attempt, and its attribute with the wait after it. */
#define CSPAN_RETRY_EVENT   "aws.retry"
#define CSPAN_RETRY_BACKOFF "aws.retry.backoff_ms"
bool cspan_bar_has_retries(const cspan_span_view *view);

#endif
