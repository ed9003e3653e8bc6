/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts in JSON: details of events, inputs of executions, records, client contexts. */
#include "base/text.h"
#include "unit/instrument/carrier_fixture.h"

#define PARENT "\"traceparent\":\"" TRACEPARENT "\""

/* One object in, one out; NULL: it is left alone. */
typedef struct rewrite {
  const char *given;
  const char *want;
} rewrite;

static const rewrite objects[] = {
    {"{}", "{" PARENT "}"},
    {"{ }", "{ " PARENT "}"},
    {"{\"a\":1}", "{\"a\":1," PARENT "}"},
    {" {\"a\":{\"b\":\"}\"}}\n ", " {\"a\":{\"b\":\"}\"}," PARENT "}\n "},
    {"{\"n\":1.10,\"big\":12345678901234567890123,\"e\":1E2,\"z\":-0.0,\"\\u0041\":\"\\/\"}",
     "{\"n\":1.10,\"big\":12345678901234567890123,\"e\":1E2,\"z\":-0.0,\"\\u0041\":\"\\/\"," PARENT
     "}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2," PARENT "}"},
    {"{\"traceparent\":\"mine\"}", NULL},
    {"{\"Traceparent\":null}", NULL},
    {"{\"tracestate\":\"mine\"}", NULL},
    {"{\"x-amzn-trace-id\":\"mine\"}", NULL},
    {"[1]", NULL},
    {"\"text\"", NULL},
    {"7", NULL},
    {"null", NULL},
    {"", NULL},
    {"{\"a\":1", NULL},
    {"{\"a\":1} x", NULL},
    {"plain", NULL},
};

enum { OBJECTS = sizeof objects / sizeof objects[0] };

static void check_text(const cspan_value *map, const char *name, const rewrite *r) {
  size_t size = 0;
  const char *text = cspan_value_bytes(cspan_value_get(map, name), &size);
  const char *want = r->want != NULL ? r->want : r->given;
  if (text == NULL || size != strlen(want) || memcmp(text, want, size) != 0) {
    fail_msg("%s became %.*s", r->given, (int)size, text != NULL ? text : "");
  }
}

/* ------------------------------------------------------------- EventBridge */

static void test_events(void **state) {
  (void)state;
  for (size_t i = 0; i < OBJECTS; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value input = CSPAN_MAP(cspan_field(
        "Entries", CSPAN_LIST(CSPAN_MAP(cspan_field("Source", cspan_string("s")),
                                        cspan_field("Detail", cspan_string(objects[i].given))))));
    bool is_changed = cspan_carry_events(&f.carried, &f.memory, &input, &out);
    assert_int_equal(is_changed, objects[i].want != NULL);
    const cspan_value *entries = cspan_value_get(is_changed ? &out : &input, "Entries");
    check_text(cspan_value_at(entries, 0), "Detail", &objects[i]);
    assert_null(cspan_value_get(cspan_value_at(entries, 0), "TraceHeader"));
    fixture_close(&f);
  }
}

static void test_event_header(void **state) {
  (void)state;
  fixture f;
  cspan_value out;
  fixture_open(&f, "xray,tracecontext", NULL, NULL);
  const cspan_value *input =
      parse(&f, "{'Entries':[{'Detail':'[1]'},{'Detail':'{}','TraceHeader':'mine'},"
                "{'Detail':'{\\'traceparent\\':1}'},{'Source':'s'},7]}");
  assert_true(cspan_carry_events(&f.carried, &f.memory, input, &out));
  assert_json(&out,
              "{'Entries':[{'Detail':'[1]','TraceHeader':'" XRAY
              "'},{'Detail':'{}','TraceHeader':'mine'},{'Detail':'{\\'traceparent\\':1}'},"
              "{'Source':'s','TraceHeader':'" XRAY "'},7]}",
              "entries");
  fixture_close(&f);
}

/* An object of so many bytes. */
static cspan_value sized_object(fixture *f, size_t size, cspan_value_kind kind) {
  char *text = cspan_arena_alloc(f->arena, size + 1);
  assert_non_null(text);
  memset(text, 'x', size);
  memcpy(text, "{\"a\":\"", 6);
  memcpy(text + size - 2, "\"}", 2);
  cspan_value value = cspan_string_of(text, size);
  value.kind = kind;
  return value;
}

