/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration file may hold: tables after the schema opentelemetry-configuration
 * 1.0, and the check of a tree against them. */
#ifndef TELEMETRY_CONFIG_SCHEMA_H
#define TELEMETRY_CONFIG_SCHEMA_H

#include "telemetry/config/node.h"

typedef enum cspan_schema_kind {
  CSPAN_SCHEMA_ANY, /* of a map or null: its content is not checked */
  CSPAN_SCHEMA_OBJECT,
  CSPAN_SCHEMA_CHOICE, /* a map with exactly one member, which says what it is */
  CSPAN_SCHEMA_LIST,   /* of at least one element, but where may_be_empty says otherwise */
  CSPAN_SCHEMA_STRING,
  CSPAN_SCHEMA_BOOL,
  CSPAN_SCHEMA_INTEGER,
  CSPAN_SCHEMA_NUMBER,
  CSPAN_SCHEMA_VERSION,  /* file_format */
  CSPAN_SCHEMA_ATTRIBUTE /* a scalar or a list of scalars of one type */
} cspan_schema_kind;

typedef struct cspan_schema cspan_schema;

typedef struct cspan_schema_member {
  const char *name;
  const cspan_schema *schema;
  bool is_required;
} cspan_schema_member;

struct cspan_schema {
  cspan_schema_kind kind;
  bool is_nullable;
  bool is_open; /* OBJECT: unknown members are fine; CHOICE: other names are plugins */
  const cspan_schema_member *members;
  size_t member_count;
  const cspan_schema *items;
  bool may_be_empty;
  double min; /* of INTEGER and NUMBER */
  double max;
  const char *const *values; /* of STRING, NULL-terminated: those allowed, in any case */
};

/* The whole file. */
extern const cspan_schema cspan_schema_configuration;
/* Its parts, each in a file of its own. */
extern const cspan_schema cspan_schema_tracer_provider;
extern const cspan_schema cspan_schema_meter_provider;
extern const cspan_schema cspan_schema_logger_provider;
extern const cspan_schema cspan_schema_sampler;
/* Choices whose names may be those of plugins. */
extern const cspan_schema cspan_schema_span_exporter;
extern const cspan_schema cspan_schema_span_processor;
extern const cspan_schema cspan_schema_propagator;
extern const cspan_schema cspan_schema_detector;
/* What several parts have. */
extern const cspan_schema cspan_schema_string;
extern const cspan_schema cspan_schema_string_or_null;
extern const cspan_schema cspan_schema_bool_or_null;
extern const cspan_schema cspan_schema_strings;
extern const cspan_schema cspan_schema_count;    /* 0 or more, or null */
extern const cspan_schema cspan_schema_positive; /* 1 or more, or null */
extern const cspan_schema cspan_schema_ratio;    /* 0 to 1, or null */
extern const cspan_schema cspan_schema_empty;    /* a map without members, or null */
extern const cspan_schema cspan_schema_include_exclude;
extern const cspan_schema cspan_schema_severity;
extern const cspan_schema cspan_schema_http_tls;
extern const cspan_schema cspan_schema_grpc_tls;
extern const cspan_schema cspan_schema_headers;
extern const cspan_schema cspan_schema_encoding;
extern const cspan_schema cspan_schema_otlp_http;
extern const cspan_schema cspan_schema_otlp_grpc;
extern const cspan_schema cspan_schema_otlp_file;

/* CSPAN_ERR_CONFIG with the first thing that is wrong. */
cspan_status cspan_schema_check(const cspan_schema *schema, const cspan_config_node *node,
                                cspan_error **error);

/* Whether a choice has that name built in. */
bool cspan_schema_has(const cspan_schema *choice, const char *name);
/* "a, b, c" of a choice or an object. */
void cspan_schema_names(const cspan_schema *schema, cspan_buf *out);
/* The member whose name is nearest to a mistyped one; NULL when none is near. */
const char *cspan_schema_nearest(const cspan_schema *schema, const char *name);

#endif
