/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that carry a context, as they are on the wire and as spans; what a receiver sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/span_check.h"
#include "support/typed_models.h"

#define QUEUE       "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"
#define TRACE_ID    "0af7651916cd43dd8448eb211c80319c"
#define TRACEPARENT "00-" TRACE_ID "-b7ad6b7169203331-01"

typedef struct bench {
  typed_fixture f;
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_span_list *spans;
} bench;

static void bench_open(bench *b, const char *service, const char *answer,
                       const cspan_trace_options *given) {
  b->memory = cspan_exporter_memory();
  b->spans = NULL;
  cspan_span_processor *processors[] = {cspan_processor_simple(b->memory)};
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "test",
                                     .sampler = cspan_sampler_always_on(),
                                     .processors = processors,
                                     .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &b->provider, NULL), CSPAN_OK);
  cspan_trace_options options = *given;
  options.size = sizeof options;
  options.provider = b->provider;
  typed_open_traced(&b->f, service, &answer, 1, &options);
}

static void bench_close(bench *b) {
  cspan_span_list_free(b->spans);
  typed_close(&b->f);
  cspan_tracer_provider_free(b->provider);
}

static cspan_document *call(bench *b, const char *operation, cspan_value input) {
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  if (cspan_call(NULL, b->f.client, operation, &input, &output, &error) != CSPAN_OK) {
    fail_msg("%s: %s", operation, cspan_error_message(error));
  }
  return output;
}

static const cspan_span_view *only_span(bench *b) {
  b->spans = cspan_memory_spans(b->memory);
  assert_int_equal(cspan_span_list_count(b->spans), 1);
  return cspan_span_list_at(b->spans, 0);
}

static void assert_text(const cspan_span_view *span, const char *key, const char *want) {
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, key);
  if (want == NULL) {
    assert_null(attr);
  } else if (attr == NULL || attr->type != CSPAN_ATTR_STRING || attr->count != strlen(want) ||
             memcmp(attr->value.string, want, attr->count) != 0) {
    fail_msg("%s of %s is not \"%s\"", key, span->name, want);
  }
}

static void assert_number(const cspan_span_view *span, const char *key, int64_t want) {
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, key);
  if (want < 0) {
    assert_null(attr);
  } else {
    assert_non_null(attr);
    assert_int_equal(attr->type, CSPAN_ATTR_INT64);
    assert_int_equal(attr->value.int64, want);
  }
}

/* The context of this span, as a part of what was received. */
static void traceparent_of(const cspan_span_view *span, char out[64]) {
  char trace_id[33];
  char span_id[17];
  cspan_trace_id_hex(span->trace_id, trace_id);
  cspan_span_id_hex(span->span_id, span_id);
  snprintf(out, 64, "00-%s-%s-%02x", trace_id, span_id, span->flags & 0xffU);
}

/* The script answers deletes with messages. */
static void ignore_error(void *user, const cspan_sqs_received *message, const cspan_error *error) {
  (void)user;
  (void)message;
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_PROTOCOL);
}

/* ----------------------------------------------------------- names and kinds */

typedef struct naming {
  const char *service;
  const char *operation;
  const char *input; /* JSON */
  const char *answer;
  const char *name;
  cspan_span_kind kind;
  const char *system;
  const char *operation_name;
  const char *type;
  const char *destination;
  int64_t count; /* -1: none */
  const char *message_id;
  const char *plain;
} naming;

