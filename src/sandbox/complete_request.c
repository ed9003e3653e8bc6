/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/complete_request.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "sandbox/call.h"
#include "sandbox/xml.h"

typedef struct reader {
  sbx_complete_request *out;
  sbx_complete_part part; /* the one being read */
  bool root;
} reader;

static cspan_status end_part(reader *r) {
  sbx_complete_request *out = r->out;
  if (r->part.number == 0 || !r->part.etag[0] || out->count == SBX_PART_MAX) {
    return CSPAN_ERR_INVALID;
  }
  if (out->count == out->cap) {
    size_t cap = out->cap ? out->cap * 2 : 32;
    sbx_complete_part *parts = cspan_realloc(out->parts, cap * sizeof *parts);
    if (!parts) {
      return CSPAN_ERR_NOMEM;
    }
    out->parts = parts;
    out->cap = cap;
  }
  out->parts[out->count++] = r->part;
  r->part = (sbx_complete_part){0};
  return CSPAN_OK;
}

static cspan_status read_field(reader *r, const char *name, const char *text, size_t len) {
  int64_t number;
  if (strcmp(name, "PartNumber") == 0) {
    if (!cspan_parse_i64(text, &number) || number < 1 || number > SBX_PART_MAX) {
      return CSPAN_ERR_INVALID;
    }
    r->part.number = (int)number;
  } else if (strcmp(name, "ETag") == 0) {
    return cspan_sbx_unquote(text, r->part.etag) ? CSPAN_OK : CSPAN_ERR_INVALID;
  } else if (cspan_sbx_checksum_by_element(name) != SBX_CHECKSUM_NONE) {
    if (len >= sizeof r->part.checksum.value) {
      return CSPAN_ERR_INVALID;
    }
    r->part.checksum.kind = cspan_sbx_checksum_by_element(name);
    snprintf(r->part.checksum.value, sizeof r->part.checksum.value, "%s", text);
  }
  return CSPAN_OK;
}

static cspan_status read_element(void *user, const char *path, const char *text, size_t len) {
  static const char prefix[] = "CompleteMultipartUpload/Part/";
  reader *r = user;
  if (cspan_starts_with(path, prefix)) {
    return read_field(r, path + sizeof prefix - 1, text, len);
  }
  if (strcmp(path, "CompleteMultipartUpload/Part") == 0) {
    return end_part(r);
  }
  r->root = r->root || strcmp(path, "CompleteMultipartUpload") == 0;
  return CSPAN_OK;
}

sbx_error cspan_sbx_complete_parse(const char *data, size_t len, sbx_complete_request *out) {
  reader r = {.out = out};
  cspan_status status;
  bool ok = cspan_sbx_xml_parse(data, len, read_element, &r, &status);
  if (status == CSPAN_ERR_NOMEM) {
    return SBX_INTERNAL_ERROR;
  }
  return ok && r.root && out->count ? SBX_OK : SBX_MALFORMED_XML;
}

void cspan_sbx_complete_free(sbx_complete_request *request) {
  cspan_free(request->parts);
  *request = (sbx_complete_request){0};
}
