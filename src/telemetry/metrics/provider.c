/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"
#include "telemetry/metrics/provider_id.h"
#include "telemetry/metrics/reader.h"
#include "telemetry/metrics/self.h"
#include "telemetry/resource/plan.h"

enum { DEFAULT_TIMEOUT_MS = 30000, DEFAULT_CARDINALITY = 2000, SHARDS_MAX = 8 };

static _Atomic(cspan_meter_provider *) global_provider;
static _Atomic uint64_t last_id;

/* ------------------------------------------------------------------- making */

static void free_readers(const cspan_meter_provider_options *options) {
  for (size_t i = 0; i < options->reader_count; i++) {
    cspan_metric_reader_free(options->readers[i]);
  }
}

static void provider_free(cspan_meter_provider *provider) {
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_metric_reader_free(provider->readers[i]);
  }
  cspan_meter *meter = atomic_load(&provider->meters);
  while (meter != NULL) {
    cspan_meter *next = atomic_load(&meter->next);
    cspan_meter_free(meter);
    meter = next;
  }
  pthread_cond_destroy(&provider->collected);
  pthread_mutex_destroy(&provider->lock);
  cspan_published_free(provider->published);
  cspan_free(provider);
}

static cspan_exemplar_filter filter_of(cspan_exemplar_filter given) {
  static const struct {
    const char *name;
    cspan_exemplar_filter filter;
  } names[] = {{"trace_based", CSPAN_EXEMPLAR_TRACE_BASED},
               {"always_on", CSPAN_EXEMPLAR_ALWAYS_ON},
               {"always_off", CSPAN_EXEMPLAR_ALWAYS_OFF}};
  if (given != CSPAN_EXEMPLAR_DEFAULT) {
    return given;
  }
  const char *text = cspan_setting_text("OTEL_METRICS_EXEMPLAR_FILTER");
  for (size_t i = 0; text != NULL && i < sizeof names / sizeof names[0]; i++) {
    if (cspan_ieq(text, names[i].name)) {
      return names[i].filter;
    }
  }
  if (text != NULL) {
    cspan_log(CSPAN_LOG_WARN,
              "OTEL_METRICS_EXEMPLAR_FILTER is \"%.40s\", not trace_based, always_on or "
              "always_off; trace_based is used",
              text);
  }
  return CSPAN_EXEMPLAR_TRACE_BASED;
}

/* A power of two: threads beyond the number of CPUs do not run at once. */
static uint32_t shard_count(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  uint32_t count = 1;
  while (count < SHARDS_MAX && (long)count < cpus) {
    count *= 2;
  }
  return count;
}

static cspan_status take_resource(cspan_meter_provider *provider, uint8_t *bytes, size_t size,
                                  const char *schema_url, cspan_error **error) {
  provider->published = cspan_published_create(bytes, size, schema_url, true);
  if (provider->published == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the meter provider");
  }
  provider->resource = provider->published->resource;
  return CSPAN_OK;
}

static cspan_status make_resource(cspan_meter_provider *provider,
                                  const cspan_meter_provider_options *options,
                                  cspan_error **error) {
  const cspan_provider_options resource = {.size = sizeof resource,
                                           .service_name = options->service_name,
                                           .service_version = options->service_version,
                                           .resource = options->resource,
                                           .resource_count = options->resource_count,
                                           .detectors = options->detectors,
                                           .schema_url = options->schema_url};
  cspan_resource_plan plan;
  cspan_resource *whole = NULL;
  uint8_t *bytes = NULL;
  size_t size = 0;
  cspan_status status = cspan_resource_plan_make(&resource, &plan, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_resource_plan_join(&plan, NULL, &whole, error);
  if (status == CSPAN_OK) {
    status = cspan_resource_fail(cspan_resource_write(whole, &bytes, &size), error);
  }
  if (status == CSPAN_OK) {
    status = take_resource(provider, bytes, size, cspan_resource_schema_url(whole), error);
  }
  cspan_resource_free(whole);
  cspan_resource_plan_free(&plan);
  return status;
}

static cspan_status check(const cspan_meter_provider_options *options, cspan_error **error) {
  if (options->reader_count > CSPAN_READERS_MAX) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "a meter provider takes at most %d readers, not %zu", CSPAN_READERS_MAX,
                           options->reader_count);
  }
  for (size_t i = 0; i < options->reader_count; i++) {
    if (options->readers[i] == NULL) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "metric reader %zu is NULL: it was not made, as memory was short", i);
    }
  }
  return CSPAN_OK;
}

/* --------------------------------------------------------------------- fork */

static void before_fork(void *self) {
  cspan_meter_provider *provider = self;
  pthread_mutex_lock(&provider->lock);
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_reader_before_fork(provider->readers[i]);
  }
}

static void after_fork_in_parent(void *self) {
  cspan_meter_provider *provider = self;
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_reader_after_fork_in_parent(provider->readers[i]);
  }
  pthread_mutex_unlock(&provider->lock);
}

/* What the parent counted, the parent reports. */
static void after_fork_in_child(void *self) {
  cspan_meter_provider *provider = self;
  int64_t now = cspan_unix_ns();
  cspan_cond_init(&provider->collected); /* threads of the parent may wait for it */
  provider->is_collecting = false;
  provider->resource = cspan_published_in_child(provider->published);
  atomic_store(&provider->readers_started, false);
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_reader_after_fork_in_child(provider->readers[i]);
  }
  cspan_meter *meter = atomic_load(&provider->meters);
  for (; meter != NULL; meter = atomic_load(&meter->next)) {
    cspan_instrument *instrument = atomic_load(&meter->instruments);
    for (; instrument != NULL; instrument = atomic_load(&instrument->next)) {
      cspan_instrument_restart(instrument, now);
    }
  }
  pthread_mutex_unlock(&provider->lock);
}

