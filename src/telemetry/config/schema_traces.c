/* SPDX-License-Identifier: Apache-2.0 */
/* `tracer_provider`. */
#include <math.h>

#include "telemetry/config/schema.h"
#include "telemetry/config/schema_table.h"

/* ----------------------------------------------------------------- samplers */

static const cspan_schema_member ratio_members[] = {{"ratio", &cspan_schema_ratio, false}};
static const cspan_schema ratio_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(ratio_members)};

static const cspan_schema_member parent_based[] = {
    {"root", &cspan_schema_sampler, false},
    {"remote_parent_sampled", &cspan_schema_sampler, false},
    {"remote_parent_not_sampled", &cspan_schema_sampler, false},
    {"local_parent_sampled", &cspan_schema_sampler, false},
    {"local_parent_not_sampled", &cspan_schema_sampler, false}};
static const cspan_schema parent_based_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(parent_based)};

static const cspan_schema_member jaeger[] = {{"endpoint", &cspan_schema_string, true},
                                             {"interval", &cspan_schema_count, false},
                                             {"initial_sampler", &cspan_schema_sampler, true}};
static const cspan_schema jaeger_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(jaeger)};

/* ------------------------------------------------- which spans are meant (sampling.h) */

static const char *const kind_names[] = {"internal", "server",   "client",
                                         "producer", "consumer", NULL};
static const cspan_schema kind = {.kind = CSPAN_SCHEMA_STRING, .values = kind_names};
static const cspan_schema kinds = {.kind = CSPAN_SCHEMA_LIST, .items = &kind};
static const char *const parent_names[] = {"none", "remote", "local", NULL};
static const cspan_schema parent = {.kind = CSPAN_SCHEMA_STRING, .values = parent_names};
static const cspan_schema parents = {.kind = CSPAN_SCHEMA_LIST, .items = &parent};

static const cspan_schema_member attribute[] = {{"key", &cspan_schema_string, true},
                                                {"value", &cspan_schema_string, false},
                                                {"included", &cspan_schema_strings, false},
                                                {"excluded", &cspan_schema_strings, false}};
static const cspan_schema attribute_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(attribute)};
static const cspan_schema attributes = {.kind = CSPAN_SCHEMA_LIST, .items = &attribute_object};

#define SPAN_MATCH_MEMBERS                                                                         \
  {"span_name", &cspan_schema_string, false}, {"span_kinds", &kinds, false},                       \
      {"parent", &parents, false}, {                                                               \
    "attributes", &attributes, false                                                               \
  }

/* ---------------------------------------------------------- composable samplers */

/* They refer to each other. */
static const cspan_schema composable;

static const cspan_schema_member values[] = {{"key", &cspan_schema_string, true},
                                             {"values", &cspan_schema_strings, true}};
static const cspan_schema values_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(values)};
static const cspan_schema_member patterns[] = {{"key", &cspan_schema_string, true},
                                               {"included", &cspan_schema_strings, false},
                                               {"excluded", &cspan_schema_strings, false}};
static const cspan_schema patterns_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(patterns)};
static const cspan_schema_member rule[] = {{"attribute_values", &values_object, false},
                                           {"attribute_patterns", &patterns_object, false},
                                           {"span_kinds", &kinds, false},
                                           {"parent", &parents, false},
                                           {"sampler", &composable, true}};
static const cspan_schema rule_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(rule)};
static const cspan_schema rule_list = {
    .kind = CSPAN_SCHEMA_LIST, .is_nullable = true, .items = &rule_object};
static const cspan_schema_member rule_based[] = {{"rules", &rule_list, false}};
static const cspan_schema rule_based_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(rule_based)};

static const cspan_schema_member threshold[] = {{"root", &composable, true}};
static const cspan_schema threshold_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(threshold)};

static const cspan_schema_member composables[] = {{"always_off", &cspan_schema_empty, false},
                                                  {"always_on", &cspan_schema_empty, false},
                                                  {"parent_threshold", &threshold_object, false},
                                                  {"probability", &ratio_object, false},
                                                  {"rule_based", &rule_based_object, false}};
static const cspan_schema composable = {.kind = CSPAN_SCHEMA_CHOICE, MEMBERS(composables)};

/* --------------------------------------------------------- samplers of cloudspan */

static const cspan_schema positive_number = {
    .kind = CSPAN_SCHEMA_NUMBER, .min = 0, .max = HUGE_VAL};
static const cspan_schema_member rate_limiting[] = {{"per_second", &positive_number, true},
                                                    {"burst", &positive_number, false}};
static const cspan_schema rate_limiting_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                  MEMBERS(rate_limiting)};
static const cspan_schema_member operation[] = {SPAN_MATCH_MEMBERS,
                                                {"sampler", &cspan_schema_sampler, true}};
static const cspan_schema operation_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(operation)};
static const cspan_schema operation_list = {.kind = CSPAN_SCHEMA_LIST, .items = &operation_object};
static const cspan_schema_member operations[] = {{"rules", &operation_list, true},
                                                 {"fallback", &cspan_schema_sampler, false},
                                                 {"rule_attribute", &cspan_schema_string, false}};
static const cspan_schema operations_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(operations)};
static const cspan_schema_member record[] = {{"root", &cspan_schema_sampler, true}};
static const cspan_schema record_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(record)};

