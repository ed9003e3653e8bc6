/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a busy program loses spans: producers at a fixed rate, a batch processor with its
 * defaults, OTLP to a receiver in a process of its own on the same machine.
 *
 *   bench_saturation [--rate SPANS_A_SECOND] [--seconds N] [--threads N] [--http]
 *                    [--exports N] [--queue N] [--endpoint URL]
 *
 * Each span is of client kind with 9 string and 3 int attributes, one event with 2 attributes and
 * an error status, 556 bytes of OTLP. A producer that is behind its time, because it was put off
 * the CPU, makes up for 5 ms of it at full speed and lets the rest go: "rate" shows it. Prints one
 * line of JSON: what was made and at which rate, lost by a full queue or a failed export,
 * received, how long one export took, and the CPU time of both sides. With an endpoint the
 * receiver is someone else's, and "received" is not known. Fails only where the counts do not add
 * up. */
#include <cloudspan/ext/exporter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "viewer/receiver.h"

enum { THREADS_MAX = 64, BURST_NS = 200000, DEBT_NS = 5000000 };

typedef struct settings {
  unsigned long rate;
  unsigned long seconds;
  unsigned long threads;
  unsigned long exports;
  unsigned long queue;
  bool http;
  const char *endpoint;
} settings;

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of this process, producers included, or of the receiver's once it has ended. */
static double cpu_us(int who) {
  struct rusage use;
  getrusage(who, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* ------------------------------------------------------------------- the receiver */

typedef struct receiver_process {
  pid_t pid;
  int ports[2];   /* from it: gRPC, HTTP */
  int to_parent;  /* the count of spans, when its input ends */
  int from_child; /* the other ends */
  int to_child;
  int from_parent;
} receiver_process;

static void ignore_spans(void *user, const cspan_span_list *list) {
  (void)user;
  (void)list;
}

static void serve(const receiver_process *p) {
  const cspan_receiver_options options = {.on_spans = ignore_spans};
  cspan_receiver *receiver;
  char byte;
  if (cspan_receiver_start(&options, &receiver, NULL) != CSPAN_OK) {
    _exit(1);
  }
  const int ports[2] = {cspan_receiver_grpc_port(receiver), cspan_receiver_http_port(receiver)};
  if (write(p->to_parent, ports, sizeof ports) != (ssize_t)sizeof ports) {
    _exit(1);
  }
  while (read(p->from_parent, &byte, 1) > 0) {
  }
  cspan_receiver_stats stats;
  cspan_receiver_stats_get(receiver, &stats);
  _exit(write(p->to_parent, &stats, sizeof stats) == (ssize_t)sizeof stats ? 0 : 1);
}

static bool start_receiver(receiver_process *p) {
  int up[2];
  int down[2];
  if (pipe(up) != 0 || pipe(down) != 0) {
    return false;
  }
  *p = (receiver_process){
      .from_child = up[0], .to_parent = up[1], .from_parent = down[0], .to_child = down[1]};
  p->pid = fork();
  if (p->pid == 0) {
    close(p->to_child);
    close(p->from_child);
    serve(p);
  }
  close(p->to_parent);
  close(p->from_parent);
  return p->pid > 0 && read(p->from_child, p->ports, sizeof p->ports) == (ssize_t)sizeof p->ports;
}

static bool end_receiver(receiver_process *p, cspan_receiver_stats *out) {
  int status = 1;
  close(p->to_child);
  bool told = read(p->from_child, out, sizeof *out) == (ssize_t)sizeof *out;
  waitpid(p->pid, &status, 0);
  return told && status == 0;
}

/* ------------------------------------------------- an exporter that looks at the clock */

typedef struct timed {
  cspan_span_exporter *inner;
  pthread_mutex_t lock;
  double total_ns;
  double longest_ns;
  unsigned long count;
} timed;

static cspan_status timed_export(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  timed *t = self;
  double start = now_ns();
  cspan_status status =
      t->inner->vtable->export_spans(t->inner->self, context, batch, rejected, error);
  double took = now_ns() - start;
  pthread_mutex_lock(&t->lock);
  t->total_ns += took;
  t->longest_ns = took > t->longest_ns ? took : t->longest_ns;
  t->count++;
  pthread_mutex_unlock(&t->lock);
  return status;
}

static void timed_free(void *self) {
  timed *t = self;
  cspan_exporter_free(t->inner);
}

/* ---------------------------------------------------------------------- producers */

static cspan_tracer *tracer;

static void make_span(void) {
  const cspan_span_options options = {.size = sizeof options, .kind = CSPAN_SPAN_CLIENT};
  const cspan_attr attributes[] = {cspan_attr_int64("retry.attempt", 2),
                                   cspan_attr_string("retry.reason", "SlowDown")};
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
  cspan_span_add_event(span, "retry", 0, attributes, 2);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "Please reduce your request rate.");
  cspan_span_end(span);
}

typedef struct producer {
  pthread_t thread;
  double start_ns;
  double interval_ns;
  unsigned long count;
  double latest_ns; /* behind its time, at most */
} producer;

/* Sleeps while it is ahead; a sleep is at least a burst long, as timers are coarse. */
static void *produce(void *arg) {
  producer *p = arg;
  for (unsigned long i = 0; i < p->count;) {
    double due = p->start_ns + (double)i * p->interval_ns;
    double now = now_ns();
    if (now < due) {
      const struct timespec pause = {.tv_nsec = BURST_NS};
      nanosleep(&pause, NULL);
      continue;
    }
    p->latest_ns = now - due > p->latest_ns ? now - due : p->latest_ns;
    if (now - due > DEBT_NS) {
      p->start_ns += now - due - DEBT_NS;
    }
    make_span();
    i++;
  }
  return NULL;
}

typedef struct result {
  double seconds;
  double latest_ms;
} result;

static result run_producers(const settings *s) {
  producer producers[THREADS_MAX];
  result r = {0};
  double start = now_ns();
  unsigned long count = s->rate * s->seconds;
  for (unsigned long i = 0; i < s->threads; i++) {
    producers[i] = (producer){.start_ns = start,
                              .interval_ns = 1e9 * (double)s->threads / (double)s->rate,
                              .count = count / s->threads + (i < count % s->threads)};
    if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0) {
      fprintf(stderr, "bench_saturation: no thread\n");
      exit(1);
    }
  }
  for (unsigned long i = 0; i < s->threads; i++) {
    pthread_join(producers[i].thread, NULL);
    r.latest_ms =
        producers[i].latest_ns / 1e6 > r.latest_ms ? producers[i].latest_ns / 1e6 : r.latest_ms;
  }
  r.seconds = (now_ns() - start) / 1e9;
  return r;
}

