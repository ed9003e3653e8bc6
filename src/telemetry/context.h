/* SPDX-License-Identifier: Apache-2.0 */
/* What a context that was given stands for. */
#ifndef TELEMETRY_CONTEXT_H
#define TELEMETRY_CONTEXT_H

#include "telemetry/core.h"

/* A NULL context, or one without a span, stands for the calling thread's current one: its span,
 * and of its baggage and values what the context itself does not have. Deadline and cancellation
 * are only the context's own. */
static inline void cspan_context_resolve_into(cspan_context *out, const cspan_context *context) {
  const cspan_context *current = &cspan_thread.current;
  if (context == NULL) {
    out->span = current->span;
    out->baggage = current->baggage;
    out->cancel = NULL;
    out->deadline_ns = 0;
    out->values = current->values;
    return;
  }
  *out = *context;
  if (out->span.slot == NULL) {
    out->span = current->span;
    out->baggage = out->baggage != NULL ? out->baggage : current->baggage;
    out->values = out->values != NULL ? out->values : current->values;
  }
}

static inline cspan_context cspan_context_resolve(const cspan_context *context) {
  cspan_context result;
  cspan_context_resolve_into(&result, context);
  return result;
}

#endif
