/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the metrics SDK know of each other: provider, meter, instrument, series. */
#ifndef TELEMETRY_METRICS_METRIC_CORE_H
#define TELEMETRY_METRICS_METRIC_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include <cloudspan/ext/metrics.h>

#include "base/buf.h"
#include "telemetry/fork.h"
#include "telemetry/metrics/attr_set.h"
#include "telemetry/process_end.h"
#include "telemetry/published.h"

enum { CSPAN_READERS_MAX = 4, CSPAN_BOUNDARIES_MAX = 512, CSPAN_BUCKETS_MAX = 513 };

/* Of integers, in two's complement, or of doubles, as the instrument has it. */
typedef union cspan_num {
  uint64_t u;
  double d;
} cspan_num;

typedef struct cspan_exemplar {
  int64_t time_ns; /* 0: none */
  cspan_num value;
  uint8_t trace_id[16];
  uint8_t span_id[8];
  uint32_t reported; /* a bit a reader */
} cspan_exemplar;

/* Where the exemplar of a bucket is kept: one of the measurements since a reader looked, each as
 * likely as the others (a reservoir of one; metrics/sdk, exemplar reservoir). The counts need not
 * be exact between threads. */
typedef struct cspan_exemplar_place {
  cspan_exemplar kept;   /* under the exemplar_lock of the series */
  _Atomic uint32_t seen; /* measurements that might have been kept */
  _Atomic uint32_t next; /* of them that will be; 0: the first */
} cspan_exemplar_place;

typedef struct cspan_extremes {
  double min;
  double max;
} cspan_extremes;

/* What the threads of one number have recorded: cspan_extremes of each reader and the buckets
 * follow where it is a histogram's. On cache lines of its own. */
typedef struct cspan_shard {
  _Atomic uint32_t lock;
  uint32_t last_bucket; /* that was recorded to; of a histogram */
  uint64_t updates;
  cspan_num sum; /* of a gauge the last value; of a histogram always a double */
} cspan_shard;

/* What a reader of delta temporality has reported; the buckets follow. */
typedef struct cspan_prior {
  uint64_t updates;
  cspan_num sum;
} cspan_prior;

/* One attribute set of an instrument. Its memory stays until the instrument's end, so that it may
 * be looked at without a lock; `key` is read under the lock of any shard and changed under the
 * locks of all. */
struct cspan_series {
  cspan_instrument *instrument;
  _Atomic(cspan_series *) next; /* in the chain of the hash table */
  cspan_series *next_of_all;    /* never changes */
  cspan_series *next_unused;
  _Atomic uint32_t hash;
  _Atomic uint32_t exemplar_lock;
  cspan_attr_key *key; /* NULL: not in use */
  uint8_t *shards;
  cspan_prior *priors;             /* one a reader */
  cspan_exemplar_place *exemplars; /* one a bucket, or one */
  int64_t start_ns;
  uint64_t observed; /* number of the collection that last saw it; of an observable */
  uint32_t bound;    /* handles; under the provider's lock */
};

typedef struct cspan_series_table {
  struct cspan_series_table *older; /* may still be looked at */
  uint32_t mask;
  _Atomic(cspan_series *) heads[];
} cspan_series_table;

struct cspan_instrument {
  _Atomic(cspan_instrument *) next;
  cspan_meter *meter;
  cspan_meter_provider *provider;
  cspan_instrument_kind kind;
  cspan_number_type number;
  char *name;
  char *unit;
  char *description;
  double *boundaries;
  uint32_t bucket_count; /* 0: no histogram */
  uint32_t exemplar_count;
  uint32_t shard_mask;
  size_t shard_size;
  size_t prior_size;
  bool is_observable;
  bool evicts; /* series without news are forgotten */
  atomic_flag warned;
  int64_t created_ns;
  int64_t collected_ns[CSPAN_READERS_MAX]; /* 0: not yet */
  _Atomic(cspan_series_table *) table;
  _Atomic(cspan_series *) all;
  /* Under the provider's lock. */
  cspan_series *unused;
  size_t series_count; /* without that of the overflow */
  _Atomic(cspan_series *) overflow;
};

struct cspan_callback {
  cspan_callback *next;
  cspan_meter *meter;
  cspan_observe_fn observe; /* NULL: removed */
  void *user;
};

struct cspan_meter {
  _Atomic(cspan_meter *) next;
  cspan_meter_provider *provider;
  char *name;
  char *version;
  char *schema_url;
  cspan_attr_key *attributes;
  _Atomic(cspan_instrument *) instruments;
  cspan_callback *callbacks; /* under the provider's lock */
};

struct cspan_meter_provider {
  uint64_t id;
  cspan_published *published;
  cspan_encoded_resource resource;
  cspan_metric_reader *readers[CSPAN_READERS_MAX];
  size_t reader_count;
  cspan_exemplar_filter exemplar_filter;
  size_t cardinality_limit;
  uint32_t shard_count;
  atomic_bool is_inert; /* no readers, or shut down */
  atomic_bool is_shut_down;
  atomic_bool readers_started;
  cspan_fork_hook fork;
  cspan_end_entry end;
  _Atomic(cspan_meter *) meters;

