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

/* Composable samplers refer to each other. */
static const cspan_schema composable;

static const cspan_schema_member values[] = {{"key", &cspan_schema_string, true},
                                             {"values", &cspan_schema_strings, true}};
static const cspan_schema values_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(values)};
static const cspan_schema_member patterns[] = {{"key", &cspan_schema_string, true},
                                               {"included", &cspan_schema_strings, false},
                                               {"excluded", &cspan_schema_strings, false}};
static const cspan_schema patterns_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(patterns)};
static const char *const kind_names[] = {"internal", "server",   "client",
                                         "producer", "consumer", NULL};
static const cspan_schema kind = {.kind = CSPAN_SCHEMA_STRING, .values = kind_names};
static const cspan_schema kinds = {.kind = CSPAN_SCHEMA_LIST, .items = &kind};
static const char *const parent_names[] = {"none", "remote", "local", NULL};
static const cspan_schema parent = {.kind = CSPAN_SCHEMA_STRING, .values = parent_names};
static const cspan_schema parents = {.kind = CSPAN_SCHEMA_LIST, .items = &parent};

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

static const cspan_schema_member samplers[] = {{"always_off", &cspan_schema_empty, false},
                                               {"always_on", &cspan_schema_empty, false},
                                               {"composite/development", &composable, false},
                                               {"jaeger_remote/development", &jaeger_object, false},
                                               {"parent_based", &parent_based_object, false},
                                               {"probability/development", &ratio_object, false},
                                               {"trace_id_ratio_based", &ratio_object, false}};
const cspan_schema cspan_schema_sampler = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(samplers)};

/* -------------------------------------------------- exporters and processors */

static const cspan_schema_member exporters[] = {
    {"otlp_http", &cspan_schema_otlp_http, false},
    {"otlp_grpc", &cspan_schema_otlp_grpc, false},
    {"otlp_file/development", &cspan_schema_otlp_file, false},
    {"console", &cspan_schema_empty, false}};
const cspan_schema cspan_schema_span_exporter = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(exporters)};

static const cspan_schema_member batch[] = {
    {"schedule_delay", &cspan_schema_count, false},
    {"export_timeout", &cspan_schema_count, false},
    {"max_queue_size", &cspan_schema_positive, false},
    {"max_export_batch_size", &cspan_schema_positive, false},
    {"exporter", &cspan_schema_span_exporter, true}};
static const cspan_schema batch_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(batch)};
static const cspan_schema_member simple[] = {{"exporter", &cspan_schema_span_exporter, true}};
static const cspan_schema simple_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(simple)};

static const cspan_schema_member processors[] = {{"batch", &batch_object, false},
                                                 {"simple", &simple_object, false}};
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

static const cspan_schema flag = {.kind = CSPAN_SCHEMA_BOOL};
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
