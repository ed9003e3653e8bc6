/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) to values. The text is copied once, and strings stay where they are in that
 * copy: escapes only make them shorter, and the NUL replaces the closing quote. */
#include "base/decimal.h"
#include "base/json.h"

typedef struct parser {
  char *start;
  char *at;
  const char *end; /* where a NUL is */
  cspan_maker maker;
  cspan_arena *arena;
  const char *what; /* is wrong at `at`; NULL: nothing */
} parser;

static bool fault(parser *p, char *at, const char *what) {
  p->at = at;
  p->what = what;
  return false;
}

static void skip_blanks(parser *p) {
  while (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t') {
    p->at++;
  }
}

/* ------------------------------------------------------------------------- strings */

/* Four hexadecimal digits; -1 where they are not. Does not pass the NUL at the end. */
static int32_t hex4(const char *at) {
  int32_t code = 0;
  for (int i = 0; i < 4; i++) {
    int digit = cspan_hex_value(at[i]);
    if (digit < 0) {
      return -1;
    }
    code = code * 16 + digit;
  }
  return code;
}

static char *put_utf8(char *to, int32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  if (code < 0x800) {
    *to++ = (char)(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      *to++ = (char)(0xe0 | (code >> 12));
    } else {
      *to++ = (char)(0xf0 | (code >> 18));
      *to++ = (char)(0x80 | ((code >> 12) & 0x3f));
    }
    *to++ = (char)(0x80 | ((code >> 6) & 0x3f));
  }
  *to++ = (char)(0x80 | (code & 0x3f));
  return to;
}

/* At the 'u' of an escape: reads it, and the second half of a pair. */
static char *unescape_code(parser *p, char *at, char **to) {
  int32_t code = hex4(at + 1);
  char *next = at + 5;
  if (code < 0) {
    fault(p, at - 1, "\\u needs four hexadecimal digits");
    return NULL;
  }
  if (code >= 0xd800 && code < 0xe000) {
    int32_t low = code < 0xdc00 && next[0] == '\\' && next[1] == 'u' ? hex4(next + 2) : -1;
    if (low < 0xdc00 || low >= 0xe000) {
      fault(p, at - 1, "half of a surrogate pair");
      return NULL;
    }
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    next += 6;
  }
  *to = put_utf8(*to, code);
  return next;
}

/* At a backslash: gives what comes behind the escape, NULL for a fault. */
static char *unescape(parser *p, char *at, char **to) {
  static const char names[] = "\"\\/bfnrt";
  static const char meant[] = "\"\\/\b\f\n\r\t";
  char name = at[1];
  if (name == 'u') {
    return unescape_code(p, at + 1, to);
  }
  const char *found = name != '\0' ? strchr(names, name) : NULL;
  if (found == NULL) {
    fault(p, at, "no such escape in a string");
    return NULL;
  }
  *(*to)++ = meant[found - names];
  return at + 2;
}

/* Bytes of the text that are valid UTF-8 are followed by one that is not. */
static bool fault_utf8(parser *p, char *text, const char *end) {
  while (text < end) {
    size_t size = cspan_utf8_size(text, (size_t)(end - text));
    if (size == 0) {
      break;
    }
    text += size;
  }
  return fault(p, text, "not UTF-8");
}

/* Checks what lies between escapes, which can neither complete nor break a sequence. */
static bool check_run(parser *p, char *run, const char *end) {
  return cspan_utf8_valid(run, (size_t)(end - run)) || fault_utf8(p, run, end);
}

/* At the quote. Leaves p->at behind the closing one, and the text with a NUL behind it. */
static bool parse_string(parser *p, char **text, size_t *len) {
  char *start = p->at + 1;
  char *at = start;
  char *to = NULL; /* where the next run goes; NULL: it may stay */
  for (;;) {
    char *run = at;
    bool is_ascii;
    at += cspan_json_plain(run, (size_t)(p->end - run), &is_ascii);
    if (!is_ascii && !check_run(p, run, at)) {
      return false;
    }
    if (to == NULL) {
      to = at;
    } else {
      memmove(to, run, (size_t)(at - run));
      to += at - run;
    }
    if (*at == '"') {
      break;
    }
    if (*at != '\\') {
      return fault(p, at,
                   at == p->end ? "the string does not end"
                                : "a control character in a string has to be written as \\u00XX");
    }
    at = unescape(p, at, &to);
    if (at == NULL) {
      return false;
    }
  }
  p->at = at + 1;
  *to = '\0';
  *text = start;
  *len = (size_t)(to - start);
  return true;
}

/* ------------------------------------------------------------------------- numbers */

static bool parse_number(parser *p) {
  enum { SURE_DIGITS = 18 };
  const char *at = p->at;
  bool negative = *at == '-';
  at += negative ? 1 : 0;
  const char *digits = at;
  int64_t integer = 0;
  while (*at >= '0' && *at <= '9' && at - digits < SURE_DIGITS) {
    integer = integer * 10 + (*at++ - '0');
  }
  bool is_plain = at > digits && (*digits != '0' || (at == digits + 1 && !negative)) &&
                  !(*at >= '0' && *at <= '9') && *at != '.' && *at != 'e' && *at != 'E';
  if (is_plain) {
    p->at += at - p->at;
    cspan_maker_put(&p->maker, cspan_int(negative ? -integer : integer));
    return true;
  }
  cspan_decimal decimal;
  size_t size = cspan_decimal_scan(p->at, (size_t)(p->end - p->at), &decimal);
  if (size == 0) {
    return fault(p, p->at, "not a number as JSON writes them");
  }
  cspan_value value;
  cspan_status status = cspan_value_from_number(p->at, size, p->arena, &value);
  if (status != CSPAN_OK) {
    p->maker.status = status;
    return true;
  }
  p->at += size;
  cspan_maker_put(&p->maker, value);
  return true;
}

