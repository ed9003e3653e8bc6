/* SPDX-License-Identifier: Apache-2.0 */
/* The gate as an exporter of metrics. */
#ifndef UNIT_METRIC_GATE_H
#define UNIT_METRIC_GATE_H

#include "metric_fixture.h"
#include "unit/telemetry/gate.h"

static cspan_status metric_gate_export(void *self, const cspan_context *context,
                                       const cspan_metric_batch *batch, size_t *rejected,
                                       cspan_error **error) {
  return gate_take(self, context, batch->request, batch->request_size_bytes, batch->point_count,
                   rejected, error);
}

static inline cspan_metric_exporter *metric_gate_create(gate_exporter *g) {
  static const cspan_metric_exporter_vtable vtable = {.size = sizeof vtable,
                                                      .export_metrics = metric_gate_export,
                                                      .force_flush = gate_flush,
                                                      .shutdown = gate_shutdown,
                                                      .free = gate_free};
  gate_init(g);
  return cspan_metric_exporter_create(&vtable, g);
}

static inline cspan_meter_provider *metric_gate_provider(gate_exporter *g,
                                                         const cspan_metric_reader_options *options,
                                                         cspan_instrument **counter) {
  cspan_metric_reader *reader = cspan_metric_reader_periodic(metric_gate_create(g), options);
  const cspan_meter_provider_options all = {.readers = &reader, .reader_count = 1};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&all, &provider, NULL), CSPAN_OK);
  *counter = counter_of(cspan_meter_get(provider, NULL), "m");
  return provider;
}

static inline void metric_gate_end(gate_exporter *g, cspan_meter_provider *provider) {
  cspan_meter_provider_free(provider);
  assert_true(g->has_gone);
  gate_destroy(g);
}

#endif
