/* SPDX-License-Identifier: Apache-2.0 */
/* JMESPath: text to tokens. */
#include <stdio.h>

#include "base/jmespath_tree.h"
#include "base/json.h"

/* ------------------------------------------------------------------------ failures */

static bool keep(cspan_jmes_lexer *lexer, cspan_status status) {
  if (lexer->status == CSPAN_OK) {
    lexer->status = status;
  }
  return false;
}

/* The character at an offset, from 1. */
static size_t character_of(const char *text, size_t offset) {
  size_t count = 1;
  for (size_t i = 0; i < offset; i++) {
    count += ((unsigned char)text[i] & 0xc0) != 0x80;
  }
  return count;
}

bool cspan_jmes_wrong(cspan_jmes_lexer *lexer, size_t offset, const char *fmt, ...) {
  enum { WHAT_MAX = 256 };
  char what[WHAT_MAX];
  va_list args;
  va_start(args, fmt);
  vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  cspan_error_set(lexer->error, CSPAN_ERR_INVALID,
                  "the JMESPath expression is wrong at character %zu: %s",
                  character_of(lexer->text, offset), what);
  return keep(lexer, CSPAN_ERR_INVALID);
}

bool cspan_jmes_refuse(cspan_jmes_lexer *lexer, cspan_status status) {
  if (status == CSPAN_ERR_LIMIT) {
    cspan_error_set(lexer->error, status,
                    "the JMESPath expression is too large: at most %d bytes, %d levels, and %d "
                    "arguments of a function",
                    CSPAN_JMESPATH_MAX_BYTES, CSPAN_JMESPATH_MAX_DEPTH, CSPAN_JMES_ARGUMENTS_MAX);
  } else {
    cspan_error_set(lexer->error, status, "out of memory for a JMESPath expression");
  }
  return keep(lexer, status);
}

/* ------------------------------------------------------------------------- strings */

static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* The end of what begins behind `at`: the next `quote` that no backslash precedes. */
static bool find_end(cspan_jmes_lexer *lexer, size_t at, char quote, size_t *end) {
  for (size_t i = at + 1; i < lexer->len; i++) {
    if (lexer->text[i] == quote) {
      *end = i;
      return true;
    }
    i += lexer->text[i] == '\\' ? 1 : 0;
  }
  return cspan_jmes_wrong(lexer, at, "what begins with %c here does not end", quote);
}

/* A copy in which the quote stands where a backslash and the quote stood. */
static char *copy_unquoted(cspan_jmes_lexer *lexer, const char *text, size_t len, char quote,
                           size_t *copy_len) {
  char *copy = cspan_arena_strndup(lexer->arena, text, len);
  size_t to = 0;
  if (copy == NULL) {
    cspan_jmes_refuse(lexer, cspan_arena_refusal(lexer->arena));
    return NULL;
  }
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\\' && i + 1 < len) {
      if (text[i + 1] != quote) {
        copy[to++] = text[i];
      }
      i++;
    }
    copy[to++] = text[i];
  }
  copy[to] = '\0';
  *copy_len = to;
  return copy;
}

static bool lex_raw_string(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  size_t len = 0;
  if (!find_end(lexer, out->start, '\'', &out->end)) {
    return false;
  }
  const char *text = lexer->text + out->start + 1;
  char *copy = copy_unquoted(lexer, text, out->end - out->start - 1, '\'', &len);
  out->end++;
  out->kind = CSPAN_JMES_LITERAL;
  out->value = cspan_string_of(copy, len);
  return copy != NULL;
}

/* JSON; `wrong` names what it should have been. */
static bool parse_json(cspan_jmes_lexer *lexer, const char *json, size_t len, const char *wrong,
                       cspan_jmes_token *out) {
  cspan_json_fault fault;
  cspan_status status = cspan_json_parse(json, len, lexer->arena, &out->value, &fault);
  if (status == CSPAN_ERR_INVALID) {
    return cspan_jmes_wrong(lexer, out->start, "%s: %s", wrong, fault.what);
  }
  return status == CSPAN_OK || cspan_jmes_refuse(lexer, status);
}

static bool lex_quoted_name(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  if (!find_end(lexer, out->start, '"', &out->end)) {
    return false;
  }
  out->end++;
  out->kind = CSPAN_JMES_QUOTED_NAME;
  return parse_json(lexer, lexer->text + out->start, out->end - out->start,
                    "a quoted name is written as a JSON string", out);
}

