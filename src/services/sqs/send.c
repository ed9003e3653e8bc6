/* SPDX-License-Identifier: Apache-2.0 */
/* Sending one message or many. */
#include "base/error.h"
#include "services/sqs/batch.h"

static size_t body_size(const cspan_sqs_message *message) {
  return message->body_size_bytes > 0 ? message->body_size_bytes
         : message->body != NULL      ? strlen(message->body)
                                      : 0;
}

static cspan_status check_message(const cspan_sqs_message *message, cspan_error **error) {
  char room[CSPAN_DOUBLE_TEXT_MAX];
  size_t size;
  if (message->body == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a message needs a body");
  }
  const cspan_value *attributes = message->attributes;
  if (!cspan_value_is_null(attributes) && attributes->kind != CSPAN_VALUE_MAP) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the attributes of a message are a map");
  }
  for (size_t i = 0; i < cspan_value_count(attributes); i++) {
    const cspan_value *value = cspan_value_at(attributes, i);
    if (value->kind != CSPAN_VALUE_STRING && value->kind != CSPAN_VALUE_BLOB &&
        value->kind != CSPAN_VALUE_MAP && cspan_typed_number_text(value, room, &size) == NULL) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "attribute %.80s: a string, a number, a blob or a map with DataType "
                             "was expected",
                             cspan_value_name_at(attributes, i));
    }
  }
  return CSPAN_OK;
}

static void put_attribute(cspan_making *making, const cspan_value *value) {
  char room[CSPAN_DOUBLE_TEXT_MAX];
  size_t size = 0;
  if (value->kind == CSPAN_VALUE_MAP) {
    cspan_maker_put(&making->maker, *value);
    return;
  }
  const char *number = cspan_typed_number_text(value, room, &size);
  cspan_maker_begin(&making->maker, CSPAN_VALUE_MAP);
  if (number != NULL) {
    cspan_making_text(making, "DataType", "Number");
    cspan_maker_fixed_name(&making->maker, "StringValue", 11);
    cspan_maker_put_text(&making->maker, CSPAN_VALUE_STRING, number, size);
  } else {
    bool is_blob = value->kind == CSPAN_VALUE_BLOB;
    cspan_making_text(making, "DataType", is_blob ? "Binary" : "String");
    cspan_making_value(making, is_blob ? "BinaryValue" : "StringValue", value);
  }
  cspan_maker_end(&making->maker);
}

static void put_message(cspan_making *making, const cspan_sqs_message *message) {
  cspan_value body = cspan_string_of(message->body, body_size(message));
  cspan_value delay = cspan_int(message->delay_s > 0 ? message->delay_s : 0);
  cspan_making_value(making, "MessageBody", &body);
  cspan_making_value(making, "DelaySeconds", message->delay_s != 0 ? &delay : NULL);
  cspan_making_text(making, "MessageGroupId", message->group_id);
  cspan_making_text(making, "MessageDeduplicationId", message->deduplication_id);
  if (cspan_value_count(message->attributes) == 0) {
    return;
  }
  cspan_maker_fixed_name(&making->maker, "MessageAttributes", 17);
  cspan_maker_begin(&making->maker, CSPAN_VALUE_MAP);
  for (size_t i = 0; i < message->attributes->size; i++) {
    const cspan_member *member = &message->attributes->as.members[i];
    cspan_maker_fixed_name(&making->maker, member->name, member->name_size_bytes);
    put_attribute(making, &member->value);
  }
  cspan_maker_end(&making->maker);
}

/* ------------------------------------------------------------- one message */

static cspan_status make_input(const cspan_sqs_send_input *input, cspan_document **out,
                               cspan_error **error) {
  cspan_making making;
  cspan_status status = cspan_typed_refuse_loop("SendMessage", input->options, error);
  if (status == CSPAN_OK) {
    status = check_message(&input->message, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_making_open(&making, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker_begin(&making.maker, CSPAN_VALUE_MAP);
  cspan_making_text(&making, "QueueUrl", input->queue_url);
  put_message(&making, &input->message);
  return cspan_making_close(&making, CSPAN_OK, out, error);
}

cspan_status cspan_sqs_send(cspan_client *client, const cspan_sqs_send_input *given,
                            cspan_sqs_send_result *result, cspan_error **error) {
  cspan_sqs_send_input input;
  cspan_document *document = NULL;
  cspan_document *answer = NULL;
  cspan_typed_take(&input, sizeof input, given);
  cspan_status status = make_input(&input, &document, error);
  if (status == CSPAN_OK) {
    cspan_client_request request = {.operation = "SendMessage",
                                    .input = cspan_document_value(document),
                                    .context = input.context,
                                    .options = input.options};
    status = cspan_client_send(client, &request, &answer, error);
  }
  if (result != NULL) {
    const cspan_value *value = cspan_document_value(answer);
    cspan_typed_copy_text(value, "MessageId", result->message_id, sizeof result->message_id);
    cspan_typed_copy_text(value, "SequenceNumber", result->sequence_number,
                          sizeof result->sequence_number);
  }
  cspan_document_free(document);
  cspan_document_free(answer);
  return status;
}

/* ------------------------------------------------------------------- batch */

static cspan_status check_entry(const void *user, size_t index, cspan_error **error) {
  const cspan_sqs_message *messages = user;
  return check_message(&messages[index], error);
}

static void put_entry(cspan_making *making, const void *user, size_t index) {
  const cspan_sqs_message *messages = user;
  put_message(making, &messages[index]);
}

/* Body and attributes: names, types and values. Numbers are taken as their longest text. */
static size_t entry_size(const void *user, size_t index) {
  const cspan_sqs_message *message = &((const cspan_sqs_message *)user)[index];
  const size_t type_size = 8;
  size_t size = body_size(message);
  for (size_t i = 0; i < cspan_value_count(message->attributes); i++) {
    const cspan_value *value = cspan_value_at(message->attributes, i);
    size_t count = cspan_value_count(value);
    size += strlen(cspan_value_name_at(message->attributes, i)) + type_size;
    size += count == 0 && value->size > 0 ? value->size : CSPAN_DOUBLE_TEXT_MAX;
    for (size_t j = 0; j < count; j++) {
      size += cspan_value_at(value, j)->size;
    }
  }
  return size;
}

cspan_status cspan_sqs_send_batch(cspan_client *client, const cspan_sqs_send_batch_input *given,
                                  cspan_sqs_batch_result *result, cspan_error **error) {
  cspan_sqs_send_batch_input input;
  cspan_typed_take(&input, sizeof input, given);
  cspan_sqs_batch batch = {.client = client,
                           .operation = "SendMessageBatch",
                           .queue_url = input.queue_url,
                           .context = input.context,
                           .options = input.options,
                           .count = input.messages != NULL ? input.count : 0,
                           .check_entry = check_entry,
                           .put_entry = put_entry,
                           .entry_size = entry_size,
                           .user = input.messages};
  return cspan_sqs_batch_carry_out(&batch, result, error);
}
