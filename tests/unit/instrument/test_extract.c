/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, what is made of the values at them, and the rows that users add and remove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "instrument/call_keys.h"
#include "instrument/emitted.h"
#include "instrument/extract.h"

/* ------------------------------------------------------------------- paths */

static const struct {
  const char *path;
  const char *wrong; /* part of the message; NULL: it is one */
} paths[] = {
    {"A", NULL},
    {"A.B", NULL},
    {"A[].B", NULL},
    {"A[][]", NULL},
    {"A[0]", NULL},
    {"A[999999999][]", NULL},
    {"a-b c:d", NULL},
    {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p", NULL},
    {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "16 steps"},
    {"", "at byte 1: a name is missing"},
    {".", "at byte 1: a name is missing"},
    {"A.", "at byte 3: a name is missing"},
    {"A..B", "at byte 3: a name is missing"},
    {"[]", "at byte 1: a name is missing"},
    {"A.[]", "at byte 3: a name is missing"},
    {"A[", "at byte 2: between"},
    {"A[x]", "at byte 2: between"},
    {"A[-1]", "at byte 2: between"},
    {"A[1", "at byte 2: between"},
    {"A[1000000000]", "at byte 2: between"},
    {"A[]B", "at byte 4: after ']'"},
    {"A]", "at byte 2: after ']'"},
};

static void reads_paths(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    cspan_path *path = NULL;
    cspan_error *error = NULL;
    cspan_status status = cspan_path_parse(paths[i].path, &path, &error);
    print_message("\"%s\"\n", paths[i].path);
    assert_int_equal(status, paths[i].wrong ? CSPAN_ERR_INVALID : CSPAN_OK);
    if (paths[i].wrong) {
      assert_null(path);
      assert_non_null(strstr(cspan_error_message(error), paths[i].wrong));
    }
    cspan_error_free(error);
    cspan_path_free(path);
  }
}

static void long_paths(void **state) {
  (void)state;
  char text[CSPAN_PATH_MAX_BYTES + 2];
  cspan_path *path = NULL;
  memset(text, 'a', sizeof text);
  text[CSPAN_PATH_MAX_BYTES] = '\0';
  assert_int_equal(cspan_path_parse(text, &path, NULL), CSPAN_OK);
  assert_string_equal(cspan_path_member(path), text);
  cspan_path_free(path);
  text[CSPAN_PATH_MAX_BYTES] = 'a';
  text[CSPAN_PATH_MAX_BYTES + 1] = '\0';
  assert_int_equal(cspan_path_parse(text, &path, NULL), CSPAN_ERR_INVALID);
}

/* ------------------------------------------------------------------- forms */

#define LIST_OF_TEN "[0,1,2,3,4,5,6,7,8,9]"
#define HUNDRED                                                                                    \
  "[" LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN  \
  "," LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN "," LIST_OF_TEN "]"

