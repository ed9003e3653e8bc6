/* SPDX-License-Identifier: Apache-2.0 */
/* The tail sampling processor, inside; and what its tests hold it by. */
#ifndef TELEMETRY_SAMPLING_TAIL_H
#define TELEMETRY_SAMPLING_TAIL_H

#include "telemetry/fork.h"
#include "telemetry/sampling/rate_limit.h"
#include "telemetry/sampling/tail_shard.h"

/* The thread that looks after traces whose local root does not end. */
typedef struct cspan_tail_keeper {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  bool is_running;
  bool is_stopping;
  atomic_bool is_idle; /* it waits, or is not there: whoever holds a trace wakes it */
} cspan_tail_keeper;

typedef struct cspan_tail {
  cspan_processor_vtable vtable; /* without what `next` has not */
  cspan_span_processor *next;
  cspan_tail_rules rules;
  int64_t max_wait_ns;
  size_t max_bytes;
  uint64_t max_spans;
  cspan_clock_fn clock;
  bool has_keeper;
  atomic_bool is_stopping;
  atomic_bool is_all_recorded; /* spans came that the head sampler did not sample */
  _Atomic size_t bytes_held;
  _Atomic size_t traces_held;
  cspan_tail_keeper keeper;
  cspan_fork_hook fork;
  cspan_tail_shard shards[CSPAN_TAIL_SHARDS];
} cspan_tail;

/* By that clock, and without a thread: cspan_tail_expire() does its work. */
cspan_span_processor *cspan_processor_tail_sampling_by(cspan_span_processor *next,
                                                       const cspan_tail_sampling_options *options,
                                                       cspan_clock_fn clock);

/* Decides the traces that were held for too long. */
void cspan_tail_expire(cspan_tail *tail);

void cspan_tail_keeper_init(cspan_tail_keeper *keeper);
/* Wakes it, starts it where it is not there. */
void cspan_tail_keeper_wake(cspan_tail *tail);
void cspan_tail_keeper_stop(cspan_tail_keeper *keeper);
void cspan_tail_keeper_free(cspan_tail_keeper *keeper);

#endif
