/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times as text, without the C library's locale and time zone. */
#include <string.h>

#include "base/text.h"

enum { DAY_SECONDS = 86400 };

typedef struct civil {
  int64_t year;
  int month; /* 1 to 12 */
  int day;
  int hour;
  int minute;
  int second;
  int weekday; /* 0: Sunday */
} civil;

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* Days since 1970-01-01. Counts in eras of 400 years that begin on March 1, so
 * that the leap day is the last of a year. */
static int64_t days_of(int64_t year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t year_of_era = y - era * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/* The formats have room for four digits of a year. */
static int64_t clamp_time(int64_t t) {
  int64_t first = days_of(0, 1, 1) * DAY_SECONDS;
  int64_t last = days_of(10000, 1, 1) * DAY_SECONDS - 1;
  return t < first ? first : t > last ? last : t;
}

static civil civil_of(time_t time) {
  int64_t t = clamp_time((int64_t)time);
  int64_t days = floor_div(t, DAY_SECONDS);
  int seconds = (int)(t - days * DAY_SECONDS);
  int64_t z = days + 719468;
  int64_t era = floor_div(z, 146097);
  int64_t doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  int month = (int)(mp < 10 ? mp + 3 : mp - 9);
  return (civil){
      .year = yoe + era * 400 + (month <= 2 ? 1 : 0),
      .month = month,
      .day = (int)(doy - (153 * mp + 2) / 5 + 1),
      .hour = seconds / 3600,
      .minute = seconds / 60 % 60,
      .second = seconds % 60,
      .weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7),
  };
}

static char *put_digits(char *at, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    at[i] = (char)('0' + value % 10);
    value /= 10;
  }
  return at + digits;
}

static char *put_text(char *at, const char *text) {
  while (*text) {
    *at++ = *text++;
  }
  return at;
}

static char *put_clock(char *at, const civil *c, const char *separator) {
  at = put_digits(at, c->hour, 2);
  at = put_text(at, separator);
  at = put_digits(at, c->minute, 2);
  at = put_text(at, separator);
  return put_digits(at, c->second, 2);
}

void cspan_format_iso8601(time_t t, char out[21]) {
  civil c = civil_of(t);
  char *at = put_digits(out, c.year, 4);
  *at++ = '-';
  at = put_digits(at, c.month, 2);
  *at++ = '-';
  at = put_digits(at, c.day, 2);
  *at++ = 'T';
  at = put_clock(at, &c, ":");
  *at++ = 'Z';
  *at = '\0';
}

void cspan_format_iso8601_basic(time_t t, char out[17]) {
  civil c = civil_of(t);
  char *at = put_digits(out, c.year, 4);
  at = put_digits(at, c.month, 2);
  at = put_digits(at, c.day, 2);
  *at++ = 'T';
  at = put_clock(at, &c, "");
  *at++ = 'Z';
  *at = '\0';
}

void cspan_format_http_date(time_t t, char out[30]) {
  civil c = civil_of(t);
  char *at = put_text(out, day_names[c.weekday]);
  at = put_text(at, ", ");
  at = put_digits(at, c.day, 2);
  *at++ = ' ';
  at = put_text(at, month_names[c.month - 1]);
  *at++ = ' ';
  at = put_digits(at, c.year, 4);
  *at++ = ' ';
  at = put_clock(at, &c, ":");
  at = put_text(at, " GMT");
  *at = '\0';
}

static bool take_digits(const char **at, int count, int *out) {
  int value = 0;
  for (int i = 0; i < count; i++) {
    char c = (*at)[i];
    if (c < '0' || c > '9') {
      return false;
    }
    value = value * 10 + (c - '0');
  }
  *at += count;
  *out = value;
  return true;
}

static bool take_text(const char **at, const char *text) {
  size_t length = strlen(text);
  if (strncmp(*at, text, length) != 0) {
    return false;
  }
  *at += length;
  return true;
}

static bool take_date(const char **at, const char *separator, civil *c) {
  int year;
  bool ok = take_digits(at, 4, &year) && take_text(at, separator) &&
            take_digits(at, 2, &c->month) && take_text(at, separator) &&
            take_digits(at, 2, &c->day);
  c->year = ok ? year : 0;
  return ok;
}

static bool take_clock(const char **at, const char *separator, civil *c) {
  return take_digits(at, 2, &c->hour) && take_text(at, separator) &&
         take_digits(at, 2, &c->minute) && take_text(at, separator) &&
         take_digits(at, 2, &c->second);
}

static int days_in_month(int64_t year, int month) {
  static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

/* A second of 60 is a leap second, and counts as the next one. */
static bool to_time(const civil *c, int offset_seconds, time_t *out) {
  if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) ||
      c->hour > 23 || c->minute > 59 || c->second > 60) {
    return false;
  }
  int64_t t = days_of(c->year, c->month, c->day) * DAY_SECONDS + c->hour * 3600 + c->minute * 60 +
              c->second - offset_seconds;
  *out = (time_t)t;
  return true;
}

/* "Z", "+02:00" or "+0200". */
static bool take_zone(const char **at, int *offset_seconds) {
  *offset_seconds = 0;
  if (take_text(at, "Z")) {
    return true;
  }
  int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
  int hours;
  int minutes;
  if (sign == 0) {
    return false;
  }
  ++*at;
  if (!take_digits(at, 2, &hours)) {
    return false;
  }
  take_text(at, ":");
  if (!take_digits(at, 2, &minutes) || hours > 23 || minutes > 59) {
    return false;
  }
  *offset_seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool cspan_parse_iso8601(const char *text, time_t *out) {
  if (!text) {
    return false;
  }
  const char *at = text;
  civil c = {0};
  bool basic = strlen(text) > 4 && text[4] != '-';
  if (!take_date(&at, basic ? "" : "-", &c) || !take_text(&at, "T") ||
      !take_clock(&at, basic ? "" : ":", &c)) {
    return false;
  }
  if (*at == '.') {
    int digit;
    at++;
    if (!take_digits(&at, 1, &digit)) {
      return false;
    }
    while (take_digits(&at, 1, &digit)) {
    }
  }
  int offset_seconds;
  return take_zone(&at, &offset_seconds) && *at == '\0' && to_time(&c, offset_seconds, out);
}

static bool take_name(const char **at, const char (*list)[4], int count, int *index) {
  for (int i = 0; i < count; i++) {
    if (take_text(at, list[i])) {
      *index = i;
      return true;
    }
  }
  return false;
}

bool cspan_parse_http_date(const char *text, time_t *out) {
  if (!text) {
    return false;
  }
  const char *at = text;
  civil c = {0};
  int year;
  bool ok = take_name(&at, day_names, 7, &c.weekday) && take_text(&at, ", ") &&
            take_digits(&at, 2, &c.day) && take_text(&at, " ") &&
            take_name(&at, month_names, 12, &c.month) && take_text(&at, " ") &&
            take_digits(&at, 4, &year) && take_text(&at, " ") && take_clock(&at, ":", &c) &&
            take_text(&at, " GMT") && *at == '\0';
  if (!ok) {
    return false;
  }
  c.month++;
  c.year = year;
  return to_time(&c, 0, out);
}
