/* SPDX-License-Identifier: Apache-2.0 */
/**
 * metrics.h: a small OpenTelemetry metrics SDK: counters, gauges and histograms with
 * explicit buckets, exported by OTLP or to the console on an interval. The SDK reports
 * on itself with it (otel.sdk.*).
 *
 * Sources of the rules: OpenTelemetry specification (metrics/api, metrics/sdk,
 * metrics/data-model, sdk-environment-variables). All functions are thread-safe; every
 * operation on a NULL instrument, series, meter or provider does nothing.
 *
 * fork: a child has the same providers, meters, instruments and series, and counts from
 * zero with new start times, as it is a process of its own; its readers start their thread
 * again with the first measurement.
 */
#ifndef CLOUDSPAN_METRICS_H
#define CLOUDSPAN_METRICS_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_meter cspan_meter;                     /**< owned by its provider */
typedef struct cspan_instrument cspan_instrument;           /**< owned by its meter */
typedef struct cspan_series cspan_series;                   /**< owned by its instrument */
typedef struct cspan_metric_reader cspan_metric_reader;     /**< owned by its provider */
typedef struct cspan_metric_exporter cspan_metric_exporter; /**< ext/metrics.h */

/* ------------------------------------------------------------- instruments */

typedef enum cspan_instrument_kind {
  CSPAN_COUNTER = 0,     /**< adds values of zero and above */
  CSPAN_UP_DOWN_COUNTER, /**< adds any values */
  CSPAN_GAUGE,           /**< the last value counts */
  CSPAN_HISTOGRAM,       /**< count, sum, min, max and buckets; values should not be negative */
  /* The rest have their values asked for at each collection: cspan_meter_observe(). */
  CSPAN_OBSERVABLE_COUNTER, /**< the sum since the start */
  CSPAN_OBSERVABLE_UP_DOWN_COUNTER,
  CSPAN_OBSERVABLE_GAUGE
} cspan_instrument_kind;

typedef enum cspan_number_type { CSPAN_NUMBER_INT64 = 0, CSPAN_NUMBER_DOUBLE } cspan_number_type;

typedef struct cspan_instrument_options {
  size_t size;
  cspan_instrument_kind kind;
  cspan_number_type number;
  /** A letter, then up to 254 letters, digits and "_.-/"; any case is the same name. */
  const char *name;
  const char *unit;        /**< UCUM ("s", "By", "{span}"), up to 63 ASCII characters; NULL: none */
  const char *description; /**< NULL: none */
  /** Upper bounds of a histogram's buckets, rising, at most 512; a value belongs to the first
   * bucket whose bound is not below it. NULL: 0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000,
   * 2500, 5000, 7500, 10000. */
  const double *boundaries;
  size_t boundary_count;
} cspan_instrument_options;

/** The meter of an instrumentation scope; the same scope gives the same meter. NULL provider: the
 * global one. NULL where there is none, and when out of memory. */
CSPAN_API cspan_meter *cspan_meter_get(cspan_meter_provider *provider, const cspan_scope *scope);

/**
 * The instrument of that name: made by the first call. A later call that asks for something
 * else under the name gets the first one and a warning. NULL, and an error in the log, for a bad
 * name, and when out of memory. It lives as long as the provider.
 */
CSPAN_API cspan_instrument *cspan_instrument_get(cspan_meter *meter,
                                                 const cspan_instrument_options *options);

/**
 * Adds to a counter, or records a value of a gauge or a histogram, for one set of attributes:
 * their order does not matter, of a key that is there twice the last one counts, at most 64 are
 * taken. No memory is allocated where the set was seen before. An instrument keeps at most 2,000
 * sets (cspan_meter_provider_options); further ones are one series with the attribute
 * otel.metric.overflow = true. Where all readers take deltas, a set is forgotten after an interval
 * without a measurement.
 *
 * The current span of `context` (NULL: of the thread) becomes an exemplar of a counter or
 * histogram when it is sampled. Negative values of a counter, and values that are no finite
 * number (but of a gauge), are ignored with a warning. A double given to an instrument of
 * integers is rounded.
 */
CSPAN_API void cspan_record_int64(cspan_instrument *instrument, const cspan_context *context,
                                  int64_t value, const cspan_attr *attributes,
                                  size_t attribute_count);
CSPAN_API void cspan_record_double(cspan_instrument *instrument, const cspan_context *context,
                                   double value, const cspan_attr *attributes,
                                   size_t attribute_count);

/** The series of one set of attributes, for those who record to it often. It stays until
 * cspan_series_release() or the end of the provider. NULL when out of memory, and for an
 * observable instrument. */
CSPAN_API cspan_series *cspan_instrument_bind(cspan_instrument *instrument,
                                              const cspan_attr *attributes, size_t attribute_count);
CSPAN_API void cspan_series_record_int64(cspan_series *series, const cspan_context *context,
                                         int64_t value);
CSPAN_API void cspan_series_record_double(cspan_series *series, const cspan_context *context,
                                          double value);
CSPAN_API void cspan_series_release(cspan_series *series);

/* -------------------------------------------------------------- observables */

