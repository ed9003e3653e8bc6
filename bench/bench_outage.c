/* SPDX-License-Identifier: Apache-2.0 */
/* How many spans an outage of the receiver costs.
 *
 *   bench_outage [SPANS [RATE [AWAY_S]]]
 *
 * Makes SPANS (8,000) at RATE (200) a second while the receiver, on loopback over OTLP/HTTP, is
 * away for AWAY_S (15) seconds from the fifth second on: its connections are refused, it answers
 * 503, 503 with Retry-After, or not at all. Each of the four with a spool and without, all eight
 * at once in processes of their own, with the batch processor's and the exporter's defaults.
 * Prints a line of JSON for each: what arrived, what is missing, and whether the provider's counts
 * say the same. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cloudspan/spool.h>

#include "support/otlp_sink.h"

enum { AWAY_AFTER_S = 5, RETRY_AFTER_S = 5, CASES = 4, FLUSH_MS = 60000, NS_PER_S = 1000000000 };

typedef struct setting {
  long spans;
  long rate;
  long away_s;
} setting;

static const struct {
  const char *name;
  otlp_sink_mode mode;
} cases[CASES] = {{"refused", OTLP_SINK_REFUSES},
                  {"503", OTLP_SINK_UNAVAILABLE},
                  {"503_retry_after", OTLP_SINK_RETRY_AFTER},
                  {"silent", OTLP_SINK_SILENT}};

static void die(const char *what, const cspan_error *error) {
  fprintf(stderr, "bench_outage: %s: %s\n", what,
          error != NULL ? cspan_error_message(error) : strerror(errno));
  exit(1);
}

static void sleep_until(int64_t time_ns) {
  struct timespec at = {.tv_sec = (time_t)(time_ns / NS_PER_S),
                        .tv_nsec = (long)(time_ns % NS_PER_S)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
    continue;
  }
}

/* Takes the receiver away and brings it back, on time. */
typedef struct outage {
  otlp_sink *sink;
  otlp_sink_mode mode;
  int64_t from_ns;
  int64_t until_ns;
} outage;

static void *run_outage(void *arg) {
  const outage *o = arg;
  sleep_until(o->from_ns);
  otlp_sink_set(o->sink, o->mode);
  sleep_until(o->until_ns);
  otlp_sink_set(o->sink, OTLP_SINK_ACCEPTS);
  return NULL;
}

static cspan_tracer_provider *make_provider(int port, const char *folder,
                                            cspan_span_exporter **spool) {
  cspan_error *error = NULL;
  cspan_span_exporter *exporter;
  cspan_tracer_provider *provider;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
  cspan_otlp_options otlp = {
      .protocol = CSPAN_OTLP_HTTP_PROTOBUF, .endpoint = endpoint, .compression = "none"};
  if (cspan_exporter_otlp(&otlp, &exporter, &error) != CSPAN_OK) {
    die("exporter", error);
  }
  *spool = NULL;
  if (folder != NULL) {
    if (cspan_exporter_spool(&(cspan_spool_options){.folder = folder}, exporter, &exporter,
                             &error) != CSPAN_OK) {
      die("spool", error);
    }
    *spool = exporter;
  }
  cspan_span_processor *processor = cspan_processor_batch(exporter, NULL);
  cspan_provider_options options = {
      .service_name = "outage", .processors = &processor, .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &provider, &error) != CSPAN_OK) {
    die("provider", error);
  }
  return provider;
}

static void make_spans(cspan_tracer_provider *provider, const setting *s, int64_t start_ns) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "outage", NULL, NULL);
  for (long i = 0; i < s->spans; i++) {
    sleep_until(start_ns + i * NS_PER_S / s->rate);
    cspan_span span = cspan_span_start(tracer, NULL, "work", NULL);
    cspan_span_set_int64(span, "i", i);
    cspan_span_set_string(span, "http.request.method", "GET");
    cspan_span_set_string(span, "url.path", "/some/path/of/a/request");
    cspan_span_end(span);
  }
}

