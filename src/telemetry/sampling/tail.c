/* SPDX-License-Identifier: Apache-2.0 */
/* Tail sampling: a processor that holds the spans of a trace until its local root has ended.
 * `next` is never called under a lock. */
#include "telemetry/sampling/tail.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "telemetry/core.h"

enum { DEFAULT_WAIT_MS = 30000, DEFAULT_BYTES = 64 << 20, DEFAULT_SPANS = 10000 };
enum { NS_PER_MS = 1000000, SHUTDOWN_MS = 30000 };

/* --------------------------------------------------------------------- decisions */

/* What the lock is given up for: a trace that is decided, and whether its spans go on. */
typedef struct outcome {
  cspan_tail_trace *trace; /* NULL: nothing is to be done */
  cspan_tail_decision decision;
  bool has_span; /* the span that came could not be held, and goes on as it is */
} outcome;

/* Under the lock. `is_complete`: by its local root. */
static void decide(cspan_tail *tail, cspan_tail_shard *shard, uint64_t hash,
                   cspan_tail_trace *trace, bool is_complete, outcome *out) {
  out->trace = trace;
  out->decision.rule = trace->rule;
  out->decision.is_kept = trace->randomness >= tail->rules.items[trace->rule].threshold;
  out->decision.is_told = trace->is_told && is_complete;
  out->decision.is_all_recorded =
      atomic_load_explicit(&tail->is_all_recorded, memory_order_relaxed);
  cspan_tail_remember(shard, hash, trace->trace_id, &out->decision);
  *(out->decision.is_kept ? &shard->counts.traces_kept : &shard->counts.traces_dropped) += 1;
  shard->counts.traces_early += !is_complete;
}

static void count_spans(cspan_tail_shard *shard, const outcome *out, uint64_t spans) {
  *(out->decision.is_kept ? &shard->counts.spans_kept : &shard->counts.spans_dropped) += spans;
}

/* Under the lock. */
static void take_out(cspan_tail *tail, cspan_tail_shard *shard, uint64_t hash, outcome *out) {
  count_spans(shard, out, out->trace->spans);
  cspan_tail_detach(shard, hash, out->trace);
  atomic_fetch_sub(&tail->traces_held, 1);
}

/* Without the lock; `own` traces were never in the shard. */
static void finish(cspan_tail *tail, cspan_tail_shard *shard, const outcome *out, bool is_own) {
  cspan_tail_trace *trace = out->trace;
  size_t bytes = trace->bytes;
  if (out->decision.is_kept) {
    cspan_tail_trace_give(trace, &tail->rules, &out->decision, tail->next);
  }
  if (trace->first == NULL && is_own) {
    return;
  }
  pthread_mutex_lock(&shard->lock);
  cspan_tail_chunk *surplus = cspan_tail_trace_empty(trace, &shard->pool);
  if (!is_own) {
    cspan_tail_give_back(shard, trace);
  }
  pthread_mutex_unlock(&shard->lock);
  cspan_tail_chunks_free(surplus);
  if (!is_own) {
    atomic_fetch_sub(&tail->bytes_held, bytes);
  }
}

/* Decides the oldest trace of a shard, where it was held since before that time. */
static bool decide_oldest(cspan_tail *tail, cspan_tail_shard *shard, int64_t before_ns) {
  outcome out = {.trace = NULL};
  pthread_mutex_lock(&shard->lock);
  cspan_tail_trace *trace = shard->oldest;
  if (trace != NULL && trace->since_ns <= before_ns) {
    uint64_t hash = cspan_tail_hash(trace->trace_id);
    decide(tail, shard, hash, trace, false, &out);
    take_out(tail, shard, hash, &out);
  }
  pthread_mutex_unlock(&shard->lock);
  if (out.trace != NULL) {
    finish(tail, shard, &out, false);
  }
  return out.trace != NULL;
}

void cspan_tail_expire(cspan_tail *tail) {
  int64_t before_ns = tail->clock() - tail->max_wait_ns;
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    while (decide_oldest(tail, &tail->shards[i], before_ns)) {
    }
  }
}