typedef struct cspan_observer cspan_observer; /**< valid during a callback */
typedef struct cspan_callback cspan_callback; /**< owned by its meter */

/** Gives the values of one or more observable instruments of the meter. Called on the thread that
 * collects, by one at a time; it must not wait long. */
typedef void (*cspan_observe_fn)(void *user, cspan_observer *observer);

/** NULL when out of memory. */
CSPAN_API cspan_callback *cspan_meter_observe(cspan_meter *meter, cspan_observe_fn observe,
                                              void *user);
/** When it returns the callback is not running, and will not be called again. Inside of the
 * callback it only sees to the latter. */
CSPAN_API void cspan_callback_remove(cspan_callback *callback);

CSPAN_API void cspan_observe_int64(cspan_observer *observer, cspan_instrument *instrument,
                                   int64_t value, const cspan_attr *attributes,
                                   size_t attribute_count);
CSPAN_API void cspan_observe_double(cspan_observer *observer, cspan_instrument *instrument,
                                    double value, const cspan_attr *attributes,
                                    size_t attribute_count);

/* ---------------------------------------------------------------- exporters */

/* Each creator returns NULL when out of memory. */

/** As cspan_exporter_otlp(), with OTEL_EXPORTER_OTLP_METRICS_* and /v1/metrics. It asks for the
 * temporality of OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
CSPAN_API cspan_status cspan_metric_exporter_otlp(const cspan_otlp_options *options,
                                                  cspan_metric_exporter **out, cspan_error **error);
/** Readable text to a descriptor (1: stdout), which stays the caller's. */
CSPAN_API cspan_metric_exporter *cspan_metric_exporter_console(int fd);
/** Keeps what is exported, for tests; read it with cspan_memory_metrics(). */
CSPAN_API cspan_metric_exporter *cspan_metric_exporter_memory(void);
CSPAN_API void cspan_metric_exporter_free(cspan_metric_exporter *exporter);

/* ------------------------------------------------------------------ readers */

typedef enum cspan_temporality {
  CSPAN_TEMPORALITY_DEFAULT = 0, /**< what the exporter asks for, else cumulative */
  CSPAN_TEMPORALITY_CUMULATIVE,  /**< sums since the start */
  CSPAN_TEMPORALITY_DELTA,       /**< since the last collection, but of up-down counters */
  CSPAN_TEMPORALITY_LOW_MEMORY   /**< as delta, but of observable counters as well */
} cspan_temporality;

#define CSPAN_INTERVAL_NEVER (-1)

/** Zero fields: OTEL_METRIC_EXPORT_*, then the defaults. */
typedef struct cspan_metric_reader_options {
  size_t size;
  /** 60,000; CSPAN_INTERVAL_NEVER: only a flush and the shutdown export. */
  int64_t interval_ms;
  int64_t timeout_ms; /**< of one export: 30,000 */
  cspan_temporality temporality;
} cspan_metric_reader_options;

/** Collects and exports on an interval, on a thread of its own. Takes ownership of the exporter,
 * also on failure (NULL: out of memory). */
CSPAN_API cspan_metric_reader *cspan_metric_reader_periodic(
    cspan_metric_exporter *exporter, const cspan_metric_reader_options *options);
CSPAN_API void cspan_metric_reader_free(cspan_metric_reader *reader);

/* ----------------------------------------------------------------- provider */

typedef enum cspan_exemplar_filter {
  CSPAN_EXEMPLAR_DEFAULT = 0, /**< OTEL_METRICS_EXEMPLAR_FILTER, else trace-based */
  CSPAN_EXEMPLAR_TRACE_BASED, /**< measurements within a sampled span */
  CSPAN_EXEMPLAR_ALWAYS_ON,
  CSPAN_EXEMPLAR_ALWAYS_OFF
} cspan_exemplar_filter;

typedef struct cspan_meter_provider_options {
  size_t size;
  /* The resource, as in cspan_provider_options; detectors over the network are not waited for. */
  const char *service_name;
  const char *service_version;
  const cspan_attr *resource;
  size_t resource_count;
  const char *detectors;
  const char *schema_url;
  cspan_metric_reader **readers; /**< owned from now on (the array is the caller's); at most 4 */
  size_t reader_count;
  cspan_exemplar_filter exemplar_filter;
  /** Most series of an instrument in one collection, that of the overflow included; 0: 2,000. */
  size_t cardinality_limit;
  /** Readers and exporters of the provider report on themselves to it (otel.sdk.*). */
  bool reports_itself;
} cspan_meter_provider_options;

/** Readers given are owned by it also on failure. Without a reader all of it does nothing. */
CSPAN_API cspan_status cspan_meter_provider_create(const cspan_meter_provider_options *options,
                                                   cspan_meter_provider **out, cspan_error **error);
/**
 * By OTEL_METRICS_EXPORTER ("otlp", "console", "none" or a list): NULL and CSPAN_OK where it is
 * not set, is "none", or OTEL_SDK_DISABLED is true. The specification's default is otlp; here
 * metrics must be asked for, so that a program that only traces exports only traces. The provider
 * reports on itself.
 */
