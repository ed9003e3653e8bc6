/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/html_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/text.h"
#include "viewer/columns.h"

#define NAME_MAX_LEN 12

/* What is to be written before the next letter. */
typedef enum gap { GAP_NONE, GAP_BLANK, GAP_LINE, GAP_ITEM, GAP_PARAGRAPH } gap;

typedef struct writer {
  cspan_buf *out;
  gap pending;
  bool started;
} writer;

static const char *const gap_text[] = {"", " ", "\n", "\n- ", "\n\n"};

static void want(writer *to, gap wanted) {
  if (wanted > to->pending) {
    to->pending = wanted;
  }
}

static void put(writer *to, const char *data, size_t len) {
  if (to->started) {
    (void)cspan_buf_str(to->out, gap_text[to->pending]);
  } else if (to->pending == GAP_ITEM) {
    (void)cspan_buf_str(to->out, "- ");
  }
  to->started = true;
  to->pending = GAP_NONE;
  (void)cspan_buf_append(to->out, data, len);
}

typedef struct named_gap {
  const char *name;
  gap gap;
} named_gap;

static const named_gap tags[] = {
    {"p", GAP_PARAGRAPH},
    {"/p", GAP_PARAGRAPH},
    {"br", GAP_LINE},
    {"li", GAP_ITEM},
    {"/ul", GAP_PARAGRAPH},
    {"/ol", GAP_PARAGRAPH},
    {"dt", GAP_PARAGRAPH},
    {"dd", GAP_LINE},
    {"note", GAP_PARAGRAPH},
    {"/note", GAP_PARAGRAPH},
    {"div", GAP_PARAGRAPH},
    {"/div", GAP_PARAGRAPH},
    {"pre", GAP_PARAGRAPH},
    {"/pre", GAP_PARAGRAPH},
    {"tr", GAP_LINE},
    {"important", GAP_PARAGRAPH},
    {"h1", GAP_PARAGRAPH},
    {"h2", GAP_PARAGRAPH},
    {"h3", GAP_PARAGRAPH},
    {"h4", GAP_PARAGRAPH},
    {"fullname", GAP_PARAGRAPH},
    {"/fullname", GAP_PARAGRAPH},
    {"/important", GAP_PARAGRAPH},
};

/* The end of a tag, behind its '>'; the text itself where it is none. */
static const char *take_tag(writer *to, const char *at) {
  char name[NAME_MAX_LEN];
  const char *end = strchr(at, '>');
  bool is_tag = at[1] == '/' || (at[1] >= 'a' && at[1] <= 'z') || (at[1] >= 'A' && at[1] <= 'Z');
  if (!end || !is_tag) {
    put(to, at, 1);
    return at + 1;
  }
  size_t len = 1 + strcspn(at + 2, " \t\r\n/>");
  if (len < sizeof name) {
    memcpy(name, at + 1, len);
    name[len] = '\0';
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
      if (cspan_ieq(name, tags[i].name)) {
        /* An item's own paragraph stays on its line. */
        want(to, to->pending == GAP_ITEM && name[0] == 'p' ? GAP_ITEM : tags[i].gap);
        to->pending = tags[i].gap == GAP_ITEM ? GAP_ITEM : to->pending;
      }
    }
  }
  return end + 1;
}

static size_t encode_utf8(uint32_t code, char out[4]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = len - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  out[0] = (char)((0xf0u << (4 - len)) | code);
  return len;
}

typedef struct named_code {
  const char *name;
  uint32_t code;
} named_code;

static const named_code entities[] = {
    {"lt", '<'},       {"gt", '>'},       {"amp", '&'},      {"quot", '"'},      {"apos", '\''},
    {"nbsp", ' '},     {"mdash", 0x2014}, {"ndash", 0x2013}, {"hellip", 0x2026}, {"copy", 0xa9},
    {"reg", 0xae},     {"times", 0xd7},   {"lsquo", 0x2018}, {"rsquo", 0x2019},  {"ldquo", 0x201c},
    {"rdquo", 0x201d}, {"bull", 0x2022},  {"le", 0x2264},    {"ge", 0x2265},     {"trade", 0x2122},
};

/* 0 where it is not one. */
static uint32_t entity_code(const char *name) {
  if (name[0] == '#') {
    bool is_hex = name[1] == 'x' || name[1] == 'X';
    char *end = NULL;
    unsigned long code = strtoul(name + (is_hex ? 2 : 1), &end, is_hex ? 16 : 10);
    bool is_character = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
    return *end == '\0' && is_character ? (uint32_t)code : 0;
  }
  for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
    if (strcmp(name, entities[i].name) == 0) {
      return entities[i].code;
    }
  }
  return 0;
}

static const char *take_entity(writer *to, const char *at) {
  char name[NAME_MAX_LEN];
  char encoded[4];
  size_t len = strcspn(at + 1, "; <&");
  if (at[1 + len] == ';' && len && len < sizeof name) {
    memcpy(name, at + 1, len);
    name[len] = '\0';
    uint32_t code = entity_code(name);
    if (code) {
      put(to, encoded, encode_utf8(code, encoded));
      return at + len + 2;
    }
  }
  put(to, at, 1);
  return at + 1;
}

void cspan_cli_html_text(const char *html, cspan_buf *out) {
  writer to = {.out = out};
  while (*html) {
    size_t len = strcspn(html, "<& \t\r\n");
    if (len) {
      put(&to, html, len);
      html += len;
    } else if (*html == '<') {
      html = take_tag(&to, html);
    } else if (*html == '&') {
      html = take_entity(&to, html);
    } else {
      want(&to, GAP_BLANK);
      html++;
    }
  }
}

size_t cspan_cli_sentence(const char *text) {
  for (size_t i = 0; text[i]; i++) {
    if (text[i] == '\n') {
      return i;
    }
    if (text[i] == '.' && (text[i + 1] == ' ' || text[i + 1] == '\n')) {
      /* "e.g. this" is not the end of a sentence. */
      bool is_short = i >= 2 && text[i - 2] == '.';
      if (!is_short) {
        return i + 1;
      }
    }
  }
  return strlen(text);
}

/* One word, which holds no blank. */
static void put_word(FILE *file, const char *word, size_t len) {
  char piece[128];
  while (len) {
    size_t part = len < sizeof piece ? len : sizeof piece - 1;
    /* Characters stay whole. */
    while (part > 1 && part < len && ((unsigned char)word[part] & 0xc0) == 0x80) {
      part--;
    }
    memcpy(piece, word, part);
    piece[part] = '\0';
    cspan_cli_put_text(file, piece);
    word += part;
    len -= part;
  }
}

void cspan_cli_put_wrapped(FILE *file, const char *text, size_t len, size_t indent, size_t width) {
  size_t column = 0;
  const char *end = text + len;
  while (text < end) {
    if (*text == '\n') {
      (void)fputc('\n', file);
      column = 0;
      text++;
      continue;
    }
    if (*text == ' ') {
      text++;
      continue;
    }
    size_t word = 0;
    while (text + word < end && text[word] != ' ' && text[word] != '\n') {
      word++;
    }
    size_t columns = cspan_columns_of(text, word, false);
    if (column && column + 1 + columns > width) {
      (void)fputc('\n', file);
      column = 0;
    }
    (void)fprintf(file, "%*s", column ? 1 : (int)indent, "");
    column += (column ? 1 : indent) + columns;
    put_word(file, text, word);
    text += word;
  }
  (void)fputc('\n', file);
}
