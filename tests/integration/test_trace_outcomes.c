/* SPDX-License-Identifier: Apache-2.0 */
/* What a span says of each way in which a call may end: what never reached the service, what the
 * service refused, and what is no error although it failed. */
#include <cloudspan/cloudspan.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/script_server.h"
#include "support/span_check.h"

#define RESPONSE(status, more, body)                                                               \
  "HTTP/1.1 " status " Text\r\nConnection: close\r\nx-amz-request-id: REQ1\r\n" more "\r\n" body
#define DOCUMENT(code, message)                                                                    \
  "<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code><Message>" message "</Message></Error>"
#define READ                                                                                       \
  { SCRIPT_READ_REQUEST, NULL, 0 }
#define SEND(text)                                                                                 \
  { SCRIPT_SEND, (text), 0 }
#define END                                                                                        \
  { SCRIPT_END, NULL, 0 }

static const script_step missing[] = {
    READ, SEND(RESPONSE("404", "", DOCUMENT("NoSuchKey", "It is gone."))), END};
static const script_step head_missing[] = {READ, SEND(RESPONSE("404", "", "")), END};
static const script_step not_modified[] = {READ, SEND(RESPONSE("304", "", "")), END};
static const script_step failed_condition[] = {
    READ, SEND(RESPONSE("412", "", DOCUMENT("PreconditionFailed", "no"))), END};
static const script_step error_in_200[] = {
    READ, SEND(RESPONSE("200", "", DOCUMENT("InternalError", "We tried."))), END};
static const script_step truncated[] = {READ, SEND(RESPONSE("200", "Content-Length: 10\r\n", "ab")),
                                        END};
static const script_step no_http[] = {READ, SEND("SSH-2.0-server\r\n"), END};
static const script_step silent[] = {READ, {SCRIPT_WAIT_CLOSE, NULL, 0}, END};
static const script_step resets[] = {READ, {SCRIPT_RESET, NULL, 0}};
static const script_step plain_text[] = {
    SEND("this is no TLS\r\n"), {SCRIPT_WAIT_CLOSE, NULL, 0}, END};

typedef enum verb { GET, HEAD, COPY } verb;
typedef enum wish { NOTHING, CANCELLED, LATE } wish;

typedef struct ending {
  const char *what;
  script_connection script; /* NULL: nobody listens */
  verb verb;
  bool tls;
  wish wish;
  cspan_status status;
  const char *error_type;
  int http_status;     /* 0: no answer */
  const char *message; /* part of the span's; NULL: the status stays unset */
} ending;

static const ending endings[] = {
    {"refused", NULL, GET, false, NOTHING, CSPAN_ERR_CONNECT, "connection_refused", 0, "127.0.0.1"},
    {"reset", resets, GET, false, NOTHING, CSPAN_ERR_CONNECT, "connection_reset", 0, "127.0.0.1"},
    {"TLS", plain_text, GET, true, NOTHING, CSPAN_ERR_TLS, "tls_error", 0, "127.0.0.1"},
    {"no HTTP", no_http, GET, false, NOTHING, CSPAN_ERR_PROTOCOL, "protocol_error", 0, "127.0.0.1"},
    {"truncated", truncated, GET, false, NOTHING, CSPAN_ERR_CONNECT, "truncated_body", 200,
     "127.0.0.1"},
    {"deadline", silent, GET, false, LATE, CSPAN_ERR_TIMEOUT, "timeout", 0, "deadline"},
    {"cancelled", silent, GET, false, CANCELLED, CSPAN_ERR_CANCELLED, "cancelled", 0, "cancelled"},
    {"an error", missing, GET, false, NOTHING, CSPAN_ERR_SERVICE, "NoSuchKey", 404, "It is gone."},
    {"an error in a 200", error_in_200, COPY, false, NOTHING, CSPAN_ERR_SERVICE, "InternalError",
     200, "We tried."},
    {"HEAD of what is not there", head_missing, HEAD, false, NOTHING, CSPAN_ERR_SERVICE, "NotFound",
     404, NULL},
    {"not modified", not_modified, GET, false, NOTHING, CSPAN_ERR_SERVICE, "NotModified", 304,
     NULL},
    {"a failed condition", failed_condition, GET, false, NOTHING, CSPAN_ERR_SERVICE,
     "PreconditionFailed", 412, NULL},
};

static cspan_status call_by(cspan_s3 *client, const cspan_context *context, verb which,
                            cspan_error **error) {
  cspan_s3_get_object_input get = {.size = sizeof get, .bucket = "bucket", .key = "key"};
  cspan_s3_copy_object_input copy = {.size = sizeof copy,
                                     .bucket = "bucket",
                                     .key = "key",
                                     .source_bucket = "bucket",
                                     .source_key = "other"};
  switch (which) {
  case HEAD:
    return cspan_s3_head_object(client, context, &get, NULL, error);
  case COPY:
    return cspan_s3_copy_object(client, context, &copy, NULL, error);
  default:
    return cspan_s3_get_object(client, context, &get, NULL, error);
  }
}

