/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/grpc_message.h"

#include <string.h>

cspan_grpc_state cspan_grpc_message_read(const uint8_t *body, size_t len, size_t max_message,
                                         cspan_grpc_message *out) {
  memset(out, 0, sizeof *out);
  if (len > 0 && body[0] > 1) {
    return CSPAN_GRPC_BROKEN;
  }
  if (len < CSPAN_GRPC_PREFIX) {
    return CSPAN_GRPC_MORE;
  }
  out->compressed = body[0] == 1;
  out->len = (size_t)body[1] << 24 | (size_t)body[2] << 16 | (size_t)body[3] << 8 | body[4];
  if (out->len > max_message) {
    return CSPAN_GRPC_TOO_LONG;
  }
  size_t there = len - CSPAN_GRPC_PREFIX;
  if (there < out->len) {
    return CSPAN_GRPC_MORE;
  }
  if (there > out->len) {
    return CSPAN_GRPC_BROKEN;
  }
  out->data = body + CSPAN_GRPC_PREFIX;
  return CSPAN_GRPC_WHOLE;
}

cspan_status cspan_grpc_text_encode(cspan_buf *out, const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c >= 0x20 && *c < 0x7f && *c != '%') {
      cspan_buf_char(out, (char)*c);
    } else {
      cspan_buf_printf(out, "%%%02X", *c);
    }
  }
  return cspan_buf_status(out);
}
