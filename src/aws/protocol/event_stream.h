/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of "application/vnd.amazon.eventstream": messages of headers and a payload, with lengths
 * and CRCs around them.
 *
 * Source: Smithy's specification, "Amazon event stream".
 */
#ifndef AWS_PROTOCOL_EVENT_STREAM_H
#define AWS_PROTOCOL_EVENT_STREAM_H

#include "base/buf.h"
#include "base/text.h"

enum {
  CSPAN_EVENT_MESSAGE_MAX = 25 << 20, /* of a whole frame; the specification: 24 MiB of payload */
  CSPAN_EVENT_HEADERS_MAX = 128 << 10,
  CSPAN_EVENT_HEADER_COUNT_MAX = 256,
  CSPAN_EVENT_NAME_MAX = 255,
  CSPAN_EVENT_VALUE_MAX = 32767,
  CSPAN_EVENT_UUID_LEN = 16
};

/* As on the wire. */
typedef enum cspan_event_type {
  CSPAN_EVENT_TRUE = 0,
  CSPAN_EVENT_FALSE = 1,
  CSPAN_EVENT_BYTE = 2,
  CSPAN_EVENT_SHORT = 3,
  CSPAN_EVENT_INT = 4,
  CSPAN_EVENT_LONG = 5,
  CSPAN_EVENT_BYTES = 6,
  CSPAN_EVENT_STRING = 7,
  CSPAN_EVENT_TIMESTAMP = 8, /* milliseconds since 1970 */
  CSPAN_EVENT_UUID = 9
} cspan_event_type;

/* All borrowed. */
typedef struct cspan_event_header {
  cspan_str name;
  cspan_event_type type;
  int64_t integer; /* BYTE to LONG, TIMESTAMP */
  cspan_str bytes; /* BYTES, STRING, UUID */
} cspan_event_header;

typedef struct cspan_event_message {
  const cspan_event_header *headers;
  size_t header_count;
  const char *payload;
  size_t payload_size;
} cspan_event_message;

cspan_event_header cspan_event_string(const char *name, const char *text);

/* Appends one frame. INVALID for a name or value that is too long, LIMIT for a message that is. */
cspan_status cspan_event_encode(const cspan_event_message *message, cspan_buf *out,
                                cspan_error **error);
/* Appends the headers alone, as they are signed. */
cspan_status cspan_event_encode_headers(const cspan_event_header *headers, size_t count,
                                        cspan_buf *out, cspan_error **error);

/* The header of that name, or NULL. */
const cspan_event_header *cspan_event_find(const cspan_event_message *message, const char *name);
/* The text of a STRING header; {NULL, 0} where there is none. */
cspan_str cspan_event_text(const cspan_event_message *message, const char *name);

/* From bytes as they come to messages. After a failure it gives nothing any more. */
typedef struct cspan_event_decoder {
  cspan_buf pending; /* from `taken` on: what was not given out yet */
  size_t taken;
  bool is_checked; /* the first 12 bytes of what is pending are right */
  bool is_broken;
  cspan_event_header *headers; /* of the last message */
  size_t header_cap;
} cspan_event_decoder;

void cspan_event_decoder_init(cspan_event_decoder *decoder);
void cspan_event_decoder_free(cspan_event_decoder *decoder);
cspan_status cspan_event_decoder_feed(cspan_event_decoder *decoder, const void *data, size_t size,
                                      cspan_error **error);
/* The next message, borrowed until the next call of either. *has_message false: more bytes are
 * needed. CSPAN_ERR_PROTOCOL for a checksum or a length that is wrong, LIMIT past the caps. */
cspan_status cspan_event_decoder_next(cspan_event_decoder *decoder, cspan_event_message *message,
                                      bool *has_message, cspan_error **error);
/* Bytes of a message whose end has not come: not 0 at the end of a stream that was cut off. */
size_t cspan_event_decoder_rest(const cspan_event_decoder *decoder);

#endif
