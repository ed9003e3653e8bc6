/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan call`: names, input and output, pages, waiters. */
#include "integration/call_scenario.h"

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

/* The aws command has services where this one has commands. */
static void habits_of_other_commands_get_a_hint(void **state) {
  (void)state;
  static const struct {
    const char *word;
    const char *hint;
  } cases[] = {
      {"s3api", "'cloudspan call s3 OPERATION'"},
      {"dynamodb", "'cloudspan call SERVICE OPERATION'"},
      {"cal", "did you mean 'call'?"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    command c;
    command_run(&c, (const char *const[]){"cloudspan", cases[i].word, "list-tables", NULL});
    assert_int_equal(c.exit_code, 2);
    assert_string_equal(c.out, "");
    assert_has("the error", c.err, cases[i].hint);
    command_free(&c);
  }
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
      {.args = {"attic", "put-box", "--input", "[1]"},
       .code = 2,
       .err = "the input of PutBox must be a map with its members, not a list"},
      {.args = {"attic", "list-boxes", "--paginate", "--input", "7"},
       .code = 2,
       .err = "the input of ListBoxes must be a map with its members, not an integer"},
      {.args = {"attic", "get-box", "--wait", "box-ready", "--input", "[]"},
       .code = 2,
       .err = "the input of GetBox must be a map with its members, not a list"},
      {.args = {"attic", "put-box"}, .code = 2, .err = "Name: is required, but not given"},
      {.args = {"attic", "store-file", "--input", "-", "--body", "-"},
       .code = 2,
       .err = "either --input or --body"},
  };
  model_folder_put_json(model_folder_path(root, "input.json"), "{'Name': 'from-file', 'Count': 9}");
  PLAY(scenarios);
}

/* What is secret is in no message, whatever is wrong with it. */
/* A thousand levels are read; one more is a mistake in the input, not of the call. */
static void too_deep_an_input_is_refused(void **state) {
  (void)state;
  enum { LEVELS = 1001 };
  char deep[2 * LEVELS + 1];
  const scenario s = {
      .args = {"attic", "put-box", "--input", "-"}, .code = 2, .err = "--input: ", .input = deep};
  memset(deep, '[', LEVELS);
  memset(deep + LEVELS, ']', LEVELS);
  deep[sizeof deep - 1] = '\0';
  play(&s);
}

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

/* ----------------------------------------------------------------------- main */

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(any_spelling_is_understood, call_set_up),
      cmocka_unit_test_setup(wrong_words_get_a_suggestion, call_set_up),
      cmocka_unit_test_setup(habits_of_other_commands_get_a_hint, call_set_up),
      cmocka_unit_test_setup(the_output_has_the_form_that_is_asked_for, call_set_up),
      cmocka_unit_test_setup(the_input_may_be_a_file_or_a_pipe, call_set_up),
      cmocka_unit_test_setup(too_deep_an_input_is_refused, call_set_up),
      cmocka_unit_test_setup(values_are_in_no_error, call_set_up),
      cmocka_unit_test_setup(a_skeleton_is_a_valid_input, call_set_up),
      cmocka_unit_test_setup(pages_are_joined, call_set_up),
      cmocka_unit_test_setup(a_listing_goes_on_where_it_ended, call_set_up),
      cmocka_unit_test_setup(waiting_follows_the_operation, call_set_up),
  };
  return cmocka_run_group_tests(tests, call_make, call_clean);
}