static void report_itself(cspan_meter_provider *provider) {
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_metric_reader *reader = provider->readers[i];
    const cspan_metric_exporter *exporter = reader->exporter;
    reader->collection_seconds = cspan_self_reader(provider);
    if (exporter->vtable->set_meter_provider != NULL) {
      exporter->vtable->set_meter_provider(exporter->self, provider);
    }
  }
}

cspan_status cspan_meter_provider_create(const cspan_meter_provider_options *options,
                                         cspan_meter_provider **out, cspan_error **error) {
  const cspan_meter_provider_options none = {0};
  options = options != NULL ? options : &none;
  *out = NULL;
  cspan_status status = check(options, error);
  cspan_meter_provider *provider = status == CSPAN_OK ? cspan_calloc(1, sizeof *provider) : NULL;
  if (provider == NULL) {
    free_readers(options);
    return status != CSPAN_OK
               ? status
               : cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the meter provider");
  }
  pthread_mutex_init(&provider->lock, NULL);
  cspan_cond_init(&provider->collected);
  provider->id = atomic_fetch_add(&last_id, 1) + 1;
  provider->exemplar_filter = filter_of(options->exemplar_filter);
  provider->cardinality_limit =
      options->cardinality_limit > 0 ? options->cardinality_limit : DEFAULT_CARDINALITY;
  provider->shard_count = shard_count();
  provider->reader_count = options->reader_count;
  for (size_t i = 0; i < options->reader_count; i++) {
    provider->readers[i] = options->readers[i];
    cspan_reader_attach(provider->readers[i], provider, i);
  }
  atomic_init(&provider->is_inert, options->reader_count == 0);
  status = make_resource(provider, options, error);
  if (status != CSPAN_OK) {
    provider_free(provider);
    return status;
  }
  if (options->reports_itself) {
    report_itself(provider);
  }
  provider->fork = (cspan_fork_hook){.self = provider,
                                     .prepare = before_fork,
                                     .parent = after_fork_in_parent,
                                     .child = after_fork_in_child};
  cspan_fork_add(&provider->fork);
  *out = provider;
  return CSPAN_OK;
}

/* ---------------------------------------------------------- flush, shutdown */

typedef cspan_status (*reader_step)(cspan_metric_reader *reader, int64_t deadline_ns,
                                    cspan_error **error);

/* All readers get their turn within one timeout; the first failure is told. */
static cspan_status each_reader(cspan_meter_provider *provider, reader_step step,
                                int64_t timeout_ms, cspan_error **error) {
  timeout_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
  int64_t deadline = cspan_context_with_timeout(NULL, timeout_ms).deadline_ns;
  cspan_status result = CSPAN_OK;
  for (size_t i = 0; i < provider->reader_count; i++) {
    cspan_error *failure = NULL;
    cspan_status status = step(provider->readers[i], deadline, &failure);
    if (status != CSPAN_OK && result == CSPAN_OK) {
      result = status;
      cspan_error_move(error, failure);
    } else {
      cspan_error_free(failure);
    }
  }
  return result;
}

cspan_status cspan_meter_provider_force_flush(cspan_meter_provider *provider, int64_t timeout_ms,
                                              cspan_error **error) {
  if (provider == NULL) {
    return CSPAN_OK;
  }
  if (atomic_load(&provider->is_shut_down)) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the meter provider was shut down");
  }
  return each_reader(provider, cspan_reader_flush, timeout_ms, error);
}

cspan_status cspan_meter_provider_shutdown(cspan_meter_provider *provider, int64_t timeout_ms,
                                           cspan_error **error) {
  if (provider == NULL) {
    return CSPAN_OK;
  }
  if (atomic_exchange(&provider->is_shut_down, true)) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the meter provider was shut down before");
  }
  cspan_status status = each_reader(provider, cspan_reader_shutdown, timeout_ms, error);
  atomic_store(&provider->is_inert, true);
  return status;
}

static cspan_status flush_meters(void *provider, int64_t timeout_ms, cspan_error **error) {
  return cspan_meter_provider_force_flush(provider, timeout_ms, error);
}

static cspan_status shut_meters_down(void *provider, int64_t timeout_ms, cspan_error **error) {
  return cspan_meter_provider_shutdown(provider, timeout_ms, error);
}

cspan_status cspan_meter_provider_shutdown_at_exit(cspan_meter_provider *provider,
                                                   int64_t timeout_ms, cspan_error **error) {
  static const cspan_end_steps steps = {"metrics", flush_meters, shut_meters_down};
  return provider != NULL ? cspan_end_add(&provider->end, provider, &steps, timeout_ms, error)
                          : CSPAN_OK;
}

void cspan_meter_provider_free(cspan_meter_provider *provider) {
  if (provider == NULL) {
    return;
  }
  cspan_end_remove(&provider->end);
  cspan_meter_provider *expected = provider;
  atomic_compare_exchange_strong(&global_provider, &expected, NULL);
  if (!atomic_load(&provider->is_shut_down)) {
    cspan_meter_provider_shutdown(provider, 0, NULL);
  }
  cspan_fork_remove(&provider->fork);
  provider_free(provider);
}

void cspan_meter_provider_set_global(cspan_meter_provider *provider) {
  atomic_store(&global_provider, provider);
}

cspan_meter_provider *cspan_meter_provider_global(void) {
  return atomic_load(&global_provider);
}

uint64_t cspan_meter_provider_id(const cspan_meter_provider *provider) {
  return provider->id;
}
