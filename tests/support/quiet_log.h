/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of what goes wrong, whose warnings nobody needs to read. */
#ifndef SUPPORT_QUIET_LOG_H
#define SUPPORT_QUIET_LOG_H

#include <cloudspan/base.h>

static inline void ignore_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  (void)message;
}

/* A test's setup, and its teardown. */
static inline int quiet(void **state) {
  (void)state;
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  return 0;
}

static inline int loud(void **state) {
  (void)state;
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  return 0;
}

#endif
