/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of event streams as tests write and read them, apart from the library's own code. */
#ifndef SUPPORT_EVENT_FRAMES_H
#define SUPPORT_EVENT_FRAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { EVENT_BYTES_MAX = 1 << 16, EVENT_PRELUDE = 12, EVENT_TAIL = 4, EVENT_TEXT = 7 };

typedef struct event_bytes {
  unsigned char data[EVENT_BYTES_MAX];
  size_t len;
} event_bytes;

static inline void event_append(event_bytes *out, const void *data, size_t len) {
  if (len > sizeof out->data - out->len) {
    abort();
  }
  if (len > 0) {
    memcpy(out->data + out->len, data, len);
  }
  out->len += len;
}

static inline void event_put_u32(unsigned char *at, uint32_t number) {
  at[0] = (unsigned char)(number >> 24);
  at[1] = (unsigned char)(number >> 16);
  at[2] = (unsigned char)(number >> 8);
  at[3] = (unsigned char)number;
}

static inline uint32_t event_get_u32(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Headers are "name", "value", ..., NULL. */
static inline void event_put(event_bytes *out, const char *const *headers, const void *payload,
                             size_t size) {
  size_t start = out->len;
  unsigned char number[4] = {0};
  event_append(out, (const char[EVENT_PRELUDE]){0}, EVENT_PRELUDE);
  for (; *headers; headers += 2) {
    size_t len = strlen(headers[1]);
    unsigned char name_len = (unsigned char)strlen(headers[0]);
    const unsigned char type[3] = {EVENT_TEXT, (unsigned char)(len >> 8), (unsigned char)len};
    event_append(out, &name_len, 1);
    event_append(out, headers[0], name_len);
    event_append(out, type, sizeof type);
    event_append(out, headers[1], len);
  }
  unsigned char *frame = out->data + start;
  event_put_u32(frame + 4, (uint32_t)(out->len - start - EVENT_PRELUDE));
  event_append(out, payload, size);
  event_put_u32(frame, (uint32_t)(out->len - start + EVENT_TAIL));
  event_put_u32(frame + 8, (uint32_t)crc32(0, frame, 8));
  event_put_u32(number, (uint32_t)crc32(0, frame, (uInt)(out->len - start)));
  event_append(out, number, sizeof number);
}

/* kind: "event", "exception", "error". */
static inline void event_put_json(event_bytes *out, const char *kind, const char *name,
                                  const char *json) {
  char type[32] = ":";
  strncat(strcat(type, strcmp(kind, "error") == 0 ? "error" : kind), "-type", 8);
  const char *const headers[] = {":message-type",
                                 kind,
                                 strcmp(kind, "error") == 0 ? ":error-code" : type,
                                 name,
                                 ":content-type",
                                 "application/json",
                                 NULL};
  event_put(out, headers, json, strlen(json));
}

/* Parts of a frame in place; false: not whole, or a checksum is wrong. */
typedef struct event_frame {
  const unsigned char *headers;
  size_t headers_len;
  const unsigned char *payload;
  size_t payload_len;
  size_t len; /* of all */
} event_frame;

static inline int event_get(const unsigned char *data, size_t len, event_frame *out) {
  memset(out, 0, sizeof *out);
  if (len < EVENT_PRELUDE + EVENT_TAIL || event_get_u32(data) > len) {
    return 0;
  }
  out->len = event_get_u32(data);
  out->headers = data + EVENT_PRELUDE;
  out->headers_len = event_get_u32(data + 4);
  out->payload = out->headers + out->headers_len;
  out->payload_len = out->len - EVENT_PRELUDE - EVENT_TAIL - out->headers_len;
  return event_get_u32(data + 8) == crc32(0, data, 8) &&
         event_get_u32(data + out->len - EVENT_TAIL) ==
             crc32(0, data, (uInt)(out->len - EVENT_TAIL));
}

#endif
