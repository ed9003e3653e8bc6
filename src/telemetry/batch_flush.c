/* SPDX-License-Identifier: Apache-2.0 */
/* Flush and shutdown of a batch processor: who waits, for what, and how long. */
#include "base/error.h"
#include "base/sys.h"
#include "telemetry/batch.h"

static const char no_thread[] = "the export thread cannot be started; raise the limit on threads";

/* ------------------------------------------------------------ on an export thread */

bool cspan_batch_flush_is_due(const batch *b) {
  if (b->flushes == NULL || b->is_flushing) {
    return false;
  }
  uint64_t settled = cspan_batch_settled(b);
  for (const batch_flush *f = b->flushes; f != NULL; f = f->next) {
    if (f->target <= settled) {
      return true;
    }
  }
  return false;
}

/* A full queue that no span came after is told by a request of its own; a failed
 * export is not, as the receiver would be waited for once more. */
static void export_report(batch_worker *w) {
  const batch *b = w->owner;
  if (cspan_drop_report_is_due(&b->drops) && !b->last_failed && !b->is_building) {
    cspan_batch_export(w);
  }
}

static void begin_flushes(batch *b) {
  uint64_t settled = cspan_batch_settled(b);
  b->is_flushing = true;
  for (batch_flush *f = b->flushes; f != NULL; f = f->next) {
    f->is_under_way = f->target <= settled;
  }
}

/* One that gave up waiting is in the list no more. */
static void end_flushes(batch *b) {
  b->is_flushing = false;
  for (batch_flush **at = &b->flushes; *at != NULL;) {
    batch_flush *f = *at;
    if (f->is_under_way) {
      *at = f->next;
      f->is_done = true;
    } else {
      at = &f->next;
    }
  }
  pthread_cond_broadcast(&b->done);
}

void cspan_batch_flush_exporter(batch_worker *w) {
  batch *b = w->owner;
  const cspan_exporter_vtable *vtable = b->exporter->vtable;
  begin_flushes(b);
  export_report(w);
  if (vtable->force_flush != NULL) {
    pthread_mutex_unlock(&b->lock);
    cspan_context context = {.cancel = b->cancel};
    context = cspan_context_with_timeout(&context, b->options.export_timeout_ms);
    cspan_error *failure = NULL;
    cspan_status status = vtable->force_flush(b->exporter->self, &context, &failure);
    pthread_mutex_lock(&b->lock);
    cspan_loss_flushed(&b->loss, status, failure);
  }
  end_flushes(b);
}

/* ---------------------------------------------------------------- those who wait */

static int64_t deadline_of(int64_t timeout_ms) {
  return cspan_context_with_timeout(NULL, timeout_ms).deadline_ns;
}

/* Asks for all that was accepted so far. */
static void request_flush(batch *b, batch_flush *flush) {
  cspan_queue_close(&b->queue);
  b->target = b->queue.accepted;
  *flush = (batch_flush){.next = b->flushes, .target = b->target};
  b->flushes = flush;
  cspan_batch_wake(b);
}

static void withdraw(batch *b, const batch_flush *flush) {
  for (batch_flush **at = &b->flushes; *at != NULL; at = &(*at)->next) {
    if (*at == flush) {
      *at = flush->next;
      return;
    }
  }
}

static bool wait_for_flush(batch *b, batch_flush *flush, int64_t deadline_ns) {
  while (!flush->is_done && b->running > 0 && cspan_now_ns() < deadline_ns) {
    cspan_cond_wait_until(&b->done, &b->lock, deadline_ns);
  }
  if (!flush->is_done) {
    withdraw(b, flush);
  }
  return flush->is_done || b->running == 0;
}

static cspan_status set_late(const batch *b, const batch_flush *flush, int64_t timeout_ms,
                             cspan_error **error) {
  uint64_t waiting = cspan_batch_unsettled(b, flush->target);
  if (waiting == 0) {
    return cspan_error_set(
        error, CSPAN_ERR_TIMEOUT,
        "after %lld ms no span waits any more, but the exporter is not done with "
        "its own flush",
        (long long)timeout_ms);
  }
  return cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                         "after %lld ms %llu of the spans to be flushed still wait%s",
                         (long long)timeout_ms, (unsigned long long)waiting,
                         b->resource_is_pending ? " for the resource detectors" : "");
}

