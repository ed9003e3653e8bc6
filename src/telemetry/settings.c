/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/settings.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"

static _Thread_local unsigned ignored;

void cspan_settings_ignore(void) {
  ignored++;
}

void cspan_settings_heed(void) {
  ignored--;
}

const cspan_variable *cspan_variable_find(const char *name) {
  for (size_t i = 0; i < cspan_variable_count; i++) {
    if (strcmp(cspan_variables[i].name, name) == 0) {
      return &cspan_variables[i];
    }
  }
  return NULL;
}

const char *cspan_setting_text(const char *name) {
  assert(cspan_variable_find(name) != NULL);
  return ignored > 0 ? NULL : cspan_env(name);
}

bool cspan_setting_bool(const char *name) {
  const char *text = cspan_setting_text(name);
  bool value = false;
  if (text != NULL && !cspan_parse_bool(text, &value)) {
    cspan_log(CSPAN_LOG_WARN, "%s is \"%.40s\", not true or false; false is used", name, text);
  }
  return value;
}

uint64_t cspan_setting(const char *name, uint64_t fallback, uint64_t min, uint64_t max) {
  const char *text = cspan_setting_text(name);
  uint64_t value;
  if (text == NULL) {
    return fallback;
  }
  if (!cspan_parse_u64(text, &value) || value < min || value > max) {
    cspan_log(CSPAN_LOG_WARN, "%s is \"%.40s\", not a number from %llu to %llu; %llu is used", name,
              text, (unsigned long long)min, (unsigned long long)max, (unsigned long long)fallback);
    return fallback;
  }
  return value;
}
