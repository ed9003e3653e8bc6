/* SPDX-License-Identifier: Apache-2.0 */
/* Recording to bound series by who has looked at the clock already. */
#ifndef TELEMETRY_METRICS_RECORD_AT_H
#define TELEMETRY_METRICS_RECORD_AT_H

#include <cloudspan/metrics.h>

/* What happened once, and how long it took. */
typedef struct cspan_occurrence {
  const cspan_context *context; /* for exemplars; NULL: the thread's current one */
  int64_t time_ns;              /* of exemplars, since the epoch; 0: now */
  double seconds;               /* finite */
} cspan_occurrence;

/* Records it to each of the series, up to one that is NULL; they are those of instruments of one
 * provider: to a histogram of doubles how long it took, to a counter of integers that it happened. */
void cspan_series_record_occurrence(cspan_series *const *series, size_t count,
                                    const cspan_occurrence *occurrence);

#endif
