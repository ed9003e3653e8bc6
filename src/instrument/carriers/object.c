/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of JSON that get members: the details of events, the inputs of executions, records.
 *
 * The text is not written anew: the members are put before its last brace, so that all else stays
 * as it was, numbers too.
 *
 * Source: EventBridge user guide, "Calculating PutEvents event entry size"; Step Functions API
 * reference, StartExecution (with a name the input is what makes it idempotent, so it is left
 * alone then); Kinesis developer guide, "Quotas and limits".
 */
#include <string.h>

#include "base/json.h"
#include "instrument/carriers/carried.h"

static const cspan_carried_limits event_limits = {(256U << 10) - 1, (1U << 20) - 1};
static const cspan_carried_limits state_limits = {256U << 10, 256U << 10};
static const cspan_carried_limits record_limits = {1U << 20, 10U << 20};
static const cspan_carried_limits records_limits = {5U << 20, 10U << 20};

/* -------------------------------------------------------------------- text */

/* Where the last brace of an object is. */
static size_t end_of(const char *json, size_t size) {
  while (size > 0 && json[size - 1] != '}') {
    size--;
  }
  return size - 1;
}

static void write_members(cspan_buf *out, const cspan_carried *carried, const size_t *indexes,
                          size_t count, bool is_first) {
  for (size_t i = 0; i < count; i++) {
    const cspan_member *key = &carried->keys[indexes[i]];
    if (i > 0 || !is_first) {
      cspan_buf_char(out, ',');
    }
    cspan_json_write_string(out, key->name, key->name_size_bytes);
    cspan_buf_char(out, ':');
    cspan_json_write_string(out, key->value.as.text, key->value.size);
  }
}

/* What may be added, and whether there is a trace context already. */
typedef struct object_room {
  size_t left; /* bytes: goes down by what was added */
  bool is_traced;
} object_room;

/* The text of an object with the members in it, of the same kind. False: left alone. */
static bool add_to_object(const cspan_carried *carried, const cspan_memory *memory,
                          const cspan_value *given, object_room *in, cspan_value *out) {
  size_t size = 0;
  size_t indexes[CSPAN_CARRIED_MAX_KEYS];
  size_t count = 0;
  const char *json = cspan_value_bytes(given, &size);
  cspan_document *document = NULL;
  cspan_buf more;
  cspan_buf_init(&more, in->left);
  if (json == NULL || cspan_document_parse_json(json, size, &document, NULL) != CSPAN_OK) {
    return false;
  }
  const cspan_value *object = cspan_document_value(document);
  if (cspan_value_get_kind(object) == CSPAN_VALUE_MAP) {
    cspan_carried_room room = {CSPAN_CARRIED_MAX_KEYS, in->left, strlen("\"\":\"\",")};
    in->is_traced = cspan_carried_is_there(carried, cspan_carried_has_member, object);
    count = cspan_carried_choose(carried, cspan_carried_has_member, object, room, indexes);
    write_members(&more, carried, indexes, count, object->size == 0);
  }
  cspan_document_free(document);
  bool fits = count > 0 && cspan_buf_status(&more) == CSPAN_OK;
  char *text = fits ? memory->alloc(memory->user, size + more.len + 1) : NULL;
  if (text != NULL) {
    size_t end = end_of(json, size);
    memcpy(text, json, end);
    memcpy(text + end, more.data, more.len);
    memcpy(text + end + more.len, json + end, size - end);
    text[size + more.len] = '\0';
    *out = *given;
    out->as.text = text;
    out->size = size + more.len;
    in->left -= more.len;
  }
  cspan_buf_free(&more);
  return text != NULL;
}

/* A member whose text is an object. */
static bool add_to_member(const cspan_carried *carried, const cspan_memory *memory,
                          cspan_value *map, const char *name, object_room *room) {
  cspan_value changed;
  return add_to_object(carried, memory, cspan_value_get(map, name), room, &changed) &&
         cspan_carried_put(memory, map, name, changed, map);
}

/* X-Ray's header as a member of its own, where it is not set. */
static bool add_header(const cspan_carried *carried, const cspan_memory *memory, cspan_value *map,
                       const char *name) {
  return carried->xray != NULL && cspan_value_is_null(cspan_value_get(map, name)) &&
         cspan_carried_put(memory, map, name, cspan_string(carried->xray), map);
}

