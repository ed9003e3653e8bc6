/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "sandbox/xml.h"

void cspan_sbx_xml_begin(cspan_buf *out, const char *root) {
  cspan_buf_printf(out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<%s xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
                   root);
}

void cspan_sbx_xml_open(cspan_buf *out, const char *name) {
  cspan_buf_printf(out, "<%s>", name);
}

void cspan_sbx_xml_close(cspan_buf *out, const char *name) {
  cspan_buf_printf(out, "</%s>", name);
}

static void escape(cspan_buf *out, const char *text, size_t len) {
  size_t start = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    const char *name = c == '&'   ? "&amp;"
                       : c == '<' ? "&lt;"
                       : c == '>' ? "&gt;"
                       : c == '"' ? "&quot;"
                                  : NULL;
    if (!name && (c >= 0x20 || c == '\t' || c == '\n')) {
      continue;
    }
    cspan_buf_append(out, text + start, i - start);
    start = i + 1;
    if (name) {
      cspan_buf_str(out, name);
    } else {
      cspan_buf_printf(out, "&#x%X;", c);
    }
  }
  cspan_buf_append(out, text + start, len - start);
}

void cspan_sbx_xml_bytes(cspan_buf *out, const char *name, const char *value, size_t len) {
  cspan_sbx_xml_open(out, name);
  escape(out, value, len);
  cspan_sbx_xml_close(out, name);
}

void cspan_sbx_xml_text(cspan_buf *out, const char *name, const char *value) {
  cspan_sbx_xml_bytes(out, name, value, strlen(value));
}

void cspan_sbx_xml_int(cspan_buf *out, const char *name, int64_t value) {
  cspan_buf_printf(out, "<%s>%lld</%s>", name, (long long)value, name);
}

void cspan_sbx_xml_bool(cspan_buf *out, const char *name, bool value) {
  cspan_sbx_xml_text(out, name, value ? "true" : "false");
}

void cspan_sbx_xml_time(cspan_buf *out, const char *name, int64_t seconds) {
  char text[21];
  cspan_format_iso8601((time_t)seconds, text);
  cspan_buf_printf(out, "<%s>%.19s.000Z</%s>", name, text, name);
}
