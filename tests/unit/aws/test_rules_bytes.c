/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler of rule sets and partitions refuses, and that damaged bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/rules/code.h"
#include "aws/rules/region_pattern.h"
#include "rules_fixture.h"

#define RULE(conditions, rest) "{'conditions':[" conditions "]," rest "}"
#define ONE(rule)              "{'parameters':{'S':{'type':'string'}},'rules':[" rule "]}"
#define FAULT(text)            "the endpoint rules cannot be used: " text

static const struct {
  const char *json;
  const char *message;
} wrong_rules[] = {
    {"{", "the endpoint rules are no JSON: line 1, column 2"},
    {"[]", "the endpoint rules are no JSON map"},
    {"{}", FAULT("there is no endpoint, error or list of rules where one should be")},
    {"{'parameters':[],'rules':[]}", FAULT("\"parameters\" is no map")},
    {"{'parameters':{'P':{'type':'int'}},'rules':[]}",
     FAULT("the parameter \"P\" is of no known type")},
    {"{'parameters':{'P':{}},'rules':[]}", FAULT("the parameter \"P\" is of no known type")},
    {"{'parameters':{'P':{'type':'string','default':true}},'rules':[]}",
     FAULT("the default of the parameter \"P\" is of another type")},
    {"{'parameters':{'P':{'type':'stringArray','default':[1]}},'rules':[]}",
     FAULT("the default of the parameter \"P\" is of another type")},
    {ONE("1"), FAULT("a rule has no list of conditions")},
    {ONE("{'conditions':{},'error':'x'}"), FAULT("a rule has no list of conditions")},
    {ONE(RULE("1", "'error':'x'")),
     FAULT("there is a map where a function or a reference is expected")},
    {ONE(RULE("{'fn':'sqrt','argv':[1]}", "'error':'x'")),
     FAULT("there is a function that this version does not know: \"sqrt\"")},
    {ONE(RULE("{'fn':'isSet','argv':[]}", "'error':'x'")),
     FAULT("isSet is called with 0 arguments")},
    {ONE(RULE("{'fn':'isSet','argv':[null]}", "'error':'x'")),
     FAULT("there is a value that is no text, boolean, number, list or map")},
    {ONE(RULE("{'fn':'isSet','argv':[5000000000]}", "'error':'x'")),
     FAULT("a number is too large")},
    {ONE(RULE("{'fn':'getAttr','argv':['a']}", "'error':'x'")),
     FAULT("getAttr takes a value and a path")},
    {ONE(RULE("{'fn':'getAttr','argv':[{'ref':'S'},'a[']}", "'error':'x'")),
     FAULT("\"a[\" is no path of an attribute")},
    {ONE(RULE("{'fn':'getAttr','argv':[{'ref':'S'},'a[x]']}", "'error':'x'")),
     FAULT("\"a[x]\" is no path of an attribute")},
    {ONE(RULE("{'fn':'getAttr','argv':[{'ref':'S'},'a..b']}", "'error':'x'")),
     FAULT("\"a..b\" is no path of an attribute")},
    {ONE(RULE("{'fn':'getAttr','argv':[{'ref':'S'},'']}", "'error':'x'")),
     FAULT("\"\" is no path of an attribute")},
    {ONE(RULE("", "'error':{'ref':'T'}")),
     FAULT("\"T\" is no parameter or variable that is known here")},
    {ONE(RULE("", "'error':'{T}'")), FAULT("\"T\" is no parameter or variable that is known here")},
    {ONE(RULE("", "'error':'a{S'")), FAULT("\"a{S\" has a brace that is not closed")},
    {ONE(RULE("", "'endpoint':{}")), FAULT("there is a rule without a URL")},
    {ONE(RULE("", "'endpoint':{'url':'u','headers':{'h':'v'}}")),
     FAULT("the header \"h\" is no list")},
    /* assigned in a rule before: out of scope by now */
    {ONE(RULE("{'fn':'isSet','argv':['x'],'assign':'v'}", "'error':'x'") "," RULE("",
                                                                                  "'error':'{v}'")),
     FAULT("\"v\" is no parameter or variable that is known here")},
    {ONE(RULE("{'fn':'isSet','argv':['x'],'assign':'S'}", "'error':'x'")),
     FAULT("\"S\" is assigned where it already has a value")},
};

static void wrong_rules_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong_rules / sizeof wrong_rules[0]; i++) {
    cspan_buf json;
    cspan_buf out;
    cspan_error *error = NULL;
    cspan_buf_init(&out, RULES_FIXTURE_MAX);
    assert_int_equal(cspan_rules_compile(fixture_json(wrong_rules[i].json, &json), &out, &error),
                     CSPAN_ERR_INVALID);
    /* what is wrong with JSON is said by the parser of JSON */
    if (strncmp(cspan_error_message(error), wrong_rules[i].message,
                strlen(wrong_rules[i].message)) != 0) {
      fail_msg("%s: expected \"%s\", got \"%s\"", wrong_rules[i].json, wrong_rules[i].message,
               cspan_error_message(error));
    }
    assert_int_equal(out.len, 0);
    cspan_error_free(error);
    cspan_buf_free(&json);
    cspan_buf_free(&out);
  }
}

