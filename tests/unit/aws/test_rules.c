/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of endpoint rules: functions, templates, scopes, parameters, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules_fixture.h"

/* The text that a rule set ends in: a URL, or an error with "! " before it. */
static void resolve(const char *rules_text, const char *params_text, char *out, size_t capacity,
                    cspan_status *status) {
  cspan_buf bytes;
  cspan_buf partition_bytes;
  cspan_rules *rules = NULL;
  cspan_partitions *partitions = NULL;
  cspan_rules_endpoint endpoint;
  cspan_value params;
  cspan_error *error = NULL;
  cspan_arena *arena = cspan_arena_create(0);
  fixture_rules(rules_text, &bytes);
  fixture_partitions(&partition_bytes, &partitions);
  fixture_params(params_text, arena, &params);
  assert_int_equal(cspan_rules_open(bytes.data, bytes.len, &rules, &error), CSPAN_OK);
  *status = cspan_rules_resolve(rules, partitions, &params, arena, &endpoint, &error);
  snprintf(out, capacity, "%s%s", *status == CSPAN_OK ? "" : "! ",
           *status == CSPAN_OK ? endpoint.url : cspan_error_message(error));
  cspan_error_free(error);
  cspan_rules_free(rules);
  cspan_partitions_free(partitions);
  cspan_buf_free(&bytes);
  cspan_buf_free(&partition_bytes);
  cspan_arena_free(arena);
}

static void assert_resolves(const char *rules, const char *params, const char *expected) {
  char out[2048];
  cspan_status status;
  resolve(rules, params, out, sizeof out, &status);
  assert_string_equal(out, expected);
}

/* ----------------------------------------------------------------- functions */

/* An expression over a text S, a flag B and a list L; what it comes to is shown by a template,
 * "-" where it matches no condition. */
static void assert_comes_to(const char *expression, const char *params, const char *expected) {
  char rules[4096];
  snprintf(rules, sizeof rules,
           "{'version':'1.0','parameters':{'S':{'type':'String'},'B':{'type':'Boolean'},"
           "'L':{'type':'stringArray'}},'rules':["
           "{'type':'error','conditions':[%s,'assign':'x'}],'error':'<{x}>'},"
           "{'type':'error','conditions':[],'error':'-'}]}",
           expression);
  char with_mark[256];
  snprintf(with_mark, sizeof with_mark, "! %s", expected);
  assert_resolves(rules, params, with_mark);
}

typedef struct function_row {
  const char *expression; /* the closing brace is left out */
  const char *params;
  const char *expected;
} function_row;

#define S(text)     "{'S':'" text "'}"
#define CALL1(name) "{'fn':'" name "','argv':[{'ref':'S'}]"
#define OF_CALL(name, path)                                                                        \
  "{'fn':'getAttr','argv':[{'fn':'" name "','argv':[{'ref':'S'}]},'" path "']"
#define SUBSTRING(from, to, reverse)                                                               \
  "{'fn':'substring','argv':[{'ref':'S'}," from "," to "," reverse "]"
#define SPLIT(delimiter, limit, index)                                                             \
  "{'fn':'getAttr','argv':[{'fn':'split','argv':[{'ref':'S'},'" delimiter "'," limit "]},'[" index \
  "]']"
