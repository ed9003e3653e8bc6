/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is particular to a service, as data: which members become attributes, what of a batch
 * failed, what is a message, where a context may travel. One table for each service, in
 * src/instrument/services/, and one list of them.
 */
#ifndef INSTRUMENT_RULES_H
#define INSTRUMENT_RULES_H

#include <cloudspan/trace.h>

struct cspan_call;
struct cspan_tracing;
struct cspan_plan;
struct cspan_emitted;

/* -------------------------------------------------------------- attributes */

/* An attribute that is the same for all calls of an operation. */
typedef struct cspan_fixed_attribute {
  const char *operation; /* as in cspan_attribute_rule */
  const char *key;
  const char *value; /* NULL: the operation's name */
} cspan_fixed_attribute;

/* Rules in the order in which they are tried; the first that finds a value for a key counts. */
typedef struct cspan_extraction {
  struct cspan_path_rule *rules; /* extract.h */
  size_t count;
} cspan_extraction;

/* The user's rows and the keys that are left out, copied. */
typedef struct cspan_own_rules {
  cspan_attribute_rule *rules;
  size_t rule_count;
  char **removed; /* NULL-terminated, may end in '*'; NULL: none */
} cspan_own_rules;

/* ------------------------------------------------------------------ batches */

/* What a successful answer says of parts that failed. */
typedef struct cspan_batch_rule {
  const char *operation;
  const char *path;      /* of the failures in the output: a list, or a map of lists or of maps */
  const char *code;      /* member of a failure with its code; NULL: there is none */
  const char *requested; /* path of the input whose items were asked for; may be a map of lists */
  bool absent_is_ok;     /* items without `code` did not fail (PutEvents' Entries) */
} cspan_batch_rule;

/* ---------------------------------------------------------------- messaging */

typedef enum cspan_messaging_kind {
  CSPAN_MESSAGING_SEND,
  CSPAN_MESSAGING_RECEIVE,
  CSPAN_MESSAGING_SETTLE
} cspan_messaging_kind;

typedef struct cspan_messaging_rule {
  const char *operation;
  cspan_messaging_kind kind;
  const char *name;        /* messaging.operation.name: "send" */
  const char *destination; /* members of the input, with '|' between: the first that is there */
  const char *messages;    /* member with the list of a batch: of the input, or, for receive, of
                              the output; NULL: one message */
  const char *message_id;  /* member of the output; NULL: none */
} cspan_messaging_rule;

/* ----------------------------------------------------------------- carriers */

struct cspan_carried;
struct cspan_memory;

/* How a context travels in the requests of an operation, or comes with its answers. Everything
 * happens on documents; where there is no room, or the input is not as expected, it is left
 * alone. */
typedef struct cspan_carrier {
  const char *operation;
  cspan_context_carriers flag; /* the option that must be on */
  /* The input with the context in it (carriers/carried.h); NULL: messages are received. */
  bool (*inject)(const struct cspan_carried *carried, const struct cspan_memory *memory,
                 const cspan_value *input, cspan_value *out);
} cspan_carrier;

/* -------------------------------------------------------------------- tables */

typedef size_t (*cspan_own_attributes_fn)(struct cspan_call *call, cspan_attr *out,
                                          size_t capacity);

typedef struct cspan_service_rules {
  const char *service; /* "DynamoDB": the model's service id */
  const cspan_attribute_rule *rules;
  size_t rule_count;
  const cspan_fixed_attribute *fixed;
  size_t fixed_count;
  const cspan_batch_rule *batches;
  size_t batch_count;
  const cspan_messaging_rule *messaging;
  size_t messaging_count;
  const char *messaging_system; /* "aws_sqs"; NULL: none */
  const cspan_carrier *carriers;
  size_t carrier_count;
  /* Members of inputs that hold data, with ',' between: what a service repeats of them where it
   * refuses them does not get into a span. NULL: none. */
  const char *data;
  /* For what no row can say; may be NULL. Attributes for samplers, and those of the outcome, up to
   * `capacity` of them, their texts in memory of the call (cspan_call_memory()). Each is asked for
   * the operations of its pattern ("Publish,Get*"; NULL: all). */
  cspan_own_attributes_fn at_start;
  const char *at_start_of;
  cspan_own_attributes_fn at_end;
  const char *at_end_of;
  const struct cspan_emitted *emitted; /* emitted.h: by these two */
  size_t emitted_count;
} cspan_service_rules;

/* The table of a service; NULL: it has none. */
const cspan_service_rules *cspan_rules_of(const char *service);
/* All of them, for what is made of the tables (documentation, tests); NULL past the end. */
const cspan_service_rules *cspan_rules_at(size_t index);

/* Whether it is the same service: case, blanks and '-' do not count, as where a client is made. */
bool cspan_is_service(const char *name, const char *service_id);

/* Whether an operation is meant: NULL means any; names with ',' between, each may end in '*'. */
bool cspan_operation_matches(const char *pattern, const char *operation);

#endif
