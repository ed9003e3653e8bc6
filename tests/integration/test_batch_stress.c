/* SPDX-License-Identifier: Apache-2.0 */
/* The batch processor under load: producers that never stop, a slow exporter that fails now and
 * then, and flush, shutdown and free at random moments. Every span is accounted for. Meant for
 * ThreadSanitizer. CSPAN_STRESS_SEED repeats a run. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

#include "base/sys.h"
#include "support/quiet_log.h"

enum { PRODUCERS = 8, FLUSHERS = 2, ROUNDS = 12, LONG_MS = 60000 };

static uint64_t seed;

static uint32_t pick(uint64_t *state, uint32_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33) % below;
}

static void pause_us(uint32_t us) {
  const struct timespec time = {.tv_nsec = (long)us * 1000};
  nanosleep(&time, NULL);
}

/* ------------------------------------------------------------------ the exporter */

typedef struct slow {
  pthread_mutex_t lock;
  uint64_t random;
  uint64_t accepted; /* spans, without the reports of lost ones */
  uint64_t refused;
  size_t inside;
  size_t most_inside;
  bool is_freed;
} slow;

static size_t reports_in(const cspan_export_batch *batch) {
  cspan_span_list *list = NULL;
  assert_int_equal(cspan_span_list_decode(batch->request, batch->request_size_bytes, &list, NULL),
                   CSPAN_OK);
  assert_int_equal(cspan_span_list_count(list), batch->span_count);
  size_t reports = 0;
  while (cspan_span_list_find(list, "otel.sdk.spans_dropped", reports) != NULL) {
    reports++;
  }
  cspan_span_list_free(list);
  return reports;
}

static cspan_status slow_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  slow *s = self;
  size_t spans = batch->span_count - reports_in(batch);
  (void)error;
  pthread_mutex_lock(&s->lock);
  assert_false(s->is_freed);
  s->inside++;
  s->most_inside = s->inside > s->most_inside ? s->inside : s->most_inside;
  uint32_t wait = pick(&s->random, 2000);
  uint32_t fate = pick(&s->random, 10);
  pthread_mutex_unlock(&s->lock);
  pause_us(wait);
  cspan_status status = cspan_context_status(context);
  pthread_mutex_lock(&s->lock);
  s->inside--;
  if (status == CSPAN_OK && fate == 0) {
    status = CSPAN_ERR_CONNECT;
  }
  /* Of requests with a report it is not said which of them was refused. */
  if (status == CSPAN_OK && fate == 1 && spans == batch->span_count) {
    *rejected = 1;
    spans--;
  }
  if (status == CSPAN_OK) {
    s->accepted += spans;
  }
  pthread_mutex_unlock(&s->lock);
  return status;
}

static void slow_free(void *self) {
  slow *s = self;
  pthread_mutex_lock(&s->lock);
  s->is_freed = true;
  pthread_mutex_unlock(&s->lock);
}

/* -------------------------------------------------------------------- one round */

typedef struct stress {
  slow exporter;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  atomic_bool is_over;
  atomic_ullong started;
} stress;

typedef struct worker {
  stress *s;
  pthread_t thread;
  uint64_t random;
} worker;

static void *produce(void *arg) {
  worker *w = arg;
  while (!atomic_load(&w->s->is_over)) {
    cspan_span span = cspan_span_start(w->s->tracer, NULL, "stress", NULL);
    cspan_span_set_int64(span, "n", pick(&w->random, 1000));
    if (span.slot != NULL) {
      atomic_fetch_add(&w->s->started, 1);
    }
    cspan_span_end(span);
    if (pick(&w->random, 50) == 0) {
      pause_us(pick(&w->random, 1000));
    }
  }
  return NULL;
}

static void *flush(void *arg) {
  worker *w = arg;
  while (!atomic_load(&w->s->is_over)) {
    cspan_telemetry_stats stats;
    cspan_tracer_provider_force_flush(w->s->provider, 1 + pick(&w->random, 30), NULL);
    cspan_tracer_provider_stats(w->s->provider, &stats);
    pause_us(pick(&w->random, 5000));
  }
  return NULL;
}

