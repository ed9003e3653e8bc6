/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client context of a Lambda invocation: base64 of {"custom": {...}}.
 *
 * Source: Lambda API reference, Invoke (at most 3,583 bytes of base64); the runtimes give `custom`
 * to the function as client_context.custom.
 */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "instrument/carriers/carried.h"

enum { MAX_CONTEXT_BYTES = 3583 };

/* What the caller gave, as a document; *document stays NULL where that was nothing. False: it is
 * no object, and stays as it is. */
static bool read_given(const cspan_value *given, cspan_document **document) {
  size_t size = 0;
  cspan_buf json;
  if (cspan_value_is_null(given)) {
    return true;
  }
  const char *text = cspan_value_text(given, &size);
  if (text == NULL || size > MAX_CONTEXT_BYTES) {
    return false;
  }
  cspan_buf_init(&json, MAX_CONTEXT_BYTES);
  bool is_read =
      cspan_base64_decode(text, size, &json) &&
      cspan_document_parse_json(cspan_buf_text(&json), json.len, document, NULL) == CSPAN_OK;
  cspan_buf_free(&json);
  return is_read && cspan_document_value(*document)->kind == CSPAN_VALUE_MAP;
}

/* The object with the keys in its `custom`. */
static bool add_custom(const cspan_carried *carried, const cspan_memory *memory,
                       const cspan_value *object, size_t room_bytes, cspan_value *out) {
  size_t indexes[CSPAN_CARRIED_MAX_KEYS];
  const cspan_value *custom = cspan_value_get(object, "custom");
  cspan_value made = cspan_value_is_null(custom) ? cspan_map(NULL, 0) : *custom;
  if (made.kind != CSPAN_VALUE_MAP) {
    return false;
  }
  cspan_carried_room room = {CSPAN_CARRIED_MAX_KEYS, room_bytes, strlen("\"\":\"\",")};
  size_t count = cspan_carried_choose(carried, cspan_carried_has_member, &made, room, indexes);
  for (size_t i = 0; i < count; i++) {
    const cspan_member *key = &carried->keys[indexes[i]];
    if (!cspan_carried_put(memory, &made, key->name, key->value, &made)) {
      return false;
    }
  }
  return count > 0 && cspan_carried_put(memory, object, "custom", made, out);
}

/* Bytes of JSON that still fit, once it is base64. */
static size_t json_room(const cspan_value *given) {
  const size_t frame = strlen(",\"custom\":{}");
  size_t used = 0;
  cspan_value_text(given, &used);
  size_t most = MAX_CONTEXT_BYTES / 4 * 3;
  used = used / 4 * 3 + frame + 2;
  return used < most ? most - used : 0;
}

static bool encode(const cspan_memory *memory, const cspan_value *object, cspan_value *out) {
  cspan_buf json;
  cspan_buf text;
  bool is_done = false;
  cspan_buf_init(&json, MAX_CONTEXT_BYTES);
  cspan_buf_init(&text, MAX_CONTEXT_BYTES);
  cspan_json_write(&json, object, CSPAN_JSON_COMPACT);
  if (cspan_buf_status(&json) == CSPAN_OK &&
      cspan_base64_encode(&text, json.data, json.len) == CSPAN_OK) {
    char *copy = memory->alloc(memory->user, text.len + 1);
    if (copy != NULL) {
      memcpy(copy, text.data, text.len + 1);
      *out = cspan_string_of(copy, text.len);
      is_done = true;
    }
  }
  cspan_buf_free(&json);
  cspan_buf_free(&text);
  return is_done;
}

bool cspan_carry_lambda(const cspan_carried *carried, const cspan_memory *memory,
                        const cspan_value *input, cspan_value *out) {
  const cspan_value *given = cspan_value_get(input, "ClientContext");
  const cspan_value empty = cspan_map(NULL, 0);
  cspan_document *document = NULL;
  cspan_value object;
  cspan_value text;
  bool is_changed = false;
  if (read_given(given, &document)) {
    const cspan_value *before = document != NULL ? cspan_document_value(document) : &empty;
    is_changed = add_custom(carried, memory, before, json_room(given), &object) &&
                 encode(memory, &object, &text) &&
                 cspan_carried_put(memory, input, "ClientContext", text, out);
  }
  cspan_document_free(document);
  return is_changed;
}
