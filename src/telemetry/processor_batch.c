/* SPDX-License-Identifier: Apache-2.0 */
/* Collects ended spans and exports them from a thread of its own. Producers only
 * copy bytes under a short lock, which the thread never holds while it builds a
 * request or exports: a stalled receiver costs spans, never time. */
#include "telemetry/batch.h"

#include <signal.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"

enum { QUEUE_BYTES_MAX = 256 << 20 };
/* Receivers of gRPC take 4 MiB by default. */
enum { REQUEST_BYTES_MAX = 4000000 };

/* Waits on a condition until a time of cspan_now_ns()'s clock. */
static void wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t time_ns) {
  struct timespec at = {.tv_sec = (time_t)(time_ns / 1000000000),
                        .tv_nsec = (long)(time_ns % 1000000000)};
  pthread_cond_timedwait(condition, lock, &at);
}

static void init_sync(batch *b) {
  pthread_condattr_t attr;
  pthread_mutex_init(&b->lock, NULL);
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&b->wake, &attr);
  pthread_cond_init(&b->done, &attr);
  pthread_condattr_destroy(&attr);
}

/* ----------------------------------------------------------- the export thread */

static bool export_is_due(const batch *b) {
  return b->queue.count > 0 &&
         (b->queue.count >= b->options.max_export_batch_size || b->finished < b->target);
}

/* A flush whose spans are through. */
static bool flush_is_due(const batch *b) {
  return b->flush_done < b->flush_wanted && b->finished >= b->flush_target;
}

static void wait_for_work(batch *b) {
  int64_t tick = 0;
  while (!export_is_due(b) && !flush_is_due(b) && !b->is_stopping) {
    b->is_waiting = true;
    if (b->queue.count == 0) {
      tick = 0;
      pthread_cond_wait(&b->wake, &b->lock);
    } else {
      tick = tick != 0 ? tick : cspan_now_ns() + b->options.schedule_delay_ms * 1000000;
      wait_until(&b->wake, &b->lock, tick);
      if (cspan_now_ns() >= tick) {
        b->target = b->accepted;
      }
    }
    b->is_waiting = false;
  }
}

/* A request as it was built: spans of the queue, and where some were lost one
 * more that tells it. */
typedef struct request_content {
  size_t spans;
  size_t reports;
  bool is_built;
} request_content;

/* Takes spans from the queue into a request. The lock is held at entry and exit,
 * not while bytes are copied. */
static request_content build_request(batch *b) {
  cspan_queue_view view = cspan_queue_snapshot(&b->queue);
  cspan_drop_report_take(&b->drops);
  pthread_mutex_unlock(&b->lock);
  size_t resource_len = b->resource_len < REQUEST_BYTES_MAX ? b->resource_len : REQUEST_BYTES_MAX;
  request_content content = {.spans = cspan_queue_read(&view, b->request.spans,
                                                       b->options.max_export_batch_size,
                                                       REQUEST_BYTES_MAX - resource_len)};
  content.reports = cspan_drop_report_write(&b->drops, &b->request.spans[content.spans]);
  size_t count = content.spans + content.reports;
  content.is_built =
      count > 0 && cspan_request_build(&b->request, b->resource, b->resource_len, count);
  pthread_mutex_lock(&b->lock);
  cspan_queue_drop(&b->queue, &view, content.spans);
  return content;
}

static cspan_status send_request(batch *b, const request_content *content, size_t *rejected,
                                 cspan_error **error) {
  if (!content->is_built) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for an export request");
  }
  cspan_context context = {.cancel = b->cancel};
  context = cspan_context_with_timeout(&context, b->options.export_timeout_ms);
  cspan_export_batch data = {.request = b->request.data,
                             .request_size_bytes = b->request.len,
                             .span_count = content->spans + content->reports};
  return b->exporter->vtable->export_spans(b->exporter->self, &context, &data, rejected, error);
}

static void log_full(uint64_t count, size_t max) {
  if (count > 0) {
    cspan_log(CSPAN_LOG_WARN,
              "batch span processor: %llu spans were dropped because the queue of %zu was full; "
              "raise OTEL_BSP_MAX_QUEUE_SIZE or look at the receiver",
              (unsigned long long)count, max);
  }
}