CSPAN_API cspan_status cspan_meter_provider_from_env(const char *service_name,
                                                     const char *service_version,
                                                     cspan_meter_provider **out,
                                                     cspan_error **error);

/** Collects and exports now, with every reader. CSPAN_OK only when all of it was accepted, and no
 * earlier interval of a delta temporality was lost; CSPAN_ERR_TIMEOUT when that took longer than
 * timeout_ms (0: 30,000); else the exporter's failure. */
CSPAN_API cspan_status cspan_meter_provider_force_flush(cspan_meter_provider *provider,
                                                        int64_t timeout_ms, cspan_error **error);
/** The same, then stops for good: later measurements are ignored. A second call returns
 * CSPAN_ERR_SHUTDOWN. */
CSPAN_API cspan_status cspan_meter_provider_shutdown(cspan_meter_provider *provider,
                                                     int64_t timeout_ms, cspan_error **error);
/** Shuts down if that was not done, and frees, its meters, instruments and series with it: no
 * other thread may use them any more. The global provider, if it is this one, is unset. */
CSPAN_API void cspan_meter_provider_free(cspan_meter_provider *provider);

/** As cspan_tracer_provider_shutdown_at_exit(): has the provider shut down when the program ends by
 * exit(), so that the last interval is still exported, and flushed by
 * cspan_telemetry_flush_on_signals(). The one that was asked for last is shut down first: ask for
 * this one before a tracer provider that reports to it. One of cspan_telemetry_init() goes with its
 * tracer provider and needs no call. CSPAN_ERR_NOMEM when no handler can be registered. */
CSPAN_API cspan_status cspan_meter_provider_shutdown_at_exit(cspan_meter_provider *provider,
                                                             int64_t timeout_ms,
                                                             cspan_error **error);

/** Borrowed; NULL unsets. */
CSPAN_API void cspan_meter_provider_set_global(cspan_meter_provider *provider);
CSPAN_API cspan_meter_provider *cspan_meter_provider_global(void);

/* --------------------------------------------------------------- the views */

typedef enum cspan_metric_type {
  CSPAN_METRIC_OTHER = 0, /**< one that this SDK does not make; it has no points here */
  CSPAN_METRIC_GAUGE,
  CSPAN_METRIC_SUM,
  CSPAN_METRIC_HISTOGRAM
} cspan_metric_type;

/** A number of either type; the other field is zero. */
typedef struct cspan_number {
  cspan_number_type type;
  int64_t int64;
  double number;
} cspan_number;

typedef struct cspan_exemplar_view {
  int64_t time_unix_ns;
  cspan_number value;
  uint8_t trace_id[16]; /**< all zero: none */
  uint8_t span_id[8];
  const cspan_attr *attributes;
  size_t attribute_count;
} cspan_exemplar_view;

typedef struct cspan_point_view {
  const cspan_attr *attributes;
  size_t attribute_count;
  int64_t start_time_unix_ns;
  int64_t time_unix_ns;
  cspan_number value; /**< of a gauge or a sum */
  /* The rest is a histogram's. */
  uint64_t count;
  bool has_sum;
  bool has_extremes;
  double sum;
  double min;
  double max;
  const uint64_t *buckets; /**< one more than there are boundaries */
  size_t bucket_count;
  const double *boundaries;
  size_t boundary_count;
  const cspan_exemplar_view *exemplars;
  size_t exemplar_count;
} cspan_point_view;

/** One metric as it was exported. All pointers live as long as the list. */
typedef struct cspan_metric_view {
  const char *name;
  const char *description;
  const char *unit;
  cspan_metric_type type;
  bool is_delta;
  bool is_monotonic; /**< of a sum */
  const cspan_point_view *points;
  size_t point_count;
  const char *scope_name;
  const char *scope_version;
  const cspan_attr *scope_attributes;
  size_t scope_attribute_count;
  const char *schema_url;
  const cspan_attr *resource;
  size_t resource_count;
} cspan_metric_view;

typedef struct cspan_metric_list cspan_metric_list;

/** A snapshot of what the memory exporter holds, oldest first. NULL when out of memory. */
CSPAN_API cspan_metric_list *cspan_memory_metrics(const cspan_metric_exporter *memory_exporter);
CSPAN_API void cspan_memory_metrics_reset(cspan_metric_exporter *memory_exporter);
CSPAN_API void cspan_metric_list_free(cspan_metric_list *list);
CSPAN_API size_t cspan_metric_list_count(const cspan_metric_list *list);
CSPAN_API const cspan_metric_view *cspan_metric_list_at(const cspan_metric_list *list,
                                                        size_t index);
/** The last one of that name, or NULL. */
CSPAN_API const cspan_metric_view *cspan_metric_list_find(const cspan_metric_list *list,
                                                          const char *name);
/** The point with exactly these attributes, in any order, or NULL. */
CSPAN_API const cspan_point_view *cspan_metric_find_point(const cspan_metric_view *metric,
                                                          const cspan_attr *attributes,
                                                          size_t attribute_count);

CSPAN_END_DECLS

#endif
