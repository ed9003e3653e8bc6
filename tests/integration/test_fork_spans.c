/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that fork: who exports what, over real sockets. The receiver is a thread of the parent. */
#include "integration/span_intake.h"

#include <stdatomic.h>
#include <unistd.h>

#include "support/quiet_log.h"
#include "unit/telemetry/forked.h"

enum { LONG_MS = 60000 };

typedef struct family {
  span_intake intake;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  size_t children;
  cspan_span open;
} family;

static void open_family(family *f, bool grpc, size_t queue) {
  char endpoint[64];
  memset(f, 0, sizeof *f);
  intake_start(&f->intake);
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
           grpc ? cspan_receiver_grpc_port(f->intake.receiver)
                : cspan_receiver_http_port(f->intake.receiver));
  const cspan_otlp_options otlp = {.protocol = grpc ? CSPAN_OTLP_GRPC : CSPAN_OTLP_HTTP_PROTOBUF,
                                   .endpoint = endpoint,
                                   .timeout_ms = LONG_MS};
  const cspan_batch_options batch = {.max_queue_size = queue,
                                     .max_export_batch_size = 16,
                                     .schedule_delay_ms = LONG_MS,
                                     .export_timeout_ms = LONG_MS,
                                     .max_concurrent_exports = 2};
  cspan_span_exporter *exporter = NULL;
  assert_int_equal(cspan_exporter_otlp(&otlp, &exporter, NULL), CSPAN_OK);
  cspan_span_processor *processor = cspan_processor_batch(exporter, &batch);
  const cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "fork", NULL, NULL);
}

static void close_family(family *f) {
  cspan_tracer_provider_free(f->provider);
  intake_free(&f->intake);
}

static void make(family *f, const char *name, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_span_end(cspan_span_start(f->tracer, NULL, name, NULL));
  }
}

/* In the child. 0: what it says of its `count` spans is true. */
static int finish(family *f, uint64_t count) {
  cspan_telemetry_stats stats;
  if (cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL) != CSPAN_OK) {
    return 1;
  }
  cspan_tracer_provider_stats(f->provider, &stats);
  if (stats.spans_ended != count || stats.spans_exported != count) {
    return 2;
  }
  return cspan_tracer_provider_shutdown(f->provider, LONG_MS, NULL) == CSPAN_OK ? (int)getpid() : 3;
}

/* ------------------------------------------------------------- parent and child */

static int three_spans(void *arg) {
  make(arg, "child", 3);
  return finish(arg, 3);
}

static void test_each_exports_its_own(void **state) {
  (void)state;
  if (!FORKS_BESIDE_BUSY_THREADS) {
    skip();
  }
  for (int grpc = 0; grpc < 2; grpc++) {
    family f;
    open_family(&f, grpc, 2048);
    for (int used = 0; used < 2; used++) { /* the exporter has been in use or not */
      make(&f, "parent", 5);
      int child = run_forked(three_spans, &f);
      assert_true(child > 3);
      assert_int_equal(intake_count(&f.intake, "child", 0), 3);
      assert_int_equal(intake_count(&f.intake, "child", child), 3);
      assert_int_equal(intake_count(&f.intake, "parent", 0), (size_t)used * 5);
      assert_int_equal(cspan_tracer_provider_force_flush(f.provider, LONG_MS, NULL), CSPAN_OK);
      assert_int_equal(intake_count(&f.intake, "parent", getpid()), ((size_t)used + 1) * 5);
      pthread_mutex_lock(&f.intake.lock);
      for (size_t i = 0; i < f.intake.count; i++) {
        if (f.intake.spans[i].pid == child) {
          strcpy(f.intake.spans[i].name, "counted");
        }
      }
      pthread_mutex_unlock(&f.intake.lock);
    }
    assert_false(intake_has_twice(&f.intake));
    close_family(&f);
  }
}

static int grandchild(void *arg) {
  make(arg, "grandchild", 2);
  return finish(arg, 2);
}

static int child_that_forks(void *arg) {
  family *f = arg;
  make(f, "child", 1);
  int result = run_forked(grandchild, f);
  if (result <= 3) {
    return 4;
  }
  f->children = (size_t)result;
  return finish(f, 1);
}

static void test_child_of_a_child(void **state) {
  (void)state;
  if (!FORKS_BESIDE_BUSY_THREADS) {
    skip();
  }
  family f;
  open_family(&f, true, 2048);
  make(&f, "parent", 1);
  int child = run_forked(child_that_forks, &f);
  assert_true(child > 4);
  assert_int_equal(intake_count(&f.intake, "child", child), 1);
  taken_span span = intake_find(&f.intake, "grandchild");
  assert_int_equal(intake_count(&f.intake, "grandchild", span.pid), 2);
  assert_true(span.pid != child && span.pid != getpid());
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_OK);
  assert_int_equal(intake_count(&f.intake, "parent", getpid()), 1);
  assert_int_equal(intake_total(&f.intake), 4);
  close_family(&f);
}

