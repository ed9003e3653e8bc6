/* SPDX-License-Identifier: Apache-2.0 */
/* Spans by OTLP. */
#include "telemetry/exporter_otlp.h"

#include "base/error.h"
#include "telemetry/otlp_client.h"

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected_spans,
                                cspan_error **error) {
  return cspan_otlp_client_export(self, context, batch->request, batch->request_size_bytes,
                                  batch->span_count, rejected_spans, error);
}

static void otlp_shutdown(void *self) {
  cspan_otlp_client_shutdown(self);
}

static void otlp_free(void *self) {
  cspan_otlp_client_free(self);
}

static const cspan_exporter_vtable otlp_vtable = {
    .size = sizeof otlp_vtable,
    .export_spans = otlp_export,
    .shutdown = otlp_shutdown,
    .free = otlp_free,
    .is_concurrent = true,
};

cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error) {
  cspan_otlp_client *client;
  *out = NULL;
  cspan_status status = cspan_otlp_client_create(CSPAN_OTLP_TRACES, options, retry, &client, error);
  if (status != CSPAN_OK)
    return status;
  *out = cspan_exporter_create(&otlp_vtable, client);
  return *out ? CSPAN_OK
              : cspan_error_set(error, CSPAN_ERR_NOMEM,
                                "out of memory while making an OTLP exporter");
}

cspan_status cspan_exporter_otlp(const cspan_otlp_options *options, cspan_span_exporter **out,
                                 cspan_error **error) {
  return cspan_exporter_otlp_with(options, NULL, out, error);
}
