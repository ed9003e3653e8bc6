/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/exporter_otlp_shared.h"

#include "base/alloc.h"
#include "base/error.h"

cspan_status cspan_otlp_exporter_no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
}

cspan_status cspan_otlp_exporter_create(size_t size, cspan_otlp_signal signal,
                                        const cspan_otlp_options *options,
                                        const cspan_otlp_retry *retry, void **out,
                                        cspan_error **error) {
  cspan_otlp_exporter *otlp = cspan_calloc(1, size);
  if (!otlp) {
    return cspan_otlp_exporter_no_memory(error);
  }
  otlp->signal = signal;
  cspan_status status = cspan_otlp_client_create(signal, options, retry, &otlp->client, error);
  if (status != CSPAN_OK) {
    cspan_free(otlp);
    return status;
  }
  *out = otlp;
  return CSPAN_OK;
}

cspan_status cspan_otlp_exporter_export(cspan_otlp_exporter *otlp, const cspan_context *context,
                                        const uint8_t *request, size_t size, size_t item_count,
                                        size_t *rejected, cspan_error **error) {
  cspan_error *failure = NULL;
  int64_t begun = cspan_self_export_begin(otlp->reports, item_count);
  cspan_status status = cspan_otlp_client_export(otlp->client, context, request, size, item_count,
                                                 rejected, &failure);
  cspan_self_export_end(otlp->reports, begun, item_count, *rejected, status, failure);
  cspan_error_move(error, failure);
  return status;
}

void cspan_otlp_exporter_shutdown(void *self) {
  cspan_otlp_exporter *otlp = self;
  cspan_otlp_client_shutdown(otlp->client);
}

void cspan_otlp_exporter_free(void *self) {
  cspan_otlp_exporter *otlp = self;
  cspan_otlp_client_free(otlp->client);
  cspan_self_exporter_free(otlp->reports);
  cspan_free(otlp);
}

void cspan_otlp_exporter_set_meter_provider(void *self, cspan_meter_provider *meters) {
  cspan_otlp_exporter *otlp = self;
  const char *server;
  uint16_t port;
  cspan_otlp_client_server(otlp->client, &server, &port);
  otlp->reports = cspan_self_exporter_create(meters, otlp->signal,
                                             cspan_otlp_client_type(otlp->client), server, port);
}
