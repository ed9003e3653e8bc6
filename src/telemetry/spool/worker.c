/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a spool. One, and more where the inner exporter can do several sends at once; of
 * these one at a time empties the disk. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/spool/spool.h"

enum { SLICE_NS = 50000000 };

void cspan_spool_init_sync(cspan_spool *s) {
  pthread_mutex_init(&s->lock, NULL);
  cspan_cond_init(&s->wake);
  cspan_cond_init(&s->done);
}

void cspan_spool_wait(cspan_spool *s, pthread_cond_t *condition, int64_t until_ns,
                      bool can_be_cancelled) {
  int64_t slice = cspan_now_ns() + SLICE_NS;
  if (can_be_cancelled && (until_ns == 0 || slice < until_ns)) {
    until_ns = slice;
  }
  if (until_ns == 0) {
    pthread_cond_wait(condition, &s->lock);
  } else {
    cspan_cond_wait_until(condition, &s->lock, until_ns);
  }
}

/* ----------------------------------------------------------------------- jobs */

/* Memory is taken under the lock, so that a fork never finds it half taken. */
cspan_spool_job *cspan_spool_submit(cspan_spool *s, const cspan_export_batch *batch) {
  cspan_spool_job *job = cspan_calloc(1, sizeof *job);
  if (job == NULL) {
    return NULL;
  }
  cspan_buf_init(&job->request, CSPAN_SPOOL_REQUEST_MAX);
  if (cspan_buf_append(&job->request, batch->request, batch->request_size_bytes) != CSPAN_OK) {
    cspan_buf_free(&job->request);
    cspan_free(job);
    return NULL;
  }
  job->spans = batch->span_count;
  cspan_spool_job **end = &s->jobs;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = job;
  return job;
}

void cspan_spool_job_free(cspan_spool *s, cspan_spool_job *job) {
  for (cspan_spool_job **at = &s->jobs; *at != NULL; at = &(*at)->next) {
    if (*at == job) {
      *at = job->next;
      break;
    }
  }
  cspan_error_free(job->outcome.error);
  cspan_buf_free(&job->request);
  cspan_free(job);
}

static cspan_spool_job *next_job(const cspan_spool *s) {
  cspan_spool_job *job = s->jobs;
  while (job != NULL && job->state != JOB_WAITS) {
    job = job->next;
  }
  return job;
}

/* Its caller has left: it was written meanwhile, or was given up. */
static void settle_left(cspan_spool *s, cspan_spool_job *job) {
  cspan_spool_segment *segment = job->segment;
  if (segment != NULL) {
    s->left_flying--;
    segment->flying_spans -= job->spans;
    cspan_spool_settle(s, segment, job->at, job->spans, &job->outcome);
    cspan_spool_finish(s, segment);
    cspan_spool_unref(segment);
  }
  cspan_spool_job_free(s, job);
}

static void send_job(cspan_spool *s, cspan_spool_job *job) {
  job->state = JOB_FLIES;
  job->outcome =
      cspan_spool_send(s, (const uint8_t *)job->request.data, job->request.len, job->spans);
  cspan_spool_note(s, &job->outcome);
  job->state = JOB_IS_DONE;
  if (job->is_left) {
    settle_left(s, job);
  }
  pthread_cond_broadcast(&s->done);
}

/* -------------------------------------------------------------------- threads */

static void *work(void *arg) {
  cspan_spool *s = arg;
  cspan_thread.suppressed++;
  pthread_mutex_lock(&s->lock);
  for (;;) {
    int64_t due_ns;
    cspan_spool_job *job = next_job(s);
    if (s->is_stopping) {
      break;
    }
    if (s->line_count > 0) {
      cspan_spool_unlock(s);
      pthread_mutex_lock(&s->lock);
    } else if (job != NULL) {
      send_job(s, job);
    } else if (cspan_spool_drain_is_due(s, &due_ns)) {
      cspan_spool_drain_step(s);
    } else {
      s->idle++;
      cspan_spool_wait(s, &s->wake, due_ns, false);
      s->idle--;
    }
  }
  s->running--;
  if (s->running == 0) {
    cspan_spool_let_go(s);
  }
  pthread_cond_broadcast(&s->done);
  cspan_spool_unlock(s);
  return NULL;
}

static size_t waiting_jobs(const cspan_spool *s) {
  size_t count = 0;
  for (const cspan_spool_job *job = s->jobs; job != NULL; job = job->next) {
    count += job->state == JOB_WAITS ? 1 : 0;
  }
  return count;
}

static void start_thread(cspan_spool *s) {
  if (cspan_thread_start(&s->threads[s->thread_count], work, s) == 0) {
    s->thread_count++;
    s->running++;
  }
}

bool cspan_spool_want_worker(cspan_spool *s) {
  if (s->thread_count == 0 || (waiting_jobs(s) > s->idle && s->thread_count < s->max_threads)) {
    start_thread(s);
  }
  pthread_cond_broadcast(&s->wake);
  return s->thread_count > 0;
}
