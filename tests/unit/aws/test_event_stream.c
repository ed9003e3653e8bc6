/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of event streams: bytes computed apart from this code, whole, in pieces and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws/protocol/event_stream.h"
#include "base/crc.h"

static const char empty_frame[] = "000000100000000005c248eb7d98c8ff";
static const char end_frame[] =
    "00000022000000122d9ad2450b3a6576656e742d74797065070003456e645102145b";
/* A header of each type, and "payload". */
static const char full_frame[] =
    "0000006700000050255b25c0017400016601016202fe017303fed4016904fffeee90016c05fffffffed5fa0e000179"
    "0600030001ff0178070004746578740164080000014b201ac47b017509000102030405060708090a0b0c0d0e0f7061"
    "796c6f61647930e62f";

static void from_hex(const char *hex, cspan_buf *out) {
  size_t len = strlen(hex) / 2;
  cspan_buf_init(out, CSPAN_EVENT_MESSAGE_MAX * 2);
  assert_int_equal(cspan_buf_reserve(out, len), CSPAN_OK);
  assert_true(cspan_hex_decode(hex, 2 * len, out->data));
  out->len = len;
}

static void is_hex(const cspan_buf *actual, const char *hex) {
  cspan_buf expected;
  from_hex(hex, &expected);
  assert_int_equal(actual->len, expected.len);
  assert_memory_equal(actual->data, expected.data, expected.len);
  cspan_buf_free(&expected);
}

static const uint8_t uuid[CSPAN_EVENT_UUID_LEN] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                   8, 9, 10, 11, 12, 13, 14, 15};

static const cspan_event_header full_headers[] = {
    {.name = {"t", 1}, .type = CSPAN_EVENT_TRUE},
    {.name = {"f", 1}, .type = CSPAN_EVENT_FALSE},
    {.name = {"b", 1}, .type = CSPAN_EVENT_BYTE, .integer = -2},
    {.name = {"s", 1}, .type = CSPAN_EVENT_SHORT, .integer = -300},
    {.name = {"i", 1}, .type = CSPAN_EVENT_INT, .integer = -70000},
    {.name = {"l", 1}, .type = CSPAN_EVENT_LONG, .integer = -5000000000},
    {.name = {"y", 1}, .type = CSPAN_EVENT_BYTES, .bytes = {"\x00\x01\xff", 3}},
    {.name = {"x", 1}, .type = CSPAN_EVENT_STRING, .bytes = {"text", 4}},
    {.name = {"d", 1}, .type = CSPAN_EVENT_TIMESTAMP, .integer = 1422172800123},
    {.name = {"u", 1}, .type = CSPAN_EVENT_UUID, .bytes = {(const char *)uuid, sizeof uuid}},
};
enum { FULL_COUNT = sizeof full_headers / sizeof full_headers[0] };

static void messages_become_frames(void **state) {
  (void)state;
  const cspan_event_header end[] = {cspan_event_string(":event-type", "End")};
  const cspan_event_message messages[] = {
      {NULL, 0, NULL, 0}, {end, 1, "", 0}, {full_headers, FULL_COUNT, "payload", 7}};
  const char *const frames[] = {empty_frame, end_frame, full_frame};
  for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
    cspan_buf out;
    cspan_buf_init(&out, 4096);
    assert_int_equal(cspan_event_encode(&messages[i], &out, NULL), CSPAN_OK);
    is_hex(&out, frames[i]);
    cspan_buf_free(&out);
  }
}

static void is_full(const cspan_event_message *message) {
  assert_int_equal(message->header_count, FULL_COUNT);
  for (size_t i = 0; i < FULL_COUNT; i++) {
    const cspan_event_header *header =
        cspan_event_find(message, (char[]){full_headers[i].name.data[0], '\0'});
    assert_non_null(header);
    assert_int_equal(header->type, full_headers[i].type);
    assert_int_equal(header->integer, full_headers[i].integer);
    assert_int_equal(header->bytes.len, full_headers[i].bytes.len);
    if (header->bytes.len > 0) {
      assert_memory_equal(header->bytes.data, full_headers[i].bytes.data, header->bytes.len);
    }
  }
  assert_int_equal(message->payload_size, 7);
  assert_memory_equal(message->payload, "payload", 7);
}

