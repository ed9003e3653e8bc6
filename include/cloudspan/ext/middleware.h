/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ext/middleware.h: the pipeline of a call, and how to take part in it.
 *
 * A call runs through five steps, each a chain of middlewares, in this order
 * (the names of the library's own, to be used in `relative_to`):
 *
 *   Initialize   "RegisterCall" (input checks, call id)
 *   Serialize    "OperationSerializer" (input to method, path, query, headers, body)
 *   Build        "ResolveEndpoint", "UserAgent", "ContentChecksum", "ContentLength"
 *   Finalize     "Retry" (all that follows runs once per attempt), "AttemptHeader",
 *                "ResolveCredentials", "Signing"
 *   Deserialize  "OperationDeserializer" (innermost: the response to output or error)
 *
 * Each middleware is entered by `begin` on the way in and left by `end` on the
 * way out, in reverse order; between the last begin and the first end the request
 * is on the wire. There is no `next` to call: that lets many calls be in flight on
 * one thread. `end` runs for exactly those whose begin returned CSPAN_OK.
 */
#ifndef CLOUDSPAN_EXT_MIDDLEWARE_H
#define CLOUDSPAN_EXT_MIDDLEWARE_H

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

/** One operation being carried out. */
struct cspan_call;

typedef enum cspan_step {
  CSPAN_STEP_INITIALIZE = 0,
  CSPAN_STEP_SERIALIZE = 1,
  CSPAN_STEP_BUILD = 2,
  CSPAN_STEP_FINALIZE = 3,
  CSPAN_STEP_DESERIALIZE = 4
} cspan_step;

typedef enum cspan_position { CSPAN_AFTER = 0, CSPAN_BEFORE = 1 } cspan_position;

/** Phases of an attempt in microseconds; -1 where a phase did not happen. */
typedef struct cspan_call_timings {
  int64_t dns_us;
  int64_t connect_us;
  int64_t tls_us;
  int64_t time_to_first_byte_us;
  int64_t transfer_us;
  bool connection_reused;
} cspan_call_timings;

/** An attempt that failed and will be made again. */
typedef struct cspan_retry_info {
  int attempt; /**< the one that failed, from 1 */
  const cspan_error *error;
  int http_status;    /**< 0: no response */
  int64_t backoff_ms; /**< the sleep that follows now */
} cspan_retry_info;

typedef struct cspan_middleware_vtable {
  size_t size;
  const char *name;
  /** Bytes of zeroed memory for each call, handed in as `state`. Middlewares inside
   * Finalize after "Retry" get them zeroed again for each attempt. */
  size_t state_size;
  /** May be NULL. Not CSPAN_OK fails the call (inside Finalize: the attempt, which
   * is retried only when the error is retryable). */
  cspan_status (*begin)(void *self, struct cspan_call *call, void *state, cspan_error **error);
  /** May be NULL. Looks at the outcome (cspan_call_error) and may change it. */
  void (*end)(void *self, struct cspan_call *call, void *state);
  /** May be NULL. For every middleware whose begin ran and whose end has not: an attempt
   * failed and will be made again after a sleep. */
  void (*retry)(void *self, struct cspan_call *call, void *state, const cspan_retry_info *info);
  void (*free)(void *self); /**< may be NULL */
} cspan_middleware_vtable;

typedef struct cspan_middleware {
  const cspan_middleware_vtable *vtable;
  void *self;
  cspan_step step;
  cspan_position position;
  const char *relative_to; /**< NULL: AFTER is the end of the step, BEFORE its start */
} cspan_middleware;

/* --------------------------------------------- what a middleware may look at
 * Strings are borrowed until the middleware returns. */

CSPAN_API const char *cspan_call_service(const struct cspan_call *call);   /**< "S3" */
CSPAN_API const char *cspan_call_operation(const struct cspan_call *call); /**< "PutObject" */
CSPAN_API const char *cspan_call_region(const struct cspan_call *call);
/** The caller's context; a middleware may replace it for what follows inside. */
CSPAN_API const cspan_context *cspan_call_context(const struct cspan_call *call);
CSPAN_API void cspan_call_set_context(struct cspan_call *call, const cspan_context *context);

/** An input member by the service model's name ("Bucket", "PartNumber", "Delete"),
 * as text. Works as snprintf: returns the length that it has (which may be over
 * capacity; the text is cut then, always NUL-terminated), 0 when absent. */
CSPAN_API size_t cspan_call_input(const struct cspan_call *call, const char *member, char *text,
                                  size_t capacity);

/* Input and output as documents (value.h), borrowed until the call ends. The typed calls of s3.h
 * have an input, of the members that are set but the body, and an output where parts of them may
 * fail (DeleteObjects). */

/** NULL: there is none. */
CSPAN_API const struct cspan_value *cspan_call_input_document(const struct cspan_call *call);
/** Replaces the input before "OperationSerializer"; what it refers to must live as long as the
 * call. CSPAN_ERR_UNSUPPORTED for the typed calls of s3.h. */
CSPAN_API cspan_status cspan_call_set_input_document(struct cspan_call *call,
                                                     const struct cspan_value *input);
/** Of a call that succeeded, once Deserialize has ended; NULL: none. */
CSPAN_API const struct cspan_value *cspan_call_output_document(const struct cspan_call *call);
/** Replaces the output that the caller gets; what it refers to must be of the output before or of
 * cspan_call_output_memory(). CSPAN_ERR_UNSUPPORTED for the typed calls of s3.h. */
CSPAN_API cspan_status cspan_call_set_output_document(struct cspan_call *call,
                                                      const struct cspan_value *output);
/** Memory that lives as long as the call; NULL when there is none left. */
CSPAN_API void *cspan_call_memory(struct cspan_call *call, size_t size_bytes);
/** Memory that lives as long as the output document; NULL when there is none left. */
CSPAN_API void *cspan_call_output_memory(struct cspan_call *call, size_t size_bytes);

/* The request; complete from Build on (signed: after Finalize's "Signing"). */
CSPAN_API const char *cspan_call_method(const struct cspan_call *call);
CSPAN_API const char *cspan_call_scheme(const struct cspan_call *call); /**< "https" */
CSPAN_API const char *cspan_call_host(
    const struct cspan_call *call); /**< without port; "" before ResolveEndpoint */
CSPAN_API int cspan_call_port(const struct cspan_call *call);
CSPAN_API const char *cspan_call_path(const struct cspan_call *call); /**< as sent */
/** The URL as sent, with the values of signature, credential and token query
 * parameters replaced by "REDACTED". snprintf semantics. */
CSPAN_API size_t cspan_call_redacted_url(const struct cspan_call *call, char *text,
                                         size_t capacity);
/** Case-insensitive; NULL when absent. Never returns Authorization or a session token. */
CSPAN_API const char *cspan_call_request_header(const struct cspan_call *call, const char *name);
/** Adds or replaces; NULL value removes. Before "Signing" it is signed, except for the
 * names that the signer leaves out (traceparent, tracestate, baggage, X-Amzn-Trace-Id,
 * User-Agent, Expect, ...). A header set inside Finalize after "Retry" lasts for the attempt. */
CSPAN_API cspan_status cspan_call_set_request_header(struct cspan_call *call, const char *name,
                                                     const char *value);
CSPAN_API int64_t cspan_call_request_body_size(const struct cspan_call *call); /**< -1: not known */

/* The response of the last attempt; there once Deserialize has ended. */
CSPAN_API int cspan_call_http_status(const struct cspan_call *call); /**< 0: none */
CSPAN_API const char *cspan_call_response_header(const struct cspan_call *call, const char *name);
CSPAN_API int64_t cspan_call_response_body_size(const struct cspan_call *call); /**< received */
CSPAN_API const char *cspan_call_request_id(const struct cspan_call *call);     /**< "" unknown */
CSPAN_API const char *cspan_call_extended_request_id(
    const struct cspan_call *call); /**< "" unknown */
CSPAN_API bool cspan_call_timings_get(const struct cspan_call *call, cspan_call_timings *out);
CSPAN_API const char *cspan_call_peer_address(
    const struct cspan_call *call); /**< "" not connected */
CSPAN_API int cspan_call_peer_port(const struct cspan_call *call);
/** The response's HTTP: "1.1", "2"; "" where there was none. */
CSPAN_API const char *cspan_call_http_version(const struct cspan_call *call);

CSPAN_API int cspan_call_attempt(const struct cspan_call *call);        /**< from 1 */
CSPAN_API int64_t cspan_call_backoff_ms(const struct cspan_call *call); /**< slept so far, in all */
/** NULL on success (so far). */
CSPAN_API const cspan_error *cspan_call_error(const struct cspan_call *call);
/** Makes it fail with `error` (ownership passes), or succeed with NULL. In `end` only. */
CSPAN_API void cspan_call_set_error(struct cspan_call *call, cspan_error *error);

CSPAN_END_DECLS

#endif
