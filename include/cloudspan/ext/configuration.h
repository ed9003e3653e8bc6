/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ext/configuration.h: components of one's own in a configuration file.
 *
 * A file may name a span exporter that the library does not have,
 *
 *   exporter:
 *     my_exporter:
 *       path: /var/spool/spans
 *
 * and where a provider of that kind and name is registered, cspan_configuration_create()
 * calls its `create` with what stands below the name.
 */
#ifndef CLOUDSPAN_EXT_CONFIGURATION_H
#define CLOUDSPAN_EXT_CONFIGURATION_H

#include <cloudspan/configuration.h>
#include <cloudspan/resource.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_component_kind {
  CSPAN_COMPONENT_SPAN_EXPORTER = 0,
  CSPAN_COMPONENT_SPAN_PROCESSOR = 1,
  CSPAN_COMPONENT_SAMPLER = 2,
  CSPAN_COMPONENT_PROPAGATOR = 3,
  CSPAN_COMPONENT_RESOURCE_DETECTOR = 4
} cspan_component_kind;

/** What `create` makes: the member of its kind. */
typedef union cspan_component {
  cspan_span_exporter *exporter;   /**< ext/exporter.h */
  cspan_span_processor *processor; /**< ext/exporter.h */
  cspan_sampler *sampler;          /**< ext/sampler.h */
  cspan_propagator *propagator;    /**< ext/propagator.h */
  cspan_resource *resource;        /**< what a resource detector found; NULL: nothing */
} cspan_component;

typedef struct cspan_component_provider {
  size_t size;
  cspan_component_kind kind;
  const char *name;
  /** `properties` is what the file has below the name: a map, or a node of type
   * CSPAN_CONFIG_NULL. The result is the caller's. Report what is wrong with a property by
   * cspan_config_node_error(). */
  cspan_status (*create)(void *user, const cspan_config_node *properties, cspan_component *out,
                         cspan_error **error);
  void *user; /**< handed to `create` */
} cspan_component_provider;

/** Copied. CSPAN_ERR_INVALID when the kind has that name already, built in or registered. */
CSPAN_API cspan_status cspan_component_register(const cspan_component_provider *provider,
                                                cspan_error **error);
/** Before the code of `create` goes away (dlclose). False: it was not registered. */
CSPAN_API bool cspan_component_unregister(cspan_component_kind kind, const char *name);

/** Sets *error to "<file>:<line>:<column>: <path>: <problem>" and returns CSPAN_ERR_CONFIG. */
CSPAN_API cspan_status cspan_config_node_error(const cspan_config_node *node, cspan_error **error,
                                               const char *problem);

CSPAN_END_DECLS

#endif
