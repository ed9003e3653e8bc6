/* SPDX-License-Identifier: Apache-2.0 */
#include "http/header_parse.h"

#include <string.h>

#include "base/text.h"

enum phase { PHASE_STATUS, PHASE_INTERIM, PHASE_FIELDS, PHASE_TRAILERS };

void cspan_header_parser_init(cspan_header_parser *parser, size_t max) {
  memset(parser, 0, sizeof *parser);
  cspan_header_parser_reset(parser, max);
}

void cspan_header_parser_reset(cspan_header_parser *parser, size_t max) {
  parser->phase = PHASE_STATUS;
  parser->status = 0;
  parser->content_length = -1;
  parser->total = 0;
  parser->max = max;
  /* The end of the name comes on top. */
  parser->line.max = max < SIZE_MAX - 1 ? max + 1 : max;
  cspan_buf_clear(&parser->line);
}

void cspan_header_parser_free(cspan_header_parser *parser) {
  cspan_buf_free(&parser->line);
}

/* The token characters of RFC 9110 in lower case, 0 for all other bytes. */
static const char token_chars[256] = {
    ['!'] = '!', ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&', ['\''] = '\'', ['*'] = '*',
    ['+'] = '+', ['-'] = '-', ['.'] = '.', ['^'] = '^', ['_'] = '_', ['`'] = '`',   ['|'] = '|',
    ['~'] = '~', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',   ['5'] = '5',
    ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b',   ['c'] = 'c',
    ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',   ['j'] = 'j',
    ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',   ['q'] = 'q',
    ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w',   ['x'] = 'x',
    ['y'] = 'y', ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd',   ['E'] = 'e',
    ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k',   ['L'] = 'l',
    ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',   ['S'] = 's',
    ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',   ['Z'] = 'z',
};

size_t cspan_header_token_length(const char *text) {
  const char *c = text;
  while (token_chars[(unsigned char)*c]) {
    c++;
  }
  return (size_t)(c - text);
}

bool cspan_header_is_token(const char *text) {
  size_t len = cspan_header_token_length(text);
  return len > 0 && text[len] == '\0';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK", "HTTP/2 200": the code, or 0. */
static int status_of(cspan_str line) {
  const char *space = line.len ? memchr(line.data, ' ', line.len) : NULL;
  if (line.len < 5 || memcmp(line.data, "HTTP/", 5) != 0 || !space) {
    return 0;
  }
  const char *end = line.data + line.len;
  const char *digits = space + 1;
  if (end - digits < 3 || (end - digits > 3 && digits[3] != ' ')) {
    return 0;
  }
  if (!is_digit(digits[0]) || !is_digit(digits[1]) || !is_digit(digits[2])) {
    return 0;
  }
  int code = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  return code >= 100 ? code : 0;
}

static cspan_header_event begin_response(cspan_header_parser *parser, cspan_str line) {
  int code = status_of(line);
  if (code == 0) {
    return CSPAN_HEADER_BAD;
  }
  if (code < 200) {
    parser->phase = PHASE_INTERIM;
  } else {
    parser->phase = PHASE_FIELDS;
    parser->status = code;
  }
  return CSPAN_HEADER_NONE;
}

static cspan_header_event end_block(cspan_header_parser *parser) {
  switch (parser->phase) {
  case PHASE_INTERIM:
    parser->phase = PHASE_STATUS;
    return CSPAN_HEADER_NONE;
  case PHASE_FIELDS:
    parser->phase = PHASE_TRAILERS;
    return CSPAN_HEADER_END;
  case PHASE_TRAILERS:
    return CSPAN_HEADER_NONE;
  default:
    return CSPAN_HEADER_BAD;
  }
}

/* Control characters have no place in a value; a tab has. */
static bool is_clean(cspan_str value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.data[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/* Writes the name in lower case; false where it is not a token. */
static bool put_name(char *out, const char *name, size_t len) {
  for (size_t i = 0; i < len; i++) {
    out[i] = token_chars[(unsigned char)name[i]];
    if (!out[i]) {
      return false;
    }
  }
  out[len] = '\0';
  return len > 0;
}

/* A folded line (one that starts with a blank) is refused with the rest: its
 * name is not a token. */
static cspan_header_event take_field(cspan_header_parser *parser, cspan_str line, const char **name,
                                     const char **value) {
  const char *colon = memchr(line.data, ':', line.len);
  if (!colon) {
    return CSPAN_HEADER_BAD;
  }
  size_t name_len = (size_t)(colon - line.data);
  cspan_str text = {colon + 1, line.len - name_len - 1};
  text = cspan_str_trim(text);
  cspan_buf_clear(&parser->line);
  if (cspan_buf_reserve(&parser->line, line.len + 1) != CSPAN_OK) {
    return CSPAN_HEADER_NOMEM;
  }
  char *at = parser->line.data;
  if (!put_name(at, line.data, name_len) || !is_clean(text)) {
    return CSPAN_HEADER_BAD;
  }
  *name = at;
  *value = at + name_len + 1;
  memcpy(at + name_len + 1, text.data, text.len);
  at[name_len + 1 + text.len] = '\0';
  return CSPAN_HEADER_FIELD;
}

static void note_length(cspan_header_parser *parser, const char *name, const char *value) {
  uint64_t length;
  if (strcmp(name, "content-length") == 0 && cspan_parse_u64(value, &length) &&
      length <= INT64_MAX) {
    parser->content_length = (int64_t)length;
  }
}

cspan_header_event cspan_header_parse(cspan_header_parser *parser, const char *line, size_t len,
                                      const char **name, const char **value) {
  *name = NULL;
  *value = NULL;
  if (len > parser->max - parser->total) {
    return CSPAN_HEADER_LIMIT;
  }
  parser->total += len;
  cspan_str text = {line, len};
  if (text.len && text.data[text.len - 1] == '\n') {
    text.len--;
  }
  if (text.len && text.data[text.len - 1] == '\r') {
    text.len--;
  }
  if (text.len == 0) {
    return end_block(parser);
  }
  if (parser->phase == PHASE_STATUS) {
    return begin_response(parser, text);
  }
  cspan_header_event event = take_field(parser, text, name, value);
  if (event != CSPAN_HEADER_FIELD || parser->phase == PHASE_TRAILERS) {
    return event == CSPAN_HEADER_FIELD ? CSPAN_HEADER_TRAILER : event;
  }
  if (parser->phase == PHASE_INTERIM) {
    *name = NULL;
    *value = NULL;
    return CSPAN_HEADER_NONE;
  }
  note_length(parser, *name, *value);
  return event;
}
