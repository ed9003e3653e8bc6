/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts in message attributes: how many fit, whose they are, how large messages get. */
#include "unit/instrument/carrier_fixture.h"

#define ATTRIBUTE(value) "{'DataType':'String','StringValue':'" value "'}"

/* {'QueueUrl':'q','MessageBody':'b','MessageAttributes':{'a0':..}} */
static void message_with(char *out, size_t room, int attributes, const char *more) {
  int at = snprintf(out, room, "{'MessageBody':'b'%s", more);
  for (int i = 0; i < attributes; i++) {
    at += snprintf(out + at, room - (size_t)at, "%s'a%d':" ATTRIBUTE("v"),
                   i == 0 ? ",'MessageAttributes':{" : ",", i);
  }
  snprintf(out + at, room - (size_t)at, "%s", attributes > 0 ? "}}" : "}");
}

static size_t attribute_count(const cspan_value *message) {
  return cspan_value_count(cspan_value_get(message, "MessageAttributes"));
}

static const char *attribute(const cspan_value *message, const char *name) {
  const cspan_value *value = cspan_value_get(cspan_value_get(message, "MessageAttributes"), name);
  const char *type = cspan_value_text(cspan_value_get(value, "DataType"), NULL);
  const char *text = cspan_value_text(cspan_value_get(value, "StringValue"), NULL);
  assert_true(value == NULL || (type != NULL && strcmp(type, "String") == 0));
  return text != NULL ? text : "";
}

/* --------------------------------------------------------------- how many fit */

