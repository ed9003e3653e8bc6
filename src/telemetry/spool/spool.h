/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a spool, and what its files know of each other. */
#ifndef TELEMETRY_SPOOL_SPOOL_H
#define TELEMETRY_SPOOL_SPOOL_H

#include <pthread.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/spool.h>

#include "base/buf.h"
#include "telemetry/fork.h"
#include "telemetry/otlp_retry.h"
#include "telemetry/spool/segment.h"

enum { CSPAN_SPOOL_MOST_THREADS = 16, CSPAN_SPOOL_MOST_LINES = 4 };

typedef struct cspan_spool_line {
  cspan_log_level level;
  char text[512];
} cspan_spool_line;

typedef struct cspan_spool_settings {
  uint64_t max_size;
  uint64_t segment_max;
  cspan_spool_sync sync;
  int64_t write_after_ms;
  cspan_otlp_retry retry;
} cspan_spool_settings;

/* What came of a send. */
typedef enum cspan_spool_verdict {
  CSPAN_SPOOL_ACCEPTED,
  CSPAN_SPOOL_REFUSED, /* for good */
  CSPAN_SPOOL_AWAY,    /* it may be accepted later */
  CSPAN_SPOOL_UNCLEAR  /* the answer makes no sense: tried again a few times */
} cspan_spool_verdict;

typedef struct cspan_spool_outcome {
  cspan_spool_verdict verdict;
  cspan_status status;
  size_t rejected;
  cspan_error *error;
  uint64_t attempt; /* its number */
} cspan_spool_outcome;

typedef enum cspan_spool_job_state { JOB_WAITS, JOB_FLIES, JOB_IS_DONE } cspan_spool_job_state;

/* A batch on its way from memory to the receiver. Its caller waits for it, or has left. */
typedef struct cspan_spool_job {
  struct cspan_spool_job *next;
  cspan_buf request;
  size_t spans;
  cspan_spool_job_state state;
  bool is_left;
  cspan_spool_segment *segment; /* where it was written before it was left; NULL: nowhere */
  uint64_t at;
  cspan_spool_outcome outcome;
} cspan_spool_job;

/* Reading files from their start to their end. Of one worker at a time. */
typedef struct cspan_spool_drain {
  bool is_active;
  cspan_spool_segment *segment;
  uint8_t *data; /* of the file, from `base` on; behind `at` is to be looked at */
  size_t len;
  size_t at;
  uint64_t base;
  unsigned unclear; /* answers in a row for one record that make no sense */
} cspan_spool_drain;

typedef struct cspan_spool {
  cspan_span_exporter *next;
  cspan_spool_folder folder;
  cspan_spool_settings settings;
  size_t max_threads;
  cspan_cancel *cancel; /* of all sends, at a shutdown */
  cspan_fork_hook fork;

  pthread_mutex_t lock; /* all below */
  pthread_cond_t wake;  /* for the workers */
  pthread_cond_t done;  /* for those who wait for them */
  pthread_t threads[CSPAN_SPOOL_MOST_THREADS];
  size_t thread_count;
  size_t idle;
  size_t running;
  bool is_stopping;

  cspan_spool_job *jobs; /* all of them */
  size_t left_flying;    /* jobs under way that are on disk as well */

  cspan_spool_segment *first; /* of this process, the oldest first */
  cspan_spool_segment *last;
  cspan_spool_segment *adopted;
  uint64_t others_room; /* of files that are not held, when last looked at */
  cspan_spool_drain drain;

  bool is_down; /* the last send failed, and no other has come through */
  unsigned failures;
  int64_t next_try_ns;
  int64_t asked_until_ns; /* before which the receiver wants no other try, whoever asks for it */
  uint64_t attempts;      /* numbers of sends */
  uint64_t last_failed;
  cspan_error *failure; /* of that one */

  int64_t next_scan_ns; /* for files that were left behind; 0: now */
  uint64_t scans_wanted;
  uint64_t scans_done; /* found nothing */
  unsigned flushing;
  uint64_t flush_since; /* attempts before the last flush */

  cspan_spool_stats stats; /* without what is kept now */
  uint64_t told;     /* of the losses in the counts, those that a flush need not tell any more */
  cspan_error *loss; /* the reason of the last of these */
  int64_t loss_logged_ns;
  bool write_failed;                              /* the last one, which was logged */
  bool removal_failed;                            /* the last one */
  cspan_spool_line lines[CSPAN_SPOOL_MOST_LINES]; /* to be logged */
  size_t line_count;
} cspan_spool;

/* All functions below are called with the lock held. */

/* Logs, once the lock is free. */
void cspan_spool_say(cspan_spool *s, cspan_log_level level, const char *fmt, ...)
    CSPAN_PRINTF(3, 4);
void cspan_spool_unlock(cspan_spool *s);

/* -------------------------------------------------------------- what is kept */

/* Writes a batch behind the others. */
cspan_status cspan_spool_keep(cspan_spool *s, const cspan_export_batch *batch,
                              cspan_spool_segment **segment, uint64_t *at, cspan_error **error);
/* In files of this process and the adopted one. */
void cspan_spool_kept(const cspan_spool *s, cspan_spool_stats *out);
bool cspan_spool_has_own(const cspan_spool *s);
/* A reference that kept a segment in memory ends. */
void cspan_spool_unref(cspan_spool_segment *segment);
/* Removes a file of which nothing is left to send, as soon as no one refers to it. */
void cspan_spool_finish(cspan_spool *s, cspan_spool_segment *segment);
/* Ends the use of all files, which stay. */
void cspan_spool_let_go(cspan_spool *s);
void cspan_spool_lost(cspan_spool *s, uint64_t *counter, uint64_t spans, cspan_status status,
                      const char *why);

/* ------------------------------------------------------------------- sending */

/* One send, without the lock. */
cspan_spool_outcome cspan_spool_send(cspan_spool *s, const uint8_t *request, size_t size,
                                     size_t spans);
/* What the outcome says of the receiver; keeps a copy of a failure. */
void cspan_spool_note(cspan_spool *s, const cspan_spool_outcome *outcome);
/* The outcome of spans that are on disk; frees its error. */
void cspan_spool_settle(cspan_spool *s, cspan_spool_segment *segment, uint64_t at, size_t spans,
                        cspan_spool_outcome *outcome);

/* Whether there is something to send from disk, and the time for it has come; *due_ns is when
 * to look again, 0: not before something changes. */
bool cspan_spool_drain_is_due(const cspan_spool *s, int64_t *due_ns);
/* Sends one record, or finishes a file. */
void cspan_spool_drain_step(cspan_spool *s);
void cspan_spool_drain_reset(cspan_spool *s);

/* ------------------------------------------------------------------- workers */

/* A worker for what was just made due; false when there is none and none can be started. */
bool cspan_spool_want_worker(cspan_spool *s);
/* NULL when out of memory. */
cspan_spool_job *cspan_spool_submit(cspan_spool *s, const cspan_export_batch *batch);
void cspan_spool_job_free(cspan_spool *s, cspan_spool_job *job);
void cspan_spool_init_sync(cspan_spool *s);
/* Waits on a condition until a time, in slices where a cancellation must be seen. */
void cspan_spool_wait(cspan_spool *s, pthread_cond_t *condition, int64_t until_ns,
                      bool can_be_cancelled);

/* ---------------------------------------------------------------------- ends */

cspan_status cspan_spool_flush(void *self, const cspan_context *context, cspan_error **error);
void cspan_spool_shutdown(void *self);
void cspan_spool_add_fork_hook(cspan_spool *s);

#endif
