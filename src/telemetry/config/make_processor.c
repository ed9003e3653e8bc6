/* SPDX-License-Identifier: Apache-2.0 */
/* Span processors of a configuration file. */
#include <string.h>

#include "telemetry/config/make_sampling.h"

typedef cspan_status (*make_fn)(cspan_maker *maker, const cspan_config_node *named,
                                cspan_span_processor **out, cspan_error **error);

static cspan_status made(const cspan_config_node *named, const cspan_span_processor *processor,
                         cspan_error **error) {
  return processor != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

/* A 0 in the options stands for the default, so that one in the file becomes the smallest delay
 * and the longest timeout. */
static cspan_status make_batch(cspan_maker *maker, const cspan_config_node *named,
                               cspan_span_processor **out, cspan_error **error) {
  cspan_span_exporter *exporter;
  int64_t delay_ms = cspan_config_whole(named, "schedule_delay", 5000);
  int64_t timeout_ms = cspan_config_whole(named, "export_timeout", 30000);
  const cspan_batch_options options = {
      .size = sizeof options,
      .max_queue_size = (size_t)cspan_config_whole(named, "max_queue_size", 2048),
      .max_export_batch_size = (size_t)cspan_config_whole(named, "max_export_batch_size", 512),
      .schedule_delay_ms = delay_ms > 0 ? delay_ms : 1,
      .export_timeout_ms = timeout_ms > 0 ? timeout_ms : INT64_MAX,
      .max_concurrent_exports =
          (size_t)cspan_config_whole(named, "max_concurrent_exports/development", 1)};
  cspan_status status =
      cspan_make_exporter(maker, cspan_config_node_get(named, "exporter"), &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_processor_batch(exporter, &options);
  return made(named, *out, error);
}

static cspan_status make_simple(cspan_maker *maker, const cspan_config_node *named,
                                cspan_span_processor **out, cspan_error **error) {
  cspan_span_exporter *exporter;
  cspan_status status =
      cspan_make_exporter(maker, cspan_config_node_get(named, "exporter"), &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  *out = cspan_processor_simple(exporter);
  return made(named, *out, error);
}

cspan_status cspan_make_processor(cspan_maker *maker, const cspan_config_node *choice,
                                  cspan_span_processor **out, cspan_error **error) {
  static const struct {
    const char *name;
    make_fn make;
  } built_in[] = {{"batch", make_batch},
                  {"simple", make_simple},
                  {"tail_sampling/development", cspan_make_tail_sampling}};
  const cspan_config_node *named = choice->first;
  *out = NULL;
  for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
    if (strcmp(named->key, built_in[i].name) == 0) {
      return built_in[i].make(maker, named, out, error);
    }
  }
  cspan_component component = {.processor = NULL};
  cspan_status status =
      cspan_component_make(CSPAN_COMPONENT_SPAN_PROCESSOR, choice, &component, error);
  *out = status == CSPAN_OK ? component.processor : NULL;
  return status;
}