/* Counts what became of a request, whose report may have been refused as well. */
static void settle(batch *b, const request_content *content, size_t lost, size_t rejected,
                   cspan_status status) {
  b->last_failed = status != CSPAN_OK;
  cspan_drop_report_done(&b->drops, content->reports > 0 && status == CSPAN_OK &&
                                        rejected < content->spans + content->reports);
  cspan_drop_report_add(&b->drops, 0, lost);
}

static void export_some(batch *b) {
  request_content content = build_request(b);
  size_t count = content.spans;
  pthread_mutex_unlock(&b->lock);
  size_t rejected = 0;
  cspan_error *failure = NULL;
  cspan_status status = send_request(b, &content, &rejected, &failure);
  size_t lost = status != CSPAN_OK || rejected > count ? count : rejected;
  pthread_mutex_lock(&b->lock);
  char message[256] = "";
  if (lost > 0 && cspan_loss_failure_due(&b->loss)) {
    snprintf(message, sizeof message, "%s",
             status != CSPAN_OK ? cspan_error_message(failure) : "the receiver refused some");
  }
  settle(b, &content, lost, rejected, status);
  cspan_loss_exported(&b->loss, count, rejected, status, failure);
  uint64_t full = b->queue.count == 0 ? cspan_loss_full_due(&b->loss, false) : 0;
  pthread_mutex_unlock(&b->lock);
  log_full(full, b->options.max_queue_size);
  if (message[0] != '\0') {
    cspan_log(CSPAN_LOG_WARN, "batch span processor: of %zu spans %zu were not exported: %s", count,
              lost, message);
  }
  pthread_mutex_lock(&b->lock);
  b->finished += count;
  pthread_cond_broadcast(&b->done);
}

/* Shutdown ends without an export: what is queued is lost, and counted. */
static void give_up(batch *b, cspan_status status, const char *why) {
  cspan_error *failure = NULL;
  cspan_error_set(&failure, status, "%s", why);
  cspan_loss_exported(&b->loss, b->queue.count, 0, status, failure);
  b->finished += b->queue.count;
  cspan_queue_clear(&b->queue);
}

/* A full queue that no span came after is told by a request of its own; a failed
 * export is not, as the receiver would be waited for once more. */
static void export_report(batch *b) {
  if (b->drops.pending.queue_full > 0 && !b->last_failed) {
    export_some(b);
  }
}

static void flush_exporter(batch *b) {
  uint64_t ticket = b->flush_wanted;
  export_report(b);
  const cspan_exporter_vtable *vtable = b->exporter->vtable;
  if (vtable->force_flush != NULL) {
    pthread_mutex_unlock(&b->lock);
    cspan_context context = {.cancel = b->cancel};
    context = cspan_context_with_timeout(&context, b->options.export_timeout_ms);
    cspan_error *failure = NULL;
    cspan_status status = vtable->force_flush(b->exporter->self, &context, &failure);
    pthread_mutex_lock(&b->lock);
    cspan_loss_flushed(&b->loss, status, failure);
  }
  b->flush_done = ticket;
  pthread_cond_broadcast(&b->done);
}

static void *work(void *arg) {
  batch *b = arg;
  cspan_thread.suppressed++;
  pthread_mutex_lock(&b->lock);
  for (;;) {
    wait_for_work(b);
    if (b->gives_up && b->queue.count > 0) {
      give_up(b, CSPAN_ERR_TIMEOUT, "shutdown had no time left to export them");
    } else if (export_is_due(b)) {
      export_some(b);
    } else if (flush_is_due(b)) {
      flush_exporter(b);
    } else if (b->is_stopping) {
      break;
    }
  }
  b->is_finished = true;
  pthread_cond_broadcast(&b->done);
  pthread_mutex_unlock(&b->lock);
  return NULL;
}

/* Under the lock. The thread takes no signals, which are the program's. */
static bool start_thread(batch *b) {
  if (b->is_running) {
    return true;
  }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  b->is_running = pthread_create(&b->thread, NULL, work, b) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return b->is_running;
}

/* --------------------------------------------------------------- the producers */

