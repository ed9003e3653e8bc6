/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics from many threads: nothing is lost, nothing counted twice, whatever goes on besides. */
#include "metric_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, ROUNDS = 4000, SETS = 16 };

typedef struct worker {
  pthread_t thread;
  metric_fixture *f;
  cspan_instrument *counter;
  cspan_instrument *real;
  cspan_instrument *histogram;
  cspan_series *bound;
  int64_t number;
} worker;

static void *record_all(void *arg) {
  const worker *w = arg;
  for (int64_t i = 0; i < ROUNDS; i++) {
    const cspan_attr attr = cspan_attr_int64("set", i % SETS);
    cspan_record_int64(w->counter, NULL, i, &attr, 1);
    cspan_record_double(w->real, NULL, 0.5, NULL, 0);
    cspan_record_int64(w->histogram, NULL, i % 10, NULL, 0);
    cspan_series_record_int64(w->bound, NULL, 1);
  }
  return NULL;
}

static void start(worker *workers, const worker *like, void *(*work)(void *arg)) {
  for (int64_t i = 0; i < THREADS; i++) {
    workers[i] = *like;
    workers[i].number = i;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
}

static void join(worker *workers) {
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
  }
}

static worker prepare(metric_fixture *f) {
  const cspan_attr bound = cspan_attr_string("bound", "yes");
  worker like = {.f = f,
                 .counter = counter_of(f->meter, "counter"),
                 .real = instrument_of(f->meter, CSPAN_COUNTER, CSPAN_NUMBER_DOUBLE, "real"),
                 .histogram = instrument_of(f->meter, CSPAN_HISTOGRAM, CSPAN_NUMBER_INT64, "h")};
  like.bound = cspan_instrument_bind(like.counter, &bound, 1);
  return like;
}

/* Sums of what was exported so far. */
typedef struct totals {
  int64_t counter;
  int64_t bound;
  double real;
  uint64_t count;
  double sum;
  uint64_t buckets;
} totals;

static void add_metric(totals *t, const cspan_metric_view *metric) {
  const cspan_attr bound = cspan_attr_string("bound", "yes");
  const cspan_point_view *of_bound = cspan_metric_find_point(metric, &bound, 1);
  for (size_t i = 0; i < metric->point_count; i++) {
    const cspan_point_view *point = &metric->points[i];
    if (point == of_bound) {
      t->bound += point->value.int64;
    } else if (strcmp(metric->name, "counter") == 0) {
      t->counter += point->value.int64;
    } else if (strcmp(metric->name, "real") == 0) {
      t->real += point->value.number;
    } else {
      t->count += point->count;
      t->sum += point->sum;
      for (size_t b = 0; b < point->bucket_count; b++) {
        t->buckets += point->buckets[b];
      }
    }
  }
}

static void check(const totals *t) {
  assert_int_equal(t->counter, (int64_t)THREADS * ROUNDS * (ROUNDS - 1) / 2);
  assert_int_equal(t->bound, THREADS * ROUNDS);
  assert_true(t->real == THREADS * ROUNDS * 0.5);
  assert_int_equal(t->count, THREADS * ROUNDS);
  assert_int_equal(t->buckets, THREADS * ROUNDS);
  assert_true(t->sum == THREADS * ROUNDS * 4.5);
}

static totals sum_up(const cspan_metric_exporter *memory) {
  totals t = {0};
  cspan_metric_list *list = cspan_memory_metrics(memory);
  for (size_t i = 0; i < cspan_metric_list_count(list); i++) {
    add_metric(&t, cspan_metric_list_at(list, i));
  }
  cspan_metric_list_free(list);
  return t;
}

static void test_cumulative(void **state) {
  (void)state;
  metric_fixture f;
  worker workers[THREADS];
  metric_fixture_start_cumulative(&f);
  const worker like = prepare(&f);
  start(workers, &like, record_all);
  join(workers);
  assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  totals t = sum_up(f.memory);
  check(&t);
  metric_fixture_stop(&f);
}

/* What is collected meanwhile, interval after interval, adds up to all of it. */
static void test_delta_while_collecting(void **state) {
  (void)state;
  metric_fixture f;
  worker workers[THREADS];
  metric_fixture_start_delta(&f);
  const worker like = prepare(&f);
  start(workers, &like, record_all);
  for (int i = 0; i < 50; i++) {
    assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  }
  join(workers);
  assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  totals t = sum_up(f.memory);
  check(&t);
  metric_fixture_stop(&f);
}

/* ------------------------------------------- sets that come, go and come again */

