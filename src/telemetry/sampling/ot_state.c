/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/ot_state.h"

#include <string.h>

#include "base/text.h"

enum { LARGE_MEMBER = 128 };

static bool str_is(cspan_str s, const char *text, size_t len) {
  return s.len == len && memcmp(s.data, text, len) == 0;
}

/* Takes what is before the separator off the front; false at the end. */
static bool next_part(cspan_str *rest, char separator, cspan_str *part) {
  if (rest->data == NULL) {
    return false;
  }
  const char *at = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
  size_t len = at != NULL ? (size_t)(at - rest->data) : rest->len;
  *part = (cspan_str){rest->data, len};
  *rest = at != NULL ? (cspan_str){at + 1, rest->len - len - 1} : (cspan_str){NULL, 0};
  return true;
}

/* The value of a member `ot=...`; NULL data for another member. */
static cspan_str ot_value(cspan_str member) {
  member = cspan_str_trim(member);
  return member.len >= 3 && memcmp(member.data, "ot=", 3) == 0
             ? (cspan_str){member.data + 3, member.len - 3}
             : (cspan_str){NULL, 0};
}

static cspan_str find_ot(const char *trace_state) {
  cspan_str rest = cspan_str_of(trace_state);
  cspan_str member;
  while (next_part(&rest, ',', &member)) {
    cspan_str value = ot_value(member);
    if (value.data != NULL) {
      return value;
    }
  }
  return (cspan_str){NULL, 0};
}

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

