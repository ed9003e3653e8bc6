/* SPDX-License-Identifier: Apache-2.0 */
/* The documentation of models, which is HTML, as plain text for a terminal. */
#ifndef CLI_HTML_TEXT_H
#define CLI_HTML_TEXT_H

#include <stdio.h>

#include "base/buf.h"

/* Appends the text: tags are dropped, entities decoded, white space is one blank; paragraphs are
 * separated by an empty line, and an item of a list is a line that begins with "- ". */
void cspan_cli_html_text(const char *html, cspan_buf *out);

/* How long the first sentence of a text is, in bytes. */
size_t cspan_cli_sentence(const char *text);

/* Prints a text's first `len` bytes in lines that begin with `indent` blanks and end before
 * column `width`, where words allow. What would act on a terminal is escaped. */
void cspan_cli_put_wrapped(FILE *file, const char *text, size_t len, size_t indent, size_t width);

#endif
