/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a terminal: how many columns it takes, and how to print what came
 * over the network so that it cannot move the cursor, change colours or hide. */
#ifndef VIEWER_COLUMNS_H
#define VIEWER_COLUMNS_H

#include "base/buf.h"

/* Control characters, line separators, bidirectional overrides, tags and bytes
 * that are not UTF-8 are printed as escapes (\n, \x1b, \u{202e}); a wide character
 * takes two columns and a combining mark none. With `ascii`, anything else outside
 * ASCII is a question mark. */

/* Bytes of the UTF-8 character at the start of `text`; 0 when there is none. */
size_t cspan_utf8_decode(const char *text, size_t len, uint32_t *code);

/* Whether printing the character would act on the terminal or on the order of the text. */
bool cspan_columns_is_control(uint32_t code);

/* Columns that the whole text takes. */
size_t cspan_columns_of(const char *text, size_t len, bool ascii);

/* Appends the text, cut with an ellipsis ("~" with `ascii`) when it takes more than
 * max_columns. Returns the columns taken. */
size_t cspan_columns_put(cspan_buf *out, const char *text, size_t len, size_t max_columns,
                         bool ascii);

/* Appends the whole text as a string of JSON that is safe to print: every character above is
 * written as \uXXXX, which says the same to a program. Bytes that are not UTF-8 become U+FFFD. */
void cspan_columns_json(cspan_buf *out, const char *text, size_t len);

/* Appends `count` blanks. */
void cspan_columns_pad(cspan_buf *out, size_t count);

/* A duration in at most 8 columns: "812 ns", "1.20 µs", "37.5 ms", "412 ms", "1.02 s",
 * "2m 05s", "3h 20m", "4d 12h"; negative counts as none. With `ascii`, "us". */
#define CSPAN_DURATION_CAPACITY 24
void cspan_format_duration(int64_t ns, bool ascii, char out[CSPAN_DURATION_CAPACITY]);

/* "512 B", "1.5 KiB", "25.0 MiB"; at most 10 columns; negative counts as none. */
#define CSPAN_BYTES_CAPACITY 24
void cspan_format_bytes(int64_t bytes, char out[CSPAN_BYTES_CAPACITY]);

#endif
