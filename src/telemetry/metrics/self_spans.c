/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of a provider, started and not ended yet. */
#include <string.h>

#include "base/alloc.h"
#include "telemetry/metrics/self.h"

static const char *const origins[CSPAN_SELF_ORIGINS] = {"none", "local", "remote"};
static const char *const results[CSPAN_SELF_RESULTS] = {"DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE"};

typedef struct totals {
  uint64_t started[CSPAN_SELF_ORIGINS][CSPAN_SELF_RESULTS];
  uint64_t ended[CSPAN_SELF_RESULTS];
} totals;

/* The ends are read first: a span that ends meanwhile is live, and none is ended that was not
 * started. */
static void add_up(const cspan_self_spans *self, totals *out) {
  memset(out, 0, sizeof *out);
  for (size_t s = 0; s < CSPAN_SELF_SHARDS; s++) {
    for (size_t r = 0; r < CSPAN_SELF_RESULTS; r++) {
      out->ended[r] += atomic_load_explicit(&self->shards[s].ended[r], memory_order_acquire);
    }
  }
  for (size_t s = 0; s < CSPAN_SELF_SHARDS; s++) {
    for (size_t o = 0; o < CSPAN_SELF_ORIGINS; o++) {
      for (size_t r = 0; r < CSPAN_SELF_RESULTS; r++) {
        out->started[o][r] +=
            atomic_load_explicit(&self->shards[s].started[o][r], memory_order_acquire);
      }
    }
  }
}

static void observe_started(const cspan_self_spans *self, cspan_observer *observer,
                            const totals *all, size_t origin, size_t result) {
  const cspan_attr attrs[] = {cspan_attr_string("otel.span.parent.origin", origins[origin]),
                              cspan_attr_string("otel.span.sampling_result", results[result])};
  uint64_t value = all->started[origin][result] - self->started_before[origin][result];
  if (value > 0) {
    cspan_observe_int64(observer, self->started, (int64_t)value, attrs, 2);
  }
}

static void observe(void *user, cspan_observer *observer) {
  const cspan_self_spans *self = user;
  totals all;
  add_up(self, &all);
  for (size_t r = 0; r < CSPAN_SELF_RESULTS; r++) {
    uint64_t started = 0;
    for (size_t o = 0; o < CSPAN_SELF_ORIGINS; o++) {
      observe_started(self, observer, &all, o, r);
      started += all.started[o][r];
    }
    if (r != CSPAN_SELF_DROP && started > 0) {
      const cspan_attr attr = cspan_attr_string("otel.span.sampling_result", results[r]);
      cspan_observe_int64(observer, self->live, (int64_t)(started - all.ended[r]), &attr, 1);
    }
  }
}

cspan_self_spans *cspan_self_spans_create(cspan_meter_provider *meters) {
  cspan_meter *meter = cspan_self_meter(meters);
  cspan_self_spans *self = meter != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  size_t size = CSPAN_SELF_SHARDS * sizeof(cspan_self_span_shard);
  uint8_t *memory = self != NULL ? cspan_calloc(1, size + _Alignof(cspan_self_span_shard)) : NULL;
  if (memory != NULL) {
    size_t shift = (uintptr_t)memory % _Alignof(cspan_self_span_shard);
    self->memory = memory;
    self->shards =
        (cspan_self_span_shard *)(void *)(memory + _Alignof(cspan_self_span_shard) - shift);
    self->started = cspan_self_span_instrument(meter, CSPAN_OBSERVABLE_COUNTER,
                                               "otel.sdk.span.started", "Spans that were started");
    self->live =
        cspan_self_span_instrument(meter, CSPAN_OBSERVABLE_UP_DOWN_COUNTER, "otel.sdk.span.live",
                                   "Spans that record and have not ended");
    self->callback = cspan_meter_observe(meter, observe, self);
  }
  if (memory == NULL || self->callback == NULL) {
    cspan_free(memory);
    cspan_free(self);
    cspan_self_warn("spans");
    return NULL;
  }
  return self;
}

void cspan_self_spans_free(cspan_self_spans *self) {
  if (self != NULL) {
    cspan_callback_remove(self->callback);
    cspan_free(self->memory);
    cspan_free(self);
  }
}

void cspan_self_spans_after_fork(cspan_self_spans *self) {
  if (self != NULL) {
    totals all;
    add_up(self, &all);
    memcpy(self->started_before, all.started, sizeof self->started_before);
  }
}
