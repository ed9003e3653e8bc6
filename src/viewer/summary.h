/* SPDX-License-Identifier: Apache-2.0 */
/* What all spans came to: one line an operation. Not thread-safe. */
#ifndef VIEWER_SUMMARY_H
#define VIEWER_SUMMARY_H

#include <cloudspan/telemetry.h>

#include "base/buf.h"

typedef struct cspan_summary cspan_summary;

/* NULL: out of memory. */
cspan_summary *cspan_summary_create(void);
void cspan_summary_free(cspan_summary *summary);

/* Counts a span under its name. Spans of single attempts (children of a call, named by
 * their HTTP method) are passed over: the call's own span tells of them. Past 500 names the
 * rest counts as "(other)". CSPAN_ERR_NOMEM: it was not counted. */
cspan_status cspan_summary_add(cspan_summary *summary, const cspan_span_view *view);

/* One operation so far. */
typedef struct cspan_summary_line {
  const char *name; /* lives as long as the summary */
  bool api_call;    /* one call of a service; else an operation made of such calls */
  uint64_t calls;
  uint64_t errors; /* spans whose status is Error */
  uint64_t retries;
  int64_t p50_ns; /* nearest rank; of 4,096 evenly chosen spans where there are more */
  int64_t p99_ns;
  int64_t sent_bytes;
  int64_t received_bytes;
} cspan_summary_line;

size_t cspan_summary_count(const cspan_summary *summary);
/* In the order of the table: operations first, then API calls, each by name. False past
 * the end. */
bool cspan_summary_at(cspan_summary *summary, size_t index, cspan_summary_line *out);

typedef struct cspan_summary_options {
  size_t width; /* columns; 0: 100; held between 60 and 300 */
  bool color;
  bool ascii;
} cspan_summary_options;

/* Appends the table; nothing when no span was counted. */
cspan_status cspan_summary_render(cspan_summary *summary, const cspan_summary_options *options,
                                  cspan_buf *out);

#endif
