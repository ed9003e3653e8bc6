/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the SDK's components, and what is common to their reports. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "telemetry/metrics/self.h"

/* The component types of this SDK; any other one has numbers of the last count. */
static const char *const types[] = {
    "batching_span_processor",   "simple_span_processor",          "otlp_grpc_span_exporter",
    "otlp_http_span_exporter",   "otlp_http_json_span_exporter",   "otlp_grpc_metric_exporter",
    "otlp_http_metric_exporter", "otlp_http_json_metric_exporter", "periodic_metric_reader"};
enum { TYPES = sizeof types / sizeof types[0] };
static _Atomic uint32_t counts[TYPES + 1];

static uint32_t next_number(const char *type) {
  size_t i = 0;
  while (i < TYPES && strcmp(types[i], type) != 0) {
    i++;
  }
  return atomic_fetch_add(&counts[i], 1);
}

void cspan_self_component_init(cspan_self_component *component, const char *type,
                               const char *server, uint16_t port) {
  snprintf(component->type, sizeof component->type, "%s", type);
  snprintf(component->name, sizeof component->name, "%s/%" PRIu32, component->type,
           next_number(component->type));
  component->attrs[0] = cspan_attr_string("otel.component.type", component->type);
  component->attrs[1] = cspan_attr_string("otel.component.name", component->name);
  component->count = 2;
  if (server != NULL && server[0] != '\0') {
    snprintf(component->server, sizeof component->server, "%s", server);
    component->attrs[component->count++] = cspan_attr_string("server.address", component->server);
    component->attrs[component->count++] = cspan_attr_int64("server.port", port);
  }
}

cspan_meter *cspan_self_meter(cspan_meter_provider *meters) {
  const cspan_scope scope = {
      .size = sizeof scope, .name = "cloudspan/telemetry", .version = cspan_version()};
  return meters != NULL ? cspan_meter_get(meters, &scope) : NULL;
}

cspan_instrument *cspan_self_span_instrument(cspan_meter *meter, cspan_instrument_kind kind,
                                             const char *name, const char *description) {
  const cspan_instrument_options options = {.size = sizeof options,
                                            .kind = kind,
                                            .name = name,
                                            .unit = "{span}",
                                            .description = description};
  return cspan_instrument_get(meter, &options);
}

void cspan_self_warn(const char *what) {
  cspan_log(CSPAN_LOG_WARN, "no memory to report on %s: metrics of it are missing", what);
}

cspan_series *cspan_self_reader(cspan_meter_provider *meters) {
  static const double seconds[] = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};
  cspan_self_component component;
  const cspan_instrument_options options = {.size = sizeof options,
                                            .kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "otel.sdk.metric_reader.collection.duration",
                                            .unit = "s",
                                            .description =
                                                "How long a metric reader took to collect",
                                            .boundaries = seconds,
                                            .boundary_count = sizeof seconds / sizeof seconds[0]};
  cspan_self_component_init(&component, "periodic_metric_reader", NULL, 0);
  cspan_series *series = cspan_instrument_bind(
      cspan_instrument_get(cspan_self_meter(meters), &options), component.attrs, component.count);
  if (series == NULL) {
    cspan_self_warn("a metric reader");
  }
  return series;
}
