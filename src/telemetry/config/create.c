/* SPDX-License-Identifier: Apache-2.0 */
/* Create: from the tree to a whole SDK. */
#include <string.h>

#include <cloudspan/metrics.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/config/make.h"
#include "telemetry/config/sdk.h"
#include "telemetry/core.h"

enum { DEFAULT_TIMEOUT_MS = 30000, NAME_MAX_BYTES = 16 };

struct cspan_sdk {
  cspan_tracer_provider *tracers;
  cspan_meter_provider *meters;
  cspan_propagator *propagator;
  bool is_global; /* the propagator: the library frees it */
  bool is_shut_down;
};

/* ---------------------------------------------------------------- the rest of a file */

/* "warn3" is a warning as well. */
static void set_log_level(const cspan_config_node *root) {
  const char *text = cspan_config_text(root, "log_level", NULL);
  char name[NAME_MAX_BYTES] = "";
  cspan_log_level level;
  if (text == NULL) {
    cspan_log_forget_environment();
    return;
  }
  size_t len = strcspn(text, "1234567890");
  memcpy(name, text, len < sizeof name ? len : 0);
  if (cspan_log_level_of(name, &level)) {
    cspan_log_set_level(level);
  }
}

/* What the schema has and cloudspan does not. */
static void warn_of_unsupported(const cspan_config_node *root) {
  static const struct {
    const char *part; /* "" for the root */
    const char *key;
    const char *what;
  } unsupported[] = {
      {"", "logger_provider", "cloudspan has no logger provider; it is ignored"},
      {"meter_provider", "views", "cloudspan has no views; they are ignored"},
      {"meter_provider", "meter_configurator/development", "it is ignored: all meters are enabled"},
      {"tracer_provider", "tracer_configurator/development",
       "it is ignored: all tracers are enabled"},
  };
  for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++) {
    const cspan_config_node *part =
        unsupported[i].part[0] != '\0' ? cspan_config_node_get(root, unsupported[i].part) : root;
    const cspan_config_node *node = cspan_config_node_get(part, unsupported[i].key);
    if (node != NULL) {
      cspan_config_warn(node, "%s", unsupported[i].what);
    }
  }
}

/* ---------------------------------------------------------------------- create */

static cspan_status make_all(cspan_maker *maker, const cspan_config_node *root,
                             const char *service_version, cspan_sdk *sdk, cspan_error **error) {
  cspan_made_resource resource = {.resource = NULL};
  cspan_status status =
      cspan_make_propagator(cspan_config_node_get(root, "propagator"), &sdk->propagator, error);
  if (status == CSPAN_OK) {
    status = cspan_make_resource(maker, cspan_config_node_get(root, "resource"), &resource, error);
  }
  if (status == CSPAN_OK) {
    resource.service_version = service_version;
    status = cspan_make_meter_provider(maker, root, &resource, &sdk->meters, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_make_tracer_provider(maker, root, &resource, sdk->meters, &sdk->tracers, error);
  }
  cspan_resource_free(resource.resource);
  return status;
}

cspan_status cspan_sdk_create(const cspan_configuration *configuration, const char *service_name,
                              const char *service_version, cspan_sdk **out, cspan_error **error) {
  *out = NULL;
  const cspan_config_node *root = cspan_configuration_root(configuration);
  if (root == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "there is no configuration to create from");
  }
  cspan_maker maker = {.arena = cspan_arena_create(CSPAN_CONFIG_ARENA_MAX),
                       .service_name = service_name};
  cspan_sdk *sdk = cspan_calloc(1, sizeof *sdk);
  cspan_status status = CSPAN_ERR_NOMEM;
  if (maker.arena == NULL || sdk == NULL) {
    cspan_error_set(error, status, "no memory for the SDK");
    goto out;
  }
  set_log_level(root);
  warn_of_unsupported(root);
  cspan_settings_ignore();
  status = make_all(&maker, root, service_version, sdk, error);
  cspan_settings_heed();
out:
  cspan_arena_free(maker.arena);
  if (status == CSPAN_OK) {
    *out = sdk;
  } else {
    cspan_sdk_free(sdk);
  }
  return status;
}

