/* SPDX-License-Identifier: Apache-2.0 */
/* What a measurement costs.
 *
 *   bench_metric COUNT add|bound|record|bound-record [--threads N] [--traced]
 *
 * Makes exactly COUNT measurements in each of N threads: adding to a counter, and recording to a
 * histogram of 12 boundaries, both for a set of five attributes, and both bound to the series
 * beforehand. --traced makes them within a sampled span, which they become exemplars of. Prints
 * one line of JSON. It fails when the sum at the end is not COUNT times N.
 *
 * Instructions: valgrind --tool=callgrind with two counts; the difference of the totals by the
 * difference of the counts. Allocations are the library's, after the first measurement. */
#include <cloudspan/ext/metrics.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 64 };

static atomic_ullong allocations;

static void *count_malloc(void *user, size_t size) {
  (void)user;
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return malloc(size);
}

static void *count_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr) {
  (void)user;
  free(ptr);
}

typedef struct settings {
  unsigned long count;
  const char *mode;
  unsigned long threads;
  bool traced;
} settings;

typedef struct bench {
  settings settings;
  cspan_instrument *counter;
  cspan_instrument *histogram;
  cspan_span span;
  pthread_barrier_t start;
  unsigned long long allocations;
} bench;

static cspan_attr attrs[5];

static void measure(const bench *b, cspan_series *series) {
  unsigned long count = b->settings.count;
  if (strcmp(b->settings.mode, "add") == 0) {
    for (unsigned long i = 0; i < count; i++) {
      cspan_record_int64(b->counter, NULL, 1, attrs, 5);
    }
  } else if (strcmp(b->settings.mode, "bound") == 0) {
    for (unsigned long i = 0; i < count; i++) {
      cspan_series_record_int64(series, NULL, 1);
    }
  } else if (strcmp(b->settings.mode, "record") == 0) {
    for (unsigned long i = 0; i < count; i++) {
      cspan_record_double(b->histogram, NULL, 0.033, attrs, 5);
    }
  } else {
    for (unsigned long i = 0; i < count; i++) {
      cspan_series_record_double(series, NULL, 0.033);
    }
  }
}

