/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of calls, with a service of this test's own making and a server that plays scripts:
 * every attribute by value and type. */
#include <cloudspan/trace.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/client.h"
#include "base/error.h"
#include "support/script_server.h"
#include "support/span_check.h"

/* ----------------------------------------------------------- a small service */

typedef struct small_input {
  const char *bucket;
  const char *key;
  const char *body;
} small_input;

static cspan_status small_serialize(struct cspan_call *call, const void *data,
                                    cspan_error **error) {
  const small_input *input = data;
  cspan_body body = {.data = input->body, .size_bytes = (int64_t)strlen(input->body)};
  if (!*input->bucket) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "Bucket is required");
  }
  cspan_call_set_path(call, "/thing");
  return input->body[0] ? cspan_call_set_body(call, &body, error) : CSPAN_OK;
}

static cspan_status small_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  *output = cspan_call_output_new(call, 1);
  return *output ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

static const cspan_value *small_document(struct cspan_call *call, const void *data) {
  const small_input *input = data;
  cspan_member *members = cspan_call_memory(call, 2 * sizeof *members);
  cspan_value *map = cspan_call_memory(call, sizeof *map);
  assert_true(members && map);
  members[0] = cspan_field("Bucket", cspan_string(input->bucket));
  members[1] = cspan_field("Key", cspan_string(input->key));
  *map = cspan_map(members, 2);
  return map;
}

static const cspan_operation_documents small_documents = {.input = small_document};

static const cspan_operation put_thing = {
    .name = "PutThing",
    .method = "PUT",
    .serialize = small_serialize,
    .deserialize = small_deserialize,
    .documents = &small_documents,
};

static const cspan_operation head_thing = {
    .name = "HeadThing",
    .method = "HEAD",
    .flags = CSPAN_OP_NO_BODY_IN_ERROR,
    .serialize = small_serialize,
    .deserialize = small_deserialize,
    .documents = &small_documents,
};

static const cspan_service small_service = {
    .id = "S3", .signing_name = "s3", .endpoint_prefix = "s3", .sign_content_sha256 = true};

/* ---------------------------------------------------------------- the fixture */

typedef struct bench {
  script_server *server;
  int port; /* of the server, or of nobody */
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_aws_client *client;
  cspan_span_list *spans;
} bench;

