/* SPDX-License-Identifier: Apache-2.0 */
/* Event streams of `cloudspan call` as a process, against a server that sends events back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/event_service.h"
#include "support/command.h"
#include "support/event_server.h"

enum { MOST_ARGS = 8 };

static char root[64];

typedef struct scenario {
  const char *args[MOST_ARGS]; /* behind "cloudspan call --models ... --endpoint-url ... choir" */
  const char *input;           /* the standard input */
  int code;
  const char *out;
  const char *err; /* a part of it */
  int events;      /* that the server got */
} scenario;

#define LINES                                                                                      \
  "{\"Note\": {\"Key\": \"a\"}}\n\n"                                                               \
  "{\"Rest\": {}}"

static const scenario scenarios[] = {
    {.args = {"sing", "--events", "-"},
     .input = LINES,
     .out = "{\"Note\":{\"Key\":\"a\"}}\n{\"Rest\":{}}\n",
     .err = "",
     .events = 2},
    {.args = {"sing", "--events", "/dev/stdin", "--query", "Note.Key"},
     .input = LINES,
     .out = "\"a\"\n",
     .err = "",
     .events = 2},
    {.args = {"sing", "--events", "/dev/null"}, .input = "", .out = "", .err = "", .events = 0},
    {.args = {"sing", "--events", "-"},
     .input = "{\"Shout\": {}}",
     .code = 2,
     .out = "",
     .err = "Notes has no event 'Shout'"},
    {.args = {"sing", "--events", "-"},
     .input = "\n{\"Note\"\n",
     .code = 2,
     .out = "",
     .err = "--events, line 2"},
    {.args = {"sing"}, .input = "", .code = 2, .out = "", .err = "give them by --events FILE"},
    {.args = {"sing", "--events", "-", "--input", "-"},
     .input = "{}",
     .code = 2,
     .out = "",
     .err = "either --input or --events"},
    {.args = {"listen", "--events", "-"},
     .input = LINES,
     .code = 2,
     .out = "",
     .err = "Listen is not sent any"},
};

static void run_scenario(const scenario *x) {
  event_server *server = event_server_start(EVENT_SECRET, 0);
  const char *args[8 + MOST_ARGS] = {
      "cloudspan", "call", "--models", root, "--endpoint-url", event_server_url(server), "choir"};
  command c;
  event_seen seen;
  memcpy(args + 7, x->args, sizeof x->args);
  command_start(&c, args, x->input, strlen(x->input));
  command_wait(&c);
  event_server_stop(server, &seen);
  if (c.exit_code != x->code || strcmp(c.out, x->out) != 0 || !strstr(c.err, x->err) ||
      (x->err[0] == '\0' && c.err[0] != '\0')) {
    fail_msg("exit %d, out \"%s\", err \"%s\"", c.exit_code, c.out, c.err);
  }
  assert_int_equal(seen.events, x->events);
  assert_int_equal(seen.bad, 0);
  command_free(&c);
}

static void test_scenarios(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    run_scenario(&scenarios[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_scenarios)};
  (void)setenv("AWS_REGION", "eu-central-1", 1);
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", EVENT_SECRET, 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  event_service_models(root);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  model_folder_remove(root);
  return failed;
}
