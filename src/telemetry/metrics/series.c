/* SPDX-License-Identifier: Apache-2.0 */
/* The series of an instrument: a hash table by attribute set, looked up without a lock. What is
 * found is checked under the lock of the shard that is recorded to, so that a series may be taken
 * away and used again for another set. */
#include <math.h>
#include <sched.h>

#include "base/alloc.h"
#include "base/sys.h"
#include "telemetry/metrics/metric_core.h"
#include "telemetry/metrics/thread_shard.h"

enum { FIRST_HEADS = 16, ALIGNMENT = 64 };
/* The field `attributes` of HistogramDataPoint and NumberDataPoint. */
enum { TAG_HISTOGRAM_ATTRIBUTES = 0x4A, TAG_NUMBER_ATTRIBUTES = 0x3A };

void cspan_metric_spin(void) {
  sched_yield();
}

/* ---------------------------------------------------------------- lookup */

static cspan_series *find(const cspan_instrument *instrument, const cspan_attr_set *set,
                          uint32_t thread, cspan_shard **locked) {
  cspan_series_table *table = atomic_load_explicit(&instrument->table, memory_order_acquire);
  cspan_series *series =
      atomic_load_explicit(&table->heads[set->hash & table->mask], memory_order_acquire);
  for (; series != NULL; series = atomic_load_explicit(&series->next, memory_order_acquire)) {
    if (atomic_load_explicit(&series->hash, memory_order_relaxed) != set->hash) {
      continue;
    }
    cspan_shard *shard = cspan_series_shard(series, thread);
    cspan_metric_lock(&shard->lock);
    if (series->key != NULL && cspan_attr_key_equals(series->key, set)) {
      *locked = shard;
      return series;
    }
    cspan_metric_unlock(&shard->lock);
  }
  return NULL;
}

static void link_series(cspan_series_table *table, cspan_series *series) {
  uint32_t hash = atomic_load_explicit(&series->hash, memory_order_relaxed);
  _Atomic(cspan_series *) *head = &table->heads[hash & table->mask];
  cspan_series *first = atomic_load_explicit(head, memory_order_relaxed);
  atomic_store_explicit(&series->next, first, memory_order_release);
  atomic_store_explicit(head, series, memory_order_release);
}

static cspan_series_table *table_create(uint32_t heads) {
  cspan_series_table *table =
      cspan_calloc(1, sizeof *table + heads * sizeof(_Atomic(cspan_series *)));
  if (table != NULL) {
    table->mask = heads - 1;
  }
  return table;
}

bool cspan_instrument_init_table(cspan_instrument *instrument) {
  cspan_series_table *table = table_create(FIRST_HEADS);
  atomic_init(&instrument->table, table);
  return table != NULL;
}

/* A thread that walks a chain meanwhile may miss a series; it looks again under the lock. The old
 * table stays, as such a thread may still read it; all of them are no larger than the last. */
static void grow_table(cspan_instrument *instrument) {
  cspan_series_table *old = atomic_load_explicit(&instrument->table, memory_order_relaxed);
  if (instrument->series_count <= old->mask) {
    return;
  }
  cspan_series_table *table = table_create((old->mask + 1) * 2);
  if (table == NULL) {
    return; /* longer chains will do */
  }
  table->older = old;
  cspan_series *series = atomic_load_explicit(&instrument->all, memory_order_relaxed);
  for (; series != NULL; series = series->next_of_all) {
    if (series->key != NULL) {
      link_series(table, series);
    }
  }
  atomic_store_explicit(&instrument->table, table, memory_order_release);
}

/* ------------------------------------------------------------ new and reused */

static void clear(cspan_series *series) {
  const cspan_instrument *instrument = series->instrument;
  const cspan_meter_provider *provider = instrument->provider;
  for (uint32_t i = 0; i <= instrument->shard_mask; i++) {
    cspan_shard *shard = cspan_series_shard(series, i);
    shard->updates = 0;
    shard->sum.u = 0;
    if (instrument->bucket_count > 0) {
      for (size_t r = 0; r < provider->reader_count; r++) {
        cspan_shard_extremes(shard)[r] = (cspan_extremes){INFINITY, -INFINITY};
      }
      memset(cspan_shard_buckets(shard, provider), 0, instrument->bucket_count * sizeof(uint64_t));
    }
  }
  memset(series->priors, 0, instrument->prior_size * provider->reader_count);
  if (instrument->exemplar_count > 0) {
    memset(series->exemplars, 0, instrument->exemplar_count * sizeof *series->exemplars);
  }
  series->observed = 0;
}

