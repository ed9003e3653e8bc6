/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to values and back. Bytes in, bytes out. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/value.h"

enum { CSPAN_JSON_MAX_BYTES = 256 * 1024 * 1024 };

/* Where a text is wrong: line and column from 1, and what is. */
typedef struct cspan_json_fault {
  size_t line;
  size_t column;
  const char *what; /* static */
} cspan_json_fault;

/* Parses the whole text; strings without escapes still are copied, so that `json` may go.
 * INVALID with `fault` filled (may be NULL), LIMIT, NOMEM. */
cspan_status cspan_json_parse(const char *json, size_t len, cspan_arena *arena, cspan_value *out,
                              cspan_json_fault *fault);

/* Bytes at the start of a text that need no escape in a JSON string: all up to a quote, a
 * backslash or a control character. What is not UTF-8 is not looked for. */
size_t cspan_json_plain(const char *text, size_t len, bool *is_ascii);

/* Appends; see cspan_value_to_json(). Check the buffer afterwards. */
void cspan_json_write(cspan_buf *out, const cspan_value *value, unsigned flags);
/* The text as a JSON string, in quotes; what is not UTF-8 becomes U+FFFD. */
void cspan_json_write_string(cspan_buf *out, const char *text, size_t len);
/* The shortest text that reads back as the same double: "1", "0.1", "1e+30"; NaN and the
 * infinities must have been dealt with. */
void cspan_write_double(cspan_buf *out, double number);
/* ISO 8601 in UTC: "2015-08-30T12:36:00Z", "2015-08-30T12:36:00.25Z". */
void cspan_write_timestamp(cspan_buf *out, const cspan_value *timestamp);

#endif
