/* SPDX-License-Identifier: Apache-2.0 */
/* Events and links: nested messages, written whole at once. */
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/kv.h"

/* Fields of Span, Event and Link. */
enum {
  TAG_EVENT = 0x5A,
  EVENT_TIME = 0x09,
  EVENT_NAME = 0x12,
  EVENT_ATTRIBUTE = 0x1A,
  EVENT_DROPPED = 0x20,
  TAG_LINK = 0x6A,
  LINK_TRACE_ID = 0x0A,
  LINK_SPAN_ID = 0x12,
  LINK_TRACE_STATE = 0x1A,
  LINK_ATTRIBUTE = 0x22,
  LINK_DROPPED = 0x28,
  LINK_FLAGS = 0x35
};
enum { FLAG_HAS_IS_REMOTE = 0x100, FLAG_IS_REMOTE = 0x200 };
enum { FIXED64_FIELD = 9, FIXED32_FIELD = 5 };

static const cspan_attr *list_at(const cspan_attr_lists *lists, size_t i) {
  return i < lists->first_count ? &lists->first[i] : &lists->second[i - lists->first_count];
}

static bool set_again(const cspan_attr_lists *lists, size_t i, size_t count) {
  const char *key = list_at(lists, i)->key;
  for (size_t j = i + 1; key != NULL && j < count; j++) {
    const char *other = list_at(lists, j)->key;
    if (other == key || (other != NULL && strcmp(key, other) == 0)) {
      return true;
    }
  }
  return false;
}

/* False at the first attribute whose key may have been there before. */
static bool write_while_new(cspan_enc *enc, uint8_t tag, const cspan_attr_lists *lists,
                            size_t count, size_t *dropped) {
  uint64_t filter = 0;
  size_t lost = 0;
  for (size_t done = 0; done < count;) {
    bool in_first = done < lists->first_count;
    const cspan_attr *attr =
        in_first ? &lists->first[done] : &lists->second[done - lists->first_count];
    size_t end = in_first && lists->first_count < count ? lists->first_count : count;
    for (; done < end; done++, attr++) {
      uint32_t hash;
      if (!kv_append(enc, tag, attr, &hash)) {
        lost++;
        continue;
      }
      uint64_t bit = UINT64_C(1) << (hash & 63);
      if ((filter & bit) != 0) {
        return false;
      }
      filter |= bit;
    }
  }
  *dropped = lost;
  return true;
}

static size_t write_last_of_each(cspan_enc *enc, uint8_t tag, const cspan_attr_lists *lists,
                                 size_t count) {
  size_t dropped = 0;
  uint32_t hash;
  for (size_t i = 0; i < count; i++) {
    if (!set_again(lists, i, count) && !cspan_enc_append_attr(enc, tag, list_at(lists, i), &hash)) {
      dropped++;
    }
  }
  return dropped;
}

/* The last write of a key wins; what is past the limit is counted. Keys are hardly
 * ever given twice, so that is looked into only where their hashes allow it. */
static void write_attrs(cspan_enc *enc, uint8_t tag, uint8_t dropped_tag,
                        const cspan_attr_lists *lists, size_t limit) {
  size_t given = lists->first_count + lists->second_count;
  size_t count = given < limit ? given : limit;
  size_t dropped = 0;
  uint32_t start = enc->len;
  if (!write_while_new(enc, tag, lists, count, &dropped)) {
    enc->len = start;
    dropped = write_last_of_each(enc, tag, lists, count);
  }
  dropped += given - count;
  if (dropped > 0 && cspan_enc_room(enc, 1 + WIRE_VARINT_MAX)) {
    uint8_t *p = enc->data + enc->len;
    *p++ = dropped_tag;
    p = wire_varint(p, dropped < UINT32_MAX ? dropped : UINT32_MAX);
    enc->len = (uint32_t)(p - enc->data);
  }
}

static bool write_event(cspan_slot *slot, const char *name, size_t name_size, int64_t time_unix_ns,
                        const cspan_attr_lists *lists) {
  cspan_enc *enc = &slot->enc;
  if (name_size > enc->max) {
    return false;
  }
  const size_t name_wire = text_wire_size(name, name_size);
  uint32_t body = cspan_enc_open(enc, TAG_EVENT, FIXED64_FIELD + wire_bytes_size(name_wire));
  if (body == 0) {
    return false;
  }
  uint8_t *p = enc->data + enc->len;
  *p++ = EVENT_TIME;
  p = wire_fixed64(p, (uint64_t)time_unix_ns);
  *p++ = EVENT_NAME;
  p = wire_varint(p, name_wire);
  p = text_wire(p, name, name_size, name_wire);
  enc->len = (uint32_t)(p - enc->data);
  write_attrs(enc, EVENT_ATTRIBUTE, EVENT_DROPPED, lists,
              slot->tracer->provider->limits.event_attributes);
  return cspan_enc_close(enc, body);
}

