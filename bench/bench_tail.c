/* SPDX-License-Identifier: Apache-2.0 */
/* What tail sampling adds to a span.
 *
 *   bench_tail COUNT [--tail-all | --tail-share] [--events]
 *
 * Makes COUNT traces of five spans (a root and four children with 9 string and 3 int attributes
 * each, with --events also an event) through the batch processor to the bytes of requests, which
 * are counted and dropped: plainly, through tail sampling that keeps all of them, or 5 %. The rules
 * look for errors, latency and retries, of which there are none: for retries in spans that have an
 * event, whatever it is. Prints one line of JSON; time and allocations are those of the second
 * half.
 *
 * Instructions: valgrind --tool=callgrind with two counts; the difference of the totals by the
 * difference of the counts, by five. */
#include <cloudspan/ext/exporter.h>
#include <cloudspan/sampling.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHILDREN = 4, SPANS = CHILDREN + 1, TRACES_IN_FLIGHT = 200 };

/* ----------------------------------------------------------------------- counting */

static atomic_ullong allocations;

static void *count_malloc(void *user, size_t size) {
  (void)user;
  atomic_fetch_add(&allocations, 1);
  return malloc(size);
}

static void *count_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  atomic_fetch_add(&allocations, 1);
  return realloc(ptr, size);
}

static void count_free(void *user, void *ptr) {
  (void)user;
  free(ptr);
}

static atomic_ullong exported_spans;

static cspan_status count_spans(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected,
                                cspan_error **error) {
  (void)self;
  (void)context;
  (void)rejected;
  (void)error;
  atomic_fetch_add(&exported_spans, batch->span_count);
  return CSPAN_OK;
}

/* ------------------------------------------------------------------------- the spans */

static cspan_tracer_provider *provider;
static cspan_tracer *tracer;
static bool with_events;

static cspan_span open_span(const cspan_context *context, const char *name) {
  const cspan_span_options options = {.size = sizeof options, .kind = CSPAN_SPAN_CLIENT};
  cspan_span span = cspan_span_start(tracer, context, name, &options);
  cspan_span_set_string(span, "rpc.system", "aws-api");
  cspan_span_set_string(span, "rpc.service", "S3");
  cspan_span_set_string(span, "rpc.method", "PutObject");
  cspan_span_set_string(span, "cloud.region", "eu-central-1");
  cspan_span_set_string(span, "server.address", "s3.eu-central-1.amazonaws.com");
  cspan_span_set_string(span, "aws.s3.bucket", "measurements");
  cspan_span_set_string(span, "aws.s3.key", "2026/01/31/readings-000017.csv");
  cspan_span_set_string(span, "aws.request_id", "4442587FB7D0A2F9");
  cspan_span_set_string(span, "network.peer.address", "52.219.170.10");
  cspan_span_set_int64(span, "server.port", 443);
  cspan_span_set_int64(span, "http.response.status_code", 200);
  cspan_span_set_int64(span, "http.request.body.size", 1048576);
  return span;
}

static void close_span(cspan_span span) {
  const cspan_attr attributes[] = {cspan_attr_int64("part.number", 2),
                                   cspan_attr_string("part.etag", "9b2cf535f27731c9")};
  if (with_events) {
    cspan_span_add_event(span, "part", 0, attributes, 2);
  }
  cspan_span_set_status(span, CSPAN_SPAN_OK, NULL);
  cspan_span_end(span);
}

static bool make_traces(unsigned long count) {
  for (unsigned long i = 1; i <= count; i++) {
    cspan_span root = open_span(NULL, "upload");
    const cspan_context context = cspan_context_with_span(NULL, root);
    for (int c = 0; c < CHILDREN; c++) {
      close_span(open_span(&context, "S3.PutObject"));
    }
    close_span(root);
    if (i % TRACES_IN_FLIGHT == 0 || i == count) {
      cspan_error *error = NULL;
      if (cspan_tracer_provider_force_flush(provider, 0, &error) != CSPAN_OK) {
        fprintf(stderr, "bench_tail: %s\n", cspan_error_message(error));
        cspan_error_free(error);
        return false;
      }
    }
  }
  return true;
}

static bool set_up(const char *mode) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = count_spans};
  static const cspan_tail_rule rules[] = {
      {.error = true},
      {.match = {.span_name = "S3.PutObject"}, .longer_than_ms = 500000},
      {.longer_than_ms = 2000000},
      {.min_retries = 1}};
  const cspan_tail_sampling_options tail = {.size = sizeof tail,
                                            .rules = rules,
                                            .rule_count = sizeof rules / sizeof rules[0],
                                            .base_ratio = strcmp(mode, "tail-all") == 0 ? 1 : 0.05};
  const cspan_batch_options batch = {.size = sizeof batch};
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, NULL), &batch);
  if (strcmp(mode, "plain") != 0) {
    processor = cspan_processor_tail_sampling(processor, &tail);
  }
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "bench",
                                          .sampler = cspan_sampler_always_on(),
                                          .processors = &processor,
                                          .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &provider, NULL) != CSPAN_OK) {
    return false;
  }
  tracer = cspan_tracer_get(provider, "bench", "1.0.0", NULL);
  return tracer != NULL;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const char *parse(int argc, char **argv, unsigned long *count) {
  static const char *const modes[] = {"--tail-all", "--tail-share"};
  const char *mode = "plain";
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--events") == 0) {
      with_events = true;
    } else if (strcmp(argv[i], modes[0]) == 0 || strcmp(argv[i], modes[1]) == 0) {
      mode = argv[i] + 2;
    } else {
      *count = strtoul(argv[i], NULL, 10);
    }
  }
  return mode;
}

int main(int argc, char **argv) {
  const cspan_allocator hooks = {count_malloc, count_realloc, count_free, NULL};
  unsigned long count = 0;
  const char *mode = parse(argc, argv, &count);
  if (count < 2) {
    fprintf(stderr, "usage: bench_tail COUNT [--tail-all | --tail-share] [--events]\n");
    return 2;
  }
  cspan_allocator_set(&hooks);
  if (!set_up(mode) || !make_traces(count / 2)) {
    return 1;
  }
  unsigned long measured = count - count / 2;
  unsigned long long before = atomic_load(&allocations);
  double start = now_ns();
  if (!make_traces(measured)) {
    return 1;
  }
  double spans = (double)measured * SPANS;
  printf("{\"traces\": %lu, \"mode\": \"%s\", \"ns_per_span\": %.1f, \"allocations\": %llu, "
         "\"exported\": %llu}\n",
         count, mode, (now_ns() - start) / spans, atomic_load(&allocations) - before,
         atomic_load(&exported_spans));
  bool is_whole = strcmp(mode, "tail-share") == 0 || atomic_load(&exported_spans) == count * SPANS;
  cspan_tracer_provider_free(provider);
  return is_whole ? 0 : 1;
}