static const struct {
  cspan_attribute_form form;
  unsigned max_bytes;
  const char *path;
  const char *json;
  const char *made; /* as describe() has it; NULL: nothing */
} forms[] = {
    {CSPAN_AS_STRING, 0, "A", "{\"A\":\"text\"}", "text"},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":\"\"}", ""},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":7}", "7"},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":0.5}", "0.5"},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":false}", "false"},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":[\"text\"]}", NULL},
    {CSPAN_AS_STRING, 0, "A", "{\"A\":null}", NULL},
    {CSPAN_AS_STRING, 0, "A", "{\"a\":\"text\"}", NULL},
    {CSPAN_AS_STRING, 0, "A", "[\"A\"]", NULL},
    {CSPAN_AS_STRING, 0, "A.B", "{\"A\":{\"B\":\"deep\"}}", "deep"},
    {CSPAN_AS_STRING, 0, "A.B", "{\"A\":\"B\"}", NULL},
    {CSPAN_AS_STRING, 0, "A[1]", "{\"A\":[\"x\",\"y\"]}", "y"},
    {CSPAN_AS_STRING, 0, "A[2]", "{\"A\":[\"x\",\"y\"]}", NULL},
    {CSPAN_AS_STRING, 0, "A[0]", "{\"A\":{\"m\":\"x\"}}", NULL},
    {CSPAN_AS_STRING, 0, "A[].B", "{\"A\":[{},{\"B\":null},{\"B\":\"found\"}]}", "found"},
    {CSPAN_AS_STRING, 0, "A[].B", "{\"A\":{\"m\":{\"B\":\"in a map\"}}}", "in a map"},
    {CSPAN_AS_STRING, 4, "A", "{\"A\":\"abcdef\"}", "abcd"},
    {CSPAN_AS_STRING, 4, "A", "{\"A\":\"abc\\u00e9\"}", "abc"},
    {CSPAN_AS_STRING, 5, "A", "{\"A\":\"abc\\u00e9f\"}", "abc\xc3\xa9"},
    {CSPAN_AS_INT, 0, "A", "{\"A\":0}", "int 0"},
    {CSPAN_AS_INT, 0, "A", "{\"A\":-3}", "int -3"},
    {CSPAN_AS_INT, 0, "A", "{\"A\":\"12\"}", "int 12"},
    {CSPAN_AS_INT, 0, "A", "{\"A\":3.9}", "int 3"},
    {CSPAN_AS_INT, 0, "A", "{\"A\":\"12 apples\"}", NULL},
    {CSPAN_AS_INT, 0, "A", "{\"A\":true}", NULL},
    {CSPAN_AS_DOUBLE, 0, "A", "{\"A\":5}", "double 5"},
    {CSPAN_AS_DOUBLE, 0, "A", "{\"A\":0.25}", "double 0.25"},
    {CSPAN_AS_DOUBLE, 0, "A", "{\"A\":\"0.25\"}", "double 0.25"},
    {CSPAN_AS_DOUBLE, 0, "A", "{\"A\":\"much\"}", NULL},
    {CSPAN_AS_BOOL, 0, "A", "{\"A\":false}", "bool 0"},
    {CSPAN_AS_BOOL, 0, "A", "{\"A\":true}", "bool 1"},
    {CSPAN_AS_BOOL, 0, "A", "{\"A\":\"true\"}", "bool 1"},
    {CSPAN_AS_BOOL, 0, "A", "{\"A\":1}", NULL},
    {CSPAN_AS_STRINGS, 0, "A", "{\"A\":[\"x\",\"y\",\"x\"]}", "[x][y][x]"},
    {CSPAN_AS_STRINGS, 0, "A", "{\"A\":{\"k\":1,\"l\":2}}", "[k][l]"},
    {CSPAN_AS_STRINGS, 0, "A", "{\"A\":\"one\"}", "[one]"},
    {CSPAN_AS_STRINGS, 0, "A", "{\"A\":[]}", "none"},
    {CSPAN_AS_STRINGS, 0, "B", "{\"A\":[]}", NULL},
    {CSPAN_AS_STRINGS, 2, "A", "{\"A\":[\"xyz\",1234]}", "[xy][12]"},
    {CSPAN_AS_STRINGS, 0, "A[].B", "{\"A\":[{\"B\":\"x\"},{\"B\":\"y\"},{\"B\":\"x\"}]}", "[x][y]"},
    {CSPAN_AS_STRINGS, 0, "A[][].T",
     "{\"A\":[{\"Put\":{\"T\":\"x\"}},{\"Get\":{\"T\":\"y\"}},{\"Put\":{\"T\":\"x\"}}]}", "[x][y]"},
    {CSPAN_AS_JSON, 0, "A", "{\"A\":{\"b\":[1,null]}}", "{\"b\":[1,null]}"},
    {CSPAN_AS_JSON, 3, "A", "{\"A\":[1,2,3]}", "[1,"},
    {CSPAN_AS_JSON, 0, "B", "{\"A\":{}}", NULL},
    {CSPAN_AS_JSONS, 0, "A", "{\"A\":[{\"x\":1},2]}", "[{\"x\":1}][2]"},
    {CSPAN_AS_JSONS, 0, "A", "{\"A\":{\"x\":1}}", "[{\"x\":1}]"},
    {CSPAN_AS_JSONS, 0, "A", "{\"A\":\"text\"}", NULL},
    {CSPAN_AS_COUNT, 0, "A", "{\"A\":[]}", "int 0"},
    {CSPAN_AS_COUNT, 0, "A", "{\"A\":[1,2]}", "int 2"},
    {CSPAN_AS_COUNT, 0, "A", "{\"A\":{\"x\":1}}", "int 1"},
    {CSPAN_AS_COUNT, 0, "A[].K", "{\"A\":{\"t\":{\"K\":[1,2]},\"u\":{\"K\":[3]}}}", "int 3"},
    {CSPAN_AS_COUNT, 0, "A", "{\"A\":\"text\"}", NULL},
    {CSPAN_AS_COUNT, 0, "A", "{}", NULL},
    {CSPAN_AS_BATCH_SIZE, 0, "A", "{\"A\":[1]}", NULL},
    {CSPAN_AS_BATCH_SIZE, 0, "A", "{\"A\":[]}", "int 0"},
    {CSPAN_AS_BATCH_SIZE, 0, "A[]", "{\"A\":{\"t\":[1],\"u\":[2]}}", "int 2"},
    {CSPAN_AS_SIZE, 0, "A", "{\"A\":\"four\"}", "int 4"},
    {CSPAN_AS_SIZE, 0, "A", "{\"A\":\"\"}", "int 0"},
    {CSPAN_AS_SIZE, 0, "A", "{\"A\":4}", NULL},
    {CSPAN_AS_LAST_PART, 0, "A", "{\"A\":\"arn:aws:kinesis:eu-west-1:1:stream/name\"}", "name"},
    {CSPAN_AS_LAST_PART, 0, "A", "{\"A\":\"arn:aws:sns:eu-west-1:1:topic\"}", "topic"},
    {CSPAN_AS_LAST_PART, 0, "A", "{\"A\":\"plain\"}", "plain"},
    {CSPAN_AS_LAST_PART, 0, "A", "{\"A\":\"https://host/\"}", NULL},
    {CSPAN_AS_LAST_PART, 0, "A", "{\"A\":5}", NULL},
    {CSPAN_AS_ARN, 0, "A", "{\"A\":\"arn:aws:x:::y\"}", "arn:aws:x:::y"},
    {CSPAN_AS_ARN, 0, "A", "{\"A\":\"a name\"}", NULL},
    {CSPAN_AS_ONLY_NAME, 0, "A", "{\"A\":\"arn:aws:dynamodb:eu-west-1:1:table/t\"}", "t"},
    {CSPAN_AS_ONLY_NAME, 0, "A", "{\"A\":{\"t\":[]}}", "t"},
    {CSPAN_AS_ONLY_NAME, 0, "A", "{\"A\":{\"t\":[],\"u\":[]}}", NULL},
    {CSPAN_AS_ONLY_NAME, 0, "A[].T", "{\"A\":[{\"T\":\"t\"},{\"T\":\"t\"}]}", "t"},
    {CSPAN_AS_ONLY_NAME, 0, "A[].T", "{\"A\":[{\"T\":\"t\"},{\"T\":\"u\"}]}", NULL},
    {CSPAN_AS_ONLY_NAME, 0, "A", "{}", NULL},
};

