/* SPDX-License-Identifier: Apache-2.0 */
/* Recording to bound series by who has looked at the clock already. */
#ifndef TELEMETRY_METRICS_RECORD_AT_H
#define TELEMETRY_METRICS_RECORD_AT_H

#include <cloudspan/metrics.h>

/* As cspan_series_record_int64() and cspan_series_record_double(), with the time of exemplars, in
 * nanoseconds since the epoch; 0: now. */
void cspan_series_record_int64_at(cspan_series *series, const cspan_context *context, int64_t value,
                                  int64_t time_ns);
void cspan_series_record_double_at(cspan_series *series, const cspan_context *context, double value,
                                   int64_t time_ns);

#endif
