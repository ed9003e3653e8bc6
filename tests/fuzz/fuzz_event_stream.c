/* SPDX-License-Identifier: Apache-2.0 */
/* Event streams as they come from a service: frames, in pieces whose size the first byte tells,
 * and the events in them. A frame that was read is written again as the same bytes. The checksums
 * are put right first, as otherwise nothing would get past them. */
#include <stdlib.h>
#include <string.h>

#include "aws/protocol/event_message.h"
#include "base/crc.h"
#include "fuzz/fuzz_model.h"
#include "unit/aws/event_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 16 << 20, PRELUDE_LEN = 12, CRC_LEN = 4 };

static const cspan_service_model *service(void) {
  static const char json[] = EVENT_MODEL("rest-json");
  return fuzz_model(json, sizeof json - 1);
}

static uint32_t get_u32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_u32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    at[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

/* As far as the lengths make frames of the bytes. */
static void fix_checksums(uint8_t *data, size_t size) {
  while (size >= PRELUDE_LEN + CRC_LEN) {
    uint32_t total = get_u32(data);
    put_u32(data + 8, cspan_crc32(0, data, 8));
    if (total < PRELUDE_LEN + CRC_LEN || total > size) {
      return;
    }
    put_u32(data + total - CRC_LEN, cspan_crc32(0, data, total - CRC_LEN));
    data += total;
    size -= total;
  }
}

static void read_event(const cspan_event_message *message) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  const cspan_operation_model *operation = cspan_model_operation(service(), "Talk");
  cspan_event event;
  cspan_error *error = NULL;
  cspan_buf frame;
  cspan_buf_init(&frame, ARENA_MAX);
  if (cspan_event_read(service(), operation, &cspan_protocol_rest_json, message, arena, &event,
                       &error) != CSPAN_OK) {
    if (!error) {
      abort();
    }
  } else if (event.kind == CSPAN_EVENT_KNOWN) {
    cspan_event_write(service(), operation, &cspan_protocol_rest_json, &event.value, &frame, NULL);
  }
  cspan_error_free(error);
  cspan_buf_free(&frame);
  cspan_arena_free(arena);
}

static void is_same_frame(const cspan_event_message *message, const uint8_t *expected) {
  cspan_buf frame;
  cspan_buf_init(&frame, ARENA_MAX);
  if (cspan_event_encode(message, &frame, NULL) == CSPAN_OK &&
      memcmp(frame.data, expected, frame.len) != 0) {
    abort();
  }
  cspan_buf_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t step = size && data[0] ? data[0] : SIZE_MAX;
  size_t len = size ? size - 1 : 0;
  uint8_t *copy = malloc(len + 1);
  cspan_event_decoder decoder;
  size_t start = 0;
  cspan_event_decoder_init(&decoder);
  if (!copy) {
    abort();
  }
  memcpy(copy, data + (size ? 1 : 0), len);
  fix_checksums(copy, len);
  for (size_t at = 0; at < len;) {
    size_t part = len - at < step ? len - at : step;
    cspan_event_message message;
    bool has_message = false;
    if (cspan_event_decoder_feed(&decoder, copy + at, part, NULL) != CSPAN_OK) {
      break;
    }
    at += part;
    while (cspan_event_decoder_next(&decoder, &message, &has_message, NULL) == CSPAN_OK &&
           has_message) {
      is_same_frame(&message, copy + start);
      start += get_u32(copy + start);
      read_event(&message);
    }
  }
  cspan_event_decoder_free(&decoder);
  free(copy);
  return 0;
}