static void *from_arena(void *user, size_t size_bytes) {
  return cspan_arena_alloc(user, size_bytes);
}

static void describe(const cspan_attr *attr, char *out, size_t size) {
  int at = 0;
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    snprintf(out, size, "%.*s", (int)attr->count, attr->value.string);
    break;
  case CSPAN_ATTR_INT64:
    snprintf(out, size, "int %lld", (long long)attr->value.int64);
    break;
  case CSPAN_ATTR_DOUBLE:
    snprintf(out, size, "double %g", attr->value.number);
    break;
  case CSPAN_ATTR_BOOL:
    snprintf(out, size, "bool %d", attr->value.boolean);
    break;
  default:
    assert_int_equal(attr->type, CSPAN_ATTR_STRING_ARRAY);
    snprintf(out, size, "none");
    for (size_t i = 0; i < attr->count; i++) {
      at += snprintf(out + at, size - (size_t)at, "[%s]", attr->value.strings[i]);
    }
  }
}

/* The attribute of one rule over JSON, described; false: there is none. */
static bool make(cspan_attribute_form form, unsigned max_bytes, const char *path_text,
                 const cspan_value *root, char *out, size_t size) {
  cspan_arena *arena = cspan_arena_create(0);
  const cspan_memory memory = {from_arena, arena};
  const cspan_attribute_rule rule = {
      .path = path_text, .key = "key", .form = form, .max_bytes = max_bytes};
  cspan_path *path = NULL;
  cspan_attr attr;
  assert_int_equal(cspan_path_parse(path_text, &path, NULL), CSPAN_OK);
  bool made = cspan_attribute_make(&memory, &rule, path, root, &attr);
  if (made) {
    assert_string_equal(attr.key, "key");
    describe(&attr, out, size);
  }
  cspan_path_free(path);
  cspan_arena_free(arena);
  return made;
}

