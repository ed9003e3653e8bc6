/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/match.h"

#include <stdio.h>
#include <string.h>

#include "telemetry/attrs.h"

/* -------------------------------------------------------------------- patterns */

/* Behind the character that starts at `at`. */
static size_t after_char(cspan_str text, size_t at) {
  at++;
  while (at < text.len && ((unsigned char)text.data[at] & 0xC0) == 0x80) {
    at++;
  }
  return at;
}

/* Only the last '*' is ever tried again: what an earlier one could take more of, that one can
 * too. */
bool cspan_pattern_matches(const char *pattern, cspan_str text) {
  const char *star = NULL;
  size_t star_at = 0;
  size_t at = 0;
  while (at < text.len) {
    if (*pattern == '*') {
      star = pattern++;
      star_at = at;
    } else if (*pattern == '?') {
      pattern++;
      at = after_char(text, at);
    } else if (*pattern == text.data[at] && *pattern != '\0') {
      pattern++;
      at++;
    } else if (star != NULL) {
      pattern = star + 1;
      star_at = after_char(text, star_at);
      at = star_at;
    } else {
      return false;
    }
  }
  while (*pattern == '*') {
    pattern++;
  }
  return *pattern == '\0';
}

/* ---------------------------------------------------------------------- values */

static void double_text(double number, char room[CSPAN_VALUE_TEXT_MAX]) {
  snprintf(room, CSPAN_VALUE_TEXT_MAX, "%.15g", number);
  for (char *c = room; *c != '\0'; c++) {
    if (*c == ',') { /* the point of some locales */
      *c = '.';
    }
  }
}

cspan_str cspan_attr_value_text(const cspan_attr *value, char room[CSPAN_VALUE_TEXT_MAX]) {
  switch (value->type) {
  case CSPAN_ATTR_STRING:
    return value->value.string != NULL ? (cspan_str){value->value.string, value->count}
                                       : (cspan_str){"", 0};
  case CSPAN_ATTR_BOOL:
    return cspan_str_of(value->value.boolean ? "true" : "false");
  case CSPAN_ATTR_INT64:
    snprintf(room, CSPAN_VALUE_TEXT_MAX, "%lld", (long long)value->value.int64);
    return cspan_str_of(room);
  case CSPAN_ATTR_DOUBLE:
    double_text(value->value.number, room);
    return cspan_str_of(room);
  default:
    return (cspan_str){"", 0};
  }
}

static bool matches_text(const cspan_attr_match *match, const char *pattern, cspan_str text) {
  return match->is_literal ? cspan_str_eq(text, pattern) : cspan_pattern_matches(pattern, text);
}

static bool matches_one(const cspan_attr_match *match, const char *const *patterns, size_t count,
                        cspan_str text) {
  for (size_t i = 0; i < count; i++) {
    if (matches_text(match, patterns[i], text)) {
      return true;
    }
  }
  return false;
}

bool cspan_attr_key_matches(const cspan_attr_match *match, cspan_str key) {
  return matches_text(match, match->key, key);
}

bool cspan_attr_text_matches(const cspan_attr_match *match, cspan_str value) {
  return (match->value == NULL || matches_text(match, match->value, value)) &&
         (match->included_count == 0 ||
          matches_one(match, match->included, match->included_count, value)) &&
         !matches_one(match, match->excluded, match->excluded_count, value);
}

bool cspan_attr_matches(const cspan_attr_match *match, const cspan_attr *attr) {
  char room[CSPAN_VALUE_TEXT_MAX];
  if (attr->key == NULL || !cspan_attr_key_matches(match, cspan_str_of(attr->key))) {
    return false;
  }
  size_t count = attr->type >= CSPAN_ATTR_STRING_ARRAY ? attr->count : 1;
  for (size_t i = 0; i < count; i++) {
    cspan_attr element = cspan_attr_element(attr, i);
    if (cspan_attr_text_matches(match, cspan_attr_value_text(&element, room))) {
      return true;
    }
  }
  return false;
}

static unsigned parent_of(const cspan_span_context *parent) {
  if (!cspan_span_context_is_valid(parent)) {
    return CSPAN_PARENT_NONE;
  }
  return parent->is_remote ? CSPAN_PARENT_REMOTE : CSPAN_PARENT_LOCAL;
}

static bool has_attribute(const cspan_attr_match *match, const cspan_sampling_input *input) {
  for (size_t i = 0; input->attributes != NULL && i < input->attribute_count; i++) {
    if (cspan_attr_matches(match, &input->attributes[i])) {
      return true;
    }
  }
  return false;
}

bool cspan_span_match_start(const cspan_span_match *match, const cspan_sampling_input *input) {
  unsigned parent = match->parents != 0 ? parent_of(input->parent) : 0;
  if (!cspan_span_match_outside(match, cspan_str_of(input->name), input->kind, parent)) {
    return false;
  }
  for (size_t i = 0; i < match->attribute_count; i++) {
    if (!has_attribute(&match->attributes[i], input)) {
      return false;
    }
  }
  return true;
}