static const naming namings[] = {
    {"sqs", "SendMessage", "{\"QueueUrl\":\"" QUEUE "\",\"MessageBody\":\"b\"}",
     "200 |{\"MessageId\":\"m1\"}", "send orders", CSPAN_SPAN_PRODUCER, "aws_sqs", "send", "send",
     "orders", -1, "m1", "SQS.SendMessage"},
    {"sqs", "SendMessageBatch",
     "{\"QueueUrl\":\"" QUEUE "\",\"Entries\":[{\"Id\":\"1\",\"MessageBody\":\"b\"},"
     "{\"Id\":\"2\",\"MessageBody\":\"b\"}]}",
     "200 |{}", "send orders", CSPAN_SPAN_PRODUCER, "aws_sqs", "send", "send", "orders", 2, NULL,
     "SQS.SendMessageBatch"},
    {"sqs", "ReceiveMessage", "{\"QueueUrl\":\"" QUEUE "\"}", "200 |{}", "receive orders",
     CSPAN_SPAN_CLIENT, "aws_sqs", "receive", "receive", "orders", 0, NULL, "SQS.ReceiveMessage"},
    {"sqs", "DeleteMessageBatch",
     "{\"QueueUrl\":\"" QUEUE "\",\"Entries\":[{\"Id\":\"1\",\"ReceiptHandle\":\"r\"}]}", "200 |{}",
     "delete orders", CSPAN_SPAN_CLIENT, "aws_sqs", "delete", "settle", "orders", 1, NULL,
     "SQS.DeleteMessageBatch"},
    {"sns", "Publish",
     "{\"TopicArn\":\"arn:aws:sns:eu-central-1:123456789012:news\",\"Message\":\"m\"}",
     "200 |{\"MessageId\":\"m2\"}", "publish news", CSPAN_SPAN_PRODUCER, "aws.sns", "publish",
     "send", "news", -1, "m2", "SNS.Publish"},
    {"sns", "PublishBatch",
     "{\"TopicArn\":\"arn:aws:sns:eu-central-1:123456789012:news\",\"PublishBatchRequestEntries\":"
     "[{\"Id\":\"1\",\"Message\":\"m\"}]}",
     "200 |{}", "publish news", CSPAN_SPAN_PRODUCER, "aws.sns", "publish", "send", "news", 1, NULL,
     "SNS.PublishBatch"},
    {"sns", "Publish", "{\"PhoneNumber\":\"+15550100\",\"Message\":\"m\"}", "200 |{}", "publish",
     CSPAN_SPAN_PRODUCER, "aws.sns", "publish", "send", NULL, -1, NULL, "SNS.Publish"},
};

static void check_naming(const naming *n, bool is_plain) {
  bench b;
  cspan_document *input = NULL;
  bench_open(&b, n->service, n->answer,
             &(cspan_trace_options){.messaging_spans = is_plain ? CSPAN_MESSAGING_SPANS_PLAIN
                                                                : CSPAN_MESSAGING_SPANS_DEFAULT});
  assert_int_equal(cspan_document_parse_json(n->input, strlen(n->input), &input, NULL), CSPAN_OK);
  cspan_document_free(call(&b, n->operation, *cspan_document_value(input)));
  cspan_document_free(input);
  const cspan_span_view *span = only_span(&b);
  assert_string_equal(span->name, is_plain ? n->plain : n->name);
  assert_int_equal(span->kind, is_plain ? CSPAN_SPAN_CLIENT : n->kind);
  assert_text(span, "messaging.system", n->system);
  assert_text(span, "messaging.operation.name", n->operation_name);
  assert_text(span, "messaging.operation.type", n->type);
  assert_text(span, "messaging.destination.name", n->destination);
  assert_number(span, "messaging.batch.message_count", n->count);
  assert_text(span, "messaging.message.id", n->message_id);
  bench_close(&b);
}

static void test_names(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof namings / sizeof namings[0]; i++) {
    check_naming(&namings[i], false);
    check_naming(&namings[i], true);
  }
}

/* Keys that are left out are in no span of the client, those of processing included. */
static cspan_status look(void *user, const cspan_context *context,
                         const cspan_sqs_received *message) {
  (void)context;
  (void)message;
  cspan_cancel_trigger(user);
  return CSPAN_OK;
}

