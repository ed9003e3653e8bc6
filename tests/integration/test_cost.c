/* SPDX-License-Identifier: Apache-2.0 */
/* From calls that say what they cost to reports of it: over a file of spans, and over a running
 * viewer. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/command.h"
#include "support/plain_http.h"
#include "support/s3_env.h"
#include "support/script_server.h"

#define ARGS(...) ((const char *const[]){"cloudspan", __VA_ARGS__, NULL})

static char spans[] = "/tmp/cloudspan-cost-spans-XXXXXX";
static char bucket[64];

/* Two writes, three reads, a list and a delete, and what they cost, in a file. */
static int make_calls(void **state) {
  (void)state;
  s3_env env;
  cspan_span_exporter *exporter = NULL;
  close(mkstemp(spans));
  if (cspan_exporter_otlp_file(spans, &exporter, NULL) != CSPAN_OK) {
    return -1;
  }
  const s3_env_options options = {
      .sandbox_only = true,
      .trace = {.size = sizeof options.trace, .cost = CSPAN_SWITCH_ON},
      .exporter = exporter,
  };
  s3_env_open(&env, &options);
  (void)snprintf(bucket, sizeof bucket, "%s", env.bucket);
  cspan_s3_put_object_input put = {.size = sizeof put,
                                   .bucket = env.bucket,
                                   .key = "a",
                                   .body = {.data = "12345", .size_bytes = 5}};
  cspan_s3_get_object_input get = {.size = sizeof get, .bucket = env.bucket, .key = "a"};
  cspan_s3_list_objects_v2_input list = {.size = sizeof list, .bucket = env.bucket};
  cspan_s3_delete_object_input remove = {.size = sizeof remove, .bucket = env.bucket, .key = "a"};
  cspan_status status = CSPAN_OK;
  for (int i = 0; i < 5 && status == CSPAN_OK; i++) {
    status = i < 2 ? cspan_s3_put_object(env.client, NULL, &put, NULL, NULL)
                   : cspan_s3_get_object(env.client, NULL, &get, NULL, NULL);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_list_objects_v2(env.client, NULL, &list, NULL, NULL);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_delete_object(env.client, NULL, &remove, NULL, NULL);
  }
  s3_env_close(&env);
  return status == CSPAN_OK ? 0 : -1;
}

static int remove_spans(void **state) {
  (void)state;
  return unlink(spans);
}

static void run(command *c, int exit_code, const char *const *args) {
  command_run(c, args);
  if (c->exit_code != exit_code) {
    fail_msg("exit code %d, not %d: %s%s", c->exit_code, exit_code, c->err, c->out);
  }
}

static void check_contains(const char *text, const char *part) {
  if (!strstr(text, part)) {
    fail_msg("'%s' is not in:\n%s", part, text);
  }
}

/* ------------------------------------------------------------------- files */

static void test_table(void **state) {
  (void)state;
  command c;
  run(&c, 0, ARGS("cost", spans));
  check_contains(c.out, "service  operation");
  check_contains(c.out, "S3       PutObject               2           0         0.000010000\n");
  check_contains(c.out, "S3       GetObject               3           0         0.000001200\n");
  check_contains(c.out, "S3       DeleteObject            1           0         0.000000000\n");
  check_contains(c.out, "\ntotal ");
  assert_string_equal(c.err, "");
  command_free(&c);
}

static void test_csv(void **state) {
  (void)state;
  command c;
  char want[256];
  run(&c, 0, ARGS("cost", "--by", "bucket,service", "-o", "csv", spans));
  (void)snprintf(want, sizeof want, "bucket,service,calls,unpriced,usd\r\n%s,S3,", bucket);
  assert_int_equal(strncmp(c.out, want, strlen(want)), 0);
  command_free(&c);
}

