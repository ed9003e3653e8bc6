/* SPDX-License-Identifier: Apache-2.0 */
/* Cumulative and delta temporality: what is told again, what is forgotten, start times. */
#include "metric_fixture.h"

/* ------------------------------------------------------- which kind has which */

typedef struct preference_case {
  cspan_temporality temporality;
  bool is_delta[4]; /* counter, up-down counter, histogram, observable counter */
  bool is_observable_up_down_delta;
} preference_case;

static const preference_case preferences[] = {
    {CSPAN_TEMPORALITY_DEFAULT, {false, false, false, false}, false},
    {CSPAN_TEMPORALITY_CUMULATIVE, {false, false, false, false}, false},
    {CSPAN_TEMPORALITY_DELTA, {true, false, true, true}, false},
    {CSPAN_TEMPORALITY_LOW_MEMORY, {true, false, true, false}, false},
};

static cspan_instrument *observed[2];

static void observe_both(void *user, cspan_observer *observer) {
  (void)user;
  cspan_observe_int64(observer, observed[0], 10, NULL, 0);
  cspan_observe_int64(observer, observed[1], 10, NULL, 0);
}

static void test_preferences(void **state) {
  (void)state;
  static const cspan_instrument_kind kinds[] = {CSPAN_COUNTER, CSPAN_UP_DOWN_COUNTER,
                                                CSPAN_HISTOGRAM, CSPAN_OBSERVABLE_COUNTER};
  static const char *const names[] = {"counter", "updown", "histogram", "observable"};
  for (size_t i = 0; i < COUNT(preferences); i++) {
    metric_fixture f;
    metric_fixture_start(&f, NULL, &preferences[i].temporality, 1);
    for (size_t k = 0; k < 3; k++) {
      cspan_record_int64(instrument_of(f.meter, kinds[k], CSPAN_NUMBER_INT64, names[k]), NULL, 1,
                         NULL, 0);
    }
    observed[0] = instrument_of(f.meter, kinds[3], CSPAN_NUMBER_INT64, names[3]);
    observed[1] =
        instrument_of(f.meter, CSPAN_OBSERVABLE_UP_DOWN_COUNTER, CSPAN_NUMBER_INT64, "oud");
    cspan_meter_observe(f.meter, observe_both, NULL);
    cspan_metric_list *list = collect(&f);
    for (size_t k = 0; k < COUNT(names); k++) {
      assert_int_equal(cspan_metric_list_find(list, names[k])->is_delta,
                       preferences[i].is_delta[k]);
    }
    assert_int_equal(cspan_metric_list_find(list, "oud")->is_delta,
                     preferences[i].is_observable_up_down_delta);
    cspan_metric_list_free(list);
    metric_fixture_stop(&f);
  }
}

/* ------------------------------------------------------------------- values */

static void test_sums(void **state) {
  (void)state;
  static const cspan_temporality both[] = {CSPAN_TEMPORALITY_DELTA, CSPAN_TEMPORALITY_CUMULATIVE};
  static const struct {
    int64_t recorded; /* -1: nothing */
    int64_t delta;    /* -1: nothing is told */
    int64_t cumulative;
  } steps[] = {{5, 5, 5}, {-1, -1, 5}, {7, 7, 12}, {0, 0, 12}, {1, 1, 13}};
  metric_fixture f;
  metric_fixture_start(&f, NULL, both, 2);
  cspan_instrument *counter = counter_of(f.meter, "m");
  for (size_t i = 0; i < COUNT(steps); i++) {
    if (steps[i].recorded >= 0) {
      cspan_record_int64(counter, NULL, steps[i].recorded, NULL, 0);
    }
    cspan_metric_list *list = collect(&f);
    cspan_metric_list *second = cspan_memory_metrics(f.second);
    if (steps[i].delta >= 0) {
      assert_int_equal(int64_of(list, "m"), steps[i].delta);
      assert_true(cspan_metric_list_find(list, "m")->is_delta);
    } else {
      assert_null(cspan_metric_list_find(list, "m"));
    }
    assert_int_equal(int64_of(second, "m"), steps[i].cumulative);
    assert_false(cspan_metric_list_find(second, "m")->is_delta);
    cspan_metric_list_free(second);
    cspan_metric_list_free(list);
  }
  metric_fixture_stop(&f);
}

