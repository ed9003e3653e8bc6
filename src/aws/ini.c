/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ini.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

typedef struct parser {
  const char *path;
  cspan_arena *arena;
  cspan_ini *out;
  int line;
  cspan_ini_entry *current; /* what an indented line continues */
  bool nested;              /* the lines below `current` are settings of their own */
} parser;

/* Never with text of the line: it may be a secret in the wrong place. */
static cspan_status broken(const parser *p, const char *what, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s, line %d: %s", p->path, p->line, what);
}

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while reading a config file");
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* A comment starts after white space. */
static cspan_str without_comment(cspan_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if ((text.data[i] == '#' || text.data[i] == ';') && (i == 0 || is_blank(text.data[i - 1]))) {
      text.len = i;
    }
  }
  return cspan_str_trim(text);
}

/* -------------------------------------------------------------- sections */

static cspan_str unquote(cspan_str text) {
  bool quoted = text.len >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
                text.data[text.len - 1] == text.data[0];
  return quoted ? (cspan_str){text.data + 1, text.len - 2} : text;
}

/* "profile foo": the type, and the rest as the name. */
static cspan_str take_type(cspan_str *text) {
  static const char *const types[] = {"profile", "services", "sso-session"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    size_t len = strlen(types[i]);
    if (text->len > len && memcmp(text->data, types[i], len) == 0 && is_blank(text->data[len])) {
      *text = cspan_str_trim((cspan_str){text->data + len, text->len - len});
      return (cspan_str){types[i], len};
    }
  }
  return (cspan_str){"", 0};
}

static cspan_status add_section(parser *p, cspan_str text, cspan_error **error) {
  const char *close = memchr(text.data, ']', text.len);
  if (!close) {
    return broken(p, "a section's name must end with ']'", error);
  }
  size_t inside = (size_t)(close - text.data) - 1;
  cspan_str rest = cspan_str_trim((cspan_str){close + 1, text.len - inside - 2});
  if (rest.len > 0 && rest.data[0] != '#' && rest.data[0] != ';') {
    return broken(p, "only a comment may follow the ']' of a section", error);
  }
  cspan_str name = cspan_str_trim((cspan_str){text.data + 1, inside});
  cspan_str type = take_type(&name);
  name = unquote(name);
  if (name.len == 0) {
    return broken(p, "a section's name is empty", error);
  }
  cspan_ini_section *section = cspan_arena_alloc(p->arena, sizeof *section);
  char *name_copy = cspan_arena_strndup(p->arena, name.data, name.len);
  char *type_copy = cspan_arena_strndup(p->arena, type.data, type.len);
  if (!section || !name_copy || !type_copy) {
    return nomem(error);
  }
  *section = (cspan_ini_section){.type = type_copy, .name = name_copy, .line = p->line};
  if (p->out->last) {
    p->out->last->next = section;
  } else {
    p->out->first = section;
  }
  p->out->last = section;
  p->current = NULL;
  return CSPAN_OK;
}

/* --------------------------------------------------------------- settings */

static cspan_ini_entry *new_entry(parser *p, const char *parent, cspan_str name, cspan_str value) {
  cspan_ini_entry *entry = cspan_arena_alloc(p->arena, sizeof *entry);
  char *name_copy = cspan_arena_strndup(p->arena, name.data, name.len);
  char *value_copy = cspan_arena_strndup(p->arena, value.data, value.len);
  if (!entry || !name_copy || !value_copy) {
    return NULL;
  }
  for (char *c = name_copy; *c; c++) {
    if (*c >= 'A' && *c <= 'Z') {
      *c = (char)(*c | 32);
    }
  }
  *entry =
      (cspan_ini_entry){.parent = parent, .name = name_copy, .value = value_copy, .line = p->line};
  cspan_ini_section *section = p->out->last;
  if (section->last) {
    section->last->next = entry;
  } else {
    section->first = entry;
  }
  section->last = entry;
  return entry;
}

static cspan_status add_entry(parser *p, const char *parent, cspan_str text, cspan_error **error) {
  const char *equals = memchr(text.data, '=', text.len);
  if (!equals) {
    return broken(p,
                  parent ? "a setting below another must have the form name = value"
                         : "a line must be [section], name = value, or a comment",
                  error);
  }
  size_t name_len = (size_t)(equals - text.data);
  cspan_str name = cspan_str_trim((cspan_str){text.data, name_len});
  cspan_str value = without_comment((cspan_str){equals + 1, text.len - name_len - 1});
  if (name.len == 0) {
    return broken(p, "the name before '=' is missing", error);
  }
  if (!p->out->last) {
    return broken(p, "a setting stands before the first [section]", error);
  }
  cspan_ini_entry *entry = new_entry(p, parent, name, value);
  if (!entry) {
    return nomem(error);
  }
  if (!parent) {
    p->current = entry;
    p->nested = value.len == 0;
  }
  return CSPAN_OK;
}

static cspan_status continue_entry(parser *p, cspan_str text, cspan_error **error) {
  if (p->nested) {
    return add_entry(p, p->current->name, text, error);
  }
  size_t before = strlen(p->current->value);
  char *joined = cspan_arena_alloc(p->arena, before + text.len + 2);
  if (!joined) {
    return nomem(error);
  }
  memcpy(joined, p->current->value, before);
  joined[before] = '\n';
  memcpy(joined + before + 1, text.data, text.len);
  cspan_memzero((char *)p->current->value, before);
  p->current->value = joined;
  return CSPAN_OK;
}

static cspan_status parse_line(parser *p, cspan_str line, cspan_error **error) {
  cspan_str text = cspan_str_trim(line);
  if (text.len == 0 || text.data[0] == '#' || text.data[0] == ';') {
    return CSPAN_OK;
  }
  if (memchr(line.data, '\0', line.len)) {
    return broken(p, "the line holds a NUL byte: this is no text file", error);
  }
  if (is_blank(line.data[0]) && p->current) {
    return continue_entry(p, text, error);
  }
  return text.data[0] == '[' ? add_section(p, text, error) : add_entry(p, NULL, text, error);
}

cspan_status cspan_ini_parse(const char *text, size_t len, const char *path, cspan_arena *arena,
                             cspan_ini *out, cspan_error **error) {
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  parser p = {.path = path, .arena = arena, .out = out};
  *out = (cspan_ini){NULL, NULL};
  if (len > CSPAN_INI_MAX_BYTES) {
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "%s is larger than %d bytes", path,
                           CSPAN_INI_MAX_BYTES);
  }
  size_t at = len >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
  cspan_status status = CSPAN_OK;
  while (at < len && status == CSPAN_OK) {
    const char *end = memchr(text + at, '\n', len - at);
    size_t line_len = end ? (size_t)(end - text) - at : len - at;
    p.line++;
    status = parse_line(&p, (cspan_str){text + at, line_len}, error);
    at += line_len + 1;
  }
  return status;
}