static void deep_rules_are_refused(void **state) {
  (void)state;
  cspan_buf json;
  cspan_buf out;
  cspan_error *error = NULL;
  cspan_buf_init(&json, RULES_FIXTURE_MAX);
  cspan_buf_init(&out, RULES_FIXTURE_MAX);
  cspan_buf_str(&json, "{\"rules\":");
  for (int i = 0; i < 200; i++) {
    cspan_buf_str(&json, "[{\"conditions\":[],\"rules\":");
  }
  cspan_buf_str(&json, "[]");
  for (int i = 0; i < 200; i++) {
    cspan_buf_str(&json, "}]");
  }
  cspan_buf_str(&json, "}");
  assert_int_equal(cspan_rules_compile((cspan_str){json.data, json.len}, &out, &error),
                   CSPAN_ERR_INVALID);
  assert_string_equal(cspan_error_message(error), FAULT("the rules are nested too deeply"));
  cspan_error_free(error);
  cspan_buf_free(&json);
  cspan_buf_free(&out);
}

static void wrong_partitions_are_refused(void **state) {
  (void)state;
  static const char *const rows[] = {
      "{}",
      "{'partitions':[]}",
      "{'partitions':[{}]}",
      "{'partitions':[{'id':'a','regionRegex':'^a$','regions':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'^a$','regions':[],'outputs':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'^[a-z]+$','regions':{},'outputs':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'^(a','regions':{},'outputs':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'a$b','regions':{},'outputs':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'a\\\\','regions':{},'outputs':{}}]}",
      "{'partitions':[{'id':'a','regionRegex':'+','regions':{},'outputs':{}}]}",
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_buf json;
    cspan_buf out;
    cspan_buf_init(&out, RULES_FIXTURE_MAX);
    assert_int_equal(cspan_partitions_compile(fixture_json(rows[i], &json), &out, NULL),
                     CSPAN_ERR_INVALID);
    cspan_buf_free(&json);
    cspan_buf_free(&out);
  }
}

static void partitions_are_found_by_region(void **state) {
  (void)state;
  cspan_buf bytes;
  cspan_partitions *partitions = NULL;
  fixture_partitions(&bytes, &partitions);
  assert_string_equal(cspan_partitions_name(partitions, "aws-global"), "aws");
  assert_string_equal(cspan_partitions_name(partitions, "cn-north-1"), "aws-cn");
  assert_string_equal(cspan_partitions_name(partitions, "cn-south_x-12"), "aws-cn");
  assert_string_equal(cspan_partitions_name(partitions, "cn-south-1x"), "aws");
  assert_string_equal(cspan_partitions_name(partitions, "xcn-south-1"), "aws");
  assert_string_equal(cspan_partitions_name(partitions, ""), "aws");
  assert_string_equal(cspan_partitions_name(partitions, NULL), "aws");
  assert_string_equal(cspan_partitions_name(NULL, "cn-north-1"), "aws");
  cspan_partitions_free(partitions);
  cspan_buf_free(&bytes);
}

