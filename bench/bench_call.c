/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of one S3.PutObject (1 KiB) and one DynamoDB.GetItem (an item of 1 KiB) over the
 * loopback, against bare libcurl that sends the same bytes: bench_call COUNT. Each ratio is of two
 * contenders that take turns in this process, first the one and then the other in front: the median
 * of those of the rounds. Turns are short, so that both meet the same kernel: where the scheduler
 * has client and stub, and how deep an idle processor sleeps, is half of the CPU time of a call, and
 * holds for many calls. For the same reason there are never more than two: a third changes what the
 * processors do between the others. The last line is JSON.
 *
 * bench_call COUNT CONTENDER makes COUNT calls of one contender and prints nothing: for callgrind.
 * Answers come a little late then, so that each call waits for its answer in the same way.
 */
#include <sched.h>
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

#define BODY       1024
#define ROUNDS_MAX 4096
#define TURN       16 /* calls, one at a time */
#define IN_FLIGHT  16
#define TURN_MANY  (20 * IN_FLIGHT)

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

typedef struct pair {
  const char *name; /* of the ratio */
  int base;
  int other;
  int turn; /* calls */
  int rounds;
  double us[2][ROUNDS_MAX]; /* CPU us a call, of both */
} pair;

enum { PUT, PUT_TRACED, PUT_BOTH, MANY, MANY_TRACED, GET, GET_TRACED, PAIRS };

static pair pairs[PAIRS] = {
    [PUT] = {.name = "untraced_vs_curl", .base = CURL_ONE, .other = PLAIN_ONE, .turn = TURN},
    [PUT_TRACED] = {.name = "traced_vs_untraced",
                    .base = PLAIN_ONE,
                    .other = TRACED_ONE,
                    .turn = TURN},
    [PUT_BOTH] = {.name = "traced_vs_curl", .base = CURL_ONE, .other = TRACED_ONE, .turn = TURN},
    [MANY] = {.name = "traced_in_flight_vs_curl",
              .base = CURL_ONE,
              .other = TRACED_MANY,
              .turn = TURN_MANY},
    [MANY_TRACED] = {.name = "traced_in_flight_vs_untraced",
                     .base = PLAIN_MANY,
                     .other = TRACED_MANY,
                     .turn = TURN_MANY},
    [GET] = {.name = "get_item_untraced_vs_curl",
             .base = CURL_ITEM,
             .other = PLAIN_ITEM,
             .turn = TURN},
    [GET_TRACED] = {.name = "get_item_traced_vs_untraced",
                    .base = PLAIN_ITEM,
                    .other = TRACED_ITEM,
                    .turn = TURN},
};

static bool take_turn(bench *b, pair *p, bool is_other, int round) {
  double start = cpu_us();
  bool ok = run(b, is_other ? p->other : p->base, p->turn);
  if (round >= 0)
    p->us[is_other][round] = (cpu_us() - start) / p->turn;
  return ok;
}

static bool measure(bench *b, pair *p, int count) {
  int rounds = count / p->turn;
  bool ok = true;
  p->rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
  for (int round = -1; ok && round < p->rounds; round++) { /* -1 warms up */
    bool is_turned = round % 2 != 0;
    ok = take_turn(b, p, is_turned, round) && take_turn(b, p, !is_turned, round);
  }
  return ok;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *values, int count) {
  static double sorted[ROUNDS_MAX];
  memcpy(sorted, values, (size_t)count * sizeof sorted[0]);
  qsort(sorted, (size_t)count, sizeof sorted[0], by_value);
  return sorted[count / 2];
}

static double ratio(const pair *p) {
  static double each[ROUNDS_MAX];
  for (int i = 0; i < p->rounds; i++)
    each[i] = p->us[1][i] / p->us[0][i];
  return median(each, p->rounds);
}

static double us(int at, bool is_other) {
  return median(pairs[at].us[is_other], pairs[at].rounds);
}

static void print_figures(int count) {
  printf("S3.PutObject of 1 KiB, CPU us a call: bare libcurl %.1f, untraced %.1f, traced %.1f; "
         "%d in flight: untraced %.1f, traced %.1f\n",
         us(PUT, false), us(PUT_TRACED, false), us(PUT_TRACED, true), IN_FLIGHT,
         us(MANY_TRACED, false), us(MANY_TRACED, true));
  if (count == PAIRS)
    printf("DynamoDB.GetItem of 1 KiB, CPU us a call: bare libcurl %.1f, untraced %.1f, "
           "traced %.1f\n",
           us(GET, false), us(GET_TRACED, false), us(GET_TRACED, true));
  for (int i = 0; i < count; i++)
    printf("%s\"%s\": %.3f", i > 0 ? ", " : "{", pairs[i].name, ratio(&pairs[i]));
  printf("}\n");
}

static bool measure_all(bench *b, int count) {
  int known = 0;
  bool ok = true;
  while (known < PAIRS && pairs[known].base < contender_count(b))
    known++;
  for (int i = 0; ok && i < known; i++)
    ok = measure(b, &pairs[i], count);
  if (ok)
    print_figures(known);
  return ok;
}

/* The stub has a processor of its own, as a service has, and what the exporters' threads do counts
 * on the others. With one processor all is as it is. */
static bool start_stub(int *port) {
  cpu_set_t all;
  cpu_set_t one;
  if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2)
    return stub_server_start(port);
  size_t last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &all))
    last--;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  CPU_CLR(last, &all);
  sched_setaffinity(0, sizeof one, &one); /* the child has it from here */
  bool ok = stub_server_start(port);
  sched_setaffinity(0, sizeof all, &all);
  return ok;
}

static bool run_only(bench *b, const char *name, int count) {
  /* With a thread beside it much of the C library takes longer, and the exporters' threads begin
   * with the first span. Where contenders take turns they all have them. */
  if (!run(b, TRACED_ONE, 1))
    return false;
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
  int port = 0;
  stub_server_answer_late(only ? 4 : 0);
  if (!start_stub(&port))
    return 1;
  bool ok = open_all(&b, port) && (only ? run_only(&b, only, count) : measure_all(&b, count));
  stub_server_stop();
  if (!ok)
    fprintf(stderr, "bench_call: a call failed\n");
  close_all(&b);
  return ok ? 0 : 1;
}
