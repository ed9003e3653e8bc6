/* SPDX-License-Identifier: Apache-2.0 */
/* Measurements, on their way into the series. */
#include <math.h>

#include "base/log.h"
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/metrics/reader.h"
#include "telemetry/metrics/record_at.h"
#include "telemetry/metrics/thread_shard.h"

/* Of what each measurement goes through: a call of it would cost as much as what it does. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef struct measurement {
  cspan_num value;
  double number; /* the same, for buckets */
} measurement;

/* Where measurements come from, for exemplars. */
typedef struct moment {
  cspan_span span;
  int64_t time_ns;   /* 0: now */
  bool is_looked_up; /* what follows, by the first measurement that may need it */
  bool is_wanted;    /* as an exemplar; the ids are set then */
  uint8_t span_id[8];
  uint8_t trace_id[16]; /* zero: there is no span */
} moment;

ALWAYS_INLINE void moment_init(moment *out, const cspan_context *context, int64_t time_ns) {
  bool has_span = context != NULL && context->span.slot != NULL;
  out->span = has_span ? context->span : cspan_thread.current.span;
  out->time_ns = time_ns;
  out->is_looked_up = false;
}

static __attribute__((noinline)) void warn_once(cspan_instrument *instrument, const char *what) {
  if (!atomic_flag_test_and_set(&instrument->warned)) {
    cspan_log(CSPAN_LOG_WARN, "the metric %s: %s; said once", instrument->name, what);
  }
}

static bool is_off(const cspan_instrument *instrument) {
  return instrument == NULL ||
         atomic_load_explicit(&instrument->provider->is_inert, memory_order_relaxed);
}

static int64_t rounded(double value) {
  if (value >= 9223372036854775807.0) {
    return INT64_MAX;
  }
  return value <= -9223372036854775808.0 ? INT64_MIN : llround(value);
}

/* Or no number at all. */
static bool may_be_infinite(const cspan_instrument *instrument) {
  return (instrument->kind == CSPAN_GAUGE || instrument->kind == CSPAN_OBSERVABLE_GAUGE) &&
         instrument->number == CSPAN_NUMBER_DOUBLE;
}

/* False for a value that does not count. */
static bool take_int64(cspan_instrument *instrument, int64_t value, measurement *out) {
  if (value < 0 && cspan_instrument_adds(instrument)) {
    warn_once(instrument, "a negative value was given to a counter and is ignored");
    return false;
  }
  out->number = (double)value;
  if (instrument->number == CSPAN_NUMBER_DOUBLE) {
    out->value.d = out->number;
  } else {
    out->value.u = (uint64_t)value;
  }
  return true;
}

static bool take_double(cspan_instrument *instrument, double value, measurement *out) {
  if (!isfinite(value) && !may_be_infinite(instrument)) {
    warn_once(instrument, "a value that is no finite number is ignored");
    return false;
  }
  if (value < 0 && cspan_instrument_adds(instrument)) {
    warn_once(instrument, "a negative value was given to a counter and is ignored");
    return false;
  }
  out->number = value;
  if (instrument->number == CSPAN_NUMBER_DOUBLE) {
    out->value.d = value;
  } else {
    out->value.u = (uint64_t)rounded(value);
  }
  return true;
}

/* --------------------------------------------------------------- exemplars */

/* The ids of a span, which may have ended; whether it is sampled. */
static bool take_ids(cspan_span span, moment *out) {
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot != NULL) {
    bool is_sampled = (slot->context.trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0;
    memcpy(out->trace_id, slot->context.trace_id, sizeof out->trace_id);
    memcpy(out->span_id, slot->context.span_id, sizeof out->span_id);
    cspan_slot_unlock(slot);
    return is_sampled;
  }
  cspan_span_context context;
  cspan_span_get_context(span, &context);
  memcpy(out->trace_id, context.trace_id, sizeof out->trace_id);
  memcpy(out->span_id, context.span_id, sizeof out->span_id);
  return cspan_span_context_is_sampled(&context);
}

