/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of one S3.PutObject of 1 KiB over the loopback, against bare libcurl that sends the
 * same bytes: bench_call COUNT. The contenders take turns in one process, in short rounds; each
 * ratio is the median of those of the rounds, so that it holds on a busy machine. The last line
 * is JSON.
 *
 * bench_call COUNT CONTENDER makes COUNT calls of one contender and prints nothing: for callgrind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <curl/curl.h>

#include <cloudspan/cloudspan.h>
#include <cloudspan/ext/exporter.h>

#include "stub_server.h"

#define BODY      1024
#define ROUNDS    63
#define IN_FLIGHT 16

typedef struct bench {
  char endpoint[64];
  char url[96];
  char body[BODY];
  cspan_tracer_provider *provider;
  cspan_aws_config *plain_config;
  cspan_aws_config *traced_config;
  cspan_s3 *plain;
  cspan_s3 *traced;
  CURL *easy;
  struct curl_slist *headers;
} bench;

static double cpu_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t drop(char *data, size_t size, size_t count, void *user) {
  (void)data;
  (void)user;
  return size * count;
}

typedef struct source {
  const char *data;
  size_t left;
} source;

static size_t give(char *to, size_t size, size_t count, void *user) {
  source *s = user;
  size_t n = size * count < s->left ? size * count : s->left;
  memcpy(to, s->data, n);
  s->data += n;
  s->left -= n;
  return n;
}

/* The same request as the client's, with a ready signature. */
static bool open_curl(bench *b) {
  static const char *const lines[] = {
      "amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef",
      "amz-sdk-request: attempt=1; max=3",
      "x-amz-date: 20260101T000000Z",
      "x-amz-content-sha256: UNSIGNED-PAYLOAD",
      "X-Amzn-Trace-Id: Root=1-01234567-89abcdef0123456789abcdef;Parent=0123456789abcdef;Sampled=1",
      "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, "
      "SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;host;x-amz-content-"
      "sha256;"
      "x-amz-date, "
      "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      "Expect:",
      "Accept:",
  };
  char agent[256];
  struct utsname host;
  b->easy = curl_easy_init();
  curl_easy_setopt(b->easy, CURLOPT_NOSIGNAL, 1L); /* as a program with threads must */
  if (!b->easy || uname(&host) != 0)
    return false;
  snprintf(agent, sizeof agent,
           "User-Agent: cloudspan/" CSPAN_VERSION " ua/2.1 os/linux#%s md/arch#%s lang/c#11 "
           "api/s3#" CSPAN_VERSION " m/E",
           host.release, host.machine);
  b->headers = curl_slist_append(NULL, agent);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    b->headers = curl_slist_append(b->headers, lines[i]);
  return b->headers != NULL;
}

