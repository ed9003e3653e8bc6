/* SPDX-License-Identifier: Apache-2.0 */
/* Measurements, on their way into the series. */
#include <math.h>

#include "base/log.h"
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/metrics/reader.h"
#include "telemetry/metrics/record_at.h"
#include "telemetry/metrics/thread_shard.h"

typedef struct measurement {
  cspan_num value;
  double number; /* the same, for buckets */
  const cspan_context *context;
  int64_t time_ns; /* 0: now */
} measurement;

static void warn_once(cspan_instrument *instrument, const char *what) {
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
  bool is_gauge = instrument->kind == CSPAN_GAUGE || instrument->kind == CSPAN_OBSERVABLE_GAUGE;
  if (!isfinite(value) && !(is_gauge && instrument->number == CSPAN_NUMBER_DOUBLE)) {
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
static bool take_ids(cspan_span span, cspan_exemplar *out) {
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

static bool make_exemplar(const cspan_instrument *instrument, const measurement *m,
                          cspan_exemplar *out) {
  bool is_traced = instrument->provider->exemplar_filter == CSPAN_EXEMPLAR_TRACE_BASED;
  cspan_span span = m->context != NULL ? m->context->span : cspan_thread.current.span;
  if (span.slot == NULL && m->context != NULL) {
    span = cspan_thread.current.span;
  }
  if (span.slot == NULL && is_traced) {
    return false;
  }
  if (!take_ids(span, out) && is_traced) {
    return false;
  }
  out->time_ns = m->time_ns != 0 ? m->time_ns : cspan_unix_ns();
  out->value = m->value;
  out->reported = 0;
  return true;
}

/* The last one of each bucket is kept. */
static void keep_exemplar(cspan_series *series, uint32_t bucket, const cspan_exemplar *exemplar) {
  cspan_metric_lock(&series->exemplar_lock);
  series->exemplars[bucket] = *exemplar;
  cspan_metric_unlock(&series->exemplar_lock);
}

/* ---------------------------------------------------------------- recording */

/* The first bucket whose upper bound is not below the value. */
static uint32_t bucket_of(const cspan_instrument *instrument, double value) {
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

static uint32_t add_to_histogram(const cspan_instrument *instrument, cspan_shard *shard,
                                 double value) {
  const cspan_meter_provider *provider = instrument->provider;
  cspan_extremes *extremes = cspan_shard_extremes(shard);
  for (size_t r = 0; r < provider->reader_count; r++) {
    extremes[r].min = value < extremes[r].min ? value : extremes[r].min;
    extremes[r].max = value > extremes[r].max ? value : extremes[r].max;
  }
  uint32_t bucket = bucket_of(instrument, value);
  cspan_shard_buckets(shard, provider)[bucket]++;
  shard->sum.d += value;
  return bucket;
}

/* The shard is locked, and no longer when it returns. */
static void update(cspan_series *series, cspan_shard *shard, const measurement *m) {
  const cspan_instrument *instrument = series->instrument;
  cspan_exemplar exemplar;
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
  bool is_first = ++shard->updates == 1;
  if (instrument->exemplar_count > 0 && make_exemplar(instrument, m, &exemplar)) {
    keep_exemplar(series, bucket, &exemplar);
  }
  cspan_metric_unlock(&shard->lock);
  if (is_first) {
    cspan_readers_start(instrument->provider);
  }
}

static void record(cspan_instrument *instrument, const measurement *m, const cspan_attr *attributes,
                   size_t count) {
  cspan_attr_set set;
  cspan_shard *shard;
  if (instrument->is_observable) {
    warn_once(instrument, "it is observable, and values are recorded to it outside of a callback");
    return;
  }
  cspan_attr_set_make(&set, attributes, count);
  cspan_series *series = cspan_series_get(instrument, &set, &shard);
  if (series != NULL) {
    update(series, shard, m);
  }
}

void cspan_record_int64(cspan_instrument *instrument, const cspan_context *context, int64_t value,
                        const cspan_attr *attributes, size_t attribute_count) {
  measurement m = {.context = context};
  if (!is_off(instrument) && take_int64(instrument, value, &m)) {
    record(instrument, &m, attributes, attribute_count);
  }
}

void cspan_record_double(cspan_instrument *instrument, const cspan_context *context, double value,
                         const cspan_attr *attributes, size_t attribute_count) {
  measurement m = {.context = context};
  if (!is_off(instrument) && take_double(instrument, value, &m)) {
    record(instrument, &m, attributes, attribute_count);
  }
}

/* ------------------------------------------------------------- bound series */

static void record_bound(cspan_series *series, const measurement *m) {
  cspan_shard *shard = cspan_series_shard(series, cspan_thread_shard());
  cspan_metric_lock(&shard->lock);
  update(series, shard, m);
}

void cspan_series_record_int64_at(cspan_series *series, const cspan_context *context, int64_t value,
                                  int64_t time_ns) {
  measurement m = {.context = context, .time_ns = time_ns};
  if (series != NULL && !is_off(series->instrument) && take_int64(series->instrument, value, &m)) {
    record_bound(series, &m);
  }
}

void cspan_series_record_double_at(cspan_series *series, const cspan_context *context, double value,
                                   int64_t time_ns) {
  measurement m = {.context = context, .time_ns = time_ns};
  if (series != NULL && !is_off(series->instrument) && take_double(series->instrument, value, &m)) {
    record_bound(series, &m);
  }
}

void cspan_series_record_int64(cspan_series *series, const cspan_context *context, int64_t value) {
  cspan_series_record_int64_at(series, context, value, 0);
}

void cspan_series_record_double(cspan_series *series, const cspan_context *context, double value) {
  cspan_series_record_double_at(series, context, value, 0);
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
  measurement m = {.context = NULL};
  if (observer != NULL && !is_off(instrument) && take_int64(instrument, value, &m)) {
    observe(observer, instrument, &m, attributes, attribute_count);
  }
}

void cspan_observe_double(cspan_observer *observer, cspan_instrument *instrument, double value,
                          const cspan_attr *attributes, size_t attribute_count) {
  measurement m = {.context = NULL};
  if (observer != NULL && !is_off(instrument) && take_double(instrument, value, &m)) {
    observe(observer, instrument, &m, attributes, attribute_count);
  }
}