/* An exporter that has a flush of its own may hold spans that came from elsewhere. */
static cspan_status flush_locked(batch *b, int64_t timeout_ms, cspan_error **error) {
  cspan_loss_mark since = b->loss.told;
  cspan_queue_account(&b->queue);
  if (b->queue.accepted > 0 || b->exporter->vtable->force_flush != NULL) {
    if (!cspan_batch_start(b)) {
      return cspan_error_set(error, CSPAN_ERR_NOMEM, "%s", no_thread);
    }
    batch_flush flush;
    request_flush(b, &flush);
    if (!wait_for_flush(b, &flush, deadline_of(timeout_ms))) {
      return set_late(b, &flush, timeout_ms, error);
    }
  }
  return cspan_loss_tell(&b->loss, &since, error);
}

cspan_status cspan_batch_force_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  cspan_status status =
      b->is_stopping ? cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the processor was shut down")
                     : flush_locked(b, timeout_ms, error);
  pthread_mutex_unlock(&b->lock);
  return status;
}

/* --------------------------------------------------------------------- shutdown */

/* Half of the time may go by for the resource detectors; then the spans go with what is
 * known of the resource, rather than be lost. */
static void await_resource(batch *b, int64_t deadline_ns) {
  int64_t now = cspan_now_ns();
  int64_t until = deadline_ns - (deadline_ns - now) / 2;
  while (b->resource_is_pending && b->running > 0 && cspan_now_ns() < until) {
    cspan_cond_wait_until(&b->done, &b->lock, until);
  }
  b->resource_is_pending = false;
  pthread_cond_broadcast(&b->wake);
}

static void join_workers(batch *b) {
  size_t started = b->started;
  pthread_mutex_unlock(&b->lock);
  for (size_t i = 0; i < started; i++) {
    pthread_join(b->workers[i].thread, NULL);
  }
  pthread_mutex_lock(&b->lock);
}

/* Waits for the threads; past the deadline their exports are cancelled and the rest
 * given up, so that the wait comes to an end. Returns whether it was in time. */
static bool stop_workers(batch *b, int64_t timeout_ms) {
  int64_t deadline = deadline_of(timeout_ms);
  batch_flush flush; /* no worker ends before it is done */
  request_flush(b, &flush);
  pthread_cond_broadcast(&b->wake);
  await_resource(b, deadline);
  while (b->running > 0 && cspan_now_ns() < deadline) {
    cspan_cond_wait_until(&b->done, &b->lock, deadline);
  }
  bool in_time = b->running == 0;
  if (!in_time) {
    b->gives_up = true;
    cspan_cancel_trigger(b->cancel);
    pthread_cond_broadcast(&b->wake);
  }
  join_workers(b);
  return in_time;
}

static cspan_status shut_down_locked(batch *b, int64_t timeout_ms, cspan_error **error) {
  b->is_stopping = true;
  cspan_queue_close(&b->queue); /* nothing is lent from here on */
  b->target = b->queue.accepted;
  cspan_loss_mark since = b->loss.told;
  bool in_time = true;
  if (b->queue.accepted > 0 && !cspan_batch_start(b)) {
    cspan_batch_give_up(b, CSPAN_ERR_NOMEM, no_thread);
  }
  if (b->started > 0) {
    in_time = stop_workers(b, timeout_ms);
  }
  cspan_error *told = NULL;
  cspan_status status = cspan_loss_tell(&b->loss, &since, &told);
  if (in_time) {
    cspan_error_move(error, told);
    return status;
  }
  status = cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                           "the exporter was not done after %lld ms and was cancelled%s%s",
                           (long long)timeout_ms, told ? ": " : "", cspan_error_message(told));
  cspan_error_free(told);
  return status;
}

cspan_status cspan_batch_shut_down(void *self, int64_t timeout_ms, cspan_error **error) {
  batch *b = self;
  pthread_mutex_lock(&b->lock);
  if (b->is_stopping) {
    pthread_mutex_unlock(&b->lock);
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the processor was shut down before");
  }
  cspan_status status = shut_down_locked(b, timeout_ms, error);
  uint64_t full = cspan_loss_full_due(&b->loss, true);
  pthread_mutex_unlock(&b->lock);
  cspan_batch_log_full(b, full);
  if (b->exporter->vtable->shutdown != NULL) {
    b->exporter->vtable->shutdown(b->exporter->self);
  }
  return status;
}
