/* SPDX-License-Identifier: Apache-2.0 */
/* Instruments: made once a name, checked. */
#include <math.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/metrics/reader.h"

enum { NAME_MAX_BYTES = 255, UNIT_MAX_BYTES = 63, INSTRUMENTS_MAX = 4096, CACHE_LINE = 64 };

static const double default_boundaries[] = {0,   5,   10,   25,   50,   75,   100,  250,
                                            500, 750, 1000, 2500, 5000, 7500, 10000};

bool cspan_temporality_is_delta(cspan_temporality temporality, cspan_instrument_kind kind) {
  switch (kind) {
  case CSPAN_UP_DOWN_COUNTER:
  case CSPAN_OBSERVABLE_UP_DOWN_COUNTER:
    return false;
  case CSPAN_OBSERVABLE_COUNTER:
    return temporality == CSPAN_TEMPORALITY_DELTA;
  default:
    return temporality == CSPAN_TEMPORALITY_DELTA || temporality == CSPAN_TEMPORALITY_LOW_MEMORY;
  }
}

/* ----------------------------------------------------------------- checks */

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *name) {
  if (name == NULL || !is_letter(name[0])) {
    return false;
  }
  size_t len = 0;
  for (; name[len] != '\0'; len++) {
    char c = name[len];
    if (!is_letter(c) && !(c >= '0' && c <= '9') && strchr("_.-/", c) == NULL) {
      return false;
    }
  }
  return len <= NAME_MAX_BYTES;
}

static bool is_unit(const char *unit) {
  size_t len = 0;
  for (; unit[len] != '\0'; len++) {
    if ((unsigned char)unit[len] >= 0x80 || len == UNIT_MAX_BYTES) {
      return false;
    }
  }
  return true;
}

static bool are_boundaries(const cspan_instrument_options *options) {
  for (size_t i = 0; i < options->boundary_count; i++) {
    double bound = options->boundaries[i];
    if (!isfinite(bound) || (i > 0 && bound <= options->boundaries[i - 1])) {
      return false;
    }
  }
  return options->boundary_count <= CSPAN_BOUNDARIES_MAX;
}

/* What the options leave open, and what in them is wrong. */
static bool complete(const cspan_instrument_options *given, cspan_instrument_options *out) {
  *out = *given;
  if (!is_name(given->name)) {
    cspan_log(CSPAN_LOG_ERROR,
              "the metric name \"%.80s\" is not valid: it is a letter and then up to 254 letters, "
              "digits and _ . - /",
              given->name != NULL ? given->name : "");
    return false;
  }
  if ((unsigned)given->kind > CSPAN_OBSERVABLE_GAUGE ||
      (unsigned)given->number > CSPAN_NUMBER_DOUBLE) {
    cspan_log(CSPAN_LOG_ERROR, "the metric %s: there is no such kind of instrument", given->name);
    return false;
  }
  if (given->unit == NULL || !is_unit(given->unit)) {
    if (given->unit != NULL) {
      cspan_log(CSPAN_LOG_WARN,
                "the metric %s: its unit is left out, as it is not ASCII of up to %d characters",
                given->name, UNIT_MAX_BYTES);
    }
    out->unit = "";
  }
  out->description = given->description != NULL ? given->description : "";
  if (given->kind != CSPAN_HISTOGRAM) {
    out->boundaries = NULL;
    out->boundary_count = 0;
    return true;
  }
  if (given->boundaries != NULL && !are_boundaries(given)) {
    cspan_log(CSPAN_LOG_WARN,
              "the metric %s: its boundaries are not at most %d rising finite numbers; the default "
              "ones are used",
              given->name, CSPAN_BOUNDARIES_MAX);
  }
  if (given->boundaries == NULL || !are_boundaries(given)) {
    out->boundaries = default_boundaries;
    out->boundary_count = sizeof default_boundaries / sizeof default_boundaries[0];
  }
  return true;
}

/* ------------------------------------------------------------------ making */

void cspan_instrument_free(cspan_instrument *instrument) {
  if (instrument != NULL) {
    cspan_instrument_free_series(instrument);
    cspan_free(instrument->name);
    cspan_free(instrument->unit);
    cspan_free(instrument->description);
    cspan_free(instrument->boundaries);
    cspan_free(instrument);
  }
}

/* Series of which no reader needs the past. */
static bool may_evict(const cspan_meter_provider *provider, cspan_instrument_kind kind) {
  for (size_t i = 0; i < provider->reader_count; i++) {
    if (!cspan_temporality_is_delta(provider->readers[i]->options.temporality, kind)) {
      return false;
    }
  }
  return true;
}

