/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: each rule of the specification and each function, by tables of expressions. Quotes in
 * a document are written as ' here, those of the expression and the result as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/jmespath_tree.h"

typedef struct search_case {
  const char *expression;
  const char *result;
} search_case;

static cspan_document *document_of(const char *text) {
  cspan_document *document = NULL;
  char *json = cspan_strdup(text);
  assert_non_null(json);
  for (char *at = json; *at; at++) {
    *at = *at == '\'' ? '"' : *at;
  }
  assert_int_equal(cspan_document_parse_json(json, strlen(json), &document, NULL), CSPAN_OK);
  cspan_free(json);
  return document;
}

static void check_one(const cspan_value *value, const search_case *test) {
  cspan_document *found = NULL;
  cspan_error *error = NULL;
  char *json = NULL;
  if (cspan_value_search(value, test->expression, &found, &error) != CSPAN_OK) {
    fail_msg("%s: %s", test->expression, cspan_error_message(error));
  }
  assert_int_equal(cspan_value_to_json(cspan_document_value(found), 0, &json, NULL, NULL),
                   CSPAN_OK);
  if (strcmp(json, test->result) != 0) {
    fail_msg("%s: %s instead of %s", test->expression, json, test->result);
  }
  cspan_free(json);
  cspan_document_free(found);
}

static void check(const char *json, const search_case *cases, size_t count) {
  cspan_document *document = document_of(json);
  for (size_t i = 0; i < count; i++) {
    check_one(cspan_document_value(document), &cases[i]);
  }
  cspan_document_free(document);
}

#define CHECK(json, cases) check(json, cases, sizeof(cases) / sizeof(cases)[0])

/* ------------------------------------------------------------------ names and indexes */

static void test_names(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"a", "{\"b\":{\"c\":1}}"},
      {"a.b.c", "1"},
      {" a . b\n.\tc ", "1"},
      {"missing", "null"},
      {"a.missing.c", "null"},
      {"n.b", "null"},
      {"n", "null"},
      {"_x1", "true"},
      {"\"with space\"", "2"},
      {"\"quote\\\"d\"", "3"},
      {"\"\\u00e9\"", "4"},
      {"a.\"b\"", "{\"c\":1}"},
      {"\"\"", "5"},
      {"@", "{\"a\":{\"b\":{\"c\":1}},\"n\":null,\"_x1\":true,\"with space\":2,\"quote\\\"d\":3,"
            "\"\xc3\xa9\":4,\"\":5}"},
      {"@.a.b", "{\"c\":1}"},
      {"(a).b", "{\"c\":1}"},
      {"(a.b).c", "1"},
  };
  CHECK(
      "{'a':{'b':{'c':1}},'n':null,'_x1':true,'with space':2,'quote\\u0022d':3,'\xc3\xa9':4,'':5}",
      cases);
}

static void test_indexes(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"l[0]", "\"a\""},
      {"l[2]", "\"c\""},
      {"l[3]", "null"},
      {"l[-1]", "\"c\""},
      {"l[-3]", "\"a\""},
      {"l[-4]", "null"},
      {"l[ 1 ]", "\"b\""},
      {"m[0]", "null"},
      {"missing[0]", "null"},
      {"n[1][0]", "3"},
      {"n[0][1]", "2"},
      {"n[5][0]", "null"},
      {"l[9007199254740991]", "null"},
      {"o[0].x", "7"},
      {"o[-1].x[0]", "null"},
  };
  static const search_case at_root[] = {{"[1]", "2"}, {"[-1]", "[3]"}, {"[2][0]", "3"}};
  CHECK("{'l':['a','b','c'],'m':{'0':1},'n':[[1,2],[3]],'o':[{'x':7}]}", cases);
  CHECK("[1,2,[3]]", at_root);
}

static void test_slices(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"[0:3]", "[0,1,2]"},      {"[:2]", "[0,1]"},
      {"[3:]", "[3,4,5]"},       {"[:]", "[0,1,2,3,4,5]"},
      {"[::]", "[0,1,2,3,4,5]"}, {"[-2:]", "[4,5]"},
      {"[:-4]", "[0,1]"},        {"[::2]", "[0,2,4]"},
      {"[1::2]", "[1,3,5]"},     {"[::-1]", "[5,4,3,2,1,0]"},
      {"[4:1:-1]", "[4,3,2]"},   {"[10:0:-2]", "[5,3,1]"},
      {"[1:-10:-1]", "[1,0]"},   {"[-10:2]", "[0,1]"},
      {"[4:100]", "[4,5]"},      {"[100:]", "[]"},
      {"[3:1]", "[]"},           {"[2:4][0]", "[]"},
      {"[2:4] | [0]", "2"},      {"[::9007199254740991]", "[0]"},
      {"@[1:3]", "[1,2]"},
  };
  static const search_case projected[] = {
      {"l[:2].x", "[1,2]"},
      {"l[1:].x", "[2]"},
      {"s[0:1]", "null"},
      {"m[0:1]", "null"},
      {"l[:1].{y: x}", "[{\"y\":1}]"},
      {"e[:]", "[]"},
  };
  CHECK("[0,1,2,3,4,5]", cases);
  CHECK("{'l':[{'x':1},{'x':2},{'y':3}],'s':'text','m':{'a':1},'e':[]}", projected);
}

