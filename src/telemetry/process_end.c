/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to the spans and metrics of a process that ends: by exit() or a return from main
 * the listed providers are shut down. The companions of tracer providers go with them. */
#include "telemetry/process_end.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "http/http.h"
#include "telemetry/core.h"

enum { DEFAULT_TIMEOUT_MS = 10000 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_registered; /* set once */
static cspan_fork_hook fork_hook;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list; never held in a provider */
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
static cspan_end_entry *entries;

/* Under the lock. */
static cspan_end_entry *take_unseen(cspan_end_kind kind) {
  cspan_end_entry *entry = entries;
  while (entry != NULL && entry->is_seen[kind]) {
    entry = entry->next;
  }
  if (entry != NULL) {
    entry->is_seen[kind] = true;
    entry->users++;
  }
  return entry;
}

static void give_back(cspan_end_entry *entry) {
  entry->users--;
  pthread_cond_broadcast(&unused);
}

/* `timeout_ms` 0: each one's own. */
static void each_entry(cspan_end_kind kind, int64_t timeout_ms, const char *when) {
  cspan_end_entry *entry;
  pthread_mutex_lock(&lock);
  for (entry = entries; entry != NULL; entry = entry->next) {
    entry->is_seen[kind] = false;
  }
  while ((entry = take_unseen(kind)) != NULL) {
    cspan_error *error = NULL;
    int64_t own_ms = timeout_ms > 0 ? timeout_ms : entry->timeout_ms;
    const cspan_end_steps *steps = entry->steps;
    pthread_mutex_unlock(&lock);
    cspan_status status = (kind == CSPAN_END_EXIT ? steps->shutdown : steps->force_flush)(
        entry->provider, own_ms, &error);
    if (status != CSPAN_OK && status != CSPAN_ERR_SHUTDOWN) {
      cspan_log(CSPAN_LOG_WARN, "not all %s were sent %s: %s", steps->items, when,
                cspan_error_message(error));
    }
    cspan_error_free(error);
    pthread_mutex_lock(&lock);
    give_back(entry);
  }
  pthread_mutex_unlock(&lock);
}

void cspan_end_flush_all(int64_t timeout_ms) {
  each_entry(CSPAN_END_SIGNAL, timeout_ms, "as a signal ends the program");
}

/* An exporter that calls exit() would wait for itself. */
static void at_exit(void) {
  if (cspan_thread.suppressed > 0) {
    cspan_log(CSPAN_LOG_WARN, "exit() was called inside an export: what is queued is lost");
    return;
  }
  each_entry(CSPAN_END_EXIT, 0, "at the end of the program");
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

static void after_fork_in_child(void *self) {
  (void)self;
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&unused, NULL);
  for (cspan_end_entry *entry = entries; entry != NULL; entry = entry->next) {
    entry->users = 0;
  }
}

/* ------------------------------------------------------------------------ list */

/* Handlers run in the reverse order of their registration, and libcrypto's makes it
 * useless: it has to be registered, by the HTTP client's start, before ours. */
static void register_handler(void) {
  cspan_http_global_init(NULL);
  fork_hook = (cspan_fork_hook){
      .prepare = before_fork, .parent = after_fork_in_parent, .child = after_fork_in_child};
  cspan_fork_add(&fork_hook);
  is_registered = atexit(at_exit) == 0;
}

static void unlist(cspan_end_entry *entry) {
  for (cspan_end_entry **at = &entries; *at != NULL; at = &(*at)->next) {
    if (*at == entry) {
      *at = entry->next;
      entry->is_listed = false;
      return;
    }
  }
}

void cspan_end_remove(cspan_end_entry *entry) {
  pthread_mutex_lock(&lock);
  unlist(entry);
  while (entry->users > 0) {
    pthread_cond_wait(&unused, &lock);
  }
  pthread_mutex_unlock(&lock);
}

cspan_status cspan_end_add(cspan_end_entry *entry, void *provider, const cspan_end_steps *steps,
                           int64_t timeout_ms, cspan_error **error) {
  if (timeout_ms < 0) {
    pthread_mutex_lock(&lock);
    unlist(entry);
    pthread_mutex_unlock(&lock);
    return CSPAN_OK;
  }
  pthread_once(&once, register_handler);
  if (!is_registered) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM,
                           "no memory to have the %s flushed at the end of the program",
                           steps->items);
  }
  pthread_mutex_lock(&lock);
  entry->provider = provider;
  entry->steps = steps;
  entry->timeout_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
  if (!entry->is_listed) {
    entry->is_listed = true;
    entry->is_seen[CSPAN_END_EXIT] = false; /* a handler of the program may make one yet */
    entry->is_seen[CSPAN_END_SIGNAL] = true;
    entry->next = entries;
    entries = entry;
  }
  pthread_mutex_unlock(&lock);
  return CSPAN_OK;
}

static cspan_status flush_tracers(void *provider, int64_t timeout_ms, cspan_error **error) {
  return cspan_provider_flush_all(provider, timeout_ms, error);
}

static cspan_status shut_tracers_down(void *provider, int64_t timeout_ms, cspan_error **error) {
  return cspan_tracer_provider_shutdown(provider, timeout_ms, error);
}

cspan_status cspan_tracer_provider_shutdown_at_exit(cspan_tracer_provider *provider,
                                                    int64_t timeout_ms, cspan_error **error) {
  static const cspan_end_steps steps = {"spans", flush_tracers, shut_tracers_down};
  return provider != NULL ? cspan_end_add(&provider->end, provider, &steps, timeout_ms, error)
                          : CSPAN_OK;
}