static const char ok_response[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                  "x-amz-request-id: REQ1\r\nx-amz-id-2: EXT1\r\n\r\nok";
static const char slow_down[] =
    "HTTP/1.1 503 Slow Down\r\nContent-Length: 56\r\nx-amz-request-id: REQ0\r\n"
    "x-amz-retry-after: 3\r\n\r\n<Error><Code>SlowDown</Code><Message>S</Message></Error>";

static cspan_aws_config *config_for(const bench *self) {
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", self->port);
  cspan_aws_options options = {
      .size = sizeof options,
      .region = "eu-west-1",
      .config_file = "/nonexistent",
      .credentials_file = "/nonexistent",
      .access_key_id = "AKIDEXAMPLE",
      .secret_access_key = "unit-test-secret",
      .endpoint_url = endpoint,
      .max_attempts = 3,
  };
  cspan_aws_config *config = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  return config;
}

static cspan_tracer_provider *provider_for(bench *self, cspan_sampler *sampler) {
  self->memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(self->memory)};
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .sampler = sampler,
                                    .processors = processors,
                                    .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

/* `options` without a provider; `connections` NULL: nobody listens. */
static bench set_up(const script_connection *connections, size_t count,
                    const cspan_trace_options *options, cspan_sampler *sampler) {
  bench self = {0};
  if (connections) {
    self.server = script_server_start(connections, count);
    self.port = script_server_port(self.server);
  } else {
    self.port = script_refused_port();
  }
  self.provider = provider_for(&self, sampler ? sampler : cspan_sampler_always_on());
  cspan_trace_options all = {.size = sizeof all};
  if (options) {
    all = *options;
  }
  all.provider = self.provider;
  cspan_aws_config *config = config_for(&self);
  assert_int_equal(cspan_trace_append(config, &all, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_client_create(config, &small_service, &self.client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  return self;
}

static void tear_down(bench *self) {
  cspan_span_list_free(self->spans);
  cspan_aws_client_free(self->client);
  cspan_tracer_provider_free(self->provider);
  if (self->server) {
    script_server_stop(self->server);
  }
}

static cspan_status call(bench *self, const cspan_operation *operation, const char *body,
                         cspan_error **error) {
  small_input input = {.bucket = "b", .key = "k", .body = body};
  cspan_call_start start = {.operation = operation, .input = &input};
  cspan_status status = cspan_aws_call(self->client, &start, error);
  cspan_span_list_free(self->spans);
  self->spans = cspan_memory_spans(self->memory);
  return status;
}

/* One connection that answers each of `responses` (up to 4). */
typedef struct answers {
  script_step steps[10];
  script_connection connection;
} answers;

static void make_script(answers *self, const char *const *responses, size_t count) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    self->steps[n++] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    self->steps[n++] = (script_step){SCRIPT_SEND, responses[i], 0};
  }
  self->steps[n] = (script_step){SCRIPT_END, NULL, 0};
  self->connection = self->steps;
}

/* -------------------------------------------------------------------- success */

#define WANT_PHASES                                                                                \
  WANT_MAYBE("aws.http.dns_us", CSPAN_ATTR_INT64),                                                 \
      WANT_ANY("aws.http.connect_us", CSPAN_ATTR_INT64),                                           \
      WANT_ANY("aws.http.time_to_first_byte_us", CSPAN_ATTR_INT64),                                \
      WANT_ANY("aws.http.transfer_us", CSPAN_ATTR_INT64),                                          \
      WANT_BOOL("aws.http.connection_reused", 0)
#define WANT_REUSED_PHASES                                                                         \
  WANT_ANY("aws.http.time_to_first_byte_us", CSPAN_ATTR_INT64),                                    \
      WANT_ANY("aws.http.transfer_us", CSPAN_ATTR_INT64),                                          \
      WANT_BOOL("aws.http.connection_reused", 1)
#define WANT_STABLE(operation)                                                                     \
  WANT_STRING("rpc.system.name", "aws-api"), WANT_STRING("rpc.method", "S3/" operation),           \
      WANT_STRING("cloud.region", "eu-west-1"), WANT_STRING("aws.s3.bucket", "b"),                 \
      WANT_STRING("aws.s3.key", "k")

static void success(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response, ok_response};
  answers script;
  make_script(&script, responses, 2);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  const want_attr want[] = {
      WANT_STABLE("PutThing"),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("http.request.method", "PUT"),
      WANT_INT("http.response.status_code", 200),
      WANT_INT("http.request.body.size", 5),
      WANT_INT("http.response.body.size", 2),
      WANT_STRING("aws.request_id", "REQ1"),
      WANT_STRING("aws.extended_request_id", "EXT1"),
      WANT_INT("aws.retry.attempts", 1),
      WANT_PHASES,
  };
  CHECK_SPAN_ATTRS(span, want);
  check_status(span, CSPAN_SPAN_UNSET, "");
  assert_int_equal(span->kind, CSPAN_SPAN_CLIENT);
  assert_int_equal(span->event_count, 0);
  assert_string_equal(span->scope_name, "cloudspan/aws");
  assert_string_equal(span->scope_version, CSPAN_VERSION);
  /* The connection is kept: the second call has no connection phases. */
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
  const want_attr again[] = {
      WANT_STABLE("PutThing"),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("http.request.method", "PUT"),
      WANT_INT("http.response.status_code", 200),
      WANT_INT("http.request.body.size", 5),
      WANT_INT("http.response.body.size", 2),
      WANT_STRING("aws.request_id", "REQ1"),
      WANT_STRING("aws.extended_request_id", "EXT1"),
      WANT_INT("aws.retry.attempts", 1),
      WANT_REUSED_PHASES,
  };
  CHECK_SPAN_ATTRS(get_span(self.spans, "S3.PutThing", 1), again);
  tear_down(&self);
}

/* Only the attributes that tell what is called. */
static void check_names(cspan_semconv_mode mode, const want_attr *want, size_t count) {
  static const char *const keys[] = {"rpc.system.name", "rpc.system",   "rpc.service",
                                     "rpc.method",      "cloud.region", "aws.region"};
  static const char *const responses[] = {ok_response};
  answers script;
  make_script(&script, responses, 1);
  cspan_trace_options options = {.size = sizeof options, .semconv = mode};
  bench self = set_up(&script.connection, 1, &options, NULL);
  assert_int_equal(call(&self, &put_thing, "", NULL), CSPAN_OK);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  cspan_attr named[6];
  size_t n = 0;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, keys[i]);
    if (attr) {
      named[n++] = *attr;
    }
  }
  check_attrs(named, n, want, count, "names");
  tear_down(&self);
}

