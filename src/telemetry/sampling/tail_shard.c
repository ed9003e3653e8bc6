/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/tail_shard.h"

#include <string.h>

#include "base/alloc.h"

/* The shard itself is chosen by the lowest bits. */
enum { BUCKET_SHIFT = 8, SET_SHIFT = 20 };

void cspan_tail_shard_init(cspan_tail_shard *shard) {
  memset(shard, 0, sizeof *shard);
  pthread_mutex_init(&shard->lock, NULL);
  atomic_init(&shard->oldest_ns, INT64_MAX);
}

static void free_traces(cspan_tail_trace *trace) {
  while (trace != NULL) {
    cspan_tail_trace *next = trace->next;
    cspan_tail_chunks_free(trace->first);
    cspan_free(trace);
    trace = next;
  }
}

static void free_content(cspan_tail_shard *shard) {
  for (size_t i = 0; i < CSPAN_TAIL_BUCKETS; i++) {
    free_traces(shard->buckets[i]);
  }
  free_traces(shard->free_traces);
  cspan_tail_chunks_free(shard->pool.spare);
}

void cspan_tail_shard_free(cspan_tail_shard *shard) {
  free_content(shard);
  pthread_mutex_destroy(&shard->lock);
}

void cspan_tail_shard_reset(cspan_tail_shard *shard) {
  free_content(shard);
  cspan_tail_shard_init(shard);
}

/* --------------------------------------------------------------------------- traces */

static cspan_tail_trace **bucket_of(cspan_tail_shard *shard, uint64_t hash) {
  return &shard->buckets[(hash >> BUCKET_SHIFT) % CSPAN_TAIL_BUCKETS];
}

cspan_tail_trace *cspan_tail_find(cspan_tail_shard *shard, uint64_t hash, const uint8_t *trace_id) {
  cspan_tail_trace *trace = *bucket_of(shard, hash);
  while (trace != NULL && memcmp(trace->trace_id, trace_id, sizeof trace->trace_id) != 0) {
    trace = trace->next;
  }
  return trace;
}

static void tell_oldest(cspan_tail_shard *shard) {
  atomic_store_explicit(&shard->oldest_ns,
                        shard->oldest != NULL ? shard->oldest->since_ns : INT64_MAX,
                        memory_order_relaxed);
}

cspan_tail_trace *cspan_tail_open(cspan_tail_shard *shard, uint64_t hash,
                                  const cspan_tail_rules *rules, const cspan_ended_span *span,
                                  int64_t now_ns) {
  cspan_tail_trace *trace = shard->free_traces;
  if (trace != NULL) {
    shard->free_traces = trace->next;
  } else {
    trace = cspan_malloc(sizeof *trace);
    if (trace == NULL) {
      return NULL;
    }
  }
  cspan_tail_trace_init(trace, rules, span);
  cspan_tail_trace **bucket = bucket_of(shard, hash);
  trace->next = *bucket;
  *bucket = trace;
  trace->since_ns = now_ns;
  trace->older = shard->newest;
  if (shard->newest != NULL) {
    shard->newest->newer = trace;
  } else {
    shard->oldest = trace;
    tell_oldest(shard);
  }
  shard->newest = trace;
  shard->counts.traces_held++;
  return trace;
}

void cspan_tail_detach(cspan_tail_shard *shard, uint64_t hash, cspan_tail_trace *trace) {
  cspan_tail_trace **at = bucket_of(shard, hash);
  while (*at != trace) {
    at = &(*at)->next;
  }
  *at = trace->next;
  *(trace->older != NULL ? &trace->older->newer : &shard->oldest) = trace->newer;
  *(trace->newer != NULL ? &trace->newer->older : &shard->newest) = trace->older;
  if (trace->older == NULL) {
    tell_oldest(shard);
  }
  shard->counts.traces_held--;
  shard->counts.spans_held -= trace->spans;
}

void cspan_tail_give_back(cspan_tail_shard *shard, cspan_tail_trace *trace) {
  trace->next = shard->free_traces;
  shard->free_traces = trace;
}

/* ------------------------------------------------------------------------ decisions */

static cspan_tail_memo *set_of(cspan_tail_shard *shard, uint64_t hash) {
  return shard->memos[(hash >> SET_SHIFT) % CSPAN_TAIL_SETS];
}

cspan_tail_decision *cspan_tail_recall(cspan_tail_shard *shard, uint64_t hash,
                                       const uint8_t *trace_id) {
  cspan_tail_memo *set = set_of(shard, hash);
  for (size_t i = 0; i < CSPAN_TAIL_WAYS; i++) {
    if (set[i].is_used && memcmp(set[i].trace_id, trace_id, sizeof set[i].trace_id) == 0) {
      return &set[i].decision;
    }
  }
  return NULL;
}

void cspan_tail_remember(cspan_tail_shard *shard, uint64_t hash, const uint8_t *trace_id,
                         const cspan_tail_decision *decision) {
  uint8_t *way = &shard->next_way[(hash >> SET_SHIFT) % CSPAN_TAIL_SETS];
  cspan_tail_memo *memo = &set_of(shard, hash)[*way];
  *way = (uint8_t)((*way + 1) % CSPAN_TAIL_WAYS);
  memcpy(memo->trace_id, trace_id, sizeof memo->trace_id);
  memo->decision = *decision;
  memo->is_used = true;
}