static void makes_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    cspan_document *document = NULL;
    char seen[512];
    print_message("%d %s of %s\n", (int)forms[i].form, forms[i].path, forms[i].json);
    assert_int_equal(
        cspan_document_parse_json(forms[i].json, strlen(forms[i].json), &document, NULL), CSPAN_OK);
    bool made = make(forms[i].form, forms[i].max_bytes, forms[i].path,
                     cspan_document_value(document), seen, sizeof seen);
    assert_int_equal(made, forms[i].made != NULL);
    if (made) {
      assert_string_equal(seen, forms[i].made);
    }
    cspan_document_free(document);
  }
}

/* Without a limit of its own a text has 1,024 bytes, and a list 64 items. */
static void bounds(void **state) {
  (void)state;
  char text[3000];
  char seen[4096];
  cspan_document *document = NULL;
  memset(text, 'x', sizeof text);
  cspan_value root = CSPAN_MAP(cspan_field("A", cspan_string_of(text, sizeof text)));
  assert_true(make(CSPAN_AS_STRING, 0, "A", &root, seen, sizeof seen));
  assert_int_equal(strlen(seen), 1024);
  assert_true(make(CSPAN_AS_STRINGS, 0, "A", &root, seen, sizeof seen));
  assert_int_equal(strlen(seen), 1024 + 2);
  const char json[] = "{\"A\":" HUNDRED "}";
  assert_int_equal(cspan_document_parse_json(json, strlen(json), &document, NULL), CSPAN_OK);
  const cspan_value *lists = cspan_document_value(document);
  assert_true(make(CSPAN_AS_STRINGS, 0, "A[]", lists, seen, sizeof seen));
  assert_string_equal(seen, "[0][1][2][3][4][5][6][7][8][9]");
  assert_true(make(CSPAN_AS_COUNT, 0, "A[]", lists, seen, sizeof seen));
  assert_string_equal(seen, "int 100");
  cspan_document_free(document);
  cspan_value items[100];
  for (size_t i = 0; i < 100; i++) {
    items[i] = cspan_int((int64_t)i % 10);
  }
  root = CSPAN_MAP(cspan_field("A", cspan_list(items, 100)));
  assert_true(make(CSPAN_AS_STRINGS, 0, "A", &root, seen, sizeof seen));
  assert_int_equal(strlen(seen), 64 * 3);
  assert_true(make(CSPAN_AS_JSONS, 0, "A", &root, seen, sizeof seen));
  assert_int_equal(strlen(seen), 64 * 3);
}

