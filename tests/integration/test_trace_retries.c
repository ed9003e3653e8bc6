/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of attempts that fail in turn: one span for each call, an event for each attempt that
 * was made again, backoffs within the bounds of the formula, a span for each attempt where that is
 * asked for, and metrics that agree with them. */
#include <cloudspan/cloudspan.h>
#include <cloudspan/ext/middleware.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/metric_check.h"
#include "support/script_server.h"
#include "support/span_check.h"

#define ERROR_RESPONSE(status, code)                                                               \
  "HTTP/1.1 " status " Oops\r\nConnection: close\r\nx-amz-request-id: ID" status                   \
  "\r\n\r\n<Error><Code>" code "</Code><Message>because</Message></Error>"
#define READ                                                                                       \
  { SCRIPT_READ_REQUEST, NULL, 0 }
#define SEND(text)                                                                                 \
  { SCRIPT_SEND, (text), 0 }
#define END                                                                                        \
  { SCRIPT_END, NULL, 0 }

enum { MAX_ATTEMPTS = 6, BASE_MS = 50 };

static const script_step succeeds[] = {
    READ, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), END};
static const script_step internal[] = {READ, SEND(ERROR_RESPONSE("500", "InternalError")), END};
static const script_step unavailable[] = {READ, SEND(ERROR_RESPONSE("503", "ServiceUnavailable")),
                                          END};
static const script_step silent[] = {READ, {SCRIPT_WAIT_CLOSE, NULL, 0}, END};
static const script_step resets[] = {READ, {SCRIPT_RESET, NULL, 0}};

/* What becomes of an attempt. */
typedef struct fate {
  script_connection script; /* NULL: nobody listens */
  const char *error_type;   /* NULL: it succeeds */
  int http_status;          /* 0: no answer */
} fate;

static const fate fine = {succeeds, NULL, 200};
static const fate fails_500 = {internal, "InternalError", 500};
static const fate fails_503 = {unavailable, "ServiceUnavailable", 503};
static const fate is_silent = {silent, "timeout", 0};
static const fate is_reset = {resets, "connection_reset", 0};
static const fate is_refused = {NULL, "connection_refused", 0};

typedef struct sequence {
  const char *what;
  const fate *fates[MAX_ATTEMPTS];
  int count;
  int64_t read_timeout_ms;
} sequence;

static const sequence sequences[] = {
    {"500, 503, 200", {&fails_500, &fails_503, &fine}, 3, 0},
    {"timeout, 200", {&is_silent, &fine}, 2, 1000},
    {"reset, refused, 503, 503, 503",
     {&is_reset, &is_refused, &fails_503, &fails_503, &fails_503},
     5,
     0},
};

/* -------------------------------------------------------------- the server
 * It goes away before an attempt that is to be refused, and is back for the next one. */

typedef struct world {
  const sequence *sequence;
  script_connection scripts[MAX_ATTEMPTS];
  script_server *server; /* NULL: nobody listens */
  int port;
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  metric_memory metrics;
  cspan_aws_config *config;
  cspan_s3 *client;
} world;

static void listen_from(world *w, int attempt) {
  size_t count = 0;
  for (int i = attempt; i < w->sequence->count && w->sequence->fates[i]->script; i++) {
    w->scripts[count++] = w->sequence->fates[i]->script;
  }
  w->server = script_server_start_at(w->port, w->scripts, count);
  w->port = script_server_port(w->server);
}

static void before_next_attempt(void *self, struct cspan_call *call, void *state,
                                const cspan_retry_info *info) {
  world *w = self;
  (void)call;
  (void)state;
  bool answers = w->sequence->fates[info->attempt]->script != NULL;
  if (!answers && w->server) {
    script_server_stop(w->server);
    w->server = NULL;
  } else if (answers && !w->server) {
    listen_from(w, info->attempt);
  }
}

static const cspan_middleware_vtable stage_hand = {
    .size = sizeof stage_hand, .name = "StageHand", .retry = before_next_attempt};

