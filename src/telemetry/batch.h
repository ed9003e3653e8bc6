/* SPDX-License-Identifier: Apache-2.0 */
/* The batch processor's state. */
#ifndef TELEMETRY_BATCH_H
#define TELEMETRY_BATCH_H

#include <pthread.h>

#include "telemetry/core.h"
#include "telemetry/drops.h"
#include "telemetry/fork.h"
#include "telemetry/loss.h"
#include "telemetry/queue.h"

typedef struct batch {
  cspan_span_exporter *exporter;
  cspan_batch_options options;
  const uint8_t *resource;
  size_t resource_len;
  cspan_cancel *cancel; /* of the export under way; set by a shutdown out of time */
  cspan_fork_hook fork;
  cspan_request request; /* the export thread's */

  pthread_mutex_t lock; /* all below */
  pthread_cond_t wake;  /* for the export thread */
  pthread_cond_t done;  /* for those who wait for it */
  pthread_t thread;
  cspan_queue queue;
  cspan_loss loss;
  cspan_drop_report drops;
  bool last_failed; /* the last export */
  /* Spans are numbered as they are accepted. */
  uint64_t accepted;
  uint64_t finished; /* exported or lost */
  uint64_t target;   /* up to here without waiting for a full batch */
  uint64_t flush_target;
  uint64_t flush_wanted; /* tickets of flushes */
  uint64_t flush_done;
  bool is_running;
  bool is_waiting; /* the thread has nothing to do */
  bool is_stopping;
  bool is_finished;
  bool gives_up;
} batch;

/* The options of a processor: those given, then the environment, then the defaults. */
void cspan_batch_options_fill(cspan_batch_options *out, const cspan_batch_options *given);

#endif
