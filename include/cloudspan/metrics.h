/* SPDX-License-Identifier: Apache-2.0 */
/**
 * metrics.h: a small OpenTelemetry metrics SDK: counters, gauges and histograms with
 * explicit buckets, exported by OTLP or to the console on an interval. The SDK reports
 * on itself with it (otel.sdk.*).
 *
 * Sources of the rules: OpenTelemetry specification (metrics/api, metrics/sdk,
 * metrics/data-model). All functions are thread-safe; every operation on a NULL
 * instrument, meter or provider does nothing.
 */
#ifndef CLOUDSPAN_METRICS_H
#define CLOUDSPAN_METRICS_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_meter cspan_meter;           /**< owned by its provider */
typedef struct cspan_instrument cspan_instrument; /**< owned by its meter */

CSPAN_END_DECLS

#endif
