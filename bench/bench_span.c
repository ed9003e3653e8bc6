/* SPDX-License-Identifier: Apache-2.0 */
/* What a span costs from start to the request bytes.
 *
 *   bench_span COUNT [--threads N] [--not-sampled] [--off]
 *
 * Makes exactly COUNT spans (client kind, 9 string and 3 int attributes, one event
 * with 2 attributes, an error status with a description) through the batch
 * processor to the bytes of requests, which are counted and dropped, and prints
 * one line of JSON. Time and allocations are those after a warm-up, which is part
 * of COUNT. --off measures the same calls without a tracer. No span is ever lost:
 * the threads wait for the exporter before the queue is full, and the program fails otherwise.
 *
 * Instructions: valgrind --tool=callgrind with two counts; the difference of the
 * totals by the difference of the counts. */
#include <cloudspan/ext/exporter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_LIBC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_LIBC 0
#endif
#endif
#if !defined(COUNTS_LIBC) && defined(__GLIBC__)
#define COUNTS_LIBC 1
#endif

enum { QUEUE = 2048, BATCH = 512, IN_FLIGHT = QUEUE / 2, WARM_UP = QUEUE };
enum { THREADS_MAX = 8, PACE = 64 };

/* --------------------------------------------------- counting of allocations */

static atomic_bool counting;
static atomic_ullong allocations;

static void count_allocation(void) {
  if (atomic_load_explicit(&counting, memory_order_relaxed)) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  }
}

#if COUNTS_LIBC
/* Every allocation of the process, also those that the library does not make
 * through its allocator. */
/* NOLINTBEGIN(bugprone-reserved-identifier): glibc's names of the real functions */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size) {
  count_allocation();
  return __libc_realloc(ptr, size);
}
#else
static void *hook_malloc(void *user, size_t size) {
  (void)user;
  count_allocation();
  return malloc(size);
}

static void *hook_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  count_allocation();
  return realloc(ptr, size);
}

static void hook_free(void *user, void *ptr) {
  (void)user;
  free(ptr);
}
#endif

/* ------------------------------------------------- an exporter that only counts */

static atomic_ullong made_spans; /* as told by keep_pace() */
static atomic_ullong exported_spans;
static atomic_ullong exported_bytes;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_open = PTHREAD_COND_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;
static bool gate_is_open;

/* The gate is shut while the warm-up fills the queue, so that the memory for the
 * fullest queue is there before anything is counted. */
static cspan_status count_spans(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  (void)self;
  (void)context;
  (void)rejected;
  (void)error;
  pthread_mutex_lock(&gate_lock);
  while (!gate_is_open) {
    pthread_cond_wait(&gate_open, &gate_lock);
  }
  atomic_fetch_add(&exported_spans, batch->span_count);
  atomic_fetch_add(&exported_bytes, batch->request_size_bytes);
  pthread_cond_broadcast(&room);
  pthread_mutex_unlock(&gate_lock);
  return CSPAN_OK;
}

static bool queue_is_full(void) {
  return atomic_load(&made_spans) > atomic_load(&exported_spans) + IN_FLIGHT;
}

/* A producer that is ahead of the exporter waits: a bench that loses spans measures nothing. */
static void keep_pace(unsigned long made) {
  atomic_fetch_add(&made_spans, made);
  if (queue_is_full()) {
    pthread_mutex_lock(&gate_lock);
    while (queue_is_full()) {
      pthread_cond_wait(&room, &gate_lock);
    }
    pthread_mutex_unlock(&gate_lock);
  }
}

static void open_gate(void) {
  pthread_mutex_lock(&gate_lock);
  gate_is_open = true;
  pthread_cond_broadcast(&gate_open);
  pthread_mutex_unlock(&gate_lock);
}

/* -------------------------------------------------------------------- the spans */

typedef struct settings {
  unsigned long count;
  unsigned long threads;
  bool not_sampled;
  bool off;
} settings;

static cspan_tracer_provider *provider;
static cspan_tracer *tracer;

