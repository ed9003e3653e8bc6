/* SPDX-License-Identifier: Apache-2.0 */
/* The client metrics of a call: durations by the conventions of rpc, http, db and messaging, and
 * counters of attempts and retries. All is thread-safe. */
#ifndef INSTRUMENT_METRICS_H
#define INSTRUMENT_METRICS_H

#include <cloudspan/ext/middleware.h>
#include <cloudspan/metrics.h>

#include "base/sys.h"
#include "instrument/plan.h"

typedef struct cspan_call_metrics cspan_call_metrics;

/* `provider` is borrowed, and must be there while calls are made; NULL: the global one, looked up
 * by each call. */
cspan_status cspan_call_metrics_create(cspan_meter_provider *provider, cspan_call_metrics **out,
                                       cspan_error **error);
/* The provider may be gone. NULL is fine. */
void cspan_call_metrics_free(cspan_call_metrics *metrics);
/* Of a plan, when that ends. */
void cspan_plan_metrics_free(struct cspan_plan_metrics *metrics);

/* NULL: nothing is measured. */
cspan_meter_provider *cspan_metrics_provider(const cspan_call_metrics *metrics);

/* When something starts that will be measured, by the clock of spans; 0: it will not be. */
static inline int64_t cspan_metrics_start_ns(const cspan_call_metrics *metrics) {
  return metrics != NULL && cspan_metrics_provider(metrics) != NULL ? cspan_unix_ns() : 0;
}

/* When that ends: the clock may have been set back meanwhile. */
static inline int64_t cspan_metrics_end_ns(int64_t start_ns) {
  int64_t now = cspan_unix_ns();
  return now > start_ns ? now : start_ns;
}

/* The attribute of a call's span whose value its metrics have as well: table, queue or model;
 * NULL: there is none. */
const char *cspan_metrics_subject_key(const cspan_plan *plan);

struct cspan_bound; /* metric_series.h */

/* What is recorded. */
typedef struct cspan_measured {
  const cspan_plan *plan;
  const struct cspan_call *call;
  const cspan_context *context; /* has the span, for exemplars */
  int64_t duration_ns;
  int64_t end_ns;              /* since the epoch, for exemplars; 0: now */
  struct cspan_bound *attempt; /* of a call: what its last attempt was recorded by, or NULL */
  const char *subject;         /* NULL: not known */
  size_t subject_size;
} cspan_measured;

/* At the end of a call. */
void cspan_metrics_record_call(cspan_call_metrics *metrics, const cspan_measured *measured);
/* At the end of an attempt: http.client.request.duration. What it was recorded by, for the call's
 * end: it lives as long as the plan. NULL: it was none of those that many calls have alike. */
struct cspan_bound *cspan_metrics_record_attempt(cspan_call_metrics *metrics,
                                                 const cspan_measured *measured);
/* An attempt that failed and will be made again. */
void cspan_metrics_record_retry(cspan_call_metrics *metrics, const cspan_plan *plan,
                                const cspan_context *context, const cspan_error *error);
/* messaging.process.duration. Messages are counted as consumed when they are received, not here.
 * `destination` and `error_type` may be NULL. */
void cspan_metrics_record_process(cspan_call_metrics *metrics, const char *system,
                                  const char *destination, const char *error_type,
                                  const cspan_context *context, int64_t duration_ns);

#endif
