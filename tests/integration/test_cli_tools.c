/* SPDX-License-Identifier: Apache-2.0 */
/* demo, view, sandbox, --trace: the commands as processes, talking to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/command.h"
#include "support/plain_http.h"

/* What the demonstration does, one trace each. */
#define DEMO_TRACES 7

static void run(command *c, int code, const char *const *args) {
  command_run(c, args);
  if (c->exit_code != code) {
    print_error("exit code %d, stderr: %s\n", c->exit_code, c->err);
  }
  assert_int_equal(c->exit_code, code);
}

#define RUN(c, code, ...) run((c), (code), (const char *const[]){"cloudspan", __VA_ARGS__, NULL})
#define START(c, ...)                                                                              \
  command_start((c), (const char *const[]){"cloudspan", __VA_ARGS__, NULL}, NULL, 0)

/* Lines of JSON as an array. */
static json_t *json_lines(const char *text) {
  json_t *lines = json_array();
  while (*text) {
    size_t len = strcspn(text, "\n");
    json_t *line = json_loadb(text, len, 0, NULL);
    assert_non_null(line);
    (void)json_array_append_new(lines, line);
    text += len + (text[len] == '\n');
  }
  return lines;
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* The spans of that name in all traces, as an array of references. */
static json_t *spans_named(json_t *traces, const char *name) {
  json_t *found = json_array();
  size_t i;
  json_t *trace;
  json_array_foreach(traces, i, trace) {
    size_t k;
    json_t *span;
    json_array_foreach(json_object_get(trace, "spans"), k, span) {
      if (strcmp(text_of(span, "name"), name) == 0) {
        (void)json_array_append(found, span);
      }
    }
  }
  return found;
}

static size_t count_errors(json_t *spans) {
  size_t errors = 0;
  size_t i;
  json_t *span;
  json_array_foreach(spans, i, span) {
    errors += json_integer_value(json_object_get(json_object_get(span, "status"), "code")) == 2;
  }
  return errors;
}

static void assert_spans(json_t *traces, const char *name, size_t count, size_t errors) {
  json_t *spans = spans_named(traces, name);
  if (json_array_size(spans) != count || count_errors(spans) != errors) {
    print_error("%s: %zu spans, %zu errors\n", name, json_array_size(spans), count_errors(spans));
  }
  assert_int_equal(json_array_size(spans), count);
  assert_int_equal(count_errors(spans), errors);
  json_decref(spans);
}

/* The storage layer's spans, each with its outcome. */
static void assert_demo_spans(json_t *traces) {
  assert_spans(traces, "S3.CreateBucket", 1, 0);
  assert_spans(traces, "s3.upload_object", 1, 0);
  assert_spans(traces, "s3.download_object", 2, 1);
  assert_spans(traces, "s3.multipart_upload", 2, 1);
  assert_spans(traces, "s3.abort_multipart_upload", 1, 0);
  assert_spans(traces, "s3.batch_delete", 1, 1);
  assert_spans(traces, "s3.delete_object", 20, 1);
  assert_spans(traces, "S3.CompleteMultipartUpload", 1, 0);
  assert_spans(traces, "S3.AbortMultipartUpload", 1, 0);
  json_t *parts = spans_named(traces, "s3.upload_part");
  assert_true(json_array_size(parts) >= 4);
  json_decref(parts);
}

/* The call of the second part has an event for each of its two retries. */
static void assert_retries(json_t *traces) {
  json_t *calls = spans_named(traces, "S3.UploadPart");
  size_t retries = 0;
  size_t i;
  json_t *call;
  json_array_foreach(calls, i, call) {
    size_t k;
    json_t *event;
    json_array_foreach(json_object_get(call, "events"), k, event) {
      json_t *attributes = json_object_get(event, "attributes");
      if (strcmp(text_of(event, "name"), "aws.retry") != 0) {
        continue;
      }
      retries++;
      assert_int_equal(json_integer_value(json_object_get(attributes, "aws.retry.attempt")),
                       retries);
      assert_true(json_is_integer(json_object_get(attributes, "aws.retry.backoff_ms")));
      assert_string_equal(text_of(attributes, "error.type"), "SlowDown");
      assert_int_equal(json_integer_value(json_object_get(json_object_get(call, "attributes"),
                                                          "aws.s3.part_number")),
                       2);
    }
  }
  assert_int_equal(retries, 2);
  json_decref(calls);
}

static void test_demo_as_json(void **state) {
  (void)state;
  command c;
  RUN(&c, 0, "demo", "--json");
  json_t *lines = json_lines(c.out);
  assert_true(json_array_size(lines) > DEMO_TRACES);
  assert_demo_spans(lines);
  assert_retries(lines);
  bool found = false;
  for (size_t i = DEMO_TRACES; i < json_array_size(lines); i++) {
    json_t *line = json_array_get(lines, i);
    if (strcmp(text_of(line, "operation"), "S3.UploadPart") == 0) {
      found = true;
      assert_int_equal(json_integer_value(json_object_get(line, "retries")), 2);
    }
  }
  assert_true(found);
  json_decref(lines);
  command_free(&c);
}

static void test_demo_drawn(void **state) {
  (void)state;
  static const char *const words[] = {
      "s3.upload_object",
      "s3.download_object",
      "s3.multipart_upload",
      "s3.upload_part",
      "s3.batch_delete",
      "s3.delete_object",
      "s3.abort_multipart_upload",
      "SlowDown",
      "AccessDenied",
      "NoSuchKey",
      "p99",
  };
  command c;
  RUN(&c, 0, "demo", "--ascii", "--no-color", "--width", "80");
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (!strstr(c.out, words[i])) {
      print_error("the output lacks %s\n", words[i]);
    }
    assert_non_null(strstr(c.out, words[i]));
  }
  size_t column = 0;
  for (const char *p = c.out; *p; p++) {
    assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    column = *p == '\n' ? 0 : column + 1;
    assert_true(column <= 80);
  }
  command_free(&c);
}

