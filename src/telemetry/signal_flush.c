/* SPDX-License-Identifier: Apache-2.0 */
/* Flushing before a signal ends the program. The handler only posts a semaphore; a
 * thread flushes, then gives the signal back to whoever had it before and sends it once
 * more, so that the program ends (or goes on) just as it would have. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/process_end.h"

enum { SIGNALS_MAX = 16, DEFAULT_TIMEOUT_MS = 10000 };

typedef struct watched_signal {
  struct sigaction before;
  int number;
  atomic_bool is_watched;
  atomic_bool has_come;
} watched_signal;

/* What the handler reads is in place before it is installed, and changes no more while
 * a signal is watched. */
static watched_signal watched[SIGNALS_MAX];
static _Atomic size_t watched_count;
static sem_t wake;
static int64_t flush_timeout_ms;
static atomic_bool is_on;
static atomic_bool has_thread; /* in this process */
static atomic_bool is_ending;  /* of the thread */
static pthread_t thread;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for switching on and off */
static cspan_fork_hook fork_hook;

/* The disposition from before. Async-signal-safe. */
static void give_back(watched_signal *w) {
  sigaction(w->number, &w->before, NULL);
  atomic_store(&w->is_watched, false);
  atomic_store(&w->has_come, false);
}

/* A second signal does not wait for the flush, and where there is no thread, which is a
 * forked child without spans, there is nothing to wait for: it takes effect when the
 * handler returns. */
static void on_signal(int number) {
  int saved = errno;
  size_t count = atomic_load(&watched_count);
  for (size_t i = 0; i < count; i++) {
    watched_signal *w = &watched[i];
    if (w->number != number || !atomic_load(&w->is_watched)) {
      continue; /* the program's own handler may still call this one */
    }
    if (atomic_load(&has_thread) && !atomic_exchange(&w->has_come, true)) {
      sem_post(&wake);
    } else {
      give_back(w);
      raise(number);
    }
  }
  errno = saved;
}

/* ------------------------------------------------------------------ the thread */

static void pass_on(void) {
  size_t count = atomic_load(&watched_count);
  for (size_t i = 0; i < count; i++) {
    watched_signal *w = &watched[i];
    if (atomic_load(&w->is_watched) && atomic_load(&w->has_come)) {
      give_back(w);
      kill(getpid(), w->number);
    }
  }
}

static void *watch(void *arg) {
  (void)arg;
  for (;;) {
    while (sem_wait(&wake) != 0) {
    }
    if (atomic_load(&is_ending)) {
      return NULL;
    }
    cspan_end_flush_all(flush_timeout_ms);
    pass_on();
  }
}

static bool start_thread(void) {
  return cspan_thread_start(&thread, watch, NULL) == 0;
}

void cspan_signal_watch(void) {
  bool none = false;
  if (atomic_load_explicit(&is_on, memory_order_acquire) &&
      atomic_compare_exchange_strong(&has_thread, &none, true) && !start_thread()) {
    atomic_store(&has_thread, false);
  }
}

static void stop_thread(void) {
  if (atomic_load(&has_thread)) {
    atomic_store(&is_ending, true);
    sem_post(&wake);
    pthread_join(thread, NULL);
    atomic_store(&is_ending, false);
    atomic_store(&has_thread, false);
  }
}

/* ------------------------------------------------------------------------ fork */

static void before_fork(void *self) {
  (void)self;
  pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void *self) {
  (void)self;
  pthread_mutex_unlock(&lock);
}

/* The handler stays; the thread is started when there are spans. */
static void after_fork_in_child(void *self) {
  (void)self;
  pthread_mutex_init(&lock, NULL);
  atomic_store(&has_thread, false);
  sem_init(&wake, 0, 0);
  for (size_t i = 0; i < SIGNALS_MAX; i++) {
    atomic_store(&watched[i].has_come, false);
  }
}

/* --------------------------------------------------------------- switching on, off */

/* Those that are sent because of what the program itself did come back at once, and
 * nothing can be flushed in between. */
