/* SPDX-License-Identifier: Apache-2.0 */
/* The thread's current context. */
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
