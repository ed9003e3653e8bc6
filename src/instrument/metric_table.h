/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics that the instrumentation emits, as data: what instruments are made of, and what the
 * documentation lists. */
#ifndef INSTRUMENT_METRIC_TABLE_H
#define INSTRUMENT_METRIC_TABLE_H

#include <cloudspan/metrics.h>

typedef enum cspan_metric_id {
  CSPAN_METRIC_CALL = 0,
  CSPAN_METRIC_REQUEST,
  CSPAN_METRIC_DB,
  CSPAN_METRIC_MESSAGING,
  CSPAN_METRIC_SENT,
  CSPAN_METRIC_CONSUMED,
  CSPAN_METRIC_PROCESS,
  CSPAN_METRIC_GEN_AI,
  CSPAN_METRIC_TOKENS,
  CSPAN_METRIC_ATTEMPTS,
  CSPAN_METRIC_RETRIES,
  CSPAN_METRIC_COUNT
} cspan_metric_id;

typedef struct cspan_metric_row {
  const char *name;
  const char *unit;
  cspan_instrument_kind kind;
  cspan_number_type number;
  const double *boundaries; /* NULL: no histogram */
  size_t boundary_count;
  const char *description;
  const char *when;              /* for the documentation */
  const char *const *attributes; /* NULL-terminated */
} cspan_metric_row;

extern const cspan_metric_row cspan_metric_rows[CSPAN_METRIC_COUNT];

/* The instruments of one provider. */
typedef struct cspan_metric_set {
  struct cspan_metric_set *older; /* of providers before: they may be in use yet */
  size_t age;                     /* how many there were before */
  uint64_t provider_id;
  cspan_instrument *of[CSPAN_METRIC_COUNT];
} cspan_metric_set;

/* False where not all of them could be made. */
bool cspan_metric_set_make(cspan_meter_provider *provider, cspan_metric_set *out);

#endif
