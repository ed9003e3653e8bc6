/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/columns.h"

#include <stdio.h>
#include <string.h>

/* More marks than this on one character are dropped: stacks of them reach into other
 * lines. */
enum { MAX_MARKS = 4, PIECE_CAPACITY = 16 };

typedef struct range {
  uint32_t first;
  uint32_t last;
} range;

/* Never printed: they would act on the terminal or on the order of the text. */
static const range dangerous[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},   {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x180e, 0x180e}, {0x200b, 0x200c}, {0x200e, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0xfffe, 0xffff}, {0xe000, 0xf8ff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};

/* Combining marks, variation selectors and the joiner of emoji: no column of their own. */
static const range zero_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},  {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
    {0x05c4, 0x05c5}, {0x05c7, 0x05c7}, {0x0610, 0x061a},  {0x064b, 0x065f}, {0x0670, 0x0670},
    {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8},  {0x06ea, 0x06ed}, {0x0711, 0x0711},
    {0x0730, 0x074a}, {0x07a6, 0x07b0}, {0x0816, 0x0819},  {0x0900, 0x0902}, {0x093a, 0x093a},
    {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d},  {0x0951, 0x0957}, {0x0981, 0x0981},
    {0x09bc, 0x09bc}, {0x09c1, 0x09c4}, {0x09cd, 0x09cd},  {0x0a3c, 0x0a3c}, {0x0a41, 0x0a51},
    {0x0abc, 0x0abc}, {0x0ac1, 0x0acd}, {0x0b3c, 0x0b3c},  {0x0bcd, 0x0bcd}, {0x0c3e, 0x0c40},
    {0x0ccd, 0x0ccd}, {0x0d4d, 0x0d4d}, {0x0e31, 0x0e31},  {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x0eb1, 0x0eb1}, {0x0eb4, 0x0ebc}, {0x0ec8, 0x0ece},  {0x0f71, 0x0f84}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200d, 0x200d}, {0x20d0, 0x20ff},  {0x302a, 0x302d}, {0x3099, 0x309a},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}};

static const range wide[] = {
    {0x1100, 0x115e},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff},
    {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc},
    {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};

#define IN_TABLE(code, table) in_table(code, table, sizeof(table) / sizeof((table)[0]))

static bool in_table(uint32_t code, const range *table, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (code >= table[i].first && code <= table[i].last) {
      return true;
    }
  }
  return false;
}

bool cspan_columns_is_control(uint32_t code) {
  return IN_TABLE(code, dangerous);
}

size_t cspan_utf8_decode(const char *bytes, size_t len, uint32_t *code) {
  const unsigned char *text = (const unsigned char *)bytes;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (len == 0) {
    return 0;
  }
  size_t need = text[0] < 0x80             ? 1
                : (text[0] & 0xe0) == 0xc0 ? 2
                : (text[0] & 0xf0) == 0xe0 ? 3
                : (text[0] & 0xf8) == 0xf0 ? 4
                                           : 0;
  if (need == 0 || need > len) {
    return 0;
  }
  uint32_t value = need == 1 ? text[0] : text[0] & (0x7fu >> need);
  for (size_t i = 1; i < need; i++) {
    if ((text[i] & 0xc0) != 0x80) {
      return 0;
    }
    value = value << 6 | (text[i] & 0x3fu);
  }
  if (value < least[need] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return 0;
  }
  *code = value;
  return need;
}

typedef struct reader {
  const char *text;
  size_t len;
  bool ascii;
  int marks; /* on the character before */
  char piece[PIECE_CAPACITY];
  size_t piece_len;
  size_t columns;
} reader;

static void piece_escape(reader *r, const char *fmt, unsigned value) {
  int n = snprintf(r->piece, sizeof r->piece, fmt, value);
  r->piece_len = n > 0 ? (size_t)n : 0;
  r->columns = r->piece_len;
}

