/* SPDX-License-Identifier: Apache-2.0 */
/* What the series of an instrument come to, as data points of an OTLP Metric message. Field
 * numbers are those of opentelemetry/proto/metrics/v1/metrics.proto. */
#include <math.h>

#include "base/sys.h"
#include "telemetry/metrics/metric_core.h"
#include "telemetry/metrics/metric_write.h"
#include "telemetry/wire.h"

enum { METRIC_NAME = 0x0A, METRIC_DESCRIPTION = 0x12, METRIC_UNIT = 0x1A };
enum { METRIC_GAUGE = 0x2A, METRIC_SUM = 0x3A, METRIC_HISTOGRAM = 0x4A };
enum { DATA_POINTS = 0x0A, DATA_TEMPORALITY = 0x10, SUM_IS_MONOTONIC = 0x18 };
enum { TEMPORALITY_DELTA = 1, TEMPORALITY_CUMULATIVE = 2 };
/* Of both kinds of points. */
enum { POINT_START = 0x11, POINT_TIME = 0x19 };
enum { NUMBER_DOUBLE = 0x21, NUMBER_EXEMPLARS = 0x2A, NUMBER_INT = 0x31 };
enum {
  HISTOGRAM_COUNT = 0x21,
  HISTOGRAM_SUM = 0x29,
  HISTOGRAM_BUCKETS = 0x32,
  HISTOGRAM_BOUNDARIES = 0x3A,
  HISTOGRAM_EXEMPLARS = 0x42,
  HISTOGRAM_MIN = 0x59,
  HISTOGRAM_MAX = 0x61
};
enum {
  EXEMPLAR_TIME = 0x11,
  EXEMPLAR_DOUBLE = 0x19,
  EXEMPLAR_SPAN = 0x22,
  EXEMPLAR_TRACE = 0x2A,
  EXEMPLAR_INT = 0x31
};

/* A series at one time. */
typedef struct point {
  const cspan_attr_key *key;
  int64_t start_ns;
  uint64_t updates;
  cspan_num sum;
  cspan_extremes extremes;
  uint64_t buckets[CSPAN_BUCKETS_MAX];
} point;

/* ---------------------------------------------------------------- adding up */

static void add_num(const cspan_instrument *instrument, cspan_num *to, cspan_num value) {
  if (instrument->number == CSPAN_NUMBER_DOUBLE || instrument->bucket_count > 0) {
    to->d += value.d;
  } else {
    to->u += value.u;
  }
}

static void add_histogram(const cspan_instrument *instrument, cspan_shard *shard,
                          const cspan_reading *reading, point *p) {
  cspan_extremes *extremes = &cspan_shard_extremes(shard)[reading->reader];
  const uint64_t *buckets = cspan_shard_buckets(shard, instrument->provider);
  p->extremes.min = extremes->min < p->extremes.min ? extremes->min : p->extremes.min;
  p->extremes.max = extremes->max > p->extremes.max ? extremes->max : p->extremes.max;
  for (uint32_t i = 0; i < instrument->bucket_count; i++) {
    p->buckets[i] += buckets[i];
  }
  if (reading->is_delta) {
    *extremes = (cspan_extremes){INFINITY, -INFINITY};
  }
}

/* False for a series that is not in use. */
static bool add_shards(cspan_series *series, const cspan_reading *reading, point *p) {
  const cspan_instrument *instrument = series->instrument;
  for (uint32_t i = 0; i <= instrument->shard_mask; i++) {
    cspan_shard *shard = cspan_series_shard(series, i);
    cspan_metric_lock(&shard->lock);
    p->key = series->key;
    if (p->key != NULL) {
      p->updates += shard->updates;
      add_num(instrument, &p->sum, shard->sum);
      if (instrument->bucket_count > 0) {
        add_histogram(instrument, shard, reading, p);
      }
    }
    cspan_metric_unlock(&shard->lock);
    if (p->key == NULL) {
      return false;
    }
  }
  return true;
}

