/* SPDX-License-Identifier: Apache-2.0 */
/* The periodic reader: its interval, flush and shutdown that tell the truth, forks. */
#include "metric_gate.h"

#include <stdlib.h>

#include "forked.h"

static const cspan_metric_reader_options by_hand = {.interval_ms = CSPAN_INTERVAL_NEVER};

/* -------------------------------------------------------------- the interval */

static void test_interval(void **state) {
  (void)state;
  const cspan_metric_reader_options options = {.interval_ms = 5};
  gate_exporter g;
  cspan_instrument *counter;
  cspan_meter_provider *provider = metric_gate_provider(&g, &options, &counter);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_await_batches(&g, 3);
  assert_true(g.deadline_ns != 0);
  metric_gate_end(&g, provider);
  assert_int_equal(g.shutdowns, 1);
}

static void observe_one(void *user, cspan_observer *observer) {
  cspan_observe_int64(observer, user, 1, NULL, 0);
}

/* A callback is enough for it to begin. */
static void test_interval_of_observables(void **state) {
  (void)state;
  const cspan_metric_reader_options options = {.interval_ms = 5};
  gate_exporter g;
  cspan_instrument *counter;
  cspan_meter_provider *provider = metric_gate_provider(&g, &options, &counter);
  cspan_meter *meter = cspan_meter_get(provider, NULL);
  cspan_meter_observe(
      meter, observe_one,
      instrument_of(meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "observed"));
  gate_await_batches(&g, 2);
  metric_gate_end(&g, provider);
}

static void test_interval_of_environment(void **state) {
  (void)state;
  setenv("OTEL_METRIC_EXPORT_INTERVAL", "5", 1);
  setenv("OTEL_METRIC_EXPORT_TIMEOUT", "1234567", 1);
  gate_exporter g;
  cspan_instrument *counter;
  cspan_meter_provider *provider = metric_gate_provider(&g, NULL, &counter);
  unsetenv("OTEL_METRIC_EXPORT_INTERVAL");
  unsetenv("OTEL_METRIC_EXPORT_TIMEOUT");
  int64_t earliest = cspan_now_ns() + INT64_C(1234567) * 1000000;
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_await_batches(&g, 2);
  assert_true(g.deadline_ns >= earliest);
  metric_gate_end(&g, provider);
}

/* -------------------------------------------------------------------- flush */

typedef struct flush_case {
  cspan_status exported;
  size_t rejects;
  cspan_status flushed;
  cspan_status expected;
  const char *says;
} flush_case;

static const flush_case flushes[] = {
    {CSPAN_OK, 0, CSPAN_OK, CSPAN_OK, NULL},
    {CSPAN_ERR_CONNECT, 0, CSPAN_OK, CSPAN_ERR_CONNECT, "the gate said so"},
    {CSPAN_OK, 1, CSPAN_OK, CSPAN_ERR_PARTIAL, "refused 1 data point"},
    {CSPAN_OK, 0, CSPAN_ERR_IO, CSPAN_ERR_IO, "the metric exporter failed"},
};

static void test_flush(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(flushes); i++) {
    gate_exporter g;
    cspan_instrument *counter;
    cspan_error *error = NULL;
    cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
    cspan_record_int64(counter, NULL, 1, NULL, 0);
    g.status = flushes[i].exported;
    g.rejects = flushes[i].rejects;
    g.flush_status = flushes[i].flushed;
    assert_int_equal(cspan_meter_provider_force_flush(provider, 0, &error), flushes[i].expected);
    assert_int_equal(cspan_error_status(error), flushes[i].expected);
    assert_int_equal(g.batches, 1);
    if (flushes[i].says != NULL) {
      assert_non_null(strstr(cspan_error_message(error), flushes[i].says));
    }
    cspan_error_free(error);
    g.status = CSPAN_OK;
    g.rejects = 0;
    g.flush_status = CSPAN_OK;
    assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
    metric_gate_end(&g, provider);
  }
}

/* Nothing to tell is no request. */
static void test_flush_of_nothing(void **state) {
  (void)state;
  gate_exporter g;
  cspan_instrument *counter;
  cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(g.batches, 0);
  assert_int_equal(g.flushes, 1);
  metric_gate_end(&g, provider);
}

