/* SPDX-License-Identifier: Apache-2.0 */
/* A meter provider whose readers export into memory, when asked to. */
#ifndef TESTS_METRIC_FIXTURE_H
#define TESTS_METRIC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <cloudspan/ext/metrics.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct metric_fixture {
  cspan_meter_provider *provider;
  cspan_meter *meter;
  cspan_metric_exporter *memory; /* of the first reader */
  cspan_metric_exporter *second; /* of the second one, where there is one */
} metric_fixture;

static inline cspan_metric_reader *memory_reader(cspan_temporality temporality,
                                                 cspan_metric_exporter **out) {
  const cspan_metric_reader_options options = {
      .size = sizeof options, .interval_ms = CSPAN_INTERVAL_NEVER, .temporality = temporality};
  *out = cspan_metric_exporter_memory();
  return cspan_metric_reader_periodic(*out, &options);
}

/* `temporalities` of the readers; the options' readers are set. */
static inline void metric_fixture_start(metric_fixture *f, cspan_meter_provider_options *options,
                                        const cspan_temporality *temporalities, size_t readers) {
  const cspan_scope scope = {.size = sizeof scope, .name = "test", .version = "1"};
  cspan_metric_reader *made[2];
  cspan_meter_provider_options none = {.size = sizeof none};
  cspan_error *error = NULL;
  options = options != NULL ? options : &none;
  memset(f, 0, sizeof *f);
  for (size_t i = 0; i < readers; i++) {
    made[i] = memory_reader(temporalities[i], i == 0 ? &f->memory : &f->second);
  }
  options->readers = made;
  options->reader_count = readers;
  if (cspan_meter_provider_create(options, &f->provider, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  f->meter = cspan_meter_get(f->provider, &scope);
  assert_non_null(f->meter);
}

static inline void metric_fixture_start_cumulative(metric_fixture *f) {
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  metric_fixture_start(f, NULL, &cumulative, 1);
}

static inline void metric_fixture_start_delta(metric_fixture *f) {
  const cspan_temporality delta = CSPAN_TEMPORALITY_DELTA;
  metric_fixture_start(f, NULL, &delta, 1);
}

static inline void metric_fixture_stop(metric_fixture *f) {
  cspan_meter_provider_free(f->provider);
}

/* What every reader exports now, of the first one. */
static inline cspan_metric_list *collect(metric_fixture *f) {
  cspan_error *error = NULL;
  cspan_memory_metrics_reset(f->memory);
  if (f->second != NULL) {
    cspan_memory_metrics_reset(f->second);
  }
  if (cspan_meter_provider_force_flush(f->provider, 0, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  cspan_metric_list *list = cspan_memory_metrics(f->memory);
  assert_non_null(list);
  return list;
}

static inline cspan_instrument *instrument_of(cspan_meter *meter, cspan_instrument_kind kind,
                                              cspan_number_type number, const char *name) {
  const cspan_instrument_options options = {
      .size = sizeof options, .kind = kind, .number = number, .name = name, .unit = "1"};
  cspan_instrument *instrument = cspan_instrument_get(meter, &options);
  assert_non_null(instrument);
  return instrument;
}

static inline cspan_instrument *counter_of(cspan_meter *meter, const char *name) {
  return instrument_of(meter, CSPAN_COUNTER, CSPAN_NUMBER_INT64, name);
}

/* The only point with these attributes. */
static inline const cspan_point_view *point_of(const cspan_metric_list *list, const char *name,
                                               const cspan_attr *attributes, size_t count) {
  const cspan_metric_view *metric = cspan_metric_list_find(list, name);
  assert_non_null(metric);
  const cspan_point_view *point = cspan_metric_find_point(metric, attributes, count);
  assert_non_null(point);
  return point;
}

/* The sum or last value of the point without attributes, of integers. */
static inline int64_t int64_of(const cspan_metric_list *list, const char *name) {
  const cspan_point_view *point = point_of(list, name, NULL, 0);
  assert_int_equal(point->value.type, CSPAN_NUMBER_INT64);
  return point->value.int64;
}

/* Collects, and gives that value. */
static inline int64_t collected_int64(metric_fixture *f, const char *name) {
  cspan_metric_list *list = collect(f);
  int64_t value = int64_of(list, name);
  cspan_metric_list_free(list);
  return value;
}

/* Collects; whether the metric is there at all. */
static inline bool is_collected(metric_fixture *f, const char *name) {
  cspan_metric_list *list = collect(f);
  bool found = cspan_metric_list_find(list, name) != NULL;
  cspan_metric_list_free(list);
  return found;
}

/* ------------------------------------------------------------ what is logged */

static char logged[4096];

static inline void keep_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  size_t len = strlen(logged);
  size_t more = strlen(message);
  if (len + more + 2 < sizeof logged) {
    memcpy(logged + len, message, more);
    memcpy(logged + len + more, "\n", 2);
  }
}

static inline void start_log(void) {
  logged[0] = '\0';
  cspan_log_set(keep_log, NULL, CSPAN_LOG_WARN);
}

static inline void stop_log(void) {
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

#endif
