/* SPDX-License-Identifier: Apache-2.0 */
/* Collects ended spans and exports them from threads of its own. Producers only copy
 * bytes under a short lock, most of the time one of their own, which the threads never hold
 * while they build a request or export: a stalled receiver costs spans, never time. */
#include <string.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "telemetry/batch.h"
#include "telemetry/metrics/self.h"

enum { QUEUE_BYTES_MAX = 256 << 20 };

/* --------------------------------------------------------------- the producers */

/* The first span starts the clock, a full batch is sent at once. True where an export thread waits
 * and is to be signalled, once the lock is free: it takes it first of all, and may do so in place
 * of the caller, on its core. */
static bool after_push(batch *b) {
  if (b->queue.count != 1 && b->queue.count != b->options.max_export_batch_size) {
    return false;
  }
  if (b->idle == 0) {
    cspan_batch_wake(b);
  }
  return b->idle > 0;
}

static void on_end(void *self, const cspan_ended_span *span) {
  batch *b = self;
  uint64_t full = 0;
  bool is_to_signal = false;
  if (!span->sampled || cspan_queue_push_lent(&b->queue, span)) {
    return;
  }
  pthread_mutex_lock(&b->lock);
  if (b->is_stopping) {
    b->loss.late++;
  } else if (cspan_queue_push(&b->queue, span)) {
    is_to_signal = after_push(b);
  } else {
    b->loss.queue_full++;
    cspan_drop_report_add(&b->drops, 1, 0);
    cspan_batch_start(b); /* in case there was no thread to be had */
    full = cspan_loss_full_due(&b->loss, false);
  }
  pthread_mutex_unlock(&b->lock);
  if (is_to_signal) {
    pthread_cond_signal(&b->wake);
  }
  cspan_batch_log_full(b, full);
}

/* -------------------------------------------------------------------- settings */

static void set_resource(void *self, const cspan_encoded_resource *resource) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  b->resource = *resource;
  b->resource_is_pending = !resource->is_final && !b->is_stopping;
  pthread_cond_broadcast(&b->wake);
  pthread_cond_broadcast(&b->done);
  pthread_mutex_unlock(&b->lock);
}

/* A span counts as processed when it is on its way to the exporter. */
static void read_numbers(void *self, cspan_self_processor_numbers *out) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_queue_account(&b->queue);
  *out = (cspan_self_processor_numbers){.queue_size = b->queue.count,
                                        .queue_capacity = b->options.max_queue_size,
                                        .processed = b->taken,
                                        .queue_full = b->loss.queue_full,
                                        .late = b->loss.late};
  pthread_mutex_unlock(&b->lock);
}

static void set_meter_provider(void *self, cspan_meter_provider *meters) {
  batch *b = self;
  const cspan_exporter_vtable *vtable = b->exporter->vtable;
  if (CSPAN_HAS(vtable, set_meter_provider) && vtable->set_meter_provider != NULL) {
    vtable->set_meter_provider(b->exporter->self, meters);
  }
  b->reports =
      cspan_self_processor_create(meters, "batching_span_processor", true, read_numbers, b);
}

static void stats(void *self, cspan_telemetry_stats *add_to) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_queue_account(&b->queue);
  b->loss.ended = b->queue.accepted + b->loss.queue_full + b->loss.late;
  cspan_loss_stats(&b->loss, add_to);
  pthread_mutex_unlock(&b->lock);
}

/* ------------------------------------------------------------------------ fork */

static void init_sync(batch *b) {
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
#ifdef __GLIBC__
  /* It is never held for long: two threads that meet spin for a moment rather than sleep. */
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
  pthread_mutex_init(&b->lock, &kind);
  pthread_mutexattr_destroy(&kind);
  cspan_cond_init(&b->wake);
  cspan_cond_init(&b->done);
}

static void before_fork(void *self) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_queue_before_fork(&b->queue);
}

static void after_fork_in_parent(void *self) {
  batch *b = self;
  cspan_queue_after_fork_in_parent(&b->queue);
  pthread_mutex_unlock(&b->lock);
}

