/* SPDX-License-Identifier: Apache-2.0 */
/* Exports each span on the thread that ends it: for tests and short tools. */
#include <pthread.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/fork.h"
#include "telemetry/loss.h"
#include "telemetry/metrics/self.h"
#include "telemetry/request.h"

enum { EXPORT_TIMEOUT_MS = 30000 };

typedef struct simple {
  cspan_span_exporter *exporter;
  cspan_cancel *cancel; /* of the export under way; set by a shutdown out of time */
  cspan_fork_hook fork;
  cspan_self_processor *reports; /* NULL: none */

  pthread_mutex_t lock; /* all below; never held inside the exporter */
  pthread_cond_t idle;
  bool is_busy;          /* a thread is inside the exporter */
  cspan_request request; /* that thread's */
  cspan_encoded_resource resource;
  cspan_loss loss;
  bool is_shut_down;
} simple;

static void init_sync(simple *s) {
  pthread_mutex_init(&s->lock, NULL);
  cspan_cond_init(&s->idle);
}

/* Makes the exporter the calling thread's. The lock is held at entry and exit.
 * False past the deadline (of cspan_now_ns()'s clock). */
static bool enter(simple *s, int64_t deadline_ns) {
  while (s->is_busy && cspan_now_ns() < deadline_ns) {
    cspan_cond_wait_until(&s->idle, &s->lock, deadline_ns);
  }
  if (s->is_busy) {
    return false;
  }
  s->is_busy = true;
  return true;
}

static void leave(simple *s) {
  s->is_busy = false;
  pthread_cond_signal(&s->idle);
}

static cspan_context context_of(const simple *s, int64_t timeout_ms) {
  cspan_context context = {.cancel = s->cancel};
  return cspan_context_with_timeout(&context, timeout_ms);
}

/* ------------------------------------------------------------------- one span */

static cspan_status export_one(simple *s, const cspan_ended_span *span,
                               const cspan_encoded_resource *resource, size_t *rejected,
                               cspan_error **error) {
  s->request.runs[0] = (cspan_request_run){
      .tracer = span->tracer, .bytes = span->span, .size = span->span_size_bytes};
  if (!cspan_request_build(&s->request, resource, 1)) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for an export request");
  }
  cspan_export_batch batch = {
      .request = s->request.data, .request_size_bytes = s->request.len, .span_count = 1};
  cspan_context context = context_of(s, EXPORT_TIMEOUT_MS);
  return s->exporter->vtable->export_spans(s->exporter->self, &context, &batch, rejected, error);
}

/* Waits for its turn. The lock is held at entry and exit, not while exporting. */
static cspan_status export_in_turn(simple *s, const cspan_ended_span *span, size_t *rejected,
                                   cspan_error **error) {
  if (cspan_thread.suppressed > 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a span ended inside an export");
  }
  enter(s, INT64_MAX);
  cspan_status status = CSPAN_ERR_SHUTDOWN;
  if (s->is_shut_down) {
    cspan_error_set(error, status, "a span ended after shutdown");
  } else {
    const cspan_encoded_resource resource = s->resource;
    pthread_mutex_unlock(&s->lock);
    cspan_thread.suppressed++;
    status = export_one(s, span, &resource, rejected, error);
    cspan_thread.suppressed--;
    pthread_mutex_lock(&s->lock);
  }
  leave(s);
  return status;
}

static void on_end(void *self, const cspan_ended_span *span) {
  simple *s = self;
  if (!span->sampled) {
    return;
  }
  char message[256] = "";
  size_t rejected = 0;
  cspan_error *failure = NULL;
  pthread_mutex_lock(&s->lock);
  s->loss.ended++;
  cspan_status status = export_in_turn(s, span, &rejected, &failure);
  if ((status != CSPAN_OK || rejected > 0) && cspan_loss_failure_due(&s->loss)) {
    snprintf(message, sizeof message, "%s",
             status != CSPAN_OK ? cspan_error_message(failure) : "the receiver refused it");
  }
  cspan_loss_exported(&s->loss, 1, rejected, status, failure);
  pthread_mutex_unlock(&s->lock);
  if (message[0] != '\0') {
    cspan_log(CSPAN_LOG_WARN, "simple span processor: a span was not exported: %s", message);
  }
}

/* ------------------------------------------------------------ flush, shutdown */

/* The exporter is the calling thread's. */
static void flush_exporter(simple *s, int64_t deadline_ns, bool is_last) {
  const cspan_exporter_vtable *vtable = s->exporter->vtable;
  cspan_context context = {.cancel = s->cancel, .deadline_ns = deadline_ns};
  cspan_status status = CSPAN_OK;
  cspan_error *failure = NULL;
  pthread_mutex_unlock(&s->lock);
  cspan_thread.suppressed++;
  if (vtable->force_flush != NULL) {
    status = vtable->force_flush(s->exporter->self, &context, &failure);
  }
  if (is_last && vtable->shutdown != NULL) {
    vtable->shutdown(s->exporter->self);
  }
  cspan_thread.suppressed--;
  pthread_mutex_lock(&s->lock);
  cspan_loss_flushed(&s->loss, status, failure);
}

