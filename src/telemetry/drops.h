/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that were lost, told in the trace stream itself: the next request carries
 * one more span that says how many, why and when. */
#ifndef TELEMETRY_DROPS_H
#define TELEMETRY_DROPS_H

#include "telemetry/enc.h"
#include "telemetry/request.h"

typedef struct cspan_drops {
  uint64_t queue_full;
  uint64_t export_failed;
  int64_t first_unix_ns;
  int64_t last_unix_ns;
} cspan_drops;

/* `pending` and what moves drops between the two belong under the processor's
 * lock; what is being sent is the thread's that took it. */
typedef struct cspan_drop_report {
  cspan_tracer *scope;
  cspan_enc span;
  cspan_drops pending; /* not told to the receiver */
  cspan_drops sending; /* in the request under way */
} cspan_drop_report;

/* False when out of memory. */
bool cspan_drop_report_init(cspan_drop_report *report);
void cspan_drop_report_free(cspan_drop_report *report);
/* In a forked child: the drops are the parent's to tell. `in_use`: its thread may
 * have been writing the span. */
void cspan_drop_report_after_fork(cspan_drop_report *report, bool in_use);

void cspan_drop_report_add(cspan_drop_report *report, uint64_t queue_full, uint64_t export_failed);
/* A full queue is to be told, and no request under way does. */
bool cspan_drop_report_is_due(const cspan_drop_report *report);
/* A request is about to be built. False when there is nothing to tell, or another
 * request is telling; then the report is not this request's, nor what follows. */
bool cspan_drop_report_take(cspan_drop_report *report);
/* The span of what was taken; false when that is nothing, or out of memory. */
bool cspan_drop_report_write(cspan_drop_report *report, cspan_request_run *out);
/* What was taken was told, or else is pending again. */
void cspan_drop_report_done(cspan_drop_report *report, bool told);

#endif
