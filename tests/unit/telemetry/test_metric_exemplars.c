/* SPDX-License-Identifier: Apache-2.0 */
/* Exemplars: measurements that point at the span within which they were made. */
#include "metric_fixture.h"

#include <stdlib.h>

typedef struct traced {
  cspan_tracer_provider *provider;
  cspan_span span;
  cspan_span_context context;
} traced;

static void traced_start(traced *t, bool sampled) {
  const cspan_provider_options options = {.size = sizeof options,
                                          .sampler = sampled ? cspan_sampler_always_on()
                                                             : cspan_sampler_always_off()};
  assert_int_equal(cspan_tracer_provider_create(&options, &t->provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(t->provider, "test", NULL, NULL);
  t->span = cspan_span_start(tracer, NULL, "work", NULL);
  cspan_span_get_context(t->span, &t->context);
}

static void traced_stop(traced *t) {
  cspan_span_end(t->span);
  cspan_tracer_provider_free(t->provider);
}

/* ---------------------------------------------------------------- the filters */

typedef enum where { NO_SPAN, CURRENT_SPAN, GIVEN_SPAN } where;

typedef struct filter_case {
  cspan_exemplar_filter filter;
  const char *variable; /* OTEL_METRICS_EXEMPLAR_FILTER */
  where where;
  bool sampled;
  bool has_exemplar;
  bool warns;
} filter_case;

static const filter_case filters[] = {
    {CSPAN_EXEMPLAR_DEFAULT, NULL, CURRENT_SPAN, true, true, false},
    {CSPAN_EXEMPLAR_DEFAULT, NULL, GIVEN_SPAN, true, true, false},
    {CSPAN_EXEMPLAR_DEFAULT, NULL, CURRENT_SPAN, false, false, false},
    {CSPAN_EXEMPLAR_DEFAULT, NULL, NO_SPAN, true, false, false},
    {CSPAN_EXEMPLAR_DEFAULT, "always_on", CURRENT_SPAN, false, true, false},
    {CSPAN_EXEMPLAR_DEFAULT, "always_on", NO_SPAN, true, true, false},
    {CSPAN_EXEMPLAR_DEFAULT, "always_off", CURRENT_SPAN, true, false, false},
    {CSPAN_EXEMPLAR_DEFAULT, "trace_based", CURRENT_SPAN, true, true, false},
    {CSPAN_EXEMPLAR_DEFAULT, "sometimes", CURRENT_SPAN, false, false, true},
    {CSPAN_EXEMPLAR_DEFAULT, "sometimes", CURRENT_SPAN, true, true, true},
    {CSPAN_EXEMPLAR_ALWAYS_OFF, "always_on", CURRENT_SPAN, true, false, false},
    {CSPAN_EXEMPLAR_ALWAYS_ON, "always_off", NO_SPAN, true, true, false},
    {CSPAN_EXEMPLAR_TRACE_BASED, "always_on", NO_SPAN, true, false, false},
};

static void check_exemplar(const filter_case *c, const traced *t, const cspan_point_view *point) {
  static const uint8_t none[16] = {0};
  assert_int_equal(point->exemplar_count, c->has_exemplar ? 1 : 0);
  if (c->has_exemplar) {
    const cspan_exemplar_view *exemplar = &point->exemplars[0];
    bool has_span = c->where != NO_SPAN;
    assert_int_equal(exemplar->value.int64, 3);
    assert_true(exemplar->time_unix_ns > 0);
    assert_memory_equal(exemplar->trace_id, has_span ? t->context.trace_id : none, 16);
    assert_memory_equal(exemplar->span_id, has_span ? t->context.span_id : none, 8);
  }
}

static void test_filters(void **state) {
  (void)state;
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  for (size_t i = 0; i < COUNT(filters); i++) {
    const filter_case *c = &filters[i];
    cspan_meter_provider_options options = {.size = sizeof options, .exemplar_filter = c->filter};
    traced t;
    metric_fixture f;
    start_log();
    if (c->variable != NULL) {
      setenv("OTEL_METRICS_EXEMPLAR_FILTER", c->variable, 1);
    } else {
      unsetenv("OTEL_METRICS_EXEMPLAR_FILTER");
    }
    metric_fixture_start(&f, &options, &cumulative, 1);
    assert_int_equal(strstr(logged, "OTEL_METRICS_EXEMPLAR_FILTER") != NULL, c->warns);
    traced_start(&t, c->sampled);
    const cspan_context given = {.span = t.span};
    const cspan_span none = {0};
    cspan_span before = cspan_span_make_current(c->where == CURRENT_SPAN ? t.span : none);
    cspan_record_int64(counter_of(f.meter, "m"), c->where == GIVEN_SPAN ? &given : NULL, 3, NULL,
                       0);
    cspan_span_make_current(before);
    cspan_metric_list *list = collect(&f);
    check_exemplar(c, &t, point_of(list, "m", NULL, 0));
    cspan_metric_list_free(list);
    traced_stop(&t);
    metric_fixture_stop(&f);
    stop_log();
  }
  unsetenv("OTEL_METRICS_EXEMPLAR_FILTER");
}

/* -------------------------------------------------------- which instruments */

static void test_kinds(void **state) {
  (void)state;
  static const struct {
    cspan_instrument_kind kind;
    cspan_number_type number;
    size_t exemplars;
  } cases[] = {{CSPAN_COUNTER, CSPAN_NUMBER_INT64, 1},
               {CSPAN_COUNTER, CSPAN_NUMBER_DOUBLE, 1},
               {CSPAN_UP_DOWN_COUNTER, CSPAN_NUMBER_INT64, 1},
               {CSPAN_HISTOGRAM, CSPAN_NUMBER_DOUBLE, 1},
               {CSPAN_GAUGE, CSPAN_NUMBER_INT64, 0}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    traced t;
    metric_fixture f;
    metric_fixture_start_cumulative(&f);
    traced_start(&t, true);
    const cspan_context context = {.span = t.span};
    cspan_record_double(instrument_of(f.meter, cases[i].kind, cases[i].number, "m"), &context, 2,
                        NULL, 0);
    cspan_metric_list *list = collect(&f);
    const cspan_point_view *point = point_of(list, "m", NULL, 0);
    assert_int_equal(point->exemplar_count, cases[i].exemplars);
    if (cases[i].exemplars > 0) {
      assert_int_equal(point->exemplars[0].value.type, cases[i].number);
      assert_memory_equal(point->exemplars[0].span_id, t.context.span_id, 8);
    }
    cspan_metric_list_free(list);
    traced_stop(&t);
    metric_fixture_stop(&f);
  }
}

/* One a bucket, of those that the bucket has. */
static void test_buckets(void **state) {
  (void)state;
  static const double bounds[] = {10, 20};
  const cspan_instrument_options options = {.kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "h",
                                            .boundaries = bounds,
                                            .boundary_count = 2};
  static const double values[] = {1, 2, 25, 30, 3};
  traced t;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  traced_start(&t, true);
  const cspan_context context = {.span = t.span};
  cspan_instrument *histogram = cspan_instrument_get(f.meter, &options);
  cspan_series *bound = cspan_instrument_bind(histogram, NULL, 0);
  for (size_t i = 0; i < COUNT(values); i++) {
    if (i % 2 == 0) {
      cspan_record_double(histogram, &context, values[i], NULL, 0);
    } else {
      cspan_series_record_double(bound, &context, values[i]);
    }
  }
  cspan_metric_list *list = collect(&f);
  const cspan_point_view *point = point_of(list, "h", NULL, 0);
  assert_int_equal(point->exemplar_count, 2);
  assert_true(point->exemplars[0].value.number <= 3.0);
  assert_true(point->exemplars[1].value.number >= 25.0);
  cspan_metric_list_free(list);
  traced_stop(&t);
  metric_fixture_stop(&f);
}

/* Between two collections each measurement is as likely to be kept as any other, and what the
 * filter leaves out takes nobody's turn. Of 2,000 draws each of four has 500, give or take 19: that
 * it has less than 350 or more than 650 does not happen. */
static void test_all_alike(void **state) {
  (void)state;
  enum { ROUNDS = 2000, EACH = 4, UNSAMPLED = 9 };
  int kept[EACH + 1] = {0};
  traced t;
  traced other;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  traced_start(&t, true);
  traced_start(&other, false);
  const cspan_context context = {.span = t.span};
  const cspan_context unsampled = {.span = other.span};
  cspan_instrument *counter = counter_of(f.meter, "m");
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 1; i <= EACH; i++) {
      cspan_record_int64(counter, &unsampled, UNSAMPLED, NULL, 0);
      cspan_record_int64(counter, &context, i, NULL, 0);
    }
    cspan_metric_list *list = collect(&f);
    const cspan_point_view *point = point_of(list, "m", NULL, 0);
    assert_int_equal(point->exemplar_count, 1);
    assert_in_range(point->exemplars[0].value.int64, 1, EACH);
    kept[point->exemplars[0].value.int64]++;
    cspan_metric_list_free(list);
  }
  for (int i = 1; i <= EACH; i++) {
    assert_in_range(kept[i], 350, 650);
  }
  traced_stop(&other);
  traced_stop(&t);
  metric_fixture_stop(&f);
}

/* Each reader gets an exemplar once. */
static void test_once(void **state) {
  (void)state;
  static const cspan_temporality both[] = {CSPAN_TEMPORALITY_CUMULATIVE,
                                           CSPAN_TEMPORALITY_CUMULATIVE};
  traced t;
  metric_fixture f;
  metric_fixture_start(&f, NULL, both, 2);
  traced_start(&t, true);
  const cspan_context context = {.span = t.span};
  cspan_record_int64(counter_of(f.meter, "m"), &context, 1, NULL, 0);
  static const size_t expected[] = {1, 0};
  for (size_t i = 0; i < COUNT(expected); i++) {
    cspan_metric_list *list = collect(&f);
    cspan_metric_list *second = cspan_memory_metrics(f.second);
    assert_int_equal(point_of(list, "m", NULL, 0)->exemplar_count, expected[i]);
    assert_int_equal(point_of(second, "m", NULL, 0)->exemplar_count, expected[i]);
    cspan_metric_list_free(second);
    cspan_metric_list_free(list);
  }
  traced_stop(&t);
  metric_fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_filters), cmocka_unit_test(test_kinds),
                                     cmocka_unit_test(test_buckets),
                                     cmocka_unit_test(test_all_alike), cmocka_unit_test(test_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
