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
#include <cloudspan/configuration.h>
#include <cloudspan/telemetry.h>
#include <cloudspan/value.h>

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

/** How the spans of calls to queues and topics are called. */
typedef enum cspan_messaging_spans {
  CSPAN_MESSAGING_SPANS_DEFAULT = 0,
  /** "send orders" (PRODUCER), "receive orders" (CLIENT), by the messaging conventions: the
   * default. */
  CSPAN_MESSAGING_SPANS_CONVENTION,
  CSPAN_MESSAGING_SPANS_PLAIN /**< "SQS.SendMessage" (CLIENT) as any other call */
} cspan_messaging_spans;

/** Where a trace's context is put into requests, so that whoever gets what they carry goes on with
 * the trace. */
typedef enum cspan_context_carriers {
  CSPAN_CARRIERS_DEFAULT = 0,     /**< all but CSPAN_CARRIER_KINESIS */
  CSPAN_CARRIERS_NONE = 1 << 0,   /**< no others: nowhere but in HTTP headers */
  CSPAN_CARRIER_SQS = 1 << 1,     /**< message attributes, AWSTraceHeader */
  CSPAN_CARRIER_SNS = 1 << 2,     /**< message attributes */
  CSPAN_CARRIER_LAMBDA = 1 << 3,  /**< the client context of Invoke */
  CSPAN_CARRIER_EVENTS = 1 << 4,  /**< EventBridge: in the detail of PutEvents */
  CSPAN_CARRIER_STATES = 1 << 5,  /**< Step Functions: in the input of an execution */
  CSPAN_CARRIER_KINESIS = 1 << 6, /**< in records that are JSON objects: it changes the data */
  CSPAN_CARRIERS_ALL = CSPAN_CARRIER_SQS | CSPAN_CARRIER_SNS | CSPAN_CARRIER_LAMBDA |
                       CSPAN_CARRIER_EVENTS | CSPAN_CARRIER_STATES | CSPAN_CARRIER_KINESIS
} cspan_context_carriers;

typedef enum cspan_attribute_source {
  CSPAN_FROM_INPUT = 0, /**< known before the call: samplers see it */
  CSPAN_FROM_OUTPUT,
  /** The members of a modelled error, but its message, which is the status's description. */
  CSPAN_FROM_ERROR
} cspan_attribute_source;

/** What is made of the values at a path: of all of them where the form is a list or a count, else of
 * the first. Zero and false are values, null is none. A text that is not UTF-8 is not set. */
typedef enum cspan_attribute_form {
  CSPAN_AS_STRING = 0, /**< a text, number or boolean as text */
  CSPAN_AS_INT,
  CSPAN_AS_DOUBLE,
  CSPAN_AS_BOOL,
  /** The texts of a list, the names of a map, or one text; at most 64, each of them once where the
   * path has "[]". */
  CSPAN_AS_STRINGS,
  CSPAN_AS_JSON,       /**< a text that is JSON */
  CSPAN_AS_JSONS,      /**< JSON of each item of a list, or of a map; at most 64 */
  CSPAN_AS_COUNT,      /**< int: how many items lists and maps have */
  CSPAN_AS_SIZE,       /**< int: bytes of a text or blob */
  CSPAN_AS_LAST_PART,  /**< what follows the last '/' or ':', as the name in an ARN or a URL */
  CSPAN_AS_ARN,        /**< a text that is an ARN; any other is not set */
  CSPAN_AS_BATCH_SIZE, /**< as CSPAN_AS_COUNT, but 1 is not set: that is no batch */
  CSPAN_AS_ONLY_NAME   /**< as CSPAN_AS_LAST_PART, where all texts at the path are the same */
} cspan_attribute_form;

/** A member of an input or output that becomes an attribute. */
typedef struct cspan_attribute_rule {
  const char *service;   /**< the model's id: "DynamoDB", "secrets manager"; NULL: any */
  const char *operation; /**< "Query,Scan", "Get*"; NULL: any */
  cspan_attribute_source source;
  /** Members with '.' between; "[]" is every item of a list or member of a map, "[0]" the first
   * item, "[1]" the second: "Entries[].EventBusName". At most 16 steps. */
  const char *path;
  const char *key; /**< of the attribute */
  cspan_attribute_form form;
  unsigned max_bytes; /**< of a text, cut at a character; 0: 1,024 */
} cspan_attribute_rule;

typedef enum cspan_switch {
  CSPAN_SWITCH_DEFAULT = 0,
  CSPAN_SWITCH_ON,
  CSPAN_SWITCH_OFF
} cspan_switch;

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
  cspan_messaging_spans messaging_spans;
  /** CSPAN_CARRIERS_DEFAULT, CSPAN_CARRIERS_NONE, or CSPAN_CARRIER_* joined by '|'. */
  cspan_context_carriers carriers;
  /** Tried before the library's own; for each key the first that finds a value counts. Copied. At
   * most 100; CSPAN_ERR_INVALID from cspan_trace_append() names the row that is wrong. */
  const cspan_attribute_rule *attribute_rules;
  size_t attribute_rule_count;
  /** Keys that no span gets, of the library's own attributes too; each may end in '*'. Attributes of
   * events, links and `before` stay. NULL-terminated, or NULL. */
  const char *const *removed_attributes;
  /** Durations and counts of calls. Default: on, where `meter_provider` or the global one is
   * there. */
  cspan_switch metrics;
  cspan_meter_provider *meter_provider; /**< NULL: the global one */
  /** cloudspan.cost.usd, an estimate by list prices, and cloudspan.cost.basis (docs/cost.md).
   * Default: off. */
  cspan_switch cost;
  /** NULL: what CLOUDSPAN_PRICES names, else the one installed with the library. CSPAN_ERR_CONFIG
   * from cspan_trace_append() names line and column of what is wrong in it. */
  const char *price_file;
  /** Keys whose values, from the baggage or else the resource, are attributes of each call, e.g.
   * "team", "tenant"; at most 16. Samplers see them. NULL-terminated, or NULL. */
  const char *const *allocation_tags;
  /** Whether what S3 sends counts as transfer out to the internet. Within AWS it is free, so by
   * default: off. */
  cspan_switch cost_transfer_out;
  /** A file that was parsed already, needed only during the call; NULL: the one that
   * OTEL_CONFIG_FILE names. */
  const cspan_configuration *configuration;
} cspan_trace_options;

/**
 * Appends the tracing middlewares to `config`: clients made from it afterwards are
 * traced. `options` may be NULL. Calling it twice is an error (CSPAN_ERR_INVALID).
 *
 * Where the options leave the default (zero), the section `instrumentation/development: c:
 * cloudspan:` of a configuration file counts (docs/instrumentation.md); CSPAN_ERR_CONFIG names file,
 * line, column and path of what is wrong in it. With such a file the propagators are X-Ray's and
 * those of the file's `propagator`, and not of OTEL_PROPAGATORS.
 */
CSPAN_API cspan_status cspan_trace_append(cspan_aws_config *config,
                                          const cspan_trace_options *options, cspan_error **error);

CSPAN_END_DECLS

#endif
