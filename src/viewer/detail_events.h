/* SPDX-License-Identifier: Apache-2.0 */
/* The lines under a span that tell of its failure and of its events. */
#ifndef VIEWER_DETAIL_EVENTS_H
#define VIEWER_DETAIL_EVENTS_H

#include "viewer/bar.h"

/* The status message and error.type when the status is Error, and the exceptions that
 * say more than that. */
void cspan_detail_error(cspan_flow *flow, const cspan_span_view *view);

/* Retries and, without `brief`, events that are neither retries nor exceptions. */
void cspan_detail_events(cspan_flow *flow, const cspan_span_view *view, bool brief);

#endif