static void test_flush_timeout(void **state) {
  (void)state;
  gate_exporter g;
  cspan_instrument *counter;
  cspan_error *error = NULL;
  cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_set(&g, true);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 20, &error), CSPAN_ERR_TIMEOUT);
  assert_non_null(error);
  cspan_error_free(error);
  gate_set(&g, false);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  metric_gate_end(&g, provider);
}

static void *flush_in_thread(void *provider) {
  cspan_meter_provider_force_flush(provider, 0, NULL);
  return NULL;
}

/* Another flush has the exporter all the time. */
static void test_flush_behind_another(void **state) {
  (void)state;
  gate_exporter g;
  cspan_instrument *counter;
  cspan_error *error = NULL;
  pthread_t thread;
  cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_set(&g, true);
  pthread_create(&thread, NULL, flush_in_thread, provider);
  gate_await_inside(&g);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 20, &error), CSPAN_ERR_TIMEOUT);
  assert_non_null(strstr(cspan_error_message(error), "under way"));
  cspan_error_free(error);
  gate_set(&g, false);
  pthread_join(thread, NULL);
  metric_gate_end(&g, provider);
}

/* What a delta temporality does not tell again is told as lost, once. */
static void test_lost_deltas(void **state) {
  (void)state;
  static const struct {
    cspan_temporality temporality;
    cspan_status expected;
  } cases[] = {{CSPAN_TEMPORALITY_DELTA, CSPAN_ERR_CONNECT},
               {CSPAN_TEMPORALITY_CUMULATIVE, CSPAN_OK}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    const cspan_metric_reader_options options = {.interval_ms = 5,
                                                 .temporality = cases[i].temporality};
    gate_exporter g;
    cspan_instrument *counter;
    cspan_error *error = NULL;
    start_log();
    cspan_meter_provider *provider = metric_gate_provider(&g, &options, &counter);
    gate_answer(&g, CSPAN_ERR_CONNECT);
    cspan_record_int64(counter, NULL, 1, NULL, 0);
    gate_await_batches(&g, 1);
    gate_answer(&g, CSPAN_OK);
    cspan_record_int64(counter, NULL, 1, NULL, 0);
    assert_int_equal(cspan_meter_provider_force_flush(provider, 0, &error), cases[i].expected);
    if (cases[i].expected != CSPAN_OK) {
      assert_non_null(strstr(cspan_error_message(error), "data points of earlier intervals"));
    }
    cspan_error_free(error);
    assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
    metric_gate_end(&g, provider);
    assert_non_null(strstr(logged, "the gate said so"));
    stop_log();
  }
}

/* ----------------------------------------------------------------- shutdown */

static void test_shutdown(void **state) {
  (void)state;
  gate_exporter g;
  cspan_instrument *counter;
  cspan_error *error = NULL;
  cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  assert_int_equal(cspan_meter_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(g.batches, 1);
  assert_int_equal(g.items, 1);
  assert_int_equal(g.shutdowns, 1);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  cspan_series *bound = cspan_instrument_bind(counter, NULL, 0);
  cspan_series_record_int64(bound, NULL, 1);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, &error), CSPAN_ERR_SHUTDOWN);
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(cspan_meter_provider_shutdown(provider, 0, &error), CSPAN_ERR_SHUTDOWN);
  cspan_error_free(error);
  assert_int_equal(g.batches, 1);
  assert_int_equal(g.shutdowns, 1);
  metric_gate_end(&g, provider);
}

static void test_shutdown_failure(void **state) {
  (void)state;
  gate_exporter g;
  cspan_instrument *counter;
  cspan_error *error = NULL;
  cspan_meter_provider *provider = metric_gate_provider(&g, &by_hand, &counter);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_answer(&g, CSPAN_ERR_CONNECT);
  assert_int_equal(cspan_meter_provider_shutdown(provider, 0, &error), CSPAN_ERR_CONNECT);
  assert_string_equal(cspan_error_message(error), "the gate said so");
  cspan_error_free(error);
  metric_gate_end(&g, provider);
}

/* The thread's export does not end by itself: it is cancelled. */
static void test_shutdown_timeout(void **state) {
  (void)state;
  const cspan_metric_reader_options options = {.interval_ms = 5, .timeout_ms = 600000};
  gate_exporter g;
  cspan_instrument *counter;
  cspan_error *error = NULL;
  start_log();
  cspan_meter_provider *provider = metric_gate_provider(&g, &options, &counter);
  gate_set(&g, true);
  cspan_record_int64(counter, NULL, 1, NULL, 0);
  gate_await_inside(&g);
  assert_int_not_equal(cspan_meter_provider_shutdown(provider, 20, &error), CSPAN_OK);
  assert_non_null(error);
  assert_true(g.was_cancelled);
  cspan_error_free(error);
  metric_gate_end(&g, provider);
  stop_log();
}

