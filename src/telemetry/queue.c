/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/queue.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/prefetch.h"
#include "telemetry/metrics/thread_shard.h"
#include "telemetry/slot.h"

enum { CHUNK_BYTES = 65536, SPARE_MAX = 8 << 20, ALIGN = 8 };
/* So much is copied at a close, that a chunk is not kept for a few spans. */
enum { COPY_MAX = CHUNK_BYTES / 4 };
/* The room that is lent at a time where a batch is due anyway. */
enum { SHARDS = 16, LEND_MAX = 64, SHARD_GAP = 64 };
/* So much memory is asked for ahead: what most spans take. */
enum { AHEAD_LINES = 10 };

/* Framed spans of one scope follow. */
typedef struct run {
  const cspan_tracer *tracer;
  uint64_t size;
  uint64_t spans;
} run;

struct cspan_queue_chunk {
  cspan_queue_chunk *next;
  run *open; /* the last one; NULL: none */
  size_t cap;
  size_t used;
  size_t spans;
  _Alignas(ALIGN) uint8_t data[];
};

/* Two shards are never in one cache line. */
struct cspan_queue_shard {
  pthread_mutex_t lock;
  cspan_queue_chunk *chunk; /* that is written to; NULL: none */
  size_t lent;
  size_t taken; /* of these; not counted yet */
  uint8_t gap[SHARD_GAP];
};

bool cspan_queue_init(cspan_queue *queue, size_t max_count, size_t batch, size_t max_bytes) {
  *queue = (cspan_queue){.max_count = max_count, .batch = batch, .max_bytes = max_bytes};
  queue->shards = cspan_calloc(SHARDS, sizeof *queue->shards);
  for (size_t i = 0; queue->shards != NULL && i < SHARDS; i++) {
    pthread_mutex_init(&queue->shards[i].lock, NULL);
  }
  return queue->shards != NULL;
}

static void free_chunks(cspan_queue_chunk *chunk) {
  while (chunk != NULL) {
    cspan_queue_chunk *next = chunk->next;
    cspan_free(chunk);
    chunk = next;
  }
}

void cspan_queue_free(cspan_queue *queue) {
  free_chunks(queue->head);
  free_chunks(queue->spare);
  for (size_t i = 0; queue->shards != NULL && i < SHARDS; i++) {
    cspan_free(queue->shards[i].chunk);
    pthread_mutex_destroy(&queue->shards[i].lock);
  }
  cspan_free(queue->shards);
  *queue = (cspan_queue){.head = NULL};
}

/* ----------------------------------------------------------------------- chunks */

