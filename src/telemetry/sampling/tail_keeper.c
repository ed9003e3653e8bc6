/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of tail sampling: it looks at the age of what is held a few times in the longest
 * wait, and sleeps while nothing is held. */
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/sampling/tail.h"

enum { TURNS = 8, SHORTEST_NS = 10000000 };

void cspan_tail_keeper_init(cspan_tail_keeper *keeper) {
  pthread_mutex_init(&keeper->lock, NULL);
  cspan_cond_init(&keeper->wake);
  keeper->is_running = false;
  keeper->is_stopping = false;
  atomic_init(&keeper->is_idle, true);
}

static void wait_turn(cspan_tail *tail) {
  cspan_tail_keeper *keeper = &tail->keeper;
  int64_t turn = tail->max_wait_ns / TURNS;
  int64_t at_ns = cspan_now_ns() + (turn > SHORTEST_NS ? turn : SHORTEST_NS);
  while (!keeper->is_stopping && cspan_now_ns() < at_ns) {
    cspan_cond_wait_until(&keeper->wake, &keeper->lock, at_ns);
  }
}

/* Whoever holds a trace counts it first and looks at `is_idle` then: one of the two sees the
 * other. */
static void wait_for_traces(cspan_tail *tail) {
  cspan_tail_keeper *keeper = &tail->keeper;
  atomic_store(&keeper->is_idle, true);
  if (atomic_load(&tail->traces_held) > 0) {
    atomic_store(&keeper->is_idle, false);
  }
  while (!keeper->is_stopping && atomic_load(&keeper->is_idle)) {
    pthread_cond_wait(&keeper->wake, &keeper->lock);
  }
}

static void *work(void *arg) {
  cspan_tail *tail = arg;
  cspan_tail_keeper *keeper = &tail->keeper;
  cspan_thread.suppressed++;
  pthread_mutex_lock(&keeper->lock);
  while (!keeper->is_stopping) {
    if (atomic_load(&tail->traces_held) == 0) {
      wait_for_traces(tail);
    }
    wait_turn(tail);
    pthread_mutex_unlock(&keeper->lock);
    cspan_tail_expire(tail);
    pthread_mutex_lock(&keeper->lock);
  }
  pthread_mutex_unlock(&keeper->lock);
  return NULL;
}

static void start(cspan_tail *tail) {
  cspan_tail_keeper *keeper = &tail->keeper;
  cspan_signal_watch();
  keeper->is_running = cspan_thread_start(&keeper->thread, work, tail) == 0;
}

void cspan_tail_keeper_wake(cspan_tail *tail) {
  cspan_tail_keeper *keeper = &tail->keeper;
  pthread_mutex_lock(&keeper->lock);
  if (atomic_load(&keeper->is_idle) && !keeper->is_stopping) {
    if (!keeper->is_running) {
      start(tail);
    }
    /* Where there is no thread to be had, the next trace tries again. */
    atomic_store(&keeper->is_idle, !keeper->is_running);
    pthread_cond_signal(&keeper->wake);
  }
  pthread_mutex_unlock(&keeper->lock);
}

void cspan_tail_keeper_stop(cspan_tail_keeper *keeper) {
  pthread_mutex_lock(&keeper->lock);
  bool is_running = keeper->is_running;
  keeper->is_stopping = true;
  keeper->is_running = false;
  pthread_cond_signal(&keeper->wake);
  pthread_mutex_unlock(&keeper->lock);
  if (is_running) {
    pthread_join(keeper->thread, NULL);
  }
}

void cspan_tail_keeper_free(cspan_tail_keeper *keeper) {
  pthread_cond_destroy(&keeper->wake);
  pthread_mutex_destroy(&keeper->lock);
}
