/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of processing: names, kinds, attributes, links and parents. */
#include <cloudspan/messaging.h>

#include "support/span_check.h"
#include "unit/instrument/carrier_fixture.h"

#define MESSAGE(id)                                                                                \
  "{'MessageId':'" id                                                                              \
  "','MessageAttributes':{'traceparent':{'DataType':'String','StringValue':'" TRACEPARENT          \
  "'},'baggage':{'DataType':'String','StringValue':'user=7'}}}"
#define URL "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"

typedef struct bench {
  fixture f;
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_consumer *consumer;
  cspan_span_list *spans;
} bench;

static void bench_open(bench *b, const cspan_consumer_options *options) {
  fixture_open(&b->f, "tracecontext,baggage", NULL, NULL);
  b->memory = cspan_exporter_memory();
  b->spans = NULL;
  cspan_span_processor *processors[] = {cspan_processor_simple(b->memory)};
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "test",
                                     .sampler = cspan_sampler_always_on(),
                                     .processors = processors,
                                     .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &b->provider, NULL), CSPAN_OK);
  cspan_consumer_options all = *options;
  all.provider = b->provider;
  all.propagator = cspan_propagator_from_names("xray,tracecontext,baggage", NULL);
  assert_int_equal(cspan_consumer_create(&all, &b->consumer, NULL), CSPAN_OK);
}

static void bench_close(bench *b) {
  cspan_span_list_free(b->spans);
  cspan_consumer_free(b->consumer);
  cspan_tracer_provider_free(b->provider);
  fixture_close(&b->f);
}

static const cspan_span_view *only_span(bench *b) {
  b->spans = cspan_memory_spans(b->memory);
  assert_int_equal(cspan_span_list_count(b->spans), 1);
  return cspan_span_list_at(b->spans, 0);
}

typedef struct work {
  cspan_status status;
  bool is_current;
  char user[16]; /* of the baggage */
} work;

static cspan_status do_work(void *data, const cspan_context *context, const cspan_value *message) {
  work *w = data;
  cspan_span current = cspan_span_current();
  const char *user = cspan_baggage_get(context->baggage, "user");
  assert_non_null(message);
  w->is_current = current.slot != NULL && current.slot == context->span.slot;
  snprintf(w->user, sizeof w->user, "%s", user != NULL ? user : "");
  return w->status;
}

static void assert_trace(const uint8_t trace_id[16], const char *want) {
  char hex[33];
  cspan_trace_id_hex(trace_id, hex);
  assert_string_equal(hex, want);
}

static bool is_zero(const uint8_t *bytes, size_t size) {
  while (size > 0 && bytes[size - 1] == 0) {
    size--;
  }
  return size == 0;
}

/* ----------------------------------------------------------------- one message */

static void test_links(void **state) {
  (void)state;
  bench b;
  work w = {.status = CSPAN_OK};
  cspan_context nothing = {0};
  bench_open(&b, &(cspan_consumer_options){.destination = URL});
  assert_int_equal(
      cspan_consumer_process(b.consumer, &nothing, parse(&b.f, MESSAGE("m1")), do_work, &w),
      CSPAN_OK);
  assert_true(w.is_current);
  assert_string_equal(w.user, "7");
  assert_null(cspan_span_current().slot);
  const cspan_span_view *span = only_span(&b);
  assert_string_equal(span->name, "process orders");
  assert_int_equal(span->kind, CSPAN_SPAN_CONSUMER);
  assert_int_equal(span->status, CSPAN_SPAN_UNSET);
  static const want_attr want[] = {
      WANT_STRING("messaging.system", "aws_sqs"),
      WANT_STRING("messaging.operation.name", "process"),
      WANT_STRING("messaging.operation.type", "process"),
      WANT_STRING("messaging.destination.name", "orders"),
      WANT_STRING("messaging.message.id", "m1"),
      WANT_STRING("aws.sqs.queue.url", URL),
  };
  CHECK_SPAN_ATTRS(span, want);
  assert_true(is_zero(span->parent_span_id, 8));
  assert_int_equal(span->link_count, 1);
  assert_trace(span->links[0].context.trace_id, TRACE_ID);
  bench_close(&b);
}

static void test_continues(void **state) {
  (void)state;
  for (int has_caller = 0; has_caller < 2; has_caller++) {
    bench b;
    work w = {.status = CSPAN_OK};
    cspan_context caller = {0};
    bench_open(
        &b, &(cspan_consumer_options){.destination = "orders", .parent = CSPAN_CONSUMER_CONTINUES});
    cspan_span own =
        cspan_span_start(cspan_tracer_get(b.provider, "t", NULL, NULL), &caller, "own", NULL);
    caller.span = has_caller != 0 ? own : (cspan_span){0};
    cspan_consumer_process(b.consumer, &caller, parse(&b.f, MESSAGE("m1")), do_work, &w);
    const cspan_span_view *span = only_span(&b);
    char parent[17];
    cspan_span_id_hex(span->parent_span_id, parent);
    assert_string_equal(parent, SPAN_ID);
    assert_trace(span->trace_id, TRACE_ID);
    assert_int_equal(span->link_count, has_caller);
    cspan_span_end(own);
    bench_close(&b);
  }
}

