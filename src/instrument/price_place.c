/* SPDX-License-Identifier: Apache-2.0 */
/* Where something is in the file of prices. It was parsed before, so it is well-formed; in anything
 * else the walk ends as well, somewhere inside. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "instrument/prices.h"

typedef struct walker {
  const char *at;
  const char *end;
} walker;

static char peek(const walker *w) {
  return w->at < w->end ? *w->at : '\0';
}

static bool is_at(const walker *w, const char *set) {
  return w->at < w->end && *w->at != '\0' && strchr(set, *w->at) != NULL;
}

static void skip_blanks(walker *w) {
  while (is_at(w, " \t\r\n,:")) {
    w->at++;
  }
}

static void skip_string(walker *w) {
  w->at++;
  while (w->at < w->end && *w->at != '"') {
    w->at += *w->at == '\\' && w->at + 1 < w->end ? 2 : 1;
  }
  w->at += w->at < w->end;
}

static void skip_value(walker *w) {
  size_t depth = 0;
  do {
    skip_blanks(w);
    char c = peek(w);
    if (c == '"') {
      skip_string(w);
    } else if (c == '{' || c == '[') {
      depth++;
      w->at++;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0;
      w->at++;
    } else {
      while (w->at < w->end && !is_at(w, " \t\r\n,:{}[]\"")) {
        w->at++;
      }
    }
  } while (depth > 0 && w->at < w->end);
}

/* From the brace of a map to the value of a member; false, and at its end, when there is none. */
static bool to_member(walker *w, const char *name) {
  size_t len = strlen(name);
  w->at++;
  for (skip_blanks(w); peek(w) == '"'; skip_blanks(w)) {
    const char *key = w->at + 1;
    skip_string(w);
    bool found = (size_t)(w->at - key) == len + 1 && memcmp(key, name, len) == 0;
    skip_blanks(w);
    if (found) {
      return true;
    }
    skip_value(w);
  }
  return false;
}

static bool to_row(walker *w, size_t row) {
  if (peek(w) != '{' || !to_member(w, "prices") || peek(w) != '[') {
    return false;
  }
  w->at++;
  skip_blanks(w);
  for (size_t i = 0; i < row && w->at < w->end; i++) {
    skip_value(w);
    skip_blanks(w);
  }
  return true;
}

size_t cspan_price_find(const char *json, size_t size, cspan_price_place place) {
  walker w = {json, json + size};
  skip_blanks(&w);
  walker found = w;
  if (place.row != SIZE_MAX && to_row(&w, place.row)) {
    found = w;
  }
  w = found;
  if (place.member != NULL && peek(&w) == '{' && to_member(&w, place.member)) {
    found = w;
  }
  return found.at < found.end ? (size_t)(found.at - json) : size;
}

cspan_status cspan_price_fault(const cspan_price_reader *reader, cspan_price_place place,
                               const char *fmt, ...) {
  char what[256];
  size_t at = cspan_price_find(reader->json, reader->size, place);
  size_t line = 1;
  size_t column = 1;
  for (size_t i = 0; i < at; i++) {
    bool is_end = reader->json[i] == '\n';
    line += is_end;
    column = is_end ? 1 : column + 1;
  }
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  return cspan_error_set(reader->error, CSPAN_ERR_CONFIG,
                         "the prices in %s, line %zu, column %zu: %s", reader->name, line, column,
                         what);
}
