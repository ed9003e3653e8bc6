/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *escape_of(char c) {
  switch (c) {
  case '"':
    return "\\\"";
  case '\\':
    return "\\\\";
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  default:
    return NULL;
  }
}

void cspan_json_string(cspan_buf *out, const char *text, size_t len) {
  size_t start = 0;
  cspan_buf_char(out, '"');
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
      continue;
    }
    cspan_buf_append(out, text + start, i - start);
    const char *escape = escape_of((char)c);
    if (escape) {
      cspan_buf_str(out, escape);
    } else {
      cspan_buf_printf(out, "\\u%04x", c);
    }
    start = i + 1;
  }
  cspan_buf_append(out, text + start, len - start);
  cspan_buf_char(out, '"');
}

/* printf writes the decimal point of the program's locale. */
static void plain_point(char *text) {
  char *to = text;
  bool in_point = false;
  for (const char *from = text; *from; from++) {
    if (strchr("0123456789eE+-", *from)) {
      *to++ = *from;
      in_point = false;
    } else if (!in_point) {
      *to++ = '.';
      in_point = true;
    }
  }
  *to = '\0';
}

void cspan_json_double(cspan_buf *out, double value) {
  if (isnan(value)) {
    cspan_buf_str(out, "\"NaN\"");
    return;
  }
  if (isinf(value)) {
    cspan_buf_str(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return;
  }
  if (value == 0 && signbit(value)) {
    cspan_buf_str(out, "-0.0"); /* readers take "-0" for an integer, which has no sign */
    return;
  }
  char text[48];
  for (int digits = 15; digits <= 17; digits++) {
    double back;
    snprintf(text, sizeof text, "%.*g", digits, value);
    plain_point(text);
    if (cspan_parse_f64(text, &back) && back == value) {
      break;
    }
  }
  cspan_buf_str(out, text);
}
