/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/text_wire.h"

static bool is_tail(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/* Length of the valid sequence at s, 0 when there is none. Overlong forms,
 * surrogates and values over U+10FFFF are not valid. */
static size_t sequence(const uint8_t *s, size_t left) {
  if (s[0] < 0x80) {
    return 1;
  }
  if (s[0] >= 0xC2 && s[0] <= 0xDF) {
    return left >= 2 && is_tail(s[1]) ? 2 : 0;
  }
  if (s[0] >= 0xE0 && s[0] <= 0xEF) {
    if (left < 3 || !is_tail(s[1]) || !is_tail(s[2])) {
      return 0;
    }
    bool overlong = s[0] == 0xE0 && s[1] < 0xA0;
    bool surrogate = s[0] == 0xED && s[1] >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (s[0] >= 0xF0 && s[0] <= 0xF4) {
    if (left < 4 || !is_tail(s[1]) || !is_tail(s[2]) || !is_tail(s[3])) {
      return 0;
    }
    bool overlong = s[0] == 0xF0 && s[1] < 0x90;
    bool too_large = s[0] == 0xF4 && s[1] >= 0x90;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

size_t cspan_text_repaired_size(const char *text, size_t len) {
  const uint8_t *s = (const uint8_t *)text;
  size_t size = 0;
  for (size_t i = 0; i < len;) {
    size_t n = sequence(s + i, len - i);
    size += n > 0 ? n : 3;
    i += n > 0 ? n : 1;
  }
  return size;
}

uint8_t *cspan_text_repair(uint8_t *p, const char *text, size_t len) {
  const uint8_t *s = (const uint8_t *)text;
  for (size_t i = 0; i < len;) {
    size_t n = sequence(s + i, len - i);
    if (n > 0) {
      memcpy(p, s + i, n);
      p += n;
      i += n;
    } else {
      *p++ = 0xEF;
      *p++ = 0xBF;
      *p++ = 0xBD;
      i++;
    }
  }
  return p;
}

size_t cspan_text_cut(const char *text, size_t len, size_t max) {
  if (len <= max) {
    return len;
  }
  size_t cut = max;
  for (unsigned back = 0; back < 3 && cut > 0 && is_tail((uint8_t)text[cut]); back++) {
    cut--;
  }
  return cut;
}

size_t cspan_text_cut_characters(const char *text, size_t len, size_t max) {
  const uint8_t *s = (const uint8_t *)text;
  size_t at = 0;
  for (size_t count = 0; at < len && count < max; count++) {
    size_t n = sequence(s + at, len - at);
    at += n > 0 ? n : 1;
  }
  return at;
}
