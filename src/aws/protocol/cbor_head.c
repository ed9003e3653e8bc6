/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/cbor_parser.h"

bool cspan_cbor_fail(cspan_cbor_parser *p, cspan_status status, const char *what) {
  if (p->status == CSPAN_OK) {
    p->status = status;
    p->what = what;
  }
  return false;
}

bool cspan_cbor_fault(cspan_cbor_parser *p, const char *what) {
  return cspan_cbor_fail(p, CSPAN_ERR_INVALID, what);
}

static bool take(cspan_cbor_parser *p, size_t bytes, uint64_t *value) {
  if ((size_t)(p->end - p->at) < bytes) {
    return cspan_cbor_fault(p, "it ends in the middle of an item");
  }
  *value = 0;
  for (size_t i = 0; i < bytes; i++) {
    *value = *value << 8 | *p->at++;
  }
  return true;
}

bool cspan_cbor_read_head(cspan_cbor_parser *p, cspan_cbor_head *out) {
  uint64_t first;
  if (!take(p, 1, &first)) {
    return false;
  }
  out->major = (unsigned)first >> 5;
  out->info = (unsigned)first & 31;
  out->value = out->info;
  if (out->info >= 28 && out->info != CBOR_INDEFINITE) {
    return cspan_cbor_fault(p, "an item has a reserved length");
  }
  return out->info < 24 || out->info == CBOR_INDEFINITE ||
         take(p, (size_t)1 << (out->info - 24), &out->value);
}

bool cspan_cbor_at_break(cspan_cbor_parser *p) {
  if (p->at < p->end && *p->at == CBOR_BREAK_ITEM) {
    p->at++;
    return true;
  }
  return false;
}

static bool take_bytes(cspan_cbor_parser *p, uint64_t len, const char **data) {
  if ((uint64_t)(p->end - p->at) < len) {
    return cspan_cbor_fault(p, "a text or blob is longer than the document");
  }
  *data = (const char *)p->at;
  p->at += len;
  return true;
}

/* Chunks have a length each and are of the same type. */
static bool join_chunks(cspan_cbor_parser *p, unsigned major, const char **data, size_t *size) {
  cspan_cbor_head chunk;
  cspan_buf_clear(&p->chunks);
  while (!cspan_cbor_at_break(p)) {
    const char *part;
    if (!cspan_cbor_read_head(p, &chunk)) {
      return false;
    }
    if (chunk.major != major || chunk.info == CBOR_INDEFINITE) {
      return cspan_cbor_fault(p, "a text or blob has a chunk that is none");
    }
    if (!take_bytes(p, chunk.value, &part)) {
      return false;
    }
    cspan_status status = cspan_buf_append(&p->chunks, part, (size_t)chunk.value);
    if (status != CSPAN_OK) {
      return cspan_cbor_fail(p, status, "a text or blob is too long");
    }
  }
  *data = cspan_buf_text(&p->chunks);
  *size = p->chunks.len;
  return true;
}

bool cspan_cbor_read_bytes(cspan_cbor_parser *p, const cspan_cbor_head *h, const char **data,
                           size_t *size) {
  *data = "";
  *size = 0;
  if (h->info == CBOR_INDEFINITE) {
    if (!join_chunks(p, h->major, data, size)) {
      return false;
    }
  } else {
    *size = (size_t)h->value;
    if (!take_bytes(p, h->value, data)) {
      return false;
    }
  }
  return h->major == CBOR_MAJOR_BYTES || *size == 0 || cspan_utf8_valid(*data, *size) ||
         cspan_cbor_fault(p, "a text is not UTF-8");
}