static size_t aligned(size_t size) {
  return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* No less than a span takes: it may begin a run, and has a tag and its length in front. */
static size_t most_bytes(const cspan_ended_span *span) {
  return 2 * ALIGN + sizeof(run) + 1 + WIRE_VARINT_MAX + span->span_size_bytes;
}

static cspan_queue_chunk *new_chunk(cspan_queue *queue, size_t need) {
  cspan_queue_chunk *chunk = queue->spare;
  size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
  if (queue->count > 0 && queue->bytes + cap > queue->max_bytes) {
    return NULL;
  }
  if (chunk != NULL && cap == CHUNK_BYTES) {
    queue->spare = chunk->next;
    queue->spare_bytes -= chunk->cap;
  } else {
    chunk = cspan_malloc(sizeof *chunk + cap);
    if (chunk == NULL) {
      return NULL;
    }
    chunk->cap = cap;
  }
  chunk->next = NULL;
  chunk->open = NULL;
  chunk->used = 0;
  chunk->spans = 0;
  queue->bytes += cap;
  return chunk;
}

static void retire_chunk(cspan_queue *queue, cspan_queue_chunk *chunk) {
  queue->bytes -= chunk->cap;
  if (chunk->cap != CHUNK_BYTES || queue->spare_bytes >= SPARE_MAX) {
    cspan_free(chunk);
    return;
  }
  chunk->next = queue->spare;
  queue->spare = chunk;
  queue->spare_bytes += chunk->cap;
}

static void write_span(cspan_queue_chunk *chunk, const cspan_ended_span *span) {
  if (chunk->open == NULL || chunk->open->tracer != span->tracer) {
    size_t at = aligned(chunk->used);
    chunk->open = (run *)(void *)(chunk->data + at);
    *chunk->open = (run){.tracer = span->tracer};
    chunk->used = at + sizeof(run);
  }
  uint8_t *p = chunk->data + chunk->used;
  const uint8_t *end = cspan_request_frame(p, span->span, span->span_size_bytes);
  chunk->used += (size_t)(end - p);
  chunk->open->size += (size_t)(end - p);
  chunk->open->spans++;
  chunk->spans++;
  cspan_slot_cached.queued = end;
}

void cspan_queue_expect(void) {
  const uint8_t *to = cspan_slot_cached.queued;
  for (size_t i = 0; i < AHEAD_LINES; i++) {
    cspan_prefetch_to_write(to + i * CSPAN_CACHE_LINE);
  }
}

/* ----------------------------------------------------------------------- shards */

static cspan_queue_shard *shard_of_thread(const cspan_queue *queue) {
  return &queue->shards[cspan_thread_shard() % SHARDS];
}

static bool has_room(const cspan_queue_chunk *chunk, const cspan_ended_span *span) {
  return chunk != NULL && chunk->cap - chunk->used >= most_bytes(span);
}

bool cspan_queue_push_lent(cspan_queue *queue, const cspan_ended_span *span) {
  cspan_queue_shard *shard = shard_of_thread(queue);
  pthread_mutex_lock(&shard->lock);
  bool is_taken = shard->taken < shard->lent && has_room(shard->chunk, span);
  if (is_taken) {
    write_span(shard->chunk, span);
    shard->taken++;
  }
  pthread_mutex_unlock(&shard->lock);
  return is_taken;
}

/* The shard is locked. */
static void account_shard(cspan_queue *queue, cspan_queue_shard *shard) {
  queue->count += shard->taken;
  queue->accepted += shard->taken;
  queue->lent -= shard->lent;
  shard->taken = 0;
  shard->lent = 0;
}

void cspan_queue_account(cspan_queue *queue) {
  for (size_t i = 0; i < SHARDS && queue->lent > 0; i++) {
    pthread_mutex_lock(&queue->shards[i].lock);
    account_shard(queue, &queue->shards[i]);
    pthread_mutex_unlock(&queue->shards[i].lock);
  }
}

/* The shard is locked: its chunk is in line from now on. */
static void close_chunk(cspan_queue *queue, cspan_queue_shard *shard) {
  cspan_queue_chunk *chunk = shard->chunk;
  cspan_queue_chunk *tail = queue->tail;
  if (chunk == NULL) {
    return;
  }
  shard->chunk = NULL;
  chunk->used = aligned(chunk->used);
  queue->closed += chunk->spans;
  if (tail == NULL) {
    queue->head = chunk;
    queue->first = (cspan_queue_place){.run = 0};
    queue->tail = chunk;
  } else if (chunk->used > COPY_MAX || tail->cap - tail->used < chunk->used) {
    tail->next = chunk;
    queue->tail = chunk;
  } else {
    memcpy(tail->data + tail->used, chunk->data, chunk->used);
    tail->used += chunk->used;
    retire_chunk(queue, chunk);
  }
}

void cspan_queue_close(cspan_queue *queue) {
  for (size_t i = 0; i < SHARDS && queue->closed < queue->count + queue->lent; i++) {
    pthread_mutex_lock(&queue->shards[i].lock);
    account_shard(queue, &queue->shards[i]);
    close_chunk(queue, &queue->shards[i]);
    pthread_mutex_unlock(&queue->shards[i].lock);
  }
}

/* Less than a batch is queued, and the next span may be the one that fills it. */
static bool is_next_to_batch(const cspan_queue *queue) {
  return queue->count < queue->batch && queue->count + queue->lent + 1 >= queue->batch;
}

/* How much a shard may take that has just brought a span. */
static size_t to_lend(const cspan_queue *queue) {
  size_t room = queue->max_count - queue->count - queue->lent;
  size_t most = LEND_MAX;
  if (queue->count < queue->batch) {
    most = (queue->batch - queue->count - queue->lent) / 2;
  }
  return room < most ? room : most;
}

bool cspan_queue_push(cspan_queue *queue, const cspan_ended_span *span) {
  cspan_queue_shard *shard = shard_of_thread(queue);
  if (queue->count + queue->lent >= queue->max_count || is_next_to_batch(queue)) {
    cspan_queue_account(queue);
  }
  if (queue->count >= queue->max_count) {
    return false;
  }
  pthread_mutex_lock(&shard->lock);
  account_shard(queue, shard);
  if (!has_room(shard->chunk, span)) {
    close_chunk(queue, shard);
    shard->chunk = new_chunk(queue, most_bytes(span));
  }
  bool is_taken = shard->chunk != NULL;
  if (is_taken) {
    write_span(shard->chunk, span);
    queue->count++;
    queue->accepted++;
    shard->lent = to_lend(queue);
    queue->lent += shard->lent;
  }
  pthread_mutex_unlock(&shard->lock);
  return is_taken;
}

/* ------------------------------------------------------------------- the reader */

cspan_queue_view cspan_queue_snapshot(const cspan_queue *queue) {
  return (cspan_queue_view){.chunk = queue->head,
                            .at = queue->first,
                            .tail = queue->tail,
                            .tail_end = queue->tail != NULL ? queue->tail->used : 0,
                            .count = queue->closed};
}

/* A framed span with what is behind it: tag, length, the span. */
static size_t framed_size(const uint8_t *frame) {
  size_t size = 0;
  size_t at = 1;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = frame[at++];
    size |= (size_t)(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return at + size;
    }
  }
}

