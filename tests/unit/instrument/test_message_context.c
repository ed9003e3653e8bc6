/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts in all that may carry one. */
#include <cloudspan/messaging.h>

#include "unit/instrument/carrier_fixture.h"

#define OTHER_PARENT "00-11111111111111111111111111111111-2222222222222222-01"

typedef struct found {
  const char *message;  /* JSON with single quotes */
  const char *trace_id; /* NULL: no span */
  const char *baggage;  /* of the key "user"; NULL: none */
} found;

static void check(const found *want) {
  fixture f;
  cspan_extracted extracted;
  cspan_context nothing = {0};
  fixture_open(&f, "xray,tracecontext,baggage", NULL, NULL);
  bool is_found =
      cspan_message_context(parse(&f, want->message), f.propagator, &nothing, &extracted);
  if (is_found != (want->trace_id != NULL || want->baggage != NULL)) {
    fail_msg("%s: found is %d", want->message, is_found);
  }
  cspan_span_context sender;
  char hex[33] = "";
  if (cspan_span_get_context(extracted.context.span, &sender)) {
    cspan_trace_id_hex(sender.trace_id, hex);
    assert_true(sender.is_remote);
  }
  if (strcmp(hex, want->trace_id != NULL ? want->trace_id : "") != 0) {
    fail_msg("%s: the trace is \"%s\"", want->message, hex);
  }
  const char *user = cspan_baggage_get(extracted.context.baggage, "user");
  if (strcmp(user != NULL ? user : "", want->baggage != NULL ? want->baggage : "") != 0) {
    fail_msg("%s: the baggage is \"%s\"", want->message, user);
  }
  cspan_extracted_free(&extracted);
  fixture_close(&f);
}