/* Over the limit the oldest trace of all has to go. */
static void relieve(cspan_tail *tail) {
  while (atomic_load_explicit(&tail->bytes_held, memory_order_relaxed) > tail->max_bytes) {
    cspan_tail_shard *oldest = &tail->shards[0];
    int64_t oldest_ns = INT64_MAX;
    for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
      int64_t ns = atomic_load_explicit(&tail->shards[i].oldest_ns, memory_order_relaxed);
      if (ns < oldest_ns) {
        oldest_ns = ns;
        oldest = &tail->shards[i];
      }
    }
    if (oldest_ns == INT64_MAX) {
      return; /* what is left is on its way to `next` */
    }
    decide_oldest(tail, oldest, INT64_MAX);
  }
}

/* -------------------------------------------------------------------- ended spans */

/* Under the lock: copies the span into a trace that is kept or not yet decided. */
static bool hold(cspan_tail *tail, cspan_tail_shard *shard, cspan_tail_trace *trace,
                 const cspan_ended_span *span) {
  return cspan_tail_trace_add(trace, &shard->pool, span, tail->rules.reason_size_max);
}

/* Of a trace that is decided. */
static void follow(cspan_tail *tail, cspan_tail_shard *shard, cspan_tail_decision *before,
                   const cspan_ended_span *span, uint32_t rule, cspan_tail_trace *own,
                   outcome *out) {
  bool matters = rule < before->rule && tail->rules.items[rule].threshold == 0;
  if (matters && !before->is_kept) {
    before->is_kept = true;
    shard->counts.traces_dropped--;
    shard->counts.traces_kept++;
  }
  before->rule = matters ? rule : before->rule; /* of a kept one too: it is told by whose share */
  out->decision = *before;
  shard->counts.spans_late++;
  count_spans(shard, out, 1);
  if (out->decision.is_kept) {
    cspan_tail_trace_init(own, &tail->rules, span);
    out->has_span = !hold(tail, shard, own, span);
    out->trace = own;
  }
}

/* A trace of one span, or one that there is no memory for. */
static void decide_alone(cspan_tail *tail, cspan_tail_shard *shard, uint64_t hash,
                         const cspan_ended_span *span, uint32_t rule, cspan_tail_trace *own,
                         outcome *out) {
  cspan_tail_trace_init(own, &tail->rules, span);
  own->rule = rule;
  own->is_told = !span->parent_is_remote;
  decide(tail, shard, hash, own, cspan_tail_is_local_root(span), out);
  count_spans(shard, out, 1);
  out->has_span = out->decision.is_kept && !hold(tail, shard, own, span);
}

/* Of a trace that is held. */
static void go_on(cspan_tail *tail, cspan_tail_shard *shard, uint64_t hash, cspan_tail_trace *trace,
                  const cspan_ended_span *span, uint32_t rule, outcome *out) {
  bool is_root = cspan_tail_is_local_root(span);
  size_t bytes = trace->bytes;
  trace->rule = rule < trace->rule ? rule : trace->rule;
  if (is_root) {
    trace->is_told = !span->parent_is_remote;
    decide(tail, shard, hash, trace, true, out);
  }
  bool is_wanted = out->trace == NULL || out->decision.is_kept;
  bool is_held = is_wanted && hold(tail, shard, trace, span);
  if (trace->bytes != bytes) {
    atomic_fetch_add_explicit(&tail->bytes_held, trace->bytes - bytes, memory_order_relaxed);
  }
  shard->counts.spans_held += is_held;
  if (out->trace == NULL && (!is_held || trace->spans >= tail->max_spans)) {
    decide(tail, shard, hash, trace, false, out);
  }
  if (out->trace != NULL) {
    out->has_span = !is_held && out->decision.is_kept;
    count_spans(shard, out, !is_held);
    take_out(tail, shard, hash, out);
  }
}

static void receive(cspan_tail *tail, cspan_tail_shard *shard, uint64_t hash,
                    const cspan_ended_span *span, uint32_t rule, cspan_tail_trace *own,
                    outcome *out) {
  cspan_tail_trace *trace = cspan_tail_find(shard, hash, span->trace_id);
  if (trace == NULL) {
    cspan_tail_decision *before = cspan_tail_recall(shard, hash, span->trace_id);
    if (before != NULL) {
      follow(tail, shard, before, span, rule, own, out);
      return;
    }
    if (!cspan_tail_is_local_root(span)) {
      trace = cspan_tail_open(shard, hash, &tail->rules, span, tail->clock());
    }
    if (trace == NULL) {
      decide_alone(tail, shard, hash, span, rule, own, out);
      return;
    }
    atomic_fetch_add(&tail->traces_held, 1);
  }
  go_on(tail, shard, hash, trace, span, rule, out);
}