static void test_removed(void **state) {
  (void)state;
  bench b;
  static const char *const removed[] = {"messaging.message.id", "messaging.batch.*", NULL};
  cspan_context context = {.cancel = cspan_cancel_create()};
  bench_open(&b, "sqs", "200 |{\"Messages\":[{\"MessageId\":\"m1\",\"Body\":\"b\"}]}",
             &(cspan_trace_options){.removed_attributes = removed});
  cspan_sqs_receive_input input = {.size = sizeof input,
                                   .queue_url = QUEUE,
                                   .handler = look,
                                   .on_error = ignore_error,
                                   .user = context.cancel,
                                   .no_extension = true,
                                   .context = &context};
  assert_int_equal(cspan_sqs_receive(b.f.client, &input, NULL, NULL), CSPAN_OK);
  cspan_cancel_free(context.cancel);
  b.spans = cspan_memory_spans(b.memory);
  assert_non_null(cspan_span_list_find(b.spans, "process orders", 0));
  for (size_t i = 0; i < cspan_span_list_count(b.spans); i++) {
    const cspan_span_view *span = cspan_span_list_at(b.spans, i);
    assert_text(span, "messaging.system", "aws_sqs");
    assert_text(span, "messaging.message.id", NULL);
    assert_number(span, "messaging.batch.message_count", -1);
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------- carriers */

/* Where the context of the call's span is, in what was sent; `before` and `after` go around it. */
typedef struct carrying {
  const char *service;
  const char *operation;
  const char *input;
  const char *before;
  const char *after;
  cspan_context_carriers flag;
  bool by_default;
} carrying;

static const carrying carryings[] = {
    {"sqs", "SendMessage", "{\"QueueUrl\":\"" QUEUE "\",\"MessageBody\":\"b\"}",
     "\"traceparent\":{\"DataType\":\"String\",\"StringValue\":\"", "\"}", CSPAN_CARRIER_SQS, true},
    {"sns", "Publish", "{\"TopicArn\":\"arn:aws:sns:r:1:t\",\"Message\":\"m\"}",
     "\"traceparent\":{\"DataType\":\"String\",\"StringValue\":\"", "\"}", CSPAN_CARRIER_SNS, true},
    {"events", "PutEvents", "{\"Entries\":[{\"Detail\":\"{\\\"a\\\":1.0}\"}]}",
     "\"Detail\":\"{\\\"a\\\":1.0,\\\"traceparent\\\":\\\"", "\\\"}\"", CSPAN_CARRIER_EVENTS, true},
    {"stepfunctions", "StartExecution", "{\"stateMachineArn\":\"a\",\"input\":\"{}\"}",
     "\"input\":\"{\\\"traceparent\\\":\\\"", "\\\"}\"", CSPAN_CARRIER_STATES, true},
};

/* Whether the place is there, and has the context of the span that was exported. */
static void check_carrying(const carrying *c, cspan_context_carriers carriers, bool is_there) {
  bench b;
  char context[64];
  char want[256];
  cspan_document *input = NULL;
  bench_open(&b, c->service, "200 |{}", &(cspan_trace_options){.carriers = carriers});
  assert_int_equal(cspan_document_parse_json(c->input, strlen(c->input), &input, NULL), CSPAN_OK);
  cspan_document_free(call(&b, c->operation, *cspan_document_value(input)));
  cspan_document_free(input);
  traceparent_of(only_span(&b), context);
  snprintf(want, sizeof want, "%s%s%s", c->before, context, c->after);
  if (typed_count(&b.f, want) != (is_there ? 1 : 0)) {
    fail_msg("%s with %d: %s", c->operation, (int)carriers, want);
  }
  snprintf(want, sizeof want, "traceparent: %s", context);
  assert_int_equal(typed_count(&b.f, want), 1); /* the header, whatever is carried */
  bench_close(&b);
}

static void test_carriers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof carryings / sizeof carryings[0]; i++) {
    const carrying *c = &carryings[i];
    check_carrying(c, CSPAN_CARRIERS_DEFAULT, c->by_default);
    check_carrying(c, CSPAN_CARRIERS_NONE, false);
    check_carrying(c, c->flag, true);
    check_carrying(c, (cspan_context_carriers)(CSPAN_CARRIERS_ALL & ~c->flag), false);
  }
}

