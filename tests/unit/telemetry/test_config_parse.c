/* SPDX-License-Identifier: Apache-2.0 */
/* Reading configuration files: YAML, types, variables put in, caps, nodes. */
#include <stdio.h>
#include <unistd.h>

#include "unit/telemetry/config_fixture.h"

#include "telemetry/config/node.h"

/* `x` may hold anything: unknown members of the root are allowed. */
static const cspan_config_node *value_of(cspan_configuration **configuration, const char *yaml) {
  *configuration = config_parse_body(yaml);
  return cspan_config_node_get(cspan_configuration_root(*configuration), "x");
}

static void put_value(const cspan_config_node *node, char *out, size_t room) {
  const char *text = "";
  bool flag = false;
  int64_t whole = 0;
  double number = 0;
  switch (cspan_config_node_type(node)) {
  case CSPAN_CONFIG_ABSENT:
    snprintf(out, room, "absent");
    return;
  case CSPAN_CONFIG_NULL:
    snprintf(out, room, "null");
    return;
  case CSPAN_CONFIG_BOOL:
    assert_true(cspan_config_node_bool(node, &flag));
    snprintf(out, room, "bool %d", flag);
    return;
  case CSPAN_CONFIG_INT64:
    assert_true(cspan_config_node_int64(node, &whole));
    snprintf(out, room, "int %lld", (long long)whole);
    return;
  case CSPAN_CONFIG_DOUBLE:
    assert_true(cspan_config_node_double(node, &number));
    snprintf(out, room, "float %g", number);
    return;
  case CSPAN_CONFIG_STRING:
    assert_true(cspan_config_node_string(node, &text));
    snprintf(out, room, "str %s", text);
    return;
  case CSPAN_CONFIG_LIST:
    snprintf(out, room, "list %zu", cspan_config_node_count(node));
    return;
  case CSPAN_CONFIG_MAP:
    snprintf(out, room, "map %zu", cspan_config_node_count(node));
    return;
  }
}

static void assert_value(const char *yaml, const char *expected) {
  cspan_configuration *configuration;
  char found[512];
  put_value(value_of(&configuration, yaml), found, sizeof found);
  if (strcmp(found, expected) != 0) {
    fail_msg("%s gives \"%s\", not \"%s\"", yaml, found, expected);
  }
  cspan_configuration_free(configuration);
}

typedef struct value_case {
  const char *yaml;
  const char *value;
} value_case;