static void on_end(void *self, const cspan_ended_span *span) {
  cspan_tail *tail = self;
  uint64_t hash = cspan_tail_hash(span->trace_id);
  cspan_tail_shard *shard = &tail->shards[hash % CSPAN_TAIL_SHARDS];
  uint32_t rule = cspan_tail_rules_match(&tail->rules, span);
  if (!span->sampled) {
    atomic_store_explicit(&tail->is_all_recorded, true, memory_order_relaxed);
  }
  cspan_tail_trace own;
  outcome out = {.trace = NULL};
  pthread_mutex_lock(&shard->lock);
  if (atomic_load_explicit(&tail->is_stopping, memory_order_relaxed)) {
    shard->counts.spans_dropped++;
    shard->counts.spans_late++;
  } else {
    receive(tail, shard, hash, span, rule, &own, &out);
  }
  pthread_mutex_unlock(&shard->lock);
  if (out.trace == NULL) {
    if (atomic_load_explicit(&tail->bytes_held, memory_order_relaxed) > tail->max_bytes) {
      relieve(tail);
    }
    if (atomic_load(&tail->keeper.is_idle) && atomic_load(&tail->traces_held) > 0) {
      cspan_tail_keeper_wake(tail);
    }
    return;
  }
  finish(tail, shard, &out, out.trace == &own);
  if (out.has_span) {
    cspan_ended_span sampled = *span;
    sampled.sampled = true;
    tail->next->vtable->on_end(tail->next->self, &sampled);
  }
}

/* ------------------------------------------------------------------ what goes on */

static void on_start(void *self, cspan_span span, const cspan_context *parent) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  next->vtable->on_start(next->self, span, parent);
}

static void on_ending(void *self, cspan_span span) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  next->vtable->on_ending(next->self, span);
}

static void set_resource(void *self, const cspan_encoded_resource *resource) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  next->vtable->set_resource(next->self, resource);
}

static void set_meter_provider(void *self, cspan_meter_provider *meters) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  next->vtable->set_meter_provider(next->self, meters);
}

static void stats(void *self, cspan_telemetry_stats *add_to) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  next->vtable->stats(next->self, add_to);
}

static cspan_status force_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  const cspan_span_processor *next = ((cspan_tail *)self)->next;
  return next->vtable->force_flush != NULL
             ? next->vtable->force_flush(next->self, timeout_ms, error)
             : CSPAN_OK;
}

/* What comes later is dropped, and counted. */
static void decide_all(cspan_tail *tail) {
  atomic_store(&tail->is_stopping, true);
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    while (decide_oldest(tail, &tail->shards[i], INT64_MAX)) {
    }
  }
  cspan_tail_keeper_stop(&tail->keeper);
}

static cspan_status shut_down(void *self, int64_t timeout_ms, cspan_error **error) {
  cspan_tail *tail = self;
  const cspan_span_processor *next = tail->next;
  decide_all(tail);
  return next->vtable->shutdown != NULL ? next->vtable->shutdown(next->self, timeout_ms, error)
                                        : CSPAN_OK;
}

/* -------------------------------------------------------------------------- fork */

static void before_fork(void *self) {
  cspan_tail *tail = self;
  pthread_mutex_lock(&tail->keeper.lock);
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    pthread_mutex_lock(&tail->shards[i].lock);
  }
}

static void after_fork_in_parent(void *self) {
  cspan_tail *tail = self;
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    pthread_mutex_unlock(&tail->shards[i].lock);
  }
  pthread_mutex_unlock(&tail->keeper.lock);
}

/* Traces that another thread was giving on are abandoned with their memory. */
static void after_fork_in_child(void *self) {
  cspan_tail *tail = self;
  bool is_stopping = tail->keeper.is_stopping;
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    cspan_tail_shard_reset(&tail->shards[i]);
  }
  cspan_tail_keeper_init(&tail->keeper);
  tail->keeper.is_stopping = is_stopping;
  atomic_store(&tail->keeper.is_idle, tail->has_keeper);
  atomic_store(&tail->bytes_held, 0);
  atomic_store(&tail->traces_held, 0);
}

/* -------------------------------------------------------------- create, free, stats */

static void tail_free(void *self) {
  cspan_tail *tail = self;
  if (!atomic_load(&tail->is_stopping)) {
    shut_down(tail, SHUTDOWN_MS, NULL);
  }
  cspan_fork_remove(&tail->fork);
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    cspan_tail_shard_free(&tail->shards[i]);
  }
  cspan_tail_keeper_free(&tail->keeper);
  cspan_tail_rules_free(&tail->rules);
  cspan_processor_free(tail->next);
  cspan_free(tail);
}

