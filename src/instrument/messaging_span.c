/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of calls to queues and topics, by the messaging conventions (messaging/spans, aws). */
#include "instrument/messaging_span.h"

#include <cloudspan/ext/middleware.h>
#include <cloudspan/messaging.h>
#include <string.h>

#include "base/value.h"
#include "instrument/carriers/carried.h"
#include "instrument/extract.h"
#include "telemetry/propagator.h"

static const char destination_key[] = "messaging.destination.name";
static const char count_key[] = "messaging.batch.message_count";
static const char id_key[] = "messaging.message.id";

const cspan_emitted *cspan_emitted_messaging_at(size_t index) {
  static const cspan_emitted all[] = {
      {"call", "messaging.system", "string", "calls to SQS and SNS"},
      {"call", "messaging.operation.name", "string", "calls to SQS and SNS"},
      {"call", "messaging.operation.type", "string", "calls to SQS and SNS"},
      {"call", destination_key, "string",
       "where the queue or topic is known, never a phone number"},
      {"call", count_key, "int", "batches, and every receive"},
      {"call", id_key, "string", "one message was sent"},
      {"process", "messaging.system", "string",
       "where the message or the consumer's destination tells it: `aws_sqs`, `aws.sns`, "
       "`aws.kinesis`, `aws.eventbridge`, or as given"},
      {"process", "messaging.operation.name", "string", "always: `process`"},
      {"process", "messaging.operation.type", "string", "always: `process`"},
      {"process", destination_key, "string", "where the queue or topic is known"},
      {"process", count_key, "int", "batches"},
      {"process", id_key, "string", "one message"},
      {"process", "aws.sqs.queue.url", "string", "where the consumer was given the URL"},
      {"process", "error.type", "string", "on failure"},
      {"link", id_key, "string", "links to senders, where the message has an id"},
  };
  return index < sizeof all / sizeof all[0] ? &all[index] : NULL;
}

const char *cspan_messaging_type(cspan_messaging_kind kind) {
  static const char *const types[] = {
      [CSPAN_MESSAGING_SEND] = "send",
      [CSPAN_MESSAGING_RECEIVE] = "receive",
      [CSPAN_MESSAGING_SETTLE] = "settle",
  };
  return types[kind];
}

/* ------------------------------------------------------------- destination */

const char *cspan_destination_name(const char *destination, size_t size, size_t *name_size) {
  size_t start = size;
  while (start > 0 && destination[start - 1] != '/' && destination[start - 1] != ':') {
    start--;
  }
  *name_size = size - start;
  return destination + start;
}

/* The first of the members that is there. The endpoint of an app on a device is none. */
static const char *destination_of(const cspan_messaging_rule *rule, const cspan_value *input,
                                  size_t *size) {
  for (const char *at = rule->destination; at != NULL && *at != '\0';) {
    size_t len = strcspn(at, "|");
    const char *text = cspan_value_text(cspan_value_find(input, at, len), size);
    if (text != NULL && memmem(text, *size, ":endpoint/", strlen(":endpoint/")) == NULL) {
      return cspan_destination_name(text, *size, size);
    }
    at += len + (at[len] == '|');
  }
  *size = 0;
  return NULL;
}

/* ------------------------------------------------------------------- calls */

/* "send orders"; "send" where there is no name, or no memory. */
static const char *name_of(const cspan_messaging_rule *rule, struct cspan_call *call,
                           const char *destination, size_t size) {
  size_t len = strlen(rule->name);
  char *name = size > 0 ? cspan_call_memory(call, len + 1 + size + 1) : NULL;
  if (name == NULL) {
    return rule->name;
  }
  memcpy(name, rule->name, len);
  name[len] = ' ';
  memcpy(name + len + 1, destination, size);
  name[len + 1 + size] = '\0';
  return name;
}

/* Whether a message to be sent has a trace context that the caller put there. */
static bool has_own_context(const cspan_tracing *tracing, const cspan_value *message) {
  const cspan_propagator *parts[CSPAN_CARRIED_MAX_PARTS];
  const cspan_value *attributes = cspan_value_get(message, "MessageAttributes");
  if (cspan_value_count(attributes) == 0) {
    return false;
  }
  size_t count = cspan_propagator_parts(tracing->propagator, parts, CSPAN_CARRIED_MAX_PARTS);
  for (size_t i = 0; i < count; i++) {
    const char *const *field = cspan_propagator_fields(parts[i]);
    for (; *field != NULL; field++) {
      if (strcmp(*field, "baggage") != 0 && cspan_carried_has_member(attributes, *field)) {
        return true;
      }
    }
  }
  return false;
}

/* The messages of a request; a single one is the request itself. */
static const cspan_value *messages_of(const cspan_messaging_rule *rule, const cspan_value *input,
                                      size_t *count) {
  const cspan_value *list = rule->messages != NULL ? cspan_value_get(input, rule->messages) : NULL;
  if (list != NULL && list->kind == CSPAN_VALUE_LIST) {
    *count = list->size;
    return list->as.items;
  }
  *count = input != NULL && rule->messages == NULL ? 1 : 0;
  return input;
}

