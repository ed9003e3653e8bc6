/* SPDX-License-Identifier: Apache-2.0 */
/* The documentation of models as plain text: no white space that a tag or a line break did not
 * ask for, and never longer than it can be. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/html_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *html = cspan_strndup((const char *)data, size);
  cspan_buf out;
  if (!html) {
    return 0;
  }
  cspan_buf_init(&out, 8 * size + 16);
  cspan_cli_html_text(html, &out);
  require(cspan_buf_status(&out) == CSPAN_OK);
  const char *text = cspan_buf_text(&out);
  require(strlen(text) == out.len || memchr(data, '\0', size) != NULL);
  require(text[0] != ' ' || strstr(html, "&#") || strstr(html, "&nbsp;"));
  require(!strstr(text, "\n\n\n") || strstr(html, "&#"));
  require(cspan_cli_sentence(text) <= out.len);
  FILE *file = fopen("/dev/null", "w");
  if (file) {
    cspan_cli_put_wrapped(file, text, out.len, size % 16, 20);
    (void)fclose(file);
  }
  cspan_buf_free(&out);
  cspan_free(html);
  return 0;
}
