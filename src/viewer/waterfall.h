/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as text for a terminal: a heading, a tree of spans, and bars on one time axis. */
#ifndef VIEWER_WATERFALL_H
#define VIEWER_WATERFALL_H

#include "base/buf.h"
#include "viewer/record.h"

typedef struct cspan_waterfall_options {
  size_t width; /* columns; 0: 100; held between 60 and 300 */
  bool color;   /* escape sequences */
  bool ascii;   /* nothing outside ASCII */
  bool brief;   /* under a span only errors and retries */
} cspan_waterfall_options;

/* Appends the trace and an empty line. The failure of `out` where it is too small. */
cspan_status cspan_waterfall_render(const cspan_trace_record *record,
                                    const cspan_waterfall_options *options, cspan_buf *out);

#endif