void cspan_slot_event(cspan_slot *slot, const char *name, size_t name_size, int64_t time_unix_ns,
                      const cspan_attr_lists *lists) {
  if (slot->event_count < slot->tracer->provider->limits.events &&
      write_event(slot, name, name_size, time_unix_ns, lists)) {
    slot->event_count++;
    slot->event_names |= UINT32_C(1) << name_size % 32;
  } else {
    slot->dropped_events++;
  }
}

static bool write_link(cspan_slot *slot, const cspan_link *link) {
  cspan_enc *enc = &slot->enc;
  const cspan_span_context *to = &link->context;
  size_t state_len = to->trace_state != NULL ? strlen(to->trace_state) : 0;
  state_len = state_len <= CSPAN_TRACE_STATE_MAX ? state_len : 0;
  size_t state_wire = state_len > 0 ? text_wire_size(to->trace_state, state_len) : 0;
  size_t fixed = wire_bytes_size(sizeof to->trace_id) + wire_bytes_size(sizeof to->span_id);
  uint32_t body =
      cspan_enc_open(enc, TAG_LINK, fixed + FIXED32_FIELD + wire_bytes_size(state_wire));
  if (body == 0) {
    return false;
  }
  uint8_t *p = enc->data + enc->len;
  p = wire_bytes(p, LINK_TRACE_ID, to->trace_id, sizeof to->trace_id);
  p = wire_bytes(p, LINK_SPAN_ID, to->span_id, sizeof to->span_id);
  if (state_wire > 0) {
    *p++ = LINK_TRACE_STATE;
    p = wire_varint(p, state_wire);
    p = text_wire(p, to->trace_state, state_len, state_wire);
  }
  *p++ = LINK_FLAGS;
  p = wire_fixed32(p, to->trace_flags | FLAG_HAS_IS_REMOTE | (to->is_remote ? FLAG_IS_REMOTE : 0u));
  enc->len = (uint32_t)(p - enc->data);
  cspan_attr_lists lists = {.first = link->attributes,
                            .first_count = link->attributes != NULL ? link->attribute_count : 0};
  write_attrs(enc, LINK_ATTRIBUTE, LINK_DROPPED, &lists,
              slot->tracer->provider->limits.link_attributes);
  return cspan_enc_close(enc, body);
}

/* A link to nowhere is kept only when it says something (trace/api, Link). */
void cspan_slot_link(cspan_slot *slot, const cspan_link *link) {
  const cspan_span_context *to = &link->context;
  bool has_state = to->trace_state != NULL && to->trace_state[0] != '\0';
  if (!cspan_span_context_is_valid(to) && link->attribute_count == 0 && !has_state) {
    return;
  }
  if (slot->link_count < slot->tracer->provider->limits.links && write_link(slot, link)) {
    slot->link_count++;
  } else {
    slot->dropped_links++;
  }
}

void cspan_span_add_link(cspan_span span, const cspan_link *link) {
  cspan_slot *slot = link != NULL ? cspan_slot_lock_recording(span) : NULL;
  if (slot != NULL) {
    cspan_slot_link(slot, link);
    cspan_slot_unlock(slot);
  }
}

static void add_event(cspan_span span, const char *name, size_t name_size, int64_t time_unix_ns,
                      const cspan_attr_lists *lists) {
  if (!CSPAN_SPAN_RECORDS(span)) {
    return;
  }
  int64_t time = time_unix_ns != 0 ? time_unix_ns : cspan_unix_ns();
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot != NULL) {
    cspan_slot_event(slot, name, name_size, time, lists);
    cspan_slot_unlock(slot);
  }
}

void cspan_span_put_event(cspan_span span, const char *name, size_t name_size, int64_t time_unix_ns,
                          const cspan_attr *attributes, size_t attribute_count) {
  cspan_attr_lists lists = {.first = attributes,
                            .first_count = attributes != NULL ? attribute_count : 0};
  add_event(span, name, name_size, time_unix_ns, &lists);
}

void cspan_span_record_exception(cspan_span span, const char *type, const char *message,
                                 const cspan_attr *attributes, size_t attribute_count) {
  static const char name[] = "exception";
  cspan_attr base[2];
  size_t count = 0;
  if (type != NULL) {
    base[count++] = cspan_attr_string("exception.type", type);
  }
  if (message != NULL) {
    base[count++] = cspan_attr_string("exception.message", message);
  }
  cspan_attr_lists lists = {.first = base,
                            .first_count = count,
                            .second = attributes,
                            .second_count = attributes != NULL ? attribute_count : 0};
  add_event(span, name, sizeof name - 1, 0, &lists);
}
