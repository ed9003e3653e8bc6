/* SPDX-License-Identifier: Apache-2.0 */
/* The export threads of a batch processor. */
#include "base/sys.h"
#include "telemetry/batch.h"
#include "telemetry/process_end.h"

/* Shutdown has no time left for what is queued. */
static bool give_up_is_due(const batch *b) {
  return b->gives_up && b->queue.count > 0 && !b->is_building;
}

static bool end_is_due(const batch *b) {
  return b->is_stopping && b->queue.count == 0 && b->flushes == NULL;
}

static bool is_due(const batch *b) {
  return give_up_is_due(b) || cspan_batch_flush_is_due(b) || cspan_batch_export_is_due(b) ||
         end_is_due(b);
}

static void wait_for_work(batch_worker *w) {
  batch *b = w->owner;
  int64_t tick = 0;
  for (;;) {
    cspan_queue_account(&b->queue); /* whoever waits has lent nothing */
    if (is_due(b)) {
      break;
    }
    w->is_idle = true;
    b->idle++;
    if (b->queue.count == 0 || b->resource_is_pending || b->is_building) {
      tick = 0; /* whoever changes one of these wakes a thread */
      pthread_cond_wait(&b->wake, &b->lock);
    } else {
      tick = tick != 0 ? tick : cspan_now_ns() + b->options.schedule_delay_ms * 1000000;
      cspan_cond_wait_until(&b->wake, &b->lock, tick);
      if (cspan_now_ns() >= tick) {
        cspan_queue_close(&b->queue);
        b->target = b->queue.accepted;
        tick = 0;
      }
    }
    b->idle--;
    w->is_idle = false;
  }
}

/* A flush goes before the next export, or it would wait for ever where the queue is
 * never empty. */
static void *work(void *arg) {
  batch_worker *w = arg;
  batch *b = w->owner;
  cspan_thread.suppressed++;
  pthread_mutex_lock(&b->lock);
  for (;;) {
    wait_for_work(w);
    if (give_up_is_due(b)) {
      cspan_batch_give_up(b, CSPAN_ERR_TIMEOUT, "shutdown had no time left to export them");
    } else if (cspan_batch_flush_is_due(b)) {
      cspan_batch_flush_exporter(w);
    } else if (cspan_batch_export_is_due(b)) {
      cspan_batch_export(w);
    } else {
      break;
    }
    if (b->is_stopping) {
      pthread_cond_broadcast(&b->wake); /* the others may have to end */
    }
  }
  b->running--;
  pthread_cond_broadcast(&b->done);
  pthread_mutex_unlock(&b->lock);
  return NULL;
}

static bool start_worker(batch *b) {
  batch_worker *w = &b->workers[b->started];
  cspan_signal_watch();
  w->is_started = cspan_thread_start(&w->thread, work, w) == 0;
  if (w->is_started) {
    b->started++;
    b->running++;
  }
  return w->is_started;
}

bool cspan_batch_start(batch *b) {
  return b->started > 0 || start_worker(b);
}

void cspan_batch_wake(batch *b) {
  if (b->idle > 0) {
    pthread_cond_signal(&b->wake);
  } else if (b->started == 0 ||
             (b->started < b->options.max_concurrent_exports && cspan_batch_export_is_due(b))) {
    start_worker(b);
  }
}