/* The core schema of YAML 1.2: "yes", "0777" and times are what they look like in 1.2. */
static void test_types(void **state) {
  (void)state;
  static const value_case cases[] = {
      {"x: text", "str text"},
      {"x: two words", "str two words"},
      {"x:", "null"},
      {"x: ~", "null"},
      {"x: null", "null"},
      {"x: NULL", "null"},
      {"x: nUll", "str nUll"},
      {"x: true", "bool 1"},
      {"x: TRUE", "bool 1"},
      {"x: False", "bool 0"},
      {"x: yes", "str yes"},
      {"x: on", "str on"},
      {"x: 12", "int 12"},
      {"x: -3", "int -3"},
      {"x: +3", "int 3"},
      {"x: 0o17", "int 15"},
      {"x: 0777", "int 777"},
      {"x: 0xdeadbeef", "int 3735928559"},
      {"x: 0x", "str 0x"},
      {"x: 0o8", "str 0o8"},
      {"x: 1_000", "str 1_000"},
      {"x: 9223372036854775807", "int 9223372036854775807"},
      {"x: 9223372036854775808", "float 9.22337e+18"},
      {"x: 0x7fffffffffffffff", "int 9223372036854775807"},
      {"x: 0x8000000000000000", "str 0x8000000000000000"},
      {"x: 1.5", "float 1.5"},
      {"x: .5", "float 0.5"},
      {"x: 1.", "float 1"},
      {"x: 1e3", "float 1000"},
      {"x: -.inf", "float -inf"},
      {"x: .nan", "float nan"},
      {"x: 1.0.0", "str 1.0.0"},
      {"x: 12:30:45", "str 12:30:45"},
      {"x: \"12\"", "str 12"},
      {"x: 'true'", "str true"},
      {"x: \"\"", "str "},
      {"x: |\n  12\n", "str 12\n"},
      {"x: >-\n  a\n  b\n", "str a b"},
      {"x: !!str 12", "str 12"},
      {"x: !!int \"12\"", "int 12"},
      {"x: !!float 1", "float 1"},
      {"x: ! 12", "str 12"},
      {"x: []", "list 0"},
      {"x: [a, [b]]", "list 2"},
      {"x: {}", "map 0"},
      {"x: {a: 1, b: {c: 2}}", "map 2"},
      {"y: 1", "absent"},
      {"x: \"\\u00e9\"", "str \xc3\xa9"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_value(cases[i].yaml, cases[i].value);
  }
}

static const value_case substitution_cases[] = {
    {"x: ${STRING_VALUE}", "str value"},
    {"x: ${BOOL_VALUE}", "bool 1"},
    {"x: ${INT_VALUE}", "int 1"},
    {"x: ${FLOAT_VALUE}", "float 1.1"},
    {"x: ${HEX_VALUE}", "int 3735928559"},
    {"x: \"${STRING_VALUE}\"", "str value"},
    {"x: \"${BOOL_VALUE}\"", "str true"},
    {"x: \"${INT_VALUE}\"", "str 1"},
    {"x: '${FLOAT_VALUE}'", "str 1.1"},
    {"x: \"${HEX_VALUE}\"", "str 0xdeadbeef"},
    {"x: ${env:STRING_VALUE}", "str value"},
    {"x: ${INVALID_MAP_VALUE}", "str value\nkey:value"},
    {"x: foo ${STRING_VALUE} ${FLOAT_VALUE}", "str foo value 1.1"},
    {"x: ${UNDEFINED_KEY}", "null"},
    {"x: \"${UNDEFINED_KEY}\"", "str "},
    {"x: ${UNDEFINED_KEY:-fallback}", "str fallback"},
    {"x: ${UNDEFINED_KEY:-}", "null"},
    {"x: ${UNDEFINED_KEY:-12}", "int 12"},
    {"x: ${EMPTY_VALUE:-fallback}", "str fallback"},
    {"x: ${STRING_VALUE:-fallback}", "str value"},
    {"x: ${env:UNDEFINED_KEY:-a b}", "str a b"},
    {"x: ${UNDEFINED_KEY:-a:-b}", "str a:-b"},
    {"x: ${REPLACE_ME}", "str ${DO_NOT_REPLACE_ME}"},
    {"x: ${UNDEFINED_KEY:-${STRING_VALUE}}", "str ${STRING_VALUE}"},
    {"x: $${STRING_VALUE}", "str ${STRING_VALUE}"},
    {"x: $$${STRING_VALUE}", "str $value"},
    {"x: $$$${STRING_VALUE}", "str $${STRING_VALUE}"},
    {"x: $${STRING_VALUE:-fallback}", "str ${STRING_VALUE:-fallback}"},
    {"x: $${STRING_VALUE:-${STRING_VALUE}}", "str ${STRING_VALUE:-value}"},
    {"x: ${UNDEFINED_KEY:-$${UNDEFINED_KEY}}", "str ${UNDEFINED_KEY:-${UNDEFINED_KEY}}"},
    {"x: ${VALUE_WITH_ESCAPE}", "str value$$"},
    {"x: a $$ b", "str a $ b"},
    {"x: a $ b", "str a $ b"},
    {"x: $STRING_VALUE", "str $STRING_VALUE"},
    {"x: ${STRING_VALUE", "str ${STRING_VALUE"},
    {"x: ${INT_VALUE}${INT_VALUE}", "int 11"},
    {"x: ${LIST_VALUE}", "str [a, b]"},
    {"x: ${_under1}", "str u"},
    {"x: |\n  ${STRING_VALUE}\n", "str value\n"},
    {"\"${STRING_VALUE}\": 1\nx: 2", "int 2"},
    {"x: {\"${STRING_VALUE}\": 1}", "map 1"},
};

/* The table of the specification (configuration/data-model, "Environment variable
 * substitution"), and what it leaves open. */
static void test_substitution(void **state) {
  (void)state;
  static const char *const variables[][2] = {
      {"STRING_VALUE", "value"},
      {"BOOL_VALUE", "true"},
      {"INT_VALUE", "1"},
      {"FLOAT_VALUE", "1.1"},
      {"HEX_VALUE", "0xdeadbeef"},
      {"INVALID_MAP_VALUE", "value\nkey:value"},
      {"DO_NOT_REPLACE_ME", "Never use this value"},
      {"REPLACE_ME", "${DO_NOT_REPLACE_ME}"},
      {"VALUE_WITH_ESCAPE", "value$$"},
      {"EMPTY_VALUE", ""},
      {"LIST_VALUE", "[a, b]"},
      {"_under1", "u"},
  };
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    setenv(variables[i][0], variables[i][1], 1);
  }
  unsetenv("UNDEFINED_KEY");
  for (size_t i = 0; i < sizeof substitution_cases / sizeof substitution_cases[0]; i++) {
    assert_value(substitution_cases[i].yaml, substitution_cases[i].value);
  }
  cspan_configuration *configuration = config_parse_body("${STRING_VALUE}: 1");
  assert_non_null(
      cspan_config_node_get(cspan_configuration_root(configuration), "${STRING_VALUE}"));
  cspan_configuration_free(configuration);
}