static void modes(void **state) {
  (void)state;
  const want_attr stable[] = {
      WANT_STRING("rpc.system.name", "aws-api"),
      WANT_STRING("rpc.method", "S3/PutThing"),
      WANT_STRING("cloud.region", "eu-west-1"),
  };
  const want_attr legacy[] = {
      WANT_STRING("rpc.system", "aws-api"),
      WANT_STRING("rpc.service", "S3"),
      WANT_STRING("rpc.method", "PutThing"),
      WANT_STRING("aws.region", "eu-west-1"),
  };
  const want_attr dup[] = {
      WANT_STRING("rpc.system.name", "aws-api"), WANT_STRING("rpc.system", "aws-api"),
      WANT_STRING("rpc.service", "S3"),          WANT_STRING("rpc.method", "S3/PutThing"),
      WANT_STRING("cloud.region", "eu-west-1"),  WANT_STRING("aws.region", "eu-west-1"),
  };
  check_names(CSPAN_SEMCONV_STABLE, stable, 3);
  check_names(CSPAN_SEMCONV_LEGACY, legacy, 4);
  check_names(CSPAN_SEMCONV_DUP, dup, 6);
  setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup,rpc/dup", 1);
  check_names(CSPAN_SEMCONV_DEFAULT, dup, 6);
  unsetenv("OTEL_SEMCONV_STABILITY_OPT_IN");
  check_names(CSPAN_SEMCONV_DEFAULT, stable, 3);
}

/* -------------------------------------------------------------------- retries */

static void retries_as_events(void **state) {
  (void)state;
  static const char *const responses[] = {slow_down, slow_down, ok_response};
  answers script;
  make_script(&script, responses, 3);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
  assert_int_equal(cspan_span_list_count(self.spans), 1);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  check_status(span, CSPAN_SPAN_UNSET, "");
  assert_null(cspan_attrs_find(span->attributes, span->attribute_count, "error.type"));
  assert_int_equal(get_int(span, "aws.retry.attempts"), 3);
  assert_int_equal(span->event_count, 2);
  int64_t slept = 0;
  for (size_t i = 0; i < 2; i++) {
    const cspan_event_view *event = &span->events[i];
    const want_attr want[] = {
        WANT_INT("aws.retry.attempt", (int64_t)i + 1),
        WANT_STRING("error.type", "SlowDown"),
        WANT_INT("http.response.status_code", 503),
        WANT_ANY("aws.retry.backoff_ms", CSPAN_ATTR_INT64),
        WANT_STRING("aws.request_id", "REQ0"),
    };
    assert_string_equal(event->name, "aws.retry");
    CHECK_EVENT_ATTRS(event, want);
    slept += cspan_attrs_find(event->attributes, event->attribute_count, "aws.retry.backoff_ms")
                 ->value.int64;
  }
  assert_true(slept >= 6); /* the server asked for 3 ms each */
  assert_int_equal(get_int(span, "aws.retry.backoff_ms"), slept);
  tear_down(&self);
}

static void retries_as_spans(void **state) {
  (void)state;
  static const char *const responses[] = {slow_down, ok_response};
  answers script;
  make_script(&script, responses, 2);
  cspan_trace_options options = {.size = sizeof options, .retries = CSPAN_RETRY_SPANS};
  bench self = set_up(&script.connection, 1, &options, NULL);
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
  assert_int_equal(cspan_span_list_count(self.spans), 3);
  const cspan_span_view *whole = get_span(self.spans, "S3.PutThing", 0);
  const cspan_span_view *first = get_span(self.spans, "PUT", 0);
  const cspan_span_view *second = get_span(self.spans, "PUT", 1);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/thing", self.port);
  const want_attr want_first[] = {
      WANT_STRING("http.request.method", "PUT"),
      WANT_STRING("url.full", url),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("network.peer.address", "127.0.0.1"),
      WANT_INT("network.peer.port", self.port),
      WANT_INT("http.response.status_code", 503),
      WANT_STRING("error.type", "SlowDown"),
      WANT_PHASES,
  };
  const want_attr want_second[] = {
      WANT_STRING("http.request.method", "PUT"),
      WANT_STRING("url.full", url),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("network.peer.address", "127.0.0.1"),
      WANT_INT("network.peer.port", self.port),
      WANT_INT("http.response.status_code", 200),
      WANT_INT("http.request.resend_count", 1),
      WANT_REUSED_PHASES,
  };
  CHECK_SPAN_ATTRS(first, want_first);
  CHECK_SPAN_ATTRS(second, want_second);
  assert_int_equal(first->kind, CSPAN_SPAN_CLIENT);
  assert_int_equal(first->status, CSPAN_SPAN_ERROR);
  check_status(second, CSPAN_SPAN_UNSET, "");
  check_parent(first, whole);
  check_parent(second, whole);
  assert_int_equal(whole->event_count, 0);
  tear_down(&self);
}

