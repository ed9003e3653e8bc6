/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of tail sampling, made ready: which one a span matches, and what is written into the
 * spans of a trace that is kept. */
#ifndef TELEMETRY_SAMPLING_TAIL_RULES_H
#define TELEMETRY_SAMPLING_TAIL_RULES_H

#include <cloudspan/ext/exporter.h>

#include "telemetry/sampling/match.h"
#include "telemetry/sampling/ot_state.h"

#define CSPAN_TAIL_REASON "cloudspan.sampling.reason"
/* All of a field are copied, whatever its size. */
enum { CSPAN_TAIL_REASON_MAX = 512, CSPAN_TAIL_STATE_FIELD = 24 };

typedef struct cspan_tail_ready_rule {
  cspan_span_match match;
  uint32_t *key_hashes; /* of the attributes of `match`; 0: the key is a pattern */
  bool error;
  bool has_match; /* `match` says anything */
  int64_t min_ns; /* INT64_MIN: however long */
  int64_t min_retries;
  uint64_t threshold; /* of the traces that match; CSPAN_THRESHOLD_NEVER: all are dropped */
  /* "ot=th:...", and the same as a field of Span. */
  char state[8 + CSPAN_THRESHOLD_DIGITS];
  uint8_t state_field[CSPAN_TAIL_STATE_FIELD];
  size_t state_field_size;
  /* The attribute with the reason, as a field of Span. */
  uint8_t *reason;
  size_t reason_size;
} cspan_tail_ready_rule;

typedef struct cspan_tail_rules {
  cspan_tail_ready_rule *items; /* the base rate is behind them, and matches everything */
  uint32_t count;               /* without it */
  uint32_t attempts_hash;       /* of the attribute's key */
  size_t reason_size_max;
} cspan_tail_rules;

/* False when out of memory; to be freed even so. */
bool cspan_tail_rules_init(cspan_tail_rules *rules, const cspan_tail_sampling_options *options);
void cspan_tail_rules_free(cspan_tail_rules *rules);

/* The first rule that the span matches; `count` for none. */
uint32_t cspan_tail_rules_match(const cspan_tail_rules *rules, const cspan_ended_span *span);

static inline bool cspan_tail_is_local_root(const cspan_ended_span *span) {
  return span->parent_span_id == NULL || span->parent_is_remote;
}

#endif
