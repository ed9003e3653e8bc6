/* SPDX-License-Identifier: Apache-2.0 */
/* `meter_provider` and `logger_provider`. */
#include <math.h>

#include "telemetry/config/schema.h"
#include "telemetry/config/schema_table.h"

static const cspan_schema number = {.kind = CSPAN_SCHEMA_NUMBER, .min = -HUGE_VAL, .max = HUGE_VAL};
static const cspan_schema flag = {.kind = CSPAN_SCHEMA_BOOL};
static const cspan_schema plugin = {.kind = CSPAN_SCHEMA_CHOICE, .is_open = true};
static const cspan_schema plugin_list = {.kind = CSPAN_SCHEMA_LIST, .items = &plugin};

/* ----------------------------------------------------------------- exporters */

static const char *const temporality_names[] = {"cumulative", "delta", "low_memory", NULL};
static const cspan_schema temporality = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = temporality_names};
static const char *const histogram_names[] = {"explicit_bucket_histogram",
                                              "base2_exponential_bucket_histogram", NULL};
static const cspan_schema histogram = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = histogram_names};

#define METRIC_MEMBERS                                                                             \
  {"temporality_preference", &temporality, false}, {                                               \
    "default_histogram_aggregation", &histogram, false                                             \
  }

static const cspan_schema_member http[] = {OTLP_HTTP_MEMBERS, METRIC_MEMBERS};
static const cspan_schema http_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(http)};
static const cspan_schema_member grpc[] = {OTLP_GRPC_MEMBERS, METRIC_MEMBERS};
static const cspan_schema grpc_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(grpc)};
static const cspan_schema_member file[] = {{"output_stream", &cspan_schema_string_or_null, false},
                                           METRIC_MEMBERS};
static const cspan_schema file_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(file)};
static const cspan_schema_member console[] = {METRIC_MEMBERS};
static const cspan_schema console_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(console)};

static const cspan_schema_member exporters[] = {{"otlp_http", &http_object, false},
                                                {"otlp_grpc", &grpc_object, false},
                                                {"otlp_file/development", &file_object, false},
                                                {"console", &console_object, false}};
static const cspan_schema exporter = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(exporters)};

/* ------------------------------------------------------------------- readers */

static const cspan_schema_member cardinality[] = {
    {"default", &cspan_schema_positive, false},
    {"counter", &cspan_schema_positive, false},
    {"gauge", &cspan_schema_positive, false},
    {"histogram", &cspan_schema_positive, false},
    {"observable_counter", &cspan_schema_positive, false},
    {"observable_gauge", &cspan_schema_positive, false},
    {"observable_up_down_counter", &cspan_schema_positive, false},
    {"up_down_counter", &cspan_schema_positive, false}};
static const cspan_schema cardinality_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(cardinality)};

static const cspan_schema_member periodic[] = {{"interval", &cspan_schema_count, false},
                                               {"timeout", &cspan_schema_count, false},
                                               {"exporter", &exporter, true},
                                               {"producers", &plugin_list, false},
                                               {"cardinality_limits", &cardinality_object, false}};
static const cspan_schema periodic_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(periodic)};
static const cspan_schema_member pull[] = {{"exporter", &plugin, true},
                                           {"producers", &plugin_list, false},
                                           {"cardinality_limits", &cardinality_object, false}};
static const cspan_schema pull_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(pull)};
static const cspan_schema_member readers[] = {{"periodic", &periodic_object, false},
                                              {"pull", &pull_object, false}};
static const cspan_schema reader = {.kind = CSPAN_SCHEMA_CHOICE, MEMBERS(readers)};
static const cspan_schema reader_list = {.kind = CSPAN_SCHEMA_LIST, .items = &reader};

/* --------------------------------------------------------------------- views */

static const cspan_schema boundaries = {.kind = CSPAN_SCHEMA_LIST, .items = &number};
static const cspan_schema_member explicit_buckets[] = {
    {"boundaries", &boundaries, false}, {"record_min_max", &cspan_schema_bool_or_null, false}};
static const cspan_schema explicit_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(explicit_buckets)};
static const cspan_schema max_scale = {
    .kind = CSPAN_SCHEMA_INTEGER, .is_nullable = true, .min = -10, .max = 20};
static const cspan_schema max_size = {
    .kind = CSPAN_SCHEMA_INTEGER, .is_nullable = true, .min = 2, .max = HUGE_VAL};
static const cspan_schema_member exponential[] = {
    {"max_scale", &max_scale, false},
    {"max_size", &max_size, false},
    {"record_min_max", &cspan_schema_bool_or_null, false}};
static const cspan_schema exponential_object = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(exponential)};
static const cspan_schema_member aggregations[] = {
    {"default", &cspan_schema_empty, false},
    {"drop", &cspan_schema_empty, false},
    {"explicit_bucket_histogram", &explicit_object, false},
    {"base2_exponential_bucket_histogram", &exponential_object, false},
    {"last_value", &cspan_schema_empty, false},
    {"sum", &cspan_schema_empty, false}};
static const cspan_schema aggregation = {.kind = CSPAN_SCHEMA_CHOICE, MEMBERS(aggregations)};

static const char *const instrument_names[] = {"counter",          "gauge",
                                               "histogram",        "observable_counter",
                                               "observable_gauge", "observable_up_down_counter",
                                               "up_down_counter",  NULL};