static void retries_as_both(void **state) {
  (void)state;
  static const char *const responses[] = {slow_down, ok_response};
  answers script;
  make_script(&script, responses, 2);
  cspan_trace_options options = {.size = sizeof options, .retries = CSPAN_RETRY_EVENTS_AND_SPANS};
  bench self = set_up(&script.connection, 1, &options, NULL);
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
  assert_int_equal(cspan_span_list_count(self.spans), 3);
  assert_int_equal(get_span(self.spans, "S3.PutThing", 0)->event_count, 1);
  tear_down(&self);
}

/* ------------------------------------------------------------------- failures */

static const char denied[] =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 83\r\nx-amz-request-id: REQ2\r\n\r\n"
    "<Error><Code>AccessDenied</Code><Message>You are not allowed here</Message></Error>";

static void service_error(void **state) {
  (void)state;
  static const char *const responses[] = {denied};
  answers script;
  make_script(&script, responses, 1);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  cspan_error *error = NULL;
  assert_int_equal(call(&self, &put_thing, "hello", &error), CSPAN_ERR_SERVICE);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  const want_attr want[] = {
      WANT_STABLE("PutThing"),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("http.request.method", "PUT"),
      WANT_INT("http.response.status_code", 403),
      WANT_INT("http.request.body.size", 5),
      WANT_INT("http.response.body.size", 83),
      WANT_STRING("aws.request_id", "REQ2"),
      WANT_INT("aws.retry.attempts", 1),
      WANT_STRING("error.type", "AccessDenied"),
      WANT_PHASES,
  };
  CHECK_SPAN_ATTRS(span, want);
  check_status(span, CSPAN_SPAN_ERROR, cspan_error_message(error));
  assert_non_null(strstr(span->status_message, "You are not allowed here"));
  cspan_error_free(error);
  tear_down(&self);
}

static void nobody_listens(void **state) {
  (void)state;
  bench self = set_up(NULL, 0, NULL, NULL);
  assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_ERR_CONNECT);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  const want_attr want[] = {
      WANT_STABLE("PutThing"),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", self.port),
      WANT_STRING("http.request.method", "PUT"),
      WANT_INT("http.request.body.size", 5),
      WANT_INT("aws.retry.attempts", 3),
      WANT_ANY("aws.retry.backoff_ms", CSPAN_ATTR_INT64),
      WANT_STRING("error.type", "connection_refused"),
      WANT_MAYBE("aws.http.dns_us", CSPAN_ATTR_INT64),
      WANT_BOOL("aws.http.connection_reused", 0),
  };
  CHECK_SPAN_ATTRS(span, want);
  assert_int_equal(span->status, CSPAN_SPAN_ERROR);
  assert_int_equal(span->event_count, 2);
  const want_attr event[] = {
      WANT_INT("aws.retry.attempt", 2),
      WANT_STRING("error.type", "connection_refused"),
      WANT_ANY("aws.retry.backoff_ms", CSPAN_ATTR_INT64),
  };
  CHECK_EVENT_ATTRS(&span->events[1], event);
  tear_down(&self);
}

static void refused_input(void **state) {
  (void)state;
  bench self = set_up(NULL, 0, NULL, NULL);
  small_input input = {.bucket = "", .key = "k", .body = ""};
  cspan_call_start start = {.operation = &put_thing, .input = &input};
  assert_int_equal(cspan_aws_call(self.client, &start, NULL), CSPAN_ERR_INVALID);
  self.spans = cspan_memory_spans(self.memory);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  assert_int_equal(get_int(span, "aws.retry.attempts"), 0);
  check_status(span, CSPAN_SPAN_ERROR, "Bucket is required");
  tear_down(&self);
}