/* A document may take many lines, and many a line; files add up. */
static void test_forms_of_files(void **state) {
  (void)state;
  static const char text[] =
      " {\"resourceSpans\": [\n {\"resource\": {\"attributes\": [{\"key\": \"service.name\", "
      "\"value\": {\"stringValue\": \"=shop,\\\"}]\"}}]}, \"scopeSpans\": [{\"spans\": [{\n"
      "\"traceId\": \"0102030405060708090a0b0c0d0e0f10\", \"spanId\": \"0102030405060708\", "
      "\"name\": \"n\", \"startTimeUnixNano\": \"1700000000000000000\", \"endTimeUnixNano\": "
      "\"1700000000000000000\", \"attributes\": [{\"key\": \"rpc.system\", \"value\": "
      "{\"stringValue\": \"aws-api\"}}, {\"key\": \"cloudspan.cost.usd\", \"value\": "
      "{\"doubleValue\": 0.5}}]}]}]}]}{\"resourceMetrics\": []}\n\n{}";
  command c;
  char path[] = "/tmp/cloudspan-cost-XXXXXX";
  int fd = mkstemp(path);
  assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
  assert_int_equal(close(fd), 0);
  run(&c, 0, ARGS("cost", "--by", "service-name", "--json", path, path));
  assert_string_equal(c.out,
                      "{\"service-name\":\"=shop,\\\"}]\",\"calls\":2,\"unpriced\":0,\"usd\":1}\n"
                      "{\"total\":{\"calls\":2,\"unpriced\":0,\"usd\":1}}\n");
  command_free(&c);
  run(&c, 0, ARGS("cost", "--by", "service-name", "-o", "csv", path));
  assert_string_equal(c.out, "service-name,calls,unpriced,usd\r\n\"'=shop,\"\"}]\",1,0,0.5\r\n");
  command_free(&c);
  command_start(&c, ARGS("cost", "--by", "service-name", "-o", "json", "-"), text, sizeof text - 1);
  command_wait(&c);
  assert_int_equal(c.exit_code, 0);
  check_contains(c.out, "\"total\": {\"calls\":1,\"unpriced\":0,\"usd\":0.5}");
  command_free(&c);
  run(&c, 0, ARGS("cost", "--since", "2023-11-14T22:13:20Z", "--json", path));
  check_contains(c.out, "\"total\":{\"calls\":1,");
  command_free(&c);
  run(&c, 0, ARGS("cost", "--since", "2023-11-14T22:13:21Z", "--json", path));
  check_contains(c.out, "\"total\":{\"calls\":0,");
  check_contains(c.err, "there are no spans of AWS calls");
  command_free(&c);
  unlink(path);
}

typedef struct wrong_file {
  const char *text;
  const char *message;
} wrong_file;

static void test_wrong_files(void **state) {
  (void)state;
  static const wrong_file files[] = {
      {"{}\n\nspans", "the standard input, line 3: this is no OTLP/JSON"},
      {"{}\n{\"resourceSpans\":[\n", "ends inside of the document that begins in line 2"},
      {"{}\n{\"resourceSpans\": 1}", "the standard input, line 2: "},
      {"{\"a\" \"b\"}", "the standard input, line 1: "},
  };
  command c;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    command_start(&c, ARGS("cost", "-"), files[i].text, strlen(files[i].text));
    command_wait(&c);
    assert_int_equal(c.exit_code, 1);
    check_contains(c.err, files[i].message);
    assert_string_equal(c.out, "");
    command_free(&c);
  }
  run(&c, 1, ARGS("cost", "/nonexistent/spans.jsonl"));
  check_contains(c.err, "cannot open /nonexistent/spans.jsonl");
  command_free(&c);
}

static void test_usage(void **state) {
  (void)state;
  static const char *const wrong[][4] = {
      {"--by", "servise", "x", "did you mean 'service'?"},
      {"--by", "", "x", "--by takes"},
      {"--output", "xml", "x", "--output is table, json or csv"},
      {"--since", "yesterday", "x", "--since is a time"},
      {"--since", "2026-01-01T00:00:00Z", "http://127.0.0.1:1", "--since is for files"},
  };
  command c;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    run(&c, 2, ARGS("cost", wrong[i][0], wrong[i][1], wrong[i][2]));
    check_contains(c.err, wrong[i][3]);
    command_free(&c);
  }
  run(&c, 2, ARGS("cost", "--json", "-o", "csv", "x"));
  command_free(&c);
  run(&c, 2, ARGS("cost", "--prices", "x"));
  command_free(&c);
}

