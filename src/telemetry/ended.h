/* SPDX-License-Identifier: Apache-2.0 */
/* The contexts of spans that have ended, which stay readable (trace/api, IsRecording and End):
 * children may start, and headers may be written, after the end. Tables of fixed size for the
 * whole process, in which the oldest give way. */
#ifndef TELEMETRY_ENDED_H
#define TELEMETRY_ENDED_H

#include "telemetry/slot.h"

typedef struct cspan_ended_context {
  cspan_slot_context context;
  char state[CSPAN_TRACE_STATE_MAX + 1];
} cspan_ended_context;

/* cspan_ended_keep() is in slot.h. It waits for nobody. */

/* The span will end before long: its entry has not been touched for thousands of spans. */
void cspan_ended_expect(cspan_span span);

/* False where it was not kept, or had to give way. */
bool cspan_ended_find(cspan_span span, cspan_ended_context *out);

#endif