static void test_sizes(void **state) {
  (void)state;
  const size_t added = strlen("," PARENT);
  const size_t limit = 256U << 10;
  const size_t mib = 1U << 20;
  const struct {
    size_t size;
    bool fits_event;
    bool fits_state;
    bool fits_record;
  } table[] = {
      {limit - added - 1, true, true, true},       {limit - added, false, true, true},
      {limit - added + 1, false, false, true},     {limit, true, false, true},
      {mib - added - 1, true, false, true},        {mib - added, false, false, true},
      {mib - added + 1, false, false, false},      {mib + 1, false, false, true},
      {10 * mib - added + 1, false, false, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value text = sized_object(&f, table[i].size, CSPAN_VALUE_STRING);
    cspan_value blob = sized_object(&f, table[i].size, CSPAN_VALUE_BLOB);
    cspan_value event =
        CSPAN_MAP(cspan_field("Entries", CSPAN_LIST(CSPAN_MAP(cspan_field("Detail", text)))));
    cspan_value start = CSPAN_MAP(cspan_field("input", text));
    cspan_value record = CSPAN_MAP(cspan_field("Data", blob));
    if (cspan_carry_events(&f.carried, &f.memory, &event, &out) != table[i].fits_event ||
        cspan_carry_states(&f.carried, &f.memory, &start, &out) != table[i].fits_state ||
        cspan_carry_kinesis(&f.carried, &f.memory, &record, &out) != table[i].fits_record) {
      fail_msg("%zu bytes", table[i].size);
    }
    fixture_close(&f);
  }
}

/* ---------------------------------------------------------- Step Functions */

static void test_states(void **state) {
  (void)state;
  for (size_t i = 0; i < OBJECTS; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value input = CSPAN_MAP(cspan_field("input", cspan_string(objects[i].given)));
    bool is_changed = cspan_carry_states(&f.carried, &f.memory, &input, &out);
    assert_int_equal(is_changed, objects[i].want != NULL);
    check_text(is_changed ? &out : &input, "input", &objects[i]);
    fixture_close(&f);
  }
}

static void test_executions(void **state) {
  (void)state;
  static const struct {
    const char *input;
    const char *want; /* NULL: left alone */
  } table[] = {
      /* No input is an empty object. */
      {"{'stateMachineArn':'a'}",
       "{'stateMachineArn':'a','input':'{\\'traceparent\\':\\'" TRACEPARENT
       "\\'}','traceHeader':'" XRAY "'}"},
      /* A name and the input make a start idempotent. */
      {"{'name':'n','input':'{}'}", "{'name':'n','input':'{}','traceHeader':'" XRAY "'}"},
      {"{'input':'{}','traceHeader':'mine'}", NULL},
      {"{'input':'{\\'traceparent\\':1}'}", NULL},
      {"{'input':'[]'}", "{'input':'[]','traceHeader':'" XRAY "'}"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "xray,tracecontext", NULL, NULL);
    bool is_changed = cspan_carry_states(&f.carried, &f.memory, parse(&f, table[i].input), &out);
    if (is_changed != (table[i].want != NULL)) {
      fail_msg("%s", table[i].input);
    }
    if (is_changed) {
      assert_json(&out, table[i].want, table[i].input);
    }
    fixture_close(&f);
  }
}

/* ----------------------------------------------------------------- Kinesis */

static void test_records(void **state) {
  (void)state;
  for (size_t i = 0; i < OBJECTS; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value data = cspan_blob(objects[i].given, strlen(objects[i].given));
    cspan_value one = CSPAN_MAP(cspan_field("Data", data));
    cspan_value many = CSPAN_MAP(cspan_field("Records", CSPAN_LIST(cspan_int(1), one)));
    bool is_changed = cspan_carry_kinesis(&f.carried, &f.memory, &one, &out);
    assert_int_equal(is_changed, objects[i].want != NULL);
    check_text(is_changed ? &out : &one, "Data", &objects[i]);
    is_changed = cspan_carry_kinesis(&f.carried, &f.memory, &many, &out);
    assert_int_equal(is_changed, objects[i].want != NULL);
    const cspan_value *records = cspan_value_get(is_changed ? &out : &many, "Records");
    check_text(cspan_value_at(records, 1), "Data", &objects[i]);
    assert_int_equal(cspan_value_get(cspan_value_at(records, 1), "Data")->kind, CSPAN_VALUE_BLOB);
    fixture_close(&f);
  }
}

/* ------------------------------------------------------------------ Lambda */

static void encode(const char *json, char *out, size_t room) {
  cspan_buf text;
  cspan_buf_init(&text, room);
  assert_int_equal(cspan_base64_encode(&text, json, strlen(json)), CSPAN_OK);
  snprintf(out, room, "%s", cspan_buf_text(&text));
  cspan_buf_free(&text);
}

static void decode(const cspan_value *input, char *out, size_t room) {
  size_t size = 0;
  const char *text = cspan_value_text(cspan_value_get(input, "ClientContext"), &size);
  assert_non_null(text);
  assert_true(size <= 3583);
  cspan_buf json;
  cspan_buf_init(&json, room);
  assert_true(cspan_base64_decode(text, size, &json));
  snprintf(out, room, "%s", cspan_buf_text(&json));
  cspan_buf_free(&json);
}

static void test_client_context(void **state) {
  (void)state;
  static const struct {
    const char *given; /* JSON; NULL: none */
    const char *want;  /* NULL: left alone */
  } table[] = {
      {NULL, "{\"custom\":{" PARENT "}}"},
      {"{}", "{\"custom\":{" PARENT "}}"},
      {"{\"client\":{\"n\":1.5}}", "{\"client\":{\"n\":1.5},\"custom\":{" PARENT "}}"},
      {"{\"custom\":{\"a\":\"b\"},\"env\":{}}", "{\"custom\":{\"a\":\"b\"," PARENT "},\"env\":{}}"},
      {"{\"custom\":null}", "{\"custom\":{" PARENT "}}"},
      {"{\"custom\":{\"traceparent\":\"mine\"}}", NULL},
      {"{\"custom\":\"text\"}", NULL},
      {"[1]", NULL},
      {"no json", NULL},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_value out;
    char text[1024] = "";
    fixture_open(&f, "xray,tracecontext", NULL, NULL);
    if (table[i].given != NULL) {
      encode(table[i].given, text, sizeof text);
    }
    cspan_value input =
        CSPAN_MAP(cspan_field("FunctionName", cspan_string("f")),
                  cspan_field("ClientContext", cspan_string(table[i].given != NULL ? text : NULL)));
    bool is_changed = cspan_carry_lambda(&f.carried, &f.memory, &input, &out);
    if (is_changed != (table[i].want != NULL)) {
      fail_msg("%s", table[i].given);
    }
    if (is_changed) {
      decode(&out, text, sizeof text);
      assert_string_equal(text, table[i].want);
      text_member(&out, "FunctionName", "f");
    }
    fixture_close(&f);
  }
}

static void test_client_context_odd(void **state) {
  (void)state;
  static const char *const table[] = {"{'ClientContext':'not base64!'}", "{'ClientContext':7}"};
  fixture f;
  cspan_value out;
  fixture_open(&f, "tracecontext", NULL, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    assert_false(cspan_carry_lambda(&f.carried, &f.memory, parse(&f, table[i]), &out));
  }
  fixture_close(&f);
}

/* Up to 3,583 bytes of base64, and not one more: 2,685 bytes of JSON. */
static void test_client_context_size(void **state) {
  (void)state;
  const size_t most = 2685;
  const size_t added = strlen(",\"custom\":{" PARENT "}");
  int fitting = 0;
  for (size_t size = most - added - 24; size <= most; size++) {
    fixture f;
    cspan_value out;
    char json[4096];
    char text[8192];
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value object = sized_object(&f, size, CSPAN_VALUE_STRING);
    snprintf(json, sizeof json, "%s", object.as.text);
    encode(json, text, sizeof text);
    cspan_value input = CSPAN_MAP(cspan_field("ClientContext", cspan_string(text)));
    if (cspan_carry_lambda(&f.carried, &f.memory, &input, &out)) {
      decode(&out, text, sizeof text);
      assert_int_equal(strlen(text), size + added);
      fitting++;
    }
    fixture_close(&f);
  }
  assert_in_range(fitting, 1, 25);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events),
      cmocka_unit_test(test_event_header),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_states),
      cmocka_unit_test(test_executions),
      cmocka_unit_test(test_records),
      cmocka_unit_test(test_client_context),
      cmocka_unit_test(test_client_context_odd),
      cmocka_unit_test(test_client_context_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
