/* SPDX-License-Identifier: Apache-2.0 */
/* The file as a whole, and what several of its parts have. */
#include <math.h>

#include "telemetry/config/schema.h"
#include "telemetry/config/schema_table.h"

/* ------------------------------------------------------------------ scalars */

const cspan_schema cspan_schema_string = {.kind = CSPAN_SCHEMA_STRING};
const cspan_schema cspan_schema_string_or_null = {.kind = CSPAN_SCHEMA_STRING, .is_nullable = true};
const cspan_schema cspan_schema_bool_or_null = {.kind = CSPAN_SCHEMA_BOOL, .is_nullable = true};
const cspan_schema cspan_schema_strings = {.kind = CSPAN_SCHEMA_LIST,
                                           .items = &cspan_schema_string};
const cspan_schema cspan_schema_count = {
    .kind = CSPAN_SCHEMA_INTEGER, .is_nullable = true, .min = 0, .max = HUGE_VAL};
const cspan_schema cspan_schema_positive = {
    .kind = CSPAN_SCHEMA_INTEGER, .is_nullable = true, .min = 1, .max = HUGE_VAL};
const cspan_schema cspan_schema_ratio = {
    .kind = CSPAN_SCHEMA_NUMBER, .is_nullable = true, .min = 0, .max = 1};
const cspan_schema cspan_schema_empty = {.kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true};

static const char *const severities[] = {
    "trace",  "trace2", "trace3", "trace4", "debug",  "debug2", "debug3", "debug4", "info",
    "info2",  "info3",  "info4",  "warn",   "warn2",  "warn3",  "warn4",  "error",  "error2",
    "error3", "error4", "fatal",  "fatal2", "fatal3", "fatal4", NULL};
const cspan_schema cspan_schema_severity = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = severities};

static const char *const encodings[] = {"protobuf", "json", NULL};
const cspan_schema cspan_schema_encoding = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = encodings};

static const cspan_schema_member include_exclude[] = {{"included", &cspan_schema_strings, false},
                                                      {"excluded", &cspan_schema_strings, false}};
const cspan_schema cspan_schema_include_exclude = {.kind = CSPAN_SCHEMA_OBJECT,
                                                   MEMBERS(include_exclude)};

/* ------------------------------------------------------------ OTLP exporters */

static const cspan_schema_member header[] = {{"name", &cspan_schema_string, true},
                                             {"value", &cspan_schema_string_or_null, true}};
static const cspan_schema header_pair = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(header)};
const cspan_schema cspan_schema_headers = {.kind = CSPAN_SCHEMA_LIST, .items = &header_pair};

static const cspan_schema_member http_tls[] = {{"ca_file", &cspan_schema_string_or_null, false},
                                               {"key_file", &cspan_schema_string_or_null, false},
                                               {"cert_file", &cspan_schema_string_or_null, false}};
const cspan_schema cspan_schema_http_tls = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(http_tls)};

static const cspan_schema_member grpc_tls[] = {{"ca_file", &cspan_schema_string_or_null, false},
                                               {"key_file", &cspan_schema_string_or_null, false},
                                               {"cert_file", &cspan_schema_string_or_null, false},
                                               {"insecure", &cspan_schema_bool_or_null, false}};
const cspan_schema cspan_schema_grpc_tls = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(grpc_tls)};

static const cspan_schema_member otlp_http[] = {OTLP_HTTP_MEMBERS};
const cspan_schema cspan_schema_otlp_http = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(otlp_http)};

static const cspan_schema_member otlp_grpc[] = {OTLP_GRPC_MEMBERS};
const cspan_schema cspan_schema_otlp_grpc = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(otlp_grpc)};

static const cspan_schema_member otlp_file[] = {
    {"output_stream", &cspan_schema_string_or_null, false}};
const cspan_schema cspan_schema_otlp_file = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_nullable = true, MEMBERS(otlp_file)};

/* ------------------------------------------------------------------ resource */

static const char *const attribute_types[] = {"string",    "bool",         "int",
                                              "double",    "string_array", "bool_array",
                                              "int_array", "double_array", NULL};
static const cspan_schema attribute_type = {
    .kind = CSPAN_SCHEMA_STRING, .is_nullable = true, .values = attribute_types};
