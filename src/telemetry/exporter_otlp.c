/* SPDX-License-Identifier: Apache-2.0 */
/* Spans by OTLP. */
#include "telemetry/exporter_otlp.h"

#include "base/alloc.h"
#include "base/error.h"
#include "telemetry/metrics/self.h"
#include "telemetry/otlp_client.h"

typedef struct otlp_exporter {
  cspan_otlp_client *client;
  cspan_self_exporter *reports; /* NULL: none */
} otlp_exporter;

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected_spans,
                                cspan_error **error) {
  otlp_exporter *otlp = self;
  cspan_error *failure = NULL;
  int64_t begun = cspan_self_export_begin(otlp->reports, batch->span_count);
  cspan_status status =
      cspan_otlp_client_export(otlp->client, context, batch->request, batch->request_size_bytes,
                               batch->span_count, rejected_spans, &failure);
  cspan_self_export_end(otlp->reports, begun, batch->span_count, *rejected_spans, status, failure);
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

static void otlp_set_meter_provider(void *self, cspan_meter_provider *meters) {
  otlp_exporter *otlp = self;
  const char *server;
  uint16_t port;
  cspan_otlp_client_server(otlp->client, &server, &port);
  otlp->reports = cspan_self_exporter_create(meters, CSPAN_OTLP_TRACES,
                                             cspan_otlp_client_type(otlp->client), server, port);
}

static const cspan_exporter_vtable otlp_vtable = {
    .size = sizeof otlp_vtable,
    .export_spans = otlp_export,
    .shutdown = otlp_shutdown,
    .free = otlp_free,
    .is_concurrent = true,
    .set_meter_provider = otlp_set_meter_provider,
};

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
}

cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error) {
  *out = NULL;
  otlp_exporter *otlp = cspan_calloc(1, sizeof *otlp);
  if (!otlp)
    return out_of_memory(error);
  cspan_status status =
      cspan_otlp_client_create(CSPAN_OTLP_TRACES, options, retry, &otlp->client, error);
  if (status != CSPAN_OK) {
    cspan_free(otlp);
    return status;
  }
  *out = cspan_exporter_create(&otlp_vtable, otlp);
  return *out ? CSPAN_OK : out_of_memory(error);
}

cspan_status cspan_exporter_otlp(const cspan_otlp_options *options, cspan_span_exporter **out,
                                 cspan_error **error) {
  return cspan_exporter_otlp_with(options, NULL, out, error);
}
