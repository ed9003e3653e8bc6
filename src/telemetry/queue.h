/* SPDX-License-Identifier: Apache-2.0 */
/* Ended spans on their way to the exporter: bytes in chunks that are used again, framed as
 * they go into a request. Producers write to chunks of their own, by shards of threads; a
 * chunk that is closed is in line for the exporter.
 *
 * A shard may take as many spans as it was lent room for, under its own lock. All else is
 * under the owner's lock, which is taken before a shard's: what the shards took is counted
 * when they ask for more, or when they are asked (account). While less than a batch is
 * queued, so little is lent that the span that fills the batch always comes by the owner. */
#ifndef TELEMETRY_QUEUE_H
#define TELEMETRY_QUEUE_H

#include "telemetry/request.h"

typedef struct cspan_queue_chunk cspan_queue_chunk;
typedef struct cspan_queue_shard cspan_queue_shard;

/* A place between two spans of a closed chunk. */
typedef struct cspan_queue_place {
  size_t run;   /* offset of the run of spans it is in */
  size_t bytes; /* of that run, before the place */
  size_t spans;
} cspan_queue_place;

typedef struct cspan_queue {
  cspan_queue_chunk *head; /* the closed chunks */
  cspan_queue_chunk *tail;
  cspan_queue_chunk *spare;
  cspan_queue_place first; /* span of the head that is still queued */
  cspan_queue_shard *shards;
  size_t spare_bytes;
  size_t bytes;      /* memory of the chunks with spans */
  size_t closed;     /* spans from head to tail */
  size_t count;      /* these, and those in open chunks; without what was lent since */
  size_t lent;       /* room for as many more */
  uint64_t accepted; /* spans that were ever counted */
  size_t max_count;
  size_t batch;
  size_t max_bytes;
} cspan_queue;

/* A moment of the closed chunks. */
typedef struct cspan_queue_view {
  cspan_queue_chunk *chunk;
  cspan_queue_place at;
  const cspan_queue_chunk *tail; /* more is written behind tail_end */
  size_t tail_end;
  size_t count;
} cspan_queue_view;

/* False when out of memory. */
bool cspan_queue_init(cspan_queue *queue, size_t max_count, size_t batch, size_t max_bytes);
void cspan_queue_free(cspan_queue *queue);

/* Without the owner's lock: false when it takes the other one, which is to be tried next. */
bool cspan_queue_push_lent(cspan_queue *queue, const cspan_ended_span *span);
/* The thread will push a span before long: where it goes, an export thread has read, and thousands
 * of spans were written since. */
void cspan_queue_expect(void);
/* With the lock. False when the queue is full or out of memory. */
bool cspan_queue_push(cspan_queue *queue, const cspan_ended_span *span);
/* From here on `count` and `accepted` are exact, until a shard is lent room again. */
void cspan_queue_account(cspan_queue *queue);
/* And all spans are in line, in front of those that are still to come. */
void cspan_queue_close(cspan_queue *queue);

cspan_queue_view cspan_queue_snapshot(const cspan_queue *queue);
/* The first spans of the view, at most `max_spans` and, past the first, at most `max_bytes`:
 * up to as many runs, whose number is in *run_count. Moves the view behind them. No lock. */
size_t cspan_queue_read(cspan_queue_view *view, cspan_request_run *out, size_t max_spans,
                        size_t max_bytes, size_t *run_count);
/* Forgets the `count` spans before `view`. */
void cspan_queue_drop(cspan_queue *queue, const cspan_queue_view *view, size_t count);
void cspan_queue_clear(cspan_queue *queue);

/* Around a fork, the owner's lock held; in the child all is forgotten. */
void cspan_queue_before_fork(cspan_queue *queue);
void cspan_queue_after_fork_in_parent(cspan_queue *queue);
void cspan_queue_after_fork_in_child(cspan_queue *queue);

#endif