cspan_status cspan_configuration_create(const cspan_configuration *configuration, cspan_sdk **out,
                                        cspan_error **error) {
  return cspan_sdk_create(configuration, NULL, NULL, out, error);
}

static cspan_status flush_meters(void *self, int64_t timeout_ms, cspan_error **error) {
  return cspan_meter_provider_force_flush(self, timeout_ms, error);
}

static cspan_status shut_down_meters(void *self, int64_t timeout_ms, cspan_error **error) {
  return cspan_meter_provider_shutdown(self, timeout_ms, error);
}

static void free_meters(void *self) {
  cspan_meter_provider_free(self);
}

cspan_companion cspan_companion_of_meters(cspan_meter_provider *meters) {
  cspan_companion none = {.self = NULL};
  cspan_companion companion = {.self = meters,
                               .force_flush = flush_meters,
                               .shutdown = shut_down_meters,
                               .free = free_meters};
  return meters != NULL ? companion : none;
}

cspan_tracer_provider *cspan_sdk_hand_over(cspan_sdk *sdk) {
  cspan_tracer_provider *tracers = sdk->tracers;
  tracers->companion = cspan_companion_of_meters(sdk->meters);
  sdk->tracers = NULL;
  sdk->meters = NULL;
  cspan_sdk_free(sdk);
  return tracers;
}

/* ------------------------------------------------------------------------- use */

cspan_tracer_provider *cspan_sdk_tracer_provider(const cspan_sdk *sdk) {
  return sdk != NULL ? sdk->tracers : NULL;
}

cspan_meter_provider *cspan_sdk_meter_provider(const cspan_sdk *sdk) {
  return sdk != NULL ? sdk->meters : NULL;
}

cspan_propagator *cspan_sdk_propagator(const cspan_sdk *sdk) {
  return sdk != NULL ? sdk->propagator : NULL;
}

void cspan_sdk_set_global(cspan_sdk *sdk) {
  if (sdk == NULL) {
    return;
  }
  cspan_tracer_provider_set_global(sdk->tracers);
  if (sdk->meters != NULL) {
    cspan_meter_provider_set_global(sdk->meters);
  }
  if (!sdk->is_global) {
    sdk->is_global = true;
    cspan_propagator_set_global(sdk->propagator);
  }
}

cspan_status cspan_sdk_shutdown(cspan_sdk *sdk, int64_t timeout_ms, cspan_error **error) {
  if (sdk == NULL) {
    return CSPAN_OK;
  }
  if (sdk->is_shut_down) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the SDK was shut down before");
  }
  sdk->is_shut_down = true;
  int64_t all_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
  int64_t deadline_ns = cspan_context_with_timeout(NULL, all_ms).deadline_ns;
  cspan_status status = cspan_tracer_provider_shutdown(sdk->tracers, all_ms, error);
  if (sdk->meters == NULL) {
    return status;
  }
  int64_t left_ms = (deadline_ns - cspan_now_ns()) / 1000000;
  cspan_error *failure = NULL;
  cspan_status meters =
      cspan_meter_provider_shutdown(sdk->meters, left_ms > 1 ? left_ms : 1, &failure);
  if (status == CSPAN_OK && meters != CSPAN_OK) {
    return cspan_error_move(error, failure);
  }
  cspan_error_free(failure);
  return status;
}

void cspan_sdk_free(cspan_sdk *sdk) {
  if (sdk == NULL) {
    return;
  }
  cspan_tracer_provider_free(sdk->tracers);
  cspan_meter_provider_free(sdk->meters);
  if (!sdk->is_global) {
    cspan_propagator_free(sdk->propagator);
  }
  cspan_free(sdk);
}