static void test_demo_without_a_collector(void **state) {
  (void)state;
  command c;
  (void)setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1", 1);
  RUN(&c, 1, "demo", "--otlp-endpoint", "http://127.0.0.1:1");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  assert_non_null(strstr(c.err, "spans could not be exported"));
  command_free(&c);
}

static int wait_for_port(command *c, const char *path, const char *word) {
  int port = command_wait_port(c, path, word);
  assert_true(port > 0);
  return port;
}

static void test_view_receives_the_demo(void **state) {
  (void)state;
  command viewer;
  command c;
  char endpoint[64];
  START(&viewer, "view", "--grpc-port", "0", "--http-port", "0", "--json", "--count", "7",
        "--quiet-ms", "1");
  (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
                 wait_for_port(&viewer, viewer.err_path, "gRPC 127.0.0.1:"));
  RUN(&c, 0, "demo", "--otlp-endpoint", endpoint);
  assert_non_null(strstr(c.out, "s3.multipart_upload"));
  assert_non_null(strstr(c.out, endpoint));
  command_wait(&viewer);
  assert_int_equal(viewer.exit_code, 0);
  json_t *traces = json_lines(viewer.out);
  assert_int_equal(json_array_size(traces), DEMO_TRACES);
  assert_demo_spans(traces);
  json_t *first = json_array_get(traces, 0);
  assert_non_null(strstr(c.out, text_of(json_array_get(traces, 1), "traceId")));
  assert_string_equal(text_of(first, "serviceName"), "cloudspan-demo");
  json_decref(traces);
  command_free(&c);
  command_free(&viewer);
}

typedef struct spans_wait {
  const char *path;
  const char *word;
} spans_wait;