/* Each set is used for a while and then left, so that it is forgotten and its memory used again
 * for another one while other threads look it up. */
static void *record_changing(void *arg) {
  const worker *w = arg;
  for (int64_t i = 0; i < ROUNDS; i++) {
    const cspan_attr attrs[] = {cspan_attr_int64("set", i / 100), cspan_attr_string("k", "v")};
    cspan_record_int64(w->counter, NULL, 1, attrs, 2);
    if (i % 50 == 0) {
      cspan_series *bound = cspan_instrument_bind(w->counter, attrs, 2);
      cspan_series_record_int64(bound, NULL, 1);
      cspan_series_release(bound);
    }
  }
  return NULL;
}

static void test_forgotten_series(void **state) {
  (void)state;
  const cspan_temporality delta = CSPAN_TEMPORALITY_DELTA;
  cspan_meter_provider_options options = {.size = sizeof options, .cardinality_limit = 20};
  metric_fixture f;
  worker workers[THREADS];
  metric_fixture_start(&f, &options, &delta, 1);
  const worker like = {.f = &f, .counter = counter_of(f.meter, "counter")};
  start(workers, &like, record_changing);
  for (int i = 0; i < 200; i++) {
    assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  }
  join(workers);
  assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  totals t = sum_up(f.memory);
  assert_int_equal(t.counter, THREADS * (ROUNDS + ROUNDS / 50));
  metric_fixture_stop(&f);
}

/* ------------------------------------------------------- making things at once */

static void *make_all(void *arg) {
  worker *w = arg;
  static const char *const names[] = {"a", "b", "c", "d"};
  for (int64_t i = 0; i < 200; i++) {
    const cspan_scope scope = {.name = names[i % 4]};
    cspan_meter *meter = cspan_meter_get(w->f->provider, &scope);
    cspan_instrument *counter = counter_of(meter, names[(i + w->number) % 4]);
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_record_int64(counter, NULL, 1, &attr, 1);
  }
  return NULL;
}

static void test_making(void **state) {
  (void)state;
  metric_fixture f;
  worker workers[THREADS];
  metric_fixture_start_cumulative(&f);
  const worker like = {.f = &f};
  start(workers, &like, make_all);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  }
  join(workers);
  cspan_metric_list *list = collect(&f);
  int64_t sum = 0;
  for (size_t i = 0; i < cspan_metric_list_count(list); i++) {
    const cspan_metric_view *metric = cspan_metric_list_at(list, i);
    for (size_t p = 0; p < metric->point_count; p++) {
      sum += metric->points[p].value.int64;
    }
  }
  assert_int_equal(sum, THREADS * 200);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* -------------------------------------------------- shutdown in the middle of it */

static atomic_bool stop;

static void *record_until_stopped(void *arg) {
  const worker *w = arg;
  while (!atomic_load(&stop)) {
    const cspan_attr attr = cspan_attr_int64("i", w->number);
    cspan_record_int64(w->counter, NULL, 1, &attr, 1);
    cspan_series_record_int64(w->bound, NULL, 1);
  }
  return NULL;
}

static void observe_one(void *user, cspan_observer *observer) {
  cspan_observe_int64(observer, user, 1, NULL, 0);
}

static void *observe_until_stopped(void *arg) {
  const worker *w = arg;
  cspan_instrument *observable =
      instrument_of(w->f->meter, CSPAN_OBSERVABLE_COUNTER, CSPAN_NUMBER_INT64, "o");
  while (!atomic_load(&stop)) {
    cspan_callback_remove(cspan_meter_observe(w->f->meter, observe_one, observable));
  }
  return NULL;
}

static void test_shutdown(void **state) {
  (void)state;
  metric_fixture f;
  worker workers[THREADS];
  pthread_t observers;
  metric_fixture_start_delta(&f);
  worker like = {.f = &f, .counter = counter_of(f.meter, "counter")};
  like.bound = cspan_instrument_bind(like.counter, NULL, 0);
  atomic_store(&stop, false);
  start(workers, &like, record_until_stopped);
  pthread_create(&observers, NULL, observe_until_stopped, &like);
  for (int i = 0; i < 50; i++) {
    assert_int_equal(cspan_meter_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  }
  assert_int_equal(cspan_meter_provider_shutdown(f.provider, 0, NULL), CSPAN_OK);
  atomic_store(&stop, true);
  join(workers);
  pthread_join(observers, NULL);
  metric_fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cumulative),       cmocka_unit_test(test_delta_while_collecting),
      cmocka_unit_test(test_forgotten_series), cmocka_unit_test(test_making),
      cmocka_unit_test(test_shutdown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
