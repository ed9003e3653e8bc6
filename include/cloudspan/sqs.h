/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sqs.h: messages of SQS, on top of a cspan_client of the service: sending one or many, a loop
 * that receives them, deleting many. All else that the service has is called by client.h.
 *
 * Works with service models of both protocols that SQS has had (query, and JSON since 2023).
 *
 * Source of the rules: the SQS API reference and the developer guide's pages on batch actions,
 * visibility timeout and long polling.
 *
 * All functions are thread-safe.
 */
#ifndef CLOUDSPAN_SQS_H
#define CLOUDSPAN_SQS_H

#include <cloudspan/client.h>
#include <cloudspan/messaging.h>

CSPAN_BEGIN_DECLS

/* ----------------------------------------------------------------- sending */

/** A message to be sent. Everything is borrowed. */
typedef struct cspan_sqs_message {
  const char *body;
  size_t body_size_bytes; /**< 0: up to the NUL */
  /** A map: strings, numbers and blobs become attributes of the types String, Number and Binary;
   * maps are taken as they are ({"DataType": "String.color", "StringValue": "red"}). */
  const cspan_value *attributes;
  const char *group_id;         /**< of FIFO queues */
  const char *deduplication_id; /**< of FIFO queues */
  int delay_s;                  /**< 0: the queue's; below: none */
} cspan_sqs_message;

typedef struct cspan_sqs_send_input {
  size_t size;
  const char *queue_url;
  cspan_sqs_message message;
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_sqs_send_input;

typedef struct cspan_sqs_send_result {
  char message_id[128];
  char sequence_number[64]; /**< of FIFO queues, else "" */
} cspan_sqs_send_result;

/** SendMessage. `result` may be NULL. */
CSPAN_API cspan_status cspan_sqs_send(cspan_client *client, const cspan_sqs_send_input *input,
                                      cspan_sqs_send_result *result, cspan_error **error);

typedef struct cspan_sqs_batch_failure {
  size_t index;       /**< into what was given */
  bool sender_fault;  /**< the service says so: sending the same again will not help */
  cspan_error *error; /**< owned by the result */
} cspan_sqs_batch_failure;

typedef struct cspan_sqs_batch_result {
  size_t success_count;
  size_t failure_count;
  cspan_sqs_batch_failure *failures; /**< failure_count of them, by index */
} cspan_sqs_batch_result;

CSPAN_API void cspan_sqs_batch_result_clear(cspan_sqs_batch_result *result);

typedef struct cspan_sqs_send_batch_input {
  size_t size;
  const char *queue_url;
  const cspan_sqs_message *messages;
  size_t count; /**< any number */
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_sqs_send_batch_input;

/**
 * SendMessageBatch, in order, with up to 10 messages and 256 KiB a call (a message that is larger
 * goes alone; whether that is too large is the service's to say). CSPAN_ERR_PARTIAL when some (or
 * all) failed; which, and why, is in `result` (may be NULL; else clear it, also on error).
 */
CSPAN_API cspan_status cspan_sqs_send_batch(cspan_client *client,
                                            const cspan_sqs_send_batch_input *input,
                                            cspan_sqs_batch_result *result, cspan_error **error);

/* ---------------------------------------------------------------- deleting */

typedef struct cspan_sqs_delete_batch_input {
  size_t size;
  const char *queue_url;
  const char *const *receipt_handles;
  size_t count; /**< any number */
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_sqs_delete_batch_input;

/** DeleteMessageBatch with 10 messages a call. Errors as those of cspan_sqs_send_batch(). */
CSPAN_API cspan_status cspan_sqs_delete_batch(cspan_client *client,
                                              const cspan_sqs_delete_batch_input *input,
                                              cspan_sqs_batch_result *result, cspan_error **error);

/* --------------------------------------------------------------- receiving */

/** A message that was received: lives until the handler returns. */
typedef struct cspan_sqs_received {
  const char *message_id;
  const char *receipt_handle;
  const char *body;
  size_t body_size_bytes;
  int64_t receive_count;      /**< how often it was received, this time included; 0: not known */
  const cspan_value *message; /**< all that the service gave: Attributes, MessageAttributes... */
} cspan_sqs_received;

/** CSPAN_OK: the message is done and gets deleted. Anything else: it stays in the queue and comes
 * again when its visibility timeout has run out. */
typedef cspan_status (*cspan_sqs_handler_fn)(void *user, const cspan_context *context,
                                             const cspan_sqs_received *message);
/** A call besides the loop failed: a message could not be deleted, extended or given back, or (with
 * `message` NULL) no messages could be received for now. Both are borrowed. */
typedef void (*cspan_sqs_error_fn)(void *user, const cspan_sqs_received *message,
                                   const cspan_error *error);

typedef struct cspan_sqs_receive_input {
  size_t size;
  const char *queue_url;
  cspan_sqs_handler_fn handler;
  cspan_sqs_error_fn on_error; /**< NULL: they go to the log as warnings */
  void *user;
  int max_messages;  /**< of one call, 1 to 10; 0: 10 */
  int wait_s;        /**< long polling, up to 20; 0: 20; below: none */
  int visibility_s;  /**< for how long messages are hidden, and extended each time; 0: 30 */
  bool no_extension; /**< leaves the visibility as it was when the message was received */
  bool until_empty;  /**< ends when a call gives no message, else by the context alone */
  const cspan_context *context;      /**< its cancellation or deadline ends the loop */
  const cspan_call_options *options; /**< for all calls; not on a loop */
  /** The handler runs in a span "process orders" (messaging.h), which `context` of the handler has.
   * Default: on, where the client's config is traced (trace.h). */
  cspan_switch process_spans;
  cspan_consumer_parent process_parent; /**< whose trace that span is part of */
} cspan_sqs_receive_input;

typedef struct cspan_sqs_receive_result {
  int64_t handled_count; /**< the handler gave CSPAN_OK */
  int64_t failed_count;  /**< it gave something else */
  int64_t deleted_count; /**< of those handled */
} cspan_sqs_receive_result;

/**
 * Receives messages and hands them over one after the other, until the context is cancelled or its
 * deadline passes: both are the ordinary end, CSPAN_OK. Handler and on_error run on the calling
 * thread. While messages are in hand, another thread extends their visibility, when half of it is
 * over (ChangeMessageVisibilityBatch); it is gone when this function returns.
 *
 * Messages that are done are deleted in batches: at the latest with the last one of the call that
 * brought them, or when the first has waited for a second. At the end those that no handler saw are
 * given back (visible at once); for that and for deletes the loop takes up to 10 seconds more.
 *
 * A call to receive that fails in a way that may pass goes to on_error, and is tried again after a
 * wait; any other ends the loop with its error. A message may come more than once: that is how SQS
 * works. `result` may be NULL. A process must not fork in a handler and go on in the child.
 */
CSPAN_API cspan_status cspan_sqs_receive(cspan_client *client, const cspan_sqs_receive_input *input,
                                         cspan_sqs_receive_result *result, cspan_error **error);

CSPAN_END_DECLS

#endif