static void only_utf8(void **state) {
  (void)state;
  char seen[64];
  cspan_value root =
      CSPAN_MAP(cspan_field("A", cspan_string("a\xff")),
                cspan_field("B", CSPAN_LIST(cspan_string("\xc3"), cspan_string("good"))),
                cspan_field("C", cspan_blob("\0\1\2", 3)));
  assert_false(make(CSPAN_AS_STRING, 0, "A", &root, seen, sizeof seen));
  assert_false(make(CSPAN_AS_LAST_PART, 0, "A", &root, seen, sizeof seen));
  assert_true(make(CSPAN_AS_STRINGS, 0, "B", &root, seen, sizeof seen));
  assert_string_equal(seen, "[good]");
  assert_false(make(CSPAN_AS_STRING, 0, "C", &root, seen, sizeof seen));
  assert_true(make(CSPAN_AS_SIZE, 0, "C", &root, seen, sizeof seen));
  assert_string_equal(seen, "int 3");
}

/* -------------------------------------------------------------- users' rows */

static const struct {
  cspan_attribute_rule row;
  const char *wrong;
} wrong_rows[] = {
    {{NULL, NULL, CSPAN_FROM_INPUT, "A", "", CSPAN_AS_STRING, 0}, "row 2 of the attribute rules"},
    {{NULL, NULL, CSPAN_FROM_INPUT, "A", NULL, CSPAN_AS_STRING, 0}, "its key is empty"},
    {{NULL, NULL, CSPAN_FROM_INPUT, "A", "\xff", CSPAN_AS_STRING, 0}, "not UTF-8"},
    {{NULL, NULL, CSPAN_FROM_INPUT, "", "k", CSPAN_AS_STRING, 0}, "its path is empty"},
    {{NULL, NULL, CSPAN_FROM_ERROR, NULL, "k", CSPAN_AS_STRING, 0}, "its path is empty"},
    {{NULL, NULL, CSPAN_FROM_INPUT, "A[", "k", CSPAN_AS_STRING, 0},
     "row 2 of the attribute rules (key \"k\"): the path \"A[\" is wrong at byte 2"},
    {{NULL, NULL, CSPAN_FROM_INPUT, "A", "k", (cspan_attribute_form)99, 0}, "CSPAN_AS_*"},
    {{NULL, "Get*,P*t", CSPAN_FROM_INPUT, "A", "k", CSPAN_AS_STRING, 0}, "may only end a name"},
    {{NULL, NULL, (cspan_attribute_source)99, "A", "k", CSPAN_AS_STRING, 0}, "CSPAN_FROM_*"},
};

static void checks_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong_rows / sizeof wrong_rows[0]; i++) {
    const cspan_attribute_rule rows[] = {
        {NULL, NULL, CSPAN_FROM_INPUT, "A", "k", CSPAN_AS_STRING, 0}, wrong_rows[i].row};
    cspan_trace_options options = {.attribute_rules = rows, .attribute_rule_count = 2};
    cspan_own_rules own;
    cspan_error *error = NULL;
    assert_int_equal(cspan_own_rules_copy(&options, &own, &error), CSPAN_ERR_INVALID);
    if (strstr(cspan_error_message(error), wrong_rows[i].wrong) == NULL) {
      fail_msg("\"%s\" does not tell \"%s\"", cspan_error_message(error), wrong_rows[i].wrong);
    }
    assert_int_equal(own.rule_count, 0);
    cspan_error_free(error);
  }
  cspan_attribute_rule many[CSPAN_MAX_OWN_RULES + 1];
  for (size_t i = 0; i <= CSPAN_MAX_OWN_RULES; i++) {
    many[i] = wrong_rows[0].row;
    many[i].key = "k";
  }
  cspan_trace_options options = {.attribute_rules = many,
                                 .attribute_rule_count = CSPAN_MAX_OWN_RULES};
  cspan_own_rules own;
  assert_int_equal(cspan_own_rules_copy(&options, &own, NULL), CSPAN_OK);
  cspan_own_rules_free(&own);
  options.attribute_rule_count++;
  assert_int_equal(cspan_own_rules_copy(&options, &own, NULL), CSPAN_ERR_INVALID);
}