#define LABEL(dots)  "{'fn':'isValidHostLabel','argv':[{'ref':'S'}," dots "]"
#define BUCKET(dots) "{'fn':'aws.isVirtualHostableS3Bucket','argv':[{'ref':'S'}," dots "]"
#define X63          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const function_row function_rows[] = {
    {CALL1("isSet"), S(""), "<true>"},
    {CALL1("isSet"), "{}", "-"},
    {CALL1("isSet"), "{'S':null}", "-"},
    {"{'fn':'not','argv':[{'fn':'isSet','argv':[{'ref':'S'}]}]", "{}", "<true>"},
    {"{'fn':'not','argv':[{'ref':'B'}]", "{'B':true}", "-"},
    {"{'fn':'not','argv':[{'ref':'B'}]", "{'B':false}", "<true>"},
    {"{'fn':'booleanEquals','argv':[{'ref':'B'},false]", "{'B':false}", "<true>"},
    {"{'fn':'booleanEquals','argv':[{'ref':'B'},true]", "{'B':false}", "-"},
    {"{'fn':'booleanEquals','argv':[{'ref':'B'},false]", "{}", "-"},
    {"{'fn':'stringEquals','argv':['{S}','a']", S("a"), "<true>"},
    {"{'fn':'stringEquals','argv':[{'ref':'S'},'a']", S("ab"), "-"},
    {"{'fn':'stringEquals','argv':[{'ref':'S'},'a']", "{}", "-"},
    {"{'fn':'stringEquals','argv':[{'ref':'B'},'true']", "{'B':true}", "-"},
    {SUBSTRING("0", "2", "false"), S("abc"), "<ab>"},
    {SUBSTRING("1", "3", "true"), S("abcd"), "<bc>"},
    {SUBSTRING("0", "4", "false"), S("abc"), "-"},
    {SUBSTRING("2", "2", "false"), S("abc"), "-"},
    {SUBSTRING("-1", "2", "false"), S("abc"), "-"},
    {SUBSTRING("0", "1", "false"), S("a\xc3\xa9"), "-"},
    {CALL1("uriEncode"), S("a/b c\xc3\xa9~"), "<a%2Fb%20c%C3%A9~>"},
    {CALL1("uriEncode"), S(""), "<>"},
    {CALL1("uriEncode"), "{}", "-"},
    {SPLIT("--", "0", "0"), S("a--b--c"), "<a>"},
    {SPLIT("--", "0", "-1"), S("a--b--c"), "<c>"},
    {SPLIT("--", "2", "1"), S("a--b--c"), "<b--c>"},
    {SPLIT("--", "1", "0"), S("a--b--c"), "<a--b--c>"},
    {SPLIT("--", "0", "0"), S(""), "<>"},
    {SPLIT("--", "0", "2"), S("----"), "<>"},
    {SPLIT("--", "0", "3"), S("----"), "-"},
    {SPLIT("--", "0", "-4"), S("----"), "-"},
    {SPLIT("x", "0", "0"), S("abc"), "<abc>"},
    {SPLIT("", "0", "0"), S("abc"), "-"},
    {SPLIT("-", "-1", "0"), S("abc"), "-"},
    {"{'fn':'coalesce','argv':[{'ref':'S'},'other']", "{}", "<other>"},
    {"{'fn':'coalesce','argv':[{'ref':'S'},'other']", S("own"), "<own>"},
    {"{'fn':'coalesce','argv':[{'ref':'S'},{'ref':'B'},{'ref':'S'}]", "{}", "-"},
    {"{'fn':'coalesce','argv':[{'ref':'B'},true]", "{'B':false}", "-"},
    {"{'fn':'ite','argv':[{'ref':'B'},'yes','no']", "{'B':true}", "<yes>"},
    {"{'fn':'ite','argv':[{'ref':'B'},'yes','no']", "{'B':false}", "<no>"},
    {"{'fn':'ite','argv':[{'ref':'B'},'yes','no']", "{}", "-"},
    {"{'fn':'getAttr','argv':[{'ref':'L'},'[1]']", "{'L':['a','b']}", "<b>"},
    {"{'fn':'getAttr','argv':[{'ref':'L'},'[2]']", "{'L':['a','b']}", "-"},
    {"{'fn':'getAttr','argv':[{'ref':'L'},'[0]']", "{}", "-"},
    {OF_CALL("parseURL", "scheme"), S("https://a.example"), "<https>"},
    {OF_CALL("parseURL", "authority"), S("http://a.example:81/x/y"), "<a.example:81>"},
    {OF_CALL("parseURL", "authority"), S("http://me:secret@a.example/"), "<a.example>"},
    {OF_CALL("parseURL", "path"), S("http://a.example:81/x/y"), "</x/y>"},
    {OF_CALL("parseURL", "path"), S("http://a.example"), "<>"},
    {OF_CALL("parseURL", "normalizedPath"), S("http://a.example"), "</>"},
    {OF_CALL("parseURL", "normalizedPath"), S("http://a.example/x"), "</x/>"},
    {OF_CALL("parseURL", "normalizedPath"), S("http://a.example/x/"), "</x/>"},
    {OF_CALL("parseURL", "isIp"), S("http://127.0.0.1:80"), "<true>"},
    {OF_CALL("parseURL", "isIp"), S("http://[::1]:80"), "<true>"},
    {OF_CALL("parseURL", "isIp"), S("http://[::1"), "-"},
    {OF_CALL("parseURL", "isIp"), S("http://127.0.0.1.example"), "-"},
    {OF_CALL("parseURL", "nothing"), S("http://a.example"), "-"},
    {OF_CALL("parseURL", "scheme.of"), S("http://a.example"), "-"},
    {OF_CALL("parseURL", "scheme"), S("ftp://a.example"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http:/a.example"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://:80"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://a?"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://a#b"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://a:65536"), "-"},
    {OF_CALL("parseURL", "scheme"), S("http://a:x"), "-"},
    {OF_CALL("parseURL", "scheme"), S(""), "-"},
    {OF_CALL("aws.parseArn", "partition"), S("arn:p:s:r:a:t/i:v"), "<p>"},
    {OF_CALL("aws.parseArn", "accountId"), S("arn:p:s:r:a:t/i:v"), "<a>"},
    {OF_CALL("aws.parseArn", "resourceId[0]"), S("arn:p:s:r:a:t/i:v"), "<t>"},
    {OF_CALL("aws.parseArn", "resourceId[2]"), S("arn:p:s:r:a:t/i:v"), "<v>"},
    {OF_CALL("aws.parseArn", "resourceId[3]"), S("arn:p:s:r:a:t/i:v"), "-"},
    {OF_CALL("aws.parseArn", "region"), S("arn:p:s:::i"), "<>"},
    {OF_CALL("aws.parseArn", "resourceId[1]"), S("arn:p:s:::i:"), "<>"},
    {OF_CALL("aws.parseArn", "service"), S("arn:p:s:r:a:"), "-"},
    {OF_CALL("aws.parseArn", "service"), S("arn::s:r:a:i"), "-"},
    {OF_CALL("aws.parseArn", "service"), S("arn:p::r:a:i"), "-"},
    {OF_CALL("aws.parseArn", "service"), S("arm:p:s:r:a:i"), "-"},
    {OF_CALL("aws.parseArn", "service"), S("arn:p:s:r:a"), "-"},
    {OF_CALL("aws.partition", "name"), S("us-east-1"), "<aws>"},
    {OF_CALL("aws.partition", "name"), S("eu-new-77"), "<aws>"},
    {OF_CALL("aws.partition", "name"), S("cn-new-7"), "<aws-cn>"},
    {OF_CALL("aws.partition", "dnsSuffix"), S("mars"), "<amazonaws.com>"},
    {OF_CALL("aws.partition", "supportsFIPS"), S("cn-north-1"), "-"},
    {CALL1("aws.partition"), "{}", "-"},
    {CALL1("isValidHostLabel"), S("a-1"), "<true>"},
    {LABEL("false"), S("a.b"), "-"},
    {LABEL("true"), S("a.B"), "<true>"},
    {LABEL("true"), S("a..b"), "-"},
    {LABEL("true"), S("a."), "-"},
    {LABEL("true"), S("-a"), "-"},
    {LABEL("true"), S("a-.b"), "-"},
    {LABEL("false"), S("a_b"), "-"},
    {LABEL("false"), S(X63), "<true>"},
    {LABEL("false"), S(X63 "x"), "-"},
    {BUCKET("false"), S("a-b"), "<true>"},
    {BUCKET("false"), S("a--b--x-s3"), "<true>"},
    {BUCKET("false"), S("a.b"), "-"},
    {BUCKET("true"), S("a.b"), "<true>"},
    {BUCKET("true"), S("A.b"), "-"},
    {BUCKET("true"), S("a.-b"), "-"},
    {BUCKET("true"), S("10.0.0.1"), "-"},
    {BUCKET("true"), S("ab"), "-"},
    {BUCKET("true"), S(X63), "<true>"},
    {BUCKET("true"), S("a." X63), "-"},
};

static void functions_do_what_they_say(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof function_rows / sizeof function_rows[0]; i++) {
    const function_row *row = &function_rows[i];
    assert_comes_to(row->expression, row->params, row->expected);
  }
}