static void test_without_sender(void **state) {
  (void)state;
  bench b;
  work w = {.status = CSPAN_OK};
  bench_open(&b, &(cspan_consumer_options){.parent = CSPAN_CONSUMER_CONTINUES});
  cspan_consumer_process(b.consumer, NULL, parse(&b.f, "{'Body':'b'}"), do_work, &w);
  const cspan_span_view *span = only_span(&b);
  assert_string_equal(span->name, "process");
  static const want_attr want[] = {
      WANT_STRING("messaging.system", "aws_sqs"),
      WANT_STRING("messaging.operation.name", "process"),
      WANT_STRING("messaging.operation.type", "process"),
  };
  CHECK_SPAN_ATTRS(span, want);
  assert_int_equal(span->link_count, 0);
  bench_close(&b);
}

static void test_failure(void **state) {
  (void)state;
  bench b;
  work w = {.status = CSPAN_ERR_TIMEOUT};
  bench_open(&b, &(cspan_consumer_options){.destination = "orders"});
  assert_int_equal(cspan_consumer_process(b.consumer, NULL, parse(&b.f, "{}"), do_work, &w),
                   CSPAN_ERR_TIMEOUT);
  const cspan_span_view *span = only_span(&b);
  assert_int_equal(span->status, CSPAN_SPAN_ERROR);
  const cspan_attr *type = cspan_attrs_find(span->attributes, span->attribute_count, "error.type");
  assert_non_null(type);
  assert_memory_equal(type->value.string, "timeout", 7);
  bench_close(&b);
}

/* ------------------------------------------------------------------- batches */

static void test_batch(void **state) {
  (void)state;
  static const char *const batches[] = {
      "[" MESSAGE("m1") ",{'MessageId':'m2'}," MESSAGE("m3") "]",
      "{'Records':[" MESSAGE("m1") ",{'MessageId':'m2'}," MESSAGE("m3") "]}",
  };
  for (size_t i = 0; i < 2; i++) {
    bench b;
    work w = {.status = CSPAN_OK};
    cspan_context nothing = {0};
    bench_open(
        &b, &(cspan_consumer_options){.destination = "orders", .parent = CSPAN_CONSUMER_CONTINUES});
    cspan_consumer_process(b.consumer, &nothing, parse(&b.f, batches[i]), do_work, &w);
    assert_string_equal(w.user, "");
    const cspan_span_view *span = only_span(&b);
    static const want_attr want[] = {
        WANT_STRING("messaging.system", "aws_sqs"),
        WANT_STRING("messaging.operation.name", "process"),
        WANT_STRING("messaging.operation.type", "process"),
        WANT_STRING("messaging.destination.name", "orders"),
        WANT_INT("messaging.batch.message_count", 3),
    };
    CHECK_SPAN_ATTRS(span, want);
    assert_true(is_zero(span->parent_span_id, 8));
    assert_int_equal(span->link_count, 2);
    static const char *const ids[] = {"m1", "m3"};
    for (size_t k = 0; k < 2; k++) {
      const cspan_link *link = &span->links[k];
      assert_trace(link->context.trace_id, TRACE_ID);
      assert_int_equal(link->attribute_count, 1);
      assert_string_equal(link->attributes[0].key, "messaging.message.id");
      assert_memory_equal(link->attributes[0].value.string, ids[k], 2);
    }
    bench_close(&b);
  }
}

/* --------------------------------------------------------------- destinations */

