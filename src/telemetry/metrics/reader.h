/* SPDX-License-Identifier: Apache-2.0 */
/* Readers, as the provider knows them. */
#ifndef TELEMETRY_METRICS_READER_H
#define TELEMETRY_METRICS_READER_H

#include "telemetry/metrics/metric_core.h"

/* During a callback. */
struct cspan_observer {
  cspan_meter *meter;
  uint64_t collection;
};

struct cspan_metric_reader {
  cspan_metric_exporter *exporter;
  cspan_metric_reader_options options; /* complete */
  cspan_meter_provider *provider;      /* NULL: not taken yet */
  size_t number;
  cspan_cancel *cancel;             /* of the export under way; set by a shutdown out of time */
  cspan_series *collection_seconds; /* otel.sdk.metric_reader.collection.duration; or NULL */

  pthread_mutex_t lock; /* all below */
  pthread_cond_t wake;  /* for the thread */
  pthread_cond_t done;  /* an export has ended, or the thread */
  pthread_t thread;
  bool is_running;
  bool is_busy; /* collects or exports */
  bool is_stopping;
  bool is_finished; /* the thread has */
  bool is_shut_down;
  /* What no flush has told yet. */
  uint64_t lost_points;
  cspan_error *lost_why;
  int64_t failure_logged_ns;
};

/* The thread of a periodic reader, where it does not run. */
void cspan_reader_start(cspan_metric_reader *reader);
/* Collects and exports. */
cspan_status cspan_reader_flush(cspan_metric_reader *reader, int64_t deadline_ns,
                                cspan_error **error);
cspan_status cspan_reader_shutdown(cspan_metric_reader *reader, int64_t deadline_ns,
                                   cspan_error **error);
/* The provider has it from now on. */
void cspan_reader_attach(cspan_metric_reader *reader, cspan_meter_provider *provider,
                         size_t number);
void cspan_reader_before_fork(cspan_metric_reader *reader);
void cspan_reader_after_fork_in_parent(cspan_metric_reader *reader);
void cspan_reader_after_fork_in_child(cspan_metric_reader *reader);

void cspan_readers_start_all(cspan_meter_provider *provider);
static inline void cspan_readers_start(cspan_meter_provider *provider) {
  if (!atomic_load_explicit(&provider->readers_started, memory_order_relaxed)) {
    cspan_readers_start_all(provider);
  }
}

#endif
