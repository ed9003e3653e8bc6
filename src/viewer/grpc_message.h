/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's framing of messages inside an HTTP/2 stream (gRPC over HTTP/2, "Length-Prefixed
 * Message"): a byte that says whether it is compressed, four bytes of length, the message. */
#ifndef VIEWER_GRPC_MESSAGE_H
#define VIEWER_GRPC_MESSAGE_H

#include "base/buf.h"

enum { CSPAN_GRPC_PREFIX = 5 };

/* Codes of gRPC that the receiver answers with. */
enum {
  CSPAN_GRPC_OK = 0,
  CSPAN_GRPC_INVALID_ARGUMENT = 3,
  CSPAN_GRPC_RESOURCE_EXHAUSTED = 8,
  CSPAN_GRPC_UNIMPLEMENTED = 12,
  CSPAN_GRPC_INTERNAL = 13,
  CSPAN_GRPC_UNAVAILABLE = 14
};

typedef enum cspan_grpc_state {
  CSPAN_GRPC_MORE,     /* not all of it is there yet */
  CSPAN_GRPC_WHOLE,    /* exactly one message */
  CSPAN_GRPC_TOO_LONG, /* the length is over the cap */
  CSPAN_GRPC_BROKEN    /* wrong flag, or bytes after the message */
} cspan_grpc_state;

typedef struct cspan_grpc_message {
  bool compressed;
  const uint8_t *data; /* within the given bytes; NULL until CSPAN_GRPC_WHOLE */
  size_t len;          /* known once the prefix is there */
} cspan_grpc_message;

/* Looks at the body of a unary request as far as it has come. */
cspan_grpc_state cspan_grpc_message_read(const uint8_t *body, size_t len, size_t max_message,
                                         cspan_grpc_message *out);

/* Appends a text as the grpc-message header wants it: percent-encoded UTF-8. */
cspan_status cspan_grpc_text_encode(cspan_buf *out, const char *text);

#endif