static void set_up(world *w, const sequence *plan, cspan_retry_tracing retries) {
  char url[64];
  *w = (world){.sequence = plan, .memory = cspan_exporter_memory()};
  cspan_span_processor *processor = cspan_processor_simple(w->memory);
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "retries",
                                     .processors = &processor,
                                     .processor_count = 1};
  listen_from(w, 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", w->port);
  cspan_aws_options options = {.size = sizeof options,
                               .region = "eu-west-1",
                               .endpoint_url = url,
                               .access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = "not-a-secret",
                               .max_attempts = plan->count,
                               .read_timeout_ms = plan->read_timeout_ms};
  cspan_middleware hand = {.vtable = &stage_hand, .self = w, .step = CSPAN_STEP_INITIALIZE};
  assert_int_equal(cspan_tracer_provider_create(&provider, &w->provider, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_config_load(&options, &w->config, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_config_add_middleware(w->config, &hand, NULL), CSPAN_OK);
  metric_memory_open(&w->metrics);
  cspan_trace_options trace = {.size = sizeof trace,
                               .provider = w->provider,
                               .meter_provider = w->metrics.provider,
                               .retries = retries};
  assert_int_equal(cspan_trace_append(w->config, &trace, NULL), CSPAN_OK);
  assert_int_equal(cspan_s3_create(w->config, &w->client, NULL), CSPAN_OK);
}

static void tear_down(world *w) {
  cspan_s3_free(w->client);
  cspan_aws_config_free(w->config);
  cspan_tracer_provider_free(w->provider);
  metric_memory_close(&w->metrics);
  if (w->server) {
    script_server_stop(w->server);
  }
}

/* -------------------------------------------------------------- the checks */

static void check_event(const cspan_event_view *event, const fate *its, int attempt) {
  char id[16];
  snprintf(id, sizeof id, "ID%d", its->http_status);
  const want_attr answered[] = {
      WANT_INT("aws.retry.attempt", attempt), WANT_STRING("error.type", its->error_type),
      WANT_ANY("aws.retry.backoff_ms", CSPAN_ATTR_INT64),
      WANT_INT("http.response.status_code", its->http_status), WANT_STRING("aws.request_id", id)};
  assert_string_equal(event->name, "aws.retry");
  check_attrs(event->attributes, event->attribute_count, answered, its->http_status ? 5 : 3,
              "aws.retry");
}

static int64_t backoff_of(const cspan_event_view *event) {
  return cspan_attrs_find(event->attributes, event->attribute_count, "aws.retry.backoff_ms")
      ->value.int64;
}

/* Gives the sum of the backoffs. */
static int64_t check_events(const cspan_span_view *span, const sequence *plan) {
  int64_t sum_ms = 0;
  assert_int_equal(span->event_count, plan->count - 1);
  for (int i = 0; i + 1 < plan->count; i++) {
    const cspan_event_view *event = &span->events[i];
    check_event(event, plan->fates[i], i + 1);
    assert_in_range(backoff_of(event), 0, (int64_t)BASE_MS << i);
    sum_ms += backoff_of(event);
  }
  return sum_ms;
}

static void check_call(const cspan_span_view *span, const sequence *plan, int64_t backoff_ms) {
  const fate *last = plan->fates[plan->count - 1];
  const cspan_attr *type = cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
  assert_int_equal(get_int(span, "aws.retry.attempts"), plan->count);
  assert_int_equal(get_int(span, "http.response.status_code"), last->http_status);
  if (backoff_ms >= 0) {
    assert_int_equal(get_int(span, "aws.retry.backoff_ms"), backoff_ms);
  }
  if (last->error_type) {
    assert_string_equal(type->value.string, last->error_type);
    check_status(span, CSPAN_SPAN_ERROR, "because");
  } else {
    assert_null(type);
    check_status(span, CSPAN_SPAN_UNSET, "");
  }
}

/* An attempt's span has the attempt's outcome, whatever becomes of the call. */
static void check_attempts(const cspan_span_list *spans, const cspan_span_view *call,
                           const sequence *plan) {
  assert_int_equal(count_spans(spans, "GET"), plan->count);
  for (int i = 0; i < plan->count; i++) {
    const cspan_span_view *span = get_span(spans, "GET", (size_t)i);
    const fate *its = plan->fates[i];
    const cspan_attr *type =
        cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
    check_parent(span, call);
    assert_int_equal(span->status, its->error_type ? CSPAN_SPAN_ERROR : CSPAN_SPAN_UNSET);
    if (its->error_type) {
      assert_string_equal(type->value.string, its->error_type);
    }
    if (its->http_status) {
      assert_int_equal(get_int(span, "http.response.status_code"), its->http_status);
    }
    if (i > 0) {
      assert_int_equal(get_int(span, "http.request.resend_count"), i);
    }
  }
}

/* Of the points of a metric, what those with an error type (NULL: without one) come to. */
static uint64_t total_of(const cspan_metric_view *metric, const char *error_type) {
  uint64_t total = 0;
  for (size_t i = 0; metric && i < metric->point_count; i++) {
    const cspan_point_view *point = &metric->points[i];
    const cspan_attr *type =
        cspan_attrs_find(point->attributes, point->attribute_count, "error.type");
    if ((!type && !error_type) ||
        (type && error_type && strcmp(type->value.string, error_type) == 0)) {
      total += metric->type == CSPAN_METRIC_HISTOGRAM ? point->count : (uint64_t)point->value.int64;
    }
  }
  return total;
}

/* How many of the first `count` attempts ended so. */
static uint64_t fates_of(const sequence *plan, int count, const char *error_type) {
  uint64_t fates = 0;
  for (int i = 0; i < count; i++) {
    const char *type = plan->fates[i]->error_type;
    fates += (!type && !error_type) || (type && error_type && strcmp(type, error_type) == 0);
  }
  return fates;
}

static void check_metrics(world *w, const cspan_span_view *span, const sequence *plan) {
  const cspan_metric_list *list = metric_memory_look(&w->metrics);
  const char *last = plan->fates[plan->count - 1]->error_type;
  const cspan_metric_view *calls = get_metric(list, "rpc.client.call.duration");
  const cspan_metric_view *requests = get_metric(list, "http.client.request.duration");
  const cspan_metric_view *attempts = get_metric(list, "cloudspan.aws.client.attempts");
  const cspan_metric_view *retries = get_metric(list, "cloudspan.aws.client.retries");
  assert_int_equal(calls->point_count, 1);
  assert_int_equal(total_of(calls, last), 1);
  check_exemplars(&calls->points[0], span);
  double off =
      calls->points[0].sum - (double)(span->end_time_unix_ns - span->start_time_unix_ns) / 1e9;
  assert_true(off < 1e-9 && off > -1e-9);
  assert_int_equal(metric_total(list, "cloudspan.aws.client.attempts"), plan->count);
  assert_int_equal(metric_total(list, "cloudspan.aws.client.retries"), plan->count - 1);
  for (int i = 0; i < plan->count; i++) {
    const char *type = plan->fates[i]->error_type;
    assert_int_equal(total_of(requests, type), fates_of(plan, plan->count, type));
    assert_int_equal(total_of(attempts, type), fates_of(plan, plan->count, type));
    assert_int_equal(total_of(retries, type), fates_of(plan, plan->count - 1, type));
  }
}

static void check_sequence(const sequence *plan, cspan_retry_tracing retries) {
  world w;
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = "bucket", .key = "key"};
  print_message("%s\n", plan->what);
  set_up(&w, plan, retries);
  const fate *last = plan->fates[plan->count - 1];
  assert_int_equal(cspan_s3_get_object(w.client, NULL, &input, NULL, NULL),
                   last->error_type ? CSPAN_ERR_SERVICE : CSPAN_OK);
  cspan_span_list *spans = cspan_memory_spans(w.memory);
  const cspan_span_view *span = get_span(spans, "S3.GetObject", 0);
  assert_int_equal(count_spans(spans, "S3.GetObject"), 1);
  if (retries == CSPAN_RETRY_SPANS) {
    assert_int_equal(span->event_count, 0);
    check_call(span, plan, -1);
  } else {
    check_call(span, plan, check_events(span, plan));
  }
  if (retries == CSPAN_RETRY_EVENTS) {
    assert_int_equal(cspan_span_list_count(spans), 1);
  } else {
    check_attempts(spans, span, plan);
  }
  check_metrics(&w, span, plan);
  cspan_span_list_free(spans);
  tear_down(&w);
}

static void check_all(cspan_retry_tracing retries) {
  for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
    check_sequence(&sequences[i], retries);
  }
}

static void as_events(void **state) {
  (void)state;
  check_all(CSPAN_RETRY_EVENTS);
}

static void as_spans(void **state) {
  (void)state;
  check_all(CSPAN_RETRY_SPANS);
}

static void as_both(void **state) {
  (void)state;
  check_all(CSPAN_RETRY_EVENTS_AND_SPANS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_events),
      cmocka_unit_test(as_spans),
      cmocka_unit_test(as_both),
  };
  static const char *const variables[] = {"AWS_PROFILE",      "AWS_RETRY_MODE", "AWS_SESSION_TOKEN",
                                          "AWS_MAX_ATTEMPTS", "http_proxy",     "all_proxy",
                                          "OTEL_CONFIG_FILE"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
