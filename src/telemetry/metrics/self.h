/* SPDX-License-Identifier: Apache-2.0 */
/* How the SDK reports on itself: the instruments otel.sdk.* of the semantic conventions, for its
 * components to count in. All are made where a meter provider is given; every function takes
 * NULL, where none is. Out of memory means that it is not reported, with a warning. */
#ifndef TELEMETRY_METRICS_SELF_H
#define TELEMETRY_METRICS_SELF_H

#include <stdatomic.h>

#include <cloudspan/ext/exporter.h>
#include <cloudspan/metrics.h>

#include "telemetry/metrics/thread_shard.h"
#include "telemetry/otlp_signal.h"

/* The meter of all of it. */
cspan_meter *cspan_self_meter(cspan_meter_provider *meters);
/* One that counts spans. */
cspan_instrument *cspan_self_span_instrument(cspan_meter *meter, cspan_instrument_kind kind,
                                             const char *name, const char *description);
void cspan_self_warn(const char *what);

/* ------------------------------------------------------------- components */

enum { CSPAN_SELF_NAME_MAX = 80, CSPAN_SELF_ATTRS_MAX = 8 };

/* The attributes that name a component; they refer to it. */
typedef struct cspan_self_component {
  char type[56];
  char name[CSPAN_SELF_NAME_MAX];
  char server[256];
  cspan_attr attrs[CSPAN_SELF_ATTRS_MAX];
  size_t count;
} cspan_self_component;

/* The name is the type and a number, by the components of the type in the process. `server` may
 * be NULL. */
void cspan_self_component_init(cspan_self_component *component, const char *type,
                               const char *server, uint16_t port);

/* ---------------------------------------------------------------- readers */

/* otel.sdk.metric_reader.collection.duration of a new periodic reader. */
cspan_series *cspan_self_reader(cspan_meter_provider *meters);

/* -------------------------------------------------------------- exporters */

/* otel.sdk.exporter.{span,metric_data_point}.{inflight,exported}, .operation.duration. */
typedef struct cspan_self_exporter cspan_self_exporter;

/* `type` is that of cspan_otlp_client_type(). */
cspan_self_exporter *cspan_self_exporter_create(cspan_meter_provider *meters,
                                                cspan_otlp_signal signal, const char *type,
                                                const char *server, uint16_t port);
void cspan_self_exporter_free(cspan_self_exporter *self);
/* Around an export of so many items; begin gives the time, for end. */
int64_t cspan_self_export_begin(cspan_self_exporter *self, size_t items);
void cspan_self_export_end(cspan_self_exporter *self, int64_t begun_ns, size_t items,
                           size_t rejected, cspan_status status, const cspan_error *error);

/* ------------------------------------------------------------- processors */

/* otel.sdk.processor.span.{queue.size,queue.capacity,processed} */
typedef struct cspan_self_processor cspan_self_processor;

typedef struct cspan_self_processor_numbers {
  uint64_t queue_size;
  uint64_t queue_capacity;
  uint64_t processed;  /* given to the exporter, or given up */
  uint64_t queue_full; /* dropped for want of room */
  uint64_t late;       /* ended after the shutdown */
} cspan_self_processor_numbers;

/* Called at each collection; it may take the processor's lock. */
typedef void (*cspan_self_processor_fn)(void *processor, cspan_self_processor_numbers *out);

cspan_self_processor *cspan_self_processor_create(cspan_meter_provider *meters, const char *type,
                                                  bool has_queue, cspan_self_processor_fn read,
                                                  void *processor);
/* The callback is not running when it returns. */
void cspan_self_processor_free(cspan_self_processor *self);

/* ------------------------------------------------------------------ spans */

/* otel.sdk.span.{started,live}: counted by the threads in places of their own. */
enum { CSPAN_SELF_SHARDS = 16, CSPAN_SELF_ORIGINS = 3, CSPAN_SELF_RESULTS = 3 };
enum { CSPAN_SELF_ORIGIN_NONE, CSPAN_SELF_ORIGIN_LOCAL, CSPAN_SELF_ORIGIN_REMOTE };
enum { CSPAN_SELF_DROP, CSPAN_SELF_RECORD_ONLY, CSPAN_SELF_RECORD_AND_SAMPLE };

typedef struct cspan_self_span_shard {
  _Alignas(64) atomic_uint_fast64_t started[CSPAN_SELF_ORIGINS][CSPAN_SELF_RESULTS];
  atomic_uint_fast64_t ended[CSPAN_SELF_RESULTS]; /* of those that record */
} cspan_self_span_shard;

typedef struct cspan_self_spans cspan_self_spans;
struct cspan_self_spans {
  cspan_self_span_shard *shards; /* aligned */
  void *memory;
  cspan_callback *callback;
  cspan_instrument *started;
  cspan_instrument *live;
  /* Of the process before a fork. */
  uint64_t started_before[CSPAN_SELF_ORIGINS][CSPAN_SELF_RESULTS];
};

cspan_self_spans *cspan_self_spans_create(cspan_meter_provider *meters);
void cspan_self_spans_free(cspan_self_spans *self);
/* In a forked child: what was started before is the parent's to report. */
void cspan_self_spans_after_fork(cspan_self_spans *self);

static inline void cspan_self_span_started(cspan_self_spans *self, unsigned origin,
                                           unsigned result) {
  cspan_self_span_shard *shard = &self->shards[cspan_thread_shard() % CSPAN_SELF_SHARDS];
  atomic_fetch_add_explicit(&shard->started[origin][result], 1, memory_order_relaxed);
}

/* Of a span that records. */
static inline void cspan_self_span_ended(cspan_self_spans *self, bool sampled) {
  cspan_self_span_shard *shard = &self->shards[cspan_thread_shard() % CSPAN_SELF_SHARDS];
  atomic_fetch_add_explicit(
      &shard->ended[sampled ? CSPAN_SELF_RECORD_AND_SAMPLE : CSPAN_SELF_RECORD_ONLY], 1,
      memory_order_release);
}

#endif