/* The caller's own context is kept, and the span that sends it is no producer but links to it. */
static void test_own_context(void **state) {
  (void)state;
  static const struct {
    const char *operation;
    const char *input;
    cspan_span_kind kind;
    size_t links;
  } table[] = {
#define OWN                                                                                        \
  "\"MessageAttributes\":{\"traceparent\":{\"DataType\":\"String\",\"StringValue\":\"" TRACEPARENT \
  "\"}}"
      {"SendMessage", "{\"MessageBody\":\"b\"," OWN "}", CSPAN_SPAN_CLIENT, 1},
      {"SendMessageBatch",
       "{\"Entries\":[{\"Id\":\"1\",\"MessageBody\":\"b\"," OWN "},{\"Id\":\"2\","
       "\"MessageBody\":\"b\"}]}",
       CSPAN_SPAN_PRODUCER, 1},
      {"SendMessageBatch", "{\"Entries\":[{\"Id\":\"1\",\"MessageBody\":\"b\"," OWN "}]}",
       CSPAN_SPAN_CLIENT, 1},
      {"SendMessageBatch", "{\"Entries\":[]}", CSPAN_SPAN_PRODUCER, 0},
#undef OWN
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    bench b;
    cspan_document *input = NULL;
    const char *json = table[i].input;
    bench_open(&b, "sqs", "200 |{}", &(cspan_trace_options){.before = NULL});
    assert_int_equal(cspan_document_parse_json(json, strlen(json), &input, NULL), CSPAN_OK);
    cspan_document_free(call(&b, table[i].operation, *cspan_document_value(input)));
    cspan_document_free(input);
    const cspan_span_view *span = only_span(&b);
    assert_int_equal(span->kind, table[i].kind);
    assert_int_equal(span->link_count, table[i].links);
    assert_int_equal(typed_count(&b.f, TRACEPARENT), table[i].links);
    bench_close(&b);
  }
}

/* X-Ray's header in its own places is that of the HTTP request. */
static void test_trace_header(void **state) {
  (void)state;
  static const struct {
    const char *service;
    const char *operation;
    const char *input;
    const char *before;
  } table[] = {
      {"sqs", "SendMessage", "{\"QueueUrl\":\"" QUEUE "\",\"MessageBody\":\"b\"}",
       "\"AWSTraceHeader\":{\"DataType\":\"String\",\"StringValue\":\""},
      {"events", "PutEvents", "{\"Entries\":[{\"Detail\":\"{}\"}]}", "\"TraceHeader\":\""},
      {"stepfunctions", "StartExecution", "{\"stateMachineArn\":\"a\"}", "\"traceHeader\":\""},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    bench b;
    cspan_document *input = NULL;
    bench_open(&b, table[i].service, "200 |{}", &(cspan_trace_options){.before = NULL});
    assert_int_equal(
        cspan_document_parse_json(table[i].input, strlen(table[i].input), &input, NULL), CSPAN_OK);
    cspan_document_free(call(&b, table[i].operation, *cspan_document_value(input)));
    cspan_document_free(input);
    char *received = script_server_received(b.f.server);
    const char *header = strstr(received, "X-Amzn-Trace-Id: ");
    assert_non_null(header);
    char want[256];
    snprintf(want, sizeof want, "%s%.*s", table[i].before,
             (int)strcspn(header + strlen("X-Amzn-Trace-Id: "), "\r"),
             header + strlen("X-Amzn-Trace-Id: "));
    if (strstr(received, want) == NULL) {
      fail_msg("%s is not in %s", want, received);
    }
    free(received);
    bench_close(&b);
  }
}

