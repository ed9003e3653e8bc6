/* SPDX-License-Identifier: Apache-2.0 */
/* The member `ot` of a W3C trace state: `ot=th:fd70a4;rv:7479cfb506891d;other:x` (OpenTelemetry,
 * trace/tracestate-handling). Pure. */
#ifndef TELEMETRY_SAMPLING_OT_STATE_H
#define TELEMETRY_SAMPLING_OT_STATE_H

#include "telemetry/sampling/threshold.h"

/* Most characters of the member's value, of a whole trace state, and most of its members. */
enum { CSPAN_OT_VALUE_MAX = 256, CSPAN_STATE_MAX = 512, CSPAN_STATE_MEMBERS_MAX = 32 };

typedef struct cspan_ot_state {
  uint64_t threshold;  /* CSPAN_THRESHOLD_ABSENT: none, or none that is valid */
  uint64_t randomness; /* the same */
  bool has_threshold;  /* the sub-key is there, whatever it says */
} cspan_ot_state;

/* `trace_state` may be NULL. */
cspan_ot_state cspan_ot_parse(const char *trace_state);

/* Writes the trace state in which the sub-key `key` has that value (NULL: is not there), and `ot`
 * is the first member; the other sub-keys and the members of others stay, in their order. Others
 * that no longer fit are left out as W3C says: those over 128 characters, then the last ones.
 * False when the value would be over 256 characters: then the sub-key is taken out. */
bool cspan_ot_set(const char *trace_state, const char *key, const char *value,
                  char out[CSPAN_STATE_MAX + 1]);

/* The trace state with that threshold, CSPAN_THRESHOLD_ABSENT: with none. NULL where `trace_state`
 * says that already. In a buffer of the calling thread that the next call overwrites. */
const char *cspan_ot_with_threshold(const char *trace_state, uint64_t threshold);

/* Explicit randomness, else the trace id's. */
uint64_t cspan_ot_randomness(const cspan_ot_state *state, const uint8_t trace_id[16]);

#endif
