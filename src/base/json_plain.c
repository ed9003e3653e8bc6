/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing of JSON spend most of their time with, eight bytes at once. */
#include "base/json.h"

#define EACH_BYTE(value) ((uint64_t)(value)*0x0101010101010101U)

/* The top bit of each byte that is 0, and maybe of bytes behind such a one. */
static uint64_t zero_bytes(uint64_t word) {
  return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* The same for bytes below a space. */
static uint64_t control_bytes(uint64_t word) {
  return (word - EACH_BYTE(' ')) & ~word & EACH_BYTE(0x80);
}

static bool is_plain(char c) {
  return c != '"' && c != '\\' && (unsigned char)c >= ' ';
}

size_t cspan_json_plain(const char *text, size_t len, bool *is_ascii) {
  size_t i = 0;
  uint64_t word;
  uint64_t all = 0;
  for (; len - i >= sizeof word; i += sizeof word) {
    memcpy(&word, text + i, sizeof word);
    if (zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\')) |
        control_bytes(word)) {
      break;
    }
    all |= word;
  }
  for (; i < len && is_plain(text[i]); i++) {
    all |= (unsigned char)text[i];
  }
  *is_ascii = (all & EACH_BYTE(0x80)) == 0;
  return i;
}
