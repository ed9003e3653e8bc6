/* SPDX-License-Identifier: Apache-2.0 */
/* The spool as an exporter: straight to the receiver while it accepts, else to disk. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "telemetry/spool/spool.h"

enum { NS_PER_MS = 1000000, SEGMENTS = 32, SIZE_MIN = 65536, SEGMENT_MIN = 16384 };
#define DEFAULT_SIZE       (UINT64_C(256) << 20)
#define SEGMENT_MAX        (UINT64_C(4) << 20)
#define DEFAULT_WRITE_MS   250
#define DEFAULT_INITIAL_MS 1000
#define DEFAULT_MAX_MS     30000
#define MOST_MS            INT64_C(86400000)

/* --------------------------------------------------------------------- export */

/* While older ones are on disk, and while the receiver is known to be away. When a wait for it is
 * over and nothing is on disk (it was full, say) the next batch finds out. */
static bool goes_to_disk(const cspan_spool *s) {
  return cspan_spool_has_own(s) || (s->is_down && cspan_now_ns() < s->next_try_ns);
}

static cspan_status write_batch(cspan_spool *s, const cspan_export_batch *batch,
                                cspan_error **error) {
  cspan_spool_segment *segment;
  uint64_t at;
  cspan_status status = cspan_spool_keep(s, batch, &segment, &at, error);
  if (status == CSPAN_OK) {
    cspan_spool_want_worker(s); /* without one it is sent later */
  }
  return status;
}

static void wait_for(cspan_spool *s, const cspan_spool_job *job, const cspan_context *context,
                     int64_t until_ns) {
  bool can_be_cancelled = context != NULL && context->cancel != NULL;
  while (job->state != JOB_IS_DONE && !s->is_stopping &&
         cspan_context_status(context) == CSPAN_OK &&
         (until_ns == 0 || cspan_now_ns() < until_ns)) {
    cspan_spool_wait(s, &s->done, until_ns, can_be_cancelled);
  }
}

static int64_t earlier(int64_t a, int64_t b) {
  return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The answer is there. */
static cspan_status take_outcome(cspan_spool *s, cspan_spool_job *job,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  cspan_spool_outcome *outcome = &job->outcome;
  cspan_status status = outcome->status;
  switch (outcome->verdict) {
  case CSPAN_SPOOL_ACCEPTED:
    *rejected = outcome->rejected;
    s->stats.direct += job->spans - outcome->rejected;
    break;
  case CSPAN_SPOOL_REFUSED:
    cspan_error_move(error, outcome->error);
    outcome->error = NULL;
    break;
  default:
    status = write_batch(s, batch, error);
    break;
  }
  cspan_spool_job_free(s, job);
  return status;
}

/* It is on disk; the send, where it has begun, goes on and marks it. */
static void leave_to(cspan_spool *s, cspan_spool_job *job, cspan_spool_segment *segment,
                     uint64_t at) {
  if (job->state == JOB_WAITS) {
    cspan_spool_job_free(s, job);
    return;
  }
  job->is_left = true;
  job->segment = segment;
  job->at = at;
  segment->users++;
  segment->flying_spans += job->spans;
  s->left_flying++;
}

/* The receiver has not answered yet. On disk the batch is safe; where it cannot be written, only
 * the answer is left to hope for. */
static cspan_status leave(cspan_spool *s, cspan_spool_job *job, const cspan_context *context,
                          const cspan_export_batch *batch, size_t *rejected, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_spool_segment *segment = NULL;
  uint64_t at;
  cspan_status status = cspan_spool_keep(s, batch, &segment, &at, &failure);
  if (status == CSPAN_OK) {
    leave_to(s, job, segment, at);
    return CSPAN_OK;
  }
  wait_for(s, job, context, context != NULL ? context->deadline_ns : 0);
  if (job->state == JOB_IS_DONE && job->outcome.verdict == CSPAN_SPOOL_ACCEPTED) {
    cspan_error_free(failure);
    return take_outcome(s, job, batch, rejected, error);
  }
  if (job->state == JOB_FLIES) {
    job->is_left = true;
  } else {
    cspan_spool_job_free(s, job);
  }
  return cspan_error_move(error, failure);
}

static cspan_status export_locked(cspan_spool *s, const cspan_context *context,
                                  const cspan_export_batch *batch, size_t *rejected,
                                  cspan_error **error) {
  if (s->is_stopping) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the spool is shut down");
  }
  if (goes_to_disk(s)) {
    return write_batch(s, batch, error);
  }
  cspan_spool_job *job = cspan_spool_submit(s, batch);
  if (job == NULL) {
    return write_batch(s, batch, error);
  }
  if (!cspan_spool_want_worker(s)) {
    cspan_spool_job_free(s, job);
    return write_batch(s, batch, error);
  }
  int64_t until_ns = cspan_now_ns() + s->settings.write_after_ms * NS_PER_MS;
  until_ns = earlier(until_ns, context != NULL ? context->deadline_ns : 0);
  wait_for(s, job, context, until_ns);
  if (job->state == JOB_IS_DONE) {
    return take_outcome(s, job, batch, rejected, error);
  }
  return leave(s, job, context, batch, rejected, error);
}

static cspan_status spool_export(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected_spans,
                                 cspan_error **error) {
  cspan_spool *s = self;
  *rejected_spans = 0;
  pthread_mutex_lock(&s->lock);
  cspan_status status = export_locked(s, context, batch, rejected_spans, error);
  cspan_spool_unlock(s);
  return status;
}

/* ----------------------------------------------------------------- life, stats */

