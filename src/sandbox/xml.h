/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the documents of the answers, reading those of the requests. */
#ifndef SANDBOX_XML_H
#define SANDBOX_XML_H

#include "base/buf.h"

void cspan_sbx_xml_begin(cspan_buf *out, const char *root); /* with declaration and namespace */
void cspan_sbx_xml_open(cspan_buf *out, const char *name);
void cspan_sbx_xml_close(cspan_buf *out, const char *name);
void cspan_sbx_xml_text(cspan_buf *out, const char *name, const char *value);
void cspan_sbx_xml_bytes(cspan_buf *out, const char *name, const char *value, size_t len);
void cspan_sbx_xml_int(cspan_buf *out, const char *name, int64_t value);
void cspan_sbx_xml_bool(cspan_buf *out, const char *name, bool value);
void cspan_sbx_xml_time(cspan_buf *out, const char *name, int64_t seconds);

/* Calls fn at the end of every element: its path ("Delete/Object/Key") and its
 * own text. False: not well-formed, a document type, over a cap (depth 8, text
 * of an element 8 KiB), or fn gave something else than OK; *status then says
 * whether memory was the reason. */
typedef cspan_status (*sbx_xml_fn)(void *user, const char *path, const char *text, size_t len);
bool cspan_sbx_xml_parse(const char *data, size_t len, sbx_xml_fn fn, void *user,
                         cspan_status *status);

#endif
