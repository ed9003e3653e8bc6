/* SPDX-License-Identifier: Apache-2.0 */
/* A trace that goes on in another process: one sends by SQS and SNS, the other receives, against
 * services that are not ours. The sender is this program, started with the argument "send". */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/services_peer.h"

#define OWN_TRACE_ID "0af7651916cd43dd8448eb211c80319c"

enum { MESSAGES = 8, ROOM = 64 };

extern char **environ;

static peer the_peer;

typedef struct side {
  cspan_span_exporter *memory; /* of the receiver's spans */
  cspan_tracer_provider *provider;
  cspan_aws_config *config;
  cspan_client *sqs;
  cspan_client *sns;
} side;

static void side_open(side *s, const char *endpoint, const char *models) {
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .endpoint_url = endpoint,
                           .access_key_id = "testing",
                           .secret_access_key = "testing"};
  s->memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(s->memory)};
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "peer",
                                     .sampler = cspan_sampler_always_on(),
                                     .processors = processors,
                                     .processor_count = 1};
  must(cspan_tracer_provider_create(&provider, &s->provider, NULL), NULL);
  must(cspan_aws_config_load(&aws, &s->config, NULL), NULL);
  cspan_trace_options trace = {.size = sizeof trace, .provider = s->provider};
  must(cspan_trace_append(s->config, &trace, NULL), NULL);
  const peer traced = {.config = s->config, .models = models};
  s->sqs = peer_client(&traced, "sqs");
  s->sns = peer_client(&traced, "sns");
}

static void side_close(side *s) {
  cspan_client_free(s->sqs);
  cspan_client_free(s->sns);
  cspan_aws_config_free(s->config);
  cspan_tracer_provider_free(s->provider);
}

/* ----------------------------------------------------------------- sending */

static cspan_context context_of_sender;

static void send_request(cspan_client *client, const char *operation, cspan_value input) {
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  must(cspan_call(&context_of_sender, client, operation, &input, &output, &error), error);
  cspan_document_free(output);
}

static void send_with(const side *s, const char *queue, const char *body, cspan_value attributes) {
  send_request(s->sqs, "SendMessage",
               CSPAN_MAP(cspan_field("QueueUrl", cspan_string(queue)),
                         cspan_field("MessageBody", cspan_string(body)),
                         cspan_field("MessageAttributes", attributes)));
}

static void send_attributes(const side *s, const char *queue, size_t count) {
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  cspan_member members[10];
  char body[32];
  cspan_value attribute = CSPAN_MAP(cspan_field("DataType", cspan_string("String")),
                                    cspan_field("StringValue", cspan_string("v")));
  for (size_t i = 0; i < count; i++) {
    members[i] = cspan_field(names[i], attribute);
  }
  snprintf(body, sizeof body, "attributes-%zu", count);
  send_with(s, queue, body, count > 0 ? cspan_map(members, count) : cspan_null());
}

/* Prints the id of the trace. */
static int run_sender(char **argv) {
  side s;
  const char *queue = argv[3];
  char hex[33];
  cspan_span_context own;
  side_open(&s, argv[2], argv[5]);
  context_of_sender.span =
      cspan_span_start(cspan_tracer_get(s.provider, "sender", NULL, NULL), NULL, "order", NULL);
  assert_true(cspan_span_get_context(context_of_sender.span, &own));
  send_attributes(&s, queue, 0);
  send_attributes(&s, queue, 8);
  send_attributes(&s, queue, 9);
  send_attributes(&s, queue, 10);
  send_with(&s, queue, "own",
            CSPAN_MAP(cspan_field(
                "traceparent",
                CSPAN_MAP(cspan_field("DataType", cspan_string("String")),
                          cspan_field("StringValue",
                                      cspan_string("00-" OWN_TRACE_ID "-b7ad6b7169203331-01"))))));
  cspan_value first = CSPAN_MAP(cspan_field("Id", cspan_string("1")),
                                cspan_field("MessageBody", cspan_string("batch-1")));
  cspan_value second = CSPAN_MAP(cspan_field("Id", cspan_string("2")),
                                 cspan_field("MessageBody", cspan_string("batch-2")));
  send_request(s.sqs, "SendMessageBatch",
               CSPAN_MAP(cspan_field("QueueUrl", cspan_string(queue)),
                         cspan_field("Entries", CSPAN_LIST(first, second))));
  send_request(s.sns, "Publish",
               CSPAN_MAP(cspan_field("TopicArn", cspan_string(argv[4])),
                         cspan_field("Message", cspan_string("topic"))));
  cspan_span_end(context_of_sender.span);
  cspan_trace_id_hex(own.trace_id, hex);
  printf("%s\n", hex);
  side_close(&s);
  return 0;
}

