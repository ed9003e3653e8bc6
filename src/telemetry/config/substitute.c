/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME}, ${env:NAME}, ${NAME:-default}, and $$ for a dollar sign. */
#include <string.h>

#include "base/text.h"
#include "telemetry/config/node.h"

enum { NAME_MAX_BYTES = 256 };

static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

typedef struct reference {
  char name[NAME_MAX_BYTES];
  cspan_str fallback; /* data NULL: none */
} reference;

/* What stands between the braces. */
static const char *parse_reference(cspan_str text, reference *out) {
  static const char wrong[] = "has a reference ${...} that is not ${NAME}, ${env:NAME} or "
                              "${NAME:-default}; write $$ for a $ that stands for itself";
  if (text.len > 4 && memcmp(text.data, "env:", 4) == 0) {
    text.data += 4;
    text.len -= 4;
  }
  size_t len = 0;
  if (text.len > 0 && is_name_start(text.data[0])) {
    while (len < text.len && is_name_char(text.data[len])) {
      len++;
    }
  }
  if (len == 0) {
    return wrong;
  }
  if (len >= sizeof out->name) {
    return "names a variable with more than 255 characters";
  }
  memcpy(out->name, text.data, len);
  out->name[len] = '\0';
  out->fallback = (cspan_str){NULL, 0};
  if (len == text.len) {
    return NULL;
  }
  if (text.len - len < 2 || text.data[len] != ':' || text.data[len + 1] != '-') {
    return wrong;
  }
  out->fallback = (cspan_str){text.data + len + 2, text.len - len - 2};
  return memchr(out->fallback.data, '\n', out->fallback.len) != NULL ? wrong : NULL;
}

/* A run of text in which there is no escape. */
static const char *put_run(cspan_str run, const char *(*lookup)(const char *name), cspan_buf *out) {
  size_t at = 0;
  while (at < run.len) {
    const char *dollar = memchr(run.data + at, '$', run.len - at);
    size_t start = dollar != NULL ? (size_t)(dollar - run.data) : run.len;
    cspan_buf_append(out, run.data + at, start - at);
    at = start;
    if (dollar == NULL) {
      break;
    }
    const char *end =
        start + 1 < run.len && dollar[1] == '{' ? memchr(dollar, '}', run.len - start) : NULL;
    if (end == NULL) {
      cspan_buf_char(out, '$');
      at++;
      continue;
    }
    reference found;
    const char *problem =
        parse_reference((cspan_str){dollar + 2, (size_t)(end - dollar) - 2}, &found);
    if (problem != NULL) {
      return problem;
    }
    const char *value = lookup(found.name);
    if (value != NULL && value[0] != '\0') {
      cspan_buf_str(out, value);
    } else {
      cspan_buf_append(out, found.fallback.data, found.fallback.len);
    }
    at = (size_t)(end - run.data) + 1;
  }
  return NULL;
}

const char *cspan_config_substitute(const char *text, size_t len,
                                    const char *(*lookup)(const char *name), cspan_buf *out) {
  size_t at = 0;
  for (;;) {
    size_t end = at;
    while (end < len && !(text[end] == '$' && end + 1 < len && text[end + 1] == '$')) {
      end++;
    }
    const char *problem = put_run((cspan_str){text + at, end - at}, lookup, out);
    if (problem != NULL || end == len) {
      return problem;
    }
    cspan_buf_char(out, '$');
    at = end + 2;
  }
}