static inline cspan_span open_span(void) {
  const cspan_span_options options = {.size = sizeof options, .kind = CSPAN_SPAN_CLIENT};
  cspan_span span = cspan_span_start(tracer, NULL, "S3.PutObject", &options);
  cspan_span_set_string(span, "rpc.system", "aws-api");
  cspan_span_set_string(span, "rpc.service", "S3");
  cspan_span_set_string(span, "rpc.method", "PutObject");
  cspan_span_set_string(span, "cloud.region", "eu-central-1");
  cspan_span_set_string(span, "server.address", "s3.eu-central-1.amazonaws.com");
  cspan_span_set_string(span, "aws.s3.bucket", "measurements");
  cspan_span_set_string(span, "aws.s3.key", "2026/01/31/readings-000017.csv");
  cspan_span_set_string(span, "aws.request_id", "4442587FB7D0A2F9");
  cspan_span_set_string(span, "error.type", "SlowDown");
  cspan_span_set_int64(span, "server.port", 443);
  cspan_span_set_int64(span, "http.response.status_code", 503);
  cspan_span_set_int64(span, "http.request.body.size", 1048576);
  return span;
}

static inline void close_span(cspan_span span) {
  const cspan_attr attributes[] = {cspan_attr_int64("retry.attempt", 2),
                                   cspan_attr_string("retry.reason", "SlowDown")};
  cspan_span_add_event(span, "retry", 0, attributes, 2);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "Please reduce your request rate.");
  cspan_span_end(span);
}

static bool flush(void) {
  cspan_error *error = NULL;
  if (cspan_tracer_provider_force_flush(provider, 0, &error) == CSPAN_OK) {
    return true;
  }
  fprintf(stderr, "bench_span: %s\n", cspan_error_message(error));
  cspan_error_free(error);
  return false;
}

static __attribute__((noinline)) void make_spans(unsigned long count) {
  for (unsigned long i = 0; i < count; i++) {
    close_span(open_span());
  }
}

typedef struct worker {
  pthread_t thread;
  pthread_barrier_t *barrier;
  atomic_ulong *left; /* the spans that all threads are still to make */
  unsigned long warm_up;
  bool is_paced; /* its spans are exported */
} worker;

/* So that all are at work to the end, also the one that shares its core with the exporter. */
static unsigned long take_share(atomic_ulong *left) {
  unsigned long seen = atomic_load(left);
  unsigned long step;
  do {
    step = seen < PACE ? seen : PACE;
  } while (!atomic_compare_exchange_weak(left, &seen, seen - step));
  return step;
}

/* Three meetings with main: warm, started, done. */
static void *work(void *arg) {
  worker *w = arg;
  make_spans(w->warm_up);
  atomic_fetch_add(&made_spans, w->warm_up);
  pthread_barrier_wait(w->barrier);
  pthread_barrier_wait(w->barrier);
  for (unsigned long step; (step = take_share(w->left)) > 0;) {
    make_spans(step);
    if (w->is_paced) {
      keep_pace(step);
    }
  }
  pthread_barrier_wait(w->barrier);
  return NULL;
}

static double now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef struct result {
  unsigned long measured;
  double wall_ns;
  double cpu_ns;
  bool failed;
} result;

static void start_threads(const settings *s, worker *workers, pthread_barrier_t *barrier,
                          atomic_ulong *left) {
  unsigned long warm_up = s->count / 2 < WARM_UP ? s->count / 2 : WARM_UP;
  atomic_init(left, s->count - warm_up);
  pthread_barrier_init(barrier, NULL, (unsigned)s->threads + 1);
  for (unsigned long i = 0; i < s->threads; i++) {
    workers[i].barrier = barrier;
    workers[i].left = left;
    workers[i].warm_up = warm_up / s->threads + (i < warm_up % s->threads);
    workers[i].is_paced = provider != NULL && !s->not_sampled;
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
      fprintf(stderr, "bench_span: no thread\n");
      exit(1);
    }
  }
}

