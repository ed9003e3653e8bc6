/* SPDX-License-Identifier: Apache-2.0 */
/* A collection: the callbacks, then every instrument's points, as export requests. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "telemetry/metrics/metric_core.h"
#include "telemetry/metrics/metric_write.h"

/* Fields of ExportMetricsServiceRequest, ResourceMetrics, ScopeMetrics. */
enum { RESOURCE_METRICS = 0x0A, RESOURCE = 0x0A, SCOPE_METRICS = 0x12, SCHEMA_URL = 0x1A };
enum { SCOPE = 0x0A, METRICS = 0x12 };
/* Receivers of gRPC take 4 MiB by default; requests are parted between metrics. */
enum { REQUEST_BYTES = 4000000, BUF_BYTES_MAX = 64 << 20 };

typedef struct collection {
  cspan_meter_provider *provider;
  cspan_temporality temporality;
  cspan_reading reading;
  cspan_collected *out;
  cspan_buf request;
  cspan_buf metric;
  size_t points;      /* in the request */
  size_t resource_at; /* bodies that are open; 0: none */
  size_t scope_at;
  cspan_status status;
} collection;

/* ------------------------------------------------------------- who collects */

uint64_t cspan_collection_begin(cspan_meter_provider *provider, int64_t deadline_ns) {
  uint64_t number = 0;
  pthread_mutex_lock(&provider->lock);
  while (provider->is_collecting && cspan_now_ns() < deadline_ns) {
    cspan_cond_wait_until(&provider->collected, &provider->lock, deadline_ns);
  }
  if (!provider->is_collecting) {
    provider->is_collecting = true;
    provider->collector = pthread_self();
    number = ++provider->collections;
  }
  pthread_mutex_unlock(&provider->lock);
  return number;
}

void cspan_collection_end(cspan_meter_provider *provider) {
  pthread_mutex_lock(&provider->lock);
  provider->is_collecting = false;
  cspan_callbacks_sweep(provider);
  pthread_cond_broadcast(&provider->collected);
  pthread_mutex_unlock(&provider->lock);
}

/* ----------------------------------------------------------------- requests */

static void fail(collection *c, cspan_status status) {
  if (c->status == CSPAN_OK) {
    c->status = status;
  }
}

static void close_scope(collection *c, const cspan_meter *meter) {
  if (c->scope_at != 0) {
    cspan_pb_put_text(&c->request, SCHEMA_URL, meter->schema_url);
    cspan_pb_put_close(&c->request, c->scope_at);
    c->scope_at = 0;
  }
}

static void open_scope(collection *c, const cspan_meter *meter) {
  if (c->resource_at == 0) {
    c->resource_at = cspan_pb_put_open(&c->request, RESOURCE_METRICS);
    cspan_pb_put_bytes(&c->request, RESOURCE, c->provider->resource.bytes,
                       c->provider->resource.size_bytes);
  }
  if (c->scope_at == 0) {
    c->scope_at = cspan_pb_put_open(&c->request, SCOPE_METRICS);
    cspan_meter_write_scope(meter, &c->request, SCOPE);
  }
}

static bool add_batch(cspan_collected *out, const cspan_metric_batch *batch) {
  cspan_metric_batch *batches =
      cspan_realloc(out->batches, (out->count + 1) * sizeof *out->batches);
  if (batches == NULL) {
    return false;
  }
  out->batches = batches;
  out->batches[out->count++] = *batch;
  return true;
}

/* The scope is closed. */
static void finish_request(collection *c) {
  if (c->resource_at == 0) {
    return;
  }
  cspan_pb_put_text(&c->request, SCHEMA_URL, c->provider->resource.schema_url);
  cspan_pb_put_close(&c->request, c->resource_at);
  c->resource_at = 0;
  cspan_status status = cspan_buf_status(&c->request);
  cspan_metric_batch batch = {.point_count = c->points};
  c->points = 0;
  if (status == CSPAN_OK) {
    batch.request = (uint8_t *)cspan_buf_take(&c->request, &batch.request_size_bytes);
    if (!add_batch(c->out, &batch)) {
      cspan_free((void *)batch.request);
      status = CSPAN_ERR_NOMEM;
    }
  }
  cspan_buf_free(&c->request);
  if (status != CSPAN_OK) {
    fail(c, status);
  }
}

static void collect_instrument(collection *c, cspan_instrument *instrument) {
  cspan_buf_clear(&c->metric);
  c->reading.is_delta = cspan_temporality_is_delta(c->temporality, instrument->kind);
  size_t points = cspan_metric_write(&c->metric, instrument, &c->reading);
  if (points == 0) {
    return;
  }
  if (cspan_buf_status(&c->metric) != CSPAN_OK) {
    fail(c, cspan_buf_status(&c->metric));
    return;
  }
  if (c->request.len > 0 && c->request.len + c->metric.len > REQUEST_BYTES) {
    close_scope(c, instrument->meter);
    finish_request(c);
  }
  open_scope(c, instrument->meter);
  cspan_pb_put_bytes(&c->request, METRICS, c->metric.data, c->metric.len);
  c->points += points;
}

static void collect_meters(collection *c) {
  cspan_meter *meter = atomic_load_explicit(&c->provider->meters, memory_order_acquire);
  for (; meter != NULL; meter = atomic_load_explicit(&meter->next, memory_order_acquire)) {
    cspan_instrument *instrument = atomic_load_explicit(&meter->instruments, memory_order_acquire);
    while (instrument != NULL) {
      collect_instrument(c, instrument);
      instrument = atomic_load_explicit(&instrument->next, memory_order_acquire);
    }
    close_scope(c, meter);
  }
  finish_request(c);
}

cspan_status cspan_collect(cspan_meter_provider *provider, size_t reader,
                           cspan_temporality temporality, int64_t deadline_ns, cspan_collected *out,
                           cspan_error **error) {
  collection c = {.provider = provider, .temporality = temporality, .out = out};
  *out = (cspan_collected){.count = 0};
  c.reading.reader = reader;
  c.reading.collection = cspan_collection_begin(provider, deadline_ns);
  if (c.reading.collection == 0) {
    return cspan_error_set(error, CSPAN_ERR_TIMEOUT,
                           "another collection of metrics did not end in time");
  }
  cspan_buf_init(&c.request, BUF_BYTES_MAX);
  cspan_buf_init(&c.metric, BUF_BYTES_MAX);
  cspan_collection_observe(provider, c.reading.collection);
  c.reading.now_ns = cspan_unix_ns();
  collect_meters(&c);
  cspan_buf_free(&c.metric);
  cspan_buf_free(&c.request);
  cspan_collection_end(provider);
  if (c.status != CSPAN_OK) {
    return cspan_error_set(error, c.status, "some metrics could not be written: %s",
                           c.status == CSPAN_ERR_NOMEM ? "out of memory" : "they are too large");
  }
  return CSPAN_OK;
}

void cspan_collected_free(cspan_collected *collected) {
  for (size_t i = 0; i < collected->count; i++) {
    cspan_free((void *)collected->batches[i].request);
  }
  cspan_free(collected->batches);
  *collected = (cspan_collected){.count = 0};
}