static cspan_series *series_create(cspan_instrument *instrument) {
  size_t priors = instrument->prior_size * instrument->provider->reader_count;
  size_t exemplars = instrument->exemplar_count * sizeof(cspan_exemplar_place);
  size_t shards = instrument->shard_size * (instrument->shard_mask + 1);
  cspan_series *series =
      cspan_calloc(1, sizeof *series + priors + exemplars + shards + ALIGNMENT - 1);
  if (series == NULL) {
    return NULL;
  }
  uint8_t *at = (uint8_t *)(series + 1);
  series->instrument = instrument;
  series->priors = (cspan_prior *)(void *)at;
  series->exemplars = (cspan_exemplar_place *)(void *)(at + priors);
  at += priors + exemplars;
  series->shards = at + (ALIGNMENT - (uintptr_t)at % ALIGNMENT) % ALIGNMENT;
  clear(series);
  series->next_of_all = atomic_load_explicit(&instrument->all, memory_order_relaxed);
  atomic_store_explicit(&instrument->all, series, memory_order_release);
  return series;
}

static void lock_all(cspan_series *series) {
  for (uint32_t i = 0; i <= series->instrument->shard_mask; i++) {
    cspan_metric_lock(&cspan_series_shard(series, i)->lock);
  }
}

static void unlock_all(cspan_series *series) {
  for (uint32_t i = 0; i <= series->instrument->shard_mask; i++) {
    cspan_metric_unlock(&cspan_series_shard(series, i)->lock);
  }
}

/* The start of a series that is observed for the first time is when it was not there yet. */
static int64_t start_of(const cspan_instrument *instrument) {
  int64_t start = instrument->is_observable ? instrument->created_ns : cspan_unix_ns();
  for (size_t r = 0; instrument->is_observable && r < instrument->provider->reader_count; r++) {
    start = instrument->collected_ns[r] > start ? instrument->collected_ns[r] : start;
  }
  return start;
}

static cspan_series *add(cspan_instrument *instrument, const cspan_attr_set *set) {
  uint8_t tag = instrument->bucket_count > 0 ? TAG_HISTOGRAM_ATTRIBUTES : TAG_NUMBER_ATTRIBUTES;
  cspan_attr_key *key = cspan_attr_key_create(set, tag);
  cspan_series *series = key != NULL ? instrument->unused : NULL;
  if (series != NULL) {
    instrument->unused = series->next_unused;
  } else if (key == NULL || (series = series_create(instrument)) == NULL) {
    cspan_free(key);
    return NULL;
  }
  lock_all(series);
  series->key = key;
  series->start_ns = start_of(instrument);
  atomic_store_explicit(&series->hash, set->hash, memory_order_relaxed);
  unlock_all(series);
  link_series(atomic_load_explicit(&instrument->table, memory_order_relaxed), series);
  return series;
}

static cspan_series *add_overflow(cspan_instrument *instrument) {
  cspan_series *series = atomic_load_explicit(&instrument->overflow, memory_order_relaxed);
  if (series == NULL) {
    const cspan_attr attr = cspan_attr_bool("otel.metric.overflow", true);
    cspan_attr_set set;
    cspan_attr_set_make(&set, &attr, 1);
    series = add(instrument, &set);
    atomic_store_explicit(&instrument->overflow, series, memory_order_release);
  }
  return series;
}

static cspan_series *find_or_add(cspan_instrument *instrument, cspan_attr_set *set, uint32_t thread,
                                 cspan_shard **locked) {
  cspan_attr_set_clean(set);
  cspan_series *series = find(instrument, set, thread, locked);
  if (series != NULL) {
    return series;
  }
  if (instrument->series_count + 1 >= instrument->provider->cardinality_limit) {
    series = add_overflow(instrument);
  } else if ((series = add(instrument, set)) != NULL) {
    instrument->series_count++;
    grow_table(instrument);
  }
  if (series != NULL) {
    *locked = cspan_series_shard(series, thread);
    cspan_metric_lock(&(*locked)->lock);
  }
  return series;
}

