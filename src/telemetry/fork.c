/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/fork.h"

#include <pthread.h>

#include "telemetry/slot.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t hooks_lock = PTHREAD_MUTEX_INITIALIZER;
static cspan_fork_hook *hooks;

static void before_fork(void) {
  pthread_mutex_lock(&hooks_lock);
  for (cspan_fork_hook *hook = hooks; hook != NULL; hook = hook->next) {
    hook->prepare(hook->self);
  }
}

static void after_in_parent(void) {
  for (cspan_fork_hook *hook = hooks; hook != NULL; hook = hook->next) {
    hook->parent(hook->self);
  }
  pthread_mutex_unlock(&hooks_lock);
}

static void after_in_child(void) {
  for (cspan_fork_hook *hook = hooks; hook != NULL; hook = hook->next) {
    hook->child(hook->self);
  }
  cspan_slot_after_fork();
  pthread_mutex_unlock(&hooks_lock);
}

static void install(void) {
  pthread_atfork(before_fork, after_in_parent, after_in_child);
}

void cspan_fork_add(cspan_fork_hook *hook) {
  pthread_once(&once, install);
  pthread_mutex_lock(&hooks_lock);
  hook->next = hooks;
  hooks = hook;
  pthread_mutex_unlock(&hooks_lock);
}

void cspan_fork_remove(cspan_fork_hook *hook) {
  pthread_mutex_lock(&hooks_lock);
  for (cspan_fork_hook **at = &hooks; *at != NULL; at = &(*at)->next) {
    if (*at == hook) {
      *at = hook->next;
      break;
    }
  }
  pthread_mutex_unlock(&hooks_lock);
}