/* Wakes the thread where something became due: the first span starts the clock,
 * a full batch is sent at once. */
static void after_push(batch *b) {
  b->accepted++;
  bool is_news = b->queue.count == 1 || b->queue.count == b->options.max_export_batch_size;
  if (!b->is_running) {
    if (is_news) {
      start_thread(b);
    }
  } else if (is_news && b->is_waiting) {
    pthread_cond_signal(&b->wake);
  }
}

static void on_end(void *self, const cspan_ended_span *span) {
  batch *b = self;
  uint64_t full = 0;
  if (!span->sampled) {
    return;
  }
  pthread_mutex_lock(&b->lock);
  b->loss.ended++;
  if (b->is_stopping) {
    b->loss.late++;
  } else if (cspan_queue_push(&b->queue, span)) {
    after_push(b);
  } else {
    b->loss.queue_full++;
    cspan_drop_report_add(&b->drops, 1, 0);
    start_thread(b); /* in case there was none to be had */
    full = cspan_loss_full_due(&b->loss, false);
  }
  pthread_mutex_unlock(&b->lock);
  log_full(full, b->options.max_queue_size);
}

/* ------------------------------------------------------------ flush, shutdown */

static const char no_thread[] = "the export thread cannot be started; raise the limit on threads";

static int64_t deadline_of(int64_t timeout_ms) {
  return cspan_context_with_timeout(NULL, timeout_ms).deadline_ns;
}

static cspan_status flush_locked(batch *b, int64_t timeout_ms, cspan_error **error) {
  cspan_loss_mark since = b->loss.told;
  if (b->accepted > 0) {
    if (!start_thread(b)) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "%s", no_thread);
    }
    uint64_t ticket = ++b->flush_wanted;
    uint64_t target = b->accepted;
    b->flush_target = target;
    b->target = target;
    pthread_cond_signal(&b->wake);
    int64_t deadline = deadline_of(timeout_ms);
    while (b->flush_done < ticket && !b->is_finished && cspan_now_ns() < deadline) {
      wait_until(&b->done, &b->lock, deadline);
    }
    if (b->flush_done < ticket && !b->is_finished) {
      return cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                             "after %lld ms %llu of the spans to be flushed still wait",
                             (long long)timeout_ms,
                             (unsigned long long)(target > b->finished ? target - b->finished : 0));
    }
  }
  return cspan_loss_tell(&b->loss, &since, error);
}

static cspan_status force_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_status status =
      b->is_stopping ? cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the processor was shut down")
                     : flush_locked(b, timeout_ms, error);
  pthread_mutex_unlock(&b->lock);
  return status;
}

/* Waits for the thread; past the deadline its export is cancelled and the rest
 * given up, so that the wait comes to an end. Returns whether it was in time. */
static bool stop_thread(batch *b, int64_t timeout_ms) {
  int64_t deadline = deadline_of(timeout_ms);
  pthread_cond_signal(&b->wake);
  while (!b->is_finished && cspan_now_ns() < deadline) {
    wait_until(&b->done, &b->lock, deadline);
  }
  bool in_time = b->is_finished;
  if (!in_time) {
    b->gives_up = true;
    cspan_cancel_trigger(b->cancel);
  }
  pthread_mutex_unlock(&b->lock);
  pthread_join(b->thread, NULL);
  pthread_mutex_lock(&b->lock);
  return in_time;
}

static cspan_status shut_down(void *self, int64_t timeout_ms, cspan_error **error) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  if (b->is_stopping) {
    pthread_mutex_unlock(&b->lock);
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the processor was shut down before");
  }
  b->is_stopping = true;
  b->target = b->accepted;
  cspan_loss_mark since = b->loss.told;
  bool in_time = true;
  if (b->accepted > 0 && !start_thread(b)) {
    give_up(b, CSPAN_ERR_NOMEM, no_thread);
  }
  if (b->is_running) {
    b->flush_wanted++;
    b->flush_target = b->accepted;
    in_time = stop_thread(b, timeout_ms);
    b->is_running = false;
  }
  uint64_t full = cspan_loss_full_due(&b->loss, true);
  cspan_error *told = NULL;
  cspan_status status = cspan_loss_tell(&b->loss, &since, &told);
  if (in_time) {
    cspan_error_move(error, told);
  } else {
    status = cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                             "the exporter was not done after %lld ms and was cancelled%s%s",
                             (long long)timeout_ms, told ? ": " : "", cspan_error_message(told));
    cspan_error_free(told);
  }
  pthread_mutex_unlock(&b->lock);
  log_full(full, b->options.max_queue_size);
  if (b->exporter->vtable->shutdown != NULL) {
    b->exporter->vtable->shutdown(b->exporter->self);
  }
  return status;
}

