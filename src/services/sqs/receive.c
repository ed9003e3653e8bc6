/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that receives messages. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "instrument/consumer.h"
#include "services/client/client.h"
#include "services/sqs/keeper.h"

enum {
  MESSAGES_A_CALL = CSPAN_SQS_ENTRIES_A_CALL,
  WAIT_S = 20,
  VISIBILITY_S = 30,
  CLEAN_UP_MS = 10000, /* for deletes and for giving back, also after the loop's end */
  DELETE_AFTER_MS = 1000,
  BACKOFF_BASE_MS = 500,
  BACKOFF_MAX_MS = 20000,
  NS_PER_MS = 1000000
};

typedef enum message_state { IN_HAND, DONE, OVER } message_state;

typedef struct loop {
  cspan_client *client;
  cspan_sqs_receive_input input; /* with defaults */
  cspan_sqs_keeper *keeper;      /* NULL: no extension */
  cspan_consumer *consumer;      /* NULL: no spans of processing */
  cspan_sqs_receive_result counts;
  int failures; /* calls to receive, one after the other */
  /* The messages of the call that is worked on. */
  cspan_sqs_received messages[MESSAGES_A_CALL];
  message_state states[MESSAGES_A_CALL];
  size_t count;
  int64_t first_done_ns; /* 0: nothing is to be deleted */
} loop;

static void report(const loop *l, const cspan_sqs_received *message, const cspan_error *error) {
  if (l->input.on_error != NULL) {
    l->input.on_error(l->input.user, message, error);
  } else {
    cspan_log(CSPAN_LOG_WARN, "SQS: message %s: %s",
              message != NULL ? message->message_id : "(none)", cspan_error_message(error));
  }
}

/* ------------------------------------------------------- deleting, giving back */

/* Carries out a batch over all messages in a state, which is over with it. */
static void settle(loop *l, message_state state, const char *operation, int64_t visibility_s) {
  const char *handles[MESSAGES_A_CALL];
  size_t indexes[MESSAGES_A_CALL] = {0};
  cspan_sqs_outcome outcomes[MESSAGES_A_CALL] = {{0}};
  cspan_context context = l->input.context != NULL ? *l->input.context : (cspan_context){0};
  cspan_sqs_handles user = {.handles = handles, .visibility_s = visibility_s};
  cspan_sqs_batch batch = {.client = l->client,
                           .operation = operation,
                           .queue_url = l->input.queue_url,
                           .context = &context,
                           .options = l->input.options,
                           .put_entry = cspan_sqs_put_handle,
                           .user = &user};
  for (size_t i = 0; i < l->count; i++) {
    if (l->states[i] == state) {
      indexes[batch.count] = i;
      handles[batch.count++] = l->messages[i].receipt_handle;
    }
  }
  context.cancel = NULL; /* a message that was handled must not come again for a cancellation */
  context.deadline_ns = 0;
  context = cspan_context_with_timeout(&context, CLEAN_UP_MS);
  cspan_sqs_batch_run(&batch, outcomes);
  for (size_t i = 0; i < batch.count; i++) {
    cspan_sqs_keeper_release(l->keeper, indexes[i]);
    l->states[indexes[i]] = OVER;
    l->counts.deleted_count += state == DONE && outcomes[i].done ? 1 : 0;
    if (!outcomes[i].done) {
      report(l, &l->messages[indexes[i]], outcomes[i].error);
      cspan_error_free(outcomes[i].error);
    }
  }
}

static void delete_done(loop *l) {
  settle(l, DONE, "DeleteMessageBatch", -1);
  l->first_done_ns = 0;
}

/* ---------------------------------------------------------------- handling */

static const char *text_of(const cspan_value *message, const char *name) {
  const char *text = cspan_value_text(cspan_value_get(message, name), NULL);
  return text != NULL ? text : "";
}

static cspan_sqs_received received_of(const cspan_value *message) {
  int64_t times = 0;
  const cspan_value *attributes = cspan_value_get(message, "Attributes");
  cspan_sqs_received received = {.message_id = text_of(message, "MessageId"),
                                 .receipt_handle = text_of(message, "ReceiptHandle"),
                                 .body = text_of(message, "Body"),
                                 .message = message};
  cspan_value_text(cspan_value_get(message, "Body"), &received.body_size_bytes);
  if (cspan_parse_i64(text_of(attributes, "ApproximateReceiveCount"), &times)) {
    received.receive_count = times;
  }
  return received;
}

typedef struct handling {
  const cspan_sqs_receive_input *input;
  const cspan_sqs_received *message;
} handling;

static cspan_status run_handler(void *user, const cspan_context *context,
                                const cspan_value *message) {
  const handling *h = user;
  (void)message;
  return h->input->handler(h->input->user, context, h->message);
}

static void handle_one(loop *l, size_t index) {
  const cspan_sqs_received *message = &l->messages[index];
  handling h = {.input = &l->input, .message = message};
  cspan_status status =
      l->consumer != NULL
          ? cspan_consumer_process(l->consumer, l->input.context, message->message, run_handler, &h)
          : run_handler(&h, l->input.context, message->message);
  cspan_error *error = cspan_sqs_keeper_take_error(l->keeper, index);
  if (error != NULL) {
    report(l, message, error);
    cspan_error_free(error);
  }
  if (status == CSPAN_OK) {
    l->counts.handled_count++;
    l->states[index] = DONE;
    l->first_done_ns = l->first_done_ns != 0 ? l->first_done_ns : cspan_now_ns();
  } else {
    l->counts.failed_count++;
    l->states[index] = OVER;
    cspan_sqs_keeper_release(l->keeper, index);
  }
}

