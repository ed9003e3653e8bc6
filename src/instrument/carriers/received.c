/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ReceiveMessage gives only the attributes that it is asked for. It is asked for those of the
 * propagator as well, which are taken out of the messages again: they stay behind their members,
 * where cspan_message_context() finds them.
 *
 * Source: SQS API reference, ReceiveMessage (MessageAttributeNames: names, "All", ".*", "prefix.*";
 * AttributeNames and its successor MessageSystemAttributeNames).
 */
#include <string.h>

#include "base/text.h"
#include "base/value.h"
#include "instrument/carriers/carried.h"
#include "telemetry/propagator.h"

static const char *const system_names[] = {"AttributeNames", "MessageSystemAttributeNames"};

/* ------------------------------------------------------------------ asking */

static bool covers(const char *asked, size_t len, const char *name) {
  const char *all = "All";
  if (len == strlen(all) && memcmp(asked, all, len) == 0) {
    return true;
  }
  if (len >= 2 && memcmp(asked + len - 2, ".*", 2) == 0) {
    return strncmp(name, asked, len - 2) == 0;
  }
  return strlen(name) == len && memcmp(name, asked, len) == 0;
}

static bool is_asked(const cspan_value *names, const char *name) {
  for (size_t i = 0; i < cspan_value_count(names); i++) {
    size_t len = 0;
    const char *text = cspan_value_text(cspan_value_at(names, i), &len);
    if (text != NULL && covers(text, len, name)) {
      return true;
    }
  }
  return false;
}

static bool is_system_asked(const cspan_asked *asked) {
  return is_asked(asked->system[0], CSPAN_SQS_TRACE_HEADER) ||
         is_asked(asked->system[1], CSPAN_SQS_TRACE_HEADER);
}

/* A list of names, longer by `more` that are not set yet. */
static cspan_value *longer(const cspan_memory *memory, const cspan_value *names, size_t more) {
  size_t count = cspan_value_count(names);
  cspan_value *items = memory->alloc(memory->user, (count + more) * sizeof *items);
  if (items != NULL && count > 0) {
    memcpy(items, names->as.items, count * sizeof *items);
  }
  return items;
}

static bool is_list(const cspan_value *names) {
  return cspan_value_is_null(names) || names->kind == CSPAN_VALUE_LIST;
}

static bool ask_attributes(const cspan_asked *asked, const cspan_memory *memory,
                           cspan_value *input) {
  size_t count = cspan_value_count(asked->attributes);
  cspan_value *names = longer(memory, asked->attributes, CSPAN_CARRIED_MAX_KEYS);
  size_t used = count;
  for (size_t i = 0; names != NULL && i < asked->part_count; i++) {
    for (const char *const *field = asked->fields[i]; *field != NULL; field++) {
      cspan_value so_far = cspan_list(names, used);
      if (used < count + CSPAN_CARRIED_MAX_KEYS && !is_asked(&so_far, *field)) {
        names[used++] = cspan_string(*field);
      }
    }
  }
  return used > count &&
         cspan_carried_put(memory, input, "MessageAttributeNames", cspan_list(names, used), input);
}

/* In the list that the caller uses; in the older one where that is neither, which all service
 * models know. */
static bool ask_system(const cspan_asked *asked, const cspan_memory *memory, cspan_value *input) {
  int which = cspan_value_count(asked->system[1]) > 0;
  size_t count = cspan_value_count(asked->system[which]);
  if (is_system_asked(asked)) {
    return false;
  }
  cspan_value *names = longer(memory, asked->system[which], 1);
  if (names == NULL) {
    return false;
  }
  names[count] = cspan_string(CSPAN_SQS_TRACE_HEADER);
  return cspan_carried_put(memory, input, system_names[which], cspan_list(names, count + 1), input);
}

bool cspan_carry_ask(const cspan_propagator *propagator, const cspan_memory *memory,
                     const cspan_value *input, cspan_value *out, cspan_asked *asked) {
  const cspan_propagator *parts[CSPAN_CARRIED_MAX_PARTS];
  size_t count = cspan_propagator_parts(propagator, parts, CSPAN_CARRIED_MAX_PARTS);
  bool has_xray = false;
  *asked = (cspan_asked){.attributes = cspan_value_get(input, "MessageAttributeNames")};
  for (size_t i = 0; i < 2; i++) {
    asked->system[i] = cspan_value_get(input, system_names[i]);
  }
  if (cspan_value_get_kind(input) != CSPAN_VALUE_MAP || !is_list(asked->attributes) ||
      !is_list(asked->system[0]) || !is_list(asked->system[1])) {
    return false; /* an input that will be refused */
  }
  for (size_t i = 0; i < count; i++) {
    const char *const *fields = cspan_propagator_fields(parts[i]);
    if (cspan_carried_is_xray(fields)) {
      has_xray = true;
    } else {
      asked->fields[asked->part_count++] = fields;
    }
  }
  *out = *input;
  bool more = ask_attributes(asked, memory, out);
  return (has_xray && ask_system(asked, memory, out)) || more;
}

/* --------------------------------------------------------------- restoring */

