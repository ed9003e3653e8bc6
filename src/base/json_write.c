/* SPDX-License-Identifier: Apache-2.0 */
/* Values to JSON. */
#include <math.h>

#include "base/alloc.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"

enum { INDENT = 4, FIRST_BYTES = 500 };

/* A quote, a backslash or a control character. */
static void write_escape(cspan_buf *out, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  static const char meant[] = "\"\\\b\f\n\r\t";
  static const char names[] = "\"\\bfnrt";
  const char *found = c != '\0' ? strchr(meant, c) : NULL;
  char text[6] = {'\\',       found != NULL ? names[found - meant] : 'u', '0', '0', hex[c >> 4],
                  hex[c & 15]};
  cspan_buf_append(out, text, found != NULL ? 2 : sizeof text);
}

/* A run without escapes in which not all is UTF-8. */
static void write_repaired(cspan_buf *out, const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    size_t size = cspan_utf8_size(text + i, len - i);
    if (size > 0) {
      cspan_buf_append(out, text + i, size);
      i += size;
    } else {
      cspan_buf_str(out, "\xef\xbf\xbd");
      i++;
    }
  }
}

/* The text, which needs no escapes, in quotes: nearly all texts are written here. */
static void write_plain(cspan_buf *out, const char *text, size_t len) {
  if (cspan_buf_reserve(out, len + 2) == CSPAN_OK) {
    char *at = out->data + out->len;
    *at++ = '"';
    if (len > 0) {
      memcpy(at, text, len);
    }
    at[len] = '"';
    at[len + 1] = '\0';
    out->len += len + 2;
  }
}

void cspan_json_write_string(cspan_buf *out, const char *text, size_t len) {
  bool is_ascii;
  size_t run = cspan_json_plain(text, len, &is_ascii);
  if (run == len && (is_ascii || cspan_utf8_valid(text, len))) {
    write_plain(out, text, len);
    return;
  }
  cspan_buf_char(out, '"');
  for (size_t i = 0; i < len;) {
    run = cspan_json_plain(text + i, len - i, &is_ascii);
    if (is_ascii || cspan_utf8_valid(text + i, run)) {
      cspan_buf_append(out, text + i, run);
    } else {
      write_repaired(out, text + i, run);
    }
    i += run;
    if (i < len) {
      write_escape(out, (unsigned char)text[i]);
      i++;
    }
  }
  cspan_buf_char(out, '"');
}

void cspan_write_double(cspan_buf *out, double number) {
  char text[CSPAN_DOUBLE_TEXT_MAX];
  cspan_format_double(number, text);
  cspan_buf_str(out, text);
}

static void write_int(cspan_buf *out, int64_t integer) {
  char text[24];
  char *at = text + sizeof text;
  uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (integer < 0) {
    *--at = '-';
  }
  cspan_buf_append(out, at, (size_t)(text + sizeof text - at));
}

