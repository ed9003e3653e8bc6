/* SPDX-License-Identifier: Apache-2.0 */
/**
 * configuration.h: the SDK from a YAML file (OTEL_CONFIG_FILE), by the declarative
 * configuration of the OpenTelemetry specification.
 *
 *   cspan_configuration *configuration = NULL;
 *   cspan_sdk *sdk = NULL;
 *   if (cspan_configuration_parse_file("otel.yaml", &configuration, &error) == CSPAN_OK)
 *     cspan_configuration_create(configuration, &sdk, &error);
 *   cspan_configuration_free(configuration);
 *
 * cspan_telemetry_init() does this by itself where OTEL_CONFIG_FILE is set.
 *
 * Sources of the rules: OpenTelemetry specification (configuration/data-model,
 * configuration/sdk), schema opentelemetry-configuration 1.0, YAML 1.2 (core schema).
 */
#ifndef CLOUDSPAN_CONFIGURATION_H
#define CLOUDSPAN_CONFIGURATION_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

/* ------------------------------------------------------------------- parse */

/** A configuration file as a tree of nodes: checked against the schema, variables
 * substituted. Does not change; several threads may read it. */
typedef struct cspan_configuration cspan_configuration;

/**
 * Reads and checks a YAML file of at most 1 MiB. References to environment variables
 * (`${NAME}`, `${env:NAME}`, `${NAME:-default}`; `$$` is a `$`) in values are replaced
 * now. CSPAN_ERR_IO when the file cannot be read, CSPAN_ERR_CONFIG when it is not as
 * the schema says: the message names line, column and path. Values are not quoted in
 * messages where they may be secrets.
 */
CSPAN_API cspan_status cspan_configuration_parse_file(const char *path, cspan_configuration **out,
                                                      cspan_error **error);
/** The same for a text; `name` stands for the file's in messages (NULL:
 * "configuration"). */
CSPAN_API cspan_status cspan_configuration_parse(const char *yaml, size_t size_bytes,
                                                 const char *name, cspan_configuration **out,
                                                 cspan_error **error);
CSPAN_API void cspan_configuration_free(cspan_configuration *configuration);

/* ------------------------------------------------------------------- nodes */

/** A value in the file; borrowed, lives as long as the configuration. Every function
 * below takes NULL as a node that is not there. */
typedef struct cspan_config_node cspan_config_node;

typedef enum cspan_config_type {
  CSPAN_CONFIG_ABSENT = 0, /**< of a NULL node only */
  CSPAN_CONFIG_NULL,       /**< present without a value, as in "console:" */
  CSPAN_CONFIG_BOOL,
  CSPAN_CONFIG_INT64,
  CSPAN_CONFIG_DOUBLE,
  CSPAN_CONFIG_STRING,
  CSPAN_CONFIG_LIST,
  CSPAN_CONFIG_MAP
} cspan_config_type;

CSPAN_API const cspan_config_node *cspan_configuration_root(
    const cspan_configuration *configuration);
/** By path, as messages have it: "tracer_provider.processors[0].batch". NULL: absent. */
CSPAN_API const cspan_config_node *cspan_configuration_find(
    const cspan_configuration *configuration, const char *path);

CSPAN_API cspan_config_type cspan_config_node_type(const cspan_config_node *node);
/** Members of a map, elements of a list; else 0. */
CSPAN_API size_t cspan_config_node_count(const cspan_config_node *node);
/** In the file's order; *key (may be NULL) gets the name of a map's member, else NULL.
 * NULL past the end. */
CSPAN_API const cspan_config_node *cspan_config_node_at(const cspan_config_node *node, size_t index,
                                                        const char **key);
/** A map's member. NULL: there is none; one without a value is a node of type
 * CSPAN_CONFIG_NULL. */
CSPAN_API const cspan_config_node *cspan_config_node_get(const cspan_config_node *map,
                                                         const char *key);

/* A scalar's value. False, and *out is left alone, for any other type; a whole number is
 * a double as well. */
CSPAN_API bool cspan_config_node_string(const cspan_config_node *node, const char **out);
CSPAN_API bool cspan_config_node_bool(const cspan_config_node *node, bool *out);
CSPAN_API bool cspan_config_node_int64(const cspan_config_node *node, int64_t *out);
CSPAN_API bool cspan_config_node_double(const cspan_config_node *node, double *out);

/* ------------------------------------------------------------------ create */

/** What a configuration came to. */
typedef struct cspan_sdk cspan_sdk;

/**
 * Makes the components. The environment is not read, as the specification asks.
 * CSPAN_ERR_CONFIG where a value cannot be used, or a component is neither built in nor
 * registered (ext/configuration.h); *out is NULL then and nothing is left over.
 * Views, metric producers, tracer and meter configurators and `logger_provider` are parsed, but
 * cloudspan has none: a warning is logged. Beyond the schema there are the samplers
 * `rules/development`, `rate_limiting/development` and `always_record/development`, the processor
 * `tail_sampling/development` and the exporter `spool/development` (docs/telemetry.md).
 */
CSPAN_API cspan_status cspan_configuration_create(const cspan_configuration *configuration,
                                                  cspan_sdk **out, cspan_error **error);

/** Borrowed. Never NULL: with `disabled`, and without a `tracer_provider`, its spans do
 * nothing. */
CSPAN_API cspan_tracer_provider *cspan_sdk_tracer_provider(const cspan_sdk *sdk);
/** Borrowed; NULL without a `meter_provider` and with `disabled`. */
CSPAN_API cspan_meter_provider *cspan_sdk_meter_provider(const cspan_sdk *sdk);
/** Borrowed; never NULL: one that does nothing without a `propagator`. */
CSPAN_API cspan_propagator *cspan_sdk_propagator(const cspan_sdk *sdk);

/** Makes the providers and the propagator the global ones. The propagator is the
 * library's from now on. */
CSPAN_API void cspan_sdk_set_global(cspan_sdk *sdk);
/** Flushes, then stops all of it within timeout_ms (0: 30,000); the first failure is
 * told. */
CSPAN_API cspan_status cspan_sdk_shutdown(cspan_sdk *sdk, int64_t timeout_ms, cspan_error **error);
/** Shuts down if that was not done, and frees. */
CSPAN_API void cspan_sdk_free(cspan_sdk *sdk);

CSPAN_END_DECLS

#endif