static void test_places(void **state) {
  (void)state;
  static const struct {
    const char *state; /* of the trace */
    const char *baggage;
    int user;
    int want; /* attributes in all; as before: the message is left alone */
    bool has_parent;
    bool has_state;
    bool has_baggage;
  } table[] = {
      {NULL, NULL, 0, 1, true, false, false},      {NULL, NULL, 8, 9, true, false, false},
      {NULL, NULL, 9, 10, true, false, false},     {NULL, NULL, 10, 10, false, false, false},
      {"a=b", NULL, 8, 10, true, true, false},     {"a=b", NULL, 9, 9, false, false, false},
      {"a=b", "user", 7, 10, true, true, true},    {"a=b", "user", 8, 10, true, true, false},
      {"a=b", "user", 9, 10, false, false, true}, /* both keys of the trace or none */
      {NULL, "user", 8, 10, true, false, true},    {NULL, "user", 9, 10, true, false, false},
      {NULL, "user", 10, 10, false, false, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    char json[1024];
    cspan_value out;
    fixture_open(&f, "tracecontext,baggage", table[i].state, table[i].baggage);
    message_with(json, sizeof json, table[i].user, "");
    const cspan_value *input = parse(&f, json);
    bool is_changed = cspan_carry_sqs(&f.carried, &f.memory, input, &out);
    assert_int_equal(is_changed, table[i].want != table[i].user);
    const cspan_value *sent = is_changed ? &out : input;
    assert_int_equal(attribute_count(sent), table[i].want);
    assert_int_equal(attribute_count(input), table[i].user);
    assert_string_equal(attribute(sent, "traceparent"), table[i].has_parent ? TRACEPARENT : "");
    assert_string_equal(attribute(sent, "tracestate"), table[i].has_state ? "a=b" : "");
    assert_string_equal(attribute(sent, "baggage"), table[i].has_baggage ? "user=7" : "");
    if (table[i].user > 0) {
      assert_string_equal(attribute(sent, "a0"), "v");
    }
    fixture_close(&f);
  }
}

/* ----------------------------------------------------------------- the user's */

static void test_own_context(void **state) {
  (void)state;
  static const struct {
    const char *more; /* of the message */
    size_t attributes;
    bool has_header;
  } table[] = {
      {"", 2, true},
      {",'MessageAttributes':{'traceparent':" ATTRIBUTE("mine") "}", 1, false},
      {",'MessageAttributes':{'TraceParent':" ATTRIBUTE("mine") "}", 1, false},
      {",'MessageAttributes':{'tracestate':" ATTRIBUTE("mine") "}", 1, false},
      {",'MessageAttributes':{'baggage':" ATTRIBUTE("mine") "}", 2, true},
      {",'MessageSystemAttributes':{'AWSTraceHeader':" ATTRIBUTE("mine") "}", 0, true},
      {",'MessageAttributes':null,'MessageSystemAttributes':null", 2, true},
      {",'MessageAttributes':{},'MessageSystemAttributes':{}", 2, true},
      {",'MessageAttributes':['x'],'MessageSystemAttributes':['x']", 1, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    char json[512];
    cspan_value out;
    fixture_open(&f, "xray,tracecontext,baggage", NULL, "user");
    message_with(json, sizeof json, 0, table[i].more);
    const cspan_value *input = parse(&f, json);
    const cspan_value *sent = cspan_carry_sqs(&f.carried, &f.memory, input, &out) ? &out : input;
    if (attribute_count(sent) != table[i].attributes) {
      fail_msg("%s: %zu attributes", table[i].more, attribute_count(sent));
    }
    const cspan_value *system = cspan_value_get(sent, "MessageSystemAttributes");
    assert_int_equal(cspan_value_get(system, "AWSTraceHeader") != NULL, table[i].has_header);
    fixture_close(&f);
  }
}

static void test_trace_header(void **state) {
  (void)state;
  fixture f;
  cspan_value out;
  fixture_open(&f, "xray", NULL, NULL);
  char json[1024];
  message_with(json, sizeof json, 10, ""); /* system attributes do not count */
  assert_true(cspan_carry_sqs(&f.carried, &f.memory, parse(&f, json), &out));
  assert_int_equal(attribute_count(&out), 10);
  assert_json(cspan_value_get(&out, "MessageSystemAttributes"),
              "{'AWSTraceHeader':" ATTRIBUTE(XRAY) "}", "system attributes");
  fixture_close(&f);
}

/* -------------------------------------------------------------------- batches */

static void test_entries(void **state) {
  (void)state;
  fixture f;
  cspan_value out;
  fixture_open(&f, "tracecontext", NULL, NULL);
  const cspan_value *input = parse(
      &f,
      "{'QueueUrl':'q','Entries':["
      "{'Id':'0','MessageBody':'b'},"
      "{'Id':'1','MessageBody':'b','MessageAttributes':{'traceparent':" ATTRIBUTE(
          "mine") "}},"
                  "{'Id':'2','MessageBody':'b','MessageAttributes':{'x':" ATTRIBUTE("y") "}}]}");
  assert_true(cspan_carry_sqs(&f.carried, &f.memory, input, &out));
  assert_json(&out,
              "{'QueueUrl':'q','Entries':["
              "{'Id':'0','MessageBody':'b','MessageAttributes':{'traceparent':" ATTRIBUTE(
                  TRACEPARENT) "}},"
                               "{'Id':'1','MessageBody':'b','MessageAttributes':{'traceparent'"
                               ":" ATTRIBUTE(
                                   "mine") "}},"
                                           "{'Id':'2','MessageBody':'b',"
                                           "'MessageAttributes':{'x':" ATTRIBUTE(
                                               "y") ",'traceparent':" ATTRIBUTE(TRACEPARENT) "}}]}",
              "batch");
  fixture_close(&f);
}

static void test_odd_entries(void **state) {
  (void)state;
  static const char *const table[] = {"{'Entries':[]}", "{'Entries':{}}", "{'Entries':'x'}",
                                      "{'Entries':[1,'x',null]}"};
  fixture f;
  cspan_value out;
  fixture_open(&f, "xray,tracecontext", NULL, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (cspan_carry_sqs(&f.carried, &f.memory, parse(&f, table[i]), &out)) {
      fail_msg("%s was changed", table[i]);
    }
  }
  fixture_close(&f);
}

/* ----------------------------------------------------------------------- size */

/* A message with a body of so many bytes. */
static cspan_value sized(fixture *f, const char *name, size_t size) {
  char *body = cspan_arena_alloc(f->arena, size + 1);
  cspan_member *members = cspan_arena_alloc(f->arena, sizeof *members);
  assert_true(body != NULL && members != NULL);
  memset(body, 'x', size);
  members[0] = cspan_field(name, cspan_string_of(body, size));
  return cspan_map(members, 1);
}

static void test_size(void **state) {
  (void)state;
  const size_t added = strlen("traceparent") + strlen("String") + strlen(TRACEPARENT);
  const size_t old_limit = 256U << 10;
  const size_t limit = 1U << 20;
  const struct {
    size_t body;
    bool fits_sqs;
    bool fits_sns;
  } table[] = {
      {old_limit - added, true, true}, {old_limit - added + 1, false, false},
      {old_limit, false, false},       {old_limit + 1, true, false},
      {limit - added, true, false},    {limit - added + 1, false, false},
      {limit + 1, false, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_value out;
    fixture_open(&f, "tracecontext", NULL, NULL);
    cspan_value sqs = sized(&f, "MessageBody", table[i].body);
    cspan_value sns = sized(&f, "Message", table[i].body);
    if (cspan_carry_sqs(&f.carried, &f.memory, &sqs, &out) != table[i].fits_sqs ||
        cspan_carry_sns(&f.carried, &f.memory, &sns, &out) != table[i].fits_sns) {
      fail_msg("%zu bytes", table[i].body);
    }
    fixture_close(&f);
  }
}

/* Entries share the limit: the first gets its context, the second has no room left. */
static void test_batch_size(void **state) {
  (void)state;
  const size_t added = strlen("traceparent") + strlen("String") + strlen(TRACEPARENT);
  fixture f;
  cspan_value out;
  fixture_open(&f, "tracecontext", NULL, NULL);
  cspan_value entries[] = {sized(&f, "MessageBody", 1000),
                           sized(&f, "MessageBody", (256U << 10) - 1000 - 2 * added + 1)};
  cspan_value input = CSPAN_MAP(cspan_field("Entries", cspan_list(entries, 2)));
  assert_true(cspan_carry_sqs(&f.carried, &f.memory, &input, &out));
  const cspan_value *sent = cspan_value_get(&out, "Entries");
  assert_int_equal(attribute_count(cspan_value_at(sent, 0)), 1);
  assert_int_equal(attribute_count(cspan_value_at(sent, 1)), 0);
  fixture_close(&f);
}

/* ------------------------------------------------------------------------ SNS */

static void test_topics(void **state) {
  (void)state;
  static const struct {
    const char *input;
    bool is_changed;
  } table[] = {
      {"{'TopicArn':'arn:aws:sns:eu-west-1:1:t','Message':'m'}", true},
      {"{'TargetArn':'arn:aws:sns:eu-west-1:1:t','Message':'m'}", true},
      {"{'TargetArn':'arn:aws:sns:eu-west-1:1:endpoint/GCM/app/1','Message':'m'}", false},
      {"{'PhoneNumber':'+15550100','Message':'m'}", false},
      {"{'PhoneNumber':null,'TopicArn':'arn:aws:sns:eu-west-1:1:t','Message':'m'}", true},
      {"{'TopicArn':'t','PublishBatchRequestEntries':[{'Id':'1','Message':'m'}]}", true},
  };
  fixture f;
  cspan_value out;
  fixture_open(&f, "xray,tracecontext", NULL, NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (cspan_carry_sns(&f.carried, &f.memory, parse(&f, table[i].input), &out) !=
        table[i].is_changed) {
      fail_msg("%s", table[i].input);
    }
    if (table[i].is_changed) {
      assert_null(cspan_value_get(&out, "MessageSystemAttributes"));
    }
  }
  const cspan_value *entries = cspan_value_get(&out, "PublishBatchRequestEntries");
  assert_string_equal(attribute(cspan_value_at(entries, 0), "traceparent"), TRACEPARENT);
  fixture_close(&f);
}

static void test_nothing_to_carry(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, "tracecontext,baggage", NULL, NULL);
  cspan_context nothing = {0};
  assert_false(cspan_carried_collect(f.propagator, &nothing, &f.memory, &f.carried));
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),           cmocka_unit_test(test_own_context),
      cmocka_unit_test(test_trace_header),     cmocka_unit_test(test_entries),
      cmocka_unit_test(test_odd_entries),      cmocka_unit_test(test_size),
      cmocka_unit_test(test_batch_size),       cmocka_unit_test(test_topics),
      cmocka_unit_test(test_nothing_to_carry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