static __attribute__((noinline)) bool look_up_span(cspan_span span, bool is_traced, moment *from) {
  if (!take_ids(span, from) && is_traced) {
    return false;
  }
  from->time_ns = from->time_ns != 0 ? from->time_ns : cspan_unix_ns();
  return true;
}

ALWAYS_INLINE bool look_up(const cspan_meter_provider *provider, moment *from) {
  bool is_traced = provider->exemplar_filter == CSPAN_EXEMPLAR_TRACE_BASED;
  return (from->span.slot != NULL || !is_traced) && look_up_span(from->span, is_traced, from);
}

static bool is_wanted(const cspan_series *series, moment *from) {
  if (!from->is_looked_up) {
    from->is_wanted = look_up(series->instrument->provider, from);
    from->is_looked_up = true;
  }
  return from->is_wanted;
}

ALWAYS_INLINE bool is_next(cspan_exemplar_place *place) {
  uint32_t seen = atomic_load_explicit(&place->seen, memory_order_relaxed);
  seen += seen < UINT32_MAX;
  atomic_store_explicit(&place->seen, seen, memory_order_relaxed);
  return seen >= atomic_load_explicit(&place->next, memory_order_relaxed);
}

/* After the n-th was kept, none of those up to the m-th is with a probability of n / m. */
static uint32_t draw_next(uint32_t seen) {
  double next = floor(seen / (1 - cspan_random_unit())) + 1;
  return next < UINT32_MAX ? (uint32_t)next : UINT32_MAX;
}

static __attribute__((noinline)) void put_exemplar(cspan_series *series, uint32_t bucket,
                                                   cspan_num value, const moment *from) {
  cspan_exemplar_place *place = &series->exemplars[bucket];
  cspan_exemplar *exemplar = &place->kept;
  cspan_metric_lock(&series->exemplar_lock);
  uint32_t seen = atomic_load_explicit(&place->seen, memory_order_relaxed);
  exemplar->time_ns = from->time_ns;
  exemplar->value = value;
  memcpy(exemplar->trace_id, from->trace_id, sizeof exemplar->trace_id);
  memcpy(exemplar->span_id, from->span_id, sizeof exemplar->span_id);
  exemplar->reported = 0;
  atomic_store_explicit(&place->next, draw_next(seen), memory_order_relaxed);
  cspan_metric_unlock(&series->exemplar_lock);
}

/* Whose span records is most often sampled: it need not be looked up to know that its turn has not
 * come. Whatever else the filter keeps out has no turn. */
ALWAYS_INLINE void keep_exemplar(cspan_series *series, uint32_t bucket, cspan_num value,
                                 moment *from) {
  cspan_exemplar_place *place = &series->exemplars[bucket];
  bool records = (from->span.generation & SLOT_RECORDING) != 0;
  if (records ? is_next(place) && is_wanted(series, from)
              : is_wanted(series, from) && is_next(place)) {
    put_exemplar(series, bucket, value, from);
  }
}

/* ---------------------------------------------------------------- recording */