static void removes_keys(void **state) {
  (void)state;
  const char *const removed[] = {"server.port", "aws.http.*", "error.type", NULL};
  cspan_trace_options options = {.removed_attributes = removed};
  cspan_own_rules own;
  assert_int_equal(cspan_own_rules_copy(&options, &own, NULL), CSPAN_OK);
  assert_true(cspan_own_rules_remove(&own, "server.port"));
  assert_true(cspan_own_rules_remove(&own, "aws.http.tls_us"));
  assert_false(cspan_own_rules_remove(&own, "server.address"));
  assert_false(cspan_own_rules_remove(&own, "server.port.more"));
  uint32_t left_out = cspan_call_keys_left_out(&own);
  assert_false(cspan_keeps(left_out, CSPAN_KEY_SERVER_PORT));
  assert_false(cspan_keeps(left_out, CSPAN_KEY_DNS));
  assert_false(cspan_keeps(left_out, CSPAN_KEY_ERROR_TYPE));
  assert_true(cspan_keeps(left_out, CSPAN_KEY_SERVER_ADDRESS));
  cspan_attr attrs[] = {cspan_attr_string("a", "1"), cspan_attr_int64("server.port", 2),
                        cspan_attr_string("b", "3"), cspan_attr_int64("aws.http.dns_us", 4)};
  assert_int_equal(cspan_own_rules_filter(&own, attrs, 4), 2);
  assert_string_equal(attrs[0].key, "a");
  assert_string_equal(attrs[1].key, "b");
  cspan_own_rules_free(&own);
  const char *const empty[] = {"a", "", NULL};
  options.removed_attributes = empty;
  assert_int_equal(cspan_own_rules_copy(&options, &own, NULL), CSPAN_ERR_INVALID);
}

/* The user's rows come first; their keys from the input are not taken from answers; what is removed
 * is not looked for; rows for one key follow each other, and the first that finds a value ends them.
 */
static void orders_rules(void **state) {
  (void)state;
  const cspan_attribute_rule service_rows[] = {
      {"S", NULL, CSPAN_FROM_INPUT, "A", "one", CSPAN_AS_STRING, 0},
      {"S", "Get*", CSPAN_FROM_INPUT, "B", "two", CSPAN_AS_STRING, 0},
      {"S", NULL, CSPAN_FROM_OUTPUT, "A", "one", CSPAN_AS_STRING, 0},
      {"S", NULL, CSPAN_FROM_ERROR, NULL, "three", CSPAN_AS_STRING, 0},
      {"S", NULL, CSPAN_FROM_INPUT, "D", "gone", CSPAN_AS_STRING, 0},
      {"S", "Get*", CSPAN_FROM_INPUT, "C", "one", CSPAN_AS_STRING, 7},
  };
  const cspan_attribute_rule rows[] = {
      {NULL, "Put", CSPAN_FROM_INPUT, "X", "one", CSPAN_AS_INT, 0},
      {"Other", NULL, CSPAN_FROM_INPUT, "X", "one", CSPAN_AS_INT, 0},
      {"S", NULL, CSPAN_FROM_OUTPUT, "Y.Z", "three", CSPAN_AS_INT, 0},
  };
  const char *const removed[] = {"gone", NULL};
  cspan_service_rules service = {.service = "S", .rules = service_rows, .rule_count = 6};
  cspan_trace_options options = {
      .attribute_rules = rows, .attribute_rule_count = 3, .removed_attributes = removed};
  cspan_own_rules own;
  cspan_extraction made;
  assert_int_equal(cspan_own_rules_copy(&options, &own, NULL), CSPAN_OK);
  assert_int_equal(cspan_extraction_make(&service, &own, "S", "Put", true, &made, NULL), CSPAN_OK);
  assert_int_equal(made.count, 2);
  assert_string_equal(made.rules[0].rule.path, "X");
  assert_string_equal(made.rules[1].rule.path, "A");
  assert_ptr_equal(made.rules[0].next, &made.rules[2]);
  assert_ptr_equal(made.rules[1].next, &made.rules[2]);
  cspan_extraction_free(&made);
  assert_int_equal(cspan_extraction_make(&service, &own, "S", "Put", false, &made, NULL), CSPAN_OK);
  assert_int_equal(made.count, 2);
  assert_string_equal(made.rules[0].rule.path, "Y.Z");
  assert_null(made.rules[0].member);
  assert_null(made.rules[1].rule.path);
  cspan_extraction_free(&made);
  assert_int_equal(cspan_extraction_make(&service, &own, "S", "GetIt", true, &made, NULL),
                   CSPAN_OK);
  assert_int_equal(made.count, 3);
  assert_string_equal(made.rules[0].rule.path, "A");
  assert_string_equal(made.rules[1].rule.path, "C");
  assert_int_equal(made.rules[0].rule.max_bytes, 1024);
  assert_int_equal(made.rules[1].rule.max_bytes, 7);
  assert_string_equal(made.rules[2].rule.key, "two");
  assert_ptr_equal(made.rules[0].next, &made.rules[2]);
  assert_ptr_equal(made.rules[1].next, &made.rules[2]);
  assert_ptr_equal(made.rules[2].next, &made.rules[3]);
  cspan_extraction_free(&made);
  cspan_own_rules_free(&own);
}

