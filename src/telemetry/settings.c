/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"

uint64_t cspan_setting(const char *name, uint64_t fallback, uint64_t min, uint64_t max) {
  const char *text = cspan_env(name);
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

void cspan_limits_default(cspan_limits *out) {
  *out = (cspan_limits){.attributes = 128,
                        .events = 128,
                        .links = 128,
                        .event_attributes = 128,
                        .link_attributes = 128,
                        .span_bytes = 1 << 20};
}
