/* SPDX-License-Identifier: Apache-2.0 */
/* gzip with a stream that is kept between uses. */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#define ZLIB_CONST /* input pointers to const */
#include <zlib.h>

#include "base/buf.h"

typedef struct cspan_gzip {
  z_stream stream;
  bool ready;
} cspan_gzip;

/* Appends a whole gzip member. A zeroed cspan_gzip is ready for use. */
cspan_status cspan_gzip_append(cspan_gzip *gzip, const uint8_t *data, size_t len, cspan_buf *out);
void cspan_gzip_free(cspan_gzip *gzip);

#endif
