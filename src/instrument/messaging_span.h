/* SPDX-License-Identifier: Apache-2.0 */
/* What the messaging conventions say of spans: names, kinds, attributes and links. */
#ifndef INSTRUMENT_MESSAGING_SPAN_H
#define INSTRUMENT_MESSAGING_SPAN_H

#include "instrument/emitted.h"
#include "instrument/tracing.h"

typedef struct cspan_span_naming {
  const char *name; /* memory of the plan or the call */
  cspan_span_kind kind;
} cspan_span_naming;

/* "send", "receive", "settle". */
const char *cspan_messaging_type(cspan_messaging_kind kind);
/* Of an operation with plan->messaging, before its span starts: attributes (at most `capacity`)
 * that are not the same for each call, and how the span is called by the conventions. */
size_t cspan_messaging_start(const cspan_tracing *tracing, const cspan_plan *plan,
                             struct cspan_call *call, cspan_attr *out, size_t capacity,
                             cspan_span_naming *naming);
/* Links a span that sends to the contexts that the caller put into messages itself; before others
 * are put there. */
void cspan_messaging_link_own(const cspan_tracing *tracing, const cspan_plan *plan,
                              const struct cspan_call *call, cspan_span span);
/* What is only known at the end. */
void cspan_messaging_end(const cspan_tracing *tracing, const cspan_plan *plan,
                         const struct cspan_call *call, cspan_span span);

/* What follows the last '/' of a URL, or the last ':' of an ARN; else all of it. */
const char *cspan_destination_name(const char *destination, size_t size, size_t *name_size);

/* A link to the span that sent a message, with messaging.message.id. */
typedef struct cspan_message_link {
  cspan_link link;
  cspan_attr id;
  cspan_extracted extracted;
} cspan_message_link;
/* False where the message has no span; to be freed in any case. It must stay where it is. */
bool cspan_message_link_make(const cspan_value *message, const cspan_propagator *propagator,
                             cspan_message_link *out);
void cspan_message_link_free(cspan_message_link *link);
/* The message's id; text NULL: it has none. */
cspan_attr cspan_message_id(const cspan_value *message);

/* Keys that are set here and by consumers, for what is made of the tables. NULL past the end. */
const cspan_emitted *cspan_emitted_messaging_at(size_t index);

#endif
