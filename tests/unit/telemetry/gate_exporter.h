/* SPDX-License-Identifier: Apache-2.0 */
/* The gate as an exporter of spans. */
#ifndef UNIT_GATE_EXPORTER_H
#define UNIT_GATE_EXPORTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

#include "unit/telemetry/gate.h"

static cspan_status gate_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  return gate_take(self, context, batch->request, batch->request_size_bytes, batch->span_count,
                   rejected, error);
}

static inline cspan_span_exporter *gate_create_as(gate_exporter *g,
                                                  const cspan_exporter_vtable *vtable) {
  gate_init(g);
  return cspan_exporter_create(vtable, g);
}

static inline cspan_span_exporter *gate_create(gate_exporter *g) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = gate_export,
                                               .force_flush = gate_flush,
                                               .shutdown = gate_shutdown,
                                               .free = gate_free};
  return gate_create_as(g, &vtable);
}

/* Takes several exports at once. */
static inline cspan_span_exporter *gate_create_concurrent(gate_exporter *g) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable,
                                               .export_spans = gate_export,
                                               .force_flush = gate_flush,
                                               .shutdown = gate_shutdown,
                                               .free = gate_free,
                                               .is_concurrent = true};
  return gate_create_as(g, &vtable);
}

static inline cspan_span_list *gate_spans(gate_exporter *g) {
  cspan_span_list *list = NULL;
  pthread_mutex_lock(&g->lock);
  assert_int_equal(cspan_span_list_decode((const uint8_t *)cspan_buf_text(&g->requests),
                                          g->requests.len, &list, NULL),
                   CSPAN_OK);
  pthread_mutex_unlock(&g->lock);
  return list;
}

#endif
