/* SPDX-License-Identifier: Apache-2.0 */
/* Making components of what a configuration file says. The tree has passed the schema. */
#ifndef TELEMETRY_CONFIG_MAKE_H
#define TELEMETRY_CONFIG_MAKE_H

#include <cloudspan/ext/propagator.h>

#include "telemetry/config/schema.h"

/* What is the same for all components of a file. */
typedef struct cspan_maker {
  cspan_arena *arena;       /* for texts and arrays, until Create returns */
  const char *service_name; /* of the resource */
} cspan_maker;

/* ---------------------------------------------------- members with a default */

/* For a member that is absent or empty the fallback. */
const char *cspan_config_text(const cspan_config_node *map, const char *key, const char *fallback);
int64_t cspan_config_whole(const cspan_config_node *map, const char *key, int64_t fallback);
double cspan_config_real(const cspan_config_node *map, const char *key, double fallback);
bool cspan_config_flag(const cspan_config_node *map, const char *key, bool fallback);
/* An array of a list of texts; NULL and 0 for an absent one. */
cspan_status cspan_config_texts(cspan_maker *maker, const cspan_config_node *list,
                                const char *const **out, size_t *count, cspan_error **error);
/* There is no memory for what the node asks for. */
void cspan_config_set_no_memory(const cspan_config_node *node, cspan_error **error);
static inline cspan_status cspan_config_no_memory(const cspan_config_node *node,
                                                  cspan_error **error) {
  cspan_config_set_no_memory(node, error);
  return CSPAN_ERR_NOMEM;
}

/* -------------------------------------------------------------- components */

/* By a registered provider: `choice` is the map with the one name. */
cspan_status cspan_component_make(cspan_component_kind kind, const cspan_config_node *choice,
                                  cspan_component *out, cspan_error **error);
/* Whether the kind has a provider of that name. */
bool cspan_component_is_registered(cspan_component_kind kind, const char *name);

cspan_status cspan_make_exporter(cspan_maker *maker, const cspan_config_node *choice,
                                 cspan_span_exporter **out, cspan_error **error);
cspan_status cspan_make_processor(cspan_maker *maker, const cspan_config_node *choice,
                                  cspan_span_processor **out, cspan_error **error);
cspan_status cspan_make_sampler(cspan_maker *maker, const cspan_config_node *choice,
                                cspan_sampler **out, cspan_error **error);
/* Of `propagator`, which may be NULL: one that does nothing. */
cspan_status cspan_make_propagator(const cspan_config_node *node, cspan_propagator **out,
                                   cspan_error **error);

/* The options of an OTLP exporter; `signal` is "traces" or "metrics". All texts are the arena's
 * or the tree's, but for *headers, which is to be freed with cspan_free_secret(). */
cspan_status cspan_make_otlp_options(cspan_maker *maker, const cspan_config_node *named,
                                     const char *signal, cspan_otlp_options *out, char **headers,
                                     cspan_error **error);

/* A resource as a provider's options take it. */
typedef struct cspan_made_resource {
  cspan_resource *resource; /* to be freed when the providers are made; it holds: */
  const cspan_attr *attributes;
  size_t count;
  const char *detectors; /* names with commas between them; "" for none */
  const char *schema_url;
  const char *service_version; /* where the attributes have none; NULL: none */
} cspan_made_resource;
/* Of `resource`, which may be NULL. Sets maker->service_name. out->resource is set on failure
 * too. */
cspan_status cspan_make_resource(cspan_maker *maker, const cspan_config_node *node,
                                 cspan_made_resource *out, cspan_error **error);

/* Of the whole file; no 0 is left in it, which would mean the environment. */
void cspan_make_limits(const cspan_config_node *root, cspan_span_limits *out);

/* Of `tracer_provider`, `meter_provider`. */
cspan_status cspan_make_tracer_provider(cspan_maker *maker, const cspan_config_node *root,
                                        const cspan_made_resource *resource,
                                        cspan_meter_provider *meters, cspan_tracer_provider **out,
                                        cspan_error **error);
/* *out is NULL where there is none. */
cspan_status cspan_make_meter_provider(cspan_maker *maker, const cspan_config_node *root,
                                       const cspan_made_resource *resource,
                                       cspan_meter_provider **out, cspan_error **error);

#endif
