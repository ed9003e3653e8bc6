/* SPDX-License-Identifier: Apache-2.0 */
/* Commands called as the program calls them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_s3.h"

/* A signal before the first key was deleted: nothing was done, which is no success. */
static void test_rm_stopped_by_a_signal(void **state) {
  (void)state;
  static const char *const args[] = {"s3://bucket/key"};
  const cspan_cli_globals globals = {
      .region = "us-east-1", .endpoint_url = "http://127.0.0.1:1", .no_sign_request = true};
  cspan_cli_run run = {
      .command = &cspan_cmd_s3_rm,
      .name = "cloudspan s3 rm",
      .globals = &globals,
      .args = args,
      .arg_count = 1,
      .cancel = cspan_cancel_create(),
  };
  void *values = calloc(1, cspan_cmd_s3_rm.values_size);
  assert_non_null(values);
  assert_non_null(run.cancel);
  run.values = values;
  cspan_cancel_trigger(run.cancel);
  assert_int_equal(cspan_cmd_s3_rm.run(&run), CSPAN_EXIT_FAILED);
  cspan_cancel_free(run.cancel);
  free(values);
}

/* Help is not wrapped when it is printed: each line is one of the source. */
static void check_description(const cspan_cli_command *command) {
  enum { COLUMNS = 90 };
  const char *line = command->description ? command->description : "";
  while (*line) {
    size_t len = strcspn(line, "\n");
    if (len > COLUMNS || line[len] != '\n') {
      fail_msg("%s: a line of %zu columns: %.*s", command->name, len, (int)len, line);
    }
    line += len + 1;
  }
  for (size_t i = 0; i < command->command_count; i++) {
    check_description(command->commands[i]);
  }
}

static void test_descriptions_fit(void **state) {
  (void)state;
  assert_true(cspan_cli_program.command_count > 0);
  check_description(&cspan_cli_program);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rm_stopped_by_a_signal),
                                     cmocka_unit_test(test_descriptions_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
