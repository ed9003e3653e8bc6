/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to frames. */
#include "aws/protocol/event_stream.h"
#include "base/crc.h"
#include "base/error.h"

enum { PRELUDE_LEN = 12, CRC_LEN = 4 };

cspan_event_header cspan_event_string(const char *name, const char *text) {
  return (cspan_event_header){
      .name = cspan_str_of(name), .type = CSPAN_EVENT_STRING, .bytes = cspan_str_of(text)};
}

/* Big-endian. */
static void put_integer(cspan_buf *out, uint64_t integer, size_t size) {
  char bytes[8];
  for (size_t i = 0; i < size; i++) {
    bytes[i] = (char)(uint8_t)(integer >> (8 * (size - 1 - i)));
  }
  cspan_buf_append(out, bytes, size);
}

static void put_value(cspan_buf *out, const cspan_event_header *header) {
  static const uint8_t sizes[] = {[CSPAN_EVENT_BYTE] = 1,
                                  [CSPAN_EVENT_SHORT] = 2,
                                  [CSPAN_EVENT_INT] = 4,
                                  [CSPAN_EVENT_LONG] = 8,
                                  [CSPAN_EVENT_TIMESTAMP] = 8};
  switch (header->type) {
  case CSPAN_EVENT_TRUE:
  case CSPAN_EVENT_FALSE:
    break;
  case CSPAN_EVENT_BYTES:
  case CSPAN_EVENT_STRING:
    put_integer(out, header->bytes.len, 2);
    cspan_buf_append(out, header->bytes.data, header->bytes.len);
    break;
  case CSPAN_EVENT_UUID:
    cspan_buf_append(out, header->bytes.data, header->bytes.len);
    break;
  default:
    put_integer(out, (uint64_t)header->integer, sizes[header->type]);
    break;
  }
}

static bool is_valid(const cspan_event_header *header) {
  bool has_bytes = header->type == CSPAN_EVENT_BYTES || header->type == CSPAN_EVENT_STRING;
  return header->name.len > 0 && header->name.len <= CSPAN_EVENT_NAME_MAX &&
         (unsigned)header->type <= CSPAN_EVENT_UUID &&
         (!has_bytes || header->bytes.len <= CSPAN_EVENT_VALUE_MAX) &&
         (header->type != CSPAN_EVENT_UUID || header->bytes.len == CSPAN_EVENT_UUID_LEN);
}

cspan_status cspan_event_encode_headers(const cspan_event_header *headers, size_t count,
                                        cspan_buf *out, cspan_error **error) {
  for (size_t i = 0; i < count; i++) {
    const cspan_event_header *header = &headers[i];
    if (!is_valid(header)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the event's header '%.*s' is not valid: a name has 1 to %d bytes, a "
                             "text or blob at most %d",
                             (int)(header->name.len < 64 ? header->name.len : 64),
                             header->name.data ? header->name.data : "", CSPAN_EVENT_NAME_MAX,
                             CSPAN_EVENT_VALUE_MAX);
    }
    cspan_buf_char(out, (char)(uint8_t)header->name.len);
    cspan_buf_append(out, header->name.data, header->name.len);
    cspan_buf_char(out, (char)header->type);
    put_value(out, header);
  }
  if (cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(error, cspan_buf_status(out), "the event does not fit into memory");
  }
  return CSPAN_OK;
}

static cspan_status put_frame(const cspan_event_message *message, const cspan_buf *headers,
                              cspan_buf *out, cspan_error **error) {
  size_t start = out->len;
  size_t total = PRELUDE_LEN + headers->len + message->payload_size + CRC_LEN;
  if (total > CSPAN_EVENT_MESSAGE_MAX || message->payload_size > CSPAN_EVENT_MESSAGE_MAX) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "an event of %zu bytes is too large: at most %d",
                           total, CSPAN_EVENT_MESSAGE_MAX);
  }
  cspan_buf_reserve(out, total);
  put_integer(out, total, 4);
  put_integer(out, headers->len, 4);
  if (cspan_buf_status(out) == CSPAN_OK) {
    put_integer(out, cspan_crc32(0, out->data + start, PRELUDE_LEN - CRC_LEN), CRC_LEN);
  }
  cspan_buf_append(out, headers->data, headers->len);
  cspan_buf_append(out, message->payload, message->payload_size);
  if (cspan_buf_status(out) == CSPAN_OK) {
    put_integer(out, cspan_crc32(0, out->data + start, total - CRC_LEN), CRC_LEN);
  }
  if (cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(error, cspan_buf_status(out), "the event does not fit into memory");
  }
  return CSPAN_OK;
}

cspan_status cspan_event_encode(const cspan_event_message *message, cspan_buf *out,
                                cspan_error **error) {
  cspan_buf headers;
  cspan_buf_init(&headers, CSPAN_EVENT_HEADERS_MAX);
  cspan_status status =
      cspan_event_encode_headers(message->headers, message->header_count, &headers, error);
  if (status == CSPAN_OK) {
    status = put_frame(message, &headers, out, error);
  }
  cspan_buf_free(&headers);
  return status;
}