static bool word_is_there(void *user) {
  spans_wait *wait = user;
  char *text = command_read_file(wait->path, NULL);
  bool found = text && strstr(text, wait->word);
  free(text);
  return found;
}

/* A trace that never finishes is drawn when the viewer is ended. */
static void test_view_draws_what_is_unfinished(void **state) {
  (void)state;
  command viewer;
  char *answer = NULL;
  char url[64];
  static const char body[] =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
      "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\",\"parentSpanId\":"
      "\"1112131415161718\",\"name\":\"orphan-span\",\"startTimeUnixNano\":\"1700000000000000000\","
      "\"endTimeUnixNano\":\"1700000001000000000\"}]}]}]}";
  START(&viewer, "view", "--grpc-port", "-1", "--http-port", "0", "--ascii", "--no-color");
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/traces",
                 wait_for_port(&viewer, viewer.err_path, "HTTP 127.0.0.1:"));
  assert_int_equal(
      plain_http("POST", url, "Content-Type: application/json", body, sizeof body - 1, &answer),
      200);
  free(answer);
  assert_int_equal(kill(viewer.pid, SIGINT), 0);
  command_wait(&viewer);
  assert_int_equal(viewer.exit_code, 0);
  assert_non_null(strstr(viewer.out, "orphan-span"));
  assert_non_null(strstr(viewer.out, "1 trace, 1 span\n"));
  command_free(&viewer);
}

static void test_view_port_in_use(void **state) {
  (void)state;
  command c;
  char port[16];
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
  (void)snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
  RUN(&c, 1, "view", "--grpc-port", port, "--http-port", "-1");
  assert_non_null(strstr(c.err, port));
  assert_non_null(strstr(c.err, "--grpc-port"));
  /* What to do about it is said once. */
  const char *hint = strstr(c.err, "other collector");
  assert_non_null(hint);
  assert_null(strstr(hint + 1, "other collector"));
  command_free(&c);
  RUN(&c, 1, "sandbox", "--port", port);
  assert_non_null(strstr(c.err, port));
  command_free(&c);
  (void)close(fd);
}

/* sandbox, view and s3 --trace, as three terminals would have them. */
static void test_sandbox_and_trace(void **state) {
  (void)state;
  command sandbox;
  command viewer;
  command c;
  char url[64];
  char endpoint[64];
  START(&sandbox, "sandbox", "--port", "0", "--bucket", "one", "--secret-key", "hunter-two",
        "--log", "--fault", "op=PutObject,count=1,status=503");
  START(&viewer, "view", "--grpc-port", "0", "--http-port", "-1", "--json", "--count", "1",
        "--quiet-ms", "1");
  (void)snprintf(
      url, sizeof url, "http://127.0.0.1:%d",
      wait_for_port(&sandbox, sandbox.out_path, "export AWS_ENDPOINT_URL_S3=http://127.0.0.1:"));
  (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
                 wait_for_port(&viewer, viewer.err_path, "gRPC 127.0.0.1:"));
  (void)setenv("AWS_SECRET_ACCESS_KEY", "hunter-two", 1);
  (void)setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
  RUN(&c, 0, "s3", "cp", "--endpoint-url", url, "/dev/null", "s3://one/k");
  assert_null(strstr(c.err, "warning"));
  command_free(&c);
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)setenv("AWS_SECRET_ACCESS_KEY", "sandbox-secret", 1);
  command_wait(&viewer);
  json_t *traces = json_lines(viewer.out);
  assert_int_equal(json_array_size(traces), 1);
  assert_string_equal(text_of(json_array_get(traces, 0), "name"), "cloudspan s3 cp");
  assert_spans(traces, "s3.upload_object", 1, 0);
  assert_spans(traces, "S3.PutObject", 1, 0);
  json_decref(traces);
  RUN(&c, 1, "s3", "ls", "--endpoint-url", url);
  assert_non_null(strstr(c.err, "SignatureDoesNotMatch"));
  command_free(&c);
  spans_wait wait = {sandbox.out_path, "SignatureDoesNotMatch"};
  assert_true(command_wait_until(&sandbox, word_is_there, &wait));
  assert_int_equal(kill(sandbox.pid, SIGTERM), 0);
  command_wait(&sandbox);
  assert_int_equal(sandbox.exit_code, 0);
  assert_non_null(strstr(sandbox.out, "503  PUT    PutObject"));
  assert_non_null(strstr(sandbox.out, "one/k  SlowDown  (fault)\n"));
  assert_null(strstr(sandbox.out, "hunter-two"));
  command_free(&sandbox);
  command_free(&viewer);
}

