/* SPDX-License-Identifier: Apache-2.0 */
/* Meters, one an instrumentation scope, and their callbacks. */
#include "base/alloc.h"
#include "base/log.h"
#include "telemetry/metrics/metric_write.h"
#include "telemetry/metrics/reader.h"

/* Fields of InstrumentationScope. */
enum { SCOPE_NAME = 0x0A, SCOPE_VERSION = 0x12, SCOPE_ATTRIBUTES = 0x1A };
enum { METERS_MAX = 1024 };

static void callbacks_free(cspan_callback *callback) {
  while (callback != NULL) {
    cspan_callback *next = callback->next;
    cspan_free(callback);
    callback = next;
  }
}

void cspan_meter_free(cspan_meter *meter) {
  if (meter == NULL) {
    return;
  }
  cspan_instrument *instrument = atomic_load(&meter->instruments);
  while (instrument != NULL) {
    cspan_instrument *next = atomic_load(&instrument->next);
    cspan_instrument_free(instrument);
    instrument = next;
  }
  callbacks_free(meter->callbacks);
  cspan_free(meter->name);
  cspan_free(meter->version);
  cspan_free(meter->schema_url);
  cspan_free(meter->attributes);
  cspan_free(meter);
}

static const char *text_of(const char *text) {
  return text != NULL ? text : "";
}

static cspan_meter *meter_create(cspan_meter_provider *provider, const cspan_scope *scope,
                                 const cspan_attr_set *attributes) {
  cspan_meter *meter = cspan_calloc(1, sizeof *meter);
  if (meter == NULL) {
    return NULL;
  }
  meter->provider = provider;
  meter->name = cspan_strdup(text_of(scope->name));
  meter->version = cspan_strdup(text_of(scope->version));
  meter->schema_url = cspan_strdup(text_of(scope->schema_url));
  meter->attributes = cspan_attr_key_create(attributes, SCOPE_ATTRIBUTES);
  atomic_init(&meter->instruments, NULL);
  if (meter->name == NULL || meter->version == NULL || meter->schema_url == NULL ||
      meter->attributes == NULL) {
    cspan_meter_free(meter);
    return NULL;
  }
  return meter;
}

void cspan_meter_write_scope(const cspan_meter *meter, cspan_buf *out, uint8_t tag) {
  size_t body = cspan_pb_put_open(out, tag);
  cspan_pb_put_text(out, SCOPE_NAME, meter->name);
  cspan_pb_put_text(out, SCOPE_VERSION, meter->version);
  cspan_buf_append(out, meter->attributes->wire, meter->attributes->wire_len);
  cspan_pb_put_close(out, body);
}

static bool is_of(const cspan_meter *meter, const cspan_scope *scope,
                  const cspan_attr_set *attributes) {
  return strcmp(meter->name, text_of(scope->name)) == 0 &&
         strcmp(meter->version, text_of(scope->version)) == 0 &&
         strcmp(meter->schema_url, text_of(scope->schema_url)) == 0 &&
         cspan_attr_key_equals(meter->attributes, attributes);
}

static cspan_meter *find_or_create(cspan_meter_provider *provider, const cspan_scope *scope,
                                   const cspan_attr_set *attributes) {
  _Atomic(cspan_meter *) *at = &provider->meters;
  size_t count = 0;
  cspan_meter *meter;
  while ((meter = atomic_load_explicit(at, memory_order_relaxed)) != NULL) {
    if (is_of(meter, scope, attributes)) {
      return meter;
    }
    at = &meter->next;
    count++;
  }
  if (count >= METERS_MAX) {
    cspan_log(CSPAN_LOG_ERROR,
              "cspan_meter_get: %zu meters exist already, \"%.100s\" is not added; use one name a "
              "library",
              count, text_of(scope->name));
    return NULL;
  }
  meter = meter_create(provider, scope, attributes);
  atomic_store_explicit(at, meter, memory_order_release);
  return meter;
}

cspan_meter *cspan_meter_get(cspan_meter_provider *provider, const cspan_scope *scope) {
  static const cspan_scope none;
  cspan_attr_set attributes;
  if (provider == NULL && (provider = cspan_meter_provider_global()) == NULL) {
    return NULL;
  }
  scope = scope != NULL ? scope : &none;
  cspan_attr_set_make(&attributes, scope->attributes, scope->attribute_count);
  cspan_attr_set_clean(&attributes);
  pthread_mutex_lock(&provider->lock);
  cspan_meter *meter = find_or_create(provider, scope, &attributes);
  pthread_mutex_unlock(&provider->lock);
  return meter;
}

/* -------------------------------------------------------------- callbacks */

cspan_callback *cspan_meter_observe(cspan_meter *meter, cspan_observe_fn observe, void *user) {
  if (meter == NULL || observe == NULL) {
    return NULL;
  }
  cspan_callback *callback = cspan_calloc(1, sizeof *callback);
  if (callback == NULL) {
    return NULL;
  }
  callback->meter = meter;
  callback->observe = observe;
  callback->user = user;
  pthread_mutex_lock(&meter->provider->lock);
  callback->next = meter->callbacks;
  meter->callbacks = callback;
  pthread_mutex_unlock(&meter->provider->lock);
  cspan_readers_start(meter->provider);
  return callback;
}

void cspan_callbacks_sweep(cspan_meter_provider *provider) {
  cspan_meter *meter = atomic_load_explicit(&provider->meters, memory_order_relaxed);
  for (; meter != NULL; meter = atomic_load_explicit(&meter->next, memory_order_relaxed)) {
    cspan_callback **at = &meter->callbacks;
    while (*at != NULL) {
      cspan_callback *callback = *at;
      if (callback->observe == NULL) {
        *at = callback->next;
        cspan_free(callback);
      } else {
        at = &callback->next;
      }
    }
  }
}

/* The list is walked by a collection without the lock: what is removed meanwhile is freed at its
 * end. */
void cspan_callback_remove(cspan_callback *callback) {
  if (callback == NULL) {
    return;
  }
  cspan_meter_provider *provider = callback->meter->provider;
  pthread_mutex_lock(&provider->lock);
  callback->observe = NULL;
  uint64_t collection = provider->collections;
  while (provider->is_collecting && provider->collections == collection &&
         !pthread_equal(provider->collector, pthread_self())) {
    pthread_cond_wait(&provider->collected, &provider->lock);
  }
  if (!provider->is_collecting) {
    cspan_callbacks_sweep(provider);
  }
  pthread_mutex_unlock(&provider->lock);
}

void cspan_collection_observe(cspan_meter_provider *provider, uint64_t collection) {
  cspan_meter *meter = atomic_load_explicit(&provider->meters, memory_order_acquire);
  for (; meter != NULL; meter = atomic_load_explicit(&meter->next, memory_order_acquire)) {
    cspan_observer observer = {.meter = meter, .collection = collection};
    pthread_mutex_lock(&provider->lock);
    cspan_callback *callback = meter->callbacks;
    for (; callback != NULL; callback = callback->next) {
      cspan_observe_fn observe = callback->observe;
      void *user = callback->user;
      pthread_mutex_unlock(&provider->lock);
      if (observe != NULL) {
        observe(user, &observer);
      }
      pthread_mutex_lock(&provider->lock);
    }
    pthread_mutex_unlock(&provider->lock);
  }
}