/* --------------------------------------------------------------------- rules */

#define ONE_TEXT                "'version':'1.0','parameters':{'S':{'type':'string'}}"
#define ERROR(conditions, text) "{'type':'error','conditions':[" conditions "],'error':" text "}"
#define S_IS(text)              "{'fn':'stringEquals','argv':[{'ref':'S'},'" text "']}"

static void rules_are_tried_in_order(void **state) {
  (void)state;
  static const char rules
      [] = "{" ONE_TEXT ",'rules':[" ERROR(S_IS("a"), "'first'") "," ERROR(S_IS("a"), "'second'") ",{'type':'tree','conditions':[" S_IS(
          "b") "],'rules':[" ERROR(S_IS("a"),
                                   "'inner'") "]}," ERROR(S_IS("b"),
                                                          "'never'") "," ERROR(S_IS("c"),
                                                                               "{'ref':'S'}") "]}";
  assert_resolves(rules, S("a"), "! first");
  assert_resolves(rules, S("c"), "! c");
  /* a tree whose conditions are met is all that is left */
  assert_resolves(rules, S("b"), "! the endpoint rules have no endpoint for these parameters");
  assert_resolves(rules, S("d"), "! the endpoint rules have no endpoint for these parameters");
}

static void variables_live_in_their_rule(void **state) {
  (void)state;
#define ASSIGN(name, value) "{'fn':'coalesce','argv':['" value "','z'],'assign':'" name "'}"
  static const char rules[] =
      "{" ONE_TEXT ",'rules':[{'type':'tree','conditions':[" ASSIGN("v", "one") "," S_IS(
          "a") "],'rules':[" ERROR(ASSIGN("w", "{v}-two"),
                                   "'{v} {w}'") "]}," ERROR(ASSIGN("v", "three"), "'{v}'") "]}";
  assert_resolves(rules, S("a"), "! one one-two");
  assert_resolves(rules, S("b"), "! three");
}

