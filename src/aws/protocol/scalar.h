/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text and back: in headers, queries, URIs, forms and XML elements. */
#ifndef AWS_PROTOCOL_SCALAR_H
#define AWS_PROTOCOL_SCALAR_H

#include "aws/model/model.h"
#include "base/arena.h"
#include "base/buf.h"
#include <cloudspan/value.h>

/* Appends a value that is no list, map or structure, not escaped in any way: blobs in base64,
 * timestamps in `format` (DEFAULT: ISO 8601), "NaN", "Infinity" and "-Infinity". INVALID where the
 * value does not fit the shape, else the buffer's status. */
cspan_status cspan_scalar_write(cspan_buf *out, const cspan_shape *shape,
                                cspan_timestamp_format format, const cspan_value *value);

/* Reads a text for a shape; strings and large numbers refer to it, blobs are made in the arena.
 * A number or timestamp of white space alone is null. INVALID where it is no such value. */
cspan_status cspan_scalar_read(const cspan_shape *shape, const char *text, size_t len,
                               cspan_arena *arena, cspan_value *out);

#endif