/* --------------------------------------------------------------------- projections */

static void test_list_projections(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"l[*].x", "[1,2]"},
      {"l[*]", "[{\"x\":1,\"y\":[1,2]},{\"x\":2,\"y\":[3]},{\"z\":0}]"},
      {"l[*].y[0]", "[1,3]"},
      {"l[*].y", "[[1,2],[3]]"},
      {"l[*].y | [0]", "[1,2]"},
      {"l[*].y[*]", "[[1,2],[3]]"},
      {"l[*].missing", "[]"},
      {"l[*].x.deep", "[]"},
      {"m[*]", "null"},
      {"s[*]", "null"},
      {"missing[*].x", "null"},
      {"n[*]", "[1,2]"},
      {"l[*].[x, z]", "[[1,null],[2,null],[null,0]]"},
      {"l[*].{k: x}", "[{\"k\":1},{\"k\":2},{\"k\":null}]"},
      {"(l[*].y)[0]", "[1,2]"},
      {"l[*].y[]", "[1,2,3]"},
      {"l[].y[]", "[1,2,3]"},
      {"e[*]", "[]"},
  };
  CHECK("{'l':[{'x':1,'y':[1,2]},{'x':2,'y':[3]},{'z':0}],'m':{'x':1},'s':'t','n':[null,1,null,2],"
        "'e':[]}",
        cases);
}

static void test_value_projections(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"*.x", "[1,2]"},
      {"a.*", "[1,{\"deep\":{\"v\":5}}]"},
      {"*.*", "[[1,{\"deep\":{\"v\":5}}],[2],[]]"},
      {"l.*", "null"},
      {"*.missing", "[]"},
      {"a.*.deep.v", "[5]"},
      {"*.*.deep", "[[{\"v\":5}],[],[]]"},
      {"a.*.deep.*", "[[5]]"},
      {"*.x | [1]", "2"},
      {"*[0]", "[7]"},
      {"e.*", "[]"},
  };
  CHECK("{'a':{'x':1,'y':{'deep':{'v':5}}},'b':{'x':2},'l':[7,8],'e':{}}", cases);
}

static void test_flatten(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"[]", "[1,2,3,[4,[5]],{\"a\":6}]"},
      {"[][]", "[1,2,3,4,[5],{\"a\":6}]"},
      {"[] | []", "[1,2,3,4,[5],{\"a\":6}]"},
      {"[*][]", "[1,2,3,[4,[5]],{\"a\":6}]"},
      {"[].a", "[6]"},
      {"[3][]", "null"},
      {"[0][]", "null"},
  };
  static const search_case nested[] = {
      {"r[].i[].n", "[1,2,3]"}, {"r[*].i[*].n", "[[1,2],[3],[]]"}, {"r[].i[*].n", "[[1,2],[3],[]]"},
      {"r[].i[0].n", "[1,3]"},  {"r[*].i[] | [0].n", "1"},         {"m[]", "null"},
  };
  CHECK("[1,[2,3,[4,[5]]],{'a':6},null]", cases);
  CHECK("{'r':[{'i':[{'n':1},{'n':2}]},{'i':[{'n':3}]},{'i':[]}],'m':{'a':[1]}}", nested);
}

