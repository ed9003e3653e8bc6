/* SPDX-License-Identifier: Apache-2.0 */
/* Puts spans that arrive in any order together into traces, and says when a trace is
 * finished. No clock and no thread of its own: the caller passes the time, on one clock
 * of its choice. Not thread-safe. */
#ifndef VIEWER_ASSEMBLE_H
#define VIEWER_ASSEMBLE_H

#include "viewer/record.h"

/* Zero fields are the defaults. */
typedef struct cspan_assembler_options {
  /* A trace whose root is there is finished when nothing came for this long: 1 s. */
  int64_t quiet_ns;
  /* The same for a trace without a root (it is still running, lost, or started by
   * someone who reports elsewhere): 30 s. */
  int64_t rootless_quiet_ns;
  /* Over a cap the trace that began to arrive first is dropped, and counted. */
  size_t max_traces; /* 1,000 */
  size_t max_spans;  /* 100,000, of all traces together */
  size_t max_bytes;  /* 256 MiB, of all traces together */
  /* Spans of one trace over this are dropped, and counted: 20,000. */
  size_t max_spans_per_trace;
} cspan_assembler_options;

typedef struct cspan_assembler_stats {
  uint64_t spans;         /* received */
  uint64_t spans_dropped; /* because of a cap, those of dropped traces included */
  uint64_t traces_dropped;
  size_t traces_held;
  size_t spans_held;
} cspan_assembler_stats;

typedef struct cspan_assembler cspan_assembler;

/* NULL: out of memory. `options` may be NULL. */
cspan_assembler *cspan_assembler_create(const cspan_assembler_options *options);
void cspan_assembler_free(cspan_assembler *assembler);

/* Takes a copy of the span. CSPAN_ERR_LIMIT: dropped because of a cap, which is counted
 * and no reason to stop; CSPAN_ERR_NOMEM: dropped and counted as well. */
cspan_status cspan_assembler_add(cspan_assembler *assembler, const cspan_span_view *view,
                                 int64_t now_ns);
/* All spans of the list; the first status that is not OK. */
cspan_status cspan_assembler_add_list(cspan_assembler *assembler, const cspan_span_list *list,
                                      int64_t now_ns);

/* The next finished trace, the one that began to arrive first; NULL when there is none.
 * With `flush` every trace counts as finished. The caller frees it. */
cspan_trace_record *cspan_assembler_take(cspan_assembler *assembler, int64_t now_ns, bool flush);

void cspan_assembler_stats_get(const cspan_assembler *assembler, cspan_assembler_stats *out);

#endif