/* The first bucket whose upper bound is not below the value. */
static __attribute__((noinline)) uint32_t find_bucket(const cspan_instrument *instrument,
                                                      double value) {
  uint32_t first = 0;
  uint32_t count = instrument->bucket_count - 1;
  while (count > 0) {
    uint32_t half = count / 2;
    if (instrument->boundaries[first + half] < value) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

static inline bool is_in_bucket(const cspan_instrument *instrument, uint32_t bucket, double value) {
  return (bucket == 0 || instrument->boundaries[bucket - 1] < value) &&
         (bucket == instrument->bucket_count - 1 || value <= instrument->boundaries[bucket]);
}

ALWAYS_INLINE uint32_t add_to_histogram(const cspan_instrument *instrument, cspan_shard *shard,
                                        double value) {
  const cspan_meter_provider *provider = instrument->provider;
  cspan_extremes *extremes = cspan_shard_extremes(shard);
  for (size_t r = 0; r < provider->reader_count; r++) {
    extremes[r].min = value < extremes[r].min ? value : extremes[r].min;
    extremes[r].max = value > extremes[r].max ? value : extremes[r].max;
  }
  if (!is_in_bucket(instrument, shard->last_bucket, value)) {
    shard->last_bucket = find_bucket(instrument, value);
  }
  uint32_t bucket = shard->last_bucket;
  cspan_shard_buckets(shard, provider)[bucket]++;
  shard->sum.d += value;
  return bucket;
}

/* Unlocks the shard. */
ALWAYS_INLINE void finish(cspan_series *series, cspan_shard *shard, uint32_t bucket,
                          cspan_num value, moment *from) {
  const cspan_instrument *instrument = series->instrument;
  bool is_first = ++shard->updates == 1;
  if (instrument->exemplar_count > 0) {
    keep_exemplar(series, bucket, value, from);
  }
  cspan_metric_unlock(&shard->lock);
  if (is_first) {
    cspan_readers_start(instrument->provider);
  }
}

/* The shard is locked, and no longer when it returns. */
ALWAYS_INLINE void update(cspan_series *series, cspan_shard *shard, const measurement *m,
                          moment *from) {
  const cspan_instrument *instrument = series->instrument;
  uint32_t bucket = 0;
  if (instrument->bucket_count > 0) {
    bucket = add_to_histogram(instrument, shard, m->number);
  } else if (instrument->kind == CSPAN_GAUGE) {
    shard->sum = m->value;
  } else if (instrument->number == CSPAN_NUMBER_DOUBLE) {
    shard->sum.d += m->value.d;
  } else {
    shard->sum.u += m->value.u;
  }
  finish(series, shard, bucket, m->value, from);
}

static void record(cspan_instrument *instrument, const measurement *m, const cspan_context *context,
                   const cspan_attr *attributes, size_t count) {
  moment from;
  cspan_attr_set set;
  cspan_shard *shard;
  if (instrument->is_observable) {
    warn_once(instrument, "it is observable, and values are recorded to it outside of a callback");
    return;
  }
  cspan_attr_set_make(&set, attributes, count);
  cspan_series *series = cspan_series_get(instrument, &set, &shard);
  if (series != NULL) {
    moment_init(&from, context, 0);
    update(series, shard, m, &from);
  }
}

void cspan_record_int64(cspan_instrument *instrument, const cspan_context *context, int64_t value,
                        const cspan_attr *attributes, size_t attribute_count) {
  measurement m;
  if (!is_off(instrument) && take_int64(instrument, value, &m)) {
    record(instrument, &m, context, attributes, attribute_count);
  }
}

void cspan_record_double(cspan_instrument *instrument, const cspan_context *context, double value,
                         const cspan_attr *attributes, size_t attribute_count) {
  measurement m;
  if (!is_off(instrument) && take_double(instrument, value, &m)) {
    record(instrument, &m, context, attributes, attribute_count);
  }
}

/* ------------------------------------------------------------- bound series */

static void record_bound(cspan_series *series, const measurement *m, const cspan_context *context) {
  moment from;
  cspan_shard *shard = cspan_series_shard(series, cspan_thread_shard());
  moment_init(&from, context, 0);
  cspan_metric_lock(&shard->lock);
  update(series, shard, m, &from);
}

void cspan_series_record_int64(cspan_series *series, const cspan_context *context, int64_t value) {
  measurement m;
  if (series != NULL && !is_off(series->instrument) && take_int64(series->instrument, value, &m)) {
    record_bound(series, &m, context);
  }
}

void cspan_series_record_double(cspan_series *series, const cspan_context *context, double value) {
  measurement m;
  if (series != NULL && !is_off(series->instrument) && take_double(series->instrument, value, &m)) {
    record_bound(series, &m, context);
  }
}

/* What update() does, of the two kinds that there are here. */
ALWAYS_INLINE void add_occurrence(cspan_series *series, cspan_shard *shard, double seconds,
                                  moment *from) {
  const cspan_instrument *instrument = series->instrument;
  cspan_num value = {.u = 1};
  uint32_t bucket = 0;
  cspan_metric_lock(&shard->lock);
  if (instrument->bucket_count > 0) {
    value.d = seconds;
    bucket = add_to_histogram(instrument, shard, seconds);
  } else {
    shard->sum.u++;
  }
  finish(series, shard, bucket, value, from);
}

void cspan_series_record_occurrence(cspan_series *const *series, size_t count,
                                    const cspan_occurrence *occurrence) {
  moment from;
  double seconds = occurrence->seconds;
  uint32_t thread = cspan_thread_shard();
  moment_init(&from, occurrence->context, occurrence->time_ns);
  for (size_t i = 0; i < count && series[i] != NULL && !is_off(series[i]->instrument); i++) {
    add_occurrence(series[i], cspan_series_shard(series[i], thread), seconds, &from);
  }
}

/* Whatever is taken away meanwhile is made again: it is bound under the provider's lock, under
 * which series are forgotten. */
cspan_series *cspan_instrument_bind(cspan_instrument *instrument, const cspan_attr *attributes,
                                    size_t attribute_count) {
  cspan_attr_set set;
  if (instrument == NULL || instrument->is_observable) {
    return NULL;
  }
  cspan_attr_set_make(&set, attributes, attribute_count);
  pthread_mutex_lock(&instrument->provider->lock);
  cspan_series *series = cspan_series_bind(instrument, &set);
  pthread_mutex_unlock(&instrument->provider->lock);
  return series;
}

void cspan_series_release(cspan_series *series) {
  if (series != NULL) {
    pthread_mutex_lock(&series->instrument->provider->lock);
    series->bound--;
    pthread_mutex_unlock(&series->instrument->provider->lock);
  }
}

/* ------------------------------------------------------------- observations */

static void observe(cspan_observer *observer, cspan_instrument *instrument, const measurement *m,
                    const cspan_attr *attributes, size_t count) {
  cspan_attr_set set;
  cspan_shard *shard;
  if (!instrument->is_observable || instrument->meter != observer->meter) {
    warn_once(instrument, "it was observed, but is no observable instrument of the callback's "
                          "meter");
    return;
  }
  cspan_attr_set_make(&set, attributes, count);
  cspan_series *series = cspan_series_get(instrument, &set, &shard);
  if (series == NULL) {
    return;
  }
  /* Sets beyond the limit are added up. */
  bool is_overflow = series == atomic_load_explicit(&instrument->overflow, memory_order_relaxed) &&
                     series->observed == observer->collection &&
                     instrument->kind != CSPAN_OBSERVABLE_GAUGE;
  if (!is_overflow) {
    shard->sum = m->value;
  } else if (instrument->number == CSPAN_NUMBER_DOUBLE) {
    shard->sum.d += m->value.d;
  } else {
    shard->sum.u += m->value.u;
  }
  shard->updates++;
  series->observed = observer->collection;
  cspan_metric_unlock(&shard->lock);
}

void cspan_observe_int64(cspan_observer *observer, cspan_instrument *instrument, int64_t value,
                         const cspan_attr *attributes, size_t attribute_count) {
  measurement m;
  if (observer != NULL && !is_off(instrument) && take_int64(instrument, value, &m)) {
    observe(observer, instrument, &m, attributes, attribute_count);
  }
}

void cspan_observe_double(cspan_observer *observer, cspan_instrument *instrument, double value,
                          const cspan_attr *attributes, size_t attribute_count) {
  measurement m;
  if (observer != NULL && !is_off(instrument) && take_double(instrument, value, &m)) {
    observe(observer, instrument, &m, attributes, attribute_count);
  }
}
