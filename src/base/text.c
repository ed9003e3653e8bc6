/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: comparing, trimming, UTF-8. */
#include "base/text.h"

#include <string.h>

cspan_str cspan_str_of(const char *text) {
  return (cspan_str){text, text ? strlen(text) : 0};
}

bool cspan_str_eq(cspan_str a, const char *b) {
  return b && strlen(b) == a.len && (a.len == 0 || memcmp(a.data, b, a.len) == 0);
}

static char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool cspan_ieq_whole(const char *a, const char *b) {
  if (!a || !b) {
    return a == b;
  }
  while (*a == *b || ascii_lower(*a) == ascii_lower(*b)) {
    if (!*a) {
      return true;
    }
    a++;
    b++;
  }
  return false;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

cspan_str cspan_str_trim(cspan_str s) {
  while (s.len && is_blank(s.data[0])) {
    s.data++;
    s.len--;
  }
  while (s.len && is_blank(s.data[s.len - 1])) {
    s.len--;
  }
  return s;
}

bool cspan_starts_with(const char *text, const char *prefix) {
  return text && prefix && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Table 3-7 of the Unicode standard. */
size_t cspan_utf8_size(const char *data, size_t len) {
  const uint8_t *s = (const uint8_t *)data;
  uint8_t first = s[0];
  if (first < 0x80) {
    return 1;
  }
  size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || len < size) {
    return 0;
  }
  uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (s[1] < low || s[1] > high) {
    return 0;
  }
  for (size_t i = 2; i < size; i++) {
    if ((s[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  return size;
}

/* Of at least eight bytes, the last eight of which may overlap. */
static bool is_ascii(const char *data, size_t len) {
  uint64_t seen = 0;
  uint64_t word;
  for (size_t i = 0; i + sizeof word < len; i += sizeof word) {
    memcpy(&word, data + i, sizeof word);
    seen |= word;
  }
  memcpy(&word, data + len - sizeof word, sizeof word);
  return ((seen | word) & 0x8080808080808080U) == 0;
}

bool cspan_utf8_valid(const char *data, size_t len) {
  size_t i = 0;
  if (len >= sizeof(uint64_t) && len <= 256 && is_ascii(data, len)) {
    return true; /* nearly all short text is that */
  }
  while (i < len) {
    /* Eight ASCII bytes at once: nearly all text is that. */
    uint64_t word;
    if (len - i >= sizeof word) {
      memcpy(&word, data + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    size_t size = cspan_utf8_size(data + i, len - i);
    if (size == 0) {
      return false;
    }
    i += size;
  }
  return true;
}
