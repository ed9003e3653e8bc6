/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan call` with streamed bodies: files, pipes, signals. */
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "integration/call_scenario.h"

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

/* As botocore takes them, Lambda's Invoke among others. */
static void blobs_that_are_no_streams_are_files_too(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "seal-box", NAME_A, "--body", "~/body.txt", "--save", "~/seal"},
       .answers = {"200 red"},
       .sent = {"POST /seals/a HTTP", "Content-Type: application/octet-stream\r\n",
                "Content-Length: 11\r\n", "eleven byte"},
       .out = "{\n    \"Kind\": \"application/json\"\n}\n"},
      {.args = {"attic", "seal-box", "-i", "{\"Name\": \"a\", \"Wax\": \"eA==\"}", "--save", "-"},
       .answers = {"200 blue"},
       .sent = {"Content-Length: 1\r\n", "\r\n\r\nx"},
       .out = "blue"},
      {.args = {"attic", "seal-box", "-i", "{\"Name\": \"a\", \"Kind\": \"wax/red\"}", "--body",
                "-"},
       .input = "hot",
       .answers = {"200 red"},
       .sent = {"Content-Type: wax/red\r\n", "\r\n\r\nhot"}},
      {.args = {"attic", "seal-box", NAME_A, "--body", "-", "--query", "Seal"},
       .input = "hot",
       .answers = {"200 red"},
       .sent = {"\r\n\r\nhot"},
       .out = "\"cmVk\"\n"},
      {.args = {"attic", "seal-box", NAME_A, "--save", "~/unsealed"},
       .code = 2,
       .err = "Wax: is required, but not given"},
      {.args = {"attic", "seal-box", "-i", "{\"Name\": \"a\", \"Wax\": \"eA==\"}", "--body", "-"},
       .input = "hot",
       .code = 2,
       .err = "Wax: it is in the input, and given as a body of its own"},
      {.args = {"attic", "seal-box", NAME_A, "--body", "-", "--save", "~/unsealed"},
       .input = "hot",
       .answers = {"400 {\"message\": \"too hot\"}"},
       .code = 1,
       .err = "too hot"},
  };
  model_folder_put(model_folder_path(root, "body.txt"), "eleven byte", 11);
  PLAY(scenarios);
  assert_file("seal", "red");
  assert_file("unsealed", NULL);
  assert_no_parts();
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

/* ----------------------------------------------------------------------- main */

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(bodies_come_from_files, call_set_up),
      cmocka_unit_test_setup(blobs_that_are_no_streams_are_files_too, call_set_up),
      cmocka_unit_test_setup(payloads_are_saved, call_set_up),
      cmocka_unit_test_setup(a_half_payload_is_not_left_behind, call_set_up),
      cmocka_unit_test_setup(pipes_are_read_and_written, call_set_up),
      cmocka_unit_test_setup(a_pipe_that_gives_too_much_is_refused, call_set_up),
      cmocka_unit_test_setup(a_signal_ends_a_call, call_set_up),
  };
  return cmocka_run_group_tests(tests, call_make, call_clean);
}
