/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps spans, for tests. */
#include <cloudspan/ext/exporter.h>

#include "telemetry/kept_requests.h"

static cspan_status memory_export(void *self, const cspan_context *context,
                                  const cspan_export_batch *batch, size_t *rejected_spans,
                                  cspan_error **error) {
  (void)context;
  *rejected_spans = 0;
  return cspan_kept_add(self, batch->request, batch->request_size_bytes, error);
}

static const cspan_exporter_vtable memory_vtable = {
    .size = sizeof memory_vtable,
    .export_spans = memory_export,
    .free = cspan_kept_free,
};

cspan_span_exporter *cspan_exporter_memory(void) {
  cspan_kept_requests *kept = cspan_kept_create(&cspan_decode_traces, "cspan_memory_reset");
  return kept ? cspan_exporter_create(&memory_vtable, kept) : NULL;
}

static cspan_kept_requests *kept_by(const cspan_span_exporter *exporter) {
  return exporter && exporter->vtable == &memory_vtable ? exporter->self : NULL;
}

cspan_span_list *cspan_memory_spans(const cspan_span_exporter *memory_exporter) {
  cspan_kept_requests *kept = kept_by(memory_exporter);
  return kept ? cspan_kept_list(kept) : NULL;
}

void cspan_memory_reset(cspan_span_exporter *memory_exporter) {
  cspan_kept_requests *kept = kept_by(memory_exporter);
  if (kept) {
    cspan_kept_clear(kept);
  }
}