/* ------------------------------------------------------- the library's tables */

static void check_row(const cspan_service_rules *service, const cspan_attribute_rule *row) {
  cspan_path *path = NULL;
  assert_string_equal(row->service, service->service);
  if (row->path == NULL) {
    assert_int_equal(row->source, CSPAN_FROM_ERROR);
  } else {
    assert_int_equal(cspan_path_parse(row->path, &path, NULL), CSPAN_OK);
  }
  cspan_path_free(path);
}

static void tables_are_sound(void **state) {
  (void)state;
  for (size_t i = 0; cspan_rules_at(i) != NULL; i++) {
    const cspan_service_rules *service = cspan_rules_at(i);
    assert_ptr_equal(cspan_rules_of(service->service), service);
    assert_true(service->rule_count <= CSPAN_MAX_RULES - CSPAN_MAX_OWN_RULES);
    for (size_t j = 0; j < service->rule_count; j++) {
      check_row(service, &service->rules[j]);
    }
    assert_int_equal(service->at_start != NULL || service->at_end != NULL,
                     service->emitted_count != 0);
  }
}

/* Nothing in a table takes what must never leave. */
static void tables_take_no_secrets(void **state) {
  (void)state;
  static const char *const secret[] = {"PhoneNumber",  "Message",
                                       "MessageBody",  "Body",
                                       "body",         "Payload",
                                       "SecretString", "SecretBinary",
                                       "Item",         "Items",
                                       "Key.",         "Endpoint",
                                       "messages",     "system",
                                       "prompt",       "Detail",
                                       "Data",         "input",
                                       "Statement",    "Parameters",
                                       "Attributes",   "ExpressionAttributeValues"};
  for (size_t i = 0; cspan_rules_at(i) != NULL; i++) {
    const cspan_service_rules *service = cspan_rules_at(i);
    for (size_t j = 0; j < service->rule_count; j++) {
      for (size_t k = 0; k < sizeof secret / sizeof secret[0]; k++) {
        const char *path = service->rules[j].path;
        assert_true(path == NULL || strcmp(path, secret[k]) != 0);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_paths),      cmocka_unit_test(long_paths),
      cmocka_unit_test(makes_forms),      cmocka_unit_test(bounds),
      cmocka_unit_test(only_utf8),        cmocka_unit_test(checks_rows),
      cmocka_unit_test(removes_keys),     cmocka_unit_test(orders_rules),
      cmocka_unit_test(tables_are_sound), cmocka_unit_test(tables_take_no_secrets),
  };
  return cmocka_run_group_tests_name("extract", tests, NULL, NULL);
}
