/* SPDX-License-Identifier: Apache-2.0 */
/* A trace that is held: its spans as bytes in chunks, and giving them on with what the decision
 * adds. Not locked here. */
#ifndef TELEMETRY_SAMPLING_TAIL_TRACE_H
#define TELEMETRY_SAMPLING_TAIL_TRACE_H

#include "telemetry/sampling/tail_rules.h"

typedef struct cspan_tail_chunk {
  struct cspan_tail_chunk *next;
  size_t cap;
  size_t used;
  _Alignas(8) uint8_t data[];
} cspan_tail_chunk;

/* Chunks of the usual size, to be used again. */
typedef struct cspan_tail_pool {
  cspan_tail_chunk *spare;
  size_t spare_count;
} cspan_tail_pool;

typedef struct cspan_tail_trace {
  struct cspan_tail_trace *next; /* in its bucket, or in the list of free ones */
  struct cspan_tail_trace *older;
  struct cspan_tail_trace *newer;
  uint8_t trace_id[16];
  int64_t since_ns;
  uint64_t randomness;
  uint32_t rule; /* the first one that a span of it matched */
  bool is_told;  /* how likely its spans came here is known: `th` may be said */
  uint64_t spans;
  size_t bytes; /* of its chunks */
  cspan_tail_chunk *first;
  cspan_tail_chunk *last;
} cspan_tail_trace;

/* What becomes of the spans of a trace. */
typedef struct cspan_tail_decision {
  uint32_t rule;
  bool is_kept;
  bool is_told;
  bool is_all_recorded; /* a threshold of the head sampler did not keep a span from coming here */
} cspan_tail_decision;

/* A trace without spans, whose first one this is. */
void cspan_tail_trace_init(cspan_tail_trace *trace, const cspan_tail_rules *rules,
                           const cspan_ended_span *span);
/* Copies a span; false when out of memory. `reason_room` is what the longest reason takes. */
bool cspan_tail_trace_add(cspan_tail_trace *trace, cspan_tail_pool *pool,
                          const cspan_ended_span *span, size_t reason_room);
/* Calls `next` for each span, sampled, with its threshold, and local roots with the reason. */
void cspan_tail_trace_give(cspan_tail_trace *trace, const cspan_tail_rules *rules,
                           const cspan_tail_decision *decision, const cspan_span_processor *next);

/* The chunks of a trace go back; those that are too many come out as a list, to be freed without
 * a lock. */
cspan_tail_chunk *cspan_tail_trace_empty(cspan_tail_trace *trace, cspan_tail_pool *pool);
void cspan_tail_chunks_free(cspan_tail_chunk *chunks);

#endif