static bool is_value_char(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

/* Splits `key:value`; false for what the grammar does not know. */
static bool split_sub_member(cspan_str part, cspan_str *key, cspan_str *value) {
  const char *colon = part.len > 0 ? memchr(part.data, ':', part.len) : NULL;
  if (colon == NULL || colon == part.data || !is_lower(*part.data)) {
    return false;
  }
  *key = (cspan_str){part.data, (size_t)(colon - part.data)};
  *value = (cspan_str){colon + 1, part.len - key->len - 1};
  for (size_t i = 1; i < key->len; i++) {
    if (!is_lower(key->data[i]) && !(key->data[i] >= '0' && key->data[i] <= '9')) {
      return false;
    }
  }
  for (size_t i = 0; i < value->len; i++) {
    if (!is_value_char(value->data[i])) {
      return false;
    }
  }
  return true;
}

cspan_ot_state cspan_ot_parse(const char *trace_state) {
  cspan_ot_state state = {CSPAN_THRESHOLD_ABSENT, CSPAN_THRESHOLD_ABSENT, false};
  if (trace_state == NULL || trace_state[0] == '\0') {
    return state;
  }
  cspan_str rest = find_ot(trace_state);
  cspan_str part;
  bool has_randomness = false;
  if (rest.len > CSPAN_OT_VALUE_MAX) {
    return state;
  }
  while (next_part(&rest, ';', &part)) {
    cspan_str key;
    cspan_str value;
    if (!split_sub_member(part, &key, &value)) {
      continue;
    }
    if (str_is(key, "th", 2) && !state.has_threshold) {
      state.has_threshold = true;
      state.threshold = cspan_threshold_parse(value.data, value.len);
    } else if (str_is(key, "rv", 2) && !has_randomness) {
      has_randomness = true;
      state.randomness = cspan_randomness_parse(value.data, value.len);
    }
  }
  return state;
}

/* ------------------------------------------------------------------- writing */

typedef struct text_out {
  char *data;
  size_t len;
  size_t max;
  bool is_full;
} text_out;

static void put(text_out *out, const char *data, size_t len) {
  if (out->is_full || len > out->max - out->len) {
    out->is_full = true;
    return;
  }
  memcpy(out->data + out->len, data, len);
  out->len += len;
}

/* Whether the sub-key stood before in the same value. */
static bool is_repeated(cspan_str value, cspan_str part) {
  cspan_str rest = {value.data, (size_t)(part.data - value.data)};
  cspan_str before;
  cspan_str key;
  cspan_str text;
  cspan_str wanted;
  (void)split_sub_member(part, &wanted, &text);
  while (next_part(&rest, ';', &before)) {
    if (split_sub_member(before, &key, &text) && str_is(key, wanted.data, wanted.len)) {
      return true;
    }
  }
  return false;
}

/* The sub-members of `value` but `key`. */
static void put_others(text_out *out, cspan_str value, const char *key) {
  cspan_str rest = value;
  cspan_str part;
  cspan_str name;
  cspan_str text;
  while (next_part(&rest, ';', &part)) {
    if (!split_sub_member(part, &name, &text) || str_is(name, key, strlen(key)) ||
        is_repeated(value, part)) {
      continue;
    }
    if (out->len > 0) {
      put(out, ";", 1);
    }
    put(out, part.data, part.len);
  }
}

/* The new value of `ot`; empty when nothing is left of it. */
static bool write_value(cspan_str old, const char *key, const char *value,
                        char out[CSPAN_OT_VALUE_MAX], size_t *len) {
  text_out text = {.data = out, .max = CSPAN_OT_VALUE_MAX};
  if (old.len <= CSPAN_OT_VALUE_MAX) {
    put_others(&text, old, key);
  }
  *len = text.len;
  if (value == NULL) {
    return true;
  }
  if (text.len > 0) {
    put(&text, ";", 1);
  }
  put(&text, key, strlen(key));
  put(&text, ":", 1);
  put(&text, value, strlen(value));
  if (!text.is_full) {
    *len = text.len;
  }
  return !text.is_full;
}

typedef struct member_list {
  cspan_str items[CSPAN_STATE_MEMBERS_MAX];
  size_t count;
  size_t len; /* with a comma before each */
} member_list;

static void drop_member(member_list *list, size_t index) {
  list->len -= list->items[index].len + 1;
  list->count--;
  for (size_t i = index; i < list->count; i++) {
    list->items[i] = list->items[i + 1];
  }
}

/* The members of others; what does not fit behind `ot_len` characters of ours is left out. */
static void list_others(const char *trace_state, size_t ot_len, member_list *list) {
  cspan_str rest = cspan_str_of(trace_state);
  cspan_str member;
  size_t most = CSPAN_STATE_MEMBERS_MAX - (ot_len > 0 ? 1 : 0);
  while (list->count < most && next_part(&rest, ',', &member)) {
    member = cspan_str_trim(member);
    if (member.len > 0 && member.len <= CSPAN_STATE_MAX && ot_value(member).data == NULL) {
      list->items[list->count++] = member;
      list->len += member.len + 1;
    }
  }
  size_t room = CSPAN_STATE_MAX - ot_len + (ot_len > 0 ? 0 : 1);
  for (size_t i = list->count; i-- > 0 && list->len > room;) {
    if (list->items[i].len > LARGE_MEMBER) {
      drop_member(list, i);
    }
  }
  while (list->len > room) {
    drop_member(list, list->count - 1);
  }
}

bool cspan_ot_set(const char *trace_state, const char *key, const char *value,
                  char out[CSPAN_STATE_MAX + 1]) {
  char ot[CSPAN_OT_VALUE_MAX];
  size_t ot_len = 0;
  cspan_str old = find_ot(trace_state);
  bool fits = write_value(old, key, value, ot, &ot_len);
  text_out text = {.data = out, .max = CSPAN_STATE_MAX};
  if (ot_len > 0) {
    put(&text, "ot=", 3);
    put(&text, ot, ot_len);
  }
  member_list others = {.count = 0};
  list_others(trace_state, text.len, &others);
  for (size_t i = 0; i < others.count; i++) {
    if (text.len > 0) {
      put(&text, ",", 1);
    }
    put(&text, others.items[i].data, others.items[i].len);
  }
  out[text.len] = '\0';
  return fits;
}

const char *cspan_ot_with_threshold(const char *trace_state, uint64_t threshold) {
  static _Thread_local char buffer[CSPAN_STATE_MAX + 1];
  char digits[CSPAN_THRESHOLD_DIGITS + 1];
  char made[CSPAN_STATE_MAX + 1]; /* `trace_state` may be what the last call returned */
  bool is_erased = threshold == CSPAN_THRESHOLD_ABSENT;
  cspan_ot_state now = cspan_ot_parse(trace_state);
  if (is_erased ? !now.has_threshold : now.threshold == threshold) {
    return NULL;
  }
  if (!is_erased) {
    cspan_threshold_text(threshold, digits);
  }
  (void)cspan_ot_set(trace_state, "th", is_erased ? NULL : digits, made);
  memcpy(buffer, made, strlen(made) + 1);
  return buffer;
}

uint64_t cspan_ot_randomness(const cspan_ot_state *state, const uint8_t trace_id[16]) {
  return state->randomness != CSPAN_THRESHOLD_ABSENT ? state->randomness
                                                     : cspan_randomness_of_id(trace_id);
}
