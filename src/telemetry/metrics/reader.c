/* SPDX-License-Identifier: Apache-2.0 */
/* The periodic reader: collects and exports on an interval, from a thread of its own, and for
 * those who flush, from theirs. */
#include "telemetry/metrics/reader.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/core.h"

enum { DEFAULT_INTERVAL_MS = 60000, DEFAULT_TIMEOUT_MS = 30000 };
#define LOG_EVERY_NS INT64_C(30000000000)

/* ---------------------------------------------------------------- one export */

/* The exporter was given what a delta temporality will not tell again. */
static void note_lost(cspan_metric_reader *reader, size_t points, const cspan_error *why) {
  if (points > 0 && reader->options.temporality != CSPAN_TEMPORALITY_CUMULATIVE) {
    reader->lost_points += points;
    cspan_error_free(reader->lost_why);
    reader->lost_why = cspan_error_dup(why);
  }
}

static cspan_status export_batch(cspan_metric_reader *reader, const cspan_context *context,
                                 const cspan_metric_batch *batch, size_t *lost,
                                 cspan_error **error) {
  size_t rejected = 0;
  const cspan_metric_exporter_vtable *vtable = reader->exporter->vtable;
  cspan_status status =
      vtable->export_metrics(reader->exporter->self, context, batch, &rejected, error);
  if (status != CSPAN_OK) {
    *lost += batch->point_count;
    return error != NULL && *error == NULL
               ? cspan_error_set(error, status, "the metric exporter failed: %s",
                                 cspan_status_name(status))
               : status;
  }
  if (rejected > 0) {
    *lost += rejected < batch->point_count ? rejected : batch->point_count;
    return cspan_error_set(error, CSPAN_ERR_PARTIAL,
                           "the receiver accepted the request but refused %zu data point%s",
                           rejected, cspan_plural(rejected));
  }
  return CSPAN_OK;
}

static cspan_context export_context(cspan_metric_reader *reader, int64_t deadline_ns) {
  cspan_context context = {.cancel = reader->cancel, .deadline_ns = deadline_ns};
  return cspan_context_with_timeout(&context, reader->options.timeout_ms);
}

/* All batches get their turn; the first failure is told. */
static cspan_status export_all(cspan_metric_reader *reader, const cspan_collected *collected,
                               int64_t deadline_ns, size_t *lost, cspan_error **error) {
  cspan_status result = CSPAN_OK;
  for (size_t i = 0; i < collected->count; i++) {
    cspan_error *failure = NULL;
    cspan_context context = export_context(reader, deadline_ns);
    cspan_status status = export_batch(reader, &context, &collected->batches[i], lost, &failure);
    if (status != CSPAN_OK && result == CSPAN_OK) {
      result = status;
      cspan_error_move(error, failure);
    } else {
      cspan_error_free(failure);
    }
  }
  return result;
}

/* No lock is held; the reader is the caller's alone. */
static cspan_status collect_and_export(cspan_metric_reader *reader, int64_t deadline_ns,
                                       size_t *lost, cspan_error **error) {
  cspan_collected collected;
  int64_t started = cspan_now_ns();
  cspan_thread.suppressed++;
  cspan_status status = cspan_collect(reader->provider, reader->number, reader->options.temporality,
                                      deadline_ns, &collected, error);
  cspan_series_record_double(reader->collection_seconds, NULL,
                             (double)(cspan_now_ns() - started) / 1e9);
  cspan_error *failure = NULL;
  cspan_status exported = export_all(reader, &collected, deadline_ns, lost, &failure);
  cspan_thread.suppressed--;
  cspan_collected_free(&collected);
  if (status == CSPAN_OK) {
    status = exported;
    cspan_error_move(error, failure);
  } else {
    cspan_error_free(failure);
  }
  return status;
}

static void log_failure(cspan_metric_reader *reader, const cspan_error *failure) {
  int64_t now = cspan_now_ns();
  if (reader->failure_logged_ns == 0 || now - reader->failure_logged_ns >= LOG_EVERY_NS) {
    reader->failure_logged_ns = now;
    cspan_log(CSPAN_LOG_WARN, "metric reader: the export failed: %s", cspan_error_message(failure));
  }
}

/* The reader's lock is held at entry and exit. */
static void run_once(cspan_metric_reader *reader) {
  size_t lost = 0;
  cspan_error *failure = NULL;
  reader->is_busy = true;
  pthread_mutex_unlock(&reader->lock);
  int64_t deadline = cspan_context_with_timeout(NULL, reader->options.timeout_ms).deadline_ns;
  cspan_status status = collect_and_export(reader, deadline, &lost, &failure);
  if (status != CSPAN_OK) {
    log_failure(reader, failure);
  }
  pthread_mutex_lock(&reader->lock);
  note_lost(reader, lost, failure);
  reader->is_busy = false;
  pthread_cond_broadcast(&reader->done);
  cspan_error_free(failure);
}