/* `json`; what is no JSON may be a string whose quotes were left out. */
static bool lex_literal(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  size_t len = 0;
  if (!find_end(lexer, out->start, '`', &out->end)) {
    return false;
  }
  const char *inner = lexer->text + out->start + 1;
  char *json = copy_unquoted(lexer, inner, out->end - out->start - 1, '`', &len);
  if (json == NULL) {
    return false;
  }
  out->end++;
  out->kind = CSPAN_JMES_LITERAL;
  cspan_status status = cspan_json_parse(json, len, lexer->arena, &out->value, NULL);
  if (status != CSPAN_ERR_INVALID) {
    return status == CSPAN_OK || cspan_jmes_refuse(lexer, status);
  }
  while (len > 0 && (*json == ' ' || *json == '\t' || *json == '\n' || *json == '\r')) {
    json++;
    len--;
  }
  cspan_buf quoted;
  cspan_buf_init(&quoted, CSPAN_JMESPATH_MAX_BYTES + 2);
  cspan_buf_char(&quoted, '"');
  cspan_buf_append(&quoted, json, len);
  cspan_buf_char(&quoted, '"');
  status = cspan_buf_status(&quoted);
  bool parsed = status == CSPAN_OK
                    ? parse_json(lexer, quoted.data, quoted.len, "a literal is JSON", out)
                    : cspan_jmes_refuse(lexer, status);
  cspan_buf_free(&quoted);
  return parsed;
}

/* -------------------------------------------------------------------------- tokens */

static bool lex_name(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  size_t end = out->start;
  while (end < lexer->len && (is_name_start(lexer->text[end]) || is_digit(lexer->text[end]))) {
    end++;
  }
  size_t len = end - out->start;
  char *copy = cspan_arena_strndup(lexer->arena, lexer->text + out->start, len);
  if (copy == NULL) {
    return cspan_jmes_refuse(lexer, cspan_arena_refusal(lexer->arena));
  }
  out->kind = CSPAN_JMES_NAME;
  out->end = end;
  out->value = cspan_string_of(copy, len);
  return true;
}

static bool lex_number(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  /* Far more than anything can have, and negated without overflow. */
  const int64_t most = (int64_t)1 << 53;
  bool negative = lexer->text[out->start] == '-';
  size_t first = out->start + (negative ? 1 : 0);
  size_t end = first;
  int64_t number = 0;
  for (; end < lexer->len && is_digit(lexer->text[end]); end++) {
    number = number * 10 + (lexer->text[end] - '0');
    if (number > most) {
      return cspan_jmes_wrong(lexer, out->start, "the number is too large");
    }
  }
  if (end == first) {
    return cspan_jmes_wrong(lexer, out->start, "digits were expected behind -");
  }
  out->kind = CSPAN_JMES_NUMBER;
  out->end = end;
  out->number = negative ? -number : number;
  return true;
}

typedef struct sign {
  char text[3];
  cspan_jmes_token_kind kind;
} sign;

/* Of those that begin alike the longer comes first. */
static const sign signs[] = {
    {"[]", CSPAN_JMES_FLATTEN},  {"[?", CSPAN_JMES_FILTER}, {"[", CSPAN_JMES_LBRACKET},
    {"]", CSPAN_JMES_RBRACKET},  {"{", CSPAN_JMES_LBRACE},  {"}", CSPAN_JMES_RBRACE},
    {"(", CSPAN_JMES_LPAREN},    {")", CSPAN_JMES_RPAREN},  {",", CSPAN_JMES_COMMA},
    {":", CSPAN_JMES_COLON},     {"@", CSPAN_JMES_AT},      {"&&", CSPAN_JMES_AND},
    {"&", CSPAN_JMES_AMPERSAND}, {"||", CSPAN_JMES_OR},     {"|", CSPAN_JMES_PIPE},
    {"==", CSPAN_JMES_EQ},       {"!=", CSPAN_JMES_NE},     {"!", CSPAN_JMES_NOT},
    {"<=", CSPAN_JMES_LE},       {"<", CSPAN_JMES_LT},      {">=", CSPAN_JMES_GE},
    {">", CSPAN_JMES_GT},        {"*", CSPAN_JMES_STAR},    {".", CSPAN_JMES_DOT},
};

static bool lex_sign(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
    if (cspan_starts_with(lexer->text + out->start, signs[i].text)) {
      out->kind = signs[i].kind;
      out->end = out->start + strlen(signs[i].text);
      return true;
    }
  }
  if (lexer->text[out->start] == '=') {
    return cspan_jmes_wrong(lexer, out->start, "= is no operator; == compares");
  }
  return cspan_jmes_wrong(lexer, out->start, "no expression has this character here");
}

static bool lex_any(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  char c = lexer->text[out->start];
  if (is_name_start(c)) {
    return lex_name(lexer, out);
  }
  if (is_digit(c) || c == '-') {
    return lex_number(lexer, out);
  }
  switch (c) {
  case '\0':
    out->kind = CSPAN_JMES_END;
    out->end = out->start;
    return true;
  case '\'':
    return lex_raw_string(lexer, out);
  case '"':
    return lex_quoted_name(lexer, out);
  case '`':
    return lex_literal(lexer, out);
  default:
    return lex_sign(lexer, out);
  }
}

bool cspan_jmes_next(cspan_jmes_lexer *lexer, cspan_jmes_token *out) {
  while (lexer->at < lexer->len && strchr(" \t\r\n", lexer->text[lexer->at]) != NULL) {
    lexer->at++;
  }
  *out = (cspan_jmes_token){.start = lexer->at};
  if (!lex_any(lexer, out)) {
    return false;
  }
  lexer->at = out->end;
  return true;
}
