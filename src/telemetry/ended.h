/* SPDX-License-Identifier: Apache-2.0 */
/* The contexts of spans that have ended, which stay readable (trace/api, IsRecording and End):
 * children may start, and headers may be written, after the end. Tables of fixed size for the
 * whole process, in which the oldest give way. */
#ifndef TELEMETRY_ENDED_H
#define TELEMETRY_ENDED_H

#include "telemetry/slot.h"

typedef struct cspan_ended_context {
  uint8_t trace_id[16];
  uint8_t span_id[8];
  uint8_t trace_flags;
  bool is_remote;
  uint32_t state_len;
  char state[CSPAN_TRACE_STATE_MAX + 1];
} cspan_ended_context;

/* Of a locked slot, under the generation that it had. Waits for nobody. */
void cspan_ended_keep(const cspan_slot *slot, uint64_t generation);
/* False where it was not kept, or had to give way. */
bool cspan_ended_find(cspan_span span, cspan_ended_context *out);

#endif
