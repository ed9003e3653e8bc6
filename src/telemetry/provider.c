/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "base/error.h"
#include "telemetry/core.h"
#include "telemetry/metrics/self.h"
#include "telemetry/resource/background.h"

enum { DEFAULT_TIMEOUT_MS = 30000 };

static _Atomic(cspan_tracer_provider *) global_provider;

/* Frees what was given to a provider that could not be made. */
static void free_given(const cspan_provider_options *options) {
  for (size_t i = 0; i < options->processor_count; i++) {
    cspan_processor_free(options->processors[i]);
  }
  cspan_sampler_free(options->sampler);
  cspan_id_generator_free(options->id_generator);
}

static void provider_free(cspan_tracer_provider *provider) {
  for (size_t i = 0; i < provider->processor_count; i++) {
    cspan_processor_free(provider->processors[i]);
  }
  cspan_self_spans_free(provider->reports);
  cspan_tracers_free(provider);
  cspan_free(provider->processors);
  cspan_sampler_free(provider->sampler);
  cspan_id_generator_free(provider->id_generator);
  cspan_published_free(atomic_load(&provider->resource));
  if (provider->companion.free != NULL) {
    provider->companion.free(provider->companion.self);
  }
  cspan_free(provider);
}

/* -------------------------------------------------------------------- resource */

static void give_resource(const cspan_tracer_provider *provider,
                          const cspan_encoded_resource *resource) {
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    if (processor->vtable->set_resource != NULL) {
      processor->vtable->set_resource(processor->self, resource);
    }
  }
}

cspan_status cspan_provider_publish(cspan_tracer_provider *provider, uint8_t *bytes,
                                    size_t size_bytes, const char *schema_url, bool is_final,
                                    cspan_error **error) {
  cspan_published *published = cspan_published_create(bytes, size_bytes, schema_url, is_final);
  if (published == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the resource");
  }
  published->older = atomic_load(&provider->resource);
  atomic_store(&provider->resource, published);
  give_resource(provider, &published->resource);
  return CSPAN_OK;
}

void cspan_provider_publish_final(cspan_tracer_provider *provider) {
  cspan_encoded_resource resource = atomic_load(&provider->resource)->resource;
  resource.is_final = true;
  give_resource(provider, &resource);
}

static void around_fork(void *self) {
  (void)self; /* the resource is never half changed */
}

static void after_fork_in_child(void *self) {
  const cspan_tracer_provider *provider = self;
  cspan_published *published = atomic_load(&provider->resource);
  const cspan_encoded_resource resource = cspan_published_in_child(published);
  give_resource(provider, &resource);
  cspan_self_spans_after_fork(provider->reports);
}

/* ---------------------------------------------------------------------- create */

static cspan_status take_processors(cspan_tracer_provider *provider,
                                    const cspan_provider_options *options, const uint8_t *resource,
                                    size_t resource_len, cspan_error **error) {
  size_t count = options->processor_count;
  for (size_t i = 0; i < count; i++) {
    if (options->processors[i] == NULL) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "processor %zu is NULL: it was not made, as memory was short", i);
    }
  }
  provider->processors = cspan_calloc(count > 0 ? count : 1, sizeof(cspan_span_processor *));
  if (provider->processors == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the tracer provider");
  }
  provider->sampler =
      options->sampler != NULL ? options->sampler : cspan_sampler_from_env(resource, resource_len);
  if (provider->sampler == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the sampler");
  }
  provider->roots = cspan_sampler_of_roots(provider->sampler);
  return CSPAN_OK;
}

static cspan_tracer_provider *provider_new(cspan_error **error) {
  cspan_tracer_provider *provider = cspan_calloc(1, sizeof *provider);
  if (provider == NULL) {
    cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the tracer provider");
    return NULL;
  }
  atomic_init(&provider->is_shut_down, false);
  atomic_init(&provider->tracers, NULL);
  atomic_init(&provider->resource, NULL);
  return provider;
}