static void expected_outcome(void **state) {
  (void)state;
  static const char *const own[] = {"AccessDenied", NULL};
  static const struct {
    const cspan_operation *operation;
    const char *response;
    const char *const *expected;
    const char *error_type; /* NULL: whatever it is */
    cspan_span_status status;
  } table[] = {
      {&head_thing, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", NULL, NULL,
       CSPAN_SPAN_UNSET},
      {&put_thing, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NULL, NULL,
       CSPAN_SPAN_ERROR},
      {&put_thing,
       "HTTP/1.1 412 No\r\nContent-Length: 46\r\n\r\n"
       "<Error><Code>PreconditionFailed</Code></Error>",
       NULL, "PreconditionFailed", CSPAN_SPAN_UNSET},
      {&put_thing, denied, own, "AccessDenied", CSPAN_SPAN_UNSET},
      {&head_thing, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", own, NULL,
       CSPAN_SPAN_ERROR},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const char *const responses[] = {table[i].response};
    answers script;
    make_script(&script, responses, 1);
    cspan_trace_options options = {.size = sizeof options, .expected_outcomes = table[i].expected};
    bench self = set_up(&script.connection, 1, &options, NULL);
    assert_int_equal(call(&self, table[i].operation, "", NULL), CSPAN_ERR_SERVICE);
    const cspan_span_view *span = cspan_span_list_at(self.spans, 0);
    const cspan_attr *type =
        cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
    assert_non_null(type);
    if (table[i].error_type) {
      assert_string_equal(type->value.string, table[i].error_type);
    }
    assert_int_equal(span->status, table[i].status);
    tear_down(&self);
  }
}

/* ---------------------------------------------------------------- propagation */

/* The value of the n-th `name` header that the server received, in `out`. */
static void header_of(const char *received, const char *name, int n, char out[160]) {
  const char *at = received;
  out[0] = '\0';
  for (int i = 0; i <= n && at; i++) {
    at = strcasestr(at, name);
    at = at ? at + strlen(name) : NULL;
  }
  if (at) {
    size_t len = strcspn(at, "\r\n");
    snprintf(out, 160, "%.*s", (int)len, at);
  }
}

static void check_headers(bench *self, const char *received, const cspan_span_view *span, int n) {
  char trace[33];
  char id[17];
  char want[160];
  char got[160];
  (void)self;
  cspan_trace_id_hex(span->trace_id, trace);
  cspan_span_id_hex(span->span_id, id);
  snprintf(want, sizeof want, "00-%s-%s-%02x", trace, id, (unsigned)span->flags & 0xff);
  assert_true(span->flags & CSPAN_TRACE_FLAG_SAMPLED);
  header_of(received, "\r\ntraceparent: ", n, got);
  assert_string_equal(got, want);
  snprintf(want, sizeof want, "Root=1-%.8s-%s;Parent=%s;Sampled=1", trace, trace + 8, id);
  header_of(received, "\r\nx-amzn-trace-id: ", n, got);
  assert_string_equal(got, want);
}

static void headers_carry_the_span(void **state) {
  (void)state;
  static const char *const responses[] = {slow_down, ok_response};
  static const cspan_retry_tracing forms[] = {CSPAN_RETRY_EVENTS, CSPAN_RETRY_SPANS};
  for (size_t i = 0; i < 2; i++) {
    answers script;
    make_script(&script, responses, 2);
    cspan_trace_options options = {.size = sizeof options, .retries = forms[i]};
    bench self = set_up(&script.connection, 1, &options, NULL);
    assert_int_equal(call(&self, &put_thing, "hello", NULL), CSPAN_OK);
    char *received = script_server_received(self.server);
    for (int n = 0; n < 2; n++) {
      const char *name = forms[i] == CSPAN_RETRY_SPANS ? "PUT" : "S3.PutThing";
      size_t which = forms[i] == CSPAN_RETRY_SPANS ? (size_t)n : 0;
      check_headers(&self, received, get_span(self.spans, name, which), n);
    }
    /* None of them is part of the signature. */
    char signed_headers[160];
    header_of(received, "SignedHeaders=", 0, signed_headers);
    assert_null(strstr(signed_headers, "trace"));
    free(received);
    tear_down(&self);
  }
}

/* A call without a context is made in the thread's current one, also by attempts that are made
 * when that was detached, and its baggage freed. */
