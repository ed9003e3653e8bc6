/* SPDX-License-Identifier: Apache-2.0 */
/* Who processes messages, and the spans of doing so. */
#include "instrument/consumer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "instrument/extract.h"
#include "instrument/messaging_span.h"
#include "instrument/metrics.h"
#include "instrument/tracing.h"
#include "telemetry/context.h"

enum { MAX_LINKS = 128, MAX_ATTRS = 7 };

struct cspan_consumer {
  cspan_tracer_provider *provider; /* NULL: the global one */
  const cspan_propagator *propagator;
  cspan_propagator *own_propagator; /* NULL: it is borrowed */
  cspan_call_metrics *metrics;      /* NULL: off */
  cspan_call_metrics *own_metrics;
  char *destination; /* as given; NULL: by the message */
  char *system;      /* NULL: by the destination or the message */
  cspan_consumer_parent parent;
  const cspan_own_rules *own_rules; /* NULL: no keys are left out */
};

/* ---------------------------------------------------------------- consumers */

void cspan_consumer_free(cspan_consumer *consumer) {
  if (consumer != NULL) {
    cspan_propagator_free(consumer->own_propagator);
    cspan_call_metrics_free(consumer->own_metrics);
    cspan_free(consumer->destination);
    cspan_free(consumer->system);
    cspan_free(consumer);
  }
}

static cspan_status copy_text(const char *text, char **out, cspan_error **error) {
  *out = text != NULL ? cspan_strdup(text) : NULL;
  return text == NULL || *out != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

/* With all but provider, propagator and metrics. */
static cspan_status make(const cspan_consumer_options *options, cspan_consumer **out,
                         cspan_error **error) {
  if ((unsigned)options->parent > CSPAN_CONSUMER_CONTINUES) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_consumer_create: parent is not one of the values of messaging.h");
  }
  cspan_consumer *consumer = cspan_calloc(1, sizeof *consumer);
  if (consumer == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  consumer->parent = options->parent;
  cspan_status status = copy_text(options->destination, &consumer->destination, error);
  if (status == CSPAN_OK) {
    status = copy_text(options->system, &consumer->system, error);
  }
  if (status != CSPAN_OK) {
    cspan_consumer_free(consumer);
    return status;
  }
  *out = consumer;
  return CSPAN_OK;
}

static cspan_status equip(cspan_consumer *consumer, const cspan_consumer_options *options,
                          cspan_error **error) {
  consumer->provider = options->provider;
  if (consumer->own_propagator == NULL) {
    cspan_error *why = NULL;
    consumer->own_propagator = cspan_default_propagator(&why);
    if (consumer->own_propagator == NULL) {
      return cspan_error_move(error, why);
    }
  }
  consumer->propagator = consumer->own_propagator;
  if (options->metrics == CSPAN_SWITCH_OFF) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_call_metrics_create(options->meter_provider, &consumer->own_metrics, error);
  consumer->metrics = consumer->own_metrics;
  return status;
}

cspan_status cspan_consumer_create(const cspan_consumer_options *given, cspan_consumer **out,
                                   cspan_error **error) {
  cspan_consumer_options options = {.size = sizeof options};
  cspan_consumer *consumer = NULL;
  if (given != NULL) {
    size_t size = given->size != 0 && given->size < sizeof options ? given->size : sizeof options;
    memcpy(&options, given, size);
  }
  cspan_status status = make(&options, &consumer, error);
  if (consumer == NULL) {
    cspan_propagator_free(options.propagator);
    return status;
  }
  consumer->own_propagator = options.propagator;
  status = equip(consumer, &options, error);
  if (status != CSPAN_OK) {
    cspan_consumer_free(consumer);
    return status;
  }
  *out = consumer;
  return CSPAN_OK;
}

cspan_status cspan_consumer_of_config(const cspan_aws_config *config,
                                      const cspan_consumer_options *options, cspan_consumer **out,
                                      cspan_error **error) {
  const cspan_tracing *tracing = cspan_tracing_of_config(config);
  *out = NULL;
  if (tracing == NULL) {
    return CSPAN_OK;
  }
  cspan_consumer *consumer = NULL;
  cspan_status status = make(options, &consumer, error);
  if (consumer != NULL) {
    consumer->provider = tracing->provider;
    consumer->propagator = tracing->propagator;
    consumer->metrics = tracing->metrics;
    consumer->own_rules = &tracing->own_rules;
  }
  *out = consumer;
  return status;
}

/* -------------------------------------------------------------- what it is */

/* The list of a batch; NULL: one message. */
static const cspan_value *batch_of(const cspan_value *message) {
  const cspan_value *records = cspan_value_get(message, "Records");
  if (cspan_value_get_kind(records) == CSPAN_VALUE_LIST) {
    return records;
  }
  return cspan_value_get_kind(message) == CSPAN_VALUE_LIST ? message : NULL;
}

/* Where a message says that it comes from: the ARN of a queue, topic or stream. */
static const char *source_of(const cspan_value *message, size_t *size) {
  static const char *const names[] = {"eventSourceARN", "TopicArn"};
  const cspan_value *sns = cspan_value_get(message, "Sns");
  const char *arn = cspan_value_text(cspan_value_get(sns, "TopicArn"), size);
  for (size_t i = 0; arn == NULL && i < sizeof names / sizeof names[0]; i++) {
    arn = cspan_value_text(cspan_value_get(message, names[i]), size);
  }
  return arn;
}

/* Values of messaging.system: those of the conventions, which have none for Kinesis and EventBridge:
 * these are spelt as SNS's is. */
static const char sqs[] = "aws_sqs";
static const char sns[] = "aws.sns";
static const char kinesis[] = "aws.kinesis";
static const char eventbridge[] = "aws.eventbridge";

/* By the service of an ARN, "arn:aws:sqs:...", or of a record of Lambda, "aws:sqs". NULL: what it
 * sends is no message. */
static const char *system_of_service(const char *text, size_t size) {
  static const struct {
    const char *service;
    const char *system;
  } systems[] = {{"sqs", sqs}, {"sns", sns}, {"kinesis", kinesis}, {"events", eventbridge}};
  const char *end = text + size;
  const char *at = size > 4 && memcmp(text, "arn:", 4) == 0 ? text + 4 : text;
  at = memchr(at, ':', (size_t)(end - at));
  size_t left = at != NULL ? (size_t)(end - ++at) : 0;
  for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
    size_t len = strlen(systems[i].service);
    if (left >= len && memcmp(at, systems[i].service, len) == 0 &&
        (left == len || at[len] == ':')) {
      return systems[i].system;
    }
  }
  return NULL;
}