static void test_kinesis(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    bench b;
    const char *record = "{\"a\":1}";
    bench_open(&b, "kinesis", "200 |{}",
               &(cspan_trace_options){.carriers =
                                          i == 0 ? CSPAN_CARRIERS_DEFAULT : CSPAN_CARRIER_KINESIS});
    cspan_document_free(
        call(&b, "PutRecord", CSPAN_MAP(cspan_field("Data", cspan_blob(record, strlen(record))))));
    /* base64 of {"a":1} and of {"a":1,"tra */
    assert_int_equal(typed_count(&b.f, "\"Data\":\"eyJhIjoxfQ==\""), i == 0);
    assert_int_equal(typed_count(&b.f, "\"Data\":\"eyJhIjoxLCJ0cm"), i == 1);
    bench_close(&b);
  }
}

static void test_lambda(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    bench b;
    bench_open(
        &b, "lambda", "200 |{}",
        &(cspan_trace_options){.carriers = i == 0 ? CSPAN_CARRIERS_DEFAULT : CSPAN_CARRIERS_NONE});
    cspan_document_free(
        call(&b, "Invoke", CSPAN_MAP(cspan_field("FunctionName", cspan_string("f")))));
    /* base64 of {"custom":{"traceparent" */
    assert_int_equal(typed_count(&b.f, "X-Amz-Client-Context: eyJjdXN0b20iOnsidHJhY2VwYXJlbnQi"),
                     i == 0);
    bench_close(&b);
  }
}

/* ------------------------------------------------------------------ receiving */

static const char received[] =
    "200 |{\"Messages\":[{\"MessageId\":\"m1\",\"Body\":\"b\",\"MessageAttributes\":{"
    "\"traceparent\":{\"DataType\":\"String\",\"StringValue\":\"" TRACEPARENT "\"}},"
    "\"MD5OfMessageAttributes\":\"x\"},{\"MessageId\":\"m2\",\"Body\":\"b\"},"
    "{\"MessageId\":\"m3\",\"Body\":\"{\\\"detail\\\":{\\\"traceparent\\\":\\\"" TRACEPARENT
    "\\\"}}\"}]}";

static void test_receive(void **state) {
  (void)state;
  bench b;
  bench_open(&b, "sqs", received, &(cspan_trace_options){.before = NULL});
  cspan_document *output =
      call(&b, "ReceiveMessage", CSPAN_MAP(cspan_field("QueueUrl", cspan_string(QUEUE))));
  assert_int_equal(typed_count(&b.f, "\"MessageAttributeNames\":[\"traceparent\",\"tracestate\","
                                     "\"baggage\"]"),
                   1);
  assert_int_equal(typed_count(&b.f, "\"AttributeNames\":[\"AWSTraceHeader\"]"), 1);
  const cspan_value *messages = cspan_value_get(cspan_document_value(output), "Messages");
  const cspan_value *first = cspan_value_at(messages, 0);
  assert_int_equal(cspan_value_count(first), 2); /* id and body */
  cspan_extracted extracted;
  assert_true(cspan_message_context(first, NULL, NULL, &extracted));
  cspan_extracted_free(&extracted);
  const cspan_span_view *span = only_span(&b);
  assert_number(span, "messaging.batch.message_count", 3);
  assert_int_equal(span->link_count, 2);
  static const char *const ids[] = {"m1", "m3"};
  for (size_t i = 0; i < 2; i++) {
    char hex[33];
    cspan_trace_id_hex(span->links[i].context.trace_id, hex);
    assert_string_equal(hex, TRACE_ID);
    assert_int_equal(span->links[i].attribute_count, 1);
    assert_memory_equal(span->links[i].attributes[0].value.string, ids[i], 2);
  }
  cspan_document_free(output);
  bench_close(&b);
}

static void test_receive_without_carrier(void **state) {
  (void)state;
  bench b;
  bench_open(&b, "sqs", received, &(cspan_trace_options){.carriers = CSPAN_CARRIERS_NONE});
  cspan_document *output =
      call(&b, "ReceiveMessage", CSPAN_MAP(cspan_field("QueueUrl", cspan_string(QUEUE))));
  assert_int_equal(typed_count(&b.f, "AttributeNames"), 0);
  const cspan_value *messages = cspan_value_get(cspan_document_value(output), "Messages");
  assert_int_equal(cspan_value_count(cspan_value_at(messages, 0)), 4);
  assert_int_equal(only_span(&b)->link_count, 0);
  cspan_document_free(output);
  bench_close(&b);
}

