/* SPDX-License-Identifier: Apache-2.0 */
/* Span contexts, and the thread's current span. */
#include "base/text.h"
#include "telemetry/core.h"
#include "telemetry/ended.h"

_Thread_local cspan_thread_state cspan_thread;

bool cspan_span_context_is_valid(const cspan_span_context *context) {
  return context != NULL &&
         (wire_load64(context->trace_id) | wire_load64(context->trace_id + 8)) != 0 &&
         wire_load64(context->span_id) != 0;
}

bool cspan_span_context_is_sampled(const cspan_span_context *context) {
  return context != NULL && (context->trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0;
}

void cspan_trace_id_hex(const uint8_t trace_id[16], char out[33]) {
  cspan_hex_encode(trace_id, 16, out);
}

void cspan_span_id_hex(const uint8_t span_id[8], char out[17]) {
  cspan_hex_encode(span_id, 8, out);
}

static bool ended_context(cspan_span span, cspan_span_context *out) {
  static _Thread_local cspan_ended_context ended;
  if (!cspan_ended_find(span, &ended)) {
    return false;
  }
  memcpy(out->trace_id, ended.trace_id, sizeof out->trace_id);
  memcpy(out->span_id, ended.span_id, sizeof out->span_id);
  out->trace_flags = ended.trace_flags;
  out->is_remote = ended.is_remote;
  out->trace_state = ended.state_len > 0 ? ended.state : NULL;
  return true;
}

bool cspan_span_get_context(cspan_span span, cspan_span_context *out) {
  cspan_span_context unused;
  out = out != NULL ? out : &unused;
  memset(out, 0, sizeof *out);
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot == NULL) {
    return ended_context(span, out);
  }
  memcpy(out->trace_id, slot->trace_id, sizeof out->trace_id);
  memcpy(out->span_id, slot->span_id, sizeof out->span_id);
  out->trace_flags = slot->trace_flags;
  out->is_remote = slot->is_remote;
  out->trace_state = slot->state_len > 0 ? slot->state : NULL;
  cspan_slot_unlock(slot);
  return true;
}

cspan_span cspan_span_from_context(const cspan_span_context *context) {
  const cspan_span none = {0};
  if (!cspan_span_context_is_valid(context)) {
    return none;
  }
  cspan_slot *slot = cspan_slot_take(NULL);
  if (slot == NULL) {
    return none;
  }
  memcpy(slot->trace_id, context->trace_id, sizeof slot->trace_id);
  memcpy(slot->span_id, context->span_id, sizeof slot->span_id);
  slot->trace_flags = context->trace_flags;
  slot->is_remote = context->is_remote;
  if (context->trace_state != NULL) {
    cspan_slot_set_state(slot, context->trace_state, strlen(context->trace_state));
  }
  return cspan_slot_publish(slot, false);
}

cspan_span cspan_span_make_current(cspan_span span) {
  cspan_span before = cspan_thread.current.span;
  cspan_thread.current.span = span;
  return before;
}

cspan_span cspan_span_current(void) {
  return cspan_thread.current.span;
}

cspan_context cspan_context_with_span(const cspan_context *parent, cspan_span span) {
  cspan_context context = {0};
  if (parent != NULL) {
    context = *parent;
  }
  context.span = span;
  return context;
}
