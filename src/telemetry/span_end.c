/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a span: what is known only then, and the processors. */
#include "base/sys.h"
#include "telemetry/core.h"
#include "telemetry/metrics/self.h"

/* Fields of Span. */
enum { TAG_DROPPED_ATTRIBUTES = 0x50, TAG_DROPPED_EVENTS = 0x60, TAG_DROPPED_LINKS = 0x70 };

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

static int64_t end_time(const cspan_slot *slot, int64_t given_ns) {
  if (given_ns != 0) {
    return given_ns;
  }
  /* The wall clock may have been set back meanwhile. */
  int64_t now = cspan_unix_ns();
  return now > slot->start_ns ? now : slot->start_ns;
}

/* Of a retired slot. The processors get a handle of their own, so that what other threads do
 * with the span has no effect any more (trace/sdk, OnEnding). */
static void tell_ending(cspan_slot *slot, const cspan_tracer_provider *provider) {
  cspan_span span = cspan_slot_publish_ending(slot);
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    const cspan_processor_vtable *vtable = processor->vtable;
    if (CSPAN_HAS(vtable, on_ending) && vtable->on_ending != NULL) {
      vtable->on_ending(processor->self, span);
    }
  }
  cspan_slot_lock(span);
  slot->ending = NULL;
  cspan_slot_retire(slot);
}

static void finish(cspan_slot *slot, const cspan_tracer_provider *provider, int64_t end_ns) {
  wire_fixed64(slot->enc.data + slot->end_time_at, (uint64_t)end_ns);
  if ((slot->dropped_attributes | slot->dropped_events | slot->dropped_links) != 0) {
    write_dropped(slot);
  }
  cspan_ended_span ended = {.span = slot->enc.data,
                            .span_size_bytes = slot->enc.len,
                            .tracer = slot->tracer,
                            .sampled = (slot->context.trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0,
                            .error = slot->status == CSPAN_SPAN_ERROR,
                            .duration_ns = cspan_duration_ns(slot->start_ns, end_ns),
                            .trace_id = slot->context.trace_id,
                            .span_id = slot->context.span_id,
                            .parent_span_id = slot->has_parent ? slot->parent_span_id : NULL,
                            .parent_is_remote = slot->parent_is_remote,
                            .kind = (cspan_span_kind)slot->kind,
                            .trace_state = slot->context.state_len > 0 ? slot->state : NULL,
                            .event_count = slot->event_count,
                            .event_names = slot->event_names,
                            .keys = &slot->enc};
  span_name(&slot->enc, &ended);
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    processor->vtable->on_end(processor->self, &ended);
  }
}

/* The program's handle is stale before the processors run, and the slot is not reused
 * until they are done: they may use the API freely and hold no lock of ours. */
static __attribute__((noinline)) void end_recording(cspan_slot *slot, int64_t end_time_unix_ns) {
  const cspan_tracer_provider *provider = slot->tracer->provider;
  int64_t end_ns = end_time(slot, end_time_unix_ns);
  cspan_slot_retire(slot);
  if (provider->reports != NULL) {
    cspan_self_span_ended(provider->reports,
                          (slot->context.trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0);
  }
  if (provider->has_on_ending) {
    tell_ending(slot, provider);
  }
  finish(slot, provider, end_ns);
  cspan_slot_give(slot);
}

void cspan_span_end_at(cspan_span span, int64_t end_time_unix_ns) {
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot == NULL) {
    return;
  }
  if (slot->ending != NULL) {
    cspan_slot_unlock(slot);
  } else if ((span.generation & SLOT_RECORDING) != 0) {
    end_recording(slot, end_time_unix_ns);
  } else {
    cspan_slot_retire(slot);
    cspan_slot_give(slot);
  }
}