static void test_prices(void **state) {
  (void)state;
  command c;
  run(&c, 0, ARGS("cost", "--prices"));
  check_contains(c.out, "https://aws.amazon.com/pricing/");
  check_contains(c.out, "sqs.request 0.4/1000000 us-east-1 ");
  command_free(&c);
  run(&c, 0, ARGS("cost", "--prices", "--json"));
  check_contains(c.out, "{\"name\":\"s3.list\",\"service\":\"S3\",\"operations\":\"List*\",");
  command_free(&c);
  (void)setenv("CLOUDSPAN_PRICES", spans, 1);
  run(&c, 2, ARGS("cost", "--prices"));
  check_contains(c.err, ", line ");
  command_free(&c);
  (void)unsetenv("CLOUDSPAN_PRICES");
}

/* ------------------------------------------------------------------ viewer */

static void post_file(const char *path, const char *url) {
  size_t len = 0;
  char *text = command_read_file(path, &len);
  assert_non_null(text);
  for (char *line = text; *line;) {
    char *answer = NULL;
    size_t size = strcspn(line, "\n");
    assert_int_equal(plain_http("POST", url, "Content-Type: application/json", line, size, &answer),
                     200);
    free(answer);
    line += size + (line[size] == '\n');
  }
  free(text);
}

static void test_viewer(void **state) {
  (void)state;
  command viewer;
  command from_view;
  command from_file;
  char *answer = NULL;
  char url[64];
  char traces[96];
  command_start(&viewer, ARGS("view", "--grpc-port", "-1", "--http-port", "0"), NULL, 0);
  int port = command_wait_port(&viewer, viewer.err_path, "HTTP 127.0.0.1:");
  assert_true(port > 0);
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
  run(&from_view, 0, ARGS("cost", "--json", url));
  assert_string_equal(from_view.out, "{\"total\":{\"calls\":0,\"unpriced\":0,\"usd\":0}}\n");
  command_free(&from_view);
  (void)snprintf(traces, sizeof traces, "%sv1/traces", url);
  post_file(spans, traces);
  run(&from_view, 0, ARGS("cost", "--by", "service-name,bucket,operation", "-o", "csv", url));
  run(&from_file, 0, ARGS("cost", "--by", "service-name,bucket,operation", "-o", "csv", spans));
  check_contains(from_view.out, "PutObject,2,0,");
  assert_string_equal(from_view.out, from_file.out);
  /* Costs are read, not written. */
  (void)snprintf(traces, sizeof traces, "%scosts", url);
  assert_int_equal(plain_http("POST", traces, NULL, "{}", 2, &answer), 404);
  free(answer);
  assert_int_equal(kill(viewer.pid, SIGINT), 0);
  command_wait(&viewer);
  assert_int_equal(viewer.exit_code, 0);
  command_free(&viewer);
  command_free(&from_view);
  command_free(&from_file);
}

static void test_no_viewer(void **state) {
  (void)state;
  static const script_step other[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0},
      {SCRIPT_END, NULL, 0}};
  static const script_step odd[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 0},
      {SCRIPT_END, NULL, 0}};
  static const script_connection connections[] = {other, odd};
  command c;
  char url[64];
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  run(&c, 1, ARGS("cost", url));
  check_contains(c.err, "no 'cloudspan view' answers at http://127.0.0.1");
  check_contains(c.err, "; run one, or name a FILE: ");
  check_contains(c.err, "the connection was refused");
  command_free(&c);
  script_server *server = script_server_start(connections, 2);
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", script_server_port(server));
  run(&c, 1, ARGS("cost", url));
  check_contains(c.err, "is it another collector?");
  command_free(&c);
  run(&c, 1, ARGS("cost", url));
  check_contains(c.err, "not what cloudspan view says");
  command_free(&c);
  script_server_stop(server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),          cmocka_unit_test(test_csv),
      cmocka_unit_test(test_forms_of_files), cmocka_unit_test(test_wrong_files),
      cmocka_unit_test(test_usage),          cmocka_unit_test(test_prices),
      cmocka_unit_test(test_viewer),         cmocka_unit_test(test_no_viewer),
  };
  return cmocka_run_group_tests(tests, make_calls, remove_spans);
}