/* ----------------------------------------------------------------- the thread */

static void *work(void *arg) {
  cspan_metric_reader *reader = arg;
  int64_t interval_ns = reader->options.interval_ms * 1000000;
  pthread_mutex_lock(&reader->lock);
  int64_t tick = cspan_now_ns() + interval_ns;
  while (!reader->is_stopping) {
    int64_t now = cspan_now_ns();
    if (now < tick) {
      cspan_cond_wait_until(&reader->wake, &reader->lock, tick);
    } else if (reader->is_busy) {
      cspan_cond_wait_until(&reader->done, &reader->lock, now + interval_ns);
    } else {
      run_once(reader);
      tick += interval_ns;
      now = cspan_now_ns();
      tick = tick > now ? tick : now + interval_ns;
    }
  }
  reader->is_finished = true;
  pthread_cond_broadcast(&reader->done);
  pthread_mutex_unlock(&reader->lock);
  return NULL;
}

void cspan_reader_start(cspan_metric_reader *reader) {
  pthread_mutex_lock(&reader->lock);
  if (!reader->is_running && !reader->is_stopping &&
      reader->options.interval_ms != CSPAN_INTERVAL_NEVER) {
    cspan_signal_watch();
    reader->is_running = cspan_thread_start(&reader->thread, work, reader) == 0;
    if (!reader->is_running) {
      cspan_log(CSPAN_LOG_WARN, "metric reader: its thread cannot be started, metrics are only "
                                "exported by a flush; raise the limit on threads");
    }
  }
  pthread_mutex_unlock(&reader->lock);
}

void cspan_readers_start_all(cspan_meter_provider *provider) {
  if (!atomic_exchange(&provider->readers_started, true)) {
    for (size_t i = 0; i < provider->reader_count; i++) {
      cspan_reader_start(provider->readers[i]);
    }
  }
}

/* ------------------------------------------------------------ flush, shutdown */

/* What was lost since it was last told; a success turns into that. */
static cspan_status tell_lost(cspan_metric_reader *reader, cspan_status status,
                              cspan_error **error) {
  unsigned long long lost = reader->lost_points;
  cspan_error *why = reader->lost_why;
  reader->lost_points = 0;
  reader->lost_why = NULL;
  if (status != CSPAN_OK || lost == 0) {
    cspan_error_free(why);
    return status;
  }
  cspan_error_prefix(why, "%llu data points of earlier intervals are lost", lost);
  return cspan_error_move(error, why);
}

static cspan_status flush_exporter(cspan_metric_reader *reader, int64_t deadline_ns,
                                   cspan_error **error) {
  const cspan_metric_exporter *exporter = reader->exporter;
  if (exporter->vtable->force_flush == NULL) {
    return CSPAN_OK;
  }
  cspan_context context = export_context(reader, deadline_ns);
  cspan_thread.suppressed++;
  cspan_status status = exporter->vtable->force_flush(exporter->self, &context, error);
  cspan_thread.suppressed--;
  return status;
}

/* The lock is held at entry and exit. */
static cspan_status flush_locked(cspan_metric_reader *reader, int64_t deadline_ns,
                                 cspan_error **error) {
  while (reader->is_busy && cspan_now_ns() < deadline_ns) {
    cspan_cond_wait_until(&reader->done, &reader->lock, deadline_ns);
  }
  if (reader->is_busy) {
    return cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                           "the export under way did not end within the time that the flush had");
  }
  size_t lost = 0;
  cspan_error *failure = NULL;
  reader->is_busy = true;
  pthread_mutex_unlock(&reader->lock);
  cspan_status status = collect_and_export(reader, deadline_ns, &lost, &failure);
  if (status == CSPAN_OK) {
    status = flush_exporter(reader, deadline_ns, &failure);
  }
  if (status != CSPAN_OK && failure == NULL) {
    cspan_error_set(&failure, status, "the metric exporter failed: %s", cspan_status_name(status));
  }
  cspan_error_move(error, failure);
  pthread_mutex_lock(&reader->lock);
  reader->is_busy = false;
  pthread_cond_broadcast(&reader->done);
  return tell_lost(reader, status, error);
}

cspan_status cspan_reader_flush(cspan_metric_reader *reader, int64_t deadline_ns,
                                cspan_error **error) {
  pthread_mutex_lock(&reader->lock);
  cspan_status status = flush_locked(reader, deadline_ns, error);
  pthread_mutex_unlock(&reader->lock);
  return status;
}