/* What has come since the reader's last collection; it is remembered as reported. */
static void subtract_prior(cspan_series *series, const cspan_reading *reading, point *p) {
  const cspan_instrument *instrument = series->instrument;
  cspan_prior *prior = cspan_series_prior(series, reading->reader);
  cspan_prior before = *prior;
  *prior = (cspan_prior){.updates = p->updates, .sum = p->sum};
  p->updates -= before.updates;
  for (uint32_t i = 0; i < instrument->bucket_count; i++) {
    uint64_t total = p->buckets[i];
    p->buckets[i] -= cspan_prior_buckets(prior)[i];
    cspan_prior_buckets(prior)[i] = total;
  }
  if (instrument->kind == CSPAN_GAUGE || instrument->kind == CSPAN_OBSERVABLE_GAUGE) {
    return;
  }
  if (instrument->number == CSPAN_NUMBER_DOUBLE || instrument->bucket_count > 0) {
    /* An observed sum that fell began anew. */
    p->sum.d -= instrument->is_observable && p->sum.d < before.sum.d ? 0 : before.sum.d;
  } else if (!instrument->is_observable || (int64_t)p->sum.u >= (int64_t)before.sum.u) {
    p->sum.u -= before.sum.u;
  }
}

/* False where there is nothing to tell. */
static bool read_series(cspan_series *series, const cspan_reading *reading, point *p) {
  const cspan_instrument *instrument = series->instrument;
  p->updates = 0;
  p->sum.u = 0;
  p->extremes = (cspan_extremes){INFINITY, -INFINITY};
  memset(p->buckets, 0, instrument->bucket_count * sizeof(uint64_t));
  if (!add_shards(series, reading, p) ||
      (instrument->is_observable && series->observed != reading->collection)) {
    return false;
  }
  p->start_ns = series->start_ns;
  if (reading->is_delta) {
    int64_t last = instrument->collected_ns[reading->reader];
    p->start_ns = last != 0 ? last : instrument->created_ns;
    subtract_prior(series, reading, p);
  }
  if (p->updates == 0) {
    return false;
  }
  series->observed = reading->collection;
  return true;
}

/* ----------------------------------------------------------------- writing */

static void write_num(cspan_buf *out, const cspan_instrument *instrument, uint8_t int_tag,
                      uint8_t double_tag, cspan_num value) {
  cspan_pb_put_fixed64(out, instrument->number == CSPAN_NUMBER_DOUBLE ? double_tag : int_tag,
                       value.u);
}

static bool is_set(const uint8_t *id, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (id[i] != 0) {
      return true;
    }
  }
  return false;
}

static void write_exemplar(cspan_buf *out, const cspan_instrument *instrument, uint8_t tag,
                           const cspan_exemplar *exemplar) {
  size_t body = cspan_pb_put_open(out, tag);
  cspan_pb_put_fixed64(out, EXEMPLAR_TIME, (uint64_t)exemplar->time_ns);
  write_num(out, instrument, EXEMPLAR_INT, EXEMPLAR_DOUBLE, exemplar->value);
  if (is_set(exemplar->trace_id, sizeof exemplar->trace_id)) {
    cspan_pb_put_bytes(out, EXEMPLAR_SPAN, exemplar->span_id, sizeof exemplar->span_id);
    cspan_pb_put_bytes(out, EXEMPLAR_TRACE, exemplar->trace_id, sizeof exemplar->trace_id);
  }
  cspan_pb_put_close(out, body);
}

/* Each reader gets an exemplar once. */
static void write_exemplars(cspan_buf *out, cspan_series *series, const cspan_reading *reading,
                            uint8_t tag) {
  uint32_t bit = UINT32_C(1) << reading->reader;
  for (uint32_t i = 0; i < series->instrument->exemplar_count; i++) {
    cspan_exemplar_place *place = &series->exemplars[i];
    cspan_metric_lock(&series->exemplar_lock);
    cspan_exemplar exemplar = place->kept;
    place->kept.reported |= bit;
    atomic_store_explicit(&place->seen, 0, memory_order_relaxed);
    atomic_store_explicit(&place->next, 0, memory_order_relaxed);
    cspan_metric_unlock(&series->exemplar_lock);
    if (exemplar.time_ns != 0 && (exemplar.reported & bit) == 0) {
      write_exemplar(out, series->instrument, tag, &exemplar);
    }
  }
}

