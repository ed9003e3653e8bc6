/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rules/region_pattern.h"

#include <string.h>

enum { MAX_PATTERN = 512, MAX_STEPS = 20000 };

/* One element: what stands for a character, or a group. */
typedef struct element {
  cspan_str body;  /* "a", "\w", or what is in the parentheses */
  char quantifier; /* '\0', '+', '*', '?' */
  bool group;
  size_t len; /* in the pattern, with all signs */
} element;

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_sign(char c) {
  return strchr("^$.[]{}()|*+?\\", c) != NULL;
}

/* A character, or an escape, at the beginning; 0: none. */
static size_t character_len(cspan_str pattern) {
  if (pattern.len == 0 || (is_sign(pattern.data[0]) && pattern.data[0] != '\\')) {
    return 0;
  }
  if (pattern.data[0] != '\\') {
    return 1;
  }
  bool known = pattern.len > 1 &&
               (pattern.data[1] == 'w' || pattern.data[1] == 'd' || !is_word(pattern.data[1]));
  return known ? 2 : 0;
}

static bool take_group(cspan_str pattern, element *out) {
  size_t at = 1;
  while (at < pattern.len && pattern.data[at] != ')') {
    size_t len = character_len((cspan_str){pattern.data + at, pattern.len - at});
    if (len == 0 && pattern.data[at] != '|') {
      return false;
    }
    at += len != 0 ? len : 1;
  }
  *out = (element){{pattern.data + 1, at - 1}, '\0', true, at + 1};
  return at < pattern.len;
}

static bool take_element(cspan_str pattern, element *out) {
  if (pattern.len > 0 && pattern.data[0] == '(') {
    return take_group(pattern, out);
  }
  size_t len = character_len(pattern);
  *out = (element){{pattern.data, len}, '\0', false, len};
  if (len > 0 && len < pattern.len && strchr("+*?", pattern.data[len]) != NULL) {
    out->quantifier = pattern.data[len];
    out->len++;
  }
  return len > 0;
}

static cspan_str rest_of(cspan_str text, size_t skip) {
  return (cspan_str){text.data + skip, text.len - skip};
}

static cspan_str without_anchor(cspan_str pattern) {
  return pattern.len > 0 && pattern.data[0] == '^' ? rest_of(pattern, 1) : pattern;
}

static bool is_end(cspan_str pattern) {
  return pattern.len == 1 && pattern.data[0] == '$';
}

bool cspan_region_pattern_check(cspan_str pattern) {
  element next;
  if (pattern.len > MAX_PATTERN || memchr(pattern.data, '\0', pattern.len) != NULL) {
    return false;
  }
  pattern = without_anchor(pattern);
  while (pattern.len > 0 && !is_end(pattern)) {
    if (!take_element(pattern, &next)) {
      return false;
    }
    pattern = rest_of(pattern, next.len);
  }
  return true;
}

/* ------------------------------------------------------------------ matching */

static bool character_matches(cspan_str body, char c) {
  if (body.data[0] != '\\') {
    return body.data[0] == c;
  }
  switch (body.data[1]) {
  case 'w':
    return is_word(c);
  case 'd':
    return c >= '0' && c <= '9';
  default:
    return body.data[1] == c;
  }
}

/* How much of the text an alternative takes; SIZE_MAX: it does not match. */
static size_t alternative_len(cspan_str alternative, cspan_str text) {
  size_t used = 0;
  for (size_t at = 0; at < alternative.len; used++) {
    cspan_str body = rest_of(alternative, at);
    if (used == text.len || !character_matches(body, text.data[used])) {
      return SIZE_MAX;
    }
    at += character_len(body);
  }
  return used;
}

static bool match(cspan_str pattern, cspan_str text, unsigned *steps);

static bool match_group(const element *group, cspan_str rest, cspan_str text, unsigned *steps) {
  size_t from = 0;
  for (size_t at = 0; at <= group->body.len;) {
    size_t len = character_len(rest_of(group->body, at));
    if (len != 0) {
      at += len;
      continue;
    }
    /* at a '|', or the end */
    size_t used = alternative_len((cspan_str){group->body.data + from, at - from}, text);
    if (used != SIZE_MAX && match(rest, rest_of(text, used), steps)) {
      return true;
    }
    from = ++at;
  }
  return false;
}

/* The depth of the recursion is the number of elements, which the pattern's length bounds. */
static bool match(cspan_str pattern, cspan_str text, unsigned *steps) {
  element next;
  if (pattern.len == 0) {
    return true;
  }
  if (is_end(pattern)) {
    return text.len == 0;
  }
  if (++*steps > MAX_STEPS || !take_element(pattern, &next)) {
    return false;
  }
  cspan_str rest = rest_of(pattern, next.len);
  if (next.group) {
    return match_group(&next, rest, text, steps);
  }
  bool many = next.quantifier == '+' || next.quantifier == '*';
  size_t least = next.quantifier == '\0' || next.quantifier == '+' ? 1 : 0;
  size_t most = 0;
  while (most < text.len && (many || most == 0) && character_matches(next.body, text.data[most])) {
    most++;
  }
  for (size_t used = most + 1; used-- > least;) {
    if (match(rest, rest_of(text, used), steps)) {
      return true;
    }
  }
  return false;
}

bool cspan_region_pattern_matches(cspan_str pattern, cspan_str text) {
  unsigned steps = 0;
  return match(without_anchor(pattern), text, &steps);
}