/* --------------------------------------------------------------------- fork */

typedef struct forked {
  metric_fixture *f;
  cspan_instrument *counter;
  cspan_series *bound;
} forked;

/* The child counts from zero, with start times of its own, and under its own process id. */
static int in_child(void *arg) {
  const forked *p = arg;
  cspan_metric_list *list = collect(p->f);
  bool was_empty = cspan_metric_list_count(list) == 0;
  cspan_metric_list_free(list);
  cspan_record_int64(p->counter, NULL, 2, NULL, 0);
  cspan_series_record_int64(p->bound, NULL, 1);
  list = collect(p->f);
  const cspan_metric_view *metric = cspan_metric_list_find(list, "m");
  const cspan_point_view *point = cspan_metric_find_point(metric, NULL, 0);
  const cspan_attr *pid =
      metric != NULL ? cspan_attrs_find(metric->resource, metric->resource_count, "process.pid")
                     : NULL;
  int result = !was_empty                                    ? 1
               : point == NULL                               ? 2
               : point->value.int64 != 3                     ? 3
               : pid == NULL || pid->value.int64 != getpid() ? 4
                                                             : 0;
  cspan_metric_list_free(list);
  return result;
}

static void test_fork(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  forked p = {.f = &f, .counter = counter_of(f.meter, "m")};
  p.bound = cspan_instrument_bind(p.counter, NULL, 0);
  cspan_record_int64(p.counter, NULL, 40, NULL, 0);
  assert_int_equal(collected_int64(&f, "m"), 40);
  assert_int_equal(run_forked(in_child, &p), 0);
  cspan_record_int64(p.counter, NULL, 2, NULL, 0);
  assert_int_equal(collected_int64(&f, "m"), 42);
  metric_fixture_stop(&f);
}

typedef struct forked_gate {
  gate_exporter *gate;
  cspan_meter_provider *provider;
  cspan_instrument *counter;
} forked_gate;

/* The reader of the child has a thread again, and its shutdown works. */
static int export_in_child(void *arg) {
  forked_gate *p = arg;
  size_t before = p->gate->batches;
  pthread_mutex_unlock(&p->gate->lock);
  cspan_record_int64(p->counter, NULL, 1, NULL, 0);
  if (CHILD_MAY_START_THREADS) {
    gate_await_batches(p->gate, before + 2);
  } else {
    cspan_meter_provider_force_flush(p->provider, 0, NULL);
  }
  return cspan_meter_provider_shutdown(p->provider, 0, NULL) == CSPAN_OK ? 0 : 1;
}

static void test_fork_of_thread(void **state) {
  (void)state;
  const cspan_metric_reader_options options = {
      .interval_ms = CHILD_MAY_START_THREADS ? 5 : CSPAN_INTERVAL_NEVER};
  forked_gate p = {0};
  gate_exporter g;
  p.gate = &g;
  p.provider = metric_gate_provider(&g, &options, &p.counter);
  cspan_record_int64(p.counter, NULL, 1, NULL, 0);
  cspan_meter_provider_force_flush(p.provider, 0, NULL);
  pthread_mutex_lock(&g.lock); /* so that no thread of the parent holds it at the fork */
  assert_int_equal(run_forked(export_in_child, &p), 0);
  pthread_mutex_unlock(&g.lock);
  metric_gate_end(&g, p.provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_interval),
      cmocka_unit_test(test_interval_of_observables),
      cmocka_unit_test(test_interval_of_environment),
      cmocka_unit_test(test_flush),
      cmocka_unit_test(test_flush_of_nothing),
      cmocka_unit_test(test_flush_timeout),
      cmocka_unit_test(test_flush_behind_another),
      cmocka_unit_test(test_lost_deltas),
      cmocka_unit_test(test_shutdown),
      cmocka_unit_test(test_shutdown_failure),
      cmocka_unit_test(test_shutdown_timeout),
      cmocka_unit_test(test_fork),
      cmocka_unit_test(test_fork_of_thread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