static bool is_field(const cspan_asked *asked, const char *name) {
  for (size_t i = 0; i < asked->part_count; i++) {
    for (const char *const *field = asked->fields[i]; *field != NULL; field++) {
      if (strcmp(*field, name) == 0) {
        return true;
      }
    }
  }
  return false;
}

/* What a message carried, as texts: a context that is whole, with what the caller sees of it. */
typedef struct taking {
  const cspan_asked *asked;
  const cspan_memory *memory;
  cspan_member hidden[CSPAN_CARRIED_MAX_KEYS + 1];
  size_t count;
} taking;

static void hide(taking *t, const cspan_member *attribute) {
  const cspan_value *text = cspan_value_get(&attribute->value, "StringValue");
  if (t->count < CSPAN_CARRIED_MAX_KEYS && text != NULL) {
    t->hidden[t->count] = *attribute;
    t->hidden[t->count++].value = *text;
  }
}

/* The attributes without what the caller did not ask for. False: that is all of them, or there is
 * no memory. */
static bool take_attributes(taking *t, const cspan_value *given, cspan_value *out) {
  size_t count = cspan_value_get_kind(given) == CSPAN_VALUE_MAP ? given->size : 0;
  cspan_member *members =
      count > 0 ? t->memory->alloc(t->memory->user, count * sizeof *members) : NULL;
  size_t kept = 0;
  for (size_t i = 0; members != NULL && i < count; i++) {
    const cspan_member *member = &given->as.members[i];
    bool is_ours = is_field(t->asked, member->name);
    if (is_ours) {
      hide(t, member);
    }
    if (!is_ours || is_asked(t->asked->attributes, member->name)) {
      members[kept++] = *member;
    }
  }
  *out = cspan_map(members, kept);
  return members != NULL && kept < count;
}

static bool take_system(taking *t, const cspan_value *given, cspan_value *out) {
  const cspan_value *header = cspan_value_get(given, CSPAN_SQS_TRACE_HEADER);
  cspan_member *members = header != NULL && !is_system_asked(t->asked)
                              ? t->memory->alloc(t->memory->user, given->size * sizeof *members)
                              : NULL;
  size_t kept = 0;
  if (members == NULL) {
    return false;
  }
  for (size_t i = 0; i < given->size; i++) {
    if (&given->as.members[i].value != header) {
      members[kept++] = given->as.members[i];
    }
  }
  t->hidden[t->count++] = cspan_field("X-Amzn-Trace-Id", *header);
  *out = cspan_map(members, kept);
  return true;
}

static bool has_name(const cspan_member *member, const char *name) {
  return member->name_size_bytes == strlen(name) &&
         memcmp(member->name, name, member->name_size_bytes) == 0;
}

/* The message with these two in place of its own, empty ones left out, and what was taken out
 * behind its members. */
static bool put_together(taking *t, const cspan_value *message, const cspan_value *attributes,
                         const cspan_value *system, cspan_value *out) {
  cspan_member *members = t->memory->alloc(t->memory->user, (message->size + 1) * sizeof *members);
  cspan_member *hidden = t->memory->alloc(t->memory->user, (t->count + 1) * sizeof *hidden);
  size_t kept = 0;
  if (members == NULL || hidden == NULL) {
    return false;
  }
  for (size_t i = 0; i < message->size; i++) {
    cspan_member member = message->as.members[i];
    bool is_sum = attributes != NULL && has_name(&member, "MD5OfMessageAttributes");
    if (attributes != NULL && has_name(&member, "MessageAttributes")) {
      member.value = *attributes;
      is_sum = attributes->size == 0;
    } else if (system != NULL && has_name(&member, "Attributes")) {
      member.value = *system;
      is_sum = system->size == 0;
    }
    if (!is_sum) {
      members[kept++] = member;
    }
  }
  memcpy(hidden, t->hidden, t->count * sizeof *hidden);
  members[kept] = cspan_field(CSPAN_CARRIED_HIDDEN, cspan_map(hidden, t->count));
  *out = cspan_map(members, kept);
  out->nanoseconds = 1; /* hidden members */
  return true;
}

static bool restore_message(const cspan_asked *asked, const cspan_memory *memory,
                            cspan_value *message) {
  taking t = {.asked = asked, .memory = memory};
  cspan_value attributes;
  cspan_value system;
  if (message->kind != CSPAN_VALUE_MAP) {
    return false;
  }
  bool less = take_attributes(&t, cspan_value_get(message, "MessageAttributes"), &attributes);
  bool less_system = take_system(&t, cspan_value_get(message, "Attributes"), &system);
  return (less || less_system) && put_together(&t, message, less ? &attributes : NULL,
                                               less_system ? &system : NULL, message);
}

bool cspan_carry_restore(const cspan_asked *asked, const cspan_memory *memory,
                         const cspan_value *output, cspan_value *out) {
  size_t count = 0;
  bool is_changed = false;
  cspan_value *items = cspan_carried_items(memory, output, "Messages", &count);
  for (size_t i = 0; items != NULL && i < count; i++) {
    is_changed = restore_message(asked, memory, &items[i]) || is_changed;
  }
  return is_changed && cspan_carried_put(memory, output, "Messages", cspan_list(items, count), out);
}
