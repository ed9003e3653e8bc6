/* SPDX-License-Identifier: Apache-2.0 */
/**
 * lambda.h: calling functions of Lambda, on top of a cspan_client of the service.
 *
 * Source of the rules: the Lambda API reference (Invoke) and the developer guide's page on errors
 * of functions. All functions are thread-safe.
 */
#ifndef CLOUDSPAN_LAMBDA_H
#define CLOUDSPAN_LAMBDA_H

#include <cloudspan/client.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_lambda_invocation {
  CSPAN_LAMBDA_WAIT = 0, /**< RequestResponse: until the function's end */
  CSPAN_LAMBDA_EVENT,    /**< queued: nobody sees its answer or errors */
  CSPAN_LAMBDA_DRY_RUN   /**< only checks that the call would be allowed */
} cspan_lambda_invocation;

/** Everything is borrowed. Of payload and payload_value at most one is given. */
typedef struct cspan_lambda_invoke_input {
  size_t size;
  const char *function;  /**< name, name:alias, partial or whole ARN */
  const char *qualifier; /**< a version or alias; NULL: $LATEST */
  cspan_lambda_invocation invocation;
  const void *payload; /**< JSON text */
  size_t payload_size_bytes;
  const cspan_value *payload_value;  /**< is sent as JSON */
  const cspan_value *client_context; /**< a map, for the function's context object */
  bool want_log_tail;                /**< the last 4 KiB of the log; only where it waits */
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_lambda_invoke_input;

/** Freed with cspan_lambda_result_clear(). */
typedef struct cspan_lambda_result {
  int http_status;           /**< 200, 202 (event) or 204 (dry run) */
  char executed_version[64]; /**< "" where the service does not say */
  char *payload;             /**< of the answer, with a NUL behind it; NULL: none */
  size_t payload_size_bytes;
  char *log_tail;          /**< decoded; NULL: none */
  char function_error[64]; /**< "" or what the service says of the failure: "Unhandled" */
} cspan_lambda_result;

CSPAN_API void cspan_lambda_result_clear(cspan_lambda_result *result);

/**
 * Invoke. A failure of the function itself, which the service answers with 200, is an error, too:
 * CSPAN_ERR_SERVICE with the errorType of its payload as the code (or "Unhandled", "Handled"), its
 * errorMessage as the message, the members of the payload in cspan_error_fields(), and the id of the
 * request, by which the function's log is searched. `result` (may be NULL; cleared first) is filled
 * then, too, so that payload and log can be looked at.
 */
CSPAN_API cspan_status cspan_lambda_invoke(cspan_client *client,
                                           const cspan_lambda_invoke_input *input,
                                           cspan_lambda_result *result, cspan_error **error);

CSPAN_END_DECLS

#endif
