/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that succeed, but for some of what they were asked for. */
#ifndef INSTRUMENT_PARTIAL_H
#define INSTRUMENT_PARTIAL_H

#include "instrument/extract.h"

/* A row of a service's table with its paths read. */
typedef struct cspan_batch {
  const cspan_batch_rule *rule; /* NULL: the operation is no batch */
  cspan_path *failures;
  cspan_path *code; /* NULL: failures have none */
  cspan_path *requested;
  bool absent_is_ok; /* as in the row */
} cspan_batch;

cspan_status cspan_batch_make(const cspan_batch_rule *rule, cspan_batch *out, cspan_error **error);
void cspan_batch_free(cspan_batch *batch);
/* Where parts failed: an event aws.batch.partial_failure with how many, and with which codes. */
void cspan_batch_add_event(const cspan_batch *batch, struct cspan_call *call, cspan_span span);

#endif