static void templates_are_filled_in(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *expected;
  } rows[] = {
      {"'{S}'", "! s"},    {"'a{S}b{S}'", "! asbs"}, {"'{{S}} {{{S}}}'", "! {S} {s}"},
      {"'a}}b'", "! a}b"}, {"'a}b'", "! a}b"},       {"''", "! "},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char rules[512];
    snprintf(rules, sizeof rules,
             "{" ONE_TEXT ",'rules':[{'type':'error','conditions':[],'error':%s}]}", rows[i].text);
    assert_resolves(rules, S("s"), rows[i].expected);
  }
}

static void parameters_have_types_and_defaults(void **state) {
  (void)state;
  static const char rules[] =
      "{'version':'1.0','parameters':{"
      "'Given':{'type':'String','required':true,'default':'d','builtIn':'AWS::Region'},"
      "'Flag':{'type':'Boolean','required':true,'default':true},"
      "'List':{'type':'stringArray','required':true,'default':['l']},"
      "'Must':{'type':'String','required':true},'Old':{'type':'string','deprecated':{}}},"
      "'rules':[{'type':'endpoint','conditions':[{'fn':'getAttr','argv':[{'ref':'List'},'[0]'],"
      "'assign':'first'}],'endpoint':{'url':'https://{Given}.{Flag}.{first}.{Must}'}}]}";
  assert_resolves(rules, "{'Must':'m'}", "https://d.true.l.m");
  assert_resolves(rules, "{'Must':'m','Given':'g','Flag':false,'List':['x'],'Unknown':1}",
                  "https://g.false.x.m");
  assert_resolves(rules, "{}", "! the endpoint parameter Must is required and not set");
  assert_resolves(rules, "{'Must':1}", "! the endpoint parameter Must must be a string");
  assert_resolves(rules, "{'Must':'m','Flag':'true'}",
                  "! the endpoint parameter Flag must be a boolean");
  assert_resolves(rules, "{'Must':'m','List':'l'}",
                  "! the endpoint parameter List must be a list of strings");
}

