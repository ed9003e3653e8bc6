/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan call` as a process, against a server that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration/attic_model.h"
#include "support/command.h"
#include "support/script_server.h"
#include "unit/aws/home_fixture.h"

#define SECRET "planted-secret"

enum { MOST_ARGS = 16, MOST_ANSWERS = 4, MOST_SENT = 4, ANSWER_SIZE = 2048 };

static char root[64];

/* One run. A '~' in an argument stands for the test's folder. */
typedef struct scenario {
  const char *args[MOST_ARGS];       /* behind "cloudspan call --models ... --endpoint-url ..." */
  const char *answers[MOST_ANSWERS]; /* "200 BODY"; none: nothing may be sent */
  const char *sent[MOST_SENT];       /* parts of what the server receives */
  int code;
  const char *out;   /* all of it; NULL: not compared */
  const char *err;   /* a part of it; NULL: there is none */
  const char *input; /* on the standard input */
} scenario;

typedef struct service {
  script_server *server;
  script_step steps[2 * MOST_ANSWERS + 2];
  script_connection connections[1];
  char answers[MOST_ANSWERS][ANSWER_SIZE];
} service;

static void service_start(service *s, const char *const *answers) {
  size_t n = 0;
  for (size_t i = 0; i < MOST_ANSWERS && answers[i]; i++) {
    const char *body = strchr(answers[i], ' ') + 1;
    (void)snprintf(s->answers[i], ANSWER_SIZE,
                   "HTTP/1.1 %.3s X\r\nx-amzn-RequestId: id-%zu\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   answers[i], i + 1, strlen(body), body);
    s->steps[n++] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    s->steps[n++] = (script_step){SCRIPT_SEND, s->answers[i], 0};
  }
  s->steps[n++] = (script_step){SCRIPT_WAIT_CLOSE, NULL, 0};
  s->steps[n] = (script_step){SCRIPT_END, NULL, 0};
  s->connections[0] = s->steps;
  s->server = script_server_start(s->connections, 1);
}

static const char *expand(const char *arg, char out[512]) {
  const char *tilde = arg ? strchr(arg, '~') : NULL;
  if (!tilde) {
    return arg;
  }
  (void)snprintf(out, 512, "%.*s%s%s", (int)(tilde - arg), arg, root, tilde + 1);
  return out;
}

static void assert_has(const char *what, const char *text, const char *part) {
  if (!strstr(text, part)) {
    fail_msg("\"%s\" is not in %s:\n%s", part, what, text);
  }
}

static void run_at(const scenario *s, const char *endpoint, command *c) {
  static char expanded[MOST_ARGS][512];
  const char *args[MOST_ARGS + 8] = {"cloudspan", "call",           "--models",
                                     root,        "--endpoint-url", endpoint};
  for (size_t i = 0; i < MOST_ARGS && s->args[i]; i++) {
    args[6 + i] = expand(s->args[i], expanded[i]);
  }
  command_start(c, args, s->input, s->input ? strlen(s->input) : 0);
  command_wait(c);
  if (c->exit_code != s->code) {
    fail_msg("%s %s: exit code %d, not %d: %s", s->args[0], s->args[1] ? s->args[1] : "",
             c->exit_code, s->code, c->err);
  }
  assert_null(strstr(c->out, SECRET));
  assert_null(strstr(c->err, SECRET));
  if (s->out) {
    assert_string_equal(c->out, s->out);
  }
  if (s->err) {
    assert_has("the error", c->err, s->err);
  } else {
    assert_string_equal(c->err, "");
  }
}

static void play(const scenario *s) {
  service own;
  command c;
  service_start(&own, s->answers);
  run_at(s, script_server_url(own.server, ""), &c);
  char *received = script_server_received(own.server);
  for (size_t i = 0; i < MOST_SENT && s->sent[i]; i++) {
    assert_has("the requests", received, s->sent[i]);
  }
  if (!s->answers[0]) {
    assert_string_equal(received, "");
  }
  free(received);
  command_free(&c);
  script_server_stop(own.server);
}

#define PLAY(scenarios)                                                                            \
  do {                                                                                             \
    for (size_t play_i = 0; play_i < sizeof(scenarios) / sizeof(scenarios)[0]; play_i++) {         \
      play(&(scenarios)[play_i]);                                                                  \
    }                                                                                              \
  } while (0)

#define NAME_A "--input", "{\"Name\": \"a\"}"

/* ---------------------------------------------------------------------- names */

static void any_spelling_is_understood(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "put-box", NAME_A}, .answers = {"200 {}"}, .sent = {"PUT /boxes/a HTTP"}},
      {.args = {"Attic", "PutBox", NAME_A}, .answers = {"200 {}"}, .sent = {"PUT /boxes/a HTTP"}},
      {.args = {"ATTIC", "put_box", NAME_A}, .answers = {"200 {}"}, .sent = {"PUT /boxes/a HTTP"}},
      {.args = {"attic", "list-mvp-boxes"}, .answers = {"200 {}"}, .sent = {"GET /mvp HTTP"}},
      {.args = {"attic", "--wait", "box_ready", NAME_A},
       .answers = {"200 {\"State\": \"ready\"}"},
       .sent = {"GET /boxes/a HTTP"},
       .out = "{\n    \"State\": \"ready\"\n}\n"},
      {.args = {"attic", "--wait=BoxReady", NAME_A}, .answers = {"200 {\"State\": \"ready\"}"}},
  };
  PLAY(scenarios);
}

static void wrong_words_get_a_suggestion(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"atic", "put-box"}, .code = 2, .err = "did you mean 'attic'?"},
      {.args = {"attic", "list-mvp-boxs"}, .code = 2, .err = "did you mean 'list-mvp-boxes'?"},
      {.args = {"attic", "putt-box"}, .code = 2, .err = "did you mean 'put-box'?"},
      {.args = {"attic", "ListMVPBoxs"}, .code = 2, .err = "did you mean 'ListMVPBoxes'?"},
      {.args = {"attic", "fly"}, .code = 2, .err = "'cloudspan models show attic' lists"},
      {.args = {"attic", "--wait", "box-redy"}, .code = 2, .err = "did you mean 'box-ready'?"},
      {.args = {"attic", "put-box", "--inptu", "{}"}, .code = 2, .err = "did you mean '--input'?"},
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Cuont\": 1}"},
       .code = 2,
       .err = "Cuont: there is no such member; did you mean 'Count'?"},
      {.args = {"attic"}, .code = 2, .err = "expected SERVICE OPERATION"},
      {.args = {"attic", "put-box", "now"}, .code = 2, .err = "unexpected argument 'now'"},
  };
  PLAY(scenarios);
}

/* --------------------------------------------------------------------- output */

#define BOX                                                                                        \
  "200 {\"Name\": \"a\", \"Count\": 2, \"Weight\": 3.0, \"Open\": true, \"Packed\": 1700000000, "  \
  "\"Tags\": [\"x\", \"y\"], \"Inner\": [{\"Name\": \"b\", \"Count\": 1}, {\"Name\": \"c\", "      \
  "\"State\": \"ready\"}]}"

static void the_output_has_the_form_that_is_asked_for(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "get-box", NAME_A, "--query", "Inner[].Name"},
       .answers = {BOX},
       .out = "[\n    \"b\",\n    \"c\"\n]\n"},
      {.args = {"attic", "get-box", NAME_A, "--json", "--query", "{n: Name, t: Tags}"},
       .answers = {BOX},
       .out = "{\"n\":\"a\",\"t\":[\"x\",\"y\"]}\n"},
      {.args = {"attic", "get-box", NAME_A, "-o", "text"},
       .answers = {BOX},
       .out = "2\ta\tTrue\t2023-11-14T22:13:20Z\t3.0\n"
              "INNER\t1\tb\t\nINNER\t\tc\tready\nTAGS\tx\nTAGS\ty\n"},
      {.args = {"attic", "get-box", NAME_A, "-o", "text", "--query", "Inner[].Name"},
       .answers = {BOX},
       .out = "b\tc\n"},
      {.args = {"attic", "get-box", NAME_A, "-o", "text", "--query", "Nothing"},
       .answers = {BOX},
       .out = "None\n"},
      {.args = {"attic", "get-box", NAME_A, "-o", "table", "--query", "{Inner: Inner, Tags: Tags}"},
       .answers = {BOX},
       .out = "GetBox.Inner\n"
              "+------+-------+-------+\n"
              "| Name | Count | State |\n"
              "+------+-------+-------+\n"
              "| b    | 1     |       |\n"
              "| c    |       | ready |\n"
              "+------+-------+-------+\n"
              "GetBox.Tags\n+---+\n| x |\n| y |\n+---+\n"},
      {.args = {"attic", "get-box", NAME_A}, .answers = {"200 {}"}, .out = ""},
      {.args = {"attic", "get-box", NAME_A, "--query", "Nothing"},
       .answers = {BOX},
       .out = "null\n"},
      {.args = {"attic", "get-box", NAME_A, "--query", "Inner["},
       .answers = {BOX},
       .code = 2,
       .out = "",
       .err = "cloudspan call: "},
      {.args = {"attic", "get-box", "-o", "yaml"}, .code = 2, .err = "not 'yaml'"},
      {.args = {"attic", "get-box", "-o", "text", "--json"},
       .code = 2,
       .err = "--json does not go"},
  };
  PLAY(scenarios);
}

/* ---------------------------------------------------------------------- input */

static void the_input_may_be_a_file_or_a_pipe(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "put-box", "--input", "@~/input.json"},
       .answers = {"200 {}"},
       .sent = {"PUT /boxes/from-file HTTP", "{\"Count\":9}"}},
      {.args = {"attic", "put-box", "--input", "-"},
       .input = "{\"Name\": \"from-stdin\"}",
       .answers = {"200 {}"},
       .sent = {"PUT /boxes/from-stdin HTTP"}},
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Content\": \"aGk=\"}"},
       .answers = {"200 {}"},
       .sent = {"{\"Content\":\"aGk=\"}"}},
      {.args = {"attic", "put-box", "--binary-format", "raw", "--input",
                "{\"Name\": \"a\", \"Content\": \"hi\"}"},
       .answers = {"200 {}"},
       .sent = {"{\"Content\":\"aGk=\"}"}},
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Content\": \"h!\"}"},
       .code = 2,
       .err = "Content: a blob is written in base64"},
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Pieces\": [\"aGk=\", \"h!\"]}"},
       .code = 2,
       .err = "Pieces[1]: a blob is written in base64"},
      {.args = {"attic", "put-box", "--binary-format", "hex"}, .code = 2, .err = "not 'hex'"},
      {.args = {"attic", "put-box", "--input", "@~/absent"}, .code = 1, .err = "absent"},
      {.args = {"attic", "put-box", "--input", "{\"Name\": "}, .code = 2, .err = "--input"},
      {.args = {"attic", "put-box"}, .code = 2, .err = "Name: is required, but not given"},
      {.args = {"attic", "store-file", "--input", "-", "--body", "-"},
       .code = 2,
       .err = "either --input or --body"},
  };
  model_folder_put_json(model_folder_path(root, "input.json"), "{'Name': 'from-file', 'Count': 9}");
  PLAY(scenarios);
}

/* What is secret is in no message, whatever is wrong with it. */
static void values_are_in_no_error(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Key\": [\"" SECRET "\"]}"},
       .code = 2,
       .err = "Key: expected"},
      {.args = {"attic", "put-box", "--input", "{\"Key\": \"" SECRET "\""},
       .code = 2,
       .err = "--input"},
      {.args = {"attic", "put-box", "--input", "{\"Name\": \"a\", \"Content\": \"" SECRET "\"}"},
       .code = 2,
       .err = "Content: a blob"},
  };
  PLAY(scenarios);
}

static void a_skeleton_is_a_valid_input(void **state) {
  (void)state;
  command c;
  const scenario skeleton = {.args = {"attic", "put-box", "--generate-skeleton", "-o", "text"}};
  run_at(&skeleton, "http://127.0.0.1:1", &c);
  assert_has("the skeleton", c.out, "\"Content\"");
  const scenario used = {.args = {"attic", "put-box", "--input", "-"},
                         .input = c.out,
                         .answers = {"200 {}"},
                         .sent = {"PUT /boxes/", "\"State\":\"packing\""}};
  play(&used);
  command_free(&c);
  const scenario empty = {.args = {"attic", "list-mvp-boxes", "--generate-skeleton"},
                          .out = "{}\n"};
  play(&empty);
}

/* ---------------------------------------------------------------------- pages */

#define PAGE_1 "200 {\"Boxes\": [{\"Name\": \"a\"}, {\"Name\": \"b\"}], \"Next\": \"more\"}"
#define PAGE_2 "200 {\"Boxes\": [{\"Name\": \"c\"}]}"
#define NAMES  "--json", "--query", "Boxes[].Name"

static void pages_are_joined(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "list-boxes", "--paginate", NAMES},
       .answers = {PAGE_1, PAGE_2},
       .sent = {"GET /boxes HTTP", "GET /boxes?token=more HTTP"},
       .out = "[\"a\",\"b\",\"c\"]\n"},
      {.args = {"attic", "list-boxes", NAMES}, .answers = {PAGE_1}, .out = "[\"a\",\"b\"]\n"},
      {.args = {"attic", "list-boxes", "--page-size", "2", NAMES},
       .answers = {PAGE_1, PAGE_2},
       .sent = {"GET /boxes?limit=2 HTTP", "GET /boxes?token=more"},
       .out = "[\"a\",\"b\",\"c\"]\n"},
      {.args = {"attic", "get-box", "--paginate", NAME_A}, .code = 2, .err = "GetBox"},
      {.args = {"attic", "list-boxes", "--paginate", "--wait", "box-ready"},
       .code = 2,
       .err = "pages go neither"},
      {.args = {"attic", "list-boxes", "--max-items", "0"}, .code = 2, .err = "must be from 1"},
      {.args = {"attic", "list-boxes", "--starting-token", "??"}, .code = 2, .err = "token"},
  };
  PLAY(scenarios);
}

static void a_listing_goes_on_where_it_ended(void **state) {
  (void)state;
  service own;
  command c;
  service_start(&own, (const char *const[]){PAGE_1, NULL});
  const scenario first = {
      .args = {"attic", "list-boxes", "--max-items", "1", "-o", "text", "--query", "NextToken"}};
  run_at(&first, script_server_url(own.server, ""), &c);
  script_server_stop(own.server);
  assert_string_not_equal(c.out, "None\n");
  c.out[strlen(c.out) - 1] = '\0';
  const scenario second = {.args = {"attic", "list-boxes", "--starting-token", c.out, NAMES},
                           .answers = {PAGE_1, PAGE_2},
                           .out = "[\"b\",\"c\"]\n"};
  play(&second);
  command_free(&c);
}

/* -------------------------------------------------------------------- waiters */

static void waiting_follows_the_operation(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "put-box", "--wait", "box-ready", "--json", "--input",
                "{\"Name\": \"a\", \"Count\": 1}"},
       .answers = {"200 {\"Count\": 1}", "200 {\"State\": \"ready\"}"},
       .sent = {"PUT /boxes/a HTTP", "GET /boxes/a HTTP"},
       .out = "{\"Count\":1}\n"},
      {.args = {"attic", "get-box", "--wait", "box-ready", NAME_A},
       .answers = {"200 {\"State\": \"broken\"}"},
       .code = 1,
       .out = "",
       .err = "BoxReady"},
      {.args = {"attic", "get-box", "--wait", "box-ready", "--wait-timeout", "1", NAME_A},
       .answers = {"200 {\"State\": \"packing\"}", "200 {\"State\": \"packing\"}",
                   "200 {\"State\": \"packing\"}", "200 {\"State\": \"packing\"}"},
       .code = 1,
       .out = "",
       .err = "BoxReady"},
      {.args = {"attic", "put-box", "--wait", "box-ready", NAME_A},
       .answers = {"400 {\"__type\": \"Full\", \"message\": \"no room\"}"},
       .code = 1,
       .err = "no room (Full, HTTP 400, request id id-1)"},
  };
  PLAY(scenarios);
}

/* ------------------------------------------------------------------- payloads */

static void assert_file(const char *name, const char *text) {
  char *content = command_read_file(model_folder_path(root, name), NULL);
  if (!text) {
    assert_null(content);
    return;
  }
  assert_non_null(content);
  assert_string_equal(content, text);
  free(content);
}

/* Nothing beside a target that was not written whole. */
static void assert_no_parts(void) {
  DIR *dir = opendir(root);
  const struct dirent *entry = NULL;
  assert_non_null(dir);
  while ((entry = readdir(dir)) != NULL) {
    assert_null(strstr(entry->d_name, ".part"));
  }
  closedir(dir);
}

static void bodies_come_from_files(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "store-file", NAME_A, "--body", "~/body.txt"},
       .answers = {"200 {}"},
       .sent = {"PUT /files/a HTTP", "Content-Length: 11\r\n", "eleven byte"}},
      {.args = {"attic", "store-file", NAME_A, "--body", "-"},
       .input = "from stdin",
       .answers = {"200 {}"},
       .sent = {"Content-Length: 10\r\n", "from stdin"}},
      {.args = {"attic", "store-file", NAME_A, "-b", "~/absent"}, .code = 1, .err = "absent"},
      {.args = {"attic", "store-file", NAME_A, "--body", "~"}, .code = 2, .err = "regular file"},
      {.args = {"attic", "store-file", "--input", "{\"Name\": \"a\", \"Body\": \"eA==\"}", "--body",
                "~/body.txt"},
       .code = 2,
       .err = "Body: it is in the input, and given as a body of its own"},
      {.args = {"attic", "put-box", NAME_A, "--body", "~/body.txt"},
       .code = 2,
       .err = "--body: the input of PutBox has no streamed member"},
  };
  model_folder_put(model_folder_path(root, "body.txt"), "eleven byte", 11);
  PLAY(scenarios);
}

static void payloads_are_saved(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "fetch-file", NAME_A, "--save", "~/saved", "--query", "Kind"},
       .answers = {"200 the content"},
       .out = "\"application/json\"\n"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "-"},
       .answers = {"200 the content"},
       .out = "the content"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "/dev/null", "--json", "--query", "Kind"},
       .answers = {"200 the content"},
       .out = "\"application/json\"\n"},
      {.args = {"attic", "fetch-file", NAME_A, "--json", "--query", "Body"},
       .answers = {"200 hi"},
       .out = "\"aGk=\"\n"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "~/empty"}, .answers = {"200 "}},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "~/saved"},
       .answers = {"404 {\"__type\": \"Gone\", \"message\": \"not here\"}"},
       .code = 4,
       .out = "",
       .err = "not here"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "~/none/saved"},
       .answers = {"200 the content"},
       .code = 1,
       .err = "none"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "~"}, .code = 2, .err = "regular file"},
      {.args = {"attic", "get-box", NAME_A, "--save", "~/x"},
       .code = 2,
       .err = "--save: the output of GetBox has no streamed member"},
      {.args = {"attic", "fetch-file", NAME_A, "--save", "-", "--query", "Kind"},
       .code = 2,
       .err = "--query has nothing to print"},
  };
  PLAY(scenarios);
  assert_file("saved", "the content"); /* a later failure did not touch it */
  assert_file("empty", "");
  assert_no_parts();
}

/* A connection that breaks in the middle leaves what was there. */
static void a_half_payload_is_not_left_behind(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", 0},
      {SCRIPT_END, NULL, 0}};
  static const script_connection connections[] = {steps};
  static const char *const targets[] = {"~/half", "~/kept"};
  model_folder_put(model_folder_path(root, "kept"), "before", 6);
  for (size_t i = 0; i < 2; i++) {
    command c;
    script_server *server = script_server_start(connections, 1);
    const scenario s = {.args = {"attic", "fetch-file", NAME_A, "--save", targets[i]},
                        .code = 1,
                        .out = "",
                        .err = "cloudspan call: "};
    run_at(&s, script_server_url(server, ""), &c);
    command_free(&c);
    script_server_stop(server);
  }
  assert_file("half", NULL);
  assert_file("kept", "before");
  assert_no_parts();
}

static void set_shell_variables(void) {
  const char *program = getenv("CLOUDSPAN_COMMAND");
  setenv("CLOUDSPAN", program ? program : "./cloudspan", 1);
  setenv("M", root, 1);
}

/* Both ends as pipes, which have no length. */
static void pipes_are_read_and_written(void **state) {
  (void)state;
  static const char *const lines[] = {
      "printf 'through a pipe' | $CLOUDSPAN call --models $M --endpoint-url $E attic store-file "
      "--input '{\"Name\": \"a\"}' --body /dev/stdin",
      "$CLOUDSPAN call --models $M --endpoint-url $E attic fetch-file --input '{\"Name\": \"a\"}' "
      "--save /dev/stdout | cat",
  };
  service own;
  command c;
  set_shell_variables();
  for (size_t i = 0; i < 2; i++) {
    service_start(&own, (const char *const[]){"200 the content", NULL});
    setenv("E", script_server_url(own.server, ""), 1);
    command_run(&c, (const char *const[]){"sh", "-c", lines[i], NULL});
    assert_string_equal(c.err, "");
    assert_int_equal(c.exit_code, 0);
    assert_string_equal(c.out, i == 0 ? "" : "the content");
    char *received = script_server_received(own.server);
    assert_has("the request", received, i == 0 ? "Content-Length: 14\r\n" : "GET /files/a HTTP");
    assert_has("the request", received, i == 0 ? "through a pipe" : "\r\n\r\n");
    free(received);
    command_free(&c);
    script_server_stop(own.server);
  }
}

/* A pipe without an end is not kept in memory. */
static void a_pipe_that_gives_too_much_is_refused(void **state) {
  (void)state;
  static const char line[] =
      "\"$CLOUDSPAN\" call --models \"$M\" --endpoint-url http://127.0.0.1:1 "
      "attic store-file --input '{\"Name\": \"a\"}' --body /dev/zero";
  command c;
  set_shell_variables();
  command_run(&c, (const char *const[]){"sh", "-c", line, NULL});
  assert_int_equal(c.exit_code, 2);
  assert_has("the error", c.err, "less than 64 MiB");
  command_free(&c);
}

static bool was_reached(void *user) {
  char *received = script_server_received(user);
  bool is_there = strstr(received, "GET /files/a HTTP") != NULL;
  free(received);
  return is_there;
}

static void a_signal_ends_a_call(void **state) {
  (void)state;
  static const script_step steps[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_WAIT_CLOSE, NULL, 0}, {SCRIPT_END, NULL, 0}};
  static const script_connection connections[] = {steps};
  script_server *server = script_server_start(connections, 1);
  command c;
  command_start(&c,
                (const char *const[]){"cloudspan", "call", "--models", root, "--endpoint-url",
                                      script_server_url(server, ""), "attic", "fetch-file", NAME_A,
                                      "--save", model_folder_path(root, "stopped"), NULL},
                NULL, 0);
  assert_true(command_wait_until(&c, was_reached, server));
  assert_int_equal(kill(c.pid, SIGINT), 0);
  command_wait(&c);
  assert_int_equal(c.exit_code, 130);
  assert_has("the error", c.err, "cloudspan call: ");
  assert_file("stopped", NULL);
  assert_no_parts();
  command_free(&c);
  script_server_stop(server);
}

/* ------------------------------------------------------------- globals, codes */

static void exit_codes_tell_what_happened(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"404 {\"__type\": \"Other\", \"message\": \"no\"}"},
       .code = 4,
       .err = "cloudspan call: no (Other, HTTP 404, request id id-1)"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"a.b#ResourceNotFoundException\", \"message\": \"no\"}"},
       .code = 4,
       .err = "ResourceNotFoundException"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"BoxDoesNotExist\"}"},
       .code = 4,
       .err = "BoxDoesNotExist"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"Full\"}"},
       .code = 1,
       .err = "Full"},
      {.args = {"attic", "get-box", NAME_A, "--api-version", "1999-01-01"},
       .code = 2,
       .err = "1999-01-01"},
      {.args = {"attic", "get-box", NAME_A, "--models", "~/no-models"},
       .code = 2,
       .err = "no-models"},
  };
  PLAY(scenarios);
  command c;
  char url[64];
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  const scenario refused = {.args = {"attic", "get-box", NAME_A}, .code = 1, .err = "call: "};
  run_at(&refused, url, &c);
  command_free(&c);
}

static void global_options_are_honoured(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "get-box", NAME_A, "--region", "eu-west-3"},
       .answers = {"200 {}"},
       .sent = {"Credential=AKIDEXAMPLE/", "/eu-west-3/attic/aws4_request"}},
      {.args = {"attic", "get-box", NAME_A, "--profile", "other"},
       .answers = {"200 {}"},
       .sent = {"Credential=AKIDOTHER/", "/ap-south-1/attic/aws4_request"}},
      {.args = {"attic", "get-box", NAME_A, "--max-attempts", "2"},
       .answers = {"500 {}", "200 {\"Count\": 2}"},
       .out = "{\n    \"Count\": 2\n}\n"},
  };
  home_set("[default]\nregion = us-east-2\n[profile other]\nregion = ap-south-1\n"
           "aws_access_key_id = AKIDOTHER\naws_secret_access_key = " SECRET "\n",
           "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = " SECRET "\n");
  PLAY(scenarios);
}

static void requests_may_go_unsigned(void **state) {
  (void)state;
  service own;
  command c;
  home_set(NULL, NULL);
  service_start(&own, (const char *const[]){"200 {}", NULL});
  const scenario s = {
      .args = {"attic", "get-box", NAME_A, "--no-sign-request", "--region", "us-east-1"}};
  run_at(&s, script_server_url(own.server, ""), &c);
  char *received = script_server_received(own.server);
  assert_has("the request", received, "GET /boxes/a HTTP");
  assert_null(strstr(received, "Authorization"));
  free(received);
  command_free(&c);
  script_server_stop(own.server);
  const scenario none = {.args = {"attic", "get-box", NAME_A, "--region", "us-east-1"},
                         .code = 2,
                         .err = "credential"};
  play(&none);
}

/* AWS_ENDPOINT_URL_ATTIC is for this service alone, and comes before AWS_ENDPOINT_URL. */
static void the_environment_names_endpoints(void **state) {
  (void)state;
  service own;
  command c;
  service_start(&own, (const char *const[]){"200 {}", NULL});
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  setenv("AWS_ENDPOINT_URL_ATTIC", script_server_url(own.server, ""), 1);
  command_run(&c, (const char *const[]){"cloudspan", "call", "--models", root, "attic", "get-box",
                                        NAME_A, NULL});
  assert_string_equal(c.err, "");
  assert_int_equal(c.exit_code, 0);
  char *received = script_server_received(own.server);
  assert_has("the request", received, "GET /boxes/a HTTP");
  free(received);
  command_free(&c);
  script_server_stop(own.server);
}

/* ---------------------------------------------------------------------- trace */

static int port_after(const char *path, const char *word) {
  char *text = command_read_file(path, NULL);
  const char *at = text ? strstr(text, word) : NULL;
  const char *end = at ? strchr(at, '\n') : NULL;
  int port = end ? atoi(at + strlen(word)) : 0;
  free(text);
  return port;
}

static bool is_listening(void *user) {
  return port_after(user, "gRPC 127.0.0.1:") != 0;
}

static void a_call_is_one_trace(void **state) {
  (void)state;
  service own;
  command viewer;
  command c;
  char endpoint[64];
  command_start(&viewer,
                (const char *const[]){"cloudspan", "view", "--grpc-port", "0", "--http-port", "0",
                                      "--json", "--count", "1", "--quiet-ms", "1", NULL},
                NULL, 0);
  assert_true(command_wait_until(&viewer, is_listening, viewer.err_path));
  (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
                 port_after(viewer.err_path, "gRPC 127.0.0.1:"));
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
  service_start(&own, (const char *const[]){"200 {}", NULL});
  const scenario s = {.args = {"attic", "get-box", NAME_A, "--trace"}};
  run_at(&s, script_server_url(own.server, ""), &c);
  unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  command_wait(&viewer);
  assert_int_equal(viewer.exit_code, 0);
  assert_has("the trace", viewer.out, "\"cloudspan call\"");
  assert_has("the trace", viewer.out, "\"Attic.GetBox\"");
  assert_null(strchr(strchr(viewer.out, '\n') + 1, '\n'));
  assert_null(strstr(viewer.out, SECRET));
  command_free(&viewer);
  command_free(&c);
  script_server_stop(own.server);
}

/* ----------------------------------------------------------------------- main */

static int set_up(void **state) {
  (void)state;
  home_set("[default]\nregion = us-east-2\n",
           "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = " SECRET "\n");
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  return 0;
}

static int make(void **state) {
  attic_make(root);
  return home_make(state);
}

static int clean(void **state) {
  model_folder_remove(root);
  return home_remove(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(any_spelling_is_understood, set_up),
      cmocka_unit_test_setup(wrong_words_get_a_suggestion, set_up),
      cmocka_unit_test_setup(the_output_has_the_form_that_is_asked_for, set_up),
      cmocka_unit_test_setup(the_input_may_be_a_file_or_a_pipe, set_up),
      cmocka_unit_test_setup(values_are_in_no_error, set_up),
      cmocka_unit_test_setup(a_skeleton_is_a_valid_input, set_up),
      cmocka_unit_test_setup(pages_are_joined, set_up),
      cmocka_unit_test_setup(a_listing_goes_on_where_it_ended, set_up),
      cmocka_unit_test_setup(waiting_follows_the_operation, set_up),
      cmocka_unit_test_setup(bodies_come_from_files, set_up),
      cmocka_unit_test_setup(payloads_are_saved, set_up),
      cmocka_unit_test_setup(a_half_payload_is_not_left_behind, set_up),
      cmocka_unit_test_setup(pipes_are_read_and_written, set_up),
      cmocka_unit_test_setup(a_pipe_that_gives_too_much_is_refused, set_up),
      cmocka_unit_test_setup(a_signal_ends_a_call, set_up),
      cmocka_unit_test_setup(exit_codes_tell_what_happened, set_up),
      cmocka_unit_test_setup(global_options_are_honoured, set_up),
      cmocka_unit_test_setup(requests_may_go_unsigned, set_up),
      cmocka_unit_test_setup(the_environment_names_endpoints, set_up),
      cmocka_unit_test_setup(a_call_is_one_trace, set_up),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
