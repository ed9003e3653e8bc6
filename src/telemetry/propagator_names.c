/* SPDX-License-Identifier: Apache-2.0 */
/* Propagators by the names of OTEL_PROPAGATORS. */
#include <string.h>

#include <cloudspan/telemetry.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/settings.h"

static const struct {
  const char *name;
  cspan_propagator *(*create)(void);
} known[] = {
    {"tracecontext", cspan_propagator_tracecontext},
    {"baggage", cspan_propagator_baggage},
    {"b3", cspan_propagator_b3},
    {"b3multi", cspan_propagator_b3_multi},
    {"jaeger", cspan_propagator_jaeger},
    {"xray", cspan_propagator_xray},
    {"ottrace", cspan_propagator_ottrace},
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* Indexes into `known`, each once; `unknown` is the last name that is not there. */
static void choose(const char *names, size_t chosen[KNOWN], size_t *count, cspan_str *unknown) {
  unsigned seen = 0;
  for (const char *at = names; *at;) {
    size_t len = strcspn(at, ",");
    cspan_str name = cspan_str_trim((cspan_str){at, len});
    at += len + (at[len] == ',');
    size_t i = 0;
    while (i < KNOWN && !cspan_str_eq(name, known[i].name))
      i++;
    if (i < KNOWN && !(seen & 1u << i)) {
      seen |= 1u << i;
      chosen[(*count)++] = i;
    } else if (i == KNOWN && name.len && !cspan_str_eq(name, "none")) {
      *unknown = name;
    }
  }
}

cspan_propagator *cspan_propagator_from_names(const char *names, cspan_error **error) {
  static const char advice[] =
      "use tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace or none";
  size_t chosen[KNOWN];
  size_t count = 0;
  cspan_str unknown = {"", 0};
  const char *from_environment = names ? NULL : cspan_setting_text("OTEL_PROPAGATORS");
  if (!names)
    names = from_environment ? from_environment : "tracecontext,baggage";
  choose(names, chosen, &count, &unknown);
  int shown = (int)(unknown.len < 64 ? unknown.len : 64);
  if (unknown.len && !from_environment) {
    cspan_error_set(error, CSPAN_ERR_CONFIG, "\"%.*s\" is not a propagator: %s", shown,
                    unknown.data, advice);
    return NULL;
  }
  /* The specification: what the environment asks for and is not known is not fatal. */
  if (unknown.len)
    cspan_log(CSPAN_LOG_WARN, "OTEL_PROPAGATORS: \"%.*s\" is not known and is left out; %s", shown,
              unknown.data, advice);
  cspan_propagator *parts[KNOWN];
  for (size_t i = 0; i < count; i++)
    parts[i] = known[chosen[i]].create();
  cspan_propagator *all = cspan_propagator_composite(parts, count);
  if (!all)
    cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making propagators");
  return all;
}
