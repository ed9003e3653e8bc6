/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/inflate.h"

#include <limits.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/error.h"

enum { GZIP_ONLY = 16 + MAX_WBITS, FIRST_ROOM = 4096 };

static void *zlib_alloc(void *user, uInt count, uInt size) {
  (void)user;
  return cspan_calloc(count, size);
}

static void zlib_free(void *user, void *ptr) {
  (void)user;
  cspan_free(ptr);
}

static cspan_status fail(cspan_error **error, cspan_status status, size_t max) {
  if (status == CSPAN_ERR_LIMIT) {
    return cspan_error_set(error, status, "the gzip data holds more than %zu bytes", max);
  }
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_set(error, status, "out of memory while unpacking gzip data");
  }
  return cspan_error_set(error, status, "the gzip data is damaged or cut short");
}

/* Room for more output: as much as there is by now, within the cap. At the cap one byte
 * more is asked for, so that data of exactly that size still ends well. */
static cspan_status make_room(cspan_buf *out, z_stream *z, unsigned char *over) {
  size_t left = out->max - out->len;
  if (left == 0) {
    z->next_out = over;
    z->avail_out = 1;
    return CSPAN_OK;
  }
  size_t room = out->cap - out->len > 1 ? out->cap - out->len - 1 : out->len + FIRST_ROOM;
  room = room < left ? room : left;
  room = room < UINT_MAX ? room : UINT_MAX;
  if (cspan_buf_reserve(out, room) != CSPAN_OK) {
    return cspan_buf_status(out);
  }
  z->next_out = (unsigned char *)out->data + out->len;
  z->avail_out = (uInt)room;
  return CSPAN_OK;
}

static cspan_status inflate_all(z_stream *z, cspan_buf *out, const unsigned char *end) {
  unsigned char over = 0;
  for (;;) {
    size_t left = (size_t)(end - z->next_in);
    z->avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
    cspan_status status = make_room(out, z, &over);
    if (status != CSPAN_OK) {
      return status;
    }
    bool at_cap = z->next_out == &over;
    uInt room = z->avail_out;
    int rc = inflate(z, Z_NO_FLUSH);
    size_t written = room - z->avail_out;
    if (at_cap && written) {
      return CSPAN_ERR_LIMIT;
    }
    if (!at_cap) {
      out->len += written;
      out->data[out->len] = '\0';
    }
    if (rc == Z_STREAM_END && z->next_in == end) {
      return CSPAN_OK;
    }
    if (rc == Z_STREAM_END) {
      rc = inflateReset(z); /* another member follows */
    }
    if (rc == Z_MEM_ERROR) {
      return CSPAN_ERR_NOMEM;
    }
    if (rc != Z_OK || (z->next_in == end && z->avail_out)) {
      return CSPAN_ERR_PROTOCOL;
    }
  }
}

cspan_status cspan_gunzip(const void *data, size_t len, cspan_buf *out, cspan_error **error) {
  z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
  if (inflateInit2(&z, GZIP_ONLY) != Z_OK) {
    return fail(error, CSPAN_ERR_NOMEM, 0);
  }
  z.next_in = (z_const Bytef *)data;
  cspan_status status = inflate_all(&z, out, z.next_in + len);
  inflateEnd(&z);
  return status == CSPAN_OK ? CSPAN_OK : fail(error, status, out->max);
}
