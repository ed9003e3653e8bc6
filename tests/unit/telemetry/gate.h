/* SPDX-License-Identifier: Apache-2.0 */
/* An exporter of any signal that a test holds by the hand: it waits while its gate is shut (a
 * stalled receiver), gives the result it was told, and counts. */
#ifndef UNIT_GATE_H
#define UNIT_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/sys.h"

typedef struct gate_exporter {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_shut;
  bool has_gone; /* freed by its owner */
  cspan_status status;
  cspan_status flush_status;
  size_t rejects; /* of each batch */
  size_t batches;
  size_t items; /* spans or data points, of the batches that went well */
  size_t largest;
  size_t inside; /* exports that wait at the gate */
  size_t flushes;
  size_t shutdowns;
  int64_t deadline_ns; /* of the last export */
  bool was_cancelled;
  bool is_entered;
  bool was_entered_twice; /* by two threads at once */
  cspan_buf requests;     /* concatenated requests are one request */
} gate_exporter;

static inline void gate_init(gate_exporter *g) {
  memset(g, 0, sizeof *g);
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, NULL);
  cspan_buf_init(&g->requests, 64 << 20);
}

static inline void gate_destroy(gate_exporter *g) {
  cspan_buf_free(&g->requests);
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
}

/* ------------------------------------------------------------- the exporter */

/* Waits for the gate; a cancelled or late export gives up. */
static inline cspan_status gate_wait(gate_exporter *g, const cspan_context *context) {
  cspan_status status = CSPAN_OK;
  g->inside++;
  pthread_cond_broadcast(&g->changed);
  while (g->is_shut && status == CSPAN_OK) {
    pthread_mutex_unlock(&g->lock);
    status = cspan_context_sleep_ms(context, 1);
    pthread_mutex_lock(&g->lock);
  }
  g->inside--;
  return status;
}

/* An export of so many items. */
static inline cspan_status gate_take(gate_exporter *g, const cspan_context *context,
                                     const uint8_t *request, size_t size, size_t count,
                                     size_t *rejected, cspan_error **error) {
  pthread_mutex_lock(&g->lock);
  g->deadline_ns = context->deadline_ns;
  g->was_entered_twice = g->was_entered_twice || g->is_entered;
  g->is_entered = true;
  cspan_status status = gate_wait(g, context);
  g->was_cancelled = g->was_cancelled || status == CSPAN_ERR_CANCELLED;
  status = status != CSPAN_OK ? status : g->status;
  g->batches++;
  if (status == CSPAN_OK) {
    g->items += count;
    cspan_buf_append(&g->requests, request, size);
  }
  g->largest = count > g->largest ? count : g->largest;
  *rejected = g->rejects;
  g->is_entered = false;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
  return status == CSPAN_OK ? status : cspan_error_set(error, status, "the gate said so");
}

static inline cspan_status gate_flush(void *self, const cspan_context *context,
                                      cspan_error **error) {
  gate_exporter *g = self;
  (void)context;
  (void)error; /* an exporter may leave it out */
  pthread_mutex_lock(&g->lock);
  g->flushes++;
  cspan_status status = g->flush_status;
  pthread_mutex_unlock(&g->lock);
  return status;
}

static inline void gate_shutdown(void *self) {
  gate_exporter *g = self;
  pthread_mutex_lock(&g->lock);
  g->shutdowns++;
  pthread_mutex_unlock(&g->lock);
}

static inline void gate_free(void *self) {
  gate_exporter *g = self;
  pthread_mutex_lock(&g->lock);
  g->has_gone = true;
  pthread_mutex_unlock(&g->lock);
}

/* ----------------------------------------------------------------- the test */

static inline void gate_set(gate_exporter *g, bool is_shut) {
  pthread_mutex_lock(&g->lock);
  g->is_shut = is_shut;
  pthread_mutex_unlock(&g->lock);
}

/* The result of what comes to the gate from now on. */
static inline void gate_answer(gate_exporter *g, cspan_status status) {
  pthread_mutex_lock(&g->lock);
  g->status = status;
  pthread_mutex_unlock(&g->lock);
}

/* Until that many exports wait at the gate. */
static inline void gate_await_many_inside(gate_exporter *g, size_t count) {
  pthread_mutex_lock(&g->lock);
  while (g->inside < count) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

static inline void gate_await_inside(gate_exporter *g) {
  gate_await_many_inside(g, 1);
}

/* Until that many items, or batches, have come through. */
static inline void gate_await_items(gate_exporter *g, size_t count) {
  pthread_mutex_lock(&g->lock);
  while (g->items < count) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

static inline void gate_await_batches(gate_exporter *g, size_t count) {
  pthread_mutex_lock(&g->lock);
  while (g->batches < count) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

#endif
