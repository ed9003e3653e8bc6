/* SPDX-License-Identifier: Apache-2.0 */
/** ext/metrics.h: write a metric exporter of one's own. */
#ifndef CLOUDSPAN_EXT_METRICS_H
#define CLOUDSPAN_EXT_METRICS_H

#include <cloudspan/metrics.h>

CSPAN_BEGIN_DECLS

/**
 * Metrics leave the SDK as bytes: `request` is a whole OTLP ExportMetricsServiceRequest in
 * protobuf. Read it with cspan_metric_list_decode() where the fields are wanted. A collection of
 * over 4 MB comes as several batches.
 */
typedef struct cspan_metric_batch {
  const uint8_t *request;
  size_t request_size_bytes;
  size_t point_count;
} cspan_metric_batch;

typedef struct cspan_metric_exporter_vtable {
  size_t size;
  /** Called by one thread at a time. `context` carries the deadline and the cancellation.
   * CSPAN_OK: accepted. Points the receiver refused are counted in *rejected_points. */
  cspan_status (*export_metrics)(void *self, const cspan_context *context,
                                 const cspan_metric_batch *batch, size_t *rejected_points,
                                 cspan_error **error);
  /** The rest may be NULL. `shutdown` may be called during an export, on another thread. */
  cspan_status (*force_flush)(void *self, const cspan_context *context, cspan_error **error);
  void (*shutdown)(void *self);
  void (*free)(void *self);
  /** What it asks for where the reader's options leave it open. */
  cspan_temporality (*temporality)(void *self);
  /** Called once, before any export, where the SDK reports on itself. */
  void (*set_meter_provider)(void *self, cspan_meter_provider *meters);
} cspan_metric_exporter_vtable;

struct cspan_metric_exporter {
  const cspan_metric_exporter_vtable *vtable;
  void *self;
};

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_metric_exporter *cspan_metric_exporter_create(
    const cspan_metric_exporter_vtable *vtable, void *self);

/** Decodes an OTLP protobuf request; CSPAN_ERR_PROTOCOL when it is malformed. */
CSPAN_API cspan_status cspan_metric_list_decode(const uint8_t *request, size_t request_size_bytes,
                                                cspan_metric_list **out, cspan_error **error);

CSPAN_END_DECLS

#endif