/* All three frames, fed `step` bytes at a time. */
static void decode_in_steps(const cspan_buf *stream, size_t step) {
  cspan_event_decoder decoder;
  cspan_event_message message;
  bool has_message = false;
  size_t seen = 0;
  cspan_event_decoder_init(&decoder);
  for (size_t at = 0; at < stream->len; at += step) {
    size_t len = stream->len - at < step ? stream->len - at : step;
    assert_int_equal(cspan_event_decoder_feed(&decoder, stream->data + at, len, NULL), CSPAN_OK);
    while (cspan_event_decoder_next(&decoder, &message, &has_message, NULL) == CSPAN_OK &&
           has_message) {
      seen++;
      if (seen == 1) {
        is_full(&message);
      } else if (seen == 2) {
        assert_int_equal(message.header_count + message.payload_size, 0);
      } else {
        assert_true(cspan_str_eq(cspan_event_text(&message, ":event-type"), "End"));
        assert_null(cspan_event_text(&message, ":other").data);
      }
    }
  }
  assert_int_equal(seen, 3);
  assert_int_equal(cspan_event_decoder_rest(&decoder), 0);
  cspan_event_decoder_free(&decoder);
}

static void frames_become_messages_however_they_come(void **state) {
  (void)state;
  static char hex[sizeof full_frame + sizeof empty_frame + sizeof end_frame];
  cspan_buf stream;
  snprintf(hex, sizeof hex, "%s%s%s", full_frame, empty_frame, end_frame);
  from_hex(hex, &stream);
  for (size_t step = 1; step <= stream.len; step++) {
    decode_in_steps(&stream, step);
  }
  cspan_buf_free(&stream);
}

static cspan_status decode(const void *data, size_t size) {
  cspan_event_decoder decoder;
  cspan_event_message message;
  bool has_message = false;
  cspan_error *error = NULL;
  cspan_event_decoder_init(&decoder);
  assert_int_equal(cspan_event_decoder_feed(&decoder, data, size, NULL), CSPAN_OK);
  cspan_status status = cspan_event_decoder_next(&decoder, &message, &has_message, &error);
  assert_int_equal(status, cspan_error_status(error));
  assert_int_equal(has_message, false);
  if (status != CSPAN_OK) {
    /* Behind a broken message nothing is believed. */
    assert_int_not_equal(cspan_event_decoder_next(&decoder, &message, &has_message, NULL),
                         CSPAN_OK);
    assert_int_not_equal(cspan_event_decoder_feed(&decoder, "", 0, NULL), CSPAN_OK);
  }
  cspan_error_free(error);
  cspan_event_decoder_free(&decoder);
  return status;
}

static void every_changed_byte_is_found(void **state) {
  (void)state;
  cspan_buf frame;
  from_hex(full_frame, &frame);
  for (size_t i = 0; i < frame.len; i++) {
    frame.data[i] = (char)(frame.data[i] ^ 0x10);
    assert_int_equal(decode(frame.data, frame.len), CSPAN_ERR_PROTOCOL);
    frame.data[i] = (char)(frame.data[i] ^ 0x10);
    assert_int_equal(decode(frame.data, i), CSPAN_OK);
  }
  cspan_buf_free(&frame);
}

static void put_u32(char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    at[i] = (char)(uint8_t)(value >> (24 - 8 * i));
  }
}

/* A frame with these lengths and headers, and right checksums. */
static cspan_status decode_made(uint32_t total, uint32_t header_size, const char *headers,
                                size_t len) {
  char frame[256] = {0};
  size_t size = 16 + len;
  put_u32(frame, total);
  put_u32(frame + 4, header_size);
  put_u32(frame + 8, cspan_crc32(0, frame, 8));
  memcpy(frame + 12, headers, len);
  put_u32(frame + 12 + len, cspan_crc32(0, frame, 12 + len));
  return decode(frame, size);
}