static void test_filters(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"l[?a==`1`].b", "[\"x\",\"z\"]"},
      {"l[?a!=`1`].b", "[\"y\"]"},
      {"l[?a>`1`].b", "[\"y\"]"},
      {"l[?a>=`1`].b", "[\"x\",\"y\",\"z\"]"},
      {"l[?a<`2`].b", "[\"x\",\"z\"]"},
      {"l[?a<=`2`].b | [0]", "\"x\""},
      {"l[?b=='y'].a", "[2]"},
      {"l[?'y'==b].a", "[2]"},
      {"l[?b==`\"y\"`].a", "[2]"},
      {"l[?b==`y`].a", "[2]"},
      {"l[?c].b", "[\"z\"]"},
      {"l[?!c].b", "[\"x\",\"y\"]"},
      {"l[?c==null].b", "[\"x\",\"y\"]"},
      {"l[?c==`true`].b", "[\"z\"]"},
      {"l[?a==`1` && b=='z'].c", "[true]"},
      {"l[?a==`2` || b=='z'].a", "[2,1]"},
      {"l[?a==`2` || a==`1` && b=='z'].b", "[\"y\",\"z\"]"},
      {"l[?(a==`2` || a==`1`) && b=='z'].b", "[\"z\"]"},
      {"l[?a==`9`]", "[]"},
      {"l[?contains(b, 'x')].a", "[1]"},
      {"l[?a==`1`].b[0]", "[]"},
      {"l[?a==`1`] | [1].b", "\"z\""},
      {"m[?a==`1`]", "null"},
      {"n[?@ > `2`]", "[3,4]"},
      {"n[?@ > `2`][]", "[3,4]"},
      {"g[?k=='p'].v[?@ > `1`]", "[[2],[3]]"},
      {"g[*].v[?@ > `1`]", "[[2],[3],[9]]"},
      {"g[?v[?@ > `8`]].k", "[\"q\"]"},
      {"[n][?@[0] == `1`]", "[[1,2,3,4]]"},
  };
  CHECK("{'l':[{'a':1,'b':'x'},{'a':2,'b':'y'},{'a':1,'b':'z','c':true}],'m':{'a':1},'n':[1,2,3,4],"
        "'g':[{'k':'p','v':[1,2]},{'k':'p','v':[3]},{'k':'q','v':[9]}]}",
        cases);
}

/* ----------------------------------------------------------------------- operators */

static void test_comparisons(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"`1` == `1.0`", "true"},
      {"`1` == '1'", "false"},
      {"`1` == `true`", "false"},
      {"`0` == `false`", "false"},
      {"`null` == missing", "true"},
      {"`[1,{\"a\":2}]` == `[1.0,{\"a\":2}]`", "true"},
      {"`{\"a\":1,\"b\":2}` == `{\"b\":2,\"a\":1}`", "true"},
      {"`[1,2]` != `[2,1]`", "true"},
      {"one < two", "true"},
      {"two <= two", "true"},
      {"one > two", "false"},
      {"one >= two", "false"},
      {"s < two", "null"},
      {"missing < two", "null"},
      {"`[1]` < `[2]`", "null"},
      {"`true` > `false`", "null"},
      {"'a' < 'b'", "true"},
      {"'\xef\xbd\x81' < '\xf0\x9f\x98\x80'", "true"},
      {"'abc' >= 'abcd'", "false"},
      {"`9007199254740993` > `9007199254740992.0`", "true"},
      {"`1e400` > `1e399`", "true"},
      {"one == `1` == `true`", "true"},
      {"!one == `false`", "true"},
  };
  CHECK("{'one':1,'two':2,'s':'text'}", cases);
}

static void test_logic(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"t || f", "true"},       {"f || t", "true"},
      {"f || missing", "null"}, {"missing || f", "false"},
      {"z || t", "0"},          {"es || 'x'", "\"x\""},
      {"el || em", "{}"},       {"em || l", "[1]"},
      {"t && f", "false"},      {"t && l", "[1]"},
      {"el && t", "[]"},        {"z && t", "true"},
      {"!t", "false"},          {"!f", "true"},
      {"!missing", "true"},     {"!z", "false"},
      {"!es", "true"},          {"!el", "true"},
      {"!em", "true"},          {"!!l", "true"},
      {"!l[0]", "false"},       {"f || f || t", "true"},
      {"t && t && f", "false"}, {"f && f || t", "true"},
      {"t || f && f", "true"},  {"(t || f) && f", "false"},
      {"!(t && f)", "true"},    {"t || nosuch[0]", "true"},
      {"l[0] | @", "1"},        {"l | [0] || t", "1"},
  };
  CHECK("{'t':true,'f':false,'z':0,'es':'','el':[],'em':{},'l':[1]}", cases);
}

static void test_multi_select(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"[a, b.c]", "[1,2]"},
      {"[a]", "[1]"},
      {"[a, missing]", "[1,null]"},
      {"{x: a, y: b.c}", "{\"x\":1,\"y\":2}"},
      {"{\"x y\": a}", "{\"x y\":1}"},
      {"{x: a, x: b.c}", "{\"x\":2}"},
      {"{x: missing}", "{\"x\":null}"},
      {"b.[c, d]", "[2,[3,4]]"},
      {"b.{e: d[0], f: d[-1]}", "{\"e\":3,\"f\":4}"},
      {"missing.[a]", "null"},
      {"missing.{a: a}", "null"},
      {"[[a], {b: [b.c]}]", "[[1],{\"b\":[2]}]"},
      {"[*]", "null"},
      {"[a || b, a && b.c]", "[1,2]"},
      {"[*, a] | [1]", "1"},
      {"`null` | [@]", "null"},
      {"{a: a}.a", "1"},
      {"[a, b][0]", "1"},
  };
  CHECK("{'a':1,'b':{'c':2,'d':[3,4]}}", cases);
}