cspan_series *cspan_series_get(cspan_instrument *instrument, cspan_attr_set *set,
                               cspan_shard **locked) {
  uint32_t thread = cspan_thread_shard();
  cspan_series *series = find(instrument, set, thread, locked);
  if (series != NULL) {
    return series;
  }
  /* Once there are too many it stays so, unless series are forgotten. */
  series = atomic_load_explicit(&instrument->overflow, memory_order_acquire);
  if (series != NULL && !instrument->evicts) {
    *locked = cspan_series_shard(series, thread);
    cspan_metric_lock(&(*locked)->lock);
    return series;
  }
  pthread_mutex_lock(&instrument->provider->lock);
  series = find_or_add(instrument, set, thread, locked);
  pthread_mutex_unlock(&instrument->provider->lock);
  return series;
}

cspan_series *cspan_series_bind(cspan_instrument *instrument, cspan_attr_set *set) {
  cspan_shard *shard;
  cspan_series *series = find_or_add(instrument, set, 0, &shard);
  if (series != NULL) {
    series->bound++;
    cspan_metric_unlock(&shard->lock);
  }
  return series;
}

/* ------------------------------------------------------------- and forgotten */

static bool is_idle(cspan_series *series, uint64_t collection) {
  const cspan_instrument *instrument = series->instrument;
  if (instrument->is_observable) {
    return series->observed != collection;
  }
  uint64_t updates = 0;
  for (uint32_t i = 0; i <= instrument->shard_mask; i++) {
    updates += cspan_series_shard(series, i)->updates;
  }
  for (size_t r = 0; r < instrument->provider->reader_count; r++) {
    if (cspan_series_prior(series, r)->updates != updates) {
      return false;
    }
  }
  return true;
}

static void unlink_series(cspan_instrument *instrument, cspan_series *series) {
  cspan_series_table *table = atomic_load_explicit(&instrument->table, memory_order_relaxed);
  uint32_t hash = atomic_load_explicit(&series->hash, memory_order_relaxed);
  _Atomic(cspan_series *) *at = &table->heads[hash & table->mask];
  cspan_series *found;
  while ((found = atomic_load_explicit(at, memory_order_relaxed)) != series) {
    at = &found->next;
  }
  atomic_store_explicit(at, atomic_load_explicit(&series->next, memory_order_relaxed),
                        memory_order_release);
}

void cspan_series_evict_if_idle(cspan_series *series, uint64_t collection) {
  cspan_instrument *instrument = series->instrument;
  lock_all(series);
  cspan_attr_key *key = series->key;
  if (key == NULL || series->bound > 0 || !is_idle(series, collection)) {
    unlock_all(series);
    return;
  }
  unlink_series(instrument, series);
  clear(series);
  series->key = NULL;
  unlock_all(series);
  cspan_free(key);
  series->next_unused = instrument->unused;
  instrument->unused = series;
  if (series == atomic_load_explicit(&instrument->overflow, memory_order_relaxed)) {
    atomic_store_explicit(&instrument->overflow, NULL, memory_order_relaxed);
  } else {
    instrument->series_count--;
  }
}

void cspan_instrument_restart(cspan_instrument *instrument, int64_t now_ns) {
  instrument->created_ns = now_ns;
  memset(instrument->collected_ns, 0, sizeof instrument->collected_ns);
  cspan_series *series = atomic_load_explicit(&instrument->all, memory_order_relaxed);
  for (; series != NULL; series = series->next_of_all) {
    for (uint32_t i = 0; i <= instrument->shard_mask; i++) {
      cspan_metric_unlock(&cspan_series_shard(series, i)->lock);
    }
    cspan_metric_unlock(&series->exemplar_lock);
    clear(series);
    series->start_ns = now_ns;
  }
}

void cspan_instrument_free_series(cspan_instrument *instrument) {
  cspan_series *series = atomic_load_explicit(&instrument->all, memory_order_relaxed);
  while (series != NULL) {
    cspan_series *next = series->next_of_all;
    cspan_free(series->key);
    cspan_free(series);
    series = next;
  }
  cspan_series_table *table = atomic_load_explicit(&instrument->table, memory_order_relaxed);
  while (table != NULL) {
    cspan_series_table *older = table->older;
    cspan_free(table);
    table = older;
  }
}