/* A configuration file asks for spans as the endpoint's variable does, and is checked first. */
static void traced_by_a_file(const char *url) {
  char path[] = "/tmp/cspan-cli-config-XXXXXX";
  static const char good[] = "file_format: '1.0'\n"
                             "tracer_provider:\n"
                             "  processors:\n"
                             "    - batch:\n"
                             "        exporter:\n"
                             "          otlp_http: {endpoint: 'http://127.0.0.1:1', timeout: 1}\n";
  static const char bad[] = "file_format: '1.0'\ntracer_provider: 7\n";
  command c;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, good, sizeof good - 1), sizeof good - 1);
  (void)setenv("OTEL_CONFIG_FILE", path, 1);
  RUN(&c, 0, "s3", "ls", "--endpoint-url", url);
  assert_non_null(strstr(c.err, "warning: 2 of 2 spans were lost"));
  command_free(&c);
  assert_int_equal(ftruncate(fd, 0), 0);
  assert_int_equal(pwrite(fd, bad, sizeof bad - 1, 0), sizeof bad - 1);
  RUN(&c, 2, "s3", "ls", "--endpoint-url", url);
  assert_non_null(strstr(c.err, "tracer_provider"));
  command_free(&c);
  (void)unsetenv("OTEL_CONFIG_FILE");
  close(fd);
  assert_int_equal(unlink(path), 0);
}

/* A collector that is not there costs a warning, not the command. */
static void test_lost_spans_are_a_warning(void **state) {
  (void)state;
  command sandbox;
  command c;
  char url[64];
  START(&sandbox, "sandbox", "--port", "0", "--quiet");
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d",
                 wait_for_port(&sandbox, sandbox.out_path, "http://127.0.0.1:"));
  (void)setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
  (void)setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1", 1);
  RUN(&c, 0, "s3", "mb", "--endpoint-url", url, "s3://bucket");
  assert_non_null(strstr(c.err, "warning: 2 of 2 spans were lost"));
  command_free(&c);
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  traced_by_a_file(url);
  assert_int_equal(kill(sandbox.pid, SIGINT), 0);
  command_wait(&sandbox);
  assert_int_equal(sandbox.exit_code, 0);
  command_free(&sandbox);
}

/* Nothing was written, so that there is nothing to tell of what stays. */
static void test_demo_against_no_s3(void **state) {
  (void)state;
  command c;
  RUN(&c, 1, "demo", "--endpoint-url", "http://127.0.0.1:1", "--region", "us-east-1",
      "--no-sign-request", "--max-attempts", "1", "--quiet");
  assert_non_null(strstr(c.err, "the connection was refused"));
  assert_null(strstr(c.err, "was not deleted"));
  command_free(&c);
}