static void attached_context(void **state) {
  (void)state;
  static const char *const responses[] = {slow_down, ok_response};
  answers script;
  make_script(&script, responses, 2);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  cspan_tracer *tracer = cspan_tracer_get(self.provider, "t", NULL, NULL);
  cspan_span parent = cspan_span_start(tracer, NULL, "parent", NULL);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "tenant", "blue", NULL);
  const cspan_context context = {.span = parent, .baggage = baggage};
  small_input input = {.bucket = "b", .key = "k", .body = ""};
  cspan_call_start start = {.operation = &put_thing, .input = &input};
  cspan_context before = cspan_context_attach(&context);
  assert_int_equal(cspan_aws_call(self.client, &start, NULL), CSPAN_OK);
  cspan_context_detach(&before);
  cspan_baggage_free(baggage);
  cspan_span_end(parent);
  self.spans = cspan_memory_spans(self.memory);
  check_parent(get_span(self.spans, "S3.PutThing", 0), get_span(self.spans, "parent", 0));
  char *received = script_server_received(self.server);
  const char *first = strcasestr(received, "\r\nbaggage: tenant=blue\r\n");
  assert_non_null(first);
  assert_non_null(strcasestr(first + 2, "\r\nbaggage: tenant=blue\r\n"));
  free(received);
  tear_down(&self);
}

static void own_propagator(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  make_script(&script, responses, 1);
  cspan_trace_options options = {.size = sizeof options,
                                 .propagator = cspan_propagator_tracecontext()};
  bench self = set_up(&script.connection, 1, &options, NULL);
  assert_int_equal(call(&self, &put_thing, "", NULL), CSPAN_OK);
  char *received = script_server_received(self.server);
  assert_non_null(strcasestr(received, "\r\ntraceparent: "));
  assert_null(strcasestr(received, "\r\nx-amzn-trace-id: "));
  free(received);
  tear_down(&self);
}

static void propagators_of_the_environment(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  make_script(&script, responses, 1);
  setenv("OTEL_PROPAGATORS", "none", 1);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  unsetenv("OTEL_PROPAGATORS");
  assert_int_equal(call(&self, &put_thing, "", NULL), CSPAN_OK);
  char *received = script_server_received(self.server);
  assert_null(strcasestr(received, "\r\ntraceparent: "));
  assert_non_null(strcasestr(received, "\r\nx-amzn-trace-id: "));
  free(received);
  tear_down(&self);
}

static void unsampled(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  char got[160];
  make_script(&script, responses, 1);
  bench self = set_up(&script.connection, 1, NULL, cspan_sampler_always_off());
  assert_int_equal(call(&self, &put_thing, "", NULL), CSPAN_OK);
  assert_int_equal(cspan_span_list_count(self.spans), 0);
  char *received = script_server_received(self.server);
  header_of(received, "\r\ntraceparent: ", 0, got);
  assert_int_equal(strlen(got), 55);
  assert_int_equal((got[54] - '0') & CSPAN_TRACE_FLAG_SAMPLED, 0);
  header_of(received, "\r\nx-amzn-trace-id: ", 0, got);
  assert_non_null(strstr(got, ";Sampled=0"));
  free(received);
  tear_down(&self);
}

/* ------------------------------------------------------------------ callbacks */

static size_t before(void *user, const struct cspan_call *call, cspan_attr *out, size_t capacity) {
  assert_true(capacity >= 2);
  assert_string_equal(cspan_call_operation(call), "PutThing");
  out[0] = cspan_attr_string("app.tenant", user);
  out[1] = cspan_attr_int64("app.number", 7);
  return 2;
}

static void after(void *user, const struct cspan_call *call, cspan_span span) {
  (void)user;
  cspan_span_set_int64(span, "app.status", cspan_call_http_status(call));
}

static void callbacks(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  char tenant[] = "acme";
  make_script(&script, responses, 1);
  cspan_trace_options options = {
      .size = sizeof options, .before = before, .before_user = tenant, .after = after};
  bench self = set_up(&script.connection, 1, &options, NULL);
  assert_int_equal(call(&self, &put_thing, "", NULL), CSPAN_OK);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, "app.tenant");
  assert_non_null(attr);
  assert_string_equal(attr->value.string, "acme");
  assert_int_equal(get_int(span, "app.number"), 7);
  assert_int_equal(get_int(span, "app.status"), 200);
  tear_down(&self);
}

/* ---------------------------------------------------------------- appending */