static void test_histogram(void **state) {
  (void)state;
  static const double bounds[] = {10};
  static const cspan_temporality both[] = {CSPAN_TEMPORALITY_DELTA, CSPAN_TEMPORALITY_CUMULATIVE};
  const cspan_instrument_options options = {.kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "h",
                                            .boundaries = bounds,
                                            .boundary_count = 1};
  metric_fixture f;
  metric_fixture_start(&f, NULL, both, 2);
  cspan_instrument *histogram = cspan_instrument_get(f.meter, &options);
  cspan_record_double(histogram, NULL, 4, NULL, 0);
  cspan_record_double(histogram, NULL, 40, NULL, 0);
  cspan_metric_list_free(collect(&f));
  cspan_record_double(histogram, NULL, 20, NULL, 0);
  cspan_metric_list *list = collect(&f);
  cspan_metric_list *second = cspan_memory_metrics(f.second);
  const cspan_point_view *delta = point_of(list, "h", NULL, 0);
  const cspan_point_view *cumulative = point_of(second, "h", NULL, 0);
  assert_int_equal(delta->count, 1);
  assert_int_equal(delta->buckets[0], 0);
  assert_int_equal(delta->buckets[1], 1);
  assert_true(delta->sum == 20 && delta->min == 20 && delta->max == 20);
  assert_int_equal(cumulative->count, 3);
  assert_int_equal(cumulative->buckets[0], 1);
  assert_int_equal(cumulative->buckets[1], 2);
  assert_true(cumulative->sum == 64 && cumulative->min == 4 && cumulative->max == 40);
  cspan_metric_list_free(second);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* A gauge is told while it has news, or always. */
static void test_gauge(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_delta(&f);
  cspan_instrument *gauge = instrument_of(f.meter, CSPAN_GAUGE, CSPAN_NUMBER_INT64, "g");
  cspan_record_int64(gauge, NULL, 7, NULL, 0);
  assert_int_equal(collected_int64(&f, "g"), 7);
  assert_false(is_collected(&f, "g"));
  cspan_record_int64(gauge, NULL, 7, NULL, 0);
  assert_int_equal(collected_int64(&f, "g"), 7);
  metric_fixture_stop(&f);
  metric_fixture_start_cumulative(&f);
  gauge = instrument_of(f.meter, CSPAN_GAUGE, CSPAN_NUMBER_INT64, "g");
  cspan_record_int64(gauge, NULL, 7, NULL, 0);
  assert_int_equal(collected_int64(&f, "g"), 7);
  assert_int_equal(collected_int64(&f, "g"), 7);
  metric_fixture_stop(&f);
}

/* -------------------------------------------------------------- start times */

typedef struct times {
  int64_t start;
  int64_t end;
} times;

static times collected_times(metric_fixture *f, cspan_instrument *counter) {
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  cspan_metric_list *list = collect(f);
  const cspan_point_view *point = point_of(list, "m", NULL, 0);
  times t = {point->start_time_unix_ns, point->time_unix_ns};
  cspan_metric_list_free(list);
  return t;
}

static void test_delta_times(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_delta(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  times first = collected_times(&f, counter);
  times second = collected_times(&f, counter);
  assert_true(first.start > 0 && first.start <= first.end);
  assert_true(second.start == first.end); /* no gap, nothing twice */
  assert_true(second.start <= second.end);
  metric_fixture_stop(&f);
}

static void test_cumulative_times(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  times first = collected_times(&f, counter);
  times second = collected_times(&f, counter);
  assert_true(first.start > 0 && first.start <= first.end);
  assert_true(second.start == first.start);
  assert_true(second.end >= first.end);
  metric_fixture_stop(&f);
}

/* ------------------------------------------------------------------ forgetting */

static void record_numbered(cspan_instrument *counter, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_record_int64(counter, NULL, 1, &attr, 1);
  }
}

static size_t collected_points(metric_fixture *f, bool *overflow) {
  const cspan_attr attr = cspan_attr_bool("otel.metric.overflow", true);
  cspan_metric_list *list = collect(f);
  const cspan_metric_view *metric = cspan_metric_list_find(list, "m");
  size_t count = metric != NULL ? metric->point_count : 0;
  *overflow = cspan_metric_find_point(metric, &attr, 1) != NULL;
  cspan_metric_list_free(list);
  return count;
}

/* With delta temporality sets that are not seen any more make room for others. */
static void test_delta_forgets(void **state) {
  (void)state;
  const cspan_temporality delta = CSPAN_TEMPORALITY_DELTA;
  cspan_meter_provider_options options = {.size = sizeof options, .cardinality_limit = 100};
  bool overflow;
  metric_fixture f;
  metric_fixture_start(&f, &options, &delta, 1);
  cspan_instrument *counter = counter_of(f.meter, "m");
  record_numbered(counter, 0, 150);
  assert_int_equal(collected_points(&f, &overflow), 100);
  assert_true(overflow);
  assert_int_equal(collected_points(&f, &overflow), 0); /* and forgets all of them */
  for (int64_t round = 1; round <= 5; round++) {
    record_numbered(counter, 1000 * round, 1000 * round + 99);
    assert_int_equal(collected_points(&f, &overflow), 99);
    assert_false(overflow);
    assert_int_equal(collected_points(&f, &overflow), 0);
  }
  metric_fixture_stop(&f);
}

/* What is bound is not forgotten. */
static void test_delta_keeps_bound(void **state) {
  (void)state;
  const cspan_attr attr = cspan_attr_string("a", "1");
  metric_fixture f;
  metric_fixture_start_delta(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  cspan_series *bound = cspan_instrument_bind(counter, &attr, 1);
  bool overflow;
  assert_int_equal(collected_points(&f, &overflow), 0);
  assert_int_equal(collected_points(&f, &overflow), 0);
  cspan_series_record_int64(bound, NULL, 3);
  cspan_record_int64(counter, NULL, 4, &attr, 1);
  cspan_metric_list *list = collect(&f);
  assert_int_equal(point_of(list, "m", &attr, 1)->value.int64, 7);
  cspan_metric_list_free(list);
  cspan_series_release(bound);
  assert_int_equal(collected_points(&f, &overflow), 0);
  cspan_record_int64(counter, NULL, 5, &attr, 1);
  list = collect(&f);
  assert_int_equal(point_of(list, "m", &attr, 1)->value.int64, 5);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* With a cumulative reader beside it nothing is. */
static void test_mixed_keeps(void **state) {
  (void)state;
  static const cspan_temporality both[] = {CSPAN_TEMPORALITY_DELTA, CSPAN_TEMPORALITY_CUMULATIVE};
  metric_fixture f;
  metric_fixture_start(&f, NULL, both, 2);
  record_numbered(counter_of(f.meter, "m"), 0, 10);
  bool overflow;
  assert_int_equal(collected_points(&f, &overflow), 10);
  assert_int_equal(collected_points(&f, &overflow), 0);
  cspan_metric_list *second = cspan_memory_metrics(f.second);
  assert_int_equal(cspan_metric_list_find(second, "m")->point_count, 10);
  cspan_metric_list_free(second);
  metric_fixture_stop(&f);
}

/* Two delta readers each get all of it. */
static void test_two_delta_readers(void **state) {
  (void)state;
  static const cspan_temporality both[] = {CSPAN_TEMPORALITY_DELTA, CSPAN_TEMPORALITY_DELTA};
  metric_fixture f;
  metric_fixture_start(&f, NULL, both, 2);
  cspan_instrument *counter = counter_of(f.meter, "m");
  for (int64_t i = 1; i <= 3; i++) {
    cspan_record_int64(counter, NULL, i, NULL, 0);
    cspan_metric_list *list = collect(&f);
    cspan_metric_list *second = cspan_memory_metrics(f.second);
    assert_int_equal(int64_of(list, "m"), i);
    assert_int_equal(int64_of(second, "m"), i);
    cspan_metric_list_free(second);
    cspan_metric_list_free(list);
  }
  metric_fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_preferences),   cmocka_unit_test(test_sums),
      cmocka_unit_test(test_histogram),     cmocka_unit_test(test_gauge),
      cmocka_unit_test(test_delta_times),   cmocka_unit_test(test_cumulative_times),
      cmocka_unit_test(test_delta_forgets), cmocka_unit_test(test_delta_keeps_bound),
      cmocka_unit_test(test_mixed_keeps),   cmocka_unit_test(test_two_delta_readers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
