/* SPDX-License-Identifier: Apache-2.0 */
/* Bound series of what an operation's calls have in common, so that a call that went well is
 * recorded without looking its attributes up. */
#ifndef INSTRUMENT_METRIC_SERIES_H
#define INSTRUMENT_METRIC_SERIES_H

#include <stdatomic.h>

#include "instrument/extract.h"
#include "instrument/metric_table.h"

enum { CSPAN_SERIES_PER_PLAN = 4, CSPAN_METRIC_ATTRS_MAX = 8, CSPAN_BOUND_MAX = 2 };

/* What series are found by. */
typedef struct cspan_series_key {
  uint64_t provider_id;
  int port;
  int http_status; /* of an attempt */
  const char *host;
  const char *subject; /* of a call: table or queue */
  size_t subject_size;
  const char *method; /* of an attempt; NULL: of a call, which has none of these */
  const char *scheme; /* static, as is the version: compared by their addresses */
  const char *version;
} cspan_series_key;

typedef struct cspan_bound {
  struct cspan_bound *older; /* of providers before: it may be in use yet */
  size_t age;
  cspan_series_key key; /* its texts are behind it */
  /* Of an attempt: what calls that end with such a one are recorded by; NULL: not known yet. */
  _Atomic(const struct cspan_bound *) calls;
  cspan_series *series[CSPAN_BOUND_MAX];
} cspan_bound;

typedef struct cspan_bound_slots {
  _Atomic(cspan_bound *) at[CSPAN_SERIES_PER_PLAN];
} cspan_bound_slots;

/* Of a plan. */
struct cspan_plan_metrics {
  cspan_path *messages; /* of the output of what receives; NULL: none */
  cspan_bound_slots calls;
  cspan_bound_slots attempts;
};

/* One of the instruments with its attributes. */
typedef struct cspan_unbound {
  cspan_instrument *instrument;
  cspan_attr attrs[CSPAN_METRIC_ATTRS_MAX];
  size_t count;
} cspan_unbound;

/* NULL: they are not bound. */
cspan_bound *cspan_bound_find(const cspan_bound_slots *slots, const cspan_series_key *key);
/* What a call is recorded by that has the subject and went well with this last attempt, so that
 * their hosts need not be compared again; NULL: it is to be looked for. */
const cspan_bound *cspan_bound_calls(const cspan_bound *attempt, const cspan_series_key *key);
/* Remembers it for the next one, unless another is remembered. */
void cspan_bound_set_calls(cspan_bound *attempt, const cspan_bound *calls);
/* Binds for the next time; without memory or room nothing is done. */
void cspan_bound_add(cspan_bound_slots *slots, const cspan_series_key *key,
                     const cspan_unbound *unbound, size_t count);
void cspan_bound_free_all(cspan_bound_slots *slots);

#endif
