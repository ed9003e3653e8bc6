/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"

enum { MAX_LINE = 1024 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t target_lock = PTHREAD_MUTEX_INITIALIZER;
static cspan_log_fn target_fn;
static void *target_user;
static atomic_int current_level = CSPAN_LOG_WARN;
static atomic_bool is_from_environment;

bool cspan_log_level_of(const char *name, cspan_log_level *out) {
  static const struct {
    const char *name;
    cspan_log_level level;
  } levels[] = {
      {"none", CSPAN_LOG_NONE},   {"off", CSPAN_LOG_NONE},    {"fatal", CSPAN_LOG_ERROR},
      {"error", CSPAN_LOG_ERROR}, {"warn", CSPAN_LOG_WARN},   {"warning", CSPAN_LOG_WARN},
      {"info", CSPAN_LOG_INFO},   {"debug", CSPAN_LOG_DEBUG}, {"verbose", CSPAN_LOG_DEBUG},
      {"trace", CSPAN_LOG_DEBUG}, {"all", CSPAN_LOG_DEBUG},
  };
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    if (cspan_ieq(name, levels[i].name)) {
      *out = levels[i].level;
      return true;
    }
  }
  return false;
}

/* A fork while another thread holds the lock would leave it locked in the child for ever. */
static void lock_target(void) {
  pthread_mutex_lock(&target_lock);
}

static void unlock_target(void) {
  pthread_mutex_unlock(&target_lock);
}

static void init(void) {
  /* Can only fail for want of memory; then a fork is as dangerous as it is without. */
  pthread_atfork(lock_target, unlock_target, unlock_target);
  cspan_log_level level;
  if (cspan_log_level_of(cspan_env("OTEL_LOG_LEVEL"), &level)) {
    atomic_store(&current_level, (int)level);
    atomic_store(&is_from_environment, true);
  }
}

void cspan_log_set_level(cspan_log_level level) {
  pthread_once(&once, init);
  atomic_store(&current_level, (int)level);
  atomic_store(&is_from_environment, false);
}

void cspan_log_forget_environment(void) {
  pthread_once(&once, init);
  if (atomic_exchange(&is_from_environment, false)) {
    atomic_store(&current_level, CSPAN_LOG_WARN);
  }
}

void cspan_log_set(cspan_log_fn fn, void *user, cspan_log_level level) {
  /* First, so that the environment does not overwrite what is set here. */
  pthread_once(&once, init);
  pthread_mutex_lock(&target_lock);
  target_fn = fn;
  target_user = user;
  pthread_mutex_unlock(&target_lock);
  cspan_log_set_level(level);
}

bool cspan_log_enabled(cspan_log_level level) {
  pthread_once(&once, init);
  return level != CSPAN_LOG_NONE && (int)level <= atomic_load(&current_level);
}

static const char *level_name(cspan_log_level level) {
  static const char *const level_names[] = {"none", "error", "warn", "info", "debug"};
  size_t index = (size_t)level;
  return index < sizeof level_names / sizeof level_names[0] ? level_names[index] : "debug";
}

void cspan_log(cspan_log_level level, const char *fmt, ...) {
  if (!cspan_log_enabled(level)) {
    return;
  }
  char line[MAX_LINE];
  va_list args;
  va_start(args, fmt);
  int length = vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  if (length < 0) {
    return;
  }
  /* One message is one line, whatever a peer put into it. */
  for (char *c = line; *c; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) {
      *c = ' ';
    }
  }
  pthread_mutex_lock(&target_lock);
  cspan_log_fn fn = target_fn;
  void *user = target_user;
  pthread_mutex_unlock(&target_lock);
  if (fn) {
    fn(user, level, line); /* without the lock: it may log or call cspan_log_set */
  } else {
    fprintf(stderr, "cloudspan: %s: %s\n", level_name(level), line);
  }
}
