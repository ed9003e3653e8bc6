/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VIEWER_GZIP_H
#define TESTS_VIEWER_GZIP_H

#include <string.h>
#include <zlib.h>

#include "base/buf.h"

/* Appends the data as one gzip member; false when that failed. */
static inline bool gzip_append(cspan_buf *out, const void *data, size_t len) {
  z_stream z;
  memset(&z, 0, sizeof z);
  if (deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  size_t bound = deflateBound(&z, (uLong)len) + 32;
  bool ok = cspan_buf_reserve(out, bound) == CSPAN_OK;
  if (ok) {
    z.next_in = (z_const Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)bound;
    ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
    out->len += bound - z.avail_out;
    out->data[out->len] = '\0';
  }
  deflateEnd(&z);
  return ok;
}

#endif
