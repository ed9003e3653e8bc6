/* SPDX-License-Identifier: Apache-2.0 */
/* The lines under a span of a waterfall: why it failed, its key attributes, its retries
 * and exceptions. */
#ifndef VIEWER_DETAILS_H
#define VIEWER_DETAILS_H

#include "viewer/flow.h"
#include "viewer/tree.h"

typedef struct cspan_details {
  const cspan_trace_record *record;
  const cspan_tree *tree;
  const cspan_span_view *root; /* what the heading of the trace already says */
  bool brief;                  /* only notes, errors and retries */
} cspan_details;

/* Of the span with this index; the flow's prefix is set. */
void cspan_details_put(cspan_flow *flow, const cspan_details *details, size_t index);

/* " · " between items, ", " in ASCII. */
const char *cspan_details_separator(bool ascii);

#endif
