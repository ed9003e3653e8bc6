/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: parse, look at every node, and make the SDK of those that touch neither
 * network nor disk. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/ext/configuration.h>
#include <cloudspan/ext/exporter.h>

#include "telemetry/config/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Components that would open files, start threads, or print. */
static const char *const left_out[] = {"otlp_file/development",
                                       "spool/development",
                                       "jaeger_remote/development",
                                       "console",
                                       "otlp_http",
                                       "otlp_grpc",
                                       "detection/development",
                                       "periodic",
                                       "batch"};

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

static void no_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  (void)message;
}

static cspan_status make_memory(void *user, const cspan_config_node *properties,
                                cspan_component *out, cspan_error **error) {
  (void)user;
  (void)properties;
  (void)error;
  out->exporter = cspan_exporter_memory();
  return CSPAN_OK;
}

/* Registered once: later calls are refused, which is fine. */
static void register_memory(void) {
  const cspan_component_provider memory = {
      .kind = CSPAN_COMPONENT_SPAN_EXPORTER, .name = "memory", .create = make_memory};
  cspan_component_register(&memory, NULL);
}

/* Every node has a place, is found again by its parent, and holds what its type says. */
static bool look(const cspan_config_node *node, size_t *count) {
  const char *text;
  bool is_harmless = true;
  cspan_error *error = NULL;
  require(++*count <= CSPAN_CONFIG_NODES_MAX);
  require(node->line > 0 && node->column > 0);
  require(cspan_config_node_error(node, &error, "x") == CSPAN_ERR_CONFIG);
  cspan_error_free(error);
  if (cspan_config_node_string(node, &text)) {
    require(text != NULL);
  }
  size_t i = 0;
  for (const cspan_config_node *child = node->first; child != NULL; child = child->next, i++) {
    require(child->parent == node);
    if (node->type == CSPAN_CONFIG_MAP) {
      require(cspan_config_node_get(node, child->key) == child);
      for (size_t k = 0; k < sizeof left_out / sizeof left_out[0]; k++) {
        is_harmless = is_harmless && strcmp(child->key, left_out[k]) != 0;
      }
    }
    is_harmless = look(child, count) && is_harmless;
  }
  require(i == node->count);
  return is_harmless;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_configuration *configuration = NULL;
  cspan_error *error = NULL;
  size_t count = 0;
  cspan_log_set(no_log, NULL, CSPAN_LOG_DEBUG);
  register_memory();
  if (cspan_configuration_parse((const char *)data, size, NULL, &configuration, &error)) {
    require(error != NULL && cspan_error_message(error)[0] != '\0' && configuration == NULL);
    cspan_error_free(error);
    return 0;
  }
  if (look(cspan_configuration_root(configuration), &count)) {
    cspan_sdk *sdk = NULL;
    error = NULL;
    if (cspan_configuration_create(configuration, &sdk, &error) == CSPAN_OK) {
      require(cspan_sdk_tracer_provider(sdk) != NULL && cspan_sdk_propagator(sdk) != NULL);
    } else {
      require(error != NULL && sdk == NULL);
    }
    cspan_sdk_free(sdk);
    cspan_error_free(error);
  }
  cspan_configuration_free(configuration);
  return 0;
}
