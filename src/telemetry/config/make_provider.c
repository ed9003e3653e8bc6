/* SPDX-License-Identifier: Apache-2.0 */
/* The tracer provider of a configuration file. */
#include <string.h>

#include "telemetry/config/make.h"
#include "telemetry/core.h"

enum { PROCESSORS_MAX = 64, COUNT_STANDARD = 128 };

/* 0 in the file keeps nothing; 0 in the options stands for the environment. */
static int64_t limit(const cspan_config_node *map, const char *key, int64_t standard) {
  int64_t value = cspan_config_whole(map, key, standard);
  return value == 0 ? CSPAN_LIMIT_NOTHING : value;
}

void cspan_make_limits(const cspan_config_node *root, cspan_span_limits *out) {
  const cspan_config_node *general = cspan_config_node_get(root, "attribute_limits");
  const cspan_config_node *own =
      cspan_config_node_get(cspan_config_node_get(root, "tracer_provider"), "limits");
  int64_t length =
      cspan_config_whole(general, "attribute_value_length_limit", CSPAN_LIMIT_UNLIMITED);
  int64_t count = cspan_config_whole(general, "attribute_count_limit", COUNT_STANDARD);
  *out = (cspan_span_limits){
      .size = sizeof *out,
      .attribute_count = limit(own, "attribute_count_limit", count),
      .attribute_value_length = limit(own, "attribute_value_length_limit", length),
      .event_count = limit(own, "event_count_limit", COUNT_STANDARD),
      .link_count = limit(own, "link_count_limit", COUNT_STANDARD),
      .event_attribute_count = limit(own, "event_attribute_count_limit", COUNT_STANDARD),
      .link_attribute_count = limit(own, "link_attribute_count_limit", COUNT_STANDARD)};
}

static cspan_status make_processors(cspan_maker *maker, const cspan_config_node *list,
                                    cspan_span_processor **out, size_t *count,
                                    cspan_error **error) {
  cspan_status status = CSPAN_OK;
  if (list->count > PROCESSORS_MAX) {
    return cspan_config_fail(list, error, "there may be 64 processors");
  }
  for (const cspan_config_node *choice = list->first; choice != NULL && status == CSPAN_OK;
       choice = choice->next) {
    status = cspan_make_processor(maker, choice, &out[*count], error);
    *count += status == CSPAN_OK;
  }
  return status;
}

/* The specification's default, without the environment. */
static cspan_status make_sampler(cspan_maker *maker, const cspan_config_node *node,
                                 cspan_sampler **out, cspan_error **error) {
  const cspan_config_node *choice = cspan_config_node_get(node, "sampler");
  if (choice != NULL) {
    return cspan_make_sampler(maker, choice, out, error);
  }
  *out = cspan_sampler_parent_based(cspan_sampler_always_on());
  return *out != NULL ? CSPAN_OK : cspan_config_no_memory(node, error);
}

cspan_status cspan_make_tracer_provider(cspan_maker *maker, const cspan_config_node *root,
                                        const cspan_made_resource *resource,
                                        cspan_meter_provider *meters, cspan_tracer_provider **out,
                                        cspan_error **error) {
  const cspan_config_node *node = cspan_config_node_get(root, "tracer_provider");
  cspan_span_processor *processors[PROCESSORS_MAX];
  cspan_span_limits limits;
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = maker->service_name,
                                    .service_version = resource->service_version,
                                    .resource = resource->attributes,
                                    .resource_count = resource->count,
                                    .processors = processors,
                                    .limits = &limits,
                                    .detectors = resource->detectors,
                                    .schema_url = resource->schema_url,
                                    .meter_provider = meters};
  if (node == NULL || cspan_config_flag(root, "disabled", false)) {
    return cspan_provider_disabled(out, error);
  }
  cspan_make_limits(root, &limits);
  cspan_status status = make_processors(maker, cspan_config_node_get(node, "processors"),
                                        processors, &options.processor_count, error);
  if (status == CSPAN_OK) {
    status = make_sampler(maker, node, &options.sampler, error);
  }
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < options.processor_count; i++) {
      cspan_processor_free(processors[i]);
    }
    return status;
  }
  return cspan_tracer_provider_create(&options, out, error);
}