static void test_literals(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"`\"text\"`", "\"text\""},
      {"`text`", "\"text\""},
      {"` spaced `", "\"spaced \""},
      {"``", "\"\""},
      {"` 1 `", "1"},
      {"`-1.5e3`", "-1500"},
      {"`[1, \"a\", {\"b\": null}]`", "[1,\"a\",{\"b\":null}]"},
      {"`\"a\\`b\"`", "\"a`b\""},
      {"`\"\\u00e9\\n\"`", "\"\xc3\xa9\\n\""},
      {"`01`", "\"01\""},
      {"`{\"a\":{\"b\":5}}`.a.b", "5"},
      {"`[1,2,3]`[1:]", "[2,3]"},
      {"'raw'", "\"raw\""},
      {"''", "\"\""},
      {"'it\\'s'", "\"it's\""},
      {"'a\\nb'", "\"a\\\\nb\""},
      {"'\\\\'", "\"\\\\\\\\\""},
      {"'\"`'", "\"\\\"`\""},
      {"'\xc3\xa9'", "\"\xc3\xa9\""},
      {"'two\nlines'", "\"two\\nlines\""},
  };
  CHECK("{}", cases);
}

static void test_pipes(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"a | b", "[{\"c\":1},{\"c\":2}]"},
      {"a.b[*].c | [0]", "1"},
      {"a.b[*] | [0].c", "1"},
      {"a.b[].c|[-1]", "2"},
      {"a | b | [1] | c", "2"},
      {"missing | a", "null"},
      {"a.b[?c > `1`] | [0].c", "2"},
      {"a.b[*].c | sum(@)", "3"},
      {"(a | b)[0].c", "1"},
  };
  CHECK("{'a':{'b':[{'c':1},{'c':2}]}}", cases);
}

/* ----------------------------------------------------------------------- functions */

static void test_number_functions(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"abs(`-5`)", "5"},
      {"abs(`5`)", "5"},
      {"abs(`-1.5`)", "1.5"},
      {"abs(`-9223372036854775808`)", "9.223372036854776e+18"},
      {"abs(`-123456789012345678901234567890`)", "123456789012345678901234567890"},
      {"ceil(`1.2`)", "2"},
      {"ceil(`-1.2`)", "-1"},
      {"ceil(`3`)", "3"},
      {"ceil(`1e300`)", "1e+300"},
      {"floor(`1.8`)", "1"},
      {"floor(`-1.2`)", "-2"},
      {"floor(`3`)", "3"},
      {"avg(n)", "2.5"},
      {"avg(e)", "null"},
      {"avg(`[10,15,20]`)", "15"},
      {"sum(n)", "10"},
      {"sum(e)", "0"},
      {"sum(`[1.5,2]`)", "3.5"},
      {"sum(`[9223372036854775807,1]`)", "9.223372036854776e+18"},
      {"max(n)", "4"},
      {"min(n)", "1"},
      {"max(e)", "null"},
      {"min(e)", "null"},
      {"max(s)", "\"c\""},
      {"min(s)", "\"a\""},
      {"max(`[1,1.5,-2]`)", "1.5"},
      {"to_number('12')", "12"},
      {"to_number('-1.5e1')", "-15"},
      {"to_number('no')", "null"},
      {"to_number('')", "null"},
      {"to_number(' 1')", "null"},
      {"to_number(`7`)", "7"},
      {"to_number(`true`)", "null"},
      {"to_number(e)", "null"},
      {"to_number(missing)", "null"},
      {"to_number('123456789012345678901234567890')", "123456789012345678901234567890"},
  };
  CHECK("{'n':[3,1,4,2],'e':[],'s':['b','c','a']}", cases);
}