static void lay_out(cspan_instrument *instrument) {
  const cspan_meter_provider *provider = instrument->provider;
  size_t buckets = instrument->bucket_count * sizeof(uint64_t);
  size_t size = sizeof(cspan_shard) + buckets;
  if (buckets > 0) {
    size += provider->reader_count * sizeof(cspan_extremes);
  }
  instrument->shard_size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
  instrument->prior_size = sizeof(cspan_prior) + buckets;
  bool is_shared = instrument->is_observable || instrument->kind == CSPAN_GAUGE;
  instrument->shard_mask = is_shared ? 0 : provider->shard_count - 1;
  if (provider->exemplar_filter != CSPAN_EXEMPLAR_ALWAYS_OFF) {
    instrument->exemplar_count = instrument->bucket_count;
    if (instrument->kind == CSPAN_COUNTER || instrument->kind == CSPAN_UP_DOWN_COUNTER) {
      instrument->exemplar_count = 1;
    }
  }
}

static bool copy_boundaries(cspan_instrument *instrument, const cspan_instrument_options *options) {
  if (options->kind != CSPAN_HISTOGRAM) {
    return true;
  }
  size_t size = options->boundary_count * sizeof(double);
  instrument->bucket_count = (uint32_t)options->boundary_count + 1;
  instrument->boundaries = cspan_malloc(size > 0 ? size : sizeof(double));
  if (instrument->boundaries != NULL && size > 0) {
    memcpy(instrument->boundaries, options->boundaries, size);
  }
  return instrument->boundaries != NULL;
}

static cspan_instrument *instrument_create(cspan_meter *meter,
                                           const cspan_instrument_options *options) {
  cspan_instrument *instrument = cspan_calloc(1, sizeof *instrument);
  if (instrument == NULL) {
    return NULL;
  }
  instrument->meter = meter;
  instrument->provider = meter->provider;
  instrument->kind = options->kind;
  instrument->number = options->number;
  instrument->is_observable = options->kind >= CSPAN_OBSERVABLE_COUNTER;
  instrument->evicts = instrument->is_observable || may_evict(meter->provider, options->kind);
  instrument->created_ns = cspan_unix_ns();
  instrument->name = cspan_strdup(options->name);
  instrument->unit = cspan_strdup(options->unit);
  instrument->description = cspan_strdup(options->description);
  atomic_flag_clear(&instrument->warned);
  if (instrument->name == NULL || instrument->unit == NULL || instrument->description == NULL ||
      !copy_boundaries(instrument, options) || !cspan_instrument_init_table(instrument)) {
    cspan_instrument_free(instrument);
    return NULL;
  }
  lay_out(instrument);
  return instrument;
}

static bool is_same(const cspan_instrument *instrument, const cspan_instrument_options *options) {
  size_t boundaries = instrument->bucket_count > 0 ? instrument->bucket_count - 1 : 0;
  return instrument->kind == options->kind && instrument->number == options->number &&
         strcmp(instrument->unit, options->unit) == 0 &&
         strcmp(instrument->description, options->description) == 0 &&
         boundaries == options->boundary_count &&
         (boundaries == 0 ||
          memcmp(instrument->boundaries, options->boundaries, boundaries * sizeof(double)) == 0);
}

static cspan_instrument *find_or_create(cspan_meter *meter,
                                        const cspan_instrument_options *options) {
  _Atomic(cspan_instrument *) *at = &meter->instruments;
  size_t count = 0;
  cspan_instrument *instrument;
  while ((instrument = atomic_load_explicit(at, memory_order_relaxed)) != NULL) {
    if (strcasecmp(instrument->name, options->name) == 0) {
      return instrument;
    }
    at = &instrument->next;
    count++;
  }
  if (count >= INSTRUMENTS_MAX) {
    cspan_log(CSPAN_LOG_ERROR, "the metric %s is not added: %zu are in its meter already",
              options->name, count);
    return NULL;
  }
  instrument = instrument_create(meter, options);
  atomic_store_explicit(at, instrument, memory_order_release);
  return instrument;
}

cspan_instrument *cspan_instrument_get(cspan_meter *meter,
                                       const cspan_instrument_options *options) {
  cspan_instrument_options whole;
  if (meter == NULL || options == NULL || !complete(options, &whole)) {
    return NULL;
  }
  pthread_mutex_lock(&meter->provider->lock);
  cspan_instrument *instrument = find_or_create(meter, &whole);
  pthread_mutex_unlock(&meter->provider->lock);
  if (instrument != NULL && !is_same(instrument, &whole)) {
    cspan_log(CSPAN_LOG_WARN,
              "the metric %s was asked for again with another kind, number type, unit, "
              "description or boundaries; the first one is used: give it the same options, or "
              "another name",
              instrument->name);
  }
  return instrument;
}
