/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics by OTLP. */
#include <cloudspan/ext/metrics.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/metrics/self.h"
#include "telemetry/otlp_client.h"
#include "telemetry/settings.h"

typedef struct otlp_exporter {
  cspan_otlp_client *client;
  cspan_self_exporter *reports; /* NULL: none */
  cspan_temporality temporality;
} otlp_exporter;

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_metric_batch *batch, size_t *rejected_points,
                                cspan_error **error) {
  otlp_exporter *otlp = self;
  cspan_error *failure = NULL;
  int64_t begun = cspan_self_export_begin(otlp->reports, batch->point_count);
  cspan_status status =
      cspan_otlp_client_export(otlp->client, context, batch->request, batch->request_size_bytes,
                               batch->point_count, rejected_points, &failure);
  cspan_self_export_end(otlp->reports, begun, batch->point_count, *rejected_points, status,
                        failure);
  cspan_error_move(error, failure);
  return status;
}

static void otlp_shutdown(void *self) {
  otlp_exporter *otlp = self;
  cspan_otlp_client_shutdown(otlp->client);
}

static void otlp_free(void *self) {
  otlp_exporter *otlp = self;
  cspan_otlp_client_free(otlp->client);
  cspan_self_exporter_free(otlp->reports);
  cspan_free(otlp);
}

static cspan_temporality otlp_temporality(void *self) {
  const otlp_exporter *otlp = self;
  return otlp->temporality;
}

static void otlp_set_meter_provider(void *self, cspan_meter_provider *meters) {
  otlp_exporter *otlp = self;
  const char *server;
  uint16_t port;
  cspan_otlp_client_server(otlp->client, &server, &port);
  otlp->reports = cspan_self_exporter_create(meters, CSPAN_OTLP_METRICS,
                                             cspan_otlp_client_type(otlp->client), server, port);
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
  static const cspan_metric_exporter_vtable vtable = {.size = sizeof vtable,
                                                      .export_metrics = otlp_export,
                                                      .shutdown = otlp_shutdown,
                                                      .free = otlp_free,
                                                      .temporality = otlp_temporality,
                                                      .set_meter_provider =
                                                          otlp_set_meter_provider};
  *out = NULL;
  otlp_exporter *otlp = cspan_calloc(1, sizeof *otlp);
  if (otlp == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
  }
  cspan_status status =
      cspan_otlp_client_create(CSPAN_OTLP_METRICS, options, NULL, &otlp->client, error);
  if (status != CSPAN_OK) {
    cspan_free(otlp);
    return status;
  }
  otlp->temporality = preferred_temporality();
  check_aggregation();
  *out = cspan_metric_exporter_create(&vtable, otlp);
  return *out != NULL ? CSPAN_OK
                      : cspan_error_set(error, CSPAN_ERR_NOMEM,
                                        "out of memory while making an OTLP exporter");
}
