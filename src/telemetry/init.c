/* SPDX-License-Identifier: Apache-2.0 */
/* The whole set-up in one call. */
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"

static bool is_disabled(void) {
  const char *text = cspan_env("OTEL_SDK_DISABLED");
  bool disabled = false;
  if (text != NULL && !cspan_parse_bool(text, &disabled)) {
    cspan_log(CSPAN_LOG_WARN, "OTEL_SDK_DISABLED is \"%.40s\", not true or false; false is used",
              text);
  }
  return disabled;
}

/* ----------------------------------------------- OTEL_TRACES_EXPORTER */

enum { EXPORTERS_MAX = 4 };

typedef struct chosen {
  cspan_span_processor *processors[EXPORTERS_MAX];
  size_t count;
} chosen;

/* Takes the processor; NULL is out of memory. */
static cspan_status choose(chosen *to, cspan_span_processor *processor, cspan_error **error) {
  if (processor == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for a span processor");
  }
  to->processors[to->count++] = processor;
  return CSPAN_OK;
}

static cspan_status choose_otlp(chosen *to, cspan_error **error) {
  cspan_span_exporter *exporter = NULL;
  cspan_status status = cspan_exporter_otlp(NULL, &exporter, error);
  return status != CSPAN_OK ? status : choose(to, cspan_processor_batch(exporter, NULL), error);
}

static cspan_status choose_named(chosen *to, cspan_str name, cspan_error **error) {
  if (cspan_str_eq(name, "otlp")) {
    return choose_otlp(to, error);
  }
  if (cspan_str_eq(name, "console")) {
    return choose(to, cspan_processor_simple(cspan_exporter_console(1)), error);
  }
  if (!cspan_str_eq(name, "none") && name.len > 0) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_TRACES_EXPORTER names \"%.*s\", which is not known (otlp, console, none); it "
              "is left out",
              (int)(name.len < 40 ? name.len : 40), name.data);
  }
  return CSPAN_OK;
}

static cspan_status choose_all(chosen *to, cspan_error **error) {
  const char *names = cspan_env("OTEL_TRACES_EXPORTER");
  cspan_status status = CSPAN_OK;
  for (const char *at = names ? names : "otlp"; at && status == CSPAN_OK;) {
    const char *comma = strchr(at, ',');
    cspan_str name = {at, comma ? (size_t)(comma - at) : strlen(at)};
    if (to->count == EXPORTERS_MAX) {
      return cspan_error_set(error, CSPAN_ERR_CONFIG,
                             "OTEL_TRACES_EXPORTER names more than %d exporters", EXPORTERS_MAX);
    }
    status = choose_named(to, cspan_str_trim(name), error);
    at = comma ? comma + 1 : NULL;
  }
  return status;
}

static cspan_status build(const char *service_name, const char *service_version,
                          cspan_tracer_provider **out, cspan_error **error) {
  chosen exporters = {.count = 0};
  cspan_status status = choose_all(&exporters, error);
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < exporters.count; i++) {
      cspan_processor_free(exporters.processors[i]);
    }
    return status;
  }
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = service_name,
                                          .service_version = service_version,
                                          .processors = exporters.processors,
                                          .processor_count = exporters.count};
  return cspan_tracer_provider_create(&options, out, error);
}

cspan_status cspan_telemetry_init(const char *service_name, const char *service_version,
                                  cspan_tracer_provider **out, cspan_error **error) {
  *out = NULL;
  cspan_status status = is_disabled() ? cspan_provider_disabled(out, error)
                                      : build(service_name, service_version, out, error);
  if (status == CSPAN_OK) {
    cspan_tracer_provider_set_global(*out);
  }
  return status;
}
