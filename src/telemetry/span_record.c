/* SPDX-License-Identifier: Apache-2.0 */
/* What is written while a span is open, and its end. */
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/kv.h"

/* Fields of Span, Status. */
enum {
  TAG_NAME = 0x2A,
  TAG_ATTRIBUTE = 0x4A,
  TAG_DROPPED_ATTRIBUTES = 0x50,
  TAG_DROPPED_EVENTS = 0x60,
  TAG_DROPPED_LINKS = 0x70,
  TAG_STATUS = 0x7A,
  STATUS_MESSAGE = 0x12,
  STATUS_CODE = 0x18
};
/* Names and status descriptions are cut to this. */
enum { TEXT_MAX = 16384 };

void cspan_slot_attr(cspan_slot *slot, const cspan_attr *attr) {
  if (!cspan_enc_set(&slot->enc, TAG_ATTRIBUTE, attr)) {
    slot->dropped_attributes++;
  }
}

void cspan_slot_name(cspan_slot *slot, const char *name) {
  size_t len = strlen(name);
  len = len <= TEXT_MAX ? len : cspan_text_cut(name, len, TEXT_MAX);
  size_t wire = text_wire_size(name, len);
  uint8_t *p = cspan_enc_mark_place(&slot->enc, CSPAN_MARK_NAME, wire_bytes_size(wire));
  if (p != NULL) {
    *p++ = TAG_NAME;
    p = wire_varint(p, wire);
    text_wire(p, name, len, wire);
  }
}

bool cspan_span_is_recording(cspan_span span) {
  return (span.generation & SLOT_RECORDING) != 0 && cspan_slot_is_open(span);
}

void cspan_span_set(cspan_span span, cspan_attr attribute) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    cspan_slot_attr(slot, &attribute);
    cspan_slot_unlock(slot);
  }
}

static void set_attr(cspan_span span, const cspan_attr *attr) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    cspan_slot_attr(slot, attr);
    cspan_slot_unlock(slot);
  }
}

void cspan_span_set_string(cspan_span span, const char *key, const char *value) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    if (!kv_set_string(&slot->enc, TAG_ATTRIBUTE, key, value)) {
      slot->dropped_attributes++;
    }
    cspan_slot_unlock(slot);
  }
}

void cspan_span_set_bool(cspan_span span, const char *key, bool value) {
  cspan_attr attr = cspan_attr_bool(key, value);
  set_attr(span, &attr);
}

void cspan_span_set_int64(cspan_span span, const char *key, int64_t value) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot != NULL) {
    if (!kv_set_int64(&slot->enc, TAG_ATTRIBUTE, key, value)) {
      slot->dropped_attributes++;
    }
    cspan_slot_unlock(slot);
  }
}

void cspan_span_set_double(cspan_span span, const char *key, double value) {
  cspan_attr attr = cspan_attr_double(key, value);
  set_attr(span, &attr);
}

void cspan_span_update_name(cspan_span span, const char *name) {
  cspan_slot *slot = name != NULL ? cspan_slot_lock_recording(span) : NULL;
  if (slot != NULL) {
    cspan_slot_name(slot, name);
    cspan_slot_unlock(slot);
  }
}

static void write_status(cspan_slot *slot, cspan_span_status status, const char *description) {
  size_t len = description != NULL ? strlen(description) : 0;
  len = len > 0 ? cspan_text_cut(description, len, TEXT_MAX) : 0;
  size_t wire = len > 0 ? text_wire_size(description, len) : 0;
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

void cspan_span_set_status(cspan_span span, cspan_span_status status, const char *description) {
  if (status != CSPAN_SPAN_OK && status != CSPAN_SPAN_ERROR) {
    return;
  }
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot == NULL) {
    return;
  }
  if (slot->status != CSPAN_SPAN_OK) {
    write_status(slot, status, status == CSPAN_SPAN_ERROR ? description : NULL);
  }
  cspan_slot_unlock(slot);
}

static void write_dropped(cspan_slot *slot) {
  const struct {
    uint8_t tag;
    uint32_t count;
  } fields[] = {{TAG_DROPPED_ATTRIBUTES, slot->dropped_attributes},
                {TAG_DROPPED_EVENTS, slot->dropped_events},
                {TAG_DROPPED_LINKS, slot->dropped_links}};
  cspan_enc *enc = &slot->enc;
  enc->max = UINT32_MAX; /* the counts are not subject to the cap */
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (fields[i].count > 0 && cspan_enc_room(enc, 1 + WIRE_VARINT_MAX)) {
      uint8_t *p = enc->data + enc->len;
      *p++ = fields[i].tag;
      enc->len = (uint32_t)(wire_varint(p, fields[i].count) - enc->data);
    }
  }
}

int64_t cspan_duration_ns(int64_t start_ns, int64_t end_ns) {
  int64_t duration;
  if (!__builtin_sub_overflow(end_ns, start_ns, &duration)) {
    return duration;
  }
  return end_ns > start_ns ? INT64_MAX : INT64_MIN;
}

/* The name's field is a tag, a length and the text. */
static void span_name(const cspan_enc *enc, cspan_ended_span *ended) {
  const cspan_enc_mark *mark = &enc->marks[CSPAN_MARK_NAME];
  ended->name = "";
  if (mark->len > 0) {
    const uint8_t *end = enc->data + mark->at + mark->len;
    const uint8_t *text = enc->data + mark->at + 1;
    while ((*text++ & 0x80) != 0) {
    }
    ended->name = (const char *)text;
    ended->name_size_bytes = (size_t)(end - text);
  }
}

static void finish(cspan_slot *slot, int64_t end_ns) {
  if (end_ns == 0) {
    /* The wall clock may have been set back meanwhile. */
    end_ns = cspan_unix_ns();
    end_ns = end_ns > slot->start_ns ? end_ns : slot->start_ns;
  }
  wire_fixed64(slot->enc.data + slot->end_time_at, (uint64_t)end_ns);
  if ((slot->dropped_attributes | slot->dropped_events | slot->dropped_links) != 0) {
    write_dropped(slot);
  }
  const cspan_tracer_provider *provider = slot->tracer->provider;
  cspan_ended_span ended = {.span = slot->enc.data,
                            .span_size_bytes = slot->enc.len,
                            .tracer = slot->tracer,
                            .sampled = (slot->trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0,
                            .error = slot->status == CSPAN_SPAN_ERROR,
                            .duration_ns = cspan_duration_ns(slot->start_ns, end_ns),
                            .trace_id = slot->trace_id,
                            .span_id = slot->span_id,
                            .parent_span_id = slot->has_parent ? slot->parent_span_id : NULL,
                            .parent_is_remote = slot->parent_is_remote,
                            .kind = (cspan_span_kind)slot->kind,
                            .trace_state = slot->state_len > 0 ? slot->state : NULL};
  span_name(&slot->enc, &ended);
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    processor->vtable->on_end(processor->self, &ended);
  }
}

/* The handle is stale before the processors run, and the slot is not reused
 * until they are done: they may use the API freely and hold no lock of ours. */
void cspan_span_end_at(cspan_span span, int64_t end_time_unix_ns) {
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot == NULL) {
    return;
  }
  cspan_slot_retire(slot);
  if ((span.generation & SLOT_RECORDING) != 0) {
    finish(slot, end_time_unix_ns);
  }
  cspan_slot_give(slot);
}

void cspan_span_end(cspan_span span) {
  cspan_span_end_at(span, 0);
}
