/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as the environment asks for them. */
#include "metric_fixture.h"

#include <stdlib.h>

static const char *const names[] = {"OTEL_METRICS_EXPORTER", "OTEL_SDK_DISABLED",
                                    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
                                    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                                    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"};

static int clean(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(names); i++) {
    unsetenv(names[i]);
  }
  start_log();
  return 0;
}

static int done(void **state) {
  clean(state);
  stop_log();
  return 0;
}

typedef struct exporter_case {
  const char *exporter; /* NULL: not set */
  const char *disabled;
  cspan_status expected;
  bool has_provider;
  bool warns;
} exporter_case;

static const exporter_case exporters[] = {
    {NULL, NULL, CSPAN_OK, false, false},
    {"", NULL, CSPAN_OK, false, false},
    {"none", NULL, CSPAN_OK, false, false},
    {"otlp", NULL, CSPAN_OK, true, false},
    {"console", NULL, CSPAN_OK, true, false},
    {"otlp, console", NULL, CSPAN_OK, true, false},
    {"prometheus", NULL, CSPAN_OK, false, true},
    {"prometheus,console", NULL, CSPAN_OK, true, true},
    {"otlp", "true", CSPAN_OK, false, false},
    {"console,console,console,console,console", NULL, CSPAN_ERR_CONFIG, false, false},
};

static void test_exporters(void **state) {
  for (size_t i = 0; i < COUNT(exporters); i++) {
    cspan_meter_provider *provider = NULL;
    cspan_error *error = NULL;
    clean(state);
    if (exporters[i].exporter != NULL) {
      setenv("OTEL_METRICS_EXPORTER", exporters[i].exporter, 1);
    }
    if (exporters[i].disabled != NULL) {
      setenv("OTEL_SDK_DISABLED", exporters[i].disabled, 1);
    }
    assert_int_equal(cspan_meter_provider_from_env("s", "1", &provider, &error),
                     exporters[i].expected);
    assert_int_equal(provider != NULL, exporters[i].has_provider);
    assert_int_equal(strstr(logged, "OTEL_METRICS_EXPORTER") != NULL, exporters[i].warns);
    cspan_error_free(error);
    cspan_meter_provider_free(provider);
  }
}

typedef struct temporality_case {
  const char *preference;
  cspan_temporality expected;
  bool warns;
} temporality_case;

static const temporality_case temporalities[] = {
    {NULL, CSPAN_TEMPORALITY_CUMULATIVE, false},
    {"cumulative", CSPAN_TEMPORALITY_CUMULATIVE, false},
    {"DELTA", CSPAN_TEMPORALITY_DELTA, false},
    {"lowmemory", CSPAN_TEMPORALITY_LOW_MEMORY, false},
    {"none", CSPAN_TEMPORALITY_CUMULATIVE, true},
};

static void test_temporality(void **state) {
  for (size_t i = 0; i < COUNT(temporalities); i++) {
    cspan_metric_exporter *exporter = NULL;
    clean(state);
    if (temporalities[i].preference != NULL) {
      setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporalities[i].preference, 1);
    }
    assert_int_equal(cspan_metric_exporter_otlp(NULL, &exporter, NULL), CSPAN_OK);
    assert_int_equal(exporter->vtable->temporality(exporter->self), temporalities[i].expected);
    assert_int_equal(strstr(logged, "TEMPORALITY_PREFERENCE") != NULL, temporalities[i].warns);
    cspan_metric_exporter_free(exporter);
  }
}

static void test_aggregation(void **state) {
  (void)state;
  cspan_metric_exporter *exporter = NULL;
  setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram",
         1);
  assert_int_equal(cspan_metric_exporter_otlp(NULL, &exporter, NULL), CSPAN_OK);
  cspan_metric_exporter_free(exporter);
  assert_string_equal(logged, "");
  setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
         "base2_exponential_bucket_histogram", 1);
  assert_int_equal(cspan_metric_exporter_otlp(NULL, &exporter, NULL), CSPAN_OK);
  cspan_metric_exporter_free(exporter);
  assert_non_null(strstr(logged, "there is only explicit_bucket_histogram"));
}

static void test_bad_options(void **state) {
  (void)state;
  cspan_metric_exporter *exporter = NULL;
  cspan_error *error = NULL;
  const cspan_otlp_options options = {.endpoint = "ftp://example.org"};
  assert_int_not_equal(cspan_metric_exporter_otlp(&options, &exporter, &error), CSPAN_OK);
  assert_null(exporter);
  assert_non_null(error);
  cspan_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_exporters, clean, done),
      cmocka_unit_test_setup_teardown(test_temporality, clean, done),
      cmocka_unit_test_setup_teardown(test_aggregation, clean, done),
      cmocka_unit_test_setup_teardown(test_bad_options, clean, done),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
