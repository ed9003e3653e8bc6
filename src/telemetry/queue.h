/* SPDX-License-Identifier: Apache-2.0 */
/* Ended spans on their way to the exporter: bytes in chunks that are used again.
 * Not locked here: push and drop under the owner's lock; a reader walks what was
 * there when it took a snapshot without any, as bytes once written stay until
 * they are dropped. */
#ifndef TELEMETRY_QUEUE_H
#define TELEMETRY_QUEUE_H

#include "telemetry/request.h"

typedef struct cspan_queue_chunk cspan_queue_chunk;

typedef struct cspan_queue {
  cspan_queue_chunk *head;
  cspan_queue_chunk *tail;
  cspan_queue_chunk *spare;
  size_t head_at; /* first byte of the head that is still queued */
  size_t spare_bytes;
  size_t bytes; /* memory of head to tail */
  size_t count;
  size_t max_count;
  size_t max_bytes;
} cspan_queue;

/* A moment of the queue. */
typedef struct cspan_queue_view {
  cspan_queue_chunk *chunk;
  size_t at;
  const cspan_queue_chunk *tail; /* producers go on writing behind tail_end */
  size_t tail_end;
  size_t count;
} cspan_queue_view;

void cspan_queue_init(cspan_queue *queue, size_t max_count, size_t max_bytes);
void cspan_queue_free(cspan_queue *queue);
/* False when the queue is full or out of memory. */
bool cspan_queue_push(cspan_queue *queue, const cspan_ended_span *span);
cspan_queue_view cspan_queue_snapshot(const cspan_queue *queue);
/* The first spans of the view, at most `max_spans` and, past the first, at most
 * `max_bytes`. Moves the view behind them. */
size_t cspan_queue_read(cspan_queue_view *view, cspan_request_span *out, size_t max_spans,
                        size_t max_bytes);
/* Forgets the `count` spans before `view`. */
void cspan_queue_drop(cspan_queue *queue, const cspan_queue_view *view, size_t count);
void cspan_queue_clear(cspan_queue *queue);

#endif
