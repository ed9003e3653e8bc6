/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/queue.h"

#include <string.h>

#include "base/alloc.h"

enum { CHUNK_BYTES = 65536, SPARE_MAX = 8 << 20, ALIGN = 8 };

struct cspan_queue_chunk {
  cspan_queue_chunk *next;
  size_t cap;
  size_t used;
  _Alignas(ALIGN) uint8_t data[];
};

typedef struct record {
  const cspan_tracer *tracer;
  uint64_t size;
} record;

void cspan_queue_init(cspan_queue *queue, size_t max_count, size_t max_bytes) {
  memset(queue, 0, sizeof *queue);
  queue->max_count = max_count;
  queue->max_bytes = max_bytes;
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
  cspan_queue_init(queue, queue->max_count, queue->max_bytes);
}

static size_t record_size(size_t span_size) {
  return sizeof(record) + (span_size + ALIGN - 1) / ALIGN * ALIGN;
}

static cspan_queue_chunk *new_chunk(cspan_queue *queue, size_t need) {
  cspan_queue_chunk *chunk = queue->spare;
  if (chunk != NULL && need <= CHUNK_BYTES) {
    queue->spare = chunk->next;
    queue->spare_bytes -= chunk->cap;
  } else {
    size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
    chunk = cspan_malloc(sizeof *chunk + cap);
    if (chunk == NULL) {
      return NULL;
    }
    chunk->cap = cap;
  }
  chunk->used = 0;
  chunk->next = NULL;
  return chunk;
}

static void retire_chunk(cspan_queue *queue, cspan_queue_chunk *chunk) {
  if (chunk->cap != CHUNK_BYTES || queue->spare_bytes >= SPARE_MAX) {
    cspan_free(chunk);
    return;
  }
  chunk->next = queue->spare;
  queue->spare = chunk;
  queue->spare_bytes += chunk->cap;
}

static bool add_chunk(cspan_queue *queue, size_t need) {
  size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
  if (queue->head != NULL && queue->bytes + cap > queue->max_bytes) {
    return false;
  }
  cspan_queue_chunk *chunk = new_chunk(queue, need);
  if (chunk == NULL) {
    return false;
  }
  if (queue->tail != NULL) {
    queue->tail->next = chunk;
  } else {
    queue->head = chunk;
    queue->head_at = 0;
  }
  queue->tail = chunk;
  queue->bytes += chunk->cap;
  return true;
}

bool cspan_queue_push(cspan_queue *queue, const cspan_ended_span *span) {
  size_t need = record_size(span->span_size_bytes);
  if (queue->count >= queue->max_count) {
    return false;
  }
  if ((queue->tail == NULL || queue->tail->cap - queue->tail->used < need) &&
      !add_chunk(queue, need)) {
    return false;
  }
  cspan_queue_chunk *chunk = queue->tail;
  record head = {.tracer = span->tracer, .size = span->span_size_bytes};
  memcpy(chunk->data + chunk->used, &head, sizeof head);
  memcpy(chunk->data + chunk->used + sizeof head, span->span, span->span_size_bytes);
  chunk->used += need;
  queue->count++;
  return true;
}

cspan_queue_view cspan_queue_snapshot(const cspan_queue *queue) {
  return (cspan_queue_view){.chunk = queue->head,
                            .at = queue->head_at,
                            .tail = queue->tail,
                            .tail_end = queue->tail != NULL ? queue->tail->used : 0,
                            .count = queue->count};
}

size_t cspan_queue_read(cspan_queue_view *view, cspan_request_span *out, size_t max_spans,
                        size_t max_bytes) {
  size_t count = 0;
  size_t bytes = 0;
  while (count < max_spans && view->count > 0) {
    if (view->at == (view->chunk == view->tail ? view->tail_end : view->chunk->used)) {
      view->chunk = view->chunk->next;
      view->at = 0;
    }
    record head;
    memcpy(&head, view->chunk->data + view->at, sizeof head);
    if (count > 0 && bytes + head.size > max_bytes) {
      break;
    }
    out[count++] = (cspan_request_span){.tracer = head.tracer,
                                        .span = view->chunk->data + view->at + sizeof head,
                                        .size = (uint32_t)head.size};
    bytes += head.size;
    view->at += record_size(head.size);
    view->count--;
  }
  return count;
}

void cspan_queue_drop(cspan_queue *queue, const cspan_queue_view *view, size_t count) {
  queue->count -= count;
  while (queue->head != view->chunk) {
    cspan_queue_chunk *chunk = queue->head;
    queue->head = chunk->next;
    queue->bytes -= chunk->cap;
    retire_chunk(queue, chunk);
  }
  queue->head_at = view->at;
  if (queue->count == 0 && queue->head != NULL) {
    queue->head->used = 0;
    queue->head_at = 0;
  }
}

void cspan_queue_clear(cspan_queue *queue) {
  cspan_queue_view end = {.chunk = queue->tail, .at = queue->tail != NULL ? queue->tail->used : 0};
  cspan_queue_drop(queue, &end, queue->count);
}
