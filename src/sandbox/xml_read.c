/* SPDX-License-Identifier: Apache-2.0 */
#include <expat.h>
#include <string.h>

#include "base/alloc.h"
#include "sandbox/xml.h"

enum { MAX_DEPTH = 8, MAX_NAME = 64, MAX_TEXT = 8192, MAX_PATH = MAX_DEPTH * (MAX_NAME + 1) };

typedef struct reader {
  XML_Parser parser;
  sbx_xml_fn fn;
  void *user;
  cspan_status status;
  int depth;
  size_t path_len;
  size_t starts[MAX_DEPTH]; /* where each name begins in the path */
  char path[MAX_PATH + 1];
  cspan_buf text;
} reader;

static void stop(reader *r, cspan_status status) {
  if (r->status == CSPAN_OK) {
    r->status = status;
  }
  XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes) {
  reader *r = user;
  (void)attributes;
  size_t len = strlen(name);
  if (r->depth == MAX_DEPTH || len > MAX_NAME) {
    stop(r, CSPAN_ERR_LIMIT);
    return;
  }
  r->starts[r->depth] = r->path_len;
  if (r->depth > 0) {
    r->path[r->path_len++] = '/';
  }
  memcpy(r->path + r->path_len, name, len + 1);
  r->path_len += len;
  r->depth++;
  cspan_buf_clear(&r->text);
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
  reader *r = user;
  (void)name;
  if (r->status != CSPAN_OK) {
    return;
  }
  cspan_status status = r->fn(r->user, r->path, cspan_buf_text(&r->text), r->text.len);
  if (status != CSPAN_OK) {
    stop(r, status);
    return;
  }
  r->depth--;
  r->path_len = r->starts[r->depth];
  r->path[r->path_len] = '\0';
  cspan_buf_clear(&r->text);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len) {
  reader *r = user;
  cspan_status status = cspan_buf_append(&r->text, text, (size_t)len);
  if (status != CSPAN_OK) {
    stop(r, status);
  }
}

/* Entities of one's own are how small documents become large ones. */
static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset) {
  (void)name;
  (void)system_id;
  (void)public_id;
  (void)has_internal_subset;
  stop(user, CSPAN_ERR_INVALID);
}

bool cspan_sbx_xml_parse(const char *data, size_t len, sbx_xml_fn fn, void *user,
                         cspan_status *status) {
  static const XML_Memory_Handling_Suite memory = {cspan_malloc, cspan_realloc, cspan_free};
  reader *r = cspan_calloc(1, sizeof *r);
  XML_Parser parser = r && len <= INT32_MAX ? XML_ParserCreate_MM("UTF-8", &memory, NULL) : NULL;
  bool ok = false;
  *status = CSPAN_ERR_NOMEM;
  if (parser) {
    r->parser = parser;
    r->fn = fn;
    r->user = user;
    cspan_buf_init(&r->text, MAX_TEXT);
    XML_SetUserData(parser, r);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    bool parsed = XML_Parse(parser, data, (int)len, 1) == XML_STATUS_OK;
    ok = parsed && r->status == CSPAN_OK;
    *status = r->status;
    if (!parsed && r->status == CSPAN_OK) {
      bool memory_out = XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY;
      *status = memory_out ? CSPAN_ERR_NOMEM : CSPAN_ERR_INVALID;
    }
    cspan_buf_free(&r->text);
    XML_ParserFree(parser);
  }
  cspan_free(r);
  return ok;
}
