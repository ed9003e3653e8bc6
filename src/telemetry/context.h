/* SPDX-License-Identifier: Apache-2.0 */
/* What a context that was given stands for. */
#ifndef TELEMETRY_CONTEXT_H
#define TELEMETRY_CONTEXT_H

#include <cloudspan/telemetry.h>

/* A NULL context, or one without a span, stands for the calling thread's current one: its span,
 * and of its baggage and values what the context itself does not have. Deadline and cancellation
 * are only the context's own. */
cspan_context cspan_context_resolve(const cspan_context *context);

#endif
