/* SPDX-License-Identifier: Apache-2.0 */
/* The thread's current context, and what stands in for what a context leaves out. */
#include "telemetry/context.h"

#include "telemetry/core.h"

cspan_context cspan_context_current(void) {
  return cspan_thread.current;
}

cspan_context cspan_context_attach(const cspan_context *context) {
  static const cspan_context none;
  cspan_context before = cspan_thread.current;
  cspan_thread.current = context != NULL ? *context : none;
  return before;
}

void cspan_context_detach(const cspan_context *before) {
  cspan_context_attach(before);
}

cspan_context cspan_context_resolve(const cspan_context *context) {
  cspan_context result = {0};
  if (context != NULL) {
    result = *context;
  }
  if (result.span.slot == NULL) {
    const cspan_context *current = &cspan_thread.current;
    result.span = current->span;
    result.baggage = result.baggage != NULL ? result.baggage : current->baggage;
    result.values = result.values != NULL ? result.values : current->values;
  }
  return result;
}