/* A span whose context goes into none of the messages has not created them. */
static cspan_span_kind kind_of(const cspan_tracing *tracing, const cspan_messaging_rule *rule,
                               const cspan_value *input) {
  size_t count = 0;
  const cspan_value *messages = messages_of(rule, input, &count);
  if (rule->kind != CSPAN_MESSAGING_SEND) {
    return CSPAN_SPAN_CLIENT;
  }
  for (size_t i = 0; i < count; i++) {
    if (!has_own_context(tracing, &messages[i])) {
      return CSPAN_SPAN_PRODUCER;
    }
  }
  return count > 0 ? CSPAN_SPAN_CLIENT : CSPAN_SPAN_PRODUCER;
}

void cspan_messaging_link_own(const cspan_tracing *tracing, const cspan_plan *plan,
                              const struct cspan_call *call, cspan_span span) {
  size_t count = 0;
  const cspan_value *messages =
      messages_of(plan->messaging, cspan_call_input_document(call), &count);
  if (plan->messaging->kind != CSPAN_MESSAGING_SEND || !cspan_span_is_recording(span)) {
    return;
  }
  for (size_t i = 0; i < count; i++) {
    if (has_own_context(tracing, &messages[i])) {
      const cspan_value *attributes = cspan_value_get(&messages[i], "MessageAttributes");
      const cspan_value carrying = CSPAN_MAP(cspan_field("MessageAttributes", *attributes));
      cspan_message_link link;
      if (cspan_message_link_make(&carrying, tracing->propagator, &link)) {
        cspan_span_add_link(span, &link.link);
      }
      cspan_message_link_free(&link);
    }
  }
}

size_t cspan_messaging_start(const cspan_tracing *tracing, const cspan_plan *plan,
                             struct cspan_call *call, cspan_attr *out, size_t capacity,
                             cspan_span_naming *naming) {
  const cspan_messaging_rule *rule = plan->messaging;
  const cspan_value *input = cspan_call_input_document(call);
  size_t size = 0;
  size_t n = 0;
  const char *destination = destination_of(rule, input, &size);
  size = destination != NULL ? cspan_trace_bounded(destination, size, CSPAN_MAX_VALUE_BYTES) : 0;
  if (size > 0 && n < capacity) {
    out[n++] = cspan_attr_string_n(destination_key, destination, size);
  }
  if (rule->messages != NULL && rule->kind != CSPAN_MESSAGING_RECEIVE && n < capacity) {
    size_t count = cspan_value_count(cspan_value_get(input, rule->messages));
    out[n++] = cspan_attr_int64(count_key, (int64_t)count);
  }
  if (tracing->messaging_spans != CSPAN_MESSAGING_SPANS_PLAIN) {
    naming->name = name_of(rule, call, destination, size);
    naming->kind = kind_of(tracing, rule, input);
  }
  return n;
}

void cspan_messaging_end(const cspan_tracing *tracing, const cspan_plan *plan,
                         const struct cspan_call *call, cspan_span span) {
  const cspan_messaging_rule *rule = plan->messaging;
  const cspan_value *output = cspan_call_output_document(call);
  cspan_attr attrs[2];
  size_t n = 0;
  if (output != NULL && rule->kind == CSPAN_MESSAGING_RECEIVE && rule->messages != NULL) {
    size_t count = cspan_value_count(cspan_value_get(output, rule->messages));
    attrs[n++] = cspan_attr_int64(count_key, (int64_t)count);
  }
  size_t size = 0;
  const char *id = rule->message_id != NULL
                       ? cspan_value_text(cspan_value_get(output, rule->message_id), &size)
                       : NULL;
  if (id != NULL) {
    size = cspan_trace_bounded(id, size, CSPAN_MAX_VALUE_BYTES);
    attrs[n++] = cspan_attr_string_n(id_key, id, size);
  }
  n = cspan_own_rules_filter(&tracing->own_rules, attrs, n);
  for (size_t i = 0; i < n; i++) {
    cspan_span_set(span, attrs[i]);
  }
}

/* ------------------------------------------------------------------- links */

/* SQS, Lambda's events of SQS and SNS, SNS itself, EventBridge. */
cspan_attr cspan_message_id(const cspan_value *message) {
  static const char *const names[] = {"MessageId", "messageId", "eventID", "id"};
  size_t size = 0;
  const cspan_value *sns = cspan_value_get(message, "Sns");
  const char *id = cspan_value_text(cspan_value_get(sns, "MessageId"), &size);
  for (size_t i = 0; id == NULL && i < sizeof names / sizeof names[0]; i++) {
    id = cspan_value_text(cspan_value_get(message, names[i]), &size);
  }
  cspan_attr attr = cspan_attr_string_n(
      id_key, id, id != NULL ? cspan_trace_bounded(id, size, CSPAN_MAX_VALUE_BYTES) : 0);
  attr.value.string = id;
  return attr;
}

bool cspan_message_link_make(const cspan_value *message, const cspan_propagator *propagator,
                             cspan_message_link *out) {
  static const cspan_context nothing = {0};
  memset(out, 0, sizeof *out);
  if (!cspan_message_context(message, propagator, &nothing, &out->extracted) ||
      out->extracted.remote.slot == NULL ||
      !cspan_span_get_context(out->extracted.remote, &out->link.context)) {
    return false;
  }
  out->id = cspan_message_id(message);
  if (out->id.value.string != NULL) {
    out->link.attributes = &out->id;
    out->link.attribute_count = 1;
  }
  return true;
}

void cspan_message_link_free(cspan_message_link *link) {
  cspan_extracted_free(&link->extracted);
}
