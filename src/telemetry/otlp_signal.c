/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/otlp_signal.h"

const cspan_otlp_signal_names *cspan_otlp_names(cspan_otlp_signal signal) {
  static const cspan_otlp_signal_names names[] = {
      [CSPAN_OTLP_TRACES] = {"TRACES_", "/v1/traces",
                             "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "span",
                             "spans"},
      [CSPAN_OTLP_METRICS] = {"METRICS_", "/v1/metrics",
                              "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                              "data point", "data points"},
  };
  return &names[signal];
}
