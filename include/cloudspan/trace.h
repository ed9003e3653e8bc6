/* SPDX-License-Identifier: Apache-2.0 */
/**
 * trace.h: one call that makes every AWS call of a config a client span.
 *
 * Names and attributes follow the OpenTelemetry semantic conventions (aws-sdk,
 * rpc, http) and are listed in docs/spans.md.
 */
#ifndef CLOUDSPAN_TRACE_H
#define CLOUDSPAN_TRACE_H

#include <cloudspan/aws.h>
#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_retry_tracing {
  CSPAN_RETRY_EVENTS = 0, /**< an event aws.retry for each attempt that is made again */
  CSPAN_RETRY_SPANS = 1,  /**< a child span for each attempt */
  CSPAN_RETRY_EVENTS_AND_SPANS = 2
} cspan_retry_tracing;

typedef enum cspan_semconv_mode {
  CSPAN_SEMCONV_DEFAULT = 0, /**< OTEL_SEMCONV_STABILITY_OPT_IN, else stable */
  CSPAN_SEMCONV_STABLE,
  CSPAN_SEMCONV_LEGACY,
  CSPAN_SEMCONV_DUP
} cspan_semconv_mode;

/** Puts attributes for this call into `out`, at most `capacity`; returns how many.
 * What they refer to must live until the callback is called again on this thread. */
typedef size_t (*cspan_trace_before_fn)(void *user, const struct cspan_call *call, cspan_attr *out,
                                        size_t capacity);
/** Called before the span ends, with the call's outcome. */
typedef void (*cspan_trace_after_fn)(void *user, const struct cspan_call *call, cspan_span span);

typedef struct cspan_trace_options {
  size_t size;
  cspan_tracer_provider *provider; /**< NULL: the global one, looked up at each call */
  /** Owned from now on; NULL: X-Ray and what OTEL_PROPAGATORS says (tracecontext,baggage). */
  cspan_propagator *propagator;
  cspan_retry_tracing retries;
  cspan_semconv_mode semconv;
  cspan_trace_before_fn before; /**< its attributes are there when samplers decide */
  void *before_user;
  cspan_trace_after_fn after;
  void *after_user;
  /** Outcomes that are no errors: error codes or HTTP statuses as text, optionally after
   * the operation: "NoSuchKey", "304", "HeadObject:404". NULL-terminated; NULL: the
   * default list (304, Head*:404, 412, PreconditionFailed, ConditionalCheckFailedException). */
  const char *const *expected_outcomes;
} cspan_trace_options;

/**
 * Appends the tracing middlewares to `config`: clients made from it afterwards are
 * traced. `options` may be NULL. Calling it twice is an error (CSPAN_ERR_INVALID).
 */
CSPAN_API cspan_status cspan_trace_append(cspan_aws_config *config,
                                          const cspan_trace_options *options, cspan_error **error);

CSPAN_END_DECLS

#endif
