/* SPDX-License-Identifier: Apache-2.0 */
/* Observable instruments: callbacks, what they observe and what they do not any more. */
#include "metric_fixture.h"

#include <pthread.h>
#include <semaphore.h>

typedef struct observed {
  cspan_instrument *instrument;
  int64_t values[3]; /* of the sets i=0, 1, 2; below 0: not observed */
  unsigned calls;
  cspan_callback *removes; /* itself */
} observed;

static void observe(void *user, cspan_observer *observer) {
  observed *o = user;
  o->calls++;
  for (int64_t i = 0; i < 3; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    if (o->values[i] >= 0) {
      cspan_observe_int64(observer, o->instrument, o->values[i], &attr, 1);
    }
  }
  cspan_callback_remove(o->removes);
}

/* The value of the set; -1: it is not there. */
static int64_t value_of(const cspan_metric_list *list, int64_t i) {
  const cspan_attr attr = cspan_attr_int64("i", i);
  const cspan_point_view *point =
      cspan_metric_find_point(cspan_metric_list_find(list, "m"), &attr, 1);
  return point != NULL ? point->value.int64 : -1;
}

typedef struct step {
  int64_t observed[3];
  int64_t expected[3];
} step;

typedef struct kind_case {
  cspan_instrument_kind kind;
  cspan_temporality temporality;
  step steps[4];
} kind_case;

static const kind_case kinds[] = {
    {CSPAN_OBSERVABLE_COUNTER,
     CSPAN_TEMPORALITY_CUMULATIVE,
     {{{5, 1, -1}, {5, 1, -1}},
      {{8, -1, -1}, {8, -1, -1}},
      {{8, 2, 3}, {8, 2, 3}},
      {{-1, -1, -1}, {-1, -1, -1}}}},
    {CSPAN_OBSERVABLE_COUNTER,
     CSPAN_TEMPORALITY_DELTA,
     {{{5, 1, -1}, {5, 1, -1}},
      {{8, 1, -1}, {3, 0, -1}},
      {{2, -1, 9}, {2, -1, 9}}, /* the first began anew */
      {{4, 3, 9}, {2, 3, 0}}}},
    {CSPAN_OBSERVABLE_UP_DOWN_COUNTER,
     CSPAN_TEMPORALITY_DELTA,
     {{{5, 1, -1}, {5, 1, -1}},
      {{3, 1, -1}, {3, 1, -1}},
      {{3, -1, -1}, {3, -1, -1}},
      {{0, 0, 0}, {0, 0, 0}}}},
    {CSPAN_OBSERVABLE_GAUGE,
     CSPAN_TEMPORALITY_DELTA,
     {{{5, 1, -1}, {5, 1, -1}},
      {{5, 0, -1}, {5, 0, -1}},
      {{-1, -1, 4}, {-1, -1, 4}},
      {{6, -1, -1}, {6, -1, -1}}}},
};

static void test_kinds(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(kinds); k++) {
    metric_fixture f;
    metric_fixture_start(&f, NULL, &kinds[k].temporality, 1);
    observed o = {.instrument = instrument_of(f.meter, kinds[k].kind, CSPAN_NUMBER_INT64, "m")};
    assert_non_null(cspan_meter_observe(f.meter, observe, &o));
    for (size_t s = 0; s < COUNT(kinds[k].steps); s++) {
      memcpy(o.values, kinds[k].steps[s].observed, sizeof o.values);
      cspan_metric_list *list = collect(&f);
      for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(value_of(list, i), kinds[k].steps[s].expected[i]);
      }
      cspan_metric_list_free(list);
    }
    o.removes = NULL;
    metric_fixture_stop(&f);
  }
}

static void observe_real(void *user, cspan_observer *observer) {
  cspan_observe_double(observer, user, 1.5, NULL, 0);
  cspan_observe_double(observer, user, 2.5, NULL, 0); /* the last one counts */
}

