/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/delete_request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/xml.h"

enum { MAX_ITEMS = 1000 };

typedef struct reader {
  sbx_delete_request *out;
  sbx_delete_item item; /* the one being read */
  bool root;
} reader;

static cspan_status end_item(reader *r) {
  sbx_delete_request *out = r->out;
  if (!r->item.key || r->item.key_len == 0 || out->count == MAX_ITEMS) {
    return CSPAN_ERR_INVALID;
  }
  if (!out->items) {
    out->items = cspan_calloc(MAX_ITEMS, sizeof *out->items);
  }
  if (!out->items) {
    return CSPAN_ERR_NOMEM;
  }
  out->items[out->count++] = r->item;
  r->item = (sbx_delete_item){0};
  return CSPAN_OK;
}

static cspan_status read_element(void *user, const char *path, const char *text, size_t len) {
  reader *r = user;
  if (strcmp(path, "Delete/Object/Key") == 0) {
    if (r->item.key) {
      return CSPAN_ERR_INVALID;
    }
    r->item.key = cspan_strndup(text, len);
    r->item.key_len = len;
    return r->item.key ? CSPAN_OK : CSPAN_ERR_NOMEM;
  }
  if (strcmp(path, "Delete/Object/VersionId") == 0) {
    r->item.other_version = strcmp(text, "null") != 0 && len > 0;
  } else if (strcmp(path, "Delete/Object") == 0) {
    return end_item(r);
  } else if (strcmp(path, "Delete/Quiet") == 0) {
    return cspan_parse_bool(text, &r->out->quiet) ? CSPAN_OK : CSPAN_ERR_INVALID;
  } else if (strcmp(path, "Delete") == 0) {
    r->root = true;
  }
  return CSPAN_OK;
}

sbx_error cspan_sbx_delete_parse(const char *data, size_t len, sbx_delete_request *out) {
  reader r = {.out = out};
  cspan_status status;
  bool ok = cspan_sbx_xml_parse(data, len, read_element, &r, &status);
  cspan_free(r.item.key);
  if (status == CSPAN_ERR_NOMEM) {
    return SBX_INTERNAL_ERROR;
  }
  return ok && r.root && out->count ? SBX_OK : SBX_MALFORMED_XML;
}

void cspan_sbx_delete_free(sbx_delete_request *request) {
  for (size_t i = 0; i < request->count; i++) {
    cspan_free(request->items[i].key);
  }
  cspan_free(request->items);
  *request = (sbx_delete_request){0};
}