/* What a provider is made with, until it has it. */
typedef struct making {
  cspan_resource_plan plan;
  cspan_resource *whole; /* with what slow detectors find still missing */
  uint8_t *resource;
  size_t resource_len;
} making;

static void free_making(making *m) {
  cspan_resource_plan_free(&m->plan);
  cspan_resource_free(m->whole);
  cspan_free(m->resource);
}

static cspan_status make_resource(making *m, const cspan_provider_options *options,
                                  cspan_error **error) {
  cspan_status status = cspan_resource_plan_make(options, &m->plan, error);
  if (status == CSPAN_OK) {
    status = cspan_resource_plan_join(&m->plan, NULL, &m->whole, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_resource_fail(cspan_resource_write(m->whole, &m->resource, &m->resource_len), error);
  }
  return status;
}

static void report_to(cspan_tracer_provider *provider, cspan_meter_provider *meters) {
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    const cspan_processor_vtable *vtable = processor->vtable;
    if (CSPAN_HAS(vtable, set_meter_provider) && vtable->set_meter_provider != NULL) {
      vtable->set_meter_provider(processor->self, meters);
    }
  }
  provider->reports = cspan_self_spans_create(meters);
}

/* All that was given is the provider's. */
static cspan_status open_provider(cspan_tracer_provider *provider,
                                  const cspan_provider_options *options, making *m,
                                  cspan_tracer_provider **out, cspan_error **error) {
  provider->id_generator = options->id_generator;
  provider->processor_count = options->processor_count;
  cspan_limits_fill(&provider->limits, CSPAN_HAS(options, limits) ? options->limits : NULL);
  for (size_t i = 0; i < options->processor_count; i++) {
    provider->processors[i] = options->processors[i];
    const cspan_processor_vtable *vtable = options->processors[i]->vtable;
    provider->has_on_ending |= CSPAN_HAS(vtable, on_ending) && vtable->on_ending != NULL;
  }
  bool is_final = !cspan_detector_list_has_slow(&m->plan.detectors);
  uint8_t *resource = m->resource;
  m->resource = NULL;
  cspan_status status = cspan_provider_publish(
      provider, resource, m->resource_len, cspan_resource_schema_url(m->whole), is_final, error);
  if (status != CSPAN_OK) {
    provider_free(provider);
    return status;
  }
  if (CSPAN_HAS(options, meter_provider) && options->meter_provider != NULL) {
    report_to(provider, options->meter_provider);
  }
  if (!is_final) {
    provider->background = cspan_background_start(provider, &m->plan);
    m->plan = (cspan_resource_plan){.base = NULL};
  }
  provider->fork = (cspan_fork_hook){.self = provider,
                                     .prepare = around_fork,
                                     .parent = around_fork,
                                     .child = after_fork_in_child};
  cspan_fork_add(&provider->fork);
  *out = provider;
  return CSPAN_OK;
}

cspan_status cspan_tracer_provider_create(const cspan_provider_options *options,
                                          cspan_tracer_provider **out, cspan_error **error) {
  const cspan_provider_options none = {0};
  options = options != NULL ? options : &none;
  *out = NULL;
  cspan_tracer_provider *provider = provider_new(error);
  if (provider == NULL) {
    free_given(options);
    return CSPAN_ERR_NOMEM;
  }
  making m = {.whole = NULL};
  cspan_status status = make_resource(&m, options, error);
  if (status == CSPAN_OK) {
    status = take_processors(provider, options, m.resource, m.resource_len, error);
  }
  if (status == CSPAN_OK) {
    status = open_provider(provider, options, &m, out, error);
  } else {
    free_given(options);
    provider_free(provider);
  }
  free_making(&m);
  return status;
}

