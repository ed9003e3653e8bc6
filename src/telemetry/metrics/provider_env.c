/* SPDX-License-Identifier: Apache-2.0 */
/* A meter provider as the environment says. */
#include <string.h>

#include <cloudspan/metrics.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/settings.h"

enum { STDOUT = 1, EXPORTERS_MAX = 4 };

typedef struct chosen {
  cspan_metric_reader *readers[EXPORTERS_MAX];
  size_t count;
} chosen;

/* NULL is out of memory. */
static cspan_status choose(chosen *to, cspan_metric_exporter *exporter, cspan_error **error) {
  cspan_metric_reader *reader = cspan_metric_reader_periodic(exporter, NULL);
  if (reader == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for a metric reader");
  }
  to->readers[to->count++] = reader;
  return CSPAN_OK;
}

static cspan_status choose_named(chosen *to, cspan_str name, cspan_error **error) {
  if (cspan_str_eq(name, "otlp")) {
    cspan_metric_exporter *exporter = NULL;
    cspan_status status = cspan_metric_exporter_otlp(NULL, &exporter, error);
    return status == CSPAN_OK ? choose(to, exporter, error) : status;
  }
  if (cspan_str_eq(name, "console")) {
    return choose(to, cspan_metric_exporter_console(STDOUT), error);
  }
  if (!cspan_str_eq(name, "none") && name.len > 0) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_METRICS_EXPORTER names \"%.*s\", which is not known (otlp, console, none); it "
              "is left out",
              (int)(name.len < 40 ? name.len : 40), name.data);
  }
  return CSPAN_OK;
}

static cspan_status choose_all(chosen *to, const char *names, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (const char *at = names; at != NULL && status == CSPAN_OK;) {
    const char *comma = strchr(at, ',');
    cspan_str name = {at, comma != NULL ? (size_t)(comma - at) : strlen(at)};
    if (to->count == EXPORTERS_MAX) {
      return cspan_error_set(error, CSPAN_ERR_CONFIG,
                             "OTEL_METRICS_EXPORTER names more than %d exporters", EXPORTERS_MAX);
    }
    status = choose_named(to, cspan_str_trim(name), error);
    at = comma != NULL ? comma + 1 : NULL;
  }
  return status;
}

cspan_status cspan_meter_provider_from_env(const char *service_name, const char *service_version,
                                           cspan_meter_provider **out, cspan_error **error) {
  chosen exporters = {.count = 0};
  *out = NULL;
  const char *names = cspan_setting_text("OTEL_METRICS_EXPORTER");
  if (names == NULL || cspan_setting_bool("OTEL_SDK_DISABLED")) {
    return CSPAN_OK;
  }
  cspan_status status = choose_all(&exporters, names, error);
  if (status != CSPAN_OK || exporters.count == 0) {
    for (size_t i = 0; i < exporters.count; i++) {
      cspan_metric_reader_free(exporters.readers[i]);
    }
    return status;
  }
  const cspan_meter_provider_options options = {.size = sizeof options,
                                                .service_name = service_name,
                                                .service_version = service_version,
                                                .readers = exporters.readers,
                                                .reader_count = exporters.count,
                                                .reports_itself = true};
  return cspan_meter_provider_create(&options, out, error);
}
