/* SPDX-License-Identifier: Apache-2.0 */
/* Response header lines, as libcurl hands them over: one complete line at a
 * time, for HTTP/1 and HTTP/2 alike. No I/O. */
#ifndef HTTP_HEADER_PARSE_H
#define HTTP_HEADER_PARSE_H

#include "base/buf.h"

typedef enum cspan_header_event {
  CSPAN_HEADER_NONE,    /* nothing to report: a status line, anything of a 1xx */
  CSPAN_HEADER_FIELD,   /* name and value are set */
  CSPAN_HEADER_TRAILER, /* the same, after the head */
  CSPAN_HEADER_END,     /* the head of the final response is complete */
  CSPAN_HEADER_BAD,     /* not HTTP */
  CSPAN_HEADER_LIMIT,   /* more bytes than allowed */
  CSPAN_HEADER_NOMEM
} cspan_header_event;

typedef struct cspan_header_parser {
  int phase;              /* private */
  int status;             /* of the final response, 0 before its status line */
  int64_t content_length; /* -1 unknown */
  size_t total;           /* bytes of all lines so far */
  size_t max;
  cspan_buf line; /* private: the line that name and value point into */
} cspan_header_parser;

/* `max` bounds the bytes of all lines, those of 1xx responses and trailers
 * included. */
void cspan_header_parser_init(cspan_header_parser *parser, size_t max);
/* Ready for another response; keeps the memory. */
void cspan_header_parser_reset(cspan_header_parser *parser, size_t max);
void cspan_header_parser_free(cspan_header_parser *parser);

/* Takes one line with its line end. *name (lower case) and *value (trimmed)
 * live until the next call;
 * NULL where the event is neither FIELD nor TRAILER. */
cspan_header_event cspan_header_parse(cspan_header_parser *parser, const char *line, size_t len,
                                      const char **name, const char **value);

/* Bytes at the start of the text that can be in a field name. */
size_t cspan_header_token_length(const char *text);
/* Whether it can be a field name (RFC 9110's token). */
bool cspan_header_is_token(const char *text);

#endif