  /* Creation of meters, instruments and series, and all below. */
  pthread_mutex_t lock;
  pthread_cond_t collected;
  bool is_collecting;
  pthread_t collector;
  uint64_t collections;
};

static inline bool cspan_instrument_adds(const cspan_instrument *instrument) {
  return instrument->kind == CSPAN_COUNTER || instrument->kind == CSPAN_OBSERVABLE_COUNTER;
}

/* ----------------------------------------------------------------- shards */

void cspan_metric_spin(void);

static inline void cspan_metric_lock(_Atomic uint32_t *lock) {
  while (atomic_exchange_explicit(lock, 1, memory_order_acquire) != 0) {
    cspan_metric_spin();
  }
}

static inline void cspan_metric_unlock(_Atomic uint32_t *lock) {
  atomic_store_explicit(lock, 0, memory_order_release);
}

static inline cspan_shard *cspan_series_shard(const cspan_series *series, uint32_t number) {
  const cspan_instrument *instrument = series->instrument;
  return (cspan_shard *)(void *)(series->shards +
                                 instrument->shard_size * (number & instrument->shard_mask));
}

/* A value a reader; a histogram's. */
static inline cspan_extremes *cspan_shard_extremes(cspan_shard *shard) {
  return (cspan_extremes *)(void *)(shard + 1);
}

static inline uint64_t *cspan_shard_buckets(cspan_shard *shard,
                                            const cspan_meter_provider *provider) {
  return (uint64_t *)(void *)(cspan_shard_extremes(shard) + provider->reader_count);
}

static inline cspan_prior *cspan_series_prior(const cspan_series *series, size_t reader) {
  uint8_t *priors = (uint8_t *)series->priors;
  return (cspan_prior *)(void *)(priors + series->instrument->prior_size * reader);
}

static inline uint64_t *cspan_prior_buckets(cspan_prior *prior) {
  return (uint64_t *)(void *)(prior + 1);
}

/* ----------------------------------------------------------------- series */

/* The series of the set, made where there is none yet; that of the overflow where there are too
 * many. Its shard is locked. NULL when out of memory. */
cspan_series *cspan_series_get(cspan_instrument *instrument, cspan_attr_set *set,
                               cspan_shard **locked);
/* The same, and keeps it: the provider's lock is held. */
cspan_series *cspan_series_bind(cspan_instrument *instrument, cspan_attr_set *set);
/* The provider's lock is held: forgets series that nobody holds and that hold nothing which was
 * not reported. */
void cspan_series_evict_if_idle(cspan_series *series, uint64_t collection);
/* In a forked child: back to zero, whatever another thread was doing. */
void cspan_instrument_restart(cspan_instrument *instrument, int64_t now_ns);
bool cspan_instrument_init_table(cspan_instrument *instrument);
void cspan_instrument_free_series(cspan_instrument *instrument);

/* ------------------------------------------------------ meters, instruments */

void cspan_meter_free(cspan_meter *meter);
/* An InstrumentationScope message. */
void cspan_meter_write_scope(const cspan_meter *meter, cspan_buf *out, uint8_t tag);
void cspan_instrument_free(cspan_instrument *instrument);
/* Meters' callbacks that were removed are freed; the provider's lock is held. */
void cspan_callbacks_sweep(cspan_meter_provider *provider);
/* How a reader sees the kind. */
bool cspan_temporality_is_delta(cspan_temporality temporality, cspan_instrument_kind kind);

/* ------------------------------------------------------------- collection */

/* Requests, ready to be exported. */
typedef struct cspan_collected {
  cspan_metric_batch *batches;
  size_t count;
} cspan_collected;

/* Asks the callbacks and writes everything that the reader (its number) is to see.
 * CSPAN_ERR_TIMEOUT when another collection is not done by the deadline; CSPAN_ERR_NOMEM and
 * CSPAN_ERR_LIMIT, after which what a delta temporality had to tell is lost. */
cspan_status cspan_collect(cspan_meter_provider *provider, size_t reader,
                           cspan_temporality temporality, int64_t deadline_ns, cspan_collected *out,
                           cspan_error **error);
void cspan_collected_free(cspan_collected *collected);

/* Of one instrument at one time; what a point is made of. */
typedef struct cspan_reading {
  size_t reader;
  bool is_delta;
  uint64_t collection;
  int64_t now_ns;
} cspan_reading;

/* Appends a Metric message's fields; returns the number of points. */
size_t cspan_metric_write(cspan_buf *out, cspan_instrument *instrument,
                          const cspan_reading *reading);

/* Waits until no collection is under way, and is the one; its number, 0 after the deadline. */
uint64_t cspan_collection_begin(cspan_meter_provider *provider, int64_t deadline_ns);
void cspan_collection_end(cspan_meter_provider *provider);
/* Calls the callbacks. */
void cspan_collection_observe(cspan_meter_provider *provider, uint64_t collection);

#endif