static void open_stress(stress *s, size_t exports_at_once, uint64_t *random) {
  static const cspan_exporter_vtable vtable = {
      .size = sizeof vtable, .export_spans = slow_export, .free = slow_free, .is_concurrent = true};
  const cspan_batch_options batch = {.max_queue_size = 64 + pick(random, 512),
                                     .max_export_batch_size = 1 + pick(random, 64),
                                     .schedule_delay_ms = 1 + pick(random, 5),
                                     .export_timeout_ms = LONG_MS,
                                     .max_concurrent_exports = exports_at_once};
  memset(s, 0, sizeof *s);
  pthread_mutex_init(&s->exporter.lock, NULL);
  s->exporter.random = *random;
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, &s->exporter), &batch);
  const cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &s->provider, NULL), CSPAN_OK);
  s->tracer = cspan_tracer_get(s->provider, "stress", NULL, NULL);
}

static void run(size_t exports_at_once, uint64_t *random) {
  static stress s;
  worker workers[PRODUCERS + FLUSHERS];
  open_stress(&s, exports_at_once, random);
  for (size_t i = 0; i < PRODUCERS + FLUSHERS; i++) {
    workers[i] = (worker){.s = &s, .random = *random + i};
    assert_int_equal(
        pthread_create(&workers[i].thread, NULL, i < PRODUCERS ? produce : flush, &workers[i]), 0);
  }
  pause_us(1000 * (20 + pick(random, 80)));
  /* While the producers go on. A timeout of 1 is one that is missed. */
  int64_t timeout_ms = pick(random, 2) == 0 ? 1 : LONG_MS;
  cspan_status status = cspan_tracer_provider_shutdown(s.provider, timeout_ms, NULL);
  if (timeout_ms == LONG_MS) {
    assert_int_not_equal(status, CSPAN_ERR_TIMEOUT);
  }
  atomic_store(&s.is_over, true);
  for (size_t i = 0; i < PRODUCERS + FLUSHERS; i++) {
    pthread_join(workers[i].thread, NULL);
  }
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(s.provider, &stats);
  assert_int_equal(stats.spans_ended, atomic_load(&s.started));
  assert_int_equal(stats.spans_exported, s.exporter.accepted);
  assert_int_equal(stats.spans_ended, stats.spans_exported + stats.spans_dropped_queue_full +
                                          stats.spans_dropped_export_failed);
  assert_int_equal(s.exporter.inside, 0);
  assert_true(s.exporter.most_inside <= exports_at_once);
  cspan_tracer_provider_free(s.provider);
  assert_true(s.exporter.is_freed);
  pthread_mutex_destroy(&s.exporter.lock);
}

static void test_one_at_a_time(void **state) {
  (void)state;
  for (int i = 0; i < ROUNDS; i++) {
    run(1, &seed);
  }
}

static void test_four_at_once(void **state) {
  (void)state;
  for (int i = 0; i < ROUNDS; i++) {
    run(4, &seed);
  }
}

/* Free, without a shutdown before it, is a shutdown. */
static void test_free_in_full_flight(void **state) {
  (void)state;
  static stress s;
  for (int i = 0; i < ROUNDS; i++) {
    open_stress(&s, 1 + pick(&seed, 4), &seed);
    for (uint32_t n = pick(&seed, 500); n > 0; n--) {
      cspan_span_end(cspan_span_start(s.tracer, NULL, "stress", NULL));
    }
    cspan_tracer_provider_free(s.provider);
    assert_true(s.exporter.is_freed);
    pthread_mutex_destroy(&s.exporter.lock);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_at_a_time),
      cmocka_unit_test(test_four_at_once),
      cmocka_unit_test(test_free_in_full_flight),
  };
  const char *given = getenv("CSPAN_STRESS_SEED");
  seed = given != NULL ? strtoull(given, NULL, 10) : cspan_random_u64();
  printf("seed %llu\n", (unsigned long long)seed);
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
