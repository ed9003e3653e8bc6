/* SPDX-License-Identifier: Apache-2.0 */
/* The batch processor's state, and what its files know of each other. Functions are
 * called with the lock held and return with it held, unless they say otherwise. */
#ifndef TELEMETRY_BATCH_H
#define TELEMETRY_BATCH_H

#include <pthread.h>

#include "telemetry/core.h"
#include "telemetry/drops.h"
#include "telemetry/fork.h"
#include "telemetry/loss.h"
#include "telemetry/queue.h"

enum { CSPAN_BATCH_WORKERS_MAX = 16 };

typedef struct batch batch;

/* An export thread, started when there is work that no other has time for. */
typedef struct batch_worker {
  batch *owner;
  pthread_t thread;
  cspan_request request; /* the thread's own */
  uint64_t first;        /* number of the first span under way */
  size_t spans;          /* under way */
  bool is_started;
  bool is_idle; /* waits for work */
} batch_worker;

/* Someone who waits for a flush; on that thread's stack, in the list until it is done. */
typedef struct batch_flush {
  struct batch_flush *next;
  uint64_t target; /* the spans before this number are to be through */
  bool is_under_way;
  bool is_done;
} batch_flush;

struct batch {
  cspan_span_exporter *exporter;
  cspan_batch_options options;
  cspan_cancel *cancel; /* of the exports under way; set by a shutdown out of time */
  cspan_fork_hook fork;
  batch_worker *workers;                /* as many as max_concurrent_exports */
  struct cspan_self_processor *reports; /* metrics/self.h; NULL: none */

  pthread_mutex_t lock; /* all below, and the workers' fields */
  pthread_cond_t wake;  /* for the workers */
  pthread_cond_t done;  /* for those who wait for them */
  cspan_encoded_resource resource;
  cspan_queue queue;
  cspan_loss loss;
  cspan_drop_report drops;
  /* Spans are numbered as they are in line, and leave the queue in that order. Where the queue
   * is closed, the next number is queue.accepted. */
  uint64_t taken;       /* into requests, or given up */
  int64_t closed_ns;    /* when all open chunks were last closed */
  uint64_t target;      /* up to here without waiting for a full batch */
  batch_flush *flushes; /* not done yet */
  size_t started;       /* workers */
  size_t running;       /* of these, the ones whose thread has not ended */
  size_t idle;
  bool resource_is_pending; /* no export before it is final */
  bool is_building;         /* a worker reads the queue without the lock */
  bool is_flushing;         /* a worker is in the exporter's flush */
  bool last_failed;         /* the last export that ended */
  bool is_stopping;
  bool gives_up;
};

/* The options of a processor: those given, then the environment, then the defaults. */
void cspan_batch_options_fill(cspan_batch_options *out, const cspan_batch_options *given);

/* batch_thread.c: sees to it that some thread looks at what is due, and starts one where all are
 * busy. */
void cspan_batch_wake(batch *b);
/* False when there is no export thread and none can be started. */
bool cspan_batch_start(batch *b);

/* batch_export.c */
bool cspan_batch_export_is_due(const batch *b);
/* Makes one request of what is queued and sends it; without the lock meanwhile. */
void cspan_batch_export(batch_worker *w);
/* What is queued is lost, and counted. */
void cspan_batch_give_up(batch *b, cspan_status status, const char *why);
/* All spans before this number were exported or lost. */
uint64_t cspan_batch_settled(const batch *b);
/* How many before that number are still queued or under way. */
uint64_t cspan_batch_unsettled(const batch *b, uint64_t target);

/* batch_flush.c: flushes whose spans are through. */
bool cspan_batch_flush_is_due(const batch *b);
/* Flushes the exporter for them; without the lock meanwhile. */
void cspan_batch_flush_exporter(batch_worker *w);
/* The processor's functions of these names; the lock is not held. */
cspan_status cspan_batch_force_flush(void *self, int64_t timeout_ms, cspan_error **error);
cspan_status cspan_batch_shut_down(void *self, int64_t timeout_ms, cspan_error **error);
/* Logs dropped spans that are due to be told, if any; the lock is not held. */
void cspan_batch_log_full(const batch *b, uint64_t count);

#endif