static cspan_status handle_all(loop *l, const cspan_value *list, cspan_error **error) {
  const char *handles[MESSAGES_A_CALL];
  l->count = cspan_value_count(list) < MESSAGES_A_CALL ? cspan_value_count(list) : MESSAGES_A_CALL;
  for (size_t i = 0; i < l->count; i++) {
    l->messages[i] = received_of(cspan_value_at(list, i));
    l->states[i] = IN_HAND;
    handles[i] = l->messages[i].receipt_handle;
  }
  cspan_status status = cspan_sqs_keeper_hold(l->keeper, handles, l->count, error);
  for (size_t i = 0; i < l->count && status == CSPAN_OK; i++) {
    if (cspan_context_status(l->input.context) != CSPAN_OK) {
      break;
    }
    handle_one(l, i);
    if (l->first_done_ns != 0 &&
        cspan_now_ns() - l->first_done_ns >= (int64_t)DELETE_AFTER_MS * NS_PER_MS) {
      delete_done(l);
    }
  }
  delete_done(l);
  settle(l, IN_HAND, "ChangeMessageVisibilityBatch", 0);
  return status;
}

/* --------------------------------------------------------------- receiving */

static cspan_status ask(const loop *l, cspan_document **answer, cspan_error **error) {
  const cspan_sqs_receive_input *in = &l->input;
  cspan_value all = CSPAN_LIST(cspan_string("All"));
  cspan_value input =
      CSPAN_MAP(cspan_field("QueueUrl", cspan_string(in->queue_url)),
                cspan_field("AttributeNames", all), cspan_field("MessageAttributeNames", all),
                cspan_field("MaxNumberOfMessages", cspan_int(in->max_messages)),
                cspan_field("VisibilityTimeout", cspan_int(in->visibility_s)),
                cspan_field("WaitTimeSeconds", cspan_int(in->wait_s > 0 ? in->wait_s : 0)));
  cspan_client_request request = {.operation = "ReceiveMessage",
                                  .input = &input,
                                  .context = in->context,
                                  .options = in->options};
  return cspan_client_send(l->client, &request, answer, error);
}

/* Whether the loop goes on after a failed call; it has waited then. */
static bool outlasts(loop *l, const cspan_error *error) {
  if (!cspan_error_is_retryable(error)) {
    return false;
  }
  report(l, NULL, error);
  int64_t most_ms = BACKOFF_BASE_MS;
  for (int i = 0; i < l->failures && most_ms < BACKOFF_MAX_MS; i++) {
    most_ms *= 2;
  }
  l->failures++;
  cspan_context_sleep_ms(l->input.context, (int64_t)((double)most_ms * cspan_random_unit()));
  return true;
}

static cspan_status receive_once(loop *l, bool *is_over, cspan_error **error) {
  cspan_document *answer = NULL;
  cspan_error *failure = NULL;
  cspan_status status = ask(l, &answer, &failure);
  if (status == CSPAN_OK) {
    const cspan_value *list = cspan_value_get(cspan_document_value(answer), "Messages");
    l->failures = 0;
    *is_over = l->input.until_empty && cspan_value_count(list) == 0;
    status = handle_all(l, list, error);
    cspan_document_free(answer);
    return status;
  }
  if (cspan_context_status(l->input.context) != CSPAN_OK || outlasts(l, failure)) {
    cspan_error_free(failure);
    return CSPAN_OK;
  }
  return cspan_error_move(error, failure);
}

/* As the calls of the client are traced; where they are not, the handler runs in no span. */
static cspan_status trace(loop *l, cspan_error **error) {
  const cspan_consumer_options options = {
      .destination = l->input.queue_url, .system = "aws_sqs", .parent = l->input.process_parent};
  if (l->input.process_spans == CSPAN_SWITCH_OFF) {
    return CSPAN_OK;
  }
  return cspan_consumer_of_config(cspan_aws_client_config(l->client->aws), &options, &l->consumer,
                                  error);
}

static cspan_status set_up(loop *l, const cspan_sqs_receive_input *given, cspan_error **error) {
  cspan_sqs_receive_input *input = &l->input;
  cspan_typed_take(input, sizeof *input, given);
  if (l->client == NULL || input->queue_url == NULL || input->handler == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_sqs_receive needs a client, the URL of a queue and a handler");
  }
  if (input->max_messages < 0 || input->max_messages > MESSAGES_A_CALL || input->visibility_s < 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_sqs_receive takes 1 to %d messages at a time and a visibility "
                           "timeout of seconds",
                           MESSAGES_A_CALL);
  }
  input->max_messages = input->max_messages == 0 ? MESSAGES_A_CALL : input->max_messages;
  input->wait_s = input->wait_s == 0 ? WAIT_S : input->wait_s;
  input->visibility_s = input->visibility_s == 0 ? VISIBILITY_S : input->visibility_s;
  cspan_status status = cspan_typed_refuse_loop("cspan_sqs_receive", input->options, error);
  if (status == CSPAN_OK) {
    status = trace(l, error);
  }
  if (status == CSPAN_OK && !input->no_extension) {
    status = cspan_sqs_keeper_start(l->client, input, &l->keeper, error);
  }
  return status;
}

cspan_status cspan_sqs_receive(cspan_client *client, const cspan_sqs_receive_input *input,
                               cspan_sqs_receive_result *result, cspan_error **error) {
  loop l = {.client = client};
  bool is_over = false;
  cspan_status status = set_up(&l, input, error);
  while (status == CSPAN_OK && !is_over && cspan_context_status(l.input.context) == CSPAN_OK) {
    status = receive_once(&l, &is_over, error);
  }
  cspan_sqs_keeper_stop(l.keeper);
  cspan_consumer_free(l.consumer);
  if (result != NULL) {
    *result = l.counts;
  }
  return status;
}
