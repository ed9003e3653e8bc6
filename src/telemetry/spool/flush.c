/* SPDX-License-Identifier: Apache-2.0 */
/* Flush, shutdown, fork: the ends of a spool, and the truth about what it still holds. */
#include <unistd.h>

#include "base/error.h"
#include "telemetry/spool/spool.h"

/* ---------------------------------------------------------------------- flush */

static uint64_t lost_so_far(const cspan_spool *s) {
  return s->stats.refused + s->stats.dropped + s->stats.damaged + s->stats.damaged_places;
}

static bool is_drained(const cspan_spool *s, uint64_t ticket) {
  return !cspan_spool_has_own(s) && s->adopted == NULL && s->left_flying == 0 &&
         s->scans_done >= ticket;
}

/* What was reported as accepted, and is lost since; told once. */
static cspan_status tell_lost(cspan_spool *s, cspan_error **error) {
  uint64_t lost = lost_so_far(s) - s->told;
  s->told = lost_so_far(s);
  if (lost == 0) {
    return CSPAN_OK;
  }
  cspan_spool_stats now = s->stats;
  return cspan_error_set(
      error,
      cspan_error_status(s->loss) != CSPAN_OK ? cspan_error_status(s->loss) : CSPAN_ERR_LIMIT,
      "spans of the spool in %s were lost (in all: %llu refused, %llu dropped, %llu unreadable in "
      "%llu places): %s",
      s->folder.path, (unsigned long long)now.refused, (unsigned long long)now.dropped,
      (unsigned long long)now.damaged, (unsigned long long)now.damaged_places,
      cspan_error_message(s->loss));
}

static cspan_status tell_kept(cspan_spool *s, cspan_status why, const char *reason,
                              cspan_error **error) {
  cspan_spool_stats kept;
  cspan_spool_kept(s, &kept);
  if (kept.kept_batches == 0) {
    return cspan_error_set(error, why, "spans may be left in %s, to be sent later: %s",
                           s->folder.path, reason);
  }
  return cspan_error_set(error, why, "%llu span%s in %llu batch%s kept in %s, to be sent later: %s",
                         (unsigned long long)kept.kept_spans, kept.kept_spans == 1 ? "" : "s",
                         (unsigned long long)kept.kept_batches, kept.kept_batches == 1 ? "" : "es",
                         s->folder.path, reason);
}

/* The receiver asked for a pause that is longer than there is time. */
static bool is_too_late(const cspan_spool *s, int64_t until_ns) {
  return s->is_down && until_ns != 0 && s->asked_until_ns > until_ns;
}

static cspan_status flush_locked(cspan_spool *s, const cspan_context *context,
                                 cspan_error **error) {
  uint64_t since = s->attempts;
  uint64_t ticket = ++s->scans_wanted;
  int64_t until_ns = context != NULL ? context->deadline_ns : 0;
  bool can_be_cancelled = context != NULL && context->cancel != NULL;
  if (s->is_stopping) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the spool is shut down");
  }
  s->flushing++;
  s->flush_since = since;
  s->next_scan_ns = 0;
  bool has_worker = cspan_spool_want_worker(s);
  while (has_worker && !is_drained(s, ticket) && s->last_failed <= since && !s->is_stopping &&
         !is_too_late(s, until_ns) && cspan_context_status(context) == CSPAN_OK) {
    cspan_spool_wait(s, &s->done, until_ns, can_be_cancelled);
  }
  s->flushing--;
  if (!has_worker) {
    return tell_kept(s, CSPAN_ERR_NOMEM,
                     "the spool's thread cannot be started; raise the limit on threads", error);
  }
  if (is_drained(s, ticket)) {
    return tell_lost(s, error);
  }
  if (s->last_failed > since || is_too_late(s, until_ns)) {
    return tell_kept(s, cspan_error_status(s->failure), cspan_error_message(s->failure), error);
  }
  cspan_status status = cspan_context_status(context);
  return tell_kept(s, status != CSPAN_OK ? status : CSPAN_ERR_SHUTDOWN,
                   status == CSPAN_ERR_TIMEOUT     ? "there was no time for more"
                   : status == CSPAN_ERR_CANCELLED ? "the flush was cancelled"
                                                   : "the spool is shut down",
                   error);
}