static const cspan_schema attribute_value = {.kind = CSPAN_SCHEMA_ATTRIBUTE};
static const cspan_schema_member attribute[] = {{"name", &cspan_schema_string, true},
                                                {"value", &attribute_value, true},
                                                {"type", &attribute_type, false}};
static const cspan_schema attribute_pair = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(attribute)};
static const cspan_schema attribute_list = {.kind = CSPAN_SCHEMA_LIST, .items = &attribute_pair};

static const cspan_schema_member detector_names[] = {
    {"container", &cspan_schema_empty, false},
    {"host", &cspan_schema_empty, false},
    {"process", &cspan_schema_empty, false},
    {"service", &cspan_schema_empty, false},
    {"os", &cspan_schema_empty, false},
    {"env", &cspan_schema_empty, false},
    {"process_command", &cspan_schema_empty, false},
    {"ec2", &cspan_schema_empty, false},
    {"ecs", &cspan_schema_empty, false},
    {"eks", &cspan_schema_empty, false},
    {"lambda", &cspan_schema_empty, false}};
const cspan_schema cspan_schema_detector = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(detector_names)};
static const cspan_schema detector_list = {.kind = CSPAN_SCHEMA_LIST,
                                           .items = &cspan_schema_detector};
static const cspan_schema_member detection[] = {
    {"attributes", &cspan_schema_include_exclude, false}, {"detectors", &detector_list, false}};
static const cspan_schema detection_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(detection)};

static const cspan_schema_member resource[] = {
    {"attributes", &attribute_list, false},
    {"attributes_list", &cspan_schema_string_or_null, false},
    {"detection/development", &detection_object, false},
    {"schema_url", &cspan_schema_string_or_null, false}};
static const cspan_schema resource_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(resource)};

/* ---------------------------------------------------------------- propagator */

static const cspan_schema_member propagator_names[] = {
    {"tracecontext", &cspan_schema_empty, false}, {"baggage", &cspan_schema_empty, false},
    {"b3", &cspan_schema_empty, false},           {"b3multi", &cspan_schema_empty, false},
    {"jaeger", &cspan_schema_empty, false},       {"xray", &cspan_schema_empty, false},
    {"ottrace", &cspan_schema_empty, false}};
const cspan_schema cspan_schema_propagator = {
    .kind = CSPAN_SCHEMA_CHOICE, .is_open = true, MEMBERS(propagator_names)};
static const cspan_schema propagator_list = {.kind = CSPAN_SCHEMA_LIST,
                                             .items = &cspan_schema_propagator};
static const cspan_schema_member propagator[] = {
    {"composite", &propagator_list, false},
    {"composite_list", &cspan_schema_string_or_null, false}};
static const cspan_schema propagator_object = {.kind = CSPAN_SCHEMA_OBJECT, MEMBERS(propagator)};

/* ------------------------------------------------------------------ the file */

static const cspan_schema_member attribute_limits[] = {
    {"attribute_value_length_limit", &cspan_schema_count, false},
    {"attribute_count_limit", &cspan_schema_count, false}};
static const cspan_schema attribute_limits_object = {.kind = CSPAN_SCHEMA_OBJECT,
                                                     MEMBERS(attribute_limits)};

static const cspan_schema version = {.kind = CSPAN_SCHEMA_VERSION};
static const cspan_schema anything = {.kind = CSPAN_SCHEMA_ANY, .is_nullable = true};

static const cspan_schema_member configuration[] = {
    {"file_format", &version, true},
    {"disabled", &cspan_schema_bool_or_null, false},
    {"log_level", &cspan_schema_severity, false},
    {"attribute_limits", &attribute_limits_object, false},
    {"logger_provider", &cspan_schema_logger_provider, false},
    {"meter_provider", &cspan_schema_meter_provider, false},
    {"propagator", &propagator_object, false},
    {"tracer_provider", &cspan_schema_tracer_provider, false},
    {"resource", &resource_object, false},
    {"instrumentation/development", &anything, false},
    {"distribution", &anything, false}};
const cspan_schema cspan_schema_configuration = {
    .kind = CSPAN_SCHEMA_OBJECT, .is_open = true, MEMBERS(configuration)};