static bool put_curl(bench *b, int count) {
  for (int i = 0; i < count; i++) {
    source s = {b->body, BODY};
    long status = 0;
    curl_easy_setopt(b->easy, CURLOPT_URL, b->url);
    curl_easy_setopt(b->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(b->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)BODY);
    curl_easy_setopt(b->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(b->easy, CURLOPT_READDATA, &s);
    curl_easy_setopt(b->easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(b->easy, CURLOPT_HTTPHEADER, b->headers);
    if (curl_easy_perform(b->easy) != CURLE_OK ||
        curl_easy_getinfo(b->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
      return false;
  }
  return true;
}

static bool put_one(bench *b, cspan_s3 *s3, int count) {
  cspan_s3_put_object_input input = {
      .bucket = "bench-bucket", .key = "some/key", .body = {.data = b->body, .size_bytes = BODY}};
  for (int i = 0; i < count; i++) {
    if (cspan_s3_put_object(s3, NULL, &input, NULL, NULL))
      return false;
  }
  return true;
}

typedef struct flight {
  int left;
  bool failed;
} flight;

static void landed(void *user, cspan_status status, const cspan_error *error) {
  flight *f = user;
  (void)error;
  f->left--;
  f->failed |= status != CSPAN_OK;
}

static bool put_many(bench *b, cspan_s3 *s3, cspan_loop *loop, int count) {
  flight f = {0};
  cspan_call_options options = {.loop = loop, .done = landed, .user = &f};
  cspan_s3_put_object_input input = {.bucket = "bench-bucket",
                                     .key = "some/key",
                                     .body = {.data = b->body, .size_bytes = BODY},
                                     .options = &options};
  int started = 0;
  while (started < count || f.left > 0) {
    while (started < count && f.left < IN_FLIGHT) {
      if (cspan_s3_put_object(s3, NULL, &input, NULL, NULL))
        return false;
      f.left++;
      started++;
    }
    if (cspan_loop_run_once(loop, 1000))
      return false;
  }
  return !f.failed;
}

static cspan_status accept_spans(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  (void)self, (void)context, (void)batch, (void)rejected, (void)error;
  return CSPAN_OK;
}

static bool open_clients(bench *b) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = accept_spans};
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, NULL), NULL);
  cspan_provider_options telemetry = {
      .service_name = "bench", .processors = &processor, .processor_count = 1};
  cspan_aws_options aws = {.region = "us-east-1",
                           .endpoint_url = b->endpoint,
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "secret",
                           .payload_signing = CSPAN_PAYLOAD_UNSIGNED};
  cspan_error *error = NULL;
  if (cspan_tracer_provider_create(&telemetry, &b->provider, &error) == CSPAN_OK &&
      cspan_aws_config_load(&aws, &b->plain_config, &error) == CSPAN_OK &&
      cspan_aws_config_load(&aws, &b->traced_config, &error) == CSPAN_OK &&
      cspan_trace_append(b->traced_config, &(cspan_trace_options){.provider = b->provider},
                         &error) == CSPAN_OK &&
      cspan_s3_create(b->plain_config, &b->plain, &error) == CSPAN_OK &&
      cspan_s3_create(b->traced_config, &b->traced, &error) == CSPAN_OK)
    return true;
  fprintf(stderr, "bench_call: %s\n", cspan_error_message(error));
  cspan_error_free(error);
  return false;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

enum { CURL_ONE, PLAIN_ONE, TRACED_ONE, PLAIN_MANY, TRACED_MANY, CONTENDERS };

static const char *const contenders[CONTENDERS] = {"curl", "untraced", "traced",
                                                   "untraced-in-flight", "traced-in-flight"};

static bool run(bench *b, int which, cspan_loop *loop, int count) {
  switch (which) {
  case CURL_ONE:
    return put_curl(b, count);
  case PLAIN_ONE:
    return put_one(b, b->plain, count);
  case TRACED_ONE:
    return put_one(b, b->traced, count);
  case PLAIN_MANY:
    return put_many(b, b->plain, loop, count);
  default:
    return put_many(b, b->traced, loop, count);
  }
}

static double rounds[CONTENDERS][ROUNDS]; /* CPU us a call */

static bool measure(bench *b, int per_round) {
  cspan_loop *loop = cspan_loop_create();
  bool ok = loop != NULL;
  for (int round = -1; ok && round < ROUNDS; round++) { /* -1 warms up */
    for (int which = 0; ok && which < CONTENDERS; which++) {
      double start = cpu_us();
      ok = run(b, which, loop, per_round);
      if (round >= 0)
        rounds[which][round] = (cpu_us() - start) / per_round;
    }
  }
  cspan_loop_free(loop);
  return ok;
}

static double median(const double *values) {
  double sorted[ROUNDS];
  memcpy(sorted, values, sizeof sorted);
  qsort(sorted, ROUNDS, sizeof sorted[0], by_value);
  return sorted[ROUNDS / 2];
}

static double ratio(int which, int to) {
  double each[ROUNDS];
  for (int i = 0; i < ROUNDS; i++)
    each[i] = rounds[which][i] / rounds[to][i];
  return median(each);
}

static bool run_only(bench *b, const char *name, int count) {
  cspan_loop *loop = cspan_loop_create();
  bool ok = false;
  for (int which = 0; loop && which < CONTENDERS; which++) {
    if (strcmp(contenders[which], name) == 0)
      ok = run(b, which, loop, count);
  }
  cspan_loop_free(loop);
  return ok;
}

static void print_figures(void) {
  printf("S3.PutObject of 1 KiB, CPU us a call: bare libcurl %.1f, untraced %.1f, traced %.1f; "
         "%d in flight: untraced %.1f, traced %.1f\n",
         median(rounds[CURL_ONE]), median(rounds[PLAIN_ONE]), median(rounds[TRACED_ONE]), IN_FLIGHT,
         median(rounds[PLAIN_MANY]), median(rounds[TRACED_MANY]));
  printf("{\"untraced_vs_curl\": %.3f, \"traced_vs_untraced\": %.3f, "
         "\"traced_vs_curl\": %.3f, \"traced_in_flight_vs_curl\": %.3f}\n",
         ratio(PLAIN_ONE, CURL_ONE), ratio(TRACED_ONE, PLAIN_ONE), ratio(TRACED_ONE, CURL_ONE),
         ratio(TRACED_MANY, CURL_ONE));
}

int main(int argc, char **argv) {
  static bench b;
  int count = argc > 1 ? atoi(argv[1]) : 21000;
  const char *only = argc > 2 ? argv[2] : NULL;
  int per_round = count / ROUNDS > 0 ? count / ROUNDS : 1;
  int port = 0;
  if (!stub_server_start(&port))
    return 1;
  snprintf(b.endpoint, sizeof b.endpoint, "http://127.0.0.1:%d", port);
  snprintf(b.url, sizeof b.url, "%s/bench-bucket/some/key", b.endpoint);
  memset(b.body, 'x', sizeof b.body);
  bool ok = open_curl(&b) && open_clients(&b) &&
            (only ? run_only(&b, only, count) : measure(&b, per_round));
  stub_server_stop();
  if (!ok)
    fprintf(stderr, "bench_call: a call failed\n");
  else if (!only)
    print_figures();
  curl_slist_free_all(b.headers);
  curl_easy_cleanup(b.easy);
  cspan_s3_free(b.plain);
  cspan_s3_free(b.traced);
  cspan_aws_config_free(b.plain_config);
  cspan_aws_config_free(b.traced_config);
  cspan_tracer_provider_free(b.provider);
  return ok ? 0 : 1;
}
