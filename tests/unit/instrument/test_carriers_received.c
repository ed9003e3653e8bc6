/* SPDX-License-Identifier: Apache-2.0 */
/* What ReceiveMessage is asked for besides what the caller asks, and that the caller does not see
 * it. */
#include <cloudspan/messaging.h>

#include "base/value.h"
#include "unit/instrument/carrier_fixture.h"

#define NAMES     "'traceparent','tracestate','baggage'"
#define ATTRIBUTE "{'DataType':'String','StringValue':'" TRACEPARENT "'}"
#define OTHER     "{'DataType':'String','StringValue':'v'}"

static const char propagators[] = "xray,tracecontext,baggage";

/* ------------------------------------------------------------------ asking */

static void test_ask(void **state) {
  (void)state;
  static const struct {
    const char *input;
    const char *want; /* NULL: nothing is added */
  } table[] = {
      {"{'QueueUrl':'q'}",
       "{'QueueUrl':'q','MessageAttributeNames':[" NAMES "],'AttributeNames':['AWSTraceHeader']}"},
      {"{'MessageAttributeNames':['a'],'AttributeNames':['SentTimestamp']}",
       "{'MessageAttributeNames':['a'," NAMES
       "],'AttributeNames':['SentTimestamp','AWSTraceHeader']}"},
      {"{'MessageSystemAttributeNames':['SenderId']}",
       "{'MessageSystemAttributeNames':['SenderId','AWSTraceHeader'],'MessageAttributeNames':"
       "[" NAMES "]}"},
      {"{'MessageAttributeNames':['All']}",
       "{'MessageAttributeNames':['All'],'AttributeNames':['AWSTraceHeader']}"},
      {"{'MessageAttributeNames':['.*'],'AttributeNames':['All']}", NULL},
      {"{'MessageAttributeNames':['trace.*'],'MessageSystemAttributeNames':['All']}",
       "{'MessageAttributeNames':['trace.*','baggage'],'MessageSystemAttributeNames':['All']}"},
      {"{'MessageAttributeNames':[" NAMES "],'AttributeNames':['AWSTraceHeader']}", NULL},
      {"{'MessageAttributeNames':null,'AttributeNames':[]}",
       "{'MessageAttributeNames':[" NAMES "],'AttributeNames':['AWSTraceHeader']}"},
      {"{'MessageAttributeNames':'x'}", NULL},
      {"{'AttributeNames':7}", NULL},
      {"[]", NULL},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_asked asked;
    cspan_value out;
    fixture_open(&f, propagators, NULL, NULL);
    bool is_more =
        cspan_carry_ask(f.propagator, &f.memory, parse(&f, table[i].input), &out, &asked);
    if (is_more != (table[i].want != NULL)) {
      fail_msg("%s", table[i].input);
    }
    if (is_more) {
      assert_json(&out, table[i].want, table[i].input);
    }
    fixture_close(&f);
  }
}

static void test_ask_without_xray(void **state) {
  (void)state;
  fixture f;
  cspan_asked asked;
  cspan_value out;
  fixture_open(&f, "b3", NULL, NULL);
  assert_true(cspan_carry_ask(f.propagator, &f.memory, parse(&f, "{}"), &out, &asked));
  assert_null(cspan_value_get(&out, "AttributeNames"));
  assert_true(cspan_value_count(cspan_value_get(&out, "MessageAttributeNames")) > 0);
  fixture_close(&f);
}

/* --------------------------------------------------------------- restoring */