cspan_status cspan_spool_flush(void *self, const cspan_context *context, cspan_error **error) {
  cspan_spool *s = self;
  pthread_mutex_lock(&s->lock);
  cspan_status status = flush_locked(s, context, error);
  cspan_spool_unlock(s);
  const cspan_exporter_vtable *next = s->next->vtable;
  if (status == CSPAN_OK && next->force_flush != NULL) {
    status = next->force_flush(s->next->self, context, error);
  }
  return status;
}

/* ------------------------------------------------------------------- shutdown */

static void say_kept(cspan_spool *s) {
  cspan_spool_stats kept;
  cspan_spool_kept(s, &kept);
  if (kept.kept_batches > 0) {
    cspan_spool_say(s, CSPAN_LOG_INFO,
                    "%llu span%s in %llu batch%s kept, to be sent by the next process that uses it",
                    (unsigned long long)kept.kept_spans, kept.kept_spans == 1 ? "" : "s",
                    (unsigned long long)kept.kept_batches, kept.kept_batches == 1 ? "" : "es");
  }
}

void cspan_spool_shutdown(void *self) {
  cspan_spool *s = self;
  pthread_mutex_lock(&s->lock);
  bool is_first = !s->is_stopping;
  s->is_stopping = true;
  if (is_first) {
    say_kept(s);
  }
  pthread_cond_broadcast(&s->wake);
  pthread_cond_broadcast(&s->done);
  if (s->running == 0) {
    cspan_spool_let_go(s);
  }
  cspan_spool_unlock(s);
  if (!is_first) {
    return;
  }
  cspan_cancel_trigger(s->cancel);
  if (s->next->vtable->shutdown != NULL) {
    s->next->vtable->shutdown(s->next->self);
  }
}

/* ----------------------------------------------------------------------- fork */

static void before_fork(void *self) {
  cspan_spool *s = self;
  pthread_mutex_lock(&s->lock);
}

static void after_fork_in_parent(void *self) {
  cspan_spool *s = self;
  pthread_mutex_unlock(&s->lock);
}

static void forget_segment(cspan_spool_segment *segment) {
  if (segment != NULL) {
    close(segment->fd); /* the parent's lock lasts as long as any descriptor of it */
    segment->fd = -1;
    segment->is_removed = true; /* freed with the last reference */
    segment->users++;
    cspan_spool_unref(segment);
  }
}

/* The files are the parent's, and so are its threads and what they send. */
static void after_fork_in_child(void *self) {
  cspan_spool *s = self;
  cspan_spool_init_sync(s);
  while (s->jobs != NULL) {
    cspan_spool_segment *segment = s->jobs->segment;
    cspan_spool_job_free(s, s->jobs);
    if (segment != NULL) {
      cspan_spool_unref(segment);
    }
  }
  cspan_spool_drain_reset(s);
  s->drain.is_active = false;
  forget_segment(s->adopted);
  s->adopted = NULL;
  while (s->first != NULL) {
    cspan_spool_segment *segment = s->first;
    s->first = segment->next;
    forget_segment(segment);
  }
  s->last = NULL;
  s->thread_count = 0;
  s->idle = 0;
  s->running = 0;
  s->left_flying = 0;
  s->flushing = 0;
  s->next_scan_ns = 0;
  s->stats = (cspan_spool_stats){0};
  s->told = 0;
  s->line_count = 0;
}

void cspan_spool_add_fork_hook(cspan_spool *s) {
  s->fork = (cspan_fork_hook){.self = s,
                              .prepare = before_fork,
                              .parent = after_fork_in_parent,
                              .child = after_fork_in_child};
  cspan_fork_add(&s->fork);
}
