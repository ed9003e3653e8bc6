/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* More than any exponent that matters, and far from where sums overflow. */
static const int64_t exponent_max = (int64_t)1 << 40;

enum {
  SURE_DIGITS = 15, /* DBL_DIG: so many survive the way to a double and back */
  EXACT_POWER = 22, /* 10^22 is the last power of ten that a double holds exactly */
  MOST_DIGITS = 17, /* the shortest text of a double has at most these */
  NUMBER_TEXT_MAX = 64,
  /* The middle between two doubles never has more digits. */
  ROUND_DIGITS = 800,
  ROUND_TEXT_MAX = ROUND_DIGITS + 32
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end) {
  while (at < end && is_digit(*at)) {
    at++;
  }
  return at;
}

/* At 'e' or 'E'; NULL when no digit follows. */
static const char *scan_exponent(const char *at, const char *end, int64_t *exponent) {
  at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) {
    at++;
  }
  const char *digits = at;
  int64_t value = 0;
  for (; at < end && is_digit(*at); at++) {
    value = value < exponent_max ? value * 10 + (*at - '0') : exponent_max;
  }
  *exponent = negative ? -value : value;
  return at > digits ? at : NULL;
}

/* The digits between `start` and `end`, which has `whole` digits before the point. */
static void set_digits(cspan_decimal *out, const char *start, const char *end, int64_t whole) {
  int64_t leading = 0;
  while (start < end && (*start == '0' || *start == '.')) {
    leading += *start == '0';
    start++;
  }
  while (end > start && (end[-1] == '0' || end[-1] == '.')) {
    end--;
  }
  bool has_point = start < end && memchr(start, '.', (size_t)(end - start)) != NULL;
  out->digits = start;
  out->count = (size_t)(end - start) - (has_point ? 1 : 0);
  out->magnitude = whole - leading;
}

size_t cspan_decimal_scan(const char *text, size_t len, cspan_decimal *out) {
  const char *end = text + len;
  const char *at = text;
  int64_t exponent = 0;
  out->negative = len > 0 && *at == '-';
  at += out->negative ? 1 : 0;
  const char *start = at;
  if (at == end || !is_digit(*at)) {
    return 0;
  }
  at = *at == '0' ? at + 1 : skip_digits(at, end);
  int64_t whole = at - start;
  const char *after = at;
  if (at < end && *at == '.') {
    after = skip_digits(at + 1, end);
    if (after == at + 1) {
      return 0;
    }
  }
  at = after;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at = scan_exponent(at, end, &exponent);
    if (at == NULL) {
      return 0;
    }
  }
  out->integral = at - start == whole;
  set_digits(out, start, after, whole);
  out->magnitude += exponent;
  return (size_t)(at - text);
}

static int compare_magnitudes(const cspan_decimal *a, const cspan_decimal *b) {
  if (a->magnitude != b->magnitude) {
    return a->magnitude < b->magnitude ? -1 : 1;
  }
  const char *x = a->digits;
  const char *y = b->digits;
  size_t both = a->count < b->count ? a->count : b->count;
  for (size_t i = 0; i < both; i++) {
    x += *x == '.' ? 1 : 0;
    y += *y == '.' ? 1 : 0;
    if (*x != *y) {
      return *x < *y ? -1 : 1;
    }
    x++;
    y++;
  }
  return a->count == b->count ? 0 : a->count < b->count ? -1 : 1;
}

static int sign_of(const cspan_decimal *decimal) {
  return decimal->count == 0 ? 0 : decimal->negative ? -1 : 1;
}

int cspan_decimal_compare(const cspan_decimal *a, const cspan_decimal *b) {
  int sign = sign_of(a);
  if (sign != sign_of(b)) {
    return sign < sign_of(b) ? -1 : 1;
  }
  return sign == 0 ? 0 : sign * compare_magnitudes(a, b);
}

bool cspan_decimal_to_int(const cspan_decimal *decimal, int64_t *out) {
  const uint64_t most = (uint64_t)INT64_MAX + (decimal->negative ? 1 : 0);
  uint64_t value = 0;
  const char *at = decimal->digits;
  bool exact = decimal->magnitude >= (int64_t)decimal->count;
  int64_t whole = decimal->count == 0 ? 0 : decimal->magnitude;
  for (int64_t i = 0; i < whole; i++) {
    uint64_t digit = 0;
    if (i < (int64_t)decimal->count) {
      at += *at == '.' ? 1 : 0;
      digit = (uint64_t)(*at++ - '0');
    }
    if (value > (most - digit) / 10) {
      value = most;
      exact = false;
      break;
    }
    value = value * 10 + digit;
  }
  *out = decimal->negative ? (int64_t)(0 - value) : (int64_t)value;
  return exact || decimal->count == 0;
}

