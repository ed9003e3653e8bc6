/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gzip.h"

#include <limits.h>

#include "base/alloc.h"

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

static void *zlib_alloc(void *opaque, unsigned count, unsigned size) {
  (void)opaque;
  return cspan_calloc(count, size);
}

static void zlib_free(void *opaque, void *memory) {
  (void)opaque;
  cspan_free(memory);
}

static cspan_status prepare(cspan_gzip *gzip) {
  if (gzip->ready)
    return deflateReset(&gzip->stream) == Z_OK ? CSPAN_OK : CSPAN_ERR_IO;
  gzip->stream = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free};
  if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return CSPAN_ERR_NOMEM;
  gzip->ready = true;
  return CSPAN_OK;
}

cspan_status cspan_gzip_append(cspan_gzip *gzip, const uint8_t *data, size_t len, cspan_buf *out) {
  cspan_status status = prepare(gzip);
  if (status != CSPAN_OK)
    return status;
  size_t bound = deflateBound(&gzip->stream, len);
  if (len > UINT_MAX || bound > UINT_MAX)
    return CSPAN_ERR_LIMIT;
  status = cspan_buf_reserve(out, bound);
  if (status != CSPAN_OK)
    return status;
  gzip->stream.next_in = data;
  gzip->stream.avail_in = (unsigned)len;
  gzip->stream.next_out = (unsigned char *)out->data + out->len;
  gzip->stream.avail_out = (unsigned)bound;
  if (deflate(&gzip->stream, Z_FINISH) != Z_STREAM_END)
    return CSPAN_ERR_IO;
  out->len += bound - gzip->stream.avail_out;
  out->data[out->len] = '\0';
  return CSPAN_OK;
}

void cspan_gzip_free(cspan_gzip *gzip) {
  if (gzip->ready)
    deflateEnd(&gzip->stream);
  gzip->ready = false;
}