/* No partial results, and the value is not quoted: it may be a key. */
static void test_bad_references(void **state) {
  (void)state;
  static const char *const cases[] = {"x: ${STRING_VALUE:?error}",
                                      "x: ${1SECRET}",
                                      "x: ${API_$KEY}",
                                      "x: ${}",
                                      "x: ${env:}",
                                      "x: ${SECRET-x}",
                                      "x: \"ok ${ SECRET}\"",
                                      "x: ${SECRET:}",
                                      "x: ${fish:SECRET}",
                                      "x: ${s\xc3\xa4}"};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[128];
    snprintf(text, sizeof text, "file_format: \"1.0\"\n%s\n", cases[i]);
    const char *message = config_refused(text, strlen(text));
    config_assert_contains(message, "t:2:4: x: the value has a reference ${...} that is not");
    assert_null(strstr(message, "SECRET"));
  }
  setenv("NOT_UTF8", "\xff\xfe", 1);
  config_assert_contains(config_refused("x: ${NOT_UTF8}", 14), "x: the value is not UTF-8");
}

static void test_not_yaml(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    const char *message;
  } cases[] = {
      {"", "t: the file is empty"},
      {"# nothing\n", "t: the file is empty"},
      {"a: [1, 2\n", "t:2:1: not YAML: "},
      {"a: 1\n b: 2\n", "t:2:3: not YAML: "},
      {"a: \"x\n", "not YAML: "},
      {"a: 1\na: 2\n", "t:2:1: the key \"a\" stands twice in the same map"},
      {"a: {b: 1, b: 2}\n", "t:1:11: the key \"b\" stands twice"},
      {"? [a]\n: 1\n", "t:1:3: a key is a list or a map"},
      {"? {a: b}\n: 1\n", "a key is a list or a map"},
      {"? &k a\n: 1\n? *k\n: 2\n", "a key is an alias"},
      {"? \n: 1\n", "a key is empty"},
      {"a: *b\n", "t:1:4: an alias (*) has no anchor (&) before it"},
      {"a: &b [*b]\n", "t:1:8: an alias (*) stands inside of what it refers to"},
      {"a: &b {c: {d: *b}}\n", "an alias (*) stands inside of what it refers to"},
      {"a: 1\n---\nb: 2\n", "t:2:1: the file has a second document (---)"},
      {"a: !!int x\n", "t:1:4: a: the value has a tag that does not fit it"},
      {"a: !mine x\n", "the value has a tag that does not fit it"},
      {"a: !!timestamp 2001-01-01\n", "the value has a tag that does not fit it"},
      {"a: \"\\0\"\n", "t:1:4: a: the value is not UTF-8 or has a zero byte"},
      {"\"\\0\": 1\n", "a key is empty or has a zero byte"},
      {"a: \xff\n", "not YAML: "},
      {"a:\n  <<: 1\n", "the value of a merge key << is neither"},
      {"a:\n  <<: [1]\n", "the value of a merge key << is neither"},
      {"just text\n", "t:1:1: must be a map, but is text"},
      {"- 1\n", "t:1:1: must be a map, but is a list"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *message = config_refused(cases[i].yaml, strlen(cases[i].yaml));
    config_assert_contains(message, cases[i].message);
  }
  config_assert_contains(config_refused("a: b\0c: d\n", 10), "not YAML");
}