static void patterns_match_from_the_beginning(void **state) {
  (void)state;
  static const struct {
    const char *pattern;
    const char *text;
    bool matches;
  } rows[] = {
      {"^(us|eu)\\-\\w+\\-\\d+$", "eu-west-12", true},
      {"^(us|eu)\\-\\w+\\-\\d+$", "eu-west-1a", false},
      {"^(us|eu)\\-\\w+\\-\\d+$", "ap-west-1", false},
      {"^(us|eu)\\-\\w+\\-\\d+$", "us-gov-west-1", false},
      {"^(us|eu)\\-\\w+\\-\\d+$", "us--1", false},
      {"^(a|ab)c$", "abc", true}, /* the second alternative */
      {"^(a|)c$", "c", true},
      {"^(a\\|b)c$", "a|bc", true},
      {"^\\w+1$", "ab11", true}, /* gives back what it took */
      {"^ab?c*$", "a", true},
      {"^ab?c*$", "abccc", true},
      {"^ab?c*$", "abbc", false},
      {"ab", "abc", true}, /* without an end */
      {"ab", "xab", false},
      {"^$", "", true},
      {"^$", "a", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_str pattern = cspan_str_of(rows[i].pattern);
    assert_true(cspan_region_pattern_check(pattern));
    assert_int_equal(cspan_region_pattern_matches(pattern, cspan_str_of(rows[i].text)),
                     rows[i].matches);
  }
}

static const char sample[] =
    "{'parameters':{'S':{'type':'string','required':true,'default':'d','builtIn':'b'}},'rules':["
    "{'type':'tree','conditions':[{'fn':'aws.parseArn','argv':['{S}'],'assign':'arn'}],'rules':["
    "{'type':'error','conditions':[],'error':'{arn#resourceId[1]}'}]},"
    "{'type':'endpoint','conditions':[{'fn':'substring','argv':[{'ref':'S'},0,1,false]}],"
    "'endpoint':{'url':'https://{S}','headers':{'h':['v']},'properties':{'p':{'q':[1]}}}}]}";

typedef cspan_status open_fn(const void *data, size_t size);

static cspan_status open_rules(const void *data, size_t size) {
  cspan_rules *rules = NULL;
  cspan_rules_endpoint out;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status = cspan_rules_open(data, size, &rules, NULL);
  if (status == CSPAN_OK) { /* what was let in can be walked */
    cspan_value params = CSPAN_MAP(cspan_field("S", cspan_string("arn:p:s:r:a:i/j")));
    (void)cspan_rules_resolve(rules, NULL, &params, arena, &out, NULL);
  } else {
    assert_null(rules);
    assert_int_equal(status, CSPAN_ERR_INVALID);
  }
  cspan_rules_free(rules);
  cspan_arena_free(arena);
  return status;
}

static cspan_status open_partitions(const void *data, size_t size) {
  cspan_partitions *partitions = NULL;
  cspan_status status = cspan_partitions_open(data, size, &partitions, NULL);
  if (status == CSPAN_OK) {
    assert_non_null(cspan_partitions_name(partitions, "us-east-1"));
  } else {
    assert_null(partitions);
    assert_int_equal(status, CSPAN_ERR_INVALID);
  }
  cspan_partitions_free(partitions);
  return status;
}

/* Every word in turn becomes something else. Memory is exactly as long as the data, so that a
 * sanitizer sees what reads past its end. */
static void damage(const cspan_buf *bytes, open_fn *open) {
  static const uint32_t wrong[] = {0, 1, 0xff, 0xffffff01, 0xffffffff, 0x80000000, 0x00010009};
  size_t header = sizeof(cspan_rules_header) / sizeof(uint32_t);
  size_t words = bytes->len / sizeof(uint32_t);
  uint32_t *copy = malloc(bytes->len);
  assert_non_null(copy);
  memcpy(copy, bytes->data, bytes->len);
  assert_int_equal(open(copy, bytes->len), CSPAN_OK);
  for (size_t i = 0; i < words; i++) {
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
      uint32_t was = copy[i];
      copy[i] = wrong[k];
      cspan_status status = open(copy, bytes->len);
      if (i < 5 && was != wrong[k]) { /* magic, version and sizes */
        assert_int_equal(status, CSPAN_ERR_INVALID);
      }
      copy[i] = was;
    }
  }
  assert_true(words > header);
  for (size_t size = 0; size < bytes->len; size++) {
    assert_int_equal(open(copy, size), CSPAN_ERR_INVALID);
  }
  free(copy);
}

static void damaged_bytes_are_refused(void **state) {
  (void)state;
  cspan_buf bytes;
  cspan_partitions *partitions = NULL;
  fixture_rules(sample, &bytes);
  damage(&bytes, open_rules);
  assert_int_equal(open_partitions(bytes.data, bytes.len), CSPAN_ERR_INVALID);
  cspan_buf_free(&bytes);
  fixture_partitions(&bytes, &partitions);
  damage(&bytes, open_partitions);
  assert_int_equal(open_rules(bytes.data, bytes.len), CSPAN_ERR_INVALID);
  cspan_partitions_free(partitions);
  cspan_buf_free(&bytes);
}

static void equal_parts_are_written_once(void **state) {
  (void)state;
  cspan_buf once;
  cspan_buf often;
#define BLOCK                                                                                      \
  "{'type':'tree','conditions':[{'fn':'isSet','argv':[{'ref':'S'}]}],'rules':["                    \
  "{'type':'error','conditions':[],'error':'a text that is long enough'}]}"
  fixture_rules(ONE(BLOCK), &once);
  fixture_rules(ONE(BLOCK "," BLOCK "," BLOCK "," BLOCK), &often);
  assert_int_equal(often.len - once.len, 3 * sizeof(uint32_t));
  cspan_buf_free(&once);
  cspan_buf_free(&often);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_rules_are_refused),
      cmocka_unit_test(deep_rules_are_refused),
      cmocka_unit_test(wrong_partitions_are_refused),
      cmocka_unit_test(partitions_are_found_by_region),
      cmocka_unit_test(patterns_match_from_the_beginning),
      cmocka_unit_test(damaged_bytes_are_refused),
      cmocka_unit_test(equal_parts_are_written_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