/* What the C library puts between whole part and fraction depends on the locale; all other
 * characters that it writes here do not. */
static void use_point(char *text) {
  char *to = text;
  bool is_point_put = false;
  for (const char *from = text; *from; from++) {
    if (is_digit(*from) || *from == '-' || *from == '+' || *from == 'e') {
      *to++ = *from;
    } else if (!is_point_put) {
      *to++ = '.';
      is_point_put = true;
    }
  }
  *to = '\0';
}

static bool reads_back(const char *text, double number) {
  double again = 0;
  return cspan_parse_f64(text, &again) && again <= number && again >= number;
}

/* Above a power of two there is twice the room that there is below it: where the nearest text of
 * so many digits lies below and is too far off, the next one above may not be. */
static bool format_above(double number, int precision, char out[CSPAN_DOUBLE_TEXT_MAX]) {
  int exponent = 0;
  double half = fabs(frexp(number, &exponent));
  if (!isfinite(number) || half > 0.5) {
    return false;
  }
  snprintf(out, CSPAN_DOUBLE_TEXT_MAX, "%.*e", precision - 1, number);
  use_point(out);
  char *last = strchr(out, 'e') - 1;
  if (*last == '9') {
    return false; /* no power of two that this matters for */
  }
  (*last)++;
  return reads_back(out, number);
}

void cspan_format_double(double number, char out[CSPAN_DOUBLE_TEXT_MAX]) {
  /* Below DBL_MIN less than SURE_DIGITS may do. */
  int precision = fabs(number) < DBL_MIN ? 1 : SURE_DIGITS;
  bool is_done = false;
  do {
    snprintf(out, CSPAN_DOUBLE_TEXT_MAX, "%.*g", precision, number);
    use_point(out);
    is_done = reads_back(out, number) ||
              (precision == MOST_DIGITS - 1 && format_above(number, precision, out));
    precision++;
  } while (!is_done && precision <= MOST_DIGITS);
}

double cspan_decimal_round(const char *text, size_t len, double otherwise) {
  cspan_decimal decimal;
  char copy[ROUND_TEXT_MAX];
  double number;
  if (len == 0 || cspan_decimal_scan(text, len, &decimal) != len) {
    return otherwise;
  }
  /* Of the digits that do not fit only matters that there are some. */
  size_t used = 0;
  copy[used++] = decimal.negative ? '-' : '0';
  copy[used++] = '.';
  const char *at = decimal.digits;
  for (size_t i = 0; i < decimal.count && i < ROUND_DIGITS; i++) {
    at += *at == '.' ? 1 : 0;
    copy[used++] = *at++;
  }
  snprintf(copy + used, sizeof copy - used, "%ce%lld", decimal.count > ROUND_DIGITS ? '1' : '0',
           (long long)(decimal.count == 0 ? 0 : decimal.magnitude));
  if (cspan_parse_f64(copy, &number)) {
    return number;
  }
  return decimal.negative ? -HUGE_VAL : HUGE_VAL;
}

/* A double from at most SURE_DIGITS digits; false where the product might be rounded twice. */
static bool small_to_double(const cspan_decimal *decimal, double *out) {
  static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  int64_t exponent = decimal->count == 0 ? 0 : decimal->magnitude - (int64_t)decimal->count;
  if (decimal->count > SURE_DIGITS || exponent < -EXACT_POWER || exponent > EXACT_POWER) {
    return false;
  }
  uint64_t digits = 0;
  const char *at = decimal->digits;
  for (size_t i = 0; i < decimal->count; i++) {
    at += *at == '.' ? 1 : 0;
    digits = digits * 10 + (uint64_t)(*at++ - '0');
  }
  double number = (double)digits;
  number = exponent < 0 ? number / powers[-exponent] : number * powers[exponent];
  *out = decimal->negative ? -number : number;
  return true;
}

