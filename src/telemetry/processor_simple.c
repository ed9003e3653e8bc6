/* SPDX-License-Identifier: Apache-2.0 */
/* Exports each span on the thread that ends it: for tests and short tools. */
#include <pthread.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "telemetry/core.h"
#include "telemetry/fork.h"
#include "telemetry/loss.h"
#include "telemetry/request.h"

enum { EXPORT_TIMEOUT_MS = 30000 };

typedef struct simple {
  pthread_mutex_t lock; /* one export at a time */
  cspan_span_exporter *exporter;
  const uint8_t *resource;
  size_t resource_len;
  cspan_request request;
  cspan_loss loss;
  bool is_shut_down;
  cspan_fork_hook fork;
} simple;

static cspan_status export_one(simple *s, const cspan_ended_span *span, size_t *rejected,
                               cspan_error **error) {
  s->request.spans[0] = (cspan_request_span){
      .tracer = span->tracer, .span = span->span, .size = (uint32_t)span->span_size_bytes};
  if (!cspan_request_build(&s->request, s->resource, s->resource_len, 1)) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for an export request");
  }
  cspan_export_batch batch = {
      .request = s->request.data, .request_size_bytes = s->request.len, .span_count = 1};
  cspan_context context = cspan_context_with_timeout(NULL, EXPORT_TIMEOUT_MS);
  return s->exporter->vtable->export_spans(s->exporter->self, &context, &batch, rejected, error);
}

static void on_end(void *self, const cspan_ended_span *span) {
  simple *s = self;
  if (!span->sampled) {
    return;
  }
  bool log_failure = false;
  char message[256];
  cspan_thread.suppressed++;
  pthread_mutex_lock(&s->lock);
  s->loss.ended++;
  size_t rejected = 0;
  cspan_error *failure = NULL;
  cspan_status status =
      s->is_shut_down ? cspan_error_set(&failure, CSPAN_ERR_SHUTDOWN, "a span ended after shutdown")
                      : export_one(s, span, &rejected, &failure);
  if (status != CSPAN_OK && cspan_loss_failure_due(&s->loss)) {
    log_failure = true;
    snprintf(message, sizeof message, "%s", cspan_error_message(failure));
  }
  cspan_loss_exported(&s->loss, 1, rejected, status, failure);
  pthread_mutex_unlock(&s->lock);
  cspan_thread.suppressed--;
  if (log_failure) {
    cspan_log(CSPAN_LOG_WARN, "simple span processor: a span was not exported: %s", message);
  }
}

static cspan_status flush_locked(simple *s, int64_t timeout_ms, cspan_error **error) {
  const cspan_exporter_vtable *vtable = s->exporter->vtable;
  if (vtable->force_flush != NULL) {
    cspan_context context = cspan_context_with_timeout(NULL, timeout_ms);
    cspan_error *failure = NULL;
    cspan_status status = vtable->force_flush(s->exporter->self, &context, &failure);
    cspan_loss_flushed(&s->loss, status, failure);
  }
  cspan_loss_mark since = s->loss.told;
  return cspan_loss_tell(&s->loss, &since, error);
}

static cspan_status force_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_status status = s->is_shut_down ? cspan_error_set(error, CSPAN_ERR_SHUTDOWN,
                                                          "the span processor was shut down")
                                        : flush_locked(s, timeout_ms, error);
  pthread_mutex_unlock(&s->lock);
  return status;
}

static cspan_status shut_down(void *self, int64_t timeout_ms, cspan_error **error) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_status status;
  if (s->is_shut_down) {
    status = cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the span processor was shut down before");
  } else {
    status = flush_locked(s, timeout_ms, error);
    s->is_shut_down = true;
    if (s->exporter->vtable->shutdown != NULL) {
      s->exporter->vtable->shutdown(s->exporter->self);
    }
  }
  pthread_mutex_unlock(&s->lock);
  return status;
}

static void set_resource(void *self, const uint8_t *resource, size_t size_bytes) {
  simple *s = self;
  s->resource = resource;
  s->resource_len = size_bytes;
}

static void stats(void *self, cspan_telemetry_stats *add_to) {
  simple *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_loss_stats(&s->loss, add_to);
  pthread_mutex_unlock(&s->lock);
}

static void simple_free(void *self) {
  simple *s = self;
  cspan_fork_remove(&s->fork);
  if (!s->is_shut_down && s->exporter->vtable->shutdown != NULL) {
    s->exporter->vtable->shutdown(s->exporter->self);
  }
  cspan_exporter_free(s->exporter);
  cspan_request_free(&s->request);
  cspan_loss_free(&s->loss);
  pthread_mutex_destroy(&s->lock);
  cspan_free(s);
}

/* The lock may be held for as long as an export takes, so a fork does not wait
 * for it: the child gets a new one, and abandons what was being changed. */
static void not_waited_for(void *self) {
  (void)self;
}

static void after_fork(void *self) {
  simple *s = self;
  pthread_mutex_init(&s->lock, NULL);
  s->request.data = NULL;
  s->request.cap = 0;
  s->loss.last_error = NULL;
}

cspan_span_processor *cspan_processor_simple(cspan_span_exporter *exporter) {
  static const cspan_processor_vtable vtable = {.size = sizeof vtable,
                                                .on_end = on_end,
                                                .force_flush = force_flush,
                                                .shutdown = shut_down,
                                                .set_resource = set_resource,
                                                .stats = stats,
                                                .free = simple_free};
  if (exporter == NULL) {
    return NULL;
  }
  simple *s = cspan_calloc(1, sizeof *s);
  if (s == NULL || !cspan_request_init(&s->request, 1)) {
    cspan_free(s);
    cspan_exporter_free(exporter);
    return NULL;
  }
  s->exporter = exporter;
  pthread_mutex_init(&s->lock, NULL);
  s->fork = (cspan_fork_hook){
      .self = s, .prepare = not_waited_for, .parent = not_waited_for, .child = after_fork};
  cspan_fork_add(&s->fork);
  return cspan_processor_create(&vtable, s);
}