/* --------------------------------------------------------------------------- main */

static bool set_up(const settings *s, const receiver_process *receiver, timed *exporter,
                   cspan_tracer_provider **provider) {
  static cspan_exporter_vtable vtable = {
      .size = sizeof vtable, .export_spans = timed_export, .free = timed_free};
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", receiver->ports[s->http]);
  const cspan_otlp_options otlp = {.size = sizeof otlp,
                                   .protocol = s->http ? CSPAN_OTLP_HTTP_PROTOBUF : CSPAN_OTLP_GRPC,
                                   .endpoint = s->endpoint != NULL ? s->endpoint : endpoint};
  if (cspan_exporter_otlp(&otlp, &exporter->inner, NULL) != CSPAN_OK) {
    return false;
  }
  vtable.is_concurrent = exporter->inner->vtable->is_concurrent;
  pthread_mutex_init(&exporter->lock, NULL);
  const cspan_batch_options batch = {
      .size = sizeof batch, .max_queue_size = s->queue, .max_concurrent_exports = s->exports};
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, exporter), &batch);
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "saturation",
                                          .processors = &processor,
                                          .processor_count = 1};
  if (cspan_tracer_provider_create(&options, provider, NULL) != CSPAN_OK) {
    return false;
  }
  tracer = cspan_tracer_get(*provider, "bench", "1.0.0", NULL);
  return tracer != NULL;
}