static void piece_control(reader *r, uint32_t code) {
  if (code == '\n' || code == '\r' || code == '\t') {
    piece_escape(r, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
  } else if (code < 0x100) {
    piece_escape(r, "\\x%02x", code);
  } else {
    piece_escape(r, "\\u{%x}", code);
  }
}

static void piece_text(reader *r, size_t bytes, size_t columns) {
  memcpy(r->piece, r->text, bytes);
  r->piece_len = bytes;
  r->columns = columns;
}

/* Makes the next character printable; false at the end. */
static bool next_piece(reader *r) {
  if (r->len == 0) {
    return false;
  }
  uint32_t code = 0;
  size_t bytes = cspan_utf8_decode(r->text, r->len, &code);
  bool mark = false;
  if (bytes == 0) {
    piece_escape(r, "\\x%02x", (unsigned char)r->text[0]);
    bytes = 1;
  } else if (code >= 0x20 && code < 0x7f) {
    piece_text(r, 1, 1);
  } else if (cspan_columns_is_control(code)) {
    piece_control(r, code);
  } else if (IN_TABLE(code, zero_width)) {
    mark = true;
    piece_text(r, r->ascii || r->marks >= MAX_MARKS ? 0 : bytes, 0);
  } else if (r->ascii) {
    piece_escape(r, "%c", '?');
  } else {
    piece_text(r, bytes, IN_TABLE(code, wide) ? 2 : 1);
  }
  r->marks = mark ? r->marks + 1 : 0;
  r->text += bytes;
  r->len -= bytes;
  return true;
}

static reader reader_of(const char *text, size_t len, bool ascii) {
  reader r = {.text = text, .len = len, .ascii = ascii};
  return r;
}

size_t cspan_columns_of(const char *text, size_t len, bool ascii) {
  size_t columns = 0;
  for (reader r = reader_of(text, len, ascii); next_piece(&r);) {
    columns += r.columns;
  }
  return columns;
}

/* As cspan_columns_of, but no further than one past `most`: texts may be megabytes. */
static bool fits(const char *text, size_t len, size_t most, bool ascii) {
  size_t columns = 0;
  for (reader r = reader_of(text, len, ascii); next_piece(&r);) {
    columns += r.columns;
    if (columns > most) {
      return false;
    }
  }
  return true;
}

size_t cspan_columns_put(cspan_buf *out, const char *text, size_t len, size_t max_columns,
                         bool ascii) {
  if (max_columns == 0) {
    return 0;
  }
  bool whole = fits(text, len, max_columns, ascii);
  size_t room = whole ? max_columns : max_columns - 1;
  size_t columns = 0;
  for (reader r = reader_of(text, len, ascii); next_piece(&r);) {
    if (columns + r.columns > room) {
      break;
    }
    cspan_buf_append(out, r.piece, r.piece_len);
    columns += r.columns;
  }
  if (!whole) {
    cspan_buf_str(out, ascii ? "~" : "\xe2\x80\xa6");
    columns++;
  }
  return columns;
}

/* \uXXXX, by surrogates where that is not enough. */
static void json_escape(cspan_buf *out, uint32_t code) {
  if (code >= 0x10000) {
    cspan_buf_printf(out, "\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)));
    code = 0xdc00 + ((code - 0x10000) & 0x3ff);
  }
  cspan_buf_printf(out, "\\u%04x", (unsigned)code);
}

void cspan_columns_json(cspan_buf *out, const char *text, size_t len) {
  cspan_buf_char(out, '"');
  for (size_t i = 0; i < len;) {
    uint32_t code = 0xfffd;
    size_t bytes = cspan_utf8_decode(text + i, len - i, &code);
    if (bytes == 0 || cspan_columns_is_control(code)) {
      json_escape(out, code);
    } else if (code == '"' || code == '\\') {
      cspan_buf_char(out, '\\');
      cspan_buf_char(out, (char)code);
    } else {
      cspan_buf_append(out, text + i, bytes);
    }
    i += bytes ? bytes : 1;
  }
  cspan_buf_char(out, '"');
}

void cspan_columns_pad(cspan_buf *out, size_t count) {
  static const char blanks[] = "                                ";
  while (count > 0) {
    size_t n = count < sizeof blanks - 1 ? count : sizeof blanks - 1;
    cspan_buf_append(out, blanks, n);
    count -= n;
  }
}

void cspan_format_duration(int64_t ns, bool ascii, char out[CSPAN_DURATION_CAPACITY]) {
  static const struct {
    int64_t ns;
    const char *name;
    const char *ascii_name;
  } units[] = {{1000, "\xc2\xb5s", "us"}, {1000000, "ms", "ms"}, {1000000000, "s", "s"}};
  if (ns < 1000) {
    snprintf(out, CSPAN_DURATION_CAPACITY, "%d ns", ns > 0 ? (int)ns : 0);
    return;
  }
  int64_t seconds = ns / 1000000000 + (ns % 1000000000 >= 500000000);
  int64_t hours = seconds / 3600;
  if (hours >= 24000) {
    snprintf(out, CSPAN_DURATION_CAPACITY, "%dd", (int)(hours / 24));
    return;
  }
  if (hours >= 100) {
    snprintf(out, CSPAN_DURATION_CAPACITY, "%dd %02dh", (int)(hours / 24), (int)(hours % 24));
    return;
  }
  if (hours > 0) {
    snprintf(out, CSPAN_DURATION_CAPACITY, "%dh %02dm", (int)hours, (int)(seconds / 60 % 60));
    return;
  }
  if (ns >= 59950000000) { /* less is at most "59.9 s" */
    snprintf(out, CSPAN_DURATION_CAPACITY, "%dm %02ds", (int)(seconds / 60), (int)(seconds % 60));
    return;
  }
  size_t u = 0;
  while (u < 2 && (double)ns >= 999.5 * (double)units[u].ns) {
    u++;
  }
  double value = (double)ns / (double)units[u].ns;
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  snprintf(out, CSPAN_DURATION_CAPACITY, "%.*f %s", decimals, value,
           ascii ? units[u].ascii_name : units[u].name);
}

void cspan_format_bytes(int64_t bytes, char out[CSPAN_BYTES_CAPACITY]) {
  static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    snprintf(out, CSPAN_BYTES_CAPACITY, "%d B", bytes > 0 ? (int)bytes : 0);
    return;
  }
  double value = (double)bytes / 1024;
  size_t u = 0;
  while (u < 5 && value >= 1023.95) {
    value /= 1024;
    u++;
  }
  snprintf(out, CSPAN_BYTES_CAPACITY, "%.1f %s", value, names[u]);
}