static const cspan_schema instrument = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = instrument_names};
static const cspan_schema_member selector[] = {
    {"instrument_name", &cspan_schema_string_or_null, false},
    {"instrument_type", &instrument, false},
    {"unit", &cspan_schema_string_or_null, false},
    {"meter_name", &cspan_schema_string_or_null, false},
    {"meter_version", &cspan_schema_string_or_null, false},
    {"meter_schema_url", &cspan_schema_string_or_null, false}};
static const cspan_schema selector_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(selector)};
static const cspan_schema_member stream[] = {
    {"name", &cspan_schema_string_or_null, false},
    {"description", &cspan_schema_string_or_null, false},
    {"aggregation", &aggregation, false},
    {"aggregation_cardinality_limit", &cspan_schema_positive, false},
    {"attribute_keys", &cspan_schema_include_exclude, false}};
static const cspan_schema stream_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(stream)};
static const cspan_schema_member view[] = {{"selector", &selector_object, true},
                                           {"stream", &stream_object, true}};
static const cspan_schema view_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(view)};
static const cspan_schema view_list = {.kind = CSPAN_SCHEMA_LIST, .items = &view_object};

/* ------------------------------------------------------------ meter provider */

static const char *const filter_names[] = {"always_on", "always_off", "trace_based", NULL};
static const cspan_schema filter = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = filter_names};

static const cspan_schema_member scope_config[] = {{"disabled", &flag, false}};
static const cspan_schema scope_config_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                 MEMBERS(scope_config)};
static const cspan_schema_member meter_match[] = {{"name", &cspan_schema_string, true},
                                                  {"config", &scope_config_object, true}};
static const cspan_schema meter_match_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(meter_match)};
static const cspan_schema meter_match_list = {.kind = CSPAN_SCHEMA_LIST,
                                              .items = &meter_match_object};
static const cspan_schema_member configurator[] = {{"default_config", &scope_config_object, false},
                                                   {"meters", &meter_match_list, false}};
static const cspan_schema configurator_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                 MEMBERS(configurator)};

static const cspan_schema_member meter_provider[] = {
    {"readers", &reader_list, true},
    {"views", &view_list, false},
    {"exemplar_filter", &filter, false},
    {"meter_configurator/development", &configurator_object, false}};
const cspan_schema cspan_schema_meter_provider = {.kind = CSPAN_SCHEMA_OBJECT,
                                                  MEMBERS(meter_provider)};

/* ----------------------------------------------------------- logger provider */

static const cspan_schema_member log_exporters[] = {
    {"otlp_http", &cspan_schema_otlp_http, false},
    {"otlp_grpc", &cspan_schema_otlp_grpc, false},
    {"otlp_file/development", &cspan_schema_otlp_file, false},
    {"console", &cspan_schema_empty, false}};
static const cspan_schema log_exporter = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(log_exporters)};
static const cspan_schema_member log_batch[] = {
    {"schedule_delay", &cspan_schema_count, false},
    {"export_timeout", &cspan_schema_count, false},
    {"max_queue_size", &cspan_schema_positive, false},
    {"max_export_batch_size", &cspan_schema_positive, false},
    {"exporter", &log_exporter, true}};
static const cspan_schema log_batch_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(log_batch)};
static const cspan_schema_member log_simple[] = {{"exporter", &log_exporter, true}};
static const cspan_schema log_simple_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(log_simple)};
static const cspan_schema_member log_processors[] = {{"batch", &log_batch_object, false},
                                                     {"simple", &log_simple_object, false}};
static const cspan_schema log_processor = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(log_processors)};
static const cspan_schema log_processor_list = {.kind = CSPAN_SCHEMA_LIST, .items = &log_processor};

static const cspan_schema_member log_limits[] = {
    {"attribute_value_length_limit", &cspan_schema_count, false},
    {"attribute_count_limit", &cspan_schema_count, false}};
static const cspan_schema log_limits_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(log_limits)};
static const cspan_schema_member logger_config[] = {
    {"disabled", &cspan_schema_bool_or_null, false},
    {"minimum_severity", &cspan_schema_severity, false},
    {"trace_based", &cspan_schema_bool_or_null, false}};
static const cspan_schema logger_config_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                  MEMBERS(logger_config)};
static const cspan_schema_member logger_match[] = {{"name", &cspan_schema_string, true},
                                                   {"config", &logger_config_object, true}};
static const cspan_schema logger_match_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                 MEMBERS(logger_match)};
static const cspan_schema logger_match_list = {.kind = CSPAN_SCHEMA_LIST,
                                               .items = &logger_match_object};
static const cspan_schema_member logger_configurator[] = {
    {"default_config", &logger_config_object, false}, {"loggers", &logger_match_list, false}};
static const cspan_schema logger_configurator_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                        MEMBERS(logger_configurator)};

static const cspan_schema_member logger_provider[] = {
    {"processors", &log_processor_list, true},
    {"limits", &log_limits_object, false},
    {"logger_configurator/development", &logger_configurator_object, false}};
const cspan_schema cspan_schema_logger_provider = {.kind = CSPAN_SCHEMA_OBJECT,
                                                   MEMBERS(logger_provider)};
