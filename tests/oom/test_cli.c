/* SPDX-License-Identifier: Apache-2.0 */
/* Commands with every allocation failing in turn: an exit code that tells, and no leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cloudspan/sandbox.h>

#include "cli/cli.h"
#include "integration/attic_model.h"
#include "support/fail_alloc.h"
#include "support/script_server.h"

#define MOST_ALLOCATIONS 20000
#define MOST_ARGS        20

static cspan_sandbox *sandbox;
static char root[64];

static int run(const char *const *args) {
  char *argv[MOST_ARGS + 2] = {(char *)"cloudspan"};
  int argc = 1;
  for (; args[argc - 1]; argc++) {
    argv[argc] = (char *)args[argc - 1];
  }
  return cspan_cli_main(argc, argv);
}

/* What the command writes goes nowhere: a message is expected in nearly every round. */
static int quiet_run(const char *const *args) {
  (void)fflush(stdout);
  int out = dup(1);
  int err = dup(2);
  int nowhere = open("/dev/null", O_WRONLY);
  assert_true(out >= 0 && err >= 0 && nowhere >= 0);
  assert_true(dup2(nowhere, 1) == 1 && dup2(nowhere, 2) == 2);
  int code = run(args);
  (void)fflush(stdout);
  assert_true(dup2(out, 1) == 1 && dup2(err, 2) == 2);
  (void)close(out);
  (void)close(err);
  (void)close(nowhere);
  return code;
}

static void replay(const char *const *args) {
  assert_int_equal(quiet_run(args), 0);
  long before = fail_alloc_outstanding();
  size_t failures = 0;
  bool met = true;
  for (size_t n = 1; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    int code = quiet_run(args);
    met = fail_alloc_disarm();
    failures += code != 0;
    assert_true(met || code == 0);
  }
  assert_true(failures > 0);
  assert_true(fail_alloc_outstanding() <= before + 8);
}

#define REPLAY(...) replay((const char *const[]){__VA_ARGS__, NULL})

static void test_commands(void **state) {
  (void)state;
  REPLAY("s3", "cp", "/dev/null", "s3://oom-bucket/a/b", "--metadata", "x=y", "--json");
  REPLAY("s3", "ls", "s3://oom-bucket", "--recursive", "--json");
  REPLAY("s3", "cp", "-r", "s3://oom-bucket/a", "s3://oom-bucket/c");
  REPLAY("s3", "stat", "s3://oom-bucket/a/b");
  REPLAY("s3", "presign", "s3://oom-bucket/a/b");
  REPLAY("s3", "rm", "-r", "s3://oom-bucket/none/");
}

/* Any service, of a compiled model, against a server that always gives the same answer. */
static void test_cost(void **state) {
  (void)state;
  static const char spans[] =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
      "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\",\"name\":\"n\","
      "\"attributes\":[{\"key\":\"rpc.method\",\"value\":{\"stringValue\":\"S3/GetObject\"}},"
      "{\"key\":\"cloudspan.cost.usd\",\"value\":{\"doubleValue\":0.5}}]}]}]}]}\n";
  char path[128];
  (void)snprintf(path, sizeof path, "%s/spans.jsonl", root);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(spans, file) >= 0);
  assert_int_equal(fclose(file), 0);
  REPLAY("cost", path);
  REPLAY("cost", "--json", "--by", "service,bucket,table", path);
  REPLAY("cost", "--output", "csv", path);
  REPLAY("cost", "--prices");
}

static void test_call(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND,
       "HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n"
       "{\"Name\":\"a\",\"Tags\":[\"x\"],\"Inner\":[{\"Count\":1},{\"Open\":true}]}",
       0},
      {SCRIPT_END, NULL, 0}};
  static const script_connection connections[] = {steps};
  script_server *server = script_server_start(connections, 1);
  char file[128];
  char saved[128];
  char url[64];
  (void)snprintf(file, sizeof file, "%s/attic.csm", root);
  (void)snprintf(saved, sizeof saved, "%s/saved", root);
  (void)snprintf(url, sizeof url, "%s", script_server_url(server, ""));
#define CALL(...) REPLAY("call", "--models", file, "--endpoint-url", url, "attic", __VA_ARGS__)
  CALL("get-box", "-i", "{\"Name\": \"a\"}", "-o", "text");
  CALL("get-box", "-i", "{\"Name\": \"a\"}", "-o", "table", "--query", "{i: Inner, t: Tags}");
  CALL("put-box", "-i", "{\"Name\": \"a\", \"Content\": \"aGk=\", \"Tags\": [\"x\"]}", "--json");
  CALL("list-boxes", "--paginate");
  CALL("store-file", "-i", "{\"Name\": \"a\"}", "--body", file);
  CALL("fetch-file", "-i", "{\"Name\": \"a\"}", "--save", saved);
  CALL("put-box", "--generate-skeleton");
#undef CALL
  script_server_stop(server);
}

static int make_models(void) {
  char file[128];
  attic_make(root);
  (void)snprintf(file, sizeof file, "%s/attic.csm", root);
  return quiet_run((const char *const[]){"models", "compile", "-o", file, root, NULL});
}

static int setup(void **state) {
  (void)state;
  fail_alloc_install();
  (void)setenv("AWS_ACCESS_KEY_ID", "sandbox", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "sandbox-secret", 1);
  (void)setenv("AWS_REGION", "us-east-1", 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  (void)setenv("no_proxy", "127.0.0.1", 1);
  (void)unsetenv("AWS_PROFILE");
  (void)unsetenv("OTEL_TRACES_EXPORTER");
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  assert_int_equal(cspan_sandbox_start(NULL, &sandbox, NULL), CSPAN_OK);
  (void)setenv("AWS_ENDPOINT_URL_S3", cspan_sandbox_endpoint(sandbox), 1);
  return make_models() != 0 ? -1 : run((const char *const[]){"s3", "mb", "s3://oom-bucket", NULL});
}

static int teardown(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  fail_alloc_uninstall();
  model_folder_remove(root);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands), cmocka_unit_test(test_cost),
                                     cmocka_unit_test(test_call)};
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, setup, teardown);
}