/* What a thread may have been changing is abandoned. Returns whether one was at work. */
static bool forget_workers(batch *b) {
  bool in_use = false;
  for (size_t i = 0; i < b->started; i++) {
    batch_worker *w = &b->workers[i];
    if (!w->is_idle) {
      in_use = true;
      w->request.data = NULL;
      w->request.cap = 0;
    }
    w->spans = 0;
    w->is_idle = false;
  }
  b->started = 0;
  b->running = 0;
  b->idle = 0;
  b->is_building = false;
  b->is_flushing = false;
  b->flushes = NULL;
  return in_use;
}

/* The child has no export thread, and the spans are the parent's to export. */
static void after_fork_in_child(void *self) {
  batch *b = self;
  init_sync(b);
  cspan_drop_report_after_fork(&b->drops, forget_workers(b));
  cspan_queue_after_fork_in_child(&b->queue);
  cspan_loss_free(&b->loss);
  b->loss = (cspan_loss){0};
  b->last_failed = false;
  b->taken = 0;
  b->target = 0;
}

/* ---------------------------------------------------------------- create, free */

static void destroy(batch *b) {
  for (size_t i = 0; b->workers != NULL && i < b->options.max_concurrent_exports; i++) {
    cspan_request_free(&b->workers[i].request);
  }
  cspan_free(b->workers);
  cspan_drop_report_free(&b->drops);
  cspan_queue_free(&b->queue);
  cspan_loss_free(&b->loss);
  cspan_cancel_free(b->cancel);
  cspan_exporter_free(b->exporter);
  cspan_free(b);
}

static void batch_free(void *self) {
  batch *b = self;
  if (!b->is_stopping) {
    cspan_batch_shut_down(b, b->options.export_timeout_ms, NULL);
  }
  cspan_self_processor_free(b->reports);
  cspan_fork_remove(&b->fork);
  pthread_cond_destroy(&b->done);
  pthread_cond_destroy(&b->wake);
  pthread_mutex_destroy(&b->lock);
  destroy(b);
}

/* All the memory that exporting needs, but for the requests' own bytes. */
static bool make_workers(batch *b) {
  size_t count = b->options.max_concurrent_exports;
  b->cancel = cspan_cancel_create();
  b->workers = cspan_calloc(count, sizeof *b->workers);
  if (b->cancel == NULL || b->workers == NULL || !cspan_drop_report_init(&b->drops)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    b->workers[i].owner = b;
    if (!cspan_request_init(&b->workers[i].request, b->options.max_export_batch_size + 1)) {
      return false;
    }
  }
  return true;
}

static batch *batch_create(cspan_span_exporter *exporter, const cspan_batch_options *options) {
  batch *b = cspan_calloc(1, sizeof *b);
  if (b == NULL) {
    cspan_exporter_free(exporter);
    return NULL;
  }
  b->exporter = exporter;
  cspan_batch_options_fill(&b->options, options);
  const cspan_exporter_vtable *vtable = exporter->vtable;
  if (!CSPAN_HAS(vtable, is_concurrent) || !vtable->is_concurrent) {
    b->options.max_concurrent_exports = 1;
  }
  if (!cspan_queue_init(&b->queue, b->options.max_queue_size, b->options.max_export_batch_size,
                        QUEUE_BYTES_MAX) ||
      !make_workers(b)) {
    destroy(b);
    return NULL;
  }
  init_sync(b);
  return b;
}

cspan_span_processor *cspan_processor_batch(cspan_span_exporter *exporter,
                                            const cspan_batch_options *options) {
  static const cspan_processor_vtable vtable = {.size = sizeof vtable,
                                                .on_end = on_end,
                                                .force_flush = cspan_batch_force_flush,
                                                .shutdown = cspan_batch_shut_down,
                                                .set_resource = set_resource,
                                                .stats = stats,
                                                .free = batch_free,
                                                .set_meter_provider = set_meter_provider};
  batch *b = exporter != NULL ? batch_create(exporter, options) : NULL;
  if (b == NULL) {
    return NULL;
  }
  b->fork = (cspan_fork_hook){.self = b,
                              .prepare = before_fork,
                              .parent = after_fork_in_parent,
                              .child = after_fork_in_child};
  cspan_fork_add(&b->fork);
  return cspan_processor_create(&vtable, b);
}