static void *work(void *arg) {
  bench *b = arg;
  bool is_counter = b->settings.mode[0] == 'a' || strcmp(b->settings.mode, "bound") == 0;
  cspan_series *series = cspan_instrument_bind(is_counter ? b->counter : b->histogram, attrs, 5);
  cspan_span_make_current(b->span);
  pthread_barrier_wait(&b->start);
  pthread_barrier_wait(&b->start);
  measure(b, series);
  cspan_series_release(series);
  return NULL;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The measurements that arrived. */
static unsigned long long counted(cspan_meter_provider *provider, cspan_metric_exporter *memory) {
  cspan_meter_provider_force_flush(provider, 0, NULL);
  cspan_metric_list *list = cspan_memory_metrics(memory);
  unsigned long long sum = 0;
  for (size_t i = 0; i < cspan_metric_list_count(list); i++) {
    const cspan_metric_view *metric = cspan_metric_list_at(list, i);
    for (size_t p = 0; p < metric->point_count; p++) {
      sum += metric->type == CSPAN_METRIC_SUM ? (unsigned long long)metric->points[p].value.int64
                                              : metric->points[p].count;
    }
  }
  cspan_metric_list_free(list);
  return sum;
}

static bool make_instruments(bench *b, cspan_meter_provider *provider) {
  static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  const cspan_scope scope = {.size = sizeof scope, .name = "bench"};
  const cspan_instrument_options counter = {.size = sizeof counter, .name = "calls"};
  const cspan_instrument_options histogram = {.size = sizeof histogram,
                                              .kind = CSPAN_HISTOGRAM,
                                              .number = CSPAN_NUMBER_DOUBLE,
                                              .name = "duration",
                                              .boundaries = bounds,
                                              .boundary_count = 12};
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  b->counter = cspan_instrument_get(meter, &counter);
  b->histogram = cspan_instrument_get(meter, &histogram);
  attrs[0] = cspan_attr_string("rpc.system", "aws-api");
  attrs[1] = cspan_attr_string("rpc.service", "S3");
  attrs[2] = cspan_attr_string("rpc.method", "PutObject");
  attrs[3] = cspan_attr_string("cloud.region", "eu-central-1");
  attrs[4] = cspan_attr_int64("http.response.status_code", 200);
  return b->counter != NULL && b->histogram != NULL;
}

static double run(bench *b) {
  pthread_t threads[THREADS_MAX];
  pthread_barrier_init(&b->start, NULL, (unsigned)b->settings.threads + 1);
  for (unsigned long i = 0; i < b->settings.threads; i++) {
    if (pthread_create(&threads[i], NULL, work, b) != 0) {
      fprintf(stderr, "bench_metric: no thread\n");
      exit(1);
    }
  }
  pthread_barrier_wait(&b->start); /* all series are there */
  atomic_store(&allocations, 0);
  double begun = now_ns();
  pthread_barrier_wait(&b->start);
  for (unsigned long i = 0; i < b->settings.threads; i++) {
    pthread_join(threads[i], NULL);
  }
  double took = now_ns() - begun;
  b->allocations = atomic_load(&allocations);
  pthread_barrier_destroy(&b->start);
  return took;
}

static bool parse(int argc, char **argv, settings *s) {
  static const char *const modes[] = {"add", "bound", "record", "bound-record"};
  bool known = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--traced") == 0) {
      s->traced = true;
    } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      s->threads = strtoul(argv[++i], NULL, 10);
    } else if (s->count == 0) {
      s->count = strtoul(argv[i], NULL, 10);
    } else {
      s->mode = argv[i];
    }
  }
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    known = known || (s->mode != NULL && strcmp(s->mode, modes[i]) == 0);
  }
  return known && s->count > 0 && s->threads > 0 && s->threads <= THREADS_MAX;
}

int main(int argc, char **argv) {
  const cspan_allocator hooks = {count_malloc, count_realloc, plain_free, NULL};
  bench b = {.settings = {.threads = 1}};
  if (!parse(argc, argv, &b.settings)) {
    fprintf(stderr,
            "usage: bench_metric COUNT add|bound|record|bound-record [--threads 1..%d] "
            "[--traced]\n",
            THREADS_MAX);
    return 2;
  }
  cspan_allocator_set(&hooks);
  const cspan_metric_reader_options by_hand = {.size = sizeof by_hand,
                                               .interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_exporter *memory = cspan_metric_exporter_memory();
  cspan_metric_reader *reader = cspan_metric_reader_periodic(memory, &by_hand);
  const cspan_meter_provider_options options = {
      .size = sizeof options, .readers = &reader, .reader_count = 1};
  cspan_meter_provider *provider = NULL;
  cspan_tracer_provider *tracers = NULL;
  if (cspan_meter_provider_create(&options, &provider, NULL) != CSPAN_OK ||
      cspan_tracer_provider_create(NULL, &tracers, NULL) != CSPAN_OK ||
      !make_instruments(&b, provider)) {
    fprintf(stderr, "bench_metric: failed\n");
    return 1;
  }
  if (b.settings.traced) {
    b.span = cspan_span_start(cspan_tracer_get(tracers, "bench", NULL, NULL), NULL, "work", NULL);
  }
  double took = run(&b);
  unsigned long long expected = (unsigned long long)b.settings.count * b.settings.threads;
  unsigned long long arrived = counted(provider, memory);
  printf("{\"measurements\": %llu, \"mode\": \"%s\", \"threads\": %lu, \"traced\": %s, "
         "\"ns\": %.1f, \"allocations\": %llu}\n",
         arrived, b.settings.mode, b.settings.threads, b.settings.traced ? "true" : "false",
         took / (double)expected, b.allocations);
  cspan_span_end(b.span);
  cspan_tracer_provider_free(tracers);
  cspan_meter_provider_free(provider);
  return arrived == expected ? 0 : 1;
}
