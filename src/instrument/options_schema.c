/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/options_schema.h"

#include "telemetry/config/schema_table.h"

const char *const cspan_option_retries[] = {"events", "spans", "events_and_spans", NULL};
const char *const cspan_option_semconv[] = {"stable", "legacy", "dup", NULL};
const char *const cspan_option_spans[] = {"convention", "plain", NULL};
const char *const cspan_option_carriers[] = {"sqs",    "sns",     "lambda", "events",
                                             "states", "kinesis", NULL};
const char *const cspan_option_sources[] = {"input", "output", "error", NULL};
const char *const cspan_option_forms[] = {"string", "int",        "double",    "bool", "strings",
                                          "json",   "jsons",      "count",     "size", "last_part",
                                          "arn",    "batch_size", "only_name", NULL};

#define WORDS(name, words)                                                                         \
  static const cspan_schema name = {                                                               \
      .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = (words)}
WORDS(retries, cspan_option_retries);
WORDS(semconv, cspan_option_semconv);
WORDS(messaging_spans, cspan_option_spans);
WORDS(source, cspan_option_sources);
WORDS(form, cspan_option_forms);

static const cspan_schema carrier = {.kind = CSPAN_SCHEMA_STRING, .values = cspan_option_carriers};
static const cspan_schema carriers = {
    .kind = CSPAN_SCHEMA_LIST, .items = &carrier, .may_be_empty = true};
static const cspan_schema texts = {
    .kind = CSPAN_SCHEMA_LIST, .items = &cspan_schema_string, .may_be_empty = true};

static const cspan_schema_member rule_members[] = {
    {"service", &cspan_schema_string_or_null, false},
    {"operation", &cspan_schema_string_or_null, false},
    {"source", &source, false},
    {"path", &cspan_schema_string, true},
    {"key", &cspan_schema_string, true},
    {"form", &form, false},
    {"max_bytes", &cspan_schema_positive, false}};
static const cspan_schema rule = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(rule_members)};
static const cspan_schema rules = {.kind = CSPAN_SCHEMA_LIST, .items = &rule, .may_be_empty = true};

static const cspan_schema_member attribute_members[] = {{"add", &rules, false},
                                                        {"remove", &texts, false}};
static const cspan_schema attributes = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(attribute_members)};

static const cspan_schema_member cost_members[] = {
    {"enabled", &cspan_schema_bool_or_null, false},
    {"price_file", &cspan_schema_string_or_null, false},
    {"transfer_out", &cspan_schema_bool_or_null, false}};
static const cspan_schema cost = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(cost_members)};

static const cspan_schema_member members[] = {{"retries", &retries, false},
                                              {"semconv", &semconv, false},
                                              {"expected_outcomes", &texts, false},
                                              {"messaging_spans", &messaging_spans, false},
                                              {"carriers", &carriers, false},
                                              {"attributes", &attributes, false},
                                              {"metrics", &cspan_schema_bool_or_null, false},
                                              {"cost", &cost, false},
                                              {"allocation_tags", &texts, false},
                                              {"propagators", &cspan_schema_string_or_null, false}};
const cspan_schema cspan_options_schema = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(members)};

static const cspan_schema_member libraries[] = {{"cloudspan", &cspan_options_schema, false}};
const cspan_schema cspan_libraries_schema = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, .is_open = true, MEMBERS(libraries)};

/* ------------------------------------------------------------- documentation */

const cspan_option_row cspan_option_rows[] = {
    {"retries", "retries", "`events`, `spans`, `events_and_spans`", "`events`",
     "An event `aws.retry` for each attempt that is made again, a child span for each attempt, or "
     "both"},
    {"semconv", "semconv", "`stable`, `legacy`, `dup`",
     "what `OTEL_SEMCONV_STABILITY_OPT_IN` says, else `stable`",
     "The generation of keys that tell what is called"},
    {"expected_outcomes", "expected_outcomes",
     "a list of error codes or HTTP statuses, optionally "
     "after `Operation:`; `[]`: none",
     "`304`, `Head*:404`, `412`, `PreconditionFailed`, `ConditionalCheckFailedException`",
     "Outcomes that do not make a span an error"},
    {"messaging_spans", "messaging_spans", "`convention`, `plain`", "`convention`",
     "Whether a send is called `send orders` (PRODUCER) or `SQS.SendMessage` (CLIENT)"},
    {"carriers", "carriers",
     "a list of `sqs`, `sns`, `lambda`, `events`, `states`, `kinesis`; `[]`: none",
     "all but `kinesis`", "Where a trace's context is put into requests"},
    {"attributes.add", "attribute_rules",
     "a list of maps with `path` and `key`, and `service`, `operation`, `source`, `form`, "
     "`max_bytes`",
     "none", "Members of inputs, outputs and errors that become attributes"},
    {"attributes.remove", "removed_attributes", "a list of keys, each may end in `*`", "none",
     "Attributes that are not set"},
    {"metrics", "metrics", "`true`, `false`", "`true`, where there is a meter provider",
     "Durations and counts of calls"},
    {"cost.enabled", "cost", "`true`, `false`", "`false`",
     "An estimate of what each call costs: `cloudspan.cost.usd`"},
    {"cost.price_file", "price_file", "a path",
     "what `CLOUDSPAN_PRICES` names, else the one that was installed", "The prices"},
    {"cost.transfer_out", "cost_transfer_out", "`true`, `false`", "`false`",
     "Whether what S3 sends counts as transfer out to the internet"},
    {"allocation_tags", "allocation_tags", "a list of keys", "none",
     "Keys whose values, from the baggage or the resource, are attributes of each call"},
    {"propagators", "propagator", "names with `,` between, as in `OTEL_PROPAGATORS`",
     "`xray` and the file's `propagator`", "What the headers of requests, and carriers, have"},
};
const size_t cspan_option_row_count = sizeof cspan_option_rows / sizeof cspan_option_rows[0];
