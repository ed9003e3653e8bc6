/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <cloudspan/base.h>

/* Never pass a credential, signature, token or a URL with a query. */
void cspan_log(cspan_log_level level, const char *fmt, ...) CSPAN_PRINTF(2, 3);
/* The end of a counted word in a message: "" for 1, else "s"; and the verb behind it. */
static inline const char *cspan_plural(uint64_t count) {
  return count == 1 ? "" : "s";
}
static inline const char *cspan_was_were(uint64_t count) {
  return count == 1 ? "was" : "were";
}
bool cspan_log_enabled(cspan_log_level level);

/* Leaves the target as it is. */
void cspan_log_set_level(cspan_log_level level);
/* As OTEL_LOG_LEVEL has them, in any case: "warn". False: there is none of that name. */
bool cspan_log_level_of(const char *name, cspan_log_level *out);
/* Takes the standard level where the level came from OTEL_LOG_LEVEL. */
void cspan_log_forget_environment(void);

#endif