/* Against an S3 that is not the demonstration's own: nothing stays there. */
static void test_demo_against_another_s3(void **state) {
  (void)state;
  command sandbox;
  command c;
  char url[64];
  START(&sandbox, "sandbox", "--port", "0", "--quiet", "--bucket", "mine");
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d",
                 wait_for_port(&sandbox, sandbox.out_path, "http://127.0.0.1:"));
  RUN(&c, 0, "demo", "--endpoint-url", url, "--json");
  json_t *lines = json_lines(c.out);
  assert_spans(lines, "S3.CreateBucket", 1, 0);
  assert_spans(lines, "s3.batch_delete", 1, 0);
  json_decref(lines);
  command_free(&c);
  RUN(&c, 0, "demo", "--endpoint-url", url, "--bucket", "mine", "--quiet");
  command_free(&c);
  RUN(&c, 0, "s3", "ls", "--endpoint-url", url, "--json");
  json_t *buckets = json_lines(c.out);
  assert_int_equal(json_array_size(buckets), 1);
  assert_string_equal(text_of(json_array_get(buckets, 0), "bucket"), "mine");
  json_decref(buckets);
  command_free(&c);
  RUN(&c, 0, "s3", "ls", "--endpoint-url", url, "s3://mine");
  assert_string_equal(c.out, "");
  command_free(&c);
  assert_int_equal(kill(sandbox.pid, SIGINT), 0);
  command_wait(&sandbox);
  command_free(&sandbox);
}

static void test_help(void **state) {
  (void)state;
  static const char *const commands[][3] = {
      {"demo"},     {"sandbox"},  {"view"},     {"s3"},         {"s3", "ls"},      {"s3", "cp"},
      {"s3", "rm"}, {"s3", "mb"}, {"s3", "rb"}, {"s3", "stat"}, {"s3", "presign"},
  };
  command c;
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    char usage[64];
    const char *args[] = {"cloudspan", "help", commands[i][0], commands[i][1], NULL};
    (void)snprintf(usage, sizeof usage, "Usage: cloudspan %s%s%s", commands[i][0],
                   commands[i][1] ? " " : "", commands[i][1] ? commands[i][1] : "");
    command_run(&c, args);
    assert_int_equal(c.exit_code, 0);
    assert_non_null(strstr(c.out, usage));
    assert_non_null(strstr(c.out, "\nExamples:\n  "));
    assert_string_equal(c.err, "");
    command_free(&c);
  }
  RUN(&c, 0, "--help");
  assert_non_null(strstr(c.out, "sandbox"));
  command_free(&c);
  RUN(&c, 0, "--version");
  assert_true(strncmp(c.out, "cloudspan 0.", 12) == 0);
  command_free(&c);
  run(&c, 2, (const char *const[]){"cloudspan", NULL});
  assert_non_null(strstr(c.err, "no command given"));
  command_free(&c);
  RUN(&c, 2, "sandbx");
  assert_non_null(strstr(c.err, "did you mean 'sandbox'?"));
  command_free(&c);
  RUN(&c, 1, "sandbox", "--port", "0", "--bucket", "b");
  assert_non_null(strstr(c.err, "cannot create the bucket 'b': "));
  command_free(&c);
  RUN(&c, 2, "sandbox", "--fault", "op=Nonsense=");
  command_free(&c);
}

int main(void) {
  (void)setenv("AWS_ACCESS_KEY_ID", "sandbox", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "sandbox-secret", 1);
  (void)setenv("AWS_REGION", "us-east-1", 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  (void)setenv("no_proxy", "127.0.0.1", 1);
  (void)unsetenv("AWS_PROFILE");
  (void)unsetenv("AWS_SESSION_TOKEN");
  (void)unsetenv("OTEL_TRACES_EXPORTER");
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_demo_as_json),
      cmocka_unit_test(test_demo_drawn),
      cmocka_unit_test(test_demo_without_a_collector),
      cmocka_unit_test(test_view_receives_the_demo),
      cmocka_unit_test(test_view_draws_what_is_unfinished),
      cmocka_unit_test(test_view_port_in_use),
      cmocka_unit_test(test_sandbox_and_trace),
      cmocka_unit_test(test_lost_spans_are_a_warning),
      cmocka_unit_test(test_demo_against_no_s3),
      cmocka_unit_test(test_demo_against_another_s3),
      cmocka_unit_test(test_help),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
