/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps metrics, for tests. */
#include <cloudspan/ext/metrics.h>

#include "telemetry/kept_requests.h"

static cspan_status memory_export(void *self, const cspan_context *context,
                                  const cspan_metric_batch *batch, size_t *rejected_points,
                                  cspan_error **error) {
  (void)context;
  *rejected_points = 0;
  return cspan_kept_add(self, batch->request, batch->request_size_bytes, error);
}

static const cspan_metric_exporter_vtable memory_vtable = {
    .size = sizeof memory_vtable,
    .export_metrics = memory_export,
    .free = cspan_kept_free,
};

cspan_metric_exporter *cspan_metric_exporter_memory(void) {
  cspan_kept_requests *kept =
      cspan_kept_create(&cspan_decode_metrics, "cspan_memory_metrics_reset");
  return kept != NULL ? cspan_metric_exporter_create(&memory_vtable, kept) : NULL;
}

static cspan_kept_requests *kept_by(const cspan_metric_exporter *exporter) {
  return exporter != NULL && exporter->vtable == &memory_vtable ? exporter->self : NULL;
}

cspan_metric_list *cspan_memory_metrics(const cspan_metric_exporter *memory_exporter) {
  cspan_kept_requests *kept = kept_by(memory_exporter);
  return kept != NULL ? cspan_kept_list(kept) : NULL;
}

void cspan_memory_metrics_reset(cspan_metric_exporter *memory_exporter) {
  cspan_kept_requests *kept = kept_by(memory_exporter);
  if (kept != NULL) {
    cspan_kept_clear(kept);
  }
}
