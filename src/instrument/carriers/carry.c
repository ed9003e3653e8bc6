/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/carriers/carry.h"

#include <cloudspan/ext/middleware.h>
#include <cloudspan/messaging.h>

#include "instrument/messaging_span.h"

static void *of_call(void *call, size_t size_bytes) {
  return cspan_call_memory(call, size_bytes);
}

static void *of_output(void *call, size_t size_bytes) {
  return cspan_call_output_memory(call, size_bytes);
}

/* What is set must live as long as the call. */
static bool set_input(const cspan_memory *memory, struct cspan_call *call, cspan_value input) {
  cspan_value *kept = memory->alloc(memory->user, sizeof *kept);
  if (kept == NULL) {
    return false;
  }
  *kept = input;
  return cspan_call_set_input_document(call, kept) == CSPAN_OK;
}

static void inject(const cspan_tracing *tracing, const cspan_carrier *carrier,
                   const cspan_memory *memory, struct cspan_call *call) {
  const cspan_value *input = cspan_call_input_document(call);
  cspan_carried carried;
  cspan_value changed;
  if (cspan_value_get_kind(input) == CSPAN_VALUE_MAP &&
      cspan_carried_collect(tracing->propagator, cspan_call_context(call), memory, &carried) &&
      carrier->inject(&carried, memory, input, &changed)) {
    (void)set_input(memory, call, changed);
  }
}

cspan_asked *cspan_carry_begin(const cspan_tracing *tracing, const cspan_carrier *carrier,
                               struct cspan_call *call) {
  const cspan_memory memory = {of_call, call};
  cspan_value changed;
  if (carrier->inject != NULL) {
    inject(tracing, carrier, &memory, call);
    return NULL;
  }
  cspan_asked *asked = cspan_call_memory(call, sizeof *asked);
  bool asks_more =
      asked != NULL && cspan_carry_ask(tracing->propagator, &memory,
                                       cspan_call_input_document(call), &changed, asked);
  if (asks_more && !set_input(&memory, call, changed)) {
    return NULL;
  }
  return asked;
}

static void add_links(const cspan_tracing *tracing, const cspan_value *messages, cspan_span span) {
  for (size_t i = 0; i < cspan_value_count(messages); i++) {
    cspan_message_link link;
    if (cspan_message_link_make(cspan_value_at(messages, i), tracing->propagator, &link)) {
      cspan_span_add_link(span, &link.link);
    }
    cspan_message_link_free(&link);
  }
}

void cspan_carry_end(const cspan_tracing *tracing, const cspan_asked *asked,
                     struct cspan_call *call, cspan_span span) {
  const cspan_memory memory = {of_output, call};
  const cspan_value *output = cspan_call_output_document(call);
  cspan_value changed;
  if (output == NULL) {
    return;
  }
  if (cspan_carry_restore(asked, &memory, output, &changed)) {
    (void)cspan_call_set_output_document(call, &changed);
  }
  if (cspan_span_is_recording(span)) {
    output = cspan_call_output_document(call);
    add_links(tracing, cspan_value_get(output, "Messages"), span);
  }
}