/* By what only the messages of one service have. */
static const char *system_of_members(const cspan_value *message) {
  static const struct {
    const char *member;
    const char *system;
  } signs[] = {
      {"detail-type", eventbridge},
      {"Sns", sns},
      {"kinesis", kinesis},
      {"PartitionKey", kinesis},
      {"ReceiptHandle", sqs},
      {"receiptHandle", sqs},
      {"Body", sqs},
      {"MessageId", sqs},
      {"MessageAttributes", sqs},
  };
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
    if (cspan_value_get(message, signs[i].member) != NULL) {
      return signs[i].system;
    }
  }
  return NULL;
}

static const char *system_of_message(const cspan_value *message) {
  static const char *const names[] = {"eventSource", "EventSource"};
  size_t size = 0;
  const char *source = source_of(message, &size);
  for (size_t i = 0; source == NULL && i < sizeof names / sizeof names[0]; i++) {
    source = cspan_value_text(cspan_value_get(message, names[i]), &size);
  }
  return source != NULL ? system_of_service(source, size) : system_of_members(message);
}

/* NULL: it cannot be told. */
static const char *system_of(const cspan_consumer *consumer, const cspan_value *message) {
  const char *destination = consumer->destination;
  if (consumer->system != NULL) {
    return consumer->system;
  }
  if (destination != NULL && cspan_starts_with(destination, "arn:")) {
    return system_of_service(destination, strlen(destination));
  }
  if (destination != NULL && cspan_starts_with(destination, "http")) {
    return sqs;
  }
  return system_of_message(message);
}

