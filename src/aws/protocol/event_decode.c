/* SPDX-License-Identifier: Apache-2.0 */
/* Frames to messages. Nothing of a frame is believed before its checksum was right. */
#include <string.h>

#include "aws/protocol/event_stream.h"
#include "base/alloc.h"
#include "base/crc.h"
#include "base/error.h"

enum {
  PRELUDE_LEN = 12,
  CRC_LEN = 4,
  FRAME_MIN = PRELUDE_LEN + CRC_LEN,
  FIRST_HEADERS = 16,
  PENDING_MAX = 2 * CSPAN_EVENT_MESSAGE_MAX
};

void cspan_event_decoder_init(cspan_event_decoder *decoder) {
  memset(decoder, 0, sizeof *decoder);
  cspan_buf_init(&decoder->pending, PENDING_MAX);
}

void cspan_event_decoder_free(cspan_event_decoder *decoder) {
  cspan_buf_free(&decoder->pending);
  cspan_free(decoder->headers);
  memset(decoder, 0, sizeof *decoder);
}

size_t cspan_event_decoder_rest(const cspan_event_decoder *decoder) {
  return decoder->pending.len - decoder->taken;
}

static cspan_status broken(cspan_event_decoder *decoder, cspan_error **error, cspan_status status,
                           const char *why) {
  decoder->is_broken = true;
  return cspan_error_set(error, status, "the event stream cannot be read: %s", why);
}

static cspan_status check_whole(cspan_event_decoder *decoder, cspan_error **error) {
  return decoder->is_broken
             ? cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                               "the event stream cannot be read on after a broken message")
             : CSPAN_OK;
}