static void fill_vtable(cspan_tail *tail) {
  const cspan_processor_vtable *next = tail->next->vtable;
  tail->vtable = (cspan_processor_vtable){
      .size = sizeof tail->vtable,
      .on_start = next->on_start != NULL ? on_start : NULL,
      .on_end = on_end,
      .force_flush = force_flush,
      .shutdown = shut_down,
      .set_resource = next->set_resource != NULL ? set_resource : NULL,
      .stats = next->stats != NULL ? stats : NULL,
      .free = tail_free,
      .on_ending = CSPAN_HAS(next, on_ending) && next->on_ending != NULL ? on_ending : NULL,
      .set_meter_provider = CSPAN_HAS(next, set_meter_provider) && next->set_meter_provider != NULL
                                ? set_meter_provider
                                : NULL};
}

static bool fill(cspan_tail *tail, const cspan_tail_sampling_options *options) {
  static const cspan_tail_rule default_rules[] = {{.error = true}, {.min_retries = 1}};
  static const cspan_tail_sampling_options defaults = {
      .rules = default_rules, .rule_count = 2, .base_ratio = 0.05};
  options = options != NULL ? options : &defaults;
  int64_t wait_ms = options->max_wait_ms > 0 ? options->max_wait_ms : DEFAULT_WAIT_MS;
  tail->max_wait_ns = wait_ms < INT64_MAX / 2 / NS_PER_MS ? wait_ms * NS_PER_MS : INT64_MAX / 2;
  tail->max_bytes = options->max_bytes > 0 ? options->max_bytes : DEFAULT_BYTES;
  tail->max_spans = options->max_spans_per_trace > 0 ? options->max_spans_per_trace : DEFAULT_SPANS;
  return cspan_tail_rules_init(&tail->rules, options);
}

cspan_span_processor *cspan_processor_tail_sampling_by(cspan_span_processor *next,
                                                       const cspan_tail_sampling_options *options,
                                                       cspan_clock_fn clock) {
  cspan_tail *tail = next != NULL ? cspan_calloc(1, sizeof *tail) : NULL;
  if (tail == NULL || !fill(tail, options)) {
    if (tail != NULL) {
      cspan_tail_rules_free(&tail->rules);
    }
    cspan_free(tail);
    cspan_processor_free(next);
    return NULL;
  }
  tail->next = next;
  tail->clock = clock != NULL ? clock : cspan_now_ns;
  fill_vtable(tail);
  cspan_tail_keeper_init(&tail->keeper);
  tail->has_keeper = clock == NULL;
  atomic_store(&tail->keeper.is_idle, tail->has_keeper);
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    cspan_tail_shard_init(&tail->shards[i]);
  }
  tail->fork = (cspan_fork_hook){.self = tail,
                                 .prepare = before_fork,
                                 .parent = after_fork_in_parent,
                                 .child = after_fork_in_child};
  cspan_fork_add(&tail->fork);
  return cspan_processor_create(&tail->vtable, tail);
}

cspan_span_processor *cspan_processor_tail_sampling(cspan_span_processor *next,
                                                    const cspan_tail_sampling_options *options) {
  return cspan_processor_tail_sampling_by(next, options, NULL);
}

bool cspan_processor_tail_stats(const cspan_span_processor *processor,
                                cspan_tail_sampling_stats *out) {
  if (processor == NULL || processor->vtable->on_end != on_end) {
    return false;
  }
  cspan_tail *tail = processor->self;
  cspan_tail_sampling_stats all = {.size = out->size};
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    cspan_tail_shard *shard = &tail->shards[i];
    pthread_mutex_lock(&shard->lock);
    const cspan_tail_counts *counts = &shard->counts;
    all.traces_kept += counts->traces_kept;
    all.traces_dropped += counts->traces_dropped;
    all.traces_early += counts->traces_early;
    all.spans_kept += counts->spans_kept;
    all.spans_dropped += counts->spans_dropped;
    all.spans_late += counts->spans_late;
    all.traces_held += counts->traces_held;
    all.spans_held += counts->spans_held;
    pthread_mutex_unlock(&shard->lock);
  }
  all.bytes_held = atomic_load(&tail->bytes_held);
  memcpy(out, &all, out->size > 0 && out->size < sizeof all ? out->size : sizeof all);
  return true;
}