static void twice_is_an_error(void **state) {
  (void)state;
  bench self = {.port = 1};
  cspan_error *error = NULL;
  cspan_aws_config *config = config_for(&self);
  cspan_trace_options options = {.size = sizeof options,
                                 .propagator = cspan_propagator_tracecontext()};
  assert_int_equal(cspan_trace_append(config, NULL, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(config, &options, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "twice"));
  cspan_error_free(error);
  cspan_aws_config_free(config);
}

static void bad_options(void **state) {
  (void)state;
  static const char *const bad[] = {"404", "x:", NULL};
  cspan_trace_options table[] = {
      {.retries = (cspan_retry_tracing)3},
      {.semconv = (cspan_semconv_mode)4},
      {.expected_outcomes = bad},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    bench self = {.port = 1};
    cspan_aws_config *config = config_for(&self);
    table[i].propagator = cspan_propagator_xray();
    assert_int_equal(cspan_trace_append(config, &table[i], NULL), CSPAN_ERR_INVALID);
    cspan_aws_config_free(config);
  }
  assert_int_equal(cspan_trace_append(NULL, NULL, NULL), CSPAN_ERR_INVALID);
}

/* Without a provider, own or global, calls work and tell nobody. */
static void no_provider(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  make_script(&script, responses, 1);
  script_server *server = script_server_start(&script.connection, 1);
  bench self = {.port = script_server_port(server)};
  cspan_aws_config *config = config_for(&self);
  assert_int_equal(cspan_trace_append(config, NULL, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_client_create(config, &small_service, &self.client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  small_input input = {.bucket = "b", .key = "k", .body = ""};
  cspan_call_start start = {.operation = &put_thing, .input = &input};
  assert_int_equal(cspan_aws_call(self.client, &start, NULL), CSPAN_OK);
  char *received = script_server_received(server);
  assert_null(strcasestr(received, "traceparent"));
  assert_null(strcasestr(received, "x-amzn-trace-id"));
  free(received);
  cspan_aws_client_free(self.client);
  script_server_stop(server);
}

static void presigning_makes_no_span(void **state) {
  (void)state;
  bench self = set_up(NULL, 0, NULL, NULL);
  small_input input = {.bucket = "b", .key = "k", .body = ""};
  cspan_call_start start = {.operation = &put_thing, .input = &input};
  char *url = NULL;
  assert_int_equal(cspan_aws_presign(self.client, &start, 60, &url, NULL), CSPAN_OK);
  assert_null(strcasestr(url, "trace"));
  cspan_free(url);
  self.spans = cspan_memory_spans(self.memory);
  assert_int_equal(cspan_span_list_count(self.spans), 0);
  tear_down(&self);
}

static void long_values_are_cut(void **state) {
  (void)state;
  static const char *const responses[] = {ok_response};
  answers script;
  char key[3001];
  memset(key, 'k', sizeof key - 1);
  key[sizeof key - 1] = '\0';
  make_script(&script, responses, 1);
  bench self = set_up(&script.connection, 1, NULL, NULL);
  small_input input = {.bucket = "b", .key = key, .body = ""};
  cspan_call_start start = {.operation = &put_thing, .input = &input};
  assert_int_equal(cspan_aws_call(self.client, &start, NULL), CSPAN_OK);
  self.spans = cspan_memory_spans(self.memory);
  const cspan_span_view *span = get_span(self.spans, "S3.PutThing", 0);
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, "aws.s3.key");
  assert_int_equal(attr->count, 1024);
  tear_down(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(success),
      cmocka_unit_test(modes),
      cmocka_unit_test(retries_as_events),
      cmocka_unit_test(retries_as_spans),
      cmocka_unit_test(retries_as_both),
      cmocka_unit_test(service_error),
      cmocka_unit_test(nobody_listens),
      cmocka_unit_test(refused_input),
      cmocka_unit_test(expected_outcome),
      cmocka_unit_test(headers_carry_the_span),
      cmocka_unit_test(attached_context),
      cmocka_unit_test(own_propagator),
      cmocka_unit_test(propagators_of_the_environment),
      cmocka_unit_test(unsampled),
      cmocka_unit_test(callbacks),
      cmocka_unit_test(twice_is_an_error),
      cmocka_unit_test(bad_options),
      cmocka_unit_test(no_provider),
      cmocka_unit_test(presigning_makes_no_span),
      cmocka_unit_test(long_values_are_cut),
  };
  return cmocka_run_group_tests_name("call span", tests, NULL, NULL);
}