static void print_result(size_t number, const setting *s, cspan_tracer_provider *provider,
                         const cspan_span_exporter *spool, const otlp_sink_counts *counts,
                         double seconds) {
  cspan_telemetry_stats stats;
  cspan_spool_stats kept = {0};
  cspan_tracer_provider_stats(provider, &stats);
  cspan_spool_stats_get(spool, &kept);
  unsigned long long dropped = stats.spans_dropped_queue_full + stats.spans_dropped_export_failed;
  bool is_exact = stats.spans_ended == (uint64_t)s->spans &&
                  stats.spans_exported == counts->spans &&
                  stats.spans_exported + dropped == (uint64_t)s->spans;
  printf("{\"outage\": \"%s\", \"spool\": %s, \"spans\": %ld, \"arrived\": %zu, \"lost\": %ld, "
         "\"twice\": %zu, \"dropped_queue_full\": %llu, \"dropped_export_failed\": %llu, "
         "\"counted_exactly\": %s, \"through_disk\": %llu, \"seconds\": %.1f}\n",
         cases[number / 2].name, spool != NULL ? "true" : "false", s->spans, counts->spans,
         s->spans - (long)counts->spans, counts->again,
         (unsigned long long)stats.spans_dropped_queue_full,
         (unsigned long long)stats.spans_dropped_export_failed, is_exact ? "true" : "false",
         (unsigned long long)kept.spooled, seconds);
  fflush(stdout);
}

/* One of the eight, in a process of its own. */
static int run_case(size_t number, const setting *s) {
  char folder[] = "/tmp/cspan-outage-XXXXXX";
  bool with_spool = number % 2 == 0;
  if (mkdtemp(folder) == NULL) {
    die("folder", NULL);
  }
  otlp_sink *sink = otlp_sink_start((size_t)s->spans, RETRY_AFTER_S);
  cspan_span_exporter *spool;
  cspan_tracer_provider *provider =
      make_provider(otlp_sink_port(sink), with_spool ? folder : NULL, &spool);
  int64_t start_ns = cspan_now_ns();
  outage o = {.sink = sink,
              .mode = cases[number / 2].mode,
              .from_ns = start_ns + INT64_C(1) * AWAY_AFTER_S * NS_PER_S,
              .until_ns = start_ns + (INT64_C(1) * AWAY_AFTER_S + s->away_s) * NS_PER_S};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_outage, &o) != 0) {
    die("thread", NULL);
  }
  make_spans(provider, s, start_ns);
  pthread_join(thread, NULL);
  cspan_tracer_provider_force_flush(provider, FLUSH_MS, NULL);
  double seconds = (double)(cspan_now_ns() - start_ns) / NS_PER_S;
  otlp_sink_counts counts = otlp_sink_count(sink);
  print_result(number, s, provider, spool, &counts, seconds);
  bool is_lost = with_spool && counts.spans != (size_t)s->spans;
  cspan_tracer_provider_free(provider);
  otlp_sink_stop(sink);
  rmdir(folder);
  return is_lost ? 1 : 0;
}

static long number_of(const char *text, long fallback) {
  long value = text != NULL ? strtol(text, NULL, 10) : fallback;
  if (value <= 0) {
    fprintf(stderr, "bench_outage: '%s' is no number above 0\n", text);
    exit(2);
  }
  return value;
}

int main(int argc, char **argv) {
  setting s = {.spans = number_of(argc > 1 ? argv[1] : NULL, 8000),
               .rate = number_of(argc > 2 ? argv[2] : NULL, 200),
               .away_s = number_of(argc > 3 ? argv[3] : NULL, 15)};
  int code = 0;
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  for (size_t i = 0; i < (size_t)CASES * 2; i++) {
    pid_t child = fork();
    if (child < 0) {
      die("fork", NULL);
    }
    if (child == 0) {
      exit(run_case(i, &s));
    }
  }
  for (size_t i = 0; i < (size_t)CASES * 2; i++) {
    int status;
    if (wait(&status) < 0 || status != 0) {
      code = 1;
    }
  }
  return code;
}
