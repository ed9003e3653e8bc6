/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/fork.h"

#include <pthread.h>

#include "base/sys.h"
#include "telemetry/core.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t hooks_lock = PTHREAD_MUTEX_INITIALIZER;
static cspan_fork_hook *first; /* by the time they were added */
static cspan_fork_hook *last;

/* Whose spans those are that were open at a fork: they carry their context on, but they are the
 * parent's to export. */
static cspan_tracer_provider no_provider;
static cspan_tracer inherited = {
    .provider = &no_provider, .name = "", .version = "", .schema_url = ""};

static void before_fork(void) {
  pthread_mutex_lock(&hooks_lock);
  for (cspan_fork_hook *hook = last; hook != NULL; hook = hook->before) {
    hook->prepare(hook->self);
  }
}

static void after_in_parent(void) {
  for (cspan_fork_hook *hook = first; hook != NULL; hook = hook->next) {
    hook->parent(hook->self);
  }
  pthread_mutex_unlock(&hooks_lock);
}

static void after_in_child(void) {
  for (cspan_fork_hook *hook = first; hook != NULL; hook = hook->next) {
    hook->child(hook->self);
  }
  cspan_slot_after_fork(&inherited);
  pthread_mutex_unlock(&hooks_lock);
}

static void install(void) {
  cspan_pin_code();
  pthread_atfork(before_fork, after_in_parent, after_in_child);
}

void cspan_fork_add(cspan_fork_hook *hook) {
  pthread_once(&once, install);
  pthread_mutex_lock(&hooks_lock);
  hook->next = NULL;
  hook->before = last;
  *(last != NULL ? &last->next : &first) = hook;
  last = hook;
  pthread_mutex_unlock(&hooks_lock);
}

void cspan_fork_remove(cspan_fork_hook *hook) {
  pthread_mutex_lock(&hooks_lock);
  for (cspan_fork_hook **at = &first; *at != NULL; at = &(*at)->next) {
    if (*at == hook) {
      *at = hook->next;
      *(hook->next != NULL ? &hook->next->before : &last) = hook->before;
      break;
    }
  }
  pthread_mutex_unlock(&hooks_lock);
}