/* What was given out goes only here, for the message borrows it. */
cspan_status cspan_event_decoder_feed(cspan_event_decoder *decoder, const void *data, size_t size,
                                      cspan_error **error) {
  cspan_status status = check_whole(decoder, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf *pending = &decoder->pending;
  if (decoder->taken > 0) {
    size_t rest = pending->len - decoder->taken;
    memmove(pending->data, pending->data + decoder->taken, rest);
    pending->len = rest;
    decoder->taken = 0;
  }
  status = cspan_buf_append(pending, data, size);
  return status == CSPAN_OK ? status : broken(decoder, error, status, "too much of it is pending");
}

static uint64_t get_integer(const char *at, size_t size) {
  uint64_t integer = 0;
  for (size_t i = 0; i < size; i++) {
    integer = integer << 8 | (uint8_t)at[i];
  }
  return integer;
}

static uint32_t get_u32(const char *at) {
  return (uint32_t)get_integer(at, 4);
}

/* The lengths at the start of a frame, before the rest of it is waited for. */
static cspan_status check_prelude(cspan_event_decoder *decoder, const char *frame,
                                  cspan_error **error) {
  uint32_t total = get_u32(frame);
  uint32_t headers = get_u32(frame + 4);
  if (cspan_crc32(0, frame, PRELUDE_LEN - CRC_LEN) != get_u32(frame + 8)) {
    return broken(decoder, error, CSPAN_ERR_PROTOCOL, "the checksum of its lengths is wrong");
  }
  if (total < FRAME_MIN || headers > total - FRAME_MIN) {
    return broken(decoder, error, CSPAN_ERR_PROTOCOL, "its lengths do not fit together");
  }
  if (total > CSPAN_EVENT_MESSAGE_MAX || headers > CSPAN_EVENT_HEADERS_MAX) {
    return broken(decoder, error, CSPAN_ERR_LIMIT, "a message is too large");
  }
  decoder->is_checked = true;
  return CSPAN_OK;
}

/* What is left of the headers. */
typedef struct header_reader {
  const char *at;
  size_t left;
} header_reader;

static bool take(header_reader *r, size_t size, const char **out) {
  if (r->left < size) {
    return false;
  }
  *out = r->at;
  r->at += size;
  r->left -= size;
  return true;
}

static bool take_sized(header_reader *r, size_t length_size, cspan_str *out) {
  const char *length = NULL;
  if (!take(r, length_size, &length)) {
    return false;
  }
  out->len = (size_t)get_integer(length, length_size);
  return take(r, out->len, &out->data);
}

static bool take_integer(header_reader *r, size_t size, int64_t *out) {
  const char *bytes = NULL;
  if (!take(r, size, &bytes)) {
    return false;
  }
  uint64_t raw = get_integer(bytes, size);
  uint64_t sign = UINT64_C(1) << (8 * size - 1);
  *out = (int64_t)((raw ^ sign) - sign);
  return true;
}

static bool take_value(header_reader *r, cspan_event_header *header) {
  switch (header->type) {
  case CSPAN_EVENT_TRUE:
  case CSPAN_EVENT_FALSE:
    return true;
  case CSPAN_EVENT_BYTE:
    return take_integer(r, 1, &header->integer);
  case CSPAN_EVENT_SHORT:
    return take_integer(r, 2, &header->integer);
  case CSPAN_EVENT_INT:
    return take_integer(r, 4, &header->integer);
  case CSPAN_EVENT_LONG:
  case CSPAN_EVENT_TIMESTAMP:
    return take_integer(r, 8, &header->integer);
  case CSPAN_EVENT_BYTES:
  case CSPAN_EVENT_STRING:
    return take_sized(r, 2, &header->bytes);
  case CSPAN_EVENT_UUID:
    header->bytes.len = CSPAN_EVENT_UUID_LEN;
    return take(r, CSPAN_EVENT_UUID_LEN, &header->bytes.data);
  default:
    return false;
  }
}

static bool take_header(header_reader *r, cspan_event_header *header) {
  const char *type = NULL;
  memset(header, 0, sizeof *header);
  if (!take_sized(r, 1, &header->name) || header->name.len == 0 || !take(r, 1, &type)) {
    return false;
  }
  header->type = (cspan_event_type)(uint8_t)*type;
  return take_value(r, header);
}

static cspan_status grow_headers(cspan_event_decoder *decoder, cspan_error **error) {
  if (decoder->header_cap == CSPAN_EVENT_HEADER_COUNT_MAX) {
    return broken(decoder, error, CSPAN_ERR_LIMIT, "a message has too many headers");
  }
  size_t cap = decoder->header_cap == 0 ? FIRST_HEADERS : decoder->header_cap * 2;
  cspan_event_header *headers = cspan_realloc(decoder->headers, cap * sizeof *headers);
  if (headers == NULL) {
    return broken(decoder, error, CSPAN_ERR_NOMEM, "out of memory");
  }
  decoder->headers = headers;
  decoder->header_cap = cap;
  return CSPAN_OK;
}

static cspan_status read_headers(cspan_event_decoder *decoder, const char *data, size_t size,
                                 cspan_event_message *message, cspan_error **error) {
  header_reader reader = {data, size};
  size_t count = 0;
  while (reader.left > 0) {
    if (count == decoder->header_cap) {
      cspan_status status = grow_headers(decoder, error);
      if (status != CSPAN_OK) {
        return status;
      }
    }
    if (!take_header(&reader, &decoder->headers[count++])) {
      return broken(decoder, error, CSPAN_ERR_PROTOCOL, "a header of a message is not valid");
    }
  }
  message->headers = decoder->headers;
  message->header_count = count;
  return CSPAN_OK;
}

cspan_status cspan_event_decoder_next(cspan_event_decoder *decoder, cspan_event_message *message,
                                      bool *has_message, cspan_error **error) {
  memset(message, 0, sizeof *message);
  *has_message = false;
  cspan_status status = check_whole(decoder, error);
  size_t rest = cspan_event_decoder_rest(decoder);
  if (status != CSPAN_OK || rest < PRELUDE_LEN) {
    return status;
  }
  const char *frame = decoder->pending.data + decoder->taken;
  if (!decoder->is_checked) {
    status = check_prelude(decoder, frame, error);
  }
  size_t total = get_u32(frame);
  if (status != CSPAN_OK || rest < total) {
    return status;
  }
  if (cspan_crc32(0, frame, total - CRC_LEN) != get_u32(frame + total - CRC_LEN)) {
    return broken(decoder, error, CSPAN_ERR_PROTOCOL, "the checksum of a message is wrong");
  }
  size_t header_size = get_u32(frame + 4);
  status = read_headers(decoder, frame + PRELUDE_LEN, header_size, message, error);
  if (status == CSPAN_OK) {
    message->payload = frame + PRELUDE_LEN + header_size;
    message->payload_size = total - FRAME_MIN - header_size;
    decoder->taken += total;
    decoder->is_checked = false;
    *has_message = true;
  }
  return status;
}

const cspan_event_header *cspan_event_find(const cspan_event_message *message, const char *name) {
  for (size_t i = 0; i < message->header_count; i++) {
    if (cspan_str_eq(message->headers[i].name, name)) {
      return &message->headers[i];
    }
  }
  return NULL;
}

cspan_str cspan_event_text(const cspan_event_message *message, const char *name) {
  const cspan_event_header *header = cspan_event_find(message, name);
  return header != NULL && header->type == CSPAN_EVENT_STRING ? header->bytes
                                                              : (cspan_str){NULL, 0};
}