/* ------------------------------------------------------------------- the loop */

typedef struct seen {
  cspan_cancel *cancel;
  int count;
  int recording;
} seen;

static cspan_status on_message(void *user, const cspan_context *context,
                               const cspan_sqs_received *message) {
  seen *s = user;
  s->recording += cspan_span_is_recording(context->span) ? 1 : 0;
  if (++s->count == 3) {
    cspan_cancel_trigger(s->cancel);
  }
  return strcmp(message->message_id, "m2") == 0 ? CSPAN_ERR_IO : CSPAN_OK;
}

static void run_loop(bench *b, seen *s, cspan_switch spans) {
  s->cancel = cspan_cancel_create();
  cspan_context context = {.cancel = s->cancel};
  cspan_sqs_receive_input input = {.size = sizeof input,
                                   .queue_url = QUEUE,
                                   .handler = on_message,
                                   .on_error = ignore_error,
                                   .user = s,
                                   .no_extension = true,
                                   .context = &context,
                                   .process_spans = spans,
                                   .process_parent = CSPAN_CONSUMER_CONTINUES};
  assert_int_equal(cspan_sqs_receive(b->f.client, &input, NULL, NULL), CSPAN_OK);
  cspan_cancel_free(s->cancel);
  assert_int_equal(s->count, 3);
  b->spans = cspan_memory_spans(b->memory);
}

static void test_loop(void **state) {
  (void)state;
  bench b;
  seen s = {0};
  bench_open(&b, "sqs", received, &(cspan_trace_options){.before = NULL});
  run_loop(&b, &s, CSPAN_SWITCH_DEFAULT);
  assert_int_equal(s.recording, 3);
  for (size_t i = 0; i < 3; i++) {
    const cspan_span_view *span = cspan_span_list_find(b.spans, "process orders", i);
    assert_non_null(span);
    assert_int_equal(span->kind, CSPAN_SPAN_CONSUMER);
    assert_text(span, "aws.sqs.queue.url", QUEUE);
    assert_text(span, "error.type", i == 1 ? "io_error" : NULL);
    assert_int_equal(span->status, i == 1 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_UNSET);
    char hex[33];
    cspan_trace_id_hex(span->trace_id, hex);
    assert_int_equal(strcmp(hex, TRACE_ID) == 0, i != 1);
  }
  bench_close(&b);
}

static void test_loop_without_spans(void **state) {
  (void)state;
  bench b;
  seen s = {0};
  bench_open(&b, "sqs", received, &(cspan_trace_options){.before = NULL});
  run_loop(&b, &s, CSPAN_SWITCH_OFF);
  assert_int_equal(s.recording, 0);
  assert_null(cspan_span_list_find(b.spans, "process orders", 0));
  bench_close(&b);
}

static void test_bad_options(void **state) {
  (void)state;
  static const cspan_trace_options table[] = {
      {.messaging_spans = (cspan_messaging_spans)9},
      {.carriers = (cspan_context_carriers)(1 << 12)},
  };
  for (size_t i = 0; i < 2; i++) {
    cspan_aws_config *config = NULL;
    cspan_aws_options aws = {.size = sizeof aws, .region = "eu-central-1"};
    assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
    assert_int_equal(cspan_trace_append(config, &table[i], NULL), CSPAN_ERR_INVALID);
    cspan_aws_config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_removed),
      cmocka_unit_test(test_carriers),
      cmocka_unit_test(test_own_context),
      cmocka_unit_test(test_trace_header),
      cmocka_unit_test(test_kinesis),
      cmocka_unit_test(test_lambda),
      cmocka_unit_test(test_receive),
      cmocka_unit_test(test_receive_without_carrier),
      cmocka_unit_test(test_loop),
      cmocka_unit_test(test_loop_without_spans),
      cmocka_unit_test(test_bad_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
