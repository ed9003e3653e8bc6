/* SPDX-License-Identifier: Apache-2.0 */
/* The environment variables of the SDK: one table of all of them, and the only way to read
 * them. A variable that is set to nothing counts as not set. */
#ifndef TELEMETRY_SETTINGS_H
#define TELEMETRY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cspan_variable {
  const char *name;
  const char *type;     /* "boolean", "integer", "duration", "timeout", "text", "list", ... */
  const char *fallback; /* what holds where it is not set; "" for nothing */
  const char *meaning;
  const char *source; /* of the rule: a section of the specification, or "cloudspan" */
  const char *reader; /* the file under src/ that reads it */
} cspan_variable;

extern const cspan_variable cspan_variables[];
extern const size_t cspan_variable_count;

/* NULL: not in the table. */
const cspan_variable *cspan_variable_find(const char *name);

/* The value; NULL where it is not set, and while the environment is ignored. The name must be
 * in the table. */
const char *cspan_setting_text(const char *name);

/* Only "true", in any case, is true; what is neither that nor "false" is warned of. */
bool cspan_setting_bool(const char *name);

/* A whole number from `min` to `max`; `fallback` with a warning when it is not one. */
uint64_t cspan_setting(const char *name, uint64_t fallback, uint64_t min, uint64_t max);

/* A configuration file stands for all variables: between these calls, which nest, the calling
 * thread reads each of them as not set. */
void cspan_settings_ignore(void);
void cspan_settings_heed(void);

#endif
