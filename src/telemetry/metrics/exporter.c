/* SPDX-License-Identifier: Apache-2.0 */
#include <cloudspan/ext/metrics.h>

#include "base/alloc.h"

cspan_metric_exporter *cspan_metric_exporter_create(const cspan_metric_exporter_vtable *vtable,
                                                    void *self) {
  cspan_metric_exporter *exporter = cspan_malloc(sizeof *exporter);
  if (exporter == NULL) {
    if (vtable->free != NULL) {
      vtable->free(self);
    }
    return NULL;
  }
  exporter->vtable = vtable;
  exporter->self = self;
  return exporter;
}

void cspan_metric_exporter_free(cspan_metric_exporter *exporter) {
  if (exporter != NULL) {
    if (exporter->vtable->free != NULL) {
      exporter->vtable->free(exporter->self);
    }
    cspan_free(exporter);
  }
}
