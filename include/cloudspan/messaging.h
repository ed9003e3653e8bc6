/* SPDX-License-Identifier: Apache-2.0 */
/**
 * messaging.h: the context that a message carries, and the span of processing it.
 *
 * The instrumentation (trace.h) puts the sender's context into what SQS, SNS, Lambda, EventBridge
 * and Step Functions carry, and for Kinesis where that is asked for (`carriers`). This header is
 * the other end: whoever gets the message reads the context from it, and does its work in a span
 * "process orders" that links to the sender's span or continues its trace.
 *
 * Source of the rules: the OpenTelemetry semantic conventions for messaging (spans, SQS, SNS) and
 * for AWS Lambda; the developer guides of the services for where their envelopes have what.
 *
 * How a context travels. The names are those of the propagator's headers: traceparent, tracestate,
 * baggage and so on; X-Ray's header travels where the services have a place of its own for it.
 *
 *   SQS, SNS          message attributes of the type String, and SQS's system attribute
 *                     AWSTraceHeader. At most 10 attributes with those of the caller.
 *   EventBridge       members of the object in `Detail`, side by side with the caller's, as in the
 *                     distributed tracing extension of CloudEvents; and `TraceHeader`
 *   Step Functions    members of the object in `input`; and `traceHeader`
 *   Lambda            members of `custom` in the client context
 *   Kinesis           members of the object that the record is, where carriers has
 *                     CSPAN_CARRIER_KINESIS
 *
 * All keys of a propagator are written or none; nothing is, where the caller has put a trace
 * context there already, where a limit of the service would be exceeded, and where JSON is no
 * object. The input of StartExecution is left alone where that has a name, too: both together make
 * it idempotent. (A queue that takes less than 256 KiB is not known as such: leave
 * CSPAN_CARRIER_SQS out for it if messages come near its limit.) A span that sends messages with
 * contexts of the caller's own links to these, and is no PRODUCER where all messages have one.
 *
 * ReceiveMessage asks for what it needs, and takes out of the messages again what the caller did
 * not ask for: MessageAttributes, AWSTraceHeader and, where attributes were taken out, their
 * MD5OfMessageAttributes, which would not be that of the rest. The context stays with the message
 * all the same, out of sight: cspan_message_context() finds it in the message and in copies of it
 * that cspan_document_copy() made. JSON of the message does not have it.
 *
 * All functions are thread-safe.
 */
#ifndef CLOUDSPAN_MESSAGING_H
#define CLOUDSPAN_MESSAGING_H

#include <cloudspan/metrics.h>
#include <cloudspan/telemetry.h>
#include <cloudspan/trace.h>
#include <cloudspan/value.h>

CSPAN_BEGIN_DECLS

/* ----------------------------------------------------------------- context */

/**
 * Reads the context of a message, which may be:
 *  - a message of ReceiveMessage's output, also with an SNS notification or an EventBridge event
 *    in its body;
 *  - a record of a Lambda event of SQS, SNS or Kinesis (kinesis.data is base64);
 *  - an event of EventBridge (in `detail`);
 *  - the input of an execution of Step Functions, or any other map with the propagator's keys, or
 *    with the keys in a map "headers";
 *  - a record of Kinesis, or a blob or text that is JSON of any of these;
 *  - a client context of Lambda ({"custom": {...}}), also as the base64 text of it.
 *
 * `propagator` is borrowed; NULL: X-Ray and what OTEL_PROPAGATORS says, made anew by each call.
 * `parent` is what stays where the message says nothing, and gives deadline and cancellation; NULL:
 * the calling thread's current context. True when a span or baggage was found: out->context then
 * has it. Release *out by cspan_extracted_free(), whatever is returned. JSON inside of JSON is
 * followed four times, and up to 1 MiB.
 */
CSPAN_API bool cspan_message_context(const cspan_value *message, const cspan_propagator *propagator,
                                     const cspan_context *parent, cspan_extracted *out);

