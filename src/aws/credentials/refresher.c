/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/refresher.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "http/http.h"

/* Cancellation is noticed within 100 ms, but by a user's provider that may ignore it. */
enum { TIMEOUT_MS = 60 * 1000, END_WAIT_S = 2 };

struct cspan_refresher {
  pthread_t thread;
  bool is_started; /* and not yet joined */
  pid_t process;   /* that the thread is in */
  cspan_cancel *cancel;
  cspan_refresh_fn fn;
  void *user;
  cspan_refresher *next; /* of those with a thread */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows, and `next` */
static cspan_refresher *first;
static bool is_registered;
static bool is_ending;

cspan_refresher *cspan_refresher_create(void) {
  cspan_refresher *refresher = cspan_calloc(1, sizeof *refresher);
  if (refresher) {
    refresher->cancel = cspan_cancel_create();
  }
  if (refresher && !refresher->cancel) {
    cspan_free(refresher);
    return NULL;
  }
  return refresher;
}

/* ------------------------------------------------------- the end of the process */

static void end_all(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += END_WAIT_S;
  pthread_mutex_lock(&lock);
  is_ending = true;
  for (cspan_refresher *r = first; r; r = r->next) {
    cspan_cancel_trigger(r->cancel);
  }
  for (cspan_refresher *r = first; r; r = r->next) {
    if (r->process == getpid() && pthread_timedjoin_np(r->thread, NULL, &until) == 0) {
      r->is_started = false;
    }
  }
  pthread_mutex_unlock(&lock);
}

/* Behind libcurl, whose libraries register theirs when they start: handlers run backwards. */
static bool register_end(void) {
  if (!is_registered) {
    cspan_pin_code();
    is_registered = cspan_http_global_init(NULL) == CSPAN_OK && atexit(end_all) == 0;
  }
  return is_registered;
}

/* --------------------------------------------------------------------- threads */

static void unlink_from_list(const cspan_refresher *refresher) {
  cspan_refresher **at = &first;
  while (*at && *at != refresher) {
    at = &(*at)->next;
  }
  if (*at) {
    *at = refresher->next;
  }
}

/* The thread is over or will be soon. */
static void forget_thread(cspan_refresher *refresher) {
  pthread_mutex_lock(&lock);
  bool join = refresher->is_started && refresher->process == getpid();
  refresher->is_started = false;
  unlink_from_list(refresher);
  pthread_mutex_unlock(&lock);
  if (join) {
    pthread_join(refresher->thread, NULL);
  }
}

static void *run(void *arg) {
  const cspan_refresher *refresher = arg;
  const cspan_context cancellable = {.cancel = refresher->cancel};
  const cspan_context context = cspan_context_with_timeout(&cancellable, TIMEOUT_MS);
  refresher->fn(refresher->user, &context);
  return NULL;
}

bool cspan_refresher_start(cspan_refresher *refresher, cspan_refresh_fn fn, void *user) {
  forget_thread(refresher);
  refresher->fn = fn;
  refresher->user = user;
  refresher->process = getpid();
  pthread_mutex_lock(&lock);
  bool started =
      !is_ending && register_end() && cspan_thread_start(&refresher->thread, run, refresher) == 0;
  if (started) {
    refresher->is_started = true;
    refresher->next = first;
    first = refresher;
  }
  pthread_mutex_unlock(&lock);
  return started;
}

void cspan_refresher_free(cspan_refresher *refresher) {
  if (refresher) {
    cspan_cancel_trigger(refresher->cancel);
    forget_thread(refresher);
    cspan_cancel_free(refresher->cancel);
    cspan_free(refresher);
  }
}
