/* SPDX-License-Identifier: Apache-2.0 */
/* An exporter that a test holds by the hand: it waits while its gate is shut (a
 * stalled receiver), gives the result it was told, and counts. */
#ifndef UNIT_GATE_EXPORTER_H
#define UNIT_GATE_EXPORTER_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

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
  size_t spans;
  size_t largest;
  size_t inside; /* exports that wait at the gate */
  size_t flushes;
  size_t shutdowns;
  bool saw_deadline;
  bool was_cancelled;
  bool is_entered;
  bool was_entered_twice; /* by two threads at once */
  cspan_buf requests;     /* concatenated requests are one request */
} gate_exporter;

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

static cspan_status gate_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  gate_exporter *g = self;
  pthread_mutex_lock(&g->lock);
  g->saw_deadline = context->deadline_ns != 0;
  g->was_entered_twice = g->was_entered_twice || g->is_entered;
  g->is_entered = true;
  cspan_status status = gate_wait(g, context);
  g->was_cancelled = g->was_cancelled || status == CSPAN_ERR_CANCELLED;
  status = status != CSPAN_OK ? status : g->status;
  g->batches++;
  if (status == CSPAN_OK) {
    g->spans += batch->span_count;
    cspan_buf_append(&g->requests, batch->request, batch->request_size_bytes);
  }
  g->largest = batch->span_count > g->largest ? batch->span_count : g->largest;
  *rejected = g->rejects;
  g->is_entered = false;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
  return status == CSPAN_OK ? status : cspan_error_set(error, status, "the gate said so");
}

static cspan_status gate_flush(void *self, const cspan_context *context, cspan_error **error) {
  gate_exporter *g = self;
  (void)context;
  (void)error; /* an exporter may leave it out */
  pthread_mutex_lock(&g->lock);
  g->flushes++;
  cspan_status status = g->flush_status;
  pthread_mutex_unlock(&g->lock);
  return status;
}

static void gate_shutdown(void *self) {
  gate_exporter *g = self;
  pthread_mutex_lock(&g->lock);
  g->shutdowns++;
  pthread_mutex_unlock(&g->lock);
}

static void gate_free(void *self) {
  gate_exporter *g = self;
  pthread_mutex_lock(&g->lock);
  g->has_gone = true;
  pthread_mutex_unlock(&g->lock);
}

static inline cspan_span_exporter *gate_create_as(gate_exporter *g,
                                                  const cspan_exporter_vtable *vtable) {
  memset(g, 0, sizeof *g);
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, NULL);
  cspan_buf_init(&g->requests, 64 << 20);
  return cspan_exporter_create(vtable, g);
}

static inline cspan_span_exporter *gate_create(gate_exporter *g) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = gate_export,
                                               .force_flush = gate_flush,
                                               .shutdown = gate_shutdown,
                                               .free = gate_free};
  return gate_create_as(g, &vtable);
}

/* Takes several exports at once. */
static inline cspan_span_exporter *gate_create_concurrent(gate_exporter *g) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = gate_export,
                                               .force_flush = gate_flush,
                                               .shutdown = gate_shutdown,
                                               .free = gate_free,
                                               .is_concurrent = true};
  return gate_create_as(g, &vtable);
}

static inline void gate_destroy(gate_exporter *g) {
  cspan_buf_free(&g->requests);
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
}

static inline void gate_set(gate_exporter *g, bool is_shut) {
  pthread_mutex_lock(&g->lock);
  g->is_shut = is_shut;
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

/* Until that many spans have come through. */
static inline void gate_await_spans(gate_exporter *g, size_t count) {
  pthread_mutex_lock(&g->lock);
  while (g->spans < count) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

static inline cspan_span_list *gate_spans(gate_exporter *g) {
  cspan_span_list *list = NULL;
  pthread_mutex_lock(&g->lock);
  assert_int_equal(cspan_span_list_decode((const uint8_t *)cspan_buf_text(&g->requests),
                                          g->requests.len, &list, NULL),
                   CSPAN_OK);
  pthread_mutex_unlock(&g->lock);
  return list;
}

#endif
