/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of one S3.PutObject (1 KiB) and one DynamoDB.GetItem (an item of 1 KiB) over the
 * loopback, against bare libcurl that sends the same bytes: bench_call COUNT. The contenders take
 * turns in one process, in short rounds; each ratio is the median of those of the rounds, so that
 * it holds on a busy machine. The last line is JSON.
 *
 * bench_call COUNT CONTENDER makes COUNT calls of one contender and prints nothing: for callgrind.
 * Answers come a little late then, so that each call waits for its answer in the same way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cloudspan/client.h>
#include <cloudspan/cloudspan.h>
#include <cloudspan/ext/exporter.h>
#include <cloudspan/metrics.h>

#include "bare_curl.h"
#include "stub_server.h"

#define BODY      1024
#define ROUNDS    63
#define IN_FLIGHT 16

typedef struct bench {
  char endpoint[64];
  char body[BODY];
  cspan_tracer_provider *provider;
  cspan_meter_provider *meters;
  cspan_aws_config *plain_config;
  cspan_aws_config *traced_config;
  cspan_s3 *plain;
  cspan_s3 *traced;
  cspan_client *plain_dynamodb; /* NULL: there is no model of the service */
  cspan_client *traced_dynamodb;
  bare_curl *put_object;
  bare_curl *get_item;
  cspan_loop *loop;
} bench;

static double cpu_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ------------------------------------------------------------- contenders */

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

static bool put_many(bench *b, cspan_s3 *s3, int count) {
  flight f = {0};
  cspan_call_options options = {.loop = b->loop, .done = landed, .user = &f};
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
    if (cspan_loop_run_once(b->loop, 1000))
      return false;
  }
  return !f.failed;
}

static bool get_items(cspan_client *dynamodb, int count) {
  const cspan_value input = CSPAN_MAP(
      cspan_field("TableName", cspan_string("bench-table")),
      cspan_field("Key", CSPAN_MAP(cspan_field(
                             "id", CSPAN_MAP(cspan_field("S", cspan_string("item-1")))))));
  for (int i = 0; i < count; i++) {
    cspan_document *output = NULL;
    if (cspan_call(NULL, dynamodb, "GetItem", &input, &output, NULL))
      return false;
    const cspan_value *item = cspan_value_get(cspan_document_value(output), "Item");
    bool complete = cspan_value_count(item) == 5;
    cspan_document_free(output);
    if (!complete)
      return false;
  }
  return true;
}

static bool send_bare(bare_curl *curl, int count) {
  bool ok = true;
  for (int i = 0; ok && i < count; i++)
    ok = bare_curl_send(curl);
  return ok;
}

enum {
  CURL_ONE,
  PLAIN_ONE,
  TRACED_ONE,
  PLAIN_MANY,
  TRACED_MANY,
  CURL_ITEM,
  PLAIN_ITEM,
  TRACED_ITEM,
  CONTENDERS
};

static const char *const contenders[CONTENDERS] = {"curl",
                                                   "untraced",
                                                   "traced",
                                                   "untraced-in-flight",
                                                   "traced-in-flight",
                                                   "curl-get-item",
                                                   "untraced-get-item",
                                                   "traced-get-item"};

static bool run(bench *b, int which, int count) {
  switch (which) {
  case CURL_ONE:
    return send_bare(b->put_object, count);
  case PLAIN_ONE:
    return put_one(b, b->plain, count);
  case TRACED_ONE:
    return put_one(b, b->traced, count);
  case PLAIN_MANY:
    return put_many(b, b->plain, count);
  case TRACED_MANY:
    return put_many(b, b->traced, count);
  case CURL_ITEM:
    return send_bare(b->get_item, count);
  case PLAIN_ITEM:
    return get_items(b->plain_dynamodb, count);
  default:
    return get_items(b->traced_dynamodb, count);
  }
}

/* Without models there is no GetItem. */
static int contender_count(const bench *b) {
  return b->plain_dynamodb ? CONTENDERS : CURL_ITEM;
}

/* ------------------------------------------------------------------ set-up */

static cspan_status accept_spans(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  (void)self, (void)context, (void)batch, (void)rejected, (void)error;
  return CSPAN_OK;
}

static cspan_status open_metrics(bench *b, cspan_error **error) {
  cspan_metric_reader *reader = cspan_metric_reader_periodic(cspan_metric_exporter_memory(), NULL);
  const cspan_meter_provider_options options = {
      .size = sizeof options, .readers = &reader, .reader_count = 1};
  return cspan_meter_provider_create(&options, &b->meters, error);
}

/* Everything is on: attributes, propagation and metrics. */
static cspan_status append_trace(bench *b, cspan_error **error) {
  const cspan_trace_options options = {
      .size = sizeof options, .provider = b->provider, .meter_provider = b->meters};
  return cspan_trace_append(b->traced_config, &options, error);
}

static cspan_status open_clients(bench *b, cspan_error **error) {
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
  cspan_status status = cspan_tracer_provider_create(&telemetry, &b->provider, error);
  if (status == CSPAN_OK)
    status = cspan_aws_config_load(&aws, &b->plain_config, error);
  if (status == CSPAN_OK)
    status = cspan_aws_config_load(&aws, &b->traced_config, error);
  if (status == CSPAN_OK)
    status = open_metrics(b, error);
  if (status == CSPAN_OK)
    status = append_trace(b, error);
  if (status == CSPAN_OK)
    status = cspan_s3_create(b->plain_config, &b->plain, error);
  return status == CSPAN_OK ? cspan_s3_create(b->traced_config, &b->traced, error) : status;
}