/* Aliases and merge keys: what stands elsewhere, at a place of its own. */
static void test_aliases(void **state) {
  (void)state;
  cspan_configuration *configuration = config_parse_body("base: &base {one: 1, two: 2}\n"
                                                         "more: &more {two: 22, three: 3}\n"
                                                         "x: *base\n"
                                                         "y: {<<: *base, two: 5}\n"
                                                         "z: {<<: [*base, *more]}\n"
                                                         "text: &text hello\n"
                                                         "again: [*text, *text]\n");
  static const struct {
    const char *path;
    int64_t value;
  } cases[] = {{"x.one", 1}, {"x.two", 2}, {"y.one", 1},   {"y.two", 5},
               {"z.one", 1}, {"z.two", 2}, {"z.three", 3}, {"base.two", 2}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t value = 0;
    assert_true(
        cspan_config_node_int64(cspan_configuration_find(configuration, cases[i].path), &value));
    assert_int_equal(value, cases[i].value);
  }
  assert_int_equal(cspan_config_node_count(cspan_configuration_find(configuration, "y")), 2);
  assert_null(cspan_configuration_find(configuration, "y.<<"));
  const char *text = "";
  assert_true(cspan_config_node_string(cspan_configuration_find(configuration, "again[1]"), &text));
  assert_string_equal(text, "hello");
  cspan_error *error = NULL;
  cspan_config_node_error(cspan_configuration_find(configuration, "x.two"), &error, "is odd");
  assert_string_equal(cspan_error_message(error), "t:2:27: x.two: is odd");
  cspan_error_free(error);
  cspan_configuration_free(configuration);
}

static char *repeat(const char *head, const char *part, size_t times, const char *tail) {
  size_t size = strlen(head) + strlen(part) * times + strlen(tail) + 1;
  char *text = malloc(size);
  assert_non_null(text);
  strcpy(text, head);
  char *at = text + strlen(head);
  for (size_t i = 0; i < times; i++) {
    memcpy(at, part, strlen(part));
    at += strlen(part);
  }
  strcpy(at, tail);
  return text;
}

static void assert_too_much(char *text, const char *message) {
  config_assert_contains(config_refused(text, strlen(text)), message);
  free(text);
}

static void test_caps(void **state) {
  (void)state;
  /* A billion laughs: nine levels of nine. */
  char laughs[2048] = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char level = 'b'; level <= 'j'; level++) {
    char line[128];
    char of = (char)(level - 1);
    snprintf(line, sizeof line, "%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", level,
             level, of, of, of, of, of, of, of, of, of);
    strcat(laughs, line);
  }
  config_assert_contains(config_refused(laughs, strlen(laughs)), "more than 20,000 values");
  assert_too_much(repeat("a: [", "x,", 20000, "]"), "more than 20,000 values");
  char *closing = repeat("", "]", 60, "");
  assert_too_much(repeat("a: ", "[", 60, closing), "nested more than 48 deep");
  free(closing);
  assert_too_much(repeat("# ", "long", 300000, "\na: 1\n"), "more than 1 MiB");
  assert_too_much(repeat("a: [", "&a x,", 1500, "]"), "more than 1,000 anchors");
  char *members = malloc(40000);
  assert_non_null(members);
  size_t at = 0;
  for (int i = 0; i < 1001; i++) {
    at += (size_t)snprintf(members + at, 40000 - at, "key%d: 1\n", i);
  }
  assert_too_much(members, "a map has more than 1,000 members");
  char *large = repeat("", "v", 100000, "");
  setenv("LARGE", large, 1);
  free(large);
  assert_too_much(repeat("a: \"", "${LARGE}", 20, "\"\n"), "a: the value has more than 1 MiB");
  unsetenv("LARGE");
}

