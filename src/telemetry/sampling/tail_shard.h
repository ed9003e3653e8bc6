/* SPDX-License-Identifier: Apache-2.0 */
/* A part of the traces that tail sampling knows, under a lock of its own: those that are held, by
 * their ids and by their age, and what was decided of the last ones. */
#ifndef TELEMETRY_SAMPLING_TAIL_SHARD_H
#define TELEMETRY_SAMPLING_TAIL_SHARD_H

#include <pthread.h>
#include <stdatomic.h>

#include "telemetry/sampling/tail_trace.h"
#include "telemetry/wire.h"

enum { CSPAN_TAIL_SHARDS = 16, CSPAN_TAIL_BUCKETS = 256 };
/* Decisions that are remembered, in sets of a few. */
enum { CSPAN_TAIL_SETS = 128, CSPAN_TAIL_WAYS = 4 };

typedef struct cspan_tail_memo {
  uint8_t trace_id[16];
  cspan_tail_decision decision;
  bool is_used;
} cspan_tail_memo;

typedef struct cspan_tail_counts {
  uint64_t traces_kept;
  uint64_t traces_dropped;
  uint64_t traces_early;
  uint64_t spans_kept;
  uint64_t spans_dropped;
  uint64_t spans_late;
  uint64_t traces_held;
  uint64_t spans_held;
} cspan_tail_counts;

typedef struct cspan_tail_shard {
  pthread_mutex_t lock;
  cspan_tail_trace *buckets[CSPAN_TAIL_BUCKETS];
  cspan_tail_trace *oldest;
  cspan_tail_trace *newest;
  _Atomic int64_t oldest_ns; /* INT64_MAX: none is held; read without the lock */
  cspan_tail_trace *free_traces;
  cspan_tail_pool pool;
  cspan_tail_counts counts;
  cspan_tail_memo memos[CSPAN_TAIL_SETS][CSPAN_TAIL_WAYS];
  uint8_t next_way[CSPAN_TAIL_SETS];
} cspan_tail_shard;

/* Not all ids are random in all of their bytes. */
static inline uint64_t cspan_tail_hash(const uint8_t trace_id[16]) {
  uint64_t hash = wire_load64(trace_id) * UINT64_C(0x9E3779B97F4A7C15) ^ wire_load64(trace_id + 8);
  hash *= UINT64_C(0xC2B2AE3D27D4EB4F);
  return hash ^ hash >> 29;
}

void cspan_tail_shard_init(cspan_tail_shard *shard);
void cspan_tail_shard_free(cspan_tail_shard *shard);
/* As if nothing had come yet; the lock is made new. For a forked child. */
void cspan_tail_shard_reset(cspan_tail_shard *shard);

/* All of these with the lock. */
cspan_tail_trace *cspan_tail_find(cspan_tail_shard *shard, uint64_t hash, const uint8_t *trace_id);
/* NULL when out of memory. */
cspan_tail_trace *cspan_tail_open(cspan_tail_shard *shard, uint64_t hash,
                                  const cspan_tail_rules *rules, const cspan_ended_span *span,
                                  int64_t now_ns);
/* It is no longer found. */
void cspan_tail_detach(cspan_tail_shard *shard, uint64_t hash, cspan_tail_trace *trace);
/* A detached, emptied trace goes back. */
void cspan_tail_give_back(cspan_tail_shard *shard, cspan_tail_trace *trace);
/* NULL where there is none any more; it may be changed. */
cspan_tail_decision *cspan_tail_recall(cspan_tail_shard *shard, uint64_t hash,
                                       const uint8_t *trace_id);
void cspan_tail_remember(cspan_tail_shard *shard, uint64_t hash, const uint8_t *trace_id,
                         const cspan_tail_decision *decision);

#endif
