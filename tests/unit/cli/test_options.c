/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/options.h"

#include "base/alloc.h"

typedef struct values {
  bool flag;
  bool other;
  const char *text;
  int64_t number;
  int64_t size;
  cspan_cli_list list;
} values;

static const cspan_cli_option options[] = {
    {"recursive", 'r', CSPAN_CLI_FLAG, offsetof(values, flag), NULL, "", 0, 0},
    {"quiet", 'q', CSPAN_CLI_FLAG, offsetof(values, other), NULL, "", 0, 0},
    {"content-type", 't', CSPAN_CLI_STRING, offsetof(values, text), "TYPE", "", 0, 0},
    {"max-attempts", 'n', CSPAN_CLI_INT, offsetof(values, number), "N", "", 1, 100},
    {"part-size", 0, CSPAN_CLI_SIZE, offsetof(values, size), "SIZE", "", 5 << 20, 1 << 30},
    {"metadata", 'm', CSPAN_CLI_LIST, offsetof(values, list), "N=V", "", 0, 0},
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

typedef struct parsed {
  values values;
  cspan_cli_args args;
  int consumed;
  cspan_status status;
  char message[256];
} parsed;

/* Splits at single spaces: enough for the tests. */
static void parse(parsed *p, const char *line, bool stop) {
  static char text[512];
  char *argv[32];
  int argc = 0;
  memset(p, 0, sizeof *p);
  assert_true(strlen(line) < sizeof text);
  memcpy(text, line, strlen(line) + 1);
  for (char *word = text; *word;) {
    size_t len = strcspn(word, " ");
    argv[argc++] = word;
    bool more = word[len] == ' ';
    word[len] = '\0';
    word += len + more;
  }
  cspan_cli_option_set set = {options, OPTION_COUNT, &p->values};
  cspan_error *error = NULL;
  p->status = cspan_cli_parse(&set, 1, argc, argv, stop, &p->args, &p->consumed, &error);
  size_t len = strlen(cspan_error_message(error));
  assert_true(len < sizeof p->message);
  memcpy(p->message, cspan_error_message(error), len + 1);
  cspan_error_free(error);
}

static void clear(parsed *p) {
  cspan_cli_option_set set = {options, OPTION_COUNT, &p->values};
  cspan_cli_option_set_clear(&set);
  cspan_free(p->args.items);
}

static void test_values(void **state) {
  (void)state;
  parsed p;
  parse(&p, "a --recursive --content-type text/plain --max-attempts=7 b --part-size 8MiB -", false);
  assert_int_equal(p.status, CSPAN_OK);
  assert_true(p.values.flag);
  assert_false(p.values.other);
  assert_string_equal(p.values.text, "text/plain");
  assert_int_equal(p.values.number, 7);
  assert_int_equal(p.values.size, 8 << 20);
  assert_int_equal(p.args.count, 3);
  assert_string_equal(p.args.items[0], "a");
  assert_string_equal(p.args.items[1], "b");
  assert_string_equal(p.args.items[2], "-");
  clear(&p);
}

static void test_letters(void **state) {
  (void)state;
  parsed p;
  parse(&p, "-rq -t x -n5 -m a=1 -m b=2", false);
  assert_int_equal(p.status, CSPAN_OK);
  assert_true(p.values.flag && p.values.other);
  assert_string_equal(p.values.text, "x");
  assert_int_equal(p.values.number, 5);
  assert_int_equal(p.values.list.count, 2);
  assert_string_equal(p.values.list.items[0], "a=1");
  assert_string_equal(p.values.list.items[1], "b=2");
  clear(&p);
}

static void test_end_of_options(void **state) {
  (void)state;
  parsed p;
  parse(&p, "-r -- -q --quiet", false);
  assert_int_equal(p.status, CSPAN_OK);
  assert_false(p.values.other);
  assert_int_equal(p.args.count, 2);
  assert_string_equal(p.args.items[0], "-q");
  assert_string_equal(p.args.items[1], "--quiet");
  clear(&p);
}

static void test_value_that_looks_like_an_option(void **state) {
  (void)state;
  parsed p;
  parse(&p, "--content-type --quiet --content-type=", false);
  assert_int_equal(p.status, CSPAN_OK);
  assert_false(p.values.other);
  assert_string_equal(p.values.text, "");
  clear(&p);
}

static void test_stops_at_the_first_argument(void **state) {
  (void)state;
  parsed p;
  parse(&p, "--quiet -n 3 cp --recursive x", true);
  assert_int_equal(p.status, CSPAN_OK);
  assert_int_equal(p.consumed, 3);
  assert_true(p.values.other);
  assert_false(p.values.flag);
  clear(&p);
}

static void test_errors(void **state) {
  (void)state;
  static const struct {
    const char *line;
    const char *message;
  } cases[] = {
      {"--recurse", "unknown option '--recurse'; did you mean '--recursive'?"},
      {"--recursvie=1", "unknown option '--recursvie'; did you mean '--recursive'?"},
      {"--metdata a=b", "unknown option '--metdata'; did you mean '--metadata'?"},
      {"--content", "unknown option '--content'; did you mean '--content-type'?"},
      {"--xyz", "unknown option '--xyz'"},
      {"-rz", "unknown option '-z'"},
      {"--quiet=yes", "option '--quiet' takes no value"},
      {"--content-type", "option '--content-type' needs a value: TYPE"},
      {"-t", "option '-t' needs a value: TYPE"},
      {"--max-attempts many", "option '--max-attempts' takes a whole number, not 'many'"},
      {"--max-attempts 0", "option '--max-attempts' must be from 1 to 100, not 0"},
      {"--part-size 1KiB", "option '--part-size' must be from 5MiB to 1GiB, not 1KiB"},
      {"--part-size big", "option '--part-size' takes a size such as 16MiB, not 'big'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    parsed p;
    parse(&p, cases[i].line, false);
    assert_int_equal(p.status, CSPAN_ERR_INVALID);
    assert_string_equal(p.message, cases[i].message);
    clear(&p);
  }
}

static void test_second_set(void **state) {
  (void)state;
  values first = {0};
  values second = {0};
  cspan_cli_option_set sets[2] = {{options, 2, &first}, {options + 2, OPTION_COUNT - 2, &second}};
  char *argv[] = {(char *)"--recursive", (char *)"--max-attempts", (char *)"9"};
  cspan_cli_args args;
  int consumed;
  assert_int_equal(cspan_cli_parse(sets, 2, 3, argv, false, &args, &consumed, NULL), CSPAN_OK);
  assert_true(first.flag);
  assert_int_equal(second.number, 9);
  assert_int_equal(first.number, 0);
  cspan_free(args.items);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_letters),
      cmocka_unit_test(test_end_of_options),
      cmocka_unit_test(test_value_that_looks_like_an_option),
      cmocka_unit_test(test_stops_at_the_first_argument),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_second_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