static void write_packed(cspan_buf *out, uint8_t tag, const void *words, size_t count) {
  const uint8_t *at = words;
  uint8_t head[1 + WIRE_VARINT_MAX];
  head[0] = tag;
  const uint8_t *end = wire_varint(head + 1, count * sizeof(uint64_t));
  cspan_buf_append(out, head, (size_t)(end - head));
  for (size_t i = 0; i < count; i++) {
    uint8_t word[8];
    wire_fixed64(word, wire_load64(at + i * sizeof word));
    cspan_buf_append(out, word, sizeof word);
  }
}

static void write_histogram(cspan_buf *out, cspan_series *series, const cspan_reading *reading,
                            const point *p) {
  const cspan_instrument *instrument = series->instrument;
  cspan_pb_put_fixed64(out, HISTOGRAM_COUNT, p->updates);
  cspan_pb_put_double(out, HISTOGRAM_SUM, p->sum.d);
  write_packed(out, HISTOGRAM_BUCKETS, p->buckets, instrument->bucket_count);
  if (instrument->bucket_count > 1) {
    write_packed(out, HISTOGRAM_BOUNDARIES, instrument->boundaries, instrument->bucket_count - 1);
  }
  write_exemplars(out, series, reading, HISTOGRAM_EXEMPLARS);
  cspan_pb_put_double(out, HISTOGRAM_MIN, p->extremes.min);
  cspan_pb_put_double(out, HISTOGRAM_MAX, p->extremes.max);
}

static void write_point(cspan_buf *out, cspan_series *series, const cspan_reading *reading,
                        const point *p) {
  const cspan_instrument *instrument = series->instrument;
  size_t body = cspan_pb_put_open(out, DATA_POINTS);
  cspan_pb_put_fixed64(out, POINT_START, (uint64_t)p->start_ns);
  cspan_pb_put_fixed64(out, POINT_TIME, (uint64_t)reading->now_ns);
  if (instrument->bucket_count > 0) {
    write_histogram(out, series, reading, p);
  } else {
    write_num(out, instrument, NUMBER_INT, NUMBER_DOUBLE, p->sum);
    write_exemplars(out, series, reading, NUMBER_EXEMPLARS);
  }
  cspan_buf_append(out, p->key->wire, p->key->wire_len);
  cspan_pb_put_close(out, body);
}

static size_t write_points(cspan_buf *out, cspan_instrument *instrument,
                           const cspan_reading *reading) {
  point p;
  size_t count = 0;
  cspan_series *series = atomic_load_explicit(&instrument->all, memory_order_acquire);
  for (; series != NULL; series = series->next_of_all) {
    if (read_series(series, reading, &p)) {
      write_point(out, series, reading, &p);
      count++;
    }
  }
  return count;
}

static void evict_idle(cspan_instrument *instrument, uint64_t collection) {
  pthread_mutex_lock(&instrument->provider->lock);
  cspan_series *series = atomic_load_explicit(&instrument->all, memory_order_relaxed);
  for (; series != NULL; series = series->next_of_all) {
    cspan_series_evict_if_idle(series, collection);
  }
  pthread_mutex_unlock(&instrument->provider->lock);
}

size_t cspan_metric_write(cspan_buf *out, cspan_instrument *instrument,
                          const cspan_reading *reading) {
  bool is_gauge = instrument->kind == CSPAN_GAUGE || instrument->kind == CSPAN_OBSERVABLE_GAUGE;
  uint8_t data_tag = instrument->bucket_count > 0 ? METRIC_HISTOGRAM
                     : is_gauge                   ? METRIC_GAUGE
                                                  : METRIC_SUM;
  cspan_pb_put_text(out, METRIC_NAME, instrument->name);
  cspan_pb_put_text(out, METRIC_DESCRIPTION, instrument->description);
  cspan_pb_put_text(out, METRIC_UNIT, instrument->unit);
  size_t data = cspan_pb_put_open(out, data_tag);
  size_t count = write_points(out, instrument, reading);
  if (!is_gauge) {
    cspan_pb_put_varint(out, DATA_TEMPORALITY,
                        reading->is_delta ? TEMPORALITY_DELTA : TEMPORALITY_CUMULATIVE);
  }
  if (cspan_instrument_adds(instrument)) {
    cspan_pb_put_varint(out, SUM_IS_MONOTONIC, 1);
  }
  cspan_pb_put_close(out, data);
  if (instrument->evicts) {
    evict_idle(instrument, reading->collection);
  }
  instrument->collected_ns[reading->reader] = reading->now_ns;
  return count;
}
