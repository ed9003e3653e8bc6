/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR (RFC 8949) to values and back. Bytes in, bytes out. */
#ifndef AWS_PROTOCOL_CBOR_H
#define AWS_PROTOCOL_CBOR_H

#include "base/value.h"

/* Reads one data item, behind which nothing may follow. Tag 1 gives TIMESTAMP, tags 2 to 4 and
 * integers past int64_t NUMBER; other tags are passed over; undefined is null. Keys of maps must be
 * text. CSPAN_ERR_INVALID with *what (static; may be NULL) for anything else, LIMIT past 1,000
 * levels or bignums of more than 1,024 bytes, NOMEM. */
cspan_status cspan_cbor_parse(const char *data, size_t size, cspan_arena *arena, cspan_value *out,
                              const char **what);

/* Appending. Lengths and integers in their shortest form. Check the buffer afterwards. */
void cspan_cbor_write_map(cspan_buf *out, size_t count);
void cspan_cbor_write_list(cspan_buf *out, size_t count);
void cspan_cbor_write_text(cspan_buf *out, const char *text, size_t len);
void cspan_cbor_write_blob(cspan_buf *out, const void *data, size_t len);
void cspan_cbor_write_null(cspan_buf *out);
void cspan_cbor_write_bool(cspan_buf *out, bool value);
void cspan_cbor_write_int(cspan_buf *out, int64_t value);
/* Whole decimal digits with an optional '-' before them, at most 2,048; INVALID else. */
cspan_status cspan_cbor_write_bignum(cspan_buf *out, const char *digits, size_t len);
void cspan_cbor_write_float(cspan_buf *out, float value);
void cspan_cbor_write_double(cspan_buf *out, double value);
/* Tag 1: seconds since 1970, in a double where there is a fraction. */
void cspan_cbor_write_timestamp(cspan_buf *out, int64_t unix_s, uint32_t nanoseconds);

#endif