/* -------------------------------------------------------------------------- values */

static bool parse_word(parser *p, const char *word, cspan_value value) {
  size_t len = strlen(word);
  if (strncmp(p->at, word, len) != 0) {
    return fault(p, p->at, "a value was expected here");
  }
  p->at += len;
  cspan_maker_put(&p->maker, value);
  return true;
}

static bool parse_name(parser *p) {
  char *name;
  size_t len;
  if (*p->at != '"') {
    return fault(p, p->at, "the name of a member was expected here, in double quotes");
  }
  if (!parse_string(p, &name, &len)) {
    return false;
  }
  cspan_maker_fixed_name(&p->maker, name, len);
  skip_blanks(p);
  if (*p->at != ':') {
    return fault(p, p->at, "a colon was expected here, behind the name");
  }
  p->at++;
  skip_blanks(p);
  return true;
}

/* At '{' or '['. *is_open tells whether a value follows. */
static bool parse_begin(parser *p, bool *is_open) {
  bool is_map = *p->at == '{';
  cspan_maker_begin(&p->maker, is_map ? CSPAN_VALUE_MAP : CSPAN_VALUE_LIST);
  p->at++;
  skip_blanks(p);
  *is_open = *p->at != (is_map ? '}' : ']');
  if (!*is_open) {
    p->at++;
    cspan_maker_end(&p->maker);
    return true;
  }
  return !is_map || parse_name(p);
}

/* One value, or the beginning of one. */
static bool parse_value(parser *p, bool *is_open) {
  char *text;
  size_t len;
  *is_open = false;
  switch (*p->at) {
  case '{':
  case '[':
    return parse_begin(p, is_open);
  case '"':
    if (!parse_string(p, &text, &len)) {
      return false;
    }
    cspan_maker_put(&p->maker, cspan_string_of(text, len));
    return true;
  case 't':
    return parse_word(p, "true", cspan_bool(true));
  case 'f':
    return parse_word(p, "false", cspan_bool(false));
  case 'n':
    return parse_word(p, "null", cspan_null());
  default:
    if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9')) {
      return parse_number(p);
    }
    return fault(p, p->at,
                 p->at == p->end ? "the text ends before the value does"
                                 : "a value was expected here");
  }
}

/* Behind a value: ends what ends here, up to where the next value begins. */
static bool parse_after(parser *p, bool *is_more) {
  *is_more = false;
  while (p->maker.depth > 0 && p->maker.status == CSPAN_OK) {
    bool is_map = cspan_maker_in_map(&p->maker);
    skip_blanks(p);
    if (*p->at == ',') {
      p->at++;
      skip_blanks(p);
      *is_more = true;
      return !is_map || parse_name(p);
    }
    if (*p->at != (is_map ? '}' : ']')) {
      return fault(p, p->at,
                   is_map ? "a comma or the end of the map was expected here"
                          : "a comma or the end of the list was expected here");
    }
    p->at++;
    cspan_maker_end(&p->maker);
  }
  return true;
}

static bool parse_text(parser *p) {
  bool is_more = true;
  skip_blanks(p);
  while (is_more && p->maker.status == CSPAN_OK) {
    if (!parse_value(p, &is_more) || (!is_more && !parse_after(p, &is_more))) {
      return false;
    }
  }
  skip_blanks(p);
  if (p->maker.status == CSPAN_OK && p->at != p->end) {
    return fault(p, p->at, "nothing may follow the value");
  }
  return true;
}

/* Columns are counted in characters. `json` is the text as it was given: the copy has changed. */
static void locate(const char *json, size_t offset, const char *what, cspan_json_fault *out) {
  out->line = 1;
  out->column = 1;
  out->what = what;
  for (size_t i = 0; i < offset; i++) {
    if (json[i] == '\n') {
      out->line++;
      out->column = 1;
    } else if (((unsigned char)json[i] & 0xc0) != 0x80) {
      out->column++;
    }
  }
}

cspan_status cspan_json_parse(const char *json, size_t len, cspan_arena *arena, cspan_value *out,
                              cspan_json_fault *at) {
  *out = cspan_null();
  if (len > CSPAN_JSON_MAX_BYTES) {
    return CSPAN_ERR_LIMIT;
  }
  parser p = {.start = cspan_arena_strndup(arena, json, len), .arena = arena};
  if (p.start == NULL) {
    return cspan_arena_refusal(arena);
  }
  p.at = p.start;
  p.end = p.start + len;
  cspan_maker_init(&p.maker, arena);
  bool parsed = parse_text(&p);
  cspan_status status = p.maker.status;
  if (status == CSPAN_OK && parsed) {
    status = cspan_maker_finish(&p.maker, out);
  } else if (status == CSPAN_OK) {
    status = CSPAN_ERR_INVALID;
    if (at != NULL) {
      locate(json, (size_t)(p.at - p.start), p.what, at);
    }
  }
  cspan_maker_free(&p.maker);
  return status;
}
