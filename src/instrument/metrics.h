/* SPDX-License-Identifier: Apache-2.0 */
/* The client metrics of a call: durations by the conventions of rpc, http, db and messaging, and
 * counters of attempts and retries. */
#ifndef INSTRUMENT_METRICS_H
#define INSTRUMENT_METRICS_H

#include <cloudspan/metrics.h>

#include "instrument/plan.h"

typedef struct cspan_call_metrics cspan_call_metrics;

/* NULL in *out where there is no provider (NULL: the global one, at each call). */
cspan_status cspan_call_metrics_create(cspan_meter_provider *provider, cspan_call_metrics **out,
                                       cspan_error **error);
void cspan_call_metrics_free(cspan_call_metrics *metrics);
/* Of a plan, when that ends. */
void cspan_plan_metrics_free(struct cspan_plan_metrics *metrics);

/* At the end of a call. `context` has its span, for exemplars. */
void cspan_metrics_record_call(cspan_call_metrics *metrics, const cspan_plan *plan,
                               const struct cspan_call *call, const cspan_context *context,
                               int64_t duration_ns);
/* At the end of an attempt: http.client.request.duration. */
void cspan_metrics_record_attempt(cspan_call_metrics *metrics, const cspan_plan *plan,
                                  const struct cspan_call *call, const cspan_context *context,
                                  int64_t duration_ns);
/* messaging.process.duration and consumed messages of a handler. */
void cspan_metrics_record_process(cspan_call_metrics *metrics, const char *system,
                                  const char *destination, const char *error_type,
                                  const cspan_context *context, int64_t duration_ns);

#endif
