/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/threshold.h"

#include <math.h>

enum { BITS = 56, DIGIT_BITS = 4 };

/* Leading 0s and fs of the threshold do not count as significant. */
static int digits_of(double ratio) {
  int below;
  int above;
  (void)frexp(ratio, &below);
  (void)frexp(1 - ratio, &above);
  int leading = (below < above ? -below : -above) / DIGIT_BITS;
  int digits = CSPAN_THRESHOLD_PRECISION + leading;
  return digits < CSPAN_THRESHOLD_DIGITS ? digits : CSPAN_THRESHOLD_DIGITS;
}

uint64_t cspan_threshold_of_ratio(double ratio) {
  if (!(ratio >= ldexp(1, -BITS))) {
    return CSPAN_THRESHOLD_NEVER;
  }
  if (ratio >= 1) {
    return 0;
  }
  uint64_t threshold = CSPAN_THRESHOLD_NEVER - (uint64_t)(ldexp(ratio, BITS) + 0.5);
  int shift = DIGIT_BITS * (CSPAN_THRESHOLD_DIGITS - digits_of(ratio));
  if (shift > 0) {
    threshold = (threshold + (UINT64_C(1) << (shift - 1))) >> shift << shift;
  }
  return threshold;
}

double cspan_threshold_ratio(uint64_t threshold) {
  return ldexp((double)(CSPAN_THRESHOLD_NEVER - threshold), -BITS);
}

void cspan_randomness_text(uint64_t randomness, char out[CSPAN_THRESHOLD_DIGITS + 1]) {
  static const char hex[] = "0123456789abcdef";
  for (int i = CSPAN_THRESHOLD_DIGITS; i-- > 0;) {
    out[i] = hex[randomness & 0xF];
    randomness >>= DIGIT_BITS;
  }
  out[CSPAN_THRESHOLD_DIGITS] = '\0';
}

size_t cspan_threshold_text(uint64_t threshold, char out[CSPAN_THRESHOLD_DIGITS + 1]) {
  cspan_randomness_text(threshold, out);
  size_t len = CSPAN_THRESHOLD_DIGITS;
  while (len > 1 && out[len - 1] == '0') {
    len--;
  }
  out[len] = '\0';
  return len;
}

static int digit_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

uint64_t cspan_threshold_parse(const char *text, size_t len) {
  uint64_t value = 0;
  if (len == 0 || len > CSPAN_THRESHOLD_DIGITS) {
    return CSPAN_THRESHOLD_ABSENT;
  }
  for (size_t i = 0; i < len; i++) {
    int digit = digit_of(text[i]);
    if (digit < 0) {
      return CSPAN_THRESHOLD_ABSENT;
    }
    value = value << DIGIT_BITS | (uint64_t)digit;
  }
  return value << (DIGIT_BITS * (CSPAN_THRESHOLD_DIGITS - len));
}

uint64_t cspan_randomness_parse(const char *text, size_t len) {
  return len == CSPAN_THRESHOLD_DIGITS ? cspan_threshold_parse(text, len) : CSPAN_THRESHOLD_ABSENT;
}

/* Not by printf, which writes what the locale has for a point. */
void cspan_ratio_text(double ratio, unsigned min_digits, char out[CSPAN_RATIO_TEXT_MAX]) {
  enum { DIGITS = 18 };
  ratio = ratio > 0 ? (ratio < 1 ? ratio : 1) : 0;
  uint64_t left = 1;
  for (unsigned i = 0; i < DIGITS; i++) {
    left *= 10;
  }
  /* 15 significant digits is what a double tells apart for sure. */
  double scaled = ratio * (double)left;
  uint64_t step = 1;
  while (scaled / (double)step >= 1e15) {
    step *= 10;
  }
  uint64_t value = (uint64_t)(scaled / (double)step + 0.5) * step;
  *out++ = (char)('0' + value / left);
  value %= left;
  unsigned digits = 0;
  while (digits < DIGITS && (value > 0 || digits < min_digits)) {
    if (digits++ == 0) {
      *out++ = '.';
    }
    left /= 10;
    *out++ = (char)('0' + value / left);
    value %= left;
  }
  *out = '\0';
}