static void find_destination(const cspan_consumer *consumer, const cspan_value *message,
                             cspan_processing *p) {
  const cspan_value *batch = batch_of(message);
  size_t size = 0;
  const char *source = consumer->destination;
  const cspan_value *first = batch != NULL ? cspan_value_at(batch, 0) : message;
  if (source != NULL) {
    size = strlen(source);
  } else {
    source = source_of(first, &size);
  }
  p->system = system_of(consumer, first);
  if (source != NULL) {
    const char *name = cspan_destination_name(source, size, &size);
    size = cspan_trace_bounded(name, size, sizeof p->destination - 1);
    memcpy(p->destination, name, size);
    p->destination[size] = '\0';
  }
}

/* -------------------------------------------------------------------- spans */

typedef struct starting {
  cspan_attr attrs[MAX_ATTRS];
  size_t attr_count;
  cspan_message_link *senders; /* of each message that has one */
  cspan_link *links;
  size_t link_count;
} starting;

static void add_attr(starting *s, cspan_attr attr) {
  s->attrs[s->attr_count++] = attr;
}

static void fill_attrs(starting *s, const cspan_consumer *consumer, const cspan_value *message,
                       const cspan_processing *p) {
  const cspan_value *batch = batch_of(message);
  if (p->system != NULL) {
    add_attr(s, cspan_attr_string("messaging.system", p->system));
  }
  add_attr(s, cspan_attr_string("messaging.operation.name", "process"));
  add_attr(s, cspan_attr_string("messaging.operation.type", "process"));
  if (p->destination[0] != '\0') {
    add_attr(s, cspan_attr_string("messaging.destination.name", p->destination));
  }
  if (batch != NULL) {
    int64_t count = (int64_t)cspan_value_count(batch);
    add_attr(s, cspan_attr_int64("messaging.batch.message_count", count));
  } else {
    cspan_attr id = cspan_message_id(message);
    if (id.value.string != NULL) {
      add_attr(s, id);
    }
  }
  if (consumer->destination != NULL && cspan_starts_with(consumer->destination, "http")) {
    add_attr(s, cspan_attr_string("aws.sqs.queue.url", consumer->destination));
  }
  if (consumer->own_rules != NULL) {
    s->attr_count = cspan_own_rules_filter(consumer->own_rules, s->attrs, s->attr_count);
  }
}

/* Links to the senders of a batch: those for which there is memory. */
static void link_batch(starting *s, const cspan_consumer *consumer, const cspan_value *batch) {
  size_t count = cspan_value_count(batch) < MAX_LINKS ? cspan_value_count(batch) : MAX_LINKS;
  s->senders = cspan_calloc(count + 1, sizeof *s->senders);
  s->links = cspan_calloc(count + 1, sizeof *s->links);
  for (size_t i = 0; s->senders != NULL && s->links != NULL && i < count; i++) {
    cspan_message_link *sender = &s->senders[s->link_count];
    if (cspan_message_link_make(cspan_value_at(batch, i), consumer->propagator, sender)) {
      s->links[s->link_count++] = sender->link;
    } else {
      cspan_message_link_free(sender);
    }
  }
}

static void free_links(starting *s) {
  for (size_t i = 0; i < s->link_count && s->senders != NULL; i++) {
    cspan_message_link_free(&s->senders[i]);
  }
  cspan_free(s->senders);
  cspan_free(s->links);
}

/* A span whose sender is known already. */
static void link_one(starting *s, cspan_link *link, cspan_span to) {
  if (to.slot != NULL && cspan_span_get_context(to, &link->context) &&
      cspan_span_context_is_valid(&link->context)) {
    s->links = link;
    s->link_count = 1;
  }
}

