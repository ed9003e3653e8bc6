/* SPDX-License-Identifier: Apache-2.0 */
/* The whole set-up in one call: by the environment, or by a configuration file. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cloudspan/metrics.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/config/sdk.h"
#include "telemetry/core.h"
#include "telemetry/exporter_write.h"

/* ----------------------------------------------- OTEL_TRACES_EXPORTER */

enum { EXPORTERS_MAX = 4 }; /* as many as there are names */

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

static cspan_status choose_console(chosen *to, cspan_error **error) {
  return choose(to, cspan_processor_simple(cspan_exporter_console(STDOUT_FILENO)), error);
}

static cspan_status choose_stdout(chosen *to, cspan_error **error) {
  return choose(to, cspan_processor_simple(cspan_exporter_otlp_stream(STDOUT_FILENO)), error);
}

static cspan_status choose_none(chosen *to, cspan_error **error) {
  (void)to;
  (void)error;
  return CSPAN_OK;
}

/* OTLP's client says by itself where spans go. */
static const struct {
  const char *name;
  cspan_status (*choose)(chosen *to, cspan_error **error);
  const char *says; /* NULL: nothing */
} known[] = {{"otlp", choose_otlp, NULL},
             {"console", choose_console, "spans go to the standard output as text"},
             {"otlp/stdout", choose_stdout, "spans go to the standard output as OTLP in JSON"},
             {"none", choose_none, NULL}};
enum { KNOWN = sizeof known / sizeof known[0] };

/* KNOWN where there is none of that name. */
static size_t index_of(cspan_str name) {
  size_t i = 0;
  while (i < KNOWN && (strlen(known[i].name) != name.len ||
                       strncasecmp(known[i].name, name.data, name.len) != 0)) {
    i++;
  }
  return i;
}

/* Each name once, in the order of the list. A name that is not known is warned of and left out;
 * a list without a known one counts as not set. */
static cspan_status choose_all(chosen *to, cspan_error **error) {
  const char *names = cspan_setting_text("OTEL_TRACES_EXPORTER");
  bool seen[KNOWN + 1] = {false};
  bool any = false;
  cspan_status status = CSPAN_OK;
  for (const char *at = names; at != NULL && status == CSPAN_OK;) {
    const char *comma = strchr(at, ',');
    cspan_str name = cspan_str_trim((cspan_str){at, comma ? (size_t)(comma - at) : strlen(at)});
    size_t i = index_of(name);
    at = comma ? comma + 1 : NULL;
    if (i == KNOWN && name.len > 0) {
      cspan_log(CSPAN_LOG_WARN,
                "OTEL_TRACES_EXPORTER names \"%.*s\", which is not known (otlp, console, "
                "otlp/stdout, none); it is left out",
                (int)(name.len < 40 ? name.len : 40), name.data);
    } else if (i < KNOWN && !seen[i]) {
      any = true;
      status = known[i].choose(to, error);
      if (status == CSPAN_OK && known[i].says != NULL) {
        cspan_log(CSPAN_LOG_INFO, "%s", known[i].says);
      }
    }
    seen[i] = true;
  }
  if (any && status == CSPAN_OK && to->count == 0) {
    cspan_log(CSPAN_LOG_INFO, "OTEL_TRACES_EXPORTER is none: no spans are sent");
  }
  return any || status != CSPAN_OK ? status : choose_otlp(to, error);
}

static cspan_status build(const char *service_name, const char *service_version,
                          cspan_tracer_provider **out, cspan_error **error) {
  chosen exporters = {.count = 0};
  cspan_meter_provider *meters = NULL;
  cspan_status status = choose_all(&exporters, error);
  if (status == CSPAN_OK) {
    status = cspan_meter_provider_from_env(service_name, service_version, &meters, error);
  }
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
                                          .processor_count = exporters.count,
                                          .meter_provider = meters};
  status = cspan_tracer_provider_create(&options, out, error);
  if (status != CSPAN_OK) {
    cspan_meter_provider_free(meters);
    return status;
  }
  (*out)->companion = cspan_companion_of_meters(meters);
  if (meters != NULL) {
    cspan_meter_provider_set_global(meters);
  }
  return CSPAN_OK;
}

/* ---------------------------------------------------------------------- together */

/* The logger itself cannot say so. */
static void check_log_level(void) {
  const char *name = cspan_setting_text("OTEL_LOG_LEVEL");
  cspan_log_level level;
  if (name != NULL && !cspan_log_level_of(name, &level)) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_LOG_LEVEL is \"%.40s\", which is none of none, error, warn, info, debug; warn "
              "is used",
              name);
  }
}

static cspan_status by_environment(const char *service_name, const char *service_version,
                                   cspan_tracer_provider **out, cspan_error **error) {
  check_log_level();
  cspan_propagator *propagator = cspan_propagator_from_names(NULL, error);
  if (propagator == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  bool is_disabled = cspan_setting_bool("OTEL_SDK_DISABLED");
  cspan_status status = is_disabled ? cspan_provider_disabled(out, error)
                                    : build(service_name, service_version, out, error);
  if (is_disabled) {
    cspan_log(CSPAN_LOG_INFO, "OTEL_SDK_DISABLED is true: there are no spans");
  }
  if (status != CSPAN_OK) {
    cspan_propagator_free(propagator);
    return status;
  }
  cspan_propagator_set_global(propagator);
  cspan_tracer_provider_set_global(*out);
  return CSPAN_OK;
}

static cspan_status by_file(const char *path, const char *service_name, const char *service_version,
                            cspan_tracer_provider **out, cspan_error **error) {
  cspan_configuration *configuration;
  cspan_sdk *sdk = NULL;
  cspan_error *failure = NULL;
  cspan_status status = cspan_configuration_parse_file(path, &configuration, &failure);
  if (status == CSPAN_OK) {
    status = cspan_sdk_create(configuration, service_name, service_version, &sdk, &failure);
  }
  cspan_configuration_free(configuration);
  if (status != CSPAN_OK) {
    cspan_error_prefix(failure, "OTEL_CONFIG_FILE");
    cspan_error_move(error, failure);
    return status;
  }
  cspan_sdk_set_global(sdk);
  *out = cspan_sdk_hand_over(sdk);
  return CSPAN_OK;
}

/* Spans that are queued when the program ends are still exported. */
static cspan_status end_well(cspan_tracer_provider **provider, cspan_error **error) {
  cspan_status status = (*provider)->is_disabled
                            ? CSPAN_OK
                            : cspan_tracer_provider_shutdown_at_exit(*provider, 0, error);
  if (status != CSPAN_OK) {
    cspan_tracer_provider_free(*provider);
    *provider = NULL;
  }
  return status;
}

cspan_status cspan_telemetry_init(const char *service_name, const char *service_version,
                                  cspan_tracer_provider **out, cspan_error **error) {
  const char *file = cspan_setting_text("OTEL_CONFIG_FILE");
  *out = NULL;
  cspan_status status = file != NULL ? by_file(file, service_name, service_version, out, error)
                                     : by_environment(service_name, service_version, out, error);
  return status == CSPAN_OK ? end_well(out, error) : status;
}