static void test_places(void **state) {
  (void)state;
  static const found table[] = {
      /* SQS */
      {"{'MessageAttributes':{'traceparent':{'DataType':'String','StringValue':'" TRACEPARENT
       "'},'baggage':{'DataType':'String','StringValue':'user=7'}},'Body':'b'}",
       TRACE_ID, "7"},
      {"{'Attributes':{'AWSTraceHeader':'" XRAY "'}}", TRACE_ID, NULL},
      {"{'Attributes':{'AWSTraceHeader':'" XRAY "'},'MessageAttributes':{'traceparent':"
       "{'StringValue':'" OTHER_PARENT "'}}}",
       "11111111111111111111111111111111", NULL},
      /* SNS in SQS, as an envelope and as a record of Lambda */
      {"{'Body':'{\\'Type\\':\\'Notification\\',\\'Message\\':\\'m\\',\\'MessageAttributes\\':{"
       "\\'traceparent\\':{\\'Type\\':\\'String\\',\\'Value\\':\\'" TRACEPARENT "\\'}}}'}",
       TRACE_ID, NULL},
      {"{'EventSource':'aws:sns','Sns':{'MessageAttributes':{'traceparent':{'Type':'String',"
       "'Value':'" TRACEPARENT "'}}}}",
       TRACE_ID, NULL},
      /* SQS as a record of Lambda */
      {"{'messageId':'1','body':'b','messageAttributes':{'traceparent':{'stringValue':'" TRACEPARENT
       "','dataType':'String'}}}",
       TRACE_ID, NULL},
      {"{'messageId':'1','attributes':{'AWSTraceHeader':'" XRAY "'}}", TRACE_ID, NULL},
      /* EventBridge, alone and in a queue */
      {"{'detail-type':'t','detail':{'a':1,'traceparent':'" TRACEPARENT "'}}", TRACE_ID, NULL},
      {"{'Body':'{\\'detail\\':{\\'traceparent\\':\\'" TRACEPARENT "\\'}}'}", TRACE_ID, NULL},
      /* Step Functions; headers of a gateway; names of any case */
      {"{'order':7,'traceparent':'" TRACEPARENT "','baggage':'user=9'}", TRACE_ID, "9"},
      {"{'headers':{'Traceparent':'" TRACEPARENT "'}}", TRACE_ID, NULL},
      /* Lambda's client context, and its base64 */
      {"{'custom':{'traceparent':'" TRACEPARENT "'}}", TRACE_ID, NULL},
      {"'eyJjdXN0b20iOnsidHJhY2VwYXJlbnQiOiIwMC0wYWY3NjUxOTE2Y2Q0M2RkODQ0OGViMjExYzgwMzE5Yy1iN2FkNm"
       "I3"
       "MTY5MjAzMzMxLTAxIn19'",
       TRACE_ID, NULL},
      /* Kinesis in Lambda */
      {"{'kinesis':{'data':'"
       "eyJ0cmFjZXBhcmVudCI6IjAwLTBhZjc2NTE5MTZjZDQzZGQ4NDQ4ZWIyMTFjODAzMTljLWI3"
       "YWQ2YjcxNjkyMDMzMzEtMDEifQ=='}}",
       TRACE_ID, NULL},
      /* The outermost counts. */
      {"{'traceparent':'" TRACEPARENT "','detail':{'traceparent':'" OTHER_PARENT "'}}", TRACE_ID,
       NULL},
      {"{'MessageAttributes':{'baggage':{'StringValue':'user=7'}},'Body':'{\\'traceparent\\':"
       "\\'" TRACEPARENT "\\'}'}",
       TRACE_ID, "7"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    check(&table[i]);
  }
}

static void test_nothing(void **state) {
  (void)state;
  static const char *const table[] = {
      "{}",
      "[]",
      "7",
      "'traceparent'",
      "{'MessageAttributes':{'traceparent':'" TRACEPARENT "'}}",
      "{'MessageAttributes':{'traceparent':{'BinaryValue':'x'}}}",
      "{'MessageAttributes':['traceparent']}",
      "{'traceparent':7}",
      "{'traceparent':''}",
      "{'traceparent':'00-broken'}",
      "{'Attributes':{'AWSTraceHeader':'Root=1;Parent=2'}}",
      "{'Body':'{\\'traceparent\\':'}",
      "{'Body':'traceparent'}",
      "{'custom':'traceparent'}",
      "'ey!!'",
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    found want = {table[i], NULL, NULL};
    check(&want);
  }
}

/* A message inside of JSON strings, so many levels deep. */
static char *nested(int levels) {
  static const char inner[] = "{\"traceparent\":\"" TRACEPARENT "\"}";
  char *text = strdup(inner);
  for (int i = 0; i < levels; i++) {
    cspan_value value = CSPAN_MAP(cspan_field("Body", cspan_string(text)));
    char *json = NULL;
    assert_int_equal(cspan_value_to_json(&value, CSPAN_JSON_COMPACT, &json, NULL, NULL), CSPAN_OK);
    free(text);
    text = strdup(json);
    cspan_free(json);
  }
  return text;
}

static void test_depth(void **state) {
  (void)state;
  for (int levels = 0; levels < 7; levels++) {
    fixture f;
    cspan_extracted extracted;
    cspan_context nothing = {0};
    fixture_open(&f, "tracecontext", NULL, NULL);
    char *text = nested(levels);
    cspan_value value = cspan_string(text);
    bool is_found = cspan_message_context(&value, f.propagator, &nothing, &extracted);
    assert_int_equal(is_found, levels < 4);
    cspan_extracted_free(&extracted);
    free(text);
    fixture_close(&f);
  }
}

/* What the message does not say stays as it is in the parent. */
static void test_parent(void **state) {
  (void)state;
  fixture f;
  cspan_extracted extracted;
  fixture_open(&f, "tracecontext,baggage", NULL, "own");
  f.context.deadline_ns = 77;
  const cspan_value *message = parse(&f, "{'traceparent':'" OTHER_PARENT "'}");
  assert_true(cspan_message_context(message, f.propagator, &f.context, &extracted));
  assert_int_equal(extracted.context.deadline_ns, 77);
  assert_string_equal(cspan_baggage_get(extracted.context.baggage, "own"), "7");
  assert_int_not_equal(extracted.context.span.generation, f.context.span.generation);
  cspan_extracted_free(&extracted);
  assert_false(cspan_message_context(NULL, f.propagator, &f.context, &extracted));
  assert_memory_equal(&extracted.context.span, &f.context.span, sizeof f.context.span);
  cspan_extracted_free(&extracted);
  fixture_close(&f);
}

static void test_default_propagator(void **state) {
  (void)state;
  fixture f;
  cspan_extracted extracted;
  cspan_context nothing = {0};
  fixture_open(&f, "tracecontext", NULL, NULL);
  const cspan_value *message = parse(&f, "{'Attributes':{'AWSTraceHeader':'" XRAY "'}}");
  assert_true(cspan_message_context(message, NULL, &nothing, &extracted));
  cspan_extracted_free(&extracted);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_depth),
      cmocka_unit_test(test_parent),
      cmocka_unit_test(test_default_propagator),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