/* A child that cannot reach the receiver says so. */
static int nothing_gets_through(void *arg) {
  family *f = arg;
  cspan_telemetry_stats stats;
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  make(f, "child", 3);
  cspan_status flushed = cspan_tracer_provider_force_flush(f->provider, 300, NULL);
  cspan_status ended = cspan_tracer_provider_shutdown(f->provider, 300, NULL);
  cspan_tracer_provider_stats(f->provider, &stats);
  return flushed != CSPAN_OK && ended != CSPAN_OK && stats.spans_exported == 0 &&
                 stats.spans_dropped_export_failed == 3
             ? 0
             : 1;
}

static void test_child_tells_the_truth(void **state) {
  (void)state;
  if (!FORKS_BESIDE_BUSY_THREADS) {
    skip();
  }
  family f;
  open_family(&f, false, 2048);
  intake_stop(&f.intake);
  assert_int_equal(run_forked(nothing_gets_through, &f), 0);
  close_family(&f);
}

/* ------------------------------------------------------ spans that are open at a fork */

static int end_the_open_one(void *arg) {
  family *f = arg;
  cspan_span_context context;
  if (!cspan_span_get_context(f->open, &context) || !cspan_span_context_is_sampled(&context)) {
    return 1;
  }
  cspan_context parent = cspan_context_with_span(NULL, f->open);
  cspan_span_end(cspan_span_start(f->tracer, &parent, "below", NULL));
  cspan_span_set_string(f->open, "key", "in the child");
  cspan_span_add_event(f->open, "event", 0, NULL, 0);
  cspan_span_end(f->open);
  cspan_span_end(f->open);
  return finish(f, 1);
}

static void test_open_spans_are_the_parents(void **state) {
  (void)state;
  if (!FORKS_BESIDE_BUSY_THREADS) {
    skip();
  }
  family f;
  open_family(&f, true, 2048);
  f.open = cspan_span_start(f.tracer, NULL, "open", NULL);
  int child = run_forked(end_the_open_one, &f);
  assert_true(child > 3);
  assert_int_equal(intake_count(&f.intake, "open", 0), 0);
  assert_int_equal(intake_count(&f.intake, "below", child), 1);
  cspan_span_end(f.open);
  assert_int_equal(cspan_tracer_provider_force_flush(f.provider, LONG_MS, NULL), CSPAN_OK);
  assert_int_equal(intake_count(&f.intake, "open", getpid()), 1);
  taken_span above = intake_find(&f.intake, "open");
  taken_span below = intake_find(&f.intake, "below");
  assert_memory_equal(below.parent, above.id, 8);
  close_family(&f);
}

/* ------------------------------------------------------------------ in full flight */

enum { PRODUCERS = 4, FORKS = 8, SPANS_EACH = 2000 };

static atomic_bool is_over;

static void *produce(void *arg) {
  family *f = arg;
  for (int i = 0; i < SPANS_EACH || !atomic_load(&is_over); i++) {
    cspan_span span = cspan_span_start(f->tracer, NULL, "parent", NULL);
    cspan_span_set_int64(span, "i", i);
    cspan_span_end(span);
    if (i % 256 == 0) { /* the queue never fills */
      cspan_tracer_provider_force_flush(f->provider, LONG_MS, NULL);
    }
  }
  return NULL;
}

/* Other threads are in the middle of everything; the exports are under way. */
static void test_forks_in_full_flight(void **state) {
  (void)state;
  if (!FORKS_BESIDE_BUSY_THREADS) {
    skip();
  }
  family f;
  pthread_t threads[PRODUCERS];
  open_family(&f, false, 8192);
  atomic_store(&is_over, false);
  for (int i = 0; i < PRODUCERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, produce, &f), 0);
  }
  for (int i = 0; i < FORKS; i++) {
    int child = run_forked(three_spans, &f);
    assert_true(child > 3);
    assert_int_equal(intake_count(&f.intake, "child", child), 3);
  }
  atomic_store(&is_over, true);
  for (int i = 0; i < PRODUCERS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, LONG_MS, NULL), CSPAN_OK);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(f.provider, &stats);
  assert_int_equal(stats.spans_exported, stats.spans_ended);
  assert_int_equal(intake_count(&f.intake, "parent", getpid()), stats.spans_ended);
  assert_int_equal(intake_total(&f.intake), stats.spans_ended + FORKS * 3);
  assert_false(intake_has_twice(&f.intake));
  close_family(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_exports_its_own),
      cmocka_unit_test(test_child_of_a_child),
      cmocka_unit_test(test_child_tells_the_truth),
      cmocka_unit_test(test_open_spans_are_the_parents),
      cmocka_unit_test(test_forks_in_full_flight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
