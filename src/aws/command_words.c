/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/command_words.h"

#include <string.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies one word to *to, moves *at past it; false for an open quote. */
static bool take_word(const char **at, char **to) {
  char quote = '\0';
  const char *in = *at;
  char *out = *to;
  while (*in && (quote || !is_blank(*in))) {
    if (quote && *in == quote) {
      quote = '\0';
      in++;
    } else if (!quote && (*in == '\'' || *in == '"')) {
      quote = *in++;
    } else if (*in == '\\' && quote != '\'' && in[1] && (!quote || in[1] == '"' || in[1] == '\\')) {
      *out++ = in[1];
      in += 2;
    } else {
      *out++ = *in++;
    }
  }
  *out++ = '\0';
  *at = in;
  *to = out;
  return quote == '\0';
}

cspan_status cspan_command_words(const char *command, cspan_arena *arena, char ***words) {
  size_t len = strlen(command);
  /* Each word takes a character and a blank at least; no word grows. */
  char *text = cspan_arena_alloc(arena, len + 2);
  char **list = cspan_arena_array(arena, len / 2 + 2, sizeof *list);
  if (!text || !list) {
    return CSPAN_ERR_NOMEM;
  }
  size_t count = 0;
  const char *at = command;
  for (;;) {
    while (is_blank(*at)) {
      at++;
    }
    if (!*at) {
      break;
    }
    list[count++] = text;
    if (!take_word(&at, &text)) {
      return CSPAN_ERR_INVALID;
    }
  }
  *words = list;
  return count > 0 && list[0][0] ? CSPAN_OK : CSPAN_ERR_INVALID;
}
