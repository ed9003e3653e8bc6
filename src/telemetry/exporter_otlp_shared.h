/* SPDX-License-Identifier: Apache-2.0 */
/* What the OTLP exporters of all signals share: a client, and its reports on itself. */
#ifndef TELEMETRY_EXPORTER_OTLP_SHARED_H
#define TELEMETRY_EXPORTER_OTLP_SHARED_H

#include "telemetry/metrics/self.h"
#include "telemetry/otlp_client.h"

/* The first member of an exporter's own struct, if it has one: the functions that take a
 * `void *self` fit the vtables. */
typedef struct cspan_otlp_exporter {
  cspan_otlp_signal signal;
  cspan_otlp_client *client;
  cspan_self_exporter *reports; /* NULL: none */
} cspan_otlp_exporter;

/* An exporter's struct of `size` bytes, zeroed but for that member. */
cspan_status cspan_otlp_exporter_create(size_t size, cspan_otlp_signal signal,
                                        const cspan_otlp_options *options,
                                        const cspan_otlp_retry *retry, void **out,
                                        cspan_error **error);
cspan_status cspan_otlp_exporter_export(cspan_otlp_exporter *otlp, const cspan_context *context,
                                        const uint8_t *request, size_t size, size_t item_count,
                                        size_t *rejected, cspan_error **error);
void cspan_otlp_exporter_shutdown(void *self);
void cspan_otlp_exporter_free(void *self);
void cspan_otlp_exporter_set_meter_provider(void *self, cspan_meter_provider *meters);
cspan_status cspan_otlp_exporter_no_memory(cspan_error **error);

#endif
