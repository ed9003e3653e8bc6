/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from text. */
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"

bool cspan_parse_u64(const char *text, uint64_t *out) {
  uint64_t value = 0;
  if (!text || !*text) {
    return false;
  }
  for (const char *c = text; *c; c++) {
    if (*c < '0' || *c > '9') {
      return false;
    }
    uint64_t digit = (uint64_t)(*c - '0');
    if (value > (UINT64_MAX - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

bool cspan_parse_i64(const char *text, int64_t *out) {
  uint64_t magnitude;
  bool negative = text && *text == '-';
  bool sign = negative || (text && *text == '+');
  if (!cspan_parse_u64(sign ? text + 1 : text, &magnitude)) {
    return false;
  }
  uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
  if (magnitude > limit) {
    return false;
  }
  *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
  return true;
}

static const char *skip_digits(const char *c) {
  while (*c >= '0' && *c <= '9') {
    c++;
  }
  return c;
}

static const char *skip_sign(const char *c) {
  return *c == '-' || *c == '+' ? c + 1 : c;
}

/* strtod alone would take blanks, hexadecimal, "inf" and "nan" as well. */
static bool is_decimal(const char *text) {
  const char *start = skip_sign(text);
  const char *c = skip_digits(start);
  size_t digits = (size_t)(c - start);
  if (*c == '.') {
    const char *fraction = c + 1;
    c = skip_digits(fraction);
    digits += (size_t)(c - fraction);
  }
  if (digits == 0) {
    return false;
  }
  if (*c == 'e' || *c == 'E') {
    const char *exponent = skip_sign(c + 1);
    c = skip_digits(exponent);
    if (c == exponent) {
      return false;
    }
  }
  return *c == '\0';
}

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_c_locale(void) {
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool cspan_parse_f64(const char *text, double *out) {
  if (!text || !is_decimal(text)) {
    return false;
  }
  pthread_once(&locale_once, make_c_locale);
  if (!c_locale) {
    return false;
  }
  double value = strtod_l(text, NULL, c_locale);
  if (!isfinite(value)) {
    return false;
  }
  *out = value;
  return true;
}

bool cspan_parse_bool(const char *text, bool *out) {
  if (cspan_ieq(text, "true")) {
    *out = true;
  } else if (cspan_ieq(text, "false")) {
    *out = false;
  } else {
    return false;
  }
  return true;
}