/* The warm-up leaves as many spans in the queue as there will ever be. */
static bool run_threads(const settings *s, result *out) {
  worker workers[THREADS_MAX] = {0};
  pthread_barrier_t barrier;
  atomic_ulong left;
  start_threads(s, workers, &barrier, &left);
  out->measured = atomic_load(&left);
  pthread_barrier_wait(&barrier);
  open_gate();
  if (provider != NULL && !flush()) {
    exit(1);
  }
  double wall = now_ns(CLOCK_MONOTONIC);
  double cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
  atomic_store(&counting, true);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  bool flushed = provider == NULL || flush();
  atomic_store(&counting, false);
  out->wall_ns = now_ns(CLOCK_MONOTONIC) - wall;
  out->cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  for (unsigned long i = 0; i < s->threads; i++) {
    pthread_join(workers[i].thread, NULL);
  }
  pthread_barrier_destroy(&barrier);
  return flushed;
}

static bool set_up(const settings *s) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = count_spans};
  const cspan_batch_options batch = {.size = sizeof batch,
                                     .max_queue_size = QUEUE,
                                     .max_export_batch_size = BATCH,
                                     .schedule_delay_ms = 5000,
                                     .export_timeout_ms = 30000};
  if (s->off) {
    return true;
  }
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, NULL), &batch);
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "bench",
                                          .sampler =
                                              s->not_sampled ? cspan_sampler_always_off() : NULL,
                                          .processors = &processor,
                                          .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &provider, NULL) != CSPAN_OK) {
    return false;
  }
  tracer = cspan_tracer_get(provider, "bench", "1.0.0", NULL);
  return tracer != NULL;
}

static void print_result(const settings *s, const result *r) {
  unsigned long long spans = atomic_load(&exported_spans);
  double measured = r->measured > 0 ? (double)r->measured : 1;
  printf("{\"spans\": %lu, \"threads\": %lu, \"mode\": \"%s\", \"ns_per_span\": %.1f, "
         "\"cpu_ns_per_span\": %.1f, \"bytes_per_span\": %.1f, "
         "\"allocations_per_span\": %.6f, \"allocations\": %llu, \"exported\": %llu}\n",
         s->count, s->threads,
         s->off           ? "off"
         : s->not_sampled ? "not-sampled"
                          : "sampled",
         r->wall_ns / measured, r->cpu_ns / measured,
         spans > 0 ? (double)atomic_load(&exported_bytes) / (double)spans : 0.0,
         (double)atomic_load(&allocations) / measured, atomic_load(&allocations), spans);
}

static bool parse(int argc, char **argv, settings *s) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--not-sampled") == 0) {
      s->not_sampled = true;
    } else if (strcmp(argv[i], "--off") == 0) {
      s->off = true;
    } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      s->threads = strtoul(argv[++i], NULL, 10);
    } else if (s->count == 0) {
      s->count = strtoul(argv[i], NULL, 10);
    } else {
      return false;
    }
  }
  return s->count > 0 && s->threads > 0 && s->threads <= THREADS_MAX;
}

int main(int argc, char **argv) {
  settings s = {.threads = 1};
  result r = {0};
  if (!parse(argc, argv, &s)) {
    fprintf(stderr, "usage: bench_span COUNT [--threads 1..%d] [--not-sampled] [--off]\n",
            THREADS_MAX);
    return 2;
  }
#if !COUNTS_LIBC
  const cspan_allocator hooks = {hook_malloc, hook_realloc, hook_free, NULL};
  cspan_allocator_set(&hooks);
#endif
  if (!set_up(&s) || !run_threads(&s, &r)) {
    fprintf(stderr, "bench_span: failed\n");
    return 1;
  }
  cspan_tracer_provider_free(provider);
  unsigned long long expected = s.off || s.not_sampled ? 0 : s.count;
  if (atomic_load(&exported_spans) != expected) {
    fprintf(stderr, "bench_span: %llu spans were exported, not %llu\n",
            atomic_load(&exported_spans), expected);
    return 1;
  }
  print_result(&s, &r);
  return 0;
}