static void write_number(cspan_buf *out, double number) {
  if (isnan(number)) {
    cspan_buf_str(out, "\"NaN\"");
  } else if (isinf(number)) {
    cspan_buf_str(out, number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  } else {
    cspan_write_double(out, number);
  }
}

/* What a program put together by hand may be anything. */
static void write_number_text(cspan_buf *out, const char *text, size_t len) {
  cspan_decimal decimal;
  if (len > 0 && cspan_decimal_scan(text, len, &decimal) == len) {
    cspan_buf_append(out, text, len);
  } else {
    cspan_json_write_string(out, text, len);
  }
}

void cspan_write_timestamp(cspan_buf *out, const cspan_value *timestamp) {
  enum { SECONDS_LEN = 19, NANOSECOND_DIGITS = 9 };
  char text[21];
  char fraction[NANOSECOND_DIGITS + 1] = {'.'};
  uint32_t rest = timestamp->nanoseconds;
  size_t len = rest == 0 ? 0 : sizeof fraction;
  for (int i = NANOSECOND_DIGITS; i > 0; i--) {
    fraction[i] = (char)('0' + rest % 10);
    rest /= 10;
  }
  while (len > 0 && fraction[len - 1] == '0') {
    len--;
  }
  cspan_format_iso8601((time_t)timestamp->as.integer, text);
  cspan_buf_append(out, text, SECONDS_LEN);
  cspan_buf_append(out, fraction, len);
  cspan_buf_char(out, 'Z');
}

static void write_line(cspan_buf *out, unsigned flags, int depth) {
  if (flags & CSPAN_JSON_INDENT) {
    cspan_buf_char(out, '\n');
    for (int i = 0; i < depth; i++) {
      cspan_buf_append(out, "    ", INDENT);
    }
  }
}

static void write_value(cspan_buf *out, const cspan_value *value, unsigned flags, int depth);

static void write_container(cspan_buf *out, const cspan_value *value, unsigned flags, int depth) {
  bool is_map = value->kind == CSPAN_VALUE_MAP;
  if (depth == CSPAN_VALUE_MAX_DEPTH) {
    out->status = CSPAN_ERR_LIMIT;
    return;
  }
  cspan_buf_char(out, is_map ? '{' : '[');
  for (size_t i = 0; i < value->size && out->status == CSPAN_OK; i++) {
    if (i > 0) {
      cspan_buf_char(out, ',');
    }
    write_line(out, flags, depth + 1);
    if (is_map) {
      const cspan_member *member = &value->as.members[i];
      cspan_json_write_string(out, member->name, member->name_size_bytes);
      cspan_buf_append(out, ": ", flags & CSPAN_JSON_INDENT ? 2 : 1);
    }
    write_value(out, cspan_value_at(value, i), flags, depth + 1);
  }
  if (value->size > 0) {
    write_line(out, flags, depth);
  }
  cspan_buf_char(out, is_map ? '}' : ']');
}

static void write_value(cspan_buf *out, const cspan_value *value, unsigned flags, int depth) {
  switch (value->kind) {
  case CSPAN_VALUE_NULL:
    cspan_buf_append(out, "null", 4);
    break;
  case CSPAN_VALUE_BOOL:
    cspan_buf_str(out, value->as.boolean ? "true" : "false");
    break;
  case CSPAN_VALUE_INT:
    write_int(out, value->as.integer);
    break;
  case CSPAN_VALUE_DOUBLE:
    write_number(out, value->as.number);
    break;
  case CSPAN_VALUE_NUMBER:
    write_number_text(out, value->as.text, value->size);
    break;
  case CSPAN_VALUE_STRING:
    cspan_json_write_string(out, value->as.text, value->size);
    break;
  case CSPAN_VALUE_BLOB:
    cspan_buf_char(out, '"');
    cspan_base64_encode(out, value->as.text, value->size);
    cspan_buf_char(out, '"');
    break;
  case CSPAN_VALUE_TIMESTAMP:
    cspan_buf_char(out, '"');
    cspan_write_timestamp(out, value);
    cspan_buf_char(out, '"');
    break;
  case CSPAN_VALUE_LIST:
  case CSPAN_VALUE_MAP:
    write_container(out, value, flags, depth);
    break;
  }
}

void cspan_json_write(cspan_buf *out, const cspan_value *value, unsigned flags) {
  static const cspan_value null_value;
  write_value(out, value != NULL ? value : &null_value, flags, 0);
}

cspan_status cspan_value_to_json(const cspan_value *value, unsigned flags, char **json,
                                 size_t *size_bytes, cspan_error **error) {
  cspan_buf out;
  cspan_buf_init(&out, CSPAN_JSON_MAX_BYTES);
  cspan_buf_reserve(&out, FIRST_BYTES);
  cspan_json_write(&out, value, flags);
  *json = cspan_buf_take(&out, size_bytes);
  switch (cspan_buf_status(&out)) {
  case CSPAN_OK:
    return CSPAN_OK;
  case CSPAN_ERR_LIMIT:
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "the value is too large for JSON: at most %d bytes and %d levels",
                           CSPAN_JSON_MAX_BYTES, CSPAN_VALUE_MAX_DEPTH);
  default:
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for JSON");
  }
}
