/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message attributes of SQS and SNS.
 *
 * Source: SQS developer guide, "Message metadata" (10 attributes; names, types and values count for
 * the size, system attributes do not) and "Message quotas"; SNS developer guide, "Message
 * attributes" (10 with raw delivery) and "Quotas" (256 KiB, a batch together).
 */
#include <string.h>

#include "base/text.h"
#include "instrument/carriers/carried.h"

enum { MAX_ATTRIBUTES = 10 };

static const char type_name[] = "String";
static const cspan_carried_limits sqs_limits = {256U << 10, 1U << 20};
static const cspan_carried_limits sns_limits = {256U << 10, 256U << 10};

static bool is_given(const cspan_value *value) {
  return value != NULL && value->kind != CSPAN_VALUE_NULL;
}

/* -------------------------------------------------------------------- size */

static size_t message_size(const cspan_value *message, const char *body) {
  const cspan_value *attributes = cspan_value_get(message, "MessageAttributes");
  size_t size = cspan_carried_text_size(message, body);
  size_t count = cspan_value_get_kind(attributes) == CSPAN_VALUE_MAP ? attributes->size : 0;
  for (size_t i = 0; i < count; i++) {
    const cspan_value *attribute = cspan_value_at(attributes, i);
    size += strlen(cspan_value_name_at(attributes, i)) +
            cspan_carried_text_size(attribute, "DataType") +
            cspan_carried_text_size(attribute, "StringValue") +
            cspan_carried_text_size(attribute, "BinaryValue");
  }
  return size;
}

/* ----------------------------------------------------------------- message */

static bool has_attribute(const void *where, const char *key) {
  const cspan_value *attributes = cspan_value_get(where, "MessageAttributes");
  const cspan_value *system = cspan_value_get(where, "MessageSystemAttributes");
  return cspan_carried_has_member(attributes, key) ||
         (cspan_ieq(key, "X-Amzn-Trace-Id") &&
          is_given(cspan_value_get(system, CSPAN_SQS_TRACE_HEADER)));
}

/* {"DataType": "String", "StringValue": value} */
static bool make_attribute(const cspan_memory *memory, cspan_value value, cspan_value *out) {
  cspan_member *members = memory->alloc(memory->user, 2 * sizeof *members);
  if (members == NULL) {
    return false;
  }
  members[0] = cspan_field("DataType", cspan_string_of(type_name, sizeof type_name - 1));
  members[1] = cspan_field("StringValue", value);
  *out = cspan_map(members, 2);
  return true;
}

static bool add_attributes(const cspan_carried *carried, const cspan_memory *memory,
                           cspan_value *message, size_t *left) {
  const cspan_value *given = cspan_value_get(message, "MessageAttributes");
  size_t count = cspan_value_count(given);
  size_t indexes[CSPAN_CARRIED_MAX_KEYS];
  if ((is_given(given) && given->kind != CSPAN_VALUE_MAP) || count >= MAX_ATTRIBUTES) {
    return false;
  }
  cspan_carried_room room = {MAX_ATTRIBUTES - count, *left, sizeof type_name - 1};
  size_t more = cspan_carried_choose(carried, has_attribute, message, room, indexes);
  cspan_member *members =
      more > 0 ? memory->alloc(memory->user, (count + more) * sizeof *members) : NULL;
  if (members == NULL) {
    return false;
  }
  if (count > 0) {
    memcpy(members, given->as.members, count * sizeof *members);
  }
  size_t size = 0;
  for (size_t i = 0; i < more; i++) {
    const cspan_member *key = &carried->keys[indexes[i]];
    members[count + i] = *key;
    if (!make_attribute(memory, key->value, &members[count + i].value)) {
      return false;
    }
    size += key->name_size_bytes + key->value.size + sizeof type_name - 1;
  }
  if (!cspan_carried_put(memory, message, "MessageAttributes", cspan_map(members, count + more),
                         message)) {
    return false;
  }
  *left -= size;
  return true;
}

/* The one system attribute that a message may be sent with. */
static bool add_system(const cspan_carried *carried, const cspan_memory *memory,
                       cspan_value *message) {
  const cspan_value *given = cspan_value_get(message, "MessageSystemAttributes");
  cspan_value attribute;
  cspan_value all;
  return carried->xray != NULL && (!is_given(given) || given->kind == CSPAN_VALUE_MAP) &&
         make_attribute(memory, cspan_string(carried->xray), &attribute) &&
         cspan_carried_put(memory, is_given(given) ? given : NULL, CSPAN_SQS_TRACE_HEADER,
                           attribute, &all) &&
         cspan_carried_put(memory, message, "MessageSystemAttributes", all, message);
}

static bool add_to_message(const cspan_carried *carried, const cspan_memory *memory, bool is_sqs,
                           cspan_value *message, size_t *left) {
  if (cspan_carried_is_there(carried, has_attribute, message)) {
    return false;
  }
  bool has_attributes = add_attributes(carried, memory, message, left);
  bool has_system = is_sqs && add_system(carried, memory, message);
  return has_attributes || has_system;
}

/* ----------------------------------------------------------------- requests */

static bool add_to_batch(const cspan_carried *carried, const cspan_memory *memory, bool is_sqs,
                         const char *list, const cspan_value *input, cspan_value *out) {
  const char *body = is_sqs ? "MessageBody" : "Message";
  size_t count = 0;
  size_t used = 0;
  bool is_changed = false;
  cspan_value *items = cspan_carried_items(memory, input, list, &count);
  if (items == NULL) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    used += message_size(&items[i], body);
  }
  size_t left = cspan_carried_left(is_sqs ? &sqs_limits : &sns_limits, used);
  for (size_t i = 0; i < count; i++) {
    if (items[i].kind == CSPAN_VALUE_MAP) {
      is_changed = add_to_message(carried, memory, is_sqs, &items[i], &left) || is_changed;
    }
  }
  return is_changed && cspan_carried_put(memory, input, list, cspan_list(items, count), out);
}

static bool carry(const cspan_carried *carried, const cspan_memory *memory, bool is_sqs,
                  const char *list, const cspan_value *input, cspan_value *out) {
  if (is_given(cspan_value_get(input, list))) {
    return add_to_batch(carried, memory, is_sqs, list, input, out);
  }
  size_t used = message_size(input, is_sqs ? "MessageBody" : "Message");
  size_t left = cspan_carried_left(is_sqs ? &sqs_limits : &sns_limits, used);
  *out = *input;
  return add_to_message(carried, memory, is_sqs, out, &left);
}

bool cspan_carry_sqs(const cspan_carried *carried, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out) {
  return carry(carried, memory, true, "Entries", input, out);
}

/* A text message to a phone, or to an app: nobody there reads attributes, but those that SNS knows
 * count. */
static bool goes_to_device(const cspan_value *input) {
  size_t size = 0;
  const char *arn = cspan_value_text(cspan_value_get(input, "TargetArn"), &size);
  return is_given(cspan_value_get(input, "PhoneNumber")) ||
         (arn != NULL && memmem(arn, size, ":endpoint/", strlen(":endpoint/")) != NULL);
}

bool cspan_carry_sns(const cspan_carried *carried, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out) {
  return !goes_to_device(input) &&
         carry(carried, memory, false, "PublishBatchRequestEntries", input, out);
}