static void test_string_functions(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"contains('foobar', 'oba')", "true"},
      {"contains('foobar', 'x')", "false"},
      {"contains('foobar', '')", "true"},
      {"contains('', '')", "true"},
      {"contains('', 'a')", "false"},
      {"contains('foo1', `1`)", "false"},
      {"contains(l, 'a')", "true"},
      {"contains(l, 'c')", "false"},
      {"contains(l, `null`)", "false"},
      {"contains(`[1,[2]]`, `[2.0]`)", "true"},
      {"starts_with('foobar', 'foo')", "true"},
      {"starts_with('foo', 'foobar')", "false"},
      {"starts_with('foo', '')", "true"},
      {"ends_with('foobar', 'bar')", "true"},
      {"ends_with('foobar', 'foo')", "false"},
      {"ends_with('bar', 'foobar')", "false"},
      {"join(', ', l)", "\"a, b\""},
      {"join('', l)", "\"ab\""},
      {"join('-', `[]`)", "\"\""},
      {"join(`,`, `[\"x\"]`)", "\"x\""},
      {"length('abc')", "3"},
      {"length('')", "0"},
      {"length(u)", "3"},
      {"length(l)", "2"},
      {"length(@)", "2"},
      {"length(`{}`)", "0"},
      {"reverse('abc')", "\"cba\""},
      {"reverse(u)", "\"\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9\""},
      {"reverse('')", "\"\""},
      {"reverse(l)", "[\"b\",\"a\"]"},
      {"reverse(`[]`)", "[]"},
      {"to_string('a')", "\"a\""},
      {"to_string(`2`)", "\"2\""},
      {"to_string(`0.5`)", "\"0.5\""},
      {"to_string(l)", "\"[\\\"a\\\",\\\"b\\\"]\""},
      {"to_string(`{\"a\": [1, null]}`)", "\"{\\\"a\\\":[1,null]}\""},
      {"to_string(missing)", "\"null\""},
      {"to_string(`true`)", "\"true\""},
  };
  CHECK("{'l':['a','b'],'u':'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'}", cases);
}

static void test_structure_functions(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"keys(m)", "[\"b\",\"a\"]"},
      {"sort(keys(m))", "[\"a\",\"b\"]"},
      {"keys(`{}`)", "[]"},
      {"values(m)", "[1,null]"},
      {"merge(m, `{\"a\":2,\"c\":3}`)", "{\"b\":1,\"a\":2,\"c\":3}"},
      {"merge(`{}`)", "{}"},
      {"merge(`{\"x\":1}`, `{\"y\":2}`, `{\"x\":3}`)", "{\"x\":3,\"y\":2}"},
      {"map(&x, l)", "[2,1,2,null]"},
      {"map(&to_string(@), `[1,\"a\"]`)", "[\"1\",\"a\"]"},
      {"map(&x, `[]`)", "[]"},
      {"map(&[x, y], l[:1])", "[[2,\"p\"]]"},
      {"not_null(missing, m.a, m.b, m)", "1"},
      {"not_null(missing, m.a)", "null"},
      {"not_null(`[]`)", "[]"},
      {"to_array(`1`)", "[1]"},
      {"to_array(`[1]`)", "[1]"},
      {"to_array(missing)", "[null]"},
      {"to_array(m)", "[{\"b\":1,\"a\":null}]"},
      {"type('a')", "\"string\""},
      {"type(`1`)", "\"number\""},
      {"type(`1.5`)", "\"number\""},
      {"type(`true`)", "\"boolean\""},
      {"type(`null`)", "\"null\""},
      {"type(`[]`)", "\"array\""},
      {"type(`{}`)", "\"object\""},
      {"m.keys(@)", "[\"b\",\"a\"]"},
      {"l[].to_string(x)", "[\"2\",\"1\",\"2\",\"null\"]"},
      {"length(l[?x==`2`])", "2"},
      {"l[].not_null(y, 'none')", "[\"p\",\"q\",\"r\",\"none\"]"},
  };
  CHECK("{'m':{'b':1,'a':null},'l':[{'x':2,'y':'p'},{'x':1,'y':'q'},{'x':2,'y':'r'},{'z':0}]}",
        cases);
}

static void test_order_functions(void **state) {
  (void)state;
  static const search_case cases[] = {
      {"sort(n)", "[-1,1.5,2,10]"},
      {"sort(s)", "[\"B\",\"a\",\"aa\",\"\xc3\xa9\"]"},
      {"sort(`[]`)", "[]"},
      {"sort(n)[0]", "-1"},
      {"sort_by(l, &k)[].v", "[\"c\",\"a\",\"d\",\"b\",\"e\"]"}, /* equal ones stay in order */
      {"sort_by(l, &v)[].k", "[2,3,1,2,3]"},
      {"sort_by(l, &to_string(k))[0].v", "\"c\""},
      {"sort_by(`[]`, &k)", "[]"},
      {"reverse(sort_by(l, &k))[0].v", "\"e\""},
      {"max_by(l, &k).v", "\"b\""}, /* the first of those */
      {"min_by(l, &k).v", "\"c\""},
      {"max_by(l, &v).k", "3"},
      {"max_by(`[]`, &k)", "null"},
      {"min_by(`[]`, &k)", "null"},
      {"min_by(l, &length(v)).v", "\"a\""},
      {"sort_by(l, &k) | [-1].v", "\"e\""},
  };
  CHECK("{'n':[10,1.5,-1,2],'s':['aa','\xc3\xa9','a','B'],'l':[{'k':2,'v':'a'},{'k':3,'v':'b'},"
        "{'k':1,'v':'c'},{'k':2,'v':'d'},{'k':3,'v':'e'}]}",
        cases);
}