/* ------------------------------------------------------------------------ rest */

static void set_resource(void *self, const cspan_encoded_resource *resource) {
  batch *b = self;
  b->resource = resource->bytes;
  b->resource_len = resource->size_bytes;
}

static void stats(void *self, cspan_telemetry_stats *add_to) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_loss_stats(&b->loss, add_to);
  pthread_mutex_unlock(&b->lock);
}

static void before_fork(void *self) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
}

static void after_fork_in_parent(void *self) {
  batch *b = self;
  pthread_mutex_unlock(&b->lock);
}

/* The child has no export thread, and the spans are the parent's to export. What
 * the thread may have been changing is abandoned. */
static void after_fork_in_child(void *self) {
  batch *b = self;
  bool in_use = b->is_running && !b->is_waiting;
  init_sync(b);
  cspan_drop_report_after_fork(&b->drops, in_use);
  if (in_use) {
    b->request.data = NULL;
    b->request.cap = 0;
  }
  cspan_queue_clear(&b->queue);
  cspan_loss_free(&b->loss);
  b->loss = (cspan_loss){0};
  b->last_failed = false;
  b->accepted = 0;
  b->finished = 0;
  b->target = 0;
  b->flush_wanted = 0;
  b->flush_done = 0;
  b->flush_target = 0;
  b->is_running = false;
  b->is_waiting = false;
  b->is_finished = false;
}

static void batch_free(void *self) {
  batch *b = self;
  if (!b->is_stopping) {
    shut_down(b, b->options.export_timeout_ms, NULL);
  }
  cspan_fork_remove(&b->fork);
  cspan_exporter_free(b->exporter);
  cspan_request_free(&b->request);
  cspan_drop_report_free(&b->drops);
  cspan_queue_free(&b->queue);
  cspan_loss_free(&b->loss);
  cspan_cancel_free(b->cancel);
  pthread_cond_destroy(&b->done);
  pthread_cond_destroy(&b->wake);
  pthread_mutex_destroy(&b->lock);
  cspan_free(b);
}

cspan_span_processor *cspan_processor_batch(cspan_span_exporter *exporter,
                                            const cspan_batch_options *options) {
  static const cspan_processor_vtable vtable = {.size = sizeof vtable,
                                                .on_end = on_end,
                                                .force_flush = force_flush,
                                                .shutdown = shut_down,
                                                .set_resource = set_resource,
                                                .stats = stats,
                                                .free = batch_free};
  if (exporter == NULL) {
    return NULL;
  }
  batch *b = cspan_calloc(1, sizeof *b);
  if (b == NULL) {
    cspan_exporter_free(exporter);
    return NULL;
  }
  cspan_batch_options_fill(&b->options, options);
  b->cancel = cspan_cancel_create();
  if (b->cancel == NULL || !cspan_drop_report_init(&b->drops) ||
      !cspan_request_init(&b->request, b->options.max_export_batch_size + 1)) {
    cspan_drop_report_free(&b->drops);
    cspan_cancel_free(b->cancel);
    cspan_free(b);
    cspan_exporter_free(exporter);
    return NULL;
  }
  b->exporter = exporter;
  cspan_queue_init(&b->queue, b->options.max_queue_size, QUEUE_BYTES_MAX);
  init_sync(b);
  b->fork = (cspan_fork_hook){.self = b,
                              .prepare = before_fork,
                              .parent = after_fork_in_parent,
                              .child = after_fork_in_child};
  cspan_fork_add(&b->fork);
  return cspan_processor_create(&vtable, b);
}
