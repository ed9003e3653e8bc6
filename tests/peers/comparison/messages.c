/* SPDX-License-Identifier: Apache-2.0 */
/* Sends and receives messages with the tracing's default options, for exchange.py:
 *
 *   comparison_messages send QUEUE_URL TOPIC_ARN
 *     sends messages with 0, 8, 9 and 10 attributes, two as a batch, one with a traceparent of
 *     the caller's own, and one by the topic. Prints the body and the message's id of each.
 *   comparison_messages receive QUEUE_URL COUNT links|continues
 *     processes as many messages, each in a span of its own. Prints the body, and the ids of the
 *     trace and the span that its handler runs in. */
#include <stdio.h>
#include <stdlib.h>

#include <cloudspan/cloudspan.h>

#define OWN_TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

enum { MAX_EMPTY_ANSWERS = 3 };

typedef struct program {
  cspan_aws_config *config;
  cspan_client *sqs;
  cspan_client *sns;
  cspan_error *error;
} program;

static const char *text_of(const cspan_value *value, const char *name) {
  const char *text = cspan_value_text(cspan_value_get(value, name), NULL);
  return text != NULL ? text : "";
}

/* ----------------------------------------------------------------- sending */

static bool call(program *p, cspan_client *client, const char *operation, cspan_value input,
                 cspan_document **output) {
  return cspan_call(NULL, client, operation, &input, output, &p->error) == CSPAN_OK;
}

static bool send_one(program *p, const char *queue, const char *body, cspan_value attributes) {
  cspan_document *output = NULL;
  bool done = call(p, p->sqs, "SendMessage",
                   CSPAN_MAP(cspan_field("QueueUrl", cspan_string(queue)),
                             cspan_field("MessageBody", cspan_string(body)),
                             cspan_field("MessageAttributes", attributes)),
                   &output);
  if (done) {
    printf("%s %s\n", body, text_of(cspan_document_value(output), "MessageId"));
  }
  cspan_document_free(output);
  return done;
}

static bool send_with_attributes(program *p, const char *queue, int count) {
  cspan_value attribute = CSPAN_MAP(cspan_field("DataType", cspan_string("String")),
                                    cspan_field("StringValue", cspan_string("value")));
  cspan_document *attributes = NULL;
  cspan_builder *builder = cspan_builder_create();
  char text[32];
  cspan_builder_begin_map(builder, NULL);
  for (int i = 0; i < count; i++) {
    snprintf(text, sizeof text, "user-%d", i);
    cspan_builder_add(builder, text, attribute);
  }
  if (cspan_builder_finish(builder, &attributes, &p->error) != CSPAN_OK) {
    return false;
  }
  snprintf(text, sizeof text, "attributes-%d", count);
  bool done = send_one(p, queue, text, *cspan_document_value(attributes));
  cspan_document_free(attributes);
  return done;
}

static bool send_own(program *p, const char *queue) {
  return send_one(
      p, queue, "own",
      CSPAN_MAP(cspan_field("traceparent",
                            CSPAN_MAP(cspan_field("DataType", cspan_string("String")),
                                      cspan_field("StringValue", cspan_string(OWN_TRACEPARENT))))));
}

static bool send_batch(program *p, const char *queue) {
  cspan_document *output = NULL;
  bool done = call(
      p, p->sqs, "SendMessageBatch",
      CSPAN_MAP(
          cspan_field("QueueUrl", cspan_string(queue)),
          cspan_field("Entries",
                      CSPAN_LIST(CSPAN_MAP(cspan_field("Id", cspan_string("a")),
                                           cspan_field("MessageBody", cspan_string("batch-a"))),
                                 CSPAN_MAP(cspan_field("Id", cspan_string("b")),
                                           cspan_field("MessageBody", cspan_string("batch-b")))))),
      &output);
  const cspan_value *sent = cspan_value_get(cspan_document_value(output), "Successful");
  for (size_t i = 0; i < cspan_value_count(sent); i++) {
    const cspan_value *one = cspan_value_at(sent, i);
    printf("batch-%s %s\n", text_of(one, "Id"), text_of(one, "MessageId"));
  }
  done = done && cspan_value_count(sent) == 2;
  cspan_document_free(output);
  return done;
}

static bool publish(program *p, const char *topic) {
  cspan_document *output = NULL;
  bool done = call(p, p->sns, "Publish",
                   CSPAN_MAP(cspan_field("TopicArn", cspan_string(topic)),
                             cspan_field("Message", cspan_string("topic"))),
                   &output);
  if (done) {
    printf("topic %s\n", text_of(cspan_document_value(output), "MessageId"));
  }
  cspan_document_free(output);
  return done;
}