/* By the models that the build compiled, or by those that a program finds by itself. */
static cspan_status open_dynamodb(bench *b, cspan_error **error) {
  const char *built = access(BENCH_MODELS, R_OK) == 0 ? BENCH_MODELS : NULL;
  cspan_client_options options = {.models = built};
  cspan_status status =
      cspan_client_create(b->plain_config, "dynamodb", &options, &b->plain_dynamodb, error);
  return status == CSPAN_OK ? cspan_client_create(b->traced_config, "dynamodb", &options,
                                                  &b->traced_dynamodb, error)
                            : status;
}

static bool open_all(bench *b, int port) {
  static const char get_item[] =
      "{\"TableName\":\"bench-table\",\"Key\":{\"id\":{\"S\":\"item-1\"}}}";
  cspan_error *error = NULL;
  snprintf(b->endpoint, sizeof b->endpoint, "http://127.0.0.1:%d", port);
  memset(b->body, 'x', sizeof b->body);
  b->loop = cspan_loop_create();
  b->put_object = bare_curl_open(BARE_PUT_OBJECT, port, b->body, sizeof b->body);
  b->get_item = bare_curl_open(BARE_GET_ITEM, port, get_item, sizeof get_item - 1);
  bool ok = b->loop && b->put_object && b->get_item && open_clients(b, &error) == CSPAN_OK;
  if (!ok || open_dynamodb(b, &error) != CSPAN_OK)
    fprintf(stderr, "bench_call: %s%s\n", ok ? "GetItem is left out: " : "",
            cspan_error_message(error));
  cspan_error_free(error);
  return ok;
}

static void close_all(bench *b) {
  bare_curl_close(b->put_object);
  bare_curl_close(b->get_item);
  cspan_s3_free(b->plain);
  cspan_s3_free(b->traced);
  cspan_client_free(b->plain_dynamodb);
  cspan_client_free(b->traced_dynamodb);
  cspan_loop_free(b->loop);
  cspan_aws_config_free(b->plain_config);
  cspan_aws_config_free(b->traced_config);
  cspan_meter_provider_free(b->meters);
  cspan_tracer_provider_free(b->provider);
}

/* ----------------------------------------------------------------- figures */

static double rounds[CONTENDERS][ROUNDS]; /* CPU us a call */

static bool measure(bench *b, int per_round) {
  bool ok = true;
  for (int round = -1; ok && round < ROUNDS; round++) { /* -1 warms up */
    for (int which = 0; ok && which < contender_count(b); which++) {
      double start = cpu_us();
      ok = run(b, which, per_round);
      if (round >= 0)
        rounds[which][round] = (cpu_us() - start) / per_round;
    }
  }
  return ok;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
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

static void print_figures(const bench *b) {
  bool items = contender_count(b) == CONTENDERS;
  printf("S3.PutObject of 1 KiB, CPU us a call: bare libcurl %.1f, untraced %.1f, traced %.1f; "
         "%d in flight: untraced %.1f, traced %.1f\n",
         median(rounds[CURL_ONE]), median(rounds[PLAIN_ONE]), median(rounds[TRACED_ONE]), IN_FLIGHT,
         median(rounds[PLAIN_MANY]), median(rounds[TRACED_MANY]));
  if (items)
    printf("DynamoDB.GetItem of 1 KiB, CPU us a call: bare libcurl %.1f, untraced %.1f, "
           "traced %.1f\n",
           median(rounds[CURL_ITEM]), median(rounds[PLAIN_ITEM]), median(rounds[TRACED_ITEM]));
  printf("{\"untraced_vs_curl\": %.3f, \"traced_vs_untraced\": %.3f, "
         "\"traced_vs_curl\": %.3f, \"traced_in_flight_vs_curl\": %.3f",
         ratio(PLAIN_ONE, CURL_ONE), ratio(TRACED_ONE, PLAIN_ONE), ratio(TRACED_ONE, CURL_ONE),
         ratio(TRACED_MANY, CURL_ONE));
  if (items)
    printf(", \"get_item_untraced_vs_curl\": %.3f, \"get_item_traced_vs_untraced\": %.3f",
           ratio(PLAIN_ITEM, CURL_ITEM), ratio(TRACED_ITEM, PLAIN_ITEM));
  printf("}\n");
}

static bool run_only(bench *b, const char *name, int count) {
  for (int which = 0; which < contender_count(b); which++) {
    if (strcmp(contenders[which], name) == 0)
      return run(b, which, count);
  }
  return false;
}

int main(int argc, char **argv) {
  static bench b;
  int count = argc > 1 ? atoi(argv[1]) : 21000;
  const char *only = argc > 2 ? argv[2] : NULL;
  int per_round = count / ROUNDS > 0 ? count / ROUNDS : 1;
  int port = 0;
  stub_server_answer_late(only ? 4 : 0);
  if (!stub_server_start(&port))
    return 1;
  bool ok = open_all(&b, port) && (only ? run_only(&b, only, count) : measure(&b, per_round));
  stub_server_stop();
  if (!ok)
    fprintf(stderr, "bench_call: a call failed\n");
  else if (!only)
    print_figures(&b);
  close_all(&b);
  return ok ? 0 : 1;
}