static const cspan_schema_member samplers[] = {
    {"always_off", &cspan_schema_empty, false},
    {"always_on", &cspan_schema_empty, false},
    {"composite/development", &composable, false},
    {"jaeger_remote/development", &jaeger_object, false},
    {"parent_based", &parent_based_object, false},
    {"probability/development", &ratio_object, false},
    {"trace_id_ratio_based", &ratio_object, false},
    {"always_record/development", &record_object, false},
    {"rate_limiting/development", &rate_limiting_object, false},
    {"rules/development", &operations_object, false}};
const cspan_schema cspan_schema_sampler = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(samplers)};

/* -------------------------------------------------- exporters and processors */

static const char *const sync_names[] = {"never", "segment", "batch", NULL};
static const cspan_schema sync_name = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = sync_names};
static const cspan_schema_member spool[] = {{"folder", &cspan_schema_string, true},
                                            {"max_size", &cspan_schema_positive, false},
                                            {"sync", &sync_name, false},
                                            {"write_after", &cspan_schema_positive, false},
                                            {"retry_initial", &cspan_schema_positive, false},
                                            {"retry_max", &cspan_schema_positive, false},
                                            {"exporter", &cspan_schema_span_exporter, true}};
static const cspan_schema spool_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(spool)};

static const cspan_schema_member exporters[] = {
    {"otlp_http", &cspan_schema_otlp_http, false},
    {"otlp_grpc", &cspan_schema_otlp_grpc, false},
    {"otlp_file/development", &cspan_schema_otlp_file, false},
    {"console", &cspan_schema_empty, false},
    {"spool/development", &spool_object, false}};
const cspan_schema cspan_schema_span_exporter = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(exporters)};

static const cspan_schema concurrent = {
    .kind = CSPAN_SCHEMA_INTEGER, .is_nullable = true, .min = 1, .max = 16};
static const cspan_schema_member batch[] = {
    {"schedule_delay", &cspan_schema_count, false},
    {"export_timeout", &cspan_schema_count, false},
    {"max_queue_size", &cspan_schema_positive, false},
    {"max_export_batch_size", &cspan_schema_positive, false},
    {"max_concurrent_exports/development", &concurrent, false},
    {"exporter", &cspan_schema_span_exporter, true}};
static const cspan_schema batch_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(batch)};
static const cspan_schema_member simple[] = {{"exporter", &cspan_schema_span_exporter, true}};
static const cspan_schema simple_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(simple)};

/* Processors are around each other. */
static const cspan_schema ratio = {.kind = CSPAN_SCHEMA_NUMBER, .min = 0, .max = 1};
static const cspan_schema flag = {.kind = CSPAN_SCHEMA_BOOL};
static const cspan_schema_member tail_rule[] = {{"name", &cspan_schema_string, false},
                                                SPAN_MATCH_MEMBERS,
                                                {"error", &flag, false},
                                                {"longer_than", &cspan_schema_positive, false},
                                                {"min_retries", &cspan_schema_positive, false},
                                                {"ratio", &ratio, false},
                                                {"drop", &flag, false}};
static const cspan_schema tail_rule_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(tail_rule)};
static const cspan_schema tail_rules = {.kind = CSPAN_SCHEMA_LIST, .items = &tail_rule_object};
static const cspan_schema_member tail[] = {{"rules", &tail_rules, false},
                                           {"base_ratio", &cspan_schema_ratio, false},
                                           {"max_wait", &cspan_schema_positive, false},
                                           {"max_bytes", &cspan_schema_positive, false},
                                           {"max_spans_per_trace", &cspan_schema_positive, false},
                                           {"processor", &cspan_schema_span_processor, true}};
static const cspan_schema tail_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(tail)};

static const cspan_schema_member processors[] = {
    {"batch", &batch_object, false},
    {"simple", &simple_object, false},
    {"tail_sampling/development", &tail_object, false}};
const cspan_schema cspan_schema_span_processor = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(processors)};
static const cspan_schema processor_list = {.kind = CSPAN_SCHEMA_LIST,
                                            .items = &cspan_schema_span_processor};

/* ------------------------------------------------------------------ provider */

static const cspan_schema_member limits[] = {
    {"attribute_value_length_limit", &cspan_schema_count, false},
    {"attribute_count_limit", &cspan_schema_count, false},
    {"event_count_limit", &cspan_schema_count, false},
    {"link_count_limit", &cspan_schema_count, false},
    {"event_attribute_count_limit", &cspan_schema_count, false},
    {"link_attribute_count_limit", &cspan_schema_count, false}};
static const cspan_schema limits_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(limits)};

static const cspan_schema_member tracer_config[] = {{"disabled", &flag, false}};
static const cspan_schema tracer_config_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                  MEMBERS(tracer_config)};
static const cspan_schema_member tracer_match[] = {{"name", &cspan_schema_string, true},
                                                   {"config", &tracer_config_object, true}};
static const cspan_schema tracer_match_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                 MEMBERS(tracer_match)};
static const cspan_schema tracer_match_list = {.kind = CSPAN_SCHEMA_LIST,
                                               .items = &tracer_match_object};
static const cspan_schema_member configurator[] = {{"default_config", &tracer_config_object, false},
                                                   {"tracers", &tracer_match_list, false}};
static const cspan_schema configurator_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                 MEMBERS(configurator)};

static const cspan_schema_member provider[] = {
    {"processors", &processor_list, true},
    {"limits", &limits_object, false},
    {"sampler", &cspan_schema_sampler, false},
    {"tracer_configurator/development", &configurator_object, false}};
const cspan_schema cspan_schema_tracer_provider = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(provider)};