/* How far the spans of a run go that begin at `p`. */
static cspan_queue_place measure(const uint8_t *p, cspan_queue_place left, size_t max_spans,
                                 size_t max_bytes, bool is_first) {
  if (left.spans <= max_spans && left.bytes <= max_bytes) {
    return left;
  }
  cspan_queue_place to = {.run = left.run};
  while (to.spans < left.spans && to.spans < max_spans) {
    size_t size = framed_size(p + to.bytes);
    if (to.bytes + size > max_bytes && !(is_first && to.spans == 0)) {
      break;
    }
    to.bytes += size;
    to.spans++;
  }
  return to;
}

size_t cspan_queue_read(cspan_queue_view *view, cspan_request_run *out, size_t max_spans,
                        size_t max_bytes, size_t *run_count) {
  size_t count = 0;
  size_t bytes = 0;
  *run_count = 0;
  while (count < max_spans && view->count > 0) {
    if (view->at.run == (view->chunk == view->tail ? view->tail_end : view->chunk->used)) {
      view->chunk = view->chunk->next;
      view->at = (cspan_queue_place){.run = 0};
    }
    const uint8_t *data = view->chunk->data + view->at.run;
    const run *head = (const run *)(const void *)data;
    const uint8_t *from = data + sizeof *head + view->at.bytes;
    cspan_queue_place left = {.bytes = head->size - view->at.bytes,
                              .spans = head->spans - view->at.spans};
    cspan_queue_place some = measure(from, left, max_spans - count,
                                     max_bytes > bytes ? max_bytes - bytes : 0, count == 0);
    if (some.spans == 0) {
      break;
    }
    out[(*run_count)++] = (cspan_request_run){
        .tracer = head->tracer, .bytes = from, .size = some.bytes, .is_framed = true};
    count += some.spans;
    bytes += some.bytes;
    view->count -= some.spans;
    view->at.bytes += some.bytes;
    view->at.spans += some.spans;
    if (view->at.spans == head->spans) {
      view->at =
          (cspan_queue_place){.run = view->at.run + sizeof *head + aligned((size_t)head->size)};
    }
  }
  return count;
}

void cspan_queue_drop(cspan_queue *queue, const cspan_queue_view *view, size_t count) {
  if (count == 0) {
    return; /* chunks may have come where there was none to view */
  }
  queue->count -= count;
  queue->closed -= count;
  while (queue->head != (queue->closed > 0 ? view->chunk : NULL)) {
    cspan_queue_chunk *chunk = queue->head;
    queue->head = chunk->next;
    retire_chunk(queue, chunk);
  }
  queue->first = view->at;
  if (queue->closed == 0) {
    queue->tail = NULL;
  }
}

void cspan_queue_clear(cspan_queue *queue) {
  cspan_queue_close(queue);
  cspan_queue_drop(queue, &(cspan_queue_view){.chunk = NULL}, queue->closed);
}

/* ------------------------------------------------------------------------- fork */

void cspan_queue_before_fork(cspan_queue *queue) {
  for (size_t i = 0; i < SHARDS; i++) {
    pthread_mutex_lock(&queue->shards[i].lock);
  }
}

void cspan_queue_after_fork_in_parent(cspan_queue *queue) {
  for (size_t i = SHARDS; i-- > 0;) {
    pthread_mutex_unlock(&queue->shards[i].lock);
  }
}

void cspan_queue_after_fork_in_child(cspan_queue *queue) {
  for (size_t i = 0; i < SHARDS; i++) {
    pthread_mutex_init(&queue->shards[i].lock, NULL);
  }
  cspan_queue_clear(queue);
  queue->accepted = 0;
}