/* An export of the thread that does not end in time is cancelled, so that it comes to an end. */
static void stop_thread(cspan_metric_reader *reader, int64_t deadline_ns) {
  reader->is_stopping = true;
  pthread_cond_broadcast(&reader->wake);
  pthread_cond_broadcast(&reader->done);
  if (!reader->is_running) {
    return;
  }
  while (!reader->is_finished && cspan_now_ns() < deadline_ns) {
    cspan_cond_wait_until(&reader->done, &reader->lock, deadline_ns);
  }
  if (!reader->is_finished) {
    cspan_cancel_trigger(reader->cancel);
  }
  pthread_mutex_unlock(&reader->lock);
  pthread_join(reader->thread, NULL);
  pthread_mutex_lock(&reader->lock);
  reader->is_running = false;
}

cspan_status cspan_reader_shutdown(cspan_metric_reader *reader, int64_t deadline_ns,
                                   cspan_error **error) {
  pthread_mutex_lock(&reader->lock);
  stop_thread(reader, deadline_ns);
  cspan_status status = flush_locked(reader, deadline_ns, error);
  reader->is_shut_down = true;
  pthread_mutex_unlock(&reader->lock);
  const cspan_metric_exporter *exporter = reader->exporter;
  if (exporter->vtable->shutdown != NULL) {
    exporter->vtable->shutdown(exporter->self);
  }
  return status;
}

/* --------------------------------------------------------------- life and fork */

static void init_conditions(cspan_metric_reader *reader) {
  cspan_cond_init(&reader->wake);
  cspan_cond_init(&reader->done);
}

static void fill(cspan_metric_reader_options *out, const cspan_metric_reader_options *given,
                 const cspan_metric_exporter *exporter) {
  if (given != NULL) {
    *out = *given;
  }
  if (out->interval_ms == 0) {
    out->interval_ms =
        (int64_t)cspan_setting("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL_MS, 1, INT32_MAX);
  }
  if (out->interval_ms < 0) {
    out->interval_ms = CSPAN_INTERVAL_NEVER;
  }
  if (out->timeout_ms <= 0) {
    out->timeout_ms =
        (int64_t)cspan_setting("OTEL_METRIC_EXPORT_TIMEOUT", DEFAULT_TIMEOUT_MS, 1, INT32_MAX);
  }
  if (out->temporality == CSPAN_TEMPORALITY_DEFAULT && exporter->vtable->temporality != NULL) {
    out->temporality = exporter->vtable->temporality(exporter->self);
  }
  if (out->temporality == CSPAN_TEMPORALITY_DEFAULT) {
    out->temporality = CSPAN_TEMPORALITY_CUMULATIVE;
  }
}

cspan_metric_reader *cspan_metric_reader_periodic(cspan_metric_exporter *exporter,
                                                  const cspan_metric_reader_options *options) {
  if (exporter == NULL) {
    return NULL;
  }
  cspan_metric_reader *reader = cspan_calloc(1, sizeof *reader);
  cspan_cancel *cancel = cspan_cancel_create();
  if (reader == NULL || cancel == NULL) {
    cspan_free(reader);
    cspan_cancel_free(cancel);
    cspan_metric_exporter_free(exporter);
    return NULL;
  }
  reader->exporter = exporter;
  reader->cancel = cancel;
  fill(&reader->options, options, exporter);
  pthread_mutex_init(&reader->lock, NULL);
  init_conditions(reader);
  return reader;
}

void cspan_metric_reader_free(cspan_metric_reader *reader) {
  if (reader == NULL) {
    return;
  }
  cspan_metric_exporter_free(reader->exporter);
  cspan_cancel_free(reader->cancel);
  cspan_error_free(reader->lost_why);
  pthread_cond_destroy(&reader->done);
  pthread_cond_destroy(&reader->wake);
  pthread_mutex_destroy(&reader->lock);
  cspan_free(reader);
}

void cspan_reader_attach(cspan_metric_reader *reader, cspan_meter_provider *provider,
                         size_t number) {
  reader->provider = provider;
  reader->number = number;
}

void cspan_reader_before_fork(cspan_metric_reader *reader) {
  pthread_mutex_lock(&reader->lock);
}

void cspan_reader_after_fork_in_parent(cspan_metric_reader *reader) {
  pthread_mutex_unlock(&reader->lock);
}

/* The thread is the parent's, and so is what it was exporting. */
void cspan_reader_after_fork_in_child(cspan_metric_reader *reader) {
  init_conditions(reader); /* threads of the parent may wait for them */
  reader->is_running = false;
  reader->is_busy = false;
  reader->is_finished = false;
  reader->lost_points = 0;
  cspan_error_free(reader->lost_why);
  reader->lost_why = NULL;
  pthread_mutex_unlock(&reader->lock);
}