cspan_status cspan_provider_disabled(cspan_tracer_provider **out, cspan_error **error) {
  *out = provider_new(error);
  if (*out == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  (*out)->is_disabled = true;
  return CSPAN_OK;
}

typedef cspan_status (*processor_step)(void *self, int64_t timeout_ms, cspan_error **error);

/* One step of several that share a deadline; the first failure is told. */
static void take_step(processor_step step, void *self, const char *what, int64_t deadline_ns,
                      cspan_status *result, cspan_error **error) {
  int64_t left_ms = (deadline_ns - cspan_now_ns()) / 1000000;
  cspan_error *failure = NULL;
  cspan_status status = step != NULL ? step(self, left_ms > 1 ? left_ms : 1, &failure) : CSPAN_OK;
  if (status != CSPAN_OK && *result == CSPAN_OK) {
    *result = status;
    if (failure == NULL) {
      cspan_error_set(&failure, status, "%s failed: %s", what, cspan_status_name(status));
    }
    cspan_error_move(error, failure);
  } else {
    cspan_error_free(failure);
  }
}

typedef enum provider_step { FLUSH, FLUSH_ALL, SHUT_DOWN } provider_step;

/* All processors get their turn within one timeout, and unless it is a plain flush, at the end the
 * companion. */
static cspan_status each_processor(const cspan_tracer_provider *provider, provider_step step,
                                   int64_t timeout_ms, cspan_error **error) {
  int64_t deadline_ns =
      cspan_context_with_timeout(NULL, timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS)
          .deadline_ns;
  const cspan_companion *companion = &provider->companion;
  cspan_status result = CSPAN_OK;
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    take_step(step == SHUT_DOWN ? processor->vtable->shutdown : processor->vtable->force_flush,
              processor->self, "a span processor", deadline_ns, &result, error);
  }
  if (step != FLUSH) {
    take_step(step == SHUT_DOWN ? companion->shutdown : companion->force_flush, companion->self,
              "the meter provider", deadline_ns, &result, error);
  }
  return result;
}

static cspan_status flush(const cspan_tracer_provider *provider, provider_step step,
                          int64_t timeout_ms, cspan_error **error) {
  if (atomic_load(&provider->is_shut_down)) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the tracer provider was shut down");
  }
  return each_processor(provider, step, timeout_ms, error);
}

cspan_status cspan_tracer_provider_force_flush(cspan_tracer_provider *provider, int64_t timeout_ms,
                                               cspan_error **error) {
  return provider != NULL ? flush(provider, FLUSH, timeout_ms, error) : CSPAN_OK;
}

cspan_status cspan_provider_flush_all(cspan_tracer_provider *provider, int64_t timeout_ms,
                                      cspan_error **error) {
  return flush(provider, FLUSH_ALL, timeout_ms, error);
}

cspan_status cspan_tracer_provider_shutdown(cspan_tracer_provider *provider, int64_t timeout_ms,
                                            cspan_error **error) {
  if (provider == NULL) {
    return CSPAN_OK;
  }
  if (atomic_exchange(&provider->is_shut_down, true)) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the tracer provider was shut down before");
  }
  cspan_background_end(provider->background);
  provider->background = NULL;
  return each_processor(provider, SHUT_DOWN, timeout_ms, error);
}

void cspan_tracer_provider_free(cspan_tracer_provider *provider) {
  if (provider == NULL) {
    return;
  }
  cspan_end_remove(&provider->end);
  cspan_tracer_provider *expected = provider;
  atomic_compare_exchange_strong(&global_provider, &expected, NULL);
  if (!atomic_load(&provider->is_shut_down)) {
    cspan_tracer_provider_shutdown(provider, 0, NULL);
  }
  cspan_fork_remove(&provider->fork);
  cspan_slot_sweep(provider);
  provider_free(provider);
}

void cspan_tracer_provider_set_global(cspan_tracer_provider *provider) {
  atomic_store(&global_provider, provider);
}

cspan_tracer_provider *cspan_tracer_provider_global(void) {
  return atomic_load(&global_provider);
}

void cspan_tracer_provider_stats(const cspan_tracer_provider *provider,
                                 cspan_telemetry_stats *out) {
  memset(out, 0, sizeof *out);
  for (size_t i = 0; provider != NULL && i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    if (processor->vtable->stats != NULL) {
      processor->vtable->stats(processor->self, out);
    }
  }
}
