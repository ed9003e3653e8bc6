/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps as services write and read them. */
#include <math.h>

#include "aws/protocol/protocol.h"
#include "base/decimal.h"

enum { MAX_TEXT = 63, NANOS_DIGITS = 9, NANOS = 1000000000, MICROS = 1000000 };

/* ---------------------------------------------------------------------- writing */

/* Fractions go out in microseconds, which is what botocore sends and services expect. */
static void write_unix(cspan_buf *out, int64_t seconds, uint32_t nanoseconds) {
  uint32_t micros = nanoseconds / (NANOS / MICROS);
  bool negative = seconds < 0;
  if (negative && micros > 0) {
    seconds++;
    micros = MICROS - micros;
  }
  if (negative && seconds == 0) {
    cspan_buf_char(out, '-');
  }
  cspan_buf_printf(out, "%lld", (long long)seconds);
  if (micros > 0) {
    cspan_buf_printf(out, ".%06u", (unsigned)micros);
    while (out->len > 0 && out->data[out->len - 1] == '0') {
      out->data[--out->len] = '\0';
    }
  }
}

static void write_iso8601(cspan_buf *out, int64_t seconds, uint32_t nanoseconds) {
  char text[21];
  uint32_t micros = nanoseconds / (NANOS / MICROS);
  cspan_format_iso8601((time_t)seconds, text);
  if (micros > 0) {
    cspan_buf_append(out, text, strlen(text) - 1);
    cspan_buf_printf(out, ".%06uZ", (unsigned)micros);
  } else {
    cspan_buf_str(out, text);
  }
}

cspan_status cspan_protocol_timestamp(cspan_buf *out, const cspan_value *value,
                                      cspan_timestamp_format format) {
  char date[30];
  cspan_value time;
  if (!cspan_protocol_time_of(value, &time)) {
    return CSPAN_ERR_INVALID;
  }
  switch (format) {
  case CSPAN_TIMESTAMP_UNIX:
    write_unix(out, time.as.integer, time.nanoseconds);
    break;
  case CSPAN_TIMESTAMP_RFC822:
    cspan_format_http_date((time_t)time.as.integer, date);
    cspan_buf_str(out, date);
    break;
  default:
    write_iso8601(out, time.as.integer, time.nanoseconds);
  }
  return cspan_buf_status(out);
}

/* ---------------------------------------------------------------------- reading */

/* To the microsecond, which a double of our times holds. */
static bool from_double(double number, cspan_value *out) {
  double whole = floor(number);
  if (!(fabs(number) < 1e15)) {
    return false;
  }
  int64_t seconds = (int64_t)whole;
  uint32_t micros = (uint32_t)((number - whole) * MICROS + 0.5);
  *out = cspan_timestamp(seconds + (micros == MICROS),
                         micros == MICROS ? 0 : micros * (NANOS / MICROS));
  return true;
}

static uint32_t read_nanos(const char *digits, size_t count) {
  uint32_t nanos = 0;
  for (size_t i = 0; i < NANOS_DIGITS; i++) {
    nanos = nanos * 10 + (i < count ? (uint32_t)(digits[i] - '0') : 0);
  }
  return nanos;
}

/* Seconds since 1970, as a number of JSON's grammar: exact where it has no exponent. */
static bool read_unix(const char *text, size_t len, cspan_value *out) {
  cspan_decimal decimal;
  if (len == 0 || cspan_decimal_scan(text, len, &decimal) != len) {
    return false;
  }
  const char *point = memchr(text, '.', len);
  size_t digits = point != NULL ? len - (size_t)(point + 1 - text) : 0;
  if (decimal.negative || memchr(text, 'e', len) != NULL || memchr(text, 'E', len) != NULL) {
    return from_double(cspan_decimal_round(text, len, NAN), out);
  }
  int64_t seconds;
  if (!cspan_decimal_to_int(&decimal, &seconds) && point == NULL) {
    return false;
  }
  *out = cspan_timestamp(seconds, point != NULL ? read_nanos(point + 1, digits) : 0);
  return true;
}

/* Takes ".123" out of the text. */
static uint32_t take_fraction(char *text) {
  char *point = strchr(text, '.');
  if (point == NULL) {
    return 0;
  }
  size_t digits = strspn(point + 1, "0123456789");
  if (digits == 0) {
    return 0;
  }
  uint32_t nanos = read_nanos(point + 1, digits);
  memmove(point, point + 1 + digits, strlen(point + 1 + digits) + 1);
  return nanos;
}

/* Date alone, a blank for the 'T', no zone: all are taken as services have sent them. */
static bool read_iso8601(char text[MAX_TEXT + 32], time_t *out) {
  size_t len = strlen(text);
  if (len == sizeof "2014-04-29" - 1) {
    memcpy(text + len, "T00:00:00Z", sizeof "T00:00:00Z");
    return cspan_parse_iso8601(text, out);
  }
  char *separator = text + strcspn(text, "t ");
  if (*separator != '\0' && strchr(text, 'T') == NULL) {
    *separator = 'T';
  }
  if (len > 0 && text[len - 1] == 'z') {
    text[len - 1] = 'Z';
  }
  if (cspan_parse_iso8601(text, out)) {
    return true;
  }
  memcpy(text + len, "Z", sizeof "Z");
  return cspan_parse_iso8601(text, out);
}

/* The day in one digit, and other words for GMT, as RFC 822 allows them. */
static bool read_http_date(char text[MAX_TEXT + 32], time_t *out) {
  static const char *const zones[] = {" UTC", " +0000", " UT", " Z"};
  char *day = strstr(text, ", ");
  if (day != NULL && day[2] >= '0' && day[2] <= '9' && day[3] == ' ') {
    memmove(day + 3, day + 2, strlen(day + 2) + 1);
    day[2] = '0';
  }
  size_t len = strlen(text);
  for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
    size_t zone = strlen(zones[i]);
    if (len > zone && strcmp(text + len - zone, zones[i]) == 0) {
      memcpy(text + len - zone, " GMT", sizeof " GMT");
      break;
    }
  }
  return cspan_parse_http_date(text, out);
}

bool cspan_protocol_parse_timestamp(const char *text, size_t len, cspan_value *out) {
  char copy[MAX_TEXT + 32];
  time_t seconds;
  cspan_str trimmed = cspan_str_trim((cspan_str){text, len});
  if (trimmed.len == 0 || trimmed.len > MAX_TEXT || memchr(trimmed.data, '\0', trimmed.len)) {
    return false;
  }
  if (read_unix(trimmed.data, trimmed.len, out)) {
    return true;
  }
  memcpy(copy, trimmed.data, trimmed.len);
  copy[trimmed.len] = '\0';
  uint32_t nanos = take_fraction(copy);
  bool has_weekday = copy[0] >= 'A' && copy[0] <= 'Z';
  if (!(has_weekday ? read_http_date(copy, &seconds) : read_iso8601(copy, &seconds))) {
    return false;
  }
  *out = cspan_timestamp((int64_t)seconds, nanos);
  return true;
}

bool cspan_protocol_time_of(const cspan_value *value, cspan_value *out) {
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_TIMESTAMP:
    *out = *value;
    return true;
  case CSPAN_VALUE_INT:
    *out = cspan_timestamp(value->as.integer, 0);
    return true;
  case CSPAN_VALUE_DOUBLE:
    return from_double(value->as.number, out);
  case CSPAN_VALUE_NUMBER:
    return read_unix(value->as.text, value->size, out);
  case CSPAN_VALUE_STRING:
    return cspan_protocol_parse_timestamp(value->as.text, value->size, out);
  default:
    return false;
  }
}