static bool send_all(program *p, const char *queue, const char *topic) {
  const int counts[] = {0, 8, 9, 10};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (!send_with_attributes(p, queue, counts[i])) {
      return false;
    }
  }
  return send_batch(p, queue) && send_own(p, queue) && publish(p, topic);
}

/* --------------------------------------------------------------- receiving */

static cspan_status handle(void *user, const cspan_context *context, const cspan_value *message) {
  (void)user;
  const char *body = text_of(message, "Body");
  cspan_document *notification = NULL;
  char trace_id[33];
  char span_id[17];
  if (*body == '{' &&
      cspan_document_parse_json(body, strlen(body), &notification, NULL) == CSPAN_OK) {
    body = text_of(cspan_document_value(notification), "Message");
  }
  cspan_span_context span = {.is_remote = false};
  cspan_span_get_context(context->span, &span);
  cspan_trace_id_hex(span.trace_id, trace_id);
  cspan_span_id_hex(span.span_id, span_id);
  printf("%s %s %s %zu\n", body, trace_id, span_id,
         cspan_value_count(cspan_value_get(message, "MessageAttributes")));
  cspan_document_free(notification);
  return CSPAN_OK;
}

static bool handle_all(program *p, const cspan_consumer *consumer, const char *queue,
                       const cspan_value *messages) {
  bool done = true;
  for (size_t i = 0; done && i < cspan_value_count(messages); i++) {
    const cspan_value *message = cspan_value_at(messages, i);
    cspan_consumer_process(consumer, NULL, message, handle, NULL);
    done = call(
        p, p->sqs, "DeleteMessage",
        CSPAN_MAP(cspan_field("QueueUrl", cspan_string(queue)),
                  cspan_field("ReceiptHandle", cspan_string(text_of(message, "ReceiptHandle")))),
        NULL);
  }
  return done;
}

static bool receive_all(program *p, const char *queue, size_t wanted, bool continues) {
  cspan_consumer_options options = {.size = sizeof options,
                                    .destination = queue,
                                    .parent = continues ? CSPAN_CONSUMER_CONTINUES
                                                        : CSPAN_CONSUMER_LINKS};
  cspan_consumer *consumer = NULL;
  bool done = cspan_consumer_create(&options, &consumer, &p->error) == CSPAN_OK;
  size_t received = 0;
  int empty = 0;
  while (done && received < wanted && empty < MAX_EMPTY_ANSWERS) {
    cspan_document *output = NULL;
    done = call(p, p->sqs, "ReceiveMessage",
                CSPAN_MAP(cspan_field("QueueUrl", cspan_string(queue)),
                          cspan_field("MaxNumberOfMessages", cspan_int(10)),
                          cspan_field("WaitTimeSeconds", cspan_int(1))),
                &output);
    const cspan_value *messages = cspan_value_get(cspan_document_value(output), "Messages");
    received += cspan_value_count(messages);
    empty += cspan_value_count(messages) == 0;
    done = done && handle_all(p, consumer, queue, messages);
    cspan_document_free(output);
  }
  cspan_consumer_free(consumer);
  return done && received == wanted;
}

static bool run(program *p, char **argv) {
  cspan_client_options options = {.size = sizeof options, .models = getenv("COMPARISON_MODELS")};
  if (cspan_aws_config_load(NULL, &p->config, &p->error) != CSPAN_OK ||
      cspan_trace_append(p->config, NULL, &p->error) != CSPAN_OK ||
      cspan_client_create(p->config, "sqs", &options, &p->sqs, &p->error) != CSPAN_OK ||
      cspan_client_create(p->config, "sns", &options, &p->sns, &p->error) != CSPAN_OK) {
    return false;
  }
  return strcmp(argv[1], "send") == 0
             ? send_all(p, argv[2], argv[3])
             : receive_all(p, argv[2], strtoul(argv[3], NULL, 10), strcmp(argv[4], "links") != 0);
}

int main(int argc, char **argv) {
  program p = {NULL, NULL, NULL, NULL};
  cspan_tracer_provider *provider = NULL;
  if (argc < 2 || argc != (strcmp(argv[1], "send") == 0 ? 4 : 5)) {
    fprintf(stderr, "this program is started by tests/peers/comparison/exchange.sh\n");
    return 2;
  }
  bool done = cspan_telemetry_init("ours", NULL, &provider, &p.error) == CSPAN_OK && run(&p, argv);
  if (!done) {
    fprintf(stderr, "%s: %s\n", p.error != NULL ? cspan_error_code(p.error) : "no error",
            p.error != NULL ? cspan_error_message(p.error) : "not all messages have come");
  }
  cspan_client_free(p.sqs);
  cspan_client_free(p.sns);
  cspan_aws_config_free(p.config);
  cspan_error_free(p.error);
  cspan_tracer_provider_free(provider);
  return done ? 0 : 1;
}
