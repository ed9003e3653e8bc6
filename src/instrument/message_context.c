/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context that a message carries. A message is searched place by place, from the outside in;
 * for each propagator the first place counts that has any of its keys. What is found goes into one
 * flat list of texts, from which the propagators then read.
 */
#include <cloudspan/messaging.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/value.h"
#include "instrument/carriers/carried.h"
#include "instrument/tracing.h"
#include "telemetry/propagator.h"

enum {
  MAX_KEYS = 32,
  MAX_TEXT_BYTES = 16 * 1024, /* of one key */
  MAX_JSON_BYTES = 1024 * 1024,
  MAX_JSON_DEPTH = 4, /* JSON in JSON */
  MAX_DEPTH = 12      /* places inside of places */
};

static const char xray_key[] = "X-Amzn-Trace-Id";

typedef struct search {
  const char *const *fields[CSPAN_CARRIED_MAX_PARTS];
  bool is_found[CSPAN_CARRIED_MAX_PARTS];
  size_t count;
  size_t left; /* parts that were not found yet */
  struct {
    const char *key;
    const char *text;
  } found[MAX_KEYS];
  size_t found_count;
  cspan_arena *arena; /* of the texts, made with the first */
} search;

/* ------------------------------------------------------------------ places */

/* Reads a key of a place; NULL: it is not there. */
typedef const cspan_value *(*place_fn)(const cspan_value *place, const char *key);

static const cspan_value *member_of(const cspan_value *map, const char *key) {
  size_t len = strlen(key);
  for (size_t i = 0; i < cspan_value_count(map); i++) {
    const cspan_member *member = &map->as.members[i];
    if (member->name_size_bytes == len && strncasecmp(member->name, key, len) == 0) {
      return &member->value;
    }
  }
  return NULL;
}

/* {"DataType": ..., "StringValue": text}, as SQS has it, Lambda's events, and SNS ("Value"). */
static const cspan_value *attribute_of(const cspan_value *map, const char *key) {
  static const char *const names[] = {"StringValue", "stringValue", "Value"};
  const cspan_value *attribute = member_of(map, key);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const cspan_value *text = cspan_value_get(attribute, names[i]);
    if (text != NULL) {
      return text;
    }
  }
  return NULL;
}

static const cspan_value *header_of(const cspan_value *map, const char *key) {
  return cspan_ieq(key, xray_key) ? cspan_value_get(map, CSPAN_SQS_TRACE_HEADER) : NULL;
}

/* A copy that ends with a NUL; NULL for what can be no header. */
static const char *keep(search *s, const cspan_value *value) {
  size_t size = 0;
  const char *text = value->kind == CSPAN_VALUE_STRING ? cspan_value_text(value, &size) : NULL;
  if (text == NULL || size == 0 || size > MAX_TEXT_BYTES || memchr(text, '\0', size) != NULL) {
    return NULL;
  }
  if (s->arena == NULL) {
    s->arena = cspan_arena_create((size_t)MAX_KEYS * MAX_TEXT_BYTES);
  }
  return s->arena != NULL ? cspan_arena_strndup(s->arena, text, size) : NULL;
}

static void take_place(search *s, const cspan_value *place, place_fn read) {
  if (cspan_value_count(place) == 0 || place->kind != CSPAN_VALUE_MAP) {
    return;
  }
  for (size_t i = 0; i < s->count; i++) {
    bool is_here = false;
    for (const char *const *field = s->fields[i]; !s->is_found[i] && *field != NULL; field++) {
      const cspan_value *value = read(place, *field);
      const char *text = value != NULL ? keep(s, value) : NULL;
      if (text != NULL && s->found_count < MAX_KEYS) {
        s->found[s->found_count].key = *field;
        s->found[s->found_count++].text = text;
        is_here = true;
      }
    }
    if (is_here) {
      s->is_found[i] = true;
      s->left--;
    }
  }
}

/* -------------------------------------------------------------------- JSON */

static void look(search *s, const cspan_value *value, int depth, int json_depth);

/* Whether a text may have a key at all: most have none, and need not be parsed. */
static bool may_have_key(const search *s, const char *text, size_t size) {
  char lower[64];
  for (size_t i = 0; i < s->count; i++) {
    for (const char *const *field = s->fields[i]; !s->is_found[i] && *field != NULL; field++) {
      size_t len = strlen(*field);
      if (memmem(text, size, *field, len) != NULL) {
        return true;
      }
      for (size_t k = 0; k < len && len < sizeof lower; k++) {
        bool is_upper = (*field)[k] >= 'A' && (*field)[k] <= 'Z';
        lower[k] = is_upper ? (char)((*field)[k] - 'A' + 'a') : (*field)[k];
      }
      if (len < sizeof lower && memmem(text, size, lower, len) != NULL) {
        return true;
      }
    }
  }
  return false;
}

