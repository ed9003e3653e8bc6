/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf fields at the end of a growable buffer, whose status tells at the end whether all of
 * them found room. */
#ifndef TELEMETRY_METRICS_METRIC_WRITE_H
#define TELEMETRY_METRICS_METRIC_WRITE_H

#include "base/buf.h"

/* `tag` is the whole tag, of one byte. */
void cspan_pb_put_varint(cspan_buf *out, uint8_t tag, uint64_t value);
void cspan_pb_put_fixed64(cspan_buf *out, uint8_t tag, uint64_t value);
void cspan_pb_put_double(cspan_buf *out, uint8_t tag, double value);
void cspan_pb_put_bytes(cspan_buf *out, uint8_t tag, const void *data, size_t len);
/* Nothing for ""; what is not UTF-8 becomes U+FFFD. */
void cspan_pb_put_text(cspan_buf *out, uint8_t tag, const char *text);
/* A message of a length that is known later: open gives the place of its body. */
size_t cspan_pb_put_open(cspan_buf *out, uint8_t tag);
void cspan_pb_put_close(cspan_buf *out, size_t body);

#endif