static cspan_status force_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  simple *s = self;
  int64_t deadline = context_of(s, timeout_ms).deadline_ns;
  cspan_status status;
  pthread_mutex_lock(&s->lock);
  cspan_loss_mark since = s->loss.told;
  if (s->is_shut_down) {
    status = cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the span processor was shut down");
  } else if (!enter(s, deadline)) {
    status = cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                             "after %lld ms a span is still being exported", (long long)timeout_ms);
  } else {
    flush_exporter(s, deadline, false);
    leave(s);
    status = cspan_loss_tell(&s->loss, &since, error);
  }
  pthread_mutex_unlock(&s->lock);
  return status;
}

/* Past the deadline the export of another thread is cancelled, so that the wait
 * for it comes to an end. */
static cspan_status shut_down_locked(simple *s, int64_t timeout_ms, cspan_error **error) {
  int64_t deadline = context_of(s, timeout_ms).deadline_ns;
  cspan_loss_mark since = s->loss.told;
  s->is_shut_down = true;
  bool in_time = enter(s, deadline);
  if (!in_time) {
    cspan_cancel_trigger(s->cancel);
    enter(s, INT64_MAX);
  }
  flush_exporter(s, deadline, true);
  leave(s);
  cspan_status status = cspan_loss_tell(&s->loss, &since, in_time ? error : NULL);
  return in_time ? status
                 : cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                                   "the exporter was not done after %lld ms and was cancelled",
                                   (long long)timeout_ms);
}

static cspan_status shut_down(void *self, int64_t timeout_ms, cspan_error **error) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_status status = s->is_shut_down ? cspan_error_set(error, CSPAN_ERR_SHUTDOWN,
                                                          "the span processor was shut down before")
                                        : shut_down_locked(s, timeout_ms, error);
  pthread_mutex_unlock(&s->lock);
  return status;
}

/* ------------------------------------------------------------------------ rest */

static void set_resource(void *self, const cspan_encoded_resource *resource) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  s->resource = *resource; /* final or not: a span does not wait for it */
  pthread_mutex_unlock(&s->lock);
}

static void read_numbers(void *self, cspan_self_processor_numbers *out) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  out->processed = s->loss.exported + s->loss.failed + s->loss.rejected;
  pthread_mutex_unlock(&s->lock);
}

static void set_meter_provider(void *self, cspan_meter_provider *meters) {
  simple *s = self;
  const cspan_exporter_vtable *vtable = s->exporter->vtable;
  if (CSPAN_HAS(vtable, set_meter_provider) && vtable->set_meter_provider != NULL) {
    vtable->set_meter_provider(s->exporter->self, meters);
  }
  s->reports = cspan_self_processor_create(meters, "simple_span_processor", false, read_numbers, s);
}

static void stats(void *self, cspan_telemetry_stats *add_to) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_loss_stats(&s->loss, add_to);
  pthread_mutex_unlock(&s->lock);
}

static void before_fork(void *self) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
}

static void after_fork_in_parent(void *self) {
  simple *s = self;
  pthread_mutex_unlock(&s->lock);
}

/* The child has none of the other threads: what one of them may have been changing
 * is abandoned. */
static void after_fork_in_child(void *self) {
  simple *s = self;
  init_sync(s);
  if (s->is_busy) {
    s->request.data = NULL;
    s->request.cap = 0;
    s->is_busy = false;
  }
  cspan_loss_free(&s->loss);
  s->loss = (cspan_loss){0};
}

static void simple_free(void *self) {
  simple *s = self;
  if (!s->is_shut_down) {
    shut_down(s, EXPORT_TIMEOUT_MS, NULL);
  }
  cspan_self_processor_free(s->reports);
  cspan_fork_remove(&s->fork);
  cspan_exporter_free(s->exporter);
  cspan_request_free(&s->request);
  cspan_loss_free(&s->loss);
  cspan_cancel_free(s->cancel);
  pthread_cond_destroy(&s->idle);
  pthread_mutex_destroy(&s->lock);
  cspan_free(s);
}

cspan_span_processor *cspan_processor_simple(cspan_span_exporter *exporter) {
  static const cspan_processor_vtable vtable = {.size = sizeof vtable,
                                                .on_end = on_end,
                                                .force_flush = force_flush,
                                                .shutdown = shut_down,
                                                .set_resource = set_resource,
                                                .stats = stats,
                                                .free = simple_free,
                                                .set_meter_provider = set_meter_provider};
  if (exporter == NULL) {
    return NULL;
  }
  simple *s = cspan_calloc(1, sizeof *s);
  if (s == NULL) {
    cspan_exporter_free(exporter);
    return NULL;
  }
  s->cancel = cspan_cancel_create();
  if (s->cancel == NULL || !cspan_request_init(&s->request, 1)) {
    cspan_cancel_free(s->cancel);
    cspan_free(s);
    cspan_exporter_free(exporter);
    return NULL;
  }
  s->exporter = exporter;
  init_sync(s);
  s->fork = (cspan_fork_hook){.self = s,
                              .prepare = before_fork,
                              .parent = after_fork_in_parent,
                              .child = after_fork_in_child};
  cspan_fork_add(&s->fork);
  return cspan_processor_create(&vtable, s);
}
