/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a response's head, cut where libcurl would cut them. */
#include <stdlib.h>
#include <string.h>

#include "http/header_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) {
    abort();
  }
}

/* Whatever came in, what is handed on is clean. */
static void check_field(const char *name, const char *value) {
  check(cspan_header_is_token(name));
  for (const char *c = name; *c; c++) {
    check(!(*c >= 'A' && *c <= 'Z'));
  }
  size_t len = strlen(value);
  for (size_t i = 0; i < len; i++) {
    check((unsigned char)value[i] >= 0x20 || value[i] == '\t');
  }
  check(len == 0 || (value[0] != ' ' && value[len - 1] != ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  cspan_header_parser parser;
  int heads = 0;
  cspan_header_parser_init(&parser, 4096);
  while (size > 0) {
    const char *end = memchr(text, '\n', size);
    size_t len = end ? (size_t)(end - text) + 1 : size;
    const char *name;
    const char *value;
    cspan_header_event event = cspan_header_parse(&parser, text, len, &name, &value);
    bool field = event == CSPAN_HEADER_FIELD || event == CSPAN_HEADER_TRAILER;
    check(field == (name != NULL));
    if (field) {
      check(heads == (event == CSPAN_HEADER_TRAILER));
      check_field(name, value);
    }
    heads += event == CSPAN_HEADER_END;
    check(heads == 0 || (parser.status >= 200 && parser.status <= 999));
    check(parser.total <= 4096 && parser.content_length >= -1);
    text += len;
    size -= len;
  }
  check(heads <= 1);
  cspan_header_parser_free(&parser);
  return 0;
}
