/* SPDX-License-Identifier: Apache-2.0 */
/* Where both ports bring the bodies of requests: unpacks, decodes, hands on, counts. */
#ifndef VIEWER_INTAKE_H
#define VIEWER_INTAKE_H

#include <stdatomic.h>

#include <cloudspan/metrics.h>

#include "base/buf.h"

typedef struct cspan_intake {
  void (*on_spans)(void *user, const cspan_span_list *list);
  void (*on_metrics)(void *user, const cspan_metric_list *list); /* may be NULL */
  void (*on_costs)(void *user, cspan_buf *out);                  /* may be NULL */
  void *user;
  size_t max_bytes; /* of a request when it is unpacked */
  atomic_uint_least64_t requests;
  atomic_uint_least64_t spans;
  atomic_uint_least64_t metrics;
  atomic_uint_least64_t rejected;
} cspan_intake;

typedef struct cspan_intake_body {
  const uint8_t *data;
  size_t len;
  bool gzip;
  bool json;
  bool is_metrics; /* else traces */
} cspan_intake_body;

/* CSPAN_ERR_PROTOCOL: damaged or not OTLP; CSPAN_ERR_LIMIT: too large; CSPAN_ERR_NOMEM.
 * A failure is counted as rejected. */
cspan_status cspan_intake_take(cspan_intake *intake, const cspan_intake_body *body,
                               cspan_error **error);
/* Counts a request that was refused before its body was looked at. */
void cspan_intake_reject(cspan_intake *intake);

#endif
