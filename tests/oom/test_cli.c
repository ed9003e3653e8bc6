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
#include "support/fail_alloc.h"

#define MOST_ALLOCATIONS 20000
#define MOST_ARGS        8

static cspan_sandbox *sandbox;

static int run(const char *const *args) {
  char *argv[MOST_ARGS + 2] = {(char *)"cloudspan", (char *)"s3"};
  int argc = 2;
  for (; args[argc - 2]; argc++) {
    argv[argc] = (char *)args[argc - 2];
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
  REPLAY("cp", "/dev/null", "s3://oom-bucket/a/b", "--metadata", "x=y", "--json");
  REPLAY("ls", "s3://oom-bucket", "--recursive", "--json");
  REPLAY("cp", "-r", "s3://oom-bucket/a", "s3://oom-bucket/c");
  REPLAY("stat", "s3://oom-bucket/a/b");
  REPLAY("presign", "s3://oom-bucket/a/b");
  REPLAY("rm", "-r", "s3://oom-bucket/none/");
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
  (void)unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  (void)unsetenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  assert_int_equal(cspan_sandbox_start(NULL, &sandbox, NULL), CSPAN_OK);
  (void)setenv("AWS_ENDPOINT_URL_S3", cspan_sandbox_endpoint(sandbox), 1);
  return run((const char *const[]){"mb", "s3://oom-bucket", NULL});
}

static int teardown(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, setup, teardown);
}
