/* SPDX-License-Identifier: Apache-2.0 */
/* What is written while a span is open. */
#include "telemetry/core.h"
#include "telemetry/kv.h"

/* Fields of Span, Status. */
enum { TAG_NAME = 0x2A, TAG_STATUS = 0x7A, STATUS_MESSAGE = 0x12, STATUS_CODE = 0x18 };
/* Names and status descriptions are cut to this. */
enum { TEXT_MAX = 16384 };
/* With a length of one byte, also of the message that it is in. */
enum { SHORT_TEXT_MAX = 120 };

void cspan_slot_attr(cspan_slot *slot, const cspan_attr *attr) {
  if (!kv_set(&slot->enc, CSPAN_TAG_ATTRIBUTE, attr)) {
    slot->dropped_attributes++;
  }
}

/* A short text is copied before it is known whether it is ASCII. */
static bool write_short_name(cspan_enc *enc, const char *name, size_t size) {
  uint8_t *p = cspan_enc_mark_place(enc, CSPAN_MARK_NAME, 2 + size);
  if (p == NULL) {
    return false;
  }
  p[0] = TAG_NAME;
  p[1] = (uint8_t)size;
  return (text_copy(p + 2, name, size) & TEXT_HIGH_BITS) == 0;
}

void cspan_enc_name(cspan_enc *enc, const char *name, size_t size) {
  if (size <= SHORT_TEXT_MAX && write_short_name(enc, name, size)) {
    return;
  }
  size_t len = cspan_text_cut(name, size, TEXT_MAX);
  size_t wire = text_wire_size(name, len);
  uint8_t *p = cspan_enc_mark_place(enc, CSPAN_MARK_NAME, wire_bytes_size(wire));
  if (p != NULL) {
    *p++ = TAG_NAME;
    p = wire_varint(p, wire);
    text_wire(p, name, len, wire);
  }
}

bool cspan_span_is_recording(cspan_span span) {
  return (span.generation & SLOT_RECORDING) != 0 && cspan_slot_is_open(span);
}

void cspan_span_put(cspan_span span, const cspan_attr *attribute) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    cspan_slot_attr(slot, attribute);
    cspan_slot_unlock(slot);
  }
}

/* Where another thread holds the span, and where the attribute is not short and new. */
static __attribute__((noinline)) void put_rare(cspan_span span, const char *key, size_t key_size,
                                               cspan_attr attr) {
  attr.key = key_size > 0 ? key : NULL;
  attr.key_size = key_size < UINT32_MAX ? (uint32_t)key_size : UINT32_MAX;
  cspan_span_put(span, &attr);
}

static __attribute__((noinline)) void put_string_rare(cspan_span span, const char *key,
                                                      size_t key_size, const char *value,
                                                      size_t value_size) {
  put_rare(span, key, key_size, cspan_attr_string_n(NULL, value, value_size));
}

void cspan_span_put_string(cspan_span span, const char *key, size_t key_size, const char *value,
                           size_t value_size) {
  if (cspan_slot_try_recording(span)) {
    cspan_slot *slot = span.slot;
    bool done = kv_set_string(&slot->enc, CSPAN_TAG_ATTRIBUTE, key, key_size, value, value_size);
    cspan_slot_unlock_span(slot, span);
    if (done) {
      return;
    }
  }
  put_string_rare(span, key, key_size, value, value_size);
}

static inline bool put_varint(cspan_span span, const char *key, size_t key_size, uint8_t type,
                              uint64_t value) {
  if (!cspan_slot_try_recording(span)) {
    return false;
  }
  cspan_slot *slot = span.slot;
  bool done = kv_set_varint(&slot->enc, CSPAN_TAG_ATTRIBUTE, key, key_size, type, value);
  cspan_slot_unlock_span(slot, span);
  return done;
}

static __attribute__((noinline)) void put_int64_rare(cspan_span span, const char *key,
                                                     size_t key_size, int64_t value) {
  put_rare(span, key, key_size, cspan_attr_int64(NULL, value));
}

void cspan_span_put_int64(cspan_span span, const char *key, size_t key_size, int64_t value) {
  if (!put_varint(span, key, key_size, ANY_INT, (uint64_t)value)) {
    put_int64_rare(span, key, key_size, value);
  }
}

void cspan_span_put_bool(cspan_span span, const char *key, size_t key_size, bool value) {
  if (!put_varint(span, key, key_size, ANY_BOOL, value)) {
    put_rare(span, key, key_size, cspan_attr_bool(NULL, value));
  }
}

void cspan_span_put_double(cspan_span span, const char *key, size_t key_size, double value) {
  put_rare(span, key, key_size, cspan_attr_double(NULL, value));
}

void cspan_span_put_name(cspan_span span, const char *name, size_t name_size) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    cspan_enc_name(&slot->enc, name, name_size);
    cspan_slot_unlock(slot);
  }
}

static bool write_short_status(cspan_slot *slot, cspan_span_status status, const char *description,
                               size_t size) {
  size_t body = size + 4;
  uint8_t *p = cspan_enc_mark_place(&slot->enc, CSPAN_MARK_STATUS, 2 + body);
  if (p == NULL) {
    return false;
  }
  const uint8_t head[] = {TAG_STATUS, (uint8_t)body, STATUS_MESSAGE, (uint8_t)size};
  memcpy(p, head, sizeof head);
  uint64_t seen = text_copy(p + sizeof head, description, size);
  p += sizeof head + size;
  p[0] = STATUS_CODE;
  p[1] = (uint8_t)status;
  slot->status = (uint8_t)status;
  return (seen & TEXT_HIGH_BITS) == 0;
}

static void write_status(cspan_slot *slot, cspan_span_status status, const char *description,
                         size_t size) {
  size_t len = cspan_text_cut(description, size, TEXT_MAX);
  size_t wire = text_wire_size(description, len);
  size_t body = 2 + (len > 0 ? wire_bytes_size(wire) : 0);
  uint8_t *p = cspan_enc_mark_place(&slot->enc, CSPAN_MARK_STATUS, wire_bytes_size(body));
  if (p == NULL) {
    return;
  }
  *p++ = TAG_STATUS;
  p = wire_varint(p, body);
  if (len > 0) {
    *p++ = STATUS_MESSAGE;
    p = wire_varint(p, wire);
    p = text_wire(p, description, len, wire);
  }
  *p++ = STATUS_CODE;
  *p = (uint8_t)status;
  slot->status = (uint8_t)status;
}

void cspan_span_put_status(cspan_span span, cspan_span_status status, const char *description,
                           size_t description_size) {
  if (status != CSPAN_SPAN_OK && status != CSPAN_SPAN_ERROR) {
    return;
  }
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot == NULL) {
    return;
  }
  size_t size = status == CSPAN_SPAN_ERROR ? description_size : 0;
  if (slot->status != CSPAN_SPAN_OK && (size == 0 || size > SHORT_TEXT_MAX ||
                                        !write_short_status(slot, status, description, size))) {
    write_status(slot, status, description, size);
  }
  cspan_slot_unlock(slot);
}