/* A long list, so that runs of all widths are merged. */
static void test_sort_of_many(void **state) {
  (void)state;
  enum { COUNT = 1000, STEP = 389 };
  static cspan_value numbers[COUNT];
  for (int i = 0; i < COUNT; i++) {
    numbers[i] = cspan_int(i * STEP % COUNT);
  }
  const cspan_value list = cspan_list(numbers, COUNT);
  cspan_document *sorted = NULL;
  assert_int_equal(cspan_value_search(&list, "sort(@)", &sorted, NULL), CSPAN_OK);
  for (int i = 0; i < COUNT; i++) {
    const cspan_value *item = cspan_value_at(cspan_document_value(sorted), (size_t)i);
    assert_int_equal(cspan_value_int(item, -1), i);
  }
  cspan_document_free(sorted);
}

/* What JSON does not have counts as the string that it would be there. */
static void test_other_kinds(void **state) {
  (void)state;
  const cspan_value value = CSPAN_MAP(
      cspan_field("at", cspan_timestamp(1440938160, 0)), cspan_field("data", cspan_blob("abc", 3)),
      cspan_field("list", CSPAN_LIST(cspan_timestamp(86400, 0), cspan_timestamp(0, 0))));
  static const search_case cases[] = {
      {"at", "\"2015-08-30T12:36:00Z\""},
      {"at > '2015-08-30'", "true"},
      {"at == '2015-08-30T12:36:00Z'", "true"},
      {"type(at)", "\"string\""},
      {"type(data)", "\"string\""},
      {"data == 'YWJj'", "true"},
      {"length(data)", "4"},
      {"contains(at, '08-30')", "true"},
      {"to_string(data)", "\"YWJj\""},
      {"sort(list)", "[\"1970-01-01T00:00:00Z\",\"1970-01-02T00:00:00Z\"]"},
      {"min_by(list, &@)", "\"1970-01-01T00:00:00Z\""},
      {"join(' ', list)", "\"1970-01-02T00:00:00Z 1970-01-01T00:00:00Z\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_one(&value, &cases[i]);
  }
  check_one(NULL, &(const search_case){"a.b", "null"});
}

/* -------------------------------------------------------------------------- errors */

typedef struct error_case {
  const char *expression;
  const char *message; /* part of it */
} error_case;

static void check_errors(const cspan_value *value, const error_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_document *found = NULL;
    cspan_error *error = NULL;
    cspan_status status = cspan_value_search(value, cases[i].expression, &found, &error);
    if (status != CSPAN_ERR_INVALID) {
      fail_msg("%s: is not refused", cases[i].expression);
    }
    assert_null(found);
    if (strstr(cspan_error_message(error), cases[i].message) == NULL) {
      fail_msg("%s: %s", cases[i].expression, cspan_error_message(error));
    }
    cspan_error_free(error);
  }
}

static void test_syntax_errors(void **state) {
  (void)state;
  static const error_case cases[] = {
      {"", "character 1: an expression was expected here, but the text ends"},
      {"   ", "character 4: "},
      {"a.", "character 3: a name, *, [ or {"},
      {".a", "character 1: an expression was expected here, not ."},
      {"a..b", "character 3: "},
      {"a b", "character 3: the end or an operator was expected here, not b"},
      {"a.1", "character 3: "},
      {"a.-1", "character 3: "},
      {"1", "character 1: an expression"},
      {"a[", "character 3: a number, a slice or *"},
      {"a[b]", "character 3: "},
      {"a['b']", "character 3: "},
      {"a[0", "character 4: ] was expected here, but the text ends"},
      {"a[0,1]", "character 4: "},
      {"a[*", "character 4: "},
      {"a[-]", "digits were expected behind -"},
      {"a[99999999999999999999]", "too large"},
      {"a[1:2:3:4]", "character 8: "},
      {"a[1 2:3]", "character 5: "},
      {"a[::0]", "step of a slice"},
      {"a.[]", "character 3: "},
      {"a.[0]", "character 4: "},
      {"[a,]", "character 4: "},
      {"[a b]", "a comma or ]"},
      {"{}", "character 2: the name of a member"},
      {"{a}", "character 3: a colon"},
      {"{a:}", "character 4: "},
      {"{a: b,}", "character 7: "},
      {"{a: b c: d}", "a comma or }"},
      {"{1: a}", "the name of a member"},
      {"a.{", "the name of a member"},
      {"a[?]", "character 4: "},
      {"a[?b", "] was expected here, but the text ends"},
      {"a[?b==]", "character 7: "},
      {"a = b", "= is no operator"},
      {"a == ", "character 6: "},
      {"a &&", "character 5: "},
      {"a & b", "character 3: the end or an operator"},
      {"&a", "only for arguments"},
      {"[&a]", "only for arguments"},
      {"!", "character 2: "},
      {"(a", ") was expected"},
      {"a)", "character 2: "},
      {"()", "character 2: "},
      {"'open", "character 1: what begins with ' here does not end"},
      {"\"open", "what begins with \""},
      {"a == `open", "character 6: what begins with `"},
      {"`{\"a\"`", "a literal is JSON"},
      {"`\"a`", "a literal is JSON"},
      {"\"\\x\"", "a quoted name is written as a JSON string"},
      {"\"a\nb\"", "a quoted name is written as a JSON string"},
      {"a#b", "character 2: no expression has this character"},
      {"\xc3\xa9", "character 1: no expression has this character"},
      {"'\xc3\xa9' %", "character 5: no expression"},
      {"'\xff'", "not UTF-8"},
      {"* *", "character 3: "},
      {"a{b: c}", "character 2: "},
      {"**", "character 2: "},
      {"[*]a", "character 4: "},
      {"\"length\"(@)", "the name of a function, without quotes"},
      {"length(@", "a comma or )"},
      {"length(@,)", "character 10: "},
      {"length(,)", "character 8: "},
  };
  check_errors(NULL, cases, sizeof cases / sizeof cases[0]);
}