/* Whether a double holds the number so that it can be written as it was. */
static bool to_double(const char *text, size_t len, const cspan_decimal *decimal, double *out) {
  char copy[NUMBER_TEXT_MAX];
  char again[CSPAN_DOUBLE_TEXT_MAX];
  cspan_decimal written;
  if (small_to_double(decimal, out)) {
    return true;
  }
  if (decimal->count > MOST_DIGITS || len >= sizeof copy) {
    return false;
  }
  memcpy(copy, text, len);
  copy[len] = '\0';
  if (!cspan_parse_f64(copy, out)) {
    return false;
  }
  cspan_format_double(*out, again);
  return cspan_decimal_scan(again, strlen(again), &written) > 0 &&
         cspan_decimal_compare(decimal, &written) == 0;
}

cspan_status cspan_value_from_number(const char *text, size_t len, cspan_arena *arena,
                                     cspan_value *out) {
  cspan_decimal decimal;
  int64_t integer;
  double number;
  if (len == 0 || cspan_decimal_scan(text, len, &decimal) != len) {
    return CSPAN_ERR_INVALID;
  }
  bool is_negative_zero = decimal.negative && decimal.count == 0;
  if (decimal.integral && !is_negative_zero && cspan_decimal_to_int(&decimal, &integer)) {
    *out = cspan_int(integer);
  } else if ((!decimal.integral || is_negative_zero) && to_double(text, len, &decimal, &number)) {
    *out = cspan_double(number);
  } else {
    char *copy = cspan_arena_strndup(arena, text, len);
    if (copy == NULL) {
      return cspan_arena_refusal(arena);
    }
    *out = cspan_string_of(copy, len);
    out->kind = CSPAN_VALUE_NUMBER;
  }
  return CSPAN_OK;
}

/* ----------------------------------------------------------------------- comparing */

/* The decimal of a number; `room` holds its text where it has none. */
static bool decimal_of(const cspan_value *value, char room[CSPAN_DOUBLE_TEXT_MAX],
                       cspan_decimal *out) {
  if (value->kind == CSPAN_VALUE_NUMBER) {
    return value->size > 0 && cspan_decimal_scan(value->as.text, value->size, out) == value->size;
  }
  if (value->kind == CSPAN_VALUE_INT) {
    snprintf(room, CSPAN_DOUBLE_TEXT_MAX, "%lld", (long long)value->as.integer);
  } else {
    cspan_format_double(value->as.number, room);
  }
  return cspan_decimal_scan(room, strlen(room), out) > 0;
}

static int order_of_doubles(double a, double b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/* A double that compares with any other as the value does; false where only decimals do. */
static bool as_double(const cspan_value *value, double *out) {
  const int64_t most = (int64_t)1 << DBL_MANT_DIG;
  if (value->kind == CSPAN_VALUE_INT && value->as.integer <= most && value->as.integer >= -most) {
    *out = (double)value->as.integer;
    return true;
  }
  *out = value->kind == CSPAN_VALUE_DOUBLE ? value->as.number : 0;
  return value->kind == CSPAN_VALUE_DOUBLE;
}

static bool is_number(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_INT || value->kind == CSPAN_VALUE_NUMBER ||
         (value->kind == CSPAN_VALUE_DOUBLE && !isnan(value->as.number));
}

bool cspan_value_compare_numbers(const cspan_value *a, const cspan_value *b, int *order) {
  char room_a[CSPAN_DOUBLE_TEXT_MAX];
  char room_b[CSPAN_DOUBLE_TEXT_MAX];
  cspan_decimal decimal_a;
  cspan_decimal decimal_b;
  double x;
  double y;
  if (!is_number(a) || !is_number(b)) {
    return false;
  }
  if (a->kind == CSPAN_VALUE_INT && b->kind == CSPAN_VALUE_INT) {
    *order = a->as.integer < b->as.integer ? -1 : a->as.integer > b->as.integer;
    return true;
  }
  bool is_a_double = as_double(a, &x);
  bool is_b_double = as_double(b, &y);
  if ((is_a_double && is_b_double) || isinf(x) || isinf(y)) {
    *order = order_of_doubles(x, y);
    return true;
  }
  if (!decimal_of(a, room_a, &decimal_a) || !decimal_of(b, room_b, &decimal_b)) {
    return false;
  }
  *order = cspan_decimal_compare(&decimal_a, &decimal_b);
  return true;
}