static void lists_its_parameters(void **state) {
  (void)state;
  cspan_buf bytes;
  cspan_rules *rules = NULL;
  cspan_rules_param param;
  fixture_rules("{'parameters':{'A':{'type':'string','required':true,'builtIn':'AWS::Region'},"
                "'B':{'type':'stringArray'}},'rules':[" ERROR("", "'{A}'") "]}",
                &bytes);
  assert_int_equal(cspan_rules_open(bytes.data, bytes.len, &rules, NULL), CSPAN_OK);
  assert_true(cspan_rules_param_at(rules, 0, &param));
  assert_string_equal(param.name, "A");
  assert_string_equal(param.builtin, "AWS::Region");
  assert_int_equal(param.type, CSPAN_RULES_STRING);
  assert_true(param.required && param.used);
  assert_true(cspan_rules_param_at(rules, 1, &param));
  assert_string_equal(param.builtin, "");
  assert_int_equal(param.type, CSPAN_RULES_STRING_ARRAY);
  assert_false(param.required || param.used);
  assert_false(cspan_rules_param_at(rules, 2, &param));
  cspan_rules_free(rules);
  cspan_buf_free(&bytes);
}

/* Values of the result do not refer to the parameters, nor to the rules. */
static void the_result_stands_by_itself(void **state) {
  (void)state;
  cspan_buf bytes;
  cspan_rules *rules = NULL;
  cspan_rules_endpoint out;
  cspan_value expected;
  cspan_arena *arena = cspan_arena_create(0);
  char text[] = "value";
  cspan_value params = CSPAN_MAP(cspan_field("S", cspan_string_of(text, 5)));
  fixture_rules("{" ONE_TEXT ",'rules':[{'type':'endpoint','conditions':[],'endpoint':{"
                "'url':{'ref':'S'},'headers':{'h':[{'ref':'S'},'{S}!']},"
                "'properties':{'p':[{'deep':'{S}','n':1,'b':true,'ref':'S'}]}}}]}",
                &bytes);
  assert_int_equal(cspan_rules_open(bytes.data, bytes.len, &rules, NULL), CSPAN_OK);
  assert_int_equal(cspan_rules_resolve(rules, NULL, &params, arena, &out, NULL), CSPAN_OK);
  cspan_rules_free(rules);
  memset(bytes.data, 0xee, bytes.len);
  cspan_buf_free(&bytes);
  memset(text, 'x', 5);
  assert_string_equal(out.url, "value");
  fixture_params("{'h':['value','value!']}", arena, &expected);
  assert_true(cspan_value_equals(&out.headers, &expected));
  fixture_params("{'p':[{'deep':'value','n':1,'b':true,'ref':'S'}]}", arena, &expected);
  assert_true(cspan_value_equals(&out.properties, &expected));
  cspan_arena_free(arena);
}

/* Each variable is twice as long as the one before. */
static void growth_ends(void **state) {
  (void)state;
  cspan_buf rules;
  cspan_buf_init(&rules, RULES_FIXTURE_MAX);
  cspan_buf_str(&rules, "{" ONE_TEXT ",'rules':[{'type':'error','error':'{v40}','conditions':["
                        "{'fn':'coalesce','argv':['{S}','x'],'assign':'v0'}");
  for (int i = 1; i <= 40; i++) {
    cspan_buf_printf(&rules, ",{'fn':'coalesce','argv':['{v%d}{v%d}','x'],'assign':'v%d'}", i - 1,
                     i - 1, i);
  }
  cspan_buf_str(&rules, "]}]}");
  char out[256];
  cspan_status status;
  resolve(rules.data, S("s"), out, sizeof out, &status);
  assert_int_equal(status, CSPAN_ERR_LIMIT);
  assert_string_equal(out, "! the endpoint rules take too long or too much");
  cspan_buf_free(&rules);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_do_what_they_say),
      cmocka_unit_test(rules_are_tried_in_order),
      cmocka_unit_test(variables_live_in_their_rule),
      cmocka_unit_test(templates_are_filled_in),
      cmocka_unit_test(parameters_have_types_and_defaults),
      cmocka_unit_test(lists_its_parameters),
      cmocka_unit_test(the_result_stands_by_itself),
      cmocka_unit_test(growth_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