static void frames_that_make_no_sense_are_refused(void **state) {
  (void)state;
  static const struct {
    uint32_t total;
    uint32_t header_size;
    const char *headers;
    size_t len;
    cspan_status status;
  } table[] = {
      {15, 0, "", 0, CSPAN_ERR_PROTOCOL},
      {0, 0, "", 0, CSPAN_ERR_PROTOCOL},
      {16, 1, "", 0, CSPAN_ERR_PROTOCOL},
      {UINT32_MAX, UINT32_MAX, "", 0, CSPAN_ERR_PROTOCOL},
      {CSPAN_EVENT_MESSAGE_MAX + 1, 0, "", 0, CSPAN_ERR_LIMIT},
      {CSPAN_EVENT_MESSAGE_MAX, CSPAN_EVENT_HEADERS_MAX + 1, "", 0, CSPAN_ERR_LIMIT},
      {17, 1, "\x01", 1, CSPAN_ERR_PROTOCOL},     /* no name */
      {18, 2, "\x00\x00", 2, CSPAN_ERR_PROTOCOL}, /* an empty name */
      {18, 2,
       "\x01"
       "a",
       2, CSPAN_ERR_PROTOCOL}, /* no type */
      {19, 3,
       "\x01"
       "a\x0a",
       3, CSPAN_ERR_PROTOCOL}, /* an unknown type */
      {20, 4,
       "\x01"
       "a\x04\x00",
       4, CSPAN_ERR_PROTOCOL}, /* half an integer */
      {21, 5,
       "\x01"
       "a\x07\x00\x01",
       5, CSPAN_ERR_PROTOCOL} /* a text without its bytes */
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    assert_int_equal(
        decode_made(table[i].total, table[i].header_size, table[i].headers, table[i].len),
        table[i].status);
  }
}

static void too_many_headers_are_refused(void **state) {
  (void)state;
  enum { COUNT = CSPAN_EVENT_HEADER_COUNT_MAX + 1 };
  cspan_event_header headers[COUNT];
  cspan_buf out;
  for (size_t i = 0; i < COUNT; i++) {
    headers[i] = (cspan_event_header){.name = {"n", 1}, .type = CSPAN_EVENT_TRUE};
  }
  cspan_buf_init(&out, 65536);
  cspan_event_message message = {headers, COUNT, NULL, 0};
  assert_int_equal(cspan_event_encode(&message, &out, NULL), CSPAN_OK);
  assert_int_equal(decode(out.data, out.len), CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
}

static void headers_that_do_not_fit_are_refused(void **state) {
  (void)state;
  static char text[CSPAN_EVENT_VALUE_MAX + 1];
  const cspan_event_header table[] = {
      {.name = {"", 0}, .type = CSPAN_EVENT_TRUE},
      {.name = {text, CSPAN_EVENT_NAME_MAX + 1}, .type = CSPAN_EVENT_TRUE},
      {.name = {"a", 1}, .type = CSPAN_EVENT_STRING, .bytes = {text, sizeof text}},
      {.name = {"a", 1}, .type = CSPAN_EVENT_UUID, .bytes = {text, 15}},
      {.name = {"a", 1}, .type = (cspan_event_type)10},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    cspan_buf out;
    cspan_error *error = NULL;
    cspan_buf_init(&out, 4096);
    cspan_event_message message = {&table[i], 1, NULL, 0};
    assert_int_equal(cspan_event_encode(&message, &out, &error), CSPAN_ERR_INVALID);
    assert_non_null(error);
    assert_int_equal(out.len, 0);
    cspan_error_free(error);
    cspan_buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_become_frames),
      cmocka_unit_test(frames_become_messages_however_they_come),
      cmocka_unit_test(every_changed_byte_is_found),
      cmocka_unit_test(frames_that_make_no_sense_are_refused),
      cmocka_unit_test(too_many_headers_are_refused),
      cmocka_unit_test(headers_that_do_not_fit_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