/* ------------------------------------------------------------- EventBridge */

static size_t event_size(const cspan_value *entry) {
  const size_t time_size = 14;
  const cspan_value *resources = cspan_value_get(entry, "Resources");
  size_t size = cspan_value_is_null(cspan_value_get(entry, "Time")) ? 0 : time_size;
  size += cspan_carried_text_size(entry, "Source") + cspan_carried_text_size(entry, "DetailType") +
          cspan_carried_text_size(entry, "Detail");
  for (size_t i = 0; i < cspan_value_count(resources); i++) {
    size += cspan_value_at(resources, i)->size;
  }
  return size;
}

static bool add_to_event(const cspan_carried *carried, const cspan_memory *memory,
                         cspan_value *entry, object_room *room) {
  if (!cspan_value_is_null(cspan_value_get(entry, "TraceHeader"))) {
    return false;
  }
  room->is_traced = false;
  bool has_members = add_to_member(carried, memory, entry, "Detail", room);
  bool has_header = !room->is_traced && add_header(carried, memory, entry, "TraceHeader");
  return has_members || has_header;
}

/* The limit of a request is that of all its entries together. */
bool cspan_carry_events(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out) {
  size_t count = 0;
  size_t used = 0;
  bool is_changed = false;
  cspan_value *items = cspan_carried_items(memory, input, "Entries", &count);
  for (size_t i = 0; items != NULL && i < count; i++) {
    used += event_size(&items[i]);
  }
  object_room room = {.left = cspan_carried_left(&event_limits, used)};
  for (size_t i = 0; items != NULL && i < count; i++) {
    if (items[i].kind == CSPAN_VALUE_MAP) {
      is_changed = add_to_event(carried, memory, &items[i], &room) || is_changed;
    }
  }
  return is_changed && cspan_carried_put(memory, input, "Entries", cspan_list(items, count), out);
}

/* ---------------------------------------------------------- Step Functions */

bool cspan_carry_states(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out) {
  static const cspan_value none = {.kind = CSPAN_VALUE_STRING, .size = 2, .as = {.text = "{}"}};
  const cspan_value *given = cspan_value_get(input, "input");
  bool is_named = !cspan_value_is_null(cspan_value_get(input, "name"));
  size_t left = cspan_carried_left(&state_limits, cspan_carried_text_size(input, "input"));
  object_room room = {.left = is_named ? 0 : left};
  cspan_value changed;
  if (!cspan_value_is_null(cspan_value_get(input, "traceHeader"))) {
    return false;
  }
  *out = *input;
  bool has_members =
      add_to_object(carried, memory, cspan_value_is_null(given) ? &none : given, &room, &changed) &&
      cspan_carried_put(memory, out, "input", changed, out);
  bool has_header = !room.is_traced && add_header(carried, memory, out, "traceHeader");
  return has_members || has_header;
}

/* ----------------------------------------------------------------- Kinesis */

static size_t record_size(const cspan_value *record) {
  return cspan_carried_text_size(record, "Data") + cspan_carried_text_size(record, "PartitionKey");
}

static bool add_to_record(const cspan_carried *carried, const cspan_memory *memory,
                          cspan_value *record, size_t *left) {
  size_t own = cspan_carried_left(&record_limits, record_size(record));
  size_t before = own < *left ? own : *left;
  object_room room = {.left = before};
  bool is_changed = add_to_member(carried, memory, record, "Data", &room);
  *left -= before - room.left;
  return is_changed;
}

bool cspan_carry_kinesis(const cspan_carried *carried, const cspan_memory *memory,
                         const cspan_value *input, cspan_value *out) {
  size_t count = 0;
  size_t used = 0;
  bool is_changed = false;
  if (cspan_value_is_null(cspan_value_get(input, "Records"))) {
    size_t left = records_limits.most_bytes;
    *out = *input;
    return add_to_record(carried, memory, out, &left);
  }
  cspan_value *items = cspan_carried_items(memory, input, "Records", &count);
  for (size_t i = 0; items != NULL && i < count; i++) {
    used += record_size(&items[i]);
  }
  size_t left = cspan_carried_left(&records_limits, used);
  for (size_t i = 0; items != NULL && i < count; i++) {
    is_changed = add_to_record(carried, memory, &items[i], &left) || is_changed;
  }
  return is_changed && cspan_carried_put(memory, input, "Records", cspan_list(items, count), out);
}
