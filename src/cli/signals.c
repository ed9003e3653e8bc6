/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signals.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static _Atomic(cspan_cancel *) watched;
static atomic_int handlers; /* that run now: any thread may be interrupted */
static volatile sig_atomic_t received;

static void on_signal(int number) {
  received = number;
  (void)atomic_fetch_add(&handlers, 1);
  cspan_cancel *cancel = atomic_load(&watched);
  if (cancel) {
    cspan_cancel_trigger(cancel);
  }
  (void)atomic_fetch_sub(&handlers, 1);
}

void cspan_cli_signals_watch(cspan_cancel *cancel) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  (void)sigemptyset(&action.sa_mask);
  if (cancel) {
    received = 0;
    action.sa_handler = on_signal;
    /* The second signal finds the default action again, and kills. No SA_RESTART: a read
     * of the standard input must come back. */
    action.sa_flags = (int)SA_RESETHAND;
  } else {
    action.sa_handler = SIG_DFL;
  }
  atomic_store(&watched, cancel);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  (void)sigaction(SIGPIPE, &action, NULL);
  /* A handler on another thread may still hold the flag that was watched before. */
  while (atomic_load(&handlers) > 0) {
    (void)sched_yield();
  }
}

int cspan_cli_signals_received(void) {
  return received;
}