/* What was asked, what came, and what the caller sees of it. */
static void test_restore(void **state) {
  (void)state;
  static const struct {
    const char *input;
    const char *message;
    const char *want; /* NULL: as it came */
    bool has_context;
  } table[] = {
      {"{}",
       "{'MessageId':'1','MessageAttributes':{'traceparent':" ATTRIBUTE
       "},'MD5OfMessageAttributes':'x','Attributes':{'AWSTraceHeader':'" XRAY "'}}",
       "{'MessageId':'1'}", true},
      {"{'MessageAttributeNames':['a'],'AttributeNames':['SenderId']}",
       "{'MessageAttributes':{'a':" OTHER ",'traceparent':" ATTRIBUTE
       "},'Attributes':{'SenderId':'s','AWSTraceHeader':'" XRAY "'},'Body':'b'}",
       "{'MessageAttributes':{'a':" OTHER "},'Attributes':{'SenderId':'s'},'Body':'b'}", true},
      {"{'MessageAttributeNames':['All'],'AttributeNames':['All']}",
       "{'MessageAttributes':{'traceparent':" ATTRIBUTE "},'MD5OfMessageAttributes':'x'}", NULL,
       true},
      {"{'MessageAttributeNames':['traceparent']}",
       "{'MessageAttributes':{'traceparent':" ATTRIBUTE ",'tracestate':" OTHER "}}",
       "{'MessageAttributes':{'traceparent':" ATTRIBUTE "}}", true},
      {"{}", "{'MessageId':'1','Body':'b'}", NULL, false},
      {"{}", "{'MessageAttributes':{'x':" OTHER "}}", NULL, false}, /* given all the same */
      {"{'MessageSystemAttributeNames':['AWSTraceHeader']}",
       "{'Attributes':{'AWSTraceHeader':'" XRAY "'}}", NULL, true},
      {"{}", "7", NULL, false},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    fixture f;
    cspan_asked asked;
    cspan_value more;
    cspan_value out;
    fixture_open(&f, propagators, NULL, NULL);
    (void)cspan_carry_ask(f.propagator, &f.memory, parse(&f, table[i].input), &more, &asked);
    const cspan_value *message = parse(&f, table[i].message);
    cspan_value output = CSPAN_MAP(cspan_field("Messages", cspan_list(message, 1)));
    bool is_less = cspan_carry_restore(&asked, &f.memory, &output, &out);
    if (is_less != (table[i].want != NULL)) {
      fail_msg("%s of %s", table[i].message, table[i].input);
    }
    const cspan_value *seen =
        cspan_value_at(cspan_value_get(is_less ? &out : &output, "Messages"), 0);
    assert_json(seen, is_less ? table[i].want : table[i].message, table[i].message);
    cspan_extracted extracted;
    assert_int_equal(cspan_message_context(seen, f.propagator, NULL, &extracted),
                     table[i].has_context);
    cspan_extracted_free(&extracted);
    fixture_close(&f);
  }
}

/* The context goes with a copy, but neither into JSON nor into a comparison. */
static void test_copies(void **state) {
  (void)state;
  fixture f;
  cspan_asked asked;
  cspan_value more;
  cspan_value out;
  cspan_document *copy = NULL;
  fixture_open(&f, propagators, NULL, NULL);
  assert_true(cspan_carry_ask(f.propagator, &f.memory, parse(&f, "{}"), &more, &asked));
  const cspan_value *output = parse(
      &f, "{'Messages':[{'MessageId':'1','MessageAttributes':{'traceparent':" ATTRIBUTE "}}]}");
  assert_true(cspan_carry_restore(&asked, &f.memory, output, &out));
  assert_int_equal(cspan_document_copy(&out, &copy, NULL), CSPAN_OK);
  const cspan_value *message =
      cspan_value_at(cspan_value_get(cspan_document_value(copy), "Messages"), 0);
  assert_int_equal(cspan_value_count(message), 1);
  assert_null(cspan_value_get(message, CSPAN_CARRIED_HIDDEN));
  assert_non_null(cspan_value_hidden(message, CSPAN_CARRIED_HIDDEN));
  assert_null(cspan_value_hidden(message, "MessageId"));
  assert_true(cspan_value_equals(message, parse(&f, "{'MessageId':'1'}")));
  cspan_extracted extracted;
  cspan_span_context sender;
  assert_true(cspan_message_context(message, f.propagator, NULL, &extracted));
  assert_true(cspan_span_get_context(extracted.context.span, &sender));
  char hex[33];
  cspan_trace_id_hex(sender.trace_id, hex);
  assert_string_equal(hex, TRACE_ID);
  cspan_extracted_free(&extracted);
  cspan_document_free(copy);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ask),
      cmocka_unit_test(test_ask_without_xray),
      cmocka_unit_test(test_restore),
      cmocka_unit_test(test_copies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
