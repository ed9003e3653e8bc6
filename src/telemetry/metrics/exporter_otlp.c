/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics by OTLP. */
#include <cloudspan/ext/metrics.h>

#include "base/log.h"
#include "base/text.h"
#include "telemetry/exporter_otlp_shared.h"
#include "telemetry/settings.h"

typedef struct otlp_exporter {
  cspan_otlp_exporter shared; /* first */
  cspan_temporality temporality;
} otlp_exporter;

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_metric_batch *batch, size_t *rejected_points,
                                cspan_error **error) {
  otlp_exporter *otlp = self;
  return cspan_otlp_exporter_export(&otlp->shared, context, batch->request,
                                    batch->request_size_bytes, batch->point_count, rejected_points,
                                    error);
}

static cspan_temporality otlp_temporality(void *self) {
  const otlp_exporter *otlp = self;
  return otlp->temporality;
}

/* -------------------------------------------------------------------- making */

static cspan_temporality preferred_temporality(void) {
  static const struct {
    const char *name;
    cspan_temporality temporality;
  } names[] = {{"cumulative", CSPAN_TEMPORALITY_CUMULATIVE},
               {"delta", CSPAN_TEMPORALITY_DELTA},
               {"lowmemory", CSPAN_TEMPORALITY_LOW_MEMORY}};
  const char *text = cspan_setting_text("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
  for (size_t i = 0; text != NULL && i < sizeof names / sizeof names[0]; i++) {
    if (cspan_ieq(text, names[i].name)) {
      return names[i].temporality;
    }
  }
  if (text != NULL) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE is \"%.40s\", not cumulative, "
              "delta or lowmemory; cumulative is used",
              text);
  }
  return CSPAN_TEMPORALITY_CUMULATIVE;
}

static void check_aggregation(void) {
  const char *text = cspan_setting_text("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION");
  if (text != NULL && !cspan_ieq(text, "explicit_bucket_histogram")) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION is \"%.40s\"; there is "
              "only explicit_bucket_histogram, which is used",
              text);
  }
}

cspan_status cspan_metric_exporter_otlp(const cspan_otlp_options *options,
                                        cspan_metric_exporter **out, cspan_error **error) {
  static const cspan_metric_exporter_vtable vtable = {
      .size = sizeof vtable,
      .export_metrics = otlp_export,
      .shutdown = cspan_otlp_exporter_shutdown,
      .free = cspan_otlp_exporter_free,
      .temporality = otlp_temporality,
      .set_meter_provider = cspan_otlp_exporter_set_meter_provider,
  };
  void *made;
  *out = NULL;
  cspan_status status = cspan_otlp_exporter_create(sizeof(otlp_exporter), CSPAN_OTLP_METRICS,
                                                   options, NULL, &made, error);
  if (status != CSPAN_OK) {
    return status;
  }
  otlp_exporter *otlp = made;
  otlp->temporality = preferred_temporality();
  check_aggregation();
  *out = cspan_metric_exporter_create(&vtable, otlp);
  return *out != NULL ? CSPAN_OK : cspan_otlp_exporter_no_memory(error);
}