/* -------------------------------------------------------------- processing */

/** Whose trace the span of processing is part of. */
typedef enum cspan_consumer_parent {
  CSPAN_CONSUMER_LINKS = 0, /**< the caller's own; it links to the sender's span */
  /** The sender's: its span is the parent, and a link goes to the caller's span where there is one.
   * A batch links in any case. */
  CSPAN_CONSUMER_CONTINUES = 1
} cspan_consumer_parent;

typedef struct cspan_consumer_options {
  size_t size;
  cspan_tracer_provider *provider; /**< NULL: the global one, looked up for each span */
  /** Owned from now on, also on failure; NULL: X-Ray and what OTEL_PROPAGATORS says. */
  cspan_propagator *propagator;
  /** messaging.process.duration. Default: on, where `meter_provider` or the global one is there. */
  cspan_switch metrics;
  cspan_meter_provider *meter_provider; /**< NULL: the global one */
  /** A queue's URL, a topic's or queue's ARN, or a name. NULL: what the message says of where it
   * comes from (eventSourceARN, TopicArn), else none. */
  const char *destination;
  /** messaging.system; NULL: by the destination, where that is an ARN or a queue's URL, else by the
   * message (of a batch: the first): "aws_sqs", "aws.sns", and, for which the conventions have no
   * value, "aws.kinesis" and "aws.eventbridge". Where neither tells, as with the input of an
   * execution of Step Functions or a client context of Lambda, which are no messages, the span has
   * no such attribute. */
  const char *system;
  cspan_consumer_parent parent;
} cspan_consumer_options;

/** Who processes messages of one destination. */
typedef struct cspan_consumer cspan_consumer;

/** `options` may be NULL; all in it but the propagator is copied or borrowed as trace.h says. */
CSPAN_API cspan_status cspan_consumer_create(const cspan_consumer_options *options,
                                             cspan_consumer **out, cspan_error **error);
/** After the last processing has ended. */
CSPAN_API void cspan_consumer_free(cspan_consumer *consumer);

/** Does the work. `context` has the span, and the sender's baggage (of a batch: the caller's). */
typedef cspan_status (*cspan_process_fn)(void *user, const cspan_context *context,
                                         const cspan_value *message);

/**
 * Runs `handler` in a span "process orders" (CONSUMER), which is the thread's current one
 * meanwhile, and returns what it returned. `message` is one message (a map), or a batch: a list of
 * messages, or a Lambda event with a list `Records`. Attributes: messaging.system where it can be
 * told, messaging.operation.name and .type "process", messaging.destination.name, messaging.message.id of
 * one message, messaging.batch.message_count of a batch, aws.sqs.queue.url. Not CSPAN_OK: the span
 * has the status Error, and error.type is the name of the status. It never fails on its own:
 * without memory the handler runs without a span.
 */
CSPAN_API cspan_status cspan_consumer_process(const cspan_consumer *consumer,
                                              const cspan_context *context,
                                              const cspan_value *message, cspan_process_fn handler,
                                              void *user);

/** A processing under way; its memory is the caller's and must stay where it is. */
typedef struct cspan_processing {
  cspan_span span;                /**< {0}: there is none */
  cspan_context context;          /**< for the work: with the span, and the sender's baggage */
  const cspan_consumer *consumer; /**< private */
  cspan_extracted extracted;      /**< private */
  int64_t start_ns;               /**< private */
  const char *system;             /**< private */
  char destination[256];          /**< private */
} cspan_processing;

/** The same in two steps, for work that is no one function: begins the span. The thread's current
 * context is left as it is. */
CSPAN_API void cspan_process_begin(const cspan_consumer *consumer, const cspan_context *context,
                                   const cspan_value *message, cspan_processing *processing);
/** Ends it, on any thread. `error_type` NULL: it went well; else a name of low cardinality. */
CSPAN_API void cspan_process_end(cspan_processing *processing, const char *error_type,
                                 const char *description);

CSPAN_END_DECLS

#endif