static void look_json(search *s, const char *text, size_t size, int depth, int json_depth) {
  cspan_document *document = NULL;
  if (may_have_key(s, text, size) &&
      cspan_document_parse_json(text, size, &document, NULL) == CSPAN_OK) {
    look(s, cspan_document_value(document), depth + 1, json_depth + 1);
  }
  cspan_document_free(document);
}

/* Base64 of an object begins with "ey" or "ew": '{' and what may follow it. */
static void look_base64(search *s, const char *text, size_t size, int depth, int json_depth) {
  cspan_buf json;
  cspan_buf_init(&json, MAX_JSON_BYTES);
  if (size > 0 && text[0] == 'e' && cspan_base64_decode(text, size, &json) &&
      cspan_buf_text(&json)[0] == '{') {
    look_json(s, cspan_buf_text(&json), json.len, depth, json_depth);
  }
  cspan_buf_free(&json);
}

static void look_text(search *s, const cspan_value *value, int depth, int json_depth) {
  size_t size = 0;
  const char *text = cspan_value_bytes(value, &size);
  if (json_depth == MAX_JSON_DEPTH || size > MAX_JSON_BYTES) {
    return;
  }
  cspan_str trimmed = cspan_str_trim((cspan_str){text, size});
  if (trimmed.len > 0 && trimmed.data[0] == '{') {
    look_json(s, trimmed.data, trimmed.len, depth, json_depth);
  } else {
    look_base64(s, trimmed.data, trimmed.len, depth, json_depth);
  }
}

/* ------------------------------------------------------------------ search */

static void look_map(search *s, const cspan_value *map, int depth, int json_depth) {
  /* Where more is: an envelope's or event's, in the order in which they are looked at. */
  static const char *const inner[] = {"Sns",  "kinesis", "detail",  "Detail", "data",
                                      "Data", "Body",    "Message", "body"};
  take_place(s, cspan_value_hidden(map, CSPAN_CARRIED_HIDDEN), member_of);
  take_place(s, cspan_value_get(map, "MessageAttributes"), attribute_of);
  take_place(s, cspan_value_get(map, "messageAttributes"), attribute_of);
  take_place(s, cspan_value_get(map, "Attributes"), header_of);
  take_place(s, cspan_value_get(map, "attributes"), header_of);
  take_place(s, map, member_of);
  take_place(s, cspan_value_get(map, "headers"), member_of);
  take_place(s, cspan_value_get(map, "custom"), member_of);
  for (size_t i = 0; s->left > 0 && i < sizeof inner / sizeof inner[0]; i++) {
    look(s, cspan_value_get(map, inner[i]), depth + 1, json_depth);
  }
}

static void look(search *s, const cspan_value *value, int depth, int json_depth) {
  if (depth == MAX_DEPTH || s->left == 0) {
    return;
  }
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_MAP:
    look_map(s, value, depth, json_depth);
    break;
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
    look_text(s, value, depth, json_depth);
    break;
  default:
    break;
  }
}

static const char *get_found(void *data, const char *key) {
  const search *s = data;
  for (size_t i = 0; i < s->found_count; i++) {
    if (strcasecmp(s->found[i].key, key) == 0) {
      return s->found[i].text;
    }
  }
  return NULL;
}

static bool extract(const cspan_value *message, const cspan_propagator *propagator,
                    const cspan_context *parent, cspan_extracted *out) {
  static const cspan_carrier_getter getter = {.size = sizeof getter, .get = get_found};
  const cspan_propagator *parts[CSPAN_CARRIED_MAX_PARTS];
  search s = {.count = cspan_propagator_parts(propagator, parts, CSPAN_CARRIED_MAX_PARTS)};
  s.left = s.count;
  for (size_t i = 0; i < s.count; i++) {
    s.fields[i] = cspan_propagator_fields(parts[i]);
  }
  look(&s, message, 0, 0);
  cspan_propagator_extract(propagator, parent, &getter, &s, out);
  cspan_arena_free(s.arena);
  return out->remote.slot != NULL || out->baggage != NULL;
}

bool cspan_message_context(const cspan_value *message, const cspan_propagator *propagator,
                           const cspan_context *parent, cspan_extracted *out) {
  cspan_propagator *own = NULL;
  if (propagator == NULL) {
    own = cspan_default_propagator(NULL);
    propagator = own;
  }
  bool is_found = extract(message, propagator, parent, out);
  cspan_propagator_free(own);
  return is_found;
}