static void start(starting *s, const cspan_consumer *consumer, const cspan_context *parent,
                  const char *name, cspan_processing *p) {
  cspan_tracer *tracer =
      cspan_tracer_get(consumer->provider, CSPAN_TRACE_SCOPE, CSPAN_VERSION, NULL);
  cspan_span_options options = {.size = sizeof options,
                                .kind = CSPAN_SPAN_CONSUMER,
                                .start_time_unix_ns = p->start_ns,
                                .attributes = s->attrs,
                                .attribute_count = s->attr_count,
                                .links = s->links,
                                .link_count = s->link_count};
  p->span = tracer != NULL ? cspan_span_start(tracer, parent, name, &options) : (cspan_span){0};
  if (p->span.slot != NULL) {
    p->context.span = p->span;
  }
}

static void begin_batch(starting *s, const cspan_consumer *consumer, const cspan_context *caller,
                        const cspan_value *batch, const char *name, cspan_processing *p) {
  link_batch(s, consumer, batch);
  p->context = *caller;
  start(s, consumer, caller, name, p);
  free_links(s);
}

static void begin_one(starting *s, const cspan_consumer *consumer, const cspan_context *caller,
                      const cspan_value *message, const char *name, cspan_processing *p) {
  cspan_link link = {.attribute_count = 0};
  cspan_message_context(message, consumer->propagator, caller, &p->extracted);
  p->context = p->extracted.context;
  cspan_span sender = p->extracted.remote;
  bool continues = consumer->parent == CSPAN_CONSUMER_CONTINUES && sender.slot != NULL;
  link_one(s, &link, continues ? caller->span : sender);
  start(s, consumer, continues ? &p->context : caller, name, p);
  s->links = NULL; /* it ends here */
  s->link_count = 0;
}

void cspan_process_begin(const cspan_consumer *consumer, const cspan_context *context,
                         const cspan_value *message, cspan_processing *processing) {
  char name[sizeof processing->destination + 8];
  cspan_context caller = cspan_context_resolve(context);
  starting s = {.attr_count = 0};
  memset(processing, 0, sizeof *processing);
  processing->context = caller;
  if (consumer == NULL) {
    return;
  }
  processing->consumer = consumer;
  processing->start_ns = cspan_metrics_start_ns(consumer->metrics);
  find_destination(consumer, message, processing);
  fill_attrs(&s, consumer, message, processing);
  snprintf(name, sizeof name, "process%s%s", processing->destination[0] != '\0' ? " " : "",
           processing->destination);
  const cspan_value *batch = batch_of(message);
  if (batch != NULL) {
    begin_batch(&s, consumer, &caller, batch, name, processing);
  } else {
    begin_one(&s, consumer, &caller, message, name, processing);
  }
}

void cspan_process_end(cspan_processing *processing, const char *error_type,
                       const char *description) {
  const cspan_consumer *consumer = processing->consumer;
  if (consumer == NULL) {
    return;
  }
  if (error_type != NULL) {
    cspan_span_set_string(processing->span, "error.type", error_type);
    cspan_span_set_status(processing->span, CSPAN_SPAN_ERROR, description);
  }
  int64_t end_ns = 0;
  if (processing->start_ns != 0) {
    end_ns = cspan_metrics_end_ns(processing->start_ns);
    cspan_metrics_record_process(consumer->metrics, processing->system,
                                 processing->destination[0] != '\0' ? processing->destination
                                                                    : NULL,
                                 error_type, &processing->context, end_ns - processing->start_ns);
  }
  cspan_span_end_at(processing->span, end_ns);
  cspan_extracted_free(&processing->extracted);
  memset(processing, 0, sizeof *processing);
}

cspan_status cspan_consumer_process(const cspan_consumer *consumer, const cspan_context *context,
                                    const cspan_value *message, cspan_process_fn handler,
                                    void *user) {
  cspan_processing processing;
  cspan_process_begin(consumer, context, message, &processing);
  cspan_context before = cspan_context_attach(&processing.context);
  cspan_status status = handler(user, &processing.context, message);
  cspan_context_detach(&before);
  cspan_process_end(&processing, status != CSPAN_OK ? cspan_status_code(status) : NULL, NULL);
  return status;
}