static void test_nodes(void **state) {
  (void)state;
  cspan_configuration *configuration = config_parse_body("m: {a: 1, b: [x, 2.5], c: }\n");
  const cspan_config_node *map = cspan_configuration_find(configuration, "m");
  const char *key = "?";
  assert_int_equal(cspan_config_node_count(map), 3);
  assert_non_null(cspan_config_node_at(map, 1, &key));
  assert_string_equal(key, "b");
  assert_null(cspan_config_node_at(map, 3, &key));
  assert_null(key);
  const cspan_config_node *list = cspan_config_node_get(map, "b");
  assert_non_null(cspan_config_node_at(list, 0, &key));
  assert_null(key);
  double number = 0;
  assert_true(cspan_config_node_double(cspan_config_node_get(map, "a"), &number));
  assert_true(number == 1);
  int64_t whole = 7;
  assert_false(cspan_config_node_int64(cspan_config_node_at(list, 1, NULL), &whole));
  assert_int_equal(whole, 7);
  /* What is absent and what is empty are not the same. */
  assert_int_equal(cspan_config_node_type(cspan_config_node_get(map, "c")), CSPAN_CONFIG_NULL);
  assert_int_equal(cspan_config_node_type(cspan_config_node_get(map, "d")), CSPAN_CONFIG_ABSENT);
  static const char *const nowhere[] = {"m.d",   "m.b[2]", "m.b[x]", "m.b[0",
                                        "m.a.b", "m[0]",   "m..a",   "m.b[99999999999999999999]"};
  for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
    assert_null(cspan_configuration_find(configuration, nowhere[i]));
  }
  assert_ptr_equal(cspan_configuration_find(configuration, ""),
                   cspan_configuration_root(configuration));
  assert_null(cspan_configuration_find(NULL, "m"));
  assert_null(cspan_config_node_get(NULL, "m"));
  assert_int_equal(cspan_config_node_count(NULL), 0);
  cspan_configuration_free(configuration);
  cspan_configuration_free(NULL);
}

static void test_files(void **state) {
  (void)state;
  char path[] = "config-test-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  static const char good[] = "file_format: \"1.0\"\ndisabled: true\n";
  static const char text[] = "file_format: \"1.0\"\ndisabled: maybe\n";
  assert_int_equal(write(fd, good, sizeof good - 1), sizeof good - 1);
  cspan_configuration *configuration = NULL;
  cspan_error *error = NULL;
  bool disabled = false;
  assert_int_equal(cspan_configuration_parse_file(path, &configuration, &error), CSPAN_OK);
  assert_true(
      cspan_config_node_bool(cspan_configuration_find(configuration, "disabled"), &disabled));
  assert_true(disabled);
  cspan_configuration_free(configuration);
  configuration = NULL;
  assert_int_equal(ftruncate(fd, 0), 0);
  assert_int_equal(pwrite(fd, text, sizeof text - 1, 0), sizeof text - 1);
  close(fd);
  assert_int_equal(cspan_configuration_parse_file(path, &configuration, &error), CSPAN_ERR_CONFIG);
  config_assert_contains(cspan_error_message(error), path);
  config_assert_contains(cspan_error_message(error),
                         ":2:11: disabled: must be true or false, but is text");
  cspan_error_free(error);
  error = NULL;
  unlink(path);
  assert_int_equal(cspan_configuration_parse_file(path, &configuration, &error), CSPAN_ERR_IO);
  config_assert_contains(cspan_error_message(error), path);
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(cspan_configuration_parse_file("", &configuration, &error), CSPAN_ERR_INVALID);
  cspan_error_free(error);
  assert_null(configuration);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types),          cmocka_unit_test(test_substitution),
      cmocka_unit_test(test_bad_references), cmocka_unit_test(test_not_yaml),
      cmocka_unit_test(test_aliases),        cmocka_unit_test(test_caps),
      cmocka_unit_test(test_nodes),          cmocka_unit_test(test_files),
  };
  return cmocka_run_group_tests(tests, config_listen, NULL);
}
