/* SPDX-License-Identifier: Apache-2.0 */
/* Span contexts, and the thread's current span. */
#include "telemetry/context.h"
#include "base/text.h"
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

static void copy_context(cspan_span_context *out, const cspan_slot_context *from,
                         const char *state) {
  memcpy(out->trace_id, from->trace_id, sizeof out->trace_id);
  memcpy(out->span_id, from->span_id, sizeof out->span_id);
  out->trace_flags = from->trace_flags;
  out->is_remote = from->is_remote;
  out->trace_state = from->state_len > 0 ? state : NULL;
}

bool cspan_span_get_context(cspan_span span, cspan_span_context *out) {
  static _Thread_local cspan_ended_context ended;
  cspan_span_context unused;
  out = out != NULL ? out : &unused;
  memset(out, 0, sizeof *out);
  cspan_slot *slot = cspan_slot_lock(span);
  if (slot != NULL) {
    copy_context(out, &slot->context, slot->state);
    cspan_slot_unlock(slot);
    return true;
  }
  if (cspan_ended_find(span, &ended)) {
    copy_context(out, &ended.context, ended.state);
    return true;
  }
  return false;
}

cspan_span cspan_span_from_context(const cspan_span_context *context) {
  const cspan_span none = {0};
  if (!cspan_span_context_is_valid(context)) {
    return none;
  }
  cspan_slot *slot = cspan_slot_take(cspan_no_owner);
  if (slot == NULL) {
    return none;
  }
  memcpy(slot->context.trace_id, context->trace_id, sizeof slot->context.trace_id);
  memcpy(slot->context.span_id, context->span_id, sizeof slot->context.span_id);
  slot->context.trace_flags = context->trace_flags;
  slot->context.is_remote = context->is_remote;
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