static void test_function_errors(void **state) {
  (void)state;
  static const error_case cases[] = {
      {"nosuch(@)", "character 1: there is no function nosuch()"},
      {"a[?nosuch(@)]", "character 4: there is no function nosuch()"},
      {"length()", "length() takes 1 argument, not 0"},
      {"length(a, b)", "length() takes 1 argument, not 2"},
      {"contains(a)", "contains() takes 2 arguments, not 1"},
      {"not_null()", "not_null() takes at least 1 argument, not 0"},
      {"merge()", "merge() takes at least 1 argument"},
      {"abs('a')", "argument 1 of abs() has to be of type number, and is of type string"},
      {"length(missing)", "string or array or object, and is of type null"},
      {"length(`1`)", "is of type number"},
      {"length(&a)", "is of type &expression"},
      {"avg(`[1,\"a\"]`)", "argument 1 of avg() has to be of type array of numbers"},
      {"sum('a')", "array of numbers"},
      {"join('a', `[1]`)", "argument 2 of join() has to be of type array of strings"},
      {"join(`1`, `[]`)", "argument 1 of join()"},
      {"keys(`[]`)", "object"},
      {"values('a')", "object"},
      {"contains(`true`, 'a')", "argument 1 of contains()"},
      {"starts_with('a', `1`)", "argument 2 of starts_with()"},
      {"ends_with(`1`, 'a')", "argument 1 of ends_with()"},
      {"sort(`[1,\"a\"]`)", "array of numbers or array of strings"},
      {"sort(`{}`)", "is of type object"},
      {"max(`[null]`)", "argument 1 of max()"},
      {"min(`[[1]]`)", "argument 1 of min()"},
      {"merge(`{}`, `[]`)", "argument 2 of merge()"},
      {"map(a, `[]`)", "argument 1 of map() has to be of type &expression"},
      {"map(&a, `{}`)", "argument 2 of map() has to be of type array"},
      {"sort_by(`[1]`, a)", "argument 2 of sort_by() has to be of type &expression"},
      {"sort_by(`[{\"a\":1},{\"a\":\"x\"}]`, &a)", "for item 1 it does not"},
      {"sort_by(`[{\"a\":1},{}]`, &a)", "for item 1 it does not"},
      {"sort_by(`[{}]`, &a)", "for item 0 it does not"},
      {"max_by(`[[1]]`, &@)", "for item 0 it does not"},
      {"min_by('a', &@)", "argument 1 of min_by()"},
      {"reverse(`1`)", "string or array"},
      {"floor(`null`)", "number"},
      {"ceil(`true`)", "is of type boolean"},
      {"map(&abs(@), `[\"a\"]`)", "argument 1 of abs()"},
      {"`[\"a\"]`[?abs(@)]", "argument 1 of abs()"},
  };
  check_errors(NULL, cases, sizeof cases / sizeof cases[0]);
}

/* ---------------------------------------------------------------- compiled, limits */

