/* SPDX-License-Identifier: Apache-2.0 */
/* The whole set-up in one call. */
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

static cspan_status build(const char *service_name, const char *service_version,
                          cspan_tracer_provider **out, cspan_error **error) {
  cspan_span_exporter *exporter = NULL;
  cspan_status status = cspan_exporter_otlp(NULL, &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_span_processor *processor = cspan_processor_batch(exporter, NULL);
  if (processor == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the batch span processor");
  }
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = service_name,
                                          .service_version = service_version,
                                          .processors = &processor,
                                          .processor_count = 1};
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