static bool can_be_watched(int number) {
  static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,
                              SIGILL,  SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
    if (number == never[i]) {
      return false;
    }
  }
  return number > 0;
}

static bool is_taken(int number) {
  size_t count = atomic_load(&watched_count);
  for (size_t i = 0; i < count; i++) {
    if (watched[i].number == number) {
      return true;
    }
  }
  return false;
}

/* A signal that the program ignores (nohup) goes on being ignored. */
static bool take_signal(int number) {
  if (is_taken(number)) {
    return true;
  }
  watched_signal *w = &watched[atomic_load(&watched_count)];
  struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigemptyset(&ours.sa_mask);
  if (!can_be_watched(number) || sigaction(number, NULL, &w->before) != 0) {
    return false;
  }
  if ((w->before.sa_flags & SA_SIGINFO) == 0 && w->before.sa_handler == SIG_IGN) {
    return true;
  }
  w->number = number;
  atomic_store(&w->has_come, false);
  atomic_store(&w->is_watched, true);
  atomic_fetch_add(&watched_count, 1);
  return sigaction(number, &ours, NULL) == 0;
}

/* Not where the program has put a handler of its own in place of ours since. */
static void give_all_back(void) {
  size_t count = atomic_load(&watched_count);
  for (size_t i = 0; i < count; i++) {
    watched_signal *w = &watched[i];
    struct sigaction now;
    bool is_ours = sigaction(w->number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
                   now.sa_handler == on_signal;
    if (atomic_load(&w->is_watched) && is_ours) {
      give_back(w);
    }
    atomic_store(&w->is_watched, false);
  }
}

static cspan_status take_all(const int *signals, size_t count, cspan_error **error) {
  atomic_store(&watched_count, 0);
  for (size_t i = 0; i < count; i++) {
    if (!take_signal(signals[i])) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "spans cannot be flushed on signal %d: take one that ends a program "
                             "from outside, such as SIGTERM, SIGINT or SIGHUP",
                             signals[i]);
    }
  }
  return CSPAN_OK;
}

static cspan_status switch_on(const int *signals, size_t count, cspan_error **error) {
  static bool was_on;
  if (!was_on) {
    was_on = true;
    fork_hook = (cspan_fork_hook){
        .prepare = before_fork, .parent = after_fork_in_parent, .child = after_fork_in_child};
    cspan_fork_add(&fork_hook);
  }
  sem_init(&wake, 0, 0);
  if (!start_thread()) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM,
                           "the thread that flushes on signals cannot be started; raise the limit "
                           "on threads");
  }
  atomic_store(&has_thread, true);
  cspan_status status = take_all(signals, count, error);
  if (status != CSPAN_OK) {
    give_all_back();
    stop_thread();
    return status;
  }
  atomic_store(&is_on, true);
  return CSPAN_OK;
}

cspan_status cspan_telemetry_flush_on_signals(const cspan_signal_options *options,
                                              cspan_error **error) {
  static const int usual[] = {SIGTERM, SIGINT};
  const cspan_signal_options none = {0};
  options = options != NULL ? options : &none;
  const int *signals = options->signals != NULL ? options->signals : usual;
  size_t count = options->signals != NULL ? options->signal_count : sizeof usual / sizeof usual[0];
  if (count > SIGNALS_MAX) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "at most %d signals can be watched",
                           SIGNALS_MAX);
  }
  pthread_mutex_lock(&lock);
  cspan_status status;
  if (atomic_load(&is_on)) {
    status = cspan_error_set(error, CSPAN_ERR_INVALID,
                             "spans are flushed on signals already; end that first "
                             "(cspan_telemetry_flush_on_signals_end)");
  } else {
    flush_timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    status = switch_on(signals, count, error);
  }
  pthread_mutex_unlock(&lock);
  return status;
}

void cspan_telemetry_flush_on_signals_end(void) {
  pthread_mutex_lock(&lock);
  if (atomic_exchange(&is_on, false)) {
    give_all_back();
    stop_thread();
  }
  pthread_mutex_unlock(&lock);
}
