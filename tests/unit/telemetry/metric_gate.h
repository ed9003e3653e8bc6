/* SPDX-License-Identifier: Apache-2.0 */
/* A metric exporter that a test holds by the hand: it waits while its gate is shut, gives the
 * result it was told, and counts. */
#ifndef UNIT_METRIC_GATE_H
#define UNIT_METRIC_GATE_H

#include <pthread.h>

#include "metric_fixture.h"

#include "base/error.h"
#include "base/sys.h"

typedef struct metric_gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_shut;
  bool has_gone; /* freed by its owner */
  cspan_status status;
  cspan_status flush_status;
  size_t rejects; /* of each batch */
  size_t exports;
  size_t points;
  size_t inside; /* exports that wait at the gate */
  size_t flushes;
  size_t shutdowns;
  int64_t deadline_ns; /* of the last export */
  bool was_cancelled;
} metric_gate;

static cspan_status metric_gate_export(void *self, const cspan_context *context,
                                       const cspan_metric_batch *batch, size_t *rejected,
                                       cspan_error **error) {
  metric_gate *g = self;
  cspan_status status = CSPAN_OK;
  pthread_mutex_lock(&g->lock);
  g->deadline_ns = context->deadline_ns;
  g->inside++;
  pthread_cond_broadcast(&g->changed);
  while (g->is_shut && status == CSPAN_OK) {
    pthread_mutex_unlock(&g->lock);
    status = cspan_context_sleep_ms(context, 1);
    pthread_mutex_lock(&g->lock);
  }
  g->inside--;
  g->was_cancelled = g->was_cancelled || status == CSPAN_ERR_CANCELLED;
  status = status != CSPAN_OK ? status : g->status;
  g->exports++;
  g->points += status == CSPAN_OK ? batch->point_count : 0;
  *rejected = g->rejects;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
  return status == CSPAN_OK ? status : cspan_error_set(error, status, "the gate said so");
}

static cspan_status metric_gate_flush(void *self, const cspan_context *context,
                                      cspan_error **error) {
  metric_gate *g = self;
  (void)context;
  (void)error; /* an exporter may leave it out */
  pthread_mutex_lock(&g->lock);
  g->flushes++;
  cspan_status status = g->flush_status;
  pthread_mutex_unlock(&g->lock);
  return status;
}

static void metric_gate_shutdown(void *self) {
  metric_gate *g = self;
  pthread_mutex_lock(&g->lock);
  g->shutdowns++;
  pthread_mutex_unlock(&g->lock);
}

static void metric_gate_free(void *self) {
  metric_gate *g = self;
  g->has_gone = true;
}

static inline cspan_metric_exporter *metric_gate_exporter(metric_gate *g) {
  static const cspan_metric_exporter_vtable vtable = {.size = sizeof vtable,
                                                      .export_metrics = metric_gate_export,
                                                      .force_flush = metric_gate_flush,
                                                      .shutdown = metric_gate_shutdown,
                                                      .free = metric_gate_free};
  memset(g, 0, sizeof *g);
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, NULL);
  return cspan_metric_exporter_create(&vtable, g);
}

static inline void metric_gate_set(metric_gate *g, bool is_shut, cspan_status status) {
  pthread_mutex_lock(&g->lock);
  g->is_shut = is_shut;
  g->status = status;
  pthread_mutex_unlock(&g->lock);
}

/* Waits until so many exports have ended. */
static inline void metric_gate_await(metric_gate *g, size_t exports) {
  pthread_mutex_lock(&g->lock);
  while (g->exports < exports) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

/* Waits until one is at the gate. */
static inline void metric_gate_await_inside(metric_gate *g) {
  pthread_mutex_lock(&g->lock);
  while (g->inside == 0) {
    pthread_cond_wait(&g->changed, &g->lock);
  }
  pthread_mutex_unlock(&g->lock);
}

static inline cspan_meter_provider *metric_gate_provider(metric_gate *g,
                                                         const cspan_metric_reader_options *options,
                                                         cspan_instrument **counter) {
  cspan_metric_reader *reader = cspan_metric_reader_periodic(metric_gate_exporter(g), options);
  const cspan_meter_provider_options all = {.readers = &reader, .reader_count = 1};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&all, &provider, NULL), CSPAN_OK);
  *counter = counter_of(cspan_meter_get(provider, NULL), "m");
  return provider;
}

#endif