static void test_compile_once(void **state) {
  (void)state;
  cspan_arena *arena = cspan_arena_create(0);
  cspan_jmespath *expression = NULL;
  cspan_error *error = NULL;
  char text[] = "items[?n > `1`].name | [0]";
  assert_int_equal(cspan_jmespath_compile(text, arena, &expression, &error), CSPAN_OK);
  memset(text, 'x', sizeof text - 1); /* the text may go */
  for (int64_t n = 1; n < 4; n++) {
    const cspan_value value = CSPAN_MAP(
        cspan_field("items", CSPAN_LIST(CSPAN_MAP(cspan_field("n", cspan_int(n)),
                                                  cspan_field("name", cspan_string("it"))))));
    cspan_value found;
    assert_int_equal(cspan_jmespath_eval(expression, &value, arena, &found, &error), CSPAN_OK);
    assert_int_equal(cspan_value_is_null(&found), n == 1);
  }
  assert_int_equal(cspan_jmespath_compile("a.", arena, &expression, &error), CSPAN_ERR_INVALID);
  assert_null(expression);
  cspan_error_free(error);
  assert_int_equal(cspan_jmespath_compile(NULL, arena, &expression, NULL), CSPAN_ERR_INVALID);
  cspan_arena_free(arena);
}

/* `count` times `part`, with `last` behind. */
static char *repeat(const char *part, size_t count, const char *last) {
  size_t len = strlen(part);
  char *text = cspan_malloc(count * len + strlen(last) + 1);
  assert_non_null(text);
  for (size_t i = 0; i < count; i++) {
    memcpy(text + i * len, part, len);
  }
  memcpy(text + count * len, last, strlen(last) + 1);
  return text;
}

typedef struct limit_case {
  const char *part;
  size_t count;
  const char *last;
  const char *message;
} limit_case;

static void test_limits(void **state) {
  (void)state;
  static const limit_case cases[] = {
      {"(", 100000, "a", "the JMESPath expression is too large"},
      {"(", 1000, "a", "the JMESPath expression is too large"},
      {"!", 1000, "a", "the JMESPath expression is too large"},
      {"a.", 1000, "a", "the JMESPath expression is too large"},
      {"a||", 1000, "a", "the JMESPath expression is too large"},
      {"[", 1000, "a", "the JMESPath expression is too large"},
      {"abs(", 1000, "a", "the JMESPath expression is too large"},
      {"a|", 1000, "a", "the JMESPath expression is too large"},
      {"[*]", 1000, "", "the JMESPath expression is too large"},
  };
  const cspan_value list = CSPAN_LIST(cspan_int(1), cspan_int(2));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_document *found = NULL;
    cspan_error *error = NULL;
    char *text = repeat(cases[i].part, cases[i].count, cases[i].last);
    assert_int_equal(cspan_value_search(&list, text, &found, &error), CSPAN_ERR_LIMIT);
    assert_null(found);
    assert_non_null(strstr(cspan_error_message(error), cases[i].message));
    cspan_error_free(error);
    cspan_free(text);
  }
}

/* Values that double with each step, and steps. */
static void test_limits_of_evaluation(void **state) {
  (void)state;
  const size_t most = 1 << 20;
  const cspan_value list = CSPAN_LIST(cspan_int(1), cspan_int(2));
  cspan_error *error = NULL;
  cspan_jmespath *expression = NULL;
  cspan_value found;
  char *text = repeat("[@,@]|[]|", 50, "@");
  cspan_arena *arena = cspan_arena_create(most);
  assert_int_equal(cspan_jmespath_compile(text, arena, &expression, &error), CSPAN_OK);
  assert_int_equal(cspan_jmespath_eval(expression, &list, arena, &found, &error), CSPAN_ERR_LIMIT);
  assert_true(cspan_value_is_null(&found));
  assert_string_equal(cspan_error_message(error), "JMESPath: the result is too large");
  cspan_error_free(error);
  error = NULL;
  cspan_jmes_run run = {.arena = arena, .steps = CSPAN_JMESPATH_MAX_STEPS - 2, .error = &error};
  assert_false(cspan_jmes_eval(&run, expression->root, &list, &found));
  assert_int_equal(run.status, CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "steps"));
  cspan_error_free(error);
  cspan_arena_free(arena);
  cspan_free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_indexes),
      cmocka_unit_test(test_slices),
      cmocka_unit_test(test_list_projections),
      cmocka_unit_test(test_value_projections),
      cmocka_unit_test(test_flatten),
      cmocka_unit_test(test_filters),
      cmocka_unit_test(test_comparisons),
      cmocka_unit_test(test_logic),
      cmocka_unit_test(test_multi_select),
      cmocka_unit_test(test_literals),
      cmocka_unit_test(test_pipes),
      cmocka_unit_test(test_number_functions),
      cmocka_unit_test(test_string_functions),
      cmocka_unit_test(test_structure_functions),
      cmocka_unit_test(test_order_functions),
      cmocka_unit_test(test_sort_of_many),
      cmocka_unit_test(test_other_kinds),
      cmocka_unit_test(test_syntax_errors),
      cmocka_unit_test(test_function_errors),
      cmocka_unit_test(test_compile_once),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_limits_of_evaluation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
