/* SPDX-License-Identifier: Apache-2.0 */
/* Spans by OTLP. */
#include "telemetry/exporter_otlp.h"

#include "telemetry/exporter_otlp_shared.h"

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected_spans,
                                cspan_error **error) {
  return cspan_otlp_exporter_export(self, context, batch->request, batch->request_size_bytes,
                                    batch->span_count, rejected_spans, error);
}

static const cspan_exporter_vtable otlp_vtable = {
    .size = sizeof otlp_vtable,
    .export_spans = otlp_export,
    .shutdown = cspan_otlp_exporter_shutdown,
    .free = cspan_otlp_exporter_free,
    .is_concurrent = true,
    .set_meter_provider = cspan_otlp_exporter_set_meter_provider,
};

cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error) {
  void *otlp;
  *out = NULL;
  cspan_status status = cspan_otlp_exporter_create(sizeof(cspan_otlp_exporter), CSPAN_OTLP_TRACES,
                                                   options, retry, &otlp, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_exporter_create(&otlp_vtable, otlp);
  return *out ? CSPAN_OK : cspan_otlp_exporter_no_memory(error);
}

cspan_status cspan_exporter_otlp(const cspan_otlp_options *options, cspan_span_exporter **out,
                                 cspan_error **error) {
  return cspan_exporter_otlp_with(options, NULL, out, error);
}