static cspan_s3 *make_client(const ending *each, int port, cspan_tracer_provider *provider,
                             cspan_aws_config **config) {
  char url[64];
  cspan_s3 *client = NULL;
  snprintf(url, sizeof url, "%s://127.0.0.1:%d", each->tls ? "https" : "http", port);
  cspan_aws_options options = {.size = sizeof options,
                               .region = "eu-west-1",
                               .endpoint_url = url,
                               .access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = "not-a-secret",
                               .max_attempts = 1};
  cspan_trace_options trace = {.size = sizeof trace, .provider = provider};
  assert_int_equal(cspan_aws_config_load(&options, config, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(*config, &trace, NULL), CSPAN_OK);
  assert_int_equal(cspan_s3_create(*config, &client, NULL), CSPAN_OK);
  return client;
}

static void check_span(const cspan_span_view *span, const ending *each) {
  const cspan_attr *type = cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
  assert_non_null(type);
  assert_string_equal(type->value.string, each->error_type);
  assert_int_equal(span->status, each->message ? CSPAN_SPAN_ERROR : CSPAN_SPAN_UNSET);
  if (each->message && !strstr(span->status_message, each->message)) {
    fail_msg("\"%s\" does not tell \"%s\"", span->status_message, each->message);
  }
  if (each->http_status) {
    assert_int_equal(get_int(span, "http.response.status_code"), each->http_status);
    assert_string_equal(
        cspan_attrs_find(span->attributes, span->attribute_count, "aws.request_id")->value.string,
        "REQ1");
  } else {
    assert_null(
        cspan_attrs_find(span->attributes, span->attribute_count, "http.response.status_code"));
  }
}

static cspan_context context_of(const ending *each, cspan_cancel *cancel) {
  cspan_context context = {0};
  if (each->wish == CANCELLED) {
    cspan_cancel_trigger(cancel);
    context.cancel = cancel;
  } else if (each->wish == LATE) {
    context = cspan_context_with_timeout(NULL, 50);
  }
  return context;
}

static void check_ending(const ending *each, cspan_tracer_provider *provider,
                         cspan_span_exporter *memory) {
  const script_connection scripts[] = {each->script};
  script_server *server = each->script ? script_server_start(scripts, 1) : NULL;
  int port = server ? script_server_port(server) : script_refused_port();
  cspan_aws_config *config = NULL;
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_error *error = NULL;
  print_message("%s\n", each->what);
  cspan_s3 *client = make_client(each, port, provider, &config);
  cspan_context context = context_of(each, cancel);
  assert_int_equal(call_by(client, &context, each->verb, &error), each->status);
  cspan_span_list *spans = cspan_memory_spans(memory);
  assert_int_equal(cspan_span_list_count(spans), 1);
  check_span(cspan_span_list_at(spans, 0), each);
  cspan_span_list_free(spans);
  cspan_memory_reset(memory);
  cspan_error_free(error);
  cspan_s3_free(client);
  cspan_aws_config_free(config);
  cspan_cancel_free(cancel);
  if (server) {
    script_server_stop(server);
  }
}

static cspan_tracer_provider *make_provider(cspan_span_exporter **memory) {
  *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(*memory);
  cspan_tracer_provider *provider = NULL;
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "outcomes",
                                    .processors = &processor,
                                    .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

/* ------------------------------------------------- a bucket of another region */

static const script_step moved[] = {READ,
                                    SEND(RESPONSE("301", "x-amz-bucket-region: ap-south-1\r\n",
                                                  DOCUMENT("PermanentRedirect", "Elsewhere."))),
                                    END};
static const script_step found[] = {READ, SEND(RESPONSE("200", "Content-Length: 2\r\n", "ok")),
                                    END};

static void redirected(void **state) {
  (void)state;
  static const want_attr want[] = {
      WANT_INT("aws.retry.attempt", 1), WANT_STRING("error.type", "PermanentRedirect"),
      WANT_INT("aws.retry.backoff_ms", 0), WANT_INT("http.response.status_code", 301),
      WANT_STRING("aws.request_id", "REQ1")};
  const script_connection scripts[] = {moved, found};
  const ending plain = {.verb = GET};
  cspan_span_exporter *memory = NULL;
  cspan_aws_config *config = NULL;
  cspan_tracer_provider *provider = make_provider(&memory);
  script_server *server = script_server_start(scripts, 2);
  cspan_s3 *client = make_client(&plain, script_server_port(server), provider, &config);
  assert_int_equal(call_by(client, NULL, GET, NULL), CSPAN_OK);
  cspan_span_list *spans = cspan_memory_spans(memory);
  const cspan_span_view *span = get_span(spans, "S3.GetObject", 0);
  const cspan_attr *region =
      cspan_attrs_find(span->attributes, span->attribute_count, "cloud.region");
  assert_string_equal(region->value.string, "ap-south-1");
  assert_int_equal(span->status, CSPAN_SPAN_UNSET);
  assert_int_equal(get_int(span, "aws.retry.attempts"), 2);
  assert_int_equal(span->event_count, 1);
  CHECK_EVENT_ATTRS(&span->events[0], want);
  cspan_span_list_free(spans);
  cspan_s3_free(client);
  cspan_aws_config_free(config);
  cspan_tracer_provider_free(provider);
  script_server_stop(server);
}

static void outcomes(void **state) {
  (void)state;
  cspan_span_exporter *memory = NULL;
  cspan_tracer_provider *provider = make_provider(&memory);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    check_ending(&endings[i], provider, memory);
  }
  cspan_tracer_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(outcomes), cmocka_unit_test(redirected)};
  static const char *const variables[] = {
      "AWS_PROFILE", "AWS_RETRY_MODE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS",
      "http_proxy",  "all_proxy",      "https_proxy",       "OTEL_CONFIG_FILE"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