static void test_double(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *gauge =
      instrument_of(f.meter, CSPAN_OBSERVABLE_GAUGE, CSPAN_NUMBER_DOUBLE, "m");
  cspan_meter_observe(f.meter, observe_real, gauge);
  cspan_metric_list *list = collect(&f);
  assert_true(point_of(list, "m", NULL, 0)->value.number == 2.5);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* A series that is seen for the first time started no earlier than the last collection, when it
 * was not there; all others when the instrument was made. */
static void test_start_times(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  observed o = {.values = {1, -1, -1}};
  o.instrument = instrument_of(f.meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "m");
  cspan_meter_observe(f.meter, observe, &o);
  const cspan_attr first = cspan_attr_int64("i", 0);
  const cspan_attr second = cspan_attr_int64("i", 1);
  cspan_metric_list *list = collect(&f);
  int64_t made = point_of(list, "m", &first, 1)->start_time_unix_ns;
  int64_t collected = point_of(list, "m", &first, 1)->time_unix_ns;
  cspan_metric_list_free(list);
  o.values[1] = 1;
  list = collect(&f);
  assert_true(point_of(list, "m", &first, 1)->start_time_unix_ns == made);
  assert_true(point_of(list, "m", &second, 1)->start_time_unix_ns == collected);
  assert_true(made <= collected);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

static void test_several_callbacks(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter =
      instrument_of(f.meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "m");
  observed one = {.instrument = counter, .values = {1, -1, -1}};
  observed two = {.instrument = counter, .values = {-1, 2, -1}};
  cspan_callback *callback = cspan_meter_observe(f.meter, observe, &one);
  cspan_meter_observe(f.meter, observe, &two);
  cspan_metric_list *list = collect(&f);
  assert_int_equal(value_of(list, 0), 1);
  assert_int_equal(value_of(list, 1), 2);
  cspan_metric_list_free(list);
  cspan_callback_remove(callback);
  list = collect(&f);
  assert_int_equal(value_of(list, 0), -1);
  assert_int_equal(value_of(list, 1), 2);
  assert_int_equal(one.calls, 1);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

static void test_removes_itself(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  observed o = {.values = {1, 1, 1}};
  o.instrument = instrument_of(f.meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "m");
  o.removes = cspan_meter_observe(f.meter, observe, &o);
  assert_true(is_collected(&f, "m"));
  assert_false(is_collected(&f, "m"));
  assert_int_equal(o.calls, 1);
  metric_fixture_stop(&f);
}

/* ----------------------------------------------- removal waits for the callback */

typedef struct slow {
  sem_t entered;
  sem_t may_leave;
  bool has_left;
} slow;

static void observe_slowly(void *user, cspan_observer *observer) {
  slow *s = user;
  (void)observer;
  sem_post(&s->entered);
  sem_wait(&s->may_leave);
  s->has_left = true;
}

static void *collect_in_thread(void *arg) {
  cspan_meter_provider_force_flush(arg, 0, NULL);
  return NULL;
}

static void *let_leave(void *arg) {
  slow *s = arg;
  sem_post(&s->may_leave);
  return NULL;
}

static void test_removal_waits(void **state) {
  (void)state;
  slow s = {.has_left = false};
  sem_init(&s.entered, 0, 0);
  sem_init(&s.may_leave, 0, 0);
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_callback *callback = cspan_meter_observe(f.meter, observe_slowly, &s);
  pthread_t collector;
  pthread_t opener;
  pthread_create(&collector, NULL, collect_in_thread, f.provider);
  sem_wait(&s.entered);
  pthread_create(&opener, NULL, let_leave, &s);
  cspan_callback_remove(callback);
  assert_true(s.has_left);
  pthread_join(opener, NULL);
  pthread_join(collector, NULL);
  metric_fixture_stop(&f);
  sem_destroy(&s.entered);
  sem_destroy(&s.may_leave);
}

/* --------------------------------------------------------------------- misuse */

static cspan_instrument *foreign;

static void observe_foreign(void *user, cspan_observer *observer) {
  cspan_observe_int64(observer, user, 1, NULL, 0);
  cspan_observe_int64(observer, foreign, 1, NULL, 0);
  cspan_observe_int64(observer, NULL, 1, NULL, 0);
  cspan_observe_int64(NULL, foreign, 1, NULL, 0);
}

static void test_misuse(void **state) {
  (void)state;
  const cspan_scope other = {.name = "other"};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "sync");
  cspan_instrument *observable =
      instrument_of(f.meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "observable");
  foreign = instrument_of(cspan_meter_get(f.provider, &other), CSPAN_OBSERVABLE_COUNTER,
                          CSPAN_NUMBER_INT64, "foreign");
  cspan_meter_observe(f.meter, observe_foreign, counter);
  cspan_record_int64(observable, NULL, 1, NULL, 0);
  assert_null(cspan_instrument_bind(observable, NULL, 0));
  cspan_metric_list *list = collect(&f);
  assert_int_equal(cspan_metric_list_count(list), 0);
  assert_non_null(strstr(logged, "sync: it was observed"));
  assert_non_null(strstr(logged, "foreign: it was observed"));
  assert_non_null(strstr(logged, "observable: it is observable"));
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
  stop_log();
}

static void observe_many(void *user, cspan_observer *observer) {
  for (int64_t i = 0; i < 10; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_observe_int64(observer, user, 1, &attr, 1);
  }
}

/* Sets over the limit are one, which is their sum. */
static void test_cardinality(void **state) {
  (void)state;
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  const cspan_attr overflow = cspan_attr_bool("otel.metric.overflow", true);
  cspan_meter_provider_options options = {.size = sizeof options, .cardinality_limit = 4};
  metric_fixture f;
  metric_fixture_start(&f, &options, &cumulative, 1);
  cspan_meter_observe(f.meter, observe_many,
                      instrument_of(f.meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "m"));
  for (int i = 0; i < 3; i++) {
    cspan_metric_list *list = collect(&f);
    assert_int_equal(cspan_metric_list_find(list, "m")->point_count, 4);
    assert_int_equal(point_of(list, "m", &overflow, 1)->value.int64, 7);
    cspan_metric_list_free(list);
  }
  metric_fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds),          cmocka_unit_test(test_double),
      cmocka_unit_test(test_start_times),    cmocka_unit_test(test_several_callbacks),
      cmocka_unit_test(test_removes_itself), cmocka_unit_test(test_removal_waits),
      cmocka_unit_test(test_misuse),         cmocka_unit_test(test_cardinality),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