/* Runs this program as the sender; `trace_id` is what it prints. */
static void start_sender(const char *queue, const char *topic, char trace_id[33]) {
  const char *endpoint = getenv("CLOUDSPAN_PEER_ENDPOINT");
  char *const argv[] = {(char *)"peer_messaging",
                        (char *)"send",
                        (char *)endpoint,
                        (char *)queue,
                        (char *)topic,
                        (char *)the_peer.models,
                        NULL};
  int ends[2];
  int status = 0;
  pid_t child = 0;
  posix_spawn_file_actions_t actions;
  assert_int_equal(pipe(ends), 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  assert_int_equal(posix_spawn(&child, "/proc/self/exe", &actions, NULL, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  size_t got = 0;
  ssize_t n;
  while (got < 32 && (n = read(ends[0], trace_id + got, 32 - got)) > 0) {
    got += (size_t)n;
  }
  trace_id[got] = '\0';
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_int_equal(got, 32);
}

/* --------------------------------------------------------------- receiving */

static void make_queue(side *s, const char *name, char url[256], char topic[256]) {
  char full[ROOM];
  char arn[256];
  cspan_document *output = NULL;
  snprintf(full, sizeof full, "%s-%d", name, the_peer.round);
  peer_call(s->sqs, "CreateQueue", CSPAN_MAP(cspan_field("QueueName", cspan_string(full))),
            &output);
  snprintf(url, 256, "%s", text_at(cspan_document_value(output), "QueueUrl"));
  cspan_document_free(output);
  peer_call(s->sqs, "GetQueueAttributes",
            CSPAN_MAP(cspan_field("QueueUrl", cspan_string(url)),
                      cspan_field("AttributeNames", CSPAN_LIST(cspan_string("QueueArn")))),
            &output);
  snprintf(arn, sizeof arn, "%s",
           text_at(cspan_value_get(cspan_document_value(output), "Attributes"), "QueueArn"));
  cspan_document_free(output);
  peer_call(s->sns, "CreateTopic", CSPAN_MAP(cspan_field("Name", cspan_string(full))), &output);
  snprintf(topic, 256, "%s", text_at(cspan_document_value(output), "TopicArn"));
  cspan_document_free(output);
  peer_call(s->sns, "Subscribe",
            CSPAN_MAP(cspan_field("TopicArn", cspan_string(topic)),
                      cspan_field("Protocol", cspan_string("sqs")),
                      cspan_field("Endpoint", cspan_string(arn))),
            NULL);
}

/* By the messages' ids, what their bodies are. */
typedef struct inbox {
  struct {
    char id[ROOM];
    char body[ROOM];
  } messages[MESSAGES];
  size_t count;
} inbox;

static cspan_status on_message(void *user, const cspan_context *context,
                               const cspan_sqs_received *message) {
  inbox *in = user;
  assert_true(cspan_span_is_recording(context->span));
  assert_true(in->count < MESSAGES);
  snprintf(in->messages[in->count].id, ROOM, "%s", message->message_id);
  snprintf(in->messages[in->count].body, ROOM, "%.60s", message->body);
  in->count++;
  return CSPAN_OK;
}

static const char *body_of(const inbox *in, const cspan_span_view *span) {
  const cspan_attr *id =
      cspan_attrs_find(span->attributes, span->attribute_count, "messaging.message.id");
  assert_non_null(id);
  for (size_t i = 0; i < in->count; i++) {
    if (strlen(in->messages[i].id) == id->count &&
        memcmp(in->messages[i].id, id->value.string, id->count) == 0) {
      return in->messages[i].body;
    }
  }
  fail_msg("no message has the id %.*s", (int)id->count, id->value.string);
  return "";
}

static void assert_trace(const uint8_t id[16], const char *want, const char *body) {
  char hex[33];
  cspan_trace_id_hex(id, hex);
  if (strcmp(hex, want) != 0) {
    fail_msg("%s: the trace is %s, not %s", body, hex, want);
  }
}

static void check_spans(const side *s, const inbox *in, const char *trace_id,
                        cspan_consumer_parent parent) {
  cspan_span_list *spans = cspan_memory_spans(s->memory);
  size_t processed = 0;
  for (size_t i = 0; i < cspan_span_list_count(spans); i++) {
    const cspan_span_view *span = cspan_span_list_at(spans, i);
    if (span->kind != CSPAN_SPAN_CONSUMER) {
      continue;
    }
    const char *body = body_of(in, span);
    const char *want = strcmp(body, "own") == 0 ? OWN_TRACE_ID : trace_id;
    assert_int_equal(strncmp(span->name, "process ", 8), 0);
    if (parent == CSPAN_CONSUMER_CONTINUES) {
      assert_trace(span->trace_id, want, body);
    } else {
      assert_int_equal(span->link_count, 1);
      assert_trace(span->links[0].context.trace_id, want, body);
    }
    processed++;
  }
  assert_int_equal(processed, MESSAGES);
  cspan_span_list_free(spans);
}

/* Each message's span belongs to its sender's trace: also where there was no room for attributes,
 * by the trace header. */
static void exchange(const char *name, cspan_consumer_parent parent) {
  side s;
  char url[256];
  char topic[256];
  char trace_id[33];
  inbox in = {.count = 0};
  cspan_error *error = NULL;
  side_open(&s, getenv("CLOUDSPAN_PEER_ENDPOINT"), the_peer.models);
  make_queue(&s, name, url, topic);
  start_sender(url, topic, trace_id);
  cspan_sqs_receive_input receive = {.size = sizeof receive,
                                     .queue_url = url,
                                     .handler = on_message,
                                     .user = &in,
                                     .wait_s = -1,
                                     .until_empty = true,
                                     .process_parent = parent};
  must(cspan_sqs_receive(s.sqs, &receive, NULL, &error), error);
  assert_int_equal(in.count, MESSAGES);
  check_spans(&s, &in, trace_id, parent);
  side_close(&s);
}

static void test_links(void **state) {
  (void)state;
  exchange("links", CSPAN_CONSUMER_LINKS);
}

static void test_continues(void **state) {
  (void)state;
  exchange("continues", CSPAN_CONSUMER_CONTINUES);
}

/* ----------------------------------------------------------------- the view */

/* What is asked for by the caller is what it gets, and the context with it. */
static void test_view(void **state) {
  (void)state;
  side s;
  char url[256];
  char topic[256];
  char trace_id[33];
  cspan_document *output = NULL;
  size_t seen = 0;
  side_open(&s, getenv("CLOUDSPAN_PEER_ENDPOINT"), the_peer.models);
  make_queue(&s, "view", url, topic);
  start_sender(url, topic, trace_id);
  while (seen < MESSAGES) {
    peer_call(s.sqs, "ReceiveMessage",
              CSPAN_MAP(cspan_field("QueueUrl", cspan_string(url)),
                        cspan_field("MaxNumberOfMessages", cspan_int(10)),
                        cspan_field("MessageAttributeNames", CSPAN_LIST(cspan_string("a")))),
              &output);
    const cspan_value *messages = cspan_value_get(cspan_document_value(output), "Messages");
    assert_true(cspan_value_count(messages) > 0);
    for (size_t i = 0; i < cspan_value_count(messages); i++, seen++) {
      const cspan_value *message = cspan_value_at(messages, i);
      const cspan_value *attributes = cspan_value_get(message, "MessageAttributes");
      bool has_a = strncmp(text_at(message, "Body"), "attributes-", 11) == 0 &&
                   strcmp(text_at(message, "Body"), "attributes-0") != 0;
      assert_int_equal(cspan_value_count(attributes), has_a);
      assert_null(cspan_value_get(cspan_value_get(message, "Attributes"), "AWSTraceHeader"));
      cspan_extracted extracted;
      assert_true(cspan_message_context(message, NULL, NULL, &extracted));
      cspan_extracted_free(&extracted);
    }
    cspan_document_free(output);
  }
  side_close(&s);
}

static int run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_links),
      cmocka_unit_test(test_continues),
      cmocka_unit_test(test_view),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv) {
  if (argc >= 5 && strcmp(argv[1], "send") == 0) {
    return run_sender(argv);
  }
  return peer_run(&the_peer, run);
}
