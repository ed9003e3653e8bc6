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
  parser->line.max = max;
  cspan_buf_clear(&parser->line);
}

void cspan_header_parser_free(cspan_header_parser *parser) {
  cspan_buf_free(&parser->line);
}

bool cspan_header_is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c && strchr("!#$%&'*+-.^_`|~", c));
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

static void lower(char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] >= 'A' && text[i] <= 'Z') {
      text[i] = (char)(text[i] - 'A' + 'a');
    }
  }
}

/* A folded line (one that starts with a blank) is refused with the rest: its
 * name is not a token. */
static cspan_header_event take_field(cspan_header_parser *parser, cspan_str line,
                                     const char **name, const char **value) {
  const char *colon = memchr(line.data, ':', line.len);
  size_t name_len = colon ? (size_t)(colon - line.data) : 0;
  if (name_len == 0) {
    return CSPAN_HEADER_BAD;
  }
  for (size_t i = 0; i < name_len; i++) {
    if (!cspan_header_is_token_char(line.data[i])) {
      return CSPAN_HEADER_BAD;
    }
  }
  cspan_str text = {colon + 1, line.len - name_len - 1};
  text = cspan_str_trim(text);
  if (!is_clean(text)) {
    return CSPAN_HEADER_BAD;
  }
  cspan_buf_clear(&parser->line);
  cspan_buf_append(&parser->line, line.data, name_len);
  cspan_buf_char(&parser->line, '\0');
  if (cspan_buf_append(&parser->line, text.data, text.len) != CSPAN_OK) {
    return parser->line.status == CSPAN_ERR_LIMIT ? CSPAN_HEADER_LIMIT : CSPAN_HEADER_NOMEM;
  }
  lower(parser->line.data, name_len);
  *name = parser->line.data;
  *value = parser->line.data + name_len + 1;
  return CSPAN_HEADER_FIELD;
}

static cspan_header_event report_field(cspan_header_parser *parser, cspan_header_event event,
                                       const char *name, const char *value) {
  if (event != CSPAN_HEADER_FIELD || parser->phase == PHASE_FIELDS) {
    uint64_t length;
    if (event == CSPAN_HEADER_FIELD && strcmp(name, "content-length") == 0 &&
        cspan_parse_u64(value, &length) && length <= INT64_MAX) {
      parser->content_length = (int64_t)length;
    }
    return event;
  }
  return parser->phase == PHASE_INTERIM ? CSPAN_HEADER_NONE : CSPAN_HEADER_TRAILER;
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
  return report_field(parser, event, *name, *value);
}