static void spool_free(void *self) {
  cspan_spool *s = self;
  cspan_spool_shutdown(s);
  for (size_t i = 0; i < s->thread_count; i++) {
    pthread_join(s->threads[i], NULL);
  }
  cspan_fork_remove(&s->fork);
  cspan_spool_let_go(s);
  while (s->jobs != NULL) {
    cspan_spool_job_free(s, s->jobs);
  }
  cspan_exporter_free(s->next);
  cspan_spool_folder_close(&s->folder);
  cspan_cancel_free(s->cancel);
  cspan_error_free(s->failure);
  cspan_error_free(s->loss);
  pthread_cond_destroy(&s->done);
  pthread_cond_destroy(&s->wake);
  pthread_mutex_destroy(&s->lock);
  cspan_free(s);
}

static void set_meter_provider(void *self, cspan_meter_provider *meters) {
  cspan_spool *s = self;
  if (s->next->vtable->set_meter_provider != NULL) {
    s->next->vtable->set_meter_provider(s->next->self, meters);
  }
}

#define SPOOL_VTABLE(concurrent)                                                                   \
  {                                                                                                \
    .size = sizeof(cspan_exporter_vtable), .export_spans = spool_export,                           \
    .force_flush = cspan_spool_flush, .shutdown = cspan_spool_shutdown, .free = spool_free,        \
    .is_concurrent = (concurrent), .set_meter_provider = set_meter_provider                        \
  }

static const cspan_exporter_vtable one_at_a_time = SPOOL_VTABLE(false);
static const cspan_exporter_vtable concurrent = SPOOL_VTABLE(true);

bool cspan_spool_stats_get(const cspan_span_exporter *exporter, cspan_spool_stats *out) {
  size_t size = out->size > 0 && out->size < sizeof *out ? out->size : sizeof *out;
  cspan_spool_stats stats = {0};
  bool is_ours =
      exporter != NULL && (exporter->vtable == &one_at_a_time || exporter->vtable == &concurrent);
  if (is_ours) {
    cspan_spool *s = exporter->self;
    pthread_mutex_lock(&s->lock);
    stats = s->stats;
    cspan_spool_kept(s, &stats);
    pthread_mutex_unlock(&s->lock);
  }
  stats.size = size;
  memcpy(out, &stats, size);
  return is_ours;
}

/* --------------------------------------------------------------------- create */

static int64_t time_of(int64_t given_ms, int64_t standard_ms) {
  int64_t ms = given_ms > 0 ? given_ms : standard_ms;
  return ms < MOST_MS ? ms : MOST_MS;
}

static cspan_status read_options(const cspan_spool_options *given, cspan_spool_options *out,
                                 cspan_spool_settings *settings, cspan_error **error) {
  memset(out, 0, sizeof *out);
  if (given != NULL) {
    memcpy(out, given, given->size && given->size < sizeof *out ? given->size : sizeof *out);
  }
  uint64_t size = out->max_size_bytes > 0 ? out->max_size_bytes : DEFAULT_SIZE;
  if (size < SIZE_MIN) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "max_size_bytes of a spool is %llu: at least %d are needed",
                           (unsigned long long)size, SIZE_MIN);
  }
  if (out->sync < CSPAN_SPOOL_SYNC_NEVER || out->sync > CSPAN_SPOOL_SYNC_BATCH) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "sync of a spool is none of its values: %d",
                           (int)out->sync);
  }
  if (out->write_after_ms < 0 || out->retry_initial_ms < 0 || out->retry_max_ms < 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a time of a spool is negative");
  }
  uint64_t segment = size / SEGMENTS;
  segment = segment < SEGMENT_MIN ? SEGMENT_MIN : segment;
  *settings = (cspan_spool_settings){
      .max_size = size,
      .segment_max = segment < SEGMENT_MAX ? segment : SEGMENT_MAX,
      .sync = out->sync,
      .write_after_ms = time_of(out->write_after_ms, DEFAULT_WRITE_MS),
      .retry = {.initial_ms = time_of(out->retry_initial_ms, DEFAULT_INITIAL_MS),
                .max_ms = time_of(out->retry_max_ms, DEFAULT_MAX_MS)}};
  return CSPAN_OK;
}

static cspan_status open_spool(cspan_spool *s, const cspan_spool_options *given,
                               cspan_error **error) {
  cspan_spool_options options;
  cspan_status status = read_options(given, &options, &s->settings, error);
  if (status != CSPAN_OK) {
    return status;
  }
  s->cancel = cspan_cancel_create();
  if (s->cancel == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making a spool");
  }
  return cspan_spool_folder_open(options.folder, &s->folder, error);
}

cspan_status cspan_exporter_spool(const cspan_spool_options *options, cspan_span_exporter *next,
                                  cspan_span_exporter **out, cspan_error **error) {
  *out = NULL;
  if (next == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a spool needs an exporter behind it: it was not made, as memory was "
                           "short");
  }
  cspan_spool *s = cspan_calloc(1, sizeof *s);
  if (s == NULL) {
    cspan_exporter_free(next);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making a spool");
  }
  s->folder.fd = -1;
  cspan_status status = open_spool(s, options, error);
  if (status != CSPAN_OK) {
    cspan_cancel_free(s->cancel);
    cspan_free(s);
    cspan_exporter_free(next);
    return status;
  }
  s->next = next;
  s->max_threads = next->vtable->is_concurrent ? CSPAN_SPOOL_MOST_THREADS : 1;
  cspan_spool_init_sync(s);
  cspan_spool_add_fork_hook(s);
  *out = cspan_exporter_create(next->vtable->is_concurrent ? &concurrent : &one_at_a_time, s);
  return *out != NULL
             ? CSPAN_OK
             : cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making a spool");
}