static void test_destinations(void **state) {
  (void)state;
  static const struct {
    const char *destination;
    const char *system;
    const char *message;
    const char *want_name;
    const char *want_system; /* NULL: none */
  } table[] = {
      {NULL, NULL, "{'eventSourceARN':'arn:aws:sqs:eu-west-1:1:orders'}", "process orders",
       "aws_sqs"},
      {NULL, NULL, "{'Sns':{'TopicArn':'arn:aws:sns:eu-west-1:1:news'}}", "process news",
       "aws.sns"},
      {NULL, NULL, "{'Type':'Notification','MessageId':'1','TopicArn':'arn:aws:sns:eu-west-1:1:n'}",
       "process n", "aws.sns"},
      {NULL, NULL, "{'Records':[{'eventSourceARN':'arn:aws:kinesis:eu-west-1:1:stream/clicks'}]}",
       "process clicks", "aws.kinesis"},
      {"arn:aws:sns:eu-west-1:1:news", NULL, "{}", "process news", "aws.sns"},
      {"arn:aws:events:eu-west-1:1:event-bus/main", NULL, "{}", "process main", "aws.eventbridge"},
      {"arn:aws-cn:sqs:cn-north-1:1:a", NULL, "{'detail-type':'t'}", "process a", "aws_sqs"},
      {URL, NULL, "{'detail-type':'t'}", "process orders", "aws_sqs"},
      {"own", "kafka", "{'eventSourceARN':'arn:aws:sqs:eu-west-1:1:orders'}", "process own",
       "kafka"},
      /* by what the message is */
      {"main", NULL, "{'id':'1','detail-type':'Placed','source':'shop','detail':{}}",
       "process main", "aws.eventbridge"},
      {NULL, NULL, "{'Records':[{'eventSource':'aws:sqs','body':''}]}", "process", "aws_sqs"},
      {NULL, NULL, "{'Records':[{'EventSource':'aws:sns','Sns':{}}]}", "process", "aws.sns"},
      {NULL, NULL, "[{'kinesis':{'data':''}}]", "process", "aws.kinesis"},
      {NULL, NULL, "{'SequenceNumber':'1','PartitionKey':'k','Data':''}", "process", "aws.kinesis"},
      {NULL, NULL, "{'ReceiptHandle':'r'}", "process", "aws_sqs"},
      /* what is no message, or nobody's */
      {NULL, NULL, "{'traceparent':'" TRACEPARENT "','order':7}", "process", NULL},
      {NULL, NULL, "{'custom':{'traceparent':'" TRACEPARENT "'}}", "process", NULL},
      {"orders", NULL, "{}", "process orders", NULL},
      {NULL, NULL, "[]", "process", NULL},
      {NULL, NULL, "'text'", "process", NULL},
      {NULL, NULL, "{'eventSource':'aws:s3','s3':{}}", "process", NULL},
      {NULL, NULL, "{'eventSource':'aws:sqsx','Body':''}", "process", NULL},
      {NULL, NULL, "{'eventSource':'sqs'}", "process", NULL},
      {NULL, NULL, "{'eventSourceARN':'arn:aws:dynamodb:eu-west-1:1:table/t/stream/s'}",
       "process s", NULL},
      {"arn:aws:states:eu-west-1:1:stateMachine:sns:x", NULL, "{}", "process x", NULL},
      {"arn:", NULL, "{}", "process", NULL},
      {NULL, "own", "{}", "process", "own"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    bench b;
    work w = {.status = CSPAN_OK};
    bench_open(&b, &(cspan_consumer_options){.destination = table[i].destination,
                                             .system = table[i].system});
    cspan_consumer_process(b.consumer, NULL, parse(&b.f, table[i].message), do_work, &w);
    const cspan_span_view *span = only_span(&b);
    assert_string_equal(span->name, table[i].want_name);
    const cspan_attr *system =
        cspan_attrs_find(span->attributes, span->attribute_count, "messaging.system");
    if (table[i].want_system == NULL) {
      assert_null(system);
    } else {
      assert_non_null(system);
      assert_int_equal(system->count, strlen(table[i].want_system));
      assert_memory_equal(system->value.string, table[i].want_system, system->count);
    }
    bench_close(&b);
  }
}

/* ------------------------------------------------------------------ the rest */

static void test_two_steps(void **state) {
  (void)state;
  bench b;
  cspan_processing processing;
  bench_open(&b, &(cspan_consumer_options){.destination = "orders"});
  cspan_process_begin(b.consumer, NULL, parse(&b.f, MESSAGE("m1")), &processing);
  assert_true(cspan_span_is_recording(processing.span));
  assert_null(cspan_span_current().slot);
  cspan_process_end(&processing, "Refused", "the order is empty");
  const cspan_span_view *span = only_span(&b);
  assert_int_equal(span->status, CSPAN_SPAN_ERROR);
  assert_string_equal(span->status_message, "the order is empty");
  cspan_process_end(&processing, NULL, NULL); /* nothing more happens */
  bench_close(&b);
}

static void test_no_consumer(void **state) {
  (void)state;
  work w = {.status = CSPAN_ERR_IO};
  cspan_value message = cspan_map(NULL, 0);
  assert_int_equal(cspan_consumer_process(NULL, NULL, &message, do_work, &w), CSPAN_ERR_IO);
  assert_false(w.is_current);
}

static void test_bad_options(void **state) {
  (void)state;
  cspan_consumer *consumer = NULL;
  cspan_error *error = NULL;
  cspan_consumer_options options = {.parent = (cspan_consumer_parent)7,
                                    .propagator = cspan_propagator_xray()};
  assert_int_equal(cspan_consumer_create(&options, &consumer, &error), CSPAN_ERR_INVALID);
  assert_null(consumer);
  cspan_error_free(error);
  assert_int_equal(cspan_consumer_create(NULL, &consumer, NULL), CSPAN_OK);
  cspan_consumer_free(consumer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_links),          cmocka_unit_test(test_continues),
      cmocka_unit_test(test_without_sender), cmocka_unit_test(test_failure),
      cmocka_unit_test(test_batch),          cmocka_unit_test(test_destinations),
      cmocka_unit_test(test_two_steps),      cmocka_unit_test(test_no_consumer),
      cmocka_unit_test(test_bad_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