static bool parse(int argc, char **argv, settings *s) {
  const struct {
    const char *name;
    unsigned long *to;
  } numbers[] = {{"--rate", &s->rate},
                 {"--seconds", &s->seconds},
                 {"--threads", &s->threads},
                 {"--exports", &s->exports},
                 {"--queue", &s->queue}};
  for (int i = 1; i < argc; i++) {
    bool known = strcmp(argv[i], "--http") == 0;
    s->http = s->http || known;
    if (strcmp(argv[i], "--endpoint") == 0 && i + 1 < argc) {
      s->endpoint = argv[++i];
      known = true;
    }
    for (size_t j = 0; !known && i + 1 < argc && j < sizeof numbers / sizeof numbers[0]; j++) {
      if (strcmp(argv[i], numbers[j].name) == 0) {
        *numbers[j].to = strtoul(argv[++i], NULL, 10);
        known = true;
      }
    }
    if (!known) {
      return false;
    }
  }
  return s->rate > 0 && s->seconds > 0 && s->threads > 0 && s->threads <= THREADS_MAX;
}

static void print_result(const settings *s, const result *r, const cspan_telemetry_stats *stats,
                         const timed *exporter, const cspan_receiver_stats *received) {
  double made = (double)stats->spans_ended;
  printf("{\"protocol\": \"%s\", \"producers\": %lu, \"spans\": %.0f, \"rate\": %.0f, "
         "\"lost_queue_full\": %llu, \"lost_export_failed\": %llu, \"lost_percent\": %.3f, "
         "\"exports\": %lu, \"export_ms\": %.2f, \"longest_export_ms\": %.1f, "
         "\"producer_behind_ms\": %.1f, \"cpu_us_per_span\": %.2f, "
         "\"receiver_cpu_us_per_span\": %.2f, \"received\": %llu}\n",
         s->http ? "http" : "grpc", s->threads, made, made / r->seconds,
         (unsigned long long)stats->spans_dropped_queue_full,
         (unsigned long long)stats->spans_dropped_export_failed,
         100 * (made - (double)stats->spans_exported) / made, exporter->count,
         exporter->total_ns / 1e6 / (double)(exporter->count > 0 ? exporter->count : 1),
         exporter->longest_ns / 1e6, r->latest_ms, cpu_us(RUSAGE_SELF) / made,
         cpu_us(RUSAGE_CHILDREN) / made, (unsigned long long)received->spans);
}

/* The receiver also counts the spans that tell of lost ones, at most one an export. */
static bool adds_up(const settings *s, const cspan_telemetry_stats *stats, const timed *exporter,
                    const cspan_receiver_stats *received) {
  return stats->spans_ended == s->rate * s->seconds &&
         stats->spans_ended == stats->spans_exported + stats->spans_dropped_queue_full +
                                   stats->spans_dropped_export_failed &&
         (s->endpoint != NULL || (received->spans >= stats->spans_exported &&
                                  received->spans <= stats->spans_exported + exporter->count));
}

int main(int argc, char **argv) {
  settings s = {.rate = 100000, .seconds = 10, .threads = 1};
  if (!parse(argc, argv, &s)) {
    fprintf(stderr, "usage: bench_saturation [--rate SPANS_A_SECOND] [--seconds N] [--threads N] "
                    "[--http] [--exports N] [--queue N] [--endpoint URL]\n");
    return 2;
  }
  static timed exporter;
  receiver_process receiver = {.pid = 0};
  cspan_receiver_stats received = {0};
  cspan_tracer_provider *provider = NULL;
  if ((s.endpoint == NULL && !start_receiver(&receiver)) ||
      !set_up(&s, &receiver, &exporter, &provider)) {
    fprintf(stderr, "bench_saturation: cannot be set up\n");
    return 1;
  }
  result r = run_producers(&s);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_shutdown(provider, 0, NULL);
  cspan_tracer_provider_stats(provider, &stats);
  bool good = s.endpoint != NULL || end_receiver(&receiver, &received);
  print_result(&s, &r, &stats, &exporter, &received);
  good = good && adds_up(&s, &stats, &exporter, &received);
  cspan_tracer_provider_free(provider);
  if (!good) {
    fprintf(stderr, "bench_saturation: the counts do not add up\n");
  }
  return good ? 0 : 1;
}
