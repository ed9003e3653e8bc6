/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of strangers: whatever they look like, a context is found or not, what is put into a
 * message is found in it again, and what is taken out of a received one goes with its copies. The
 * first byte chooses the propagators, the rest is JSON. */
#include <cloudspan/messaging.h>
#include <stdlib.h>

#include "base/arena.h"
#include "instrument/carriers/carried.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const propagators[] = {
    "tracecontext,baggage", "xray,tracecontext,baggage", "b3", "b3multi", "jaeger", "ottrace",
};
enum { PROPAGATORS = sizeof propagators / sizeof propagators[0] };

static void *take(void *arena, size_t size) {
  return cspan_arena_alloc(arena, size);
}

static bool is_found(const cspan_value *message, const cspan_propagator *propagator) {
  static const cspan_context nothing = {0};
  cspan_extracted extracted;
  bool found = cspan_message_context(message, propagator, &nothing, &extracted);
  cspan_extracted_free(&extracted);
  return found;
}

static void check_carriers(const cspan_value *message, const cspan_propagator *propagator,
                           const cspan_memory *memory) {
  static bool (*const carriers[])(const cspan_carried *, const cspan_memory *, const cspan_value *,
                                  cspan_value *) = {
      cspan_carry_sqs,    cspan_carry_sns,     cspan_carry_events,
      cspan_carry_states, cspan_carry_kinesis, cspan_carry_lambda,
  };
  cspan_span_context sender = {.trace_flags = 1};
  memset(sender.trace_id, 1, sizeof sender.trace_id);
  memset(sender.span_id, 2, sizeof sender.span_id);
  cspan_context context = {.span = cspan_span_from_context(&sender)};
  cspan_carried carried;
  if (message->kind == CSPAN_VALUE_MAP &&
      cspan_carried_collect(propagator, &context, memory, &carried)) {
    bool is_plain = cspan_value_is_null(cspan_value_get(message, "Entries")) &&
                    cspan_value_is_null(cspan_value_get(message, "PublishBatchRequestEntries")) &&
                    cspan_value_is_null(cspan_value_get(message, "MessageAttributes"));
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++) {
      cspan_value out;
      bool is_changed = carriers[i](&carried, memory, message, &out);
      bool is_message = i < 2 && is_plain && carried.key_count > 0; /* SQS and SNS */
      if (is_changed && is_message && !is_found(&out, propagator)) {
        abort();
      }
    }
  }
  cspan_span_end(context.span);
}

/* The document as what ReceiveMessage gave, when nothing was asked for. */
static void check_received(const cspan_value *output, const cspan_propagator *propagator,
                           const cspan_memory *memory) {
  const cspan_value input = cspan_map(NULL, 0);
  cspan_asked asked;
  cspan_value more;
  cspan_value less;
  cspan_document *copy = NULL;
  if (!cspan_carry_ask(propagator, memory, &input, &more, &asked) ||
      !cspan_carry_restore(&asked, memory, output, &less) ||
      cspan_document_copy(&less, &copy, NULL) != CSPAN_OK) {
    return;
  }
  const cspan_value *messages = cspan_value_get(&less, "Messages");
  const cspan_value *copies = cspan_value_get(cspan_document_value(copy), "Messages");
  for (size_t i = 0; i < cspan_value_count(messages) && i < 16; i++) {
    if (is_found(cspan_value_at(messages, i), propagator) !=
        is_found(cspan_value_at(copies, i), propagator)) {
      abort();
    }
  }
  cspan_document_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_document *document = NULL;
  cspan_arena *arena = cspan_arena_create(16U << 20);
  cspan_propagator *propagator =
      cspan_propagator_from_names(propagators[size > 0 ? data[0] % PROPAGATORS : 0], NULL);
  if (size > 0 && arena != NULL && propagator != NULL &&
      cspan_document_parse_json((const char *)data + 1, size - 1, &document, NULL) == CSPAN_OK) {
    const cspan_memory memory = {take, arena};
    const cspan_value *message = cspan_document_value(document);
    is_found(message, propagator);
    check_carriers(message, propagator, &memory);
    check_received(message, propagator, &memory);
  }
  if (size > 0) {
    cspan_value text = cspan_blob(data + 1, size - 1);
    is_found(&text, propagator);
  }
  cspan_document_free(document);
  cspan_propagator_free(propagator);
  cspan_arena_free(arena);
  return 0;
}
